/* SPDX-License-Identifier: MIT */
/* OAuth 1.0a against what has been published: RFC 5849 (as its erratum 2550 has it), and Twitter's
 * example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "signing/oauth1.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define FORM "application/x-www-form-urlencoded"
#define ABSENT                                                                                     \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

typedef struct row {
    const char *name;
    oauth1_credential_t credential;
    const char *nonce;
    int64_t at_s;
    const char *method, *url, *type, *body;
    const char *authorization;
} row_t;

static const row_t ROWS[] = {
    {"RFC 5849 1.2: photos",
     {STR_INIT("dpf43f3p2l4k3l03"), STR_INIT("kd94hf93k423kf44"), STR_INIT("nnch734d00sl2jdk"),
      STR_INIT("pfkkdhi9sl3r4s00"), STR_INIT("Photos"), STR_INIT("HMAC-SHA1"), ABSENT, ABSENT, ABSENT},
     "chapoH",
     137131202,
     "GET",
     "http://photos.example.net/photos?file=vacation.jpg&size=original",
     NULL,
     "",
     "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", "
     "oauth_token=\"nnch734d00sl2jdk\", oauth_signature_method=\"HMAC-SHA1\", "
     "oauth_timestamp=\"137131202\", oauth_nonce=\"chapoH\", "
     "oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""},
    {"RFC 5849 1.2: plain text",
     {STR_INIT("dpf43f3p2l4k3l03"), STR_INIT("kd94hf93k423kf44"), ABSENT, ABSENT, ABSENT,
      STR_INIT("PLAINTEXT"), ABSENT, ABSENT, ABSENT},
     "n",
     137131201,
     "POST",
     "https://photos.example.net/initiate",
     NULL,
     "",
     "OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_signature_method=\"PLAINTEXT\", "
     "oauth_timestamp=\"137131201\", oauth_nonce=\"n\", "
     "oauth_signature=\"kd94hf93k423kf44%26\""},
    {"RFC 5849 3.1: query and form",
     {STR_INIT("9djdj82h48djs9d2"), STR_INIT("j49sk3j29djd"), STR_INIT("kkk9d7dh3k39sjv7"),
      STR_INIT("dh893hdasih9"), STR_INIT("Example"), STR_INIT("HMAC-SHA1"), ABSENT, ABSENT, ABSENT},
     "7d8f3e4a",
     137131201,
     "POST",
     "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
     FORM,
     "c2&a3=2+q",
     "OAuth realm=\"Example\", oauth_consumer_key=\"9djdj82h48djs9d2\", "
     "oauth_token=\"kkk9d7dh3k39sjv7\", oauth_signature_method=\"HMAC-SHA1\", "
     "oauth_timestamp=\"137131201\", oauth_nonce=\"7d8f3e4a\", "
     "oauth_signature=\"r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D\""},
    {"Twitter: creating a signature",
     {STR_INIT("xvz1evFS4wEEPTGEFPHBog"), STR_INIT("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"),
      STR_INIT("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
      STR_INIT("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"), ABSENT, STR_INIT("HMAC-SHA1"),
      STR_INIT("1.0"), ABSENT, ABSENT},
     "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
     1318622958,
     "POST",
     "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
     FORM,
     "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
     "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "
     "oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", "
     "oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", "
     "oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", oauth_version=\"1.0\", "
     "oauth_signature=\"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D\""},
};

static bool sign(arena_t *arena, const row_t *row, upstream_request_t *request, err_t *err)
{
    *request = (upstream_request_t){
        .method = str_of(row->method), .url = str_of(row->url), .body = str_of(row->body)};
    if (row->type) {
        message_header_set(arena, request, STR("Content-Type"), str_of(row->type));
    }
    return oauth1_sign(arena, request, &row->credential, row->at_s * 1000, str_of(row->nonce), err);
}

static void signs_as_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        arena_t *arena = arena_new(0);
        upstream_request_t request;
        err_t err = ERR_INIT;
        assert_true(sign(arena, &ROWS[i], &request, &err));
        str_t seen = message_header_get(request.headers, request.header_count, "Authorization");
        if (!str_is(seen, ROWS[i].authorization)) {
            fail_msg("%s: %.*s", ROWS[i].name, STR_ARG(seen));
        }
        arena_free(arena);
    }
}

/* JSON and files are no parameters (RFC 5849 3.4.1.3.1). */
static void other_bodies_are_not_signed(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    upstream_request_t one, other;
    err_t err = ERR_INIT;
    row_t row = ROWS[2];
    row.type = "application/json";
    assert_true(sign(arena, &row, &one, &err));
    row.body = "{}";
    assert_true(sign(arena, &row, &other, &err));
    assert_true(str_eq(message_header_get(one.headers, one.header_count, "Authorization"),
                       message_header_get(other.headers, other.header_count, "Authorization")));
    arena_free(arena);
}

static void what_cannot_be_signed_is_told(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    upstream_request_t request;
    err_t err = ERR_INIT;
    row_t row = ROWS[0];
    row.credential.method = STR("RSA-SHA1");
    assert_false(sign(arena, &row, &request, &err));
    assert_int_equal(err.code, ERR_not_supported);
    err = ERR_INIT;
    row = ROWS[0];
    row.credential.realm = STR("a\r\nb: c");
    assert_false(sign(arena, &row, &request, &err));
    assert_int_equal(err.code, ERR_param_control_char);
    arena_free(arena);
}

/* Half of what was to be signed is not what is sent. */
static void assert_too_long(arena_t *arena, const char *body)
{
    upstream_request_t request;
    err_t err = ERR_INIT;
    row_t row = ROWS[3];
    row.body = body;
    assert_false(sign(arena, &row, &request, &err));
    assert_int_equal(err.code, ERR_param_too_long);
    assert_false(message_header_get(request.headers, request.header_count, "Authorization").p);
}

static void what_is_too_long_is_not_signed_in_part(void **state)
{
    (void)state;
    enum { BLANKS = 11 << 20 }; /* each is five bytes of what is signed */
    arena_t *arena = arena_new(0);
    char *body = arena_alloc(arena, BLANKS + 1);
    memset(body, '+', BLANKS);
    memcpy(body, "a=", 2);
    body[BLANKS] = '\0';
    assert_too_long(arena, body);
    arena_free(arena);
}

/* A body that makes more work than it has bytes would hold up everybody else on its loop: one long
 * value and many short ones. */
static void many_parameters_are_not_signed(void **state)
{
    (void)state;
    enum { LONG = 1 << 20, MANY = 200000 };
    arena_t *arena = arena_new(0);
    char *body = arena_alloc(arena, LONG + (size_t)2 * MANY + 1);
    memset(body, 'a', LONG);
    for (size_t i = 0; i < MANY; i++) {
        memcpy(body + LONG + 2 * i, "&b", 2);
    }
    body[LONG + (size_t)2 * MANY] = '\0';
    assert_too_long(arena, body);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_published),
        cmocka_unit_test(other_bodies_are_not_signed),
        cmocka_unit_test(what_cannot_be_signed_is_told),
        cmocka_unit_test(what_is_too_long_is_not_signed_in_part),
        cmocka_unit_test(many_parameters_are_not_signed),
    };
    return cmocka_run_group_tests_name("oauth1", tests, NULL, NULL);
}
