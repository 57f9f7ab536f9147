/* SPDX-License-Identifier: MIT */
/* What the files of the trail share. */
#ifndef TENON_AUDIT_TRAIL_INTERNAL_H
#define TENON_AUDIT_TRAIL_INTERNAL_H

#include "audit/trail.h"

#define WAITING "audit" /* kind of the store's records */

/* Appends a line of the host's own about the trail itself. details is stolen. False where it is not durable. */
bool trail_tell(trail_t *t, audit_what_t what, json_t *details);
/* The state, and that these waiting lines are gone, into the store. Error: store_unavailable. */
CHECKED bool trail_keep(trail_t *t, const str_t *gone, size_t count, err_t *err);
/* Finds out how far the files go, and goes on behind that (recover.c). */
void trail_recover(trail_t *t);

#endif
