/* Directories and credentials out of the environment. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/dirs.h"

static char dir[64];

static const char *const variables[] = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN",
    "HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"};

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/hffs-test-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", dir, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(dir);
}

static void assert_text(char *got, const char *want)
{
    assert_string_equal(got, want);
    free(got);
}

static void xdg_rules(void **state)
{
    (void)state;
    setenv("HOME", "/h", 1);
    assert_text(dirs_cache(), "/h/.cache/hffs");
    assert_text(dirs_state(), "/h/.local/state/hffs");
    setenv("XDG_CACHE_HOME", "/c", 1);
    setenv("XDG_STATE_HOME", "relative/does/not/count", 1);
    assert_text(dirs_cache(), "/c/hffs");
    assert_text(dirs_state(), "/h/.local/state/hffs");
    setenv("HOME", "/", 1);
    assert_text(dirs_state(), "/.local/state/hffs");
    unsetenv("HOME");
    char *home = dirs_home();
    assert_int_equal(home[0], '/');
    free(home);
}

static void expansion(void **state)
{
    (void)state;
    setenv("HOME", "/h", 1);
    setenv("HF_HOME", "/hf", 1);
    assert_text(dirs_expand("~"), "/h");
    assert_text(dirs_expand("~/x"), "/h/x");
    assert_text(dirs_expand("~x/y"), "~x/y");
    assert_text(dirs_expand("$HF_HOME/t"), "/hf/t");
    assert_text(dirs_expand("${HF_HOME}t"), "/hft");
    assert_text(dirs_expand("a$NOT_SET_HERE-b"), "a-b");
    assert_text(dirs_expand("$/${x$"), "$/${x$");
}

static void assert_login(const char *token, const char *file,
    const char *want_token, const char *want_file)
{
    struct credentials c;

    credentials_find(token, file, &c);
    if (want_token == NULL)
        assert_null(c.token);
    else
        assert_string_equal(c.token, want_token);
    if (want_file == NULL)
        assert_null(c.token_file);
    else
        assert_string_equal(c.token_file, want_file);
    credentials_fini(&c);
}

/* From the last resort to the first: each one, once there, wins over those
 * before it. */
static void order(void **state)
{
    char *cached = xasprintf("%s/.cache/huggingface", dir);
    char *home = xasprintf("%s/hfhome", dir);
    char *cached_token = xasprintf("%s/token", cached);
    char *home_token = xasprintf("%s/token", home);
    char *path = xasprintf("%s/path", dir);

    (void)state;
    assert_login(NULL, NULL, NULL, NULL);
    file_mkdirs(cached, 0700);
    file_mkdirs(home, 0700);
    file_replace(cached_token, "a", 1, 0600);
    assert_login(NULL, NULL, NULL, cached_token);
    setenv("HF_HOME", "~/hfhome", 1);
    assert_login(NULL, NULL, NULL, NULL); /* nobody logged in there */
    file_replace(home_token, "b", 1, 0600);
    assert_login(NULL, NULL, NULL, home_token);
    setenv("HF_TOKEN_PATH", "$HOME/path", 1);
    file_replace(path, "c", 1, 0600);
    assert_login(NULL, NULL, NULL, path);
    setenv("HUGGING_FACE_HUB_TOKEN", " hf_old\n", 1);
    assert_login(NULL, NULL, "hf_old", NULL);
    assert_login(" hf_typed ", NULL, "hf_typed", NULL);
    assert_login("  ", NULL, "hf_old", NULL); /* as good as none */
    assert_login("hf_typed", "/given", "hf_typed", "/given");
    unsetenv("HUGGING_FACE_HUB_TOKEN");
    assert_login(NULL, "/given", NULL, "/given");
    free(cached);
    free(home);
    free(cached_token);
    free(home_token);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(xdg_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(expansion, setup, teardown),
        cmocka_unit_test_setup_teardown(order, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
