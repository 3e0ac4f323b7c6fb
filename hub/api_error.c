/* What went wrong, in one sentence that says what to do about it. The Hub names
 * the kind of an error in X-Error-Code and describes it in X-Error-Message or
 * in the body; the status alone is ambiguous. */
#include "hub/api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/hub.h"

#define SAID_MAX 240

/* %S the subject, %E the endpoint. The first line that fits is taken. */
struct explanation {
    int status;       /* 0: any */
    bool anonymous;   /* only if no token was sent */
    const char *code; /* NULL: any */
    const char *text;
    const char *advice;
};

static const struct explanation explanations[] = {
    {0, true, "GatedRepo", "access to %S has to be granted",
        "ask for it at %E/%S, then set HF_TOKEN or use --token-file"},
    {0, false, "GatedRepo", "access to %S has not been granted",
        "ask for it at %E/%S with the account of this token"},
    {401, true, NULL, "%E has no %S, or not for everybody",
        "check the name, or, if it is private, set HF_TOKEN or use "
        "--token-file"},
    {401, false, NULL, "%E does not accept the token",
        "make a new one at %E/settings/tokens, or do without one"},
    {403, true, NULL, "%E does not give %S to everybody",
        "set HF_TOKEN or use --token-file"},
    {403, false, NULL, "the token may not read %S",
        "use one with read access to it"},
    {404, false, "RepoNotFound", "%E has no %S, or hides it",
        "check name, kind (datasets/..., spaces/...) and token"},
    {404, false, "RevisionNotFound", "%S has no such revision",
        "check --revision"},
    {404, false, "EntryNotFound", "%S has no such path", "check it"},
    {404, false, NULL, "%E answers as no Hub does",
        "check --hub-endpoint and the proxy settings"},
    {429, true, NULL, "%E limits the rate of requests",
        "wait a few minutes, or use a token, which allows more"},
    {429, false, NULL, "%E limits the rate of requests", "wait a few minutes"},
    {500, false, NULL, "%E is in trouble", "try again later"},
    {0, false, NULL, "%E gave an answer that makes no sense for %S",
        "check --hub-endpoint and the proxy settings"},
};

static bool code_is(const char *code, const char *wanted)
{
    return code != NULL && strcmp(code, wanted) == 0;
}

static const char *error_code(const struct api_call *c)
{
    return c->follow.at_home ? http_header(&c->follow.req, "x-error-code", 0)
                             : NULL;
}

bool api_says_absent(const struct api_call *c)
{
    const char *code = error_code(c);
    int status = c->follow.req.status;

    return (status == 404 || status == 410) &&
        (code_is(code, "EntryNotFound") || code_is(code, "RevisionNotFound") ||
            code_is(code, "RepoNotFound"));
}

static const struct explanation *find(const struct api_call *c)
{
    const struct explanation *e = explanations;
    const char *code = error_code(c);
    int status = c->follow.req.status > 500 ? 500 : c->follow.req.status;

    for (;; e++) {
        /* A refusal from elsewhere says nothing about rights at the Hub. */
        if (e->status < 500 && e->status != 0 && !c->follow.at_home)
            continue;
        if ((e->status == 0 || e->status == status) &&
            (e->code == NULL || code_is(code, e->code)) &&
            (!e->anonymous || c->token == NULL))
            return e;
    }
}

/* The text of a JSON error body: {"error": "..."}, or a list of texts. */
static bool body_says(const struct api_call *c, char *out, size_t cap)
{
    struct json *root = NULL;
    const struct json *error;
    const char *text;

    if (json_parse(
            (const char *)c->error_body.data, c->error_body.len, &root) != 0)
        return false;
    error = json_get(root, "error");
    if (json_is_array(error))
        error = json_first(error);
    text = json_as_str(error);
    if (text == NULL)
        text = json_str(root, "message");
    if (text != NULL)
        snprintf(out, cap, "%s", text);
    json_free(root);
    return text != NULL;
}

/* What makes an answer useless to us, whatever the server meant by it. */
static const char *fault(const struct api_call *c)
{
    const struct http_request *req = &c->follow.req;

    if (c->fault == NULL && req->permanent && req->status != 0)
        return req->why; /* a redirect that is not followed */
    return c->fault;
}

/* "401: Invalid credentials", without line breaks. */
static void server_said(const struct api_call *c, char *out, size_t cap)
{
    const char *message = http_header(&c->follow.req, "x-error-message", 0);
    char said[SAID_MAX] = "";

    if (fault(c) != NULL)
        snprintf(said, sizeof(said), "%.*s", SAID_MAX - 1, fault(c));
    else if (message != NULL)
        snprintf(said, sizeof(said), "%.*s", SAID_MAX - 1, message);
    else if (c->error_body.len > 0)
        body_says(c, said, sizeof(said));
    snprintf(out, cap, "%d%s%s", c->follow.req.status,
        said[0] != '\0' ? ": " : "", said);
    for (; *out != '\0'; out++) {
        if ((unsigned char)*out < 0x20 || *out == 0x7f)
            *out = ' ';
    }
}

static void expand(struct buf *to, const char *text, const struct api_call *c)
{
    for (; *text != '\0'; text++) {
        if (text[0] == '%' && text[1] == 'S')
            buf_adds(to, c->subject);
        else if (text[0] == '%' && text[1] == 'E')
            buf_adds(to, c->hub->endpoint);
        else {
            buf_addc(to, *text);
            continue;
        }
        text++;
    }
}

static void explain_answer(const struct api_call *c, struct buf *to)
{
    const struct explanation *e = find(c);
    char said[SAID_MAX + 32];

    server_said(c, said, sizeof(said));
    expand(to, e->text, c);
    buf_addf(to, " (%s): ", said);
    expand(to, e->advice, c);
}

static void explain_silence(const struct api_call *c, int err, struct buf *to)
{
    const char *why = c->follow.req.why;

    if (why[0] == '\0')
        why = strerror(-err);
    if (c->follow.req.permanent)
        buf_addf(to,
            "no safe connection to %s (%s): check --hub-endpoint, the clock, "
            "and the certificates of this system",
            c->hub->endpoint, why);
    else if (c->follow.req.status != 0)
        buf_addf(to,
            "the connection to %s breaks (%s): check the network, or try "
            "again later",
            c->hub->endpoint, why);
    else
        buf_addf(to,
            "cannot reach %s (%s): check the network, the proxy settings "
            "(https_proxy, no_proxy) and --hub-endpoint",
            c->hub->endpoint, why);
}

/* For the log, where the id of the request helps who runs the Hub. */
static void log_failure(const struct api_call *c)
{
    const char *id = http_header(&c->follow.req, "x-request-id", 0);

    log_warn("hub: %s%s%s: %s%s%s", c->subject, c->path != NULL ? "/" : "",
        c->path != NULL ? c->path : "", c->hub->last_error,
        id != NULL ? "; request id " : "", id != NULL ? id : "");
}

void api_explain(struct api_call *c, int err)
{
    struct buf text = {0};

    if (err == -ECANCELED)
        return;
    if (fault(c) != NULL ||
        (c->follow.req.status != 0 && c->follow.req.why[0] == '\0'))
        explain_answer(c, &text);
    else
        explain_silence(c, err, &text);
    snprintf(
        c->hub->last_error, sizeof(c->hub->last_error), "%s", buf_str(&text));
    if (err != -ENOENT)
        log_failure(c);
    buf_free(&text);
}
