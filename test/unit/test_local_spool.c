/* Bodies on their way to disk, and parts that become one content. */
#include "hub/local_spool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/op.h"
#include "base/work.h"
#include "hub/local_blobs.h"
#include "hub/local_part.h"
#include "hub/local_upload.h"
#include "test/lib/temp.h"

struct fix {
    uv_loop_t loop;
    struct pool pool;
    char *dir;
    struct blobs *blobs;
    unsigned wrote;
    void *last; /* what the last write told */
};

static int setup(void **state)
{
    struct fix *f = xcalloc(1, sizeof(*f));

    f->dir = temp_dir();
    uv_loop_init(&f->loop);
    pool_init(&f->pool, &f->loop, 4);
    assert_int_equal(blobs_on_disk(f->dir, &f->blobs), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fix *f = *state;

    assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    blobs_free(f->blobs);
    assert_int_equal(file_remove_tree(f->dir), 0);
    free(f->dir);
    free(f);
    return 0;
}

static void on_wrote(void *owner, void *user)
{
    struct fix *f = owner;

    f->wrote++;
    f->last = user;
}

static struct spool *make(struct fix *f, bool hash)
{
    return spool_new(&(struct spool_config){
        .pool = &f->pool,
        .blobs = f->blobs,
        .hash = hash,
        .wrote = on_wrote,
        .owner = f,
        .user = f,
    });
}

/* n bytes that do not repeat soon; the caller frees them. */
static uint8_t *noise(size_t n)
{
    uint8_t *p = xmalloc(n);

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 + i / 251 + i / 65521);
    return p;
}

/* Adds all of it, in steps, as a connection would. */
static void add_all(
    struct fix *f, struct spool *s, const uint8_t *p, size_t n, size_t step)
{
    for (size_t at = 0; at < n;) {
        size_t taken = spool_add(s, p + at, min_size(step, n - at));

        at += taken;
        if (taken == 0) {
            assert_true(spool_busy(s));
            uv_run(&f->loop, UV_RUN_ONCE);
        }
    }
    while (spool_busy(s))
        uv_run(&f->loop, UV_RUN_ONCE);
}

static void assert_reads(struct spool *s, const uint8_t *p, size_t n)
{
    uint8_t *got = xmalloc(n + 1);
    size_t at = 0;
    long k;

    assert_int_equal(spool_size(s), n);
    while ((k = spool_read(s, got + at, 100003, at)) > 0)
        at += (size_t)k;
    assert_int_equal(k, 0);
    assert_int_equal(at, n);
    assert_memory_equal(got, p, n);
    free(got);
}

static void what_goes_in_comes_out(void **state)
{
    static const size_t sizes[] = {0, 1, SPOOL_PIECE - 1, SPOOL_PIECE,
        SPOOL_PIECE + 1, 3 * SPOOL_PIECE, 5 * SPOOL_PIECE + 17};
    struct fix *f = *state;
    uint8_t *p = noise(6 * SPOOL_PIECE);

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct spool *s = make(f, true);
        struct blob_in *in = NULL;
        uint8_t want[SHA256_SIZE];
        uint8_t got[SHA256_SIZE];
        uint64_t size;

        add_all(f, s, p, sizes[i], i % 2 == 0 ? 40000 : 2 * SPOOL_PIECE);
        assert_reads(s, p, sizes[i]);
        assert_int_equal(spool_end(s, got, &in), 0);
        digest_once(DIGEST_SHA256, p, sizes[i], want);
        assert_memory_equal(got, want, SHA256_SIZE);
        memcpy(in->sha256, got, SHA256_SIZE);
        assert_int_equal(blobs_publish(f->blobs, &in, 1), 0);
        blob_drop(in);
        assert_int_equal(blobs_size(f->blobs, want, &size), 0);
        assert_int_equal(size, sizes[i]);
        spool_free(s);
    }
    free(p);
}

static void one_piece_stays_in_memory(void **state)
{
    struct fix *f = *state;
    uint8_t *p = noise(SPOOL_PIECE);
    struct spool *s = make(f, false);

    add_all(f, s, p, SPOOL_PIECE, 1000);
    assert_int_equal(f->wrote, 0);
    assert_reads(s, p, SPOOL_PIECE);
    spool_free(s);
    free(p);
}

static void a_client_that_leaves_in_a_write(void **state)
{
    struct fix *f = *state;
    uint8_t *p = noise(2 * SPOOL_PIECE);
    struct spool *s = make(f, true);

    assert_int_equal(spool_add(s, p, SPOOL_PIECE + 1), SPOOL_PIECE + 1);
    assert_true(spool_busy(s));
    spool_free(s);
    while (f->wrote == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_null(f->last);
    free(p);
}

static void a_disk_that_takes_nothing(void **state)
{
    struct fix *f = *state;
    uint8_t *p = noise(4 * SPOOL_PIECE);
    struct spool *s = make(f, false);
    char *new = xasprintf("%s/new", f->dir);

    assert_int_equal(file_remove_tree(new), 0);
    add_all(f, s, p, 4 * SPOOL_PIECE, 100000);
    assert_int_equal(spool_error(s), -ENOENT);
    assert_int_equal(f->wrote, 1);
    spool_free(s);
    free(new);
    free(p);
}

/* ---- Parts */

static void keep(struct fix *f, const char *dir, const struct upload *u,
    struct part *part, const uint8_t *p, size_t n)
{
    struct blob_in *in = NULL;

    assert_int_equal(blob_begin(f->blobs, &in), 0);
    assert_int_equal(file_write(in->fd, p, n), 0);
    assert_int_equal(part_keep(dir, u, in, part), 0);
    blob_drop(in);
}

static int join(struct fix *f, const char *dir, const struct upload *u,
    const struct part *part)
{
    struct blob_in *in = NULL;
    int err;

    assert_int_equal(blob_begin(f->blobs, &in), 0);
    err = part_join(dir, u, part, in);
    if (err == 0)
        err = blobs_publish(f->blobs, &in, 1);
    blob_drop(in);
    return err;
}

static void parts_become_one(void **state)
{
    struct fix *f = *state;
    size_t each = (size_t)LFS_MULTIPART_MIN;
    size_t n = each + 1000;
    uint8_t *p = noise(n);
    struct upload u = {.size = n, .repo = 7, .user = "ada"};
    struct upload other = {.size = n, .repo = 7, .user = "bob"};
    struct part part[2] = {{.number = 1}, {.number = 2}};
    struct part again = {.number = 2};
    char *dir = xasprintf("%s/parts", f->dir);
    struct part missing[2];

    digest_once(DIGEST_SHA256, p, n, u.sha256);
    memcpy(other.sha256, u.sha256, SHA256_SIZE);
    assert_int_equal(upload_parts(n), 2);
    keep(f, dir, &u, &part[1], p + each, 1000);
    keep(f, dir, &u, &again, p, 1000);
    assert_string_not_equal(part[1].tag, again.tag);
    memcpy(missing, part, sizeof(part));
    strcpy(missing[0].tag, "00000000000000000000000000000000");
    assert_int_equal(join(f, dir, &u, missing), -ENOENT);
    keep(f, dir, &u, &part[0], p, each);
    assert_int_equal(
        join(f, dir, &u, (struct part[]){part[0], again}), -EBADMSG);
    assert_int_equal(
        join(f, dir, &u, (struct part[]){part[1], part[1]}), -EBADMSG);
    assert_int_equal(join(f, dir, &other, part), -ENOENT);
    assert_false(blobs_has(f->blobs, u.sha256));
    assert_int_equal(join(f, dir, &u, part), 0);
    assert_true(blobs_has(f->blobs, u.sha256));
    assert_int_equal(part_sweep(dir, 1000), 0);
    assert_int_equal(join(f, dir, &u, part), 0);
    assert_int_equal(part_sweep(dir, INT64_MAX), 0);
    assert_int_equal(join(f, dir, &u, part), -ENOENT);
    assert_int_equal(part_remove(dir, &u), 0);
    free(dir);
    free(p);
}

static void sizes_of_parts(void **state)
{
    static const uint64_t sizes[] = {LFS_MULTIPART_MIN, LFS_MULTIPART_MIN + 1,
        (uint64_t)1 << 34, ((uint64_t)1 << 35) + 1, LFS_OBJECT_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint64_t each = upload_part_size(sizes[i]);
        unsigned n = upload_parts(sizes[i]);

        assert_in_range(n, 1, 500);
        assert_true(each >= LFS_MULTIPART_MIN);
        assert_true((n - 1) * each < sizes[i] && sizes[i] <= n * each);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_goes_in_comes_out),
        CASE(one_piece_stays_in_memory),
        CASE(a_client_that_leaves_in_a_write),
        CASE(a_disk_that_takes_nothing),
        CASE(parts_become_one),
        cmocka_unit_test(sizes_of_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
