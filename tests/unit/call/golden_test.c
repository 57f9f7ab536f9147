/* SPDX-License-Identifier: MIT */
/* The requests that the contract's definitions prescribe (format/golden.txt): token requests
 * through grant, requests to APIs through bind and build. What needs a grant that this version does
 * not run is left out, and told. */
#include "call/check.h"

#include "call/field_text.h"
#include "codec/form.h"
#include "codec/url.h"
#include "definition/value/check.h"
#include "grant/grant.h"

/* --- which cases there are --- */

typedef enum {
    RUN_GRANT,
    RUN_ACTION_GRANT,
    RUN_ACTION,
    RUN_VERIFY,
    RUN_PARAMETERS,
    LEFT_OUT
} run_t;

static const struct {
    const char *title;
    run_t run;
    const char *action; /* LEFT_OUT: why */
    /* A header that golden.txt does not print though the definition prescribes it: the field's
     * default stands in the schema that it refers to. */
    const char *unprinted;
} cases[] = {
    {"wfm-authentication GetAccessToken", RUN_ACTION_GRANT, "GetAccessToken"},
    {"wfm-authentication evil vanity", RUN_PARAMETERS, NULL},
    {"wfm client_credentials", RUN_GRANT, NULL},
    {"wfm authorize, no organization", LEFT_OUT, "authorization_code"},
    {"wfm code", LEFT_OUT, "authorization_code"},
    {"wfm refresh", LEFT_OUT, "authorization_code"},
    {"wfm password-realm", RUN_GRANT, NULL},
    {"wfm GetPerson", RUN_ACTION, "GetPerson"},
    {"wfm GetPersons", RUN_ACTION, "GetPersons"},
    {"wfm other identity host", RUN_GRANT, NULL},
    {"lawvu authorize", LEFT_OUT, "authorization_code"},
    {"lawvu trigger", RUN_ACTION, "Triggers_CreateSubscriptionMatterCreated"},
    {"workspan code", LEFT_OUT, "authorization_code"},
    {"workspan refresh", LEFT_OUT, "authorization_code"},
    {"workspan file", RUN_ACTION, "BulkloadOpportunityFileAttachment"},
    {"workspan csv", RUN_ACTION, "BulkloadOpportunity"},
    {"planner update", RUN_ACTION, "UpdateTaskDetails_V2", "prefer"},
    {"airmeet double", RUN_ACTION, "RemoveAttendee"},
    {"back-market", RUN_VERIFY, NULL},
    {"telegram", RUN_ACTION, "sendMessage"},
    {"tableau step", LEFT_OUT, "session"},
    {"stripe code", LEFT_OUT, "authorization_code"},
    {"mercury", RUN_ACTION, "ListAccounts"},
};

/* --- reading golden.txt --- */

typedef struct golden {
    str_t title;
    json_t *given;
    str_t refused;
    upstream_request_t requests[2];
    bool multipart;
    size_t count;
    const char *unprinted;
} golden_t;

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    buf_t text;
    buf_init(&text, 1 << 20);
    while (file && buf_reserve(&text, 4096)) {
        size_t n = fread(text.p + text.n, 1, 4096, file);
        text.n += n;
        if (n == 0) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return file ? buf_take(&text, length) : NULL;
}

static bool is_header(str_t line)
{
    size_t colon = str_find(line, STR(": "), 0);
    for (size_t i = 0; colon != SIZE_MAX && i < colon; i++) {
        if (!ascii_is_alnum(line.p[i]) && line.p[i] != '-') {
            return false;
        }
    }
    return colon != SIZE_MAX;
}

/* A line of a request: a header, or the body. */
static void read_detail(arena_t *arena, golden_t *g, str_t line)
{
    upstream_request_t *request = &g->requests[g->count - 1];
    if (str_starts(line, STR("multipart: "))) {
        g->multipart = true;
        request->body = str_slice(line, strlen("multipart: "), line.n);
    } else if (is_header(line)) {
        str_t value = line;
        str_t name = str_cut(&value, ':');
        message_header_set(arena, request, name, str_trim(value));
    } else {
        request->body = line;
    }
}

static void read_line(golden_t *g, str_t line)
{
    static const str_t given = STR_INIT("given "), refused = STR_INIT("REFUSED: "),
                       step = STR_INIT("step ");
    if (str_starts(line, given)) {
        err_t err = ERR_INIT;
        g->given = json_read(str_slice(line, given.n, line.n), NULL, &err);
        assert_non_null(g->given);
    } else if (str_starts(line, refused)) {
        g->refused = str_slice(line, refused.n, line.n);
    } else if (!str_starts(line, step)) {
        assert_true(g->count < COUNT(g->requests));
        str_t url = line;
        str_t method = str_cut(&url, ' ');
        g->requests[g->count++] = (upstream_request_t){.method = method, .url = url};
    }
}

static size_t read_golden(arena_t *arena, str_t text, golden_t *list, size_t most)
{
    size_t count = 0;
    bool begun = false;
    while (text.p) {
        str_t line = str_cut(&text, '\n');
        begun = begun || line.n == 0; /* behind the head, a blank line */
        if (!begun || line.n == 0) {
            continue;
        }
        if (line.p[0] != ' ') {
            assert_true(count < most);
            list[count++] = (golden_t){.title = line};
        } else if (str_starts(line, STR("    "))) {
            read_detail(arena, &list[count - 1], str_slice(line, 4, line.n));
        } else {
            read_line(&list[count - 1], str_slice(line, 2, line.n));
        }
    }
    return count;
}

/* --- comparing --- */

static bool is_default_accept(const message_header_t *header)
{
    return str_eq_nocase(header->name, STR("Accept")) && str_is(header->value, "application/json");
}

/* Accept where nobody sets it is not printed there. */
static void write_sorted(buf_t *to, const upstream_request_t *r, bool prints_accept)
{
    arena_t *arena = arena_new(0);
    upstream_request_t shown = *r;
    shown.headers = arena_array_of(arena, message_header_t, r->header_count);
    shown.header_count = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        const message_header_t *header = &r->headers[i];
        if (header->value.n && (prints_accept || !is_default_accept(header))) {
            shown.headers[shown.header_count++] = *header;
        }
    }
    write_request(to, &shown);
    arena_free(arena);
}

/* The golden file prints JSON with blanks. */
static str_t compact(arena_t *arena, str_t body)
{
    err_t err = ERR_INIT;
    json_t *value = str_starts(body, STR("{")) ? json_read(body, NULL, &err) : NULL;
    buf_t text;
    buf_init(&text, 1 << 20);
    if (value) {
        json_write(&text, value);
    } else {
        buf_str(&text, body);
    }
    str_t copy = body.p ? arena_str(arena, buf_view(&text)) : STR_NONE;
    buf_fini(&text);
    json_decref(value);
    return copy;
}

/* One part of that name, which is a file. */
static void check_multipart(arena_t *arena, const golden_t *g, upstream_request_t *seen)
{
    form_t form;
    err_t err = ERR_INIT;
    str_t type = message_header_get(seen->headers, seen->header_count, "Content-Type");
    assert_true(form_read_multipart_in(arena, seen->body, type, 10, &form, &err));
    assert_int_equal(form.count, 1);
    assert_true(str_eq(form.parts[0].name, g->requests[0].body));
    assert_true(str_is(form.parts[0].value, "(binary)"));
    assert_non_null(form.parts[0].file_name.p);
    message_header_set(arena, seen, STR("Content-Type"), STR("")); /* not printed there */
    seen->body = g->requests[0].body;
}

static void check_request(arena_t *arena, const golden_t *g, size_t index, upstream_request_t *seen)
{
    upstream_request_t expected = g->requests[index];
    bool prints_accept =
        message_header_get(expected.headers, expected.header_count, "Accept").p != NULL;
    buf_t a, b;
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    assert_true(index < g->count);
    if (g->unprinted && message_header_get(seen->headers, seen->header_count, g->unprinted).p) {
        print_message("  also sent: %s\n", g->unprinted);
        message_header_set(arena, seen, str_of(g->unprinted), STR("")); /* not printed there */
    }
    if (g->multipart) {
        check_multipart(arena, g, seen);
    }
    expected.body = compact(arena, expected.body);
    write_sorted(&a, seen, prints_accept);
    write_sorted(&b, &expected, prints_accept);
    assert_string_equal(buf_c(&a), buf_c(&b));
    buf_fini(&a);
    buf_fini(&b);
}

static void check_refused(const golden_t *g, const err_t *err)
{
    char *expected = str_dup(g->refused);
    assert_non_null(g->refused.p);
    assert_string_equal(err->text, expected);
    free(expected);
}

/* --- running --- */

typedef struct run_context {
    arena_t *arena;
    const golden_t *golden;
    connector_t *connector;
    connection_t *connection;
    token_t *token;
} run_context_t;

/* A call of the action as it comes over the wire. */
typedef struct call {
    buf_t path, query, body;
    json_t *members;
    message_header_t headers[8];
    size_t header_count;
    str_t type;
    path_value_t path_values[8];
    size_t path_value_count;
} call_t;

static void put_text(arena_t *arena, const json_t *value, str_t *out)
{
    buf_t text;
    buf_init(&text, 1 << 16);
    value_write_text(value, &text);
    *out = arena_str(arena, buf_view(&text));
    buf_fini(&text);
}

static void put_file(call_t *c, const field_t *field, str_t text)
{
    form_part_t part = {.name = field->name, .value = text, .file_name = STR("f")};
    form_write_part(&c->body, STR("b"), &part);
    form_write_end(&c->body, STR("b"));
    c->type = STR("multipart/form-data; boundary=b");
}

static void put_input(arena_t *arena, call_t *c, const field_t *field, json_t *value)
{
    str_t text;
    put_text(arena, value, &text);
    switch (field->in) {
    case IN_PATH:
        c->path_values[c->path_value_count++] = (path_value_t){field, text};
        break;
    case IN_QUERY:
        form_write_pair(&c->query, field->name, text);
        break;
    case IN_HEADER:
        c->headers[c->header_count++] = (message_header_t){field->name, text};
        break;
    case IN_FORM:
        put_file(c, field, text);
        break;
    case IN_JSON:
        json_object_setn(c->members, field->name.p, field->name.n, value);
        break;
    case IN_BODY:
        buf_str(&c->body, text);
        break;
    }
}

static bool bind_golden(run_context_t *run, const action_t *action, bound_input_t *out, err_t *err)
{
    static const bind_limits_t limits = {.json_depth = 32, .array_items = 1000, .form_parts = 1000};
    call_t c = {.members = json_object()};
    const char *name;
    json_t *value;
    buf_init(&c.query, 1 << 16);
    buf_init(&c.body, 1 << 16);
    json_object_foreach(json_object_get(run->golden->given, "input"), name, value)
    {
        const field_t *field = fields_find(&action->input, str_of(name));
        assert_non_null(field);
        put_input(run->arena, &c, field, value);
    }
    if (json_object_size(c.members)) {
        json_write(&c.body, c.members);
    }
    call_request_t request = {.query = arena_str(run->arena, buf_view(&c.query)),
                              .body = arena_str(run->arena, buf_view(&c.body)),
                              .content_type = c.type,
                              .headers = c.headers,
                              .header_count = c.header_count,
                              .path_values = c.path_values,
                              .path_value_count = c.path_value_count};
    bool bound = bind_input(run->arena, action, &request, &limits, out, err);
    json_decref(c.members);
    buf_fini(&c.query);
    buf_fini(&c.body);
    return bound;
}

static void run_grant(run_context_t *run, const grant_definition_t *grant, const json_t *input)
{
    value_scope_t scope;
    upstream_request_t request;
    err_t err = ERR_INIT;
    connection_scope(run->connection, &scope, WALL_MS);
    scope.input = input;
    grant_build_t b = {.arena = run->arena,
                       .definition = grant,
                       .scope = &scope.scope,
                       .base_url = run->connection->base_url};
    if (grant_build_request(&b, &request, &err)) {
        assert_null(run->golden->refused.p);
        check_request(run->arena, run->golden, 0, &request);
    } else {
        check_refused(run->golden, &err);
    }
    err_fini(&err);
}

static build_t build_of(run_context_t *run)
{
    return (build_t){.arena = run->arena,
                     .connection = run->connection,
                     .token = run->token,
                     .wall_ms = WALL_MS};
}

/* The one preparing call of the golden file answers with this. */
static json_t *step_answers(void)
{
    return json_pack("{s:{s:{s:s}}}", "details", "body", "@odata.etag", "W/\"1\"");
}

static void run_action(run_context_t *run, const action_t *action)
{
    bound_input_t input;
    upstream_request_t request;
    err_t err = ERR_INIT;
    build_t b = build_of(run);
    size_t index = 0;
    b.action = action;
    b.input = &input;
    bool bound = bind_golden(run, action, &input, &err);
    assert_string_equal(err.text, "");
    assert_true(bound);
    for (size_t i = 0; i < action->steps.count; i++) {
        assert_true(build_request(&b, &action->steps.list[i].request, &request, &err));
        check_request(run->arena, run->golden, index++, &request);
    }
    b.steps = action->steps.count ? step_answers() : NULL;
    bool built = build_action(&b, &request, &err);
    assert_string_equal(err.text, "");
    assert_true(built);
    check_request(run->arena, run->golden, index, &request);
    json_decref(b.steps);
}

static void run_verify(run_context_t *run)
{
    upstream_request_t request;
    err_t err = ERR_INIT;
    build_t b = build_of(run);
    assert_true(build_request(&b, run->connector->verify_request, &request, &err));
    check_request(run->arena, run->golden, 0, &request);
}

static void run_parameters(run_context_t *run)
{
    err_t err = ERR_INIT;
    fields_check(&run->connector->parameters, json_object_get(run->golden->given, "parameters"),
                 &err);
    assert_int_not_equal(run->connection->state, CONNECTION_READY);
    check_refused(run->golden, &err);
    err_fini(&err);
}

static void run_case(run_context_t *run, run_t how, const char *name)
{
    const action_t *action = name ? connector_action(run->connector, str_of(name)) : NULL;
    switch (how) {
    case RUN_GRANT:
        run_grant(run, &run->connection->auth->grant, NULL);
        break;
    case RUN_ACTION_GRANT: {
        bound_input_t input;
        err_t err = ERR_INIT;
        assert_true(bind_golden(run, action, &input, &err));
        run_grant(run, action->grant, input.values);
        break;
    }
    case RUN_ACTION:
        run_action(run, action);
        break;
    case RUN_VERIFY:
        run_verify(run);
        break;
    case RUN_PARAMETERS:
        run_parameters(run);
        break;
    case LEFT_OUT:
        break;
    }
}

static connector_t *load_accepted(arena_t *arena, const char *shared, str_t id)
{
    return load_path(arena_printf(arena, "%s/format/accepted/%.*s.yaml", shared, STR_ARG(id)).p);
}

static void run_golden(const char *shared, const golden_t *g, run_t how, const char *action)
{
    run_context_t run = {.arena = arena_new(0), .golden = g};
    run.connector = load_accepted(run.arena, shared, json_member(g->given, "id"));
    run.connection =
        connection_of(run.connector, json_string_value(json_object_get(g->given, "auth")),
                      json_object_get(g->given, "parameters"));
    if (run.connection->auth && auth_type_gets_tokens(run.connection->auth->type)) {
        run.token =
            token_new(read_json("{\"access_token\": \"<token>\"}"), NULL, 0, 3600000, 3600000);
    }
    run_case(&run, how, action);
    if (run.token) {
        token_unref(run.token);
    }
    connection_unref(run.connection);
    connector_unref(run.connector);
    arena_free(run.arena);
}

/* --- */

static const char *shared_folder(void)
{
    const char *shared = getenv("TENON_SHARED");
    return shared ? shared : TENON_SOURCE_DIR "/../shared";
}

static size_t case_of(str_t title)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (str_is(title, cases[i].title)) {
            return i;
        }
    }
    fail_msg("no row for the golden case `%.*s`", STR_ARG(title));
    return 0;
}

static void requests_are_as_prescribed(void **state)
{
    (void)state;
    enum { CASES_MAX = 100 };
    size_t length;
    arena_t *arena = arena_new(0);
    golden_t *list = arena_array_of(arena, golden_t, CASES_MAX);
    str_t path = arena_printf(arena, "%s/format/golden.txt", shared_folder());
    char *text = read_file(path.p, &length);
    if (!text) {
        print_message("skipped: %s is not there\n", path.p);
        arena_free(arena);
        skip();
    }
    size_t count = read_golden(arena, str_at(text, length), list, CASES_MAX);
    assert_int_equal(count, COUNT(cases));
    for (size_t i = 0; i < count; i++) {
        size_t at = case_of(list[i].title);
        if (cases[at].run == LEFT_OUT) {
            print_message("left out: %s (%s is not run yet)\n", cases[at].title, cases[at].action);
        } else {
            print_message("%s\n", cases[at].title);
            list[i].unprinted = cases[at].unprinted;
            run_golden(shared_folder(), &list[i], cases[at].run, cases[at].action);
        }
        json_decref(list[i].given);
    }
    free(text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(requests_are_as_prescribed)};
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
