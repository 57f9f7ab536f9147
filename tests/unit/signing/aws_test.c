/* SPDX-License-Identifier: MIT */
/* Signature Version 4 against what AWS has published: its test suite, and the examples of IAM and
 * S3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "signing/aws.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define FORM "application/x-www-form-urlencoded"
static const int64_t IN_2015 = INT64_C(1440938160000); /* 2015-08-30T12:36:00Z */
static const int64_t IN_2013 = INT64_C(1369353600000); /* 2013-05-24T00:00:00Z */

static const aws_credential_t SUITE = {
    .access_key_id = STR_INIT("AKIDEXAMPLE"),
    .secret_access_key = STR_INIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .region = STR_INIT("us-east-1"),
    .service = STR_INIT("service"),
};
static const aws_credential_t IAM = {
    .access_key_id = STR_INIT("AKIDEXAMPLE"),
    .secret_access_key = STR_INIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .region = STR_INIT("us-east-1"),
    .service = STR_INIT("iam"),
};
static const aws_credential_t S3 = {
    .access_key_id = STR_INIT("AKIAIOSFODNN7EXAMPLE"),
    .secret_access_key = STR_INIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    .region = STR_INIT("us-east-1"),
    .service = STR_INIT("s3"),
};

typedef struct row {
    const char *name;
    const aws_credential_t *credential;
    const char *method, *url, *type, *body;
    const char *signed_headers, *signature;
} row_t;

static const row_t ROWS[] = {
    {"get-vanilla", &SUITE, "GET", "https://example.amazonaws.com/", NULL, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case", &SUITE, "GET",
     "https://example.amazonaws.com/?Param2=value2&Param1=value1", NULL, "", "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla, the port that https has anyway", &SUITE, "GET",
     "https://example.amazonaws.com:443", NULL, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"post-vanilla", &SUITE, "POST", "https://example.amazonaws.com/", NULL, "", "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"post-x-www-form-urlencoded", &SUITE, "POST", "https://example.amazonaws.com/", FORM,
     "Param1=value1", "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"IAM: ListUsers", &IAM, "GET",
     "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", FORM "; charset=utf-8", "",
     "content-type;host;x-amz-date",
     "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
    {"S3: GET bucket lifecycle", &S3, "GET", "https://examplebucket.s3.amazonaws.com/?lifecycle",
     NULL, "", "host;x-amz-content-sha256;x-amz-date",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"S3: list objects", &S3, "GET", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
     NULL, "", "host;x-amz-content-sha256;x-amz-date",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static bool sign(arena_t *arena, const row_t *row, const aws_credential_t *credential,
                 upstream_request_t *request, err_t *err)
{
    *request = (upstream_request_t){
        .method = str_of(row->method), .url = str_of(row->url), .body = str_of(row->body)};
    if (row->type) {
        message_header_set(arena, request, STR("Content-Type"), str_of(row->type));
    }
    message_header_set(arena, request, STR("Accept"), STR("application/json")); /* not signed */
    return aws_sign(arena, request, credential, credential == &S3 ? IN_2013 : IN_2015, err);
}

static str_t header(const upstream_request_t *request, const char *name)
{
    return message_header_get(request->headers, request->header_count, name);
}

static void signs_as_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const row_t *row = &ROWS[i];
        arena_t *arena = arena_new(0);
        upstream_request_t request;
        err_t err = ERR_INIT;
        assert_true(sign(arena, row, row->credential, &request, &err));
        str_t expected =
            arena_printf(arena,
                         "AWS4-HMAC-SHA256 Credential=%.*s/%s/us-east-1/%.*s/aws4_request, "
                         "SignedHeaders=%s, Signature=%s",
                         STR_ARG(row->credential->access_key_id),
                         row->credential == &S3 ? "20130524" : "20150830",
                         STR_ARG(row->credential->service), row->signed_headers, row->signature);
        if (!str_eq(header(&request, "Authorization"), expected)) {
            fail_msg("%s: %.*s", row->name, STR_ARG(header(&request, "Authorization")));
        }
        arena_free(arena);
    }
}

/* A query that its author wrote in another spelling means the same to AWS. */
static void spelling_of_a_query_is_nothing(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "https://a.example/?b=%7e%2F&a&c=", "https://a.example/?a=&c=&b=~%2f",
        "https://a.example/?c&b=~/&a"};
    str_t first = STR_NONE;
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(URLS); i++) {
        upstream_request_t request;
        err_t err = ERR_INIT;
        const row_t row = {.method = "GET", .url = URLS[i], .body = ""};
        assert_true(sign(arena, &row, &SUITE, &request, &err));
        str_t seen = header(&request, "Authorization");
        assert_true(!first.p || str_eq(first, seen));
        first = seen;
    }
    arena_free(arena);
}

/* get-header-value-trim of the suite, by a header that is signed here. */
static void blanks_of_a_header_count_once(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"a b c", " a   b  c "};
    str_t first = STR_NONE;
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(VALUES); i++) {
        err_t err = ERR_INIT;
        upstream_request_t request = {
            .method = STR("GET"), .url = STR("https://a.example/"), .body = STR("")};
        message_header_set(arena, &request, STR("X-Amz-Meta-Note"), str_of(VALUES[i]));
        assert_true(aws_sign(arena, &request, &SUITE, IN_2015, &err));
        str_t seen = header(&request, "Authorization");
        assert_true(!first.p || str_eq(first, seen));
        first = seen;
    }
    arena_free(arena);
}

static void temporary_keys_name_their_session(void **state)
{
    (void)state;
    aws_credential_t temporary = SUITE;
    temporary.session_token = STR("session+token==");
    arena_t *arena = arena_new(0);
    upstream_request_t request;
    err_t err = ERR_INIT;
    assert_true(sign(arena, &ROWS[0], &temporary, &request, &err));
    assert_true(str_is(header(&request, "X-Amz-Security-Token"), "session+token=="));
    assert_true(str_find(header(&request, "Authorization"),
                         STR("SignedHeaders=host;x-amz-date;x-amz-security-token,"),
                         0) != SIZE_MAX);
    assert_true(str_is(header(&request, "X-Amz-Date"), "20150830T123600Z"));
    temporary.session_token = STR("a\r\nb: c");
    assert_false(sign(arena, &ROWS[0], &temporary, &request, &err));
    assert_int_equal(err.code, ERR_param_control_char);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_published),
        cmocka_unit_test(spelling_of_a_query_is_nothing),
        cmocka_unit_test(blanks_of_a_header_count_once),
        cmocka_unit_test(temporary_keys_name_their_session),
    };
    return cmocka_run_group_tests_name("aws", tests, NULL, NULL);
}
