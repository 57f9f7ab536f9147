/* SPDX-License-Identifier: MIT */
#include "call/check.h"

/* The connector's head; actions and ways to sign in follow. */
#define HEAD                                                                                       \
    "tenon: 1\n"                                                                                   \
    "id: bench\n"                                                                                  \
    "title: Bench\n"                                                                               \
    "version: 1.0.0\n"                                                                             \
    "description: Sends every kind of request.\n"                                                  \
    "hosts: [api.example.com, \"*.example.net\", \"ports.example.org:8443\"]\n"
#define ACTION(name, more) "  " name ":\n    summary: S\n" more "    output: {type: object}\n"

static const char places[] = HEAD
    "base_url: https://api.example.com/v1\n"
    "connection:\n"
    "  parameters:\n"
    "    region: {type: string, default: eu}\n"
    "    empty: {type: string}\n"
    "request:\n"
    "  headers: {X-Region: \"${connection.region}\", X-Empty: \"${connection.empty}\", X-Both: "
    "top}\n"
    "  query: {version: \"2\", gone: \"${connection.empty}\"}\n"
    "actions:\n" ACTION(
        "Get", "    method: GET\n    path: /items/{id}/f.{ext}\n"
               "    input:\n"
               "      id: {type: string}\n"
               "      ext: {type: string}\n"
               "      q: {type: string}\n"
               "      n: {type: integer}\n"
               "      on: {type: boolean}\n"
               "      csv: {type: array, items: {type: string}}\n"
               "      multi: {type: array, items: {type: string}, collectionFormat: multi}\n"
               "      ssv: {type: array, items: {type: string}, collectionFormat: ssv}\n"
               "      pipes: {type: array, items: {type: integer}, collectionFormat: pipes}\n"
               "      tsv: {type: array, items: {type: string}, collectionFormat: tsv}\n"
               "      version: {type: string}\n"
               "      X-Both: {in: header, type: string}\n"
               "      X-N: {in: header, type: integer}\n"
               "      Accept: {in: header, type: string}\n")
        ACTION("Double", "    method: GET\n    path: /d/{id}/e\n"
                         "    input: {id: {type: string, url_encoding: double}}\n")
            ACTION("Path", "    method: GET\n    path: /p/{id}\n"
                           "    input: {id: {type: string, url_encoding: path}}\n")
                ACTION("Url",
                       "    method: GET\n    path: /u/{id}\n"
                       "    input: {id: {type: string}, a: {type: string}, more: {type: string}}\n"
                       "    request:\n"
                       "      method: PUT\n"
                       "      url: https://eu.example.net/x/${input.id}?fixed=1&a=0&v=${input.id}\n"
                       "      query: {a: [x, \"y z\", \"${input.more}\"], version: null}\n"
                       "      headers: {X-Both: own, X-Region: '', accept: text/csv}\n")
                    ACTION("Unsure",
                           "    method: GET\n    path: /n/{id}\n"
                           "    input: {id: {type: string}, file: {type: string, default: f}}\n"
                           "    request: {url: \"/n/${input.id}/${input.file}\"}\n");

/* --- */

typedef struct world {
    arena_t *arena;
    connector_t *connector;
    connection_t *connection;
    build_t build;
} world_t;

static world_t world_of(const char *definition, const char *auth, const char *parameters)
{
    world_t w = {.arena = arena_new(0), .connector = load_text("bench.yaml", definition)};
    json_t *values = read_json(parameters);
    w.connection = connection_of(w.connector, auth, values);
    json_decref(values);
    if (w.connection->state != CONNECTION_READY) {
        fail_msg("%s", w.connection->why.text);
    }
    w.build = (build_t){.arena = w.arena, .connection = w.connection, .wall_ms = WALL_MS};
    return w;
}

static void world_end(world_t *w)
{
    json_decref(w->build.steps);
    if (w->build.token) {
        token_unref((token_t *)(uintptr_t)w->build.token);
    }
    connection_unref(w->connection);
    connector_unref(w->connector);
    arena_free(w->arena);
}

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

/* Binds, builds and compares with what write_request or write_err tells. */
static void check_call(world_t *w, const wire_t *wire, const char *expected)
{
    bound_input_t input;
    upstream_request_t request;
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 20);
    w->build.action = bind_wire(w->arena, w->connector, wire, &input, &err);
    w->build.input = &input;
    if (w->build.action && build_action(&w->build, &request, &err)) {
        write_request(&seen, &request);
    } else {
        write_err(&seen, &err);
    }
    check_text(wire->target, &seen, expected);
    err_fini(&err);
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
    world_t w = world_of(places, NULL, "{}");
    check_rows(&w, rows, COUNT(rows));
    world_end(&w);
}

/* --- bodies --- */

static const char bodies[] = HEAD
    "base_url: https://api.example.com\n"
    "actions:\n" ACTION("Flat", "    path: /flat\n"
                                "    input:\n"
                                "      b: {type: string}\n"
                                "      a: {type: integer}\n"
                                "      list: {type: array, items: {type: string}}\n"
                                "      hidden: {type: string, default: h}\n"
                                "    request: {json: {z: \"${input.hidden}\", a: 0}}\n")
        ACTION("Plain",
               "    path: /plain\n"
               "    input: {b: {type: "
               "string}, a: {type: number}}\n") ACTION("Delete",
                                                       "    method: DELETE\n    path: /plain\n"
                                                       "    input: {b: {in: json, type: string}}\n")
            ACTION(
                "Whole",
                "    path: /whole\n"
                "    input: {body: {in: body}}\n"
                "    request: {json: {b: [x], c: null}}\n") ACTION("Api",
                                                                   "    path: /api\n"
                                                                   "    input: {body: {in: body}}\n"
                                                                   "    input_type: "
                                                                   "application/vnd.api+json\n")
                ACTION("Replaced", "    path: /replaced\n"
                                   "    input: {items: {type: array, items: {type: integer}}}\n"
                                   "    request: {json: \"${input.items}\"}\n")
                    ACTION("Form", "    path: /form\n"
                                   "    input:\n"
                                   "      name: {in: form, type: string}\n"
                                   "      tags: {in: form, type: array, items: {type: string}, "
                                   "collectionFormat: multi}\n"
                                   "      bars: {in: form, type: array, items: {type: string}, "
                                   "collectionFormat: pipes}\n"
                                   "      n: {in: form, type: integer}\n")
                        ACTION("More",
                               "    path: /more\n"
                               "    input: {name: {in: form, type: string}, n: {in: form, type: "
                               "integer}}\n"
                               "    request: {form: {n: [\"1\", \"2\"], key: v}}\n")
                            ACTION("Parts",
                                   "    path: /parts\n"
                                   "    input:\n"
                                   "      name: {in: form, type: string}\n"
                                   "      file: {in: form, type: string, format: binary}\n")
                                ACTION(
                                    "Renamed",
                                    "    path: /renamed\n"
                                    "    input: {file: {in: form, type: string, format: binary}}\n"
                                    "    request: {form: {kind: image, upload: "
                                    "\"${input.file}\"}}\n")
                                    ACTION("Text", "    path: /text\n"
                                                   "    input: {body: {in: body, type: string}}\n"
                                                   "    input_type: text/plain\n")
                                        ACTION("Bytes",
                                               "    path: /bytes\n"
                                               "    input: {body: {in: body, type: string, format: "
                                               "binary}}\n"
                                               "    input_type: application/octet-stream\n")
                                            ACTION("Image", "    path: /image\n"
                                                            "    input: {body: {in: body, type: "
                                                            "string, format: binary}}\n"
                                                            "    input_type: image/*\n")
                                                ACTION("Typed",
                                                       "    path: /typed\n"
                                                       "    input: {a: {type: string}}\n"
                                                       "    request: {headers: {content-type: "
                                                       "application/merge-patch+json}}\n")
                                                    ACTION(
                                                        "Written",
                                                        "    path: /written\n"
                                                        "    input: {a: {type: string}}\n"
                                                        "    request: {text: \"a=${input.a}\"}\n")
                                                        ACTION("Xml",
                                                               "    path: /xml\n"
                                                               "    input: {a: {type: string}}\n"
                                                               "    request: {xml: {r: {'@v': "
                                                               "\"1\", a: \"${input.a}\"}}}\n");

#define TO(path) "POST https://api.example.com" path "|Accept: application/json"
#define WITH(path, type, body) TO(path) "|Content-Type: " type "|" body
#define PART(name, more, value)                                                                    \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" value "\r\n"

static void writes_bodies(void **state)
{
    (void)state;
    static const row_t rows[] = {
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
    world_t w = world_of(bodies, NULL, "{}");
    check_rows(&w, rows, COUNT(rows));
    world_end(&w);
}

static void keeps_input_as_it_is(void **state)
{
    (void)state;
    world_t w = world_of(bodies, NULL, "{}");
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

#define SIGN_IN(rest)                                                                              \
    HEAD "base_url: https://api.example.com\nconnection:\n  auth:\n    in:\n" rest                 \
         "request: {headers: {X-Top: t}}\n"                                                        \
         "actions:\n" ACTION("Get", "    method: GET\n    path: /get\n")                           \
             ACTION("Post", "    path: /post\n    input: {a: {type: string}}\n")                   \
                 ACTION("Form", "    path: /form\n    input: {a: {in: form, type: string}}\n")     \
                     ACTION("Open", "    method: GET\n    path: /open\n    auth: none\n")

#define SECRET "{type: string, secret: true}"
#define BASIC                                                                                      \
    "      type: basic\n"                                                                          \
    "      parameters: {username: {type: string, required: true}, password: " SECRET "}\n"
#define TOKENS                                                                                     \
    "      type: client_credentials\n"                                                             \
    "      parameters: {client_id: {type: string}, client_secret: " SECRET "}\n"                   \
    "      token_url: https://api.example.com/token\n"

typedef struct credential_row {
    const char *definition, *parameters;
    bool token;
    wire_t wire;
    const char *expected;
} credential_row_t;

static token_t *token_of(const char *members)
{
    return token_new(read_json(members), NULL, 0, 3600000, 3600000);
}

#define SEEN(path) "GET https://api.example.com" path "|Accept: application/json"

static void adds_credentials(void **state)
{
    (void)state;
    static const credential_row_t rows[] = {
        {SIGN_IN(BASIC),
         "{\"username\": \"k\", \"password\": \"s\"}",
         false,
         {"GET /get"},
         SEEN("/get") "|Authorization: Basic azpz|X-Top: t"},
        {SIGN_IN(BASIC),
         "{\"username\": \"k\", \"password\": \"a:b\"}",
         false,
         {"GET /get"},
         SEEN("/get") "|Authorization: Basic azphOmI=|X-Top: t"},
        {SIGN_IN(BASIC),
         "{\"username\": \"k\"}",
         false,
         {"GET /get"},
         SEEN("/get") "|Authorization: Basic azo=|X-Top: t"},
        /* T19 */
        {SIGN_IN(BASIC),
         "{\"username\": \"k:x\", \"password\": \"s\"}",
         false,
         {"GET /get"},
         "!credential_username_colon"},
        {SIGN_IN(BASIC),
         "{\"username\": \"k\", \"password\": \"s\"}",
         false,
         {"GET /open"},
         SEEN("/open") "|X-Top: t"},
        {SIGN_IN(BASIC
                 "      inject: {headers: {authorization: \"Key ${connection.username}\"}}\n"),
         "{\"username\": \"k:x\", \"password\": \"s\"}",
         false,
         {"GET /get"},
         SEEN("/get") "|X-Top: t|authorization: Key k:x"},
        {SIGN_IN(TOKENS),
         "{\"client_id\": \"c\", \"client_secret\": \"s\"}",
         true,
         {"GET /get"},
         SEEN("/get") "|Authorization: Bearer T0|X-Top: t"},
        {SIGN_IN(TOKENS),
         "{\"client_id\": \"c\", \"client_secret\": \"s\"}",
         true,
         {"GET /open"},
         SEEN("/open") "|X-Top: t"},
        {SIGN_IN(TOKENS "      inject: {headers: {X-Token: \"${token.access_token}\"}}\n"),
         "{\"client_id\": \"c\", \"client_secret\": \"s\"}",
         true,
         {"GET /get"},
         SEEN("/get") "|X-Token: T0|X-Top: t"},
        {SIGN_IN(TOKENS "      inject: {query: {access_token: \"${token.access_token}\"}}\n"),
         "{\"client_id\": \"c\", \"client_secret\": \"s\"}",
         true,
         {"GET /get"},
         "GET https://api.example.com/get?access_token=T0|Accept: application/json|X-Top: t"},
        {SIGN_IN(
             TOKENS
             "      inject: {headers: {X-Tenant: \"${token.tenant}\", X-No: \"${token.no}\"}}\n"),
         "{\"client_id\": \"c\", \"client_secret\": \"s\"}",
         true,
         {"GET /get"},
         SEEN("/get") "|Authorization: Bearer T0|X-Tenant: acme|X-Top: t"},
        {SIGN_IN("      type: api_key\n      parameters: {key: " SECRET "}\n"
                 "      inject: {json: {key: \"${connection.key}\"}}\n"),
         "{\"key\": \"K\"}",
         false,
         {"POST /post", JSON, "{\"a\": \"x\"}"},
         "POST https://api.example.com/post|Accept: application/json|Content-Type: "
         "application/json|X-Top: t|"
         "{\"a\":\"x\",\"key\":\"K\"}"},
        {SIGN_IN("      type: api_key\n      parameters: {key: " SECRET "}\n"
                 "      inject: {json: {key: \"${connection.key}\"}}\n"),
         "{\"key\": \"K\"}",
         false,
         {"GET /get"},
         SEEN("/get") "|X-Top: t"},
        {SIGN_IN("      type: api_key\n      parameters: {key: " SECRET "}\n"
                 "      inject: {json: {key: \"${connection.key}\"}}\n"),
         "{\"key\": \"K\"}",
         false,
         {"POST /form", FORM, "a=1"},
         "POST https://api.example.com/form|Accept: application/json|Content-Type: " FORM
         "|X-Top: t|a=1"},
        /* what signs sees the request as it is sent */
        {SIGN_IN("      type: api_key\n      parameters: {key: " SECRET "}\n"
                 "      inject:\n"
                 "        query: {t: \"${now('unix')}\", m: \"${request.method}\"}\n"
                 "        headers:\n"
                 "          X-Sign: \"${request.method} ${request.host} ${request.path} "
                 "${request.query} ${request.body}\"\n"
                 "          X-Bare: \"${default(request.body, 'none')}\"\n"),
         "{\"key\": \"K\"}",
         false,
         {"POST /post", JSON, "{\"a\": \"x\"}"},
         "POST https://api.example.com/post?t=1795318267&m=POST|Accept: "
         "application/json|Content-Type: "
         "application/json|X-Bare: {\"a\":\"x\"}|X-Sign: POST api.example.com /post "
         "t=1795318267&m=POST "
         "{\"a\":\"x\"}|X-Top: t|{\"a\":\"x\"}"},
        {SIGN_IN("      type: aws_sigv4\n      parameters: {access_key_id: {type: string}, "
                 "secret_access_key: " SECRET "}\n"
                 "      region: eu\n      service: s3\n"),
         "{\"access_key_id\": \"a\", \"secret_access_key\": \"s\"}",
         false,
         {"GET /get"},
         "!not_supported"},
        {SIGN_IN("      type: none\n"), "{}", false, {"GET /get"}, SEEN("/get") "|X-Top: t"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        world_t w = world_of(rows[i].definition, "in", rows[i].parameters);
        w.build.token =
            rows[i].token ? token_of("{\"access_token\": \"T0\", \"tenant\": \"acme\"}") : NULL;
        check_call(&w, &rows[i].wire, rows[i].expected);
        world_end(&w);
    }
}

/* --- absent values, steps, base URLs --- */

static const char steps[] =
    HEAD "base_url: https://api.example.com\n"
         "connection:\n"
         "  auth:\n"
         "    in:\n"
         "      type: client_credentials\n"
         "      parameters: {client_id: {type: string}, client_secret: " SECRET "}\n"
         "      token_url: https://api.example.com/token\n"
         "      base_url: https://${token.tenant}.example.net/\n"
         "request: {headers: {X-Top: t}, query: {v: \"1\"}}\n"
         "verify: {url: /me, expect: {status: [200]}}\n"
         "actions:\n" ACTION(
             "Update",
             "    path: /up/{id}\n"
             "    input: {id: {type: string}, etag: {in: query, type: string}}\n"
             "    steps:\n"
             "      first: {url: \"/first/${input.id}\", headers: {X-Etag: \"${input.etag}\"}}\n"
             "      second: {url: \"/second/${steps.first.body.key}\", json: {k: "
             "\"${steps.first.status}\"}}\n"
             "    request:\n"
             "      headers: {If-Match: \"${steps.first.body['@odata.etag']}\"}\n")
             ACTION("Follow", "    path: /follow\n"
                              "    steps: {first: {url: /first}}\n"
                              "    request: {url: \"${steps.first.body.url}\"}\n");

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
    world_t w = world_of(steps, "in", "{\"client_id\": \"c\", \"client_secret\": \"s\"}");
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
    world_t w = world_of(steps, "in", "{\"client_id\": \"c\", \"client_secret\": \"s\"}");
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
    world_t w = world_of(steps, "in", "{\"client_id\": \"c\", \"client_secret\": \"s\"}");
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
    static const char definition[] = HEAD
        "base_url: https://api.example.com\n"
        "actions:\n" ACTION(
            "A",
            "    path: /a\n"
            "    input: {h: {type: string}, o: {type: object}, d: {type: string, default: x}}\n"
            "    request: {headers: {X-H: \"${input.h}\", X-O: \"${json(input.o)}\"}, url: "
            "\"/a/${input.d}\"}\n");
    static const row_t rows[] = {
        {{"POST /a", JSON, "{\"h\": \"\xc3\xa9\"}"}, "!param_control_char /h"},
        {{"POST /a", JSON, "{\"h\": \"a\\nb\"}"}, "!param_control_char /h"},
        {{"POST /a", JSON, "{\"d\": \"..\"}"}, "!param_dot_segment /d"},
        {{"POST /a", JSON, "{\"h\": \"\", \"o\": {\"k\": [1]}}"}, TO("/a/x") "|X-O: {\"k\":[1]}"},
    };
    world_t w = world_of(definition, NULL, "{}");
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
    world_t w = world_of(places, NULL, "{}");
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
    static const char definition[] =
        "tenon: 1\nid: bench\ntitle: Bench\nversion: 1.0.0\ndescription: D.\n"
        "hosts: any\nbase_url: https://${connection.host}\n"
        "connection:\n"
        "  parameters: {host: {type: string, format: hostname, required: true}}\n"
        "actions:\n" ACTION("Get", "    method: GET\n    path: /get\n");
    world_t w = world_of(definition, NULL, "{\"host\": \"own.example.com\"}");
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
        cmocka_unit_test(builds_steps),
        cmocka_unit_test(judges_addresses_out_of_answers),
        cmocka_unit_test(builds_verify),
        cmocka_unit_test(blames_the_caller),
        cmocka_unit_test(keeps_to_hosts),
        cmocka_unit_test(any_host_is_the_connections_own),
    };
    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
