/* SPDX-License-Identifier: MIT */
/* tests/cases/archives: a solution, one within a zip within a zip beside a folder of its own, and
 * archives that cannot be read. */
#include "import/powerplatform/packages.h"

#include "definition/catalogue/loading.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/archives"

enum { SEEN_MAX = 4 };

typedef struct seen {
    arena_t *arena;
    package_t list[SEEN_MAX]; /* names and properties are copied */
    size_t count;
} seen_t;

static bool on_package(void *context, const package_t *package, err_t *err)
{
    seen_t *seen = context;
    (void)err;
    assert_true(seen->count < SEEN_MAX);
    package_t *copy = &seen->list[seen->count++];
    *copy = *package;
    copy->name = arena_str(seen->arena, package->name);
    copy->properties = arena_str(seen->arena, package->properties);
    return true;
}

static bool unpack(seen_t *seen, const char *file, err_t *err)
{
    str_t bytes = read_file_in(seen->arena, arena_printf(seen->arena, CASES "/%s", file).p);
    assert_non_null(bytes.p);
    return packages_of_archive(STR("archive"), bytes, on_package, seen, err);
}

static void finds_the_packages(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t count;
        const char *names[2];
        bool scripts[2], icons[2];
    } rows[] = {
        {"solution.zip", 1, {"Acme Rooms"}, {true}, {true}},
        {"within.zip", 2, {"Acme Rooms", "outside"}, {true, false}, {true, false}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        seen_t seen = {.arena = arena_new(0)};
        err_t err = ERR_INIT;
        assert_true(unpack(&seen, rows[i].file, &err));
        assert_int_equal(seen.count, rows[i].count);
        for (size_t k = 0; k < rows[i].count; k++) {
            assert_string_equal(seen.list[k].name.p, rows[i].names[k]);
            assert_int_equal(seen.list[k].has_script, rows[i].scripts[k]);
            assert_int_equal(seen.list[k].has_icon, rows[i].icons[k]);
            assert_true(seen.list[k].definition.n > 0);
        }
        arena_free(seen.arena);
    }
}

static void joins_what_a_solution_keeps_apart(void **state)
{
    (void)state;
    seen_t seen = {.arena = arena_new(0)};
    err_t err = ERR_INIT;
    assert_true(unpack(&seen, "solution.zip", &err));
    assert_string_equal(
        seen.list[0].properties.p,
        "{\"connectionParameters\":{\"key\":{\"type\":\"securestring\",\"uiDefinition\":"
        "{\"constraints\":{\"required\":\"true\"}}}},\"policyTemplateInstances\":[],"
        "\"scriptOperations\":[\"B\"],\"iconBrandColor\":\"#123456\"}");
    arena_free(seen.arena);
}

static void refuses_what_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *file, *says;
    } rows[] = {
        {"empty.zip", "holds no connector"},
        {"lies.zip", "not as long as it says"},
        {"bomb.zip", "unpacks to too much"},
        {"cut.zip", "cannot be read"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        seen_t seen = {.arena = arena_new(0)};
        err_t err = ERR_INIT;
        assert_false(unpack(&seen, rows[i].file, &err));
        assert_int_equal(err.code, ERR_archive_unreadable);
        assert_non_null(strstr(err.text, rows[i].says));
        assert_int_equal(seen.count, 0);
        arena_free(seen.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_packages),
        cmocka_unit_test(joins_what_a_solution_keeps_apart),
        cmocka_unit_test(refuses_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
