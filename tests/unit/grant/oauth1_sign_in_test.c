/* SPDX-License-Identifier: MIT */
/* The three steps of OAuth 1.0a (RFC 5849 2): what goes ahead of a browser, where that is led, and
 * what the token answer is read as. Signatures are compared with a library's in
 * tests/peers/oauth1.test.mjs. */
#include "made.h"

static const char AUTH[] = "      type: oauth1\n      request_url: /request\n"
                           "      authorize_url: https://h.example/authorize?lang=en\n"
                           "      token_url: /token\n      consumer_key: k\n"
                           "      consumer_secret: ''\n      authorize_params: {force: 'true'}\n";

static const struct {
    int status;
    const char *body;
    err_code_t code;
    const char *url;
} TEMPORARY[] = {
    {200, "oauth_token=t+1&oauth_token_secret=s%26&oauth_callback_confirmed=true", ERR_none,
     "https://h.example/authorize?lang=en&oauth_token=t%201&force=true"},
    {201, "oauth_token=t&oauth_token_secret=&oauth_callback_confirmed=true\n", ERR_none,
     "https://h.example/authorize?lang=en&oauth_token=t&force=true"},
    {200, "oauth_token=t&oauth_token_secret=s", ERR_token_response_incomplete, NULL},
    {200, "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=false",
     ERR_token_response_incomplete, NULL},
    {200, "oauth_callback_confirmed=true", ERR_token_response_incomplete, NULL},
    {200, "%", ERR_token_response_incomplete, NULL},
    {401, "oauth_problem=consumer_key_unknown", ERR_credentials_rejected, NULL},
    {400, "oauth_problem=parameter_rejected", ERR_authorization_incomplete, NULL},
    {503, "", ERR_token_endpoint_unavailable, NULL},
};

static void temporary_credentials_lead_to_the_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TEMPORARY / sizeof *TEMPORARY; i++) {
        made_t m;
        buf_t url;
        json_t *kept = json_object();
        const upstream_answer_t answer = {.status = TEMPORARY[i].status,
                                          .body = str_of(TEMPORARY[i].body)};
        buf_init(&url, 4096);
        fill(&m, AUTH, "", "\"redirect_uri\":\"https://t/cb?state=S\"");
        assert_true(grant_asks_ahead(&m.build));
        assert_true(grant_ahead_request(&m.build, &m.request, &m.err));
        assert_string_equal(m.request.url.p, "https://h.example/base/request");
        bool ok = grant_ahead_url(&m.build, &answer, kept, &url, &m.err);
        if (m.err.code != TEMPORARY[i].code) {
            fail_msg("%zu: %s", i, err_code_name(m.err.code));
        }
        assert_int_equal(ok, TEMPORARY[i].url != NULL);
        if (ok) {
            assert_string_equal(buf_c(&url), TEMPORARY[i].url);
            assert_non_null(json_object_get(kept, "oauth_token_secret"));
        }
        json_decref(kept);
        buf_fini(&url);
        unmake(&m);
    }
}

static void what_is_asked_with_stands_in_the_header(void **state)
{
    (void)state;
    made_t m;
    fill(&m, AUTH, "",
         "\"oauth_token\":\"t\",\"oauth_token_secret\":\"s\",\"oauth_verifier\":\"v/1\"");
    assert_true(grant_build_request(&m.build, &m.request, &m.err));
    str_t header = message_header_get(m.request.headers, m.request.header_count, "authorization");
    assert_true(str_find(header, STR("oauth_token=\"t\""), 0) != SIZE_MAX);
    assert_true(str_find(header, STR("oauth_verifier=\"v%2F1\""), 0) != SIZE_MAX);
    assert_true(str_find(header, STR("oauth_callback"), 0) == SIZE_MAX);
    assert_int_equal(m.request.body.n, 0);
    unmake(&m);
}

static void the_secret_is_for_signing_alone(void **state)
{
    (void)state;
    made_t m;
    const upstream_answer_t answer = {
        .status = 200, .body = STR("oauth_token=t&oauth_token_secret=CANARY&user_id=7")};
    fill(&m, AUTH, "", "");
    json_t *members = grant_type_of(m.build.definition)->read_body(&answer);
    assert_string_equal(json_member(members, "access_token").p, "t");
    assert_string_equal(json_member(members, "user_id").p, "7");
    assert_null(json_object_get(members, "oauth_token_secret"));
    const json_t *signing = json_object_get(members, GRANT_SIGNING);
    assert_string_equal(json_member(signing, "token_secret").p, "CANARY");
    json_decref(members);
    unmake(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temporary_credentials_lead_to_the_page),
        cmocka_unit_test(what_is_asked_with_stands_in_the_header),
        cmocka_unit_test(the_secret_is_for_signing_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
