/* Byte grouping by four ("BG4"): bytes 0, 4, 8, ... first, then 1, 5, 9, ...,
 * which makes arrays of numbers easier to compress; and the guess whether it
 * does. */
#ifndef HUB_XET_GROUP_H
#define HUB_XET_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* n bytes from p to out, which do not overlap. */
void xet_group_split(const uint8_t *p, size_t n, uint8_t *out);
void xet_group_join(const uint8_t *p, size_t n, uint8_t *out);

/* The genuine client's guess: the numbers of bits set are distributed in some
 * place of four otherwise than in all. */
bool xet_group_helps(const uint8_t *p, size_t n);

#endif
