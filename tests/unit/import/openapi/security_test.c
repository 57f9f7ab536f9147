/* SPDX-License-Identifier: MIT */
#include "import/openapi/imported.h"

static void add_schemes(buf_t *to, unsigned count)
{
    buf_lit(to, SERVER "components: {securitySchemes: {");
    for (unsigned i = 0; i < count; i++) {
        buf_printf(to, "s%u: {type: apiKey, in: header, name: X-%u}, ", i, i);
    }
    buf_lit(to, "}}\npaths: {/a: {get: {operationId: A, " FINE "}},\n"
                "  /b: {get: {operationId: B, security: [], " FINE "}}}\nsecurity: [");
}

static void a_requirement_of_too_many_schemes_is_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        const char *definition, *report;
    } rows[] = {
        {3, "X-2: ${connection.s2}", "!takes 100"},
        {101, "!X-2", "101 schemes together: a way to sign in takes 100 parameters"},
        {5000, "  B:\n", "5000 schemes together: a way to sign in takes 100 parameters"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t document;
        buf_init(&document, IMPORTED_MAX);
        add_schemes(&document, rows[i].count);
        buf_char(&document, '{');
        for (unsigned k = 0; k < rows[i].count; k++) {
            buf_printf(&document, "s%u: [], ", k);
        }
        buf_lit(&document, "}]\n");
        imported_check(buf_c(&document), rows[i].definition, rows[i].report);
        buf_fini(&document);
    }
}

static void of_too_many_alternatives_the_first_are_taken(void **state)
{
    (void)state;
    buf_t document;
    buf_init(&document, IMPORTED_MAX);
    add_schemes(&document, 2000);
    for (unsigned k = 0; k < 2000; k++) {
        buf_printf(&document, "{s%u: []}, ", k);
    }
    buf_lit(&document, "]\n");
    imported_check(buf_c(&document), "X-31: ${connection.s31}",
                   "more than 32 ways to sign in: s32 is left out");
    buf_fini(&document);
}

static void names_of_cookies_are_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *name, *definition, *report;
    } rows[] = {
        {"sid", "Cookie: sid=${connection.k}", "!\"auth\""},
        {"a=${connection.k}; b", "!Cookie", "k: a=${connection.k}; b is no name of a cookie"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t document;
        buf_init(&document, IMPORTED_MAX);
        buf_printf(&document,
                   SERVER "security: [{k: []}]\npaths: {/a: {get: {" FINE "}}}\ncomponents: "
                          "{securitySchemes: {k: {type: apiKey, in: cookie, name: '%s'}}}\n",
                   rows[i].name);
        imported_check(buf_c(&document), rows[i].definition, rows[i].report);
        buf_fini(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_requirement_of_too_many_schemes_is_refused),
        cmocka_unit_test(of_too_many_alternatives_the_first_are_taken),
        cmocka_unit_test(names_of_cookies_are_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
