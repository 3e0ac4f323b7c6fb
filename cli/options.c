/* Walking the tables of options, and the nearest name to a mistyped one. */
#include "cli/options.h"

#include <string.h>

#include "base/mem.h"
#include "cli/invocation.h"

#define NEAREST_MAX 3 /* edits between a mistyped name and a proposal */

const struct opt *option_at(const struct command *cmd, size_t i)
{
    for (size_t g = 0; cmd->groups[g] != NULL; g++) {
        if (i < cmd->groups[g]->n)
            return &cmd->groups[g]->opt[i];
        i -= cmd->groups[g]->n;
    }
    return NULL;
}

size_t option_count(const struct command *cmd)
{
    size_t n = 0;

    while (option_at(cmd, n) != NULL)
        n++;
    return n;
}

/* Adding, leaving out or changing one byte is one edit; at most NEAREST_MAX + 1
 * is told apart. */
static size_t edits(const char *a, const char *b)
{
    size_t row[OPT_NAME_MAX + 1];
    size_t n = strlen(b);

    if (n > OPT_NAME_MAX || strlen(a) > OPT_NAME_MAX)
        return NEAREST_MAX + 1;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = min_size(min_size(row[j], row[j - 1]) + 1, changed);
        }
    }
    return row[n];
}

const char *option_nearest(const struct command *cmd, const char *name)
{
    size_t best = min_size(NEAREST_MAX, strlen(name) / 2) + 1;
    const char *found = NULL;
    const struct opt *o;

    for (size_t i = 0; (o = option_at(cmd, i)) != NULL; i++) {
        size_t distance = o->hidden ? best : edits(name, o->name);

        if (distance < best) {
            best = distance;
            found = o->name;
        }
    }
    return found;
}
