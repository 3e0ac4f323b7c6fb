/* Pauses that a server asks for, and what the user is told when all is in
 * vain. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/timer.h"
#include "test/lib/httpd_hub.h"

static int open_as(void **state, const char *token, const char *file)
{
    const struct hub_config config = {.token = token,
        .token_file = file,
        .stall_ms = 400,
        .patience_ms = 300};
    struct stage *s = xcalloc(1, sizeof(*s));

    stage_open(s, &config);
    *state = s;
    return 0;
}

static int anonymous(void **state)
{
    return open_as(state, NULL, NULL);
}

static int with_token(void **state)
{
    return open_as(state, "hf_fixed", NULL);
}

static int teardown(void **state)
{
    stage_close(*state);
    free(*state);
    return 0;
}

static const struct httpd_reply good = {TEXT(ANSWER)};

/* ---- Pauses */

static uint64_t timed(struct stage *s, int wanted)
{
    uint64_t begun = clock_mono_ms();

    assert_int_equal(stage_ask(s), wanted);
    return clock_mono_ms() - begun;
}

static void pause_once(struct stage *s, int status, const char *headers)
{
    const struct httpd_reply wait = {.status = status, .headers = headers};

    httpd_clear(s->http);
    httpd_on(s->http, INFO, &wait);
    always(s->http, INFO, good);
}

static void server_says_when(void **state)
{
    struct stage *s = *state;
    time_t soon;
    char date[64];

    /* Longer than our patience, and granted all the same. */
    pause_once(s, 429, "Retry-After: 1\r\n");
    assert_true(timed(s, 0) >= 1000);
    pause_once(s, 503, "RateLimit: \"api\";r=0;t=1\r\nRetry-After: 90\r\n");
    assert_true(timed(s, 0) >= 1000);
    soon = time(NULL) + 2;
    strftime(date, sizeof(date), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
        gmtime(&soon));
    pause_once(s, 429, date);
    timed(s, 0);
    assert_true(time(NULL) >= soon - 1);
    pause_once(s, 429, "RateLimit: \"api\";r=7;t=90\r\n"); /* not used up */
    assert_true(timed(s, 0) < 1000);
}

static void too_long_a_pause_is_an_error(void **state)
{
    struct stage *s = *state;

    pause_once(s, 429, "Retry-After: 3600\r\n");
    assert_true(timed(s, -EIO) < 1000);
    assert_non_null(strstr(hub_last_error(s->hub), "429"));
    assert_int_equal(httpd_count(s->http, ""), 1);
    /* Nor is anybody else's question sent before it is over. */
    assert_true(timed(s, -EIO) < 1000);
    assert_int_equal(httpd_count(s->http, ""), 1);
    assert_non_null(strstr(hub_last_error(s->hub), "long pause"));
}

static void second_long_pause_is_an_error(void **state)
{
    struct stage *s = *state;

    always(s->http, INFO,
        (struct httpd_reply){.status = 429, .headers = "Retry-After: 1\r\n"});
    assert_int_equal(stage_ask(s), -EIO);
    assert_int_equal(httpd_count(s->http, ""), 2);
}

/* ---- What the user is told */

static void says(struct stage *s, struct httpd_reply r, int err,
    const char *first, const char *second)
{
    httpd_clear(s->http);
    always(s->http, INFO, r);
    assert_int_equal(stage_ask(s), err);
    if (strstr(hub_last_error(s->hub), first) == NULL ||
        strstr(hub_last_error(s->hub), second) == NULL)
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", hub_last_error(s->hub), first,
            second);
}

static void advice_without_a_token(void **state)
{
    struct stage *s = *state;

    says(s, (struct httpd_reply){.status = 401}, -EACCES, "401", "HF_TOKEN");
    says(s,
        (struct httpd_reply){
            .status = 401, .headers = "X-Error-Code: GatedRepo\r\n"},
        -EACCES, "granted", "/a/b, then set HF_TOKEN");
    says(s,
        (struct httpd_reply){
            .status = 404, .headers = "X-Error-Code: RepoNotFound\r\n"},
        -ENOENT, "has no a/b", "name");
    says(s,
        (struct httpd_reply){.status = 404,
            .headers = "X-Error-Code: RevisionNotFound\r\n"
                       "X-Error-Message: Invalid rev id: main\r\n"},
        -ENOENT, "Invalid rev id: main", "--revision");
    says(s, (struct httpd_reply){.status = 404}, -EIO, "404", "--hub-endpoint");
    says(s,
        (struct httpd_reply){.status = 500, TEXT("{\"error\":[\"it broke\"]}")},
        -EIO, "500: it broke", "later");
    says(s, (struct httpd_reply){.status = 418}, -EIO, "418", "--hub-endpoint");
    says(s, (struct httpd_reply){.status = 429}, -EIO, "rate", "use a token");
}

static void advice_with_a_token(void **state)
{
    struct stage *s = *state;

    says(s,
        (struct httpd_reply){
            .status = 401, TEXT("{\"error\":\"Invalid\\ncredentials\"}")},
        -EACCES, "401: Invalid credentials", "make a new one");
    says(s, (struct httpd_reply){.status = 403}, -EACCES, "may not read a/b",
        "read access");
    says(s,
        (struct httpd_reply){
            .status = 403, .headers = "X-Error-Code: GatedRepo\r\n"},
        -EACCES, "not been granted", "account");
}

static void nobody_there(void **state)
{
    struct stage *s = *state;
    char *url = xstrdup(httpd_url(s->cdn));
    uint64_t begun = clock_mono_ms();

    httpd_close(s->cdn);
    s->cdn = NULL;
    stage_use_endpoint(s, url, 12000);
    assert_int_equal(stage_ask(s), -ECONNREFUSED);
    assert_non_null(strstr(hub_last_error(s->hub), "cannot reach"));
    assert_non_null(strstr(hub_last_error(s->hub), "check the network"));
    /* Who starts a mount does not wait as long as who reads. */
    assert_true(hub_stats(s->hub).retries > 2);
    assert_true(clock_mono_ms() - begun < 6000);
    free(url);
}

static void nobody_speaks_tls(void **state)
{
    struct stage *s = *state;
    char *url = xasprintf("https%s", httpd_url(s->http) + 4);

    stage_use_endpoint(s, url, 300);
    assert_int_equal(stage_ask(s), -EIO);
    assert_non_null(strstr(hub_last_error(s->hub), "cannot reach"));
    free(url);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(server_says_when, anonymous),
        TEST(too_long_a_pause_is_an_error, anonymous),
        TEST(second_long_pause_is_an_error, anonymous),
        TEST(advice_without_a_token, anonymous),
        TEST(advice_with_a_token, with_token),
        TEST(nobody_there, anonymous),
        TEST(nobody_speaks_tls, anonymous),
    };

    return cmocka_run_group_tests_name("hub advice", tests, NULL, NULL);
}
