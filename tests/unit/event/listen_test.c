/* SPDX-License-Identifier: MIT */
#include "event/rig.h"

static void on_end(void *context)
{
    ((heard_t *)context)->ended = true;
}
static const event_sink_t SINK = {.on_page = hear, .on_end = on_end};

static event_listener_t *listen_to(book_t *b, event_query_t query, heard_t *h)
{
    err_t err = ERR_INIT;
    event_listener_t *l = events_listen(b->events, &query, &SINK, h, &err);
    assert_non_null(l);
    book_turn(b);
    return l;
}

static void leave(book_t *b, event_listener_t *l)
{
    events_leave(l);
    book_turn(b);
}

static void what_was_missed_comes_before_what_happens(void **state)
{
    book_t *b = *state;
    heard_t now = {.text = ""};
    heard_t back = {.text = ""};
    tell_numbered(b, EVENT_KEY_CREATED, "", 1);
    event_listener_t *first = listen_to(b, query_for(NULL), &now);
    event_query_t query = query_for(NULL);
    query.is_after = true;
    event_listener_t *second = listen_to(b, query, &back);
    tell_numbered(b, EVENT_KEY_CREATED, "", 2);
    book_turn(b);
    assert_string_equal(now.text, "key.created:2 ");
    assert_string_equal(back.text, "key.created:1 key.created:2 ");
    leave(b, first);
    tell_numbered(b, EVENT_KEY_CREATED, "", 3);
    book_turn(b);
    assert_string_equal(now.text, "key.created:2 ");
    leave(b, second);
}

static void live_events_are_heard_while_asked_for(void **state)
{
    book_t *b = *state;
    heard_t h = {.text = ""};
    event_listener_t *all = listen_to(b, query_for(NULL), &h);
    assert_false(events_is_heard(b->events, EVENT_CALL_DONE));
    event_listener_t *calls = listen_to(b, query_for("call.done"), &h);
    assert_true(events_is_heard(b->events, EVENT_CALL_DONE));
    assert_false(events_is_heard(NULL, EVENT_CALL_DONE));
    tell_numbered(b, EVENT_CALL_DONE, "a", 1);
    book_turn(b);
    assert_string_equal(h.text, "call.done:1 ");
    leave(b, calls);
    assert_false(events_is_heard(b->events, EVENT_CALL_DONE));
    leave(b, all);
}

static void a_revoked_key_hears_nothing_more(void **state)
{
    book_t *b = *state;
    heard_t its = {.text = ""};
    heard_t other = {.text = ""};
    event_query_t query = query_for(NULL);
    memcpy(query.key, "4kTz09Qa", 9);
    event_listener_t *first = listen_to(b, query, &its);
    event_listener_t *second = listen_to(b, query_for(NULL), &other);
    event_tell(b->events, EVENT_KEY_REVOKED, STR_NONE, LOG_S("key", STR("4kTz09Qa")));
    book_turn(b);
    assert_true(its.ended);
    assert_false(other.ended);
    leave(b, first);
    leave(b, second);
}

static void there_are_so_many_and_none_after_a_drain(void **state)
{
    book_t *b = *state;
    heard_t h[2] = {{.text = ""}, {.text = ""}};
    err_t err = ERR_INIT;
    event_listener_t *first = listen_to(b, query_for(NULL), &h[0]);
    event_listener_t *second = listen_to(b, query_for(NULL), &h[1]);
    event_query_t third = query_for(NULL);
    third.filter.connections = json_object();
    assert_null(events_listen(b->events, &third, &SINK, h, &err));
    assert_int_equal(err.code, ERR_over_capacity);
    leave(b, second);
    second = listen_to(b, query_for(NULL), &h[1]);
    events_drain(b->events);
    events_drain(b->events);
    book_turn(b);
    assert_true(h[0].ended && h[1].ended);
    err = ERR_INIT;
    assert_null(events_listen(b->events, &third, &SINK, h, &err));
    assert_int_equal(err.code, ERR_draining);
    leave(b, first);
    leave(b, second);
}

/* What was on its way when it left goes nowhere, and is given back. */
static void nothing_comes_after_leaving(void **state)
{
    book_t *b = *state;
    heard_t h = {.text = ""};
    event_listener_t *l = listen_to(b, query_for(NULL), &h);
    tell_numbered(b, EVENT_KEY_CREATED, "", 1);
    events_leave(l);
    book_turn(b);
    assert_string_equal(h.text, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_set_up, book_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_missed_comes_before_what_happens),
        TEST(live_events_are_heard_while_asked_for),
        TEST(a_revoked_key_hears_nothing_more),
        TEST(there_are_so_many_and_none_after_a_drain),
        TEST(nothing_comes_after_leaving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
