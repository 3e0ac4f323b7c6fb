/* The token, and the file it may come from. The file is read on the pool, by
 * one operation however many requests want the token. */
#include "hub/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"

#define TTL_MS 30000
#define BLANKS " \t\r\n\v\f"

bool token_ok(const char *text)
{
    size_t n = strlen(text);

    if (n == 0 || n > TOKEN_MAX)
        return false;
    for (; *text != '\0'; text++) {
        if (*text <= 0x20 || *text >= 0x7f)
            return false;
    }
    return true;
}

int token_read_file(const char *path, char **out)
{
    struct buf b = {0};
    int err = file_read_all(path, TOKEN_MAX, &b);
    const char *text;
    size_t n;

    if (err != 0)
        goto out;
    text = buf_str(&b);
    text += strspn(text, BLANKS);
    n = strlen(text);
    while (n > 0 && strchr(BLANKS, text[n - 1]) != NULL)
        n--;
    if (n == 0) {
        err = -ENODATA;
        goto out;
    }
    *out = xstrndup(text, n);
    if (!token_ok(*out)) {
        free(*out);
        *out = NULL;
        err = -EBADMSG;
    }
out:
    buf_free(&b);
    return err;
}

void token_init(
    struct token *t, struct pool *pool, const char *fixed, const char *path)
{
    *t = (struct token){.pool = pool,
        .fixed = fixed != NULL ? xstrdup(fixed) : NULL,
        .path = path != NULL ? xstrdup(path) : NULL};
    op_list_init(&t->waiting);
}

void token_fini(struct token *t)
{
    free(t->fixed);
    free(t->path);
    free(t->held);
    free(t->fresh);
    *t = (struct token){0};
}

static op_fn read_file, keep, end; /* in this order */

static int read_on_pool(struct work *w)
{
    struct token *t = container_of(w, struct token, work);

    return token_read_file(t->path, &t->fresh);
}

static void read_file(struct op *op)
{
    struct token *t = container_of(op, struct token, op);

    work_disk(t->pool, &t->work, read_on_pool, op);
    op_then(op, keep);
}

static void keep(struct op *op)
{
    struct token *t = container_of(op, struct token, op);
    int err = op_catch(op);

    free(t->held);
    t->held = t->fresh;
    t->fresh = NULL;
    t->read_once = true;
    t->read_ms = clock_mono_ms();
    if (err != 0 && !t->told)
        log_warn("hub: token file %s: %s%s", t->path, strerror(-err),
            t->fixed != NULL ? "; using the other token" : "");
    t->told = err != 0;
}

static void end(struct op *op)
{
    struct token *t = container_of(op, struct token, op);

    t->reading = false;
    op_list_wake(&t->waiting, 0);
}

void token_ready(struct token *t, struct op *op)
{
    if (t->path == NULL ||
        (t->read_once && clock_mono_ms() - t->read_ms < TTL_MS))
        return;
    op_list_wait(&t->waiting, op);
    if (t->reading)
        return;
    t->reading = true;
    op_start(&t->op, read_file, end, NULL);
}

const char *token_now(const struct token *t)
{
    return t->held != NULL ? t->held : t->fixed;
}

bool token_refused(struct token *t)
{
    if (t->path == NULL)
        return false;
    t->read_once = false;
    return true;
}
