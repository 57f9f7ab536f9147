/* SPDX-License-Identifier: MIT */
#include "base/fatal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No stdio and no allocation: memory may be what ran out. */
static void complain(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) {
        return; /* nobody is left to tell */
    }
}

void fatal_abort(const char *why)
{
    const char *reason = errno ? strerrordesc_np(errno) : NULL;
    complain("tenon: ");
    complain(why);
    if (reason) {
        complain(": ");
        complain(reason);
    }
    complain("\n");
    abort();
}
