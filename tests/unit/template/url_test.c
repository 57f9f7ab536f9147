/* SPDX-License-Identifier: MIT */
#include "template/check.h"

#include <stdio.h>

static const url_template_t *url_of(arena_t *arena, const char *text)
{
    err_t err = ERR_INIT;
    const url_template_t *u = url_template_in(arena, parse(arena, text), &err);
    assert_string_equal(err.text, "");
    assert_non_null(u);
    return u;
}

/* dots: every label may have dots, as the loader sets it for choices. */
static template_outcome_t write_url(const char *text, json_t *values, bool dots, buf_t *to,
                                    err_t *err)
{
    arena_t *arena = arena_new(0);
    template_scope_t scope = scope_of(values);
    const url_template_t *u = url_of(arena, text);
    for (size_t i = 0; i < u->authority_count; i++) {
        assert_false(u->label_dots[i]);
        u->label_dots[i] = dots;
    }
    template_outcome_t outcome = url_template_text(u, &scope, STR("https://base/v1"), to, err);
    arena_free(arena);
    return outcome;
}

/* expected: the URL, NULL: absent, or "!CODE: message". */
static void check_url(const char *text, json_t *values, bool dots, const char *expected)
{
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 20);
    template_outcome_t outcome = write_url(text, values, dots, &seen, &err);
    if (outcome == TEMPLATE_FAILED) {
        buf_clear(&seen);
        buf_printf(&seen, "!%s: %s", err_code_name(err.code), err.text);
        assert_int_equal(err.line, LINE);
        assert_int_equal(err.column, COLUMN);
    }
    if (expected) {
        assert_string_equal(buf_c(&seen), expected);
    }
    assert_int_equal(outcome == TEMPLATE_ABSENT, expected == NULL);
    buf_fini(&seen);
}

/* The same value is connection.v and input.v. */
static void check_value(const char *text, const char *value, bool dots, const char *expected)
{
    json_t *values =
        json_pack("{s:{s:s},s:{s:s,s:i}}", "connection", "v", value, "input", "v", value, "n", 17);
    assert_non_null(values);
    check_url(text, values, dots, expected);
    json_decref(values);
}

static const char roots[] =
    "{\"connection\": {\"host\": \"acme.prd.mykronos.com\", \"sub\": \"Acme\", \"token\": "
    "\"12:ab\","
    "  \"env\": \"https://api.workspan.com\", \"slash\": \"https://acme.mykronos.com/\","
    "  \"name\": \"h&x\", \"local\": \"localhost:8443\", \"v6\": \"[::1]:99\", \"ip\": "
    "\"10.0.0.1\"},"
    " \"input\": {\"id\": \"T 1\", \"n\": 17, \"yes\": true, \"null\": null, \"list\": []}}";

static void writes_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url;
    } rows[] = {
        {"https://api.example.com", "https://api.example.com"},
        {"https://api.example.com/", "https://api.example.com/"},
        {"http://127.0.0.1:8080/a?b=c#d", "http://127.0.0.1:8080/a?b=c#d"},
        {"https://[::1]:8443/x", "https://[::1]:8443/x"},
        {"https://API.Example.com/A", "https://API.Example.com/A"},
        {"https://${connection.host}/oauth/token", "https://acme.prd.mykronos.com/oauth/token"},
        {"https://${connection.local}", "https://localhost:8443"},
        {"https://${connection.v6}/a", "https://[::1]:99/a"},
        {"https://${connection.ip}/a", "https://10.0.0.1/a"},
        {"https://${connection.sub}.example.com:8443/x", "https://Acme.example.com:8443/x"},
        {"https://${connection.sub}-${input.n}.example.com", "https://Acme-17.example.com"},
        {"https://a.${connection.sub}.example.com?q=1", "https://a.Acme.example.com?q=1"},
        {"https://${default(connection.none, concat(connection.sub, '.okta.com'))}/v1",
         "https://Acme.okta.com/v1"},
        {"https://api.telegram.org/bot${connection.token}", "https://api.telegram.org/bot12%3Aab"},
        {"https://go.lawvu.com/#/authorize", "https://go.lawvu.com/#/authorize"},
        {"https://go.lawvu.com#", "https://go.lawvu.com#"},
        {"/planner/tasks/${input.id}/details", "https://base/v1/planner/tasks/T%201/details"},
        {"/", "https://base/v1/"},
        {"/me/$/microsoft.graph.group", "https://base/v1/me/$/microsoft.graph.group"},
        {"/x%20y/(a=1;b='2'):x@y~!*+,[0]", "https://base/v1/x%20y/(a=1;b='2'):x@y~!*+,[0]"},
        {"/p/${input.n}-${input.yes}?n=${input.n}&x=${connection.name}",
         "https://base/v1/p/17-true?n=17&x=h%26x"},
        {"/a?", "https://base/v1/a?"},
        {"/a?b?c=/d", "https://base/v1/a?b?c=/d"},
        {"/a?${connection.name}=1", "https://base/v1/a?h%26x=1"},
        {"${connection.env}/oauth/token?x-ws-env=${connection.name}",
         "https://api.workspan.com/oauth/token?x-ws-env=h%26x"},
        {"${connection.env}", "https://api.workspan.com"},
        {"${connection.slash}", "https://acme.mykronos.com"},
        {"${connection.slash}/api", "https://acme.mykronos.com/api"},
        {"${connection.slash}?a=b", "https://acme.mykronos.com?a=b"},
        {"${connection.slash}#/a", "https://acme.mykronos.com#/a"},
        {"/a/${input.none}", NULL},
        {"/a/${input.null}", NULL},
        {"/a?b=${input.none}", NULL},
        {"https://${input.none}/a", NULL},
        {"https://x.${input.none}/a", NULL},
        {"${input.none}/a", NULL},
        {"/a/${input.list}",
         "!template_type: a list cannot stand in text: use json() or one of its members"},
        {"https://${input.list}/a",
         "!template_type: a list cannot stand in text: use json() or one of its members"},
    };
    json_t *values = read_json(roots);
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_url(rows[i].text, values, false, rows[i].url);
    }
    json_decref(values);
}

#define IN_HOST " may not stand in a host"
/* T15. `x.ultipro.com.evil.com` and `x.ultipro.com:22` are hosts: `hosts` refuses them where a
 * value is the whole authority, this module where it is a label. */
static void keeps_values_in_their_host(void **state)
{
    (void)state;
    static const struct {
        const char *value, *alone, *label, *dotted;
    } rows[] = {
        {"acme", "https://acme/x", "https://acme.ultipro.com/x", "https://acme.ultipro.com/x"},
        {"a_b-c", "https://a_b-c/x", "https://a_b-c.ultipro.com/x", "https://a_b-c.ultipro.com/x"},
        {"evil.com#.ukg.net", "'evil.com#.ukg.net'", "'evil.com#.ukg.net'", "'evil.com#.ukg.net'"},
        {"evil.com/.ultipro.com", "'evil.com/.ultipro.com'", "'evil.com/.ultipro.com'",
         "'evil.com/.ultipro.com'"},
        {"evil.com?.ultipro.com", "'evil.com?.ultipro.com'", "'evil.com?.ultipro.com'",
         "'evil.com?.ultipro.com'"},
        {"x.ultipro.com@evil.com", "'x.ultipro.com@evil.com'", "'x.ultipro.com@evil.com'",
         "'x.ultipro.com@evil.com'"},
        {"evil.com\\@x.ultipro.com", "'evil.com\\@x.ultipro.com'", "'evil.com\\@x.ultipro.com'",
         "'evil.com\\@x.ultipro.com'"},
        {"X%2eevil.com", "'X%2eevil.com'", "'X%2eevil.com'", "'X%2eevil.com'"},
        {"x.ultipro.com.evil.com", "https://x.ultipro.com.evil.com/x", "'x.ultipro.com.evil.com'",
         "https://x.ultipro.com.evil.com.ultipro.com/x"},
        {"x.ultipro.com:22", "https://x.ultipro.com:22/x", "'x.ultipro.com:22'",
         "'x.ultipro.com:22'"},
        {"", "''", "''", "''"},
        {".", "'.'", "'.'", "'..ultipro.com'"},
        {"a.", "'a.'", "'a.'", "'a..ultipro.com'"},
        {".a", "'.a'", "'.a'", "'.a.ultipro.com'"},
        {"-a", "'-a'", "'-a.ultipro.com'", "'-a.ultipro.com'"},
        {"a b", "'a b'", "'a b'", "'a b'"},
        {"a\r\nb", "'ab'", "'ab'", "'ab'"},
        {"\xc3\xa4", "'\xc3\xa4'", "'\xc3\xa4'", "'\xc3\xa4'"},
        {"a:0", "'a:0'", "'a:0'", "'a:0'"},
        {"a:65536", "'a:65536'", "'a:65536'", "'a:65536'"},
        {"a:", "'a:'", "'a:'", "'a:'"},
        {"a:1:2", "'a:1:2'", "'a:1:2'", "'a:1:2'"},
        {":80", "':80'", "':80'", "':80'"},
        {"[::1", "'[::1'", "'[::1'", "'[::1'"},
        {"[evil]", "'[evil]'", "'[evil]'", "'[evil]'"},
        {"${connection.v}", "'${connection.v}'", "'${connection.v}'", "'${connection.v}'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const expected[] = {rows[i].alone, rows[i].label, rows[i].dotted};
        for (size_t k = 0; k < COUNT(expected); k++) {
            buf_t text;
            buf_init(&text, 1000);
            bool fits = expected[k][0] == 'h';
            buf_printf(&text, "%s%s%s", fits ? "" : "!param_host: ", expected[k],
                       fits ? "" : IN_HOST);
            check_value(k ? "https://${connection.v}.ultipro.com/x" : "https://${connection.v}/x",
                        rows[i].value, k == 2, buf_c(&text));
            buf_fini(&text);
        }
    }
}

static void keeps_long_hosts_out(void **state)
{
    (void)state;
    char label[65];
    char shown[200];
    memset(label, 'a', 64);
    label[64] = '\0';
    snprintf(shown, sizeof shown, "!param_host: '%s.example.com'" IN_HOST, label);
    check_value("https://${connection.v}.example.com", label, false, shown);
}

#define WHOLE                                                                                      \
    "!param_host: a whole address is needed: https://, a host, perhaps a path; without user, "     \
    "query and fragment"
#define DOTS "!param_dot_segment: the path of an address has no segments `.` or `..`"
/* The value may be a secret: no message holds it. */
static void checks_whole_urls(void **state)
{
    (void)state;
    static const struct {
        const char *value, *url;
    } rows[] = {
        {"https://evil.com", "https://evil.com/x"},
        {"https://a.com/b/c", "https://a.com/b/c/x"},
        {"https://a.com/b//", "https://a.com/b/x"},
        {"http://a.com:8080", "http://a.com:8080/x"},
        {"https://[::1]/b", "https://[::1]/b/x"},
        {"", WHOLE},
        {"a.com", WHOLE},
        {"//a.com", WHOLE},
        {"/a", WHOLE},
        {"ftp://a.com", WHOLE},
        {"javascript:alert(1)", WHOLE},
        {"https://", WHOLE},
        {"https:///", WHOLE},
        {"https://u@a.com", WHOLE},
        {"https://u:p@a.com", WHOLE},
        {"https://a.com?", WHOLE},
        {"https://a.com?b=c", WHOLE},
        {"https://a.com#", WHOLE},
        {"https://a.com/#b", WHOLE},
        {"https://a.com\\@b.com", WHOLE},
        {"https://a.com/b c", WHOLE},
        {"https://a.com\r\nX: y", WHOLE},
        {"https://a.com:0", WHOLE},
        {"https://a.com/../b", DOTS},
        {"https://a.com/%2E./", DOTS},
        {"https://a.com/.", DOTS},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_value("${connection.v}/x", rows[i].value, false, rows[i].url);
    }
}

#define SEGMENT "!param_dot_segment: a value would make a segment of the path `.` or `..`"
/* T01 to T05. */
static void keeps_values_in_their_segment(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value, *url;
    } rows[] = {
        {"/a/${input.v}/b", "../../admin", "https://base/v1/a/..%2F..%2Fadmin/b"},
        {"/a/${input.v}/b", ".", SEGMENT},
        {"/a/${input.v}/b", "..", SEGMENT},
        {"/a/${input.v}", "..", SEGMENT},
        {"/a/${input.v}?x=1", "..", SEGMENT},
        {"/a/.${input.v}", ".", SEGMENT},
        {"/a/${input.v}./b", ".", SEGMENT},
        {"/a/%2e${input.v}/b", ".", SEGMENT},
        {"/a/${input.v}${input.v}", ".", SEGMENT},
        {"/${input.v}${input.v}${input.v}", ".", "https://base/v1/..."},
        {"/a/${input.v}/b", "...", "https://base/v1/a/.../b"},
        {"/a/${input.v}.json", "x", "https://base/v1/a/x.json"},
        {"/a/${input.v}", ".x", "https://base/v1/a/.x"},
        {"https://h${input.v}", "/..", "!param_host: '/..'" IN_HOST},
        {"/a/${input.v}", "%2e%2e%2f", "https://base/v1/a/%252e%252e%252f"},
        {"/a/${input.v}", "a?x=1#f", "https://base/v1/a/a%3Fx%3D1%23f"},
        {"/a/${input.v}", "a/b;c", "https://base/v1/a/a%2Fb%3Bc"},
        {"/a/${input.v}", "\xc3\xa4 +", "https://base/v1/a/%C3%A4%20%2B"},
        {"/a/${input.v}", "a\r\nb", "https://base/v1/a/a%0D%0Ab"},
        {"/a/${input.v}/b", "", "!param_empty: a value in a path is empty"},
        {"/a/x${input.v}", "", "!param_empty: a value in a path is empty"},
        {"/a/${input.v}", "x${connection.v}", "https://base/v1/a/x%24%7Bconnection.v%7D"},
        {"/a?q=${input.v}", "", "https://base/v1/a?q="},
        {"/a?q=${input.v}", "..", "https://base/v1/a?q=.."},
        {"/a?q=${input.v}", "a&admin=true#x", "https://base/v1/a?q=a%26admin%3Dtrue%23x"},
        {"/a?q=${input.v}", "a b+\xc3\xa4/?", "https://base/v1/a?q=a%20b%2B%C3%A4%2F%3F"},
        {"${connection.v}/a/${input.v}", "https://h", "https://h/a/https%3A%2F%2Fh"},
        {"/a/${url_encode(input.v)}", "a@b.c", "https://base/v1/a/a%2540b.c"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_value(rows[i].text, rows[i].value, false, rows[i].url);
    }
}

static void bounds_values(void **state)
{
    (void)state;
    static char value[(64 << 10) + 2];
    memset(value, 'x', sizeof value - 1);
    check_value("/a/${input.v}", value, false,
                "!param_too_long: a value in a URL is longer than 64 KiB");
}

#define BEGINS                                                                                     \
    "a URL begins with https://, with `/` (behind base_url) or with a `${…}` that is a whole URL"
#define BEHIND "behind a `${…}` that is a whole URL only `/…` or `?…` may stand"
#define ASCII_ONLY "a URL holds no blanks and only ASCII; write other characters as %XX"
#define BRACES "`{` and `}` cannot stand in a URL; a value is written ${…}"
#define ESCAPE "`%` in a URL stands before two hexadecimal digits"
static void refuses_at_load(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", BEGINS},
        {"api.example.com", BEGINS},
        {"ftp://a.com/", BEGINS},
        {"HTTPS://a.com/", BEGINS},
        {"https:/a.com/", BEGINS},
        {"?a=b", BEGINS},
        {" https://a.com", BEGINS},
        {"${connection.a}${connection.b}", BEHIND},
        {"${connection.a}.example.com", BEHIND},
        {"${connection.a}:8443", BEHIND},
        {"${connection.scheme}://a.com", BEHIND},
        {"https://u@a.com/", "not a usable URL: user information (`@`) is not allowed"},
        {"https://${connection.u}@a.com/",
         "not a usable URL: user information (`@`) is not allowed"},
        {"https://", "not a usable URL: the host is missing"},
        {"https:///a", "not a usable URL: the host is missing"},
        {"https://?a", "not a usable URL: the host is missing"},
        {"https://a..b/", "not a usable URL: the host is not a host name"},
        {"https://-${connection.a}/", "not a usable URL: the host is not a host name"},
        {"https://.${connection.a}/", "not a usable URL: the host is not a host name"},
        {"https://a.com:0/", "not a usable URL: the port must be 1 to 65535"},
        {"https://a.com:/", "not a usable URL: the port must be 1 to 65535"},
        {"https://${connection.a}:${connection.b}/",
         "not a usable URL: the port must be 1 to 65535"},
        {"https://[${connection.a}]/", "not a usable URL: an IPv6 address is expected in brackets"},
        {"https://a b.com/", "not a usable URL: it holds a blank"},
        {"https://a.com\\b/", "not a usable URL: it holds a backslash"},
        {"/a b", ASCII_ONLY},
        {"/\xc3\xa4", ASCII_ONLY},
        {"/a\\b", ASCII_ONLY},
        {"/a?b=\"c\"", ASCII_ONLY},
        {"/a\tb", ASCII_ONLY},
        {"/a#b c", ASCII_ONLY},
        {"/a/{id}", BRACES},
        {"/a/$${id}", BRACES},
        {"/a%2", ESCAPE},
        {"/a%", ESCAPE},
        {"/a?%zz", ESCAPE},
        {"/a%${input.a}", ESCAPE},
        {"/a/../b", "a path has no segments `.` or `..`"},
        {"/a/.", "a path has no segments `.` or `..`"},
        {"/a/%2E%2e/${input.a}", "a path has no segments `.` or `..`"},
        {"/a#${input.a}", "a fragment (behind `#`) holds no `${…}`"},
        {"/a#b${input.a}", "a fragment (behind `#`) holds no `${…}`"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        arena_t *arena = arena_new(0);
        assert_null(url_template_in(arena, parse(arena, rows[i].text), &err));
        check_err(&err, "definition_bad_url", rows[i].message);
        arena_free(arena);
    }
}

static void knows_constant_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host; /* NULL: not constant */
        uint16_t port;
    } rows[] = {
        {"https://a.example.com/x", "a.example.com", 0},
        {"https://a.example.com:8443/${input.a}", "a.example.com", 8443},
        {"https://[::1]:99", "::1", 99},
        {"https://[::1]?a", "::1", 0},
        {"https://${connection.a}/x", NULL, 0},
        {"https://${connection.a}.example.com:80/x", NULL, 0},
        {"${connection.a}/x", NULL, 0},
        {"/x", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint16_t port = 1;
        arena_t *arena = arena_new(0);
        str_t host = url_template_constant_host(url_of(arena, rows[i].text), &port);
        assert_int_equal(host.p != NULL, rows[i].host != NULL);
        assert_true(str_is(host, rows[i].host));
        assert_int_equal(port, rows[i].port);
        arena_free(arena);
    }
}

static void cuts_into_parts(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    const url_template_t *u =
        url_of(arena, "https://a.${connection.b}.c/d/${input.e}f?g=${input.h}&i=j#k?l");
    assert_int_equal(u->kind, URL_ABSOLUTE);
    assert_true(str_is(u->scheme, "https"));
    assert_int_equal(u->authority_count, 3);
    assert_true(str_is(u->authority[0].text, "a."));
    assert_true(str_is(u->authority[2].text, ".c"));
    assert_int_equal(u->path_count, 3);
    assert_true(str_is(u->path[0].text, "/d/"));
    assert_non_null(u->path[1].expr);
    assert_true(str_is(u->path[2].text, "f"));
    assert_true(u->has_query);
    assert_int_equal(u->query_count, 3);
    assert_true(str_is(u->query[2].text, "&i=j"));
    assert_true(str_is(u->fragment, "k?l"));
    arena_free(arena);
}

/* What stands before the path is there, whatever the path lacks. */
static void writes_fronts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *front;
    } rows[] = {
        {"https://${connection.v}.example.com/${input.gone}?a=${input.gone}",
         "https://acme.example.com"},
        {"/${input.gone}", "https://base/v1"},
        {"https://${input.gone}.example.com/", NULL},
    };
    json_t *values = json_pack("{s:{s:s}}", "connection", "v", "acme");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        arena_t *arena = arena_new(0);
        template_scope_t scope = scope_of(values);
        err_t err = ERR_INIT;
        buf_t to;
        buf_init(&to, 1 << 16);
        template_outcome_t outcome = url_template_front(url_of(arena, rows[i].text), &scope,
                                                        STR("https://base/v1"), &to, &err);
        assert_int_equal(outcome, rows[i].front ? TEMPLATE_OK : TEMPLATE_ABSENT);
        if (rows[i].front) {
            assert_string_equal(buf_c(&to), rows[i].front);
        }
        buf_fini(&to);
        arena_free(arena);
    }
    json_decref(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_urls),
        cmocka_unit_test(keeps_values_in_their_host),
        cmocka_unit_test(keeps_long_hosts_out),
        cmocka_unit_test(checks_whole_urls),
        cmocka_unit_test(keeps_values_in_their_segment),
        cmocka_unit_test(bounds_values),
        cmocka_unit_test(refuses_at_load),
        cmocka_unit_test(knows_constant_hosts),
        cmocka_unit_test(cuts_into_parts),
        cmocka_unit_test(writes_fronts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
