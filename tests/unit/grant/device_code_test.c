/* SPDX-License-Identifier: MIT */
/* RFC 8628: the request for a code, its answer, and the request for the tokens. */
#include "grant/made.h"
#include "grant/read.h"

#define AUTH "      type: device_code\n      token_url: /token\n"
#define AT AUTH "      device_url: /device\n"
#define CLIENT "\"client_id\":\"c &\",\"client_secret\":\"s\""
#define PUBLIC "\"client_id\":\"c &\""
#define URL "https://h.example/base/device"

typedef struct row {
    const char *name, *auth, *values;
    err_code_t code; /* ERR_none: the rest is prescribed */
    const char *text;
} row_t;

static const row_t REQUESTS[] = {
    {"a public client (RFC 8628 3.1)", AT "      scopes: [a, b]\n", PUBLIC, ERR_none,
     URL " scope=a+b&client_id=c+%26"},
    {"one with a secret", AT, CLIENT, ERR_none, URL " client_id=c+%26&client_secret=s"},
    {"by Basic", AT "      client_auth: basic\n", "\"client_id\":\"c\",\"client_secret\":\"s\"",
     ERR_none, URL " Authorization: Basic Yzpz "},
    {"without its secret", AT "      client_auth: none\n", CLIENT, ERR_none,
     URL " client_id=c+%26"},
    {"more, and a resource (RFC 8707)",
     AT
     "      params: {audience: x, t: '${connection.tenant}'}\n      resource: https://r.example\n",
     PUBLIC, ERR_none, URL " resource=https%3A%2F%2Fr.example&client_id=c+%26&audience=x"},
    {"a form, whatever the token endpoint takes", AT "      format: json\n", PUBLIC, ERR_none,
     URL " client_id=c+%26"},
    {"its headers", AT "      headers: {X-Tenant: '${connection.tenant}'}\n",
     PUBLIC ",\"tenant\":\"t\"", ERR_none, URL " X-Tenant: t client_id=c+%26"},
    {"no client", AT, "\"tenant\":\"t\"", ERR_parameter_missing, NULL},
    {"discovered", AUTH "      issuer: https://h.example\n", PUBLIC, ERR_not_supported, NULL},
};

static const row_t POLLS[] = {
    {"a public client (RFC 8628 3.4)", AT "      scopes: [a]\n", PUBLIC, ERR_none,
     "https://h.example/base/token "
     "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=D+%26&client_"
     "id=c+%26"},
    {"as JSON", AT "      format: json\n", CLIENT, ERR_none,
     "https://h.example/base/token "
     "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:device_code\",\"device_code\":\"D &\","
     "\"client_id\":\"c &\",\"client_secret\":\"s\"}"},
};

typedef bool build_t(grant_build_t *build, upstream_request_t *out, err_t *err);

static void check_all(const row_t *rows, size_t count, build_t *build, const char *occasion)
{
    for (size_t i = 0; i < count; i++) {
        made_t m;
        upstream_request_t request;
        buf_t seen;
        buf_init(&seen, 1 << 16);
        fill(&m, rows[i].auth, rows[i].values, occasion);
        bool ok = build(&m.build, &request, &m.err);
        if (m.err.code != rows[i].code || ok != (rows[i].code == ERR_none)) {
            fail_msg("%s: %s (%s)", rows[i].name, err_code_name(m.err.code), m.err.text);
        }
        if (ok) {
            describe(&request, &seen);
            assert_string_equal(buf_c(&seen), rows[i].text);
        }
        buf_fini(&seen);
        unmake(&m);
    }
}

static void requests_are_as_prescribed(void **state)
{
    (void)state;
    check_all(REQUESTS, COUNT(REQUESTS), grant_device_request, "");
}

static void polls_are_as_prescribed(void **state)
{
    (void)state;
    check_all(POLLS, COUNT(POLLS), grant_build_request, "\"device_code\":\"D &\"");
}

/* --- answers --- */

#define CODES                                                                                      \
    "\"device_code\":\"D\",\"user_code\":\"U-1\",\"verification_uri\":\"https://h.example/go\""

typedef struct answer_row {
    const char *name;
    int status;
    const char *body;
    err_code_t code;
    int64_t interval_ms, life_ms;
} answer_row_t;

static const answer_row_t ANSWERS[] = {
    {"all of it", 200, "{" CODES ",\"interval\":7,\"expires_in\":900}", ERR_none, 7000, 900000},
    {"D03 no interval", 200, "{" CODES ",\"expires_in\":900}", ERR_none, 5000, 900000},
    {"D03 none at all", 200, "{" CODES ",\"interval\":null}", ERR_none, 5000, 600000},
    {"D03 0", 200, "{" CODES ",\"interval\":0}", ERR_none, 1000, 600000},
    {"D03 less", 200, "{" CODES ",\"interval\":-3}", ERR_none, 1000, 600000},
    {"D03 a text", 200, "{" CODES ",\"interval\":\"5\"}", ERR_none, 5000, 600000},
    {"D03 a text of another", 200, "{" CODES ",\"interval\":\"9\"}", ERR_none, 9000, 600000},
    {"D03 no number", 200, "{" CODES ",\"interval\":\"soon\"}", ERR_none, 5000, 600000},
    {"D03 very much", 200, "{" CODES ",\"interval\":1e9}", ERR_none, 60000, 600000},
    {"D03 more than any", 200, "{" CODES ",\"interval\":1e300}", ERR_none, 60000, 600000},
    {"a fraction", 200, "{" CODES ",\"interval\":1.5}", ERR_none, 1500, 600000},
    {"a life of nothing", 200, "{" CODES ",\"expires_in\":0}", ERR_none, 5000, 1000},
    {"a life without end", 200, "{" CODES ",\"expires_in\":1e99}", ERR_none, 5000, 3600000},
    {"no code", 200, "{\"user_code\":\"U\",\"verification_uri\":\"https://h.example\"}",
     ERR_token_response_incomplete, 0, 0},
    {"a code that no terminal shows", 200,
     "{\"device_code\":\"D\",\"user_code\":\"U\\u001b[2J\",\"verification_uri\":\"https://"
     "h.example\"}",
     ERR_token_response_incomplete, 0, 0},
    {"a page that is none", 200,
     "{\"device_code\":\"D\",\"user_code\":\"U\",\"verification_uri\":\"javascript:alert(1)\"}",
     ERR_token_response_incomplete, 0, 0},
    {"no JSON", 200, "<html>", ERR_token_response_incomplete, 0, 0},
    {"a wrong client", 401, "{\"error\":\"invalid_client\"}", ERR_credentials_rejected, 0, 0},
    {"refused with 200", 200, "{\"error\":\"unauthorized_client\"}", ERR_credentials_rejected, 0,
     0},
    {"without a word", 403, "", ERR_credentials_rejected, 0, 0},
    {"too often", 429, "{}", ERR_token_endpoint_throttled, 0, 0},
    {"down", 503, "", ERR_token_endpoint_unavailable, 0, 0},
};

static bool read_answer(made_t *m, int status, const char *body, grant_device_codes_t *codes)
{
    const upstream_answer_t answer = {.status = status, .body = str_of(body)};
    return grant_device_answer(m->build.definition, &m->scope, &answer, m->arena, codes, &m->err);
}

static void answers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ANSWERS); i++) {
        const answer_row_t *row = &ANSWERS[i];
        made_t m;
        grant_device_codes_t codes;
        fill(&m, AT, CLIENT, "");
        bool ok = read_answer(&m, row->status, row->body, &codes);
        if (m.err.code != row->code || ok != (row->code == ERR_none) ||
            (ok && (codes.interval_ms != row->interval_ms || codes.life_ms != row->life_ms))) {
            fail_msg("%s: %s (%s)", row->name, err_code_name(m.err.code), m.err.text);
        }
        unmake(&m);
    }
}

static void pages_are_those_of_the_answer(void **state)
{
    (void)state;
    made_t m;
    grant_device_codes_t codes;
    fill(&m, AT, CLIENT, "");
    assert_true(read_answer(
        &m, 200, "{" CODES ",\"verification_uri_complete\":\"https://h.example/go?c=U-1\"}",
        &codes));
    assert_true(str_is(codes.device_code, "D") && str_is(codes.user_code, "U-1"));
    assert_true(str_is(codes.uri, "https://h.example/go"));
    assert_true(str_is(codes.uri_complete, "https://h.example/go?c=U-1"));
    assert_true(read_answer(
        &m, 200, "{" CODES ",\"verification_uri_complete\":\"data:text/html,x\"}", &codes));
    assert_null(codes.uri_complete.p);
    assert_true(read_answer(&m, 200,
                            "{\"device_code\":\"D\",\"user_code\":\"U\",\"verification_url\":"
                            "\"https://h.example/old\"}",
                            &codes));
    assert_true(str_is(codes.uri, "https://h.example/old"));
    unmake(&m);
}

/* --- what a poll is answered (RFC 8628 3.5) --- */

typedef struct poll_row {
    const char *name;
    int status;
    const char *body;
    failure_class_t failure;
    err_code_t code;
    bool refuses;
} poll_row_t;

static const poll_row_t POLLED[] = {
    {"pending", 400, "{\"error\":\"authorization_pending\"}", FAILURE_PENDING,
     ERR_authorization_incomplete, true},
    {"pending with 200", 200, "{\"error\":\"authorization_pending\"}", FAILURE_PENDING,
     ERR_authorization_incomplete, true},
    {"too fast", 400, "{\"error\":\"slow_down\"}", FAILURE_PENDING, ERR_authorization_incomplete,
     true},
    {"too fast with 429", 429, "{\"error\":\"slow_down\"}", FAILURE_PENDING,
     ERR_authorization_incomplete, true},
    {"denied", 403, "{\"error\":\"access_denied\"}", FAILURE_REJECTED, ERR_authorization_incomplete,
     true},
    {"over", 400, "{\"error\":\"expired_token\"}", FAILURE_REJECTED, ERR_authorization_incomplete,
     true},
    {"a wrong client", 401, "{\"error\":\"invalid_client\"}", FAILURE_REJECTED,
     ERR_credentials_rejected, true},
    {"without a word", 400, "", FAILURE_REJECTED, ERR_credentials_rejected, true},
    {"down", 500, "{\"error\":\"authorization_pending\"}", FAILURE_BACKOFF,
     ERR_token_endpoint_unavailable, true},
    {"a page", 200, "<html>", FAILURE_BACKOFF, ERR_token_response_not_json, false},
};

static void polls_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(POLLED); i++) {
        const poll_row_t *row = &POLLED[i];
        const upstream_answer_t answer = {.status = row->status, .body = str_of(row->body)};
        made_t m;
        grant_answer_t read;
        failure_class_t failure;
        fill(&m, AT, CLIENT, "\"device_code\":\"D\"");
        bool ok = read_token_answer(m.build.definition, &m.scope, &answer, &read, &failure, &m.err);
        if (ok || failure != row->failure || m.err.code != row->code ||
            grant_answer_refuses(m.build.definition, &answer) != row->refuses) {
            fail_msg("%s: %d %s", row->name, (int)failure, err_code_name(m.err.code));
        }
        grant_answer_fini(&read);
        unmake(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_prescribed),
        cmocka_unit_test(polls_are_as_prescribed),
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(pages_are_those_of_the_answer),
        cmocka_unit_test(polls_are_read),
    };
    return cmocka_run_group_tests_name("device_code", tests, NULL, NULL);
}
