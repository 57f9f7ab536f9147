/* SPDX-License-Identifier: MIT */
/* Private to the catalogue: the files of its folder - which of them count, when they have come to
 * rest, what each was loaded to. Reads nothing that is still being written, and loads nothing whose
 * bytes it has loaded before. Belongs to one thread; only the loading itself uses several. */
#ifndef TENON_DEFINITION_CATALOGUE_FILES_H
#define TENON_DEFINITION_CATALOGUE_FILES_H

#include "base/map.h"
#include "definition/catalogue/folder_watch.h"
#include "definition/catalogue/load_file.h"
#include "definition/catalogue/snapshot.h"
#include "seal/hash.h"

enum {
    QUIET_MS = 10,     /* a file that has not changed for so long is read */
    GONE_MS = 250,     /* some editors rename a file away before they write it anew */
    WRITING_MS = 2000, /* a writer is waited for; it may have died */
};

typedef struct digest {
    bool known;
    unsigned char bytes[HASH_BYTES_MAX];
} digest_t;

/* One file. */
typedef struct entry {
    char *name;
    char *path;
    str_t id;                 /* of the name */
    connector_t *connector;   /* in service; NULL: none */
    digest_t in_service;      /* what the connector was loaded from */
    json_t *diagnostics;      /* why the present file is not in service; NULL: it is */
    digest_t failed;          /* what the diagnostics are about */
    file_identity_t identity; /* of the file as it was judged last */
    bool judged;
    bool is_link;
    /* A change under way. */
    bool changed; /* there may be one */
    bool forced;  /* read the file even if it looks the same */
    bool has_seen;
    file_identity_t seen; /* at the last look */
    int64_t seen_at_ms;
    int64_t writing_until_ms; /* 0: nobody writes */
    int64_t gone_at_ms;       /* 0: it is there */
    unsigned news;            /* counts them */
} entry_t;

typedef struct files {
    char *folder;
    load_options_t options;
    map_t *entries;       /* name -> entry_t */
    map_t *misnamed;      /* those that were warned about */
    json_t *folder_fault; /* diagnostics: the folder is not looked into; NULL: it is */
} files_t;

files_t *files_new(const char *folder, const load_options_t *options);
void files_free(files_t *f);
/* The file is gone, and its connector with it. */
void files_drop(files_t *f, entry_t *e);

/* Finds out whether the folder may be read: definition_{unreadable,writable_by_others}. */
CHECKED bool files_check_folder(const files_t *f, err_t *err);
/* The same, kept as folder_fault. True where that changed. */
bool files_judge_folder(files_t *f);
/* Looks for names that are new, gone or changed. forced: reads every file again. */
void files_scan(files_t *f, bool forced);
/* News of one name. True where something else than a definition moved, which links may lead
 * through. */
bool files_note(files_t *f, news_t news, str_t name);
bool files_have_links(const files_t *f);

/* As catalogue_read_text. */
char *files_read_text(const files_t *f, str_t id, size_t *length, err_t *err);
snapshot_t *files_snapshot(const files_t *f, uint64_t number);

/* --- look.c --- */

/* Loads what was found without waiting for it to come to rest: at the start. */
void files_load_all(files_t *f);
/* Loads what has come to rest and drops what is gone. before_use runs between loading and using
 * what was loaded, so that news of the meantime can still stop it. *next_ms: when to look again,
 * INT64_MAX: not by itself. True where anything changed that a snapshot tells. */
bool files_look(files_t *f, int64_t now_ms, void (*before_use)(void *context), void *context,
                int64_t *next_ms);

#endif
