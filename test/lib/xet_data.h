/* For tests of the Xet engine: published vectors and genuine objects in
 * test/data/xet, and the inputs that they were made from (README.md there). */
#ifndef TEST_LIB_XET_DATA_H
#define TEST_LIB_XET_DATA_H

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "hub/xet_hash.h"

/* A file below test/data/xet; ends the program if it is not there. */
struct buf xet_data(const char *name);
struct json *xet_json(const char *name);

/* The bytes of an input: parts as expected.json describes them; NULL is an
 * input's name in it. */
void xet_make_parts(const struct json *parts, struct buf *out);
struct buf xet_make_input(const struct json *expected, const char *name);

void xet_make_splitmix(struct buf *out, uint64_t n, uint64_t seed);

/* A member that has to be there. */
uint64_t xet_number(const struct json *object, const char *key);
uint64_t xet_number_of(const struct json *v); /* of an array */
const char *xet_text(const struct json *object, const char *key);

/* The hash that a text spells; of a member; and its spelling, in one of a few
 * places that are used in turn. */
struct xet_hash xet_hash_of(const char *text);
struct xet_hash xet_hash_in(const struct json *object, const char *key);
const char *xet_spell(const struct xet_hash *h);

/* Fails the cmocka test with both hashes if they differ. */
void xet_same(const char *what, const struct xet_hash *got, const char *wanted);

#endif
