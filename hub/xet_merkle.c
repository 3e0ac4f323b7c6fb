/* The tree of Xet: consecutive nodes of a level form groups, whose parents form
 * the next level. A group ends behind the third to ninth node whose hash, as a
 * number, is divisible by four, or is full with nine; the last one of a level
 * takes what is left.
 *
 * Whether a group is complete depends only on its own nodes, so that each level
 * keeps one open group and nothing else. */
#include "hub/xet_merkle.h"

#include <assert.h>

#include "base/mem.h"

#define CHILDREN_MIN 3
#define LINE_MAX (XET_HASH_TEXT + 24) /* "<hash> : <decimal>\n" */

/* Decimal digits without printf, which would take longer than the hashing. */
static size_t put_decimal(char *to, uint64_t v)
{
    char digits[20];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    for (size_t i = 0; i < n; i++)
        to[i] = digits[n - 1 - i];
    return n;
}

static size_t put_line(char *to, const struct xet_node *node)
{
    size_t n = XET_HASH_TEXT - 1;

    xet_hash_format(&node->hash, to);
    to[n++] = ' ';
    to[n++] = ':';
    to[n++] = ' ';
    n += put_decimal(to + n, node->size);
    to[n++] = '\n';
    return n;
}

static struct xet_node parent_of(const struct xet_merkle_level *l)
{
    char text[XET_MERKLE_CHILDREN * LINE_MAX];
    struct xet_node parent = {0};
    size_t n = 0;

    for (unsigned i = 0; i < l->n; i++) {
        n += put_line(text + n, &l->node[i]);
        parent.size += l->node[i].size;
    }
    xet_hash_node(text, n, &parent.hash);
    return parent;
}

static bool complete(const struct xet_merkle_level *l)
{
    return l->n == XET_MERKLE_CHILDREN ||
        (l->n >= CHILDREN_MIN &&
            xet_hash_tail(&l->node[l->n - 1].hash) % 4 == 0);
}

/* Adds a node to a level, and the parents of groups that this completes. */
static void add(struct xet_merkle *m, unsigned at, struct xet_node node)
{
    for (;; at++) {
        struct xet_merkle_level *l = &m->level[at];

        assert(at < XET_MERKLE_LEVELS);
        if (at >= m->n_levels)
            m->n_levels = at + 1;
        l->node[l->n++] = node;
        if (!complete(l))
            return;
        node = parent_of(l);
        l->n = 0;
        l->done++;
    }
}

void xet_merkle_add(
    struct xet_merkle *m, const struct xet_hash *chunk, uint64_t size)
{
    add(m, 0, (struct xet_node){.hash = *chunk, .size = size});
}

void xet_merkle_root(struct xet_merkle *m, struct xet_hash *out)
{
    *out = (struct xet_hash){0};
    for (unsigned at = 0; at < m->n_levels; at++) {
        struct xet_merkle_level *l = &m->level[at];
        struct xet_node parent;

        if (l->done == 0 && l->n == 1) {
            *out = l->node[0].hash;
            return;
        }
        if (l->n == 0)
            continue;
        parent = parent_of(l);
        l->n = 0;
        l->done++;
        add(m, at + 1, parent);
    }
}

void xet_merkle_file(struct xet_merkle *m, struct xet_hash *out)
{
    static const struct xet_hash zero_key;
    bool empty = m->n_levels == 0;
    struct xet_hash root;

    xet_merkle_root(m, &root);
    if (empty)
        *out = root;
    else
        xet_hash_keyed(&zero_key, &root, out);
}
