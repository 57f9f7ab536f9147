/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/load_jobs.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { THREADS_MAX = 16 };

/* --- one file --- */

static bool is_same(const digest_t *a, const digest_t *b)
{
    return a->known && b->known && memcmp(a->bytes, b->bytes, SHA256_BYTES) == 0;
}

static void note_failure(load_job_t *job, diagnostics_t *d)
{
    job->outcome = LOAD_FAILED;
    job->diagnostics = diagnostics_to_json(d, str_of(job->entry->path));
    for (unsigned i = 0; i < d->count; i++) {
        if (d->list[i].level != LEVEL_W) {
            err_set_at(&job->first, d->list[i].code, d->list[i].line, d->list[i].column, "%s",
                       d->list[i].text);
        }
    }
}

static void load_text(load_job_t *job, str_t text, const load_options_t *options, diagnostics_t *d)
{
    hash_bytes(HASH_SHA256, text, job->digest.bytes);
    job->digest.known = true;
    if (is_same(&job->digest, &job->entry->in_service)) {
        job->outcome = LOAD_AS_IN_SERVICE;
    } else if (job->entry->diagnostics && is_same(&job->digest, &job->entry->failed)) {
        job->outcome = LOAD_AS_FAILED;
    } else {
        job->connector = definition_load(str_of(job->entry->path), text, options, d);
        job->outcome = LOAD_SUCCEEDED;
        if (!job->connector) {
            note_failure(job, d);
        }
    }
}

static void run_job(load_job_t *job, const load_options_t *options)
{
    file_text_t text;
    diagnostics_t d;
    arena_t *arena = arena_new(0);
    diagnostics_init(&d, arena);
    bool read = definition_read_file(job->entry->path, options, &d, &text);
    job->identity = text.identity;
    job->unsteady = text.unsteady;
    if (!read) {
        note_failure(job, &d);
    } else if (!text.unsteady) {
        load_text(job, str_at(text.p, text.n), options, &d);
    }
    free(text.p);
    arena_free(arena);
}

/* --- many --- */

typedef struct crew {
    load_job_t *jobs;
    size_t count;
    atomic_size_t next;
    const load_options_t *options;
} crew_t;

static void *work(void *context)
{
    crew_t *crew = context;
    for (;;) {
        size_t index = atomic_fetch_add(&crew->next, 1);
        if (index >= crew->count) {
            return NULL;
        }
        run_job(&crew->jobs[index], crew->options);
    }
}

static size_t core_count(void)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return count < THREADS_MAX ? (size_t)count : THREADS_MAX;
}

void load_jobs_run(load_job_t *jobs, size_t count, const load_options_t *options)
{
    crew_t crew = {.jobs = jobs, .count = count, .options = options};
    pthread_t threads[THREADS_MAX];
    size_t others = core_count();
    others = (others < count ? others : count) - (count > 0);
    size_t started = 0;
    /* Where no thread is to be had, the others do its share. */
    while (started < others && pthread_create(&threads[started], NULL, work, &crew) == 0) {
        started++;
    }
    (void)work(&crew);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}
