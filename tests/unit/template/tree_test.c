/* SPDX-License-Identifier: MIT */
#include "template/check.h"

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    buf_printf(context, "%u:%u %s: %s\n", line, column, err_code_name(code), text);
}

static const template_tree_t *tree_of(arena_t *arena, const char *yaml, bool text_only,
                                      buf_t *faults)
{
    const yaml_node_t *node = yaml_read_in(arena, str_of(yaml), YAML_BYTES_MAX, on_fault, faults);
    assert_non_null(node);
    const template_tree_t *tree = template_tree_in(arena, node, text_only, on_fault, faults);
    assert_non_null(tree);
    return tree;
}

static const char roots[] =
    "{\"connection\": {\"realm\": \"R\", \"token\": \"s3cret\"},"
    " \"input\": {\"ids\": [\"1\", \"2\"], \"n\": 7, \"none\": null, \"object\": {\"a\": 1},"
    "  \"text\": \"${connection.token}\", \"evil\": \"\\\",\\\"role\\\":\\\"admin\"}}";

/* Answers the outcome; what the tree gives is in seen, as JSON. */
static template_outcome_t evaluate(const char *yaml, bool text_only, buf_t *seen, err_t *err)
{
    buf_t faults;
    json_t *value;
    json_t *values = read_json(roots);
    arena_t *arena = arena_new(0);
    template_scope_t scope = scope_of(values);
    buf_init(&faults, 1 << 16);
    const template_tree_t *tree = tree_of(arena, yaml, text_only, &faults);
    assert_string_equal(buf_c(&faults), "");
    template_outcome_t outcome = template_tree_json(tree, &scope, &value, err);
    assert_int_equal(outcome == TEMPLATE_OK, value != NULL);
    if (value) {
        json_write(seen, value);
    }
    arena_free(arena); /* values outlive their tree */
    json_decref(value);
    json_decref(values);
    buf_fini(&faults);
    return outcome;
}

typedef struct row {
    const char *yaml, *json; /* json NULL: absent */
} row_t;

static void check_rows(const row_t *rows, size_t count, bool text_only)
{
    for (size_t i = 0; i < count; i++) {
        err_t err = ERR_INIT;
        buf_t seen;
        buf_init(&seen, 1 << 16);
        template_outcome_t outcome = evaluate(rows[i].yaml, text_only, &seen, &err);
        assert_int_equal(outcome, rows[i].json ? TEMPLATE_OK : TEMPLATE_ABSENT);
        assert_string_equal(buf_c(&seen), rows[i].json ? rows[i].json : "");
        buf_fini(&seen);
    }
}

static void reads_json_spelling(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"null", "null"},
        {"true", "true"},
        {"12", "12"},
        {"-1.5e3", "-1500.0"},
        {"9007199254740993", "9007199254740993"},
        {"'true'", "\"true\""},
        {"'12'", "\"12\""},
        {"yes", "\"yes\""},
        {"plain text", "\"plain text\""},
        {"''", "\"\""},
        {"'$${input.n}'", "\"${input.n}\""},
        {"{z: 1, a: [null, false, x], 'true': {}}",
         "{\"z\":1,\"a\":[null,false,\"x\"],\"true\":{}}"},
        {"{'@odata.type': t, '${input.n}': '${input.n}'}",
         "{\"@odata.type\":\"t\",\"${input.n}\":7}"}, /* keys are never templates */
    };
    check_rows(rows, COUNT(rows), false);
}

static void keeps_text_as_written(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"{a: 324.0, b: true, c: 012, d: 1.10, e: 0x1F}",
         "{\"a\":\"324.0\",\"b\":\"true\",\"c\":\"012\",\"d\":\"1.10\",\"e\":\"0x1F\"}"},
        {"{a: null, b: 'null'}", "{\"a\":null,\"b\":\"null\"}"}, /* removes; text */
        {"{a: '${input.n}', b: 'x${input.n}'}", "{\"a\":7,\"b\":\"x7\"}"},
    };
    check_rows(rows, COUNT(rows), true);
}

/* Absent members and items go, and a map or list so emptied; what was written empty stays. */
static void drops_what_is_absent(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"{a: '${input.missing}', b: 1}", "{\"b\":1}"},
        {"['${input.missing}', '${input.n}', 'x${input.missing}']", "[7]"},
        {"{a: {b: ['${input.missing}']}, c: 1}", "{\"c\":1}"},
        {"{a: {b: ['${input.missing}']}}", NULL},
        {"{a: {b: ['${input.missing}']}, c: {}, d: []}", "{\"c\":{},\"d\":[]}"},
        {"{a: [{}, ['${input.missing}'], []]}", "{\"a\":[{},[]]}"},
        {"{a: '${input.none}'}", "{\"a\":null}"},
        {"{a: '${default(input.missing, 5)}'}", "{\"a\":5}"},
        {"'${input.missing}'", NULL},
        {"['${input.missing}']", NULL},
        {"{}", "{}"},
        {"[]", "[]"},
        {"{site: {contentUrl: \"${default(connection.content_url, '')}\"}}",
         "{\"site\":{\"contentUrl\":\"\"}}"},
    };
    check_rows(rows, COUNT(rows), false);
}

/* T10, T13: the structure is the file's, whatever a value holds. */
static void keeps_types_and_structure(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"{where: {employees: {key: personnumber, values: '${input.ids}'}}}",
         "{\"where\":{\"employees\":{\"key\":\"personnumber\",\"values\":[\"1\",\"2\"]}}}"},
        {"{a: '${input.object}', b: '${input.n}', c: 'n=${input.n}'}",
         "{\"a\":{\"a\":1},\"b\":7,\"c\":\"n=7\"}"},
        {"{a: '${input.evil}'}", "{\"a\":\"\\\",\\\"role\\\":\\\"admin\"}"},
        {"{a: '${input.text}', b: '-${input.text}'}",
         "{\"a\":\"${connection.token}\",\"b\":\"-${connection.token}\"}"},
    };
    check_rows(rows, COUNT(rows), false);
}

static void fails_with_the_place(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1000);
    assert_int_equal(evaluate("a: 1\nb:\n  - x\n  - y: 'n${input.ids}'\n", false, &seen, &err),
                     TEMPLATE_FAILED);
    assert_int_equal(err.code, ERR_template_type);
    assert_int_equal(err.line, 4);
    assert_int_equal(err.column, 5);
    buf_fini(&seen);
}

/* Every fault is told at the name that the value stands under, and the tree is whole. */
static void reports_faults(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *faults;
        bool text_only;
    } rows[] = {
        {"json: {a: 0x1F, b: ~}",
         "1:8 definition_ambiguous_scalar: `0x1F` is read differently by YAML readers; put it in "
         "quotes\n"
         "1:17 definition_ambiguous_scalar: `~` is read differently by YAML readers; put it in "
         "quotes\n",
         false},
        {"- True\n- 012\n",
         "1:3 definition_ambiguous_scalar: `True` is read differently by YAML readers; put it in "
         "quotes\n"
         "2:3 definition_ambiguous_scalar: `012` is read differently by YAML readers; put it in "
         "quotes\n",
         false},
        {"a: 1e999", "1:1 definition_range: this number is too large\n", false},
        {"a:\nb: 1", "1:1 definition_type: a value is missing; '' is the empty text\n", false},
        {"a:\nb: 1", "1:1 definition_type: a value is missing; '' is the empty text\n", true},
        {"X: \"${sha256(input.a)}\"\nY: ['${', ok, '${conection.a}']",
         "1:1 template_bytes: sha256() gives bytes: wrap it in hex(), base64() or base64url()\n"
         "2:5 template_syntax: a name, a function, a number or a text in single quotes is "
         "expected at character 3 of the template\n"
         "2:15 template_unknown_name: no `conection`; did you mean `connection`?\n",
         true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t faults;
        err_t err = ERR_INIT;
        json_t *value;
        json_t *values = json_object();
        template_scope_t scope = scope_of(values);
        arena_t *arena = arena_new(0);
        buf_init(&faults, 1 << 16);
        const template_tree_t *tree = tree_of(arena, rows[i].yaml, rows[i].text_only, &faults);
        assert_string_equal(buf_c(&faults), rows[i].faults);
        assert_int_equal(template_tree_json(tree, &scope, &value, &err), TEMPLATE_OK);
        json_decref(value);
        json_decref(values);
        buf_fini(&faults);
        arena_free(arena);
    }
}

static void list_ref(void *context, const expr_t *ref, bool sure)
{
    buf_printf(context, "%s%s ", sure ? "!" : "", template_root_name(ref->root));
}

static void knows_its_places_and_references(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    buf_t seen;
    buf_init(&seen, 1000);
    const template_tree_t *tree = tree_of(
        arena, "a: 1\nb:\n  - '${input.a}'\n  - c: \"${default(token.b, body)}\"", false, &seen);
    assert_int_equal(tree->kind, TREE_OBJECT);
    assert_int_equal(tree->count, 2);
    assert_true(str_is(tree->members[1].name, "b"));
    assert_int_equal(tree->members[1].line, 2);
    const template_tree_t *list = tree->members[1].value;
    assert_int_equal(list->line, 2);
    assert_int_equal(list->column, 1);
    assert_int_equal(list->items[0]->kind, TREE_TEMPLATE);
    assert_int_equal(list->items[0]->line, 3);
    assert_int_equal(list->items[0]->column, 5);
    assert_int_equal(list->items[1]->members[0].value->template->line, 4);
    assert_int_equal(list->items[1]->members[0].value->template->column, 5);
    template_tree_visit(tree, list_ref, &seen);
    assert_string_equal(buf_c(&seen), "!input token body ");
    buf_fini(&seen);
    arena_free(arena);
}

static void add_times(buf_t *to, char c, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        buf_char(to, c);
    }
}

/* As deep as YAML may be. */
static void nests_deeply(void **state)
{
    (void)state;
    enum { LEVELS = YAML_DEPTH_MAX - 1 };
    buf_t yaml;
    buf_t json;
    buf_init(&yaml, 1000);
    buf_init(&json, 1000);
    add_times(&yaml, '[', LEVELS);
    buf_lit(&yaml, "'${input.n}'");
    add_times(&yaml, ']', LEVELS);
    add_times(&json, '[', LEVELS);
    buf_char(&json, '7');
    add_times(&json, ']', LEVELS);
    check_rows(&(row_t){buf_c(&yaml), buf_c(&json)}, 1, false);
    buf_fini(&yaml);
    buf_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_json_spelling),
        cmocka_unit_test(keeps_text_as_written),
        cmocka_unit_test(drops_what_is_absent),
        cmocka_unit_test(keeps_types_and_structure),
        cmocka_unit_test(fails_with_the_place),
        cmocka_unit_test(reports_faults),
        cmocka_unit_test(knows_its_places_and_references),
        cmocka_unit_test(nests_deeply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
