/* SPDX-License-Identifier: MIT */
/* What the process owes to the secrets in its memory. */
#ifndef TENON_APP_PROCESS_H
#define TENON_APP_PROCESS_H

/* First thing of main: no core file, no look into the memory by others of the same user, files for the owner
 * only. */
void process_protect(void);

#endif
