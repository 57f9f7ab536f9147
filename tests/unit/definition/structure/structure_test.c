/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "definition/structure/structure.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

enum { FILE_BYTES_MAX = 1 << 20 };

/* --- reading --- */

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    diagnostics_add(context, LEVEL_S, code, line, column, "%s", text);
}

static void check_by(const structure_t *s, arena_t *arena, str_t text, diagnostics_t *d)
{
    diagnostics_init(d, arena);
    const yaml_node_t *root = yaml_read_in(arena, text, YAML_BYTES_MAX, on_fault, d);
    if (root) {
        structure_check(s, root, d);
    }
    diagnostics_sort(d);
}

static void check(arena_t *arena, str_t text, diagnostics_t *d)
{
    check_by(structure_of_format(), arena, text, d);
}

static void print(const diagnostics_t *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        print_message("  %u:%u %s: %s\n", d->list[i].line, d->list[i].column,
                      err_code_name(d->list[i].code), d->list[i].text);
    }
}

/* --- one fault a row --- */

typedef struct row {
    const char *yaml;
    unsigned line, column; /* 0: no fault */
    err_code_t code;
    const char *text; /* how it begins */
} row_t;

/* Exactly the one fault, or none. */
static void assert_row(const structure_t *s, const char *frame, const row_t *row)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    str_t yaml = arena_printf(arena, "%s%s\n", frame, row->yaml);
    check_by(s, arena, yaml, &d);
    const diagnostic_t *one = &d.list[0];
    bool right = d.count == (row->line ? 1 : 0);
    right = right && (!row->line || (one->level == LEVEL_S && one->line == row->line &&
                                     one->column == row->column && one->code == row->code &&
                                     str_starts(str_of(one->text), str_of(row->text))));
    if (!right) {
        print(&d);
        fail_msg("%s\nexpected %u:%u %s %s", row->yaml, row->line, row->column,
                 err_code_name(row->code), row->text ? row->text : "");
    }
    arena_free(arena);
}

static void assert_rows(const char *frame, const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_row(structure_of_format(), frame, &rows[i]);
    }
}

#define HEAD                                                                                       \
    "tenon: 1\nid: x\ntitle: X\nversion: 1.0.0\ndescription: D\nhosts: [a.example.com]\n"          \
    "base_url: https://a.example.com\n"
#define WHOLE HEAD "actions: {A: {summary: A, path: /a}}\n"
/* The rows' text stands on line 9. */
#define ACTION HEAD "actions: {A: {summary: A, path: /a,\n"
#define AUTH WHOLE "connection: {auth: {a:\n" /* on line 10 */

#define TYPE ERR_definition_type
#define VALUE ERR_definition_value
#define RANGE ERR_definition_range
#define LIMIT ERR_definition_limit
#define URL ERR_definition_bad_url
#define MISSING ERR_definition_missing_key
#define UNKNOWN ERR_definition_unknown_key
#define AMBIGUOUS ERR_definition_ambiguous_scalar

static void checks_the_top_level(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"x-anything: {a: [1, null]}", 0, 0, 0, NULL},
        {"statsu: stable", 9, 1, UNKNOWN, "unknown key `statsu`; did you mean `status`?"},
        {"completely_else: 1", 9, 1, UNKNOWN, "unknown key `completely_else`"},
        {"status: prevew", 9, 9, VALUE,
         "'prevew' is not one of stable, preview; did you mean `preview`?"},
        {"publisher: {url: https://x.example}", 9, 1, MISSING, "'name' is a required property"},
        {"contact: {}", 0, 0, 0, NULL},
        {"links: {website: ftp://x}", 9, 18, URL, "'ftp://x' is not the address of a page"},
        {"brand_color: '#12345'", 9, 14, VALUE, "'#12345' is not a colour"},
        {"categories: Human", 9, 13, TYPE, "expected a list, not a text"},
        {"categories: [[a]]", 9, 14, TYPE, "expected a text, not a list"},
        {"proxy: yes", 9, 8, TYPE, "expected true or false, not 'yes'"},
        {"proxy: 'true'", 9, 8, TYPE, "expected true or false, not 'true'"},
        {"proxy: True", 9, 8, AMBIGUOUS, "`True` is read differently by YAML readers; write it"},
        {"proxy: ~", 9, 8, TYPE, "expected true or false, not null"},
        {"proxy:", 9, 7, TYPE, "expected true or false, not nothing"},
        {"explain: {401: Why, 4xx: No}", 9, 21, VALUE, "'4xx' is not an HTTP status"},
        {"guide: {steps: [{text: T}]}", 9, 17, MISSING, "'title' is a required property"},
        {"verify: {method: GET}", 9, 1, MISSING, "'url' is a required property"},
        {"verify: [A]", 9, 9, TYPE, "expected the name of an action or a request, not a list"},
        {"request: {headers: {X: null}}", 9, 24, TYPE,
         "expected a text, not null; in quotes it is a text"},
        {"request: {headers: {X: ~}}", 9, 24, TYPE,
         "expected a text, not null; in quotes it is a text"},
        {"request: {headers: {X: }}", 9, 24, TYPE, "expected a text, not nothing"},
        {"request: {headers: {X: 012, Y: .inf, Z: True, W: 1.10}}", 0, 0, 0, NULL},
        {"request: {headers: {'X Y': a}}", 9, 21, VALUE, "'X Y' is not a header name"},
        {"request: {query: {a: null, b: [1, x]}}", 0, 0, 0, NULL},
        {"request: {query: {a: {b: c}}}", 9, 22, TYPE, "expected a text or null or a list"},
        {"schemas: {'a b': {type: string}}", 9, 11, VALUE, "'a b' is not a name of letters"},
        {"retry: {max: 6}", 9, 14, RANGE, "6 is not in the range 0 to 5"},
        {"retry: {statuses: [99]}", 9, 20, RANGE, "99 is not in the range 100 to 599"},
        {"retry: {after: Retry-After}", 9, 16, TYPE, "expected a list, not a text"},
    };
    assert_rows(WHOLE, rows, COUNT(rows));
}

static void checks_throttles_and_times(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"throttle: [{calls: 1, per: 31d}, {calls: 1000000, per: 1ms}]", 0, 0, 0, NULL},
        {"throttle: [{calls: 0, per: 60s}]", 9, 20, RANGE,
         "0 is not a number of calls from 1 to 1000000"},
        {"throttle: [{calls: -1, per: 60s}]", 9, 20, RANGE, "-1 is not a number of calls"},
        {"throttle: [{calls: 99999999999999999999, per: 60s}]", 9, 20, RANGE,
         "99999999999999999999 is not a number of calls"},
        {"throttle: [{calls: 1.5, per: 60s}]", 9, 20, TYPE, "expected a number of calls"},
        {"throttle: [{calls: '1', per: 60s}]", 9, 20, TYPE, "expected a number of calls"},
        {"throttle: [{calls: 1}]", 9, 12, MISSING, "'per' is a required property"},
        {"throttle: [{calls: 1, per: 0s}]", 9, 28, RANGE, "'0s' is not a duration from 1ms to 31d"},
        {"throttle: [{calls: 1, per: 60}]", 9, 28, RANGE, "'60' is not a duration from 1ms"},
        {"throttle: [{calls: 1, per: -1}]", 9, 28, RANGE, "'-1' is not a duration from 1ms"},
        {"throttle: [{calls: 1, per: 99999999999999999999}]", 9, 28, RANGE, "'9999999999"},
        {"throttle: [{calls: 1, per: 32d}]", 9, 28, RANGE, "'32d' is not a duration"},
        {"throttle: [{calls: 1, per: 745h}]", 9, 28, RANGE, "'745h' is not a duration"},
        {"throttle: [{calls: 1, per: 744h}]", 0, 0, 0, NULL},
        {"throttle: [{calls: 1, per: 2678400001ms}]", 9, 28, RANGE, "'2678400001ms'"},
        {"throttle: [{calls: 1, per: 2678400000ms}]", 0, 0, 0, NULL},
        {"throttle: [{calls: 1, per: soon}]", 9, 28, VALUE, "'soon' is not a duration such as"},
        {"throttle: [{calls: 1, per: 1m30s}]", 9, 28, VALUE, "'1m30s' is not a duration such as"},
        {"throttle: [{calls: 1, per: [60s]}]", 9, 28, TYPE, "expected a duration such as"},
        {"throttle: {calls: 1, per: 60s}", 9, 11, TYPE, "expected a list, not a map"},
        {"throttle: [{calls: 1, per: 1s, scope: user}]", 9, 39, VALUE, "'user' is not one of"},
        {"timeout: 120s", 0, 0, 0, NULL},
        {"timeout: 121s", 9, 10, RANGE, "'121s' is not a duration from 1ms to 120s"},
        {"timeout: 3m", 9, 10, RANGE, "'3m' is not a duration from 1ms to 120s"},
        {"timeout: 0", 9, 10, RANGE, "'0' is not a duration from 1ms to 120s"},
    };
    assert_rows(WHOLE, rows, COUNT(rows));
}

static void checks_whole_files(void **state)
{
    (void)state;
#define FILE_WITH(id, version, hosts, rest)                                                        \
    "tenon: 1\nid: " id "\ntitle: X\nversion: " version "\ndescription: D\nhosts: " hosts "\n" rest
#define A "actions: {A: {summary: A, path: /a}}"
    static const row_t rows[] = {
        {"[1]", 1, 1, TYPE, "expected a map, not a list"},
        {"hello", 1, 1, TYPE, "expected a map, not a text"},
        {FILE_WITH("x", "1.0.0", "any", A), 0, 0, 0, NULL},
        {FILE_WITH("12", "1.0.0-rc.1", "['*.a.example:8443', 10]", A), 0, 0, 0, NULL},
        {FILE_WITH("../x", "1.0.0", "any", A), 2, 5, ERR_definition_bad_id, "'../x' is not an id"},
        {FILE_WITH(".", "1.0.0", "any", A), 2, 5, ERR_definition_bad_id, "'.' is not an id"},
        {FILE_WITH("Upper", "1.0.0", "any", A), 2, 5, ERR_definition_bad_id, "'Upper' is not"},
        {FILE_WITH("''", "1.0.0", "any", A), 2, 5, ERR_definition_bad_id, "'' is not an id"},
        {FILE_WITH("a-", "1.0.0", "any", A), 2, 5, ERR_definition_bad_id, "'a-' is not an id"},
        {FILE_WITH("\"a\\n\"", "1.0.0", "any", A), 2, 5, ERR_definition_bad_id, "'a' is not"},
        {FILE_WITH("x", "1.0", "any", A), 4, 10, VALUE, "'1.0' is not a version"},
        {FILE_WITH("x", "01.0.0", "any", A), 4, 10, VALUE, "'01.0.0' is not a version"},
        {FILE_WITH("x", "1.0.0", "all", A), 6, 8, VALUE, "'all' is not `any` or a list of hosts"},
        {FILE_WITH("x", "1.0.0", "[]", A), 6, 8, VALUE, "at least 1 item is needed"},
        {FILE_WITH("x", "1.0.0", "{}", A), 6, 8, TYPE, "expected `any` or a list of hosts"},
        {FILE_WITH("x", "1.0.0", "['*.com']", A), 6, 9, VALUE, "'*.com' is not a host such as"},
        {FILE_WITH("x", "1.0.0", "[A.example]", A), 6, 9, VALUE,
         "'A.example' is not a host such as"},
        {FILE_WITH("x", "1.0.0", "[a.b, a.b]", A), 6, 14, VALUE, "'a.b' stands twice"},
        {FILE_WITH("x", "1.0.0", "any", "actions: {}"), 7, 10, VALUE, "at least 1 entry is needed"},
        {FILE_WITH("x", "1.0.0", "any", "actions:"), 7, 9, TYPE, "expected a map, not nothing"},
        {FILE_WITH("x", "1.0.0", "any", "base_url: null\n" A), 7, 11, TYPE,
         "expected a text, not null"},
        {FILE_WITH("x", "1.0.0", "any", "actions: {1a: {summary: A, path: /a}}"), 7, 11, VALUE,
         "'1a' is not a name of 1 to 80 letters"},
        {"# a comment\n\ntenon: 2\nid: x\ntitle: X\nversion: 1.0.0\ndescription: D\nhosts: any\n" A,
         3, 8, VALUE, "'2' is not 1, the version of the format"},
        {"# a comment\n\nid: x\ntitle: X\nversion: 1.0.0\ndescription: D\nhosts: any\n" A, 1, 1,
         MISSING, "'tenon' is a required property"},
    };
    assert_rows("", rows, COUNT(rows));
}

static void checks_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *text; /* NULL: fine */
    } rows[] = {
        {"https://a.example.com/t?x=1", NULL},
        {"http://127.0.0.1:8080/t", NULL},
        {"/t", NULL},
        {"/", NULL},
        {"'${connection.url}/t'", NULL},
        {"'https://${connection.sub}.example.com:8443/${connection.path}'", NULL},
        {"\"https://${default(connection.a, concat(connection.b, '.}/@#x'))}/t\"", NULL},
        {"'https://a.example.com/$${x}/$'", NULL},
        {"ftp://a.example.com/t", "is not a URL that starts with https://, / or ${…}"},
        {"file:///etc/passwd", "is not a URL that starts with"},
        {"gopher://a", "is not a URL that starts with"},
        {"a.example.com/t", "is not a URL that starts with"},
        {"//a.example.com/t", "is not a URL that starts with"},
        {"HTTPS://a.example.com/", "is not a URL that starts with"},
        {"https://u:p@a.example.com/", "a URL here has no user name and password"},
        {"'https://${connection.u}@a.example.com/'", "is not a URL whose host is made of"},
        {"https:///t", "is not a URL whose host is made of"},
        {"'https://a b.example.com/'", "is not a URL whose host is made of"},
        {"'https://a.example.com\\t'", "is not a URL whose host is made of"},
        {"'https://a.example.com/t#part'", "is not a URL without a fragment"},
        {"'/t?a=b#part'", "is not a URL without a fragment"},
        {"'${connection.url}#part'", "is not a URL without a fragment"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        diagnostics_t d;
        str_t yaml = arena_printf(arena,
                                  WHOLE "connection: {auth: {a: {type: client_credentials, "
                                        "token_url: %s}}}\n",
                                  rows[i].url);
        check(arena, yaml, &d);
        bool right = d.count == (rows[i].text ? 1 : 0);
        right = right && (!rows[i].text || (d.list[0].code == URL && d.list[0].line == 9 &&
                                            strstr(d.list[0].text, rows[i].text)));
        /* A password is not told. */
        right = right && (!d.count || !strstr(d.list[0].text, "u:p"));
        if (!right) {
            print(&d);
            fail_msg("%s", rows[i].url);
        }
        arena_free(arena);
    }
}

static void checks_other_urls(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"{type: none, base_url: /x}}}", 10, 24, URL,
         "'/x' is not a URL that starts with https:// or"},
        {"{type: none, base_url: https://a.example.com/?a}}}", 10, 24, URL,
         "'https://a.example.com/?a' is not a URL without query and fragment"},
        {"{type: none, base_url: 'https://a.example.com/bot${connection.token}'}}}", 0, 0, 0, NULL},
        {"{type: authorization_code, token_url: /t, authorize_url: 'https://a.example.com/#/in'}}}",
         0, 0, 0, NULL},
        {"{type: authorization_code, token_url: 12, authorize_url: /a}}}", 10, 39, URL,
         "'12' is not a URL"},
        {"{type: authorization_code, token_url: null, authorize_url: /a}}}", 10, 39, TYPE,
         "expected a text, not null"},
        {"{type: authorization_code, token_url: [/t], authorize_url: /a}}}", 10, 39, TYPE,
         "expected a text, not a list"},
    };
    assert_rows(AUTH, rows, COUNT(rows));
}

static void checks_ways_to_sign_in(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"{type: none}}}", 0, 0, 0, NULL},
        {"{}}}", 9, 21, MISSING, "'type' is a required property"},
        {"{type: pasword}}}", 10, 8, VALUE, "'pasword' is not one of none, basic"},
        {"{type: basic, token_url: /t}}}", 10, 15, UNKNOWN, "unknown key `token_url`"},
        {"{type: api_key}}}", 9, 21, MISSING, "'inject' is a required property"},
        {"{type: api_key, base_url: https://a.example.com}}}", 0, 0, 0, NULL},
        {"{type: client_credentials}}}", 9, 21, MISSING, "'token_url' is a required property"},
        {"{type: client_credentials, issuer: https://a.example.com}}}", 0, 0, 0, NULL},
        {"{type: client_credentials, resource: https://a.example.com}}}", 0, 0, 0, NULL},
        {"{type: authorization_code, token_url: /t}}}", 9, 21, MISSING,
         "'authorize_url' is a required property"},
        {"{type: authorization_code, issuer: https://a.example.com}}}", 0, 0, 0, NULL},
        {"{type: jwt_bearer, token_url: /t}}}", 9, 21, MISSING, "'assertion' is a required"},
        {"{type: jwt_bearer, token_url: /t, assertion: {}}}}", 10, 35, MISSING,
         "'key' is a required"},
        {"{type: jwt_bearer, token_url: /t, assertion: {key: k, alg: RS265}}}}", 10, 60, VALUE,
         "'RS265' is not one of"},
        {"{type: token_exchange, token_url: /t}}}", 9, 21, MISSING,
         "'subject_token' is a required"},
        {"{type: session, steps: {a: {url: /a}}, answer: {token: x}}}}", 10, 40, MISSING,
         "'access_token' is a required property"},
        {"{type: session, answer: {access_token: x}}}}", 9, 21, MISSING, "'steps' is a required"},
        {"{type: jwt}}}", 9, 21, MISSING, "'jwt' is a required property"},
        {"{type: jwt, jwt: 'PRIVATE'}}}", 10, 18, TYPE, "expected a map, not a text"},
        {"{type: aws_sigv4, region: r}}}", 9, 21, MISSING, "'service' is a required property"},
        {"{type: oauth1, signature: HMAC-SHA1}}}", 0, 0, 0, NULL},
        {"{type: client_credentials, token_url: /t, refresh: false}}}", 0, 0, 0, NULL},
        {"{type: client_credentials, token_url: /t, refresh: true}}}", 10, 52, VALUE,
         "'true' is not false"},
        {"{type: client_credentials, token_url: /t, refresh: {scope: a}}}}", 10, 53, UNKNOWN,
         "unknown key `scope`; did you mean `scopes`?"},
        {"{type: client_credentials, token_url: /t, params: {a: null, b: [c], d: 012}}}}", 0, 0, 0,
         NULL},
        {"{type: client_credentials, token_url: /t, params: {a: {b: 012}}}}}", 10, 59, AMBIGUOUS,
         "`012` is read differently"},
        {"{type: client_credentials, token_url: /t, expect: {status: [200], body: {ok: true}}}}}",
         0, 0, 0, NULL},
        {"{type: client_credentials, token_url: /t, expect: [{status: [200]}, {}]}}}", 10, 69,
         VALUE, "at least 1 entry is needed"},
        {"{type: client_credentials, token_url: /t, steps: {a: {url: /a, json: {}, form: {}}}}}}",
         10, 74, VALUE, "one body only: json, form, text or xml"},
        {"{type: client_credentials, token_url: /t, steps: {a: {url: /a, xml: {a: b, c: d}}}}}}",
         10, 69, LIMIT, "2 entries; at most 1 are allowed"},
        {"{type: client_credentials, token_url: /t, parameters: {a b: {type: string}}}}}", 10, 56,
         VALUE, "'a b' is not a name of 1 to 64"},
        {"{type: client_credentials, token_url: /t, client_secret: [hunter2]}}}", 10, 58, TYPE,
         "expected a text, not a list"},
    };
    assert_rows(AUTH, rows, COUNT(rows));
}

static void checks_parameters(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"p: {type: string}}}", 0, 0, 0, NULL},
        {"p: {choices: {a: A, b: B}}}}", 0, 0, 0, NULL},
        {"p: {choices: {a: {title: A, host: h}}}}}", 0, 0, 0, NULL},
        {"p: {choices: {a: {host: h}}}}}", 10, 15, MISSING, "'title' is a required property"},
        {"p: {choices: {a: [A]}}}}", 10, 18, TYPE, "expected a label or a row"},
        {"p: {choices: {}}}}", 10, 14, VALUE, "at least 1 entry is needed"},
        {"p: {title: P}}}", 10, 1, MISSING, "'type', 'choices' or '$ref' is a required property"},
        {"p: {}}}", 10, 1, MISSING, "'type', 'choices' or '$ref' is a required property"},
        {"p: {type: array}}}", 10, 11, VALUE, "'array' is not a type that a parameter may have"},
        {"p: {type: string, in: query}}}", 10, 19, UNKNOWN, "unknown key `in`"},
        {"p: {type: string, required: [a]}}}", 10, 29, TYPE, "expected true or false, not a list"},
        {"p: {type: string, ask: root}}}", 10, 24, VALUE, "'root' is not one of user, admin"},
        {"p: {$ref: '#/schemas/P', required: true, x-a: 1}}}", 0, 0, 0, NULL},
        {"p: {$ref: '#/schemas/P', pattern: a}}}", 10, 26, UNKNOWN,
         "'pattern' is not a key that may stand beside `$ref`"},
        {"p: {$ref: 'schemas/P'}}}", 10, 11, VALUE, "'schemas/P' is not a reference of the form"},
        {"p: {type: string, default: 012}}}", 10, 28, AMBIGUOUS, "`012` is read differently"},
        {"p: {type: string, enum: [1, True]}}}", 10, 29, AMBIGUOUS, "`True` is read differently"},
        {"p: {type: string, x-a: {b: [~]}}}}", 10, 29, AMBIGUOUS, "`~` is read differently"},
        {"p: {type: string, default: null}}}", 0, 0, 0, NULL},
        {"p: {type: string, default: '012'}}}", 0, 0, 0, NULL},
        {"p: {type: string, minLength: -1}}}", 10, 30, RANGE, "-1 is not in the range 0 to"},
        {"p: {type: number, multipleOf: 0}}}", 10, 31, RANGE, "0 is not a number above 0"},
        {"p: {type: number, minimum: 0x1F}}}", 10, 28, AMBIGUOUS, "`0x1F` is read differently"},
        {"p: {type: string, requird: true}}}", 10, 19, UNKNOWN,
         "unknown key `requird`; did you mean `required`?"},
    };
    assert_rows(WHOLE "connection: {parameters: {\n", rows, COUNT(rows));
}

static void checks_actions(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"method: GET}}", 0, 0, 0, NULL},
        {"method: get}}", 9, 9, VALUE, "'get' is not one of GET, HEAD"},
        {"ouput: {type: object}}}", 9, 1, UNKNOWN, "unknown key `ouput`; did you mean `output`?"},
        {"x-ms-visibility: internal}}", 0, 0, 0, NULL},
        {"input: {a: {type: string}, b: {in: body}, c: {in: body, required: [x]}}}}", 0, 0, 0,
         NULL},
        {"input: {a: {in: query}}}}", 9, 9, MISSING, "'type', 'choices' or '$ref' is a required"},
        {"input: {a: {type: array, items: {typ: string}}}}}", 9, 34, UNKNOWN,
         "unknown key `typ`; did you mean `type`?"},
        {"input: {a: {type: object, properties: {b: {type: string, required: true}}}}}}", 0, 0, 0,
         NULL},
        {"input: {a: {type: object, additionalProperties: {type: strng}}}}}", 9, 56, VALUE,
         "'strng' is not one of"},
        {"input: {a: {type: object, additionalProperties: maybe}}}}", 9, 49, TYPE,
         "expected true, false or a schema, not a text"},
        {"input: {a: {type: string, ask: admin}}}}", 9, 27, UNKNOWN, "unknown key `ask`"},
        {"auth: all}}", 9, 7, VALUE, "'all' is not none or a list of ways to sign in"},
        {"auth: []}}", 9, 7, VALUE, "at least 1 item is needed"},
        {"auth: [a, a]}}", 9, 11, VALUE, "'a' stands twice"},
        {"token: connection}}", 0, 0, 0, NULL},
        {"token: conection}}", 9, 8, VALUE, "'conection' is not `connection` or a grant"},
        {"token: {type: authorization_code}}}", 9, 15, VALUE, "'authorization_code' is not one of"},
        {"token: {type: password}}}", 9, 1, MISSING, "'token_url' is a required property"},
        {"token: {type: password, token_url: /t, title: T}}}", 9, 40, UNKNOWN,
         "unknown key `title`"},
        {"request: {expect: {status: [200]}}}}", 9, 11, UNKNOWN, "unknown key `expect`"},
        {"request: {json: {a: 0o7}}}}", 9, 21, AMBIGUOUS, "`0o7` is read differently"},
        {"request: {json: [null, {a: true}, 1e3]}}}", 0, 0, 0, NULL},
        {"responses: {200: {description: D}, default: {description: D}}}}", 0, 0, 0, NULL},
        {"responses: {2xx: {description: D}}}}", 9, 13, VALUE, "'2xx' is not an HTTP status or"},
        {"responses: {404: {}}}}", 9, 13, MISSING, "'description' is a required property"},
        {"trigger: {type: webhook}}}", 9, 1, MISSING, "'content' is a required property"},
        {"trigger: {type: polling, items: body, query: {}}}}", 0, 0, 0, NULL},
        {"trigger: {type: polling, items: body}}}", 9, 1, MISSING,
         "'query' is a required property"},
        {"steps: {a: {}}}}", 9, 9, MISSING, "'url' is a required property"},
        {"steps: {a: {url: /1}, b: {url: /1}, c: {url: /1}, d: {url: /1}, e: {url: /1}, f: {url: "
         "/1}, "
         "g: {url: /1}, h: {url: /1}, i: {url: /1}}}}",
         9, 8, LIMIT, "9 entries; at most 8 are allowed"},
        {"output_type: json}}", 9, 14, VALUE, "'json' is not a media type"},
        {"timeout: 5m}}", 9, 10, RANGE, "'5m' is not a duration from 1ms to 120s"},
    };
    assert_rows(ACTION, rows, COUNT(rows));
}

static void wants_a_path_unless_something_else_says_it(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"  A: {summary: A, path: /a}", 0, 0, 0, NULL},
        {"  A: {summary: A, token: connection}", 0, 0, 0, NULL},
        {"  A: {summary: A, request: {url: /a}}", 0, 0, 0, NULL},
        {"  A: {summary: A, request: {headers: {}}}", 9, 3, MISSING, "'path' is a required"},
        {"  A: {summary: A}", 9, 3, MISSING, "'path' is a required property"},
        {"  A: {path: /a}", 9, 3, MISSING, "'summary' is a required property"},
        {"  A:", 9, 5, TYPE, "expected a map, not nothing"},
    };
    assert_rows(HEAD "actions:\n", rows, COUNT(rows));
}

static void checks_policies(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"- set_property: {at: body.a, value: null}", 0, 0, 0, NULL},
        {"- set_property: {at: body.a, value: 012}", 10, 37, AMBIGUOUS, "`012` is read"},
        {"- set_property: {at: body.a}", 10, 3, MISSING, "'value' is a required property"},
        {"- section: response", 10, 3, VALUE, "a policy has exactly one of set_property"},
        {"- {encode_property: {at: body}, replace_string: {at: body, find: a, with: b}}", 10, 3,
         VALUE, "a policy has exactly one of set_property"},
        {"- move_properties: {from: body.a}", 10, 3, MISSING, "'to' is a required property"},
        {"- {encode_property: {at: body}, section: answer}", 10, 42, VALUE,
         "'answer' is not one of"},
    };
    assert_rows(WHOLE "policies:\n", rows, COUNT(rows));
}

/* Text of count entries: before, N, after. */
static str_t many(arena_t *arena, const char *head, size_t count, const char *before,
                  const char *after, const char *tail)
{
    buf_t b;
    buf_init(&b, FILE_BYTES_MAX);
    buf_lit(&b, head);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&b, "%s%zu%s", before, i, after);
    }
    buf_lit(&b, tail);
    assert_true(buf_ok(&b));
    str_t text = arena_str(arena, buf_view(&b));
    buf_fini(&b);
    return text;
}

static void keeps_the_limits(void **state)
{
    (void)state;
    static const struct {
        const char *head, *before, *after, *tail;
        size_t most;
        unsigned line, column;
    } rows[] = {
        {WHOLE "connection: {parameters: {", "p", ": {type: string}, ", "}}\n", 100, 9, 26},
        {WHOLE "connection: {auth: {", "a", ": {type: none}, ", "}}\n", 32, 9, 20},
        {ACTION "input: {", "i", ": {type: string}, ", "}}}\n", 500, 9, 8},
        {WHOLE "schemas:\n", "  s", ": {type: string}\n", "", 5000, 10, 3},
        {WHOLE "connection: {parameters: {p: {choices: {", "c", ": C, ", "}}}}\n", 1000, 9, 40},
        {WHOLE "policies:\n", "- {encode_property: {at: body.a", "}}\n", "", 500, 10, 1},
        {HEAD "actions:\n", "  A", ": {summary: A, path: /a}\n", "", 1000, 9, 3},
        {WHOLE "throttle:\n", "- {calls: 1, per: 1", "1s}\n", "", 8, 10, 1},
        {"tenon: 1\nid: x\ntitle: X\nversion: 1.0.0\ndescription: D\n" A "\nhosts: [", "a",
         ".example, ", "]\n", 64, 7, 8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t over = 0; over <= 1; over++) {
            arena_t *arena = arena_new(0);
            diagnostics_t d;
            check(arena,
                  many(arena, rows[i].head, rows[i].most + over, rows[i].before, rows[i].after,
                       rows[i].tail),
                  &d);
            if (d.count != over ||
                (over && (d.list[0].code != LIMIT || d.list[0].line != rows[i].line ||
                          d.list[0].column != rows[i].column))) {
                print(&d);
                fail_msg("%s… %zu", rows[i].head, rows[i].most + over);
            }
            arena_free(arena);
        }
    }
}

/* 64 KiB a text, 1,024 characters a pattern: characters, not bytes. */
static void keeps_the_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *head, *tail, *character;
        size_t most;
    } rows[] = {
        {WHOLE "x-a: {}\nguide: {checklist: [", "]}\n", "a", 65536},
        {WHOLE "x-a: {}\nguide: {checklist: [", "]}\n", "é", 65536},
        {WHOLE "connection: {parameters: {p: {type: string, pattern: ", "}}}\n", "é", 1024},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t over = 0; over <= 1; over++) {
            arena_t *arena = arena_new(0);
            diagnostics_t d;
            buf_t b;
            buf_init(&b, FILE_BYTES_MAX);
            buf_lit(&b, rows[i].head);
            for (size_t k = 0; k < rows[i].most + over; k++) {
                buf_lit(&b, rows[i].character);
            }
            buf_lit(&b, rows[i].tail);
            check(arena, buf_view(&b), &d);
            assert_int_equal(d.count, over);
            assert_true(!over || d.list[0].code == LIMIT);
            buf_fini(&b);
            arena_free(arena);
        }
    }
}

static void reports_all_faults_of_a_file(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    check(arena, STR("tenon: 1\nid: X\nhosts: [A]\nactions: {A: {sumary: A, path: []}}\nb: 1\n"),
          &d);
    static const err_code_t codes[] = {
        MISSING, MISSING, MISSING, ERR_definition_bad_id, VALUE, MISSING, UNKNOWN, TYPE, UNKNOWN};
    assert_int_equal(d.count, COUNT(codes));
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_int_equal(d.list[i].code, codes[i]);
    }
    arena_free(arena);
}

/* --- the interpreter, by small schemas --- */

static void interprets_draft_07(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        row_t row;
    } rows[] = {
        {"true", {"a: 1", 0, 0, 0, NULL}},
        {"false", {"a: 1", 1, 1, VALUE, "not allowed here"}},
        {"{\"properties\": {\"a\": false}}", {"b: 1\na: 1", 2, 1, VALUE, "not allowed here"}},
        {"{\"properties\": {\"a\": {\"type\": \"null\"}}}", {"a:", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"type\": \"null\"}}}", {"a: ''", 1, 4, TYPE, "expected null"}},
        {"{\"properties\": {\"a\": {\"type\": \"number\"}}}", {"a: 1", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"type\": \"number\"}}}", {"a: -1.5e3", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"type\": \"number\"}}}",
         {"a: .5", 1, 4, AMBIGUOUS, "`.5` is read differently"}},
        {"{\"properties\": {\"a\": {\"type\": \"integer\"}}}",
         {"a: 1.5", 1, 4, TYPE, "expected an integer, not '1.5'"}},
        {"{\"properties\": {\"a\": {\"type\": \"number\", \"minimum\": 0}}}",
         {"a: -0.5", 1, 4, RANGE, "-0.5 is less than 0"}},
        {"{\"properties\": {\"a\": {\"minLength\": 2}}}",
         {"a: é", 1, 4, VALUE, "shorter than 2 characters"}},
        {"{\"properties\": {\"a\": {\"enum\": [1, true, \"x\"]}}}", {"a: 1", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"enum\": [1, true, \"x\"]}}}", {"a: true", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"enum\": [1, true, \"x\"]}}}",
         {"a: 'true'", 1, 4, VALUE, "'true' is not one of 1, true, x"}},
        {"{\"properties\": {\"a\": {\"enum\": [1, true, \"x\"]}}}",
         {"a: '1'", 1, 4, VALUE, "'1' is not one of"}},
        {"{\"properties\": {\"a\": {\"const\": \"1\"}}}", {"a: 1", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"const\": \"x\"}}}", {"a: y", 1, 4, VALUE, "'y' is not 'x'"}},
        {"{\"patternProperties\": {\"^x-\": {\"type\": \"boolean\"}}, \"additionalProperties\": "
         "false}",
         {"x-a: true", 0, 0, 0, NULL}},
        {"{\"patternProperties\": {\"^x-\": {\"type\": \"boolean\"}}, \"additionalProperties\": "
         "false}",
         {"x-a: 1", 1, 6, TYPE, "expected true or false"}},
        {"{\"patternProperties\": {\"^x-\": {\"type\": \"boolean\"}}, \"additionalProperties\": "
         "false}",
         {"y-x-a: true", 1, 1, UNKNOWN, "unknown key `y-x-a`"}},
        {"{\"propertyNames\": {\"enum\": [\"1\"]}}", {"1: a", 0, 0, 0, NULL}},
        {"{\"minProperties\": 2}", {"1: a", 1, 1, VALUE, "at least 2 entries are needed"}},
        {"{\"properties\": {\"a\": {\"oneOf\": [{\"type\": \"boolean\"}, {\"type\": \"array\"}]}}}",
         {"a: []", 0, 0, 0, NULL}},
        {"{\"properties\": {\"a\": {\"oneOf\": [{\"minItems\": 1}, {\"type\": \"array\"}]}}}",
         {"a: [b]", 1, 4, VALUE, "more than one form at a time"}},
        {"{\"properties\": {\"a\": {\"oneOf\": [{\"required\": [\"b\"]}, {\"required\": [\"c\", "
         "\"d\"]}]}}}",
         {"a: {}", 1, 1, MISSING, "'b' is a required property"}},
        {"{\"properties\": {\"a\": {\"anyOf\": [{\"required\": [\"x\", \"y\"]}, {\"properties\": "
         "{\"b\": {\"type\": \"boolean\"}}}]}}}",
         {"a: {b: c}", 1, 8, TYPE, "expected true or false, not 'c'"}},
        {"{\"properties\": {\"a\": {\"anyOf\": [{\"type\": \"boolean\"}, {\"type\": \"array\"}]}}}",
         {"a: True", 1, 4, AMBIGUOUS, "`True` is read differently"}},
        {"{\"properties\": {\"a\": {\"not\": {\"type\": \"array\"}}}}",
         {"a: []", 1, 4, VALUE, "not allowed here"}},
        {"{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}, \"else\": "
         "{\"required\": "
         "[\"c\"]}}",
         {"a: 1", 1, 1, MISSING, "'b' is a required property"}},
        {"{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}, \"else\": "
         "{\"required\": "
         "[\"c\"]}}",
         {"d: 1", 1, 1, MISSING, "'c' is a required property"}},
        {"{\"additionalProperties\": {\"$ref\": \"#\"}, \"maxProperties\": 1}",
         {"a: {b: {c: 1, d: {}}}", 1, 8, LIMIT, "2 entries; at most 1 are allowed"}},
        {"{\"definitions\": {\"a/b\": 1}, \"properties\": {\"a\": {\"$ref\": \"#/properties/b\"}, "
         "\"b\": "
         "{\"type\": \"array\"}}}",
         {"a: b", 1, 4, TYPE, "expected a list, not a text"}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        structure_t *s = structure_new(str_of(rows[i].schema));
        assert_row(s, "", &rows[i].row);
        structure_free(s);
    }
}

/* A long value outgrows the room that compiled patterns have. */
static void matches_long_values(void **state)
{
    (void)state;
    structure_t *s =
        structure_new(STR("{\"additionalProperties\": {\"pattern\": \"^(?:a|b|(c))*$\"}}"));
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    check_by(s, arena, many(arena, "a: '", 20000, "abcb'", "'", "'\n"), &d);
    assert_int_equal(d.count, 1);
    buf_t b;
    buf_init(&b, FILE_BYTES_MAX);
    buf_lit(&b, "a: ");
    for (size_t i = 0; i < 60000; i++) {
        buf_char(&b, "abc"[i % 3]);
    }
    check_by(s, arena, buf_view(&b), &d);
    assert_int_equal(d.count, 0);
    buf_fini(&b);
    arena_free(arena);
    structure_free(s);
}

static void tells_the_schema(void **state)
{
    (void)state;
    str_t text = structure_schema_text();
    assert_true(str_starts(text, STR("{\n")));
    assert_true(str_find(text, STR("http://json-schema.org/draft-07/schema#"), 0) != SIZE_MAX);
    assert_ptr_equal(structure_of_format(), structure_of_format());
    structure_free(NULL);
}

/* --- the files of the format --- */

static char *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    char *text = malloc(FILE_BYTES_MAX);
    *n = fread(text, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return text;
}

static void format_path(char *to, size_t size, const char *name)
{
    const char *shared = getenv("TENON_SHARED");
    if (shared) {
        snprintf(to, size, "%s/format/%s", shared, name);
    } else {
        snprintf(to, size, "%s/../shared/format/%s", TENON_SOURCE_DIR, name);
    }
}

/* Skips where the folder of the contract is not beside the sources. */
static DIR *open_format(char *path, size_t size, const char *name)
{
    format_path(path, size, name);
    DIR *folder = opendir(path);
    if (!folder) {
        print_message("%s is not here (set TENON_SHARED)\n", path);
        skip();
    }
    return folder;
}

static void assert_clean(const char *folder, const char *name)
{
    char path[1000];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = read_file(path, &n);
    assert_non_null(text);
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    check(arena, str_at(text, n), &d);
    if (d.count) {
        print(&d);
        fail_msg("%s", path);
    }
    arena_free(arena);
    free(text);
}

static void assert_folder_clean(DIR *folder, const char *path, size_t at_least)
{
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (str_ends(str_of(entry->d_name), STR(".yaml"))) {
            assert_clean(path, entry->d_name);
            count++;
        }
    }
    closedir(folder);
    assert_true(count >= at_least);
}

static void accepts_what_the_format_accepts(void **state)
{
    (void)state;
    char path[800];
    DIR *folder = open_format(path, sizeof path, "accepted");
    assert_folder_clean(folder, path, 18);
}

static void accepts_the_shipped_connectors(void **state)
{
    (void)state;
    DIR *folder = opendir(TENON_SOURCE_DIR "/connectors");
    assert_non_null(folder);
    assert_folder_clean(folder, TENON_SOURCE_DIR "/connectors", 7);
}

/* "typo.yaml:10:5: error/S CODE: text" */
typedef struct expected {
    char file[200];
    unsigned line, column;
    char level;
    char code[64];
} expected_t;

static bool read_expected(str_t row, expected_t *e)
{
    char copy[400];
    snprintf(copy, sizeof copy, "%.*s", STR_ARG(row));
    return sscanf(copy, "%199[^:]:%u:%u: error/%c %63[a-z_0-9]", e->file, &e->line, &e->column,
                  &e->level, e->code) == 5;
}

static bool has(const diagnostics_t *d, const expected_t *e)
{
    for (unsigned i = 0; i < d->count; i++) {
        if (d->list[i].line == e->line && strcmp(err_code_name(d->list[i].code), e->code) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_refused(const char *folder, const expected_t *e)
{
    char path[1000];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, e->file);
    char *text = read_file(path, &n);
    assert_non_null(text);
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    check(arena, str_at(text, n), &d);
    if (!has(&d, e)) {
        print(&d);
        fail_msg("%s:%u %s", e->file, e->line, e->code);
    }
    arena_free(arena);
    free(text);
}

static void refuses_what_the_format_refuses(void **state)
{
    (void)state;
    char path[800];
    char list[1000];
    size_t n = 0;
    size_t count = 0;
    closedir(open_format(path, sizeof path, "refused"));
    snprintf(list, sizeof list, "%s/EXPECTED", path);
    char *text = read_file(list, &n);
    assert_non_null(text);
    for (str_t rest = str_at(text, n); rest.p;) {
        expected_t e;
        if (read_expected(str_cut(&rest, '\n'), &e) && e.level == 'S') {
            assert_refused(path, &e);
            count++;
        }
    }
    assert_true(count >= 16);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_the_top_level),
        cmocka_unit_test(checks_throttles_and_times),
        cmocka_unit_test(checks_whole_files),
        cmocka_unit_test(checks_urls),
        cmocka_unit_test(checks_other_urls),
        cmocka_unit_test(checks_ways_to_sign_in),
        cmocka_unit_test(checks_parameters),
        cmocka_unit_test(checks_actions),
        cmocka_unit_test(wants_a_path_unless_something_else_says_it),
        cmocka_unit_test(checks_policies),
        cmocka_unit_test(keeps_the_limits),
        cmocka_unit_test(keeps_the_lengths),
        cmocka_unit_test(reports_all_faults_of_a_file),
        cmocka_unit_test(interprets_draft_07),
        cmocka_unit_test(matches_long_values),
        cmocka_unit_test(tells_the_schema),
        cmocka_unit_test(accepts_what_the_format_accepts),
        cmocka_unit_test(accepts_the_shipped_connectors),
        cmocka_unit_test(refuses_what_the_format_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
