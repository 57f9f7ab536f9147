/* SPDX-License-Identifier: MIT */
/* Answers of token endpoints: the rows of hostile cases U01 to U49 that a pure reader decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"
#include "grant/read.h"

static const int64_t NOW_MS = 1795300000000;

typedef struct row {
    const char *name;
    int status;
    const char *type, *body;
    err_code_t code; /* ERR_none: a token */
    failure_class_t failure;
    int64_t lifetime_ms;
} row_t;

#define J "application/json"
#define TOKEN "{\"access_token\":\"t\",\"token_type\":\"Bearer\""

static const row_t ROWS[] = {
    {"U01 login page", 200, "text/html", "<html>", ERR_token_response_not_json, FAILURE_BACKOFF, 0},
    {"U01 JSON called HTML", 200, "text/html", TOKEN "}", ERR_token_response_not_json,
     FAILURE_BACKOFF, 0},
    {"U03 no token", 200, J, "{}", ERR_token_response_incomplete, FAILURE_BACKOFF, 0},
    {"U03 null", 200, J, "{\"access_token\":null}", ERR_token_response_incomplete, FAILURE_BACKOFF,
     0},
    {"U03 number", 200, J, "{\"access_token\":1}", ERR_token_response_incomplete, FAILURE_BACKOFF,
     0},
    {"U03 object", 200, J, "{\"access_token\":{}}", ERR_token_response_incomplete, FAILURE_BACKOFF,
     0},
    {"U03 empty", 200, J, "{\"access_token\":\"\"}", ERR_token_response_incomplete, FAILURE_BACKOFF,
     0},
    {"U05 403 empty", 403, NULL, "", ERR_credentials_rejected, FAILURE_REJECTED, 0},
    {"U06 invalid_client", 401, J, "{\"error\":\"invalid_client\"}", ERR_credentials_rejected,
     FAILURE_REJECTED, 0},
    {"U08 invalid_grant", 400, J, "{\"error\":\"invalid_grant\"}", ERR_credentials_rejected,
     FAILURE_REJECTED, 0},
    {"U09 too_many_attempts", 403, J, "{\"error\":\"too_many_attempts\"}", ERR_account_locked,
     FAILURE_LOCKED, 0},
    {"U09 too_many_attempts 429", 429, J, "{\"error\":\"too_many_attempts\"}", ERR_account_locked,
     FAILURE_LOCKED, 0},
    {"U10 500 access_denied", 500, J, "{\"error\":\"access_denied\"}",
     ERR_token_endpoint_unavailable, FAILURE_BACKOFF, 0},
    {"U11 502 HTML", 502, "text/html", "<html>", ERR_token_endpoint_unavailable, FAILURE_BACKOFF,
     0},
    {"429", 429, J, "{}", ERR_token_endpoint_throttled, FAILURE_BACKOFF, 0},
    {"U20 redirect", 302, NULL, "", ERR_token_endpoint_redirect, FAILURE_BACKOFF, 0},
    {"U21 text/plain", 200, "text/plain", TOKEN "}", ERR_none, 0, -1},
    {"U21 no type", 200, NULL, TOKEN "}", ERR_none, 0, -1},
    {"U23 BOM", 200, J, "\xEF\xBB\xBF" TOKEN "}", ERR_none, 0, -1},
    {"U24 trailing", 200, J, TOKEN "} x", ERR_token_response_malformed, FAILURE_BACKOFF, 0},
    {"U25 twice", 200, J, "{\"access_token\":\"a\",\"access_token\":\"b\"}",
     ERR_token_response_ambiguous, FAILURE_BACKOFF, 0},
    {"U26 injection", 200, J, "{\"access_token\":\"t\\r\\nX-Injected: yes\"}",
     ERR_token_bad_charset, FAILURE_BACKOFF, 0},
    {"U29 no type", 200, J, "{\"access_token\":\"t\"}", ERR_none, 0, -1},
    {"U30 bearer", 200, J, "{\"access_token\":\"t\",\"token_type\":\"BEARER\"}", ERR_none, 0, -1},
    {"U31 mac", 200, J, "{\"access_token\":\"t\",\"token_type\":\"mac\"}",
     ERR_token_type_unsupported, FAILURE_REJECTED, 0},
    {"U33 zero", 200, J, TOKEN ",\"expires_in\":0}", ERR_none, 0, 0},
    {"U33 negative", 200, J, TOKEN ",\"expires_in\":-1}", ERR_none, 0, 0},
    {"U34 number", 200, J, TOKEN ",\"expires_in\":1800}", ERR_none, 0, 1800000},
    {"U34 text", 200, J, TOKEN ",\"expires_in\":\"1800\"}", ERR_none, 0, 1800000},
    {"U34 blanks", 200, J, TOKEN ",\"expires_in\":\" 1800 \"}", ERR_none, 0, 1800000},
    {"U34 fraction", 200, J, TOKEN ",\"expires_in\":1800.9}", ERR_none, 0, 1800000},
    {"U34 exponent", 200, J, TOKEN ",\"expires_in\":1.8e3}", ERR_none, 0, 1800000},
    {"U35 huge", 200, J, TOKEN ",\"expires_in\":99999999999999999999}", ERR_none, 0, 86400000},
    {"U36 beyond double", 200, J, TOKEN ",\"expires_in\":1e400}", ERR_token_response_malformed,
     FAILURE_BACKOFF, 0},
    {"no number", 200, J, TOKEN ",\"expires_in\":\"soon\"}", ERR_none, 0, -1},
    {"expires_in_ms", 200, J, TOKEN ",\"expires_in_ms\":90000}", ERR_none, 0, 90000},
    {"expires_at s", 200, J, TOKEN ",\"expires_at\":1795300060}", ERR_none, 0, 60000},
    {"expires_at ms", 200, J, TOKEN ",\"expires_at\":1795300060000}", ERR_none, 0, 60000},
    {"expires_at date", 200, J, TOKEN ",\"expires_at\":\"2026-11-21T22:27:40+00:00\"}", ERR_none, 0,
     60000},
    {"expires_at Z", 200, J, TOKEN ",\"expires_at\":\"2026-11-21T22:27:40Z\"}", ERR_none, 0, 60000},
    {"expires_at, a fraction", 200, J, TOKEN ",\"expires_at\":\"2026-11-21T22:27:40.123456Z\"}",
     ERR_none, 0, 60000},
    {"expires_at, no zone", 200, J, TOKEN ",\"expires_at\":\"2026-11-21T22:27:40\"}", ERR_none, 0,
     60000},
    {"expires_at, +0200", 200, J, TOKEN ",\"expires_at\":\"2026-11-22T00:27:40+0200\"}", ERR_none,
     0, 60000},
    {"expires_at, +02:30", 200, J, TOKEN ",\"expires_at\":\"2026-11-22T00:57:40+02:30\"}", ERR_none,
     0, 60000},
    {"expires_at, -05", 200, J, TOKEN ",\"expires_at\":\"2026-11-21T17:27:40-05\"}", ERR_none, 0,
     60000},
    {"expires_at in the past", 200, J, TOKEN ",\"expires_at\":\"2020-01-01T00:00:00Z\"}", ERR_none,
     0, 0},
    {"expires_at, no date", 200, J, TOKEN ",\"expires_at\":\"some time tomorrow, perhaps\"}",
     ERR_none, 0, -1},
};

static bool read_row_as(auth_type_t type, const row_t *row, grant_answer_t *out,
                        failure_class_t *failure, err_t *err)
{
    static const connector_t CONNECTOR;
    grant_definition_t definition = {.type = type};
    value_scope_t scope;
    value_scope_init(&scope, &CONNECTOR, NULL, NOW_MS);
    message_header_t header = {STR("Content-Type"), str_of(row->type)};
    upstream_answer_t answer = {row->status, &header, row->type ? 1 : 0, str_of(row->body)};
    return read_token_answer(&definition, &scope, &answer, out, failure, err);
}

static bool read_row(const row_t *row, grant_answer_t *out, failure_class_t *failure, err_t *err)
{
    return read_row_as(AUTH_CLIENT_CREDENTIALS, row, out, failure, err);
}

static void reads_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const row_t *row = &ROWS[i];
        grant_answer_t out;
        failure_class_t failure;
        err_t err = ERR_INIT;
        bool ok = read_row(row, &out, &failure, &err);
        if (err.code != row->code || ok != (row->code == ERR_none)) {
            fail_msg("%s: %s (%s)", row->name, err_code_name(err.code), err.text);
        }
        if (ok) {
            assert_string_equal(json_member(out.members, "access_token").p, "t");
            if (out.lifetime_ms != row->lifetime_ms) {
                fail_msg("%s: lifetime %lld", row->name, (long long)out.lifetime_ms);
            }
            assert_null(out.refresh_token); /* RFC 6749 4.4.3 */
        } else {
            assert_int_equal(failure, row->failure);
            assert_int_equal(err.upstream_status, row->status);
        }
        grant_answer_fini(&out);
    }
}

/* --- what is exchanged (RFC 8693 2.2.1) --- */

#define EXCHANGED "{\"access_token\":\"t\",\"issued_token_type\":\"urn:x\",\"token_type\":"

static const row_t EXCHANGES[] = {
    {"an access token", 200, J, EXCHANGED "\"Bearer\"}", ERR_none, 0, -1},
    {"another token", 200, J, EXCHANGED "\"N_A\"}", ERR_none, 0, -1},
    {"of a kind that nobody knows", 200, J, EXCHANGED "\"mac\"}", ERR_token_type_unsupported,
     FAILURE_REJECTED, 0},
    {"of a kind that is not told", 200, J, TOKEN "}", ERR_token_response_incomplete,
     FAILURE_BACKOFF, 0},
};

static void reads_exchanges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof EXCHANGES / sizeof *EXCHANGES; i++) {
        grant_answer_t out;
        failure_class_t failure;
        err_t err = ERR_INIT;
        bool ok = read_row_as(AUTH_TOKEN_EXCHANGE, &EXCHANGES[i], &out, &failure, &err);
        if (err.code != EXCHANGES[i].code || (!ok && failure != EXCHANGES[i].failure)) {
            fail_msg("%s: %s (%s)", EXCHANGES[i].name, err_code_name(err.code), err.text);
        }
        grant_answer_fini(&out);
    }
    grant_answer_t out;
    failure_class_t failure;
    err_t err = ERR_INIT;
    assert_false(
        read_row_as(AUTH_CLIENT_CREDENTIALS, &EXCHANGES[1], &out, &failure, &err)); /* N_A */
    assert_int_equal(err.code, ERR_token_type_unsupported);
    grant_answer_fini(&out);
}

/* --- refreshes --- */

static const row_t REFRESHES[] = {
    {"spent", 400, J, "{\"error\":\"invalid_grant\"}", ERR_reauthorise, FAILURE_SIGN_IN, 0},
    {"spent, by 401", 401, J, "{\"error\":\"invalid_grant\"}", ERR_reauthorise, FAILURE_SIGN_IN, 0},
    {"U04 empty", 400, NULL, "", ERR_token_rejected_unknown, FAILURE_SIGN_IN, 0},
    {"U04 no error", 400, J, "{}", ERR_token_rejected_unknown, FAILURE_SIGN_IN, 0},
    {"a person is needed", 400, J, "{\"error\":\"interaction_required\"}", ERR_reauthorise,
     FAILURE_SIGN_IN, 0},
    {"not for this client", 400, J, "{\"error\":\"unauthorized_client\"}", ERR_credentials_rejected,
     FAILURE_SIGN_IN, 0},
    {"not at this server", 400, J, "{\"error\":\"unsupported_grant_type\"}",
     ERR_credentials_rejected, FAILURE_SIGN_IN, 0},
    {"U06 the client's fault", 401, J, "{\"error\":\"invalid_client\"}", ERR_credentials_rejected,
     FAILURE_REJECTED, 0},
    {"the definition's fault", 400, J, "{\"error\":\"invalid_scope\"}", ERR_credentials_rejected,
     FAILURE_REJECTED, 0},
    {"403 empty", 403, NULL, "", ERR_credentials_rejected, FAILURE_REJECTED, 0},
    {"locked", 403, J, "{\"error\":\"too_many_attempts\"}", ERR_account_locked, FAILURE_LOCKED, 0},
    {"busy, said by 400", 400, J, "{\"error\":\"temporarily_unavailable\"}",
     ERR_token_endpoint_unavailable, FAILURE_BACKOFF, 0},
    {"U11 down", 503, J, "{\"error\":\"invalid_grant\"}", ERR_token_endpoint_unavailable,
     FAILURE_BACKOFF, 0},
};

static bool read_refresh(const row_t *row, grant_answer_t *out, failure_class_t *failure,
                         err_t *err)
{
    static const connector_t CONNECTOR;
    grant_definition_t definition = {.type = AUTH_PASSWORD, .is_refresh = true};
    value_scope_t scope;
    value_scope_init(&scope, &CONNECTOR, NULL, NOW_MS);
    message_header_t header = {STR("Content-Type"), str_of(row->type)};
    upstream_answer_t answer = {row->status, &header, row->type ? 1 : 0, str_of(row->body)};
    return read_token_answer(&definition, &scope, &answer, out, failure, err);
}

static void tells_whose_fault_a_refresh_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFRESHES / sizeof *REFRESHES; i++) {
        const row_t *row = &REFRESHES[i];
        grant_answer_t out;
        failure_class_t failure;
        err_t err = ERR_INIT;
        assert_false(read_refresh(row, &out, &failure, &err));
        if (err.code != row->code || failure != row->failure) {
            fail_msg("%s: %s, class %d", row->name, err_code_name(err.code), (int)failure);
        }
        assert_null(out.refresh_token);
        grant_answer_fini(&out);
    }
}

/* What the answer is worth beside does not matter: the new refresh token is there. */
static void finds_the_new_refresh_token(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        err_code_t code;
        const char *refresh; /* NULL: none */
    } FOUND[] = {
        {TOKEN ",\"refresh_token\":\"r\"}", ERR_none, "r"},
        {TOKEN "}", ERR_none, NULL},
        {TOKEN ",\"refresh_token\":\"\"}", ERR_none, NULL},
        {TOKEN ",\"refresh_token\":7}", ERR_none, NULL},
        {"{\"access_token\":\"a b\",\"refresh_token\":\"r\"}", ERR_token_bad_charset, "r"},
        {"{\"refresh_token\":\"r\"}", ERR_token_response_incomplete, "r"},
        {"{\"access_token\":\"t\",\"token_type\":\"mac\",\"refresh_token\":\"r\"}",
         ERR_token_type_unsupported, "r"},
        /* U36, U25: not JSON as a whole */
        {TOKEN ",\"expires_in\":1e400,\"refresh_token\" : \"r\\u00e9\\\"\"}",
         ERR_token_response_malformed, "r\xC3\xA9\""},
        {"{\"access_token\":\"a\",\"access_token\":\"b\",\"refresh_token\":\"r\"}",
         ERR_token_response_ambiguous, "r"},
        {"{\"refresh_token\":\"r\",\"refresh_token\":\"s\"}", ERR_token_response_ambiguous, NULL},
        {"{\"x\":1e400,\"refresh_token\":\"open", ERR_token_response_malformed, NULL},
        {"{\"x\":1e400,\"refresh_token\":\"\\x\"}", ERR_token_response_malformed, NULL},
        {"{\"x\":1e400,\"y\":\"refresh_token\"}", ERR_token_response_malformed, NULL},
    };
    for (size_t i = 0; i < sizeof FOUND / sizeof *FOUND; i++) {
        row_t row = {"", 200, J, FOUND[i].body, ERR_none, 0, 0};
        grant_answer_t out;
        failure_class_t failure;
        err_t err = ERR_INIT;
        bool ok = read_refresh(&row, &out, &failure, &err);
        if (err.code != FOUND[i].code || ok != (err.code == ERR_none)) {
            fail_msg("%s: %s", FOUND[i].body, err_code_name(err.code));
        }
        const char *found = json_string_value(out.refresh_token);
        if (!found != !FOUND[i].refresh || (found && strcmp(found, FOUND[i].refresh) != 0)) {
            fail_msg("%s: %s", FOUND[i].body, found ? found : "none");
        }
        grant_answer_fini(&out);
    }
}

/* U48, U49: the service's words are cleaned, cut, and hold nothing that was sent as a secret. */
static void cleans_the_services_words(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    static const connector_t CONNECTOR;
    grant_definition_t definition = {.type = AUTH_PASSWORD};
    definition.slots[SLOT_PASSWORD] =
        template_parse_in(arena, STR("${input.password}"), 1, 1, &err);
    json_t *input = json_pack("{s:s}", "password", "hunter2-canary");
    value_scope_t scope;
    value_scope_init(&scope, &CONNECTOR, NULL, NOW_MS);
    scope.input = input;
    upstream_answer_t answer = {400, NULL, 0,
                                STR("{\"error\":\"invalid_grant\",\"error_description\":\"<script>"
                                    "\\u001b[31m\\r\\nfor hunter2-canary\"}")};
    grant_answer_t out;
    failure_class_t failure;
    assert_false(read_token_answer(&definition, &scope, &answer, &out, &failure, &err));
    assert_string_equal(err.upstream_error, "invalid_grant");
    assert_null(strstr(err.upstream_description, "hunter2"));
    assert_null(strchr(err.upstream_description, '\x1b'));
    assert_null(strchr(err.upstream_description, '\n'));
    json_decref(input);
    arena_free(arena);
}

/* However the service tells it back: as it was, as it went out, broken up by what is cleaned away;
 * and secrets that only blacken to themselves end, too. */
static void blackens_what_is_told_back(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *echo, *told;
    } ECHOES[] = {
        {"s3cret!", "got s3cret! twice s3cret!", "got ******* twice *******"},
        {"p&=+ \u00e9x", "p%26%3D%2B+%C3%A9x and p%26%3D%2B%20%C3%A9x", NULL},
        {"a\\\"bcd", "a\\\\\\\"bcd", NULL},
        {"canary", "c\\u0007an\\u0000ary", "******"},
        {"line\\none", "line\\none", NULL},
        {"*****", "*****", "*****"},
        {"abc", "abc", "abc"},
        /* A signed JWT is told by nobody. */
        {"abcd", "bad eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJjIn0.c2ln-_g, eyJh.eyJp and eyJ",
         "bad ********************************************, eyJh.eyJp and eyJ"},
    };
    static action_t ACTION;
    static const field_t FIELDS[] = {{.name = STR_INIT("pin"), .secret = true},
                                     {.name = STR_INIT("user")}};
    grant_definition_t definition = {.type = AUTH_PASSWORD};
    ACTION.grant = &definition;
    ACTION.input = (fields_t){.list = FIELDS, .count = 2};
    const connector_t connector = {.actions = &ACTION, .action_count = 1};
    for (size_t i = 0; i < sizeof ECHOES / sizeof *ECHOES; i++) {
        char text[512];
        err_t err = ERR_INIT;
        snprintf(text, sizeof text, "{\"pin\":\"%s\",\"user\":\"got\"}", ECHOES[i].secret);
        json_t *input = json_read(str_of(text), NULL, &err);
        assert_non_null(input);
        value_scope_t scope;
        value_scope_init(&scope, &connector, NULL, NOW_MS);
        scope.input = input;
        snprintf(text, sizeof text, "{\"error\":\"e\",\"error_description\":\"%s\"}",
                 ECHOES[i].echo);
        upstream_answer_t answer = {400, NULL, 0, str_of(text)};
        grant_answer_t out;
        failure_class_t failure;
        assert_false(read_token_answer(&definition, &scope, &answer, &out, &failure, &err));
        if (ECHOES[i].told) {
            assert_string_equal(err.upstream_description, ECHOES[i].told);
        } else {
            assert_int_equal(strspn(err.upstream_description, "* and"),
                             strlen(err.upstream_description));
        }
        json_decref(input);
    }
}

/* Beyond all that can be wished for (U28). */
static void bounds_the_token(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_t body;
        buf_init(&body, TOKEN_BYTES_MAX + 1000);
        buf_lit(&body, "{\"access_token\":\"");
        for (size_t i = 0; i < TOKEN_BYTES_MAX + extra; i++) {
            buf_char(&body, 'x');
        }
        buf_lit(&body, "\"}");
        row_t row = {"long", 200, J, buf_c(&body), ERR_none, 0, 0};
        grant_answer_t out;
        failure_class_t failure;
        err_t err = ERR_INIT;
        assert_int_equal(read_row(&row, &out, &failure, &err), extra == 0);
        assert_int_equal(err.code, extra ? ERR_token_too_long : ERR_none);
        grant_answer_fini(&out);
        buf_fini(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_answers),
        cmocka_unit_test(reads_exchanges),
        cmocka_unit_test(tells_whose_fault_a_refresh_was),
        cmocka_unit_test(finds_the_new_refresh_token),
        cmocka_unit_test(cleans_the_services_words),
        cmocka_unit_test(blackens_what_is_told_back),
        cmocka_unit_test(bounds_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
