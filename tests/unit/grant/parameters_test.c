/* SPDX-License-Identifier: MIT */
/* FORMAT 5: an entry of params replaces the standard one in place, null removes it, a list repeats
 * it. */
#include "template/check.h"

#include "grant/parameters.h"

typedef struct row {
    const char *params;      /* YAML; NULL: none */
    const char *form, *json; /* name=value, a blank behind each; json NULL: the same */
} row_t;

static const row_t ROWS[] = {
    {NULL, "grant_type=password scope=a client_id=c ", NULL},
    {"{}", "grant_type=password scope=a client_id=c ", NULL},
    {"{realm: R}", "grant_type=password scope=a client_id=c realm=R ", NULL},
    {"{scope: b}", "grant_type=password scope=b client_id=c ", NULL},
    {"{scope: b, realm: R, client_id: d}", "grant_type=password scope=b client_id=d realm=R ",
     NULL},
    {"{scope: null}", "grant_type=password client_id=c ", NULL},
    {"{none: null}", "grant_type=password scope=a client_id=c ", NULL},
    {"{scope: null, audience: x}", "grant_type=password client_id=c audience=x ", NULL},
    {"{scope: [x, y]}", "grant_type=password scope=x scope=y client_id=c ",
     "grant_type=password scope=[\"x\",\"y\"] client_id=c "},
    {"{resource: [x, y]}", "grant_type=password scope=a client_id=c resource=x resource=y ",
     "grant_type=password scope=a client_id=c resource=[\"x\",\"y\"] "},
    {"{scope: '${input.ids}'}", "grant_type=password scope=1 scope=2 client_id=c ",
     "grant_type=password scope=[\"1\",\"2\"] client_id=c "},
    {"{a: '${input.n}', b: true, c: 1.5}",
     "grant_type=password scope=a client_id=c a=7 b=true c=1.5 ", NULL},
    {"{scope: '${input.missing}'}", "grant_type=password scope=a client_id=c ", NULL},
    {"{a: ''}", "grant_type=password scope=a client_id=c a= ", NULL},
    {"{a: '${input.text}'}", "grant_type=password scope=a client_id=c a=${connection.token} ",
     NULL},
};

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    (void)context;
    fail_msg("%u:%u %s: %s", line, column, err_code_name(code), text);
}

static void check_row(const row_t *row, bool keep_lists)
{
    arena_t *arena = arena_new(0);
    json_t *values = read_json("{\"input\": {\"ids\": [\"1\", \"2\"], \"n\": 7,"
                               " \"text\": \"${connection.token}\"}}");
    template_scope_t scope = scope_of(values);
    grant_build_t build = {.arena = arena, .scope = &scope};
    const template_tree_t *tree = NULL;
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 4096);
    if (row->params) {
        const yaml_node_t *node = yaml_read_in(arena, str_of(row->params), 4096, on_fault, NULL);
        tree = template_tree_in(arena, node, false, on_fault, NULL);
    }
    parameters_add(&build, STR("grant_type"), json_string("password"));
    parameters_add(&build, STR("scope"), json_string("a"));
    parameters_add(&build, STR("client_id"), json_string("c"));
    assert_true(parameters_override(&build, tree, keep_lists, &err));
    for (size_t i = 0; i < build.parameters.count; i++) {
        buf_str(&seen, build.parameters.list[i].name);
        buf_char(&seen, '=');
        parameter_text(build.parameters.list[i].value, &seen);
        buf_char(&seen, ' ');
    }
    assert_string_equal(buf_c(&seen), keep_lists && row->json ? row->json : row->form);
    buf_fini(&seen);
    arena_free(arena);
    json_decref(values);
}

static void entries_replace_remove_and_repeat(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        check_row(&ROWS[i], false);
        check_row(&ROWS[i], true);
    }
}

static void there_is_room_for_many(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    grant_build_t build = {.arena = arena};
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        parameters_add(&build, str_of(name), json_integer(i));
    }
    assert_int_equal(build.parameters.count, 1000);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        assert_true(str_is(build.parameters.list[i].name, name));
        assert_int_equal(json_integer_value(build.parameters.list[i].value), i);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_replace_remove_and_repeat),
        cmocka_unit_test(there_is_room_for_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
