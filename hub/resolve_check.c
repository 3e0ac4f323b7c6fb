/* The checks, in order: commit, size and hash as the Hub names them; then that
 * the body is the range that was asked for, in plain form. */
#include "hub/resolve_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "hub/http_field.h"

#define ETAG_MAX 128

static bool other_size(
    const struct resolve_want *want, const struct resolve_head *head)
{
    uint64_t size;

    return head->linked_size != NULL && field_u64(head->linked_size, &size) &&
        size != want->size_bytes;
}

/* The ETag counts only if it looks like a hash of the kind that we expect. A
 * Xet hash looks like a SHA-256 and is none. */
static bool other_hash(
    const struct resolve_want *want, const struct resolve_head *head)
{
    const char *value =
        head->linked_etag != NULL ? head->linked_etag : head->etag;
    const size_t n = want->hash_kind == HUB_HASH_GIT ? SHA1_SIZE : SHA256_SIZE;
    uint8_t hash[SHA256_SIZE];
    char etag[ETAG_MAX];

    if (want->hash_kind == HUB_HASH_NONE || value == NULL ||
        !field_etag(value, etag, sizeof(etag)) || strlen(etag) != 2 * n ||
        !hex_parse(etag, hash, n))
        return false;
    if (head->xet_hash != NULL && strcasecmp(head->xet_hash, etag) == 0)
        return false;
    return memcmp(hash, want->hash, n) != 0;
}

static int check_version(const struct resolve_want *want,
    const struct resolve_head *head, const char **why)
{
    if (head->repo_commit != NULL &&
        strcasecmp(head->repo_commit, want->commit) != 0)
        *why = "the answer belongs to another commit";
    else if (head->own && other_size(want, head))
        *why = "the file has another size there";
    else if (head->own && other_hash(want, head))
        *why = "the file has another hash there";
    else
        return 0;
    return -ESTALE;
}

/* 206: exactly the start that was asked for; the end may come early. */
static int check_part(const struct resolve_want *want,
    const struct resolve_head *head, const char **why)
{
    struct field_range range;

    if (!want->ranged)
        *why = "a part came where the whole was asked for";
    else if (head->content_range == NULL ||
        !field_content_range(head->content_range, &range))
        *why = "a part came without saying which";
    else if (range.total != want->size_bytes)
        *why = "the range is of a file of another size";
    else if (range.first != want->first || range.last > want->last)
        *why = "another range came than was asked for";
    else
        return 0;
    return -EBADMSG;
}

/* 200: the whole file. */
static int check_whole(const struct resolve_want *want,
    struct resolve_body *body, const char **why)
{
    if (body->length != UINT64_MAX && body->length != want->size_bytes) {
        *why = "the body has another length than the file";
        return -EBADMSG;
    }
    if (want->first > RESOLVE_SKIP_MAX) {
        *why = "the server does not send ranges, and the place asked for is "
               "too far from the start to read up to it";
        return -ENOTSUP;
    }
    body->skip = want->first;
    return 0;
}

int resolve_check(const struct resolve_want *want,
    const struct resolve_head *head, struct resolve_body *body,
    const char **why)
{
    int err;

    *body = (struct resolve_body){.length = UINT64_MAX};
    if (!head->redirect && (head->status < 200 || head->status > 299))
        return 0;
    err = check_version(want, head, why);
    if (err != 0 || head->redirect)
        return err;
    if (head->content_encoding != NULL &&
        strcasecmp(head->content_encoding, "identity") != 0) {
        *why = "the body is compressed, which nobody asked for";
        return -EBADMSG;
    }
    if (head->content_length != NULL)
        (void)field_u64(head->content_length, &body->length);
    if (head->status == 206)
        return check_part(want, head, why);
    if (head->status == 200)
        return check_whole(want, body, why);
    *why = "a success without the file";
    return -EBADMSG;
}
