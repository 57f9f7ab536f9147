/* SPDX-License-Identifier: MIT */
#include "event/rig.h"

static heard_t list(book_t *b, event_query_t query)
{
    heard_t h = {.text = ""};
    events_list(b->events, &query, hear, &h);
    book_turn(b);
    assert_true(h.answered);
    return h;
}

static event_query_t after(const char *types, uint64_t id)
{
    event_query_t query = query_for(types);
    query.is_after = true;
    query.after = id;
    return query;
}

static void the_latest_are_listed_in_their_order(void **state)
{
    book_t *b = *state;
    tell_numbered(b, EVENT_KEY_CREATED, "", 1);
    tell_numbered(b, EVENT_TOKEN_REFRESHED, "a", 2);
    tell_numbered(b, EVENT_CALL_DONE, "a", 3);
    tell_numbered(b, EVENT_STATE_CHANGED, "a", 4);
    heard_t h = list(b, query_for(NULL));
    assert_string_equal(h.text, "key.created:1 token.refreshed:2 connection.state_changed:4 ");
    assert_false(h.more || h.missed);
    event_query_t two = query_for(NULL);
    two.limit = 2;
    assert_string_equal(list(b, two).text, "token.refreshed:2 connection.state_changed:4 ");
    event_query_t of_a = query_for(NULL);
    of_a.filter.connections = json_pack("{s:b}", "a", 1);
    assert_string_equal(list(b, of_a).text, "token.refreshed:2 connection.state_changed:4 ");
}

static void pages_follow_each_other(void **state)
{
    book_t *b = *state;
    for (int i = 1; i <= 4; i++) {
        tell_numbered(b, EVENT_KEY_CREATED, "", i);
    }
    event_query_t query = after(NULL, 0);
    query.limit = 3;
    heard_t h = list(b, query);
    assert_string_equal(h.text, "key.created:1 key.created:2 key.created:3 ");
    assert_true(h.more);
    heard_t rest = list(b, after(NULL, h.last_id));
    assert_string_equal(rest.text, "key.created:4 ");
    assert_false(rest.more || rest.missed);
    assert_string_equal(list(b, after(NULL, rest.last_id)).text, "");
}

/* The book keeps four. */
static void what_is_gone_is_told(void **state)
{
    book_t *b = *state;
    tell_numbered(b, EVENT_KEY_CREATED, "", 0);
    heard_t first = list(b, query_for(NULL));
    for (int i = 1; i <= 4; i++) {
        tell_numbered(b, EVENT_KEY_CREATED, "", i);
    }
    assert_false(list(b, after(NULL, first.last_id)).missed);
    tell_numbered(b, EVENT_KEY_CREATED, "", 5);
    heard_t h = list(b, after(NULL, first.last_id));
    assert_true(h.missed);
    assert_string_equal(h.text, "key.created:2 key.created:3 key.created:4 key.created:5 ");
    assert_false(list(b, after("token.refreshed", first.last_id)).missed);
    assert_false(list(b, after(NULL, 0)).missed); /* whoever asks for all that there is */
}

static void a_restart_loses_what_passes_only(void **state)
{
    book_t *b = *state;
    for (int i = 1; i <= 6; i++) {
        tell_numbered(b, EVENT_KEY_CREATED, "", i);
        tell_numbered(b, EVENT_TOKEN_REFRESHED, "a", i);
    }
    uint64_t last = list(b, query_for(NULL)).last_id;
    book_close(b);
    book_open(b, 4);
    tell_numbered(b, EVENT_KEY_REVOKED, "", 7);
    heard_t h = list(b, query_for(NULL));
    assert_string_equal(h.text, "key.created:4 key.created:5 key.created:6 key.revoked:7 ");
    assert_string_equal(list(b, after(NULL, last)).text, "key.revoked:7 ");
    book_close(b);
    book_open(b, 2); /* the operator wants fewer */
    assert_string_equal(list(b, query_for(NULL)).text, "key.created:6 key.revoked:7 ");
}

/* Whoever comes back after a restart is told that something is missing, and whoever has seen all is
 * not. */
static void what_is_gone_is_told_after_a_restart(void **state)
{
    book_t *b = *state;
    tell_numbered(b, EVENT_KEY_CREATED, "", 0);
    uint64_t first = list(b, query_for(NULL)).last_id;
    for (int i = 1; i <= 5; i++) {
        tell_numbered(b, EVENT_KEY_CREATED, "", i);
    }
    tell_numbered(b, EVENT_TOKEN_REFRESHED, "a", 6);
    uint64_t last = list(b, query_for(NULL)).last_id;
    for (int restarts = 0; restarts < 2; restarts++) {
        book_close(b);
        book_open(b, 4);
        assert_true(list(b, after("key.*", first)).missed);
        assert_true(list(b, after("token.*", first)).missed);
        assert_false(list(b, after("key.*", last)).missed);
        assert_false(list(b, after(NULL, last)).missed);
        assert_false(list(b, after(NULL, 0)).missed);
    }
}

/* A clock that was set back must not make ids that were there before. */
static void ids_grow_whatever_the_clock_does(void **state)
{
    book_t *b = *state;
    uint64_t id = events_next_id(b->events, 2000);
    assert_int_equal(id, 2000 * 1024);
    assert_int_equal(events_next_id(b->events, 1000), id + 1);
    assert_int_equal(events_next_id(b->events, -1), id + 2);
    assert_int_equal(events_next_id(b->events, 2001), 2001 * 1024);
}

static void circuits_are_the_hosts(void **state)
{
    book_t *b = *state;
    static const bool CHANGES[] = {true, true, false, false, true};
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        events_tell_circuit(b->events, STR("api.example.com:443"), CHANGES[i], "refused");
    }
    book_turn(b);
    assert_string_equal(list(b, query_for(NULL)).text,
                        "upstream.opened:-1 upstream.closed:-1 upstream.opened:-1 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_set_up, book_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_latest_are_listed_in_their_order),
        TEST(pages_follow_each_other),
        TEST(what_is_gone_is_told),
        TEST(a_restart_loses_what_passes_only),
        TEST(what_is_gone_is_told_after_a_restart),
        TEST(ids_grow_whatever_the_clock_does),
        TEST(circuits_are_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
