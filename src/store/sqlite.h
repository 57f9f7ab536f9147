/* SPDX-License-Identifier: MIT */
/* An open SQLite store: how it comes to be (sqlite_open.c) and what it does (sqlite.c). Inside the
 * folder only. */
#ifndef TENON_STORE_SQLITE_H
#define TENON_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/folder.h"

typedef enum statement_id {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_SAVE,
    STATEMENT_SAVED,
    STATEMENT_UNDO,
    STATEMENT_GET,
    STATEMENT_LIST,
    STATEMENT_GENERATION,
    STATEMENT_PUT,
    STATEMENT_DELETE,
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

#endif
