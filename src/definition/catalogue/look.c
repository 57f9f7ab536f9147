/* SPDX-License-Identifier: MIT */
/* Which changes have come to rest, and what becomes of them. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "definition/catalogue/files.h"
#include "definition/catalogue/load_jobs.h"

/* --- when a file has come to rest --- */

typedef enum { REST_UNCHANGED, REST_WAIT, REST_READ, REST_GONE } rest_t;

static rest_t wait_until(int64_t at_ms, int64_t *next_ms)
{
    *next_ms = at_ms < *next_ms ? at_ms : *next_ms;
    return REST_WAIT;
}

static rest_t rest_of_missing(entry_t *e, int64_t now_ms, int64_t *next_ms)
{
    if (e->gone_at_ms == 0) {
        e->gone_at_ms = now_ms;
    }
    return now_ms - e->gone_at_ms >= GONE_MS ? REST_GONE
                                             : wait_until(e->gone_at_ms + GONE_MS, next_ms);
}

static rest_t rest_of_present(entry_t *e, const file_identity_t *identity, int64_t now_ms,
                              int64_t *next_ms)
{
    if (!e->forced && e->judged && file_identity_equal(identity, &e->identity)) {
        return REST_UNCHANGED;
    }
    if (e->writing_until_ms == INT64_MAX) {
        e->writing_until_ms = now_ms + WRITING_MS;
    }
    if (e->writing_until_ms > now_ms) {
        return wait_until(e->writing_until_ms, next_ms);
    }
    if (!e->has_seen || !file_identity_equal(identity, &e->seen)) {
        e->has_seen = true;
        e->seen = *identity;
        e->seen_at_ms = now_ms;
    }
    return now_ms - e->seen_at_ms >= QUIET_MS ? REST_READ
                                              : wait_until(e->seen_at_ms + QUIET_MS, next_ms);
}

static rest_t rest_of(entry_t *e, int64_t now_ms, int64_t *next_ms)
{
    struct stat status;
    file_identity_t identity = {0};
    if (lstat(e->path, &status) != 0) {
        return rest_of_missing(e, now_ms, next_ms);
    }
    e->gone_at_ms = 0;
    e->is_link = S_ISLNK(status.st_mode);
    (void)file_identify(e->path, &identity); /* a link into nowhere has none */
    return rest_of_present(e, &identity, now_ms, next_ms);
}

/* --- what became of it --- */

static void set_diagnostics(entry_t *e, json_t *diagnostics)
{
    json_decref(e->diagnostics);
    e->diagnostics = diagnostics;
}

static void take_success(entry_t *e, load_job_t *job)
{
    connector_unref(e->connector);
    e->connector = job->connector;
    e->in_service = job->digest;
    set_diagnostics(e, NULL);
    log_event(LOG_INFO, "definition.loaded", LOG_S("file", str_of(e->path)),
              LOG_S("connector", e->connector->id), LOG_S("version", e->connector->version),
              LOG_I("actions", (int64_t)e->connector->action_count),
              LOG_I("warnings", e->connector->warnings));
}

static void take_failure(entry_t *e, load_job_t *job)
{
    set_diagnostics(e, job->diagnostics);
    e->failed = job->digest;
    log_event(LOG_ERROR, "definition.failed", LOG_S("file", str_of(e->path)),
              LOG_S("code", str_of(err_code_name(job->first.code))), LOG_I("line", job->first.line),
              LOG_S("text", str_of(job->first.text)),
              LOG_B("serving_previous", e->connector != NULL));
}

static void throw_away(load_job_t *job)
{
    connector_unref(job->connector);
    json_decref(job->diagnostics);
}

/* True where a snapshot tells the difference. */
static bool use(load_job_t *job)
{
    entry_t *e = (entry_t *)(uintptr_t)job->entry;
    if (job->unsteady || job->news != e->news) {
        throw_away(job);
        e->has_seen = false;
        return false;
    }
    bool had_fault = e->diagnostics != NULL;
    e->changed = false;
    e->forced = false;
    e->writing_until_ms = 0;
    e->has_seen = false;
    e->judged = true;
    e->identity = job->identity;
    switch (job->outcome) {
    case LOAD_SUCCEEDED:
        take_success(e, job);
        return true;
    case LOAD_FAILED:
        take_failure(e, job);
        return true;
    case LOAD_AS_IN_SERVICE:
        set_diagnostics(e, NULL);
        return had_fault;
    case LOAD_AS_FAILED:
        break;
    }
    return false;
}

/* --- the look --- */

typedef struct batch {
    load_job_t *jobs;
    size_t count;
} batch_t;

static void add_job(batch_t *b, const entry_t *e)
{
    b->jobs[b->count++] = (load_job_t){.entry = e, .news = e->news};
}

/* Fills the batch with what is to be read. True where something is gone. */
static bool collect(files_t *f, int64_t now_ms, batch_t *b, int64_t *next_ms)
{
    bool gone = false;
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        entry_t *e = entry;
        switch (e->changed ? rest_of(e, now_ms, next_ms) : REST_UNCHANGED) {
        case REST_UNCHANGED:
            e->changed = false;
            e->writing_until_ms = 0;
            break;
        case REST_WAIT:
            break;
        case REST_READ:
            add_job(b, e);
            break;
        case REST_GONE:
            gone = gone || e->connector || e->diagnostics;
            files_drop(f, e);
            break;
        }
    }
    return gone;
}

static bool use_batch(batch_t *b, int64_t now_ms, int64_t *next_ms)
{
    bool told = false;
    for (size_t i = 0; i < b->count; i++) {
        told = use(&b->jobs[i]) || told;
        if (b->jobs[i].entry->changed) {
            (void)wait_until(now_ms + QUIET_MS, next_ms);
        }
    }
    return told;
}

bool files_look(files_t *f, int64_t now_ms, void (*before_use)(void *context), void *context,
                int64_t *next_ms)
{
    batch_t b = {.jobs = mem_array(map_count(f->entries) + 1, sizeof(load_job_t))};
    *next_ms = INT64_MAX;
    bool told = collect(f, now_ms, &b, next_ms);
    if (b.count > 0) {
        load_jobs_run(b.jobs, b.count, &f->options);
        before_use(context);
        told = use_batch(&b, now_ms, next_ms) || told;
        /* The news that before_use heard may be of other files, too. */
        (void)wait_until(now_ms + QUIET_MS, next_ms);
    }
    free(b.jobs);
    return told;
}

/* True where some file changed while it was read. */
static bool load_changed(files_t *f)
{
    int64_t next_ms = INT64_MAX;
    batch_t b = {.jobs = mem_array(map_count(f->entries) + 1, sizeof(load_job_t))};
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        entry_t *e = entry;
        struct stat status;
        e->is_link = lstat(e->path, &status) == 0 && S_ISLNK(status.st_mode);
        if (e->changed) {
            add_job(&b, e);
        }
    }
    load_jobs_run(b.jobs, b.count, &f->options);
    (void)use_batch(&b, 0, &next_ms);
    free(b.jobs);
    return next_ms != INT64_MAX;
}

void files_load_all(files_t *f)
{
    enum { ROUNDS = 5 };
    const struct timespec pause = {0, QUIET_MS * 1000000L};
    for (int round = 0; load_changed(f) && round < ROUNDS; round++) {
        (void)nanosleep(&pause, NULL);
    }
}
