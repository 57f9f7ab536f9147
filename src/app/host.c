/* SPDX-License-Identifier: MIT */
#include "app/host.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "app/files.h"
#include "app/listeners.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/worker.h"

enum { THREADS_MAX = 64, KEY_TEXT_MAX = 4096 };

/* One data loop. */
typedef struct data_thread {
    host_t *host;
    http_server_t *server;
    worker_t *worker;
    pthread_t thread;
    bool running;
    loop_message_t drain_message;
} data_thread_t;

struct host {
    const config_t *config;
    arena_t *arena;
    store_t *store;
    secret_t *master_key;
    egress_t *egress;
    catalogue_t *catalogue;
    throttle_t *throttle;
    manager_t *manager;
    listeners_t *listeners;
    data_thread_t *threads;
    unsigned thread_count;
    unsigned undrained; /* of threads, counted down by them */
    pthread_mutex_t lock;
    int drained_fd;
    str_t public_url;
};

/* --- what everything stands on --- */

static bool make_data_folder(const host_t *h, err_t *err)
{
    const char *path = h->config->data.p;
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           err_set(err, ERR_configuration, "the data folder %s cannot be made: %s", path, strerrordesc_np(errno));
}

static bool load_master_key(host_t *h, err_t *err)
{
    const config_t *c = h->config;
    buf_t printed;
    buf_init_wiping(&printed, KEY_TEXT_MAX);
    str_t value = c->master_key.given ? buf_view(&c->master_key.text) : STR_NONE;
    bool ok = true;
    if (c->master_key_program.p) {
        ok = program_read(c->master_key_program.p, &printed, err);
        value = buf_view(&printed);
    }
    if (ok) {
        h->master_key =
            master_key_load(value, c->master_key_file, c->data, !store_exists(c->data.p), err);
    }
    buf_fini(&printed);
    return h->master_key != NULL;
}

/* The master key comes before the store, so that a start which dies between the two leaves a key without a store
 * (the next start takes it) and never a store that nobody can open. */
static bool open_store(host_t *h, err_t *err)
{
    if (!make_data_folder(h, err) || !load_master_key(h, err)) {
        return false;
    }
    h->store = store_open(h->config->data.p, err);
    return h->store != NULL;
}

static upstream_options_t upstream_options(const host_t *h)
{
    return (upstream_options_t){.egress = h->egress,
                                .ca_file = h->config->ca_file.p,
                                .resolve = h->config->resolve.p,
                                .connect_timeout_ms = h->config->connect_timeout_ms};
}

static bool make_egress(host_t *h, err_t *err)
{
    h->egress = egress_new(h->config->egress_allow, err);
    if (h->egress) {
        listeners_guard(h->listeners, h->egress);
    }
    return h->egress != NULL;
}

static bool open_definitions(host_t *h, err_t *err)
{
    const load_options_t options = {.file_bytes_max = (size_t)h->config->definition_bytes};
    h->catalogue = catalogue_open(h->config->connectors.p, &options, err);
    return h->catalogue != NULL;
}

static bool start_manager(host_t *h, err_t *err)
{
    const config_t *c = h->config;
    h->throttle = throttle_new();
    const manager_options_t options = {
        .store = h->store,
        .master_key = h->master_key,
        .catalogue = h->catalogue,
        .throttle = h->throttle,
        .upstream = upstream_options(h),
        .token_timeout_ms = c->token_timeout_ms,
        .token_requests_per_host = (unsigned)c->token_requests_per_host,
        .call_tokens_max = (size_t)c->call_tokens,
        .admin_key = c->admin_key.given ? buf_view(&c->admin_key.text) : STR_NONE,
    };
    h->manager = manager_start(&options, err);
    return h->manager != NULL;
}

/* --- data loops --- */

static void on_request(void *context, http_request_t *request)
{
    data_thread_t *t = context;
    api_handle(t->worker, request);
}

static http_options_t http_options(const host_t *h, data_thread_t *t)
{
    const config_t *c = h->config;
    return (http_options_t){
        .listeners = listeners_list(h->listeners),
        .listener_count = listeners_count(h->listeners),
        .body_bytes_max = (size_t)c->body_bytes,
        .url_bytes_max = (size_t)c->url_bytes,
        .header_bytes_max = (size_t)c->header_bytes,
        .connections_max = ((unsigned)c->connections + h->thread_count - 1) / h->thread_count,
        .request_timeout_ms = c->request_timeout_ms,
        .on_request = on_request,
        .context = t,
    };
}

static worker_options_t worker_options_of(const host_t *h)
{
    const config_t *c = h->config;
    return (worker_options_t){
        .manager = h->manager,
        .catalogue = h->catalogue,
        .throttle = h->throttle,
        .upstream = upstream_options(h),
        .egress = h->egress,
        .answer_bytes_max = (size_t)c->answer_bytes,
        .calls_per_connection = (unsigned)c->calls_per_connection,
        .json_depth = (unsigned)c->json_depth,
        .array_items = (size_t)c->array_items,
        .public_url = h->public_url,
    };
}

static unsigned threads_wanted(const config_t *c, bool alone)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long wanted = alone ? 1 : c->threads ? (long)c->threads : cores;
    return wanted < 1 ? 1 : wanted > THREADS_MAX ? THREADS_MAX : (unsigned)wanted;
}

/* All are made before any runs, since listeners of the manager and the catalogue come before changes. */
static bool make_threads(host_t *h, bool alone, err_t *err)
{
    h->thread_count = threads_wanted(h->config, alone);
    h->threads = mem_array(h->thread_count, sizeof *h->threads);
    for (unsigned i = 0; i < h->thread_count; i++) {
        data_thread_t *t = &h->threads[i];
        t->host = h;
        const http_options_t http = http_options(h, t);
        const worker_options_t worker = worker_options_of(h);
        t->server = http_server_new(&http);
        t->worker = worker_new(t->server, &worker, err);
        if (!t->worker) {
            return false;
        }
    }
    return true;
}

static void *run_thread(void *context)
{
    data_thread_t *t = context;
    http_server_run(t->server);
    return NULL;
}

static bool run_threads(host_t *h, err_t *err)
{
    for (unsigned i = 0; i < h->thread_count; i++) {
        data_thread_t *t = &h->threads[i];
        char name[16];
        if (pthread_create(&t->thread, NULL, run_thread, t) != 0) {
            return err_set(err, ERR_configuration, "there is no thread for serving");
        }
        t->running = true;
        snprintf(name, sizeof name, "tenon-data-%u", i % 1000); /* 15 characters are all the kernel keeps */
        pthread_setname_np(t->thread, name);
    }
    return true;
}

/* --- start and end --- */

static bool build(host_t *h, const char *socket_folder, bool alone, err_t *err)
{
    if (!open_store(h, err)) {
        return false;
    }
    str_t folder = socket_folder ? str_of(socket_folder) : h->config->data;
    const char *socket_path = socket_path_in(h->arena, folder, HOST_SOCKET);
    h->listeners = listeners_open(h->config, socket_path, alone, err);
    if (!h->listeners) {
        return false;
    }
    h->public_url = h->config->public_url.p ? h->config->public_url : listeners_url_in(h->arena, h->listeners);
    return make_egress(h, err) && open_definitions(h, err) && start_manager(h, err) && make_threads(h, alone, err) &&
           run_threads(h, err);
}

host_t *host_start(const config_t *config, const char *socket_folder, bool alone, err_t *err)
{
    host_t *h = mem_new(host_t);
    h->config = config;
    h->arena = arena_new(0);
    h->drained_fd = -1;
    pthread_mutex_init(&h->lock, NULL);
    if (build(h, socket_folder, alone, err)) {
        listeners_tell(h->listeners);
        return h;
    }
    host_stop(h, true);
    return NULL;
}

static void stop_threads(host_t *h)
{
    for (unsigned i = 0; i < h->thread_count; i++) {
        if (h->threads[i].running) {
            http_server_stop(h->threads[i].server);
        }
    }
    for (unsigned i = 0; i < h->thread_count; i++) {
        if (h->threads[i].running) {
            pthread_join(h->threads[i].thread, NULL);
        }
    }
}

static void free_threads(host_t *h)
{
    for (unsigned i = 0; i < h->thread_count; i++) {
        worker_free(h->threads[i].worker);
        http_server_free(h->threads[i].server);
    }
    free(h->threads);
}

/* Whoever posts to a loop ends before that loop is freed. */
void host_stop(host_t *h, bool drained)
{
    stop_threads(h);
    if (h->catalogue) {
        catalogue_close(h->catalogue);
    }
    manager_stop(h->manager);
    store_close(h->store);
    listeners_close(h->listeners);
    if (!drained) {
        return; /* what is in flight still points at all this */
    }
    free_threads(h);
    if (h->throttle) {
        throttle_free(h->throttle);
    }
    if (h->egress) {
        egress_free(h->egress);
    }
    secret_unref(h->master_key);
    pthread_mutex_destroy(&h->lock);
    arena_free(h->arena);
    free(h);
}

/* --- while it runs --- */

static void on_keys(void *context, const store_result_t *result)
{
    *(bool *)context = !result->ok || result->count > 0;
}

bool host_has_keys(host_t *h)
{
    bool some = true;
    store_list_now(h->store, STR("key"), STR_NONE, STR_NONE, 1, on_keys, &some);
    return some || h->config->admin_key.given;
}

void host_reload(host_t *h)
{
    catalogue_reload(h->catalogue);
    listeners_reload(h->listeners);
}

static void on_drained(void *context)
{
    host_t *h = ((data_thread_t *)context)->host;
    pthread_mutex_lock(&h->lock);
    bool last = --h->undrained == 0;
    pthread_mutex_unlock(&h->lock);
    const uint64_t one = 1;
    while (last && write(h->drained_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

static void drain_worker(loop_message_t *message)
{
    data_thread_t *t = STRUCT_OF(message, data_thread_t, drain_message);
    worker_drain(t->worker);
    http_server_drain(t->server, on_drained, t);
}

void host_drain(host_t *h, int drained_fd)
{
    h->drained_fd = drained_fd;
    h->undrained = h->thread_count;
    listeners_stop(h->listeners);
    for (unsigned i = 0; i < h->thread_count; i++) {
        h->threads[i].drain_message.run = drain_worker;
        loop_post(worker_loop(h->threads[i].worker), &h->threads[i].drain_message);
    }
}
