/* The credential that goes to the Hub: a fixed token, or one that lives in a
 * file which somebody else keeps up to date. */
#ifndef HUB_TOKEN_H
#define HUB_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/op.h"
#include "base/work.h"

#define TOKEN_MAX 4096 /* bytes; also of a token file */

/* Visible ASCII, not empty, not too long: fit for a header. */
bool token_ok(const char *text);

/* Reads a token file without the blanks and line ends around the token, which
 * the caller then owns. Blocking. Fails as open(2); -ENODATA when nothing is
 * in it, -EBADMSG when that cannot be a token, -EFBIG. */
int token_read_file(const char *path, char **out);

struct token {
    struct op op; /* reads the file */
    /* given at creation */
    struct pool *pool;
    char *fixed; /* may be NULL */
    char *path;  /* may be NULL */
    /* state */
    char *held;  /* what the file held; NULL: nothing of use */
    char *fresh; /* what the pool job found */
    int result;
    bool read_once;
    bool reading;
    bool told; /* that the file is of no use has been logged */
    uint64_t read_ms;
    struct work work;
    struct op_list waiting;
};

/* Both texts are copied and may be NULL; fixed must be token_ok(). */
void token_init(
    struct token *t, struct pool *pool, const char *fixed, const char *path);
void token_fini(struct token *t); /* nobody waits */

/* Has the token at hand when op wakes: reads the file if that was last done
 * over 30 s ago. Never fails. */
void token_ready(struct token *t, struct op *op);

/* What to send now: the file's token while it holds one, else the fixed one;
 * NULL when there is none. Valid until the next token_ready() wakes: copy. */
const char *token_now(const struct token *t);

/* The server did not take `used`. True when a newer one may be there: the next
 * token_ready() reads the file. */
bool token_refused(struct token *t);

#endif
