/* Filling in answers. */
#include "hub/local_exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "hub/local_web.h"

static struct answer_header *headers(const struct exchange *x, size_t *n)
{
    *n = x->answer.headers.len / sizeof(struct answer_header);
    return (struct answer_header *)(void *)x->answer.headers.data;
}

static struct answer_header *find(const struct exchange *x, const char *name)
{
    size_t n;
    struct answer_header *h = headers(x, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(h[i].name, name) == 0)
            return &h[i];
    }
    return NULL;
}

void answer_header(struct exchange *x, const char *name, const char *fmt, ...)
{
    struct answer_header *h = find(x, name);
    char *value = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&value, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    for (char *p = value; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    if (h == NULL) {
        h = (struct answer_header *)(void *)buf_grow(
            &x->answer.headers, sizeof(*h));
        *h = (struct answer_header){.name = xstrdup(name)};
    }
    free(h->value);
    h->value = value;
}

const char *answer_header_get(const struct exchange *x, const char *name)
{
    const struct answer_header *h = find(x, name);

    return h != NULL ? h->value : NULL;
}

void answer_clear(struct exchange *x)
{
    buf_clear(&x->answer.body);
    if (x->answer.fd >= 0)
        close(x->answer.fd);
    x->answer.fd = -1;
    x->answer.len = 0;
}

struct jsonw answer_json(struct exchange *x, unsigned status)
{
    answer_clear(x);
    x->answer.status = status;
    answer_header(x, "Content-Type", "application/json; charset=utf-8");
    return (struct jsonw){.to = &x->answer.body};
}

void answer_error(
    struct exchange *x, unsigned status, const char *code, const char *fmt, ...)
{
    struct jsonw w = answer_json(x, status);
    struct buf text = {0};
    char *message = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&message, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    jsonw_object(&w, NULL);
    jsonw_str(&w, "error", message);
    jsonw_object_end(&w);
    /* A header is ASCII, and one line. */
    for (const char *p = message; *p != '\0' && text.len < 400; p++)
        buf_addc(&text, *p >= 0x20 && *p < 0x7f ? *p : '?');
    answer_header(x, "X-Error-Message", "%s", buf_str(&text));
    if (code != NULL)
        answer_header(x, "X-Error-Code", "%s", code);
    buf_free(&text);
    free(message);
}

uint64_t answer_len(const struct exchange *x)
{
    return x->answer.fd >= 0 ? x->answer.len : x->answer.body.len;
}

bool exchange_is(const struct exchange *x, const char *method)
{
    return strcmp(x->method, method) == 0;
}

char *exchange_origin(const struct exchange *x)
{
    const char *origin = web_config(x->web)->origin;

    if (origin != NULL)
        return xstrdup(origin);
    if (x->field[FIELD_HOST] != NULL)
        return xasprintf("http://%s", x->field[FIELD_HOST]);
    return xstrdup(web_url(x->web));
}

void exchange_free(struct exchange *x)
{
    size_t n;
    struct answer_header *h = headers(x, &n);

    for (size_t i = 0; i < n; i++) {
        free(h[i].name);
        free(h[i].value);
    }
    buf_free(&x->answer.headers);
    answer_clear(x);
    buf_free(&x->answer.body);
    buf_free(&x->body);
    target_fini(&x->target);
    fault_fini(&x->fault);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        free(x->field[i]);
    free(x->method);
    free(x);
}
