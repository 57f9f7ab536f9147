/* SPDX-License-Identifier: MIT */
/* The thread of the trail: rounds (audit.c), in which it takes what was told (telling.c) and answers what was asked (asking.c).
 * What stands behind a loop_message_t or an exchange_t is the thread's from its message on. */
#ifndef TENON_AUDIT_AUDIT_INTERNAL_H
#define TENON_AUDIT_AUDIT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "audit/refusals.h"
#include "audit/trail.h"

typedef struct telling telling_t;
typedef struct asking asking_t;

struct audit {
    trail_t trail;
    loop_t *loop;
    pthread_t thread;
    atomic_bool is_well, is_woken;
    atomic_uint next_id;
    unsigned process; /* drawn, tells ids of this process from others' */
    atomic_ullong lines;
    refusals_t refusals;
    loop_message_t wake_message, stop_message;
    loop_timer_t retry, minute;
    /* the thread's own */
    bool has_waiting; /* the store may hold lines */
    bool stopping;
    size_t segments_seen;
    telling_t *told, **told_end;
    size_t told_count;
    asking_t *asked, **asked_end;
};

/* What an attempt to write says of the file; where it failed, another one follows. */
void audit_judge(audit_t *a, bool ok, const err_t *err);
/* An entry's JSON under an id of its own, which it answers; to is to be freed. */
str_t audit_write_entry(audit_t *a, const audit_entry_t *e, char id[ENTRY_ID_ROOM], buf_t *to);

/* Appends everything that was told, and answers who waits. */
void tellings_append(audit_t *a);
/* Answers everything that was asked. */
void askings_answer(audit_t *a);

#endif
