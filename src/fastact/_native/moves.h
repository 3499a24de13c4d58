/* How elements get from one place to another: between strides, across a matrix, past the caches.
 *
 * Included by loops.h, within its target region. Nothing is computed here.
 */

/* Every second element: the most frequent stride. (The shuffles that gcc makes of the last loop take twice as
 * long for float32.) What follows the last one is not read. */
static void every_second(const void *from, void *to, ptrdiff_t n)
{
    const stored *const all = from;
    stored *const chosen = to;
    ptrdiff_t i = 0;
#ifdef FA_HALF
    for (; i + W < n; i += W) v_collect(chosen + i, all + 2 * i);
#else
    for (; i + W < n; i += W) v_store(chosen + i, v_even(v_load(all + 2 * i), v_load(all + 2 * i + W)));
#endif
    for (; i < n; i++) chosen[i] = all[2 * i];
}

static void to_every_second(const void *from, void *to, ptrdiff_t n)
{
    const stored *const all = from;
    stored *const chosen = to;
    ptrdiff_t i = 0;
#ifdef FA_HALF
    for (; i + W < n; i += W) v_spread(chosen + 2 * i, all + i);
#else
    for (; i + W < n; i += W) v_store_even(chosen + 2 * i, v_load(all + i));
#endif
    for (; i < n; i++) chosen[2 * i] = all[i];
}

#ifdef FA_HALF
#define TRANSPOSE_TILES(line) 0
#else
/* W lines at once, as far as whole vectors go; returns how far. */
#define TRANSPOSE_TILES(line) transpose_tiles(from, from_step, to, to_step, line, length)
FA_INLINE ptrdiff_t transpose_tiles(const char *from, ptrdiff_t from_step, char *to, ptrdiff_t to_step,
                                    ptrdiff_t line, ptrdiff_t length)
{
    ptrdiff_t i = 0;
    for (; i + W <= length; i += W) {
        vec square[W];
        FA_UNROLL
        for (int k = 0; k < W; k++) square[k] = v_load((const lane *)(from + (line + k) * from_step) + i);
        v_transpose(square);
        FA_UNROLL
        for (int k = 0; k < W; k++) v_store((lane *)(to + (i + k) * to_step) + line, square[k]);
    }
    return i;
}
#endif

static void transpose(const void *lines_from, ptrdiff_t from_step, void *columns_to, ptrdiff_t to_step,
                      ptrdiff_t lines, ptrdiff_t length)
{
    const char *const from = lines_from;
    char *const to = columns_to;
    for (ptrdiff_t line = 0, count; line < lines; line += count) {
        ptrdiff_t i = 0;
        count = lines - line < W ? lines - line : W;
        if (count == W) i = TRANSPOSE_TILES(line);
        for (; i < length; i++)
            for (ptrdiff_t k = line; k < line + count; k++)
                ((stored *)(to + i * to_step))[k] = ((const stored *)(from + k * from_step))[i];
    }
}

/* What v_stream has written becomes visible to other threads at its end. In between, `count` runs of as many
 * bytes are asked for: a processor that reads and writes memory by turns does neither as fast as at once. */
static void stream(const void *from, void *to, ptrdiff_t bytes, const char *const *asked, int count)
{
    const ptrdiff_t n = bytes / (ptrdiff_t)sizeof(lane);
    for (ptrdiff_t i = 0; i + W <= n; i += W) {
        for (int k = 0; k < count; k++) FA_PREFETCH(asked[k] + i * (ptrdiff_t)sizeof(lane));
        v_stream((lane *)to + i, v_load((const lane *)from + i));
    }
}
static void stream_end(void) { v_stream_end(); }
