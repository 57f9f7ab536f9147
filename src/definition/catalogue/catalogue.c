/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/catalogue.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "definition/catalogue/files.h"

enum {
    LISTENERS_MAX = 64,
    /* Where nobody tells of changes: without inotify, behind links, while the folder is away. */
    SCAN_AGAIN_MS = 2000,
};

typedef struct listener {
    loop_t *loop;
    void (*on_change)(void *context, snapshot_t *snapshot);
    void *context;
} listener_t;

struct catalogue {
    pthread_mutex_t lock; /* of the next six */
    snapshot_t *snapshot;
    uint64_t first_number;
    listener_t listeners[LISTENERS_MAX];
    unsigned listener_count;
    void (*on_loaded)(void *context); /* NULL: nobody waits for a reload */
    void *loaded_context;
    /* The rest is the thread's own. */
    pthread_t thread;
    loop_t *loop;
    files_t *files;
    folder_watch_t *watch; /* NULL: there is no inotify */
    loop_watch_t *news;
    loop_timer_t timer;
    int64_t scanned_at_ms;
    bool scan_is_due;
    bool reloading;
    uint64_t number;
    loop_message_t reload;
    atomic_bool reload_is_posted;
};

/* --- telling --- */

typedef struct notice {
    loop_message_t message;
    listener_t listener;
    snapshot_t *snapshot;
} notice_t;

static void run_notice(loop_message_t *message)
{
    notice_t *notice = STRUCT_OF(message, notice_t, message);
    notice->listener.on_change(notice->listener.context, notice->snapshot);
    free(notice);
}

/* Under the lock, so that a listener gets its snapshots in their order. */
static void tell(const listener_t *listener, const snapshot_t *snapshot)
{
    notice_t *notice = mem_new(notice_t);
    *notice = (notice_t){{.run = run_notice}, *listener, snapshot_ref(snapshot)};
    loop_post(listener->loop, &notice->message);
}

static void publish(catalogue_t *c)
{
    snapshot_t *next = files_snapshot(c->files, ++c->number);
    pthread_mutex_lock(&c->lock);
    snapshot_t *previous = c->snapshot;
    c->snapshot = next;
    for (unsigned i = c->listener_count; i > 0; i--) {
        tell(&c->listeners[i - 1], next);
    }
    pthread_mutex_unlock(&c->lock);
    snapshot_unref(previous);
}

snapshot_t *catalogue_snapshot(catalogue_t *c)
{
    pthread_mutex_lock(&c->lock);
    snapshot_t *present = snapshot_ref(c->snapshot);
    pthread_mutex_unlock(&c->lock);
    return present;
}

void catalogue_listen(catalogue_t *c, loop_t *loop,
                      void (*on_change)(void *context, snapshot_t *snapshot), void *context)
{
    listener_t listener = {loop, on_change, context};
    pthread_mutex_lock(&c->lock);
    if (c->listener_count == LISTENERS_MAX) {
        fatal_abort("too many listeners of the catalogue");
    }
    c->listeners[c->listener_count++] = listener;
    if (snapshot_number(c->snapshot) != c->first_number) {
        tell(&listener, c->snapshot); /* what the listener holds may be older */
    }
    pthread_mutex_unlock(&c->lock);
}

/* --- looking --- */

static void on_news(void *context, news_t news, str_t name)
{
    catalogue_t *c = context;
    /* A link may lead through a name that is none of a definition. */
    if (news == NEWS_ALL || (files_note(c->files, news, name) && files_have_links(c->files))) {
        c->scan_is_due = true;
    }
}

static void read_news(void *context)
{
    catalogue_t *c = context;
    if (c->watch) {
        folder_watch_read(c->watch, on_news, c);
    }
}

/* Looks for names in the folder that bears its name now. */
static void scan(catalogue_t *c, int64_t now_ms, bool forced)
{
    c->scan_is_due = false;
    c->scanned_at_ms = now_ms;
    if (c->watch) {
        (void)folder_watch_renew(c->watch);
    }
    files_scan(c->files, forced);
}

static int64_t scan_again_at(const catalogue_t *c)
{
    bool blind = !c->watch || c->files->folder_fault || files_have_links(c->files);
    return blind ? c->scanned_at_ms + SCAN_AGAIN_MS : INT64_MAX;
}

/* A reload is through. A further one that is posted already ends later. */
static void end_reload(catalogue_t *c)
{
    c->reloading = false;
    pthread_mutex_lock(&c->lock);
    void (*on_loaded)(void *) = atomic_load(&c->reload_is_posted) ? NULL : c->on_loaded;
    void *context = c->loaded_context;
    c->on_loaded = on_loaded ? NULL : c->on_loaded;
    pthread_mutex_unlock(&c->lock);
    if (on_loaded) {
        on_loaded(context);
    }
}

static void look(catalogue_t *c, bool forced)
{
    int64_t now_ms = clock_boot_ms();
    int64_t next_ms = INT64_MAX;
    bool told = files_judge_folder(c->files);
    if (told || forced || c->scan_is_due || now_ms >= scan_again_at(c)) {
        scan(c, now_ms, forced);
    }
    if (!c->files->folder_fault) {
        told = files_look(c->files, now_ms, read_news, c, &next_ms) || told;
    }
    if (told) {
        publish(c);
    }
    if (c->reloading && next_ms == INT64_MAX && !c->scan_is_due) {
        end_reload(c);
    }
    int64_t scan_at_ms = c->scan_is_due ? now_ms : scan_again_at(c);
    loop_timer_set(&c->timer, next_ms < scan_at_ms ? next_ms : scan_at_ms);
}

static void on_time(void *context)
{
    look(context, false);
}

static void on_ready(void *context, uint32_t events)
{
    (void)events;
    read_news(context);
    look(context, false);
}

static void on_reload(loop_message_t *message)
{
    catalogue_t *c = STRUCT_OF(message, catalogue_t, reload);
    atomic_store(&c->reload_is_posted, false);
    c->reloading = true;
    look(c, true);
}

void catalogue_reload(catalogue_t *c, void (*on_loaded)(void *context), void *context)
{
    if (on_loaded) {
        pthread_mutex_lock(&c->lock);
        c->on_loaded = on_loaded;
        c->loaded_context = context;
        pthread_mutex_unlock(&c->lock);
    }
    if (!atomic_exchange(&c->reload_is_posted, true)) {
        loop_post(c->loop, &c->reload);
    }
}

/* --- life --- */

static void *run(void *context)
{
    catalogue_t *c = context;
    loop_run(c->loop);
    return NULL;
}

/* Signals are for the main thread. */
static void start_thread(catalogue_t *c)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        fatal_abort("no thread for the catalogue");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* All files of the folder, loaded; NULL on error. */
static files_t *load_folder(const char *folder, const load_options_t *options, err_t *err)
{
    files_t *files = files_new(folder, options);
    if (!files_check_folder(files, err)) {
        files_free(files);
        return NULL;
    }
    files_scan(files, false);
    files_load_all(files);
    return files;
}

static void watch_folder(catalogue_t *c, const char *folder)
{
    c->watch = folder_watch_new(folder);
    if (c->watch) {
        c->news = loop_watch(c->loop, folder_watch_fd(c->watch), EPOLLIN, on_ready, c);
    } else {
        log_event(LOG_WARN, "definition.not_watched", LOG_S("folder", str_of(folder)),
                  LOG_I("scan_ms", SCAN_AGAIN_MS));
    }
}

catalogue_t *catalogue_open(const char *folder, const load_options_t *options, err_t *err)
{
    catalogue_t *c = mem_new(catalogue_t);
    pthread_mutex_init(&c->lock, NULL);
    c->loop = loop_new();
    c->reload.run = on_reload;
    loop_timer_init(&c->timer, c->loop, on_time, c);
    /* Watched first: what changes while it is loaded is told. */
    watch_folder(c, folder);
    c->files = load_folder(folder, options, err);
    if (!c->files) {
        catalogue_close(c);
        return NULL;
    }
    c->scanned_at_ms = clock_boot_ms();
    c->snapshot = files_snapshot(c->files, ++c->number);
    c->first_number = c->number;
    loop_timer_set(&c->timer, c->scanned_at_ms + QUIET_MS);
    start_thread(c);
    return c;
}

void catalogue_close(catalogue_t *c)
{
    if (!c) {
        return;
    }
    if (c->snapshot) { /* else it was never opened */
        loop_stop(c->loop);
        pthread_join(c->thread, NULL);
    }
    loop_timer_clear(&c->timer);
    if (c->news) {
        loop_unwatch(c->news);
    }
    folder_watch_free(c->watch);
    loop_free(c->loop);
    files_free(c->files);
    snapshot_unref(c->snapshot);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

loop_t *catalogue_loop(const catalogue_t *c)
{
    return c->loop;
}

char *catalogue_read_text(const catalogue_t *c, str_t id, size_t *length, err_t *err)
{
    return files_read_text(c->files, id, length, err);
}

snapshot_t *catalogue_load_once(const char *folder, const load_options_t *options, err_t *err)
{
    files_t *files = load_folder(folder, options, err);
    snapshot_t *s = files ? files_snapshot(files, 1) : NULL;
    files_free(files);
    return s;
}
