/* SPDX-License-Identifier: MIT */
#include "import/names.h"

#include "definition/catalogue/loading.h"

static void makes_names_of_the_format(void **state)
{
    (void)state;
    static const struct {
        const char *name, *id, *plain, *schema;
    } rows[] = {
        {"Acme HR", "acme-hr", "Acme_HR", "Acme_HR"},
        {"De Lijn (v2)", "de-lijn-v2", "De_Lijn__v2_", "De_Lijn__v2_"},
        {"a.b-c", "a-b-c", "a_b_c", "a.b-c"},
        {"9lives", "9lives", "x9lives", "9lives"},
        {"\xc3\xa9", "connector", "x__", "__"},
        {"", "connector", "x", "schema"},
    };
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        str_t name = str_of(rows[i].name);
        assert_string_equal(name_id_in(arena, name).p, rows[i].id);
        assert_string_equal(name_plain_in(arena, name, 60).p, rows[i].plain);
        assert_string_equal(name_schema_in(arena, name).p, rows[i].schema);
    }
    arena_free(arena);
}

static void names_stay_apart_without_case(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    json_t *taken = json_pack("{s:b,s:b}", "Get", 1, "GET_2", 1);
    assert_string_equal(name_free_in(arena, STR("get"), taken).p, "get_3");
    assert_string_equal(name_free_in(arena, STR("put"), taken).p, "put");
    json_decref(taken);
    arena_free(arena);
}

static void many_of_one_name_are_told_apart_soon(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    json_t *taken = json_object();
    for (unsigned i = 0; i < 3000;
         i++) { /* as many tries for each would be thousands of millions */
        json_object_set_new(taken, name_free_in(arena, STR("Get"), taken).p, json_true());
    }
    assert_int_equal(json_object_size(taken), 3000);
    assert_non_null(json_object_get(taken, "Get_3000"));
    json_object_del(taken, "Get_7");
    assert_string_equal(name_free_in(arena, STR("Get"), taken).p, "Get_7");
    json_decref(taken);
    arena_free(arena);
}

static void a_list_remembers_what_it_gave(void **state)
{
    (void)state;
    static const struct {
        const char *name, *given;
    } rows[] = {{"Get", "Get"},       {"Get_3", "Get_3"}, {"GET", "GET_2"}, {"get", "get_4"},
                {"Get_2", "Get_2_2"}, {"Put", "Put"},     {"get", "get_5"}};
    arena_t *arena = arena_new(0);
    json_t *given = json_object();
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(name_give_in(arena, str_of(rows[i].name), given).p, rows[i].given);
    }
    json_decref(given);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_names_of_the_format),
        cmocka_unit_test(names_stay_apart_without_case),
        cmocka_unit_test(many_of_one_name_are_told_apart_soon),
        cmocka_unit_test(a_list_remembers_what_it_gave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
