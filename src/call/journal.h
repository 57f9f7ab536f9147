/* SPDX-License-Identifier: MIT */
/* The latest calls of a host, each as it went: from the key to the service and back, with times.
 * For people who ask what became of one. Of a call it holds names, times, statuses and the hosts
 * that were called; never an input, a path, a query, a body or a credential. In memory only, and
 * bounded: each loop has a journal of its own, two rings that it writes without lock and without
 * memory - one of calls that failed, so that many that went well do not push those out. Whoever
 * asks gets copies, made by the loops themselves. */
#ifndef TENON_CALL_JOURNAL_H
#define TENON_CALL_JOURNAL_H

#include "base/err.h"
#include "base/loop.h"

/* X(ID, name in the API): the legs of a call's way. */
#define JOURNAL_LEGS(X)                                                                            \
    X(RECOGNISE, "recognise") /* the same bytes as a call before: key and input are known */       \
    X(IDENTIFY, "identify")   /* whose key, and which connection */                                \
    X(BIND, "bind")           /* which action, and its input checked */                            \
    X(TOKEN, "token")         /* one at hand? */                                                   \
    X(ADMIT, "admit")         /* the limits, and waiting for a slot */                             \
    X(AUTHORISE, "authorise") /* waiting for a token */                                            \
    X(PREPARE, "prepare")     /* one preparing request to the service */                           \
    X(SEND, "send")           /* the request to the service, until its answer has ended */         \
    X(PAUSE, "pause")         /* until the request is repeated */                                  \
    X(ANSWER, "answer")       /* back to the caller */
typedef enum {
#define JOURNAL_LEG_ENUM(id, name) LEG_##id,
    JOURNAL_LEGS(JOURNAL_LEG_ENUM)
#undef JOURNAL_LEG_ENUM
        LEG_COUNT
} journal_leg_kind_t;

/* X(ID, name in the API): how a leg ended. */
#define JOURNAL_ENDS(X)                                                                            \
    X(DONE, "done")                                                                                \
    X(FAILED, "failed")   /* the call ended here, or the service gave no whole answer */           \
    X(CACHED, "cached")   /* the token was at hand */                                              \
    X(MISSING, "missing") /* it was not */                                                         \
    X(FETCHED, "fetched") /* a token request brought it */                                         \
    X(SHARED, "shared")   /* another's request did */
typedef enum {
#define JOURNAL_END_ENUM(id, name) LEG_##id,
    JOURNAL_ENDS(JOURNAL_END_ENUM)
#undef JOURNAL_END_ENUM
        LEG_END_COUNT
} journal_leg_end_t;

typedef struct journal_text {
    uint16_t at, n; /* in the entry's texts; n 0: there is none */
} journal_text_t;

typedef struct journal_leg {
    uint8_t kind, end; /* journal_leg_kind_t, journal_leg_end_t */
    uint16_t status;   /* of the service's answer; 0: none */
    uint32_t at_us;    /* since the call began */
    uint32_t took_us;
    uint32_t head_us;    /* of it, until the answer's head was there; 0: not known */
    journal_text_t host; /* that was called */
} journal_leg_t;

enum { JOURNAL_LEGS_MAX = 12, JOURNAL_TEXT_BYTES = 416, JOURNAL_ID_BYTES = 22 };
/* At most: connector, connection, action, key and trace. */
enum { JOURNAL_NAMES_BYTES = 64 + 63 + 80 + 15 + 32 };
/* What every call has stands first: of most no more than that is touched. */
typedef struct journal_entry {
    int64_t began_us, ended_us; /* clock_boot_us; no two of a loop ended at the same */
    int64_t upstream_us;        /* all waiting for the service */
    int64_t bytes;              /* of its answer that went on to the caller */
    uint64_t connection_uid;    /* connection_t.uid; 0: it met none */
    uint16_t status, code;      /* of the answer; an err_code_t */
    bool is_broken;             /* the caller did not get all of it */
    bool is_recognised;         /* the shortest way: its legs are made when somebody asks */
    bool is_cut;                /* there were more legs than it holds */
    uint8_t loop;               /* whose it is: with ended_us, its place among all */
    uint8_t leg_count;
    char request_id[JOURNAL_ID_BYTES];
    uint16_t text_count;
    journal_text_t connector, connection, action, key, trace;
    char texts[JOURNAL_TEXT_BYTES];
    journal_leg_t legs[JOURNAL_LEGS_MAX];
} journal_entry_t;

/* 4xx but 401 and 429, which anybody can cause in any number, and 5xx; or broken off. */
static inline bool journal_is_trouble(int status, bool is_broken)
{
    return is_broken || (status >= 400 && status != 401 && status != 429);
}

/* --- writing: in the loop's thread --- */

/* A copy of text joins the entry, cut to the room that is left. */
journal_text_t journal_add_text(journal_entry_t *e, str_t text);
str_t journal_read_text(const journal_entry_t *e, journal_text_t text);
/* The same of a leg's host: each once, and none that would leave too little room for the call's
 * names. */
journal_text_t journal_add_host(journal_entry_t *e, str_t host);
/* A leg from where the one before ended, or the call began, until now_us; the last one where there
 * is no room. */
journal_leg_t *journal_add_leg(journal_entry_t *e, journal_leg_kind_t kind, journal_leg_end_t end,
                               int64_t now_us);

typedef struct journal journal_t;
/* Where the next call that ended so is written, over the oldest of its ring: the caller fills in
 * what it knows, of legs and texts as many as it counts. NULL where j is, and where nothing is
 * kept. */
journal_entry_t *journal_next(journal_t *j, bool is_trouble, int64_t ended_us);
/* A copy of what was gathered on the way. */
void journal_write(journal_t *j, const journal_entry_t *e);

/* --- all journals of a host --- */

typedef struct journals journals_t;
/* kept: calls of either ring, a loop; 0: nothing is kept. */
journals_t *journals_new(size_t kept);
/* No loop runs any more. NULL is allowed. */
void journals_free(journals_t *all);
/* Before anybody asks; belongs to that loop from then on, and lives as long as all. NULL where all
 * is. */
journal_t *journals_add(journals_t *all, loop_t *loop);

/* --- asking: from a loop --- */

typedef struct journal_query {
    bool is_bound;      /* only calls of these connections, by uid; given away */
    uint64_t *connections;
    size_t connection_count;
    char connection[64];                   /* "": of any name */
    char request_id[JOURNAL_ID_BYTES + 1]; /* "": of any */
    uint16_t status_from, status_to;       /* both within; 0 to UINT16_MAX: any */
    bool trouble_only;
    bool is_before; /* those that ended before this place only */
    int64_t ended_us;
    uint8_t loop;
    size_t limit;
} journal_query_t;
/* list: the newest first, borrowed; more: there are older ones. */
typedef void journal_on_calls_t(void *context, const journal_entry_t *list, size_t count,
                                bool more);
void journals_ask(journals_t *all, const journal_query_t *query, journal_on_calls_t *on_calls,
                  void *context);

#endif
