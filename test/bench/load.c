/* load: operations per second, MB/s and latencies of an NFSv3 server.
 *
 *   load HOST:PORT EXPORT [pid=N] MEASUREMENT...
 *
 * A measurement is a comma-separated list:
 *
 *   op=read,path=big,size=1M,depth=8     READ, in order
 *   op=read,...,order=random             at random multiples of size
 *   op=getattr,path=dir                  of the directory's files, at random
 *   op=lookup,path=dir  op=access,...    likewise
 *   op=missing,path=dir                  LOOKUP of names that are not there
 *   op=readdir,path=dir,size=64K         whole listings, again and again
 *   op=readdirplus,...
 *
 * and in each: depth=N calls in flight on each connection (1), conns=N (1),
 * seconds=S (2) or count=N calls or, for listings, passes; bytes=N: of READs,
 * starting at=N; same=FILE: compare what is read with that file; name=TEXT of
 * the figure; seed=N. Numbers take K, M, G (1024).
 *
 * Prints one JSON object a measurement. "server_cores" counts for pid=N.
 * "own_cores" near 1 says that this program is the limit.
 *
 * Exit status: 0; 1 if a call failed, or the data differed; 2 usage. */
#include "test/bench/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/bench/load_conn.h"
#include "test/bench/load_count.h"
#include "test/bench/load_plan.h"

#define ANSWER_MS 120000

static const uint32_t op_procs[] = {PROC_GETATTR, PROC_LOOKUP, PROC_ACCESS,
    PROC_LOOKUP, PROC_READ, PROC_READDIR, PROC_READDIRPLUS};

/* A call in flight. */
struct slot {
    uint64_t start_ns;
    uint64_t offset;
    bool busy;
};

struct worker {
    struct run *run;
    struct conn *conn;
    struct slot slot[DEPTH_MAX];
    unsigned in_flight;
    uint64_t cookie; /* of a listing */
    uint8_t verifier[8];
    bool full; /* the socket takes no more */
};

struct run {
    const struct plan *plan;
    struct count count;
    struct handle target;
    struct tree tree;
    uint64_t file_size;
    uint64_t pieces;
    uint64_t issued;
    uint64_t limit;    /* of issued calls */
    uint64_t until_ns; /* 0: by the limit alone */
    uint64_t passes;   /* whole listings */
    uint64_t random;
    const uint8_t *same;
    size_t same_size;
    struct worker *worker;
};

_Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}

/* xorshift64: the same sequence for the same seed. */
static uint64_t next_random(struct run *r)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random;
}

static bool is_listing(const struct run *r)
{
    return r->plan->op == READDIR || r->plan->op == READDIRPLUS;
}

static bool over(const struct run *r)
{
    if (is_listing(r) && r->plan->count != 0)
        return r->passes >= r->plan->count;
    if (r->issued >= r->limit)
        return true;
    return r->until_ns != 0 && now_ns() >= r->until_ns;
}

/* The next call of the measurement, under a slot that is free. */
static void issue(struct worker *w, unsigned slot)
{
    struct run *r = w->run;
    struct call c = {.program = PROGRAM_NFS,
        .proc = op_procs[r->plan->op],
        .handle = &r->target,
        .count = (uint32_t)r->plan->size,
        .cookie = w->cookie};
    char missing[32];

    switch (r->plan->op) {
    case GETATTR:
    case ACCESS:
        c.handle = &r->tree.handle[next_random(r) % r->tree.n];
        break;
    case LOOKUP:
        c.name = r->tree.name[next_random(r) % r->tree.n];
        break;
    case MISSING:
        snprintf(missing, sizeof(missing), "no-%llx",
            (unsigned long long)next_random(r));
        c.name = missing;
        break;
    case READ:
        c.offset = r->plan->at +
            (r->plan->random ? next_random(r) : r->issued) % r->pieces *
                r->plan->size;
        break;
    case READDIR:
    case READDIRPLUS:
        memcpy(c.verifier, w->verifier, sizeof(c.verifier));
        break;
    }
    w->slot[slot] =
        (struct slot){.start_ns = now_ns(), .offset = c.offset, .busy = true};
    conn_call(w->conn, slot, &c);
    w->in_flight++;
    r->issued++;
}

static void fill(struct worker *w)
{
    /* One call at a time knows where a listing goes on. */
    unsigned depth = is_listing(w->run) ? 1 : (unsigned)w->run->plan->depth;

    for (unsigned i = 0; w->in_flight < depth && i < depth; i++) {
        if (w->slot[i].busy)
            continue;
        if (over(w->run))
            break;
        issue(w, i);
    }
    w->full = conn_flush(w->conn);
}

static void take_data(struct run *r, uint64_t offset, const struct reply *reply)
{
    uint32_t len = 0;
    const uint8_t *data = reply_data(reply, &len);

    if (data == NULL)
        die("READ", "a reply of wrong form");
    if (r->same != NULL &&
        (offset + len > r->same_size ||
            memcmp(data, r->same + offset, len) != 0)) {
        fprintf(stderr, "load: %s: wrong data at %llu\n", r->plan->path,
            (unsigned long long)offset);
        r->count.errors++;
    }
    r->count.bytes += len;
}

static void take_listing(struct worker *w, const struct reply *reply)
{
    struct listing l;
    struct entry e;

    listing_begin(&l, reply, w->run->plan->op == READDIRPLUS);
    while (listing_next(&l, &e)) {
        w->cookie = e.cookie;
        w->run->count.entries++;
    }
    memcpy(w->verifier, l.verifier, sizeof(w->verifier));
    if (l.eof) {
        w->cookie = 0;
        memset(w->verifier, 0, sizeof(w->verifier));
        w->run->passes++;
    }
}

static void on_reply(
    void *ctx, struct conn *c, unsigned slot, const struct reply *reply)
{
    struct worker *w = ctx;
    struct run *r = w->run;
    uint32_t expected = r->plan->op == MISSING ? 2 : 0; /* NOENT */

    (void)c;
    if (slot >= DEPTH_MAX || !w->slot[slot].busy)
        die("reply", "to a call that was not made");
    w->slot[slot].busy = false;
    w->in_flight--;
    r->count.ops++;
    count_latency(&r->count, now_ns() - w->slot[slot].start_ns);
    if (reply->status != expected) {
        if (r->count.errors++ == 0)
            r->count.first_error = reply->status;
    } else if (r->plan->op == READ) {
        take_data(r, w->slot[slot].offset, reply);
    } else if (is_listing(r)) {
        take_listing(w, reply);
    }
}

static void watch(int ep, int how, struct worker *w)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = w};

    if (w->full)
        e.events |= EPOLLOUT;
    epoll_ctl(ep, how, conn_fd(w->conn), &e);
}

static void drive(struct run *r)
{
    unsigned busy = (unsigned)r->plan->conns;
    int ep = epoll_create1(EPOLL_CLOEXEC);

    for (unsigned i = 0; i < r->plan->conns; i++) {
        fill(&r->worker[i]);
        watch(ep, EPOLL_CTL_ADD, &r->worker[i]);
    }
    while (busy != 0) {
        struct epoll_event ready[CONNS_MAX];
        int n = epoll_wait(ep, ready, CONNS_MAX, ANSWER_MS);

        if (n <= 0)
            die("reply", "none in two minutes");
        for (int i = 0; i < n; i++) {
            struct worker *w = ready[i].data.ptr;
            bool full = w->full;

            conn_receive(w->conn, on_reply, w);
            fill(w);
            if (w->full != full)
                watch(ep, EPOLL_CTL_MOD, w);
        }
        busy = 0;
        for (unsigned i = 0; i < r->plan->conns; i++)
            busy += r->worker[i].in_flight != 0;
    }
    close(ep);
}

/* ---- A measurement */

static void prepare_read(struct run *r)
{
    const struct plan *p = r->plan;
    struct reply reply;
    uint64_t length;

    conn_ask(r->worker[0].conn,
        &(struct call){
            .program = PROGRAM_NFS, .proc = PROC_GETATTR, .handle = &r->target},
        &reply);
    r->file_size = reply.status == 0 ? reply_size(&reply) : 0;
    if (r->file_size <= p->at)
        die(p->path, "is too short");
    length = r->file_size - p->at;
    if (p->bytes != 0 && p->bytes < length)
        length = p->bytes;
    r->pieces = (length + p->size - 1) / p->size;
    if (p->bytes != 0 && p->count == 0) {
        r->limit = r->pieces;
        r->until_ns = 0;
    }
    if (p->same != NULL) {
        int fd = open(p->same, O_RDONLY | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) != 0)
            die(p->same, "cannot be read");
        r->same_size = (size_t)st.st_size;
        r->same = mmap(NULL, r->same_size, PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
    }
}

static uint64_t measure(const struct plan *p, const char *const where[2],
    const struct handle *root, int server_pid)
{
    struct run r = {.plan = p, .random = p->seed};
    uint64_t errors;

    r.worker = calloc(p->conns, sizeof(*r.worker));
    if (r.worker == NULL)
        die("memory", "none left");
    for (unsigned i = 0; i < p->conns; i++) {
        r.worker[i].run = &r;
        r.worker[i].conn = conn_open(where[0], where[1]);
    }
    r.limit = p->count != 0 ? p->count : UINT64_MAX;
    r.until_ns = p->count != 0 ? 0 : 1; /* set when the clock starts */
    r.target = tree_walk(r.worker[0].conn, *root, p->path);
    if (p->op == READ)
        prepare_read(&r);
    else if (p->op == GETATTR || p->op == LOOKUP || p->op == ACCESS)
        tree_list(r.worker[0].conn, &r.target, &r.tree);
    count_begin(&r.count, server_pid);
    if (r.until_ns != 0)
        r.until_ns = r.count.start_ns + p->ms * 1000000;
    drive(&r);
    count_print(&r.count, p->name, stdout);
    errors = r.count.errors;
    for (unsigned i = 0; i < p->conns; i++)
        conn_close(r.worker[i].conn);
    free(r.worker);
    tree_free(&r.tree);
    if (r.same != NULL)
        munmap((void *)(uintptr_t)r.same, r.same_size);
    return errors;
}

int main(int argc, char **argv)
{
    char *port = argc >= 4 ? strrchr(argv[1], ':') : NULL;
    struct handle root;
    uint64_t errors = 0;
    int pid = 0;

    if (port == NULL) {
        fprintf(stderr,
            "usage: load HOST:PORT EXPORT [pid=N] "
            "op=read,path=FILE,size=1M,depth=8...\n");
        return 2;
    }
    *port++ = '\0';
    root = tree_mount(argv[1], port, argv[2]);
    for (int i = 3; i < argc; i++) {
        const char *const where[2] = {argv[1], port};
        struct plan plan;

        if (strncmp(argv[i], "pid=", 4) == 0) {
            pid = (int)strtol(argv[i] + 4, NULL, 10);
            continue;
        }
        plan = plan_parse(argv[i]);
        errors += measure(&plan, where, &root, pid);
    }
    return errors != 0;
}
