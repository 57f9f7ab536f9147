/* SPDX-License-Identifier: MIT */
/* A backend in front of SQLite: counts what is asked of it, and fails the n-th time - once, or from
 * then on. What fails is answered as the store answers when its database is gone. */
#ifndef TENON_TESTS_UNIT_STORE_FAULTY_H
#define TENON_TESTS_UNIT_STORE_FAULTY_H

#include <stdatomic.h>

#include "store/store_backend.h"

typedef struct faulty {
    atomic_uint key_reads; /* of records of the kind `key` */
    atomic_uint calls;     /* reads, lists and commits since faulty_arm */
    atomic_uint faults;
    atomic_uint nth; /* 0: none fails */
    atomic_bool lasting;
} faulty_t;

static faulty_t faulty;

static inline void faulty_arm(unsigned nth, bool lasting)
{
    atomic_store(&faulty.nth, 0);
    atomic_store(&faulty.calls, 0);
    atomic_store(&faulty.faults, 0);
    atomic_store(&faulty.lasting, lasting);
    atomic_store(&faulty.nth, nth);
}

static inline bool faulty_strikes(err_t *err)
{
    unsigned call = atomic_fetch_add(&faulty.calls, 1) + 1;
    unsigned nth = atomic_load(&faulty.nth);
    if (nth == 0 || call < nth || (call > nth && !atomic_load(&faulty.lasting))) {
        return false;
    }
    atomic_fetch_add(&faulty.faults, 1);
    (void)err_set(err, ERR_store_unavailable, "the database failed: disk I/O error");
    return true;
}

static void *faulty_open(const char *folder, err_t *err)
{
    return store_sqlite.open(folder, err);
}

static void faulty_close(void *db)
{
    store_sqlite.close(db);
}

static bool faulty_exists(const char *folder)
{
    return store_sqlite.exists(folder);
}

static bool faulty_is_read_only(const void *db)
{
    return store_sqlite.is_read_only(db);
}

static bool faulty_get(void *db, str_t kind, str_t id, store_rows_t *rows, err_t *err)
{
    atomic_fetch_add(&faulty.key_reads, str_is(kind, "key"));
    return !faulty_strikes(err) && store_sqlite.get(db, kind, id, rows, err);
}

static bool faulty_list(void *db, const store_range_t *range, store_rows_t *rows, err_t *err)
{
    return !faulty_strikes(err) && store_sqlite.list(db, range, rows, err);
}

static bool faulty_walk(void *db, const store_range_t *range, store_rows_t *rows, err_t *err)
{
    return !faulty_strikes(err) && store_sqlite.walk(db, range, rows, err);
}

static bool faulty_copy(const void *db, const char *name, err_t *err)
{
    return !faulty_strikes(err) && store_sqlite.copy(db, name, err);
}

static int faulty_folder(const void *db)
{
    return store_sqlite.folder(db);
}

static void faulty_write(void *db, store_batch_t *const *batches, size_t count)
{
    err_t err = ERR_INIT;
    if (!faulty_strikes(&err)) {
        store_sqlite.write(db, batches, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        batches[i]->err = err;
    }
}

static bool faulty_probe(void *db, err_t *err)
{
    return !faulty_strikes(err) && store_sqlite.probe(db, err);
}

static const store_backend_t faulty_store = {.name = "faulty",
                                             .open = faulty_open,
                                             .close = faulty_close,
                                             .exists = faulty_exists,
                                             .is_read_only = faulty_is_read_only,
                                             .get = faulty_get,
                                             .list = faulty_list,
                                             .walk = faulty_walk,
                                             .copy = faulty_copy,
                                             .folder = faulty_folder,
                                             .write = faulty_write,
                                             .probe = faulty_probe};

#endif
