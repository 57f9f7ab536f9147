/* SPDX-License-Identifier: MIT */
/* What stands behind store.h: one const struct a database. All calls but open and close come from
 * the store's one thread. Inside the folder, and for tests, which put a faulty backend in front of
 * the real one. */
#ifndef TENON_STORE_STORE_BACKEND_H
#define TENON_STORE_STORE_BACKEND_H

#include "base/arena.h"
#include "store/store.h"

/* Records read, copied into the arena. */
typedef struct store_rows {
    arena_t *arena;
    store_record_t *records;
    size_t count;
    size_t capacity;
} store_rows_t;
/* Adds a copy. */
void store_rows_add(store_rows_t *rows, const store_record_t *record);

/* As store_list takes it. */
typedef struct store_range {
    str_t kind;
    str_t prefix;
    str_t after;
    unsigned limit;
} store_range_t;

/* One call of store_write, and what became of it: written whole unless conflict or err is set. */
typedef struct store_batch {
    const store_change_t *changes;
    size_t count;
    bool conflict;
    err_t err;
} store_batch_t;

typedef struct store_backend {
    const char *name;
    /* NULL and err on failure: store_locked, store_too_new, store_failed. */
    void *(*open)(const char *folder, err_t *err);
    void (*close)(void *db);
    bool (*exists)(const char *folder);
    /* Opened where nothing can be written at all. */
    bool (*is_read_only)(const void *db);
    CHECKED bool (*get)(void *db, str_t kind, str_t id, store_rows_t *rows, err_t *err);
    CHECKED bool (*list)(void *db, const store_range_t *range, store_rows_t *rows, err_t *err);
    /* As store_walk; of the range kind, after and limit count. */
    CHECKED bool (*walk)(void *db, const store_range_t *range, store_rows_t *rows, err_t *err);
    /* Commits the batches together and durably; a conflict of one does not touch its neighbours. */
    void (*write)(void *db, store_batch_t *const *batches, size_t count);
    /* From another thread: a new file `name` with all that is committed. store_failed. */
    CHECKED bool (*copy)(const void *db, const char *name, err_t *err);
    /* Descriptor of the folder that holds both. */
    int (*folder)(const void *db);
    /* Writes and takes away something of no meaning: can the database be written again? */
    CHECKED bool (*probe)(void *db, err_t *err);
} store_backend_t;

extern const store_backend_t store_sqlite;

/* store_open with a backend of choice. */
store_t *store_open_with(const store_backend_t *backend, const char *folder, err_t *err);
/* For tests: as if the disk had room for so many pages of 4 KiB; 0: no limit. */
void store_sqlite_limit_pages(void *db, unsigned pages);

#endif
