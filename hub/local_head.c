/* Reading heads. Only the fields that somebody here asks for are kept. */
#include "hub/local_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <microhttpd.h>

#include "hub/http_field.h"
#include "hub/local_exchange.h"
#include "hub/local_listen.h"

static bool token_ok(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)name[i] <= ' ' || (unsigned char)name[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", name[i]) != NULL)
            return false;
    }
    return n > 0;
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind,
    const char *name, size_t name_len, const char *value, size_t value_len)
{
    static const char *const known[] = {
#define X(id, text) [FIELD_##id] = (text),
        EXCHANGE_FIELDS(X)
#undef X
    };
    struct exchange *x = cls;
    char **field;

    (void)kind;
    if (!token_ok(name, name_len)) {
        answer_error(x, 400, NULL, "Malformed header name");
        return MHD_NO;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (strcasecmp(known[i], name) != 0)
            continue;
        field = &x->field[i];
        if (*field != NULL) {
            char *joined = xasprintf("%s, %.*s", *field, (int)value_len, value);

            free(*field);
            *field = joined;
        } else {
            *field = xstrndup(value, value_len);
        }
        /* Blanks behind a value do not belong to it. */
        for (size_t n = strlen(*field); n > 0 && (*field)[n - 1] <= ' '; n--)
            (*field)[n - 1] = '\0';
    }
    return MHD_YES;
}

/* What every server must refuse: RFC 9112 3.2, 6.1 and 6.3. */
static void check(struct exchange *x, const char *version)
{
    const char *host = x->field[FIELD_HOST];
    const char *te = x->field[FIELD_TRANSFER_ENCODING];
    const char *length = x->field[FIELD_CONTENT_LENGTH];
    uint64_t n;

    if (host == NULL && strcmp(version, "HTTP/1.0") != 0)
        answer_error(x, 400, NULL, "Host header missing");
    else if (host != NULL && !listen_host_ok(host))
        answer_error(x, 400, NULL, "Malformed Host header");
    else if (te != NULL && strcasecmp(te, "chunked") != 0)
        answer_error(x, 501, NULL, "Transfer-Encoding not understood");
    else if (te != NULL && length != NULL)
        answer_error(x, 400, NULL, "Both Transfer-Encoding and Content-Length");
    else if (length != NULL && !field_u64(length, &n))
        answer_error(x, 400, NULL, "Malformed Content-Length");
}

void head_read(struct exchange *x, const char *version)
{
    MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, on_header, x);
    if (x->answer.status == 0)
        check(x, version);
}

bool head_answers_first(const struct exchange *x)
{
    const char *length = x->field[FIELD_CONTENT_LENGTH];
    const char *te = x->field[FIELD_TRANSFER_ENCODING];
    uint64_t n;

    if (te != NULL && (length != NULL || strcasecmp(te, "chunked") != 0))
        return true;
    return x->field[FIELD_EXPECT] != NULL ||
        (length != NULL && field_u64(length, &n) && n > HEAD_DRAIN_MAX);
}

void head_check_length(struct exchange *x)
{
    const char *length = x->field[FIELD_CONTENT_LENGTH];
    uint64_t n;

    if (x->answer.status == 0 && length != NULL && field_u64(length, &n) &&
        n > x->body_max)
        answer_error(x, 413, NULL, "Body of more than %zu bytes", x->body_max);
}
