/* SPDX-License-Identifier: MIT */
/* Answers of token endpoints, to a sign-in, a refresh and a device code, and of the endpoints
 * beside them. The input is STATUS LF CONTENT-TYPE LF BODY. Whatever comes, a token is one that a
 * header carries and its life is bounded; a code is one that can be shown; a failure names no
 * secret, and a failing server is never taken for wrong credentials. */
#include "codec/json.h"
#include "fuzz.h"
#include "../unit/grant/read.h"

static const int64_t NOW_MS = INT64_C(1795300000000);
static const int64_t DAY_MS = INT64_C(86400000);
#define PASSWORD "canary-of-the-password"

typedef struct fixture {
    arena_t *arena;
    grant_definition_t definition, refresh, device;
    json_t *input;
} fixture_t;

static fixture_t fixture;
static const connector_t CONNECTOR;

static void set_up(void)
{
    err_t err = ERR_INIT;
    if (fixture.arena) {
        return;
    }
    fixture.arena = arena_new(0);
    fixture.definition = (grant_definition_t){.type = AUTH_PASSWORD};
    fixture.definition.slots[SLOT_PASSWORD] =
        template_parse_in(fixture.arena, STR("${input.password}"), 1, 1, &err);
    fixture.refresh = fixture.definition;
    fixture.refresh.is_refresh = true;
    fixture.definition.refresh = &fixture.refresh;
    fixture.device = fixture.definition;
    fixture.device.type = AUTH_DEVICE_CODE;
    fixture.input = json_pack("{s:s}", "password", PASSWORD);
}

static int status_of(str_t text)
{
    uint64_t status;
    return str_to_u64(text, &status) && status >= 100 && status <= 599 ? (int)status : 200;
}

static void check_token(const grant_answer_t *out)
{
    str_t token = json_member(out->members, "access_token");
    str_t type = json_member(out->members, "token_type");
    REQUIRE(token.n > 0 && token.n <= TOKEN_BYTES_MAX && fuzz_is_printable(token));
    REQUIRE(str_index(token, ' ') == SIZE_MAX);
    REQUIRE(type.n == 0 || str_eq_nocase(type, STR("bearer")));
    REQUIRE(out->lifetime_ms >= -1 && out->lifetime_ms <= DAY_MS);
    REQUIRE((out->refresh_token != NULL) == (json_member(out->members, "refresh_token").n > 0));
}

static bool is_token_fault(err_code_t code)
{
    return code >= ERR_token_endpoint_unavailable && code <= ERR_token_rejected_unknown;
}

static void check_failure(const err_t *err, failure_class_t failure, int status)
{
    bool refused = err->code == ERR_credentials_rejected || err->code == ERR_account_locked ||
                   err->code == ERR_token_type_unsupported || err->code == ERR_reauthorise ||
                   err->code == ERR_authorization_incomplete;
    REQUIRE(refused || is_token_fault(err->code) || err->code == ERR_token_endpoint_throttled ||
            err->code == ERR_token_endpoint_redirect);
    REQUIRE(status < 500 || failure == FAILURE_BACKOFF);
    /* What a wrong password is answered with is never repeated by a platform. */
    REQUIRE(failure != FAILURE_REJECTED || err_code_status(err->code) < 429);
    REQUIRE(err->retry_after_ms >= 0 && err->retry_after_ms <= DAY_MS);
    REQUIRE(err->upstream_status == status);
}

static void check_words(const char *words)
{
    str_t s = str_of(words);
    REQUIRE(str_is_utf8(s) && str_find(s, STR(PASSWORD), 0) == SIZE_MAX);
    for (size_t i = 0; i < s.n; i++) {
        REQUIRE((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7F);
    }
}

static void read_as(const grant_definition_t *definition, const upstream_answer_t *answer)
{
    value_scope_t scope;
    grant_answer_t out;
    failure_class_t failure;
    err_t err = ERR_INIT;
    value_scope_init(&scope, &CONNECTOR, NULL, NOW_MS);
    scope.input = fixture.input;
    bool ok = read_token_answer(definition, &scope, answer, &out, &failure, &err);
    REQUIRE(ok == (err.code == ERR_none));
    if (ok) {
        check_token(&out);
    } else {
        check_failure(&err, failure, answer->status);
        REQUIRE(failure != FAILURE_SIGN_IN || definition->is_refresh);
        REQUIRE(!out.refresh_token || json_string_length(out.refresh_token) > 0);
    }
    check_words(err.text);
    check_words(err.upstream_error);
    check_words(err.upstream_description);
    grant_answer_fini(&out);
}

static bool is_page(str_t url)
{
    return str_eq_nocase(str_slice(url, 0, 4), STR("http"));
}

/* RFC 8628 3.2: what is shown to people, and how often is asked. */
static void check_codes(const grant_device_codes_t *codes)
{
    REQUIRE(codes->device_code.n > 0 && codes->user_code.n > 0 && codes->user_code.n <= 64);
    for (size_t i = 0; i < codes->user_code.n; i++) {
        REQUIRE((unsigned char)codes->user_code.p[i] >= 0x20 && codes->user_code.p[i] != 0x7F);
    }
    REQUIRE(is_page(codes->uri) && (!codes->uri_complete.p || is_page(codes->uri_complete)));
    REQUIRE(codes->interval_ms >= 1000 && codes->interval_ms <= 60 * 1000);
    REQUIRE(codes->life_ms >= 1000 && codes->life_ms <= 60 * 60 * 1000);
}

static void read_beside(const upstream_answer_t *answer)
{
    value_scope_t scope;
    grant_device_codes_t codes;
    char error[64];
    err_t err = ERR_INIT;
    arena_t *arena = arena_new(0);
    value_scope_init(&scope, &CONNECTOR, NULL, NOW_MS);
    scope.input = fixture.input;
    if (grant_device_answer(&fixture.device, &scope, answer, arena, &codes, &err)) {
        check_codes(&codes);
    } else {
        REQUIRE(err_is_set(&err));
        check_words(err.text);
        check_words(err.upstream_error);
    }
    (void)grant_revocation_answer(answer, error, sizeof error);
    check_words(error);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    str_t body = str_at(data, size);
    str_t status = fuzz_line(&body);
    message_header_t header = {STR("Content-Type"), fuzz_line(&body)};
    upstream_answer_t answer = {status_of(status), &header, header.value.n > 0,
                                body.p ? body : STR("")};
    read_as(&fixture.definition, &answer);
    read_as(&fixture.refresh, &answer);
    read_as(&fixture.device, &answer);
    read_beside(&answer);
    return 0;
}
