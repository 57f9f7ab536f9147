/* SPDX-License-Identifier: MIT */
/* RFC 7009: what is sent to give a token back, and what the answer means. */
#include "grant/made.h"

#define AT "      type: client_credentials\n      token_url: /token\n      revoke_url: /revoke\n"
#define CLIENT "\"client_id\":\"c\",\"client_secret\":\"s\""
#define TOKEN "token=T+%26&token_type_hint=refresh_token"

static const struct {
    const char *auth, *text;
} REQUESTS[] = {
    {AT, "https://h.example/base/revoke " TOKEN "&client_id=c&client_secret=s"},
    {AT "      client_auth: basic\n",
     "https://h.example/base/revoke Authorization: Basic Yzpz " TOKEN},
    {AT "      client_auth: none\n", "https://h.example/base/revoke " TOKEN "&client_id=c"},
    {AT "      format: json\n      scopes: [a]\n      params: {audience: x}\n",
     "https://h.example/base/revoke " TOKEN "&client_id=c&client_secret=s"},
};

static void requests_are_as_prescribed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(REQUESTS); i++) {
        made_t m;
        upstream_request_t request;
        buf_t seen;
        buf_init(&seen, 1 << 16);
        fill(&m, REQUESTS[i].auth, CLIENT,
             "\"token\":\"T &\",\"token_type_hint\":\"refresh_token\"");
        assert_true(grant_revocation_request(&m.build, &request, &m.err));
        describe(&request, &seen);
        assert_string_equal(buf_c(&seen), REQUESTS[i].text);
        buf_fini(&seen);
        unmake(&m);
    }
}

static const struct {
    int status;
    const char *body;
    revocation_answer_t means;
    const char *error;
} ANSWERS[] = {
    {200, "", REVOCATION_DONE, ""},
    {204, "", REVOCATION_DONE, ""},
    {200, "{\"error\":\"x\"}", REVOCATION_DONE, ""},
    {400, "{\"error\":\"unsupported_token_type\"}", REVOCATION_UNSUPPORTED,
     "unsupported_token_type"},
    {400, "{\"error\":\"invalid_request\"}", REVOCATION_REFUSED, "invalid_request"},
    {401, "{\"error\":\"invalid_client\"}", REVOCATION_REFUSED, "invalid_client"},
    {403, "", REVOCATION_REFUSED, ""},
    {302, "", REVOCATION_REFUSED, ""},
    {404, "<html>", REVOCATION_REFUSED, ""},
    {429, "", REVOCATION_LATER, ""},
    {500, "", REVOCATION_LATER, ""},
    {503, "{\"error\":\"temporarily_unavailable\"}", REVOCATION_LATER, "temporarily_unavailable"},
};

static void answers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ANSWERS); i++) {
        char error[64];
        const upstream_answer_t answer = {.status = ANSWERS[i].status,
                                          .body = str_of(ANSWERS[i].body)};
        assert_int_equal(grant_revocation_answer(&answer, error, sizeof error), ANSWERS[i].means);
        assert_string_equal(error, ANSWERS[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_prescribed),
        cmocka_unit_test(answers_are_read),
    };
    return cmocka_run_group_tests_name("revocation", tests, NULL, NULL);
}
