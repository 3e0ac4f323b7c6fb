/* Directories and credentials out of the environment. A variable of the XDG
 * rules that holds a relative path counts as unset, as those rules say. */
#include "cli/dirs.h"

#include <ctype.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

char *dirs_home(void)
{
    const char *home = getenv("HOME");
    const struct passwd *pw;

    if (home != NULL && home[0] == '/')
        return xstrdup(home);
    pw = getpwuid(getuid());
    return xstrdup(pw != NULL && pw->pw_dir != NULL ? pw->pw_dir : "/");
}

/* $variable, or below the home directory, and what is added to either. */
static char *xdg(const char *variable, const char *below, const char *add)
{
    const char *dir = getenv(variable);
    char *home;
    char *path;

    if (dir != NULL && dir[0] == '/')
        return xasprintf("%s/%s", dir, add);
    home = dirs_home();
    path =
        xasprintf("%s/%s/%s", strcmp(home, "/") == 0 ? "" : home, below, add);
    free(home);
    return path;
}

char *dirs_cache(void)
{
    return xdg("XDG_CACHE_HOME", ".cache", "hffs");
}

char *dirs_data(void)
{
    return xdg("XDG_DATA_HOME", ".local/share", "hffs");
}

char *dirs_state(void)
{
    return xdg("XDG_STATE_HOME", ".local/state", "hffs");
}

static void expand_variable(const char **at, struct buf *out)
{
    const char *name = *at + 1;
    const char *value;
    bool braced = *name == '{';
    char *copy;
    size_t n = 0;

    name += braced;
    while (isalnum((unsigned char)name[n]) || name[n] == '_')
        n++;
    if (n == 0 || (braced && name[n] != '}')) {
        buf_addc(out, '$');
        *at += 1;
        return;
    }
    copy = xstrndup(name, n);
    value = getenv(copy);
    buf_adds(out, value != NULL ? value : "");
    free(copy);
    *at = name + n + braced;
}

char *dirs_expand(const char *text)
{
    struct buf out = {0};

    if (text[0] == '~' && (text[1] == '/' || text[1] == '\0')) {
        char *home = dirs_home();

        buf_adds(&out, home);
        free(home);
        text++;
    }
    while (*text != '\0') {
        if (*text == '$')
            expand_variable(&text, &out);
        else
            buf_addc(&out, *text++);
    }
    return buf_take(&out);
}

/* Without white space at its ends; NULL when nothing is left. */
static char *trimmed(const char *text)
{
    size_t n;

    if (text == NULL)
        return NULL;
    while (isspace((unsigned char)*text))
        text++;
    n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    return n > 0 ? xstrndup(text, n) : NULL;
}

static char *login_file(void)
{
    const char *path = getenv("HF_TOKEN_PATH");
    const char *home = getenv("HF_HOME");
    char *dir;
    char *file;

    if (path != NULL && path[0] != '\0')
        return dirs_expand(path);
    if (home != NULL && home[0] != '\0')
        dir = dirs_expand(home);
    else
        dir = xdg("XDG_CACHE_HOME", ".cache", "huggingface");
    file = xasprintf("%s/token", dir);
    free(dir);
    return file;
}

void credentials_find(
    const char *token, const char *token_file, struct credentials *out)
{
    *out = (struct credentials){.token = trimmed(token)};
    if (token_file != NULL)
        out->token_file = xstrdup(token_file);
    if (out->token == NULL)
        out->token = trimmed(getenv("HUGGING_FACE_HUB_TOKEN"));
    if (out->token != NULL || out->token_file != NULL)
        return;
    out->token_file = login_file();
    if (access(out->token_file, R_OK) != 0) {
        free(out->token_file);
        out->token_file = NULL;
    }
}

void credentials_fini(struct credentials *c)
{
    free(c->token);
    free(c->token_file);
    *c = (struct credentials){0};
}
