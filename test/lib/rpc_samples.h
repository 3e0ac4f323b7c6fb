/* What tests of procedures need from any export: something of each kind, and
 * comparisons of attributes. */
#ifndef TEST_RPC_SAMPLES_H
#define TEST_RPC_SAMPLES_H

#include <stdbool.h>

#include "test/lib/rpc_client.h"

/* Handles with len 0: the export has nothing of the kind. */
struct samples {
    struct handle file; /* the largest that was seen */
    fattr3 attr;        /* of file */
    struct handle dir;
    struct handle link;
};

/* Looks at the root and its first directory. Ends the program if there is no
 * file. */
struct samples find_samples(struct client *c, const struct handle *root);

bool get_attr(struct client *c, const struct handle *h, fattr3 *out);

bool same_attr(const fattr3 *a, const fattr3 *b);
bool post_op_is(const post_op_attr *got, const fattr3 *want);

/* Nothing has changed: after is want, and before, if given, agrees. */
bool wcc_is_same(const wcc_data *w, const fattr3 *want);

#endif
