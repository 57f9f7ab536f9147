/* SPDX-License-Identifier: MIT */
/* The n-th call of the host into its database fails, once or from then on, for every n until the
 * scenario passes: a connection is made, a key added, a token got and an API called, a secret
 * changed, a key revoked, the connection removed. Whatever happens: every question is answered,
 * with what was wanted or that the store is not there; what was told to be done is done; and when
 * the fault is over all of it goes through. */
#include "store/faulty.h"

#define RIG_STORE faulty_store
#include "call/rig.h"

#include "base/log.h"

static bool on_token(peer_t *peer, str_t body)
{
    (void)body;
    static const char token[] =
        "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600}";
    char text[300];
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             sizeof token - 1, token);
    return peer_say(peer, text);
}

static bool on_ok(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Content-Length: 2\r\n\r\n{}");
}

static const route_t routes[] = {{"/token", on_token}, {"/ok", on_ok}, {NULL, NULL}};

static const char DEFINITION[] =
    "tenon: 1\n"
    "id: svc\n"
    "title: A service\n"
    "description: One action.\n"
    "version: 1.0.0\n"
    "hosts: ['127.0.0.1']\n"
    "base_url: http://127.0.0.1:%u\n"
    "connection:\n"
    "  auth:\n"
    "    cc:\n"
    "      type: client_credentials\n"
    "      parameters:\n"
    "        client_id: {type: string, required: true}\n"
    "        client_secret: {type: string, secret: true, required: true}\n"
    "      token_url: /token\n"
    "actions: {Ok: {summary: Ok, method: GET, path: /ok}}\n";

static call_rig_t rig;

/* What the admin is told: true where it was done. */
static bool ask(admin_verb_t verb, json_t *input, json_t **output)
{
    told_t told = {.done = false};
    manager_admin(rig.manager, verb, input, &TESTER, on_told, &told);
    int64_t give_up_ms = clock_boot_ms() + PATIENCE_MS;
    while (!told.done && clock_boot_ms() < give_up_ms) {
        loop_turn(rig.loop, 100);
    }
    assert_true(told.done);
    if (!told.ok && told.err.code != ERR_store_unavailable) {
        fail_msg("verb %d: %s %s", (int)verb, err_code_name(told.err.code), told.err.text);
    }
    *output = told.output;
    return told.ok;
}

static bool do_it(admin_verb_t verb, json_t *input)
{
    json_t *output = NULL;
    bool ok = ask(verb, input, &output);
    json_decref(output);
    return ok;
}

/* The status of a call, which is one of these or 503 with a code of its own. */
static int call(int loop, const char *key, int wanted)
{
    answer_t a;
    rig_call_at(&rig, loop, &(request_t){.target = "/run/svc/acme/ok", .key = key}, &a);
    int status = a.status;
    assert_true(a.whole && (status == wanted || status == 503));
    if (status == 503) {
        check_header(&a, "tenon-error", "store_unavailable");
        assert_non_null(answer_header(&a, "retry-after").p);
    }
    answer_free(&a);
    return status;
}

static json_t *connection(const char *secret)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s}}", "name", "acme", "connector", "svc", "parameters",
                     "client_id", "me", "client_secret", secret);
}

/* Goes on only where the steps before were done. */
static bool play(void)
{
    json_t *made = NULL;
    char key[100];
    if (!do_it(ADMIN_CONNECTION_CREATE, connection("s"))) {
        return false;
    }
    if (!ask(ADMIN_KEY_ADD, json_pack("{s:s, s:[s]}", "role", "caller", "connections", "acme"),
             &made)) {
        json_decref(made);
        return false;
    }
    snprintf(key, sizeof key, "%s", json_string_value(json_object_get(made, "key")));
    json_t *id = json_pack("{s:O}", "id", json_object_get(made, "id"));
    json_decref(made);
    bool served = call(0, key, 200) == 200;
    served = call(1, key, 200) == 200 && served;
    bool changed =
        do_it(ADMIN_CONNECTION_CHANGE, json_pack("{s:s, s:{s:s}}", "name", "acme", "parameters",
                                                 "client_secret", "another"));
    served = call(0, key, 200) == 200 && served;
    bool revoked = do_it(ADMIN_KEY_REVOKE, id);
    if (revoked) { /* at once, whatever is remembered */
        served = call(0, key, 401) == 401 && served;
        served = call(1, key, 401) == 401 && served;
    }
    return served && changed && revoked;
}

/* Answers false when the scenario was over before the fault. */
static bool run_with_fault(bool lasting, unsigned n)
{
    faulty_arm(n, lasting);
    bool passed = play();
    bool struck = atomic_load(&faulty.faults) > 0;
    assert_true(passed || struck);
    faulty_arm(0, false);
    /* What is there goes, and then everything can be done. */
    told_t told = {.done = false};
    manager_admin(rig.manager, ADMIN_CONNECTION_REMOVE, json_pack("{s:s}", "name", "acme"),
                  &TESTER, on_told, &told);
    while (!told.done) {
        loop_turn(rig.loop, 100);
    }
    assert_true(told.ok || told.err.code == ERR_not_found);
    json_decref(told.output);
    assert_true(play());
    assert_true(do_it(ADMIN_CONNECTION_REMOVE, json_pack("{s:s}", "name", "acme")));
    return struck;
}

static void test_every_fault(void **state)
{
    (void)state;
    for (int lasting = 0; lasting < 2; lasting++) {
        unsigned n = 1;
        while (n < 100 && run_with_fault(lasting, n)) {
            n++;
        }
        if (n <= 10 || n == 100) {
            fail_msg("%u faults", n - 1);
        }
    }
}

static int up(void **state)
{
    (void)state;
    faulty_arm(0, false);
    rig_up(&rig, routes, "svc", DEFINITION);
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

int main(void)
{
    log_configure(LOG_ERROR + 1, false); /* the faults are many, and each has a line */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_fault, up, down),
    };
    return cmocka_run_group_tests_name("call/faults", tests, NULL, NULL);
}
