/* Who asks the local Hub, and what they may do: tokens of the command line and
 * of the database, organisations, and an open Hub. */
#include "hub/local_auth.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "hub/local_meta.h"

struct fixture {
    char *dir;
    struct meta *meta;
    struct users *users;
    const char *header; /* of the request */
    struct auth auth;
    struct meta_job job;
    int (*fn)(struct fixture *f, struct meta_db *db);
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");
    char *path;

    f->dir = xasprintf("%s/hffs-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    path = xasprintf("%s/hub.db", f->dir);
    assert_int_equal(meta_open(path, NULL, &f->meta), 0);
    free(path);
    f->users = users_new("me");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    auth_fini(&f->auth);
    users_free(f->users);
    meta_close(f->meta);
    assert_int_equal(file_remove_tree(f->dir), 0);
    free(f->dir);
    free(f);
    return 0;
}

static int run_fn(struct meta_db *db, struct meta_job *job)
{
    struct fixture *f = container_of(job, struct fixture, job);

    return f->fn(f, db);
}

static int transact(
    struct fixture *f, int (*fn)(struct fixture *f, struct meta_db *db))
{
    f->fn = fn;
    f->job = (struct meta_job){.fn = run_fn, .write = true};
    return meta_run_here(f->meta, &f->job);
}

static int find(struct fixture *f, struct meta_db *db)
{
    auth_fini(&f->auth);
    f->auth = (struct auth){.open = users_are_open(f->users)};
    return auth_find(f->users, db, f->header, &f->auth);
}

static int ask(struct fixture *f, const char *header)
{
    f->header = header;
    return transact(f, find);
}

static int add_token(
    struct meta_db *db, const char *user, const char *text, bool read_only)
{
    struct user_token t = {.read_only = read_only, .created_s = 1};

    snprintf(t.user, sizeof(t.user), "%s", user);
    digest_once(DIGEST_SHA256, text, strlen(text), t.sha256);
    return meta_token_add(db, &t);
}

static int add_people(struct fixture *f, struct meta_db *db)
{
    static const struct account all[] = {
        {.name = "grace", .kind = ACCOUNT_USER, .created_s = 1},
        {.name = "lab", .kind = ACCOUNT_ORG, .created_s = 1},
    };
    struct account twin = {.name = "GRACE", .kind = ACCOUNT_ORG};

    (void)f;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(meta_account_add(db, &all[i]), 0);
    assert_int_equal(meta_account_add(db, &twin), -EEXIST);
    assert_int_equal(add_token(db, "grace", "t-grace", false), 0);
    assert_int_equal(add_token(db, "grace", "t-look", true), 0);
    assert_int_equal(add_token(db, "lab", "t-look", true), -EEXIST);
    assert_int_equal(meta_member_add(db, "lab", "grace"), 0);
    return meta_member_add(db, "lab", "grace");
}

static int remove_grace(struct fixture *f, struct meta_db *db)
{
    (void)f;
    return meta_account_remove(db, "grace");
}

static bool may(
    const struct fixture *f, enum right right, const char *name, bool private)
{
    struct repo repo = {.private = private};

    snprintf(repo.name, sizeof(repo.name), "%s", name);
    return auth_may(&f->auth, right, &repo);
}

static void users_of_the_command_line(void **state)
{
    struct fixture *f = *state;
    struct users *u = f->users;

    assert_int_equal(users_add(u, "ada", "t-ada"), 0);
    assert_int_equal(users_add(u, "ad", "t-ad"), 0);
    assert_int_equal(users_add(u, "Ada", "other"), -EEXIST);
    assert_int_equal(users_add(u, "bob", "t-ada"), -EEXIST);
    assert_int_equal(users_add(u, "a/b", "t"), -EINVAL);
    assert_int_equal(users_add(u, "datasets", "t"), -EINVAL);
    assert_int_equal(users_add(u, "", "t"), -EINVAL);
    assert_int_equal(users_add(u, "bob", ""), -EINVAL);
    assert_int_equal(users_add(u, "bob", "a b"), -EINVAL);
    assert_int_equal(ask(f, NULL), 0);
    assert_null(f->auth.user);
    assert_false(may(f, RIGHT_READ, "ada/x", true));
    assert_true(may(f, RIGHT_READ, "ada/x", false));
    assert_false(may(f, RIGHT_DISCUSS, "ada/x", false));
    assert_int_equal(ask(f, "Bearer t-ad1"), -EACCES);
    assert_int_equal(ask(f, "Bearer "), -EACCES);
    assert_int_equal(ask(f, "Basic t-ada"), -EACCES);
    assert_int_equal(ask(f, ""), -EACCES);
    assert_int_equal(ask(f, "bearer  t-ada"), 0);
    assert_string_equal(f->auth.user->name, "ada");
    assert_true(may(f, RIGHT_READ, "ada/x", true));
    assert_true(may(f, RIGHT_WRITE, "ada/x", true));
    assert_true(may(f, RIGHT_ADMIN, "ada/x", true));
    assert_true(auth_may_create(&f->auth, "ada/new"));
    assert_false(auth_may_create(&f->auth, "adam/new"));
    /* A name that another one begins with. */
    assert_int_equal(ask(f, "Bearer t-ad"), 0);
    assert_false(may(f, RIGHT_READ, "ada/x", true));
    assert_true(may(f, RIGHT_READ, "ada/x", false));
    assert_true(may(f, RIGHT_DISCUSS, "ada/x", false));
    assert_false(may(f, RIGHT_WRITE, "ada/x", false));
}

static void users_of_the_database(void **state)
{
    struct fixture *f = *state;
    struct repo mirror = {.name = "lab/m", .mirror = true};
    size_t n;

    assert_int_equal(ask(f, "Bearer t-grace"), -EACCES);
    assert_int_equal(transact(f, add_people), 0);
    assert_int_equal(ask(f, "Bearer t-grace"), 0);
    assert_string_equal(f->auth.user->name, "grace");
    assert_string_equal(auth_orgs(&f->auth, &n)[0], "lab");
    assert_int_equal(n, 1);
    assert_true(may(f, RIGHT_WRITE, "lab/x", true));
    assert_true(may(f, RIGHT_WRITE, "grace/x", true));
    assert_false(may(f, RIGHT_READ, "labs/x", true));
    assert_false(auth_may(&f->auth, RIGHT_WRITE, &mirror));
    assert_true(auth_may(&f->auth, RIGHT_ADMIN, &mirror));
    assert_true(auth_may_create(&f->auth, "lab/new"));
    /* The same person, with a token that only reads. */
    assert_int_equal(ask(f, "Bearer t-look"), 0);
    assert_true(f->auth.user->read_only);
    assert_true(may(f, RIGHT_READ, "lab/x", true));
    assert_false(may(f, RIGHT_WRITE, "lab/x", true));
    assert_false(may(f, RIGHT_ADMIN, "grace/x", true));
    assert_false(may(f, RIGHT_DISCUSS, "ada/x", false));
    assert_false(auth_may_create(&f->auth, "grace/new"));
    assert_int_equal(transact(f, remove_grace), 0);
    assert_int_equal(ask(f, "Bearer t-look"), -EACCES);
    assert_int_equal(transact(f, remove_grace), -ENOENT);
}

static void an_open_hub_closes_with_its_first_user(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, NULL), 0);
    assert_false(may(f, RIGHT_WRITE, "ada/x", true));
    users_open(f->users, true);
    assert_int_equal(ask(f, NULL), 0);
    assert_null(f->auth.user);
    assert_true(may(f, RIGHT_WRITE, "ada/x", true));
    assert_true(auth_may_create(&f->auth, "any/thing"));
    assert_int_equal(ask(f, "Bearer anything"), 0);
    assert_string_equal(f->auth.user->name, "me");
    assert_int_equal(transact(f, add_people), 0);
    assert_int_equal(ask(f, "Bearer anything"), -EACCES);
    assert_int_equal(ask(f, NULL), 0);
    assert_false(may(f, RIGHT_READ, "ada/x", true));
    assert_false(may(f, RIGHT_WRITE, "ada/x", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            users_of_the_command_line, setup, teardown),
        cmocka_unit_test_setup_teardown(users_of_the_database, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_open_hub_closes_with_its_first_user, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
