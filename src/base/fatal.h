/* SPDX-License-Identifier: MIT */
/* The end of the process where going on would be worse: no memory, no kernel object that a loop
 * stands on. Never for anything that a stranger can bring about. */
#ifndef TENON_BASE_FATAL_H
#define TENON_BASE_FATAL_H

/* Writes "tenon: why" and the text of errno, if there is one, to standard error and aborts. */
_Noreturn void fatal_abort(const char *why);

#endif
