/* SPDX-License-Identifier: MIT */
/* A write that must succeed: told once that it does not yet, tried until it does, or until nobody
 * wants it any more. */
#include "connection/rig.h"

typedef struct insisted {
    insisting_t *insisting;
    atomic_uint troubles, done;
    atomic_bool durable;
} insisted_t;

static void on_trouble(void *context, const err_t *err)
{
    insisted_t *i = context;
    assert_int_equal(err->code, ERR_store_unavailable);
    atomic_fetch_add(&i->troubles, 1);
}

static void on_insisted(void *context, bool durable)
{
    insisted_t *i = context;
    atomic_store(&i->durable, durable);
    atomic_fetch_add(&i->done, 1);
}

static const insist_watch_t WATCH = {.on_trouble = on_trouble, .on_done = on_insisted};

static void begin(manager_t *m, void *context)
{
    insisted_t *i = context;
    char id[] = "one", plain[] = "{}";
    store_change_t change = {
        .verb = STORE_PUT,
        .record = {.kind = STR("gate"), .id = str_of(id), .plain = str_of(plain)}};
    i->insisting = insist(m, &change, 1, &WATCH, i);
    memset(id, 'x', sizeof id - 1); /* it has its own */
    memset(plain, 'x', sizeof plain - 1);
}

static void stop(manager_t *m, void *context)
{
    insisted_t *i = context;
    (void)m;
    insist_stop(i->insisting);
}

static void wait_for(const atomic_uint *count)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (!atomic_load(count) && clock_boot_ms() < give_up) {
        usleep(1000);
    }
    assert_int_equal(atomic_load(count), 1);
}

static size_t stored(control_t *c)
{
    answer_t left = {.count = 0};
    store_list_now(c->store, STR("gate"), STR("one"), STR_NONE, 10, answer_keep, &left);
    size_t n = left.records;
    answer_fini(&left);
    return n;
}

static void goes_well_at_once(void **state)
{
    control_t *c = *state;
    insisted_t i = {.durable = false};
    inside(c, begin, &i);
    wait_for(&i.done);
    assert_true(atomic_load(&i.durable));
    assert_int_equal(atomic_load(&i.troubles), 0);
    assert_int_equal(stored(c), 1);
}

static void is_tried_until_there_is_room(void **state)
{
    control_t *c = *state;
    insisted_t i = {.durable = false};
    disk_is_full(true);
    inside(c, begin, &i);
    wait_for(&i.troubles);
    usleep(800 * 1000); /* two more attempts */
    assert_int_equal(atomic_load(&i.troubles), 1);
    assert_int_equal(atomic_load(&i.done), 0);
    disk_is_full(false);
    wait_for(&i.done);
    assert_true(atomic_load(&i.durable));
    assert_int_equal(stored(c), 1);
}

static void can_be_stopped(void **state)
{
    control_t *c = *state;
    insisted_t i = {.durable = true};
    disk_is_full(true);
    inside(c, begin, &i);
    wait_for(&i.troubles);
    inside(c, stop, &i);
    wait_for(&i.done);
    assert_false(atomic_load(&i.durable));
    disk_is_full(false);
    usleep(300 * 1000);
    assert_int_equal(stored(c), 0);
}

/* The end tries once more, and does not wait for ever. */
static void ends_with_the_host(void **state)
{
    control_t *c = *state;
    for (int has_room = 0; has_room < 2; has_room++) {
        insisted_t i = {.durable = has_room == 0};
        disk_is_full(true);
        inside(c, begin, &i);
        wait_for(&i.troubles);
        disk_is_full(!has_room);
        control_end(c);
        assert_int_equal(atomic_load(&i.done), 1);
        assert_int_equal(atomic_load(&i.durable), has_room);
        disk_is_full(false);
        control_begin(c);
        assert_int_equal(stored(c), (size_t)has_room);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, control_start, control_stop)
    const struct CMUnitTest tests[] = {
        CASE(goes_well_at_once),
        CASE(is_tried_until_there_is_room),
        CASE(can_be_stopped),
        CASE(ends_with_the_host),
    };
    return cmocka_run_group_tests(tests, log_begin, log_end);
}
