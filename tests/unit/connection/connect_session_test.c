/* SPDX-License-Identifier: MIT */
/* Links that work once, in one browser, for half an hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "connection/connect_session.h"

static connect_session_t *make(connect_sessions_t *all, char link[44])
{
    err_t err = ERR_INIT;
    connect_session_t *s = connect_session_new(all, json_object(), "k1", link, &err);
    assert_non_null(s);
    assert_int_equal(strlen(link), 43);
    assert_int_equal(strlen(s->id), 22);
    assert_string_equal(s->made_by, "k1");
    return s;
}

#define ASSERT_REFUSED(call, expected)                                                             \
    do {                                                                                           \
        err = ERR_INIT;                                                                            \
        assert_null(call);                                                                         \
        assert_int_equal(err.code, expected);                                                      \
    } while (0)

static void a_link_is_traded_once(void **state)
{
    (void)state;
    char link[44], cookie[44], none[44];
    err_t err = ERR_INIT;
    connect_sessions_t *all = connect_sessions_new();
    connect_session_t *s = make(all, link);
    ASSERT_REFUSED(connect_session_find(all, str_of(s->id), STR(""), &err), ERR_connect_link_used);
    ASSERT_REFUSED(connect_session_trade(all, STR("x"), NULL, none, &err), ERR_not_found);
    assert_ptr_equal(connect_session_trade(all, str_of(link), NULL, cookie, &err), s);
    assert_int_equal(strlen(cookie), 43);
    ASSERT_REFUSED(connect_session_trade(all, str_of(link), NULL, none, &err),
                   ERR_connect_link_used);
    json_t *cookies = json_pack("{s:s}", s->id, cookie);
    assert_ptr_equal(connect_session_trade(all, str_of(link), cookies, none, &err), s);
    assert_string_equal(none, "");
    json_object_set_new(cookies, s->id, json_string(link));
    ASSERT_REFUSED(connect_session_trade(all, str_of(link), cookies, none, &err),
                   ERR_connect_link_used);
    assert_ptr_equal(connect_session_find(all, str_of(s->id), str_of(cookie), &err), s);
    ASSERT_REFUSED(connect_session_find(all, str_of(s->id), str_of(link), &err),
                   ERR_connect_link_used);
    ASSERT_REFUSED(connect_session_find(all, str_of(link), str_of(cookie), &err), ERR_not_found);
    json_decref(cookies);
    connect_sessions_free(all);
}

static void a_link_ends(void **state)
{
    (void)state;
    char link[44], cookie[44];
    err_t err = ERR_INIT;
    connect_sessions_t *all = connect_sessions_new();
    connect_session_t *s = make(all, link);
    assert_in_range(s->expires_at_ms, clock_boot_ms() + 1790 * 1000, clock_boot_ms() + 1800 * 1000);
    assert_non_null(connect_session_trade(all, str_of(link), NULL, cookie, &err));
    s->expires_at_ms = clock_boot_ms();
    ASSERT_REFUSED(connect_session_find(all, str_of(s->id), str_of(cookie), &err), ERR_not_found);
    ASSERT_REFUSED(connect_session_trade(all, str_of(link), NULL, cookie, &err), ERR_not_found);
    assert_null(connect_session_of(all, str_of(s->id)));
    connect_sessions_sweep(all, clock_boot_ms());
    make(all, link); /* what was swept is gone from both maps */
    connect_sessions_free(all);
}

static void links_are_bounded(void **state)
{
    (void)state;
    char link[44];
    err_t err;
    connect_sessions_t *all = connect_sessions_new();
    connect_session_t *first = make(all, link);
    for (int i = 1; i < 1000; i++) {
        make(all, link);
    }
    ASSERT_REFUSED(connect_session_new(all, json_object(), "k", link, &err), ERR_over_capacity);
    first->expires_at_ms = 0;
    make(all, link);
    connect_sessions_free(all);
}

static void an_outcome_is_told_in_words(void **state)
{
    (void)state;
    char link[44];
    err_t err = ERR_INIT;
    connect_sessions_t *all = connect_sessions_new();
    connect_session_t *s = make(all, link);
    connect_session_note(s, &err);
    assert_true(json_is_true(json_object_get(s->outcome, "ok")));
    err_set(&err, ERR_authorization_incomplete, "no");
    strcpy(err.upstream_error, "access_denied");
    connect_session_note(s, &err);
    json_t *expected =
        json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "code", "authorization_incomplete", "detail",
                  "no", "error", "access_denied");
    assert_true(json_equal(s->outcome, expected));
    json_decref(expected);
    connect_sessions_free(all);
}

static void a_removed_connection_ends_its_links(void **state)
{
    (void)state;
    char links[3][44], cookie[44];
    err_t err = ERR_INIT;
    connect_sessions_t *all = connect_sessions_new();
    connect_session_t *opened = make(all, links[0]), *unopened = make(all, links[1]),
                      *other = make(all, links[2]);
    connect_session_t *const list[] = {opened, unopened, other};
    for (size_t i = 0; i < 3; i++) {
        json_object_set_new(list[i]->wanted, "name", json_string("acme"));
        list[i]->is_made = list[i] != other; /* which is to make the next one of that name */
    }
    assert_non_null(connect_session_trade(all, str_of(links[0]), NULL, cookie, &err));
    connect_sessions_lose(all, STR("other"));
    assert_non_null(connect_session_find(all, str_of(opened->id), str_of(cookie), &err));
    connect_sessions_lose(all, STR("acme"));
    ASSERT_REFUSED(connect_session_find(all, str_of(opened->id), STR("x"), &err),
                   ERR_connect_link_used);
    ASSERT_REFUSED(connect_session_find(all, str_of(opened->id), str_of(cookie), &err),
                   ERR_connection_removed);
    ASSERT_REFUSED(connect_session_trade(all, str_of(links[1]), NULL, cookie, &err),
                   ERR_connection_removed);
    assert_string_equal(err.text, "the connection that this link is for was removed");
    err = ERR_INIT;
    assert_non_null(connect_session_trade(all, str_of(links[2]), NULL, cookie, &err));
    connect_sessions_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_traded_once),
        cmocka_unit_test(a_link_ends),
        cmocka_unit_test(links_are_bounded),
        cmocka_unit_test(an_outcome_is_told_in_words),
        cmocka_unit_test(a_removed_connection_ends_its_links),
    };
    return cmocka_run_group_tests_name("connect_session", tests, NULL, NULL);
}
