/* SPDX-License-Identifier: MIT */
/* A host that died between a token request and the steps behind it, against a service that rotates
 * refresh tokens and revokes a sign-in whose spent one comes again. */
#include "connection/rig.h"

#include "connection/under_way.h"

/* The step is answered as a sign-in of its own is, but its refresh token is nobody's. */
static const char STEPPED[] =
    "tenon: 1\nid: stepped\ntitle: Stepped\nversion: 1.0.0\ndescription: A service.\n"
    "hosts: [\"127.0.0.1\"]\nbase_url: http://127.0.0.1:%u\n"
    "connection:\n  auth:\n    given:\n      type: refresh_token\n      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        refresh_token: {type: string, secret: true, required: true}\n"
    "        client_secret: {type: string, secret: true}\n"
    "      token_url: /token\n"
    "      steps:\n"
    "        exchange: {url: /token/exchange, text: 'CANARY-right ${response.body.access_token}'}\n"
    "      answer: {access_token: '${steps.exchange.body.access_token}'}\n"
    "actions:\n  GetAccessToken: {summary: Get a token, token: connection}\n";

static int start(void **state)
{
    service.sign_ins = service.refreshes = service.reuses = service.last_refresh = 0;
    service.answer[0] = '\0';
    service.rotates = true;
    service.forgives = false;
    control_start(state);
    control_t *c = *state;
    control_end(c);
    save_definition(c, "stepped", STEPPED, c->server.port);
    control_begin(c);
    return 0;
}

static void connect_stepped(control_t *c)
{
    char refresh[32];
    pthread_mutex_lock(&service.lock);
    snprintf(refresh, sizeof refresh, "CANARY-refresh-%d", service_new_refresh(++service.sign_ins));
    pthread_mutex_unlock(&service.lock);
    json_t *parameters = json_pack("{s:s, s:s, s:s}", "client_id", "i", "client_secret",
                                   "CANARY-secret", "refresh_token", refresh);
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:o}", "name", "s", "connector", "stepped",
                                   "auth", "given", "parameters", parameters)));
    ask(c, "s");
}

/* --- what a host leaves that died behind the token answer --- */

typedef struct leaving {
    unsigned tries;
    bool of_another; /* the connection was another one then */
    const char *answer;
} leaving_t;

static void leave(manager_t *m, void *context)
{
    const leaving_t *l = context;
    const source_t *s = source_get(m, STR("c/s"), true);
    const entry_t *e = map_get(m->entries, STR("s"));
    arena_t *arena = arena_new(0);
    store_change_t change;
    json_t *oauth =
        json_pack("{s:O}", "refresh_token", json_object_get(s->holding.refresh, "refresh_token"));
    under_way_t u = {.kind = ERRAND_REFRESH,
                     .follows = s->holding.rotation,
                     .tries = l->tries,
                     .oauth = oauth,
                     .made_for = s->present,
                     .answers = {.list = {{.status = 200, .body = str_of(l->answer)}},
                                 .count = 1,
                                 .sent_at_ms = clock_boot_ms()}};
    u.made_for.purpose[0] ^= l->of_another ? 1 : 0;
    size_t count =
        under_way_write(&u, s->key, e->record->credential_generation, m->keyring, arena, &change);
    manager_store_write(m, &change, count, true, NULL, NULL);
    json_decref(oauth);
    arena_free(arena);
}

/* The service has answered the refresh, and the host died behind the answer's fsync. Answers how
 * many requests the service had seen. */
static unsigned die_between(control_t *c, unsigned tries, bool of_another)
{
    char answer[512];
    wait_for_rest(c, "s");
    pthread_mutex_lock(&service.lock);
    service_write_token(answer, sizeof answer, service_new_refresh(1));
    pthread_mutex_unlock(&service.lock);
    inside(c, leave, &(leaving_t){tries, of_another, answer});
    unsigned before = requests(c);
    control_restart(c);
    return before;
}

/* Its own refresh token, not the one before, which is spent. */
static void assert_refreshes(control_t *c)
{
    got_t first, second;
    ask_with(c, "s", false, 0, &first);
    assert_non_null(first.token);
    ask_with(c, "s", false, first.token->generation, &second);
    assert_int_equal(second.err.code, ERR_none);
    got_fini(&first);
    got_fini(&second);
    assert_int_equal(service.reuses, 0);
}

static void a_start_goes_on_behind_what_was_answered(void **state)
{
    control_t *c = *state;
    connect_stepped(c);
    int issued = service.issued;
    unsigned before = die_between(c, 1, false);
    assert_int_equal(ask(c, "s"), issued + 2); /* the answer that was left, and the step's */
    assert_int_equal(requests(c), before + 1);
    assert_refreshes(c);
}

static void a_step_is_not_sent_a_third_time(void **state)
{
    control_t *c = *state;
    connect_stepped(c);
    int living = ask(c, "s");
    unsigned before = die_between(c, 2, false);
    assert_int_equal(ask(c, "s"), living);
    assert_int_equal(requests(c), before);
    age(c, "s", 61 * 1000); /* the pause */
    assert_refreshes(c);
}

static void steps_of_another_connection_are_not_gone_on_with(void **state)
{
    control_t *c = *state;
    connect_stepped(c);
    unsigned before = die_between(c, 1, true);
    ask(c, "s");
    assert_int_equal(requests(c),
                     before + 2); /* a refresh, with what the answer brought, and its step */
    assert_refreshes(c);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, control_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_start_goes_on_behind_what_was_answered),
        CASE(a_step_is_not_sent_a_third_time),
        CASE(steps_of_another_connection_are_not_gone_on_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
