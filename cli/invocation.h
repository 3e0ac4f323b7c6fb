/* Commands, and one command line read by the tables of cli/options.h. */
#ifndef CLI_INVOCATION_H
#define CLI_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/options.h"

struct invocation;

struct command {
    const char *name;    /* "start", "hub serve" */
    const char *usage;   /* "hffs start repo ID MOUNTPOINT [options]" */
    const char *summary; /* one sentence without its full stop */
    const char *about;   /* paragraphs for --help, wrapped by hand; or NULL */
    const struct opt_group *const *groups; /* ends with NULL */
    size_t values_size;                    /* of the struct of values */
    size_t words_min; /* words that are no options, after the name */
    size_t words_max;
    bool hidden;
    int (*run)(const struct invocation *in); /* returns the exit status */
};

/* A command line, parsed. It owns every string. */
struct invocation {
    const struct command *cmd;
    void *values; /* cmd's struct of values, filled */
    char **words; /* what is no option, after the command's name */
    size_t n_words;
    bool help;          /* --help or -h was among the options */
    bool *typed;        /* per option_at(): it was on the command line */
    struct buf notices; /* lines for the user: options without effect */
    struct buf error;   /* one sentence that says what to change */
};

/* Reads argv[1] and what follows: options and words in any order; "--" ends
 * the options. Variables of the environment give defaults as the table says.
 * Returns 0, or -EINVAL with in->error; invocation_fini() in both cases. argv
 * is reordered, and secrets in it are overwritten. When help is asked for, the
 * rest is not checked. */
int options_parse(
    const struct command *cmd, int argc, char **argv, struct invocation *in);
void invocation_fini(struct invocation *in);

/* The typed options as words "--name=value", added to *to, for another process
 * of this program; secrets are left out. */
void options_pass_on(const struct invocation *in, struct opt_list *to);

/* ---- options_value.c: one option's text and its field. */

/* Puts text into the field of o. -EINVAL with the reason added to *why, without
 * the option's name. Only for options that have a field. */
int option_set(
    const struct opt *o, const char *text, void *values, struct buf *why);

/* Frees what the field holds; numbers become OPT_UNSET. */
void option_clear(const struct opt *o, void *values);

/* A number as the types of options say. False if the text is none. */
bool option_u64(const char *text, uint64_t *out);
bool option_size(const char *text, uint64_t *out);
bool option_ms(const char *text, uint64_t *out);

void opt_list_add(struct opt_list *list, const char *text); /* copies */
void opt_list_free(struct opt_list *list);

/* path below the working directory, unless it is absolute. free() it. */
char *path_absolute(const char *path);

#endif
