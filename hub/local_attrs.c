/* .gitattributes, as far as "filter=lfs" goes (gitattributes(5), and the
 * patterns of gitignore(5)). */
#include "hub/local_attrs.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/utf8.h"
#include "hub/local_glob.h"

#define RULES_MAX 1000
#define PATTERN_MAX 1024

struct rule {
    char *pattern; /* without its first slash */
    bool whole;    /* against the path, not the last name in it */
    bool lfs;
};

struct attrs {
    struct rule rule[RULES_MAX];
    size_t n;
};

/* What the Hub puts in a new repo. */
static const char *const usual[] = {"*.7z", "*.arrow", "*.avro", "*.bin",
    "*.bz2", "*.ckpt", "*.ftz", "*.gguf", "*.gz", "*.h5", "*.joblib", "*.lfs.*",
    "*.lz4", "*.mds", "*.mlmodel", "*.model", "*.msgpack", "*.npy", "*.npz",
    "*.onnx", "*.ot", "*.parquet", "*.pb", "*.pickle", "*.pkl", "*.pt", "*.pth",
    "*.rar", "*.safetensors", "saved_model/**/*", "*.tar.*", "*.tar",
    "*.tflite", "*.tgz", "*.wasm", "*.xz", "*.zip", "*.zst", "*tfevents*"};

static bool matches(const struct rule *r, const char *path)
{
    const char *name = strrchr(path, '/');
    size_t n;
    size_t suffix;

    name = r->whole || name == NULL ? path : name + 1;
    /* "*.bin" is what nearly all of them look like. */
    if (r->pattern[0] != '*' || strpbrk(r->pattern + 1, "*?[\\/") != NULL)
        return glob_match(r->pattern, name);
    n = strlen(name);
    suffix = strlen(r->pattern + 1);
    return n >= suffix && strcmp(name + n - suffix, r->pattern + 1) == 0;
}

static void add_rule(struct attrs *a, const char *pattern, size_t n, bool lfs)
{
    struct rule *r = &a->rule[a->n];

    if (a->n == RULES_MAX || n == 0 || n > PATTERN_MAX || pattern[0] == '!')
        return;
    r->whole = memchr(pattern, '/', n) != NULL;
    if (pattern[0] == '/') {
        pattern++;
        n--;
    }
    r->pattern = xstrndup(pattern, n);
    r->lfs = lfs;
    a->n++;
}

/* "pattern filter=lfs diff=lfs merge=lfs -text"; a pattern with blanks is in
 * quotes. */
static void parse_line(struct attrs *a, char *line)
{
    char *p = line + strspn(line, " \t");
    char *pattern = p;
    size_t n;
    char *word;

    if (*p == '#' || *p == '\0')
        return;
    if (*p == '"') {
        pattern = ++p;
        n = strcspn(p, "\"");
        p += n + (p[n] != '\0');
    } else {
        n = strcspn(p, " \t");
        p += n;
    }
    while ((word = strsep(&p, " \t\r")) != NULL) {
        if (strcmp(word, "filter=lfs") == 0)
            add_rule(a, pattern, n, true);
        else if (strcmp(word, "-filter") == 0 || strcmp(word, "!filter") == 0 ||
            strncmp(word, "filter=", 7) == 0)
            add_rule(a, pattern, n, false);
    }
}

struct attrs *attrs_parse(const char *text, size_t n)
{
    struct attrs *a = xcalloc(1, sizeof(*a));
    char *copy = xstrndup(text, min_size(n, ATTRS_TEXT_MAX));
    char *rest = copy;
    char *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        parse_line(a, line);
    free(copy);
    return a;
}

struct attrs *attrs_usual(void)
{
    struct attrs *a = xcalloc(1, sizeof(*a));

    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        add_rule(a, usual[i], strlen(usual[i]), true);
    return a;
}

void attrs_usual_text(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        buf_addf(out, "%s filter=lfs diff=lfs merge=lfs -text\n", usual[i]);
}

void attrs_free(struct attrs *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->n; i++)
        free(a->rule[i].pattern);
    free(a);
}

bool attrs_lfs(const struct attrs *a, const char *path)
{
    for (size_t i = a->n; i-- > 0;) {
        if (matches(&a->rule[i], path))
            return a->rule[i].lfs;
    }
    return false;
}

/* A NUL, or bytes that are not UTF-8; the sample may end inside a character. */
static bool binary(const uint8_t *p, size_t n)
{
    if (n > 0 && memchr(p, '\0', n) != NULL)
        return true;
    for (size_t i = 0; i < n;) {
        size_t step = utf8_length(p + i, n - i);

        if (step == 0)
            return n < LFS_SAMPLE_MAX || n - i >= 4;
        i += step;
    }
    return false;
}

bool lfs_wanted(const struct attrs *a, const char *path, uint64_t size,
    const void *sample, size_t n)
{
    if (size == 0)
        return false;
    return size > LFS_SIZE_MIN || attrs_lfs(a, path) || binary(sample, n);
}
