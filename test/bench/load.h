/* load: a load generator for an NFSv3 server. See load.c for its use.
 *
 * One thread, its own sockets, calls written in batches, replies looked at no
 * more than a measurement needs: so that it shows the server and not itself. */
#ifndef TEST_BENCH_LOAD_H
#define TEST_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nfs_proc {
    PROC_GETATTR = 1,
    PROC_LOOKUP = 3,
    PROC_ACCESS = 4,
    PROC_READ = 6,
    PROC_READDIR = 16,
    PROC_READDIRPLUS = 17,
};

#define PROGRAM_NFS 100003
#define PROGRAM_MOUNT 100005
#define MOUNTPROC_MNT 1

#define HANDLE_MAX 64
#define NAME_MAX_BYTES 255
#define CALL_MAX 2048        /* bytes of the longest call that is made */
#define REPLY_MAX (2U << 20) /* and of the longest reply taken */
#define DEPTH_MAX 1024       /* calls in flight on one connection */
#define CONNS_MAX 64

struct handle {
    uint32_t len;
    uint8_t bytes[HANDLE_MAX];
};

/* What a call asks for; which fields count depends on the procedure. */
struct call {
    uint32_t program;
    uint32_t proc;
    const struct handle *handle;
    const char *name; /* LOOKUP; MNT: the path */
    uint64_t offset;  /* READ */
    uint32_t count;   /* READ, READDIR, READDIRPLUS */
    uint64_t cookie;  /* listings */
    uint8_t verifier[8];
};

/* A reply in place. */
struct reply {
    uint32_t xid;
    uint32_t status;     /* nfsstat3; 0 is success */
    const uint8_t *body; /* after the status */
    const uint8_t *end;
};

/* ---- load_rpc.c: bytes of calls and replies */

/* Writes the call as one record; returns its size. */
size_t call_encode(uint8_t *p, uint32_t xid, const struct call *c);

/* record: without marks. false: it is not the answer to a call. */
bool reply_decode(const uint8_t *record, size_t size, struct reply *r);

/* Bytes of file data in a successful READ's body, or NULL with a wrong form. */
const uint8_t *reply_data(const struct reply *r, uint32_t *len);

/* The handle in the body of MNT or LOOKUP. */
bool reply_handle(const struct reply *r, struct handle *out);
uint64_t reply_size(const struct reply *r); /* of GETATTR */

struct entry {
    const char *name;
    uint32_t name_len;
    uint64_t cookie;
    struct handle handle; /* len 0: none was given */
};

/* Walks a listing: NULL before the first entry; *next moves on. After the last
 * one it gives false, and *eof says whether the directory ends there. A body
 * of wrong form ends the program. */
struct listing {
    const uint8_t *p;
    const uint8_t *end;
    bool plus;
    bool eof;
    uint8_t verifier[8];
};

void listing_begin(struct listing *l, const struct reply *r, bool plus);
bool listing_next(struct listing *l, struct entry *e);

_Noreturn void die(const char *what, const char *why);

#endif
