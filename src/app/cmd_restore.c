/* SPDX-License-Identifier: MIT */
/* `tenon restore`: a backup's store in the place of the data folder's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/master.h"
#include "app/output.h"
#include "base/clock.h"
#include "codec/json.h"
#include "seal/file_seal.h"
#include "store/restore.h"

enum { PLAIN_MAX = 256 };

typedef struct restoring {
    run_t *run;
    secret_t *master;
    file_seal_t seal;
    char aside[128];
} restoring_t;

static bool check(void *context, int fd, uint64_t *bytes, err_t *err)
{
    restoring_t *r = context;
    if (!file_seal_check(fd, r->master, &r->seal, err)) {
        return false;
    }
    *bytes = r->seal.bytes;
    return true;
}

/* Which tokens may be spent since (connection/source_load.c). */
static bool put(restoring_t *r, int from, err_t *err)
{
    buf_t plain;
    int64_t now = clock_wall_ms();
    buf_init(&plain, PLAIN_MAX);
    buf_printf(&plain, "{\"made_at_ms\":%lld,\"restored_at_ms\":%lld}",
               (long long)r->seal.made_at_ms, (long long)now);
    const store_restoring_t terms = {.folder = r->run->config->data.p,
                                     .from = from,
                                     .check = check,
                                     .context = r,
                                     .replace = args_has(r->run->args, "force"),
                                     .mark = {.kind = STR("meta"),
                                              .id = STR("restore"),
                                              .changed_at_ms = now,
                                              .plain = buf_view(&plain)}};
    bool ok = store_restore(&terms, r->aside, err);
    buf_fini(&plain);
    return ok;
}

static void print_restored(const restoring_t *r)
{
    const run_t *run = r->run;
    if (run->json) {
        json_t *told =
            json_pack("{s:I, s:s}", "bytes", (json_int_t)r->seal.bytes, "replaced", r->aside);
        print_json(told);
        json_decref(told);
        return;
    }
    if (r->aside[0]) {
        printf("what was there is in %.*s/%s\n", STR_ARG(run->config->data), r->aside);
    }
    puts("restored. Keys that were revoked and connections that were removed since the backup are "
         "there again: look through them. A connection whose refresh token was used since asks for "
         "a new sign-in");
}

/* The whole file is read before anything is written. */
static bool restore(restoring_t *r, err_t *err)
{
    const char *path = arena_str(r->run->arena, r->run->args->words[0]).p;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (from < 0) {
        return err_set(err, ERR_configuration, "%s: %s", path, strerrordesc_np(errno));
    }
    bool ok = file_seal_check(from, r->master, &r->seal, err) && put(r, from, err);
    close(from);
    return ok;
}

static int run(run_t *r)
{
    err_t err = ERR_INIT;
    restoring_t restoring = {.run = r, .master = master_load(r->config, false, &err)};
    bool ok = restoring.master && restore(&restoring, &err);
    secret_unref(restoring.master);
    if (!ok) {
        return command_fail(&err);
    }
    print_restored(&restoring);
    return EXIT_OK;
}

static const usage_t USAGES[] = {
    {.words = "FILE [--force] [--json]", .least = 1, .most = 1, .run = run}};
static const flag_t FLAGS[] = {
    {"force", NULL, "Where the data folder holds a store: move that aside, into a folder in it.",
     NULL},
    FLAG_JSON};
static const example_t EXAMPLES[] = {
    {"restore /var/backups/tenon-2026-11-29",
     "into ./data, which holds the master key and no store"},
    {"restore tenon.backup --data /var/lib/tenon --force", "in the place of what is there"},
};

const command_t COMMAND_RESTORE = {
    .name = "restore",
    .group = GROUP_HOST,
    .summary = "Puts a backup in the place of the store; the host is stopped",
    .detail =
        "Needs the master key that the backup was made under, where the configuration or the data "
        "folder has it. A backup that is not whole, and a data folder in use, are refused before "
        "anything is written. A refresh token in a backup may be spent since: the stored access "
        "token serves as long as it lives, then the refresh token is tried once, and where that "
        "fails the connection signs in anew or asks a person to.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
