/* SPDX-License-Identifier: MIT */
/* The audit trail: who changed what, when, from where, in files that nobody can change unnoticed (chain.h). A thread of its
 * own writes them and looks into them; nobody else waits for a disk. A change writes its line into the store in one transaction
 * with itself (audit_line), so that neither is there without the other, and the thread moves it from there. Outlives whoever
 * tells; the store and the key ring outlive it. */
#ifndef TENON_AUDIT_AUDIT_H
#define TENON_AUDIT_AUDIT_H

#include "audit/entry.h"
#include "audit/list.h"
#include "base/exchange.h"

typedef struct audit audit_t;

/* Opens or begins the trail and starts the thread. Errors: store_failed. */
audit_t *audit_open(const trail_options_t *options, err_t *err);
/* Writes what was told, ends the thread. */
void audit_close(audit_t *a);

/* False where the files cannot be written: then nothing may be changed. From any thread. */
bool audit_is_well(const audit_t *a);
/* "the audit trail cannot be written": audit_unavailable; and tries again, at once. Answers false. */
bool audit_refuse(audit_t *a, err_t *err);

/* The line of a change as one more change of its transaction; texts live in the arena. Any thread. */
void audit_line(audit_t *a, arena_t *arena, const audit_entry_t *e, store_change_t *change);
/* Such a transaction was committed. Any thread. */
void audit_moved_on(audit_t *a);

/* A line of what changes nothing here; nobody waits for it. Of one kind of refusals at most AUDIT_REFUSALS_A_MINUTE are told one
 * by one, and then how many more there were. Any thread. */
enum { AUDIT_REFUSALS_A_MINUTE = 30 };
void audit_note(audit_t *a, const audit_entry_t *e);
/* The same, but on_done comes when the line is durable, or with audit_unavailable or store_unavailable. From a loop. */
typedef void audit_on_told_t(void *context, const err_t *err);
void audit_tell(audit_t *a, const audit_entry_t *e, audit_on_told_t *on_done, void *context);

/* What the trail says, with all that was told before. From a loop; the answer is borrowed. The query is copied. */
typedef void audit_on_report_t(void *context, json_t *report);
void audit_list(audit_t *a, const audit_query_t *query, audit_on_report_t *on_report, void *context);
void audit_verify(audit_t *a, audit_on_report_t *on_report, void *context);

/* Lines that this process wrote. Any thread. */
uint64_t audit_line_count(const audit_t *a);

#endif
