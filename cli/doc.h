/* Documents made from the option tables; see cmd_doc.c. */
#ifndef CLI_DOC_H
#define CLI_DOC_H

#include <stddef.h>

struct buf;
struct command;
struct opt_group;

struct doc_status {
    int status;
    const char *meaning;
};

extern const struct doc_status doc_statuses[];
extern const size_t doc_n_statuses;

/* Options that several commands share are written down once: the earlier
 * command that has this group, or one of cmd's groups; NULL if none does. */
const struct command *doc_shown_before(
    const struct command *cmd, const struct opt_group *group);
const struct command *doc_shares_with(const struct command *cmd);

void doc_readme(struct buf *out);
void doc_man(struct buf *out);
void doc_bash(struct buf *out);
void doc_zsh(struct buf *out);
void doc_fish(struct buf *out);

#endif
