/* SPDX-License-Identifier: MIT */
/* Lines of the trail, found by what they tell. Reads files only; in the audit thread. */
#ifndef TENON_AUDIT_LIST_H
#define TENON_AUDIT_LIST_H

#include "audit/trail.h"

typedef struct audit_query {
    bool newest_first;
    uint64_t after;            /* seq of the last line seen, in the order asked for; 0: from the first */
    unsigned limit;
    int64_t since_ms, until_ms; /* wall time; 0: any */
    str_t what, object, actor, request_id; /* absent: any. actor: a key, a session or a kind of actor */
} audit_query_t;

/* {lines: [...], next?: "SEQ"}: a new reference. A page ends, too, where it has looked through enough. */
json_t *trail_list(const trail_t *t, const audit_query_t *query);

#endif
