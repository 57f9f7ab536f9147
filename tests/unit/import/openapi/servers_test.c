/* SPDX-License-Identifier: MIT */
#include "import/openapi/imported.h"

#define PATHS "paths: {/a: {get: {operationId: A, " FINE "}}}\n"
#define OAUTH(url)                                                                                 \
    PATHS "security: [{o: []}]\ncomponents: {securitySchemes: {o: {type: oauth2, flows: "          \
          "{clientCredentials: {scopes: {}, tokenUrl: " url "}}}}}\n"
#define OWN(servers)                                                                               \
    SERVER "paths: {/a: {get: {operationId: A, servers: " servers ", " FINE "}}, /b: {get: {" FINE \
           "}}}\n"

typedef struct row {
    const char *document, *definition, *report;
} row_t;

static void check(const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        imported_check(rows[i].document, rows[i].definition, rows[i].report);
    }
}

/* RFC 3986 5.2: a path from the root is the host's, whatever the path of the base. */
static void resolves_addresses_against_the_server(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {HEAD "servers: [{url: 'https://a.example.com/v1'}]\n" OAUTH("/oauth/token"),
         "token_url: https://a.example.com/oauth/token\n", "!\"server\""},
        {HEAD "servers: [{url: 'https://{t}.example.com/v1'}]\n" OAUTH("/oauth/token"),
         "token_url: https://${connection.t}.example.com/oauth/token\n", "!\"server\""},
        {HEAD "servers: [{url: 'https://{t}.example.com'}]\n" OAUTH("/oauth/token"),
         "token_url: https://${connection.t}.example.com/oauth/token\n", "!\"server\""},
        {HEAD "servers: [{url: 'https://a.example.com/'}, {url: 'https://b.example.com'}]\n" OAUTH(
             "/oauth/token"),
         "token_url: ${connection.server}/oauth/token\n", "!\"server\""},
        {HEAD "servers: [{url: 'https://a.example.com/1'}, {url: 'https://b.example.com'}]\n" OAUTH(
             "/oauth/token"),
         "token_url: /oauth/token\n", "o: /oauth/token is taken behind the server's own path"},
    };
    check(rows, COUNT(rows));
}

static void a_server_without_a_scheme_has_tls(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {HEAD "servers: [{url: '//a.example.com/v1'}]\n" OAUTH("//l.example.com/t"),
         "base_url: https://a.example.com/v1\n", "!\"server\""},
        {HEAD "servers: [{url: '//a.example.com/v1'}]\n" OAUTH("//l.example.com/t"),
         "token_url: https://l.example.com/t\n", NULL},
        {HEAD "servers: [{url: '//{t}.example.com'}]\n" PATHS,
         "base_url: https://${connection.t}.example.com\n", NULL},
        {OWN("[{url: '//b.example.com'}]"), "url: https://b.example.com/a\n", "!\"server\""},
        {HEAD "servers: [{url: '//u:pw@a.example.com'}]\n" PATHS, NULL,
         "\"https://a.example.com is left out"},
        {HEAD "servers: [{url: '/v1'}]\n" PATHS, "base_url: ${connection.server}/v1\n", NULL},
    };
    check(rows, COUNT(rows));
}

static void variables_stand_anywhere(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {HEAD "servers: [{url: '{s}://{a}.x{b}.example.com:{port}/{c}/d', variables: {port: "
              "{default: '8443'}}}]\n" PATHS,
         "base_url: https://${connection.a}.x${connection.b}.example.com:8443/${connection.c}/d\n",
         "!is left out"},
        {HEAD
         "servers: [{url: '{server}/d', variables: {server: {default: 'https://a.example.com'}}}]"
         "\n" PATHS,
         "base_url: https://a.example.com/d\n", "!is left out"},
        {HEAD "servers: [{url: 'https://{a}'}]\n" PATHS, "base_url: https://${connection.a}\n",
         "!is left out"},
    };
    check(rows, COUNT(rows));
}

static void a_free_host_is_one(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {HEAD "servers: [{url: 'https://{a}/v1'}]\n" PATHS, "pattern: ^[A-Za-z0-9.-]+(:[0-9]+)?$\n",
         NULL},
        {HEAD "servers: [{url: 'https://{a}', variables: {a: {default: x.example.com}}}]\n" PATHS,
         "default: x.example.com\n", NULL},
        {HEAD "servers: [{url: 'https://{a}.example.com'}]\n" PATHS, "!pattern", NULL},
        {HEAD "servers: [{url: 'https://a.example.com/{a}'}]\n" PATHS, "!pattern", NULL},
        {HEAD "servers: [{url: 'https://{a}', variables: {a: {enum: [x.example.com]}}}]\n" PATHS,
         "!pattern", NULL},
    };
    check(rows, COUNT(rows));
}

static void leaves_servers_out_that_cannot_be_called(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'https://u:pw@b.example.com/x'}]\n" PATHS,
         "base_url: https://a.example.com\n",
         "https://b.example.com/x is left out: it has user information"},
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'https://u:pw@b.example.com/x'}]\n" PATHS,
         "!b.example.com", "!pw"},
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'https://b.example.com/?key=1'}]\n" PATHS,
         "base_url: https://a.example.com\n", "https://b.example.com/ is left out: it has a query"},
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'https://b.example.com/#x'}]\n" PATHS,
         "base_url: https://a.example.com\n",
         "https://b.example.com/ is left out: it has a fragment"},
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'https://b.example.com:0/'}]\n" PATHS,
         "base_url: https://a.example.com\n", "https://b.example.com:0/ is left out: "},
        {HEAD "servers: [{url: 'https://a.example.com'}, {url: 'https://{v}.example.com', "
              "variables: {v: {enum: [b, 'c d'], default: b}}}]\n" PATHS,
         "https://b.example.com: https://b.example.com\n", "https://c d.example.com is left out: "},
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'https://u:pw@b.example.com/x'}]\n" PATHS,
         NULL, "!servers are taken"},
        {HEAD "servers: [{url: 'https://a.example.com'}, {url: 'http://a.example.com'}]\n" PATHS,
         NULL, "1 of 2 servers are taken: those with TLS"},
        {OWN("[{url: 'https://u:pw@b.example.com'}]"), "!  A:\n",
         "none of its servers can be called"},
        {HEAD
         "servers: [{url: 'https://a.example.com'}, {url: 'ftp://u:pw@b.example.com'}]\n" PATHS,
         NULL, "\"ftp://b.example.com cannot be called"},
        {OWN("[{url: 'wss://b.example.com'}]"), "!  A:\n", "none of its servers can be called"},
    };
    check(rows, COUNT(rows));
}

static void of_too_many_servers_the_first_are_taken(void **state)
{
    (void)state;
    buf_t document;
    buf_init(&document, IMPORTED_MAX);
    buf_lit(&document, HEAD PATHS "servers:\n");
    for (unsigned i = 0; i < 2000; i++) {
        buf_printf(&document, "  - url: https://a%u.example.com\n", i);
    }
    imported_check(buf_c(&document),
                   "https://a99.example.com:", "more than 100 servers: the rest is left out");
    imported_check(buf_c(&document), "hosts: any\n", NULL);
    buf_fini(&document);
}

static void names_the_server_where_there_is_no_other(void **state)
{
    (void)state;
    static const struct {
        const char *url, *report;
    } rows[] = {
        {"https://u:pw@a.example.com",
         "https://a.example.com is left out: it has user information"},
        {"https://a.example.com/?k=v", "https://a.example.com/ is left out: it has a query"},
        {"https://a.example.com/#k", "https://a.example.com/ is left out: it has a fragment"},
        {"https://b\xc3\xbc"
         "cher.example",
         "cher.example is left out: "},
        {"https://${connection.x}.example.com",
         "https://${connection.x}.example.com is left out: "},
        {"https://b\xc3\xbc"
         "cher.{t}.example.com",
         ".{t}.example.com is left out: "},
        {"https://u:pw@{t}.example.com", "https://{t}.example.com is left out: it has user"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t document;
        buf_init(&document, IMPORTED_MAX);
        buf_printf(&document, HEAD "servers: [{url: '%s'}]\n" PATHS, rows[i].url);
        imported_check(buf_c(&document), NULL, rows[i].report);
        imported_check(buf_c(&document), NULL, "\"failed\": \"server\"");
        imported_check(buf_c(&document), "!base_url", "!pw");
        imported_check(buf_c(&document), NULL, "!line ");
        buf_fini(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_addresses_against_the_server),
        cmocka_unit_test(a_server_without_a_scheme_has_tls),
        cmocka_unit_test(variables_stand_anywhere),
        cmocka_unit_test(a_free_host_is_one),
        cmocka_unit_test(leaves_servers_out_that_cannot_be_called),
        cmocka_unit_test(of_too_many_servers_the_first_are_taken),
        cmocka_unit_test(names_the_server_where_there_is_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
