/* Opening the root of a local Hub for a command. */
#include "cli/hub_root.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/dirs.h"
#include "cli/say.h"
#include "hub/local.h"
#include "hub/local_meta_user.h"

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

    j.umask = umask(077);
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

bool hub_repo_words(
    const char *kind_word, const char *name, enum hub_kind *kind)
{
    char *both = xasprintf("%s:%s", kind_word, name);
    const char *found;
    bool ok = local_repo_parse(both, kind, &found);

    if (!ok)
        complain("'%s %s': expected model, dataset or space, and NS/NAME",
            kind_word, name);
    free(both);
    return ok;
}

const char *hub_owner(void)
{
    const struct passwd *pw = getpwuid(getuid());

    return pw != NULL && account_name_ok(pw->pw_name) ? pw->pw_name : "local";
}
