/* SPDX-License-Identifier: MIT */
#include "import/openapi/imported.h"

#define COOKIE(name)                                                                               \
    SERVER "paths: {/a: {get: {operationId: A, parameters: [{in: cookie, name: \"" name            \
           "\", schema: {type: string}}], " FINE "}}}\n"

static void names_of_cookies_end_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *document, *definition, *report;
    } rows[] = {
        {COOKIE("id"), "${join('; ', concat('id=', url_encode(input.id)))}", NULL},
        {COOKIE("o'id"), "concat('o\\'id=', url_encode(input.o_id))", "!\"parameter\""},
        {COOKIE("${connection.key}$"), "concat('${connection.key}$=', url_encode(",
         "!\"parameter\""},
        {COOKIE("x=',connection.key,'"), "!Cookie",
         "x=',connection.key,' is left out: it is no name of a cookie"},
        {COOKIE("a; b"), "!Cookie", "a; b is left out: it is no name of a cookie"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        imported_check(rows[i].document, rows[i].definition, rows[i].report);
    }
}

/* Each is read once, however many there are. */
static void an_operation_of_too_many_inputs_is_refused(void **state)
{
    (void)state;
    static const char *const heads[] = {"get: {parameters: [", "parameters: [",
                                        "post: {requestBody: {content: {multipart/form-data: "
                                        "{schema: {properties: {"};
    static const char *const ends[] = {"], " FINE "}", "], get: {" FINE "}", "}}}}}, " FINE "}"};
    for (size_t i = 0; i < COUNT(heads); i++) {
        buf_t document;
        buf_init(&document, IMPORTED_MAX);
        buf_printf(&document, SERVER "paths: {/b: {get: {" FINE "}}, /a: {%s", heads[i]);
        for (unsigned k = 0; k < 600; k++) {
            buf_printf(&document, i == 2 ? "c%u: {type: string}," : "{in: cookie, name: c%u},", k);
        }
        buf_printf(&document, "%s}}\n", ends[i]);
        imported_check(buf_c(&document), "path: /b\n", "an action takes 500 inputs");
        buf_fini(&document);
    }
}

#define LISTED(style, explode, schema)                                                             \
    SERVER                                                                                         \
    "paths: {\"/a/{p}\": {get: {operationId: A, parameters: [{in: path, name: p, required: "       \
    "true, style: " style ", explode: " explode ", schema: {" schema "}}], " FINE "}}}\n"
#define LIST "type: array, items: {type: string}"
#define OBJECT "type: object, properties: {a: {type: string}}"

static void marks_of_a_path_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *document, *report;
    } rows[] = {
        {LISTED("simple", "false", LIST), "by commas. In the path `,` and `=` are sent encoded."},
        {LISTED("simple", "true", OBJECT), "by commas. In the path `,` and `=` are sent encoded."},
        {LISTED("label", "true", OBJECT), "by dots. In the path `,` and `=` are sent encoded."},
        {LISTED("label", "false", LIST), "!sent encoded"},
        {LISTED("matrix", "true", LIST), "p is spread over the path"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        imported_check(rows[i].document, NULL, rows[i].report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_cookies_end_nothing),
        cmocka_unit_test(marks_of_a_path_are_told),
        cmocka_unit_test(an_operation_of_too_many_inputs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
