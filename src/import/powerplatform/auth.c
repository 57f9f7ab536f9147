/* SPDX-License-Identifier: MIT */
/* connectionParameters, connectionParameterSets and securityDefinitions together tell how one signs
 * in. */
#include "import/powerplatform/auth.h"

#include "import/compose.h"
#include "import/names.h"

/* --- what one set of parameters holds --- */

typedef struct credential {
    const json_t *token; /* the oauthSetting */
    json_t *fields;      /* of this way alone, or of the connection */
    str_t key;           /* the one secret, ours */
    size_t secrets;
    bool gateway;
} credential_t;

static void look_at(source_t *s, const char *name, const json_t *parameter, credential_t *c)
{
    str_t type = json_member(parameter, "type");
    if (str_eq_nocase(type, STR("oauthSetting"))) {
        c->token = parameter;
    } else if (str_eq_nocase(type, STR("gatewaySetting"))) {
        c->gateway = true;
    } else {
        parameter_import(s, name, parameter, c->fields);
        if (str_eq_nocase(type, STR("securestring"))) {
            bool first = c->secrets++ == 0 || str_is(str_of(name), "api_key");
            c->key = first ? parameter_name(s, str_of(name)) : c->key;
        }
    }
}

static void look(source_t *s, const json_t *parameters, credential_t *c)
{
    const char *name;
    json_t *parameter;
    json_object_foreach((json_t *)(uintptr_t)parameters, name, parameter)
    {
        look_at(s, name, parameter, c);
    }
}

/* --- schemes of the definition --- */

static const json_t *scheme_of(const source_t *s, const char *type)
{
    const char *name;
    json_t *scheme;
    json_object_foreach(json_object_get(s->swagger, "securityDefinitions"), name, scheme)
    {
        if (str_eq_nocase(json_member(scheme, "type"), str_of(type))) {
            return scheme;
        }
    }
    return NULL;
}

/* The parameter of a scheme of type apiKey: of its name, else the one secret, else the one there
 * is. */
static str_t key_of(const source_t *s, const char *name, const json_t *scheme,
                    const credential_t *c)
{
    str_t named = parameter_name(s, str_of(name));
    named = named.p ? named : parameter_name(s, json_member(scheme, "name"));
    named = json_object_getn(c->fields, named.p ? named.p : "", named.n) ? named : STR_NONE;
    const void *only =
        json_object_size(c->fields) == 1 ? json_object_iter((json_t *)(uintptr_t)c->fields) : NULL;
    return named.p    ? named
           : c->key.p ? c->key
           : only     ? str_of(json_object_iter_key((void *)(uintptr_t)only))
                      : STR_NONE;
}

static void add_keys(source_t *s, const credential_t *c, json_t *inject)
{
    const char *name;
    json_t *scheme;
    json_object_foreach(json_object_get(s->swagger, "securityDefinitions"), name, scheme)
    {
        str_t key = key_of(s, name, scheme, c), wire = json_member(scheme, "name");
        bool is_key = str_eq_nocase(json_member(scheme, "type"), STR("apiKey")) && wire.n;
        if (is_key && key.p) {
            const char *place = str_is(json_member(scheme, "in"), "query") ? "query" : "headers";
            json_object_setn_new(json_child(inject, place), wire.p, wire.n,
                                 json_str(compose_parameter_in(s->arena, key)));
        } else if (is_key) {
            report_note(s->report, "auth", "no parameter holds the key of %s", name);
        }
    }
}

/* --- one way to sign in --- */

static bool build_token(source_t *s, const json_t *token, json_t *auth)
{
    const json_t *settings = member_nocase(token, "oAuthSettings");
    str_t name = json_member(settings, "identityProvider");
    const provider_t *provider = provider_of(name);
    if (!provider) {
        report_note(s->report, "auth", "the identity provider %.*s is not known", STR_ARG(name));
        return false;
    }
    return provider->build(s, settings, auth);
}

static bool has(const credential_t *c, const char *name)
{
    return json_object_get(c->fields, name) != NULL;
}

/* What the call carries as policies see it, where it differs from `inject`. */
static void seen_by_policies(json_t *initial, const char *value)
{
    json_object_set_new(json_child(initial, "headers"), "Authorization", json_string(value));
}

static bool build(source_t *s, const credential_t *c, json_t *auth, json_t *initial)
{
    if (c->token) {
        seen_by_policies(initial, "Bearer ${token.access_token}");
        return build_token(s, c->token, auth);
    }
    if (has(c, "username") && has(c, "password") && scheme_of(s, "basic")) {
        json_object_set_new(auth, "type", json_string("basic"));
        json_object_set_new(auth, "username", json_string("${connection.username}"));
        json_object_set_new(auth, "password", json_string("${connection.password}"));
        seen_by_policies(initial,
                         "Basic ${base64(concat(connection.username, ':', connection.password))}");
        return true;
    }
    json_object_set_new(auth, "type", json_string("api_key"));
    json_t *inject = json_object();
    add_keys(s, c, inject);
    json_object_update_recursive(initial, inject);
    json_add_filled(auth, "inject", inject);
    return true;
}

static const char *usual_name(const credential_t *c, const json_t *auth)
{
    return c->token ? "sign_in" : str_is(json_member(auth, "type"), "basic") ? "basic" : "api_key";
}

static bool import_single(source_t *s)
{
    json_t *fields = json_object(), *auth = json_object();
    credential_t c = {.fields = fields};
    look(s, json_object_get(s->properties, "connectionParameters"), &c);
    bool ok = !c.gateway && build(s, &c, auth, s->initial);
    json_object_set_new(json_object_get(s->definition, "connection"), "parameters", fields);
    json_object_set_new(s->auths, usual_name(&c, auth), auth);
    return c.gateway ? report_fail(s->report, "gateway", "an on-premises gateway leads to it") : ok;
}

/* --- sets --- */

static void add_texts(const json_t *ui, json_t *auth)
{
    json_add_text(auth, "title", json_view(member_nocase(ui, "displayName")));
    json_add_text(auth, "description", json_member(ui, "description"));
}

static bool is_empty(const json_t *carried)
{
    return json_object_size(json_object_get(carried, "headers")) +
               json_object_size(json_object_get(carried, "query")) ==
           0;
}

/* Policies see what the first way carries that carries anything. */
static void import_set(source_t *s, const json_t *set)
{
    json_t *auth = json_object(), *initial = json_object();
    json_t *fields = json_child(auth, "parameters");
    credential_t c = {.fields = fields};
    str_t name =
        name_free_in(s->arena, name_plain_in(s->arena, json_member(set, "name"), 60), s->auths);
    add_texts(json_object_get(set, "uiDefinition"), auth);
    json_t *sharing = json_object_get(json_object_get(set, "metadata"), "allowSharing");
    if (json_is_boolean(sharing)) {
        json_object_set(auth, "shareable", sharing);
    }
    look(s, json_object_get(set, "parameters"), &c);
    if (!c.gateway && build(s, &c, auth, initial)) {
        json_object_set_new(s->auths, name.p, auth);
        if (is_empty(s->initial)) {
            json_object_update_recursive(s->initial, initial);
        }
    } else {
        report_note(s->report, "auth", "the parameter set %s is left out", name.p);
        json_decref(auth);
    }
    json_decref(initial);
}

static bool import_sets(source_t *s, const json_t *sets)
{
    size_t at;
    json_t *set;
    json_array_foreach(sets, at, set)
    {
        import_set(s, set);
    }
    if (json_object_get(s->properties, "connectionParameters")) {
        report_note(s->report, "auth",
                    "connectionParameters beside connectionParameterSets are left out");
    }
    return json_object_size(s->auths) > 0 ||
           report_fail(s->report, "auth", "no parameter set can be said");
}

bool auth_import(source_t *s)
{
    const json_t *sets =
        json_object_get(json_object_get(s->properties, "connectionParameterSets"), "values");
    json_object_set_new(s->definition, "connection", json_object());
    if (json_array_size(sets)) {
        return import_sets(s, sets);
    }
    return import_single(s) || report_fail(s->report, "auth", "its way to sign in cannot be said");
}

/* --- the end --- */

/* Whether every parameter that is mentioned belongs to this way to sign in, or to the connection.
 */
static bool knows_parameters(const source_t *s, const json_t *auth, str_t text)
{
    const json_t *own = json_object_get(auth, "parameters");
    const json_t *all = json_object_get(json_object_get(s->definition, "connection"), "parameters");
    size_t at = 0;
    for (str_t expression; (expression = compose_next(text, &at)).p;) {
        size_t within = 0;
        for (str_t name; (name = mentioned_parameter(expression, &within)).p;) {
            if (!json_object_getn(own, name.p, name.n) && !json_object_getn(all, name.p, name.n)) {
                return false;
            }
        }
    }
    return true;
}

static void inject_place(source_t *s, const json_t *values, json_t *auth, const char *place)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)values, name, value)
    {
        json_t *initial = json_object_get(json_object_get(s->initial, place), name);
        bool usual = json_equal(initial, value) && !json_object_get(auth, "inject");
        if (!usual && knows_parameters(s, auth, json_view(value))) {
            json_object_set(json_child(json_child(auth, "inject"), place), name, value);
        }
    }
}

/* Of a key alone nothing is left where nothing carries it. */
static bool carries_nothing(const json_t *auth)
{
    return str_is(json_member(auth, "type"), "api_key") && !json_object_get(auth, "inject");
}

static void move_parameters(source_t *s, const json_t *auth)
{
    json_t *all = json_child(json_object_get(s->definition, "connection"), "parameters");
    json_object_update(all, json_object_get(auth, "parameters"));
}

void auth_finish(source_t *s, const json_t *inject)
{
    const char *name;
    json_t *auth;
    void *next;
    json_object_foreach_safe(s->auths, next, name, auth)
    {
        inject_place(s, json_object_get(inject, "headers"), auth, "headers");
        inject_place(s, json_object_get(inject, "query"), auth, "query");
        if (carries_nothing(auth) && json_object_size(s->auths) == 1) {
            move_parameters(s, auth);
            json_object_del(s->auths, name);
        } else if (carries_nothing(auth)) {
            json_object_set_new(auth, "type", json_string("none"));
        }
    }
}
