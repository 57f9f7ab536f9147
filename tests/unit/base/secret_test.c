/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/secret_peek.h"

static void keeps_bytes(void **state)
{
    (void)state;
    secret_t *s = secret_new(STR("s3\0cret"));
    str_t seen = secret_peek(s);
    assert_int_equal(seen.n, 7);
    assert_memory_equal(seen.p, "s3\0cret", 8); /* with the NUL behind it */
    secret_unref(s);

    secret_t *empty = secret_new(STR_NONE);
    assert_int_equal(secret_peek(empty).n, 0);
    assert_string_equal(secret_peek(empty).p, "");
    secret_unref(empty);
    secret_unref(NULL);
}

static void compares(void **state)
{
    (void)state;
    static const struct {
        str_t a;
        str_t b;
        bool equal;
    } rows[] = {
        {STR_INIT(""), STR_INIT(""), true},        {STR_INIT("a"), STR_INIT("a"), true},
        {STR_INIT("a"), STR_INIT("b"), false},     {STR_INIT("a"), STR_INIT("ab"), false},
        {STR_INIT("ab"), STR_INIT("a"), false},    {STR_INIT("xbc"), STR_INIT("abc"), false},
        {STR_INIT("abx"), STR_INIT("abc"), false}, {STR_INIT("a\0b"), STR_INIT("a\0c"), false},
        {STR_INIT("\x80"), STR_INIT(""), false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        secret_t *a = secret_new(rows[i].a);
        secret_t *b = secret_new(rows[i].b);
        assert_int_equal(secret_equal(a, b), rows[i].equal);
        assert_true(secret_equal(a, a));
        assert_false(secret_equal(a, NULL));
        secret_unref(a);
        secret_unref(b);
    }
    assert_true(secret_equal(NULL, NULL));
}

static void lives_until_the_last_reference(void **state)
{
    (void)state;
    secret_t *s = secret_new(STR("abc"));
    assert_ptr_equal(secret_ref(s), s);
    secret_unref(s);
    assert_string_equal(secret_peek(s).p, "abc");
    secret_unref(s);
    assert_null(secret_ref(NULL));
}

static void wipes(void **state)
{
    (void)state;
    char text[] = "abc";
    secret_wipe(text, 2);
    assert_memory_equal(text, "\0\0c", 4);
}

/* Sizes on both sides of every border of the pool, used, freed and used again. */
static void holds_any_size(void **state)
{
    (void)state;
    enum { SIZES = 40 };
    static char text[70000];
    memset(text, 's', sizeof text);
    secret_t *secrets[SIZES];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < SIZES; i++) {
            size_t n = ((size_t)1 << (i / 3)) + i % 3;
            secrets[i] = secret_new(str_at(text, n));
        }
        for (size_t i = 0; i < SIZES; i++) {
            str_t seen = secret_peek(secrets[i]);
            assert_int_equal(seen.n, ((size_t)1 << (i / 3)) + i % 3);
            assert_memory_equal(seen.p, text, seen.n);
            assert_int_equal(seen.p[seen.n], 0);
            secret_unref(secrets[i]);
        }
    }
    secret_t *large = secret_new(str_at(text, sizeof text));
    assert_memory_equal(secret_peek(large).p, text, sizeof text);
    secret_unref(large);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *share(void *context)
{
    secret_t *shared = context;
    for (int i = 0; i < ROUNDS; i++) {
        secret_t *own = secret_new(STR("own"));
        secret_t *mine = secret_ref(shared);
        if (secret_equal(own, mine)) {
            return context;
        }
        secret_unref(mine);
        secret_unref(own);
    }
    secret_unref(shared);
    return NULL;
}

static void is_shared_by_threads(void **state)
{
    (void)state;
    secret_t *s = secret_new(STR("abc"));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, share, secret_ref(s)), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_string_equal(secret_peek(s).p, "abc");
    secret_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_bytes),
        cmocka_unit_test(compares),
        cmocka_unit_test(lives_until_the_last_reference),
        cmocka_unit_test(wipes),
        cmocka_unit_test(holds_any_size),
        cmocka_unit_test(is_shared_by_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
