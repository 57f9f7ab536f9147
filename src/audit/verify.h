/* SPDX-License-Identifier: MIT */
/* Every line of the trail held against the chain and against what the state knows. Reads files only; in the audit thread. */
#ifndef TENON_AUDIT_VERIFY_H
#define TENON_AUDIT_VERIFY_H

#include "audit/trail.h"

/* {ok, lines, first, last, since, until, segments, bytes, mac, faults, fault?: {reason, seq, file, line, detail}}: a new
 * reference. reason: lines_missing, line_changed, line_twice, line_misplaced, line_unreadable, file_unreadable,
 * not_verifiable. faults counts all, fault is the first. */
json_t *trail_verify(const trail_t *t);

#endif
