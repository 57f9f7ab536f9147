/* SPDX-License-Identifier: MIT */
/* What a connect session offers: which way to sign in is shown, what is fixed, where it leads in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/connect_offer.h"
#include "base/err.h"
#include "codec/json.h"
#include "definition/catalogue/load.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char TEXT[] =
    "tenon: 1\nid: t\ntitle: T\nversion: 1.0.0\ndescription: D.\nhosts: [h.example]\n"
    "base_url: https://h.example\nconnection:\n  auth:\n"
    "    first: {type: none}\n"
    "    best: {type: none, recommended: true}\n"
    "    last: {type: none}\n"
    "actions:\n  Get: {summary: G, method: GET, path: /get}\n";

static connector_t *load(void)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    connector_t *connector = definition_load(STR("t.yaml"), str_of(TEXT), NULL, &d);
    assert_non_null(connector);
    arena_free(arena);
    return connector;
}

static json_t *read_text(const char *text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(text), NULL, &err);
    assert_non_null(value);
    return value;
}

static void the_way_to_sign_in_is_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *session, *asked, *shown; /* shown NULL: none */
    } rows[] = {
        {"{\"auths\":[\"first\",\"best\",\"last\"]}", NULL, "best"},
        {"{\"auths\":[\"first\",\"best\",\"last\"]}", "last", "last"},
        {"{\"auths\":[\"first\",\"best\",\"last\"]}", "nobody", "best"},
        {"{\"auths\":[\"last\",\"first\"]}", NULL, "first"},
        {"{\"auths\":[\"last\",\"first\"]}", "best", "first"},
        {"{\"auths\":[\"last\",\"gone\"]}", "gone", "last"},
        {"{\"auths\":[\"gone\"]}", NULL, NULL},
        {"{\"auths\":[]}", "first", NULL},
    };
    connector_t *connector = load();
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *session = read_text(rows[i].session);
        const auth_t *auth = connect_offer_auth(connector, session, str_of(rows[i].asked));
        assert_int_equal(auth == NULL, rows[i].shown == NULL);
        assert_true(!auth || str_is(auth->name, rows[i].shown));
        json_decref(session);
    }
    connector_unref(connector);
}

static void presets_are_known(void **state)
{
    (void)state;
    json_t *session = read_text("{\"parameters\":{\"a\":\"\",\"b\":null}}"), *none = read_text("{}");
    assert_true(connect_offer_is_preset(session, STR("a")));
    assert_true(connect_offer_is_preset(session, STR("b")));
    assert_false(connect_offer_is_preset(session, STR("c")));
    assert_false(connect_offer_is_preset(none, STR("a")));
    json_decref(session);
    json_decref(none);
}

static void the_way_back_tells_the_outcome(void **state)
{
    (void)state;
    static const struct {
        const char *session, *url;
    } rows[] = {
        {"{\"return_url\":\"https://a.example/x\",\"outcome\":{\"ok\":true}}",
         "https://a.example/x?state=ready"},
        {"{\"return_url\":\"https://a.example/x?y=1\",\"outcome\":{\"ok\":false}}",
         "https://a.example/x?y=1&state=failed"},
        {"{\"return_url\":\"https://a.example/x\"}", "https://a.example/x?state=failed"},
        {"{\"outcome\":{\"ok\":true}}", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *session = read_text(rows[i].session);
        buf_t url;
        buf_init(&url, 1024);
        connect_offer_return_url(&url, session);
        assert_string_equal(buf_c(&url), rows[i].url);
        buf_fini(&url);
        json_decref(session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_to_sign_in_is_chosen),
        cmocka_unit_test(presets_are_known),
        cmocka_unit_test(the_way_back_tells_the_outcome),
    };
    return cmocka_run_group_tests_name("connect_offer", tests, NULL, NULL);
}
