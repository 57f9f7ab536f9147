/* SPDX-License-Identifier: MIT */
/* Refresh tokens against a service that rotates them and revokes a sign-in whose spent one comes
 * again: wherever the host or the answer is lost, the newest one is found, and no spent one is sent
 * that could be avoided. */
#include "connection/rig.h"

#include "connection/under_way.h"

/* --- what is asked and looked at --- */

static void connect_given(control_t *c, const char *name)
{
    char refresh[32];
    pthread_mutex_lock(&service.lock);
    snprintf(refresh, sizeof refresh, "CANARY-refresh-%d", service_new_refresh(++service.sign_ins));
    pthread_mutex_unlock(&service.lock);
    json_t *parameters = json_pack("{s:s, s:s, s:s}", "client_id", "i", "client_secret",
                                   "CANARY-secret", "refresh_token", refresh);
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:o}", "name", name, "connector", "acme",
                                   "auth", "given", "parameters", parameters)));
}

/* Another than the one at hand, which an API refused. */
static err_code_t renew(control_t *c, const char *name)
{
    got_t first, second;
    ask_with(c, name, false, 0, &first);
    ask_with(c, name, false, first.token ? first.token->generation : 0, &second);
    err_code_t code = second.err.code;
    got_fini(&first);
    got_fini(&second);
    age(c, name, 61 * 1000); /* another renewal may follow */
    return code;
}

/* So that the source is there; its token lives. */
static void load(control_t *c, const char *name)
{
    (void)ask(c, name);
}

/* As if the token had run out. */
static void expire(control_t *c, const char *name)
{
    wait_for_rest(c, name);
    age(c, name, 3601 * 1000);
}

#define ASSERT_SERVED(sign_ins_, refreshes_, reuses_)                                              \
    do {                                                                                           \
        assert_int_equal(service.sign_ins, sign_ins_);                                             \
        assert_int_equal(service.refreshes, refreshes_);                                           \
        assert_int_equal(service.reuses, reuses_);                                                 \
    } while (0)

static int start(void **state)
{
    service.sign_ins = service.refreshes = service.reuses = service.last_refresh = 0;
    service.answer[0] = '\0';
    service.rotates = true;
    service.forgives = false;
    return control_start(state);
}

/* --- when all goes well --- */

static void each_refresh_uses_the_newest(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    for (int i = 1; i <= 5; i++) {
        expire(c, "a");
        assert_int_equal(ask(c, "a"), first + i);
        if (i == 3) {
            control_restart(c);
            assert_int_equal(ask(c, "a"), first + i);
        }
    }
    ASSERT_SERVED(1, 5, 0);
}

/* The access token has run out, and the host was away. */
static void a_refresh_token_outlasts_its_access_token(void **state)
{
    control_t *c = *state;
    service_set(SAYS_WHAT_IS_RIGHT, 1, 0);
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    control_end(c);
    usleep(1100 * 1000);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    control_begin(c);
    ask(c, "a");
    ASSERT_SERVED(1, 1, 0);
}

static void one_given_by_hand_is_spent_once(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    ASSERT_SERVED(1, 1, 0);
    control_restart(c);
    ask(c, "g");
    expire(c, "g");
    ask(c, "g");
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 3, 0);
}

/* FORMAT 5: what a refresh does not name keeps its value, but for the life of the token before. */
static void members_stay_where_a_refresh_names_none(void **state)
{
    control_t *c = *state;
    got_t g;
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    expire(c, "a");
    snprintf(service.answer, sizeof service.answer,
             "{\"access_token\":\"CANARY-token-77\",\"scope\":\"b\"}");
    ask_with(c, "a", false, 0, &g);
    assert_int_equal(number_of_token(g.token), 77);
    assert_string_equal(json_member(g.token->members, "token_type").p, "Bearer");
    assert_string_equal(json_member(g.token->members, "scope").p, "b");
    assert_null(json_object_get(g.token->members, "expires_in"));
    assert_in_range(g.token->expires_at_ms - g.token->obtained_at_ms, 300000, 300000);
    got_fini(&g);
}

/* A token that serves one call still brings its refresh token; at most two are fetched in 60 s. */
static void a_token_without_a_life_still_rotates(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    service_set(SAYS_WHAT_IS_RIGHT, 0, 0);
    int first = ask(c, "g");
    assert_int_equal(ask(c, "g"), first + 1);
    err_t err = ask_in_vain(c, "g");
    assert_code(&err, ERR_token_endpoint_throttled);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    control_restart(c);
    assert_int_equal(ask(c, "g"), first + 2);
    ASSERT_SERVED(1, 3, 0);
}

/* RFC 6749 6: then the one that was sent goes on (hostile case U40). */
static void an_answer_without_a_refresh_token_keeps_the_one_before(void **state)
{
    control_t *c = *state;
    static const char *const ANSWERS[] = {"{\"access_token\":\"CANARY-token-1\"}",
                                          "{\"access_token\":\"t\",\"refresh_token\":\"\"}"};
    service.rotates = false;
    for (size_t i = 0; i < COUNT(ANSWERS); i++) {
        char name[2] = {(char)('a' + i)};
        connect_given(c, name);
        snprintf(service.answer, sizeof service.answer, "%s", ANSWERS[i]);
        assert_int_equal(renew(c, name), ERR_none);
        assert_int_equal(renew(c, name), ERR_none);
        control_restart(c);
        assert_int_equal(renew(c, name), ERR_none);
    }
    ASSERT_SERVED(2, 8, 0);
}

/* --- the answer cannot be used --- */

/* A pause may be over by then. */
static void ask_after_a_pause(control_t *c, const char *name, err_code_t why)
{
    got_t g;
    ask_with(c, name, false, 0, &g);
    if (!g.token) {
        assert_code(&g.err, why);
        age(c, name, 60000);
        ask(c, name);
    }
    got_fini(&g);
}

static void a_new_refresh_token_is_kept_whatever_else_is_wrong(void **state)
{
    control_t *c = *state;
    static const struct {
        const char *before; /* the rest of the answer */
        err_code_t code;
    } ROWS[] = {
        {"\"access_token\":\"a b\"", ERR_token_bad_charset},
        {"\"scope\":\"s\"", ERR_token_response_incomplete},
        {"\"access_token\":\"t\",\"expires_in\":1e400", ERR_token_response_malformed},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char name[2] = {(char)('a' + i)};
        connect_given(c, name);
        ask(c, name);
        expire(c, name);
        snprintf(service.answer, sizeof service.answer,
                 "{%s,\"refresh_token\":\"CANARY-refresh-%d\"}", ROWS[i].before,
                 service.last_refresh + 1);
        err_t err = ask_in_vain(c, name);
        assert_code(&err, ROWS[i].code);
        service.answer[0] = '\0';
        control_restart(c);
        ask_after_a_pause(c, name, ROWS[i].code);
    }
    ASSERT_SERVED(3, 9, 0);
}

/* --- the service is down, or says no --- */

static void a_refresh_token_outlasts_errors_of_the_service(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    expire(c, "a");
    for (int i = 0; i < 4; i++) {
        service_set(i % 2 ? SAYS_LATER : SAYS_DOWN, 3600, 0);
        err_t err = ask_in_vain(c, "a");
        assert_code(&err, i % 2 ? ERR_token_endpoint_throttled : ERR_token_endpoint_unavailable);
        age(c, "a", 60000);
    }
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    assert_int_equal(ask(c, "a"), first + 1);
    ASSERT_SERVED(1, 1, 0);
}

/* Of a password it is signed in anew, once; nobody sends the dead one again (U04). */
static void a_refused_refresh_leads_to_a_sign_in(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    unsigned before = requests(c);
    service_set(SAYS_NO_REFRESH, 3600, 0);
    expire(c, "a");
    assert_int_equal(ask(c, "a"), first + 1);
    assert_int_equal(requests(c), before + 2);
    control_restart(c);
    assert_int_equal(ask(c, "a"), first + 1);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    expire(c, "a");
    ask(c, "a");
    ASSERT_SERVED(2, 1, 0);
}

/* The lock-out guard holds there, too. */
static void the_password_of_such_a_sign_in_is_sent_once(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    expire(c, "a");
    service_set(SAYS_NO, 3600, 0);
    unsigned before = requests(c);
    for (int i = 0; i < 5; i++) {
        err_t err = ask_in_vain(c, "a");
        assert_code(&err, ERR_credentials_rejected);
    }
    assert_int_equal(state_of(c, "a"), CONNECTION_REJECTED);
    control_restart(c);
    ask_in_vain(c, "a");
    assert_int_equal(requests(c), before + 2); /* the refresh, and one sign-in */
}

static void a_person_is_needed_where_nothing_is_left(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    expire(c, "g");
    service.newest[1] = 0; /* revoked by somebody */
    unsigned before = requests(c);
    err_t err = ask_in_vain(c, "g");
    assert_code(&err, ERR_reauthorise);
    assert_int_equal(err.upstream_status, 400);
    assert_int_equal(state_of(c, "g"), CONNECTION_SIGN_IN);
    control_restart(c);
    err = ask_in_vain(c, "g");
    assert_code(&err, ERR_reauthorise);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("g")));
    err = ask_in_vain(c, "g"); /* there is nothing to try */
    assert_code(&err, ERR_reauthorise);
    assert_int_equal(requests(c), before + 1);
}

/* --- the answer is lost --- */

static void a_lost_answer_is_asked_for_once_more(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    int first = ask(c, "g");
    unsigned before = requests(c);
    service_set(SAYS_NOTHING_UNDONE, 3600, 0);
    age(c, "g", 3550 * 1000); /* refreshed behind the back, and lost */
    assert_int_equal(ask(c, "g"), first);
    wait_for_requests(c, before + 1);
    wait_for_rest(c, "g");
    age(c, "g", 40 * 1000); /* the living token serves to its end */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(c, "g"), first);
    }
    assert_int_equal(requests(c), before + 1);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    age(c, "g", 3600 * 1000);
    assert_int_equal(ask(c, "g"), first + 1);
    assert_int_equal(requests(c), before + 2);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 3, 0);
}

/* What the service has done it cannot undo: the second attempt is refused. */
static void a_lost_rotation_is_told_as_uncertain(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    expire(c, "g");
    unsigned before = requests(c);
    service_set(SAYS_NOTHING, 3600, 0);
    err_t err = ask_in_vain(c, "g");
    assert_code(&err, ERR_token_endpoint_unreachable);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    control_restart(c);
    load(c, "g");
    expire(c, "g");
    err = ask_in_vain(c, "g");
    assert_code(&err, ERR_refresh_uncertain);
    assert_int_equal(state_of(c, "g"), CONNECTION_SIGN_IN);
    for (int i = 0; i < 3; i++) {
        err = ask_in_vain(c, "g");
        assert_code(&err, ERR_refresh_uncertain);
    }
    assert_int_equal(requests(c), before + 2);
}

/* Twice lost: nobody tries a third time by itself, not even over restarts. */
static void a_refresh_token_is_sent_twice_at_most(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    expire(c, "g");
    unsigned before = requests(c);
    service_set(SAYS_NOTHING_UNDONE, 3600, 0);
    for (int i = 0; i < 2; i++) {
        err_t err = ask_in_vain(c, "g");
        assert_code(&err, ERR_token_endpoint_unreachable);
        age(c, "g", 60000);
    }
    for (int i = 0; i < 3; i++) {
        err_t err = ask_in_vain(c, "g");
        assert_code(&err, ERR_refresh_uncertain);
        control_restart(c);
    }
    assert_int_equal(requests(c), before + 2);
    /* An admin may have it tried again. */
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("g")));
    ask(c, "g");
    assert_int_equal(requests(c), before + 3);
    ASSERT_SERVED(1, 2, 0);
}

static void a_password_signs_in_after_two_lost_answers(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    expire(c, "a");
    service_set(SAYS_NOTHING_UNDONE, 3600, 0);
    for (int i = 0; i < 2; i++) {
        ask_in_vain(c, "a");
        age(c, "a", 60000);
    }
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    ask(c, "a");
    ASSERT_SERVED(2, 0, 0);
}

/* --- the host is lost --- */

static void wait_for_service(unsigned count, const server_t *server)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (server_count((server_t *)(uintptr_t)server, "POST /token") < count &&
           clock_boot_ms() < give_up) {
        usleep(1000);
    }
}

/* This program again, as the host that dies under a refresh whose request is at the service. */
static int die_under_refresh(const char *root, uint16_t port)
{
    control_t *c = mem_new(control_t);
    got_t got;
    snprintf(c->scratch.root, sizeof c->scratch.root, "%s", root);
    snprintf(c->scratch.folder, sizeof c->scratch.folder, "%s/data", root);
    control_init_at(c, port);
    control_begin(c);
    ask(c, "g");
    expire(c, "g");
    connection_t *connection = find(c, "g");
    ask_begin(c, &(token_ask_t){.connection = connection}, &got);
    while (!got.done) { /* until the test, which sees the request come, kills it */
        loop_turn(c->loop, 100);
    }
    return 1;
}

static void kill_under_refresh(control_t *c)
{
    int status;
    unsigned before = requests(c);
    control_end(c);
    service_hold(true);
    pid_t pid = scratch_spawn(c->scratch.root, "dies", c->server.port);
    wait_for_service(before + 1, &c->server);
    assert_int_equal(requests(c), before + 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    service_hold(false);
    control_begin(c);
}

static void a_host_that_dies_under_a_refresh_asks_once_more(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    int first = ask(c, "g");
    service_set(SAYS_NOTHING_UNDONE, 3600, 0);
    kill_under_refresh(c);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    unsigned before = requests(c);
    assert_int_equal(ask(c, "g"), first); /* which lives */
    assert_int_equal(requests(c), before);
    expire(c, "g");
    assert_int_equal(ask(c, "g"), first + 1);
    assert_int_equal(requests(c), before + 1);
    ASSERT_SERVED(1, 2, 0);
}

typedef struct sealing {
    const char *name, *body;
    int status;
    unsigned tries;
    errand_kind_t kind;
} sealing_t;

/* What a host leaves that died after the answer was sealed (body NULL: before). */
static void leave_under_way(manager_t *m, void *context)
{
    const sealing_t *sealing = context;
    source_t *s = source_of(m, sealing->name);
    entry_t *e = map_get(m->entries, str_of(sealing->name));
    arena_t *arena = arena_new(0);
    store_change_t change;
    json_t *oauth =
        json_pack("{s:O}", "refresh_token", json_object_get(s->holding.refresh, "refresh_token"));
    const under_way_t u = {
        .kind = sealing->kind,
        .follows = s->holding.rotation,
        .tries = sealing->tries,
        .oauth = oauth,
        .made_for = s->present,
        .answers = {.list = {{.status = sealing->status, .body = str_of(sealing->body)}},
                    .count = sealing->body ? 1 : 0,
                    .sent_at_ms = clock_boot_ms()}};
    size_t count =
        under_way_write(&u, s->key, e->record->credential_generation, m->keyring, arena, &change);
    manager_store_write(m, &change, count, true, NULL, NULL);
    json_decref(oauth);
    arena_free(arena);
}

/* Of the store: the access token has run out. */
static void forget_token(manager_t *m, void *context)
{
    const source_t *s = source_of(m, context);
    const entry_t *e = map_get(m->entries, str_of(context));
    arena_t *arena = arena_new(0);
    store_change_t change;
    holding_t h = s->holding;
    h.token = NULL;
    h.refresh = NULL;
    size_t count = holding_write(&h, e->resolved, m->keyring, arena, &change);
    manager_store_write(m, &change, count, true, NULL, NULL);
    arena_free(arena);
}

static void a_sealed_answer_is_taken_as_if_it_came_now(void **state)
{
    control_t *c = *state;
    got_t g;
    connect_given(c, "g");
    int first = ask(c, "g");
    char answer[256];
    pthread_mutex_lock(&service.lock);
    service_write_token(answer, sizeof answer, service_new_refresh(1));
    pthread_mutex_unlock(&service.lock);
    inside(c, leave_under_way, &(sealing_t){"g", answer, 200, 1, ERRAND_REFRESH});
    unsigned before = requests(c);
    control_restart(c);
    ask_with(c, "g", false, 0, &g);
    assert_int_equal(number_of_token(g.token), first + 1);
    assert_in_range(g.token->expires_at_ms - clock_boot_ms(), 3500 * 1000, 3600 * 1000);
    got_fini(&g);
    assert_int_equal(requests(c), before);
    expire(c, "g");
    ask(c, "g");
    ASSERT_SERVED(1, 2, 0);
}

static void a_sealed_refusal_is_not_asked_for_again(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    inside(c, leave_under_way,
           &(sealing_t){"g", "{\"error\":\"invalid_grant\"}", 400, 1, ERRAND_REFRESH});
    unsigned before = requests(c);
    control_restart(c);
    err_t err = ask_in_vain(c, "g");
    assert_code(&err, ERR_reauthorise);
    assert_int_equal(requests(c), before);
}

/* What is found belongs to a holding that something else has replaced. */
static void what_follows_another_rotation_is_void(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    inside(c, leave_under_way, &(sealing_t){"g", NULL, 0, 2, ERRAND_REFRESH});
    assert_int_equal(renew(c, "g"), ERR_none); /* this process knows better, and takes it away */
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 3, 0);
}

/* A code that was sent is never sent again, and what was held before stays. */
static void a_lost_sign_in_of_a_person_leaves_what_was_there(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    inside(c, leave_under_way, &(sealing_t){"g", NULL, 0, 1, ERRAND_PERSON});
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 2, 0);
}

static void break_under_way(control_t *c, const char *name)
{
    answer_t a = {.count = 0};
    char key[80];
    connection_t *connection = find(c, name);
    snprintf(key, sizeof key, "c/%s", name);
    store_change_t broken = change_put("under_way", key, connection->credential_generation, "{}");
    broken.record.sealed = STR("no seal at all");
    write_now(c->store, broken, &a);
    assert_true(a.ok);
    answer_fini(&a);
    connection_unref(connection);
}

static void a_request_that_does_not_open_may_have_been_sent(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    break_under_way(c, "g");
    control_restart(c);
    unsigned before = requests(c);
    service_set(SAYS_NOTHING_UNDONE, 3600, 0);
    load(c, "g");
    expire(c, "g");
    ask_in_vain(c, "g");
    age(c, "g", 60000);
    err_t err = ask_in_vain(c, "g");
    assert_code(&err, ERR_refresh_uncertain);
    assert_int_equal(requests(c), before + 1);
}

/* A host that ends again and again under a sign-in must not lock an account. */
static void sign_ins_cut_short_again_and_again_are_paused(void **state)
{
    control_t *c = *state;
    char name[] = "a";
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    for (unsigned tries = 1; tries <= 4; tries++) {
        unsigned before = requests(c);
        inside(c, leave_under_way, &(sealing_t){"a", NULL, 0, tries, ERRAND_SIGN_IN});
        inside(c, forget_token, name);
        control_restart(c);
        if (tries > 1) {
            err_t err = ask_in_vain(c, "a");
            assert_code(&err, ERR_token_endpoint_unavailable);
            assert_in_range(err.retry_after_ms, 500 << (tries - 1), 2000 << (tries - 1));
            assert_int_equal(requests(c), before);
            age(c, "a", 60000);
        }
        ask(c, "a");
        assert_int_equal(requests(c), before + 1);
    }
}

/* --- the store is lost --- */

/* What cannot be written down is not sent. */
static void without_an_intent_nothing_is_sent(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    control_restart(c);
    ask(c, "a");
    unsigned before = requests(c);
    disk_is_full(true);
    assert_int_equal(renew(c, "a"), ERR_store_unavailable);
    assert_int_equal(ask(c, "a"), first); /* it lives */
    expire(c, "a");
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_store_unavailable);
    assert_int_equal(requests(c), before);
    disk_is_full(false);
    assert_int_equal(ask(c, "a"), first + 1);
    ASSERT_SERVED(1, 1, 0);
}

/* The answer came, and the disk is full: nobody uses it, nobody asks again, and when there is room
 * it is there. */
static void an_answer_waits_until_it_is_durable(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_given(c, "g");
    int first = ask(c, "g");
    expire(c, "g");
    take_off(c, "g", &f);
    unsigned before = requests(c);
    disk_is_full(true);
    touch_down(c, &f);
    assert_null(f.got.token);
    assert_code(&f.got.err, ERR_store_unavailable);
    for (int i = 0; i < 3; i++) {
        err_t err = ask_in_vain(c, "g");
        assert_code(&err, ERR_store_unavailable);
    }
    disk_is_full(false);
    got_t g;
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    do {
        ask_with(c, "g", false, 0, &g);
        int number = g.token ? number_of_token(g.token) : 0;
        assert_true(number == 0 || number == first + 1);
        got_fini(&g);
        usleep(10 * 1000);
        if (number) {
            break;
        }
    } while (clock_boot_ms() < give_up);
    assert_int_equal(ask(c, "g"), first + 1);
    assert_int_equal(requests(c), before);
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 3, 0);
}

/* Whom the living token serves is served meanwhile. */
static void a_living_token_serves_while_the_answer_waits(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    int first = ask(c, "g");
    unsigned before = requests(c);
    age(c, "g", 3550 * 1000);
    service_hold(true);
    assert_int_equal(ask(c, "g"), first);
    wait_for_requests(c, before + 1);
    disk_is_full(true);
    service_hold(false);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ask(c, "g"), first);
        usleep(10 * 1000);
    }
    disk_is_full(false);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (ask(c, "g") == first && clock_boot_ms() < give_up) {
        usleep(10 * 1000);
    }
    assert_int_equal(ask(c, "g"), first + 1);
    ASSERT_SERVED(1, 2, 0);
}

/* --- changes under a refresh --- */

static void *release_later(void *context)
{
    (void)context;
    usleep(300 * 1000);
    service_hold(false);
    return NULL;
}

/* An orderly end waits for what is being spent; who asked is told at once. */
static void an_orderly_end_waits_for_the_answer(void **state)
{
    control_t *c = *state;
    flying_t f;
    pthread_t thread;
    connect_given(c, "g");
    int first = ask(c, "g");
    expire(c, "g");
    take_off(c, "g", &f);
    unsigned before = requests(c);
    pthread_create(&thread, NULL, release_later, NULL);
    control_end(c);
    pthread_join(thread, NULL);
    assert_true(f.got.done);
    assert_code(&f.got.err, ERR_draining);
    connection_unref(f.connection);
    control_begin(c);
    assert_int_equal(ask(c, "g"), first + 1);
    assert_int_equal(requests(c), before);
    ASSERT_SERVED(1, 2, 0);
}

/* Somebody asks under the new definition before the answer comes; both get that token. */
static void land_while_asked(control_t *c, const char *name, flying_t *f, int number)
{
    got_t second;
    connection_t *connection = find(c, name);
    ask_begin(c, &(token_ask_t){.connection = connection}, &second);
    usleep(20 * 1000);
    touch_down(c, f);
    control_wait(c, &second.done);
    assert_int_equal(number_of_token(f->got.token), number);
    assert_int_equal(number_of_token(second.token), number);
    got_fini(&f->got);
    got_fini(&second);
    connection_unref(connection);
}

/* The definition changes: what the answer brings is kept all the same, and the access token only
 * where it is for the same thing. */
static void a_definition_changes_under_a_refresh(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_given(c, "g");
    int first = ask(c, "g");
    expire(c, "g");
    take_off(c, "g", &f);
    save_acme(c, "title: Acme", "title: Another");
    land_while_asked(c, "g", &f, first + 1);
    ASSERT_SERVED(1, 2, 0);

    expire(c, "g");
    take_off(c, "g", &f);
    save_acme(c, "        client_secret: {type: string, secret: true}\n",
              "        client_secret: {type: string, secret: true}\n"
              "      headers: {X-Version: '2'}\n");
    land_while_asked(c, "g", &f, first + 3); /* another one, by the newest */
    ASSERT_SERVED(1, 4, 0);
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 5, 0);
}

/* Other credentials begin anew; what was being spent is nobody's. */
static void credentials_change_under_a_refresh(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    expire(c, "a");
    take_off(c, "a", &f);
    json_t *change = new_password("a", "CANARY-right-2");
    json_object_set_new(change, "verify", json_false());
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, change));
    touch_down(c, &f);
    assert_non_null(f.got.token);
    got_fini(&f.got);
    ASSERT_SERVED(2, 1, 0);
    control_restart(c);
    assert_int_equal(renew(c, "a"), ERR_none);
    ASSERT_SERVED(2, 2, 0);
}

static void a_reset_under_a_refresh_keeps_what_it_brings(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_given(c, "g");
    ask(c, "g");
    expire(c, "g");
    take_off(c, "g", &f);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("g")));
    touch_down(c, &f);
    assert_non_null(f.got.token);
    got_fini(&f.got);
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    assert_int_equal(service.sign_ins, 1);
    assert_int_equal(service.reuses, 0);
}

/* Reset: another token, and by what is held; of a password by a sign-in. */
static void a_reset_keeps_what_a_person_gave(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    int first = ask(c, "g");
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("g")));
    assert_int_equal(ask(c, "g"), first + 1);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("g")));
    control_restart(c);
    assert_int_equal(ask(c, "g"), first + 2);
    ASSERT_SERVED(1, 3, 0);
}

/* A new client secret does not cost the sign-in; another refresh token replaces it. */
static void other_values_keep_what_a_person_gave(void **state)
{
    control_t *c = *state;
    char refresh[32];
    connect_given(c, "g");
    int first = ask(c, "g");
    json_decref(admin_ok(
        c, ADMIN_CONNECTION_CHANGE,
        read_text("{\"name\":\"g\",\"parameters\":{\"client_secret\":\"CANARY-secret-2\"}}")));
    assert_int_equal(ask(c, "g"), first + 1); /* what it was made under does not count */
    ASSERT_SERVED(1, 2, 0);
    control_restart(c);
    assert_int_equal(renew(c, "g"), ERR_none);
    ASSERT_SERVED(1, 3, 0);
    pthread_mutex_lock(&service.lock);
    snprintf(refresh, sizeof refresh, "CANARY-refresh-%d", service_new_refresh(++service.sign_ins));
    pthread_mutex_unlock(&service.lock);
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CHANGE,
                 json_pack("{s:s, s:{s:s}}", "name", "g", "parameters", "refresh_token", refresh)));
    ask(c, "g");
    ASSERT_SERVED(2, 4, 0);
    assert_int_equal(service.family_of[service.last_refresh], 2);
}

static void nothing_is_left_of_a_removed_connection(void **state)
{
    control_t *c = *state;
    answer_t left = {.count = 0};
    connect_given(c, "g");
    ask(c, "g");
    inside(c, leave_under_way, &(sealing_t){"g", NULL, 0, 1, ERRAND_REFRESH});
    remove_one(c, "g");
    store_list_now(c->store, STR("under_way"), STR_NONE, STR_NONE, 10, answer_keep, &left);
    assert_int_equal(left.records, 0);
    store_list_now(c->store, STR("token"), STR_NONE, STR_NONE, 10, answer_keep, &left);
    assert_int_equal(left.records, 0);
    answer_fini(&left);
}

/* --- another process was faster (facts: re-read the store first) --- */

typedef struct newer {
    const char *name;
    int refresh;
} newer_t;

/* As a process would leave it that refreshed meanwhile, over a store that several share. */
static void store_newer(manager_t *m, void *context)
{
    const newer_t *newer = context;
    const source_t *s = source_of(m, newer->name);
    entry_t *e = map_get(m->entries, str_of(newer->name));
    char refresh[32];
    arena_t *arena = arena_new(0);
    store_change_t change;
    holding_t h = s->holding;
    snprintf(refresh, sizeof refresh, "CANARY-refresh-%d", newer->refresh);
    h.rotation++;
    h.refresh = json_deep_copy(s->holding.refresh);
    json_object_set_new(h.refresh, "refresh_token", json_string(refresh));
    size_t count = holding_write(&h, entry_connection(e), m->keyring, arena, &change);
    manager_store_write(m, &change, count, true, NULL, NULL);
    json_decref(h.refresh);
    arena_free(arena);
}

static void a_newer_refresh_token_in_the_store_is_used(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    expire(c, "g");
    pthread_mutex_lock(&service.lock);
    int newer = service_new_refresh(1);
    pthread_mutex_unlock(&service.lock);
    inside(c, store_newer, &(newer_t){"g", newer});
    pthread_mutex_lock(&service.lock);
    service.forgives = true; /* an overlap: a spent one does no harm, but brings nothing */
    pthread_mutex_unlock(&service.lock);
    ask(c, "g");
    pthread_mutex_lock(&service.lock);
    service.forgives = false;
    pthread_mutex_unlock(&service.lock);
    assert_int_equal(renew(c, "g"), ERR_none);
    assert_int_equal(service.sign_ins, 1);
}

/* --- a person signs in --- */

typedef struct signing_in {
    control_t *control;
    const char *name;
    bool done;
    err_t err;
    loop_message_t message;
} signing_in_t;

static void tell_signed_in(loop_message_t *message)
{
    STRUCT_OF(message, signing_in_t, message)->done = true;
}

static void on_signed_in(void *context, const err_t *err)
{
    signing_in_t *s = context;
    s->err = *err;
    s->message.run = tell_signed_in;
    loop_post(s->control->loop, &s->message);
}

static void sign_in_inside(manager_t *m, void *context)
{
    signing_in_t *s = context;
    entry_t *e = map_get(m->entries, str_of(s->name));
    person_sign_in_t person = {.oauth = json_pack("{s:s, s:s, s:s}", "code", "CANARY-code", "state",
                                                  "S", "redirect_uri", "https://t/cb"),
                               .callback = json_pack("{s:s}", "realm", "r")};
    source_sign_in(m, entry_connection(e), &person, on_signed_in, s);
}

static err_code_t sign_in(control_t *c, const char *name)
{
    signing_in_t s = {.control = c, .name = name, .done = false};
    connection_unref(find(c, name));
    inside(c, sign_in_inside, &s);
    control_wait(c, &s.done);
    return s.err.code;
}

static void look_at_occasion(manager_t *m, void *context)
{
    const json_t *refresh = source_of(m, context)->holding.refresh;
    const json_t *oauth = json_object_get(refresh, "oauth");
    assert_string_equal(json_member(oauth, "redirect_uri").p, "https://t/cb");
    assert_int_equal(json_object_size(oauth), 1); /* what counted once is gone */
    assert_string_equal(json_member(json_object_get(refresh, "callback"), "realm").p, "r");
}

static void what_a_person_brings_is_kept_for_refreshes(void **state)
{
    control_t *c = *state;
    char name[] = "a";
    connect_user(c, "a", "CANARY-right");
    assert_int_equal(sign_in(c, "a"), ERR_none);
    unsigned before = requests(c);
    ask(c, "a");
    assert_int_equal(requests(c), before);
    inside(c, look_at_occasion, name);
    expire(c, "a");
    ask(c, "a");
    inside(c, look_at_occasion, name);
    control_restart(c);
    ask(c, "a");
    inside(c, look_at_occasion, name);
    assert_int_equal(renew(c, "a"), ERR_none);
    ASSERT_SERVED(1, 2, 0);
}

/* Behind a refresh under way; a refusal leaves what was there. */
static void a_person_waits_for_the_refresh_under_way(void **state)
{
    control_t *c = *state;
    flying_t f;
    signing_in_t s = {.control = c, .name = "a", .done = false};
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    expire(c, "a");
    take_off(c, "a", &f);
    unsigned before = requests(c);
    inside(c, sign_in_inside, &s);
    usleep(50 * 1000);
    assert_int_equal(requests(c), before);
    touch_down(c, &f);
    got_fini(&f.got);
    control_wait(c, &s.done);
    assert_int_equal(s.err.code, ERR_none);
    ASSERT_SERVED(2, 1, 0);
    service_set(SAYS_NO, 3600, 0);
    assert_int_equal(sign_in(c, "a"), ERR_credentials_rejected);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    assert_int_equal(renew(c, "a"), ERR_none);
    ASSERT_SERVED(2, 2, 0);
}

/* One that nothing else can sign in is ready again. */
static void a_person_brings_a_connection_back(void **state)
{
    control_t *c = *state;
    connect_given(c, "g");
    ask(c, "g");
    expire(c, "g");
    service.newest[1] = 0;
    ask_in_vain(c, "g");
    assert_int_equal(state_of(c, "g"), CONNECTION_SIGN_IN);
    pthread_mutex_lock(&service.lock);
    service.newest[1] = 1; /* what it stores is good again, as a code would be */
    pthread_mutex_unlock(&service.lock);
    assert_int_equal(sign_in(c, "g"), ERR_none);
    wait_for_state(c, "g", CONNECTION_READY);
    ask(c, "g");
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[2], "dies") == 0) {
        return die_under_refresh(argv[1], (uint16_t)atoi(argv[3]));
    }
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, control_stop)
    const struct CMUnitTest tests[] = {
        CASE(each_refresh_uses_the_newest),
        CASE(a_refresh_token_outlasts_its_access_token),
        CASE(one_given_by_hand_is_spent_once),
        CASE(members_stay_where_a_refresh_names_none),
        CASE(a_token_without_a_life_still_rotates),
        CASE(an_answer_without_a_refresh_token_keeps_the_one_before),
        CASE(a_new_refresh_token_is_kept_whatever_else_is_wrong),
        CASE(a_refresh_token_outlasts_errors_of_the_service),
        CASE(a_refused_refresh_leads_to_a_sign_in),
        CASE(the_password_of_such_a_sign_in_is_sent_once),
        CASE(a_person_is_needed_where_nothing_is_left),
        CASE(a_lost_answer_is_asked_for_once_more),
        CASE(a_lost_rotation_is_told_as_uncertain),
        CASE(a_refresh_token_is_sent_twice_at_most),
        CASE(a_password_signs_in_after_two_lost_answers),
        CASE(a_host_that_dies_under_a_refresh_asks_once_more),
        CASE(a_sealed_answer_is_taken_as_if_it_came_now),
        CASE(a_sealed_refusal_is_not_asked_for_again),
        CASE(what_follows_another_rotation_is_void),
        CASE(a_lost_sign_in_of_a_person_leaves_what_was_there),
        CASE(a_request_that_does_not_open_may_have_been_sent),
        CASE(sign_ins_cut_short_again_and_again_are_paused),
        CASE(without_an_intent_nothing_is_sent),
        CASE(an_answer_waits_until_it_is_durable),
        CASE(a_living_token_serves_while_the_answer_waits),
        CASE(an_orderly_end_waits_for_the_answer),
        CASE(a_definition_changes_under_a_refresh),
        CASE(credentials_change_under_a_refresh),
        CASE(a_reset_under_a_refresh_keeps_what_it_brings),
        CASE(a_reset_keeps_what_a_person_gave),
        CASE(other_values_keep_what_a_person_gave),
        CASE(nothing_is_left_of_a_removed_connection),
        CASE(a_newer_refresh_token_in_the_store_is_used),
        CASE(what_a_person_brings_is_kept_for_refreshes),
        CASE(a_person_waits_for_the_refresh_under_way),
        CASE(a_person_brings_a_connection_back),
    };
    return cmocka_run_group_tests_name("rotation", tests, log_begin, log_end);
}
