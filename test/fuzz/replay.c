/* A main for fuzz harnesses where there is no libFuzzer: gives one every file
 * of its seed corpus, whole, cut off at every length, and with bytes changed,
 * and prints TAP. `make test` runs harnesses so; `make fuzz` searches.
 *
 *   fuzz_NAME CORPUS-FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define SEED_MAX ((size_t)16 << 20)
#define VARIANTS_MAX 4096 /* lengths and places tried of one seed */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From memory of exactly that size, so that a sanitizer sees what reads on. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = xmalloc(size);

    if (size != 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_variants(struct buf *seed)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    size_t step = seed->len / VARIANTS_MAX + 1;

    for (size_t at = 0; at < seed->len; at += step) {
        feed(seed->data, at);
        for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
            seed->data[at] ^= changes[i];
            feed(seed->data, seed->len);
            seed->data[at] ^= changes[i];
        }
    }
}

static int replay(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    struct buf seed = {0};
    int err = file_read_all(path, SEED_MAX, &seed);

    if (err == 0) {
        feed(seed.data, seed.len);
        feed_variants(&seed);
    }
    buf_free(&seed);
    free(path);
    return err;
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    unsigned n = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int err;

        if (entry->d_name[0] == '.')
            continue;
        err = replay(argv[1], entry->d_name);
        printf("%s %u - %s\n", err == 0 ? "ok" : "not ok", ++n, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    if (n == 0)
        printf("not ok %u - there is a seed corpus\n", ++n);
    printf("1..%u\n", n);
    return 0;
}
