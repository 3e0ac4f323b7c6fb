/* hffs status: what is mounted, by whom, and whether it works. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/mount_target.h"
#include "cli/say.h"
#include "cli/status_view.h"

struct status_values {
    const char *state_dir;
    bool json;
};

struct listing {
    struct buf text;
    struct jsonw json;
    size_t shown;
    bool as_json;
    bool unwell;
};

/* As for `hffs stop`, a server without a mount goes by the name of its repo. */
static bool is_meant(
    const struct view *v, const char *only, const struct invocation *in)
{
    const char *point = view_str(v, "mountpoint");

    if (only == NULL)
        return true;
    if (point[0] == '\0')
        return strcmp(view_str(v, "source"), in->words[0]) == 0;
    return strcmp(point, only) == 0;
}

static void list_one(struct listing *l, const char *dir, const char *only,
    const struct invocation *in)
{
    struct view v;

    if (view_of(dir, &v) && is_meant(&v, only, in)) {
        l->shown++;
        l->unwell = l->unwell || v.health != HEALTH_OK;
        if (l->as_json)
            view_json(&v, &l->json);
        else
            view_text(&v, &l->text);
    }
    view_fini(&v);
}

static int finish(struct listing *l, const char *only)
{
    int status = l->unwell ? EXIT_FAILED : EXIT_OK;

    if (l->shown == 0 && only != NULL)
        status = EXIT_NOT_MOUNTED;
    if (l->as_json) {
        jsonw_array_end(&l->json);
        jsonw_object_end(&l->json);
        buf_addc(&l->text, '\n');
    } else if (l->shown == 0) {
        buf_addf(&l->text, "nothing is mounted%s%s\n",
            only != NULL ? " on " : "", only != NULL ? only : "");
    }
    if (print_out(buf_str(&l->text)) != 0)
        status = EXIT_FAILED;
    buf_free(&l->text);
    return status;
}

static int run(const struct invocation *in)
{
    const struct status_values *v = in->values;
    char *state = mount_target_state_dir(v->state_dir);
    struct opt_list dirs = {0};
    struct listing l = {.as_json = v->json, .json = {.to = &l.text}};
    char *only = NULL;
    int status;

    if (in->n_words > 0 && mount_target_mountpoint(in->words[0], &only) != 0)
        only = path_absolute(in->words[0]);
    if (l.as_json) {
        jsonw_object(&l.json, NULL);
        jsonw_array(&l.json, "mounts");
    }
    place_list(state, &dirs);
    for (size_t i = 0; i < dirs.n; i++)
        list_one(&l, dirs.v[i], only, in);
    status = finish(&l, only);
    opt_list_free(&dirs);
    free(only);
    free(state);
    return status;
}

static const struct opt options[] = {
    {.name = "json",
        .type = OPT_FLAG,
        .help = "everything that is known, as one JSON object",
        OPT_INTO(status_values, json)},
    {.name = "state-dir",
        .type = OPT_PATH,
        .arg = "DIR",
        .dflt = "$XDG_STATE_HOME/hffs",
        .help = "the state directory that mounts were started with",
        OPT_INTO(status_values, state_dir)},
};

static const struct opt_group group = OPT_GROUP("Options", options);
static const struct opt_group *const groups[] = {&group, NULL};

const struct command cmd_status = {
    .name = "status",
    .usage = "hffs status [MOUNTPOINT] [options]",
    .summary = "List this user's mounts, and whether they are well",
    .about = "Exit status 0: all are well, or none is there; 1: one is not; 3: "
             "MOUNTPOINT\nwas given, and nothing of hffs is mounted on it.",
    .groups = groups,
    .values_size = sizeof(struct status_values),
    .words_max = 1,
    .run = run,
};
