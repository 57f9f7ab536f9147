/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"
#include "connection/token.h"

static token_t *make(const char *text, int64_t obtained, int64_t lifetime, int64_t reuse)
{
    return token_new(
        json_pack("{s:s, s:i, s:s}", "access_token", text, "expires_in", 5, "scope", "a"),
        obtained, lifetime, reuse);
}

/* expires_in is what is left, an integer, whatever the service wrote. */
static void writes_what_is_left(void **state)
{
    (void)state;
    static const struct {
        int64_t now_ms;
        const char *answer;
    } ROWS[] = {
        {1000, "{\"access_token\":\"t\",\"scope\":\"a\",\"expires_in\":60}"},
        {1999, "{\"access_token\":\"t\",\"scope\":\"a\",\"expires_in\":59}"},
        {2000, "{\"access_token\":\"t\",\"scope\":\"a\",\"expires_in\":59}"},
        {61000, "{\"access_token\":\"t\",\"scope\":\"a\",\"expires_in\":0}"},
        {99000, "{\"access_token\":\"t\",\"scope\":\"a\",\"expires_in\":0}"},
    };
    token_t *t = make("t", 1000, 60000, 50000);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        buf_t b;
        buf_init(&b, 4096);
        token_write_answer(t, ROWS[i].now_ms, &b);
        assert_string_equal(buf_c(&b), ROWS[i].answer);
        buf_fini(&b);
    }
    token_unref(t);
}

static void serves_until_reuse_ends(void **state)
{
    (void)state;
    token_cache_t *c = token_cache_new(100);
    token_t *t = make("t", 0, 60000, 50000);
    err_t err = ERR_INIT;
    assert_null(token_cache_get(c, STR("k"), 0, &err));
    token_cache_put(c, STR("k"), t, true);
    token_t *found = token_cache_get(c, STR("k"), 49999, &err);
    assert_ptr_equal(found, t);
    token_unref(found);
    assert_null(token_cache_get(c, STR("k"), 50000, &err));
    assert_false(err_is_set(&err));
    token_cache_remove(c, STR("k"));
    assert_null(token_cache_get(c, STR("k"), 0, &err));
    token_unref(t);
    token_cache_free(c);
}

static void remembers_refusals(void **state)
{
    (void)state;
    token_cache_t *c = token_cache_new(100);
    err_t why = ERR_INIT, err = ERR_INIT;
    err_set(&why, ERR_credentials_rejected, "no");
    token_cache_refuse(c, STR("k"), &why, 1000);
    assert_null(token_cache_get(c, STR("k"), 999, &err));
    assert_int_equal(err.code, ERR_credentials_rejected);
    err = ERR_INIT;
    assert_null(token_cache_get(c, STR("k"), 1000, &err));
    assert_int_equal(err.code, ERR_none);
    /* A refusal replaces a token, and a token a refusal. */
    token_t *t = make("t", 0, 60000, 50000);
    token_cache_refuse(c, STR("k"), &why, 2000);
    token_cache_put(c, STR("k"), t, true);
    token_t *found = token_cache_get(c, STR("k"), 1, &err);
    assert_non_null(found);
    token_unref(found);
    token_unref(t);
    token_cache_free(c);
}

/* Tokens of calls go when there are too many, the least recently used first; those of connections
 * stay. */
static void evicts_calls_only(void **state)
{
    (void)state;
    token_cache_t *c = token_cache_new(160);
    err_t err = ERR_INIT;
    token_t *t = make("t", 0, 60000, 50000);
    token_cache_put(c, STR("connection"), t, false);
    char key[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "call-%d", i);
        token_cache_put(c, str_of(key), t, true);
    }
    size_t left = 0;
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "call-%d", i);
        token_t *found = token_cache_get(c, str_of(key), 1, &err);
        left += found != NULL;
        token_unref(found);
    }
    assert_in_range(left, 16, 16 * 11);
    token_t *kept = token_cache_get(c, STR("connection"), 1, &err);
    assert_non_null(kept);
    token_unref(kept);
    token_cache_remove_prefix(c, STR("call-"));
    assert_null(token_cache_get(c, STR("call-4999"), 1, &err));
    token_unref(t);
    token_cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_is_left),
        cmocka_unit_test(serves_until_reuse_ends),
        cmocka_unit_test(remembers_refusals),
        cmocka_unit_test(evicts_calls_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
