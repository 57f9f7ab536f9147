/* SPDX-License-Identifier: MIT */
#include "store/sqlite.h"

#include "base/log.h"
#include "store/store_backend.h"

enum { RETRY_AFTER_MS = 1000 };

/* SQLite's words go to the log; a caller only learns that it should come again. */
static bool fail(sqlite_t *db, const char *doing, err_t *err)
{
    int code = sqlite3_extended_errcode(db->handle);
    if (code != db->fault) {
        db->fault = code;
        log_event(LOG_ERROR, "store.failed", LOG_S("doing", str_of(doing)),
                  LOG_S("reason", str_of(sqlite3_errmsg(db->handle))), LOG_I("sqlite", code),
                  LOG_I("errno", sqlite3_system_errno(db->handle)));
    }
    err->retry_after_ms = RETRY_AFTER_MS;
    return err_set(err, ERR_store_unavailable, "The store failed while %s", doing);
}

/* --- statements --- */

/* Absent is NULL, empty is not. The bytes must stay until the statement is reset. */
static bool bind_text(sqlite3_stmt *statement, int at, str_t s)
{
    return !s.p ||
           sqlite3_bind_text64(statement, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

static bool bind_blob(sqlite3_stmt *statement, int at, str_t s)
{
    return !s.p || sqlite3_bind_blob64(statement, at, s.p, s.n, SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_name(sqlite3_stmt *statement, str_t kind, str_t id)
{
    return bind_text(statement, 1, kind) && bind_text(statement, 2, id);
}

/* No pointer of the caller's stays behind, and no lock of a read. code is what the last step
 * answered; SQLITE_OK: it went well. */
static int finish(sqlite3_stmt *statement, int code)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

/* A statement that answers nothing. A value that could not be bound is too large for SQLite, and
 * would be written as NULL. */
static int run_bound(sqlite3_stmt *statement, bool is_bound)
{
    return finish(statement, is_bound ? sqlite3_step(statement) : SQLITE_TOOBIG);
}

static bool run(const sqlite_t *db, statement_id_t which)
{
    return run_bound(db->statements[which], true) == SQLITE_OK;
}

/* --- reading --- */

static str_t column(sqlite3_stmt *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement, at);
    size_t n = (size_t)sqlite3_column_bytes(statement, at);
    if (sqlite3_column_type(statement, at) == SQLITE_NULL) {
        return STR_NONE;
    }
    return n ? str_at(bytes, n) : STR("");
}

static int read_rows(sqlite3_stmt *statement, store_rows_t *rows)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        store_record_t record = {
            .kind = column(statement, 0),
            .id = column(statement, 1),
            .generation = (uint64_t)sqlite3_column_int64(statement, 2),
            .changed_at_ms = sqlite3_column_int64(statement, 3),
            .plain = column(statement, 4),
            .sealed = column(statement, 5),
        };
        store_rows_add(rows, &record);
    }
    return code;
}

static bool get(void *context, str_t kind, str_t id, store_rows_t *rows, err_t *err)
{
    sqlite_t *db = context;
    sqlite3_stmt *statement = db->statements[STATEMENT_GET];
    int code = bind_name(statement, kind, id) ? read_rows(statement, rows) : SQLITE_TOOBIG;
    return finish(statement, code) == SQLITE_OK || fail(db, "reading", err);
}

/* The first id that is in the range: after's successor is after and a zero byte. */
static str_t range_from(const store_range_t *range, arena_t *arena)
{
    if (!range->after.p || str_compare(range->after, range->prefix) < 0) {
        return range->prefix.p ? range->prefix : STR("");
    }
    char *successor = arena_alloc(arena, range->after.n + 1);
    memcpy(successor, range->after.p, range->after.n);
    return str_at(successor, range->after.n + 1);
}

/* The first id behind those of the prefix; absent where there is none: nothing, or 0xff only. */
static str_t range_to(const store_range_t *range, arena_t *arena)
{
    size_t n = range->prefix.n;
    while (n && (unsigned char)range->prefix.p[n - 1] == 0xff) {
        n--;
    }
    if (n == 0) {
        return STR_NONE;
    }
    char *end = arena_alloc(arena, n);
    memcpy(end, range->prefix.p, n);
    end[n - 1] = (char)(end[n - 1] + 1);
    return str_at(end, n);
}

static bool list(void *context, const store_range_t *range, store_rows_t *rows, err_t *err)
{
    sqlite_t *db = context;
    sqlite3_stmt *statement = db->statements[STATEMENT_LIST];
    str_t to = range_to(range, rows->arena);
    bool bound = bind_name(statement, range->kind, range_from(range, rows->arena));
    /* any text is less than any blob */
    bound = bound && (to.p ? bind_text(statement, 3, to) : bind_blob(statement, 3, STR("")));
    sqlite3_bind_int64(statement, 4, range->limit);
    int code = bound ? read_rows(statement, rows) : SQLITE_TOOBIG;
    return finish(statement, code) == SQLITE_OK || fail(db, "listing", err);
}

/* A row value is greater by its first column, then by its second. */
static bool walk(void *context, const store_range_t *range, store_rows_t *rows, err_t *err)
{
    sqlite_t *db = context;
    sqlite3_stmt *statement = db->statements[STATEMENT_WALK];
    str_t kind = range->kind.p ? range->kind : STR("");
    str_t after = range->after.p ? range->after : STR("");
    bool bound = bind_name(statement, kind, after);
    sqlite3_bind_int64(statement, 3, range->limit);
    int code = bound ? read_rows(statement, rows) : SQLITE_TOOBIG;
    return finish(statement, code) == SQLITE_OK || fail(db, "walking", err);
}

/* --- writing --- */

typedef enum outcome { WRITTEN, CONFLICT, REFUSED, FAILED } outcome_t;

/* Of what SQLite refuses, the batch is at fault and not the database: its neighbours need not
 * suffer. */
static outcome_t outcome_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
        return WRITTEN;
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
        return REFUSED;
    default:
        return FAILED;
    }
}

static outcome_t check_generation(const sqlite_t *db, const store_change_t *change)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_GENERATION];
    bool bound = bind_name(statement, change->record.kind, change->record.id);
    int code = bound ? sqlite3_step(statement) : SQLITE_TOOBIG;
    bool is_there = code == SQLITE_ROW;
    uint64_t stored = is_there ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    outcome_t read = outcome_of(finish(statement, code));
    if (read != WRITTEN) {
        return read;
    }
    return stored == change->expected && is_there == (change->expected != 0) ? WRITTEN : CONFLICT;
}

static int put_record(const sqlite_t *db, const store_record_t *record)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_PUT];
    bool bound = bind_name(statement, record->kind, record->id) &&
                 bind_text(statement, 5, record->plain) && bind_blob(statement, 6, record->sealed);
    sqlite3_bind_int64(statement, 3, (int64_t)record->generation);
    sqlite3_bind_int64(statement, 4, record->changed_at_ms);
    return run_bound(statement, bound);
}

static int delete_record(const sqlite_t *db, const store_record_t *record)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_DELETE];
    return run_bound(statement, bind_name(statement, record->kind, record->id));
}

static int reseal_record(const sqlite_t *db, const store_change_t *change)
{
    const store_record_t *record = &change->record;
    sqlite3_stmt *statement = db->statements[STATEMENT_RESEAL];
    bool bound = bind_name(statement, record->kind, record->id) &&
                 bind_blob(statement, 4, record->sealed) && bind_blob(statement, 5, change->was);
    sqlite3_bind_int64(statement, 3, (int64_t)record->generation);
    return run_bound(statement, bound);
}

static outcome_t apply_change(const sqlite_t *db, const store_change_t *change)
{
    outcome_t checked = change->check_generation ? check_generation(db, change) : WRITTEN;
    if (checked != WRITTEN) {
        return checked;
    }
    switch (change->verb) {
    case STORE_PUT:
        return outcome_of(put_record(db, &change->record));
    case STORE_DELETE:
        return outcome_of(delete_record(db, &change->record));
    case STORE_RESEAL:
        return outcome_of(reseal_record(db, change));
    case STORE_CHECK:
        break;
    }
    return WRITTEN;
}

/* Inside the group's transaction. False: the database failed, and the transaction with it. */
static bool apply_batch(const sqlite_t *db, store_batch_t *batch)
{
    outcome_t outcome = run(db, STATEMENT_SAVE) ? WRITTEN : FAILED;
    for (size_t i = 0; i < batch->count && outcome == WRITTEN; i++) {
        outcome = apply_change(db, &batch->changes[i]);
    }
    if (outcome == FAILED) {
        return false;
    }
    batch->conflict = outcome == CONFLICT;
    if (outcome == REFUSED) {
        err_set(&batch->err, ERR_store_failed, "A record is too large, or has no kind or id");
    }
    return (outcome == WRITTEN || run(db, STATEMENT_UNDO)) && run(db, STATEMENT_SAVED);
}

/* Some faults have rolled back already. */
static void roll_back(const sqlite_t *db)
{
    if (!sqlite3_get_autocommit(db->handle)) {
        run(db, STATEMENT_ROLLBACK);
    }
}

static bool commit_group(sqlite_t *db, store_batch_t *const *batches, size_t count, err_t *err)
{
    bool ok = run(db, STATEMENT_BEGIN);
    for (size_t i = 0; ok && i < count; i++) {
        ok = apply_batch(db, batches[i]);
    }
    ok = ok && run(db, STATEMENT_COMMIT);
    if (!ok) {
        fail(db, "writing", err);
        roll_back(db);
        return false;
    }
    db->fault = SQLITE_OK;
    return true;
}

static void fail_batches(store_batch_t *const *batches, size_t count, const err_t *err)
{
    for (size_t i = 0; i < count; i++) {
        batches[i]->conflict = false;
        batches[i]->err = *err; /* also where it was refused before the group failed */
    }
}

/* On a full disk a small batch may still find room where the group did not: a token is not lost for
 * the size of its neighbours. */
static void write_batches(void *context, store_batch_t *const *batches, size_t count)
{
    sqlite_t *db = context;
    err_t err = ERR_INIT;
    db->has_written = true;
    if (commit_group(db, batches, count, &err)) {
        return;
    }
    if ((db->fault & 0xff) != SQLITE_FULL || count == 1) {
        fail_batches(batches, count, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        batches[i]->err = ERR_INIT;
        write_batches(db, &batches[i], 1);
    }
}

/* Large enough to need pages of its own, so that a full disk shows. */
static bool probe(void *context, err_t *err)
{
    static const char sql[] =
        "BEGIN IMMEDIATE;"
        "INSERT OR REPLACE INTO record VALUES('.probe', '', 0, 0, NULL, zeroblob(16384));"
        "DELETE FROM record WHERE kind = '.probe'; COMMIT";
    sqlite_t *db = context;
    db->has_written = true;
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK) {
        db->fault = SQLITE_OK;
        return true;
    }
    fail(db, "writing", err);
    roll_back(db);
    return false;
}

void store_sqlite_limit_pages(void *context, unsigned pages)
{
    const sqlite_t *db = context;
    char sql[64];
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA max_page_count = %u", pages ? pages : 0xfffffffe);
    sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

/* --- the backend --- */

static void *open_any(const char *folder, err_t *err)
{
    return sqlite_open(folder, err);
}

static void close_any(void *db)
{
    sqlite_close(db);
}

static bool is_read_only(const void *context)
{
    const sqlite_t *db = context;
    return db->folder.read_only;
}

static bool copy_any(const void *db, const char *name, err_t *err)
{
    return sqlite_copy(db, name, err);
}

static int folder_of(const void *context)
{
    const sqlite_t *db = context;
    return db->folder.fd;
}

const store_backend_t store_sqlite = {
    .name = "sqlite",
    .open = open_any,
    .close = close_any,
    .exists = sqlite_exists,
    .is_read_only = is_read_only,
    .get = get,
    .list = list,
    .walk = walk,
    .copy = copy_any,
    .folder = folder_of,
    .write = write_batches,
    .probe = probe,
};
