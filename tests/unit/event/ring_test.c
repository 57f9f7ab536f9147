/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/ring.h"

static event_t *numbered(uint64_t id)
{
    return event_new(EVENT_TOKEN_FAILED, id, 0, STR(""), STR("{}"));
}

static void the_oldest_leaves_for_the_newest(void **state)
{
    (void)state;
    enum { MOST = 100, ALL = 333 };
    event_ring_t r;
    event_ring_init(&r, MOST);
    for (uint64_t id = 1; id <= ALL; id++) {
        event_t *gone = event_ring_add(&r, numbered(id * 10));
        assert_int_equal(gone ? gone->id : 0, id > MOST ? (id - MOST) * 10 : 0);
        event_unref(gone);
    }
    assert_int_equal(r.count, MOST);
    assert_int_equal(r.dropped_id, (ALL - MOST) * 10);
    assert_int_equal(event_ring_at(&r, 0)->id, (ALL - MOST + 1) * 10);
    assert_int_equal(event_ring_at(&r, MOST - 1)->id, ALL * 10);
    event_ring_fini(&r);
}

static void what_is_behind_an_id_is_found(void **state)
{
    (void)state;
    event_ring_t r;
    event_ring_init(&r, 10);
    assert_int_equal(event_ring_after(&r, 0), 0);
    for (uint64_t id = 1; id <= 14; id++) {
        event_unref(event_ring_add(&r, numbered(id * 10)));
    }
    assert_int_equal(event_ring_after(&r, 0), 0); /* 50 to 140 */
    assert_int_equal(event_ring_after(&r, 49), 0);
    assert_int_equal(event_ring_after(&r, 50), 1);
    assert_int_equal(event_ring_after(&r, 139), 9);
    assert_int_equal(event_ring_after(&r, 140), 10);
    assert_int_equal(event_ring_after(&r, 9999), 10);
    event_ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_leaves_for_the_newest),
        cmocka_unit_test(what_is_behind_an_id_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
