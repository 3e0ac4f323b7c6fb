/* Faults on demand: what --fault and the admin route put between a client and
 * its answer. Belongs to the loop thread. */
#ifndef HUB_LOCAL_FAULT_H
#define HUB_LOCAL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct faults;
struct jsonw;

#define FAULT_HEADERS_MAX 8
#define FAULT_NEVER UINT64_MAX

/* What one request meets. It owns its texts. */
struct fault {
    uint64_t delay_ms;
    unsigned status; /* 0: the true answer */
    char *retry_after;
    bool drop;
    char *redirect;
    char *etag;
    char *header[FAULT_HEADERS_MAX]; /* "Name=Value" */
    unsigned n_headers;
    /* Places in the body; FAULT_NEVER: none. */
    uint64_t cut_after;
    uint64_t stall_after;
    uint64_t corrupt_at;
    uint64_t truncate_at; /* FAULT_HALF: half of it */
    bool truncate;
    uint64_t longer;
    uint64_t bytes_per_s; /* 0: as fast as it goes */
};

/* Meets nothing. */
void fault_init(struct fault *fault);

struct faults *faults_new(void);
void faults_free(struct faults *f);

/* Adds a rule behind the others. -EINVAL with the reason added to *why. */
int faults_add(struct faults *f, const char *spec, struct buf *why);
void faults_clear(struct faults *f);

/* One object per rule: spec, and how many requests it met. */
void faults_list(const struct faults *f, struct jsonw *w);

/* Goes through the rules in order; each that matches contributes the action
 * it has come to. The first one that answers ends the walk. fault_fini() the
 * result. */
void faults_meet(
    struct faults *f, const char *method, const char *path, struct fault *out);
void fault_fini(struct fault *fault);

/* Whether the body is not to be sent as it is. */
bool fault_in_body(const struct fault *fault);

#endif
