/* hffs hub user, hffs hub org: who may use a local Hub. They work on its root,
 * whether a server runs or not; a server knows of a change with its next
 * request. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/timer.h"
#include "cli/commands.h"
#include "cli/hub_root.h"
#include "cli/invocation.h"
#include "cli/say.h"
#include "hub/local_people.h"
#include "hub/token.h"

struct user_values {
    const char *root;
    const char *token;
    const char *token_file;
    bool read_only;
    const char *only;
    bool json;
};

struct org_values {
    const char *root;
    bool json;
};

/* ---- Lists, for people and for programs */

struct list {
    struct buf text;
    struct jsonw w;
    bool json;
    bool empty;
};

static void add_time(const char *key, int64_t time_s, struct list *l)
{
    char text[32];

    time_format_rfc3339(time_s * 1000000000, text);
    if (l->json)
        jsonw_str(&l->w, key, text);
    else
        buf_addf(&l->text, "  %.10s", text);
}

static void list_tokens(const struct person *person, struct list *l)
{
    const struct user_token *t =
        (const struct user_token *)(const void *)person->tokens.data;
    size_t n = person->tokens.len / sizeof(*t);
    char id[TOKEN_ID_MAX];

    if (l->json)
        jsonw_array(&l->w, "tokens");
    for (size_t i = 0; i < n; i++) {
        token_id(&t[i], id);
        if (l->json) {
            jsonw_object(&l->w, NULL);
            jsonw_str(&l->w, "id", id);
            jsonw_str(&l->w, "role", t[i].read_only ? "read" : "write");
            add_time("created", t[i].created_s, l);
            jsonw_object_end(&l->w);
        } else {
            buf_addf(&l->text, "    token %s  %-5s", id,
                t[i].read_only ? "read" : "write");
            add_time(NULL, t[i].created_s, l);
            buf_addc(&l->text, '\n');
        }
    }
    if (l->json)
        jsonw_array_end(&l->w);
}

static void list_person(void *ctx, const struct person *person)
{
    struct list *l = ctx;
    bool user = person->account.kind == ACCOUNT_USER;
    char **name = (char **)(void *)person->names.data;
    size_t n = person->names.len / sizeof(*name);

    l->empty = false;
    if (l->json) {
        jsonw_object(&l->w, NULL);
        jsonw_str(&l->w, "name", person->account.name);
        jsonw_array(&l->w, user ? "orgs" : "members");
        for (size_t i = 0; i < n; i++)
            jsonw_str(&l->w, NULL, name[i]);
        jsonw_array_end(&l->w);
    } else {
        buf_adds(&l->text, person->account.name);
        for (size_t i = 0; i < n; i++)
            buf_addf(&l->text, "%s%s",
                i > 0      ? ", "
                    : user ? " in "
                           : ": ",
                name[i]);
        buf_addc(&l->text, '\n');
    }
    if (user)
        list_tokens(person, l);
    if (l->json)
        jsonw_object_end(&l->w);
}

static int list(struct hub_job *j, enum account_kind kind, bool json)
{
    struct list l = {.json = json, .empty = true};
    int err;

    l.w.to = &l.text;
    if (json)
        jsonw_array(&l.w, NULL);
    err = people_each(j->stores.meta, kind, list_person, &l);
    if (json) {
        jsonw_array_end(&l.w);
        buf_addc(&l.text, '\n');
    } else if (l.empty) {
        buf_addf(&l.text, "no %s\n",
            kind == ACCOUNT_USER ? "users" : "organisations");
    }
    if (err == 0)
        err = print_out(buf_str(&l.text));
    else
        buf_adds(&j->why, strerror(-err));
    buf_free(&l.text);
    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

/* ---- hffs hub user */

static int given_token(const struct user_values *v, char **out, struct buf *why)
{
    const char *path = v->token_file;
    int err;

    if (path == NULL) {
        *out = v->token != NULL ? xstrdup(v->token) : NULL;
        return 0;
    }
    err = token_read_file(path, out);
    if (err != 0)
        buf_addf(why, "%s: %s", path,
            err == -EBADMSG || err == -ENODATA ? "holds no token"
                                               : strerror(-err));
    return err;
}

static int add_user(struct hub_job *j)
{
    const struct user_values *v = j->in->values;
    const char *name = j->in->words[1];
    char made[TOKEN_MADE_MAX];
    char *token = NULL;
    char *line = NULL;
    int status = EXIT_OK;

    if (given_token(v, &token, &j->why) != 0)
        return EXIT_FAILED;
    people_make_token(made);
    if (people_add_user(j->stores.meta, name, token != NULL ? token : made,
            v->read_only, &j->why) != 0) {
        status = EXIT_FAILED;
    } else if (token == NULL) {
        complain("the token of %s, which is not shown again:", name);
        line = xasprintf("%s\n", made);
        status = print_out(line) == 0 ? EXIT_OK : EXIT_FAILED;
    }
    free(line);
    free(token);
    return status;
}

static int list_users(struct hub_job *j)
{
    const struct user_values *v = j->in->values;

    return list(j, ACCOUNT_USER, v->json);
}

static int remove_user(struct hub_job *j)
{
    const struct user_values *v = j->in->values;
    const char *name = j->in->words[1];
    int err = v->only != NULL
        ? people_remove_token(j->stores.meta, name, v->only, &j->why)
        : people_remove(j->stores.meta, ACCOUNT_USER, name, &j->why);

    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

/* A verb, and how many words may follow it. */
struct verb {
    const char *name;
    size_t least;
    size_t most;
    bool create;
    int (*fn)(struct hub_job *j);
};

static int run_verb(const struct invocation *in, const char *root,
    const struct verb *verb, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(verb[i].name, in->words[0]) != 0)
            continue;
        if (in->n_words - 1 < verb[i].least || in->n_words - 1 > verb[i].most)
            break;
        return hub_on_root(in, root, verb[i].create, verb[i].fn);
    }
    complain("expected: %s", in->cmd->usage);
    return EXIT_USAGE;
}

static int run_user(const struct invocation *in)
{
    static const struct verb verbs[] = {
        {"add", 1, 1, true, add_user},
        {"ls", 0, 0, false, list_users},
        {"rm", 1, 1, false, remove_user},
    };
    const struct user_values *v = in->values;

    return run_verb(in, v->root, verbs, ARRAY_LEN(verbs));
}

/* ---- hffs hub org */

static int add_org(struct hub_job *j)
{
    const struct invocation *in = j->in;
    int err = people_add_org(j->stores.meta, in->words[1],
        (const char *const *)in->words + 2, in->n_words - 2, &j->why);

    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

static int list_orgs(struct hub_job *j)
{
    const struct org_values *v = j->in->values;

    return list(j, ACCOUNT_ORG, v->json);
}

static int remove_org(struct hub_job *j)
{
    const struct invocation *in = j->in;
    const char *name = in->words[1];
    int err = in->n_words > 2
        ? people_remove_members(j->stores.meta, name,
              (const char *const *)in->words + 2, in->n_words - 2, &j->why)
        : people_remove(j->stores.meta, ACCOUNT_ORG, name, &j->why);

    return err == 0 ? EXIT_OK : EXIT_FAILED;
}

#define MANY 1000

static int run_org(const struct invocation *in)
{
    static const struct verb verbs[] = {
        {"add", 1, MANY, true, add_org},
        {"ls", 0, 0, false, list_orgs},
        {"rm", 1, MANY, false, remove_org},
    };
    const struct org_values *v = in->values;

    return run_verb(in, v->root, verbs, ARRAY_LEN(verbs));
}

static const struct opt user_options[] = {
    HUB_ROOT_OPTION(user_values),
    {.name = "read-only",
        .type = OPT_FLAG,
        .help = "add: the token may read what the user may read, and change "
                "nothing",
        OPT_INTO(user_values, read_only)},
    {.name = "token",
        .type = OPT_STR,
        .arg = "TOKEN",
        .secret = true,
        .dflt = "a new one, which is printed",
        .help = "add: the token to let in; a file keeps it out of the shell's "
                "history",
        OPT_INTO(user_values, token)},
    {.name = "token-file",
        .type = OPT_PATH,
        .arg = "FILE",
        .help = "add: read the token from FILE; /dev/stdin is one, too",
        OPT_INTO(user_values, token_file)},
    {.name = "only",
        .type = OPT_STR,
        .arg = "ID",
        .help = "rm: take away only the token that ls shows with this id",
        OPT_INTO(user_values, only)},
    {.name = "json",
        .type = OPT_FLAG,
        .help = "ls: one JSON array",
        OPT_INTO(user_values, json)},
};

static const struct opt org_options[] = {
    HUB_ROOT_OPTION(org_values),
    {.name = "json",
        .type = OPT_FLAG,
        .help = "ls: one JSON array",
        OPT_INTO(org_values, json)},
};

static const struct opt_group user_group = OPT_GROUP("Options", user_options);
static const struct opt_group org_group = OPT_GROUP("Options", org_options);
static const struct opt_group *const user_groups[] = {&user_group, NULL};
static const struct opt_group *const org_groups[] = {&org_group, NULL};

const struct command cmd_hub_user = {
    .name = "hub user",
    .usage = "hffs hub user add NAME | ls | rm NAME [options]",
    .summary = "Say who may come into a local Hub",
    .about = "Users own the repos of the namespace that is called like them. "
             "A server that\nruns knows of a change at once. To add a user "
             "who is there already is to give\nthem one more token; only "
             "hashes of tokens are kept. What somebody owned stays\nwhen they "
             "are removed, and belongs to the next user of that name.",
    .groups = user_groups,
    .values_size = sizeof(struct user_values),
    .words_min = 1,
    .words_max = 2,
    .run = run_user,
};

const struct command cmd_hub_org = {
    .name = "hub org",
    .usage = "hffs hub org add ORG [NAME]... | ls | rm ORG [NAME]... [options]",
    .summary = "Let users share a namespace of a local Hub",
    .about = "Members of an organisation may do in its namespace what they may "
             "do in their\nown. add makes it if it is not there, and takes in "
             "members; rm with names puts\nthem out, and without removes the "
             "organisation, whose repos stay.",
    .groups = org_groups,
    .values_size = sizeof(struct org_values),
    .words_min = 1,
    .words_max = MANY + 2,
    .run = run_org,
};
