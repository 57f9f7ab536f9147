/* SPDX-License-Identifier: MIT */
/* Sealed records: whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/sealed_json.h"

typedef struct fixture {
    secret_t *master;
    keyring_t *keyring;
    arena_t *arena;
} fixture_t;

static int set_up(void **state)
{
    static fixture_t f;
    unsigned char key[MASTER_KEY_BYTES] = {7};
    keyring_entry_t entry;
    err_t err = ERR_INIT;
    f.master = secret_new(str_at(key, sizeof key));
    f.keyring = keyring_open(f.master, NULL, 0, &err);
    keyring_add(f.keyring, 0, &entry);
    f.arena = arena_new(0);
    log_configure(LOG_ERROR + 1, false);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *f = *state;
    arena_free(f->arena);
    keyring_free(f->keyring);
    secret_unref(f->master);
    return 0;
}

/* An object whose text has so many bytes. */
static json_t *object_of(size_t bytes)
{
    static const char AROUND[] = "{\"a\":\"\"}";
    size_t n = bytes - (sizeof AROUND - 1);
    char *text = mem_alloc(n + 1);
    memset(text, 'x', n);
    json_t *all = json_pack("{s:o}", "a", json_str(str_at(text, n)));
    free(text);
    return all;
}

static void all_there_is_room_for_comes_back(void **state)
{
    fixture_t *f = *state;
    const store_record_t record = {.kind = STR("token"), .id = STR("c/a"), .generation = 3};
    store_change_t change;
    json_t *all = object_of(SEALED_JSON_BYTES_MAX);
    assert_int_equal(sealed_json_write(&record, all, f->keyring, f->arena, &change), 1);
    assert_int_equal(change.verb, STORE_PUT);
    assert_int_equal(change.record.generation, 3);
    json_t *read = sealed_json_read(&change.record, f->keyring);
    assert_true(json_equal(read, all));
    json_decref(read);
    json_decref(all);
}

static void what_has_no_room_is_not_cut(void **state)
{
    fixture_t *f = *state;
    const store_record_t record = {.kind = STR("token"), .id = STR("c/a"), .generation = 3};
    store_change_t change = {.verb = STORE_DELETE};
    json_t *all = object_of(SEALED_JSON_BYTES_MAX + 1);
    assert_int_equal(sealed_json_write(&record, all, f->keyring, f->arena, &change), 0);
    assert_int_equal(change.verb, STORE_DELETE); /* nothing was said */
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_there_is_room_for_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_has_no_room_is_not_cut, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sealed_json", tests, NULL, NULL);
}
