/* SPDX-License-Identifier: MIT */
/* All connectors of a folder: an immutable snapshot at any time, replaced as a whole when a file changes. A file
 * that fails keeps its previous version in service and is reported. The loader runs in the catalogue's own
 * thread (inotify, SIGHUP by catalogue_reload); listeners are told by message, so that each loop swaps its own
 * reference and no call in flight is dropped. */
#ifndef TENON_DEFINITION_CATALOGUE_CATALOGUE_H
#define TENON_DEFINITION_CATALOGUE_CATALOGUE_H

#include "base/loop.h"
#include "definition/catalogue/load.h"

/* A file that is not in service in its present form. */
typedef struct catalogue_fault {
    str_t file;
    str_t id;           /* of the file's name */
    bool serving_previous;
    json_t *diagnostics; /* diagnostics_to_json */
} catalogue_fault_t;

typedef struct snapshot snapshot_t;
snapshot_t *snapshot_ref(const snapshot_t *s);
void snapshot_unref(const snapshot_t *s);
/* Grows with every change. */
uint64_t snapshot_number(const snapshot_t *s);
/* When it was made; wall time. */
int64_t snapshot_made_at_ms(const snapshot_t *s);
/* Borrowed; NULL where there is none. */
const connector_t *snapshot_connector(const snapshot_t *s, str_t id);
/* In the order of ids. */
size_t snapshot_count(const snapshot_t *s);
const connector_t *snapshot_at(const snapshot_t *s, size_t index);
/* Whether there is such a connector and, where it is given, such an action of it, or ACTION_NAME_PROXY where it opens
 * /proxy. snapshot: a snapshot_t. */
bool snapshot_knows(const void *snapshot, str_t connector, str_t action);
size_t snapshot_fault_count(const snapshot_t *s);
const catalogue_fault_t *snapshot_fault_at(const snapshot_t *s, size_t index);

typedef struct catalogue catalogue_t;
/* Loads the folder (both cores parse) and starts watching it. A folder that is missing or writable by others is an
 * error: definition_unreadable, definition_writable_by_others. */
catalogue_t *catalogue_open(const char *folder, const load_options_t *options, err_t *err);
void catalogue_close(catalogue_t *c);
/* A reference to the present snapshot; from any thread. */
snapshot_t *catalogue_snapshot(catalogue_t *c);
/* on_change runs in loop's thread after every swap, with a reference that it owns; where swaps went before, once at
 * first. Who listened last is told first: by the time that the first one hears of it, it is on its way to all others. A listener stays
 * until the catalogue is closed; loop and context outlive what was still told then. */
void catalogue_listen(catalogue_t *c, loop_t *loop, void (*on_change)(void *context, snapshot_t *snapshot),
                      void *context);
/* From any thread (SIGHUP): look at every file again. on_loaded (NULL: nobody) runs once, in the catalogue's thread, when
 * all files have come to rest and listeners have been told; one that comes before takes its place. */
void catalogue_reload(catalogue_t *c, void (*on_loaded)(void *context), void *context);
/* The loop of its thread, for work that would hold up a loop that serves. What is asked of it waits behind files that are
 * being loaded, and what it has not begun when the catalogue is closed is dropped. */
loop_t *catalogue_loop(const catalogue_t *c);
/* The text of a connector's file as it stands there now, in service or not; free() it. In the catalogue's thread. NULL: there is no
 * such file, or it cannot be read (not_found). */
char *catalogue_read_text(const catalogue_t *c, str_t id, size_t *length, err_t *err);
/* Loads a folder once, without watching: for lint and the command line. */
snapshot_t *catalogue_load_once(const char *folder, const load_options_t *options, err_t *err);

#endif
