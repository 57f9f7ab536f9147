/* SPDX-License-Identifier: MIT */
/* The data key changes under the trail's thread, in the moments in which that could lose something.
 */
#include "rig.h"

/* --- a store in which it happens --- */

static rig_t rig;
static bool at_list, at_write; /* armed, once */
static store_backend_t backend;

/* As the pass does it that follows upon a new key, to its end. */
static void seal_anew(void *db, const store_rows_t *rows)
{
    keyring_entry_t entry;
    keyring_add(rig.keyring, 2, &entry);
    for (size_t i = 0; i < rows->count; i++) {
        store_record_t record = rows->records[i];
        const seal_place_t place = {
            .type = STR("audit"), .id = record.id, .field = STR("audit"), .generation = 1};
        err_t err = ERR_INIT;
        buf_t sealed;
        buf_init(&sealed, 2 * ENTRY_MAX);
        assert_true(keyring_reseal(rig.keyring, &place, record.sealed, &sealed, &err));
        record.sealed = buf_view(&sealed);
        store_change_t change = {.verb = STORE_PUT, .record = record};
        store_batch_t batch = {.changes = &change, .count = 1};
        store_sqlite.write(db, &(store_batch_t *){&batch}, 1);
        buf_fini(&sealed);
    }
    keyring_drop(rig.keyring, 1);
}

static bool list(void *db, const store_range_t *range, store_rows_t *rows, err_t *err)
{
    bool ok = store_sqlite.list(db, range, rows, err);
    if (at_list && str_is(range->kind, "audit")) {
        at_list = false;
        seal_anew(db, rows);
    }
    return ok;
}

static void write_batches(void *db, store_batch_t *const *batches, size_t count)
{
    if (at_write) {
        keyring_entry_t entry;
        at_write = false;
        keyring_add(rig.keyring, 2, &entry);
    }
    store_sqlite.write(db, batches, count);
}

static int begin(void **state)
{
    (void)state;
    backend = store_sqlite;
    backend.list = list;
    backend.write = write_batches;
    at_list = at_write = false;
    rig_init(&rig);
    rig.backend = &backend;
    rig_open(&rig);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_close(&rig);
    rig_fini(&rig);
    return 0;
}

/* --- what happens --- */

static size_t count_lines(const char *what)
{
    json_t *page = rig_lines(&rig, (audit_query_t){.what = str_of(what)});
    size_t count = json_array_size(json_object_get(page, "lines"));
    json_decref(page);
    return count;
}

static void a_line_that_is_sealed_anew_meanwhile_is_not_lost(void **state)
{
    (void)state;
    assert_true(rig_change(&rig, "one"));
    at_list = true;
    assert_true(rig_move(&rig));
    assert_false(at_list);
    assert_int_equal(count_lines("key.created"), 1);
    assert_int_equal(count_lines("audit.unreadable"), 0);
    rig_assert_well(&rig);
}

static void the_state_never_stays_under_a_key_of_before(void **state)
{
    (void)state;
    answer_t a = {.count = 0};
    uint32_t active;
    at_write = true;
    assert_true(rig_append(&rig, "one"));
    assert_false(at_write);
    keyring_uses(rig.keyring, &active);
    assert_int_equal(active, 2);
    store_get_now(rig.store, STR("meta"), STR("audit"), answer_keep, &a);
    assert_int_equal(keyring_id_of(str_at(a.sealed, a.sealed_length)), active);
    answer_fini(&a);
    keyring_drop(rig.keyring, 1);
    rig_close(&rig);
    rig_open(&rig);
    rig_assert_well(&rig);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(a_line_that_is_sealed_anew_meanwhile_is_not_lost),
        CASE(the_state_never_stays_under_a_key_of_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
