/* SPDX-License-Identifier: MIT */
/* Keys of a role, for a while (AWS Security Token Service, AssumeRole): the request is signed with
 * the connection's own keys, and what it brings signs the calls. */
#include "codec/json.h"
#include "codec/url.h"
#include "codec/xml.h"
#include "grant/parameters.h"
#include "grant/text.h"
#include "grant/types.h"
#include "signing/aws.h"

enum { URL_MAX = 1024, DURATION_S = 3600 };

/* --- the request --- */

/* The partition of the role's ARN (arn:PARTITION:iam::…) tells under which domain its services are.
 */
static bool write_url(grant_build_t *build, str_t region, str_t role, upstream_request_t *out,
                      err_t *err)
{
    bool in_china = str_starts(role, STR("arn:aws-cn:"));
    for (size_t i = 0; i < region.n; i++) {
        if (!ascii_is_alnum(region.p[i]) && region.p[i] != '-') {
            return err_set(err, ERR_param_value, "`region` is no name of a region");
        }
    }
    buf_t *url = grant_buf_in(build->arena, URL_MAX);
    buf_printf(url, "https://sts.%.*s.amazonaws.com%s/", STR_ARG(region), in_china ? ".cn" : "");
    build->url = out->url = buf_view(url);
    return buf_ok(url) || err_set(err, ERR_param_too_long, "`region` is too long");
}

static bool write_body(grant_build_t *build, str_t role, upstream_request_t *out, err_t *err)
{
    static const struct {
        const char *name, *value;
    } FIXED[] = {{"Action", "AssumeRole"},
                 {"Version", "2011-06-15"},
                 {"RoleSessionName", "tenon"},
                 {"DurationSeconds", "3600"}}; /* DURATION_S */
    buf_t *body = grant_buf_in(build->arena, GRANT_TEXT_MAX);
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++) {
        parameters_add(build, str_of(FIXED[i].name), json_string(FIXED[i].value));
    }
    parameters_add(build, STR("RoleArn"), json_str(role));
    if (!grant_add_slot(build, "ExternalId", SLOT_EXTERNAL_ID, err) ||
        !parameters_write(build, url_encode_form, body, err)) {
        return false;
    }
    out->body = buf_view(body);
    message_header_set(build->arena, out, STR("Content-Type"),
                       STR("application/x-www-form-urlencoded"));
    return true;
}

static bool build_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    aws_credential_t c = {.service = STR("sts")};
    str_t role;
    *out = (upstream_request_t){.method = STR("POST")};
    return grant_slot_text(build, SLOT_ACCESS_KEY_ID, &c.access_key_id, err) &&
           grant_slot_text(build, SLOT_SECRET_ACCESS_KEY, &c.secret_access_key, err) &&
           grant_slot_text(build, SLOT_SESSION_TOKEN, &c.session_token, err) &&
           grant_slot_text(build, SLOT_REGION, &c.region, err) &&
           grant_slot_text(build, SLOT_ROLE_ARN, &role, err) &&
           write_url(build, c.region, role, out, err) && write_body(build, role, out, err) &&
           aws_sign(build->arena, out, &c, build->scope->wall_ms, err);
}

/* --- its answer --- */

static const json_t *below(const json_t *tree, const char *const *names)
{
    for (; *names; names++) {
        tree = json_object_get(tree, *names);
    }
    return tree;
}

static void set_copy(json_t *to, const char *name, const json_t *from, const char *member)
{
    str_t text = json_member(from, member);
    if (text.n) {
        json_object_set_new(to, name, json_str(text));
    }
}

/* In the words of RFC 6749 5. Keys without a secret sign nothing, and those that do not tell their
 * end have what was asked for. */
static json_t *read_body(const upstream_answer_t *answer)
{
    static const char *const KEYS[] = {"AssumeRoleResponse", "AssumeRoleResult", "Credentials",
                                       NULL};
    static const char *const ERROR[] = {"ErrorResponse", "Error", NULL};
    err_t ignored = ERR_INIT;
    json_t *tree = xml_read(answer->body, &ignored);
    const json_t *keys = below(tree, KEYS), *error = below(tree, ERROR);
    json_t *members = json_object();
    if (json_member(keys, "SecretAccessKey").n) {
        json_t *signing = json_object();
        json_object_set_new(members, "token_type", json_string("AWS"));
        if (!json_member(keys, "Expiration").n) {
            json_object_set_new(members, "expires_in", json_integer(DURATION_S));
        }
        set_copy(members, "access_token", keys, "AccessKeyId");
        set_copy(members, "expires_at", keys, "Expiration");
        set_copy(signing, "secret_access_key", keys, "SecretAccessKey");
        set_copy(signing, "session_token", keys, "SessionToken");
        json_object_set_new(members, GRANT_SIGNING, signing);
    }
    set_copy(members, "error", error, "Code");
    set_copy(members, "error_description", error, "Message");
    json_decref(tree);
    return members;
}

static bool is_for(const grant_definition_t *definition)
{
    return definition->slots[SLOT_ROLE_ARN] != NULL;
}

const grant_type_t grant_aws_role = {
    .type = AUTH_AWS_SIGV4,
    .is_for = is_for,
    .build = build_request,
    .read_body = read_body,
    .other_token_type = "AWS",
};
