/* SPDX-License-Identifier: MIT */
/* The input of calls, in every place that a field can have, and the request made of it. The input
 * is `METHOD PATH?QUERY` LF CONTENT-TYPE LF X-Header LF BODY. What is bound is declared and has
 * passed its checks; what is sent goes to the one host, keeps the path's segments, and carries no
 * header that nobody declared. */
#include "call/build.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "definition/catalogue/load.h"
#include "fuzz.h"

static const char DEFINITION[] =
    "tenon: 1\n"
    "id: fuzz\n"
    "title: Fuzz\n"
    "description: Every place that a field can have.\n"
    "version: 1.0.0\n"
    "hosts: [api.example.com]\n"
    "base_url: https://api.example.com/v1\n"
    "actions:\n"
    "  Json:\n"
    "    summary: Members of a JSON body\n"
    "    method: POST\n"
    "    path: /json/{one}/x/{twice}/{whole}\n"
    "    input:\n"
    "      one: {type: string, maxLength: 40}\n"
    "      twice: {type: string, url_encoding: double}\n"
    "      whole: {type: string, url_encoding: path}\n"
    "      number: {type: integer, in: query, minimum: -5, maximum: 500}\n"
    "      when: {type: string, in: query, format: date-time}\n"
    "      tags: {type: array, in: query, items: {type: string}, collectionFormat: multi}\n"
    "      flags: {type: array, in: query, items: {type: boolean}, maxItems: 4}\n"
    "      X-Header: {type: string, in: header}\n"
    "      text: {type: string, pattern: '^[a-z]*$', default: abc}\n"
    "      kind: {type: string, choices: {a: A, b: B}}\n"
    "      real: {type: number, multipleOf: 0.5}\n"
    "      yes: {type: boolean}\n"
    "      mail: {type: string, format: email, nullable: true}\n"
    "      list: {type: array, items: {type: integer}, uniqueItems: true, maxItems: 8}\n"
    "      object:\n"
    "        type: object\n"
    "        additionalProperties: false\n"
    "        properties:\n"
    "          a: {type: string, required: true}\n"
    "          b: {type: integer, default: 7}\n"
    "      any: {type: object, anyOf: [{required: [x]}, {maxProperties: 1}]}\n"
    "      used: {type: string, secret: true}\n"
    "    request:\n"
    "      headers: {X-Used: '${input.used}'}\n"
    "      query: {used: 'is ${input.used}'}\n"
    "      json: {nested: {used: '${input.used}', text: \"'${input.used}'\"}}\n"
    "  Form:\n"
    "    summary: Fields of a form\n"
    "    method: POST\n"
    "    path: /form\n"
    "    input:\n"
    "      a: {type: string, in: form, required: true}\n"
    "      n: {type: integer, in: form}\n"
    "      l: {type: array, in: form, items: {type: string}, collectionFormat: pipes}\n"
    "      constant: {type: string, in: form, const: password}\n"
    "  File:\n"
    "    summary: A file\n"
    "    method: POST\n"
    "    path: /file\n"
    "    input:\n"
    "      file: {type: string, format: binary, in: form, required: true, maxLength: 100}\n"
    "      note: {type: string, in: form}\n"
    "  Whole:\n"
    "    summary: The whole body\n"
    "    method: PUT\n"
    "    path: /whole/{one}\n"
    "    input:\n"
    "      one: {type: string}\n"
    "      body: {type: array, in: body, required: true, items: {type: object}}\n"
    "  Text:\n"
    "    summary: The whole body as text\n"
    "    method: POST\n"
    "    path: /text\n"
    "    input: {body: {type: string, in: body}}\n"
    "    input_type: text/plain\n"
    "  Find:\n"
    "    summary: No body\n"
    "    method: GET\n"
    "    path: /find\n"
    "    input: {q: {type: string, required: true}, list: {type: array, items: {type: string}}}\n";

static const bind_limits_t LIMITS = {
    .values = {.string_bytes = 64 * 1024, .array_items = 64, .depth = 32}, .form_parts = 64};
static const connector_t *connector;
static connection_t connection;

static void set_up(void)
{
    if (connector) {
        return;
    }
    static diagnostics_t found;
    arena_t *arena = arena_new(0);
    diagnostics_init(&found, arena);
    connector = definition_load(STR("fuzz.yaml"), str_of(DEFINITION), &(load_options_t){0}, &found);
    if (!connector) {
        fprintf(stderr, "the definition does not load: %u:%u %s\n", found.list[0].line,
                found.list[0].column, found.list[0].text);
        abort();
    }
    connection = (connection_t){.connector = connector,
                                .connector_id = STR("fuzz"),
                                .name = STR("fuzz"),
                                .auth = &connector->auths[0],
                                .values = json_object(),
                                .base_url = STR("https://api.example.com/v1")};
}

/* --- what is bound --- */

static const bound_file_t *file_of(const bound_input_t *input, const field_t *field)
{
    for (size_t i = 0; i < input->file_count; i++) {
        if (input->files[i].field == field) {
            return &input->files[i];
        }
    }
    return NULL;
}

static void check_members(const action_t *action, const bound_input_t *input)
{
    const char *key;
    size_t length;
    json_t *value;
    REQUIRE(json_is_object(input->values));
    json_object_keylen_foreach(input->values, key, length, value)
    {
        const field_t *field = fields_find(&action->input, str_at(key, length));
        REQUIRE(field);
        err_t err = ERR_INIT;
        field_check(field, value, "/x", &VALUE_LIMITS, &err);
        REQUIRE(!err_is_set(&err));
    }
}

static void check_bound(const action_t *action, const bound_input_t *input, str_t body)
{
    check_members(action, input);
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *field = &action->input.list[i];
        const json_t *value = json_object_getn(input->values, field->name.p, field->name.n);
        REQUIRE(!field->required || value || file_of(input, field));
        REQUIRE(field->in != IN_HEADER || !value || message_header_value_ok(json_view(value)));
    }
    for (size_t i = 0; i < input->file_count; i++) {
        const bound_file_t *file = &input->files[i];
        REQUIRE(file->bytes.n <= body.n);
        REQUIRE(str_is_utf8(file->file_name));
    }
}

static void check_faults(const err_t *err)
{
    int status = err_code_status(err->code);
    REQUIRE(status == 400 || status == 415);
    REQUIRE(err->detail_count <= ERR_DETAILS_MAX);
    for (unsigned i = 0; i < err->detail_count; i++) {
        REQUIRE(err->details[i].pointer[0] == '/' && str_is_utf8(str_of(err->details[i].pointer)));
        REQUIRE(err->details[i].text[0] && str_is_utf8(str_of(err->details[i].text)));
    }
}

/* --- what is sent --- */

static size_t count_of(str_t s, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        count += s.p[i] == c;
    }
    return count;
}

static bool spans_segments(const action_t *action)
{
    for (size_t i = 0; i < action->piece_count; i++) {
        const field_t *field = action->pieces[i].field;
        if (field && field->url_encoding == URL_ENCODING_PATH) {
            return true;
        }
    }
    return false;
}

static void check_url(arena_t *arena, const action_t *action, str_t text)
{
    url_t url;
    err_t err = ERR_INIT;
    REQUIRE(url_parse_in(arena, text, &url, &err));
    REQUIRE(str_is(url.host, "api.example.com") && url.port == 443 && str_is(url.scheme, "https"));
    REQUIRE(str_starts(url.path, STR("/v1/")) && !url.fragment.p);
    size_t expected = 1 + count_of(action->path, '/');
    size_t slashes = count_of(url.path, '/');
    REQUIRE(slashes == expected || (slashes > expected && spans_segments(action)));
    str_t rest = url.path;
    for (str_cut(&rest, '/'); rest.p;) {
        str_t segment = str_cut(&rest, '/');
        REQUIRE(segment.n > 0 && !str_is(segment, ".") && !str_is(segment, ".."));
    }
}

static void check_headers(const upstream_request_t *request)
{
    static const char *const KNOWN[] = {"accept", "content-type", "x-header", "x-used"};
    for (size_t i = 0; i < request->header_count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof KNOWN / sizeof *KNOWN; k++) {
            known = known || str_eq_nocase(request->headers[i].name, str_of(KNOWN[k]));
        }
        REQUIRE(known && message_header_value_ok(request->headers[i].value));
        for (size_t k = 0; k < i; k++) {
            REQUIRE(!str_eq_nocase(request->headers[i].name, request->headers[k].name));
        }
    }
}

/* JSON members that nobody declared would be a way around the definition. */
static void check_json(const action_t *action, const json_t *body)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        const field_t *field = fields_find(&action->input, str_of(key));
        REQUIRE(strcmp(key, "nested") == 0 || (field && field->in == IN_JSON));
    }
}

static void check_body(arena_t *arena, const action_t *action, const upstream_request_t *request)
{
    str_t type = message_header_get(request->headers, request->header_count, "content-type");
    err_t err = ERR_INIT;
    form_t form;
    if (media_type_is_json(type)) {
        json_t *body = json_read(request->body, &(json_limits_t){.depth = 64}, &err);
        REQUIRE(body);
        check_json(action, body);
        json_decref(body);
    } else if (media_type_is(type, "application/x-www-form-urlencoded")) {
        REQUIRE(form_read_urlencoded_in(arena, request->body, 64, &form, &err));
        REQUIRE(form.count <= action->input.count);
    } else if (media_type_is(type, "multipart/form-data")) {
        REQUIRE(form_read_multipart_in(arena, request->body, type, 64, &form, &err));
        REQUIRE(form.count <= action->input.count);
    }
}

static void check_sent(arena_t *arena, const action_t *action, const bound_input_t *input)
{
    build_t build = {.arena = arena,
                     .connection = &connection,
                     .action = action,
                     .input = input,
                     .wall_ms = INT64_C(1795300000000),
                     .uuid = "123e4567-e89b-42d3-a456-426614174000"};
    upstream_request_t request;
    err_t err = ERR_INIT;
    if (!build_action(&build, &request, &err)) {
        REQUIRE(err_code_status(err.code) == 400);
        err_fini(&err);
        return;
    }
    REQUIRE(str_eq(request.method, action->method));
    check_url(arena, action, request.url);
    check_headers(&request);
    check_body(arena, action, &request);
}

/* --- the call --- */

static const action_t *find_action(arena_t *arena, str_t line, call_request_t *call,
                                   path_value_t values[PATH_VARIABLES_MAX])
{
    bool known;
    str_t method = str_cut(&line, ' ');
    str_t path = str_cut(&line, '?');
    const action_t *action = path.n && path.p[0] == '/'
                                 ? connector_match(connector, method, path, arena, values,
                                                   &call->path_value_count, &known)
                                 : NULL;
    call->query = line;
    call->path_values = values;
    return action;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    arena_t *arena = arena_new(0);
    str_t body = str_at(data, size);
    str_t line = fuzz_line(&body);
    path_value_t values[PATH_VARIABLES_MAX];
    call_request_t call = {.content_type = fuzz_line(&body)};
    message_header_t headers[2] = {{STR("x-header"), fuzz_line(&body)},
                                   {STR("x-undeclared"), STR("\x01")}};
    call.headers = headers;
    call.header_count = 2;
    call.body = body;
    const action_t *action = find_action(arena, line, &call, values);
    if (action) {
        bound_input_t input;
        err_t err = ERR_INIT;
        bool bound = bind_input(arena, action, &call, &LIMITS, &input, &err);
        REQUIRE(bound == !err_is_set(&err));
        if (bound) {
            check_bound(action, &input, body);
            check_sent(arena, action, &input);
        } else {
            check_faults(&err);
        }
        err_fini(&err);
    }
    arena_free(arena);
    return 0;
}
