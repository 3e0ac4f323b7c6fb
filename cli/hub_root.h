/* What the commands that work on the root of a local Hub share. */
#ifndef CLI_HUB_ROOT_H
#define CLI_HUB_ROOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "cli/options.h"
#include "hub/hub.h"
#include "hub/local_root.h"

struct invocation;

/* The option that all of them have. */
#define HUB_ROOT_OPTION(values)                                                \
    {                                                                          \
        .name = "root", .type = OPT_PATH, .arg = "DIR",                        \
        .dflt = "hub in the user's data directory",                            \
        .help = "where everything is kept", OPT_INTO(values, root)             \
    }

/* The root to use when this was given; free() it. */
char *hub_root(const char *given);

/* A command at work. */
struct hub_job {
    const struct invocation *in;
    char *dir;
    struct local_root stores;
    mode_t umask;   /* as it was; what is made now nobody else may see */
    struct buf why; /* it failed: one sentence for the user */
};

/* Opens the root, for others to see nothing of what is made there, and runs
 * fn, which returns the exit status. create: it need not be there. */
int hub_on_root(const struct invocation *in, const char *given, bool create,
    int (*fn)(struct hub_job *j));

/* The words KIND and NS/NAME of a command line. False with the reason told. */
bool hub_repo_words(
    const char *kind_word, const char *name, enum hub_kind *kind);

/* The name of whoever runs this, as far as it can be one here. */
const char *hub_owner(void);

#endif
