/* The file that the tests of reads share. */
#include "test/lib/httpd_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/mem.h"

static int open_with(void **state, const struct hub_config *config)
{
    struct file_stage *f = xcalloc(1, sizeof(*f));

    stage_open(&f->s, config);
    f->bytes = pattern_new(FILE_SIZE);
    f->file = (struct hub_file){.hub = f->s.hub,
        .at = {.kind = HUB_MODEL, .id = "a/b", .sha = SHA},
        .path = "dir/w.bin",
        .size_bytes = FILE_SIZE,
        .hash_kind = HUB_HASH_SHA256};
    digest_once(DIGEST_SHA256, f->bytes, FILE_SIZE, f->file.hash);
    collector_init(&f->to);
    *state = f;
    return 0;
}

int file_setup(void **state)
{
    return open_with(state, NULL);
}

int file_setup_private(void **state)
{
    const struct hub_config config = {.stall_ms = 30000, .token = "hf_1"};

    return open_with(state, &config);
}

int file_teardown(void **state)
{
    struct file_stage *f = *state;

    stage_close(&f->s);
    buf_free(&f->to.got);
    free(f->bytes);
    free(f);
    return 0;
}

struct httpd_reply good(const struct file_stage *f)
{
    return (struct httpd_reply){
        .headers = COMMIT, .body = f->bytes, .len = FILE_SIZE, .ranges = true};
}

int read_part(struct file_stage *f, uint64_t offset, uint64_t len)
{
    struct waiting w;

    waiting_begin(&w);
    buf_clear(&f->to.got);
    hub_file_read(&f->file, offset, len, &f->to.sink, &w.op);
    return waiting_end(&w, &f->s.loop);
}

void check_got(const struct file_stage *f, uint64_t offset, uint64_t len)
{
    assert_int_equal(f->to.got.len, len);
    if (len > 0)
        assert_memory_equal(f->to.got.data, f->bytes + offset, len);
}

void check_read(struct file_stage *f, uint64_t offset, uint64_t len)
{
    assert_int_equal(read_part(f, offset, len), 0);
    check_got(f, offset, len);
}

const char *request(const struct file_stage *f, size_t nth)
{
    const char *text = httpd_request(f->s.http, GET_FILE, nth);

    assert_non_null(text);
    return text;
}

void bad_then_good(struct file_stage *f, const struct httpd_reply *bad,
    uint64_t at, uint64_t n)
{
    httpd_clear(f->s.http);
    httpd_on(f->s.http, GET_FILE, bad);
    always(f->s.http, GET_FILE, good(f));
    check_read(f, at, n);
    assert_int_equal(httpd_count(f->s.http, ""), 2);
}
