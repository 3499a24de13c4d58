/* The kernels of sparsity: bits of what passes a relu, what passes moved together, zeros counted.
 *
 * Included by loops.h in every translation unit; every loop is over one contiguous run. What passes is what
 * is not <= 0, NaN with it. Memory of other layouts and threads are for sparse.c.
 */

enum { WORD = 64, WORD_BYTES = WORD / 8 };

/* 64 bits to bytes and back, the lowest first, on any machine; compilers make one instruction of it. */
FA_INLINE void store_word(uint8_t *to, uint64_t word)
{
    FA_UNROLL
    for (int k = 0; k < WORD_BYTES; k++) to[k] = (uint8_t)(word >> 8 * k);
}
FA_INLINE uint64_t load_word(const uint8_t *from)
{
    uint64_t word = 0;
    FA_UNROLL
    for (int k = 0; k < WORD_BYTES; k++) word |= (uint64_t)from[k] << 8 * k;
    return word;
}

FA_INLINE uint64_t first_bits(ptrdiff_t n) { return ((uint64_t)1 << n) - 1; } /* n below 64 */
FA_INLINE uint64_t passing_bits(vec x) { return v_to_bits(v_le(x, v_set(0))) ^ first_bits(W); }
FA_INLINE uint64_t zero_bits(vec y) { return v_to_bits(v_le(v_abs(y), v_set(0))); }

/* The bits of 64 elements, or of the first n of W. */
#define BITS_OF_WORD(word, bits_of_vector, from) \
    uint64_t word = 0;                           \
    FA_UNROLL                                    \
    for (int lane_0 = 0; lane_0 < WORD; lane_0 += W) word |= bits_of_vector(LOAD((from) + lane_0)) << lane_0;
#define BITS_OF_PART(bits_of_vector, from, n) (bits_of_vector(LOAD_N(from, n)) & first_bits(n))

/* Fewer than 8 bits that wait for the rest of their byte. */
typedef struct {
    uint8_t *to;
    uint64_t bits;
    int count;
} bit_writer;

FA_INLINE void put_bits(bit_writer *writer, uint64_t bits, ptrdiff_t n) /* n at most 32 */
{
    writer->bits |= bits << writer->count;
    for (writer->count += (int)n; writer->count >= 8; writer->count -= 8, writer->bits >>= 8)
        *writer->to++ = (uint8_t)writer->bits;
}
FA_INLINE void put_word(bit_writer *writer, uint64_t word)
{
    store_word(writer->to, writer->bits | word << writer->count);
    writer->to += WORD_BYTES;
    writer->bits = word >> 1 >> (WORD - 1 - writer->count);
}

/* relu, and a bit for each element. Results are aligned first, as in every loop, whatever bit that is. (Where
 * the function lay otherwise, 32 * 10**6 elements took 1.1 times as long; the activations do not care.) */
FA_ALIGNED static void sparse_relu_mask(const void *x, void *y, uint8_t *passing, int skipped, ptrdiff_t n)
{
    const stored *const in = x;
    stored *const out = y;
    bit_writer writer = {passing, skipped ? *passing & first_bits(skipped) : 0, skipped};
    ptrdiff_t i = 0, part = elements_to_alignment(out, n);
    for (;;) {
        if (part > 0) {
            const vec value = LOAD_N(in + i, part);
            put_bits(&writer, passing_bits(value) & first_bits(part), part);
            STORE_EXACT_N(out + i, relu_forward(value), part);
            i += part;
        }
        if (i == n) break;
        for (; i + WORD <= n; i += WORD) {
            uint64_t word = 0;
            FA_UNROLL
            for (int k = 0; k < WORD; k += W) {
                const vec value = LOAD(in + i + k);
                word |= v_to_bits(v_le(value, v_set(0))) << k;
                STORE_EXACT(out + i + k, relu_forward(value));
            }
            put_word(&writer, ~word);
        }
        for (; i + W <= n; i += W) {
            const vec value = LOAD(in + i);
            put_bits(&writer, passing_bits(value), W);
            STORE_EXACT(out + i, relu_forward(value));
        }
        part = n - i;
    }
    if (writer.count > 0) *writer.to = (uint8_t)writer.bits;
}

/* n bits, at most 32, from bit `skipped` of the first byte on; no byte is read that has none of them. */
FA_INLINE uint64_t get_bits(const uint8_t *from, ptrdiff_t skipped, ptrdiff_t n)
{
    uint64_t bits = 0;
    from += skipped / 8;
    skipped %= 8;
    for (ptrdiff_t k = 0; 8 * k < skipped + n; k++) bits |= (uint64_t)from[k] << 8 * k;
    return bits >> skipped;
}
FA_INLINE uint64_t get_word(const uint8_t *from, int skipped)
{
    return skipped == 0 ? load_word(from)
                        : load_word(from) >> skipped | (uint64_t)from[8] << (WORD - skipped);
}

FA_INLINE vec passed(uint64_t bits, vec grad) { return v_select(v_from_bits(bits), grad, v_set(0)); }

/* The lines of 64 elements, 1 KiB ahead of them. In place a Zen 3 then takes 0.93 of the time outside the
 * caches; relu_backward, which reads two arrays, would take 1.1. */
FA_INLINE void prefetch_word(const stored *from)
{
    const char *const ahead = (const char *)from + 1024;
    FA_UNROLL
    for (int k = 0; k < WORD * (int)sizeof(stored); k += 64) FA_PREFETCH(ahead + k);
}

static void sparse_relu_backward_mask(const void *grad, const uint8_t *passing, int skipped, void *result,
                                      ptrdiff_t n)
{
    const stored *const in = grad;
    stored *const out = result;
    ptrdiff_t i = 0, part = elements_to_alignment(out, n);
    for (;;) {
        if (part > 0) {
            STORE_EXACT_N(out + i, passed(get_bits(passing, skipped + i, part), LOAD_N(in + i, part)), part);
            i += part;
        }
        if (i == n) break;
        const uint8_t *from = passing + (skipped + i) / 8;
        const int bit = (int)((skipped + i) % 8);
        for (; i + WORD <= n; i += WORD, from += WORD_BYTES) {
            const uint64_t word = get_word(from, bit);
            prefetch_word(in + i);
            FA_UNROLL
            for (int k = 0; k < WORD; k += W) STORE_EXACT(out + i + k, passed(word >> k, LOAD(in + i + k)));
        }
        for (; i + W <= n; i += W)
            STORE_EXACT(out + i, passed(get_bits(passing, skipped + i, W), LOAD(in + i)));
        part = n - i;
    }
}

#define COUNT(name, bits_of_vector)                                                \
    static ptrdiff_t sparse_##name(const void *x, ptrdiff_t n)                     \
    {                                                                              \
        const stored *const in = x;                                                \
        ptrdiff_t count = 0, i = 0;                                                \
        for (; i + WORD <= n; i += WORD) {                                         \
            BITS_OF_WORD(word, bits_of_vector, in + i)                             \
            count += v_count(word);                                                \
        }                                                                          \
        for (; i + W <= n; i += W) count += v_count(bits_of_vector(LOAD(in + i))); \
        if (i < n) count += v_count(BITS_OF_PART(bits_of_vector, in + i, n - i));  \
        return count;                                                              \
    }
COUNT(count_passing, passing_bits)
COUNT(count_zeros, zero_bits)

static int sparse_any_alive(const void *y, ptrdiff_t n)
{
    const stored *const in = y;
    ptrdiff_t i = 0;
    for (; i + WORD <= n; i += WORD) {
        BITS_OF_WORD(word, zero_bits, in + i)
        if (~word != 0) return 1;
    }
    for (; i + W <= n; i += W)
        if (zero_bits(LOAD(in + i)) != first_bits(W)) return 1;
    return i < n && BITS_OF_PART(zero_bits, in + i, n - i) != first_bits(n - i);
}

static void sparse_mark_alive(const void *y, uint8_t *alive, ptrdiff_t n)
{
    const stored *const in = y;
    ptrdiff_t i = 0;
    for (; i + WORD <= n; i += WORD, alive += WORD_BYTES) {
        BITS_OF_WORD(word, zero_bits, in + i)
        store_word(alive, load_word(alive) | ~word);
    }
    bit_writer writer = {alive, 0, 0};
    while (i < n) {
        const ptrdiff_t part = n - i < W ? n - i : W;
        uint8_t *const at = writer.to;
        const uint64_t before = get_bits(at, writer.count, part);
        put_bits(&writer, (before | ~BITS_OF_PART(zero_bits, in + i, part)) & first_bits(part), part);
        i += part;
    }
    if (writer.count > 0) *writer.to = (uint8_t)writer.bits;
}

#ifndef FA_HALF
/* Whole vectors are written where they have room, though what passes may fill a part of them only. */
FA_INLINE void put_passing(vec value, uint64_t bits, int32_t first, lane *data, int32_t *indices, int count,
                           int has_room)
{
    if (has_room) {
        v_store(data, v_compress(value, bits));
        v_store_positions(indices, bits, first);
    } else {
        int32_t whole[W];
        v_store_n(data, v_compress(value, bits), count);
        v_store_positions(whole, bits, first);
        memcpy(indices, whole, (size_t)count * sizeof *whole);
    }
}

static ptrdiff_t sparse_compress(const void *x, ptrdiff_t n, int32_t first, void *data, int32_t *indices,
                                 ptrdiff_t room)
{
    const lane *const in = x;
    lane *const out = data;
    ptrdiff_t count = 0, i = 0;
    for (; i + W <= n; i += W) {
        const vec value = v_load(in + i);
        const uint64_t bits = passing_bits(value);
        const int passing = v_count(bits);
        put_passing(value, bits, first + (int32_t)i, out + count, indices + count, passing,
                    count + W <= room);
        count += passing;
    }
    if (i < n) {
        const vec value = v_load_n(in + i, n - i);
        const uint64_t bits = passing_bits(value) & first_bits(n - i);
        const int passing = v_count(bits);
        put_passing(value, bits, first + (int32_t)i, out + count, indices + count, passing, 0);
        count += passing;
    }
    return count;
}
#define COMPRESS sparse_compress
#else
#define COMPRESS NULL
#endif

static const fa_sparse_kernels SPARSE = {sparse_relu_mask,
                                         sparse_relu_backward_mask,
                                         sparse_count_passing,
                                         sparse_count_zeros,
                                         sparse_any_alive,
                                         sparse_mark_alive,
                                         COMPRESS};
