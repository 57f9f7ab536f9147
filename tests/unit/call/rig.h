/* SPDX-License-Identifier: MIT */
/* A host in the test's process, as the tests of calls need it: store, catalogue, manager and two
 * data loops, each with a listener of its own, so that a test can choose the loop that answers; and
 * a scripted service on loopback. What is scripted runs in the service's threads and must not
 * assert. */
#ifndef TENON_TESTS_UNIT_CALL_RIG_H
#define TENON_TESTS_UNIT_CALL_RIG_H

#include <ftw.h>
#include <sys/stat.h>

#include "http/fixture.h"
#include "upstream/rig.h"

#include "base/mem.h"
#include "base/secret.h"
#include "call/call.h"
#include "definition/catalogue/catalogue.h"
#include "store/store_backend.h"
#include "throttle/throttle.h"

enum { DATA_LOOPS = 2 };

/* The store's backend; a test may put one of its own in front. */
#ifndef RIG_STORE
#define RIG_STORE store_sqlite
#endif

struct call_rig;
typedef struct data_loop {
    struct call_rig *rig;
    http_server_t *server;
    worker_t *worker;
    pthread_t thread;
    host_t at; /* where its clients dial */
} data_loop_t;

typedef struct call_rig {
    server_t service;
    char folder[64];
    char connectors[100];
    char trail[128];
    store_t *store;
    secret_t *master_key;
    egress_t *egress;
    catalogue_t *catalogue;
    throttle_t *throttle;
    metrics_t *metrics;
    manager_t *manager;
    loop_t *loop; /* the test's own */
    data_loop_t data[DATA_LOOPS];
    bool draining; /* a message is posted once only */
    atomic_int drained;
    unsigned calls_per_connection;
    char key[100]; /* the latest that was added */
    char key_id[20];
} call_rig_t;

/* --- administration --- */

typedef struct told {
    bool done, ok;
    json_t *output;
    err_t err;
} told_t;

static inline void on_told(void *context, json_t *output, const err_t *err)
{
    told_t *t = context;
    t->done = true;
    t->ok = !err_is_set(err);
    t->output = json_incref(output);
    t->err = *err;
}

static const actor_t TESTER = {.kind = ACTOR_KEY, .key = "tester"};

/* The answer, or NULL where there is nothing to say; input is stolen. */
static inline json_t *rig_admin(call_rig_t *rig, admin_verb_t verb, json_t *input)
{
    told_t told = {.done = false};
    assert_non_null(input);
    loop_set_current(rig->loop);
    manager_admin(rig->manager, verb, input, &TESTER, on_told, &told);
    int64_t give_up_ms = clock_boot_ms() + PATIENCE_MS;
    while (!told.done && clock_boot_ms() < give_up_ms) {
        loop_turn(rig->loop, 100);
    }
    if (!told.ok) {
        fail_msg("verb %d: %s", (int)verb, told.err.text);
    }
    return told.output;
}

static inline void rig_connect(call_rig_t *rig, const char *name, const char *connector,
                               const char *parameters)
{
    json_t *given = json_loads(parameters, 0, NULL);
    assert_non_null(given);
    json_decref(rig_admin(
        rig, ADMIN_CONNECTION_CREATE,
        json_pack("{s:s, s:s, s:o}", "name", name, "connector", connector, "parameters", given)));
}

static inline void rig_change(call_rig_t *rig, const char *name, const char *parameters)
{
    json_t *given = json_loads(parameters, 0, NULL);
    json_decref(rig_admin(rig, ADMIN_CONNECTION_CHANGE,
                          json_pack("{s:s, s:o}", "name", name, "parameters", given)));
}

static inline void rig_add_key(call_rig_t *rig, json_t *input)
{
    json_t *made = rig_admin(rig, ADMIN_KEY_ADD, input);
    snprintf(rig->key, sizeof rig->key, "%s", json_string_value(json_object_get(made, "key")));
    snprintf(rig->key_id, sizeof rig->key_id, "%s", json_string_value(json_object_get(made, "id")));
    json_decref(made);
}

/* --- the host --- */

static inline void rig_on_request(void *context, http_request_t *request)
{
    data_loop_t *data = context;
    call_start(data->worker, request, STR("/run/"));
}

static inline void *rig_serve(void *context)
{
    http_server_run(((data_loop_t *)context)->server);
    return NULL;
}

/* Writes or replaces a definition; `%u` stands for the service's port. */
static inline void rig_define(call_rig_t *rig, const char *id, const char *yaml)
{
    char path[256], fresh[256];
    buf_t text;
    buf_init(&text, 1 << 20);
    for (const char *mark; (mark = strstr(yaml, "%u")); yaml = mark + 2) {
        buf_str(&text, str_at(yaml, (size_t)(mark - yaml)));
        buf_printf(&text, "%u", rig->service.port);
    }
    buf_str(&text, str_of(yaml));
    snprintf(fresh, sizeof fresh, "%s/.%s", rig->connectors, id);
    snprintf(path, sizeof path, "%s/%s.yaml", rig->connectors, id);
    FILE *f = fopen(fresh, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    fclose(f);
    chmod(fresh, 0600);
    assert_int_equal(rename(fresh, path), 0);
    buf_fini(&text);
}

static inline uint64_t rig_snapshot_number(call_rig_t *rig)
{
    snapshot_t *s = catalogue_snapshot(rig->catalogue);
    uint64_t number = snapshot_number(s);
    snapshot_unref(s);
    return number;
}

/* Until the catalogue has another snapshot, and every loop and the manager have had time to hear of
 * it. */
static inline void rig_redefine(call_rig_t *rig, const char *id, const char *yaml)
{
    uint64_t before = rig_snapshot_number(rig);
    rig_define(rig, id, yaml);
    catalogue_reload(rig->catalogue, NULL, NULL);
    for (int i = 0; i < 3000 && rig_snapshot_number(rig) == before; i++) {
        usleep(10000);
    }
    assert_true(rig_snapshot_number(rig) != before);
    usleep(200000);
}

static inline void rig_open_store(call_rig_t *rig)
{
    err_t err = ERR_INIT;
    const char *parent = getenv("TMPDIR");
    snprintf(rig->folder, sizeof rig->folder, "%.40s/tenon-call-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->connectors, sizeof rig->connectors, "%s/connectors", rig->folder);
    snprintf(rig->trail, sizeof rig->trail, "%s/audit", rig->folder);
    assert_int_equal(mkdir(rig->connectors, 0700), 0);
    rig->store = store_open_with(&RIG_STORE, rig->folder, &err);
    assert_non_null(rig->store);
    rig->master_key = secret_new(STR("0123456789abcdef0123456789abcdef"));
    rig->egress = egress_new(STR("127.0.0.0/8"), &err);
    assert_non_null(rig->egress);
    rig->throttle = throttle_new();
    rig->metrics = metrics_new();
    rig->loop = loop_new();
    loop_set_current(rig->loop);
}

static inline void rig_open_data_loop(call_rig_t *rig, data_loop_t *data)
{
    err_t err = ERR_INIT;
    data->rig = rig;
    host_init(&data->at, rig_on_request);
    data->at.options.context = data;
    data->at.options.body_bytes_max = 1 << 20;
    data->server = http_server_new(&data->at.options);
    const worker_options_t options = {
        .manager = rig->manager,
        .catalogue = rig->catalogue,
        .throttle = rig->throttle,
        .metrics = rig->metrics,
        .upstream = {.egress = rig->egress, .connect_timeout_ms = 5000},
        .egress = rig->egress,
        .answer_bytes_max = 1 << 20,
        .calls_per_connection = rig->calls_per_connection,
        .json_depth = 32,
        .array_items = 1000,
        .json_values = 10000,
        .string_bytes = 64 * 1024};
    data->worker = worker_new(data->server, &options, &err);
    assert_non_null(data->worker);
}

static inline void rig_up(call_rig_t *rig, const route_t *routes, const char *id, const char *yaml)
{
    err_t err = ERR_INIT;
    memset(rig, 0, sizeof *rig);
    signal(SIGPIPE, SIG_IGN);
    rig->calls_per_connection = 200;
    server_start(&rig->service, routes, NULL);
    rig_open_store(rig);
    rig_define(rig, id, yaml);
    rig->catalogue =
        catalogue_open(rig->connectors, &(load_options_t){.file_bytes_max = 1 << 20}, &err);
    assert_non_null(rig->catalogue);
    const manager_options_t options = {
        .store = rig->store,
        .master_key = rig->master_key,
        .catalogue = rig->catalogue,
        .throttle = rig->throttle,
        .metrics = rig->metrics,
        .upstream = {.egress = rig->egress, .connect_timeout_ms = 5000},
        .token_timeout_ms = 15000,
        .token_requests_per_host = 4,
        .call_tokens_max = 1000,
        .token_answer_bytes_max = 64 * 1024,
        .token_bytes_max = 32 * 1024,
        .audit = {.folder = rig->trail, .bytes_max = 1 << 20}};
    rig->manager = manager_start(&options, &err);
    assert_non_null(rig->manager);
    for (int i = 0; i < DATA_LOOPS; i++) {
        rig_open_data_loop(rig, &rig->data[i]);
    }
    for (int i = 0; i < DATA_LOOPS; i++) {
        assert_int_equal(pthread_create(&rig->data[i].thread, NULL, rig_serve, &rig->data[i]), 0);
    }
}

static inline void rig_on_drained(void *context)
{
    atomic_fetch_add(&((data_loop_t *)context)->rig->drained, 1);
}

static inline void rig_drain(call_rig_t *rig)
{
    rig->draining = true;
    for (int i = 0; i < DATA_LOOPS; i++) {
        http_server_drain(rig->data[i].server, rig_on_drained, &rig->data[i]);
    }
}

static inline int rig_remove(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void rig_down(call_rig_t *rig)
{
    if (!rig->draining) {
        rig_drain(rig);
    }
    wait_for(&rig->drained, DATA_LOOPS);
    for (int i = 0; i < DATA_LOOPS; i++) {
        http_server_stop(rig->data[i].server);
        pthread_join(rig->data[i].thread, NULL);
    }
    catalogue_close(rig->catalogue);
    manager_stop(rig->manager);
    store_close(rig->store);
    for (int i = 0; i < DATA_LOOPS; i++) {
        worker_free(rig->data[i].worker);
        http_server_free(rig->data[i].server);
        close(rig->data[i].at.listeners[0].fd);
    }
    loop_set_current(NULL);
    loop_free(rig->loop);
    throttle_free(rig->throttle);
    metrics_free(rig->metrics);
    egress_free(rig->egress);
    secret_unref(rig->master_key);
    server_stop(&rig->service);
    nftw(rig->folder, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- calling --- */

typedef struct request {
    const char *method; /* NULL: GET */
    const char *target;
    const char *headers; /* whole lines, or NULL */
    const char *body;    /* NULL: none */
    const char *key;     /* NULL: the rig's */
} request_t;

static inline void rig_say(call_rig_t *rig, client_t *c, const request_t *r)
{
    buf_t text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "%s %s HTTP/1.1\r\nHost: test\r\n", r->method ? r->method : "GET", r->target);
    const char *key = r->key ? r->key : rig->key;
    if (*key) {
        buf_printf(&text, "X-API-Key: %s\r\n", key);
    }
    if (r->body) {
        buf_printf(&text, "Content-Length: %zu\r\n", strlen(r->body));
    }
    buf_printf(&text, "%s\r\n%s", r->headers ? r->headers : "", r->body ? r->body : "");
    assert_int_equal(client_send(c, buf_view(&text)), text.n);
    buf_fini(&text);
}

/* One call on a connection of its own, by the loop of that number; answer_free the answer. */
static inline void rig_call_at(call_rig_t *rig, int loop, const request_t *r, answer_t *a)
{
    client_t c;
    client_dial(&c, &rig->data[loop].at);
    rig_say(rig, &c, r);
    client_read(&c, a, r->method && strcmp(r->method, "HEAD") == 0);
    client_close(&c);
}

static inline void rig_call(call_rig_t *rig, const request_t *r, answer_t *a)
{
    rig_call_at(rig, 0, r, a);
}

/* Its status alone. */
static inline int rig_status(call_rig_t *rig, int loop, const request_t *r)
{
    answer_t a;
    rig_call_at(rig, loop, r, &a);
    answer_free(&a);
    return a.status;
}

#endif
