/* SPDX-License-Identifier: MIT */
/* What is taken out of a definition until it loads, and what is told of it. */
#include "import/settle.h"

#include "codec/json.h"
#include "definition/catalogue/loading.h"

#define TOP                                                                                        \
    "'tenon':1,'id':'t','title':'T','version':'1.0.0','description':'D','hosts':['api.example."    \
    "com'],"
#define BASE "'base_url':'https://api.example.com',"
#define A "'A':{'summary':'A','method':'GET','path':'/a'"
#define ACTIONS(more) "'actions':{" A "}," more "}"

typedef struct row {
    const char *definition;
    const char *actions; /* that are left, "A B"; NULL: none, it fails */
    const char *told;    /* reasons: of the connector, then of its operations */
} row_t;

static const row_t rows[] = {
    {TOP BASE ACTIONS("'B':{'summary':'B','method':'GET','path':'/b'}"), "A B", ""},
    /* A key that only describes goes; the operation stays. */
    {TOP BASE ACTIONS(
         "'B':{'summary':'B','path':'/b','input':{'x':{'type':'integer','default':'no'}}}"),
     "A B", "B:value_type"},
    /* An operation that cannot be said goes alone. */
    {TOP BASE ACTIONS("'B':{'summary':'B','method':'GET','path':'b'}"), "A", "B:path_syntax"},
    {TOP BASE ACTIONS("'B':{'summary':'B','path':'/b','input':{'x':{'$ref':'#/schemas/gone'}}}"),
     "A", "B:schema_not_found"},
    /* So does what of the top one operation alone needs. */
    {TOP BASE "'schemas':{'S':{'type':'nothing'}}," ACTIONS(
         "'B':{'summary':'B','path':'/b','input':{'x':{'$ref':'#/schemas/S'}}}"),
     "A B", "definition_value"},
    {TOP BASE "'connection':{'parameters':{'p':{'type':'array'}}}," ACTIONS(
         "'B':{'summary':'B','path':'/b','request':{'headers':{'P':'${connection.p}'}}}"),
     "A", "B:template_type"},
    {TOP "'base_url':'nonsense'," ACTIONS(
         "'B':{'summary':'B','path':'/b','request':{'url':'https://api.example.com/b'}}"),
     "B", "A:"},
    {TOP BASE "'connection':{'auth':{'k':{'type':'none'},'l':{'type':'nothing'}}}," ACTIONS(
         "'B':{'summary':'B','path':'/b'}"),
     "A B", ""},
    /* What every call carries does not go. */
    {TOP BASE
     "'request':{'headers':{'X':'${nothing.x}'}}," ACTIONS("'B':{'summary':'B','path':'/b'}"),
     NULL, ""},
    {TOP BASE
     "'connection':{'auth':{'l':{'type':'nothing'}}}," ACTIONS("'B':{'summary':'B','path':'/b'}"),
     NULL, ""},
    {TOP BASE "'actions':{'B':{'summary':'B','method':'GET','path':'b'}}", NULL, "B:path_syntax"},
    /* Policies of operations that are gone go, too. */
    {TOP BASE
     "'policies':[{'encode_property':{'at':'body.x'},'actions':['B']},{'encode_property':{'at':'"
     "body.x'},'actions':['A','B']}]," ACTIONS("'B':{'summary':'B','method':'GET','path':'b'}"),
     "A", "B:path_syntax"},
};

static str_t actions_in(arena_t *arena, const json_t *definition)
{
    const char *name;
    json_t *action;
    str_t text = STR("");
    json_object_foreach(json_object_get(definition, "actions"), name, action)
    {
        (void)action;
        text = arena_printf(arena, "%.*s%s%s", STR_ARG(text), text.n ? " " : "", name);
    }
    return text;
}

static json_t *read_in(arena_t *arena, const char *text)
{
    str_t copy = arena_printf(arena, "{%s}", text);
    for (size_t i = 0; i < copy.n; i++) {
        char *c = (char *)(uintptr_t)copy.p + i;
        *c = *c == '\'' ? '"' : *c;
    }
    err_t err = ERR_INIT;
    json_t *v = json_read(copy, NULL, &err);
    assert_non_null(v);
    return v;
}

/* "B:reason": the operation has that reason; "reason": a note. */
static bool is_told(const report_t *report, str_t told)
{
    str_t reason = told, name = str_cut(&reason, ':');
    const json_t *operation =
        json_object_getn(json_object_get(report->json, "operations"), name.p, name.n);
    const json_t *list =
        reason.p ? json_object_get(operation, "reasons") : json_object_get(report->json, "notes");
    size_t at;
    json_t *one;
    reason = reason.p ? reason : name;
    json_array_foreach(list, at, one)
    {
        if (reason.n == 0 || str_eq(json_member(one, "reason"), reason)) {
            return true;
        }
    }
    return told.n == 0;
}

static bool run_row(arena_t *arena, const row_t *row)
{
    report_t report;
    buf_t text;
    json_t *definition = read_in(arena, row->definition);
    report_init(&report, STR("test"));
    report_action(&report, STR("A"), STR("A"));
    report_action(&report, STR("B"), STR("B"));
    buf_init(&text, 1 << 20);
    bool ok = definition_settle(definition, "test", &text, &report);
    str_t left = ok ? actions_in(arena, definition) : STR_NONE;
    bool fitting = ok == (row->actions != NULL) && (!ok || str_is(left, row->actions)) &&
                   is_told(&report, str_of(row->told)) && (text.n > 0) == ok;
    if (!fitting) {
        char *told = json_dumps(report.json, JSON_COMPACT);
        print_error("%s\n%.*s: %s\n", row->definition, STR_ARG(left), told);
        free(told);
    }
    buf_fini(&text);
    report_fini(&report);
    json_decref(definition);
    return fitting;
}

static void takes_out_as_little_as_can_be(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        failed += !run_row(arena, &rows[i]);
        arena_free(arena);
    }
    assert_int_equal(failed, 0);
}

static void a_definition_has_room_for_so_many(void **state)
{
    (void)state;
    report_t report;
    report_init(&report, STR("test"));
    assert_true(definition_has_room(DEFINITION_ACTIONS_MAX - 1, &report, STR("a")));
    assert_false(report_is_refused(&report, STR("a")));
    assert_false(definition_has_room(DEFINITION_ACTIONS_MAX, &report, STR("a")));
    assert_true(report_is_refused(&report, STR("a")));
    json_t *schemas = json_object();
    for (unsigned i = 0; i <= DEFINITION_SCHEMAS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "S%u", i);
        json_object_set_new(schemas, name, json_object());
    }
    json_t *definition = json_pack("{s:o}", "schemas", schemas);
    buf_t text;
    buf_init(&text, 1000);
    assert_false(definition_settle(definition, "test", &text, &report));
    assert_true(str_is(json_member(report.json, "failed"), "limit"));
    buf_fini(&text);
    json_decref(definition);
    report_fini(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_out_as_little_as_can_be),
        cmocka_unit_test(a_definition_has_room_for_so_many),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
