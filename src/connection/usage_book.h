/* SPDX-License-Identifier: MIT */
/* What one loop has counted of the use of connections and not yet handed over: a page a minute, on
 * it a cell for each connection, action and key that called. A call that comes again counts into
 * the cell it knows. Pages go to the control loop when it asks (manager.h), which adds them up by
 * action and by key. Belongs to one loop. Boot time is a parameter; the wall clock is looked at
 * when a page begins. */
#ifndef TENON_CONNECTION_USAGE_BOOK_H
#define TENON_CONNECTION_USAGE_BOOK_H

#include "base/str.h"
#include "metrics/counter.h"

/* X(ID, name in the API) */
#define USAGE_COUNTS(X)                                                                            \
    X(CALLS, "calls")                                                                              \
    X(THROTTLED, "throttled")       /* answered 429 and not sent to the service */                 \
    X(UPSTREAM_429, "upstream_429") /* the service itself answered 429 */                          \
    X(ERRORS, "errors")             /* answered 400 or more, but for 429, or not to the end */     \
    X(TOKEN_REQUESTS, "token_requests")
typedef enum {
#define USAGE_ENUM(id, name) USAGE_##id,
    USAGE_COUNTS(USAGE_ENUM)
#undef USAGE_ENUM
        USAGE_COUNT
} usage_count_t;
/* Behind them: how long the calls took that were not held back, by the buckets of a histogram. */
enum { USAGE_NUMBERS = USAGE_COUNT + HISTOGRAM_BUCKETS };

/* In the place of a name: all that are not told apart. No action and no key is called that. */
#define USAGE_OTHERS "*"

typedef struct usage_cell {
    struct usage_cell *next;
    uint32_t counts[USAGE_NUMBERS];
    int64_t last_wall_ms;          /* of the latest call; 0: none */
    str_t connection, action, key; /* behind the struct; empty: there is none */
} usage_cell_t;

typedef struct usage_page {
    struct usage_page *next;
    int64_t minute; /* since the epoch */
    usage_cell_t *cells;
} usage_page_t;
/* The whole list. */
void usage_pages_free(usage_page_t *p);

typedef struct usage_book usage_book_t;
usage_book_t *usage_book_new(void);
void usage_book_free(usage_book_t *b);

/* The page for a moment (clock_boot_ms): the number changes with every page, and cells belong to
 * the page of the number they were found under. */
unsigned usage_book_page(usage_book_t *b, int64_t boot_ms);
/* On the present page, found or made. Where there are too many, one that several share. */
usage_cell_t *usage_book_cell(usage_book_t *b, str_t connection, str_t action, str_t key);
/* Notes a call in a cell of the present page. */
void usage_book_note(const usage_book_t *b, usage_cell_t *cell, int64_t boot_ms);
/* Everything so far, with the present page; NULL: nothing. The caller's. */
usage_page_t *usage_book_take(usage_book_t *b);

#endif
