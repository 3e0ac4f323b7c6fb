/* Lines of fstab(5). A line counts only if it names this very server: mounting
 * whatever else stands there would not show what was asked for. */
#include "cli/fstab.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/mount_cmd.h"
#include "cli/mount_table.h"

#define FSTAB_MAX ((size_t)1 << 20)
#define FIELDS 4 /* source, point, type, options */

static bool has_option(const char *options, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = options; p != NULL; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, word, len) == 0 && (p[len] == ',' || p[len] == '\0'))
            return true;
    }
    return false;
}

static bool right_server(
    char *const field[FIELDS], const struct mount_spec *spec)
{
    struct buf source = {0};
    char port[32];
    bool right;

    mount_source(spec, &source);
    snprintf(port, sizeof(port), "port=%u", spec->port);
    right =
        strcmp(field[0], buf_str(&source)) == 0 && has_option(field[3], port);
    buf_free(&source);
    return right;
}

static enum fstab_answer judge(char *line, const struct mount_spec *spec)
{
    char *field[FIELDS];
    size_t n = 0;
    char *at = line;
    char *word;

    while (n < FIELDS && (word = strsep(&at, " \t")) != NULL) {
        if (*word != '\0')
            field[n++] = word;
    }
    if (n < FIELDS || field[0][0] == '#')
        return FSTAB_NONE;
    mountinfo_unescape(field[0]);
    mountinfo_unescape(field[1]);
    if (strcmp(field[1], spec->point) != 0)
        return FSTAB_NONE;
    if (strcmp(field[2], "nfs") != 0 || !right_server(field, spec))
        return FSTAB_DIFFERS;
    if (has_option(field[3], "user") || has_option(field[3], "users"))
        return FSTAB_ALLOWS;
    return FSTAB_DIFFERS;
}

enum fstab_answer fstab_search(const char *text, const struct mount_spec *spec)
{
    enum fstab_answer best = FSTAB_NONE;
    char *copy = xstrdup(text);
    char *at = copy;
    char *line;

    while ((line = strsep(&at, "\n")) != NULL) {
        enum fstab_answer answer = judge(line, spec);

        if (answer > best)
            best = answer;
    }
    free(copy);
    return best;
}

enum fstab_answer fstab_ask(const struct mount_spec *spec)
{
    struct buf text = {0};
    enum fstab_answer answer = FSTAB_NONE;

    if (file_read_all("/etc/fstab", FSTAB_MAX, &text) == 0)
        answer = fstab_search(buf_str(&text), spec);
    buf_free(&text);
    return answer;
}

static void escaped(const char *text, struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (strchr(" \t\n\\#", *text) != NULL)
            buf_addf(out, "\\%03o", (unsigned char)*text);
        else
            buf_addc(out, *text);
    }
}

void fstab_line(
    const struct mount_spec *spec, const char *options, struct buf *out)
{
    mount_source(spec, out);
    buf_addc(out, ' ');
    escaped(spec->point, out);
    buf_addf(out, " nfs %s,user,noauto 0 0", options);
}
