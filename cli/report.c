/* Reports between our own processes. */
#include "cli/report.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"

void report_send(int fd, bool ready, int status, const char *text)
{
    struct buf line = {0};
    struct jsonw w = {.to = &line};

    jsonw_object(&w, NULL);
    jsonw_bool(&w, "ready", ready);
    jsonw_u64(&w, "status", (uint64_t)status);
    jsonw_str(&w, "text", text);
    jsonw_object_end(&w);
    buf_addc(&line, '\n');
    file_write(fd, line.data, line.len);
    buf_free(&line);
}

bool report_parse(const struct buf *received, struct report *out)
{
    const char *text = (const char *)received->data;
    const char *end =
        received->len > 0 ? memchr(text, '\n', received->len) : NULL;
    struct json *root = NULL;
    uint64_t status = EXIT_FAILED;

    if (end == NULL)
        return false;
    *out = (struct report){.status = EXIT_FAILED};
    if (json_parse(text, (size_t)(end - text), &root) != 0 ||
        json_str(root, "text") == NULL) {
        buf_adds(&out->text, "the server sent no report");
    } else {
        json_bool(root, "ready", &out->ready);
        json_u64(root, "status", &status);
        out->status = (int)(status & 0xff);
        buf_adds(&out->text, json_str(root, "text"));
    }
    json_free(root);
    return true;
}

void report_fini(struct report *r)
{
    buf_free(&r->text);
}
