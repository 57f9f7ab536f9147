/* SPDX-License-Identifier: MIT */
/* Places at a token host: never more than there are, in the order of asking, whoever leaves when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "connection/token_host.h"

enum { MOST = 2, PLACES = 6 };
static unsigned order[PLACES * 2], count;
static token_place_t places[PLACES];

static void on_taken(token_place_t *place)
{
    order[count++] = (unsigned)(place - places);
}

static void enter_all(token_host_t *host)
{
    count = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        places[i] = (token_place_t){.on_taken = on_taken};
        token_place_enter(&places[i], host, MOST);
    }
    assert_int_equal(count, MOST);
}

static void are_given_in_order(void **state)
{
    token_host_t host = {0};
    (void)state;
    enter_all(&host);
    for (unsigned i = 0; i < PLACES; i++) {
        token_place_leave(&places[i]);
        token_place_leave(&places[i]); /* once */
    }
    assert_int_equal(count, PLACES);
    for (unsigned i = 0; i < PLACES; i++) {
        assert_int_equal(order[i], i);
    }
    assert_int_equal(host.taken, 0);
    assert_null(host.first);
    assert_null(host.last);
}

/* From the middle and from the end of the queue. */
static void who_waits_may_leave(void **state)
{
    token_host_t host = {0};
    static const unsigned LEAVE[] = {3, 5, 2}, LEFT[] = {0, 1, 4};
    (void)state;
    enter_all(&host);
    for (unsigned i = 0; i < 3; i++) {
        token_place_leave(&places[LEAVE[i]]);
    }
    places[2] = (token_place_t){.on_taken = on_taken};
    token_place_enter(&places[2], &host, MOST); /* behind 4 */
    for (unsigned i = 0; i < 3; i++) {
        token_place_leave(&places[LEFT[i]]);
    }
    token_place_leave(&places[2]);
    static const unsigned EXPECTED[] = {0, 1, 4, 2};
    assert_int_equal(count, 4);
    assert_memory_equal(order, EXPECTED, sizeof EXPECTED);
    assert_int_equal(host.taken, 0);
}

static void who_never_entered_may_leave(void **state)
{
    token_place_t place = {.on_taken = on_taken};
    (void)state;
    token_place_leave(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_given_in_order),
        cmocka_unit_test(who_waits_may_leave),
        cmocka_unit_test(who_never_entered_may_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
