/* Entries on disk. See entry.h for the layout and what a crash can leave. */
#include "cache/entry.h"

#include "base/cur.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 64
#define VERSION 1
#define FLAG_VERIFIED 1U
#define FLAGS_AT 28
#define RUN_MAX 64 /* blocks of one entry_write(): 2 MiB */

static const char magic[8] = {'h', 'f', 'f', 's', 'd', 'a', 't', 'a'};

static uint64_t header_at(uint64_t size)
{
    return (size + 7) / 8 * 8;
}

static uint64_t record_at(uint64_t size, uint64_t block)
{
    return header_at(size) + HEADER_SIZE + 4 * block;
}

static void put_le(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static void format_header(
    uint8_t h[static HEADER_SIZE], const struct content_id *id, uint64_t size)
{
    memcpy(h, magic, sizeof(magic));
    put_le(h + 8, VERSION, 4);
    put_le(h + 12, ENTRY_BLOCK, 4);
    put_le(h + 16, size, 8);
    put_le(h + 24, id->kind, 4);
    put_le(h + FLAGS_AT, 0, 4);
    memcpy(h + 32, id->hash, DIGEST_MAX);
}

/* The header is what this content's would be, flags aside. */
static bool header_ok(
    const uint8_t *h, const struct content_id *id, uint64_t size)
{
    uint8_t want[HEADER_SIZE];

    format_header(want, id, size);
    return memcmp(h, want, FLAGS_AT) == 0 &&
        memcmp(h + FLAGS_AT + 4, want + FLAGS_AT + 4,
            HEADER_SIZE - FLAGS_AT - 4) == 0;
}

int entry_open(const char *path, const struct content_id *id, uint64_t size,
    struct entry *e)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    uint8_t h[HEADER_SIZE];
    struct stat st;
    struct cur c;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0 ||
        (uint64_t)st.st_size != record_at(size, entry_blocks(size)) ||
        file_pread(fd, h, sizeof(h), header_at(size)) != 0 ||
        !header_ok(h, id, size)) {
        log_warn("cache: %s: not a valid entry, removed", path);
        close(fd);
        unlink(path);
        return -ENOENT;
    }
    c = cur_over(h + FLAGS_AT, 4);
    *e = (struct entry){.fd = fd,
        .size = size,
        .verified = (cur_u32le(&c) & FLAG_VERIFIED) != 0};
    return 0;
}

static int make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = xstrndup(path, (size_t)(slash - path));
    int err = file_mkdirs(dir, 0700);

    free(dir);
    return err;
}

/* A finished empty entry under a name of its own. */
static int make_aside(
    const char *aside, const struct content_id *id, uint64_t size)
{
    uint8_t h[HEADER_SIZE];
    int fd = open(aside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int err = 0;

    if (fd < 0)
        return -errno;
    format_header(h, id, size);
    if (ftruncate(fd, (off_t)record_at(size, entry_blocks(size))) != 0)
        err = -errno;
    if (err == 0)
        err = file_pwrite(fd, h, sizeof(h), header_at(size));
    close(fd);
    return err;
}

int entry_create(const char *path, const struct content_id *id, uint64_t size,
    struct entry *e)
{
    int err = entry_open(path, id, size, e);
    char *aside;
    uint64_t unique;

    if (err != -ENOENT)
        return err;
    err = make_parent(path);
    if (err != 0)
        return err;
    random_bytes(&unique, sizeof(unique));
    aside = xasprintf("%s.%016llx.tmp", path, (unsigned long long)unique);
    err = make_aside(aside, id, size);
    /* link(2) refuses where rename(2) would replace somebody else's. */
    if (err == 0 && link(aside, path) != 0 && errno != EEXIST)
        err = -errno;
    unlink(aside);
    free(aside);
    return err != 0 ? err : entry_open(path, id, size, e);
}

void entry_close(struct entry *e)
{
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
}

int entry_records(
    const struct entry *e, uint64_t first, size_t n, uint32_t *out)
{
    int err = file_pread(e->fd, out, 4 * n, record_at(e->size, first));

    for (size_t i = 0; err == 0 && i < n; i++) {
        struct cur c = cur_over(out + i, 4);

        out[i] = cur_u32le(&c);
    }
    return err;
}

/* A file that somebody has cut must stay cut, so that reads fail: written to,
 * it would grow again, with holes that look like data. */
static int check_size(const struct entry *e)
{
    struct stat st;

    if (fstat(e->fd, &st) != 0)
        return -errno;
    return (uint64_t)st.st_size == record_at(e->size, entry_blocks(e->size))
        ? 0
        : -EBADMSG;
}

static int clear_record(const struct entry *e, uint64_t block)
{
    static const uint8_t zero[4];
    int err = check_size(e);

    if (err != 0)
        return err;
    return file_pwrite(e->fd, zero, sizeof(zero), record_at(e->size, block));
}

int entry_check(const struct entry *e, uint64_t first, size_t n)
{
    uint8_t *p = xmalloc(ENTRY_BLOCK);
    int result = 0;

    for (uint64_t i = first; i < first + n; i++) {
        size_t len = entry_block_size(e->size, i);
        uint32_t want;
        int err = entry_records(e, i, 1, &want);

        if (err == 0)
            err = file_pread(e->fd, p, len, i * ENTRY_BLOCK);
        if (err == 0 && want != checksum32(p, len))
            err = -EBADMSG;
        if (err != 0) {
            clear_record(e, i);
            result = -EBADMSG;
        }
    }
    free(p);
    return result;
}

int entry_write(
    const struct entry *e, uint64_t offset, const uint8_t *p, size_t len)
{
    uint8_t record[4 * RUN_MAX];
    uint64_t block = offset / ENTRY_BLOCK;
    size_t n = 0;
    int err = check_size(e);

    if (err == 0)
        err = file_pwrite(e->fd, p, len, offset);
    for (size_t at = 0; err == 0 && at < len; n++) {
        size_t size = min_size(len - at, ENTRY_BLOCK);

        if (n == RUN_MAX) {
            err = file_pwrite(
                e->fd, record, sizeof(record), record_at(e->size, block));
            block += n;
            n = 0;
        }
        put_le(record + 4 * n, checksum32(p + at, size), 4);
        at += size;
    }
    if (err != 0)
        return err;
    return file_pwrite(e->fd, record, 4 * n, record_at(e->size, block));
}

int entry_set_verified(struct entry *e)
{
    uint8_t flags[4];
    int err = check_size(e);

    put_le(flags, FLAG_VERIFIED, 4);
    if (err == 0)
        err = file_pwrite(
            e->fd, flags, sizeof(flags), header_at(e->size) + FLAGS_AT);
    e->verified = err == 0;
    return err;
}
