/* Judging the card of a README before it is uploaded (hub-api 7.1). */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "hub/local_api.h"
#include "hub/local_call_json.h"
#include "hub/local_card.h"

/* "key": [{"message"}], or an empty list. */
static void write_list(struct jsonw *w, const char *key, const char *message)
{
    jsonw_array(w, key);
    if (message != NULL) {
        jsonw_object(w, NULL);
        jsonw_str(w, "message", message);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void answer(
    struct call *c, unsigned status, const char *error, const char *warning)
{
    struct jsonw w;

    if (error != NULL)
        answer_error(c->x, status, NULL, "%s", error);
    w = answer_json(c->x, status);
    jsonw_object(&w, NULL);
    if (error != NULL)
        jsonw_str(&w, "error", error);
    write_list(&w, "errors", error);
    write_list(&w, "warnings", warning);
    jsonw_object_end(&w);
}

static int judge(struct call *c, const char *text)
{
    struct json *card = NULL;
    struct buf why = {0};
    const char *yaml;
    size_t n;
    int err = 0;

    if (card_find(text, strlen(text), &yaml, &n))
        err = card_parse(yaml, n, &card, &why);
    if (err == 0)
        answer(c, 200, NULL,
            json_count(card) > 0
                ? NULL
                : "empty or missing yaml metadata in repo card");
    else if (err == -EBADMSG)
        answer(c, 400, buf_str(&why), NULL);
    json_free(card);
    buf_free(&why);
    return err == -EBADMSG ? ANSWERED : err;
}

int api_validate_yaml(struct call *c, struct meta_db *db)
{
    const char *text = NULL;
    struct json *body;
    int err = call_body(c, &body);

    (void)db;
    if (err == 0)
        err = call_body_str(c, body, "content", &text);
    if (err == 0)
        err = text != NULL ? judge(c, text)
                           : call_refuse(c, 400, NULL, "content is missing");
    json_free(body);
    return err;
}
