/* SPDX-License-Identifier: MIT */
/* What issuers say of themselves (RFC 8414): where it is asked for, and what of it is used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "grant/metadata.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* RFC 8414 3.1, OpenID Connect Discovery 4. NULL: no address. */
static const struct place_row {
    const char *issuer, *first, *second;
} PLACES[] = {
    {"https://h.example", "https://h.example/.well-known/oauth-authorization-server",
     "https://h.example/.well-known/openid-configuration"},
    {"https://h.example/", "https://h.example/.well-known/oauth-authorization-server",
     "https://h.example/.well-known/openid-configuration"},
    {"https://h.example:8443/t1",
     "https://h.example:8443/.well-known/oauth-authorization-server/t1",
     "https://h.example:8443/t1/.well-known/openid-configuration"},
    {"https://h.example/a/b/", "https://h.example/.well-known/oauth-authorization-server/a/b",
     "https://h.example/a/b/.well-known/openid-configuration"},
    {"https://[2001:db8::1]/t", "https://[2001:db8::1]/.well-known/oauth-authorization-server/t",
     "https://[2001:db8::1]/t/.well-known/openid-configuration"},
    {"https://h.example/t?x=1", NULL, NULL},
    {"https://h.example/t#x", NULL, NULL},
    {"https://u@h.example/", NULL, NULL},
    {"file:///etc/passwd", NULL, NULL},
    {"h.example", NULL, NULL},
    {"", NULL, NULL},
};

static void the_places_are_those_of_the_standards(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PLACES); i++) {
        const char *const expected[METADATA_PLACES] = {PLACES[i].first, PLACES[i].second};
        for (unsigned place = 0; place < METADATA_PLACES; place++) {
            err_t err = ERR_INIT;
            buf_t url;
            buf_init(&url, 4096);
            bool ok = grant_metadata_url(str_of(PLACES[i].issuer), place, &url, &err);
            assert_int_equal(ok, expected[place] != NULL);
            assert_int_equal(err.code, ok ? ERR_none : ERR_metadata_unusable);
            if (ok) {
                assert_string_equal(buf_c(&url), expected[place]);
            }
            buf_fini(&url);
        }
    }
}

static const struct read_row {
    const char *text, *issuer;
    bool loses_slash;
    err_code_t code;
} READS[] = {
    {"{\"issuer\":\"https://h.example\"}", "https://h.example", false, ERR_none},
    {"{\"issuer\":\"https://h.example/\"}", "https://h.example", false, ERR_metadata_unusable},
    {"{\"issuer\":\"https://h.example/\"}", "https://h.example", true, ERR_none},
    {"{\"issuer\":\"https://h.example//\"}", "https://h.example", true, ERR_metadata_unusable},
    {"{\"issuer\":\"https://H.example\"}", "https://h.example", false, ERR_metadata_unusable},
    {"{\"issuer\":\"https://evil.example\"}", "https://h.example", true, ERR_metadata_unusable},
    {"{\"issuer\":[\"https://h.example\"]}", "https://h.example", false, ERR_metadata_unusable},
    {"{}", "https://h.example", false, ERR_metadata_unusable},
    {"[]", "https://h.example", false, ERR_metadata_unavailable},
    {"<html>", "https://h.example", false, ERR_metadata_unavailable},
    {"{\"issuer\":\"https://h.example\",\"issuer\":\"https://h.example\"}", "https://h.example",
     false, ERR_metadata_unavailable},
    {"", "https://h.example", false, ERR_metadata_unavailable},
};

static void another_issuer_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(READS); i++) {
        const struct read_row *row = &READS[i];
        err_t err = ERR_INIT;
        grant_metadata_t *m =
            grant_metadata_read(str_of(row->text), str_of(row->issuer), row->loses_slash, &err);
        if (err.code != row->code || !m != (row->code != ERR_none)) {
            fail_msg("row %zu: %s", i, err_code_name(err.code));
        }
        grant_metadata_unref(m);
    }
}

static grant_metadata_t *read_members(const char *members)
{
    char text[2048];
    err_t err = ERR_INIT;
    snprintf(text, sizeof text, "{\"issuer\":\"https://h\",%s}", members);
    grant_metadata_t *m = grant_metadata_read(str_of(text), STR("https://h"), false, &err);
    assert_non_null(m);
    return m;
}

static void assert_endpoint(const char *members, endpoint_t endpoint, bool tls,
                            const char *expected)
{
    grant_metadata_t *m = read_members(members);
    str_t found = grant_metadata_endpoint(m, endpoint, tls);
    if (!str_eq(found, str_of(expected))) {
        fail_msg("%s: %.*s", members, STR_ARG(found));
    }
    grant_metadata_unref(m);
}

static void endpoints_are_found(void **state)
{
    (void)state;
    static const char TOKEN[] = "\"token_endpoint\":\"https://h/t?x=1\"";
    assert_endpoint(TOKEN, ENDPOINT_TOKEN, false, "https://h/t?x=1");
    assert_endpoint(TOKEN, ENDPOINT_TOKEN, true, "https://h/t?x=1");
    assert_endpoint(TOKEN, ENDPOINT_PAR, false, NULL);
    assert_endpoint("\"authorization_endpoint\":\"https://h/a\"", ENDPOINT_AUTHORIZE, false,
                    "https://h/a");
    assert_endpoint("\"pushed_authorization_request_endpoint\":\"https://h/p\"", ENDPOINT_PAR,
                    false, "https://h/p");
    assert_endpoint("\"device_authorization_endpoint\":\"https://h/d\"", ENDPOINT_DEVICE, false,
                    "https://h/d");
    assert_endpoint("\"revocation_endpoint\":\"https://h/r\"", ENDPOINT_REVOKE, false,
                    "https://h/r");
    assert_endpoint("\"registration_endpoint\":\"https://h/n\"", ENDPOINT_REGISTER, false,
                    "https://h/n");
}

/* RFC 8705 5 */
static void clients_with_a_certificate_have_endpoints_of_their_own(void **state)
{
    (void)state;
    static const char BOTH[] = "\"token_endpoint\":\"https://h/t\",\"mtls_endpoint_aliases\":{"
                               "\"token_endpoint\":\"https://m.h/t\"},"
                               "\"revocation_endpoint\":\"https://h/r\"";
    assert_endpoint(BOTH, ENDPOINT_TOKEN, false, "https://h/t");
    assert_endpoint(BOTH, ENDPOINT_TOKEN, true, "https://m.h/t");
    assert_endpoint(BOTH, ENDPOINT_REVOKE, true, "https://h/r");
}

static void what_is_no_address_is_not_there(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "7",
        "null",
        "[\"https://h/t\"]",
        "\"\"",
        "\"/t\"",
        "\"ftp://h/t\"",
        "\"https://u:p@h/t\"",
        "\"https://h/t#x\"",
        "\"https://h/t\\r\\nX: y\"",
        "\"javascript:alert(1)\"",
    };
    for (size_t i = 0; i < COUNT(BAD); i++) {
        char members[256];
        snprintf(members, sizeof members, "\"token_endpoint\":%s", BAD[i]);
        assert_endpoint(members, ENDPOINT_TOKEN, false, NULL);
    }
}

static void promises_are_kept_in_mind(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool promised;
    } ROWS[] = {{"true", true}, {"false", false}, {"\"true\"", false}, {"1", false}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char members[128];
        snprintf(members, sizeof members, "\"authorization_response_iss_parameter_supported\":%s",
                 ROWS[i].value);
        grant_metadata_t *m = read_members(members);
        assert_int_equal(m->answers_with_issuer, ROWS[i].promised);
        grant_metadata_unref(m);
    }
}

/* RFC 9728 3.1. NULL: no address. */
static const struct place_row RESOURCES[] = {
    {"https://h.example", "https://h.example/.well-known/oauth-protected-resource",
     "https://h.example/.well-known/oauth-protected-resource"},
    {"https://h.example/", "https://h.example/.well-known/oauth-protected-resource",
     "https://h.example/.well-known/oauth-protected-resource"},
    {"https://h.example/mcp", "https://h.example/.well-known/oauth-protected-resource/mcp",
     "https://h.example/.well-known/oauth-protected-resource"},
    {"urn:example:api", NULL, NULL},
    {"https://h.example/#a", NULL, NULL},
};

static void a_resource_is_asked_where_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(RESOURCES); i++) {
        const char *const expected[] = {RESOURCES[i].first, RESOURCES[i].second};
        for (unsigned place = 0; place < RESOURCE_PLACES; place++) {
            err_t err = ERR_INIT;
            buf_t url;
            buf_init(&url, 4096);
            bool ok = grant_resource_metadata_url(str_of(RESOURCES[i].issuer), place, &url, &err);
            assert_int_equal(ok, expected[place] != NULL);
            if (ok) {
                assert_string_equal(buf_c(&url), expected[place]);
            }
            buf_fini(&url);
        }
    }
}

static const struct {
    const char *asked, *body;
    err_code_t code;
} NAMES[] = {
    {"https://h.example/mcp",
     "{\"resource\":\"https://h.example/mcp\",\"authorization_servers\":[\"https://a.example\"]}",
     ERR_none},
    {"https://h.example",
     "{\"resource\":\"https://h.example/\",\"authorization_servers\":[\"https://a.example\"]}",
     ERR_none},
    {"https://h.example/mcp",
     "{\"resource\":\"https://h.example/mcp/\",\"authorization_servers\":[\"https://a.example\"]}",
     ERR_metadata_unusable},
    {"https://h.example/mcp",
     "{\"resource\":\"https://h.example\",\"authorization_servers\":[\"https://a.example\"]}",
     ERR_metadata_unusable},
    {"https://h.example", "{\"resource\":\"https://h.example\"}", ERR_metadata_unusable},
    {"https://h.example",
     "{\"resource\":\"https://h.example\",\"authorization_servers\":[\"javascript:1\"]}",
     ERR_metadata_unusable},
    {"https://h.example", "<html>", ERR_metadata_unavailable},
};

static void a_resource_names_its_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        err_t err = ERR_INIT;
        buf_t server;
        buf_init(&server, 4096);
        bool ok = grant_resource_metadata_read(str_of(NAMES[i].body), str_of(NAMES[i].asked),
                                               &server, &err);
        assert_int_equal(ok, NAMES[i].code == ERR_none);
        assert_int_equal(err.code, NAMES[i].code);
        if (ok) {
            assert_string_equal(buf_c(&server), "https://a.example");
        }
        buf_fini(&server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_places_are_those_of_the_standards),
        cmocka_unit_test(another_issuer_is_refused),
        cmocka_unit_test(endpoints_are_found),
        cmocka_unit_test(clients_with_a_certificate_have_endpoints_of_their_own),
        cmocka_unit_test(what_is_no_address_is_not_there),
        cmocka_unit_test(promises_are_kept_in_mind),
        cmocka_unit_test(a_resource_is_asked_where_the_standard_says),
        cmocka_unit_test(a_resource_names_its_server),
    };
    return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
