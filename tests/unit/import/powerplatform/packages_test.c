/* SPDX-License-Identifier: MIT */
/* tests/cases/archives: a solution, one within a zip within a zip beside a folder of its own, and
 * archives that cannot be read. */
#include "import/powerplatform/packages.h"

#include "codec/archive.h"
#include "definition/catalogue/loading.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/archives"

enum { SEEN_MAX = 4 };

typedef struct seen {
    arena_t *arena;
    package_t list[SEEN_MAX]; /* names and properties are copied */
    size_t count;
    str_t unread; /* places and reasons, a line each */
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
    copy->unread = arena_str(seen->arena, package->unread);
    return true;
}

static void on_unread(void *context, str_t place, const err_t *why)
{
    seen_t *seen = context;
    seen->unread = arena_printf(seen->arena, "%.*s%.*s: %s\n", STR_ARG(seen->unread),
                                STR_ARG(place), why->text);
}

static bool unpack(seen_t *seen, const char *file, err_t *err)
{
    str_t bytes = read_file_in(seen->arena, arena_printf(seen->arena, CASES "/%s", file).p);
    assert_non_null(bytes.p);
    const packages_listener_t listener = {on_package, on_unread, seen};
    return packages_of_archive(STR("archive"), bytes, &listener, err);
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

/* --- one fault takes nothing with it --- */

static str_t zip_in(arena_t *arena, const archive_member_t *members, size_t count)
{
    err_t err = ERR_INIT;
    buf_t to;
    buf_init(&to, 1 << 20);
    assert_true(archive_write(&to, members, count, &err));
    str_t bytes = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return bytes;
}

static str_t wrapped_in(arena_t *arena, str_t bytes, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        bytes = zip_in(arena, &(archive_member_t){STR("in.zip"), bytes}, 1);
    }
    return bytes;
}

static bool unpack_members(seen_t *seen, const archive_member_t *members, size_t count, err_t *err)
{
    const packages_listener_t listener = {on_package, on_unread, seen};
    return packages_of_archive(STR("archive"), zip_in(seen->arena, members, count), &listener, err);
}

static const archive_member_t CONNECTOR = {STR_INIT("c/apiDefinition.swagger.json"),
                                           STR_INIT("{}")};

static void zips_that_cannot_be_read_are_told_and_left(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    str_t connector = zip_in(arena, &CONNECTOR, 1);
    seen_t seen = {.arena = arena};
    err_t err = ERR_INIT;
    const archive_member_t members[] = {
        {STR("a/broken.zip"), STR("no zip")},
        {STR("deep.zip"), wrapped_in(arena, connector, 3)},
        {STR("within.zip"), wrapped_in(arena, connector, 2)},
        CONNECTOR,
    };
    assert_true(unpack_members(&seen, members, COUNT(members), &err));
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.unread.p,
                        "/a/broken.zip: the archive cannot be read: Not a zip archive\n"
                        "/deep.zip/in.zip/in.zip/in.zip: it lies within more than 3 zips\n");
    arena_free(arena);
}

static void a_bomb_goes_off_nowhere(void **state)
{
    (void)state;
    seen_t seen = {.arena = arena_new(0)};
    err_t err = ERR_INIT;
    assert_true(unpack(&seen, "bomb.zip", &err));
    assert_int_equal(seen.count, 0);
    assert_true(str_find(seen.unread, STR("it unpacks to too much"), 0) != SIZE_MAX);
    arena_free(seen.arena);
}

static void of_many_broken_zips_the_first_are_told(void **state)
{
    (void)state;
    enum { MANY = 200 };
    seen_t seen = {.arena = arena_new(0)};
    err_t err = ERR_INIT;
    archive_member_t members[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        members[i] = (archive_member_t){arena_printf(seen.arena, "%u.zip", i), STR("no zip")};
    }
    assert_false(unpack_members(&seen, members, MANY, &err));
    assert_string_equal(err.text, "100 zips within it cannot be read");
    arena_free(seen.arena);
}

static void nothing_but_what_is_told_is_no_empty_archive(void **state)
{
    (void)state;
    seen_t seen = {.arena = arena_new(0)};
    err_t err = ERR_INIT;
    const archive_member_t broken = {STR("broken.zip"), STR("no zip")};
    assert_true(unpack_members(&seen, &broken, 1, &err));
    assert_true(seen.unread.n > 0);
    arena_free(seen.arena);
}

static void customizations_that_cannot_be_read_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *unread; /* NULL: nothing */
    } rows[] = {
        {"<ImportExportXml/>", NULL},
        {"<!DOCTYPE x><ImportExportXml/>",
         "customizations.xml: the XML cannot be read: a document type at byte 2: name, colour and "
         "scriptOperations are not known"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        seen_t seen = {.arena = arena_new(0)};
        err_t err = ERR_INIT;
        const archive_member_t members[] = {
            {STR("customizations.xml"), str_of(rows[i].xml)},
            {STR("Connector/x_openapidefinition.json"), STR("{}")},
        };
        assert_true(unpack_members(&seen, members, COUNT(members), &err));
        assert_int_equal(seen.count, 1);
        assert_true(rows[i].unread ? str_is(seen.list[0].unread, rows[i].unread)
                                   : seen.list[0].unread.n == 0);
        arena_free(seen.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_packages),
        cmocka_unit_test(joins_what_a_solution_keeps_apart),
        cmocka_unit_test(refuses_what_cannot_be_read),
        cmocka_unit_test(zips_that_cannot_be_read_are_told_and_left),
        cmocka_unit_test(a_bomb_goes_off_nowhere),
        cmocka_unit_test(of_many_broken_zips_the_first_are_told),
        cmocka_unit_test(nothing_but_what_is_told_is_no_empty_archive),
        cmocka_unit_test(customizations_that_cannot_be_read_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
