/* SPDX-License-Identifier: MIT */
/* What writing and reading share of journals. */
#ifndef TENON_CALL_JOURNAL_INTERNAL_H
#define TENON_CALL_JOURNAL_INTERNAL_H

#include "call/journal.h"

enum { JOURNAL_RINGS = 2, JOURNALS_MAX = 64 };

typedef struct journal_ring {
    journal_entry_t *list; /* of the journal's length */
    size_t next, count;
} journal_ring_t;

struct journal {
    loop_t *loop;
    size_t kept;
    int64_t last_us;                     /* when the latest ended */
    journal_ring_t rings[JOURNAL_RINGS]; /* of calls that went well, and of trouble */
    uint8_t number;                      /* among all */
};

struct journals {
    size_t kept;
    unsigned count;
    journal_t *list[JOURNALS_MAX];
};

#endif
