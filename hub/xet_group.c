/* Grouping, 16 bytes a step: four little words are transposed by masks and
 * shifts, which compilers keep in registers on every machine. */
#include "hub/xet_group.h"

#include <math.h>
#include <string.h>

#include "hub/xet_le.h"

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

/* Rows of four bytes become columns. It is its own inverse. */
static inline void transpose(uint32_t w[static GROUPS])
{
    const uint32_t even = 0x00ff00ff, low = 0x0000ffff;
    uint32_t a = (w[0] & even) | (w[1] & even) << 8;
    uint32_t b = (w[0] >> 8 & even) | (w[1] & ~even);
    uint32_t c = (w[2] & even) | (w[3] & even) << 8;
    uint32_t d = (w[2] >> 8 & even) | (w[3] & ~even);

    w[0] = (a & low) | c << 16;
    w[1] = (b & low) | d << 16;
    w[2] = a >> 16 | (c & ~low);
    w[3] = b >> 16 | (d & ~low);
}

void xet_group_split(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t start[GROUPS], i = 0;
    uint32_t w[GROUPS];

    starts(n, start);
    for (; i + 16 <= n; i += 16) {
        for (size_t k = 0; k < GROUPS; k++)
            w[k] = le32(p + i + 4 * k);
        transpose(w);
        for (size_t k = 0; k < GROUPS; k++)
            put_le32(out + start[k] + i / GROUPS, w[k]);
    }
    for (; i < n; i++)
        out[start[i % GROUPS] + i / GROUPS] = p[i];
}

void xet_group_join(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t start[GROUPS], i = 0;
    uint32_t w[GROUPS];

    starts(n, start);
    for (; i + 16 <= n; i += 16) {
        for (size_t k = 0; k < GROUPS; k++)
            w[k] = le32(p + start[k] + i / GROUPS);
        transpose(w);
        for (size_t k = 0; k < GROUPS; k++)
            put_le32(out + i + 4 * k, w[k]);
    }
    for (; i < n; i++)
        out[i] = p[start[i % GROUPS] + i / GROUPS];
}

/* How many bytes of each place have so many bits set. */
static void count_bits(
    const uint8_t *p, size_t n, double bins[static GROUPS][BINS])
{
    uint32_t seen[GROUPS][256] = {{0}};

    for (size_t i = 0; i < n; i++)
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
