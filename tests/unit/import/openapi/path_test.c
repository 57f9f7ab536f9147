/* SPDX-License-Identifier: MIT */
#include "import/openapi/imported.h"

static void a_path_of_too_many_variables_is_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        const char *definition, *report;
    } rows[] = {
        {32, "{v31}", "!\"limit\""},
        {33, "!{v31}", "33 variables in a path that takes 32"},
        {40000, "path: /b\n", "40000 variables in a path that takes 32"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t document;
        buf_init(&document, IMPORTED_MAX);
        buf_lit(&document, SERVER "paths: {/b: {get: {" FINE "}}, ? \"/a");
        for (unsigned k = 0; k < rows[i].count; k++) {
            buf_printf(&document, "/{v%u}", k);
        }
        buf_lit(&document, "\" : {get: {" FINE "}}}\n");
        imported_check(buf_c(&document), rows[i].definition, rows[i].report);
        buf_fini(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_of_too_many_variables_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
