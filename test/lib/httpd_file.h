/* A stage with one file in the scripted Hub, and reads of it. */
#ifndef TEST_LIB_HTTPD_FILE_H
#define TEST_LIB_HTTPD_FILE_H

#include "test/lib/httpd_hub.h"

#define FILE_SIZE ((size_t)300000)
#define URL "/a/b/resolve/" SHA "/dir/w.bin"
#define GET_FILE "GET " URL
#define COMMIT "X-Repo-Commit: " SHA "\r\n"

struct file_stage {
    struct stage s;
    uint8_t *bytes;
    struct hub_file file;
    struct collector to;
};

/* cmocka's setup and teardown; a client with a token, that waits half a minute
 * for a byte. */
int file_setup(void **state);
int file_setup_private(void **state);
int file_teardown(void **state);

/* An answer of the whole file, or of a range of it. */
struct httpd_reply good(const struct file_stage *f);

/* Reads into f->to; check_read() wants success and the right bytes. */
int read_part(struct file_stage *f, uint64_t offset, uint64_t len);
void check_got(const struct file_stage *f, uint64_t offset, uint64_t len);
void check_read(struct file_stage *f, uint64_t offset, uint64_t len);

/* The text of the nth request for the file. */
const char *request(const struct file_stage *f, size_t nth);

/* The first answer is bad, all others are good: the read takes two. */
void bad_then_good(struct file_stage *f, const struct httpd_reply *bad,
    uint64_t at, uint64_t n);

#endif
