/* The language of --fault: 'PATTERN: ACTION, then ACTION, ...'.
 *
 *     GET /ada/demo/resolve/main/w.bin: 3x 503, then delay 2s
 *     POST /api/models/ada/demo/paths-info*: for 10s 429 retry-after=1
 *
 * Pure functions over foreign text. */
#ifndef HUB_LOCAL_FAULT_SPEC_H
#define HUB_LOCAL_FAULT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct buf;

#define FAULT_SPEC_MAX 4096

/* Name, blank and words after it, what it does: for the parser and --help. */
#define FAULT_EFFECTS(X)                                                       \
    X(PASS, "pass", "", "nothing; to count past good answers")                 \
    X(STATUS, "503", " [retry-after=N]", "answer with this status instead")    \
    X(DELAY, "delay", " TIME", "wait before the request is looked at")         \
    X(DROP, "drop", "", "close the connection without an answer")              \
    X(REDIRECT, "redirect", " URL", "answer 302 with this Location")           \
    X(ETAG, "etag", " TAG", "send this ETag")                                  \
    X(HEADER, "header", " NAME=VALUE", "add this header, or replace it")       \
    X(CUT, "cut", " after N",                                                  \
        "close the connection after N bytes of the body")                      \
    X(STALL, "stall", " after N", "send nothing more after N bytes")           \
    X(CORRUPT, "corrupt", " at N", "change the byte at N of the body")         \
    X(TRUNCATE, "truncate", " [N]",                                            \
        "send N bytes of the body, default half, and say that this is all")    \
    X(LONGER, "longer", " N", "send N bytes more than there are")              \
    X(SLOW, "slow", " N/s", "send the body at this rate")

enum fault_effect {
#define X(id, name, words, help) FAULT_##id,
    FAULT_EFFECTS(X)
#undef X
};

#define FAULT_HALF UINT64_MAX /* truncate without a number */

struct fault_action {
    /* given */
    uint64_t count;  /* requests it is for; 0: no limit */
    uint64_t for_ms; /* since it first met one; 0: no limit */
    enum fault_effect effect;
    uint64_t number; /* status, milliseconds, bytes, bytes/s */
    char *text;      /* URL, tag, "Name=Value", Retry-After; or NULL */
    /* state */
    uint64_t met;
    uint64_t since_ms;
};

struct fault_rule {
    char *spec;   /* as given */
    char *method; /* "*": any */
    char *glob;   /* of the path */
    struct fault_action *action;
    size_t n_actions;
    size_t at; /* the one in force */
    TAILQ_ENTRY(fault_rule) link;
};

/* -EINVAL with a sentence for the user added to *why. The caller frees the
 * rule. */
int fault_parse(const char *spec, struct fault_rule **out, struct buf *why);
void fault_rule_free(struct fault_rule *rule);

/* '*' stands for any run of bytes, '/' included. */
bool fault_glob(const char *glob, const char *text);

#endif
