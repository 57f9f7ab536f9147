/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

/* The owner answers with what the test put here before it asked. */
static http_problem_t given;
static const http_problem_form_t *form; /* not NULL: with this */
static const http_header_t *further;

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    if (form) {
        http_reply_problem_form(r, form, further);
    } else {
        http_reply_problem(r, &given);
    }
}

static int start(void **state)
{
    static host_t host;
    host_start(&host, on_request);
    *state = &host;
    return 0;
}

static int stop(void **state)
{
    host_stop(*state);
    return 0;
}

/* Compares with %s in expected standing for the request's id. */
static void check_document(answer_t *a, const char *before, const char *after)
{
    char *id = str_dup(answer_header(a, "x-request-id"));
    char expected[4096];
    snprintf(expected, sizeof expected, "%s%s%s", before, id, after);
    check_body(a, expected);
    free(id);
}

static void ask(const host_t *host, answer_t *a)
{
    client_once(host, "GET / HTTP/1.1\r\nHost: t\r\n\r\n", a);
}

/* --- documents --- */

static void writes_the_least(void **state)
{
    err_t err = ERR_INIT;
    err_set(&err, ERR_not_found, "No connector %s", "acme");
    given = (http_problem_t){.err = &err};
    answer_t a;
    ask(*state, &a);
    assert_int_equal(a.status, 404);
    check_document(&a,
                   "{\"type\":\"urn:tenon:not_found\",\"title\":\"There is no such thing "
                   "here\",\"status\":404,"
                   "\"detail\":\"No connector acme\",\"instance\":\"urn:tenon:request:",
                   "\",\"code\":\"not_found\"}");
    check_header(&a, "content-type", "application/problem+json");
    check_header(&a, "tenon-error", "not_found");
    check_header(&a, "cache-control", "no-store");
    check_header(&a, "x-content-type-options", "nosniff");
    check_header(&a, "content-security-policy", "sandbox; default-src 'none'");
    check_header(&a, "retry-after", NULL);
    check_header(&a, "www-authenticate", NULL);
    check_header(&a, "connection", "keep-alive");
    answer_free(&a);
}

static void writes_all_there_is(void **state)
{
    err_t err = ERR_INIT;
    err_add_detail(&err, ERR_param_range, "/limit", "Must be at most %d", 10);
    err_add_detail(&err, ERR_param_missing, "/a~1b", "Required");
    err.upstream_status = 400;
    strcpy(err.upstream_error, "invalid_grant");
    strcpy(err.upstream_description, "No \"such\" user");
    given = (http_problem_t){.err = &err,
                             .connector = STR("ukg"),
                             .connection = STR("acme"),
                             .action = STR("Token"),
                             .type = "https://example.com/own"};
    answer_t a;
    ask(*state, &a);
    assert_int_equal(a.status, 400);
    check_document(
        &a,
        "{\"type\":\"https://example.com/own\",\"title\":\"An input is out of "
        "range\",\"status\":400,"
        "\"detail\":\"Must be at most 10\",\"instance\":\"urn:tenon:request:",
        "\",\"code\":\"param_range\",\"connector\":\"ukg\",\"connection\":\"acme\",\"action\":"
        "\"Token\","
        "\"errors\":[{\"pointer\":\"/limit\",\"detail\":\"Must be at most 10\"},{\"pointer\":\"/"
        "a~1b\",\"detail\":\"Required\"}],\"upstream\":{\"status\":400,\"error\":\"invalid_grant\","
        "\"error_description\":\"No \\\"such\\\" user\"}}");
    answer_free(&a);
    err_fini(&err);
}

static void escapes_what_json_must(void **state)
{
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        {"a\"b\\c/d", "a\\\"b\\\\c/d"},
        {"\n\r\t\x01\x1f\x7f", "\\n\\r\\t\\u0001\\u001f\\u007f"},
        {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91",
         "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91"},
        {"\xff-\xc3-\xed\xa0\x80",
         "\xef\xbf\xbd-\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"a\xe2\x80\xa8z\xe2\x80\xaez", "a\\u2028z\\u202ez"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        err.code = ERR_param_value;
        strcpy(err.text, rows[i].text);
        given = (http_problem_t){.err = &err};
        answer_t a;
        ask(*state, &a);
        char expected[256];
        snprintf(expected, sizeof expected, "\"detail\":\"%s\",\"instance\"", rows[i].json);
        assert_true(a.whole);
        assert_non_null(strstr(buf_c(&a.body), expected));
        answer_free(&a);
    }
}

static void lists_as_many_faults_as_an_error_holds(void **state)
{
    err_t err = ERR_INIT;
    char text[256];
    memset(text, 1, sizeof text - 1); /* six bytes each in JSON */
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < ERR_DETAILS_MAX + 1; i++) {
        err_add_detail(&err, ERR_param_value, "/x", "%s", text);
    }
    given = (http_problem_t){.err = &err};
    answer_t a;
    ask(*state, &a);
    assert_true(a.whole);
    assert_true(a.body.n > (size_t)ERR_DETAILS_MAX * 6 * 255);
    assert_true(str_ends(buf_view(&a.body), STR("\\u0001\"}]}")));
    answer_free(&a);
    err_fini(&err);
}

/* --- headers --- */

static void adds_what_the_status_needs(void **state)
{
    static const struct {
        err_code_t code;
        int64_t retry_after_ms;
        int status;
        const char *retry_after;
        const char *www_authenticate;
        const char *type; /* NULL: urn:tenon:CODE */
    } rows[] = {
        {ERR_unauthorized, 0, 401, NULL, "Bearer", NULL},
        {ERR_throttled, 1, 429, "1", NULL,
         "https://iana.org/assignments/http-problem-types#quota-exceeded"},
        {ERR_throttled, 1000, 429, "1", NULL,
         "https://iana.org/assignments/http-problem-types#quota-exceeded"},
        {ERR_upstream_throttled, 1001, 429, "2", NULL,
         "https://iana.org/assignments/http-problem-types#quota-exceeded"},
        {ERR_over_capacity, 0, 503, "1", NULL, NULL},
        {ERR_draining, 59001, 503, "60", NULL, NULL},
        {ERR_account_locked, 5000, 424, NULL, NULL, NULL},
        {ERR_body_too_large, 0, 413, NULL, NULL, NULL},
        {ERR_definition_value, 0, 500, NULL, NULL, NULL}, /* never an HTTP answer by its row */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        err_set(&err, rows[i].code, "x");
        err.retry_after_ms = rows[i].retry_after_ms;
        given = (http_problem_t){.err = &err};
        answer_t a;
        ask(*state, &a);
        assert_int_equal(a.status, rows[i].status);
        check_header(&a, "retry-after", rows[i].retry_after);
        check_header(&a, "www-authenticate", rows[i].www_authenticate);
        check_header(&a, "tenon-error", err_code_name(rows[i].code));
        char start_of[128];
        snprintf(start_of, sizeof start_of, "{\"type\":\"%s%s\",",
                 rows[i].type ? rows[i].type : "urn:tenon:",
                 rows[i].type ? "" : err_code_name(rows[i].code));
        assert_true(str_starts(buf_view(&a.body), str_of(start_of)));
        answer_free(&a);
    }
}

static void keeps_further_headers(void **state)
{
    err_t err = ERR_INIT;
    err_set(&err, ERR_method_not_allowed, "Only GET");
    const http_header_t headers[] = {{STR("allow"), STR("GET, HEAD")},
                                     {STR("ratelimit"), STR("\"a\";r=0")}};
    given = (http_problem_t){.err = &err, .headers = headers, .header_count = COUNT(headers)};
    answer_t a;
    ask(*state, &a);
    assert_int_equal(a.status, 405);
    check_header(&a, "allow", "GET, HEAD");
    check_header(&a, "ratelimit", "\"a\";r=0");
    answer_free(&a);
}

static void head_gets_the_header_alone(void **state)
{
    err_t err = ERR_INIT;
    err_set(&err, ERR_not_found, "x");
    given = (http_problem_t){.err = &err};
    client_t c;
    client_dial(&c, *state);
    for (int i = 0; i < 2; i++) {
        answer_t a;
        client_ask(&c, "HEAD", "/");
        client_read(&c, &a, true);
        assert_int_equal(a.status, 404);
        assert_non_null(answer_header(&a, "content-length").p);
        answer_free(&a);
    }
    client_close(&c);
}

/* --- forms --- */

/* What an answer says but for its id and its date. */
static char *said(const answer_t *a)
{
    static const char *const names[] = {
        "content-type", "content-length",         "tenon-error",      "cache-control",
        "retry-after",  "x-content-type-options", "ratelimit-policy", "content-security-policy"};
    buf_t b;
    buf_init(&b, 4096);
    buf_i64(&b, a->status);
    for (size_t i = 0; i < COUNT(names); i++) {
        buf_char(&b, '|');
        buf_str(&b, answer_header(a, names[i]));
    }
    return buf_take(&b, NULL);
}

static http_problem_t refusal_of(const err_t *err, const http_header_t *header)
{
    return (http_problem_t){.err = err,
                            .connector = STR("ukg"),
                            .connection = STR("acme"),
                            .action = STR("Read"),
                            .headers = header,
                            .header_count = 1};
}

static void forms_say_the_same(void **state)
{
    err_t err = {.code = ERR_throttled, .text = "at most 2", .retry_after_ms = 1500};
    const http_header_t policy = {STR("ratelimit-policy"), STR("\"a\";q=2;w=1")};
    answer_t whole, formed;
    given = refusal_of(&err, &policy);
    http_problem_form_t *f = http_problem_form_new(&given);
    ask(*state, &whole);
    memset(&err, 0, sizeof err); /* the form needs nothing of it any more */
    form = f;
    ask(*state, &formed);
    form = NULL;
    char *expected = said(&whole), *got = said(&formed);
    assert_string_equal(got, expected);
    assert_int_equal(formed.status, 429);
    check_header(&formed, "retry-after", "2");
    check_document(&formed,
                   "{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
                   "\"title\":\"The connection's limit is reached\",\"status\":429,"
                   "\"detail\":\"at most 2\",\"instance\":\"urn:tenon:request:",
                   "\",\"code\":\"throttled\",\"connector\":\"ukg\",\"connection\":\"acme\","
                   "\"action\":\"Read\"}");
    assert_false(
        str_eq(answer_header(&formed, "x-request-id"), answer_header(&whole, "x-request-id")));
    free(expected);
    free(got);
    http_problem_form_free(f);
    answer_free(&whole);
    answer_free(&formed);
}

static void forms_take_one_header_more(void **state)
{
    err_t err = {.code = ERR_throttled, .text = "at most 2", .retry_after_ms = 1500};
    const http_header_t ratelimit = {STR("ratelimit"), STR("\"a\";r=0;t=1")};
    const http_header_t broken = {STR("x-broken"), STR("a\r\nb: c")};
    answer_t a;
    const http_problem_t refusal = refusal_of(&err, &broken);
    http_problem_form_t *f = http_problem_form_new(&refusal);
    form = f;
    further = &ratelimit;
    client_once(*state, "HEAD / HTTP/1.1\r\nHost: t\r\n\r\n", &a);
    assert_int_equal(a.status, 429);
    check_header(&a, "ratelimit", "\"a\";r=0;t=1");
    check_header(&a, "x-broken", NULL);
    form = NULL;
    further = NULL;
    http_problem_form_free(f);
    http_problem_form_free(NULL);
    answer_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_least),
        cmocka_unit_test(writes_all_there_is),
        cmocka_unit_test(escapes_what_json_must),
        cmocka_unit_test(lists_as_many_faults_as_an_error_holds),
        cmocka_unit_test(adds_what_the_status_needs),
        cmocka_unit_test(keeps_further_headers),
        cmocka_unit_test(head_gets_the_header_alone),
        cmocka_unit_test(forms_say_the_same),
        cmocka_unit_test(forms_take_one_header_more),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
