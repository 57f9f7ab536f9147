/* SPDX-License-Identifier: MIT */
/* A backup: all of the store at one moment, as one file that the master key vouches for. The
 * store's own thread goes on meanwhile. It lies in the data folder until the asker, who is on this
 * machine, has taken it away. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "seal/file_seal.h"
#include "seal/hash.h"

typedef struct backup {
    admin_call_t *call;
    secret_t *master;
    char name[64];
    int64_t made_at_ms;
    int64_t bytes;
} backup_t;

static void free_backup(backup_t *b)
{
    secret_unref(b->master);
    free(b);
}

/* In the copy's thread. */
static bool seal(void *context, int fd, err_t *err)
{
    backup_t *b = context;
    struct stat status;
    if (!file_seal_add(fd, b->master, b->made_at_ms, err)) {
        return false;
    }
    b->bytes = fstat(fd, &status) == 0 ? status.st_size : 0;
    return true;
}

static void on_copied(void *context, const err_t *err)
{
    backup_t *b = context;
    admin_call_t *call = b->call;
    call->manager->pending--;
    if (err_is_set(err)) {
        err_t why = *err;
        why.code = ERR_store_unavailable;
        admin_answer(call, NULL, &why);
    } else {
        admin_answer(call,
                     json_pack("{s:s, s:I, s:o}", "file", b->name, "bytes", (json_int_t)b->bytes,
                               "made_at", shown_time(b->made_at_ms)),
                     NULL);
    }
    free_backup(b);
}

/* Behind its line in the audit trail, which is then in the backup, too. */
static void on_noted(void *context, const store_result_t *result)
{
    backup_t *b = context;
    manager_t *m = b->call->manager;
    if (!result->ok) {
        admin_answer(b->call, NULL, &result->err);
        free_backup(b);
        return;
    }
    b->made_at_ms = clock_wall_ms();
    b->master = secret_ref(m->ring.master);
    m->pending++; /* the loop's end waits for it */
    store_copy(
        m->options.store, m->loop,
        &(store_copy_t){.name = b->name, .finish = seal, .on_done = on_copied, .context = b});
}

static void make(void *context)
{
    admin_call_t *call = context;
    char unique[37];
    backup_t *b = mem_new(backup_t);
    arena_t *arena = arena_new(0);
    store_change_t line;
    random_uuid(unique);
    *b = (backup_t){.call = call};
    snprintf(b->name, sizeof b->name, STORE_COPY_PREFIX "%s", unique);
    admin_line(call, arena, &(admin_line_t){.object = STR("store")}, &line);
    manager_store_write(call->manager, &line, 1, true, on_noted, b);
    arena_free(arena);
}

/* The master key that vouches for it is the one that it is wrapped under: none changes meanwhile.
 */
void admin_backup_make(admin_call_t *call)
{
    admin_take_turn(call, STR("keyring"), make, call);
}
