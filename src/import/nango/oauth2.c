/* SPDX-License-Identifier: MIT */
/* OAUTH2: a person signs in (RFC 6749 4.1), and what renews their token. */
#include "import/nango/oauth2.h"

/* --- authorize --- */

static str_t renamed_value(const char *name)
{
    return str_is(str_of(name), "response_type")  ? STR("code")
           : str_is(str_of(name), "client_id")    ? STR("${connection.client_id}")
           : str_is(str_of(name), "redirect_uri") ? STR("${oauth.redirect_uri}")
           : str_is(str_of(name), "scope")        ? STR("${oauth.scope}")
           : str_is(str_of(name), "state")        ? STR("${oauth.state}")
                                                  : STR_NONE;
}

static void read_renames(provider_t *p, json_t *params)
{
    const char *from;
    json_t *to;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "authorization_url_replacements"),
                        from, to)
    {
        str_t old = str_of(from), name = json_view(to);
        old = arena_str(p->arena, str_cut(&old, '='));
        name = arena_str(p->arena, str_cut(&name, '='));
        str_t value = renamed_value(old.p);
        if (!value.p) {
            provider_fail(p, "authorize_rename", "the sign-in page takes %.*s under another name",
                          STR_ARG(old));
            return;
        }
        json_object_set_new(params, old.p, json_null());
        set_text(params, name.p, value);
    }
}

/* A browser's address is kept in histories and logs. */
static void note_secrets(provider_t *p)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)provider_get(p, "authorization_params"), name, value)
    {
        str_t variable = first_variable(json_view(value));
        const json_t *field =
            variable.p ? json_object_getn(p->fields, variable.p, variable.n) : NULL;
        if (json_is_true(json_object_get(field, "secret"))) {
            report_note(p->report, "secret_in_address",
                        "%s, a secret, stands in the address of the sign-in page", name);
        }
    }
}

void oauth2_read_authorize(provider_t *p)
{
    json_t *params = json_object();
    str_t url = provider_text(p, "authorization_url");
    str_t fragment = provider_text(p, "authorization_url_fragment");
    if (!url.p) {
        provider_fail(p, "authorize_url", "there is no authorization_url");
        json_decref(params);
        return;
    }
    if (fragment.p) {
        url = arena_printf(p->arena, "%.*s#%.*s", STR_ARG(url), STR_ARG(fragment));
    }
    set_text(p->auth, "authorize_url", url_text_of(p, url));
    oauth2_take_params(p, params, "authorization_params");
    note_secrets(p);
    read_renames(p, params);
    json_add_filled(p->auth, "authorize_params", params);
    (void)provider_get(p, "authorization_url_skip_empty"); /* what is empty is not sent anyway */
    if (provider_flag(p, "disable_pkce")) {
        set_text(p->auth, "pkce", STR("none"));
    }
}

/* --- refresh --- */

void oauth2_read_refresh(provider_t *p)
{
    json_t *refresh = json_object();
    str_t url = provider_text(p, "refresh_url");
    if (url.p) {
        set_text(refresh, "token_url", url_text_of(p, url));
    }
    if (provider_get(p, "refresh_params")) {
        json_t *params = json_object();
        oauth2_take_params(p, params, "refresh_params");
        bool same = json_equal(params, json_object_get(p->auth, "params")) ||
                    (json_object_size(params) == 0 && !json_object_get(p->auth, "params"));
        if (same) {
            json_decref(params);
        } else {
            json_object_set_new(refresh, "params", params);
        }
    }
    json_add_filled(p->auth, "refresh", refresh);
}

/* A code is spent: a renewal goes without it. */
static void leave_code_out(provider_t *p)
{
    json_t *params = json_child(json_child(p->auth, "refresh"), "params");
    json_object_update_missing(params, json_object_get(p->auth, "params"));
    json_object_del(params, "code");
}

static void read_code_parameter(provider_t *p)
{
    str_t name = provider_text(p, "authorization_code_param_in_callback");
    if (name.p) {
        set_text(json_child(p->auth, "params"), "code",
                 compose_expression_in(p->arena, compose_path_in(p->arena, STR("callback"), name)));
    }
}

/* --- the mode --- */

/* Where a token stands that is not where tokens stand. */
static void read_other_token(provider_t *p)
{
    str_t path = provider_text(p, "alternate_access_token_response_path");
    if (path.p) {
        str_t other = compose_path_in(p->arena, STR("response.body"), path);
        str_t token = default_expression(p, STR("response.body.access_token"), other);
        set_text(json_child(p->auth, "answer"), "access_token",
                 compose_expression_in(p->arena, token));
    }
}

static void build_code(provider_t *p)
{
    set_text(p->auth, "type", STR("authorization_code"));
    oauth2_know_token(p);
    oauth2_read_client(p, true);
    oauth2_read_authorize(p);
    oauth2_read_token_request(p, provider_text(p, "token_url"));
    read_code_parameter(p);
    oauth2_read_scopes(p, "scopes", true);
    read_answer_metadata(p);
    read_other_token(p);
    oauth2_read_refresh(p);
    if (provider_get(p, "authorization_code_param_in_callback")) {
        leave_code_out(p);
    }
}

const auth_mode_t MODE_OAUTH2 = {"OAUTH2", true, build_code};
