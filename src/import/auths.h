/* SPDX-License-Identifier: MIT */
/* What the ways to sign in of a definition have in common. Pure. */
#ifndef TENON_IMPORT_AUTHS_H
#define TENON_IMPORT_AUTHS_H

#include <jansson.h>

/* The application is the user's own where the hosts are: what an admin gives may not go there
 * (FORMAT 9). */
void auths_ask_users(json_t *auths);

#endif
