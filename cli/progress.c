/* Progress on stderr. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/timer.h"

#define EVERY_MS 200
#define MIB (1024.0 * 1024.0)

void progress_bytes(struct progress *p, uint64_t done, uint64_t all)
{
    uint64_t now = clock_mono_ms();

    if (!isatty(STDERR_FILENO) || (p->shown && now - p->said_ms < EVERY_MS))
        return;
    p->said_ms = now;
    p->shown = true;
    fprintf(stderr, "\r%s: %.0f of %.0f MiB, %.0f%% \033[K", p->what,
        (double)done / MIB, (double)all / MIB,
        all > 0 ? 100.0 * (double)done / (double)all : 100.0);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
