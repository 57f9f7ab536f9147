/* SPDX-License-Identifier: MIT */
#include "call/check.h"

/* expected: the values as JSON in the order of their names, and ` NAME=bytes` for every file; or
 * the error. */
static void check(const wire_t *wire, const char *expected)
{
    arena_t *arena = arena_new(0);
    connector_t *connector = load_case("inputs");
    bound_input_t input;
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 20);
    if (bind_wire(arena, connector, wire, &input, &err)) {
        char *text = json_dumps(input.values, JSON_SORT_KEYS);
        buf_lit(&seen, text);
        free(text);
        for (size_t i = 0; i < input.file_count; i++) {
            const bound_file_t *file = &input.files[i];
            buf_printf(&seen, " %.*s=%.*s", STR_ARG(file->field->name), STR_ARG(file->bytes));
            buf_printf(&seen, "(%.*s,%.*s)", STR_ARG(file->file_name), STR_ARG(file->type));
        }
    } else {
        write_err(&seen, &err);
    }
    if (strcmp(buf_c(&seen), expected) != 0) {
        print_error("%s: %s\n", wire->target, err.text);
    }
    assert_string_equal(buf_c(&seen), expected);
    buf_fini(&seen);
    err_fini(&err);
    connector_unref(connector);
    arena_free(arena);
}

typedef struct row {
    wire_t wire;
    const char *expected;
} row_t;

static void check_rows(const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(&rows[i].wire, rows[i].expected);
    }
}

#define PLACES "GET /items/a/parts/7"
#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=b"

static void takes_values_of_every_place(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{PLACES}, "{\"id\": \"a\", \"n\": 7, \"size\": 20}"},
        {{"GET /items/T%201%2f%2E/parts/-7?q=a+b%20c&flag=true"},
         "{\"flag\": true, \"id\": \"T 1/.\", \"n\": -7, \"q\": \"a b c\", \"size\": 20}"},
        {{PLACES "?tags=a,b&ids=1&ids=2&ratio=0.5&size=100"},
         "{\"id\": \"a\", \"ids\": [1, 2], \"n\": 7, \"ratio\": 0.5, \"size\": 100, \"tags\": "
         "[\"a\", \"b\"]}"},
        {{PLACES "?ids=1"}, "{\"id\": \"a\", \"ids\": [1], \"n\": 7, \"size\": 20}"},
        {{PLACES "?q=&"}, "{\"id\": \"a\", \"n\": 7, \"q\": \"\", \"size\": 20}"},
        {{PLACES,
          .headers = {{"x-trace", "t\t1"}, {"x-count", "3"}, {"x-forwarded-for", "1.2.3.4"}}},
         "{\"X-Count\": 3, \"X-Trace\": \"t\\t1\", \"id\": \"a\", \"n\": 7, \"size\": 20}"},
        /* A22: undeclared headers are not forwarded */
        {{PLACES, .headers = {{"cookie", "a=b"},
                              {"us-customer-api-key", "k"},
                              {"proxy-authorization", "Basic eA=="}}},
         "{\"id\": \"a\", \"n\": 7, \"size\": 20}"},
        {{"GET /files/a%2Fb%20c/content"}, "{\"where\": \"a/b c\"}"},
    };
    check_rows(rows, COUNT(rows));
}

static void refuses_values_of_every_place(void **state)
{
    (void)state;
    static const row_t rows[] = {
        /* T02, T03, T05 */
        {{"GET /items//parts/7"}, "!param_empty /id"},
        {{"GET /items/./parts/7"}, "!param_dot_segment /id"},
        {{"GET /items/%2e%2E/parts/7"}, "!param_dot_segment /id"},
        {{"GET /items/%252e%252e%252f/parts/7"}, "{\"id\": \"%2e%2e%2f\", \"n\": 7, \"size\": 20}"},
        {{"GET /files/a%2F..%2Fb/content"}, "!param_dot_segment /where"},
        {{"GET /files/a%2F%2Fb/content"}, "!param_empty /where"},
        {{"GET /files/%2Fa/content"}, "!param_empty /where"},
        {{"GET /files/a%2F/content"}, "!param_empty /where"},
        /* T18 */
        {{"GET /items/%ff/parts/7"}, "!request_bad_encoding /id"},
        {{PLACES "?q=%ff"}, "!request_bad_encoding"},
        {{PLACES "?q=%4"}, "!request_malformed"},
        /* T23: exact spelling only */
        {{PLACES "?flag=True"}, "!param_type /flag"},
        {{PLACES "?flag="}, "!param_type /flag"},
        {{PLACES "?size=12.0"}, "!param_type /size"},
        {{PLACES "?size=+1"}, "!param_type /size"},
        {{"GET /items/a/parts/x"}, "!param_type /n"},
        {{PLACES "?ids=1&ids=x"}, "!param_type /ids/1"},
        {{PLACES "?size=101"}, "!param_range /size"},
        {{PLACES "?Q=1"}, "!param_unknown /Q"},
        {{PLACES "?id=1"}, "!param_unknown /id"},
        {{PLACES "?X-Trace=1"}, "!param_unknown /X-Trace"},
        {{PLACES "?q=1&q=2"}, "!param_value /q"},
        {{PLACES "?tags=1&tags=2"}, "!param_value /tags"},
        /* T07, T08 */
        {{PLACES, .headers = {{"x-trace", "a\rb"}}}, "!param_control_char /X-Trace"},
        {{PLACES, .headers = {{"x-trace", "a\nb"}}}, "!param_control_char /X-Trace"},
        {{PLACES, .headers = {{"x-trace", "a\vb"}}}, "!param_control_char /X-Trace"},
        {{PLACES, .headers = {{"x-trace", "a\x7f"}}}, "!param_control_char /X-Trace"},
        {{PLACES, .headers = {{"x-trace", "\xc3\xa9"}}}, "!param_control_char /X-Trace"},
        {{PLACES, .headers = {{"x-trace", "a"}, {"x-trace", "b"}}}, "!param_value /X-Trace"},
        {{PLACES, .headers = {{"x-trace", "123456789"}}}, "!param_too_long /X-Trace"},
        /* A35: all of them */
        {{"GET /items/../parts/x?nope=1&size=0&flag=1", .headers = {{"x-count", "one"}}},
         "!param_unknown /nope /id /n /flag /size /X-Count"},
        {{PLACES, JSON, "{\"id\": \"b\", \"n\": 8}"}, "!param_unknown /id /n"},
    };
    check_rows(rows, COUNT(rows));
}

#define FLAT "POST /flat/1"

static void takes_flat_bodies(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{FLAT, JSON, "{\"name\": \"n\"}"}, "{\"id\": \"1\", \"name\": \"n\"}"},
        {{FLAT, NULL, "{\"name\": \"n\"}"}, "{\"id\": \"1\", \"name\": \"n\"}"},
        {{FLAT, "application/vnd.api+json; charset=utf-8", "{\"name\": \"n\"}"},
         "{\"id\": \"1\", \"name\": \"n\"}"},
        /* what Microsoft's own client sends */
        {{FLAT, FORM, " {\"name\": \"n\"}"}, "{\"id\": \"1\", \"name\": \"n\"}"},
        {{FLAT, FORM, "name=a+%C3%A9&count=2&on=false&list=1,2"},
         "{\"count\": 2, \"id\": \"1\", \"list\": [1, 2], \"name\": \"a \xc3\xa9\", \"on\": "
         "false}"},
        {{FLAT "?dry=true", JSON,
          "{\"name\": \"n\", \"fixed\": \"password\", \"big\": 9007199254740993}"},
         "{\"big\": 9007199254740993, \"dry\": true, \"fixed\": \"password\", \"id\": \"1\", "
         "\"name\": \"n\"}"},
        {{FLAT, JSON, "{\"name\": \"n\", \"inner\": {}}"},
         "{\"id\": \"1\", \"inner\": {\"x\": 1}, \"name\": \"n\"}"},
        /* T10, T13: a text is a text */
        {{FLAT, JSON, "{\"name\": \"\\\",\\\"kind\\\":\\\"red\"}"},
         "{\"id\": \"1\", \"name\": \"\\\",\\\"kind\\\":\\\"red\"}"},
        {{FLAT, JSON, "{\"name\": \"${connection.client_secret}{{x}}{y}\"}"},
         "{\"id\": \"1\", \"name\": \"${connection.client_secret}{{x}}{y}\"}"},
        {{FLAT, MULTIPART,
          "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nn\r\n--b--"},
         "{\"id\": \"1\", \"name\": \"n\"}"},
        {{"POST /nothing", NULL, NULL}, "{}"},
        {{"POST /nothing", FORM, ""}, "{}"},
        {{"POST /nothing", "text/plain", ""}, "{}"},
        {{"POST /nothing", JSON, "{}"}, "{}"},
    };
    check_rows(rows, COUNT(rows));
}

static void refuses_flat_bodies(void **state)
{
    (void)state;
    static const row_t rows[] = {
        /* A05 */
        {{FLAT, JSON, "name=n"}, "!json_invalid"},
        {{FLAT, JSON, "[]"}, "!json_invalid"},
        {{FLAT, JSON, "1"}, "!json_invalid"},
        {{FLAT, JSON, "null"}, "!json_invalid"},
        {{FLAT, JSON, "{\"name\": \"n\"} x"}, "!json_invalid"},
        {{FLAT, JSON, "{\"name\": \"n\" /* c */}"}, "!json_invalid"},
        {{FLAT, JSON, "{\"count\": NaN}"}, "!json_invalid"},
        /* A06, A07, A29 */
        {{FLAT, "text/plain", "{\"name\": \"n\"}"}, "!media_type"},
        {{FLAT, JSON, "{\"name\": \"n\", \"name\": \"m\"}"}, "!json_duplicate_key"},
        {{FLAT, JSON, "\x1f\x8b", .encoding = "gzip"}, "!media_type"},
        {{FLAT, JSON, "{\"name\": \"\xff\"}"}, "!request_bad_encoding"},
        /* A35, T23 */
        {{FLAT, JSON, "{}"}, "!param_missing /name"},
        {{FLAT}, "!param_missing /name"},
        {{FLAT, JSON, "{\"name\": null}"}, "!param_type /name"},
        {{FLAT, JSON,
          "{\"name\": \"n\", \"kind\": \"blue\", \"count\": 2147483648, \"on\": \"true\", "
          "\"more\": 1}"},
         "!param_unknown /more /kind /count /on"},
        {{FLAT, JSON, "{\"name\": \"n\", \"count\": \"12\"}"}, "!param_type /count"},
        {{FLAT, JSON, "{\"name\": \"n\", \"count\": 12.0}"}, "!param_type /count"},
        {{FLAT, JSON, "{\"name\": \"n\", \"big\": 9223372036854775808}"}, "!param_range /big"},
        {{FLAT, JSON, "{\"name\": \"n\", \"fixed\": \"other\"}"}, "!param_value /fixed"},
        {{FLAT, JSON, "{\"name\": \"n\", \"id\": \"2\"}"}, "!param_unknown /id"},
        {{FLAT, JSON, "{\"name\": \"n\", \"dry\": true}"}, "!param_unknown /dry"},
        {{FLAT, JSON, "{\"name\": \"n\", \"a/b~c\": 1}"}, "!param_type /a~1b~0c"},
        {{FLAT, JSON, "{\"name\": \"n\", \"inner\": {\"x\": \"1\", \"y\": 1}}"},
         "!param_type /inner/x /inner/y"},
        {{FLAT, FORM, "name=n&name=m"}, "!param_value /name"},
        {{FLAT, FORM, "name=%4"}, "!request_malformed"},
        {{FLAT, FORM, "name=%ff"}, "!request_bad_encoding"},
        {{FLAT, FORM, "nam=n"}, "!param_unknown /nam /name"},
        {{FLAT, MULTIPART, "name=n"}, "!request_malformed"},
        {{FLAT, "multipart/form-data", "--b--"}, "!request_malformed"},
        {{"POST /nothing", JSON, "{\"a\": 1}"}, "!param_unknown /a"},
        {{"POST /nothing", "text/plain", "a"}, "!media_type"},
    };
    check_rows(rows, COUNT(rows));
}

#define PART(name, more, value)                                                                    \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" value "\r\n"

static void takes_forms_and_files(void **state)
{
    (void)state;
    static const char file[] =
        PART("file", "; filename=\"a.bin\"\r\nContent-Type: image/png", "\xff\x01") "--b--\r\n";
    static const row_t rows[] = {
        {{"POST /form", FORM, "name=x%26grant_type%3Dpassword&tags=a&tags=b,c&bars=1%7C2"},
         "{\"bars\": [\"1\", \"2\"], \"n\": 3, \"name\": \"x&grant_type=password\", \"tags\": "
         "[\"a\", \"b,c\"]}"},
        {{"POST /form", MULTIPART, file}, "{\"n\": 3} file=\xff\x01(a.bin,image/png)"},
        {{"POST /form", MULTIPART,
          PART("n", "", "4") PART("tags", "", "a") PART("tags", "", "b") "--b--"},
         "{\"n\": 4, \"tags\": [\"a\", \"b\"]}"},
        {{"POST /form", FORM, "file=abc"}, "{\"n\": 3} file=abc(,)"},
        {{"POST /form", JSON, "{\"file\": \"abc\", \"n\": 5}"},
         "{\"file\": \"abc\", \"n\": 5} file=abc(,)"},
        /* one that templates mention is text, too, where it is one */
        {{"POST /form", MULTIPART, PART("seen", "", "abc") "--b--"},
         "{\"n\": 3, \"seen\": \"abc\"} seen=abc(,)"},
        {{"POST /form", MULTIPART, PART("seen", "", "\xff") "--b--"}, "{\"n\": 3} seen=\xff(,)"},
        {{"POST /form", JSON, "{\"seen\": \"abc\"}"}, "{\"n\": 3, \"seen\": \"abc\"} seen=abc(,)"},
    };
    static const row_t refused[] = {
        {{"POST /form", MULTIPART, PART("file", "", "12345678901") "--b--"},
         "!param_too_long /file"},
        {{"POST /form", MULTIPART, PART("file", "", "1") PART("file", "", "2") "--b--"},
         "!param_value /file"},
        {{"POST /form", MULTIPART, PART("name", "", "\xff") "--b--"},
         "!request_bad_encoding /name"},
        {{"POST /form", JSON, "{\"file\": 1}"}, "!param_type /file"},
        {{"POST /form", MULTIPART, PART("other", "", "1") "--b--"}, "!param_unknown /other"},
        {{"POST /form", FORM, "n=4&n=5"}, "!param_value /n"},
    };
    check_rows(rows, COUNT(rows));
    check_rows(refused, COUNT(refused));
}

static void takes_whole_bodies(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{"POST /whole", JSON, "{\"a\": 1, \"more\": [1]}"},
         "{\"body\": {\"a\": 1, \"d\": \"x\", \"more\": [1]}}"},
        {{"POST /whole", NULL, "{\"d\": \"y\"}"}, "{\"body\": {\"d\": \"y\"}}"},
        {{"POST /any", JSON, "[1, null]"}, "{\"body\": [1, null]}"},
        {{"POST /any", JSON, ""}, "{}"},
        {{"POST /text", "text/plain; charset=UTF-8", "a\n\xc3\xa9"},
         "{\"body\": \"a\\n\xc3\xa9\"}"},
        {{"POST /text", NULL, "ab"}, "{\"body\": \"ab\"}"},
        {{"POST /text"}, "{}"},
        {{"POST /csv", "text/csv; charset=utf-8", "a,b"},
         "{\"Content-Type\": \"text/csv\", \"body\": \"a,b\"}"},
        {{"POST /csv", "text/tsv", "a"}, "{\"Content-Type\": \"text/tsv\", \"body\": \"a\"}"},
        {{"POST /csv", NULL, "a"}, "{\"Content-Type\": \"text/csv\", \"body\": \"a\"}"},
        {{"POST /bytes", "application/octet-stream", "\xff", .body_bytes = 2},
         "{} body=\xff(,application/octet-stream)"},
        {{"POST /bytes", "application/octet-stream", ""}, "{} body=(,application/octet-stream)"},
        {{"POST /image", "image/png", "png"}, "{} body=png(,image/png)"},
        {{"POST /image"}, "{}"},
    };
    static const row_t refused[] = {
        {{"POST /whole", JSON, "{\"a\": \"1\"}"}, "!param_type /body/a"},
        {{"POST /whole", JSON, ""}, "!param_missing /body"},
        {{"POST /whole", JSON, "[]"}, "!param_type /body"},
        {{"POST /whole", JSON, "{"}, "!json_invalid"},
        {{"POST /whole", FORM, "a=1"}, "!media_type"},
        {{"POST /whole", MULTIPART, "--b--"}, "!media_type"},
        {{"POST /whole", "application/json; charset=utf-16", "{}"}, "!media_type"},
        {{"POST /text", JSON, "\"a\""}, "!media_type"},
        {{"POST /text", "text/plain; charset=iso-8859-1", "a"}, "!media_type"},
        {{"POST /text", "text/plain", "\xff\xff"}, "!request_bad_encoding"},
        {{"POST /text", "text/plain", "a"}, "!param_range /body"},
        {{"POST /csv", "application/json", "a"}, "!param_value /Content-Type"},
        {{"POST /bytes"}, "!param_missing /body"},
        {{"POST /bytes", "image/png", "a"}, "!media_type"},
        {{"POST /image", "text/plain", "a"}, "!media_type"},
        {{"POST /image", "image/png", "a", .encoding = "br"}, "!media_type"},
    };
    check_rows(rows, COUNT(rows));
    check_rows(refused, COUNT(refused));
}

/* --- ceilings --- */

static void check_generated(const char *target, const char *type, const char *head,
                            const char *piece, size_t times, const char *tail, const char *expected)
{
    buf_t body;
    buf_init(&body, 64 << 20);
    buf_lit(&body, head);
    for (size_t i = 0; i < times; i++) {
        buf_lit(&body, piece);
    }
    buf_lit(&body, tail);
    check(&(wire_t){.target = target, .type = type, .body = buf_c(&body)}, expected);
    buf_fini(&body);
}

static void keeps_ceilings(void **state)
{
    (void)state;
    /* T22 */
    check_generated(FLAT, JSON, "{\"name\": \"n\", \"list\": [1", ",1", 9999, "]}",
                    "!param_limit /list");
    check_generated("POST /form", FORM, "bars=a", "%7Ca", 1000, "", "!param_limit /bars");
    check_generated("POST /form", FORM, "bars=a", "%7C", 8000000, "", "!param_limit /bars");
    check_generated("POST /form", FORM, "tags=a", "&tags=a", 1000, "", "!param_limit");
    check_generated("POST /any", JSON, "[1", ",1", 1000, "]", "!param_limit /body");
    /* T17 */
    check_generated(FLAT, JSON, "{\"name\": \"", "x", 1 << 20, "\"}", "!param_too_long /name");
    check_generated("POST /text", "text/plain", "", "x", 70000, "", "!param_too_long /body");
    /* A09 */
    check_generated("POST /any", JSON, "", "[", 33, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                    "!json_too_deep");
    check_generated("POST /any", JSON, "", "[", 100000, "", "!json_too_deep");
}

static void tells_at_most_fifty_faults(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    connector_t *connector = load_case("inputs");
    bound_input_t input;
    err_t err = ERR_INIT;
    buf_t body;
    buf_init(&body, 1 << 20);
    for (unsigned i = 0; i < 500; i++) {
        buf_printf(&body, "%sx%u=1", i ? "&" : "", i);
    }
    assert_null(
        bind_wire(arena, connector, &(wire_t){"POST /form", FORM, buf_c(&body)}, &input, &err));
    assert_int_equal(err.code, ERR_param_unknown);
    assert_int_equal(err.detail_count, ERR_DETAILS_MAX);
    buf_fini(&body);
    err_fini(&err);
    connector_unref(connector);
    arena_free(arena);
}

static void names_what_was_meant(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    connector_t *connector = load_case("inputs");
    bound_input_t input;
    err_t err = ERR_INIT;
    assert_null(bind_wire(arena, connector, &(wire_t){PLACES "?x-trace=1"}, &input, &err));
    assert_string_equal(
        err.text, "the action has no input `x-trace` here; did you mean `X-Trace` in the headers?");
    err_fini(&err);
    connector_unref(connector);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values_of_every_place),
        cmocka_unit_test(refuses_values_of_every_place),
        cmocka_unit_test(takes_flat_bodies),
        cmocka_unit_test(refuses_flat_bodies),
        cmocka_unit_test(takes_forms_and_files),
        cmocka_unit_test(takes_whole_bodies),
        cmocka_unit_test(keeps_ceilings),
        cmocka_unit_test(tells_at_most_fifty_faults),
        cmocka_unit_test(names_what_was_meant),
    };
    return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
