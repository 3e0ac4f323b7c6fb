/* Documents made from the option tables; see cmd_doc.c. */
#ifndef CLI_DOC_H
#define CLI_DOC_H

#include <stddef.h>

struct buf;

struct doc_status {
    int status;
    const char *meaning;
};

extern const struct doc_status doc_statuses[];
extern const size_t doc_n_statuses;

void doc_readme(struct buf *out);
void doc_man(struct buf *out);
void doc_bash(struct buf *out);
void doc_zsh(struct buf *out);
void doc_fish(struct buf *out);

#endif
