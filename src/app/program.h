/* SPDX-License-Identifier: MIT */
/* Other programs, run to their end: no shell between, output and time bounded. Blocks: before the host's threads begin and
 * in commands, never on a loop. */
#ifndef TENON_APP_PROGRAM_H
#define TENON_APP_PROGRAM_H

#include "base/buf.h"
#include "base/err.h"

typedef struct program {
    const char *const *words; /* the program and its arguments, NULL behind the last; without `/` it is looked for in PATH */
    bool inherits;            /* this process's environment; else it gets a PATH and nothing more */
    str_t input;              /* on its standard input */
    int64_t timeout_ms;
} program_t;

/* Appends its standard output, up to the buffer's ceiling; its standard error is ours. Error: configuration, saying which
 * program and what became of it, and nothing of what it printed. */
CHECKED bool program_run(const program_t *p, buf_t *output, err_t *err);

#endif
