/* SPDX-License-Identifier: MIT */
/* How many refusals of each kind were told in the present minute, so that whoever is refused cannot fill the trail. Any
 * thread. */
#ifndef TENON_AUDIT_REFUSALS_H
#define TENON_AUDIT_REFUSALS_H

#include <stdatomic.h>

#include "audit/audit.h"

typedef struct refusals {
    atomic_uint told[AUDIT_WHAT_COUNT], more[AUDIT_WHAT_COUNT];
    atomic_int code[AUDIT_WHAT_COUNT]; /* of the latest */
} refusals_t;

/* True where it is still told one by one; else it is counted. */
bool refusals_admit(refusals_t *r, audit_what_t what, err_code_t code);
/* A minute is over: how many more there were of a kind, the latest with *code. */
unsigned refusals_take(refusals_t *r, audit_what_t what, err_code_t *code);

#endif
