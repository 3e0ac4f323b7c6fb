/* What routes that take JSON have in common. */
#include "hub/local_call_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

int call_body(struct call *c, struct json **out)
{
    const struct buf *body = &c->x->body;
    const char *text = body->len > 0 ? (const char *)body->data : "{}";
    size_t n = body->len > 0 ? body->len : 2;

    *out = NULL;
    if (!utf8_ok(text, n) || json_parse(text, n, out) != 0)
        return call_refuse(c, 400, NULL, "Malformed JSON");
    if (json_is_object(*out))
        return 0;
    json_free(*out);
    *out = NULL;
    return call_refuse(c, 400, NULL, "The body must be an object");
}

static bool absent(const struct json *v)
{
    return v == NULL || json_is_null(v);
}

int call_body_str(
    struct call *c, const struct json *body, const char *key, const char **out)
{
    const char *text = json_str(body, key);

    if (absent(json_get(body, key)))
        return 0;
    if (text == NULL)
        return call_refuse(c, 400, NULL, "%s must be a string", key);
    *out = text;
    return 0;
}

int call_body_flag(
    struct call *c, const struct json *body, const char *key, bool *out)
{
    bool value;

    if (absent(json_get(body, key)))
        return 0;
    if (!json_bool(body, key, &value))
        return call_refuse(c, 400, NULL, "%s must be true or false", key);
    *out = value;
    return 0;
}

int call_body_text(struct call *c, const struct json *body, const char *key,
    size_t max, const char **out)
{
    const char *text = NULL;
    int err = call_body_str(c, body, key, &text);

    if (err != 0)
        return err;
    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
        return call_refuse(c, 400, NULL, "%s is missing", key);
    if (strlen(text) > max)
        return call_refuse(
            c, 400, NULL, "%s is longer than %zu bytes", key, max);
    *out = text;
    return 0;
}

int call_body_line(struct call *c, const struct json *body, const char *key,
    size_t max, const char **out)
{
    const char *text = "";
    int err = call_body_text(c, body, key, max, &text);

    if (err != 0)
        return err;
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return call_refuse(c, 400, NULL, "%s must be one line", key);
    }
    *out = text;
    return 0;
}

/* A protected Space shows its pages and hides its files; here are only
 * files. */
int call_body_private(
    struct call *c, const struct json *body, enum hub_kind kind, bool *out)
{
    const char *visibility = NULL;
    int err = call_body_flag(c, body, "private", out);

    if (err == 0)
        err = call_body_str(c, body, "visibility", &visibility);
    if (err != 0 || visibility == NULL)
        return err;
    if (strcmp(visibility, "public") == 0)
        *out = false;
    else if (strcmp(visibility, "private") == 0 ||
        (strcmp(visibility, "protected") == 0 && kind == HUB_SPACE))
        *out = true;
    else
        return call_refuse(c, 400, NULL, "visibility cannot be %s", visibility);
    return 0;
}

int call_done(struct call *c)
{
    struct jsonw w = answer_json(c->x, 200);

    jsonw_object(&w, NULL);
    jsonw_bool(&w, "success", true);
    jsonw_object_end(&w);
    return 0;
}

void json_html(struct jsonw *w, const char *key, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const entity[] = {
        "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    struct buf html = {0};

    for (const char *p = text; *p != '\0'; p++) {
        const char *at = strchr(special, *p);

        if (at != NULL)
            buf_adds(&html, entity[at - special]);
        else
            buf_addc(&html, *p);
    }
    jsonw_strn(w, key, buf_str(&html), html.len);
    buf_free(&html);
}
