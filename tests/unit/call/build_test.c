/* SPDX-License-Identifier: MIT */
#include "call/check.h"

/* A boundary is drawn anew each time: its hexadecimal digits become one B. */
static void hide_boundaries(char *text)
{
    enum { DIGITS = 32 };
    for (char *at = strstr(text, "tenon-"); at; at = strstr(at + 1, "tenon-")) {
        char *digits = at + strlen("tenon-");
        digits[0] = 'B';
        memmove(digits + 1, digits + DIGITS, strlen(digits + DIGITS) + 1);
    }
}

static void check_text(const char *name, buf_t *seen, const char *expected)
{
    char *text = buf_take(seen, NULL);
    hide_boundaries(text);
    if (strcmp(text, expected) != 0) {
        print_error("%s\n", name);
    }
    assert_string_equal(text, expected);
    free(text);
}

static void check_call(world_t *w, const wire_t *wire, const char *expected)
{
    buf_t seen;
    buf_init(&seen, 1 << 20);
    write_call(w, wire, &seen);
    check_text(wire->target, &seen, expected);
}

typedef struct row {
    wire_t wire;
    const char *expected;
} row_t;

static void check_rows(world_t *w, const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_call(w, &rows[i].wire, rows[i].expected);
    }
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define AWS "{\"access_key_id\": \"a\", \"secret_access_key\": \"s\"}"

/* --- places --- */

#define COMMON "|Accept: application/json|X-Both: top|X-Region: eu"

static void puts_inputs_in_their_places(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{"GET /items/T%201/f.x"},
         "GET https://api.example.com/v1/items/T%201/f.x?version=2" COMMON},
        /* T04, T09 */
        {{"GET /items/a%3Fx%3D1%23f/f.b%3Bc?q=a%26admin%3Dtrue%23x"},
         "GET "
         "https://api.example.com/v1/items/a%3Fx%3D1%23f/"
         "f.b%3Bc?q=a%26admin%3Dtrue%23x&version=2" COMMON},
        /* T03 */
        {{"GET /items/%252e%252e%252f/f.x"},
         "GET https://api.example.com/v1/items/%252e%252e%252f/f.x?version=2" COMMON},
        {{"GET /items/a%2Fb/f.%C3%A9?q=a+%2B&n=-5&on=false"},
         "GET "
         "https://api.example.com/v1/items/a%2Fb/"
         "f.%C3%A9?q=a%20%2B&n=-5&on=false&version=2" COMMON},
        {{"GET /items/a/f.x?csv=a,b%20c&ssv=1+2&pipes=1%7C2&tsv=a%09b&multi=x%26y&multi=z"},
         "GET "
         "https://api.example.com/v1/items/a/"
         "f.x?csv=a,b%20c&multi=x%26y&multi=z&ssv=1%202&pipes=1%7C2&tsv=a%09b"
         "&version=2" COMMON},
        /* later wins, in the place of the first */
        {{"GET /items/a/f.x?version=1&q="},
         "GET https://api.example.com/v1/items/a/f.x?q=&version=2" COMMON},
        {{"GET /items/a/f.x",
          .headers = {{"x-both", "mine"}, {"x-n", "7"}, {"accept", "text/html"}}},
         "GET https://api.example.com/v1/items/a/f.x?version=2|Accept: text/html|X-Both: top|X-N: "
         "7|X-Region: eu"},
        {{"GET /items/a/f.x", .headers = {{"accept", ""}, {"authorization", "Bearer x"}}},
         "GET https://api.example.com/v1/items/a/f.x?version=2|X-Both: top|X-Region: eu"},
        /* T13 */
        {{"GET /items/a/f.x?q=%24%7Bconnection.region%7D"},
         "GET "
         "https://api.example.com/v1/items/a/f.x?q=%24%7Bconnection.region%7D&version=2" COMMON},
        {{"GET /d/a%40b.c/e"}, "GET https://api.example.com/v1/d/a%2540b.c/e?version=2" COMMON},
        {{"GET /p/a%2Fb%20c"}, "GET https://api.example.com/v1/p/a/b%20c?version=2" COMMON},
        {{"GET /u/a%20b"},
         "PUT https://eu.example.net/x/a%20b?fixed=1&a=x&a=y%20z&v=a%20b|X-Both: own|accept: "
         "text/csv"},
        {{"GET /u/b?a=2&more=3"},
         "PUT https://eu.example.net/x/b?fixed=1&a=x&a=y%20z&a=3&v=b|X-Both: own|accept: text/csv"},
        {{"GET /n/x"}, "GET https://api.example.com/v1/n/x/f?version=2" COMMON},
        {{"GET /n/%2e"}, "!param_dot_segment /id"},
        {{"GET /n/x?file=.."}, "!param_dot_segment /id"},
        {{"GET /n/x?file="}, "!param_empty /id"},
        {{"GET /items/%2e/f.x"}, "!param_dot_segment /id"},
    };
    world_t w = world_of("places", NULL, "{}");
    check_rows(&w, rows, COUNT(rows));
    world_end(&w);
}

/* --- bodies --- */

#define TO(path) "POST https://api.example.com" path "|Accept: application/json"
#define WITH(path, type, body) TO(path) "|Content-Type: " type "|" body
#define PART(name, more, value)                                                                    \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" value "\r\n"

static void writes_bodies(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{"POST /flat", JSON, "{\"a\": 5, \"list\": [\"x\"], \"b\": \"y\"}"},
         WITH("/flat", JSON, "{\"b\":\"y\",\"a\":0,\"list\":[\"x\"],\"z\":\"h\"}")},
        {{"POST /plain", JSON, "{\"a\": 1.5, \"b\": \"x\"}"},
         WITH("/plain", JSON, "{\"b\":\"x\",\"a\":1.5}")},
        /* T10 */
        {{"POST /plain", JSON, "{\"b\": \"\\\",\\\"role\\\":\\\"admin\"}"},
         WITH("/plain", JSON, "{\"b\":\"\\\",\\\"role\\\":\\\"admin\"}")},
        {{"POST /plain"}, WITH("/plain", JSON, "{}")},
        {{"DELETE /plain"}, "DELETE https://api.example.com/plain|Accept: application/json"},
        {{"DELETE /plain", JSON, "{\"b\": \"\"}"},
         "DELETE https://api.example.com/plain|Accept: application/json|Content-Type: "
         "application/json|{\"b\":\"\"}"},
        {{"POST /whole", JSON, "{\"a\": 1, \"b\": 2}"},
         WITH("/whole", JSON, "{\"a\":1,\"b\":[\"x\"],\"c\":null}")},
        {{"POST /whole"}, WITH("/whole", JSON, "{\"b\":[\"x\"],\"c\":null}")},
        {{"POST /whole", JSON, "[1]"}, "!param_type /body"},
        {{"POST /api", JSON, "[9007199254740993]"},
         WITH("/api", "application/vnd.api+json", "[9007199254740993]")},
        {{"POST /api"}, TO("/api")},
        {{"POST /replaced", JSON, "{\"items\": [1, 2]}"}, WITH("/replaced", JSON, "[1,2]")},
        {{"POST /replaced"}, TO("/replaced")},
        /* T12 */
        {{"POST /form", JSON, "{\"name\": \"x&grant_type=password\", \"tags\": [\"a b\", \"c\"]}"},
         WITH("/form", FORM, "name=x%26grant_type%3Dpassword&tags=a+b&tags=c")},
        {{"POST /form", FORM, "n=5&bars=1%7C2"}, WITH("/form", FORM, "bars=1%7C2&n=5")},
        /* no item becomes two */
        {{"POST /form", JSON, "{\"bars\": [\"1\", \"2|3\"]}"}, "!param_value /bars"},
        {{"POST /form", JSON, "{\"tags\": [\"1\", \"2|3,4\"]}"},
         WITH("/form", FORM, "tags=1&tags=2%7C3%2C4")},
        {{"POST /form"}, TO("/form")},
        {{"POST /more", FORM, "name=a&n=7"}, WITH("/more", FORM, "name=a&n=1&n=2&key=v")},
        {{"POST /parts", FORM, "name=a"},
         WITH("/parts", "multipart/form-data; boundary=tenon-B",
              "--tenon-B\r\nContent-Disposition: form-data; "
              "name=\"name\"\r\n\r\na\r\n--tenon-B--\r\n")},
        {{"POST /parts", "multipart/form-data; boundary=b",
          PART("file", "; filename=\"a.png\"\r\nContent-Type: image/png", "png")
              PART("name", "", "n") "--b--"},
         WITH("/parts", "multipart/form-data; boundary=tenon-B",
              "--tenon-B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nn\r\n"
              "--tenon-B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
              "Content-Type: image/png\r\n\r\npng\r\n--tenon-B--\r\n")},
        {{"POST /in-parts", FORM, "name=a&n=1"},
         WITH("/in-parts", "multipart/form-data; boundary=tenon-B",
              "--tenon-B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n"
              "--tenon-B\r\nContent-Disposition: form-data; "
              "name=\"n\"\r\n\r\n1\r\n--tenon-B--\r\n")},
        {{"POST /renamed", FORM, "file=%01"},
         WITH(
             "/renamed", "multipart/form-data; boundary=tenon-B",
             "--tenon-B\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nimage\r\n"
             "--tenon-B\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"upload\"\r\n"
             "Content-Type: application/octet-stream\r\n\r\n\x01\r\n--tenon-B--\r\n")},
        {{"POST /text", NULL, "a\n\xc3\xa9"}, WITH("/text", "text/plain", "a\n\xc3\xa9")},
        {{"POST /bytes", NULL, "\xff\x01"}, WITH("/bytes", "application/octet-stream", "\xff\x01")},
        {{"POST /image", "image/png", "png"}, WITH("/image", "image/png", "png")},
        {{"POST /typed", JSON, "{\"a\": \"x\"}"},
         TO("/typed") "|content-type: application/merge-patch+json|{\"a\":\"x\"}"},
        {{"POST /written", JSON, "{\"a\": \"x&y\"}"},
         WITH("/written", "text/plain; charset=utf-8", "a=x&y")},
        {{"POST /written"}, TO("/written")},
        {{"POST /xml", JSON, "{\"a\": \"<\"}"},
         WITH("/xml", "application/xml",
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?><r v=\"1\"><a>&lt;</a></r>")},
    };
    world_t w = world_of("bodies", NULL, "{}");
    check_rows(&w, rows, COUNT(rows));
    world_end(&w);
}

static void keeps_input_as_it_is(void **state)
{
    (void)state;
    world_t w = world_of("bodies", NULL, "{}");
    json_t *values = read_json("{\"body\": {\"a\": 1}}");
    json_t *before = json_deep_copy(values);
    bound_input_t input = {.values = values};
    upstream_request_t request;
    err_t err = ERR_INIT;
    w.build.action = connector_action(w.connector, STR("Whole"));
    w.build.input = &input;
    assert_true(build_action(&w.build, &request, &err));
    assert_true(json_equal(values, before));
    json_decref(values);
    json_decref(before);
    world_end(&w);
}

/* --- credentials --- */

#define SEEN(path) "GET https://api.example.com" path "|Accept: application/json"
#define CLIENT "{\"client_id\": \"c\", \"client_secret\": \"s\"}"
#define KEY "{\"key\": \"K\"}"

static token_t *token_of(const char *members)
{
    return token_new(read_json(members), 0, 3600000, 3600000);
}

static void adds_credentials(void **state)
{
    (void)state;
    static const struct {
        const char *auth, *parameters;
        wire_t wire;
        const char *expected;
    } rows[] = {
        {"basic",
         "{\"username\": \"k\", \"password\": \"s\"}",
         {"GET /get"},
         SEEN("/get") "|Authorization: Basic azpz|X-Top: t"},
        {"basic",
         "{\"username\": \"k\", \"password\": \"a:b\"}",
         {"GET /get"},
         SEEN("/get") "|Authorization: Basic azphOmI=|X-Top: t"},
        {"basic",
         "{\"username\": \"k\"}",
         {"GET /get"},
         SEEN("/get") "|Authorization: Basic azo=|X-Top: t"},
        /* T19 */
        {"basic",
         "{\"username\": \"k:x\", \"password\": \"s\"}",
         {"GET /get"},
         "!credential_username_colon"},
        {"basic",
         "{\"username\": \"k:x\", \"password\": \"s\"}",
         {"GET /open"},
         SEEN("/open") "|X-Top: t"},
        {"basic_elsewhere",
         "{\"username\": \"k:x\"}",
         {"GET /get"},
         SEEN("/get") "|X-Top: t|authorization: Key k:x"},
        {"tokens", CLIENT, {"GET /get"}, SEEN("/get") "|Authorization: Bearer T0|X-Top: t"},
        {"tokens", CLIENT, {"GET /open"}, SEEN("/open") "|X-Top: t"},
        /* A22 */
        {"tokens",
         CLIENT,
         {"GET /get", .headers = {{"authorization", "Bearer mine"}}},
         SEEN("/get") "|Authorization: Bearer T0|X-Top: t"},
        {"token_header", CLIENT, {"GET /get"}, SEEN("/get") "|X-Token: T0|X-Top: t"},
        {"token_query",
         CLIENT,
         {"GET /get"},
         "GET https://api.example.com/get?access_token=T0|Accept: application/json|X-Top: t"},
        {"token_and_more",
         CLIENT,
         {"GET /get"},
         SEEN("/get") "|Authorization: Bearer T0|X-Tenant: acme|X-Top: t"},
        {"key_header", KEY, {"GET /get"}, SEEN("/get") "|X-Key: K|X-Top: t"},
        {"key_header", "{\"key\": \"K\\n\"}", {"GET /get"}, "!param_control_char"},
        {"key_json",
         KEY,
         {"POST /post", JSON, "{\"a\": \"x\"}"},
         "POST https://api.example.com/post|Accept: application/json|Content-Type: "
         "application/json|X-Top: t|{\"a\":\"x\",\"key\":\"K\"}"},
        {"key_json", KEY, {"GET /get"}, SEEN("/get") "|X-Top: t"},
        {"key_json",
         KEY,
         {"POST /form", FORM, "a=1"},
         "POST https://api.example.com/form|Accept: application/json|Content-Type: " FORM
         "|X-Top: t|a=1"},
        /* what signs sees the request as it is sent */
        {"signing",
         KEY,
         {"POST /post", JSON, "{\"a\": \"x\"}"},
         "POST https://api.example.com/post?t=1795318267&m=POST|Accept: "
         "application/json|Content-Type: application/json"
         "|X-Bare: {\"a\":\"x\"}|X-Sign: POST api.example.com /post t=1795318267&m=POST "
         "{\"a\":\"x\"}|X-Top: t|{\"a\":\"x\"}"},
        {"aws",
         AWS,
         {"GET /get"},
         SEEN("/get") "|Authorization: AWS4-HMAC-SHA256 Credential=a/20261122/eu/s3/aws4_request, "
                      "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
                      "Signature=322ff47eebdadda10df910b6a32b1a8d4b2c7602f086fc1c35e58384f423a082"
                      "|X-Amz-Content-Sha256: "
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                      "|X-Amz-Date: 20261122T033107Z|X-Top: t"},
        {"aws", AWS, {"GET /open"}, SEEN("/open") "|X-Top: t"},
        {"aws", "{\"access_key_id\": \"a\"}", {"GET /get"}, "!parameter_missing"},
        {"aws_role", AWS, {"GET /get"}, "!authorization_incomplete"},
        {"none", "{}", {"GET /get"}, SEEN("/get") "|X-Top: t"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        world_t w = world_of("sign-in", rows[i].auth, rows[i].parameters);
        bool tokens = auth_type_gets_tokens(w.connection->auth->type);
        w.build.token =
            tokens ? token_of("{\"access_token\": \"T0\", \"tenant\": \"acme\"}") : NULL;
        check_call(&w, &rows[i].wire, rows[i].expected);
        world_end(&w);
    }
}

/* RFC 8693 2.2.1: what is no access token goes where the definition sends it, and never into
 * Authorization. */
static void keeps_other_tokens_out_of_authorization(void **state)
{
    (void)state;
    static const struct {
        const char *auth, *expected;
    } rows[] = {
        {"tokens", "!token_type_unsupported"},
        {"token_scheme", "!token_type_unsupported"},
        {"token_header", SEEN("/get") "|X-Token: T0|X-Top: t"},
    };
    const wire_t wire = {"GET /get"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        world_t w = world_of("sign-in", rows[i].auth, CLIENT);
        w.build.token = token_of("{\"access_token\": \"T0\", \"token_type\": \"n_a\"}");
        check_call(&w, &wire, rows[i].expected);
        world_end(&w);
    }
}

/* The text names the parameter, and never its value. */
static void names_the_parameter_at_fault(void **state)
{
    (void)state;
    world_t w = world_of("sign-in", "key_header", "{\"key\": \"Secret\\n\"}");
    upstream_request_t request;
    err_t err = ERR_INIT;
    w.build.action = connector_action(w.connector, STR("Get"));
    assert_false(build_action(&w.build, &request, &err));
    assert_non_null(strstr(err.text, "the connection's parameter `key`"));
    assert_null(strstr(err.text, "Secret"));
    world_end(&w);
}

/* --- absent values, steps, base URLs --- */

static void check_step(world_t *w, const char *action, size_t step, const char *expected)
{
    upstream_request_t request;
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 16);
    w->build.action = connector_action(w->connector, str_of(action));
    if (build_request(&w->build, &w->build.action->steps.list[step].request, &request, &err)) {
        write_request(&seen, &request);
    } else {
        write_err(&seen, &err);
    }
    check_text(action, &seen, expected);
    err_fini(&err);
}

static void set_step(world_t *w, const char *body)
{
    json_decref(w->build.steps);
    w->build.steps = json_pack("{s:{s:o,s:i}}", "first", "body", read_json(body), "status", 200);
}

#define AT(path)                                                                                   \
    "https://acme.example.net" path "?v=1|Accept: application/json|Authorization: Bearer T0"

static void builds_steps(void **state)
{
    (void)state;
    world_t w = world_of("steps", "in", CLIENT);
    json_t *values = read_json("{\"id\": \"T 1\"}");
    bound_input_t input = {.values = values};
    w.build.token = token_of("{\"access_token\": \"T0\", \"tenant\": \"acme\"}");
    w.build.input = &input;
    check_step(&w, "Update", 0, "GET " AT("/first/T%201") "|X-Top: t");
    check_step(&w, "Update", 1, "!upstream_answer_incomplete");
    set_step(&w, "{\"key\": 5, \"@odata.etag\": \"W/\\\"1\\\"\"}");
    check_step(&w, "Update", 1,
               "POST " AT("/second/5") "|Content-Type: application/json|X-Top: t|{\"k\":200}");
    check_call(&w, &(wire_t){"POST /up/1"}, "POST " AT("/up/1") "|If-Match: W/\"1\"|X-Top: t");
    set_step(&w, "{}");
    check_call(&w, &(wire_t){"POST /up/1"}, "POST " AT("/up/1") "|X-Top: t");
    set_step(&w, "{\"@odata.etag\": \"a\\nb\"}"); /* the service's fault, not the caller's */
    check_call(&w, &(wire_t){"POST /up/1"}, "!upstream_answer_incomplete");
    set_step(&w, "{\"@odata.etag\": {}}");
    check_call(&w, &(wire_t){"POST /up/1"}, "!upstream_answer_incomplete");
    json_decref(values);
    world_end(&w);
}

static void judges_addresses_out_of_answers(void **state)
{
    (void)state;
    static const struct {
        const char *url, *expected;
    } rows[] = {
        {"https://files.example.net/a%20b/",
         "POST https://files.example.net/a%20b?v=1|Accept: application/json|X-Top: t"},
        {"https://api.example.com",
         "POST https://api.example.com?v=1|Accept: application/json|X-Top: t"},
        {"https://ports.example.org:8443/x",
         "POST https://ports.example.org:8443/x?v=1|Accept: application/json|X-Top: t"},
        {"https://ports.example.org/x", "!egress_denied"},
        {"https://api.example.com:8443/x", "!egress_denied"},
        {"https://evil.com/x", "!egress_denied"},
        {"https://evil.com/.example.net", "!egress_denied"},
        {"https://example.net/", "!egress_denied"},
        {"https://a.example.net.evil.com/", "!egress_denied"},
        {"http://api.example.com/x", "!egress_denied"},
        {"https://a.example.net@evil.com/", "!upstream_answer_incomplete"},
        {"ftp://a.example.net/", "!upstream_answer_incomplete"},
        {"https://a.example.net/?x=1", "!upstream_answer_incomplete"},
        {"https://a.example.net/../x", "!upstream_answer_incomplete"},
    };
    world_t w = world_of("steps", "in", CLIENT);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_decref(w.build.steps);
        w.build.steps = json_pack("{s:{s:{s:s}}}", "first", "body", "url", rows[i].url);
        check_call(&w, &(wire_t){"POST /follow"}, rows[i].expected);
    }
    world_end(&w);
}

static void builds_verify(void **state)
{
    (void)state;
    world_t w = world_of("steps", "in", CLIENT);
    upstream_request_t request;
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 16);
    w.build.token = token_of("{\"access_token\": \"T0\", \"tenant\": \"acme\"}");
    assert_true(build_request(&w.build, w.connector->verify_request, &request, &err));
    write_request(&seen, &request);
    check_text("verify", &seen, "GET " AT("/me") "|X-Top: t");
    token_unref((token_t *)(uintptr_t)w.build.token);
    w.build.token = token_of("{\"access_token\": \"T0\"}");
    assert_false(build_request(&w.build, w.connector->verify_request, &request, &err));
    assert_int_equal(err.code, ERR_upstream_answer_incomplete);
    err = ERR_INIT;
    token_unref((token_t *)(uintptr_t)w.build.token);
    w.build.token = token_of("{\"access_token\": \"T0\", \"tenant\": \"evil.com/\"}");
    assert_false(build_request(&w.build, w.connector->verify_request, &request, &err));
    assert_int_equal(err.code, ERR_upstream_answer_incomplete);
    world_end(&w);
}

/* A value that came with the call and cannot be where the definition puts it. */
static void blames_the_caller(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{"POST /a", JSON, "{\"h\": \"\xc3\xa9\"}"}, "!param_control_char /h"},
        {{"POST /a", JSON, "{\"h\": \"a\\nb\"}"}, "!param_control_char /h"},
        {{"POST /a", JSON, "{\"d\": \"..\"}"}, "!param_dot_segment /d"},
        {{"POST /a", JSON, "{\"any\": {\"x\": {}}}"}, "!param_type /any"},
        {{"POST /a", JSON, "{\"any\": {\"x\": [1, \"b c\"]}}"},
         "POST https://api.example.com/a/x?any=1&any=b%20c|Accept: application/json"},
        {{"POST /a", JSON, "{\"h\": \"\", \"o\": {\"k\": [1]}}"}, TO("/a/x") "|X-O: {\"k\":[1]}"},
    };
    world_t w = world_of("blame", NULL, "{}");
    check_rows(&w, rows, COUNT(rows));
    world_end(&w);
}

/* --- the host rule --- */

static void keeps_to_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *allow, *url, *code;
    } rows[] = {
        {NULL, "https://api.example.com/x", "none"},
        {NULL, "https://API.example.com/x", "none"},
        {NULL, "https://api.example.com:444/x", "egress_denied"},
        {"", "https://api.example.com/x", "none"},
        {"", "https://api.example.com:444/x", "egress_denied"},
        {"api.example.com:444", "https://api.example.com:444/x", "none"},
        {"api.example.com:444", "https://api.example.com:445/x", "egress_denied"},
        {"api.example.com:80", "http://api.example.com/x", "none"},
        {"other.example.com:80", "http://api.example.com/x", "egress_denied"},
        {"evil.com", "https://evil.com/x", "egress_denied"},
        {"", "https://a.example.net/x", "none"},
        {NULL, "https://ports.example.org:8443/x", "none"},
        {"", "https://ports.example.org:8443/x", "egress_denied"},
        {"ports.example.org:8443", "https://ports.example.org:8443/x", "none"},
    };
    world_t w = world_of("places", NULL, "{}");
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        egress_t *egress = rows[i].allow ? egress_new(str_of(rows[i].allow), &err) : NULL;
        w.build.egress = egress;
        bool allowed = build_check_host(&w.build, str_of(rows[i].url), &err);
        if (strcmp(err_code_name(err.code), rows[i].code) != 0) {
            print_error("%s %s: %s\n", rows[i].allow, rows[i].url, err.text);
        }
        assert_string_equal(err_code_name(err.code), rows[i].code);
        assert_int_equal(allowed, err.code == ERR_none);
        egress_free(egress);
    }
    world_end(&w);
}

static void any_host_is_the_connections_own(void **state)
{
    (void)state;
    world_t w = world_of("any-host", NULL, "{\"host\": \"own.example.com\"}");
    err_t err = ERR_INIT;
    assert_true(build_check_host(&w.build, STR("https://own.example.com/x"), &err));
    assert_false(build_check_host(&w.build, STR("https://other.example.com/x"), &err));
    assert_int_equal(err.code, ERR_egress_denied);
    check_call(&w, &(wire_t){"GET /get"},
               "GET https://own.example.com/get|Accept: application/json");
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_inputs_in_their_places),
        cmocka_unit_test(writes_bodies),
        cmocka_unit_test(keeps_input_as_it_is),
        cmocka_unit_test(adds_credentials),
        cmocka_unit_test(keeps_other_tokens_out_of_authorization),
        cmocka_unit_test(names_the_parameter_at_fault),
        cmocka_unit_test(builds_steps),
        cmocka_unit_test(judges_addresses_out_of_answers),
        cmocka_unit_test(builds_verify),
        cmocka_unit_test(blames_the_caller),
        cmocka_unit_test(keeps_to_hosts),
        cmocka_unit_test(any_host_is_the_connections_own),
    };
    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
