/* SPDX-License-Identifier: MIT */
#include "import/openapi/imported.h"

static void many_anchors_are_found_at_once(void **state)
{
    (void)state;
    enum { ANCHORS = 1500 };
    buf_t document;
    buf_init(&document, IMPORTED_MAX);
    buf_lit(&document, SERVER "paths: {/a: {get: {responses: {200: {description: Fine, content: "
                              "{application/json: {schema: {properties: {");
    for (unsigned i = 0; i < ANCHORS; i++) {
        buf_printf(&document, "p%u: {$ref: '#a%u'}, ", i, i);
    }
    buf_lit(&document, "}}}}}}}}}\ncomponents:\n  schemas:\n");
    for (unsigned i = 0; i < ANCHORS; i++) {
        buf_printf(&document, "    A%u: {$anchor: a%u, type: string, title: T%u}\n", i, i, i);
    }
    buf_lit(&document, "    Late: {$anchor: a7, type: string, title: Another}\n");
    imported_check(buf_c(&document), "title: T1499", "!leads nowhere");
    imported_check(buf_c(&document), "!title: Another", NULL);
    buf_fini(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_anchors_are_found_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
