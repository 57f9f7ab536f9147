/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "policy/check.h"

static void sets_properties(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{set_property: {at: body.a, value: 1}}]", "{\"a\":2}", "{\"a\":1}"},
        {"[{set_property: {at: body.a, value: [x, {y: true}]}}]", "{}",
         "{\"a\":[\"x\",{\"y\":true}]}"},
        {"[{set_property: {at: body.a, value: null}}]", "{\"a\":2}", "{\"a\":null}"},
        {"[{set_property: {at: body, value: {whole: true}}}]", "[1]", "{\"whole\":true}"},
        {"[{set_property: {at: \"body.list[].kind\", value: k}}]", "{\"list\":[{},{\"kind\":1},7]}",
         "{\"list\":[{\"kind\":\"k\"},{\"kind\":\"k\"},7]}"},
        {"[{set_property: {at: \"body[]['@odata.type']\", value: t}}]", "[{},[]]",
         "[{\"@odata.type\":\"t\"},[]]"},
        {"[{set_property: {at: \"body.list[1]\", value: x}}]", "{\"list\":[1,2,3]}",
         "{\"list\":[1,\"x\",3]}"},
        {"[{set_property: {at: \"body.list[]\", value: x}}]", "{\"list\":[1,2]}",
         "{\"list\":[\"x\",\"x\"]}"},
        /* what is not there is skipped */
        {"[{set_property: {at: body.a.b, value: 1}}]", "{}", "{}"},
        {"[{set_property: {at: body.a.b, value: 1}}]", "{\"a\":[]}", "{\"a\":[]}"},
        {"[{set_property: {at: \"body.list[3]\", value: 1}}]", "{\"list\":[1]}", "{\"list\":[1]}"},
        {"[{set_property: {at: \"body.list[].x\", value: 1}}]", "{\"list\":{}}", "{\"list\":{}}"},
        {"[{set_property: {at: body.a, value: 1}}]", "[]", "[]"},
        {"[{set_property: {at: body.a, value: 1}}]", "\"text\"", "\"text\""},
    };
    check_rows(rows, COUNT(rows));
}

static void values_see_the_body_as_it_is(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{set_property: {at: body.b, value: \"${body.a.x}\"}}]", "{\"a\":{\"x\":[1,2]}}",
         "{\"a\":{\"x\":[1,2]},\"b\":[1,2]}"},
        {"[{set_property: {at: \"body.v[].name\", value: \"${item.first} ${item.last}\"}}]",
         "{\"v\":[{\"first\":\"A\",\"last\":\"B\"},{\"first\":\"C\"}]}",
         "{\"v\":[{\"first\":\"A\",\"last\":\"B\",\"name\":\"A B\"},{\"first\":\"C\"}]}"},
        {"[{set_property: {at: \"body.v[].w[].of\", value: \"${item.n}\"}}]",
         "{\"v\":[{\"w\":[{\"n\":1},{\"n\":2}]}]}",
         "{\"v\":[{\"w\":[{\"n\":1,\"of\":1},{\"n\":2,\"of\":2}]}]}"},
        /* each policy sees what those before it made; input stays what came */
        {"[{set_property: {at: body.a, value: 2}}, {set_property: {at: body.b, value: "
         "\"${body.a}\"}},"
         " {set_property: {at: body.c, value: \"${input.body.a}\"}}]",
         "{\"a\":1}", "{\"a\":2,\"b\":2,\"c\":1}"},
        {"[{set_property: {at: body.a, value: \"${connection.tenant}-${steps.s.body.etag}\"}}]",
         "{}", "{\"a\":\"acme-W/1\"}"},
        /* a body within itself is a copy */
        {"[{set_property: {at: body.a, value: \"${body}\"}}, {set_property: {at: body.a.x, value: "
         "9}}]",
         "{\"x\":1}", "{\"x\":1,\"a\":{\"x\":9}}"},
        {"[{set_property: {at: \"body.l[].c\", value: {k: \"${body.o}\"}}}, "
         "{set_property: {at: \"body.l[0].c.k.x\", value: 2}}]",
         "{\"o\":{\"x\":1},\"l\":[{},{}]}",
         "{\"o\":{\"x\":1},\"l\":[{\"c\":{\"k\":{\"x\":2}}},{\"c\":{\"k\":{\"x\":1}}}]}"},
    };
    check_rows(rows, COUNT(rows));
}

static void works_on_texts(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{replace_string: {at: \"body.r[].link\", find: \"%\", with: \"%25\"}}, "
         "{replace_string: {at: \"body.r[].link\", find: \".\", with: \"%2E\"}}]",
         "{\"r\":[{\"link\":\"a.b%c.d\"},{\"link\":5},{}]}",
         "{\"r\":[{\"link\":\"a%2Eb%25c%2Ed\"},{\"link\":5},{}]}"},
        {"[{replace_string: {at: body, find: aa, with: a}}]", "\"aaaaa\"", "\"aaa\""},
        {"[{replace_string: {at: body.a, find: b, with: \"\"}}]", "{\"a\":\"abc\"}",
         "{\"a\":\"ac\"}"},
        {"[{replace_string: {at: body.a, find: zz, with: y}}]", "{\"a\":\"abc\"}",
         "{\"a\":\"abc\"}"},
        {"[{replace_string: {at: body.a, find: b, with: x, to: body.z}}]", "{\"a\":\"abc\"}",
         "{\"a\":\"abc\",\"z\":\"axc\"}"},
        {"[{replace_string: {at: \"body.v[].a\", find: b, with: x, to: item.z}}]",
         "{\"v\":[{\"a\":\"b\"},{\"a\":\"c\"}]}",
         "{\"v\":[{\"a\":\"b\",\"z\":\"x\"},{\"a\":\"c\",\"z\":\"c\"}]}"},
        {"[{replace_string: {at: \"body[]\", find: a, with: b}}]", "[\"a\",\"c\",1]",
         "[\"b\",\"c\",1]"},
        {"[{encode_property: {at: body.a}}]", "{\"a\":\"a b/ü?~\"}",
         "{\"a\":\"a%20b%2F%C3%BC%3F~\"}"},
        {"[{encode_property: {at: body.a, to: body.b}}]", "{\"a\":7}", "{\"a\":7}"},
        {"[{encode_property: {at: body.a, to: body.b.c}}]", "{\"a\":\"x\"}", "{\"a\":\"x\"}"},
    };
    check_rows(rows, COUNT(rows));
}

static void turns_texts_into_lists(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{string_to_array: {at: body.to, separator: \";\"}}]", "{\"to\":\"a@b; c@d ;\"}",
         "{\"to\":[\"a@b\",\"c@d\"]}"},
        {"[{string_to_array: {at: body.to, separator: \";\", as: userId}}]", "{\"to\":\"a;b\"}",
         "{\"to\":[{\"userId\":\"a\"},{\"userId\":\"b\"}]}"},
        {"[{string_to_array: {at: body.to, separator: \", \"}}]", "{\"to\":\"a, b,c\"}",
         "{\"to\":[\"a\",\"b,c\"]}"},
        {"[{string_to_array: {at: body.to, separator: \";\", to: body.list}}]", "{\"to\":\"\"}",
         "{\"to\":\"\",\"list\":[]}"},
        {"[{string_to_array: {at: body.to, separator: \";\"}}]", "{\"to\":[1]}", "{\"to\":[1]}"},
    };
    check_rows(rows, COUNT(rows));
}

static void turns_lists_into_objects_and_back(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{array_to_object: {at: body.r, key: id}}]",
         "{\"r\":[{\"id\":\"a\",\"x\":1},{\"id\":2,\"x\":{}},{\"id\":true}]}",
         "{\"r\":{\"a\":{\"x\":1},\"2\":{\"x\":{}},\"true\":{}}}"},
        {"[{array_to_object: {at: body, key: id, keep_key: true}}]", "[{\"id\":\"a\"}]",
         "{\"a\":{\"id\":\"a\"}}"},
        {"[{array_to_object: {at: body, key: id}}]",
         "[{\"id\":\"a\",\"x\":1},{\"id\":\"a\",\"x\":2}]", "{\"a\":{\"x\":2}}"},
        {"[{array_to_object: {at: body.r, key: id, to: body.o}}, {set_property: {at: body.o.a.x.y, "
         "value: 2}}]",
         "{\"r\":[{\"id\":\"a\",\"x\":{\"y\":1}}]}",
         "{\"r\":[{\"id\":\"a\",\"x\":{\"y\":1}}],\"o\":{\"a\":{\"x\":{\"y\":2}}}}"},
        /* a row without a name would be lost */
        {"[{array_to_object: {at: body, key: id}}]", "[{\"id\":\"a\"},{\"x\":1}]",
         "[{\"id\":\"a\"},{\"x\":1}]"},
        {"[{array_to_object: {at: body, key: id}}]", "[{\"id\":null}]", "[{\"id\":null}]"},
        {"[{array_to_object: {at: body, key: id}}]", "[1]", "[1]"},
        {"[{array_to_object: {at: body, key: id}}]", "{\"id\":1}", "{\"id\":1}"},
        {"[{array_to_object: {at: body, key: id}}]", "[]", "{}"},
        {"[{object_to_array: {at: body.o}}]", "{\"o\":{\"a\":1,\"b\":[2]}}",
         "{\"o\":[{\"key\":\"a\",\"value\":1},{\"key\":\"b\",\"value\":[2]}]}"},
        {"[{object_to_array: {at: \"body.value[].assignments\", to: item._assignments, key: "
         "userId, "
         "value: value}}]",
         "{\"value\":[{\"assignments\":{\"u\":{\"h\":1}}},{}]}",
         "{\"value\":[{\"assignments\":{\"u\":{\"h\":1}},\"_assignments\":[{\"userId\":\"u\","
         "\"value\":"
         "{\"h\":1}}]},{}]}"},
        {"[{object_to_array: {at: body}}]", "[1]", "[1]"},
    };
    check_rows(rows, COUNT(rows));
}

static void moves_properties(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{move_properties: {from: body.custom, to: body}}]",
         "{\"a\":1,\"custom\":{\"b\":2,\"a\":3}}", "{\"a\":3,\"b\":2}"},
        {"[{move_properties: {from: body, to: body.fields}}]", "{\"a\":1,\"b\":2}",
         "{\"fields\":{\"a\":1,\"b\":2}}"},
        {"[{move_properties: {from: body, to: body.fields}}]", "{\"a\":1,\"fields\":{\"b\":2}}",
         "{\"fields\":{\"b\":2,\"a\":1}}"},
        {"[{move_properties: {from: body, to: body.x.y}}]", "{\"a\":1,\"x\":{\"b\":2}}",
         "{\"x\":{\"b\":2,\"y\":{\"a\":1}}}"},
        {"[{move_properties: {from: body.a, to: body.b}}]", "{\"a\":1,\"c\":2}",
         "{\"c\":2,\"b\":1}"},
        {"[{move_properties: {from: body.a, to: body.b}}]", "{\"a\":{\"x\":1},\"b\":[2]}",
         "{\"b\":{\"x\":1}}"},
        {"[{move_properties: {from: body.a, to: body}}]", "{\"a\":[1],\"c\":2}", "[1]"},
        {"[{move_properties: {from: \"body.value[].fields\", to: item}}]",
         "{\"value\":[{\"id\":1,\"fields\":{\"t\":\"x\"}},{\"id\":2}]}",
         "{\"value\":[{\"id\":1,\"t\":\"x\"},{\"id\":2}]}"},
        {"[{move_properties: {from: \"body.value[]\", to: item.inner}}]",
         "{\"value\":[{\"a\":1},5]}", "{\"value\":[{\"inner\":{\"a\":1}},5]}"},
        {"[{move_properties: {from: \"body.l[]\", to: body.o}}]",
         "{\"l\":[{\"a\":1},{\"b\":2}],\"o\":{}}", "{\"l\":[],\"o\":{\"a\":1,\"b\":2}}"},
        {"[{move_properties: {from: \"body.l[0]\", to: body.first}}]", "{\"l\":[1,2]}",
         "{\"l\":[2],\"first\":1}"},
        /* nowhere to go, or into itself */
        {"[{move_properties: {from: body.a, to: body.b.c}}]", "{\"a\":1}", "{\"a\":1}"},
        {"[{move_properties: {from: body.a, to: body.a}}]", "{\"a\":{\"b\":1}}",
         "{\"a\":{\"b\":1}}"},
        {"[{move_properties: {from: body.a, to: \"body.a[0]\"}}]", "{\"a\":[[1]]}",
         "{\"a\":[[1]]}"},
        {"[{move_properties: {from: body.a, to: \"body.a[0].x\"}}]", "{\"a\":[{}]}",
         "{\"a\":[{}]}"},
        {"[{move_properties: {from: body.b, to: body}}]", "{\"a\":1}", "{\"a\":1}"},
    };
    check_rows(rows, COUNT(rows));
}

/* Of what nobody touches. */
static void keeps_the_spelling_of_numbers(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"[{set_property: {at: body.x, value: 1}}]",
         "{\"big\":12345678901234567890,\"price\":1.10,\"e\":1E3,\"zero\":-0,\"x\":2,\"n\":-0.50}",
         "{\"big\":12345678901234567890,\"price\":1.10,\"e\":1E3,\"zero\":-0,\"x\":1,\"n\":-0.50}"},
        {"[{move_properties: {from: body.a, to: body}}, {object_to_array: {at: body}}]",
         "{\"a\":{\"p\":1.10,\"q\":[2.0]}}",
         "[{\"key\":\"p\",\"value\":1.10},{\"key\":\"q\",\"value\":[2.0]}]"},
        {"[{set_property: {at: \"body.l[].copy\", value: \"${item.p}\"}}]",
         "{\"l\":[{\"p\":1.10}]}", "{\"l\":[{\"p\":1.10,\"copy\":1.10}]}"},
        {"[{array_to_object: {at: body, key: id}}]", "[{\"id\":\"a\",\"p\":5.00}]",
         "{\"a\":{\"p\":5.00}}"},
    };
    check_rows(rows, COUNT(rows));
}

static void sections_and_actions_are_told_apart(void **state)
{
    (void)state;
    connector_t *c = connector_with("[{set_property: {at: body.a, value: 1}, section: response},"
                                    " {set_property: {at: body.b, value: 1}, actions: [B]},"
                                    " {set_property: {at: body.c, value: 1}}]");
    const action_t *a = connector_action(c, STR("A"));
    const action_t *b = connector_action(c, STR("B"));
    assert_int_equal(a->request_policies.count, 1);
    assert_int_equal(a->response_policies.count, 1);
    assert_int_equal(b->request_policies.count, 2);
    assert_ptr_equal(b->request_policies.list[0], &c->policies[1]);
    connector_unref(c);
}

static void a_value_that_cannot_be_made_is_a_fault_of_the_request_only(void **state)
{
    (void)state;
    reshaped_t r =
        reshape("[{set_property: {at: body.t, value: \"x ${body.o}\"}}]", "{\"o\":{}}", false, 0);
    assert_false(r.done);
    assert_int_equal(r.err.code, ERR_template_type);
    reshaped_fini(&r);
    r = reshape("[{set_property: {at: body.t, value: \"x ${body.o}\"}, section: response},"
                " {set_property: {at: body.u, value: 1}, section: response}]",
                "{\"o\":{}}", true, 0);
    assert_true(r.done);
    assert_string_equal(buf_c(&r.text), "{\"o\":{},\"u\":1}");
    reshaped_fini(&r);
}

/* A few lines of a definition could multiply a body beyond any memory. */
static void growth_is_bounded(void **state)
{
    (void)state;
    static const char *const one[] = {
        "{set_property: {at: body.a, value: [\"${body}\", \"${body}\"]}}",
        "{replace_string: {at: body.t, find: x, with: xxxxxxxxxxxxxxxx}}",
        "{string_to_array: {at: body.t, separator: x, to: body.a}}",
    };
    buf_t policies;
    for (size_t i = 0; i < COUNT(one); i++) {
        buf_init(&policies, 1 << 20);
        for (size_t k = 0; k < 200; k++) {
            buf_printf(&policies, "%s%s", k ? ", " : "[", one[i]);
        }
        buf_char(&policies, ']');
        reshaped_t r = reshape(buf_c(&policies), "{\"t\":\"x\",\"b\":{}}", false, 0);
        bool grows = i != 2;
        assert_int_equal(r.done, !grows);
        assert_int_equal(r.err.code, grows ? ERR_body_too_large : ERR_none);
        reshaped_fini(&r);
        buf_fini(&policies);
    }
    reshaped_t r =
        reshape("[{string_to_array: {at: body, separator: \";\"}}]", "\"a;b;c;d\"", false, 128);
    assert_int_equal(r.err.code, ERR_body_too_large);
    reshaped_fini(&r);
}

/* The contract's own example: a service of Microsoft's, and what its connector makes of bodies. */
static void a_planner_is_reshaped(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        bool response;
        row_t row;
    } rows[] = {
        {"UpdateTaskDetails_V2",
         false,
         {NULL, "{\"references\":[{\"resourceLink\":\"https://a.b/100%\",\"alias\":\"x\"}]}",
          "{\"references\":{\"https://a%2Eb/100%25\":{\"alias\":\"x\",\"previewPriority\":\" !\","
          "\"@odata.type\":\"microsoft.graph.plannerExternalReference\"}}}"}},
        {"UpdateTaskDetails_V2",
         true,
         {NULL, "{\"references\":{\"https://a%2Eb/\":{\"alias\":\"x\"}}}",
          "{\"references\":[{\"resourceLink\":\"https://a.b/\",\"value\":{\"alias\":\"x\"}}]}"}},
        {"CreateTask_V4",
         false,
         {NULL, "{\"title\":\"t\",\"assignments\":\"a@b.c;d\"}",
          "{\"title\":\"t\",\"assignments\":{\"a%40b.c\":{\"orderHint\":\" "
          "!\"},\"d\":{\"orderHint\":"
          "\" !\"}}}"}},
        {"ListMyTasks_V2",
         true,
         {NULL, "{\"value\":[{\"assignments\":{\"u\":{\"x\":1}}}]}",
          "{\"value\":[{\"assignments\":{\"u\":{\"x\":1}},\"_assignments\":[{\"userId\":\"u\","
          "\"value\":{\"x\":1}}]}]}"}},
    };
    char path[512];
    diagnostics_t found;
    const char *shared = getenv("TENON_SHARED");
    arena_t *arena = arena_new(0);
    (void)snprintf(path, sizeof path, "%s/format/accepted/planner.yaml",
                   shared ? shared : TENON_SOURCE_DIR "/../shared");
    diagnostics_init(&found, arena);
    connector_t *c = definition_load_file(path, NULL, &found, NULL, NULL);
    arena_free(arena);
    if (!c) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        const action_t *action = connector_action(c, str_of(rows[i].action));
        reshaped_t r =
            reshape_by(c, rows[i].response ? &action->response_policies : &action->request_policies,
                       rows[i].row.body, 0);
        assert_true(r.done);
        assert_string_equal(buf_c(&r.text), rows[i].row.expected);
        reshaped_fini(&r);
    }
    connector_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_properties),
        cmocka_unit_test(values_see_the_body_as_it_is),
        cmocka_unit_test(works_on_texts),
        cmocka_unit_test(turns_texts_into_lists),
        cmocka_unit_test(turns_lists_into_objects_and_back),
        cmocka_unit_test(moves_properties),
        cmocka_unit_test(keeps_the_spelling_of_numbers),
        cmocka_unit_test(sections_and_actions_are_told_apart),
        cmocka_unit_test(a_value_that_cannot_be_made_is_a_fault_of_the_request_only),
        cmocka_unit_test(growth_is_bounded),
        cmocka_unit_test(a_planner_is_reshaped),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
