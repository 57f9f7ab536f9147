/* SPDX-License-Identifier: MIT */
#include "store/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { LEFT_S = 3600 };

typedef struct copy_job {
    loop_message_t message;
    struct copy_job *next;
    store_copy_t copy;
    char *name;
    loop_t *reply_to;
    err_t err;
} copy_job_t;

/* --- one --- */

static void run_answer(loop_message_t *message)
{
    copy_job_t *job = STRUCT_OF(message, copy_job_t, message);
    job->copy.on_done(job->copy.context, &job->err);
    free(job->name);
    free(job);
}

static bool fail_errno(const char *name, err_t *err)
{
    return err_set(err, ERR_store_failed, "the copy %s: %s", name, strerrordesc_np(errno));
}

static bool finish(const copy_job_t *job, int folder, err_t *err)
{
    int fd = openat(folder, job->name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(job->name, err);
    }
    bool ok = job->copy.finish(job->copy.context, fd, err);
    if (ok && (fsync(fd) < 0 || fsync(folder) < 0)) {
        ok = fail_errno(job->name, err);
    }
    close(fd);
    return ok;
}

/* What was made and nobody took away. */
static void sweep(int folder)
{
    struct stat status;
    time_t before = time(NULL) - LEFT_S;
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *files = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *file; files && (file = readdir(files));) {
        if (str_starts(str_of(file->d_name), STR(STORE_COPY_PREFIX)) &&
            fstatat(folder, file->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            status.st_mtime < before) {
            (void)unlinkat(folder, file->d_name, 0);
        }
    }
    if (files) {
        closedir(files);
    } else if (fd >= 0) {
        close(fd);
    }
}

static void make(const copies_t *c, copy_job_t *job)
{
    int folder = c->backend->folder(c->db);
    sweep(folder);
    if (!c->backend->copy(c->db, job->name, &job->err) || !finish(job, folder, &job->err)) {
        (void)unlinkat(folder, job->name, 0);
    }
}

/* --- all --- */

static copy_job_t *next(copies_t *c)
{
    pthread_mutex_lock(&c->lock);
    copy_job_t *job = c->waiting;
    if (job) {
        c->waiting = job->next;
    } else {
        c->working = false;
        pthread_cond_signal(&c->idle);
    }
    pthread_mutex_unlock(&c->lock);
    return job;
}

static void *run_thread(void *context)
{
    copies_t *c = context;
    for (copy_job_t *job; (job = next(c));) {
        make(c, job);
        job->message.run = run_answer;
        loop_post(job->reply_to, &job->message);
    }
    return NULL;
}

/* Signals are for the threads that wait for them. */
static bool start_thread(copies_t *c)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, run_thread, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) {
        pthread_setname_np(thread, "tenon-copy");
        pthread_detach(thread);
    }
    return started;
}

static void enqueue(copies_t *c, copy_job_t *job)
{
    copy_job_t **at = &c->waiting;
    while (*at) {
        at = &(*at)->next;
    }
    *at = job;
}

void copies_add(copies_t *c, loop_t *reply_to, const store_copy_t *copy)
{
    copy_job_t *job = mem_new(copy_job_t);
    *job = (copy_job_t){
        .copy = *copy, .name = str_dup(str_of(copy->name)), .reply_to = reply_to, .err = ERR_INIT};
    pthread_mutex_lock(&c->lock);
    if (c->working || start_thread(c)) {
        c->working = true;
        enqueue(c, job);
        job = NULL;
    }
    pthread_mutex_unlock(&c->lock);
    if (job) {
        err_set(&job->err, ERR_store_failed, "No thread for the copy");
        job->message.run = run_answer;
        loop_post(reply_to, &job->message);
    }
}

void copies_init(copies_t *c, const store_backend_t *backend, const void *db)
{
    *c = (copies_t){.backend = backend, .db = db};
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->idle, NULL);
}

void copies_fini(copies_t *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->working) {
        pthread_cond_wait(&c->idle, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->idle);
}
