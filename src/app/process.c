/* SPDX-License-Identifier: MIT */
#include "app/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

void process_protect(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    umask(077);
}
