/* SPDX-License-Identifier: MIT */
/* Sign-ins of several requests as data, tests/cases/sign-in/CASE: a definition, the connection's
 * values (given.json), the answers of the service one after the other, and what is expected of
 * that: the requests, then the token or what the failure means. TENON_WRITE_GOLDEN writes what is
 * found. */
#include "call/check.h"

#include <dirent.h>

#include "connection/landing.h"
#include "golden_text.h"
#include "request/draft.h"

enum { CASES_MAX = 60 };
static const char UUID[] = "00000000-0000-4000-8000-000000000001";

/* --- a case's files --- */

typedef struct sign_in_case {
    arena_t *arena;
    const char *name;
    json_t *given;
    str_t answers; /* those that are left */
    connector_t *connector;
    connection_t *connection;
    errand_t errand;
    landing_t landing;
    buf_t found;
} sign_in_case_t;

static str_t case_file(const sign_in_case_t *c, const char *file)
{
    str_t path =
        arena_printf(c->arena, "%s/tests/cases/sign-in/%s/%s", TENON_SOURCE_DIR, c->name, file);
    return read_file_in(c->arena, path.p);
}

static const char *given_text(const sign_in_case_t *c, const char *name)
{
    return json_string_value(json_object_get(c->given, name));
}

static void begin(sign_in_case_t *c, const char *name)
{
    *c = (sign_in_case_t){.arena = arena_new(0), .name = name};
    c->given = read_json(case_file(c, "given.json").p);
    c->answers = case_file(c, "answers");
    c->connector = load_path(arena_printf(c->arena, "%s/tests/cases/sign-in/%s/%s.yaml",
                                          TENON_SOURCE_DIR, name, given_text(c, "definition"))
                                 .p);
    c->connection =
        connection_of(c->connector, given_text(c, "auth"), json_object_get(c->given, "parameters"));
    const grant_definition_t *grant = &c->connection->auth->grant;
    json_t *refresh = json_object_get(c->given, "refresh");
    errand_copy(&c->errand, &(errand_t){.connection = c->connection,
                                        .grant = refresh ? grant->refresh : grant,
                                        .oauth = refresh,
                                        .token = json_object_get(c->given, "token")});
    assert_non_null(c->errand.grant);
    buf_init(&c->found, 1 << 20);
}

static void end(sign_in_case_t *c)
{
    buf_fini(&c->found);
    landing_fini(&c->landing);
    errand_fini(&c->errand);
    connection_unref(c->connection);
    connector_unref(c->connector);
    json_decref(c->given);
    arena_free(c->arena);
}

/* --- requests and answers --- */

static bool opens_none(const void *context, str_t host, uint16_t port)
{
    (void)context;
    (void)host;
    return port == 443;
}

static bool is_allowed(const sign_in_case_t *c, str_t address)
{
    url_t url;
    err_t err = ERR_INIT;
    return url_parse_in(c->arena, address, &url, &err) &&
           connector_allows_host(c->connector, url.host, url.port, c->connection->destinations,
                                 c->connection->destination_count, opens_none, NULL);
}

static bool build(sign_in_case_t *c, upstream_request_t *request, err_t *err)
{
    errand_scope_t *scope = arena_new_of(c->arena, errand_scope_t);
    const step_t *step = errand_next_step(&c->errand);
    errand_scope_init(scope, &c->errand, WALL_MS);
    memcpy(scope->values.scope.uuid, UUID, sizeof UUID);
    grant_build_t b = {.arena = c->arena,
                       .definition = c->errand.grant,
                       .scope = &scope->values.scope,
                       .base_url = c->connection->base_url};
    bool ok = step ? request_build(c->arena, &scope->values, c->connection->base_url,
                                   &step->request, request, err)
                   : grant_build_request(&b, request, err);
    errand_scope_fini(scope);
    return ok && (is_allowed(c, request->url) || err_set(err, ERR_egress_denied, "the host"));
}

static void show_request(sign_in_case_t *c, const upstream_request_t *r)
{
    buf_printf(&c->found, "%.*s %.*s\n", STR_ARG(r->method), STR_ARG(r->url));
    for (size_t i = 0; i < r->header_count; i++) {
        buf_printf(&c->found, "  %.*s: %.*s\n", STR_ARG(r->headers[i].name),
                   STR_ARG(r->headers[i].value));
    }
    if (r->body.p) {
        buf_printf(&c->found, "\n  %.*s\n", STR_ARG(r->body));
    }
    buf_char(&c->found, '\n');
}

/* STATUS, headers, an empty line, the body; `----` parts one from the next. */
static upstream_answer_t next_answer(sign_in_case_t *c)
{
    enum { HEADERS_MAX = 10 };
    assert_non_null(c->answers.p);
    size_t bar = str_find(c->answers, STR("----\n"), 0);
    str_t text = str_slice(c->answers, 0, bar);
    c->answers = bar == SIZE_MAX ? STR_NONE : str_slice(c->answers, bar + 5, c->answers.n);
    str_t status = str_cut(&text, '\n');
    message_header_t *headers = arena_array_of(c->arena, message_header_t, HEADERS_MAX);
    upstream_answer_t answer = {.status = atoi(status.p), .headers = headers};
    for (str_t line = str_cut(&text, '\n'); line.n; line = str_cut(&text, '\n')) {
        assert_true(answer.header_count < HEADERS_MAX);
        str_t value = line;
        str_t name = str_cut(&value, ':');
        headers[answer.header_count++] = (message_header_t){name, str_trim(value)};
    }
    answer.body = text.p ? text : STR("");
    return answer;
}

/* False where the sign-in ends here. */
static bool run_request(sign_in_case_t *c)
{
    upstream_request_t request;
    err_t err = ERR_INIT;
    if (!build(c, &request, &err)) {
        landing_stop(&c->landing, &c->errand, &err);
        return false;
    }
    show_request(c, &request);
    const upstream_answer_t answer = next_answer(c);
    return landing_take(&c->landing, &c->errand, &answer);
}

/* --- the outcome --- */

static void show_failure(sign_in_case_t *c)
{
    static const char *const CLASSES[] = {[FAILURE_REJECTED] = "rejected",
                                          [FAILURE_SIGN_IN] = "sign in",
                                          [FAILURE_LOCKED] = "locked",
                                          [FAILURE_BACKOFF] = "backoff",
                                          [FAILURE_LOCAL] = "local"};
    const err_t *err = &c->landing.err;
    buf_printf(&c->found, "%s: %s: %s\n", CLASSES[c->landing.failure], err_code_name(err->code),
               err->text);
    if (err->upstream_description[0]) {
        buf_printf(&c->found, "  %s\n", err->upstream_description);
    }
    if (err->retry_after_ms) {
        buf_printf(&c->found, "  after %d s\n", (int)(err->retry_after_ms / 1000));
    }
}

static void show_token(sign_in_case_t *c)
{
    json_t *members = landing_members(&c->landing, true, c->errand.token);
    buf_lit(&c->found, "token ");
    json_write(&c->found, members);
    if (c->landing.lifetime_ms >= 0 && !json_object_get(members, "expires_at")) {
        buf_printf(&c->found, "\n  for %d s", (int)(c->landing.lifetime_ms / 1000));
    }
    buf_char(&c->found, '\n');
    json_decref(members);
}

/* --- */

static bool run(const char *name)
{
    sign_in_case_t c;
    begin(&c, name);
    bool goes_on = true;
    while (goes_on && !errand_is_answered(&c.errand)) {
        goes_on = run_request(&c);
    }
    if (goes_on) {
        landing_read(&c.landing, &c.errand);
    }
    assert_null(c.answers.p); /* all were asked for */
    if (c.landing.ok) {
        show_token(&c);
    } else {
        show_failure(&c);
    }
    assert_null(strstr(c.landing.err.upstream_description, "CANARY"));
    assert_null(strstr(c.landing.err.text, "CANARY"));
    str_t path =
        arena_printf(c.arena, "%s/tests/cases/sign-in/%s/expected", TENON_SOURCE_DIR, name);
    bool same = golden_is(c.arena, path.p, buf_view(&c.found));
    end(&c);
    return same;
}

static void sign_ins_are_as_expected(void **state)
{
    (void)state;
    size_t count = 0, wrong = 0;
    DIR *folder = opendir(TENON_SOURCE_DIR "/tests/cases/sign-in");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.') {
            count++;
            wrong += !run(entry->d_name);
        }
    }
    closedir(folder);
    assert_in_range(count, 15, CASES_MAX);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_ins_are_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
