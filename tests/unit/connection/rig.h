/* SPDX-License-Identifier: MIT */
/* What the tests of the control loop share: a whole one over a store in a folder of its own, with
 * definitions in another, a scripted token endpoint, the test's thread as one asking loop and a
 * second thread as another. All secrets and tokens hold the word CANARY, which may stand neither in
 * the store's file nor in the log. */
#ifndef TENON_TESTS_CONNECTION_RIG_H
#define TENON_TESTS_CONNECTION_RIG_H

#include "store/scratch.h"
#include "upstream/rig.h"

#include <sys/resource.h>

#include "base/log.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "seal/hash.h"
#include "store/store_backend.h"

/* --- the service --- */

typedef enum {
    SAYS_WHAT_IS_RIGHT, /* a token where CANARY-right stands in the request, else invalid_grant with
                           its echo */
    SAYS_NO_REFRESH,    /* the same, but 400 without a word to every refresh */
    SAYS_LOCKED,        /* too_many_attempts */
    SAYS_LATER,         /* 429 */
    SAYS_NOTHING,        /* closes the connection; what was asked for is done all the same */
    SAYS_NOTHING_UNDONE, /* and is not done */
    SAYS_NO,             /* invalid_grant to all */
    SAYS_DOWN            /* 503, and does nothing */
} service_mode_t;

enum { REFRESH_TOKENS_MAX = 1000 };

/* Refresh tokens rotate: each belongs to the family of a sign-in, one use spends it, and a second use
 * revokes the family. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    service_mode_t mode;
    bool held; /* answers wait */
    int expires_in;
    int retry_after; /* 0: none */
    int issued;
    int sign_ins, refreshes, reuses;
    int last_refresh;                   /* numbers count from 1 */
    int family_of[REFRESH_TOKENS_MAX];  /* by the number of a refresh token */
    int newest[REFRESH_TOKENS_MAX];     /* of a family; 0: revoked */
    bool rotates;                       /* else a refresh token stays as it is */
    bool forgives;                      /* a spent one is refused, and that is all */
    char answer[512];                   /* instead of the answer to a refresh that went well; "": none */
} service = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER, .rotates = true};

static inline void service_set(service_mode_t mode, int expires_in, int retry_after)
{
    pthread_mutex_lock(&service.lock);
    service.mode = mode;
    service.expires_in = expires_in;
    service.retry_after = retry_after;
    pthread_mutex_unlock(&service.lock);
}

static inline void service_hold(bool held)
{
    pthread_mutex_lock(&service.lock);
    service.held = held;
    pthread_cond_broadcast(&service.change);
    pthread_mutex_unlock(&service.lock);
}

static inline void service_write(char *text, size_t size, const char *status, const char *header,
                                 const char *body)
{
    snprintf(text, size,
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
             status, header, strlen(body), body);
}

static inline int service_new_refresh(int family)
{
    int number = ++service.last_refresh;
    assert_true(number < REFRESH_TOKENS_MAX);
    service.family_of[number] = family;
    service.newest[family] = number;
    return number;
}

static inline bool service_revoke(int family)
{
    service.reuses++;
    service.newest[family] = 0;
    return false;
}

/* The number of the new refresh token in *refresh; false: refused. */
static inline bool service_grants(str_t body, int *refresh)
{
    static const str_t held = STR_INIT("refresh_token=CANARY-refresh-");
    size_t at = str_find(body, held, 0);
    if (at == SIZE_MAX) {
        bool right = str_find(body, STR("CANARY-right"), 0) != SIZE_MAX;
        service.sign_ins += right;
        *refresh = right ? service_new_refresh(service.sign_ins) : 0;
        return right;
    }
    char digits[16];
    snprintf(digits, sizeof digits, "%.*s",
             STR_ARG(str_slice(body, at + held.n, body.n)));
    int number = atoi(digits);
    int family = number < REFRESH_TOKENS_MAX ? service.family_of[number] : 0;
    if (!family || service.newest[family] != number) {
        return service.forgives ? false : service_revoke(family);
    }
    service.refreshes++;
    *refresh = service.rotates ? service_new_refresh(family) : number;
    return true;
}

static inline void service_write_token(char *text, size_t size, int refresh)
{
    snprintf(text, size,
             "{\"access_token\":\"CANARY-token-%d\",\"token_type\":\"Bearer\",\"expires_in\":%d,"
             "\"refresh_token\":\"CANARY-refresh-%d\",\"deep\":{\"copy\":[\"CANARY-refresh-%d\"]}}",
             ++service.issued, service.expires_in, refresh, refresh);
}

static inline void service_decide(char *answer, size_t size, str_t body)
{
    char text[3000], header[64] = "";
    int refresh = 0;
    bool is_refresh = str_find(body, STR("grant_type=refresh_token"), 0) != SIZE_MAX;
    service_mode_t mode = service.mode;
    if (service.retry_after) {
        snprintf(header, sizeof header, "Retry-After: %d\r\n", service.retry_after);
    }
    if (mode == SAYS_NO_REFRESH && is_refresh) {
        service_write(answer, size, "400 Bad Request", header, "");
    } else if (mode == SAYS_WHAT_IS_RIGHT || mode == SAYS_NO_REFRESH || mode == SAYS_NOTHING ||
               mode == SAYS_NO) {
        if (mode != SAYS_NO && service_grants(body, &refresh)) {
            service_write_token(text, sizeof text, refresh);
            service_write(answer, size, "200 OK", header,
                          is_refresh && service.answer[0] ? service.answer : text);
        } else {
            snprintf(text, sizeof text,
                     "{\"error\":\"invalid_grant\",\"error_description\":\"refused: %.*s\"}",
                     STR_ARG(body));
            service_write(answer, size, "400 Bad Request", header, text);
        }
    } else if (mode == SAYS_LOCKED) {
        service_write(answer, size, "403 Forbidden", header, "{\"error\":\"too_many_attempts\"}");
    } else if (mode == SAYS_DOWN) {
        service_write(answer, size, "503 Service Unavailable", header, "");
    } else {
        service_write(answer, size, "429 Too Many Requests", header, "{}");
    }
}

static inline bool service_answer(peer_t *peer, str_t body)
{
    char answer[4096];
    pthread_mutex_lock(&service.lock);
    while (service.held) {
        pthread_cond_wait(&service.change, &service.lock);
    }
    service_decide(answer, sizeof answer, body);
    bool says = service.mode != SAYS_NOTHING && service.mode != SAYS_NOTHING_UNDONE;
    pthread_mutex_unlock(&service.lock);
    return says && peer_say(peer, answer);
}

/* --- definitions --- */

/* %u: the service's port. The two sign in alike; of `shared` the client is the host's, and the
 * region stands in a URL. */
static const char ACME[] =
    "tenon: 1\nid: acme\ntitle: Acme\nversion: 1.0.0\ndescription: A service.\n"
    "hosts: [\"127.0.0.1\", \"127.0.0.2\"]\nbase_url: http://127.0.0.1:%u\n"
    "connection:\n"
    "  parameters:\n"
    "    region: {type: string, default: eu}\n"
    "  auth:\n"
    "    user:\n"
    "      type: password\n"
    "      caution: Acts as a person.\n"
    "      parameters:\n"
    "        username: {type: string, required: true}\n"
    "        password: {type: string, secret: true, required: true}\n"
    "        note: {type: string}\n"
    "      token_url: /token/${connection.region}\n"
    "      client_auth: none\n"
    "    client:\n"
    "      type: client_credentials\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        client_secret: {type: string, secret: true, required: true}\n"
    "      token_url: /token\n"
    "    given:\n"
    "      type: refresh_token\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        refresh_token: {type: string, secret: true, required: true}\n"
    "        client_secret: {type: string, secret: true}\n"
    "      token_url: /token\n"
    "actions:\n"
    "  GetAccessToken: {summary: Get a token, token: connection}\n"
    "  SignIn:\n"
    "    summary: Get a token with credentials of the call\n"
    "    input:\n"
    "      username: {type: string, required: true}\n"
    "      password: {type: string, secret: true, required: true}\n"
    "    token:\n"
    "      type: password\n"
    "      token_url: /token?tenant=${input.username}\n"
    "      client_auth: none\n"
    "      params: {nonce: \"${uuid()}\", at: \"${now('unix_ms')}\"}\n";
static const char HOSTED[] =
    "tenon: 1\nid: hosted\ntitle: Hosted\nversion: 1.0.0\ndescription: A service.\n"
    "hosts: [\"127.0.0.1\"]\nbase_url: http://127.0.0.1:%u\n"
    "connection:\n"
    "  auth:\n"
    "    client:\n"
    "      type: client_credentials\n"
    "      parameters:\n"
    "        tenant: {type: string, required: true}\n"
    "        client_id: {type: string, required: true, ask: admin}\n"
    "        client_secret: {type: string, secret: true, required: true, ask: admin}\n"
    "        area: {type: string, ask: admin, default: eu}\n"
    "      token_url: /token/${connection.area}\n"
    "      client_auth: basic\n"
    "      params: {tenant: \"${connection.tenant}\", proof: \"${connection.client_secret}\"}\n"
    "actions:\n"
    "  GetAccessToken: {summary: Get a token, token: connection}\n";

/* --- the control loop and its askers --- */

typedef struct other_loop {
    pthread_t thread;
    loop_t *loop;
    atomic_uint changes;
} other_loop_t;

typedef struct control {
    scratch_t scratch;
    char connectors[128];
    char trail[128];
    server_t server;
    egress_t *egress;
    secret_t *master_key;
    throttle_t *throttle;
    metrics_t *metrics;
    catalogue_t *catalogue;
    store_t *store;
    manager_t *manager;
    loop_t *loop; /* of the test's thread */
    unsigned changes;
    other_loop_t other;
} control_t;

enum { CALL_TOKENS = 32 };

/* What stands behind the stores that are opened; a test may put another one there. */
static const store_backend_t *rig_backend = &store_sqlite;

static inline store_t *open_rig_store(scratch_t *s)
{
    err_t err = ERR_INIT;
    store_t *store = store_open_with(rig_backend, s->folder, &err);
    if (!store) {
        fail_msg("%s", err.text);
    }
    return store;
}

static inline void save_definition(control_t *c, const char *id, const char *text, unsigned port)
{
    char path[256], beside[256], whole[4096];
    const char *mark = strstr(text, "%u");
    assert_non_null(mark);
    int n = snprintf(whole, sizeof whole, "%.*s%u%s", (int)(mark - text), text, port, mark + 2);
    snprintf(path, sizeof path, "%s/%s.yaml", c->connectors, id);
    snprintf(beside, sizeof beside, "%s/%s.tmp", c->connectors, id);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, whole, (size_t)n), n);
    close(fd);
    assert_int_equal(rename(beside, path), 0);
}

static inline void on_own_change(void *context, change_kind_t kind, str_t id)
{
    control_t *c = context;
    (void)id;
    c->changes += kind != CHANGE_USAGE; /* which changes nothing */
}

static inline void on_other_change(void *context, change_kind_t kind, str_t id)
{
    control_t *c = context;
    (void)id;
    atomic_fetch_add(&c->other.changes, kind != CHANGE_USAGE);
}

static inline void *other_main(void *context)
{
    control_t *c = context;
    loop_run(c->other.loop);
    return NULL;
}

static inline manager_t *try_to_start(control_t *c, err_t *err)
{
    snprintf(c->trail, sizeof c->trail, "%s/audit", c->scratch.root);
    const manager_options_t options = {
        .store = c->store,
        .master_key = c->master_key,
        .catalogue = c->catalogue,
        .throttle = c->throttle,
        .metrics = c->metrics,
        .upstream = {.egress = c->egress, .connect_timeout_ms = 5000},
        .token_timeout_ms = 10000,
        .token_requests_per_host = 4,
        .call_tokens_max = CALL_TOKENS,
        .token_answer_bytes_max = 64 * 1024,
        .token_bytes_max = 32 * 1024,
        .audit = {.folder = c->trail, .bytes_max = 1 << 20},
        .admin_key = STR("CANARY-admin-key")};
    return manager_start(&options, err);
}

/* Everything but the folders, the service and the loops. */
static inline void control_begin(control_t *c)
{
    const load_options_t options = {0};
    err_t err = ERR_INIT;
    c->throttle = throttle_new();
    c->metrics = metrics_new();
    c->catalogue = catalogue_open(c->connectors, &options, &err);
    c->store = open_rig_store(&c->scratch);
    c->loop = loop_new();
    c->other.loop = loop_new();
    loop_set_current(c->loop);
    if (!c->catalogue || !(c->manager = try_to_start(c, &err))) {
        fail_msg("%s", err.text);
    }
    manager_listen(c->manager, c->loop, on_own_change, c);
    manager_listen(c->manager, c->other.loop, on_other_change, c);
    assert_int_equal(pthread_create(&c->other.thread, NULL, other_main, c), 0);
}

/* As the host does it; what was still posted to the loops is run in the end. */
static inline void control_end(control_t *c)
{
    loop_stop(c->other.loop);
    pthread_join(c->other.thread, NULL);
    catalogue_close(c->catalogue);
    manager_stop(c->manager);
    store_close(c->store);
    loop_turn(c->loop, 0);
    loop_turn(c->other.loop, 0);
    loop_set_current(NULL);
    loop_free(c->loop);
    loop_free(c->other.loop);
    throttle_free(c->throttle);
    metrics_free(c->metrics);
}

static inline void control_init_at(control_t *c, uint16_t port)
{
    unsigned char key[MASTER_KEY_BYTES];
    err_t err = ERR_INIT;
    memset(key, 7, sizeof key);
    c->egress = egress_new(STR("127.0.0.0/8"), &err);
    c->master_key = secret_new(str_at(key, sizeof key));
    snprintf(c->connectors, sizeof c->connectors, "%s/connectors", c->scratch.root);
    if (mkdir(c->connectors, 0700) == 0) {
        save_definition(c, "acme", ACME, port);
        save_definition(c, "hosted", HOSTED, port);
    }
}

static inline int control_start_with(void **state, const route_t *routes)
{
    control_t *c = mem_new(control_t);
    scratch_init(&c->scratch);
    server_start(&c->server, routes, NULL);
    control_init_at(c, c->server.port);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    control_begin(c);
    *state = c;
    return 0;
}

static inline int control_start(void **state)
{
    static const route_t ROUTES[] = {{"/token", service_answer}, {NULL, NULL}};
    return control_start_with(state, ROUTES);
}

static inline void control_restart(control_t *c)
{
    control_end(c);
    control_begin(c);
}

/* In the file, its journal, wherever. */
static inline void assert_no_canary(control_t *c, const char *file)
{
    size_t n = 0;
    if (scratch_mode(&c->scratch, file) < 0) {
        return;
    }
    char *bytes = scratch_read(&c->scratch, file, &n);
    assert_null(memmem(bytes, n, "CANARY", 6));
    assert_null(memmem(bytes, n, "Q0FOQVJZ", 8)); /* base64 */
    free(bytes);
}

static inline int control_stop(void **state)
{
    control_t *c = *state;
    service_hold(false);
    assert_no_canary(c, "tenon.db-wal"); /* while all of it is there */
    control_end(c);
    assert_no_canary(c, "tenon.db");
    secret_unref(c->master_key);
    egress_free(c->egress);
    server_stop(&c->server);
    scratch_fini(&c->scratch);
    free(c);
    return 0;
}

/* --- asking --- */

static inline void control_wait(control_t *c, const bool *done)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (!*done && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 100);
    }
    assert_true(*done);
}

typedef struct found {
    bool done;
    connection_t *connection;
    err_t err;
} found_t;

static inline void on_found(void *context, connection_t *connection, const err_t *err)
{
    found_t *f = context;
    assert_false(f->done);
    f->done = true;
    f->connection = connection;
    f->err = *err;
}

/* connection_unref it. NULL: there is none. */
static inline connection_t *find(control_t *c, const char *name)
{
    found_t f = {.done = false};
    manager_find_connection(c->manager, str_of(name), on_found, &f);
    control_wait(c, &f.done);
    assert_int_equal(f.connection != NULL, !err_is_set(&f.err));
    return f.connection;
}

static inline connection_state_t state_of(control_t *c, const char *name)
{
    connection_t *connection = find(c, name);
    assert_non_null(connection);
    connection_state_t state = connection->state;
    connection_unref(connection);
    return state;
}

typedef struct got {
    bool done;
    token_t *token;
    bool fresh;
    err_t err;
} got_t;

static inline void on_got(void *context, token_t *token, bool fresh, const err_t *err)
{
    got_t *g = context;
    assert_false(g->done);
    g->done = true;
    g->token = token;
    g->fresh = fresh;
    g->err = *err;
}

static inline void got_fini(got_t *g)
{
    token_unref(g->token);
    *g = (got_t){.done = false};
}

/* Begins; wait for g->done. */
static inline void ask_begin(control_t *c, const token_ask_t *ask, got_t *g)
{
    *g = (got_t){.done = false};
    manager_get_token(c->manager, ask, on_got, g);
}

static inline void ask_with(control_t *c, const char *name, bool force, uint64_t not_this, got_t *g)
{
    connection_t *connection = find(c, name);
    assert_non_null(connection);
    ask_begin(c, &(token_ask_t){.connection = connection, .force = force, .not_this = not_this}, g);
    control_wait(c, &g->done);
    connection_unref(connection);
}

/* The number in the token's text; fails where there is none. */
static inline int number_of_token(const token_t *t)
{
    assert_non_null(t);
    return atoi(t->access_token.p + sizeof "CANARY-token-" - 1);
}

static inline int ask(control_t *c, const char *name)
{
    got_t g;
    ask_with(c, name, false, 0, &g);
    if (!g.token) {
        fail_msg("%s: %s", err_code_name(g.err.code), g.err.text);
    }
    int number = number_of_token(g.token);
    got_fini(&g);
    return number;
}

/* No token, but why. */
static inline err_t ask_in_vain(control_t *c, const char *name)
{
    got_t g;
    ask_with(c, name, false, 0, &g);
    assert_null(g.token);
    return g.err;
}

static inline void assert_code(const err_t *err, err_code_t code)
{
    if (err->code != code) {
        fail_msg("%s (%s), not %s", err_code_name(err->code), err->text, err_code_name(code));
    }
}

/* --- calls that bring their credentials --- */

static inline void ask_call(control_t *c, const char *name, const char *user, const char *password,
                            got_t *g, buf_t *key)
{
    err_t err = ERR_INIT;
    connection_t *connection = find(c, name);
    json_t *input = json_pack("{s:s, s:s}", "username", user, "password", password);
    const grant_definition_t *grant = connector_action(connection->connector, STR("SignIn"))->grant;
    buf_init(key, 512);
    assert_true(token_key_of_call(connection, grant, input, manager_call_token_secret(c->manager),
                                  clock_wall_ms(), key, &err));
    *g = (got_t){.done = false};
    g->token = token_cache_get(manager_tokens(c->manager), buf_view(key), clock_boot_ms(), &g->err);
    if (!g->token && !err_is_set(&g->err)) { /* as a data loop does */
        ask_begin(
            c,
            &(token_ask_t){
                .connection = connection, .grant = grant, .input = input, .key = buf_view(key)},
            g);
        control_wait(c, &g->done);
    }
    json_decref(input);
    connection_unref(connection);
}

static inline err_code_t call(control_t *c, const char *name, const char *user,
                              const char *password)
{
    got_t g;
    buf_t key;
    ask_call(c, name, user, password, &g, &key);
    err_code_t code = g.token ? ERR_none : g.err.code;
    buf_fini(&key);
    got_fini(&g);
    return code;
}

/* --- administration --- */

typedef struct told {
    bool done;
    json_t *output;
    err_t err;
    char pointers[512]; /* of the details, a blank behind each */
} told_t;

static inline void on_admin(void *context, json_t *output, const err_t *err)
{
    told_t *t = context;
    assert_false(t->done);
    *t = (told_t){.done = true, .output = json_incref(output), .err = *err};
    for (unsigned i = 0; i < err->detail_count; i++) {
        size_t n = strlen(t->pointers);
        snprintf(t->pointers + n, sizeof t->pointers - n, "%s ", err->details[i].pointer);
    }
    t->err.details = NULL;
}

static const actor_t TESTER = {.kind = ACTOR_KEY, .key = "tester"};

/* Steals input. */
static inline void admin_begin(control_t *c, admin_verb_t verb, json_t *input, told_t *t)
{
    *t = (told_t){.done = false};
    manager_admin(c->manager, verb, input, &TESTER, on_admin, t);
}

static inline told_t admin(control_t *c, admin_verb_t verb, json_t *input)
{
    told_t t;
    admin_begin(c, verb, input, &t);
    control_wait(c, &t.done);
    return t;
}

static inline json_t *admin_ok(control_t *c, admin_verb_t verb, json_t *input)
{
    told_t t = admin(c, verb, input);
    if (err_is_set(&t.err)) {
        fail_msg("%s: %s %s", err_code_name(t.err.code), t.err.text, t.pointers);
    }
    return t.output;
}

static inline void admin_fails(control_t *c, admin_verb_t verb, json_t *input, err_code_t code,
                               const char *pointers)
{
    told_t t = admin(c, verb, input);
    assert_code(&t.err, code);
    assert_null(t.output);
    if (pointers) {
        assert_string_equal(t.pointers, pointers);
    }
}

static inline json_t *read_text(const char *text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(text), NULL, &err);
    if (!value) {
        fail_msg("%s: %s", err.text, text);
    }
    return value;
}

static inline json_t *named(const char *name)
{
    return json_pack("{s:s}", "name", name);
}

/* A connection of acme that signs in with that password. */
static inline void connect_user(control_t *c, const char *name, const char *password)
{
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CREATE,
                 json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", name, "connector", "acme",
                           "auth", "user", "parameters", "username", "u", "password", password)));
}

static inline json_t *new_password(const char *name, const char *password)
{
    return json_pack("{s:s, s:{s:s}}", "name", name, "parameters", "password", password);
}

static inline void remove_one(control_t *c, const char *name)
{
    assert_null(admin_ok(c, ADMIN_CONNECTION_REMOVE, named(name)));
}

static inline unsigned requests(control_t *c)
{
    return server_count(&c->server, "POST /token");
}

static inline void wait_for_requests(control_t *c, unsigned count)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (requests(c) < count && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    assert_int_equal(requests(c), count);
}

/* --- inside --- */

typedef struct inside {
    loop_message_t message;
    manager_t *manager;
    void (*run)(manager_t *m, void *context);
    void *context;
    atomic_bool done;
} inside_t;

static inline void run_inside(loop_message_t *message)
{
    inside_t *i = STRUCT_OF(message, inside_t, message);
    i->run(i->manager, i->context);
    atomic_store(&i->done, true);
}

/* Runs in the control loop's thread. */
static inline void inside(control_t *c, void (*run)(manager_t *m, void *context), void *context)
{
    inside_t i = {
        .message = {.run = run_inside}, .manager = c->manager, .run = run, .context = context};
    loop_post(c->manager->loop, &i.message);
    while (!atomic_load(&i.done)) {
        usleep(200);
    }
}

typedef struct ageing {
    const char *name;
    int64_t by_ms;
} ageing_t;

static inline source_t *source_of(manager_t *m, const char *name)
{
    char key[80];
    snprintf(key, sizeof key, "c/%s", name);
    return map_get(m->sources, str_of(key));
}

static inline void age_inside(manager_t *m, void *context)
{
    const ageing_t *a = context;
    source_t *s = source_of(m, a->name);
    if (s->holding.token) {
        token_t *t = token_with_reuse(s->holding.token, s->holding.token->reuse_until_ms - a->by_ms);
        t->generation = s->holding.token->generation;
        t->obtained_at_ms -= a->by_ms;
        t->expires_at_ms -= a->by_ms;
        token_unref(s->holding.token);
        s->holding.token = t;
        token_cache_put(m->tokens, str_of(s->cache_key), t, false);
    }
    s->backoff_until_ms -= a->by_ms;
    s->renewed_at_ms -= a->by_ms;
    s->short_lived_at_ms[0] -= a->by_ms;
    s->short_lived_at_ms[1] -= a->by_ms;
}

/* As if so much time had passed for the connection's token. */
static inline void age(control_t *c, const char *name, int64_t by_ms)
{
    inside(c, age_inside, &(ageing_t){name, by_ms});
}

typedef struct rest {
    const char *name;
    bool is_there;
} rest_t;

static inline void look_for_rest(manager_t *m, void *context)
{
    rest_t *r = context;
    const source_t *s = source_of(m, r->name);
    r->is_there = s && s->flying == 0;
}

/* Until nothing flies for the connection. */
static inline void wait_for_rest(control_t *c, const char *name)
{
    rest_t r = {.name = name};
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    do {
        loop_turn(c->loop, 10);
        inside(c, look_for_rest, &r);
    } while (!r.is_there && clock_boot_ms() < give_up);
    assert_true(r.is_there);
}

/* --- what changes under a flight --- */

static inline void wait_for_state(control_t *c, const char *name, connection_state_t state)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (state_of(c, name) != state && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    assert_int_equal(state_of(c, name), state);
}

typedef struct flying {
    connection_t *connection;
    got_t got;
} flying_t;

static inline void take_off(control_t *c, const char *name, flying_t *f)
{
    unsigned before = requests(c);
    f->connection = find(c, name);
    service_hold(true);
    ask_begin(c, &(token_ask_t){.connection = f->connection}, &f->got);
    wait_for_requests(c, before + 1);
}

static inline void touch_down(control_t *c, flying_t *f)
{
    service_hold(false);
    control_wait(c, &f->got.done);
    connection_unref(f->connection);
}

static inline void save_acme(control_t *c, const char *from, const char *to)
{
    char text[4096];
    const char *at = strstr(ACME, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - ACME), ACME, to, at + strlen(from));
    unsigned before = c->changes;
    save_definition(c, "acme", text, c->server.port);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (c->changes == before && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    assert_true(c->changes > before);
}

/* Nothing can be written any more, or again. */
static inline void disk_is_full(bool full)
{
    const struct rlimit limit = {.rlim_cur = full ? 0 : RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* --- the log --- */

/* Where a sanitizer is linked, its words are not the log's. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static int real_stderr = -1;
static char log_path[64];

/* A group's setup: what goes to standard error is kept. */
static inline int log_begin(void **state)
{
    (void)state;
    snprintf(log_path, sizeof log_path, "/tmp/tenon-log-XXXXXX");
    int fd = mkstemp(log_path);
    real_stderr = dup(2);
    if (__sanitizer_set_report_fd) {
        __sanitizer_set_report_fd((void *)(uintptr_t)real_stderr);
    }
    dup2(fd, 2);
    close(fd);
    log_configure(LOG_DEBUG, false);
    return 0;
}

/* Its teardown: nothing secret was said; what is no log line (a failed assertion's words) is passed
 * on. */
static inline int log_end(void **state)
{
    char line[4096];
    int leaks = 0;
    (void)state;
    FILE *log = fopen(log_path, "r");
    dup2(real_stderr, 2);
    if (__sanitizer_set_report_fd) {
        __sanitizer_set_report_fd((void *)2);
    }
    while (log && fgets(line, sizeof line, log)) {
        bool leaked = strstr(line, "CANARY") != NULL;
        leaks += leaked;
        if (leaked || strncmp(line, "20", 2) != 0) {
            fputs(line, stderr);
        }
    }
    if (log) {
        fclose(log);
    }
    unlink(log_path);
    close(real_stderr);
    return leaks;
}

#endif
