/* SPDX-License-Identifier: MIT */
/* What became of a source: of each of its operations whether it is hosted, hosted with a warning,
 * or refused, and why; and what is to be known of the connector as a whole. Nothing that a source
 * says is lost without a line here. Pure. */
#ifndef TENON_IMPORT_REPORT_H
#define TENON_IMPORT_REPORT_H

#include <jansson.h>

#include "base/arena.h"

typedef enum { VERDICT_HOSTED, VERDICT_WARNING, VERDICT_REFUSED } verdict_t;

/* {connector, source, notes: [{reason, detail}], operations: {NAME: {verdict, action, reasons:
 * [{reason, detail}]}}} */
typedef struct report {
    json_t *actions; /* action -> its operation */
    json_t *json; /* freed by report_fini */
    json_t *told; /* what is in it, as members: operation -> reason and detail; freed, too */
} report_t;

void report_init(report_t *r, str_t source);
void report_fini(report_t *r);

/* An operation is hosted until something else is said of it. Answers the name of its line, by which
 * the functions below know it: the source's own, or that with its place ("GET /rooms") behind it,
 * where another has that name already. */
str_t report_operation_in(arena_t *arena, report_t *r, str_t name, str_t place);
/* The name of its action, and the way back. */
void report_action(report_t *r, str_t operation, str_t action);
str_t report_operation_of(const report_t *r, str_t action); /* absent: none */
/* reason: a fixed word to count by ("script"); the detail is for people. The same is told once. */
void report_warn(report_t *r, str_t operation, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Hosted all the same, as it was: something of its description is gone. */
void report_tell(report_t *r, str_t operation, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void report_refuse(report_t *r, str_t operation, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool report_is_refused(const report_t *r, str_t operation);
/* Of the connector. */
void report_note(report_t *r, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* No definition can be made: every operation known so far is refused, too. Always answers false. */
bool report_fail(report_t *r, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

typedef struct report_counts {
    size_t hosted, warned, refused;
} report_counts_t;
report_counts_t report_count(const report_t *r);

#endif
