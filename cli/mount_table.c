/* The mount table as a list, Linux's text form of it, and how a mount of this
 * program is told from others: by the form of its export, which nobody else
 * would use, and not by anything that needs the mount's server. */
#include "cli/mount_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIELDS_MAX 64 /* of a line of mountinfo: 10 and optional ones */

static void entry_fini(struct mount_entry *e)
{
    free(e->point);
    free(e->type);
    free(e->source);
    free(e->options);
}

void mount_table_free(struct mount_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        entry_fini(&t->entry[i]);
    free(t->entry);
    *t = (struct mount_table){0};
}

void mount_table_add(struct mount_table *t, const struct mount_entry *e)
{
    t->entry = xrealloc(t->entry, (t->n + 1) * sizeof(*t->entry));
    t->entry[t->n++] = (struct mount_entry){
        .point = xstrdup(e->point),
        .type = xstrdup(e->type),
        .source = xstrdup(e->source),
        .options = xstrdup(e->options),
        .dev_major = e->dev_major,
        .dev_minor = e->dev_minor,
    };
}

const struct mount_entry *mount_table_at(
    const struct mount_table *t, const char *point)
{
    for (size_t i = t->n; i > 0; i--) {
        if (strcmp(t->entry[i - 1].point, point) == 0)
            return &t->entry[i - 1];
    }
    return NULL;
}

bool mount_still_there(const char *point, const char *source)
{
    struct mount_table table = {0};
    bool there = true;

    if (mount_table_read(&table) == 0) {
        there = false;
        for (size_t i = 0; i < table.n; i++) {
            if (strcmp(table.entry[i].point, point) == 0 &&
                strcmp(table.entry[i].source, source) == 0)
                there = true;
        }
    }
    mount_table_free(&table);
    return there;
}

void mountinfo_unescape(char *text)
{
    char *out = text;

    for (; *text != '\0'; text++) {
        if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
            text[2] >= '0' && text[2] <= '7' && text[3] >= '0' &&
            text[3] <= '7') {
            *out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 +
                (text[3] - '0'));
            text += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* "98:0" */
static bool parse_device(const char *text, struct mount_entry *e)
{
    char *end;

    e->dev_major = (unsigned)strtoul(text, &end, 10);
    if (end == text || *end != ':')
        return false;
    text = end + 1;
    e->dev_minor = (unsigned)strtoul(text, &end, 10);
    return end != text && *end == '\0';
}

/* "36 35 98:0 /root /point rw,noatime shared:1 - type source options": any
 * number of optional fields stand before the lone dash. */
static void parse_line(char *line, struct mount_table *out)
{
    char *field[FIELDS_MAX];
    struct mount_entry e = {0};
    size_t dash = 0;
    size_t n = 0;
    char *at = line;

    while (at != NULL && n < FIELDS_MAX)
        field[n++] = strsep(&at, " ");
    for (size_t i = 6; i < n && dash == 0; i++) {
        if (strcmp(field[i], "-") == 0)
            dash = i;
    }
    if (dash == 0 || dash + 3 >= n || !parse_device(field[2], &e))
        return;
    e.point = field[4];
    e.type = field[dash + 1];
    e.source = field[dash + 2];
    e.options = field[dash + 3];
    mountinfo_unescape(e.point);
    mountinfo_unescape(e.source);
    if (e.point[0] == '/')
        mount_table_add(out, &e);
}

void mountinfo_parse(const char *text, size_t n, struct mount_table *out)
{
    char *copy = xstrndup(text, n);
    char *at = copy;
    char *line;

    while ((line = strsep(&at, "\n")) != NULL)
        parse_line(line, out);
    free(copy);
}

/* The number of "name=123" in a list of options; 0 if it is not there. */
static unsigned long option_number(const char *options, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = options; p != NULL; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, name, len) == 0 && p[len] == '=')
            return strtoul(p + len + 1, NULL, 10);
    }
    return 0;
}

static bool is_own_export(const char *path)
{
    size_t n = 1;

    if (path[0] != '/' || strlen(path) != EXPORT_PATH_SIZE - 1)
        return false;
    while (
        isdigit((unsigned char)path[n]) || (path[n] >= 'a' && path[n] <= 'f'))
        n++;
    return path[n] == '\0';
}

bool mount_entry_own(const struct mount_entry *e, struct own_mount *out)
{
    const char *path = strstr(e->source, ":/");
    const char *host = e->source;
    size_t host_len;
    unsigned long port;

    if (strncmp(e->type, "nfs", 3) != 0 || path == NULL ||
        !is_own_export(path + 1))
        return false;
    host_len = (size_t)(path - host);
    if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']') {
        host++;
        host_len -= 2;
    }
    port = option_number(e->options, "port");
    if (host_len >= sizeof(out->host) || port > UINT16_MAX)
        return false;
    *out = (struct own_mount){.port = (uint16_t)port};
    memcpy(out->host, host, host_len);
    memcpy(out->export_path, path + 1, EXPORT_PATH_SIZE - 1);
    return true;
}

bool mount_is_own(const char *point)
{
    struct mount_table table = {0};
    const struct mount_entry *e;
    struct own_mount own;
    bool is = false;

    if (mount_table_read(&table) == 0) {
        e = mount_table_at(&table, point);
        is = e != NULL && mount_entry_own(e, &own);
    }
    mount_table_free(&table);
    return is;
}
