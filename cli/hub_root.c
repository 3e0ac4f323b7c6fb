/* Opening the root of a local Hub for a command. */
#include "cli/hub_root.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/dirs.h"
#include "cli/say.h"

char *hub_root(const char *given)
{
    char *data;
    char *root;

    if (given != NULL)
        return xstrdup(given);
    data = dirs_data();
    root = xasprintf("%s/hub", data);
    free(data);
    return root;
}

int hub_on_root(const struct invocation *in, const char *given, bool create,
    int (*fn)(struct hub_job *j))
{
    struct hub_job j = {.in = in, .dir = hub_root(given)};
    int status = EXIT_FAILED;

    umask(077);
    if (local_root_open(j.dir, create, NULL, &j.stores, &j.why) == 0)
        status = fn(&j);
    if (j.why.len > 0) {
        complain("%s", buf_str(&j.why));
        status = EXIT_FAILED;
    }
    local_root_close(&j.stores);
    buf_free(&j.why);
    free(j.dir);
    return status;
}
