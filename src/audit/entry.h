/* SPDX-License-Identifier: MIT */
/* One thing that happened, as whoever did it tells it, and its JSON. Names only, never a value of a secret. Texts
 * that strangers choose are cut. Pure. */
#ifndef TENON_AUDIT_ENTRY_H
#define TENON_AUDIT_ENTRY_H

#include <jansson.h>

#include "audit/what.h"
#include "base/actor.h"
#include "base/buf.h"
#include "base/err.h"

typedef struct audit_entry {
    audit_what_t what;
    const actor_t *actor;
    str_t object;          /* the connection, key, connector...; absent: none */
    const json_t *fields;  /* names of what was changed; NULL: none */
    const json_t *details; /* an object of what else is worth knowing; NULL: none */
    err_code_t refused;    /* ERR_none: it was done */
} audit_entry_t;

enum { ENTRY_MAX = 8 * 1024, ENTRY_ID_ROOM = 24 };

/* Appends the JSON object, at most ENTRY_MAX bytes. id tells it from all others. */
void entry_write(const audit_entry_t *e, str_t id, int64_t wall_ms, buf_t *to);

#endif
