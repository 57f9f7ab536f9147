/* SPDX-License-Identifier: MIT */
/* An open SQLite store: how it comes to be (sqlite_open.c) and what it does (sqlite.c). Inside the
 * folder only. */
#ifndef TENON_STORE_SQLITE_H
#define TENON_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/folder.h"
#include "store/store.h"

typedef enum statement_id {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_SAVE,
    STATEMENT_SAVED,
    STATEMENT_UNDO,
    STATEMENT_GET,
    STATEMENT_LIST,
    STATEMENT_WALK,
    STATEMENT_GENERATION,
    STATEMENT_PUT,
    STATEMENT_DELETE,
    STATEMENT_RESEAL,
    STATEMENT_COUNT
} statement_id_t;

typedef struct sqlite {
    folder_t folder;
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    bool has_written;   /* since it was opened */
    bool was_left_open; /* a crash left a log behind, which reading alone should not touch */
    int fault;          /* the last one, which the log knows; SQLITE_OK after a commit */
} sqlite_t;

/* Locks the folder, refuses a newer store untouched, brings an older one up to date. */
sqlite_t *sqlite_open(const char *folder, err_t *err);
void sqlite_close(sqlite_t *db);
bool sqlite_exists(const char *folder);
/* A copy of what is committed as a new file of the folder; from any thread. */
bool sqlite_copy(const sqlite_t *db, const char *name, err_t *err);

/* --- stores that are not open, in a folder that this process owns --- */
/* What makes up a store: the file itself first, NULL behind the last. */
extern const char *const SQLITE_FILES[];
/* Takes the log of a crash into the file, as far as that goes. */
void sqlite_settle(const folder_t *f);
/* A copy that lies in the folder: whole and ours, or an error; then the mark is put into it, durably. */
bool sqlite_mark_copy(const folder_t *f, const char *name, const store_record_t *mark, err_t *err);

#endif
