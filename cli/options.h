/* The option tables: one entry per option, from which parsing, `--help`, the
 * README's table, the man page and the shells' completions are all made.
 *
 * A command has a struct of values, and its options name a field of it each:
 *
 *     struct serve_values { const char *root; uint16_t port; };
 *     static const struct opt serve_opts[] = {
 *         {.name = "port", .type = OPT_PORT, .arg = "N", .initial = "0",
 *             .help = "port to listen on; 0: any free one",
 *             OPT_INTO(serve_values, port)},
 *     };
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* What an option's text means, and the type of the field that takes it. */
enum opt_type {
    OPT_FLAG, /* bool; no argument */
    OPT_STR,  /* const char * */
    OPT_PATH, /* const char *; made absolute */
    OPT_LIST, /* struct opt_list; may be repeated */
    OPT_U64,  /* uint64_t */
    OPT_SIZE, /* uint64_t bytes: 4096, 64K, 10G (1024s), 10GB (1000s) */
    OPT_MS,   /* uint64_t milliseconds: 500, 500ms, 30s, 5m */
    OPT_PORT, /* uint16_t, 0 to 65535 */
};

struct opt_list {
    const char **v;
    size_t n;
};

/* The type of a field, so that a test can hold it against enum opt_type. */
enum opt_field {
    OPT_NO_FIELD,
    OPT_BOOL_FIELD,
    OPT_TEXT_FIELD,
    OPT_LIST_FIELD,
    OPT_U64_FIELD,
    OPT_U16_FIELD
};

#define OPT_INTO(s, f)                                                         \
    .at = offsetof(struct s, f),                                               \
    .field = _Generic(((struct s *)0)->f,                                      \
        bool: OPT_BOOL_FIELD,                                                  \
        const char *: OPT_TEXT_FIELD,                                          \
        struct opt_list: OPT_LIST_FIELD,                                       \
        uint64_t: OPT_U64_FIELD,                                               \
        uint16_t: OPT_U16_FIELD)

#define OPT_NAME_MAX 63

/* A number that was not given and has no default. */
#define OPT_UNSET UINT64_MAX

struct opt {
    const char *name; /* without the dashes */
    enum opt_type type;
    char letter;     /* also as -X; 0: none */
    const char *arg; /* what help calls the argument: "DIR" */
    const char *env; /* variable that gives the default, if set and not "" */
    const char *initial; /* default, as typed; NULL: none (OPT_UNSET, NULL) */
    const char *dflt;    /* default in words, where it is found out later */
    const char *choices; /* OPT_STR: "error|warn|info": nothing else */
    uint64_t min;        /* of numbers */
    uint64_t max;        /* 0: no limit */
    const char *help;    /* a phrase without a full stop */
    /* For the habits of hf-mount's users: accepted with this remark and
     * without effect, or refused with this sentence. No field is set. */
    const char *ignored;
    const char *refused;
    bool secret; /* overwritten in argv; never shown or passed on there */
    bool hidden; /* not in help: for the program itself, and tests */
    size_t at;   /* OPT_INTO() */
    enum opt_field field;
};

struct opt_group {
    const char *title; /* a heading of --help */
    const struct opt *opt;
    size_t n;
};

#define OPT_GROUP(heading, table)                                              \
    {                                                                          \
        .title = (heading), .opt = (table), .n = ARRAY_LEN(table)              \
    }

struct command; /* cli/invocation.h */

/* The options of all groups in one row; NULL past the last. */
const struct opt *option_at(const struct command *cmd, size_t i);
size_t option_count(const struct command *cmd);

/* The name of an option that looks like a mistyped one, or NULL. */
const char *option_nearest(const struct command *cmd, const char *name);

/* ---- options_help.c: what --help prints. */
void options_help(const struct command *cmd, struct buf *out);

/* What follows the phrase of an option: " [$HF_ENDPOINT; default: 8]", or
 * nothing. */
void option_remarks(const struct opt *o, struct buf *out);

/* Options without effect, or refused ones: nobody needs a line for each. */
bool option_is_idle(const struct opt *o);

/* The names of a group's idle options of one kind: "--fuse, --direct-io". */
void options_idle(const struct opt_group *group, bool refused, struct buf *out);

#endif
