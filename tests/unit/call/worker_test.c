/* SPDX-License-Identifier: MIT */
/* Who is calling: what a worker asks the store for, and what a refusal tells. */
#include "store/faulty.h"

#define RIG_STORE faulty_store
#include "call/rig.h"

#include "seal/api_key.h"

static bool on_ok(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
}

static const route_t routes[] = {{"/ok", on_ok}, {NULL, NULL}};

static const char DEFINITION[] = "tenon: 1\n"
                                 "id: svc\n"
                                 "title: A service\n"
                                 "description: One action.\n"
                                 "version: 1.0.0\n"
                                 "hosts: ['127.0.0.1']\n"
                                 "base_url: http://127.0.0.1:%u\n"
                                 "actions: {Ok: {summary: Ok, method: GET, path: /ok}}\n";

static call_rig_t rig;

static int up(void **state)
{
    (void)state;
    faulty_arm(0, false);
    rig_up(&rig, routes, "svc", DEFINITION);
    rig_connect(&rig, "acme", "svc", "{}");
    rig_add_key(&rig, json_pack("{s:s, s:[s]}", "role", "caller", "connections", "acme"));
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

/* A call by this key; answers how often the store was asked for a key. Where it is refused, the
 * document is kept without its id. */
static unsigned call_by(const char *key, int status, char *document)
{
    answer_t a;
    unsigned before = atomic_load(&faulty.key_reads);
    rig_call_at(&rig, 0, &(request_t){.target = "/run/svc/acme/ok", .key = key}, &a);
    assert_int_equal(a.status, status);
    if (document) {
        str_t text = buf_view(&a.body);
        size_t id = str_find(text, answer_header(&a, "x-request-id"), 0);
        assert_true(id != SIZE_MAX && text.n < 1000);
        snprintf(document, 1000, "%.*s%.*s", (int)id, text.p, (int)(text.n - id - 22),
                 text.p + id + 22);
    }
    answer_free(&a);
    return atomic_load(&faulty.key_reads) - before;
}

/* A key with the id of another and a secret of its own, whose sum is right. */
static void forge(const char *like, char to[API_KEY_LENGTH + 1])
{
    enum { SUM_AT = API_KEY_LENGTH - 6 };
    api_key_t other;
    api_key_make(&other);
    memcpy(to, other.text, sizeof other.text);
    memcpy(to, like, API_KEY_LENGTH - 6 - 43);
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < SUM_AT; i++) { /* CRC-32, bit by bit */
        sum ^= (unsigned char)to[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320 : 0);
        }
    }
    sum = ~sum;
    for (size_t i = API_KEY_LENGTH; i-- > SUM_AT; sum /= 62) {
        to[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[sum % 62];
    }
}

static void add_key(int expires_in, char *key, char *id)
{
    rig_add_key(&rig, json_pack("{s:s, s:[s], s:i}", "role", "caller", "connections", "acme",
                                "expires_in", expires_in));
    memcpy(key, rig.key, sizeof rig.key);
    memcpy(id, rig.key_id, sizeof rig.key_id);
}

static void a_good_key_is_asked_for_once(void **state)
{
    (void)state;
    assert_int_equal(call_by(rig.key, 200, NULL), 1);
    assert_int_equal(call_by(rig.key, 200, NULL), 0);
}

/* Whoever measures how long a refusal takes learns nothing but whether the checksum is right, which
 * anybody can compute: all others go the same way, to the store and back once, every time. */
static void refusals_go_one_way(void **state)
{
    (void)state;
    char own[sizeof rig.key];
    char revoked[sizeof rig.key];
    char expired[sizeof rig.key];
    char id[sizeof rig.key_id];
    memcpy(own, rig.key, sizeof own);
    add_key(3600, revoked, id);
    assert_int_equal(call_by(revoked, 200, NULL), 1);
    json_decref(rig_admin(&rig, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", id)));
    add_key(1, expired, id);
    (void)call_by(own, 200, NULL);
    sleep(2);
    api_key_t unknown;
    api_key_make(&unknown);
    char forged[API_KEY_LENGTH + 1];
    forge(own, forged);
    char misspelt[sizeof own];
    memcpy(misspelt, own, sizeof misspelt);
    misspelt[20] = misspelt[20] == 'a' ? 'b' : 'a';
    const struct {
        const char *key;
        unsigned reads;
    } rows[] = {{unknown.text, 1}, {forged, 1},   {revoked, 1},
                {expired, 1},      {misspelt, 0}, {"x", 0}};
    char first[1000];
    (void)call_by("", 401, first);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(rows); i++) {
            char document[1000];
            assert_int_equal(call_by(rows[i].key, 401, document), rows[i].reads);
            assert_string_equal(document, first);
        }
    }
    assert_int_equal(call_by(own, 200, NULL), 0); /* what somebody forges does not touch it */
}

/* What a path of an action holds may be an input; the rest of it tells where somebody wanted to go.
 */
static void what_is_told_of_a_path_holds_no_input(void **state)
{
    (void)state;
    static const struct {
        const char *path, *told;
    } rows[] = {
        {"/run/hr/acme/people/7", "/run/hr/acme/"},
        {"/run/hr/acme/", "/run/hr/acme/"},
        {"/run/hr/acme", "/run/hr/acme"},
        {"/run/hr", "/run/hr"},
        {"/apim/hr/acme/people/7", "/apim/hr/acme/"},
        {"/v1/try/hr/acme/people/7", "/v1/try/hr/acme/"},
        {"/proxy/acme/people/7", "/proxy/acme/"},
        {"/v1/connections/acme", "/v1/connections/acme"},
        {"/", "/"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        str_t told = worker_told_path(str_of(rows[i].path));
        if (!str_is(told, rows[i].told)) {
            fail_msg("%s: %.*s", rows[i].path, STR_ARG(told));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_of_a_path_holds_no_input),
        cmocka_unit_test_setup_teardown(a_good_key_is_asked_for_once, up, down),
        cmocka_unit_test_setup_teardown(refusals_go_one_way, up, down),
    };
    return cmocka_run_group_tests_name("call/worker", tests, NULL, NULL);
}
