/* SPDX-License-Identifier: MIT */
#include "definition/catalogue_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "definition/load_jobs.h"

/* --- names (FORMAT 1) --- */

typedef enum { NAME_OTHER, NAME_DEFINITION, NAME_MISNAMED } name_kind_t;

static name_kind_t kind_of(str_t name)
{
    static const char *const unread[] = {"~", ".tmp", ".swp"};
    if (name.n == 0 || name.p[0] == '.' || name.p[0] == '_') {
        return NAME_OTHER;
    }
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
        if (str_ends(name, str_of(unread[i]))) {
            return NAME_OTHER;
        }
    }
    if (str_ends(name, STR(".yaml"))) {
        return NAME_DEFINITION;
    }
    return str_ends_nocase(name, STR(".yml")) || str_ends_nocase(name, STR(".yaml")) ? NAME_MISNAMED
                                                                                     : NAME_OTHER;
}

static void warn_once(files_t *f, str_t name)
{
    if (!map_set(f->misnamed, name, f)) {
        log_event(LOG_WARN, "definition.ignored", LOG_S("file", name),
                  LOG_S("code", str_of(err_code_name(ERR_yml_suffix))),
                  LOG_S("text", str_of(err_code_title(ERR_yml_suffix))));
    }
}

/* --- the table --- */

files_t *files_new(const char *folder, const load_options_t *options)
{
    files_t *f = mem_new(files_t);
    f->folder = str_dup(str_of(folder));
    f->options = options ? *options : (load_options_t){0};
    f->entries = map_new();
    f->misnamed = map_new();
    return f;
}

static void entry_free(void *p)
{
    entry_t *e = p;
    connector_unref(e->connector);
    json_decref(e->diagnostics);
    free(e->name);
    free(e->path);
    free(e);
}

void files_free(files_t *f)
{
    if (f) {
        map_free_with(f->entries, entry_free);
        map_free(f->misnamed);
        json_decref(f->folder_fault);
        free(f->folder);
        free(f);
    }
}

static char *path_in(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = mem_alloc(size);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static entry_t *entry_of(files_t *f, str_t name)
{
    entry_t *e = map_get(f->entries, name);
    if (!e) {
        e = mem_new(entry_t);
        e->name = str_dup(name);
        e->path = path_in(f->folder, e->name);
        e->id = str_at(e->name, name.n - (sizeof ".yaml" - 1));
        (void)map_set(f->entries, name, e);
    }
    return e;
}

/* --- the folder --- */

static bool refuse_folder(const files_t *f, err_t *err)
{
    char why[128];
    return err_set(err, ERR_definition_unreadable, "%s: %s", f->folder,
                   strerror_r(errno, why, sizeof why));
}

bool files_check_folder(const files_t *f, err_t *err)
{
    struct stat status;
    if (stat(f->folder, &status) != 0) {
        return refuse_folder(f, err);
    }
    if (!S_ISDIR(status.st_mode)) {
        return err_set(err, ERR_definition_unreadable, "%s: not a folder", f->folder);
    }
    if (file_is_writable_by_others(&status)) {
        return err_set(err, ERR_definition_writable_by_others,
                       "%s: others may write to this folder; take that away, as with chmod go-w",
                       f->folder);
    }
    DIR *folder = opendir(f->folder);
    if (!folder) {
        return refuse_folder(f, err);
    }
    closedir(folder);
    return true;
}

static json_t *diagnostics_of(const files_t *f, const err_t *err)
{
    diagnostics_t d;
    arena_t *arena = arena_new(0);
    diagnostics_init(&d, arena);
    diagnostics_add(&d, LEVEL_S, err->code, 1, 1, "%s", err->text);
    json_t *list = diagnostics_to_json(&d, str_of(f->folder));
    arena_free(arena);
    return list;
}

bool files_judge_folder(files_t *f)
{
    err_t err = ERR_INIT;
    bool was_bad = f->folder_fault != NULL;
    bool good = files_check_folder(f, &err);
    if (good) {
        json_decref(f->folder_fault);
        f->folder_fault = NULL;
    } else if (!was_bad) {
        f->folder_fault = diagnostics_of(f, &err);
        log_event(LOG_ERROR, "definition.failed", LOG_S("file", str_of(f->folder)),
                  LOG_S("code", str_of(err_code_name(err.code))), LOG_S("text", str_of(err.text)),
                  LOG_B("serving_previous", true));
    }
    return was_bad == good;
}

/* --- news --- */

static void expect_change(entry_t *e, bool forced)
{
    e->changed = true;
    e->forced = e->forced || forced;
    e->has_seen = false;
    e->news++;
}

static bool is_being_made(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

static void note(entry_t *e, news_t news)
{
    bool writing = news == NEWS_WRITING || (news == NEWS_CREATED && is_being_made(e->path));
    if (writing) {
        e->writing_until_ms = INT64_MAX; /* dated at the next look */
    } else if (news == NEWS_WRITTEN) {
        e->writing_until_ms = 0;
    }
    expect_change(e, news == NEWS_WRITTEN || writing);
}

bool files_note(files_t *f, news_t news, str_t name)
{
    switch (kind_of(name)) {
    case NAME_DEFINITION:
        note(entry_of(f, name), news);
        return false;
    case NAME_MISNAMED:
        warn_once(f, name);
        return false;
    case NAME_OTHER:
        break;
    }
    return news == NEWS_CREATED || news == NEWS_WRITTEN;
}

static void note_all(files_t *f, bool forced)
{
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        entry_t *e = entry;
        e->changed = true;
        e->forced = e->forced || forced;
    }
}

void files_scan(files_t *f, bool forced)
{
    DIR *folder = opendir(f->folder);
    if (!folder) {
        return;
    }
    note_all(f, forced);
    for (struct dirent *found; (found = readdir(folder));) {
        str_t name = str_of(found->d_name);
        name_kind_t kind = kind_of(name);
        if (kind == NAME_DEFINITION) {
            entry_of(f, name)->changed = true;
        } else if (kind == NAME_MISNAMED) {
            warn_once(f, name);
        }
    }
    closedir(folder);
}

bool files_have_links(const files_t *f)
{
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        if (((const entry_t *)entry)->is_link) {
            return true;
        }
    }
    return false;
}

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

static void drop(files_t *f, entry_t *e)
{
    if (e->connector) {
        log_event(LOG_INFO, "definition.removed", LOG_S("file", str_of(e->path)),
                  LOG_S("connector", e->connector->id));
    }
    (void)map_remove(f->entries, str_of(e->name));
    entry_free(e);
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
            drop(f, e);
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
    const struct timespec pause = {0, QUIET_MS * 1000000};
    for (int round = 0; load_changed(f) && round < ROUNDS; round++) {
        (void)nanosleep(&pause, NULL);
    }
}

snapshot_t *files_snapshot(const files_t *f, uint64_t number)
{
    size_t count = map_count(f->entries);
    snapshot_t *s = snapshot_new(number, count, count + 1);
    void *entry;
    if (f->folder_fault) {
        snapshot_add_fault(s,
                           &(catalogue_fault_t){str_of(f->folder), STR(""), true, f->folder_fault});
    }
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        const entry_t *e = entry;
        if (e->connector) {
            snapshot_add(s, e->connector);
        }
        if (e->diagnostics) {
            snapshot_add_fault(s, &(catalogue_fault_t){str_of(e->path), e->id, e->connector != NULL,
                                                       e->diagnostics});
        }
    }
    snapshot_seal(s);
    return s;
}
