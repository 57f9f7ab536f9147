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

static void names_of_cookies_end_nothing(void **state)
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

#define FLOW(url, scopes)                                                                          \
    SERVER "paths: {/a: {get: {operationId: A, " FINE "}}}\nsecurity: [{k: []}, {o: [" scopes      \
           "]}]\n"                                                                                 \
           "components: {securitySchemes: {k: {type: http, scheme: basic}, o: {type: oauth2, "     \
           "flows: {clientCredentials: {scopes: {}, tokenUrl: '" url "'}}}}}\n"

static void a_flow_with_a_password_in_its_address_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *document, *definition, *report;
    } rows[] = {
        {FLOW("https://l.example.com/t?a=b", "x"), "token_url: https://l.example.com/t?a=b\n",
         NULL},
        {FLOW("https://u:pw@l.example.com/t", "x"), "!client_credentials",
         "o: the flow clientCredentials has a URL with user information"},
        {FLOW("https://u:pw@l.example.com/t", "x"), "type: basic\n", "!pw"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        imported_check(rows[i].document, rows[i].definition, rows[i].report);
    }
}

static void of_too_many_scopes_the_first_are_taken(void **state)
{
    (void)state;
    buf_t scopes, document;
    buf_init(&scopes, IMPORTED_MAX);
    buf_init(&document, IMPORTED_MAX);
    for (unsigned i = 0; i < 5000; i++) {
        buf_printf(&scopes, "s%u, ", i);
    }
    buf_printf(&document, FLOW("https://l.example.com/t", "%s"), buf_c(&scopes));
    imported_check(buf_c(&document), "- s499\n", "o: more than 500 scopes: the rest is left out");
    buf_fini(&document);
    buf_fini(&scopes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_requirement_of_too_many_schemes_is_refused),
        cmocka_unit_test(of_too_many_alternatives_the_first_are_taken),
        cmocka_unit_test(a_flow_with_a_password_in_its_address_is_none),
        cmocka_unit_test(of_too_many_scopes_the_first_are_taken),
        cmocka_unit_test(names_of_cookies_end_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
