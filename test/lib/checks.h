/* TAP output for test programs that are not cmocka's. */
#ifndef TEST_CHECKS_H
#define TEST_CHECKS_H

#include <stdbool.h>

#include "base/mem.h"

/* One check; returns what it was given. The text says what should be, with
 * what was found instead. */
bool check(bool good, const char *text, ...) PRINTF_LIKE(2, 3);

/* A check that cannot be made here. */
void check_skip(const char *why, ...) PRINTF_LIKE(1, 2);

/* Ends the program when going on makes no sense. */
void bail_out(const char *why, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* Prints the plan; gives the program's exit status. */
int checks_done(void);

#endif
