/* SPDX-License-Identifier: MIT */
/* What the process asks of the system for itself. */
#ifndef TENON_APP_PROCESS_H
#define TENON_APP_PROCESS_H

/* First thing of main: no core file, no look into the memory by others of the same user, files for
 * the owner only. */
void process_protect(void);
/* As many open files as the system lets this process have: a connection is one, and each call may
 * need another. */
void process_raise_files(void);

#endif
