/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 16, 100, 1000, 1025, 4096, 5000, 200000, 3};
    arena_t *a = arena_new(0);
    for (unsigned round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *p = arena_alloc(a, sizes[i]);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t at = 0; at < sizes[i]; at++) {
                assert_int_equal(p[at], 0);
            }
            memset(p, 0xee, sizes[i]); /* pieces that overlap would show up as not zeroed */
        }
    }
    arena_free(a);
}

static void keeps_filling_a_block_after_a_large_piece(void **state)
{
    (void)state;
    arena_t *a = arena_new(4096);
    char *small = arena_alloc(a, 16);
    arena_alloc(a, 100000);
    char *next = arena_alloc(a, 16);
    assert_ptr_equal(next, small + 16);
    arena_free(a);
}

static void counts_what_it_took(void **state)
{
    (void)state;
    arena_t *a = arena_new(1024);
    size_t empty = arena_bytes(a);
    arena_alloc(a, 10);
    size_t one_block = arena_bytes(a);
    assert_true(one_block >= empty + 1024);
    arena_alloc(a, 10);
    assert_int_equal(arena_bytes(a), one_block);
    arena_alloc(a, 50000);
    assert_true(arena_bytes(a) >= one_block + 50000);
    arena_free(a);
}

static void keeps_its_blocks_even(void **state)
{
    (void)state;
    arena_t *a = arena_new_even(1024);
    arena_alloc(a, 200);
    size_t block = arena_bytes(a);
    for (int i = 0; i < 5; i++) {
        arena_alloc(a, 200); /* the last one needs the next block */
    }
    size_t two_blocks = arena_bytes(a);
    assert_in_range(two_blocks, block + 1024, block + 1024 + 64);
    for (int i = 0; i < 20; i++) {
        arena_alloc(a, 200);
    }
    assert_in_range(arena_bytes(a), two_blocks + 5 * 1024, two_blocks + 5 * (1024 + 64));
    arena_free(a);
}

static void copies_strings(void **state)
{
    (void)state;
    arena_t *a = arena_new(0);
    char text[] = "abc";
    str_t copy = arena_str(a, str_at(text, 3));
    text[0] = 'x';
    assert_int_equal(copy.n, 3);
    assert_string_equal(copy.p, "abc");
    assert_null(arena_str(a, STR_NONE).p);
    str_t empty = arena_str(a, STR(""));
    assert_int_equal(empty.n, 0);
    assert_string_equal(empty.p, "");
    str_t with_nul = arena_str(a, STR("a\0b"));
    assert_int_equal(with_nul.n, 3);
    assert_memory_equal(with_nul.p, "a\0b", 4);
    str_t printed = arena_printf(a, "%s/%d", "v", 12);
    assert_int_equal(printed.n, 4);
    assert_string_equal(printed.p, "v/12");
    assert_int_equal(arena_printf(a, "%s", "").n, 0);
    arena_free(a);
}

static char order[8];

static void note(void *p)
{
    const char *name = p;
    strcat(order, name);
}

static void runs_last_wishes_in_reverse(void **state)
{
    (void)state;
    arena_t *a = arena_new(0);
    arena_on_free(a, note, arena_alloc(a, 1));
    arena_on_free(a, note, (void *)(uintptr_t)arena_str(a, STR("1")).p);
    arena_on_free(a, note, (void *)(uintptr_t)arena_str(a, STR("2")).p);
    arena_on_free(a, note, (void *)(uintptr_t)arena_str(a, STR("3")).p);
    order[0] = '\0';
    arena_free(a);
    assert_string_equal(order, "321");
}

static void frees_nothing_for_null(void **state)
{
    (void)state;
    arena_free(NULL);
    arena_free(arena_new(0));
}

typedef struct point {
    int x;
    double y;
} point_t;

static void makes_typed_memory(void **state)
{
    (void)state;
    arena_t *a = arena_new(1);
    point_t *one = arena_new_of(a, point_t);
    point_t *many = arena_array_of(a, point_t, 300);
    one->x = 1;
    many[299].y = 2;
    assert_int_equal(many[0].x, 0);
    assert_int_equal(one->x, 1);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory),
        cmocka_unit_test(keeps_filling_a_block_after_a_large_piece),
        cmocka_unit_test(counts_what_it_took),
        cmocka_unit_test(keeps_its_blocks_even),
        cmocka_unit_test(copies_strings),
        cmocka_unit_test(runs_last_wishes_in_reverse),
        cmocka_unit_test(frees_nothing_for_null),
        cmocka_unit_test(makes_typed_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
