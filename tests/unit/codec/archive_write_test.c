/* SPDX-License-Identifier: MIT */
#include "codec/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool any(str_t name)
{
    (void)name;
    return true;
}

static const archive_member_t MEMBERS[] = {
    {STR_INIT("[Content_Types].xml"), STR_INIT("<Types/>")},
    {STR_INIT("Folder/Größe.json"), STR_INIT("{}")},
    {STR_INIT("empty"), STR_INIT("")},
};
enum { COUNT = sizeof MEMBERS / sizeof *MEMBERS };

static void test_is_read_again(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    buf_t zip;
    archive_t read;
    size_t budget = ARCHIVE_BYTES_MAX;
    buf_init(&zip, 1 << 20);
    assert_true(archive_write(&zip, MEMBERS, COUNT, &err));
    assert_true(archive_read_in(arena, buf_view(&zip), any, &budget, &read, &err));
    assert_int_equal(read.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(str_eq(read.members[i].name, MEMBERS[i].name));
        assert_true(str_eq(read.members[i].bytes, MEMBERS[i].bytes));
    }
    buf_fini(&zip);
    arena_free(arena);
}

static void test_same_members_same_bytes(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t first, second;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    assert_true(archive_write(&first, MEMBERS, COUNT, &err));
    assert_true(archive_write(&second, MEMBERS, COUNT, &err));
    assert_true(str_eq(buf_view(&first), buf_view(&second)));
    buf_fini(&first);
    buf_fini(&second);
}

static void test_faults_are_told(void **state)
{
    (void)state;
    static const archive_member_t twice[] = {{STR_INIT("a"), STR_INIT("1")},
                                             {STR_INIT("a"), STR_INIT("2")}};
    err_t err = ERR_INIT;
    buf_t zip;
    buf_init(&zip, 1 << 20);
    assert_false(archive_write(&zip, twice, 2, &err));
    assert_int_equal(err.code, ERR_archive_unwritable);
    assert_int_equal(zip.n, 0);
    buf_fini(&zip);
    err_fini(&err);
    err = ERR_INIT;
    buf_init(&zip, 20); /* no archive is as small */
    assert_false(archive_write(&zip, MEMBERS, COUNT, &err));
    assert_int_equal(err.code, ERR_archive_unwritable);
    buf_fini(&zip);
    err_fini(&err);
}

static void test_no_name_leads_out(void **state)
{
    (void)state;
    static const char *const names[] = {"",      "/a",   "../a", "a/../b", "a/..", ".",
                                        "a/./b", "a//b", "a/",   "a\\b",   "C:a",  ".."};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const archive_member_t member = {str_of(names[i]), STR("1")};
        err_t err = ERR_INIT;
        buf_t zip;
        buf_init(&zip, 1 << 20);
        assert_false(archive_write(&zip, &member, 1, &err));
        assert_int_equal(err.code, ERR_archive_unwritable);
        assert_int_equal(zip.n, 0);
        buf_fini(&zip);
        err_fini(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_read_again),
        cmocka_unit_test(test_same_members_same_bytes),
        cmocka_unit_test(test_faults_are_told),
        cmocka_unit_test(test_no_name_leads_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
