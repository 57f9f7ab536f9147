/* SPDX-License-Identifier: MIT */
/* Tokens that are given back, in the control loop: when, in which order, for how long it is tried.
 */
#include "connection/rig.h"

#include "connection/revocation.h"

/* %u: the service's port. */
static const char GIVES[] =
    "tenon: 1\nid: gives\ntitle: Gives\nversion: 1.0.0\ndescription: A service.\n"
    "hosts: [\"127.0.0.1\"]\nbase_url: http://127.0.0.1:%u\n"
    "connection:\n"
    "  auth:\n"
    "    user:\n"
    "      type: password\n"
    "      caution: Acts as a person.\n"
    "      parameters:\n"
    "        username: {type: string, required: true}\n"
    "        password: {type: string, secret: true, required: true}\n"
    "      token_url: /token\n"
    "      revoke_url: /revoke\n"
    "      client_auth: none\n"
    "    given:\n"
    "      type: refresh_token\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        client_secret: {type: string, secret: true, required: true}\n"
    "        refresh_token: {type: string, secret: true, required: true}\n"
    "        note: {type: string}\n"
    "      token_url: /token\n"
    "      revoke_url: /revoke\n"
    "    keeps:\n"
    "      type: password\n"
    "      caution: Acts as a person.\n"
    "      parameters:\n"
    "        username: {type: string, required: true}\n"
    "        password: {type: string, secret: true, required: true}\n"
    "      token_url: /token\n"
    "      client_auth: none\n"
    "actions:\n"
    "  GetAccessToken: {summary: Get a token, token: connection}\n";

/* --- the service --- */

static struct {
    pthread_mutex_t lock;
    const char *status, *body; /* what a revocation is answered with; NULL: nothing */
} taker = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void taker_says(const char *status, const char *body)
{
    pthread_mutex_lock(&taker.lock);
    taker.status = status;
    taker.body = body;
    pthread_mutex_unlock(&taker.lock);
}

static bool revoke_answer(peer_t *peer, str_t body)
{
    char answer[512];
    (void)body;
    pthread_mutex_lock(&taker.lock);
    const char *status = taker.status;
    if (status) {
        service_write(answer, sizeof answer, status, "", taker.body);
    }
    pthread_mutex_unlock(&taker.lock);
    return status && peer_say(peer, answer);
}

static int start(void **state)
{
    static const route_t ROUTES[] = {
        {"/revoke", revoke_answer}, {"/token", service_answer}, {NULL, NULL}};
    int failed = control_start_with(state, ROUTES);
    control_t *c = *state;
    taker_says("200 OK", "");
    unsigned before = c->changes;
    save_definition(c, "gives", GIVES, c->server.port);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (c->changes == before && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    return failed;
}

static void connect_as(control_t *c, const char *name, const char *auth)
{
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", name, "connector",
                                   "gives", "auth", auth, "parameters", "username", "u", "password",
                                   "CANARY-right")));
}

static void connect_given(control_t *c, const char *name)
{
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "name", name, "connector",
                                   "gives", "auth", "given", "parameters", "client_id", "i",
                                   "client_secret", "CANARY-s", "refresh_token", "CANARY-right")));
}

/* --- what was asked --- */

static unsigned revocations(control_t *c)
{
    return server_count(&c->server, "POST /revoke");
}

static void wait_for_revocations(control_t *c, unsigned count)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (revocations(c) < count && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 5);
    }
    assert_int_equal(revocations(c), count);
}

/* The nth revocation, from 0, holds the text. */
static void assert_revoked(control_t *c, unsigned n, const char *text)
{
    const char *found = NULL;
    pthread_mutex_lock(&c->server.lock);
    for (unsigned i = 0; i < c->server.logged_count; i++) {
        const char *request = c->server.logged[i];
        bool is_it = strncmp(request, "POST /revoke", 12) == 0 && n-- == 0;
        found = is_it ? request : found;
    }
    pthread_mutex_unlock(&c->server.lock);
    assert_non_null(found);
    if (!strstr(found, text)) {
        fail_msg("%s is not in %s", text, found);
    }
}

typedef struct left {
    size_t waiting;
    unsigned tries;
    int64_t wait_ms; /* -1: it is on its way */
    bool now, is_old;
} left_t;

static void look_inside(manager_t *m, void *context)
{
    left_t *l = context;
    void *value;
    l->waiting = map_count(m->revocations);
    for (size_t at = 0; map_next(m->revocations, &at, NULL, &value);) {
        revocation_t *r = value;
        l->tries = r->tries;
        l->wait_ms = loop_timer_is_set(&r->timer) ? r->timer.at_ms - clock_boot_ms() : -1;
        if (l->is_old) {
            r->until_ms = clock_boot_ms();
        }
        if (l->now) {
            loop_timer_set(&r->timer, 0);
        }
    }
}

/* Until none is on its way. */
static left_t rest(control_t *c)
{
    left_t l;
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    do {
        l = (left_t){.waiting = 0};
        loop_turn(c->loop, 5);
        inside(c, look_inside, &l);
    } while (l.waiting && l.wait_ms <= 0 && clock_boot_ms() < give_up);
    return l;
}

typedef struct listed {
    bool done;
    size_t count;
} listed_t;

static void on_listed(void *context, const store_result_t *result)
{
    listed_t *l = context;
    l->count = result->count;
    l->done = true;
}

static size_t stored(control_t *c)
{
    listed_t l = {.done = false};
    store_list(c->store, c->loop, STR("revocation"), STR_NONE, STR_NONE, 10, on_listed, &l);
    control_wait(c, &l.done);
    return l.count;
}

/* --- when --- */

static void a_removed_connection_gives_its_tokens_back(void **state)
{
    control_t *c = *state;
    connect_as(c, "a", "user");
    int token = ask(c, "a");
    char access[64], refresh[64];
    snprintf(access, sizeof access, "token=CANARY-token-%d&token_type_hint=access_token", token);
    snprintf(refresh, sizeof refresh, "token=CANARY-refresh-%d&token_type_hint=refresh_token",
             service.last_refresh);
    remove_one(c, "a");
    wait_for_revocations(c, 2);
    assert_revoked(c, 0, refresh);
    assert_revoked(c, 1, access);
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(stored(c), 0);
}

/* Also what the process before has left. */
static void what_is_not_in_memory_is_given_back_too(void **state)
{
    control_t *c = *state;
    connect_as(c, "a", "user");
    ask(c, "a");
    control_restart(c);
    remove_one(c, "a");
    wait_for_revocations(c, 2);
    assert_revoked(c, 0, "token_type_hint=refresh_token");
    assert_int_equal(rest(c).waiting, 0);
}

/* A process that died when the answer to a sign-in was sealed, and before it was read. */
static void leave_sealed(manager_t *m, void *context)
{
    const entry_t *e = map_get(m->entries, STR("a"));
    arena_t *arena = arena_new(0);
    store_change_t change;
    const under_way_t u = {.kind = ERRAND_SIGN_IN,
                           .tries = 1,
                           .answers = {.list = {{.status = 200, .body = str_of(context)}},
                                       .count = 1,
                                       .sent_at_ms = clock_boot_ms()}};
    size_t count = under_way_write(&u, STR("c/a"), e->record->credential_generation, m->keyring,
                                   arena, &change);
    manager_store_write(m, &change, count, true, NULL, NULL);
    arena_free(arena);
}

static void a_sealed_answer_is_given_back(void **state)
{
    control_t *c = *state;
    char answer[] = "{\"access_token\":\"CANARY-sealed\",\"token_type\":\"Bearer\","
                    "\"expires_in\":3600,\"refresh_token\":\"CANARY-sealed-refresh\"}";
    connect_as(c, "a", "user");
    inside(c, leave_sealed, answer);
    control_restart(c);
    remove_one(c, "a");
    wait_for_revocations(c, 2);
    assert_revoked(c, 0, "token=CANARY-sealed-refresh&token_type_hint=refresh_token");
    assert_revoked(c, 1, "token=CANARY-sealed&token_type_hint=access_token");
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(stored(c), 0);
}

static void other_credentials_give_the_tokens_back(void **state)
{
    control_t *c = *state;
    connect_as(c, "a", "user");
    ask(c, "a");
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, new_password("a", "CANARY-right-2")));
    wait_for_revocations(c, 2);
    assert_int_equal(rest(c).waiting, 0);
    unsigned before = requests(c);
    ask(c, "a");
    assert_int_equal(requests(c), before); /* the token of the attempt serves */
    admin_fails(c, ADMIN_CONNECTION_CHANGE, new_password("a", "wrong"), ERR_credentials_rejected,
                NULL);
    assert_int_equal(revocations(c), 2);
}

/* --- what is under way --- */

static void assert_newest_revoked(control_t *c, unsigned from)
{
    char access[64], refresh[64];
    snprintf(refresh, sizeof refresh, "token=CANARY-refresh-%d&token_type_hint=refresh_token",
             service.last_refresh);
    snprintf(access, sizeof access, "token=CANARY-token-%d&token_type_hint=access_token",
             service.issued);
    assert_revoked(c, from, refresh);
    assert_revoked(c, from + 1, access);
}

static void a_refresh_under_way_is_given_back_when_it_lands(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_as(c, "a", "user");
    ask(c, "a");
    age(c, "a", 3550 * 1000); /* it lives, and is to be refreshed */
    take_off(c, "a", &f);
    remove_one(c, "a");
    wait_for_revocations(c, 2); /* those of before do not wait for it */
    assert_int_equal(rest(c).waiting, 0);
    touch_down(c, &f);
    got_fini(&f.got);
    wait_for_revocations(c, 4);
    assert_newest_revoked(c, 2);
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(stored(c), 0);
}

static void so_is_a_first_sign_in(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_as(c, "a", "user");
    take_off(c, "a", &f);
    remove_one(c, "a");
    touch_down(c, &f);
    got_fini(&f.got);
    wait_for_revocations(c, 2);
    assert_newest_revoked(c, 0);
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(stored(c), 0);
}

static void so_is_one_under_the_credentials_of_before(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_as(c, "a", "user");
    ask(c, "a");
    age(c, "a", 3550 * 1000);
    take_off(c, "a", &f);
    json_t *change = new_password("a", "CANARY-right-2");
    json_object_set_new(change, "verify", json_false());
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, change));
    wait_for_revocations(c, 2);
    touch_down(c, &f);
    got_fini(&f.got);
    wait_for_revocations(c, 4);
    assert_newest_revoked(c, 2);
    int before = service.sign_ins;
    ask(c, "a");
    assert_int_equal(service.sign_ins, before + 1);
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(revocations(c), 4);
}

static void *let_go_soon(void *context)
{
    (void)context;
    usleep(50 * 1000);
    service_hold(false);
    return NULL;
}

/* The host waits for it, and the next one gives it back. */
static void so_is_one_that_lands_at_the_end(void **state)
{
    control_t *c = *state;
    flying_t f;
    pthread_t helper;
    connect_as(c, "a", "user");
    ask(c, "a");
    age(c, "a", 3550 * 1000); /* it lives, and is to be refreshed */
    take_off(c, "a", &f);
    remove_one(c, "a");
    wait_for_revocations(c, 2);
    rest(c);
    connection_unref(f.connection);
    assert_int_equal(pthread_create(&helper, NULL, let_go_soon, NULL), 0);
    control_restart(c);
    pthread_join(helper, NULL);
    assert_true(f.got.done);
    got_fini(&f.got);
    wait_for_revocations(c, 4);
    assert_newest_revoked(c, 2);
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(stored(c), 0);
}

static void what_goes_on_is_kept(void **state)
{
    control_t *c = *state;
    connect_given(c, "a");
    ask(c, "a");
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE,
                         json_pack("{s:s, s:{s:s}}", "name", "a", "parameters", "note", "n")));
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CHANGE, json_pack("{s:s, s:s}", "name", "a", "title", "T")));
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("a")));
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(revocations(c), 0);
    remove_one(c, "a"); /* with its client's secret, and not what was given by hand */
    wait_for_revocations(c, 1);
    assert_revoked(c, 0, "client_secret=CANARY-s");
    assert_revoked(c, 0, "token=CANARY-refresh-");
    assert_int_equal(rest(c).waiting, 0);
}

static void what_is_not_ours_is_kept(void **state)
{
    control_t *c = *state;
    connect_given(c, "a");
    connect_as(c, "b", "keeps");
    connect_as(c, "d", "user");
    ask(c, "b");
    remove_one(c, "a"); /* nothing was asked for yet */
    remove_one(c, "b"); /* nowhere to go */
    remove_one(c, "d");
    assert_int_equal(stored(c), 0);
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(revocations(c), 0);
}

/* --- what it is answered --- */

static void one_that_is_not_supported_keeps_no_other_back(void **state)
{
    static const char *const answers[][2] = {
        {"400 Bad Request", "{\"error\":\"unsupported_token_type\"}"},
        {"401 Unauthorized", "{\"error\":\"invalid_client\"}"},
        {"403 Forbidden", ""},
    };
    control_t *c = *state;
    for (unsigned i = 0; i < COUNT(answers); i++) {
        taker_says(answers[i][0], answers[i][1]);
        connect_as(c, "a", "user");
        ask(c, "a");
        remove_one(c, "a");
        wait_for_revocations(c, 2 * (i + 1));
        assert_int_equal(rest(c).waiting, 0);
        assert_int_equal(stored(c), 0);
    }
}

static void a_service_without_time_is_asked_again(void **state)
{
    static const int64_t waits_s[] = {5, 10, 20, 40, 80, 160, 320};
    control_t *c = *state;
    taker_says("503 Service Unavailable", "");
    connect_as(c, "a", "user");
    ask(c, "a");
    remove_one(c, "a");
    for (unsigned i = 0; i < COUNT(waits_s); i++) {
        wait_for_revocations(c, i + 1);
        left_t l = rest(c);
        assert_int_equal(l.waiting, 1);
        assert_in_range(l.wait_ms, waits_s[i] * 1000 - 3000, waits_s[i] * 1000);
        assert_int_equal(stored(c), 1);
        inside(c, look_inside, &(left_t){.now = true});
    }
    wait_for_revocations(c, COUNT(waits_s) + 1);
    assert_int_equal(rest(c).waiting, 0); /* that was the last time */
    assert_int_equal(stored(c), 0);
}

static void a_restart_goes_on(void **state)
{
    control_t *c = *state;
    taker_says(NULL, NULL); /* it closes the connection */
    connect_as(c, "a", "user");
    ask(c, "a");
    remove_one(c, "a");
    wait_for_revocations(c, 1);
    rest(c);
    taker_says("200 OK", "");
    control_restart(c);
    wait_for_revocations(c, 3);
    assert_revoked(c, 1, "token_type_hint=refresh_token");
    assert_revoked(c, 2, "token_type_hint=access_token");
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(stored(c), 0);
}

static void it_is_not_tried_for_ever(void **state)
{
    control_t *c = *state;
    taker_says("503 Service Unavailable", "");
    connect_as(c, "a", "user");
    ask(c, "a");
    remove_one(c, "a");
    wait_for_revocations(c, 1);
    rest(c);
    inside(c, look_inside, &(left_t){.now = true, .is_old = true});
    assert_int_equal(rest(c).waiting, 0);
    assert_int_equal(revocations(c), 1);
    assert_int_equal(stored(c), 0);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, start, control_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_removed_connection_gives_its_tokens_back),
        ONE(what_is_not_in_memory_is_given_back_too),
        ONE(a_sealed_answer_is_given_back),
        ONE(other_credentials_give_the_tokens_back),
        ONE(a_refresh_under_way_is_given_back_when_it_lands),
        ONE(so_is_a_first_sign_in),
        ONE(so_is_one_under_the_credentials_of_before),
        ONE(so_is_one_that_lands_at_the_end),
        ONE(what_goes_on_is_kept),
        ONE(what_is_not_ours_is_kept),
        ONE(one_that_is_not_supported_keeps_no_other_back),
        ONE(a_service_without_time_is_asked_again),
        ONE(a_restart_goes_on),
        ONE(it_is_not_tried_for_ever),
    };
    return cmocka_run_group_tests_name("revocation", tests, log_begin, log_end);
}
