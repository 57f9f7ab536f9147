/* SPDX-License-Identifier: MIT */
#include "import/powerplatform/policy_template.h"
#include "import/powerplatform/working.h"

static const char BODY[] =
    "{'type':'object','properties':{'list':{'type':'array','items':{'type':'object','properties':{'"
    "tags':{'type':'array','items':{'type':'string'}}}}},"
    "'one':{'$ref':'#/schemas/One'},'odd name':{'type':'string'}}}";
static const char ONE[] = "{'allOf':[{'type':'object','properties':{'many':{'type':'array'}}}]}";

static json_t *parameters_of(const char *parent, const char *sub, const char *to)
{
    json_t *parameters = json_object();
    const char *const values[] = {parent, sub, to};
    const char *const names[] = {"parent", "sub", "to"};
    for (size_t i = 0; i < COUNT(values); i++) {
        if (values[i]) {
            char key[80];
            snprintf(key, sizeof key, "x-ms-apimTemplateParameter.%s", names[i]);
            json_object_set_new(parameters, key, json_string(values[i]));
        }
    }
    return parameters;
}

static void check(body_work_t *b, const char *parent, const char *sub, const char *to,
                  const char *expected)
{
    json_t *parameters = parameters_of(parent, sub, to);
    b->parameters = parameters;
    str_t place = to ? place_new_in(b, "parent", "to") : place_in(b, "parent", sub ? "sub" : NULL);
    if (expected ? !str_is(place, expected) : place.p != NULL) {
        fail_msg("%s %s %s: %.*s", parent, sub ? sub : "", to ? to : "", STR_ARG(place));
    }
    json_decref(parameters);
}

static void finds_places(void **state)
{
    (void)state;
    static const struct {
        const char *parent, *sub, *to, *expected; /* to: place_new_in */
    } rows[] = {
        {"@body()", NULL, NULL, "body"},
        {"@body()", "null", NULL, "body"},
        {"@body()", "a", NULL, "body.a"},
        {"@body()", "['odd name']", NULL, "body['odd name']"},
        {"@body().a[0].b", "c.d", NULL, "body.a[0].b.c.d"},
        /* What the schema calls a list is entered. */
        {"@body().list", "x", NULL, "body.list[].x"},
        {"@body().list", "tags", NULL, "body.list[].tags"},
        {"@body().list", "['@odata.type']", NULL, "body.list[]['@odata.type']"},
        {"@body().one.many", "x", NULL, "body.one.many[].x"},
        {"body()", "a", NULL, "body.a"},
        {"nothing", "a", NULL, NULL},
        {"@body().list", NULL, "@item().id", "body.list[].id"},
        {"@body().list", NULL, "@body().other", "body.other"},
        {"@body().list", NULL, "null", NULL},
        {"@body().a[", "b", NULL, NULL},
    };
    working_t w;
    working_begin(&w, "{}", "{}");
    json_t *body = json_of(BODY), *arrays = json_object();
    json_object_set_new(w.s.schemas, "One", json_of(ONE));
    w.o.body = body;
    body_work_t b = {.o = &w.o, .arrays = arrays};
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(&b, rows[i].parent, rows[i].sub, rows[i].to, rows[i].expected);
    }
    /* What an earlier policy made of it counts more than the schema. */
    place_is_array(&b, STR("body.list"), false);
    place_is_array(&b, STR("body.a"), true);
    check(&b, "@body().list", "x", NULL, "body.list.x");
    check(&b, "@body().a", "x", NULL, "body.a[].x");
    json_decref(arrays);
    json_decref(body);
    working_end(&w);
}

static void reads_tails(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tail; /* NULL: none */
    } rows[] = {
        {"@triggerBody().value", ".value"},
        {" @item()['a'] ", "['a']"},
        {"body()", ""},
        {"body", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        str_t tail = place_tail(str_of(rows[i].text));
        assert_true(rows[i].tail ? str_is(tail, rows[i].tail) : tail.p == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_places),
        cmocka_unit_test(reads_tails),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
