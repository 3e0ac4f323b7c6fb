/* Grouping: 64 bytes a step where the machine has vectors that every one of its
 * kind has, 16 with plain words elsewhere and at the end. */
#include "hub/xet_group.h"

#include <math.h>
#include <string.h>

#include "hub/xet_le.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define GROUPS 4
#define BINS 9 /* a byte has 0 to 8 bits set */
#define DIVERGENCE 0.02

/* Where the groups of n bytes begin. */
static void starts(size_t n, size_t start[static GROUPS])
{
    start[0] = 0;
    for (size_t k = 0; k + 1 < GROUPS; k++)
        start[k + 1] = start[k] + n / GROUPS + (k < n % GROUPS ? 1 : 0);
}

/* Four words as rows of four bytes; the rows become columns. It is its own
 * inverse. Written out, as compilers leave arrays in memory. */
struct rows {
    uint32_t a, b, c, d;
};

static inline struct rows transpose(struct rows r)
{
    const uint32_t even = 0x00ff00ff, low = 0x0000ffff;
    uint32_t a = (r.a & even) | (r.b & even) << 8;
    uint32_t b = (r.a >> 8 & even) | (r.b & ~even);
    uint32_t c = (r.c & even) | (r.d & even) << 8;
    uint32_t d = (r.c >> 8 & even) | (r.d & ~even);

    return (struct rows){.a = (a & low) | c << 16,
        .b = (b & low) | d << 16,
        .c = a >> 16 | (c & ~low),
        .d = b >> 16 | (d & ~low)};
}

#if defined(__SSE2__)

static inline __m128i load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void store(uint8_t *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)(void *)p, v);
}

/* The bytes in even places of two vectors, and those in odd ones. */
static inline __m128i evens(__m128i a, __m128i b)
{
    const __m128i low = _mm_set1_epi16(0xff);

    return _mm_packus_epi16(_mm_and_si128(a, low), _mm_and_si128(b, low));
}

static inline __m128i odds(__m128i a, __m128i b)
{
    return _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
}

/* Both return how many bytes they did. */
static size_t split_wide(
    const uint8_t *p, size_t n, const size_t start[static GROUPS], uint8_t *out)
{
    size_t i = 0;

    for (; i + 64 <= n; i += 64) {
        __m128i a = load(p + i), b = load(p + i + 16);
        __m128i c = load(p + i + 32), d = load(p + i + 48);
        __m128i even1 = evens(a, b), even2 = evens(c, d);
        __m128i odd1 = odds(a, b), odd2 = odds(c, d);
        uint8_t *to = out + i / GROUPS;

        store(to, evens(even1, even2));
        store(to + start[1], evens(odd1, odd2));
        store(to + start[2], odds(even1, even2));
        store(to + start[3], odds(odd1, odd2));
    }
    return i;
}

static size_t join_wide(
    const uint8_t *p, size_t n, const size_t start[static GROUPS], uint8_t *out)
{
    size_t i = 0;

    for (; i + 64 <= n; i += 64) {
        const uint8_t *from = p + i / GROUPS;
        __m128i a = load(from), b = load(from + start[1]);
        __m128i c = load(from + start[2]), d = load(from + start[3]);
        __m128i ab1 = _mm_unpacklo_epi8(a, b), ab2 = _mm_unpackhi_epi8(a, b);
        __m128i cd1 = _mm_unpacklo_epi8(c, d), cd2 = _mm_unpackhi_epi8(c, d);

        store(out + i, _mm_unpacklo_epi16(ab1, cd1));
        store(out + i + 16, _mm_unpackhi_epi16(ab1, cd1));
        store(out + i + 32, _mm_unpacklo_epi16(ab2, cd2));
        store(out + i + 48, _mm_unpackhi_epi16(ab2, cd2));
    }
    return i;
}

#elif defined(__ARM_NEON)

static size_t split_wide(
    const uint8_t *p, size_t n, const size_t start[static GROUPS], uint8_t *out)
{
    size_t i = 0;

    for (; i + 64 <= n; i += 64) {
        uint8x16x4_t v = vld4q_u8(p + i);

        for (size_t k = 0; k < GROUPS; k++)
            vst1q_u8(out + start[k] + i / GROUPS, v.val[k]);
    }
    return i;
}

static size_t join_wide(
    const uint8_t *p, size_t n, const size_t start[static GROUPS], uint8_t *out)
{
    size_t i = 0;

    for (; i + 64 <= n; i += 64) {
        uint8x16x4_t v;

        for (size_t k = 0; k < GROUPS; k++)
            v.val[k] = vld1q_u8(p + start[k] + i / GROUPS);
        vst4q_u8(out + i, v);
    }
    return i;
}

#else

static size_t split_wide(
    const uint8_t *p, size_t n, const size_t start[static GROUPS], uint8_t *out)
{
    (void)p;
    (void)n;
    (void)start;
    (void)out;
    return 0;
}

#define join_wide split_wide

#endif

void xet_group_split(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t start[GROUPS], i;

    starts(n, start);
    i = split_wide(p, n, start, out);
    for (; i + 16 <= n; i += 16) {
        struct rows r = transpose((struct rows){
            le32(p + i), le32(p + i + 4), le32(p + i + 8), le32(p + i + 12)});
        uint8_t *to = out + i / GROUPS;

        put_le32(to, r.a);
        put_le32(to + start[1], r.b);
        put_le32(to + start[2], r.c);
        put_le32(to + start[3], r.d);
    }
    for (; i < n; i++)
        out[start[i % GROUPS] + i / GROUPS] = p[i];
}

void xet_group_join(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t start[GROUPS], i;

    starts(n, start);
    i = join_wide(p, n, start, out);
    for (; i + 16 <= n; i += 16) {
        const uint8_t *from = p + i / GROUPS;
        struct rows r =
            transpose((struct rows){le32(from), le32(from + start[1]),
                le32(from + start[2]), le32(from + start[3])});

        put_le32(out + i, r.a);
        put_le32(out + i + 4, r.b);
        put_le32(out + i + 8, r.c);
        put_le32(out + i + 12, r.d);
    }
    for (; i < n; i++)
        out[i] = p[start[i % GROUPS] + i / GROUPS];
}

/* How many bytes of each place have so many bits set. */
static void count_bits(
    const uint8_t *p, size_t n, double bins[static GROUPS][BINS])
{
    uint32_t seen[GROUPS][256] = {{0}};
    size_t i = 0;

    for (; i + GROUPS <= n; i += GROUPS) {
        seen[0][p[i]]++;
        seen[1][p[i + 1]]++;
        seen[2][p[i + 2]]++;
        seen[3][p[i + 3]]++;
    }
    for (; i < n; i++)
        seen[i % GROUPS][p[i]]++;
    memset(bins, 0, sizeof(double[GROUPS][BINS]));
    for (size_t k = 0; k < GROUPS; k++) {
        for (unsigned v = 0; v < 256; v++)
            bins[k][__builtin_popcount(v)] += seen[k][v];
    }
}

/* The Kullback-Leibler divergence of one place from all. The client's figure
 * is no number if a bin is empty, and is then passed over. */
static double divergence(
    const double own[static BINS], const double all[static BINS], double n_all)
{
    double sum = 0, n = 0;

    for (size_t j = 0; j < BINS; j++)
        n += own[j];
    for (size_t j = 0; j < BINS; j++) {
        if (own[j] == 0)
            return 0;
        sum += own[j] / n * log(own[j] / n / (all[j] / n_all));
    }
    return sum;
}

bool xet_group_helps(const uint8_t *p, size_t n)
{
    double bins[GROUPS][BINS], all[BINS];

    count_bits(p, n, bins);
    for (size_t j = 0; j < BINS; j++)
        all[j] = 1 + bins[0][j] + bins[1][j] + bins[2][j] + bins[3][j];
    for (size_t k = 0; k < GROUPS; k++) {
        if (divergence(bins[k], all, (double)n) > DIVERGENCE)
            return true;
    }
    return false;
}
