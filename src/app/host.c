/* SPDX-License-Identifier: MIT */
#include "app/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/documents.h"
#include "api/own_document.h"
#include "app/data_loops.h"
#include "app/figures.h"
#include "app/files.h"
#include "app/listeners.h"
#include "app/master.h"
#include "api/console_sessions.h"
#include "api/wrong_keys.h"
#include "app/setup.h"
#include "base/mem.h"
#include "codec/json.h"

enum { LOOPS_MAX = 64 };

struct host {
    config_t *config;
    bool alone;
    arena_t *arena;
    store_t *store;
    secret_t *master_key;
    egress_t *egress;
    http_proxies_t *proxies;
    catalogue_t *catalogue;
    throttle_t *throttle;
    metrics_t *metrics;
    journals_t *journals;
    manager_t *manager;
    listeners_t *listeners;
    api_options_t api;
    data_loops_t *loops;
    str_t public_url;
    figures_t figures;
    setup_t setup;
};

/* --- what everything stands on --- */

static bool make_data_folder(const host_t *h, err_t *err)
{
    const char *path = h->config->data.p;
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           err_set(err, ERR_configuration, "the data folder %s cannot be made: %s", path,
                   strerrordesc_np(errno));
}

static bool load_master_key(host_t *h, err_t *err)
{
    h->master_key = master_load(h->config, !store_exists(h->config->data.p), err);
    return h->master_key != NULL;
}

/* The master key comes before the store, so that a start which dies between the two leaves a key
 * without a store (the next start takes it) and never a store that nobody can open. */
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
    return (upstream_options_t){
        .egress = h->egress,
        .ca_file = h->config->ca_file.p,
        .resolve = h->config->resolve.p,
        .connect_timeout_ms = h->config->connect_timeout_ms,
        .breaker = {(unsigned)h->config->breaker_failures, h->config->breaker_after_ms}};
}

static bool make_egress(host_t *h, err_t *err)
{
    h->egress = egress_new(h->config->egress_allow, err);
    if (h->egress) {
        listeners_guard(h->listeners, h->egress);
    }
    return h->egress != NULL;
}

static bool make_proxies(host_t *h, err_t *err)
{
    h->proxies = http_proxies_new(h->config->trusted_proxies, err);
    return h->proxies != NULL;
}

static bool open_definitions(host_t *h, err_t *err)
{
    const load_options_t options = {.file_bytes_max = (size_t)h->config->definition_bytes,
                                    .action_timeout_ms = h->config->action_timeout_ms};
    h->catalogue = catalogue_open(h->config->connectors.p, &options, err);
    return h->catalogue != NULL;
}

static bool start_manager(host_t *h, err_t *err)
{
    const config_t *c = h->config;
    if (!h->alone) {
        setup_prepare(&h->setup, h->arena, c, h->store);
    }
    h->throttle = throttle_new();
    h->metrics = metrics_new();
    h->journals = journals_new(h->alone ? 0 : (size_t)c->calls_kept);
    const manager_options_t options = {
        .store = h->store,
        .master_key = h->master_key,
        .catalogue = h->catalogue,
        .throttle = h->throttle,
        .metrics = h->metrics,
        .upstream = upstream_options(h),
        .token_timeout_ms = c->token_timeout_ms,
        .token_requests_per_host = (unsigned)c->token_requests_per_host,
        .token_answer_bytes_max = (size_t)c->token_answer_bytes,
        .token_bytes_max = (size_t)c->token_bytes,
        .call_tokens_max = (size_t)c->call_tokens,
        .public_url = h->public_url,
        .callback_per_connector = c->callback_path == 1,
        .connect_return_urls = c->connect_return_urls,
        .events_kept = (size_t)c->events_kept,
        .event_listeners = (unsigned)c->event_listeners,
        .audit = {.folder = arena_printf(h->arena, "%.*s/audit", STR_ARG(c->data)).p,
                  .keep_ms = h->alone ? 0 : c->audit_keep_ms, /* a command removes nothing */
                  .bytes_max = h->alone ? INT64_MAX : c->audit_bytes},
        .setup_code = setup_code(&h->setup),
        .setup_file = h->setup.file,
        .admin_key = c->admin_key.given ? buf_view(&c->admin_key.text) : STR_NONE,
    };
    h->manager = manager_start(&options, err);
    secret_unref(h->master_key);
    h->master_key = NULL;
    return h->manager != NULL;
}

/* --- data loops --- */

static http_options_t http_options(const host_t *h)
{
    const config_t *c = h->config;
    return (http_options_t){
        .listeners = listeners_list(h->listeners),
        .listener_count = listeners_count(h->listeners),
        .proxies = c->trusted_proxies.n ? h->proxies : NULL,
        .body_bytes_max = (size_t)c->body_bytes,
        .url_bytes_max = (size_t)c->url_bytes,
        .header_bytes_max = (size_t)c->header_bytes,
        .connections_max = (unsigned)c->connections,
        .request_timeout_ms = c->request_timeout_ms,
    };
}

static upstream_options_t guarded_upstream_options(const host_t *h)
{
    upstream_options_t options = upstream_options(h);
    options.on_circuit = events_tell_circuit;
    options.circuit_context = manager_events(h->manager);
    return options;
}

static worker_options_t worker_options_of(host_t *h)
{
    const config_t *c = h->config;
    return (worker_options_t){
        .manager = h->manager,
        .catalogue = h->catalogue,
        .throttle = h->throttle,
        .metrics = h->metrics,
        .events = manager_events(h->manager),
        .journals = h->journals,
        .upstream = guarded_upstream_options(h),
        .egress = h->egress,
        .answer_bytes_max = (size_t)c->answer_bytes,
        .calls_per_connection = (unsigned)c->calls_per_connection,
        .json_depth = (unsigned)c->json_depth,
        .array_items = (size_t)c->array_items,
        .json_values = (size_t)c->json_values,
        .string_bytes = (size_t)c->string_bytes,
        .log_calls = (log_calls_t)c->log_calls,
        .public_url = h->public_url,
        .expose = figures_expose,
        .expose_context = &h->figures,
    };
}

static unsigned loops_wanted(const config_t *c, bool alone)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long wanted = alone ? 1 : c->threads ? (long)c->threads : cores;
    return wanted < 1 ? 1 : wanted > LOOPS_MAX ? LOOPS_MAX : (unsigned)wanted;
}

static bool start_api(host_t *h, err_t *err)
{
    h->api.sessions = console_sessions_new(h->config->session_idle_ms);
    h->api.wrong_keys = wrong_keys_new();
    h->api.public_documents = h->config->public_documents;
    h->api.documents = documents_start((size_t)h->config->document_bytes, err);
    return h->api.documents != NULL;
}

static bool start_loops(host_t *h, bool alone, err_t *err)
{
    const http_options_t http = http_options(h);
    const worker_options_t worker = worker_options_of(h);
    h->loops = data_loops_new(loops_wanted(h->config, alone), &http, &worker, &h->api, err);
    h->figures = (figures_t){h->metrics, h->store, h->catalogue, h->throttle, h->manager, h->loops};
    return h->loops && data_loops_run(h->loops, err);
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
    if (!alone) {
        own_document_prepare();
    }
    h->public_url =
        h->config->public_url.p ? h->config->public_url : listeners_url_in(h->arena, h->listeners);
    return make_egress(h, err) && make_proxies(h, err) && open_definitions(h, err) &&
           start_manager(h, err) && start_api(h, err) && start_loops(h, alone, err);
}

/* What a command does by itself leaves lines of its own. */
static void note(const host_t *h, audit_what_t what, json_t *details)
{
    static const actor_t HOST = {.kind = ACTOR_HOST};
    if (!h->alone && h->manager) {
        audit_note(manager_audit(h->manager),
                   &(audit_entry_t){.what = what, .actor = &HOST, .details = details});
    }
    json_decref(details);
}

static void note_start(const host_t *h)
{
    snapshot_t *snapshot = catalogue_snapshot(h->catalogue);
    note(h, AUDIT_HOST_STARTED,
         json_pack("{s:s, s:o, s:I}", "version", TENON_VERSION, "url", json_str(h->public_url),
                   "connectors", (json_int_t)snapshot_count(snapshot)));
    snapshot_unref(snapshot);
}

host_t *host_start(config_t *config, const char *socket_folder, bool alone, err_t *err)
{
    host_t *h = mem_new(host_t);
    h->config = config;
    h->alone = alone;
    h->arena = arena_new(0);
    bool built = build(h, socket_folder, alone, err);
    config_forget_keys(config);
    if (built) {
        listeners_tell(h->listeners);
        note_start(h);
        return h;
    }
    host_stop(h, true);
    return NULL;
}

/* Whoever posts to a loop ends before that loop is freed. */
void host_stop(host_t *h, bool drained)
{
    if (h->loops) {
        data_loops_stop(h->loops);
    }
    if (h->catalogue) {
        catalogue_close(h->catalogue);
    }
    documents_stop(h->api.documents);
    note(h, AUDIT_HOST_STOPPED, json_pack("{s:b}", "drained", (int)drained));
    manager_stop(h->manager);
    store_close(h->store);
    listeners_close(h->listeners);
    if (!drained) {
        return; /* what is in flight still points at all this */
    }
    data_loops_free(h->loops);
    if (h->throttle) {
        throttle_free(h->throttle);
    }
    metrics_free(h->metrics);
    journals_free(h->journals);
    console_sessions_free(h->api.sessions);
    wrong_keys_free(h->api.wrong_keys);
    if (h->egress) {
        egress_free(h->egress);
    }
    http_proxies_free(h->proxies);
    secret_unref(h->master_key);
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

bool host_tell_setup(host_t *h)
{
    return setup_tell(&h->setup, h->public_url);
}

static void on_loaded(void *context)
{
    (void)round_start(context);
}

void host_reload(host_t *h, round_t *then)
{
    listeners_reload(h->listeners);
    catalogue_reload(h->catalogue, on_loaded, then);
}

void host_fill_round(const host_t *h, round_t *r)
{
    round_add(r, manager_loop(h->manager));
    data_loops_fill_round(h->loops, r);
}

void host_describe(const host_t *h, char *to, size_t size)
{
    snapshot_t *snapshot = catalogue_snapshot(h->catalogue);
    size_t count = snapshot_count(snapshot);
    size_t faults = snapshot_fault_count(snapshot);
    int n = snprintf(to, size, "Serving %zu %s at %.*s", count,
                     count == 1 ? "connector" : "connectors", STR_ARG(h->public_url));
    if (faults && n > 0 && (size_t)n < size) {
        snprintf(to + n, size - (size_t)n, "; %zu %s faults", faults,
                 faults == 1 ? "definition has" : "definitions have");
    }
    snapshot_unref(snapshot);
}

void host_look(host_t *h)
{
    listeners_look(h->listeners);
}

void host_drain(host_t *h, int drained_fd)
{
    listeners_stop(h->listeners);
    events_drain(manager_events(h->manager));
    data_loops_drain(h->loops, drained_fd);
}
