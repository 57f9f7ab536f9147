/* SPDX-License-Identifier: MIT */
/* What the tests of limits and of counting share: a connection of cases/call/limits.yaml, a caller, and places to count. */
#ifndef TENON_TESTS_UNIT_CALL_LIMITED_H
#define TENON_TESTS_UNIT_CALL_LIMITED_H

#include "call/check.h"

#include "call/seat.h"

static connector_t *connector;
static connection_t *connection;
static throttle_t *throttle;
static caller_key_t *caller;
static metrics_t *metrics;
static tally_place_t place;

static inline int up(void **state)
{
    (void)state;
    connector = load_case("limits");
    connection = connection_of(connector, NULL, NULL);
    throttle = throttle_new();
    caller = caller_key_local();
    metrics = metrics_new();
    place = (tally_place_t){metrics_shard_new(metrics), usage_book_new()};
    return 0;
}

static inline int down(void **state)
{
    (void)state;
    caller_key_unref(caller);
    throttle_free(throttle);
    usage_book_free(place.book);
    metrics_free(metrics);
    connection_unref(connection);
    connector_unref(connector);
    return 0;
}

static inline const action_t *action_of(const char *name)
{
    const action_t *a = connector_action(connector, str_of(name));
    assert_non_null(a);
    return a;
}

static inline seat_t *seat_of(const char *action)
{
    return seat_new(throttle, &place, connection, action_of(action), caller);
}

#endif
