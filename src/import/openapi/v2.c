/* SPDX-License-Identifier: MIT */
/* OpenAPI 2.0 in the shape of 3.0, so that one reading serves all versions: host and schemes become
 * servers, body and form parameters a requestBody, consumes and produces its content. Names and
 * references stay where they are. */
#include "import/openapi/v2.h"

#include "import/methods.h"

/* --- servers --- */

static json_t *servers_of(const json_t *root)
{
    json_t *servers = json_array();
    str_t host = str_trim(json_member(root, "host")), path = json_member(root, "basePath");
    const json_t *schemes = json_object_get(root, "schemes");
    size_t at;
    json_t *scheme;
    json_array_foreach(schemes, at, scheme)
    {
        str_t name = json_view(scheme);
        if (host.n && (str_eq_nocase(name, STR("https")) || str_eq_nocase(name, STR("http")))) {
            json_array_append_new(servers, json_pack("{s:o}", "url",
                                                     json_sprintf("%.*s://%.*s%.*s", STR_ARG(name),
                                                                  STR_ARG(host), STR_ARG(path))));
        }
    }
    if (json_array_size(servers) == 0) {
        json_array_append_new(servers,
                              json_pack("{s:o}", "url",
                                        json_sprintf("%s%.*s%.*s", host.n ? "https://" : "",
                                                     STR_ARG(host), STR_ARG(path))));
    }
    return servers;
}

/* --- security --- */

static json_t *flow_of(const json_t *scheme)
{
    static const struct {
        const char *theirs, *ours;
    } flows[] = {{"implicit", "implicit"},
                 {"password", "password"},
                 {"application", "clientCredentials"},
                 {"accessCode", "authorizationCode"}};
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        if (str_is(json_member(scheme, "flow"), flows[i].theirs)) {
            return json_pack("{s:O}", flows[i].ours, scheme);
        }
    }
    return json_object();
}

static json_t *scheme_of(const json_t *scheme)
{
    str_t type = json_member(scheme, "type");
    json_t *to = json_copy((json_t *)(uintptr_t)scheme);
    if (str_is(type, "basic")) {
        json_object_set_new(to, "type", json_string("http"));
        json_object_set_new(to, "scheme", json_string("basic"));
    } else if (str_is(type, "oauth2")) {
        json_object_set_new(to, "flows", flow_of(scheme));
    }
    return to;
}

static json_t *schemes_of(const json_t *root)
{
    json_t *to = json_object();
    const char *name;
    json_t *scheme;
    json_object_foreach(json_object_get(root, "securityDefinitions"), name, scheme)
    {
        if (json_is_object(scheme)) {
            json_object_set_new(to, name, scheme_of(scheme));
        }
    }
    return to;
}

/* --- paths --- */

static bool is_taken(const json_t *parameters, const json_t *parameter)
{
    size_t at;
    json_t *one;
    json_array_foreach(parameters, at, one)
    {
        if (json_equal(json_object_get(one, "name"), json_object_get(parameter, "name")) &&
            json_equal(json_object_get(one, "in"), json_object_get(parameter, "in"))) {
            return true;
        }
    }
    return false;
}

static void add_parameters(const bundle_t *b, const json_t *from, json_t *to)
{
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(from, "parameters"), at, one)
    {
        const json_t *parameter = bundle_follow(b, one);
        if (!parameter) {
            json_array_append(to, one); /* told where it is read */
        } else if (!is_taken(to, parameter)) {
            json_array_append(to, (json_t *)(uintptr_t)parameter);
        }
    }
}

static const json_t *types_of(const json_t *root, const json_t *operation, const char *key)
{
    const json_t *own = json_object_get(operation, key);
    return json_is_array(own) ? own : json_object_get(root, key);
}

static json_t *operation_of(const bundle_t *b, const json_t *item, const json_t *from)
{
    const json_t *root = bundle_root(b);
    json_t *to = json_copy((json_t *)(uintptr_t)from);
    json_t *parameters = json_array();
    add_parameters(b, from, parameters);
    add_parameters(b, item, parameters);
    v2_set_inputs(to, parameters, types_of(root, from, "consumes"));
    v2_set_answers(b, to, types_of(root, from, "produces"));
    json_decref(parameters);
    return to;
}

static json_t *item_of(const bundle_t *b, const json_t *from)
{
    json_t *to = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        if (method_of(str_of(key)).p && json_is_object(value)) {
            json_object_set_new(to, key, operation_of(b, from, value));
        } else if (strcmp(key, "parameters") != 0) {
            json_object_set(to, key, value);
        }
    }
    return to;
}

json_t *v2_raise(const bundle_t *b)
{
    const json_t *root = bundle_root(b);
    json_t *to = json_copy((json_t *)(uintptr_t)root), *paths = json_object();
    const char *path;
    json_t *item;
    json_object_foreach(json_object_get(root, "paths"), path, item)
    {
        const json_t *from = bundle_follow(b, item);
        json_object_set_new(paths, path, from ? item_of(b, from) : json_incref(item));
    }
    json_object_set_new(to, "paths", paths);
    json_object_set_new(to, "servers", servers_of(root));
    json_object_set_new(to, "components", json_pack("{s:o}", "securitySchemes", schemes_of(root)));
    return to;
}
