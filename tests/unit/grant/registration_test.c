/* SPDX-License-Identifier: MIT */
/* What Tenon says to register itself, and which answers make a client (RFC 7591). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/json.h"
#include "grant/registration.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static grant_build_t build_of(arena_t *arena, const grant_definition_t *definition)
{
    return (grant_build_t){.arena = arena, .definition = definition};
}

static const struct {
    const char *name;
    client_auth_t asked;
    int status;
    const char *body;
    err_code_t code;
    client_auth_t auth; /* of the client that comes of it */
    int64_t ends_at_ms;
} ANSWERS[] = {
    {"public", CLIENT_AUTH_NONE, 201, "{\"client_id\":\"i\"}", ERR_none, CLIENT_AUTH_NONE,
     INT64_MAX},
    {"with a secret", CLIENT_AUTH_BASIC, 201,
     "{\"client_id\":\"i\",\"client_secret\":\"s\",\"client_secret_expires_at\":0}", ERR_none,
     CLIENT_AUTH_BASIC, INT64_MAX},
    {"a secret that ends", CLIENT_AUTH_BODY, 200,
     "{\"client_id\":\"i\",\"client_secret\":\"s\",\"client_secret_expires_at\":7}", ERR_none,
     CLIENT_AUTH_BODY, 7000},
    {"a secret that ends beyond all clocks", CLIENT_AUTH_BODY, 200,
     "{\"client_id\":\"i\",\"client_secret\":\"s\","
     "\"client_secret_expires_at\":9223372036854775807}",
     ERR_none, CLIENT_AUTH_BODY, INT64_MAX},
    {"raw Basic is Basic", CLIENT_AUTH_BASIC_RAW, 201,
     "{\"client_id\":\"i\",\"client_secret\":\"s\",\"token_endpoint_auth_method\":\"client_secret_"
     "basic\"}",
     ERR_none, CLIENT_AUTH_BASIC_RAW, INT64_MAX},
    {"another way than asked", CLIENT_AUTH_NONE, 201,
     "{\"client_id\":\"i\",\"client_secret\":\"s\",\"token_endpoint_auth_method\":\"client_secret_"
     "post\"}",
     ERR_none, CLIENT_AUTH_BODY, INT64_MAX},
    {"no client", CLIENT_AUTH_NONE, 201, "{}", ERR_token_response_incomplete, CLIENT_AUTH_NONE, 0},
    {"no JSON", CLIENT_AUTH_NONE, 201, "<p>", ERR_token_response_incomplete, CLIENT_AUTH_NONE, 0},
    {"an ID that no header carries", CLIENT_AUTH_NONE, 201, "{\"client_id\":\"a\\nb\"}",
     ERR_token_response_incomplete, CLIENT_AUTH_NONE, 0},
    {"no secret", CLIENT_AUTH_BODY, 201, "{\"client_id\":\"i\"}", ERR_token_response_incomplete,
     CLIENT_AUTH_NONE, 0},
    {"a way that needs a key", CLIENT_AUTH_NONE, 201,
     "{\"client_id\":\"i\",\"token_endpoint_auth_method\":\"private_key_jwt\"}", ERR_not_supported,
     CLIENT_AUTH_NONE, 0},
    {"refused", CLIENT_AUTH_NONE, 400, "{\"error\":\"invalid_redirect_uri\"}",
     ERR_authorization_incomplete, CLIENT_AUTH_NONE, 0},
    {"not allowed", CLIENT_AUTH_NONE, 401, "{}", ERR_credentials_rejected, CLIENT_AUTH_NONE, 0},
    {"too often", CLIENT_AUTH_NONE, 429, "", ERR_token_endpoint_throttled, CLIENT_AUTH_NONE, 0},
    {"down", CLIENT_AUTH_NONE, 503, "", ERR_token_endpoint_unavailable, CLIENT_AUTH_NONE, 0},
};

static void answers_make_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ANSWERS); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        const grant_definition_t definition = {.client_auth = ANSWERS[i].asked};
        grant_build_t build = build_of(arena, &definition);
        const upstream_answer_t answer = {.status = ANSWERS[i].status,
                                          .body = str_of(ANSWERS[i].body)};
        json_t *kept = grant_registration_answer(&build, &answer, &err);
        if (err.code != ANSWERS[i].code) {
            fail_msg("%s: %s", ANSWERS[i].name, err_code_name(err.code));
        }
        assert_int_equal(kept != NULL, ANSWERS[i].code == ERR_none);
        if (kept) {
            grant_client_t client;
            assert_true(grant_client_read(kept, &definition, arena, &client));
            assert_string_equal(client.id.p, "i");
            assert_int_equal(client.auth, ANSWERS[i].auth);
            assert_true(client.ends_at_ms == ANSWERS[i].ends_at_ms);
        }
        json_decref(kept);
        arena_free(arena);
    }
}

static void a_client_by_a_key_is_not_registered(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    upstream_request_t request;
    const grant_definition_t definition = {.client_auth = CLIENT_AUTH_PRIVATE_KEY_JWT};
    grant_build_t build = build_of(arena, &definition);
    const grant_self_t self = {.name = STR("Tenon"), .redirect_uri = STR("https://t/cb")};
    assert_false(grant_registration_request(&build, &self, &request, &err));
    assert_int_equal(err.code, ERR_not_supported);
    arena_free(arena);
}

static void a_document_says_who_it_is(void **state)
{
    (void)state;
    const grant_definition_t plain = {.client_auth = CLIENT_AUTH_NONE};
    const grant_definition_t renewed = {.client_auth = CLIENT_AUTH_NONE, .refresh = &plain};
    const grant_self_t self = {.name = STR("Tenon (t)"), .redirect_uri = STR("https://t/cb")};
    json_t *once = grant_client_document(&self, &plain);
    json_t *again = grant_client_document(&self, &renewed);
    assert_string_equal(json_member(once, "client_name").p, "Tenon (t)");
    assert_int_equal(json_array_size(json_object_get(once, "grant_types")), 1);
    assert_int_equal(json_array_size(json_object_get(again, "grant_types")), 2);
    json_decref(once);
    json_decref(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_make_clients),
        cmocka_unit_test(a_client_by_a_key_is_not_registered),
        cmocka_unit_test(a_document_says_who_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
