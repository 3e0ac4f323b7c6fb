/* Blobs on disk, and signatures: what the local Hub keeps, and what it knows
 * again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/timer.h"
#include "hub/local_blobs.h"
#include "hub/local_sign.h"

static char *make_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = xasprintf("%s/hffs-XXXXXX", tmp != NULL ? tmp : "/tmp");

    assert_non_null(mkdtemp(dir));
    return dir;
}

static struct blob_in *write_blob(struct blobs *b, const char *text)
{
    struct blob_in *in = NULL;

    assert_int_equal(blob_begin(b, &in), 0);
    assert_int_equal(file_write(in->fd, text, strlen(text)), 0);
    digest_once(DIGEST_SHA256, text, strlen(text), in->sha256);
    return in;
}

static void assert_blob(struct blobs *b, const char *text)
{
    uint8_t sha256[SHA256_SIZE];
    struct buf got = {0};
    uint64_t size = 0;
    int fd;

    digest_once(DIGEST_SHA256, text, strlen(text), sha256);
    assert_int_equal(blobs_size(b, sha256, &size), 0);
    assert_int_equal(size, strlen(text));
    fd = blobs_open(b, sha256);
    assert_true(fd >= 0);
    assert_int_equal(file_pread(fd, buf_grow(&got, size), size, 0), 0);
    assert_memory_equal(got.data, text, size);
    buf_free(&got);
    close(fd);
}

static size_t count_new(const char *dir)
{
    char *path = xasprintf("%s/new", dir);
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    /* A folder without files can be removed. */
    if (rmdir(path) == 0) {
        assert_int_equal(mkdir(path, 0700), 0);
        free(path);
        return 0;
    }
    free(path);
    return 1;
}

static void blobs_appear_whole_or_not_at_all(void **state)
{
    char *dir = make_dir();
    struct blobs *b = NULL;
    struct blob_in *in[20];
    uint8_t none[SHA256_SIZE] = {0};
    char text[16];

    (void)state;
    assert_int_equal(blobs_on_disk(dir, &b), 0);
    in[0] = write_blob(b, "one");
    assert_false(blobs_has(b, in[0]->sha256));
    assert_int_equal(blobs_publish(b, in, 1), 0);
    blob_drop(in[0]);
    assert_blob(b, "one");
    /* Many together, one of them twice, one that is there, one closed. */
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof(text), "%d", i / 2);
        in[i] = write_blob(b, i == 7 ? "one" : text);
    }
    blob_in_close(in[5]);
    assert_int_equal(blobs_publish(b, in, 20), 0);
    for (int i = 0; i < 20; i++)
        blob_drop(in[i]);
    assert_blob(b, "one");
    assert_blob(b, "0");
    assert_blob(b, "2");
    assert_blob(b, "9");
    assert_int_equal(blobs_open(b, none), -ENOENT);
    assert_int_equal(count_new(dir), 0);
    /* What was not published is gone; after a crash, with the next start. */
    blob_drop(write_blob(b, "dropped"));
    assert_int_equal(count_new(dir), 0);
    in[0] = write_blob(b, "lost");
    blobs_free(b);
    assert_int_equal(blobs_on_disk(dir, &b), 0);
    assert_int_equal(count_new(dir), 0);
    assert_false(blobs_has(b, in[0]->sha256));
    in[0]->blobs = b;
    blob_drop(in[0]);
    assert_blob(b, "one");
    blobs_free(b);
    assert_int_equal(file_remove_tree(dir), 0);
    free(dir);
}

static void signatures_hold_for_what_they_were_made_for(void **state)
{
    uint8_t key[SIGN_KEY_SIZE] = {1};
    int64_t soon = clock_wall_ns() / 1000000000 + 100;
    char text[SIGN_TEXT_MAX];

    (void)state;
    sign_text(key, "lfs", soon, "subject", text);
    assert_true(sign_check(key, "lfs", soon, "subject", text));
    assert_false(sign_check(key, "lfs", soon + 1, "subject", text));
    assert_false(sign_check(key, "lfs", soon, "subjec", text));
    assert_false(sign_check(key, "xet", soon, "subject", text));
    assert_false(sign_check(key, "lfs", soon, "subject", ""));
    text[0] ^= 1;
    assert_false(sign_check(key, "lfs", soon, "subject", text));
    text[0] ^= 1;
    key[0] = 2;
    assert_false(sign_check(key, "lfs", soon, "subject", text));
    sign_text(key, "lfs", soon - 200, "subject", text);
    assert_false(sign_check(key, "lfs", soon - 200, "subject", text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blobs_appear_whole_or_not_at_all),
        cmocka_unit_test(signatures_hold_for_what_they_were_made_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
