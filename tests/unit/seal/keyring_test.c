/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret_peek.h"
#include "seal/handover.h"
#include "seal/keyring.h"

enum { ROOM = 4 * 1024 * 1024 };

static secret_t *master;
static const seal_place_t place = {STR_INIT("connection"), STR_INIT("acme"), STR_INIT("secrets"),
                                   7};
static const str_t plain = STR_INIT("client_secret=hunter2");

static int make_master(void **state)
{
    (void)state;
    master = secret_new(STR("0123456789abcdef0123456789abcdef"));
    return 0;
}

static int drop_master(void **state)
{
    (void)state;
    secret_unref(master);
    return 0;
}

static keyring_t *open_ring(const keyring_entry_t *entries, size_t count)
{
    err_t err = ERR_INIT;
    keyring_t *ring = keyring_open(master, entries, count, &err);
    assert_non_null(ring);
    assert_false(err_is_set(&err));
    return ring;
}

static keyring_t *new_ring(keyring_entry_t *entry)
{
    keyring_t *ring = open_ring(NULL, 0);
    keyring_add(ring, 1000, entry);
    return ring;
}

static buf_t sealed_with(keyring_t *ring, const seal_place_t *where, str_t bytes)
{
    buf_t sealed;
    buf_init(&sealed, ROOM);
    keyring_seal(ring, where, bytes, &sealed);
    assert_true(buf_ok(&sealed));
    return sealed;
}

static void assert_opens(keyring_t *ring, const seal_place_t *where, str_t sealed, str_t expected)
{
    buf_t to;
    err_t err = ERR_INIT;
    buf_init_wiping(&to, ROOM);
    assert_true(keyring_unseal(ring, where, sealed, &to, &err));
    assert_true(str_eq(buf_view(&to), expected));
    buf_fini(&to);
}

/* Refused with store_record_corrupt, nothing appended, nothing told. */
static void assert_refused(keyring_t *ring, const seal_place_t *where, str_t sealed)
{
    buf_t to;
    err_t err = ERR_INIT;
    buf_init_wiping(&to, ROOM);
    buf_lit(&to, "before");
    assert_false(keyring_unseal(ring, where, sealed, &to, &err));
    assert_int_equal(err.code, ERR_store_record_corrupt);
    assert_true(str_is(buf_view(&to), "before"));
    assert_int_equal(str_find(str_at(to.p, to.capacity), STR("hunter2"), 0), SIZE_MAX);
    assert_null(strstr(err.text, "hunter2"));
    buf_fini(&to);
}

static void opens_what_it_sealed(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, 1024 * 1024};
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *bytes = mem_alloc(sizes[i]);
        memset(bytes, 'x', sizes[i]);
        buf_t sealed = sealed_with(ring, &place, str_at(bytes, sizes[i]));
        assert_int_equal(sealed.n, 1 + 4 + 12 + sizes[i] + 16);
        assert_opens(ring, &place, buf_view(&sealed), str_at(bytes, sizes[i]));
        buf_fini(&sealed);
        free(bytes);
    }
    keyring_free(ring);
}

static void appends_to_both_buffers(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t sealed;
    buf_t to;
    err_t err = ERR_INIT;
    buf_init(&sealed, ROOM);
    buf_init_wiping(&to, ROOM);
    buf_lit(&sealed, "head");
    buf_lit(&to, "head");
    keyring_seal(ring, &place, plain, &sealed);
    assert_true(str_starts(buf_view(&sealed), STR("head\1")));
    assert_true(keyring_unseal(ring, &place, str_slice(buf_view(&sealed), 4, SIZE_MAX), &to, &err));
    assert_true(str_is(buf_view(&to), "headclient_secret=hunter2"));
    buf_fini(&sealed);
    buf_fini(&to);
    keyring_free(ring);
}

static void hides_the_text_and_repeats_nothing(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t one = sealed_with(ring, &place, plain);
    buf_t other = sealed_with(ring, &place, plain);
    assert_int_equal(str_find(buf_view(&one), STR("hunter2"), 0), SIZE_MAX);
    assert_memory_not_equal(one.p + 5, other.p + 5, 12);
    assert_memory_not_equal(one.p + 17, other.p + 17, plain.n);
    buf_fini(&one);
    buf_fini(&other);
    keyring_free(ring);
}

static void refuses_every_flipped_bit(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t sealed = sealed_with(ring, &place, plain);
    for (size_t i = 0; i < sealed.n * 8; i++) {
        char bit = (char)(1 << (i % 8));
        sealed.p[i / 8] = (char)(sealed.p[i / 8] ^ bit);
        assert_refused(ring, &place, buf_view(&sealed));
        sealed.p[i / 8] = (char)(sealed.p[i / 8] ^ bit);
    }
    assert_opens(ring, &place, buf_view(&sealed), plain);
    buf_fini(&sealed);
    keyring_free(ring);
}

static void refuses_other_lengths(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t sealed = sealed_with(ring, &place, plain);
    for (size_t n = 0; n < sealed.n; n++) {
        assert_refused(ring, &place, str_at(sealed.p, n));
        assert_refused(ring, &place, str_slice(buf_view(&sealed), n + 1, sealed.n));
    }
    buf_char(&sealed, '\0');
    assert_refused(ring, &place, buf_view(&sealed));
    buf_fini(&sealed);
    keyring_free(ring);
}

static void refuses_every_other_place(void **state)
{
    (void)state;
    static const seal_place_t others[] = {
        {STR_INIT("token"), STR_INIT("acme"), STR_INIT("secrets"), 7},
        {STR_INIT("connection"), STR_INIT("acmf"), STR_INIT("secrets"), 7},
        {STR_INIT("connection"), STR_INIT("acme"), STR_INIT("refresh"), 7},
        {STR_INIT("connection"), STR_INIT("acme"), STR_INIT("secrets"), 6},
        {STR_INIT("connection"), STR_INIT("acme"), STR_INIT("secrets"), 8},
        {STR_INIT("connection"), STR_INIT("secrets"), STR_INIT("acme"), 7},
        {STR_INIT("connectiona"), STR_INIT("cme"), STR_INIT("secrets"), 7},
        {STR_INIT("connection"), STR_INIT("acmesecrets"), STR_INIT(""), 7},
        {STR_INIT("connection"), STR_INIT(""), STR_INIT("acmesecrets"), 7},
        {STR_INIT("connection"), {NULL, 0}, {NULL, 0}, 7},
        {STR_INIT("connection"), STR_INIT("acme\0"), STR_INIT("secrets"), 7},
    };
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t sealed = sealed_with(ring, &place, plain);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_refused(ring, &others[i], buf_view(&sealed));
        buf_t elsewhere = sealed_with(ring, &others[i], plain);
        assert_refused(ring, &place, buf_view(&elsewhere));
        assert_opens(ring, &others[i], buf_view(&elsewhere), plain);
        buf_fini(&elsewhere);
    }
    buf_fini(&sealed);
    keyring_free(ring);
}

static void refuses_a_record_of_another_ring(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    keyring_t *other = new_ring(&entry);
    buf_t sealed = sealed_with(other, &place, plain);
    assert_refused(ring, &place, buf_view(&sealed)); /* both data keys have number 1 */
    buf_fini(&sealed);
    keyring_free(other);
    keyring_free(ring);
}

static void opens_again_after_a_restart(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t sealed = sealed_with(ring, &place, plain);
    keyring_free(ring);
    assert_int_equal(entry.id, 1);
    assert_int_equal(entry.created_at_ms, 1000);
    assert_true(entry.active);
    assert_int_equal(entry.uses, 0);
    ring = open_ring(&entry, 1);
    assert_opens(ring, &place, buf_view(&sealed), plain);
    buf_fini(&sealed);
    keyring_free(ring);
}

static void assert_not_opened(secret_t *key, const keyring_entry_t *entries, size_t count,
                              err_code_t code)
{
    err_t err = ERR_INIT;
    assert_null(keyring_open(key, entries, count, &err));
    assert_int_equal(err.code, code);
}

static void refuses_another_master_key(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_free(new_ring(&entry));
    secret_t *wrong = secret_new(STR("0123456789abcdef0123456789abcdeF"));
    assert_not_opened(wrong, &entry, 1, ERR_master_key_mismatch);
    secret_unref(wrong);
}

static void refuses_an_altered_data_key(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_free(new_ring(&entry));
    for (size_t i = 0; i < sizeof entry.wrapped; i++) {
        keyring_entry_t altered = entry;
        altered.wrapped[i] ^= 1;
        assert_not_opened(master, &altered, 1, ERR_master_key_mismatch);
    }
    keyring_entry_t renumbered = entry;
    renumbered.id = 2;
    assert_not_opened(master, &renumbered, 1, ERR_master_key_mismatch);
}

static void refuses_a_ring_that_makes_no_sense(void **state)
{
    (void)state;
    keyring_entry_t twice[2];
    keyring_free(new_ring(&twice[0]));
    twice[1] = twice[0];
    assert_not_opened(master, twice, 2, ERR_store_record_corrupt);
    twice[0].active = false;
    assert_not_opened(master, twice, 1, ERR_store_record_corrupt);
    twice[0].id = 0;
    assert_not_opened(master, twice, 1, ERR_store_record_corrupt);
}

static void keeps_old_records_over_a_rotation(void **state)
{
    (void)state;
    keyring_entry_t entries[2];
    uint32_t id = 0;
    keyring_t *ring = new_ring(&entries[0]);
    buf_t old = sealed_with(ring, &place, plain);
    keyring_add(ring, 2000, &entries[1]);
    buf_t new = sealed_with(ring, &place, plain);
    assert_int_equal(old.p[4], 1);
    assert_int_equal(new.p[4], 2);
    assert_int_equal(keyring_uses(ring, &id), 1);
    assert_int_equal(id, 2);
    /* As after a crash that kept the first from being unmarked. */
    assert_true(entries[0].active && entries[1].active);
    for (int round = 0; round < 2; round++) {
        assert_opens(ring, &place, buf_view(&old), plain);
        assert_opens(ring, &place, buf_view(&new), plain);
        keyring_free(ring);
        ring = open_ring(entries, 2);
        (void)keyring_uses(ring, &id);
        assert_int_equal(id, 2);
    }
    keyring_free(ring);
    ring = open_ring(&entries[1], 1); /* the first is no longer referred to */
    assert_refused(ring, &place, buf_view(&old));
    assert_opens(ring, &place, buf_view(&new), plain);
    keyring_entry_t third;
    keyring_add(ring, 3000, &third);
    assert_int_equal(third.id, 3);
    buf_fini(&old);
    buf_fini(&new);
    keyring_free(ring);
}

static void reseals_under_the_active_key(void **state)
{
    (void)state;
    keyring_entry_t entry;
    err_t err = ERR_INIT;
    keyring_t *ring = new_ring(&entry);
    buf_t old = sealed_with(ring, &place, plain);
    buf_t new;
    buf_init(&new, ROOM);
    keyring_add(ring, 2000, &entry);
    assert_true(keyring_reseal(ring, &place, buf_view(&old), &new, &err));
    assert_int_equal(keyring_id_of(buf_view(&old)), 1);
    assert_int_equal(keyring_id_of(buf_view(&new)), 2);
    assert_opens(ring, &place, buf_view(&new), plain);
    old.p[20] ^= 1; /* what was altered is not made whole */
    size_t length = new.n;
    assert_false(keyring_reseal(ring, &place, buf_view(&old), &new, &err));
    assert_int_equal(err.code, ERR_store_record_corrupt);
    assert_int_equal(new.n, length);
    assert_int_equal(keyring_id_of(STR("short")), 0);
    assert_int_equal(keyring_id_of(STR_NONE), 0);
    buf_fini(&old);
    buf_fini(&new);
    keyring_free(ring);
}

static void forgets_a_dropped_key_and_no_other(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t old = sealed_with(ring, &place, plain);
    keyring_add(ring, 2000, &entry);
    buf_t new = sealed_with(ring, &place, plain);
    keyring_drop(ring, 2); /* the active one stays */
    keyring_drop(ring, 7);
    assert_opens(ring, &place, buf_view(&new), plain);
    keyring_drop(ring, 1);
    assert_refused(ring, &place, buf_view(&old));
    assert_opens(ring, &place, buf_view(&new), plain);
    keyring_add(ring, 3000, &entry);
    assert_int_equal(entry.id, 3);
    buf_fini(&old);
    buf_fini(&new);
    keyring_free(ring);
}

static void changes_its_master_key(void **state)
{
    (void)state;
    keyring_entry_t entries[3];
    keyring_t *ring = new_ring(&entries[0]);
    buf_t sealed = sealed_with(ring, &place, plain);
    secret_t *next = secret_new(STR("fedcba9876543210fedcba9876543210"));
    keyring_add(ring, 2000, &entries[1]);
    keyring_wrap(ring, next, entries, 2);
    keyring_set_master(ring, next);
    keyring_add(ring, 3000, &entries[2]); /* drawn under the next one, too */
    keyring_free(ring);
    assert_not_opened(master, entries, 3, ERR_master_key_mismatch);
    err_t err = ERR_INIT;
    ring = keyring_open(next, entries, 3, &err);
    assert_non_null(ring);
    assert_opens(ring, &place, buf_view(&sealed), plain);
    buf_fini(&sealed);
    secret_unref(next);
    keyring_free(ring);
}

static void hands_over_to_one_master_key_only(void **state)
{
    (void)state;
    unsigned char sealed[HANDOVER_BYTES];
    secret_t *next = secret_new(STR("fedcba9876543210fedcba9876543210"));
    handover_seal(master, next, sealed);
    str_t bytes = str_at((const char *)sealed, sizeof sealed);
    secret_t *before = handover_open(next, bytes);
    assert_non_null(before);
    assert_true(secret_equal(before, master));
    assert_null(handover_open(master, bytes));
    assert_null(handover_open(next, str_slice(bytes, 1, bytes.n)));
    keyring_entry_t entry;
    keyring_free(new_ring(&entry)); /* a wrapped data key is none */
    assert_null(handover_open(master, str_at((const char *)entry.wrapped, sizeof entry.wrapped)));
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_null(handover_open(next, bytes));
        sealed[i] ^= 1;
    }
    secret_unref(before);
    secret_unref(next);
}

static void counts_its_seals(void **state)
{
    (void)state;
    uint32_t id = 9;
    keyring_entry_t entry;
    keyring_t *ring = open_ring(NULL, 0);
    assert_int_equal(keyring_uses(ring, &id), 0);
    assert_int_equal(id, 0);
    keyring_add(ring, 1, &entry);
    for (int i = 0; i < 3; i++) {
        buf_t sealed = sealed_with(ring, &place, plain);
        buf_fini(&sealed);
    }
    entry.uses = keyring_uses(ring, NULL);
    assert_int_equal(entry.uses, 3);
    keyring_free(ring);
    entry.uses += 1ULL << 31;
    ring = open_ring(&entry, 1);
    buf_t sealed = sealed_with(ring, &place, plain);
    assert_int_equal(keyring_uses(ring, &id), (1ULL << 31) + 4);
    buf_fini(&sealed);
    keyring_free(ring);
}

static void stops_at_a_ceiling(void **state)
{
    (void)state;
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t small;
    buf_init(&small, 20);
    keyring_seal(ring, &place, plain, &small);
    assert_false(buf_ok(&small));
    assert_int_equal(small.n, 0);
    buf_t sealed = sealed_with(ring, &place, plain);
    err_t err = ERR_INIT;
    buf_clear(&small);
    assert_false(keyring_unseal(ring, &place, buf_view(&sealed), &small, &err));
    assert_int_equal(err.code, ERR_store_record_corrupt);
    buf_fini(&sealed);
    buf_fini(&small);
    keyring_free(ring);
}

static void *seal_and_open(void *context)
{
    for (int i = 0; i < 500; i++) {
        buf_t sealed = sealed_with(context, &place, plain);
        assert_opens(context, &place, buf_view(&sealed), plain);
        buf_fini(&sealed);
    }
    return NULL;
}

static void serves_threads_while_it_rotates(void **state)
{
    (void)state;
    enum { THREADS = 4, KEYS = 10 };
    pthread_t threads[THREADS];
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open, ring), 0);
    }
    for (int i = 1; i < KEYS; i++) {
        keyring_add(ring, i, &entry);
        keyring_drop(ring, 100); /* looks through all of them */
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(entry.id, KEYS);
    keyring_free(ring);
}

/* A record keeps its key alive only while it is opened: what a reader holds outlives the drop. */
static void *open_until_dropped(void *context)
{
    void *const *both = context;
    const buf_t *sealed = both[1];
    bool opened = true;
    while (opened) {
        buf_t to;
        err_t err = ERR_INIT;
        buf_init_wiping(&to, ROOM);
        opened = keyring_unseal(both[0], &place, buf_view(sealed), &to, &err);
        assert_true(opened ? str_eq(buf_view(&to), plain) : to.n == 0);
        buf_fini(&to);
    }
    return NULL;
}

static void drops_under_readers(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    keyring_entry_t entry;
    keyring_t *ring = new_ring(&entry);
    buf_t sealed = sealed_with(ring, &place, plain);
    void *both[] = {ring, &sealed};
    keyring_add(ring, 2000, &entry);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_until_dropped, both), 0);
    }
    keyring_drop(ring, 1);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    buf_fini(&sealed);
    keyring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_what_it_sealed),
        cmocka_unit_test(appends_to_both_buffers),
        cmocka_unit_test(hides_the_text_and_repeats_nothing),
        cmocka_unit_test(refuses_every_flipped_bit),
        cmocka_unit_test(refuses_other_lengths),
        cmocka_unit_test(refuses_every_other_place),
        cmocka_unit_test(refuses_a_record_of_another_ring),
        cmocka_unit_test(opens_again_after_a_restart),
        cmocka_unit_test(refuses_another_master_key),
        cmocka_unit_test(refuses_an_altered_data_key),
        cmocka_unit_test(refuses_a_ring_that_makes_no_sense),
        cmocka_unit_test(keeps_old_records_over_a_rotation),
        cmocka_unit_test(reseals_under_the_active_key),
        cmocka_unit_test(forgets_a_dropped_key_and_no_other),
        cmocka_unit_test(changes_its_master_key),
        cmocka_unit_test(hands_over_to_one_master_key_only),
        cmocka_unit_test(drops_under_readers),
        cmocka_unit_test(counts_its_seals),
        cmocka_unit_test(stops_at_a_ceiling),
        cmocka_unit_test(serves_threads_while_it_rotates),
    };
    return cmocka_run_group_tests(tests, make_master, drop_master);
}
