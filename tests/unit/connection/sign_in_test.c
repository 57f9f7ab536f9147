/* SPDX-License-Identifier: MIT */
/* Sign-ins under way, alone and in the control loop: each counts once, in its browser, for ten
 * minutes. */
#include "connection/rig.h"

#include "connection/sign_in.h"

/* %u: the service's port. */
static const char PEOPLE[] =
    "tenon: 1\nid: people\ntitle: People\nversion: 1.0.0\ndescription: A service.\n"
    "hosts: [\"127.0.0.1\"]\nbase_url: http://127.0.0.1:%u\n"
    "connection:\n"
    "  parameters:\n"
    "    issuer: {type: string, default: https://127.0.0.1}\n"
    "  auth:\n"
    "    person:\n"
    "      type: authorization_code\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        client_secret: {type: string, secret: true, required: true}\n"
    "      authorize_url: /authorize\n"
    "      token_url: /token\n"
    "    named:\n"
    "      type: authorization_code\n"
    "      issuer: ${connection.issuer}\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        client_secret: {type: string, secret: true, required: true}\n"
    "      authorize_url: /authorize\n"
    "      token_url: /token\n"
    "    client:\n"
    "      type: client_credentials\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        client_secret: {type: string, secret: true, required: true}\n"
    "      token_url: /token\n"
    "actions:\n"
    "  GetAccessToken: {summary: Get a token, token: connection}\n";

static int start(void **state)
{
    int failed = control_start(state);
    control_t *c = *state;
    unsigned before = c->changes;
    save_definition(c, "people", PEOPLE, c->server.port);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (c->changes == before && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    return failed;
}

static void connect_person(control_t *c, const char *name, const char *auth, const char *issuer)
{
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "name", name, "connector",
                                   "people", "auth", auth, "parameters", "client_id", "i",
                                   "client_secret", "CANARY-s", "issuer", issuer)));
}

static json_t *begin(control_t *c, const char *name)
{
    return admin_ok(c, ADMIN_SIGN_IN_BEGIN, json_pack("{s:s, s:s}", "name", name, "session", "s"));
}

/* What a browser brings back; iss NULL: none. */
static json_t *brought(const json_t *begun, const char *code, const char *iss)
{
    json_t *input = json_pack("{s:O, s:O, s:s, s:{s:s}}", "state", json_object_get(begun, "state"),
                              "binding", json_object_get(begun, "binding"), "path",
                              "/oauth/callback", "callback", "code", code);
    if (iss) {
        json_object_set_new(json_object_get(input, "callback"), "iss", json_string(iss));
    }
    return input;
}

static void a_person_signs_in(void **state)
{
    control_t *c = *state;
    connect_person(c, "a", "person", "");
    assert_int_equal(state_of(c, "a"), CONNECTION_SIGN_IN);
    json_t *begun = begin(c, "a");
    str_t url = json_member(begun, "url");
    assert_true(str_find(url, STR("/authorize?response_type=code&client_id=i&redirect_uri="), 0) !=
                SIZE_MAX);
    json_decref(admin_ok(c, ADMIN_SIGN_IN_END, brought(begun, "CANARY-right", NULL)));
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    unsigned before = requests(c);
    ask(c, "a");
    assert_int_equal(requests(c), before);
    admin_fails(c, ADMIN_SIGN_IN_END, brought(begun, "CANARY-right", NULL), ERR_callback_state_used,
                NULL);
    json_decref(begun);
}

static void a_refusal_leaves_what_was_there(void **state)
{
    control_t *c = *state;
    connect_person(c, "a", "person", "");
    json_t *begun = begin(c, "a");
    json_decref(admin_ok(c, ADMIN_SIGN_IN_END, brought(begun, "wrong", NULL)));
    json_decref(begun);
    assert_int_equal(state_of(c, "a"), CONNECTION_SIGN_IN);
    begun = begin(c, "a");
    json_decref(admin_ok(c, ADMIN_SIGN_IN_END, brought(begun, "CANARY-right", NULL)));
    json_decref(begun);
    int token = ask(c, "a");
    begun = begin(c, "a");
    json_decref(admin_ok(c, ADMIN_SIGN_IN_END, brought(begun, "wrong", NULL)));
    json_decref(begun);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    assert_int_equal(ask(c, "a"), token);
}

static void an_issuer_is_compared_as_text(void **state)
{
    control_t *c = *state;
    static const struct {
        const char *issuer, *iss;
        bool same;
    } rows[] = {
        {"https://127.0.0.1/", "https://127.0.0.1", true},
        {"https://127.0.0.1/", "https://127.0.0.1/", true},
        {"https://127.0.0.1/x", "https://127.0.0.1/x", true},
        {"https://127.0.0.1/x", "https://127.0.0.1/X", false},
        {"https://127.0.0.1/x", "https://127.0.0.1/x?", false},
        {"https://127.0.0.1/x", "https://127.0.0.1:443/x", false},
        {"https://127.0.0.1/x", "", false},
        {"https://127.0.0.1/x", NULL, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[2] = {(char)('a' + i)};
        connect_person(c, name, "named", rows[i].issuer);
        json_t *begun = begin(c, name), *input = brought(begun, "CANARY-right", rows[i].iss);
        unsigned before = requests(c);
        if (rows[i].same) {
            json_decref(admin_ok(c, ADMIN_SIGN_IN_END, input));
            assert_int_equal(state_of(c, name), CONNECTION_READY);
        } else {
            admin_fails(c, ADMIN_SIGN_IN_END, input, ERR_callback_issuer, NULL);
            assert_int_equal(requests(c), before);
        }
        json_decref(begun);
    }
}

static void only_people_sign_in(void **state)
{
    control_t *c = *state;
    connect_person(c, "a", "client", "");
    admin_fails(c, ADMIN_SIGN_IN_BEGIN, json_pack("{s:s, s:s}", "name", "a", "session", "s"),
                ERR_not_supported, NULL);
    admin_fails(c, ADMIN_SIGN_IN_BEGIN, json_pack("{s:s, s:s}", "name", "b", "session", "s"),
                ERR_not_found, NULL);
}

/* --- too late, too many --- */

static void age_all(manager_t *m, void *context)
{
    (void)context;
    err_t err = ERR_INIT;
    const json_t *begun = context;
    sign_in_t *s =
        sign_in_find(m->sign_ins, json_member(begun, "state"), json_member(begun, "binding"), &err);
    assert_non_null(s);
    assert_in_range(s->expires_at_ms - clock_boot_ms(), 590 * 1000, 600 * 1000);
    s->expires_at_ms = clock_boot_ms();
}

static void it_takes_ten_minutes_at_most(void **state)
{
    control_t *c = *state;
    connect_person(c, "a", "person", "");
    json_t *begun = begin(c, "a");
    inside(c, age_all, begun);
    admin_fails(c, ADMIN_SIGN_IN_END, brought(begun, "CANARY-right", NULL),
                ERR_callback_state_expired, NULL);
    assert_int_equal(requests(c), 0);
    json_decref(begun);
}

static void a_session_has_five_under_way(void **state)
{
    control_t *c = *state;
    json_t *begun[6];
    connect_person(c, "a", "person", "");
    for (size_t i = 0; i < COUNT(begun); i++) {
        begun[i] = begin(c, "a");
    }
    admin_fails(c, ADMIN_SIGN_IN_END, brought(begun[0], "CANARY-right", NULL), ERR_callback_state,
                NULL);
    json_decref(admin_ok(c, ADMIN_SIGN_IN_END, brought(begun[1], "CANARY-right", NULL)));
    json_decref(admin_ok(c, ADMIN_SIGN_IN_END, brought(begun[5], "CANARY-right", NULL)));
    for (size_t i = 0; i < COUNT(begun); i++) {
        json_decref(begun[i]);
    }
}

static void all_together_are_bounded(void **state)
{
    control_t *c = *state;
    connect_person(c, "a", "person", "");
    connection_t *connection = find(c, "a");
    sign_ins_t *all = sign_ins_new();
    sign_in_secrets_t secrets;
    err_t err = ERR_INIT;
    sign_in_t *first = sign_in_new(all, connection, STR("s0"), &secrets, &err);
    for (int i = 1; i < 1000; i++) {
        char session[16];
        snprintf(session, sizeof session, "s%d", i);
        assert_non_null(sign_in_new(all, connection, str_of(session), &secrets, &err));
    }
    assert_null(sign_in_new(all, connection, STR("t"), &secrets, &err));
    assert_int_equal(err.code, ERR_over_capacity);
    err = ERR_INIT;
    json_decref(sign_in_use(first)); /* what counts no more makes room */
    assert_non_null(sign_in_new(all, connection, STR("t"), &secrets, &err));
    sign_ins_sweep(all, clock_boot_ms() + 41 * 60 * 1000);
    assert_null(sign_in_find(all, str_of(secrets.state), str_of(secrets.binding), &err));
    assert_int_equal(err.code, ERR_callback_state);
    sign_ins_free(all);
    connection_unref(connection);
}

static void two_at_once_are_both_right(void **state)
{
    control_t *c = *state;
    told_t one, two;
    connect_person(c, "a", "person", "");
    json_t *first = begin(c, "a"), *second = begin(c, "a");
    service_hold(true);
    admin_begin(c, ADMIN_SIGN_IN_END, brought(first, "CANARY-right", NULL), &one);
    admin_begin(c, ADMIN_SIGN_IN_END, brought(second, "CANARY-right", NULL), &two);
    wait_for_requests(c, 1);
    service_hold(false);
    control_wait(c, &one.done);
    control_wait(c, &two.done);
    assert_false(err_is_set(&one.err));
    assert_false(err_is_set(&two.err));
    assert_int_equal(requests(c), 2);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    json_decref(one.output);
    json_decref(two.output);
    json_decref(first);
    json_decref(second);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, start, control_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_person_signs_in),
        ONE(a_refusal_leaves_what_was_there),
        ONE(an_issuer_is_compared_as_text),
        ONE(only_people_sign_in),
        ONE(it_takes_ten_minutes_at_most),
        ONE(a_session_has_five_under_way),
        ONE(all_together_are_bounded),
        ONE(two_at_once_are_both_right),
    };
    return cmocka_run_group_tests_name("sign_in", tests, log_begin, log_end);
}
