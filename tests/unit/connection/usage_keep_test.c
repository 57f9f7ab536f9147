/* SPDX-License-Identifier: MIT */
/* The use of connections and keys on its way from the loops into the store and out again, and
 * connections counted by state. */
#include "connection/rig.h"

#include <sys/resource.h>

#include "connection/usage.h"

enum { DAY_MINUTES = 24 * 60 };

static uint32_t this_minute(void)
{
    return (uint32_t)(clock_wall_ms() / 60000);
}

/* As a loop that has counted so many calls: at a minute, by one action and key. */
static void hand(control_t *c, const char *name, uint32_t minute, const char *action,
                 const char *key, uint32_t calls)
{
    usage_book_t *b = usage_book_new();
    (void)usage_book_page(b, clock_boot_ms());
    usage_cell_t *cell = usage_book_cell(b, str_of(name), str_of(action), str_of(key));
    cell->counts[USAGE_CALLS] = calls;
    cell->last_wall_ms = (int64_t)minute * 60000;
    usage_page_t *pages = usage_book_take(b);
    pages->minute = minute;
    manager_hand_usage(c->manager, pages);
    usage_book_free(b);
}

static json_t *usage(control_t *c, const char *name, const char *resolution)
{
    return admin_ok(c, ADMIN_CONNECTION_USAGE,
                    json_pack("{s:s, s:s}", "name", name, "resolution", resolution));
}

static json_int_t calls_in(const json_t *row)
{
    return json_integer_value(json_object_get(json_object_get(row, "total"), "calls"));
}

static json_int_t calls_of(control_t *c, const char *name, const char *resolution)
{
    json_t *shown = usage(c, name, resolution);
    json_int_t calls = calls_in(shown);
    json_decref(shown);
    return calls;
}

static void sweep_inside(manager_t *m, void *context)
{
    (void)context;
    usage_sweep(m);
}

typedef struct pending_state {
    size_t connections, keys;
    unsigned keeping;
} pending_state_t;

static void look_inside(manager_t *m, void *context)
{
    *(pending_state_t *)context =
        (pending_state_t){map_count(m->usage), map_count(m->keys_used), m->usage_keeping};
}

/* Writes what is pending, and waits until nothing is. */
static void write_down(control_t *c)
{
    pending_state_t p = {.connections = 1};
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    inside(c, sweep_inside, NULL);
    while ((p.connections || p.keys || p.keeping) && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
        inside(c, look_inside, &p);
    }
    assert_int_equal(p.connections + p.keys + p.keeping, 0);
}

/* free() it; NULL: there is none. */
static char *stored(control_t *c, const char *kind, const char *id)
{
    answer_t a = {.count = 0};
    store_get_now(c->store, str_of(kind), str_of(id), answer_keep, &a);
    char *plain = a.records ? str_dup(str_of(a.plain)) : NULL;
    answer_fini(&a);
    return plain;
}

static void is_added_to_what_the_store_holds(void **state)
{
    control_t *c = *state;
    uint32_t now = this_minute();
    connect_user(c, "a", "CANARY-right");
    hand(c, "a", now, "Get", "k1", 2);
    hand(c, "a", now - 1, "Put", "k1", 3);
    assert_int_equal(calls_of(c, "a", "minute"), 5);
    write_down(c);
    assert_int_equal(calls_of(c, "a", "minute"), 5);
    hand(c, "a", now, "Get", "k2", 10);
    assert_int_equal(calls_of(c, "a", "minute"), 15);
    write_down(c);
    hand(c, "a", now, "Get", "k2", 1);
    control_restart(c); /* which writes what is pending */
    assert_int_equal(calls_of(c, "a", "minute"), 16);
    assert_int_equal(calls_of(c, "a", "hour"), 16);
    json_t *shown = usage(c, "a", "minute");
    const json_t *first = json_array_get(json_object_get(shown, "actions"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "action")), "Get");
    assert_int_equal(calls_in(first), 13);
    const json_t *key = json_array_get(json_object_get(shown, "keys"), 0);
    assert_string_equal(json_string_value(json_object_get(key, "key")), "k2");
    assert_int_equal(calls_in(key), 11);
    json_decref(shown);
}

/* Today by hours beside the minutes; what is older in another record, which most writes leave
 * alone; what is too old nowhere. */
static void days_move_to_the_month(void **state)
{
    control_t *c = *state;
    uint32_t now = this_minute();
    connect_user(c, "a", "CANARY-right");
    hand(c, "a", now - 40 * DAY_MINUTES, "Get", "k", 1000);
    write_down(c);
    hand(c, "a", now - 3 * DAY_MINUTES, "Get", "k", 100);
    write_down(c);
    hand(c, "a", now - DAY_MINUTES, "Put", "k", 10);
    hand(c, "a", now, "Get", "k", 1);
    assert_int_equal(calls_of(c, "a", "hour"), 111);
    write_down(c);
    assert_int_equal(calls_of(c, "a", "minute"), 1);
    assert_int_equal(calls_of(c, "a", "hour"), 111);
    char *recent = stored(c, USAGE_RECENT, "a"), *month = stored(c, USAGE_MONTH, "a");
    assert_non_null(month);
    assert_null(strstr(recent, ",10"));
    assert_null(strstr(month, "1000"));
    assert_non_null(strstr(month, "Put"));
    free(recent);
    free(month);
    hand(c, "a", now, "Get", "k", 2);
    write_down(c);
    hand(c, "a", now - 2 * DAY_MINUTES, "Get", "k", 5); /* late */
    write_down(c);
    control_restart(c);
    assert_int_equal(calls_of(c, "a", "hour"), 118);
}

static void token_requests_are_counted(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    call(c, "a", "u", "CANARY-wrong");
    call(c, "a", "u", "CANARY-wrong"); /* known by now */
    json_t *shown = usage(c, "a", "minute");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(shown, "total"), "token_requests")), 2);
    json_decref(shown);
}

static void a_name_that_comes_back_has_no_past(void **state)
{
    control_t *c = *state;
    uint32_t now = this_minute();
    connect_user(c, "a", "CANARY-right");
    hand(c, "a", now - 2 * DAY_MINUTES, "Get", "k", 1);
    hand(c, "a", now, "Get", "k", 1);
    write_down(c);
    hand(c, "a", now, "Get", "k", 1);
    remove_one(c, "a");
    static const char *const kinds[] = {USAGE_RECENT, USAGE_MONTH, CONNECTION_USED};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_null(stored(c, kinds[i], "a"));
    }
    connect_user(c, "a", "CANARY-right");
    assert_int_equal(calls_of(c, "a", "hour"), 0);
    write_down(c);
    assert_int_equal(calls_of(c, "a", "hour"), 0);
}

/* Of one that was never there, or is gone, nothing stays in memory or in the store. */
static void nobodys_use_is_dropped(void **state)
{
    control_t *c = *state;
    hand(c, "never", this_minute(), "Get", "k", 1);
    write_down(c);
    assert_null(stored(c, USAGE_RECENT, "never"));
    assert_null(stored(c, KEY_USED, "k"));
    admin_fails(c, ADMIN_CONNECTION_USAGE, named("never"), ERR_not_found, NULL);
}

static void what_cannot_be_written_waits(void **state)
{
    control_t *c = *state;
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY},
                        all = {RLIM_INFINITY, RLIM_INFINITY};
    uint32_t now = this_minute();
    connect_user(c, "a", "CANARY-right");
    hand(c, "a", now, "Get", "k", 1);
    write_down(c);
    control_restart(c); /* so that nothing lazy is under way */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    hand(c, "a", now, "Get", "k", 2);
    inside(c, sweep_inside, NULL);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (manager_is_ready(c->manager) && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    assert_false(manager_is_ready(c->manager));
    assert_int_equal(calls_of(c, "a", "minute"), 3); /* the failure was told: it is pending again */
    hand(c, "a", now, "Get", "k", 4);
    inside(c, sweep_inside, NULL); /* not even tried */
    assert_int_equal(calls_of(c, "a", "minute"), 7);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("a")));
    assert_true(manager_is_ready(c->manager));
    write_down(c);
    control_restart(c);
    assert_int_equal(calls_of(c, "a", "minute"), 7);
}

/* Many at a time, more than one wave. */
static void all_of_many_are_written(void **state)
{
    control_t *c = *state;
    enum { MANY = 150 };
    char name[16];
    uint32_t now = this_minute();
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "c%d", i);
        connect_user(c, name, "CANARY-right");
        hand(c, name, now, "Get", "k", (uint32_t)i + 1);
    }
    write_down(c);
    control_restart(c);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "c%d", i);
        assert_int_equal(calls_of(c, name, "minute"), i + 1);
    }
}

/* Readers and the writer of one connection at the same time: everything once. */
static void a_look_meets_a_write(void **state)
{
    control_t *c = *state;
    uint32_t now = this_minute();
    connect_user(c, "a", "CANARY-right");
    for (int i = 1; i <= 100; i++) {
        hand(c, "a", now, "Get", "k", 1);
        inside(c, sweep_inside, NULL);
        assert_int_equal(calls_of(c, "a", i % 2 ? "minute" : "hour"), i);
    }
}

static void a_spoiled_record_is_written_anew(void **state)
{
    control_t *c = *state;
    answer_t a = {.count = 0};
    connect_user(c, "a", "CANARY-right");
    write_now(c->store, change_put(USAGE_RECENT, "a", 1, "{\"minutes\":"), &a);
    write_now(c->store, change_put(USAGE_MONTH, "a", 1, "7"), &a);
    answer_fini(&a);
    assert_int_equal(calls_of(c, "a", "hour"), 0);
    hand(c, "a", this_minute(), "Get", "k", 3);
    write_down(c);
    assert_int_equal(calls_of(c, "a", "hour"), 3);
}

/* --- last use --- */

static bool is_used(control_t *c, admin_verb_t verb, const char *list, const char *id_name,
                    const char *id)
{
    json_t *all = admin_ok(c, verb, json_object());
    size_t i;
    json_t *one;
    bool used = false;
    json_array_foreach(json_object_get(all, list), i, one)
    {
        const char *found = json_string_value(json_object_get(one, id_name));
        used = used || (strcmp(found, id) == 0 && json_object_get(one, "last_used_at"));
    }
    json_decref(all);
    return used;
}

static void forget_entries(manager_t *m, void *context)
{
    (void)context;
    entries_sweep(m, INT64_MAX / 2);
    assert_int_equal(map_count(m->entries), 0);
}

static void last_use_is_known_wherever_it_stands(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    connect_user(c, "b", "CANARY-right");
    hand(c, "a", this_minute(), "Get", "k", 1);
    for (int round = 0; round < 4; round++) {
        assert_true(is_used(c, ADMIN_CONNECTION_LIST, "connections", "name", "a"));
        assert_false(is_used(c, ADMIN_CONNECTION_LIST, "connections", "name", "b"));
        json_t *shown = admin_ok(c, ADMIN_CONNECTION_SHOW, named("a"));
        assert_non_null(json_object_get(shown, "last_used_at"));
        json_decref(shown);
        if (round == 0) {
            inside(c, forget_entries, NULL); /* pending only */
        } else if (round == 1) {
            write_down(c); /* in memory and in the store */
        } else {
            control_restart(c); /* in the store only */
        }
    }
}

static void a_revoked_key_leaves_nothing(void **state)
{
    control_t *c = *state;
    json_t *made = admin_ok(c, ADMIN_KEY_ADD, json_pack("{s:s}", "role", "admin"));
    const char *id = json_string_value(json_object_get(made, "id"));
    hand(c, "", this_minute(), "", id, 0);
    assert_true(is_used(c, ADMIN_KEY_LIST, "keys", "id", id));
    write_down(c);
    assert_true(is_used(c, ADMIN_KEY_LIST, "keys", "id", id));
    free(stored(c, KEY_USED, id));
    assert_null(admin_ok(c, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", id)));
    assert_null(stored(c, KEY_USED, id));
    hand(c, "", this_minute(), "", id, 0); /* of a call that was under way */
    write_down(c);
    assert_null(stored(c, KEY_USED, id));
    json_decref(made);
}

/* --- connections by state --- */

static manager_figures_t counted(control_t *c, connection_state_t state, unsigned wanted)
{
    manager_figures_t f;
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    do {
        loop_turn(c->loop, 10);
        manager_read_figures(c->manager, &f);
    } while ((!f.counted || f.connections[state] != wanted) && clock_boot_ms() < give_up);
    assert_int_equal(f.connections[state], wanted);
    return f;
}

static void connections_are_counted_by_state(void **state)
{
    control_t *c = *state;
    enum { MANY = 70 }; /* more than two pages */
    char name[16];
    manager_figures_t f = counted(c, CONNECTION_READY, 0);
    assert_int_equal(f.in_memory, 0);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "c%d", i);
        connect_user(c, name, i ? "CANARY-right" : "CANARY-wrong");
    }
    f = counted(c, CONNECTION_READY, MANY);
    assert_int_equal(f.in_memory, MANY);
    ask_in_vain(c, "c0");
    f = counted(c, CONNECTION_REJECTED, 1);
    assert_int_equal(f.connections[CONNECTION_READY], MANY - 1);
    control_restart(c);
    f = counted(c, CONNECTION_READY, MANY - 1);
    assert_int_equal(f.connections[CONNECTION_REJECTED], 1);
    assert_int_equal(f.in_memory, 0); /* counting leaves none behind */
    remove_one(c, "c0");
    counted(c, CONNECTION_REJECTED, 0);
}

/* --- metrics --- */

static void token_requests_are_told_by_outcome(void **state)
{
    control_t *c = *state;
    exposition_t e;
    connect_user(c, "a", "CANARY-right");
    connect_user(c, "b", "CANARY-wrong");
    ask(c, "a");
    ask_in_vain(c, "b");
    ask_in_vain(c, "b");
    connect_user(c, "d", "CANARY-right");
    service_set(SAYS_LATER, 3600, 0);
    ask_in_vain(c, "d");
    exposition_init(&e);
    metrics_read_group(c->metrics, STR("acme"), STR_NONE, &e);
    assert_string_equal(buf_c(&e.samples[METRIC_TOKEN_REQUESTS]),
                        "tenon_token_requests_total{connector=\"acme\",outcome=\"backoff\"} 1\n"
                        "tenon_token_requests_total{connector=\"acme\",outcome=\"ok\"} 1\n"
                        "tenon_token_requests_total{connector=\"acme\",outcome=\"rejected\"} 1\n");
    assert_non_null(
        strstr(buf_c(&e.samples[METRIC_TOKEN_DURATION]), "_count{connector=\"acme\"} 3\n"));
    exposition_fini(&e);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, control_start, control_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(is_added_to_what_the_store_holds),
        CASE(days_move_to_the_month),
        CASE(token_requests_are_counted),
        CASE(a_name_that_comes_back_has_no_past),
        CASE(nobodys_use_is_dropped),
        CASE(what_cannot_be_written_waits),
        CASE(all_of_many_are_written),
        CASE(a_look_meets_a_write),
        CASE(a_spoiled_record_is_written_anew),
        CASE(last_use_is_known_wherever_it_stands),
        CASE(a_revoked_key_leaves_nothing),
        CASE(connections_are_counted_by_state),
        CASE(token_requests_are_told_by_outcome),
    };
    return cmocka_run_group_tests(tests, log_begin, log_end);
}
