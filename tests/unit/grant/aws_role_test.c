/* SPDX-License-Identifier: MIT */
/* Keys of a role: what AWS STS is asked, where, and what its answers are read as. Signatures are
 * compared with a library's in tests/peers/aws-role.test.mjs. */
#include "made.h"

static const struct {
    const char *role, *region, *url; /* url: NULL: none */
} PLACES[] = {
    {"arn:aws:iam::1:role/r", "eu-central-1", "https://sts.eu-central-1.amazonaws.com/"},
    {"arn:aws-cn:iam::1:role/r", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"},
    {"arn:aws:iam::1:role/r", "evil.example/", NULL},
};

static const template_t *text(arena_t *arena, const char *source)
{
    err_t err = ERR_INIT;
    const template_t *t = template_parse_in(arena, str_of(source), 1, 1, &err);
    assert_non_null(t);
    return t;
}

static void sts_is_asked_where_the_role_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PLACES); i++) {
        arena_t *arena = arena_new(0);
        value_scope_t scope;
        err_t err = ERR_INIT;
        upstream_request_t request;
        grant_definition_t role = {.type = AUTH_AWS_SIGV4};
        role.slots[SLOT_ACCESS_KEY_ID] = text(arena, "a");
        role.slots[SLOT_SECRET_ACCESS_KEY] = text(arena, "s");
        role.slots[SLOT_REGION] = text(arena, PLACES[i].region);
        role.slots[SLOT_SERVICE] = text(arena, "s3");
        role.slots[SLOT_ROLE_ARN] = text(arena, PLACES[i].role);
        role.slots[SLOT_EXTERNAL_ID] = text(arena, "e&1");
        value_scope_init(&scope, NULL, NULL, WALL_MS);
        grant_build_t build = {.arena = arena, .definition = &role, .scope = &scope.scope};
        bool ok = grant_build_request(&build, &request, &err);
        assert_int_equal(ok, PLACES[i].url != NULL);
        if (ok) {
            assert_string_equal(request.url.p, PLACES[i].url);
            assert_true(str_starts(request.body, STR("Action=AssumeRole&Version=2011-06-15&")));
            assert_true(str_ends(request.body, STR("&ExternalId=e%261")));
        } else {
            assert_int_equal(err.code, ERR_param_value);
        }
        arena_free(arena);
    }
}

static json_t *read_answer(const char *body)
{
    grant_definition_t definition = {.type = AUTH_AWS_SIGV4};
    const template_t named = {.count = 0};
    definition.slots[SLOT_ROLE_ARN] = &named;
    const upstream_answer_t answer = {.status = 200, .body = str_of(body)};
    return grant_type_of(&definition)->read_body(&answer);
}

static void keys_are_read(void **state)
{
    (void)state;
    json_t *members = read_answer(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>"
        "<SecretAccessKey>CANARY</SecretAccessKey><SessionToken>T</SessionToken>"
        "<Expiration>2026-11-22T03:31:07Z</Expiration></Credentials></AssumeRoleResult>"
        "</AssumeRoleResponse>");
    const json_t *signing = json_object_get(members, GRANT_SIGNING);
    assert_string_equal(json_member(members, "access_token").p, "A");
    assert_string_equal(json_member(members, "expires_at").p, "2026-11-22T03:31:07Z");
    assert_string_equal(json_member(signing, "secret_access_key").p, "CANARY");
    assert_string_equal(json_member(signing, "session_token").p, "T");
    json_decref(members);
}

static void keys_without_an_end_have_what_was_asked_for(void **state)
{
    (void)state;
    json_t *members = read_answer(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>"
        "<SecretAccessKey>CANARY</SecretAccessKey></Credentials></AssumeRoleResult>"
        "</AssumeRoleResponse>");
    assert_int_equal(json_integer_value(json_object_get(members, "expires_in")), 3600);
    json_decref(members);
    members = read_answer(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>");
    assert_null(json_object_get(members, "access_token"));
    json_decref(members);
}

static void refusals_and_nonsense_are_read(void **state)
{
    (void)state;
    json_t *refused = read_answer("<ErrorResponse><Error><Code>AccessDenied</Code>"
                                  "<Message>no</Message></Error></ErrorResponse>");
    assert_string_equal(json_member(refused, "error").p, "AccessDenied");
    assert_null(json_object_get(refused, "access_token"));
    json_decref(refused);
    static const char *const NONSENSE[] = {"", "{}", "<a/>", "<AssumeRoleResponse/>"};
    for (size_t i = 0; i < sizeof NONSENSE / sizeof *NONSENSE; i++) {
        json_t *members = read_answer(NONSENSE[i]);
        assert_null(json_object_get(members, "access_token"));
        json_decref(members);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sts_is_asked_where_the_role_is),
        cmocka_unit_test(keys_are_read),
        cmocka_unit_test(keys_without_an_end_have_what_was_asked_for),
        cmocka_unit_test(refusals_and_nonsense_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
