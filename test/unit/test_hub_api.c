/* What every question to the Hub has in common: tokens and where they go,
 * redirects, pauses, and what the user is told. */
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
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/timer.h"
#include "hub/repo.h"
#include "test/lib/httpd_hub.h"

#define BEARER "\r\nAuthorization: Bearer "

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

static bool sent(struct httpd *h, const char *line, const char *text)
{
    const char *request = httpd_request(h, line, 0);

    assert_non_null(request);
    return strstr(request, text) != NULL;
}

/* ---- Tokens */

static void token_goes_to_the_hub(void **state)
{
    struct stage *s = *state;

    always(s->http, INFO, good);
    assert_int_equal(stage_ask(s), 0);
    assert_true(sent(s->http, INFO, BEARER "hf_fixed\r\n"));
}

static void token_does_not_go_elsewhere(void **state)
{
    struct stage *s = *state;
    char *out = xasprintf("Location: %s/out\r\n", httpd_url(s->cdn));
    char *back = xasprintf("Location: %s/back\r\n", httpd_url(s->http));

    always(s->http, INFO, (struct httpd_reply){.status = 302, .headers = out});
    always(s->cdn, "GET /out",
        (struct httpd_reply){.status = 302, .headers = back});
    always(s->http, "GET /back", good);
    assert_int_equal(stage_ask(s), 0);
    assert_true(sent(s->http, INFO, BEARER));
    assert_false(sent(s->cdn, "GET /out", "uthorization"));
    /* Nor to the Hub, for what another server has asked us to ask there. */
    assert_false(sent(s->http, "GET /back", "uthorization"));
    free(out);
    free(back);
}

static void token_follows_at_home(void **state)
{
    struct stage *s = *state;

    always(s->http, INFO,
        (struct httpd_reply){.status = 307, .headers = "Location: /there\r\n"});
    always(s->http, "GET /there", good);
    assert_int_equal(stage_ask(s), 0);
    assert_true(sent(s->http, "GET /there", BEARER "hf_fixed\r\n"));
}

static char *token_path(void)
{
    const char *dir = getenv("TMPDIR");

    return xasprintf(
        "%s/hffs-api-token-%d", dir != NULL ? dir : "/tmp", (int)getpid());
}

static void write_token(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, text, strlen(text), 0600), 0);
}

static int with_token_file(void **state)
{
    char *path = token_path();

    write_token(path, " hf_old\n");
    open_as(state, "hf_fixed", path);
    free(path);
    return 0;
}

static int remove_token_file(void **state)
{
    char *path = token_path();

    unlink(path);
    free(path);
    return teardown(state);
}

static void token_file_wins_and_is_read_again(void **state)
{
    struct stage *s = *state;
    char *path = token_path();
    const struct httpd_reply refused = {.status = 401};

    httpd_on(s->http, INFO, &good);
    httpd_on(s->http, INFO, &refused);
    always(s->http, INFO, good);
    assert_int_equal(stage_ask(s), 0);
    assert_true(sent(s->http, INFO, BEARER "hf_old\r\n"));
    write_token(path, "hf_new");
    assert_int_equal(stage_ask(s), 0); /* refused with the old one, then */
    assert_non_null(
        strstr(httpd_request(s->http, INFO, 1), BEARER "hf_old\r\n"));
    assert_non_null(
        strstr(httpd_request(s->http, INFO, 2), BEARER "hf_new\r\n"));
    free(path);
}

static void useless_token_file_falls_back(void **state)
{
    struct stage *s = *state;
    char *path = token_path();

    unlink(path);
    always(s->http, INFO, good);
    assert_int_equal(stage_ask(s), 0);
    assert_true(sent(s->http, INFO, BEARER "hf_fixed\r\n"));
    free(path);
}

static void refused_token_is_tried_once_more_only(void **state)
{
    struct stage *s = *state;

    always(s->http, INFO, (struct httpd_reply){.status = 401});
    assert_int_equal(stage_ask(s), -EACCES);
    assert_int_equal(httpd_count(s->http, ""), 2);
}

/* ---- Redirects */

static void redirects_that_lead_nowhere(void **state)
{
    struct stage *s = *state;
    static const char *const bad[] = {"Location: file:///etc/passwd\r\n",
        "X-Nothing: 1\r\n", "Location: ftp://h/\r\n", "Location: \r\n",
        "Location: http://user:password@127.0.0.1/\r\n",
        "Location: http:///\r\n"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        httpd_clear(s->http);
        always(s->http, INFO,
            (struct httpd_reply){.status = 302, .headers = bad[i]});
        assert_int_equal(stage_ask(s), -EIO);
        assert_int_equal(httpd_count(s->http, ""), 1);
    }
}

static void redirect_circles_end(void **state)
{
    struct stage *s = *state;

    always(s->http, INFO,
        (struct httpd_reply){.status = 302, .headers = "Location: /x\r\n"});
    always(s->http, "GET /x",
        (struct httpd_reply){.status = 302, .headers = "Location: /y\r\n"});
    always(s->http, "GET /y",
        (struct httpd_reply){.status = 302, .headers = "Location: /x\r\n"});
    assert_int_equal(stage_ask(s), -EIO);
    assert_int_equal(httpd_count(s->http, ""), 3);
    assert_non_null(strstr(hub_last_error(s->hub), "without end"));
}

static void absence_elsewhere_is_not_believed(void **state)
{
    struct stage *s = *state;
    char *out = xasprintf("Location: %s/out\r\n", httpd_url(s->cdn));

    always(s->http, INFO, (struct httpd_reply){.status = 302, .headers = out});
    always(s->cdn, "GET /out",
        (struct httpd_reply){
            .status = 404, .headers = "X-Error-Code: RepoNotFound\r\n"});
    assert_int_equal(stage_ask(s), -EIO);
    free(out);
}

static void long_ways_end(void **state)
{
    struct stage *s = *state;
    char line[12][32];
    char location[12][48];

    always(s->http, INFO,
        (struct httpd_reply){.status = 302, .headers = "Location: /0x\r\n"});
    for (int i = 0; i < 12; i++) {
        snprintf(line[i], sizeof(line[i]), "GET /%dx", i);
        snprintf(location[i], sizeof(location[i]), "Location: /%dx\r\n", i + 1);
        always(s->http, line[i],
            (struct httpd_reply){.status = 302, .headers = location[i]});
    }
    assert_int_equal(stage_ask(s), -EIO);
    assert_int_equal(httpd_count(s->http, ""), 11);
}

static void post_keeps_its_body(void **state)
{
    struct stage *s = *state;
    const struct hub_commit at = {.kind = HUB_MODEL, .id = "a/b", .sha = SHA};
    struct hub_page page = {0};
    struct waiting w;

    always(s->http, "POST /api/models/a/b/",
        (struct httpd_reply){.status = 307, .headers = "Location: /moved\r\n"});
    always(s->http, "POST /moved", (struct httpd_reply){TEXT("[]")});
    waiting_begin(&w);
    hub_repo_stat(s->hub, &at, "x", false, &page, &w.op);
    assert_int_equal(waiting_end(&w, &s->loop), 0);
    assert_true(sent(s->http, "POST /moved", "\r\n\r\npaths=x&expand=false"));
    hub_page_free(&page);
}

/* ---- Bodies */

static void compressed_answers_are_read(void **state)
{
    struct stage *s = *state;
    static const unsigned char gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x02, 0x03, 0xab, 0x56, 0xca, 0x4c, 0x51, 0xb2, 0x52, 0x4a, 0xd4,
        0x4f, 0x52, 0xd2, 0x51, 0x2a, 0xce, 0x48, 0x04, 0xb2, 0x0d, 0x0c, 0x8d,
        0x8c, 0x4d, 0x4c, 0xcd, 0xcc, 0x2d, 0x2c, 0x13, 0x93, 0x92, 0x53, 0x52,
        0xd3, 0x70, 0xf1, 0x95, 0x6a, 0x01, 0x08, 0xc7, 0xab, 0x92, 0x3d, 0x00,
        0x00, 0x00}; /* ANSWER | gzip -9n */

    always(s->http, INFO,
        (struct httpd_reply){.headers = "Content-Encoding: gzip\r\n",
            .body = gz,
            .len = sizeof(gz)});
    assert_int_equal(stage_ask(s), 0);
    assert_true(sent(s->http, INFO, "Accept-Encoding: gzip\r\n"));
}

static void huge_answers_are_refused(void **state)
{
    struct stage *s = *state;
    size_t n = (size_t)65 << 20;
    char *body = xmalloc(n);

    memset(body, ' ', n);
    always(s->http, INFO, (struct httpd_reply){.body = body, .len = n});
    assert_int_equal(stage_ask(s), -EIO);
    assert_int_equal(httpd_count(s->http, ""), 1);
    assert_non_null(strstr(hub_last_error(s->hub), "too long"));
    free(body);
}

/* ---- Endpoints */

static void endpoint_with_a_path(void **state)
{
    struct stage *s = *state;
    char *url = xasprintf("%s/base//", httpd_url(s->http));

    always(s->http, "GET /base/api/models/a/b/revision/main", good);
    stage_use_endpoint(s, url, 300);
    assert_int_equal(stage_ask(s), 0);
    free(url);
}

static void bad_endpoints(void **state)
{
    static const char *const bad[] = {"", "huggingface.co", "ftp://h",
        "https://", "https://u:p@h", "http://h/?x", "http://h#x"};
    struct stage *s = *state;
    struct hub *h = NULL;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct hub_config config = {
            .pool = &s->pool, .endpoint = bad[i], .user_agent = "x"};

        assert_int_equal(hub_new(&config, &h), -EINVAL);
    }
    assert_int_equal(hub_new(&(struct hub_config){.pool = &s->pool,
                                 .endpoint = "http://h",
                                 .token = "a b",
                                 .user_agent = "x"},
                         &h),
        -EBADMSG);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(token_goes_to_the_hub, with_token),
        TEST(token_does_not_go_elsewhere, with_token),
        TEST(token_follows_at_home, with_token),
        cmocka_unit_test_setup_teardown(token_file_wins_and_is_read_again,
            with_token_file, remove_token_file),
        cmocka_unit_test_setup_teardown(
            useless_token_file_falls_back, with_token_file, remove_token_file),
        cmocka_unit_test_setup_teardown(refused_token_is_tried_once_more_only,
            with_token_file, remove_token_file),
        TEST(redirects_that_lead_nowhere, anonymous),
        TEST(redirect_circles_end, anonymous),
        TEST(long_ways_end, anonymous),
        TEST(absence_elsewhere_is_not_believed, anonymous),
        TEST(post_keeps_its_body, anonymous),
        TEST(compressed_answers_are_read, anonymous),
        TEST(huge_answers_are_refused, anonymous),
        TEST(endpoint_with_a_path, anonymous),
        TEST(bad_endpoints, anonymous),
    };

    return cmocka_run_group_tests_name("hub api", tests, NULL, NULL);
}
