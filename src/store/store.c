/* SPDX-License-Identifier: MIT */
/* The store's thread works in rounds: it takes everything that waits, commits all of the writes in
 * one transaction, then reads. So a read sees every write that was asked for before it, and a
 * hundred writers share one fsync. */
#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/copy.h"
#include "store/job.h"

enum {
    LAZY_MS = 1000,  /* how long a write that need not be durable may wait for company */
    PROBE_MS = 2000, /* how often a failed database is tried while nobody writes */
};

typedef struct queue {
    job_t *first;
    job_t **end;
    size_t count;
} queue_t;

struct store {
    const store_backend_t *backend;
    void *db;
    pthread_t thread;
    atomic_bool healthy;
    copies_t copies;

    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t wake;
    pthread_cond_t answered;
    queue_t writes;
    queue_t reads;
    int64_t
        due_ms; /* when the next round begins: clock_boot_ms(), INT64_MAX: when something comes */
    bool closing;
    store_figures_t figures; /* all but the queue */
};

/* --- queues --- */

static void queue_init(queue_t *q)
{
    *q = (queue_t){.first = NULL};
    q->end = &q->first;
}

static void queue_add(queue_t *q, job_t *job)
{
    *q->end = job;
    q->end = &job->next;
    q->count++;
}

static queue_t queue_take(queue_t *q)
{
    queue_t taken = *q;
    queue_init(q);
    return taken;
}

/* --- the thread --- */

/* INT64_MAX: until something is asked for. */
static void wait_until(store_t *s, int64_t at_ms)
{
    if (at_ms == INT64_MAX) {
        pthread_cond_wait(&s->wake, &s->lock);
        return;
    }
    int64_t left_ms = at_ms - clock_boot_ms();
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t nanoseconds = at.tv_nsec + (left_ms > 0 ? left_ms : 0) * 1000000;
    at.tv_sec += nanoseconds / 1000000000;
    at.tv_nsec = nanoseconds % 1000000000;
    pthread_cond_timedwait(&s->wake, &s->lock, &at);
}

/* Waits for the next round and takes what there is. False: it is the last one. */
static bool next_round(store_t *s, int64_t probe_at_ms, queue_t *writes, queue_t *reads)
{
    pthread_mutex_lock(&s->lock);
    for (;;) {
        int64_t at_ms = s->due_ms < probe_at_ms ? s->due_ms : probe_at_ms;
        if (s->closing || at_ms <= clock_boot_ms()) {
            break;
        }
        wait_until(s, at_ms);
    }
    *writes = queue_take(&s->writes);
    *reads = queue_take(&s->reads);
    s->due_ms = INT64_MAX;
    bool more = !s->closing;
    pthread_mutex_unlock(&s->lock);
    return more;
}

static void run_answer(loop_message_t *message)
{
    job_t *job = STRUCT_OF(message, job_t, message);
    job_tell(job);
    job_free(job);
}

/* Gives the job away. */
static void answer(store_t *s, job_t *job)
{
    if (job->is_waited_for) {
        pthread_mutex_lock(&s->lock);
        job->is_answered = true;
        pthread_cond_broadcast(&s->answered);
        pthread_mutex_unlock(&s->lock);
    } else if (!job->on_done) {
        job_free(job);
    } else {
        job->message.run = run_answer;
        loop_post(job->reply_to, &job->message);
    }
}

static void set_health(store_t *s, bool healthy)
{
    if (atomic_exchange(&s->healthy, healthy) != healthy) {
        log_event(healthy ? LOG_INFO : LOG_ERROR, healthy ? "store.recovered" : "store.unavailable",
                  LOG_S("backend", str_of(s->backend->name)));
    }
}

/* A conflict says nothing about the disk. */
static void judge_health(store_t *s, const queue_t *writes)
{
    bool any_failed = false;
    bool any_written = false;
    for (const job_t *job = writes->first; job; job = job->next) {
        any_failed |= job->batch.err.code == ERR_store_unavailable;
        any_written |= !err_is_set(&job->batch.err) && !job->batch.conflict;
    }
    if (any_failed || any_written) {
        set_health(s, !any_failed);
    }
}

static void count_failure(store_t *s, const job_t *job)
{
    if (job->batch.err.code == ERR_store_unavailable) {
        pthread_mutex_lock(&s->lock);
        s->figures.failures++;
        pthread_mutex_unlock(&s->lock);
    }
}

static void count_commit(store_t *s, const queue_t *writes, int64_t us)
{
    for (const job_t *job = writes->first; job; job = job->next) {
        count_failure(s, job);
    }
    pthread_mutex_lock(&s->lock);
    s->figures.commits++;
    s->figures.commit_us += us;
    pthread_mutex_unlock(&s->lock);
}

static void do_writes(store_t *s, const queue_t *writes)
{
    if (!writes->count) {
        return;
    }
    store_batch_t **batches = mem_array(writes->count, sizeof *batches);
    size_t count = 0;
    for (job_t *job = writes->first; job; job = job->next) {
        batches[count++] = &job->batch;
    }
    int64_t began_us = clock_boot_us();
    s->backend->write(s->db, batches, count);
    count_commit(s, writes, clock_boot_us() - began_us);
    free(batches);
    judge_health(s, writes);
}

static void do_read(store_t *s, job_t *job)
{
    const store_range_t *range = &job->range;
    err_t *err = &job->batch.err;
    bool ok = job->kind == JOB_GET
                  ? s->backend->get(s->db, range->kind, range->prefix, &job->rows, err)
              : job->kind == JOB_LIST ? s->backend->list(s->db, range, &job->rows, err)
                                      : s->backend->walk(s->db, range, &job->rows, err);
    (void)ok; /* err says the same to whoever is answered */
    count_failure(s, job);
}

static void answer_all(store_t *s, const queue_t *q)
{
    for (job_t *job = q->first; job;) {
        job_t *next = job->next;
        if (job->kind != JOB_WRITE) {
            do_read(s, job);
        }
        answer(s, job);
        job = next;
    }
}

/* A host that is not ready gets no calls, makes no writes, and would never learn that the disk has
 * room again. Answers when to try next. */
static int64_t probe(store_t *s, int64_t at_ms)
{
    int64_t now_ms = clock_boot_ms();
    if (atomic_load(&s->healthy)) {
        return INT64_MAX;
    }
    if (at_ms == INT64_MAX) {
        return now_ms + PROBE_MS;
    }
    if (at_ms > now_ms) {
        return at_ms;
    }
    err_t err = ERR_INIT;
    set_health(s, s->backend->probe(s->db, &err));
    return clock_boot_ms() + PROBE_MS;
}

static void *run_thread(void *context)
{
    store_t *s = context;
    int64_t probe_at_ms = INT64_MAX;
    bool more = true;
    while (more) {
        queue_t writes;
        queue_t reads;
        probe_at_ms = probe(s, probe_at_ms);
        more = next_round(s, probe_at_ms, &writes, &reads);
        do_writes(s, &writes);
        answer_all(s, &writes);
        answer_all(s, &reads);
    }
    return NULL;
}

/* --- opening and closing --- */

/* Signals are for the threads that wait for them. */
static int start_thread(store_t *s)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, run_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static void init_conditions(store_t *s)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attributes);
    pthread_cond_init(&s->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&s->lock, NULL);
}

static void store_free(store_t *s)
{
    copies_fini(&s->copies);
    s->backend->close(s->db);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->answered);
    free(s);
}

store_t *store_open_with(const store_backend_t *backend, const char *folder, err_t *err)
{
    void *db = backend->open(folder, err);
    if (!db) {
        return NULL;
    }
    store_t *s = mem_new(store_t);
    s->backend = backend;
    s->db = db;
    s->due_ms = INT64_MAX;
    atomic_init(&s->healthy, !backend->is_read_only(db));
    queue_init(&s->writes);
    queue_init(&s->reads);
    init_conditions(s);
    copies_init(&s->copies, backend, db);
    if (start_thread(s) != 0) {
        err_set(err, ERR_store_failed, "No thread for the store");
        store_free(s);
        return NULL;
    }
    pthread_setname_np(s->thread, "tenon-store");
    return s;
}

store_t *store_open(const char *folder, err_t *err)
{
    return store_open_with(&store_sqlite, folder, err);
}

bool store_exists(const char *folder)
{
    return store_sqlite.exists(folder);
}

void store_close(store_t *s)
{
    if (!s) {
        return;
    }
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    store_free(s);
}

bool store_is_healthy(const store_t *s)
{
    return atomic_load(&s->healthy);
}

void store_read_figures(store_t *s, store_figures_t *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->figures;
    out->queue = s->reads.count + s->writes.count;
    pthread_mutex_unlock(&s->lock);
}

/* --- asking --- */

/* Under the lock. The thread is woken only where it would sleep past the moment. */
static void enqueue(store_t *s, job_t *job, int64_t due_ms)
{
    queue_add(job->kind == JOB_WRITE ? &s->writes : &s->reads, job);
    if (due_ms < s->due_ms) {
        s->due_ms = due_ms;
        pthread_cond_signal(&s->wake);
    }
}

static void submit(store_t *s, job_t *job, loop_t *reply_to, int64_t due_ms,
                   store_on_done_t *on_done, void *context)
{
    job->reply_to = reply_to;
    job->on_done = on_done;
    job->context = context;
    pthread_mutex_lock(&s->lock);
    enqueue(s, job, due_ms);
    pthread_mutex_unlock(&s->lock);
}

static void submit_and_wait(store_t *s, job_t *job, store_on_done_t *on_done, void *context)
{
    job->on_done = on_done;
    job->context = context;
    job->is_waited_for = true;
    pthread_mutex_lock(&s->lock);
    enqueue(s, job, 0);
    while (!job->is_answered) {
        pthread_cond_wait(&s->answered, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    job_tell(job);
    job_free(job);
}

void store_get(store_t *s, loop_t *reply_to, str_t kind, str_t id, store_on_done_t *on_done,
               void *context)
{
    const store_range_t range = {.kind = kind, .prefix = id, .limit = 1};
    submit(s, job_new_read(JOB_GET, &range), reply_to, 0, on_done, context);
}

void store_get_now(store_t *s, str_t kind, str_t id, store_on_done_t *on_done, void *context)
{
    const store_range_t range = {.kind = kind, .prefix = id, .limit = 1};
    submit_and_wait(s, job_new_read(JOB_GET, &range), on_done, context);
}

void store_list(store_t *s, loop_t *reply_to, str_t kind, str_t prefix, str_t after, unsigned limit,
                store_on_done_t *on_done, void *context)
{
    const store_range_t range = {.kind = kind, .prefix = prefix, .after = after, .limit = limit};
    submit(s, job_new_read(JOB_LIST, &range), reply_to, 0, on_done, context);
}

void store_walk(store_t *s, loop_t *reply_to, str_t kind, str_t id, unsigned limit,
                store_on_done_t *on_done, void *context)
{
    const store_range_t range = {.kind = kind, .after = id, .limit = limit};
    submit(s, job_new_read(JOB_WALK, &range), reply_to, 0, on_done, context);
}

void store_list_now(store_t *s, str_t kind, str_t prefix, str_t after, unsigned limit,
                    store_on_done_t *on_done, void *context)
{
    const store_range_t range = {.kind = kind, .prefix = prefix, .after = after, .limit = limit};
    submit_and_wait(s, job_new_read(JOB_LIST, &range), on_done, context);
}

void store_write(store_t *s, loop_t *reply_to, const store_change_t *changes, size_t count,
                 bool durable, store_on_done_t *on_done, void *context)
{
    int64_t due_ms = durable ? 0 : clock_boot_ms() + LAZY_MS;
    submit(s, job_new_write(changes, count), reply_to, due_ms, on_done, context);
}

void store_write_now(store_t *s, const store_change_t *changes, size_t count,
                     store_on_done_t *on_done, void *context)
{
    submit_and_wait(s, job_new_write(changes, count), on_done, context);
}

void store_copy(store_t *s, loop_t *reply_to, const store_copy_t *copy)
{
    copies_add(&s->copies, reply_to, copy);
}
