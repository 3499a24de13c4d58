/* v_load_n and v_store_n of the instruction sets that can mask memory, MASK_LOAD and MASK_STORE.
 *
 * A masked access across the end of a page takes 160 to 260 cycles where the next page is not in use, though
 * none of its lanes are wanted: there, elements are copied one by one. Included by vec_avx512.h and
 * vec_avx2.h alone.
 */
FA_INLINE int is_across_pages(const void *from)
{
    return FA_RARELY(((uintptr_t)from & (PAGE_BYTES - 1)) > PAGE_BYTES - sizeof(vec));
}

FA_SELDOM static vec load_one_by_one(const lane *from, ptrdiff_t n)
{
    lane whole[W] = {0};
    for (ptrdiff_t k = 0; k < n; k++) whole[k] = from[k];
    return v_load(whole);
}
FA_INLINE vec v_load_n(const lane *from, ptrdiff_t n)
{
    return is_across_pages(from) ? load_one_by_one(from, n) : MASK_LOAD(from, first_lanes(n));
}

FA_SELDOM static void store_one_by_one(lane *to, vec a, ptrdiff_t n)
{
    lane whole[W];
    v_store(whole, a);
    for (ptrdiff_t k = 0; k < n; k++) to[k] = whole[k];
}
FA_INLINE void v_store_n(lane *to, vec a, ptrdiff_t n)
{
    if (is_across_pages(to))
        store_one_by_one(to, a, n);
    else
        MASK_STORE(to, first_lanes(n), a);
}
