/* SPDX-License-Identifier: MIT */
/* The model of the two shipped connectors, member by member. */
#include "definition/catalogue/loading.h"

static connector_t *load_shipped(arena_t *arena, const char *name)
{
    diagnostics_t d;
    connector_t *c =
        load_file(arena, arena_printf(arena, TENON_SOURCE_DIR "/connectors/%s.yaml", name).p, &d);
    assert_non_null(c);
    return c;
}

static void assert_text(str_t s, const char *expected)
{
    if (expected ? !str_is(s, expected) || !s.p : s.p != NULL) {
        fail_msg("`%.*s` is not `%s`", STR_ARG(s), expected ? expected : "absent");
    }
}

static void assert_template(const template_t *t, const char *source)
{
    if (!source) {
        assert_null(t);
        return;
    }
    assert_non_null(t);
    assert_text(t->source, source);
}

static void assert_url(const url_template_t *u, const char *source, url_template_kind_t kind)
{
    assert_non_null(u);
    assert_template(u->source, source);
    assert_int_equal(u->kind, kind);
}

typedef struct field_row {
    const char *name, *title, *description;
    schema_type_t type;
    schema_format_t format;
    bool required, secret, sure, in_url, sent_by_template;
    field_in_t in;
} field_row_t;

static void assert_field(const field_t *field, const field_row_t *row)
{
    assert_text(field->name, row->name);
    assert_text(field->title, row->title);
    assert_text(field->description, row->description);
    assert_int_equal(field->schema->type, row->type);
    assert_int_equal(field->schema->format, row->format);
    assert_int_equal(field->required, row->required);
    assert_int_equal(field->secret, row->secret);
    assert_int_equal(field->sure, row->sure);
    assert_int_equal(field->in_url, row->in_url);
    assert_int_equal(field->sent_by_template, row->sent_by_template);
    assert_int_equal(field->in, row->in);
    assert_false(field->ask_admin);
    assert_int_equal(field->choice_count, 0);
    assert_true(field->line > 0 && field->column > 0);
}

static void assert_fields(const fields_t *fields, const field_row_t *rows, size_t count)
{
    assert_int_equal(fields->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_field(&fields->list[i], &rows[i]);
    }
}

static void assert_limit(const limits_t *limits, const char *name)
{
    assert_int_equal(limits->count, 1);
    const limit_t *limit = &limits->list[0];
    assert_int_equal(limit->calls, 100);
    assert_int_equal(limit->per_ms, 60000);
    assert_int_equal(limit->scope, SCOPE_CONNECTION);
    assert_false(limit->wait);
    assert_int_equal(limit->max_wait_ms, 0);
    assert_text(limit->name, name);
}

/* What neither file sets. */
static void assert_defaults(const connector_t *c)
{
    static const int statuses[] = {502, 503, 504};
    assert_int_equal(c->retry.max, 0);
    assert_int_equal(c->retry.status_count, COUNT(statuses));
    assert_memory_equal(c->retry.statuses, statuses, sizeof statuses);
    assert_int_equal(c->retry.after_count + c->retry.at_count, 0);
    assert_text(c->retry.remaining, NULL);
    assert_int_equal(c->timeout_ms, 30000);
    assert_false(c->proxy);
    assert_false(c->shareable);
    assert_true(c->guide && c->guide->prerequisite_count && c->guide->step_count);
    assert_true(c->guide->checklist_count && c->guide->steps[0].title.n);
    assert_true(json_is_string(json_object_get(c->explain, "401")));
    assert_true(json_is_string(json_object_get(c->explain, "403")));
    assert_null(c->verify_request);
    assert_null(c->extensions);
    assert_null(c->request_query);
    assert_int_equal(c->request_headers.count + c->policy_count, 0);
}

/* --- ukg-pro-wfm-authentication --- */

static void assert_authentication_head(const connector_t *c)
{
    assert_text(c->id, "ukg-pro-wfm-authentication");
    assert_text(c->title, "UKG PRO WFM Authentication");
    assert_text(c->version, "1.0.0");
    assert_true(c->preview);
    assert_text(c->description,
                "Gets an OAuth 2.0 access token for the UKG Pro Workforce Management APIs.");
    assert_text(c->publisher_name, "UKG, Inc.");
    assert_text(c->publisher_url, "https://www.ukg.com/");
    assert_text(c->publisher_email, NULL);
    assert_text(c->contact_name, "KGS");
    assert_text(c->contact_url, "https://www.ukg.com/support");
    assert_text(c->contact_email, "support@ukg.com");
    assert_text(c->link_website, "https://www.ukg.com/");
    assert_text(c->link_privacy_policy, "https://www.ukg.com/privacy");
    assert_text(c->link_documentation,
                "https://developer.ukg.com/wfm/docs/authentication-and-security-doc");
    assert_int_equal(c->category_count, 1);
    assert_text(c->categories[0], "Human Resources");
    assert_text(c->brand_color, "#005151");
    assert_false(c->hosts_any);
    assert_int_equal(c->host_count, 1);
    assert_text(c->hosts[0].host, "*.mykronos.com");
    assert_int_equal(c->hosts[0].port, 0);
    assert_url(c->base_url, "${connection.vanity_url}", URL_WHOLE);
    assert_limit(&c->throttle, "API calls per connection");
    assert_null(c->verify_action);
    assert_defaults(c);
}

static void assert_authentication_connection(const connector_t *c)
{
    static const field_row_t parameters[] = {{"vanity_url", "PRO WFM Vanity URL",
                                              "https://<hostname>.mykronos.com", SCHEMA_STRING,
                                              FORMAT_URI, true, false, true, true, false, IN_JSON}};
    assert_fields(&c->parameters, parameters, COUNT(parameters));
    const field_t *vanity_url = &c->parameters.list[0];
    assert_text(vanity_url->message,
                "Enter the address of your tenant, such as https://acme.mykronos.com");
    assert_text(vanity_url->schema->pattern_text, "^https://[A-Za-z0-9.-]+\\.mykronos\\.com/?$");
    assert_non_null(vanity_url->schema->pattern);
    assert_true(c->auth_implied);
    assert_int_equal(c->auth_count, 1);
    assert_text(c->auths[0].name, "none");
    assert_int_equal(c->auths[0].type, AUTH_NONE);
    assert_int_equal(c->auths[0].unauthorized.count, 1);
    assert_int_equal(c->auths[0].unauthorized.list[0].statuses[0], 401);
}

static void assert_authentication_input(const action_t *action)
{
    static const field_row_t input[] = {
        {"username", "username", "The runtime user's username for accessing Pro WFM.",
         SCHEMA_STRING, FORMAT_NONE, true, false, true, false, true, IN_JSON},
        {"password", "password", "The runtime user's password for accessing Pro WFM.",
         SCHEMA_STRING, FORMAT_NONE, true, true, true, false, true, IN_JSON},
        {"client_id", "client id", "The oAuth client ID assigned to this Pro WFM tenant.",
         SCHEMA_STRING, FORMAT_NONE, true, false, true, false, true, IN_JSON},
        {"client_secret", "client secret",
         "The oAuth client secret assigned to this Pro WFM tenant.", SCHEMA_STRING, FORMAT_NONE,
         true, true, true, false, true, IN_JSON},
        {"grant_type", "grant type", NULL, SCHEMA_STRING, FORMAT_NONE, false, false, false, false,
         false, IN_JSON},
        {"auth_chain", "auth chain", NULL, SCHEMA_STRING, FORMAT_NONE, false, false, false, false,
         false, IN_JSON}};
    assert_fields(&action->input, input, COUNT(input));
    const schema_t *grant_type = action->input.list[4].schema;
    assert_string_equal(json_string_value(grant_type->constant), "password");
    assert_string_equal(
        json_string_value(json_object_get(grant_type->extensions, "x-ms-visibility")), "internal");
    assert_true(action->has_json);
    assert_false(action->has_form || action->in_parts);
    assert_null(action->body_field);
}

static void assert_authentication_grant(const grant_definition_t *grant)
{
    assert_int_equal(grant->type, AUTH_PASSWORD);
    assert_template(grant->slots[SLOT_USERNAME], "${input.username}");
    assert_template(grant->slots[SLOT_PASSWORD], "${input.password}");
    assert_template(grant->slots[SLOT_CLIENT_ID], "${input.client_id}");
    assert_template(grant->slots[SLOT_CLIENT_SECRET], "${input.client_secret}");
    assert_int_equal(grant->resource_count, 0);
    assert_url(grant->token_url, "/api/authentication/access_token", URL_RELATIVE);
    assert_null(grant->issuer);
    assert_int_equal(grant->client_auth, CLIENT_AUTH_BODY);
    assert_int_equal(grant->format, TOKEN_FORMAT_FORM);
    assert_null(grant->grant_type);
    assert_int_equal(grant->scope_count + grant->headers.count + grant->expect.count, 0);
    assert_text(grant->scope_separator, " ");
    assert_int_equal(grant->params->kind, TREE_OBJECT);
    assert_int_equal(grant->params->count, 1);
    assert_text(grant->params->members[0].name, "auth_chain");
    assert_string_equal(json_string_value(grant->params->members[0].value->value),
                        "OAuthLdapService");
    assert_int_equal(grant->steps.count + grant->answer.count, 0);
    assert_int_equal(grant->lifetime_ms, 0);
    assert_false(grant->is_refresh || grant->dpop || grant->pkce_none);
    assert_true(grant->refresh->is_refresh);
    assert_true(grant->line > 0);
}

static void the_authentication_connector_is_as_written(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    connector_t *c = load_shipped(arena, "ukg-pro-wfm-authentication");
    assert_authentication_head(c);
    assert_authentication_connection(c);
    assert_int_equal(c->action_count, 1);
    const action_t *action = connector_action(c, STR("GetAccessToken"));
    assert_ptr_equal(action, &c->actions[0]);
    assert_text(action->summary, "Get an OAuth access token");
    assert_text(action->method, "POST");
    assert_text(action->path, "/api/authentication/access_token");
    assert_int_equal(action->piece_count, 1);
    assert_text(action->pieces[0].text, "/api/authentication/access_token");
    assert_int_equal(action->kind, ACTION_TOKEN_GRANT);
    assert_authentication_input(action);
    assert_authentication_grant(action->grant);
    assert_null(action->request);
    assert_null(action->output);
    assert_int_equal(action->steps.count + action->response_count + action->throttle.count, 0);
    assert_int_equal(action->timeout_ms, 30000);
    assert_false(action->idempotent || action->no_auth || action->deprecated);
    assert_true(action->line > 0 && action->line < action->grant->line);
    connector_unref(c);
    arena_free(arena);
}

/* --- ukg-pro-wfm --- */

static void assert_wfm_head(const connector_t *c)
{
    static const char *const hosts[] = {"*.mykronos.com", "*.ukg.com", "*.ukg.net"};
    static const field_row_t parameters[] = {
        {"hostname", "Tenant host", "Host name of your Pro WFM tenant, without https://",
         SCHEMA_STRING, FORMAT_HOSTNAME, true, false, true, true, false, IN_JSON},
        {"identity_host", "Identity host", "UKG Authentication of your region.", SCHEMA_STRING,
         FORMAT_HOSTNAME, false, false, true, true, false, IN_JSON}};
    assert_text(c->id, "ukg-pro-wfm");
    assert_text(c->title, "UKG Pro Workforce Management");
    assert_true(c->preview);
    assert_text(c->publisher_email, "support@ukg.com");
    assert_text(c->contact_name, "KGS");
    assert_text(c->contact_email, "support@ukg.com");
    assert_text(c->link_documentation,
                "https://developer.ukg.com/wfm/docs/authentication-and-security-doc");
    assert_int_equal(c->host_count, COUNT(hosts));
    for (size_t i = 0; i < COUNT(hosts); i++) {
        assert_text(c->hosts[i].host, hosts[i]);
    }
    assert_url(c->base_url, "https://${connection.hostname}", URL_ABSOLUTE);
    assert_fields(&c->parameters, parameters, COUNT(parameters));
    assert_string_equal(json_string_value(c->parameters.list[0].schema->example),
                        "acme.prd.mykronos.com");
    assert_string_equal(json_string_value(c->parameters.list[1].schema->fallback),
                        "welcome-us.ukg.net");
    assert_limit(&c->throttle, "connection");
    assert_ptr_equal(c->verify_action, connector_action(c, STR("GetAccessToken")));
    assert_defaults(c);
}

/* The one format of all three: their parameters and what differs. */
static void assert_wfm_auth(const auth_t *auth, const char *name, const char *title,
                            auth_type_t type)
{
    assert_text(auth->name, name);
    assert_text(auth->title, title);
    assert_int_equal(auth->type, type);
    assert_int_equal(auth->grant.type, type);
    assert_int_equal(auth->recommended, type == AUTH_CLIENT_CREDENTIALS);
    assert_int_equal(auth->caution.n == 0, auth->recommended);
    assert_false(auth->shareable);
    assert_null(auth->base_url);
    assert_true(auth->guide && auth->guide->step_count && auth->guide->checklist_count);
    assert_int_equal(auth->inject.headers.count, 0);
    assert_null(auth->inject.query);
    assert_null(auth->inject.json);
    assert_null(auth->tls_certificate);
    assert_int_equal(auth->unauthorized.list[0].statuses[0], 401);
    assert_template(auth->grant.slots[SLOT_CLIENT_ID], "${connection.client_id}");
    assert_template(auth->grant.slots[SLOT_CLIENT_SECRET], "${connection.client_secret}");
    assert_url(auth->grant.token_url, "https://${connection.identity_host}/oauth/token",
               URL_ABSOLUTE);
    assert_int_equal(auth->grant.format, TOKEN_FORMAT_JSON);
    assert_int_equal(auth->grant.client_auth, CLIENT_AUTH_BODY);
    assert_int_equal(auth->grant.line, auth->line);
}

static void assert_param(const template_tree_t *params, size_t at, const char *name,
                         const char *text)
{
    const template_member_t *member = &params->members[at];
    assert_text(member->name, name);
    if (member->value->kind == TREE_TEMPLATE) {
        assert_template(member->value->template, text);
    } else {
        assert_string_equal(json_string_value(member->value->value), text);
    }
}

static void assert_client_credentials(const auth_t *auth)
{
    static const field_row_t parameters[] = {
        {"client_id", "Client ID", NULL, SCHEMA_STRING, FORMAT_NONE, true, false, true, false,
         false, IN_JSON},
        {"client_secret", "Client secret", NULL, SCHEMA_STRING, FORMAT_NONE, true, true, true,
         false, false, IN_JSON},
        {"organization", "Organization", "The organization property of your tenant.", SCHEMA_STRING,
         FORMAT_NONE, true, false, true, false, false, IN_JSON}};
    assert_wfm_auth(auth, "client_credentials", "System to system", AUTH_CLIENT_CREDENTIALS);
    assert_fields(&auth->parameters, parameters, COUNT(parameters));
    assert_null(auth->grant.slots[SLOT_USERNAME]);
    assert_int_equal(auth->grant.params->count, 2);
    assert_param(auth->grant.params, 0, "audience", "https://wfm.ukg.net/api");
    assert_param(auth->grant.params, 1, "organization", "${connection.organization}");
    assert_int_equal(auth->grant.scope_count, 0);
}

static void assert_authorization_code(const auth_t *auth)
{
    assert_wfm_auth(auth, "authorization_code", "Sign in as a user", AUTH_AUTHORIZATION_CODE);
    assert_int_equal(auth->parameters.count, 4);
    assert_false(auth->parameters.list[3].sure);
    assert_url(auth->grant.authorize_url, "https://${connection.identity_host}/authorize",
               URL_ABSOLUTE);
    assert_int_equal(auth->grant.authorize_params->count, 3);
    assert_param(auth->grant.authorize_params, 1, "realm", "${connection.realm}");
    assert_null(auth->grant.params);
    assert_int_equal(auth->grant.scope_count, 2);
    assert_text(template_constant(auth->grant.scopes[0]), "openid");
    assert_text(template_constant(auth->grant.scopes[1]), "offline_access");
    assert_false(auth->grant.pkce_none);
}

static void assert_password_realm(const auth_t *auth)
{
    assert_wfm_auth(auth, "password_realm", "User name and password (Auth0 password-realm)",
                    AUTH_PASSWORD);
    assert_text(auth->caution,
                "Acts as a named user; wrong passwords lock the account; not for batch jobs.");
    assert_template(auth->grant.slots[SLOT_USERNAME], "${connection.username}");
    assert_template(auth->grant.slots[SLOT_PASSWORD], "${connection.password}");
    assert_null(auth->grant.slots[SLOT_REALM]);
    assert_template(auth->grant.grant_type, "http://auth0.com/oauth/grant-type/password-realm");
    assert_int_equal(auth->grant.params->count, 2);
}

static void assert_get_person(const action_t *action)
{
    static const field_row_t input[] = {{"personId", "Person ID", NULL, SCHEMA_INTEGER, FORMAT_NONE,
                                         true, false, true, false, false, IN_PATH}};
    assert_text(action->method, "GET");
    assert_fields(&action->input, input, COUNT(input));
    assert_int_equal(action->kind, ACTION_REQUEST);
    assert_int_equal(action->piece_count, 2);
    assert_text(action->pieces[0].text, "/api/v1/commons/persons/");
    assert_ptr_equal(action->pieces[1].field, &action->input.list[0]);
    assert_int_equal(action->output->type, SCHEMA_OBJECT);
    assert_text(action->output_type, "application/json");
    assert_int_equal(action->response_count, 1);
    assert_int_equal(action->responses[0].status, 404);
    assert_text(action->responses[0].description, "There is no such person.");
    assert_null(action->responses[0].schema);
    assert_true(action->idempotent);
    assert_false(action->has_json);
    assert_null(action->auths);
}

static void assert_get_persons(const action_t *action)
{
    static const field_row_t input[] = {{"person_numbers", "Person numbers", NULL, SCHEMA_ARRAY,
                                         FORMAT_NONE, true, false, true, false, true, IN_JSON}};
    assert_fields(&action->input, input, COUNT(input));
    const schema_t *numbers = action->input.list[0].schema;
    assert_int_equal(numbers->min_items, 1);
    assert_int_equal(numbers->max_items, 500);
    assert_int_equal(numbers->min_length, -1);
    assert_int_equal(numbers->items->type, SCHEMA_STRING);
    const request_definition_t *request = action->request;
    assert_text(request->method, NULL);
    assert_null(request->url);
    assert_null(request->query);
    assert_null(request->text);
    assert_int_equal(request->headers.count + request->expect.count, 0);
    assert_int_equal(request->body_kind, BODY_JSON);
    const template_tree_t *employees = request->body->members[0].value->members[0].value;
    assert_param(employees, 0, "key", "personnumber");
    assert_param(employees, 1, "values", "${input.person_numbers}");
    assert_true(action->idempotent);
    assert_int_equal(action->output->type, SCHEMA_ARRAY);
    assert_int_equal(action->output->items->type, SCHEMA_OBJECT);
}

static void the_wfm_connector_is_as_written(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    connector_t *c = load_shipped(arena, "ukg-pro-wfm");
    assert_wfm_head(c);
    assert_false(c->auth_implied);
    assert_int_equal(c->auth_count, 3);
    assert_client_credentials(&c->auths[0]);
    assert_authorization_code(&c->auths[1]);
    assert_password_realm(&c->auths[2]);
    assert_int_equal(c->action_count, 9);
    assert_int_equal(c->actions[0].kind, ACTION_TOKEN_CONNECTION);
    assert_text(c->actions[0].path, "/GetAccessToken");
    assert_text(c->actions[0].method, "POST");
    assert_null(c->actions[0].grant);
    assert_get_person(&c->actions[1]);
    assert_get_persons(&c->actions[2]);
    connector_unref(c);
    arena_free(arena);
}

/* The tree dies with the loader: nothing of the model may point into the text it came from. */
static void the_model_outlives_its_text(void **state)
{
    (void)state;
    arena_t *kept = arena_new(0);
    arena_t *arena = arena_new(0);
    str_t text = read_file_in(kept, TENON_SOURCE_DIR "/connectors/ukg-pro-wfm.yaml");
    char *copy = str_dup(text);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    connector_t *c = definition_load(STR("ukg-pro-wfm.yaml"), str_at(copy, text.n), NULL, &d);
    memset(copy, '#', text.n);
    free(copy);
    arena_free(arena);
    assert_wfm_head(c);
    assert_get_persons(&c->actions[2]);
    connector_unref(c);
    arena_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authentication_connector_is_as_written),
        cmocka_unit_test(the_wfm_connector_is_as_written),
        cmocka_unit_test(the_model_outlives_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
