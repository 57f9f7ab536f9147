/* SPDX-License-Identifier: MIT */
/* What an answer makes of a token: when it is to be renewed, and what stays of the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/json.h"
#include "connection/landing.h"

static json_t *read_text(const char *text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(text), NULL, &err);
    assert_non_null(value);
    return value;
}

static token_t *token_of(int64_t lifetime_ms)
{
    landing_t l = {.ok = true,
                   .members = read_text("{\"access_token\":\"t\"}"),
                   .lifetime_ms = lifetime_ms,
                   .sent_at_ms = 1000000};
    token_t *t = landing_token(&l, landing_members(&l, true, NULL), false);
    landing_fini(&l);
    return t;
}

/* min(60 s, 10 %) before the end, a tenth of that either way; counted from the sending. */
static void renews_a_little_before_the_end(void **state)
{
    (void)state;
    static const struct {
        int64_t lifetime_ms, life_ms, margin_ms;
    } ROWS[] = {
        {3600 * 1000, 3600 * 1000, 60 * 1000},
        {86400 * 1000, 86400 * 1000, 60 * 1000},
        {600 * 1000, 600 * 1000, 60 * 1000},
        {10 * 1000, 10 * 1000, 1000},
        {1000, 1000, 100},
        {-1, 300 * 1000, 30 * 1000}, /* nobody told */
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int64_t least = INT64_MAX, most = 0;
        for (int n = 0; n < 200; n++) {
            token_t *t = token_of(ROWS[i].lifetime_ms);
            int64_t margin = t->expires_at_ms - t->reuse_until_ms;
            assert_int_equal(t->expires_at_ms, 1000000 + ROWS[i].life_ms);
            assert_in_range(margin, ROWS[i].margin_ms * 9 / 10, ROWS[i].margin_ms * 11 / 10);
            least = margin < least ? margin : least;
            most = margin > most ? margin : most;
            token_unref(t);
        }
        assert_true(most - least > ROWS[i].margin_ms / 10); /* they do not ask all together */
    }
}

static void a_token_without_a_life_is_for_one_call(void **state)
{
    (void)state;
    token_t *t = token_of(0);
    assert_int_equal(t->reuse_until_ms, 0);
    assert_int_equal(t->expires_at_ms, 1000000);
    token_unref(t);
}

static void members_follow(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *before; /* NULL: none */
        bool of_connection;
        const char *members;
    } ROWS[] = {
        {"{\"access_token\":\"t\",\"refresh_token\":\"r\"}", NULL, false,
         "{\"access_token\":\"t\",\"refresh_token\":\"r\"}"},
        {"{\"access_token\":\"t\",\"refresh_token\":\"r\",\"x\":{\"y\":[\"r\"]},\"z\":\"rr\"}",
         NULL, true, "{\"access_token\":\"t\",\"z\":\"rr\"}"},
        /* What the answer does not name stays; how long it lived does not. */
        {"{\"access_token\":\"t\",\"scope\":\"b\"}",
         "{\"access_token\":\"s\",\"scope\":\"a\",\"id_token\":\"i\",\"expires_in\":5,\"expires_in_"
         "ms\":5,"
         "\"expires_at\":5}",
         true, "{\"access_token\":\"t\",\"scope\":\"b\",\"id_token\":\"i\"}"},
        {"{\"access_token\":\"t\",\"expires_in\":7}", "{\"expires_in\":5}", true,
         "{\"access_token\":\"t\",\"expires_in\":7}"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        landing_t l = {.ok = true, .members = read_text(ROWS[i].answer)};
        json_t *before = ROWS[i].before ? read_text(ROWS[i].before) : NULL;
        json_t *members = landing_members(&l, ROWS[i].of_connection, before);
        buf_t text;
        buf_init(&text, 4096);
        json_write(&text, members);
        assert_string_equal(buf_c(&text), ROWS[i].members);
        buf_fini(&text);
        json_decref(members);
        json_decref(before);
        landing_fini(&l);
    }
}

/* A service that names other members each time does not make a record grow without end. */
static void members_do_not_pile_up(void **state)
{
    (void)state;
    json_t *before = json_object();
    char long_text[TOKEN_ANSWER_BYTES_MAX - 4096] = "";
    memset(long_text, 'x', sizeof long_text - 1);
    for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
        landing_t l = {.ok = true,
                       .members = json_pack("{s:s, s:s}", "access_token", "t", name, long_text)};
        json_t *members = landing_members(&l, true, before);
        assert_non_null(json_object_get(members, name));
        assert_true(json_object_size(members) <= 3);
        json_decref(before);
        before = members;
        landing_fini(&l);
    }
    json_decref(before);
}

/* Only what certainly never left is not lost. */
static void knows_what_may_be_lost(void **state)
{
    (void)state;
    static const struct {
        upstream_outcome_t outcome;
        bool sent;
        err_code_t code;
    } ROWS[] = {
        {UPSTREAM_UNREACHABLE, false, ERR_token_endpoint_unreachable},
        {UPSTREAM_TLS, false, ERR_upstream_tls},
        {UPSTREAM_TIMEOUT, true, ERR_token_endpoint_timeout},
        {UPSTREAM_BROKEN, true, ERR_token_endpoint_unreachable},
        {UPSTREAM_TRUNCATED, true, ERR_upstream_truncated},
        {UPSTREAM_TOO_LARGE, true, ERR_token_response_too_large},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        static const connector_t CONNECTOR;
        static const connection_t CONNECTION = {.connector = &CONNECTOR};
        static const grant_definition_t GRANT = {.type = AUTH_PASSWORD};
        const errand_t errand = {.connection = &CONNECTION, .grant = &GRANT};
        landing_t l = {.err = ERR_INIT};
        landing_fail(&l, &errand, &(upstream_result_t){.outcome = ROWS[i].outcome, .sent = ROWS[i].sent});
        assert_int_equal(l.may_be_lost, ROWS[i].sent);
        assert_int_equal(l.err.code, ROWS[i].code);
        assert_int_equal(l.failure, FAILURE_BACKOFF);
        assert_false(l.answered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renews_a_little_before_the_end),
        cmocka_unit_test(a_token_without_a_life_is_for_one_call),
        cmocka_unit_test(members_follow),
        cmocka_unit_test(members_do_not_pile_up),
        cmocka_unit_test(knows_what_may_be_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
