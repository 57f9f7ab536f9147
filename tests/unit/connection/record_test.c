/* SPDX-License-Identifier: MIT */
/* Connections as they stand in the store: what is readable, what is sealed, and to what a seal is
 * bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "connection/record.h"

static keyring_t *open_ring(void)
{
    err_t err = ERR_INIT;
    keyring_entry_t entry;
    unsigned char key[MASTER_KEY_BYTES] = {3};
    secret_t *master = secret_new(str_at(key, sizeof key));
    keyring_t *ring = keyring_open(master, NULL, 0, &err);
    assert_non_null(ring);
    keyring_add(ring, 1, &entry);
    secret_unref(master);
    return ring;
}

static connection_record_t *make(void)
{
    connection_record_t *r = connection_record_new(STR("acme"));
    json_object_set_new(r->plain, "connector", json_string("c"));
    json_object_set_new(r->plain, "parameters", json_pack("{s:s}", "host", "h"));
    json_object_set_new(r->secrets, "password", json_string("CANARY \xC3\xA9\n"));
    r->proof_key = json_string("CANARY key");
    r->credential_generation = 1ULL << 57;
    return r;
}

static void write_record(connection_record_t *r, keyring_t *ring, arena_t *arena,
                         store_change_t *change)
{
    err_t err = ERR_INIT;
    assert_true(connection_record_write(r, ring, 1700000000000, arena, change, &err));
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    keyring_t *ring = open_ring();
    arena_t *arena = arena_new(0);
    connection_record_t *r = make();
    for (uint64_t round = 1; round < 4; round++) {
        store_change_t change;
        err_t err = ERR_INIT;
        write_record(r, ring, arena, &change);
        assert_int_equal(change.verb, STORE_PUT);
        assert_true(change.check_generation);
        assert_int_equal(change.expected, round - 1);
        assert_int_equal(change.record.generation, round);
        assert_true(str_is(change.record.kind, "connection"));
        assert_true(str_is(change.record.id, "acme"));
        assert_int_equal(str_find(change.record.plain, STR("CANARY"), 0), SIZE_MAX);
        assert_int_equal(str_find(change.record.sealed, STR("CANARY"), 0), SIZE_MAX);
        connection_record_t *back = connection_record_read(&change.record, ring, &err);
        assert_non_null(back);
        assert_string_equal(back->name, "acme");
        assert_int_equal(back->generation, round);
        assert_int_equal(back->credential_generation, 1ULL << 57);
        assert_true(json_equal(back->plain, r->plain));
        assert_true(json_equal(back->secrets, r->secrets));
        assert_true(json_equal(back->proof_key, r->proof_key));
        assert_int_equal(json_integer_value(json_object_get(back->plain, "changed_at_ms")),
                         1700000000000);
        connection_record_free(back);
    }
    connection_record_free(r);
    arena_free(arena);
    keyring_free(ring);
}

static void assert_corrupt(const store_record_t *record, keyring_t *ring)
{
    err_t err = ERR_INIT;
    assert_null(connection_record_read(record, ring, &err));
    assert_string_equal(err_code_name(err.code), "store_record_corrupt");
    assert_null(strstr(err.text, "CANARY"));
}

/* Hostile cases S02, S03, S04. */
static void a_seal_holds_for_its_place_alone(void **state)
{
    (void)state;
    keyring_t *ring = open_ring(), *other_ring = open_ring();
    arena_t *arena = arena_new(0);
    connection_record_t *r = make();
    store_change_t first, second;
    write_record(r, ring, arena, &first);
    write_record(r, ring, arena, &second);

    store_record_t moved = first.record;
    moved.id = STR("other");
    assert_corrupt(&moved, ring);
    store_record_t older = second.record;
    older.sealed = first.record.sealed;
    assert_corrupt(&older, ring);
    assert_corrupt(&first.record, other_ring);
    for (size_t i = 0; i < first.record.sealed.n; i++) {
        store_record_t flipped = first.record;
        char *bytes = arena_alloc(arena, flipped.sealed.n);
        memcpy(bytes, flipped.sealed.p, flipped.sealed.n);
        bytes[i] = (char)(bytes[i] ^ 4);
        flipped.sealed = str_at(bytes, flipped.sealed.n);
        assert_corrupt(&flipped, ring);
    }
    store_record_t unsealed = first.record;
    unsealed.sealed = STR_NONE;
    assert_corrupt(&unsealed, ring);
    static const char *const PLAIN[] = {"", "{", "[]", "null", "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++) {
        store_record_t broken = first.record;
        broken.plain = str_of(PLAIN[i]);
        assert_corrupt(&broken, ring);
    }
    connection_record_free(r);
    arena_free(arena);
    keyring_free(ring);
    keyring_free(other_ring);
}

static void a_copy_is_its_own(void **state)
{
    (void)state;
    connection_record_t *r = make(), *copy = connection_record_copy(r);
    json_object_set_new(json_object_get(copy->plain, "parameters"), "host", json_string("other"));
    json_object_clear(copy->secrets);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(r->plain, "parameters"), "host")), "h");
    assert_int_equal(json_object_size(r->secrets), 1);
    connection_record_free(r);
    connection_record_free(copy);
}

/* A record that was cut would open as another one, or not at all. */
static void what_is_too_long_is_not_written(void **state)
{
    (void)state;
    enum { LONG = 64 * 1024 };
    keyring_t *ring = open_ring();
    char name[16], *text = calloc(1, LONG + 1);
    memset(text, 'x', LONG);
    for (int sealed = 0; sealed < 2; sealed++) {
        arena_t *arena = arena_new(0);
        connection_record_t *r = make();
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "p%d", i);
            json_object_set_new(sealed ? r->secrets : json_object_get(r->plain, "parameters"), name,
                                json_string(text));
        }
        store_change_t change;
        err_t err = ERR_INIT;
        assert_false(connection_record_write(r, ring, 1, arena, &change, &err));
        assert_string_equal(err_code_name(err.code), "param_too_long");
        connection_record_free(r);
        arena_free(arena);
    }
    free(text);
    keyring_free(ring);
}

static void refusals_are_kept(void **state)
{
    (void)state;
    json_t *plain = json_object();
    refusal_t kept = {.why = ERR_INIT, .version = STR("1.2.ab"), .until_wall_ms = 5, .failures = 3},
              read;
    assert_false(refusal_read(plain, &read));
    err_set(&kept.why, ERR_account_locked, "the token endpoint answered 403");
    kept.why.upstream_status = 403;
    memcpy(kept.why.upstream_error, "too_many", sizeof "too_many");
    memcpy(kept.why.upstream_description, "wait", sizeof "wait");
    refusal_keep(plain, &kept);
    assert_true(refusal_read(plain, &read));
    assert_int_equal(read.why.code, ERR_account_locked);
    assert_string_equal(read.why.text, kept.why.text);
    assert_int_equal(read.why.upstream_status, 403);
    assert_string_equal(read.why.upstream_error, "too_many");
    assert_string_equal(read.why.upstream_description, "wait");
    assert_true(str_is(read.version, "1.2.ab"));
    assert_int_equal(read.until_wall_ms, 5);
    assert_int_equal(read.failures, 3);
    /* Of a later version of Tenon: still a refusal. */
    json_object_set_new(json_object_get(plain, "refusal"), "code", json_string("of_the_future"));
    assert_true(refusal_read(plain, &read));
    assert_int_equal(read.why.code, ERR_credentials_rejected);
    json_decref(plain);
}

static void times_are_shown_in_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        const char *text;
    } ROWS[] = {
        {1795318267089, "2026-11-22T03:31:07Z"},
        {0, "1970-01-01T00:00:00Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        json_t *shown = shown_time(ROWS[i].wall_ms);
        assert_string_equal(json_string_value(shown), ROWS[i].text);
        json_decref(shown);
    }
}

static void each_has_an_identity_of_its_own(void **state)
{
    (void)state;
    connection_record_t *r = connection_record_new(STR("acme"));
    assert_int_equal(connection_record_uid(r), 0);
    json_object_set_new(r->plain, "created_at_ms", json_integer(1795318267089));
    assert_int_equal(connection_record_uid(r), 1795318267089);
    json_object_set_new(r->plain, "uid", json_integer(117657978029342720));
    assert_int_equal(connection_record_uid(r), 117657978029342720);
    connection_t *c = connection_resolve(r, NULL, NULL);
    assert_int_equal(c->uid, 117657978029342720);
    connection_unref(c);
    connection_record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_seal_holds_for_its_place_alone),
        cmocka_unit_test(a_copy_is_its_own),
        cmocka_unit_test(what_is_too_long_is_not_written),
        cmocka_unit_test(refusals_are_kept),
        cmocka_unit_test(times_are_shown_in_utc),
        cmocka_unit_test(each_has_an_identity_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
