/* What mount commands have in common everywhere: their text for people. */
#include "cli/mount_cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/invocation.h"

void mount_source(const struct mount_spec *spec, struct buf *out)
{
    bool v6 = strchr(spec->host, ':') != NULL;

    buf_addf(out, "%s%s%s:%s", v6 ? "[" : "", spec->host, v6 ? "]" : "",
        spec->export_path);
}

void shell_quote(const char *text, struct buf *out)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "-_./:,=@%+[]";

    if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        buf_adds(out, text);
        return;
    }
    buf_addc(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *text);
    }
    buf_addc(out, '\'');
}

void shell_line(const struct opt_list *argv, struct buf *out)
{
    for (size_t i = 0; i < argv->n; i++) {
        if (i > 0)
            buf_addc(out, ' ');
        shell_quote(argv->v[i], out);
    }
}

void mount_command(const struct mount_spec *spec, struct buf *out)
{
    struct mount_spec shown = *spec;
    struct opt_list argv = {0};
    enum mount_way ways[MOUNT_WAYS_MAX];

    if (shown.point == NULL)
        shown.point = "MOUNTPOINT";
    mount_ways(&shown, ways);
    if (ways[0] != MOUNT_DIRECT && ways[0] != MOUNT_BARE)
        buf_adds(out, "sudo ");
    mount_argv(&shown, MOUNT_DIRECT, &argv);
    shell_line(&argv, out);
    opt_list_free(&argv);
}
