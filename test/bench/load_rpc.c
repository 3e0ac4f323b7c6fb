/* Calls and replies as bytes: as much XDR (RFC 4506) as the procedures of RFC
 * 1813 that are measured need, by hand, since that is the fastest. */
#include "test/bench/load.h"

#include <arpa/inet.h>
#include <string.h>

#define AUTH_SYS 1
#define ATTR_SIZE 84 /* fattr3 */

/* XDR fills opaque data up to a multiple of four (RFC 4506, 4.10). */
static size_t padded(uint32_t n)
{
    return ((size_t)n + 3) / 4 * 4;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    v = htonl(v);
    memcpy(p, &v, 4);
    return p + 4;
}

static uint8_t *put64(uint8_t *p, uint64_t v)
{
    return put32(put32(p, (uint32_t)(v >> 32)), (uint32_t)v);
}

static uint8_t *put_opaque(uint8_t *p, const void *bytes, uint32_t n)
{
    p = put32(p, n);
    memset(p, 0, padded(n));
    memcpy(p, bytes, n);
    return p + padded(n);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return ntohl(v);
}

static uint64_t get64(const uint8_t *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* RFC 5531, 9: the header of a call, with AUTH_SYS of uid and gid 0. */
static uint8_t *put_header(uint8_t *p, uint32_t xid, const struct call *c)
{
    p = put32(p, xid);
    p = put32(p, 0);
    p = put32(p, 2);
    p = put32(p, c->program);
    p = put32(p, 3);
    p = put32(p, c->proc);
    p = put32(p, AUTH_SYS);
    p = put32(p, 24);
    p = put32(p, 0);
    p = put_opaque(p, "load", 4);
    p = put32(p, 0);
    p = put32(p, 0);
    p = put32(p, 0);
    return put64(p, 0);
}

static uint8_t *put_arguments(uint8_t *p, const struct call *c)
{
    if (c->program == PROGRAM_MOUNT)
        return put_opaque(p, c->name, (uint32_t)strlen(c->name));
    p = put_opaque(p, c->handle->bytes, c->handle->len);
    switch ((enum nfs_proc)c->proc) {
    case PROC_GETATTR:
        break;
    case PROC_LOOKUP:
        p = put_opaque(p, c->name, (uint32_t)strlen(c->name));
        break;
    case PROC_ACCESS:
        p = put32(p, 0x3f);
        break;
    case PROC_READ:
        p = put32(put64(p, c->offset), c->count);
        break;
    case PROC_READDIRPLUS:
    case PROC_READDIR:
        p = put64(p, c->cookie);
        memcpy(p, c->verifier, 8);
        p = put32(p + 8, c->count);
        if (c->proc == PROC_READDIRPLUS)
            p = put32(p, c->count);
        break;
    }
    return p;
}

size_t call_encode(uint8_t *p, uint32_t xid, const struct call *c)
{
    uint8_t *end = put_arguments(put_header(p + 4, xid, c), c);
    size_t size = (size_t)(end - p);

    put32(p, 0x80000000U | (uint32_t)(size - 4)); /* one fragment, the last */
    return size;
}

bool reply_decode(const uint8_t *record, size_t size, struct reply *r)
{
    size_t at = 12;

    /* xid, REPLY, MSG_ACCEPTED, verifier, SUCCESS, status */
    if (size < 28 || get32(record + 4) != 1 || get32(record + 8) != 0)
        return false;
    at += 8 + padded(get32(record + 16));
    if (at + 8 > size || get32(record + at) != 0)
        return false;
    *r = (struct reply){.xid = get32(record),
        .status = get32(record + at + 4),
        .body = record + at + 8,
        .end = record + size};
    return true;
}

const uint8_t *reply_data(const struct reply *r, uint32_t *len)
{
    const uint8_t *p = r->body;
    size_t left = (size_t)(r->end - p);
    size_t head = left >= 4 && get32(p) != 0 ? 4 + ATTR_SIZE : 4;

    if (left < head + 12)
        return NULL;
    *len = get32(p + head + 8); /* after count and eof */
    return *len <= left - head - 12 ? p + head + 12 : NULL;
}

static const uint8_t *take_handle(
    const uint8_t *p, const uint8_t *end, struct handle *out)
{
    if (end - p < 4 || get32(p) > HANDLE_MAX)
        return NULL;
    out->len = get32(p);
    p += 4;
    if ((size_t)(end - p) < padded(out->len))
        return NULL;
    memcpy(out->bytes, p, out->len);
    return p + padded(out->len);
}

bool reply_handle(const struct reply *r, struct handle *out)
{
    return r->status == 0 && take_handle(r->body, r->end, out) != NULL;
}

uint64_t reply_size(const struct reply *r)
{
    /* type, mode, nlink, uid, gid, size */
    return r->end - r->body >= ATTR_SIZE ? get64(r->body + 20) : 0;
}

/* n bytes of the listing, which must be there. */
static const uint8_t *take(struct listing *l, size_t n)
{
    const uint8_t *p = l->p;

    if ((size_t)(l->end - p) < n)
        die("listing", "a reply of wrong form");
    l->p += n;
    return p;
}

void listing_begin(struct listing *l, const struct reply *r, bool plus)
{
    *l = (struct listing){.p = r->body, .end = r->end, .plus = plus};
    if (get32(take(l, 4)) != 0)
        take(l, ATTR_SIZE);
    memcpy(l->verifier, take(l, 8), 8);
}

static void take_plus(struct listing *l, struct entry *e)
{
    if (get32(take(l, 4)) != 0)
        take(l, ATTR_SIZE);
    if (get32(take(l, 4)) == 0)
        return;
    l->p = take_handle(l->p, l->end, &e->handle);
    if (l->p == NULL)
        die("listing", "a handle of wrong form");
}

bool listing_next(struct listing *l, struct entry *e)
{
    if (get32(take(l, 4)) == 0) {
        l->eof = get32(take(l, 4)) != 0;
        return false;
    }
    take(l, 8); /* fileid */
    e->handle.len = 0;
    e->name_len = get32(take(l, 4));
    if (e->name_len > NAME_MAX_BYTES)
        die("listing", "a name that is too long");
    e->name = (const char *)take(l, padded(e->name_len));
    e->cookie = get64(take(l, 8));
    if (l->plus)
        take_plus(l, e);
    return true;
}
