/* SPDX-License-Identifier: MIT */
/* tests/cases/archives: what is wanted of an archive, within a budget, or nothing. */
#include "codec/archive.h"

#include "definition/catalogue/loading.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/archives"

static bool all(str_t name)
{
    return name.n > 0;
}

static bool json_only(str_t name)
{
    return str_ends_nocase(name, STR(".json"));
}

static bool none(str_t name)
{
    return name.n == 0;
}

static str_t bytes_in(arena_t *arena, const char *file)
{
    str_t bytes = read_file_in(arena, arena_printf(arena, CASES "/%s", file).p);
    assert_non_null(bytes.p);
    return bytes;
}

static void keeps_what_is_wanted(void **state)
{
    (void)state;
    static const struct {
        bool (*wanted)(str_t name);
        size_t count;
    } rows[] = {{all, 8}, {json_only, 3}, {none, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        archive_t archive;
        err_t err = ERR_INIT;
        size_t budget = ARCHIVE_BYTES_MAX, used = 0;
        assert_true(archive_read_in(arena, bytes_in(arena, "solution.zip"), rows[i].wanted, &budget,
                                    &archive, &err));
        assert_int_equal(archive.count, rows[i].count);
        for (size_t k = 0; k < archive.count; k++) {
            assert_true(rows[i].wanted(archive.members[k].name));
            used += archive.members[k].bytes.n;
        }
        assert_int_equal(budget, ARCHIVE_BYTES_MAX - used);
        arena_free(arena);
    }
}

static void keeps_to_the_budget(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    archive_t archive;
    str_t bytes = bytes_in(arena, "solution.zip");
    size_t budget = 783; /* of all its members together */
    err_t err = ERR_INIT;
    assert_true(archive_read_in(arena, bytes, all, &budget, &archive, &err));
    assert_int_equal(budget, 0);
    budget = 782;
    assert_false(archive_read_in(arena, bytes, all, &budget, &archive, &err));
    assert_int_equal(err.code, ERR_archive_unreadable);
    arena_free(arena);
}

/* Wherever it is cut off, and whatever byte of it is another, it is read or refused. */
static void survives_damage(void **state)
{
    (void)state;
    arena_t *source = arena_new(0);
    str_t bytes = bytes_in(source, "solution.zip");
    for (size_t i = 0; i < bytes.n; i += 7) {
        arena_t *arena = arena_new(0);
        archive_t archive;
        err_t err = ERR_INIT;
        size_t budget = ARCHIVE_BYTES_MAX;
        bool cut = archive_read_in(arena, str_slice(bytes, 0, i), all, &budget, &archive, &err);
        assert_true(!cut || (i == 0 && archive.count == 0)); /* nothing holds nothing */
        str_t damaged = arena_str(arena, bytes);
        ((char *)(uintptr_t)damaged.p)[i] ^= 0x55;
        err_t why = ERR_INIT;
        bool read = archive_read_in(arena, damaged, all, &budget, &archive, &why);
        assert_int_equal(why.code, read ? ERR_none : ERR_archive_unreadable);
        arena_free(arena);
    }
    arena_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_wanted),
        cmocka_unit_test(keeps_to_the_budget),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
