/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/sqlite.h"

static const char db_name[] = "tenon.db";
static const char wal_name[] = "tenon.db-wal";
static const char journal_name[] = "tenon.db-journal";
static const char shm_name[] = "tenon.db-shm";
const char *const SQLITE_FILES[] = {db_name, wal_name, journal_name, shm_name, NULL};

enum { APPLICATION_ID = 0x54656e6e }; /* "Tenn": tells our file from another program's */

/* Step i leads from version i to i + 1. Steps are only ever added. With row ids: a record of 1 KB
 * and more would leave the leaf of a table without them, and cost a page of its own. */
static const char *const migrations[] = {
    "CREATE TABLE record(kind TEXT NOT NULL, id TEXT NOT NULL, generation INTEGER NOT NULL,"
    " changed_at INTEGER NOT NULL, plain TEXT, sealed BLOB, PRIMARY KEY(kind, id))",
};
enum { VERSION = sizeof migrations / sizeof *migrations };

/* FULL: a commit is on the disk when it is answered. secure_delete: what was taken away is
 * overwritten. No temporary files. */
static const char settings[] = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                               "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                               "PRAGMA journal_size_limit = 16777216";
enum {
    BUSY_MS = 5000, /* somebody's backup tool holds the file */
    RECORD_BYTES_MAX = 64 << 20,
};

static const char *const statements[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_SAVE] = "SAVEPOINT batch",
    [STATEMENT_SAVED] = "RELEASE batch",
    [STATEMENT_UNDO] = "ROLLBACK TO batch",
    [STATEMENT_GET] = "SELECT kind, id, generation, changed_at, plain, sealed FROM record"
                      " WHERE kind = ?1 AND id = ?2",
    [STATEMENT_LIST] = "SELECT kind, id, generation, changed_at, plain, sealed FROM record"
                       " WHERE kind = ?1 AND id >= ?2 AND id < ?3 ORDER BY id LIMIT ?4",
    [STATEMENT_WALK] = "SELECT kind, id, generation, changed_at, NULL, sealed FROM record"
                       " WHERE (kind, id) > (?1, ?2) ORDER BY kind, id LIMIT ?3",
    [STATEMENT_GENERATION] = "SELECT generation FROM record WHERE kind = ?1 AND id = ?2",
    [STATEMENT_PUT] = "INSERT INTO record(kind, id, generation, changed_at, plain, sealed)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(kind, id) DO UPDATE SET"
                      " generation = ?3, changed_at = ?4, plain = ?5, sealed = ?6",
    [STATEMENT_DELETE] = "DELETE FROM record WHERE kind = ?1 AND id = ?2",
    [STATEMENT_RESEAL] = "UPDATE record SET sealed = ?4"
                         " WHERE kind = ?1 AND id = ?2 AND generation = ?3 AND sealed = ?5",
};

static bool fail(const sqlite_t *db, err_t *err)
{
    return err_set(err, ERR_store_failed, "%s/%s: %s", db->folder.path, db_name,
                   sqlite3_errmsg(db->handle));
}

static bool run(const sqlite_t *db, const char *sql, err_t *err)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || fail(db, err);
}

/* The one number that sql answers. */
static bool ask(const sqlite_t *db, const char *sql, int64_t *number, err_t *err)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_ROW;
    if (ok) {
        *number = sqlite3_column_int64(statement, 0);
    } else {
        fail(db, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

/* --- opening the file --- */

/* As a URI, for immutable: then SQLite neither locks nor makes files beside the database. */
static void add_uri(buf_t *uri, const char *path, const char *name, bool immutable)
{
    buf_lit(uri, "file://");
    for (const char *c = path; *c; c++) {
        if (ascii_is_alnum(*c) || strchr("/._-", *c)) {
            buf_char(uri, *c);
        } else {
            buf_printf(uri, "%%%02X", (unsigned char)*c);
        }
    }
    buf_printf(uri, "/%s%s", name, immutable ? "?immutable=1" : "");
}

static bool open_file(sqlite_t *db, const char *name, int flags, bool immutable, err_t *err)
{
    buf_t uri;
    buf_init(&uri, 65536);
    add_uri(&uri, db->folder.path, name, immutable);
    flags |= SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    bool ok = sqlite3_open_v2(buf_c(&uri), &db->handle, flags, NULL) == SQLITE_OK || fail(db, err);
    buf_fini(&uri);
    return ok;
}

static bool open_handle(sqlite_t *db, int flags, bool immutable, err_t *err)
{
    return open_file(db, db_name, flags, immutable, err);
}

static void close_handle(sqlite_t *db)
{
    sqlite3_close(db->handle);
    db->handle = NULL;
}

static bool secure_files(const sqlite_t *db, err_t *err)
{
    bool make = !db->folder.read_only;
    return folder_secure_file(&db->folder, db_name, make, err) &&
           folder_secure_file(&db->folder, wal_name, false, err) &&
           folder_secure_file(&db->folder, journal_name, false, err) &&
           folder_secure_file(&db->folder, shm_name, false, err);
}

/* --- versions --- */

/* True where the file is empty or ours, and not from the future. */
static bool check_version(const sqlite_t *db, int64_t *version, err_t *err)
{
    int64_t tables = 0;
    int64_t application = 0;
    if (!ask(db, "PRAGMA user_version", version, err) ||
        !ask(db, "PRAGMA application_id", &application, err) ||
        !ask(db, "SELECT count(*) FROM sqlite_schema", &tables, err)) {
        return false;
    }
    if (*version > VERSION) {
        return err_set(err, ERR_store_too_new,
                       "%s/%s has version %lld, and this Tenon knows versions up to %d",
                       db->folder.path, db_name, (long long)*version, VERSION);
    }
    if (tables > 0 && application != APPLICATION_ID) {
        return err_set(err, ERR_store_failed, "%s/%s is not a store of Tenon", db->folder.path,
                       db_name);
    }
    return true;
}

/* Looks without touching. An unfinished rollback journal is from the first second of a new store,
 * or not ours; it has to be played back before anything can be read. */
static bool look_first(sqlite_t *db, err_t *err)
{
    int64_t version;
    if (folder_file_size(&db->folder, db_name) == 0 ||
        folder_file_size(&db->folder, journal_name) > 0) {
        return true;
    }
    bool ok = open_handle(db, SQLITE_OPEN_READONLY, !db->was_left_open, err) &&
              check_version(db, &version, err);
    close_handle(db);
    return ok;
}

static bool migrate(const sqlite_t *db, int64_t version, err_t *err)
{
    char stamp[96];
    sqlite3_snprintf(sizeof stamp, stamp, "PRAGMA user_version = %d; PRAGMA application_id = %d",
                     VERSION, APPLICATION_ID);
    bool ok = run(db, "BEGIN EXCLUSIVE", err);
    for (int64_t i = version; ok && i < VERSION; i++) {
        ok = run(db, migrations[i], err);
    }
    ok = ok && run(db, stamp, err) && run(db, "COMMIT", err);
    if (ok) {
        log_event(LOG_INFO, "store.migrated", LOG_I("from", version), LOG_I("to", VERSION));
    }
    return ok; /* closing rolls back */
}

static bool bring_up_to_date(sqlite_t *db, err_t *err)
{
    int64_t version;
    if (!check_version(db, &version, err)) {
        return false;
    }
    if (version == VERSION) {
        return true;
    }
    db->has_written = true;
    return migrate(db, version, err);
}

/* --- all of it --- */

static bool use_wal(const sqlite_t *db, err_t *err)
{
    sqlite3_stmt *statement = NULL;
    const char *mode = NULL;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode = WAL", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        mode = (const char *)sqlite3_column_text(statement, 0);
    } else {
        fail(db, err);
    }
    bool ok = mode && strcmp(mode, "wal") == 0;
    sqlite3_finalize(statement);
    return ok || err_set(err, ERR_store_failed, "%s: this file system cannot hold a store",
                         db->folder.path);
}

static bool set_up(sqlite_t *db, err_t *err)
{
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, RECORD_BYTES_MAX);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return run(db, settings, err) && (db->folder.read_only || use_wal(db, err));
}

static bool prepare(sqlite_t *db, err_t *err)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(db->handle, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &db->statements[i], NULL) != SQLITE_OK) {
            return fail(db, err);
        }
    }
    return true;
}

static bool open_for_use(sqlite_t *db, err_t *err)
{
    if (db->folder.read_only) {
        log_event(LOG_ERROR, "store.read_only", LOG_S("folder", str_of(db->folder.path)));
        return open_handle(db, SQLITE_OPEN_READONLY, !db->was_left_open, err);
    }
    return open_handle(db, SQLITE_OPEN_READWRITE, false, err);
}

sqlite_t *sqlite_open(const char *folder, err_t *err)
{
    sqlite_t *db = mem_new(sqlite_t);
    if (!folder_open(&db->folder, folder, err)) {
        free(db);
        return NULL;
    }
    db->was_left_open = folder_file_size(&db->folder, wal_name) > 0;
    if (secure_files(db, err) && look_first(db, err) && open_for_use(db, err) && set_up(db, err) &&
        bring_up_to_date(db, err) && prepare(db, err)) {
        return db;
    }
    sqlite_close(db);
    return NULL;
}

/* Whoever only looked (a wrong master key, say) leaves the file as it was found: the log of a crash
 * is then left for the next one to take in. */
static void keep_as_found(const sqlite_t *db)
{
    if (db->handle && db->was_left_open && !db->has_written) {
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
}

void sqlite_close(sqlite_t *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(db->statements[i]);
    }
    keep_as_found(db);
    close_handle(db);
    folder_close(&db->folder);
    free(db);
}

/* A file of no length is one that a crash kept from becoming a store. */
bool sqlite_exists(const char *folder)
{
    folder_t f = {.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (f.fd < 0) {
        return false;
    }
    bool exists = folder_file_size(&f, db_name) > 0 || folder_file_size(&f, wal_name) > 0;
    close(f.fd);
    return exists;
}

/* A reader of its own: in WAL it sees one moment and holds up no writer. The file must be new. */
bool sqlite_copy(const sqlite_t *db, const char *name, err_t *err)
{
    sqlite_t reader = {.folder = db->folder};
    sqlite3_stmt *statement = NULL;
    buf_t path;
    buf_init(&path, 65536);
    buf_printf(&path, "%s/%s", db->folder.path, name);
    bool ok = open_handle(&reader, SQLITE_OPEN_READWRITE, false, err);
    if (ok) {
        sqlite3_busy_timeout(reader.handle, BUSY_MS);
        ok = (sqlite3_prepare_v2(reader.handle, "VACUUM INTO ?1", -1, &statement, NULL) ==
                  SQLITE_OK &&
              sqlite3_bind_text(statement, 1, buf_c(&path), -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_DONE) ||
             fail(&reader, err);
    }
    sqlite3_finalize(statement);
    close_handle(&reader);
    buf_fini(&path);
    return ok;
}

/* --- stores that are not open --- */

void sqlite_settle(const folder_t *f)
{
    sqlite_t db = {.folder = *f};
    err_t ignored = ERR_INIT;
    if (open_handle(&db, SQLITE_OPEN_READWRITE, false, &ignored)) {
        (void)run(&db, "PRAGMA wal_checkpoint(TRUNCATE)", &ignored);
    }
    close_handle(&db);
}

static bool is_whole(const sqlite_t *db, err_t *err)
{
    sqlite3_stmt *statement = NULL;
    bool ok =
        sqlite3_prepare_v2(db->handle, "PRAGMA quick_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return ok || err_set(err, ERR_backup_damaged, "the backup holds no store that can be read");
}

static bool put_mark(const sqlite_t *db, const store_record_t *mark, err_t *err)
{
    static const char sql[] =
        "INSERT INTO record(kind, id, generation, changed_at, plain) VALUES(?1, ?2, 1, ?3, ?4)"
        " ON CONFLICT(kind, id) DO UPDATE SET generation = generation + 1, changed_at = ?3,"
        " plain = ?4";
    sqlite3_stmt *put = NULL;
    bool ok = sqlite3_prepare_v2(db->handle, sql, -1, &put, NULL) == SQLITE_OK &&
              sqlite3_bind_text64(put, 1, mark->kind.p, mark->kind.n, SQLITE_STATIC, SQLITE_UTF8) ==
                  SQLITE_OK &&
              sqlite3_bind_text64(put, 2, mark->id.p, mark->id.n, SQLITE_STATIC, SQLITE_UTF8) ==
                  SQLITE_OK &&
              sqlite3_bind_int64(put, 3, mark->changed_at_ms) == SQLITE_OK &&
              sqlite3_bind_text64(put, 4, mark->plain.p, mark->plain.n, SQLITE_STATIC,
                                  SQLITE_UTF8) == SQLITE_OK &&
              sqlite3_step(put) == SQLITE_DONE;
    ok = ok || fail(db, err);
    sqlite3_finalize(put);
    return ok;
}

/* With a journal that is gone when it is closed: one file is what takes the store's place. */
bool sqlite_mark_copy(const folder_t *f, const char *name, const store_record_t *mark, err_t *err)
{
    sqlite_t db = {.folder = *f};
    int64_t version;
    bool ok = open_file(&db, name, SQLITE_OPEN_READWRITE, false, err) &&
              check_version(&db, &version, err) && is_whole(&db, err) &&
              run(&db, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL", err) &&
              put_mark(&db, mark, err);
    close_handle(&db);
    return ok;
}
