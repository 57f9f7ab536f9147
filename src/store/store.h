/* SPDX-License-Identifier: MIT */
/* Durable records. A record is named by kind and id, carries a generation, readable members (JSON text) and
 * sealed bytes; what they mean is the business of the folders above. One thread owns the database and commits
 * waiting writes together; callers on loops get one answer back by message and never wait. A backend is one
 * const struct (store_backend.h): SQLite here, a shared database later. */
#ifndef TENON_STORE_STORE_H
#define TENON_STORE_STORE_H

#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"

typedef struct store store_t;

typedef struct store_record {
    str_t kind;
    str_t id;
    uint64_t generation; /* of a put: the new one */
    int64_t changed_at_ms; /* wall time */
    str_t plain;  /* JSON text */
    str_t sealed; /* may be absent */
} store_record_t;

/* folder/tenon.db; the folder is made with mode 0700 where it is missing. Takes an exclusive lock that lasts as
 * long as the process. Errors: store_locked, store_too_new, store_failed. */
store_t *store_open(const char *folder, err_t *err);
/* Finishes what is queued, then closes. Every answer has been posted when it returns: the loops that wait for one
 * must still be there, and turn once more. */
void store_close(store_t *s);
/* True where the folder holds a store already (so no master key may be made). */
bool store_exists(const char *folder);

/* STORE_CHECK changes nothing: with check_generation it ties the batch to what another record is. STORE_RESEAL puts other
 * sealed bytes in the place of `was` and leaves all else of the record as it is; where the record has other bytes or another
 * generation by now, or is gone, it does nothing. */
typedef enum { STORE_PUT, STORE_DELETE, STORE_CHECK, STORE_RESEAL } store_verb_t;
typedef struct store_change {
    store_verb_t verb;
    store_record_t record;   /* of a delete or check: kind and id */
    bool check_generation;   /* refuse the whole batch unless the stored generation is expected (0: not there) */
    uint64_t expected;
    str_t was; /* of a reseal */
} store_change_t;

/* What comes back; borrowed for the call. */
typedef struct store_result {
    bool ok;
    bool conflict;           /* a generation was not the expected one; nothing was written */
    err_t err;               /* store_unavailable where the database failed */
    const store_record_t *records; /* of get (0 or 1) and list */
    size_t count;
} store_result_t;
typedef void store_on_done_t(void *context, const store_result_t *result);

/* From any loop's thread; the answer comes to reply_to. Arguments are copied. A read sees every write that was
 * asked for before it. */
void store_get(store_t *s, loop_t *reply_to, str_t kind, str_t id, store_on_done_t *on_done, void *context);
/* Records of a kind with id > after (absent: from the first) that start with prefix (absent: all), in the order of
 * their ids, at most limit. */
void store_list(store_t *s, loop_t *reply_to, str_t kind, str_t prefix, str_t after, unsigned limit,
                store_on_done_t *on_done, void *context);
/* Records of every kind behind (kind, id), in the order of both, at most limit; without their readable members. */
void store_walk(store_t *s, loop_t *reply_to, str_t kind, str_t id, unsigned limit, store_on_done_t *on_done,
                void *context);
/* All changes or none. durable: answered only after fsync; else within the next second's commit. on_done may
 * be NULL. */
void store_write(store_t *s, loop_t *reply_to, const store_change_t *changes, size_t count, bool durable,
                 store_on_done_t *on_done, void *context);
/* The same, waiting: for start-up and for the command line without a host. Never on a loop. */
void store_get_now(store_t *s, str_t kind, str_t id, store_on_done_t *on_done, void *context);
void store_list_now(store_t *s, str_t kind, str_t prefix, str_t after, unsigned limit, store_on_done_t *on_done,
                    void *context);
void store_write_now(store_t *s, const store_change_t *changes, size_t count, store_on_done_t *on_done,
                     void *context);
/* A copy of the whole store at one moment, as a new file of the store's folder (name: without folders), made and finished
 * in a thread of its own while the store goes on; one at a time, others wait for their turn. It is durable when it is
 * answered; on failure there is no file. finish runs in that thread when the copy stands in the file, before that is
 * made durable: it may append. */
#define STORE_COPY_PREFIX "backup-"
typedef struct store_copy {
    const char *name; /* begins with the prefix: what nobody took away within an hour goes when the next is made */
    bool (*finish)(void *context, int fd, err_t *err);
    void (*on_done)(void *context, const err_t *err);
    void *context;
} store_copy_t;
void store_copy(store_t *s, loop_t *reply_to, const store_copy_t *copy);

/* False after a write failed, until one succeeds: readiness. */
bool store_is_healthy(const store_t *s);

/* For metrics. */
typedef struct store_figures {
    size_t queue;      /* reads and writes that wait */
    uint64_t commits;  /* rounds that wrote something */
    int64_t commit_us; /* that those took, all together */
    uint64_t failures; /* reads and writes that the database could not do */
} store_figures_t;
/* From any thread. */
void store_read_figures(store_t *s, store_figures_t *out);

#endif
