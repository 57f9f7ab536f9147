/* SPDX-License-Identifier: MIT */
#include "grant/metadata.h"

#include "codec/json.h"
#include "codec/url.h"

enum { ARENA_BYTES = 2048, ENDPOINT_BYTES_MAX = 2048, VALUES_MAX = 4096 };

static const char *const MEMBERS[] = {
#define ENDPOINT_MEMBER(id, key, member) [ENDPOINT_##id] = (member),
    ENDPOINTS(ENDPOINT_MEMBER)
#undef ENDPOINT_MEMBER
};

/* --- where it is asked for --- */

static str_t without_last_slash(str_t s)
{
    return str_ends(s, STR("/")) ? str_slice(s, 0, s.n - 1) : s;
}

static bool is_address(str_t issuer)
{
    arena_t *arena = arena_new(ARENA_BYTES);
    url_t url;
    err_t ignored = ERR_INIT;
    bool ok = url_parse_in(arena, issuer, &url, &ignored) && !url.query.p && !url.fragment.p;
    arena_free(arena);
    return ok;
}

bool grant_metadata_url(str_t issuer, unsigned place, buf_t *to, err_t *err)
{
    if (!is_address(issuer)) {
        return err_set(err, ERR_metadata_unusable, "`issuer` is no address to ask at");
    }
    str_t all = without_last_slash(issuer);
    size_t authority = str_find(all, STR("://"), 0) + sizeof "://" - 1;
    size_t path = str_find(all, STR("/"), authority);
    if (place == 0) {
        buf_str(to, str_slice(all, 0, path));
        buf_lit(to, "/.well-known/oauth-authorization-server");
        buf_str(to, str_slice(all, path, all.n));
    } else {
        buf_str(to, all);
        buf_lit(to, "/.well-known/openid-configuration");
    }
    return buf_ok(to) || err_set(err, ERR_metadata_unusable, "`issuer` is too long");
}

/* --- what is said there --- */

/* Who calls it checks hosts; here only what no request could be sent to is left out. */
static str_t endpoint_in(arena_t *arena, const json_t *object, const char *name)
{
    str_t text = json_member(object, name);
    url_t url;
    err_t ignored = ERR_INIT;
    bool usable = text.n && text.n <= ENDPOINT_BYTES_MAX &&
                  url_parse_in(arena, text, &url, &ignored) && !url.fragment.p;
    return usable ? arena_str(arena, text) : STR_NONE;
}

static void read_members(grant_metadata_t *m, const json_t *object)
{
    const json_t *aliases = json_object_get(object, "mtls_endpoint_aliases");
    for (int i = 0; i < ENDPOINT_COUNT; i++) {
        m->endpoints[i] = endpoint_in(m->arena, object, MEMBERS[i]);
        m->tls_endpoints[i] = endpoint_in(m->arena, aliases, MEMBERS[i]);
    }
    m->answers_with_issuer =
        json_is_true(json_object_get(object, "authorization_response_iss_parameter_supported"));
}

bool grant_issuer_is(str_t expected, str_t issuer, bool loses_slash)
{
    return str_eq(expected, issuer) ||
           (loses_slash && str_eq(expected, without_last_slash(issuer)));
}

grant_metadata_t *grant_metadata_read(str_t body, str_t issuer, bool loses_slash, err_t *err)
{
    const json_limits_t limits = {.string_bytes = 16 * 1024, .values = VALUES_MAX};
    err_t why = ERR_INIT;
    json_t *object = json_read(body, &limits, &why);
    grant_metadata_t *m = NULL;
    if (!json_is_object(object)) {
        (void)err_set(err, ERR_metadata_unavailable,
                      "the issuer answered something that is not its metadata");
    } else if (!grant_issuer_is(issuer, json_member(object, "issuer"), loses_slash)) {
        (void)err_set(err, ERR_metadata_unusable,
                      "the metadata at the issuer's address names another issuer");
    } else {
        arena_t *arena = arena_new(ARENA_BYTES);
        m = arena_new_of(arena, grant_metadata_t);
        *m = (grant_metadata_t){.arena = arena, .references = 1};
        m->issuer = arena_str(arena, json_member(object, "issuer"));
        read_members(m, object);
    }
    json_decref(object);
    return m;
}

/* --- what a resource says (RFC 9728) --- */

bool grant_resource_metadata_url(str_t resource, unsigned place, buf_t *to, err_t *err)
{
    arena_t *arena = arena_new(ARENA_BYTES);
    url_t url;
    err_t ignored = ERR_INIT;
    bool ok = url_parse_in(arena, resource, &url, &ignored) && !url.fragment.p;
    arena_free(arena);
    if (!ok) {
        return err_set(err, ERR_metadata_unusable, "`resource` is no address to ask at");
    }
    size_t path = str_find(resource, STR("/"), str_find(resource, STR("://"), 0) + 3);
    str_t rest = path == SIZE_MAX ? STR("") : str_slice(resource, path, resource.n);
    buf_str(to, str_slice(resource, 0, path));
    buf_lit(to, "/.well-known/oauth-protected-resource");
    if (place == 0 && !str_is(rest, "/")) {
        buf_str(to, rest);
    }
    return buf_ok(to) || err_set(err, ERR_metadata_unusable, "`resource` is too long");
}

/* A host alone and the same with a `/` are one URL (RFC 3986 6.2.3). */
static bool is_same_resource(str_t asked, str_t told)
{
    size_t authority = str_find(asked, STR("://"), 0) + 3;
    size_t path = str_find(asked, STR("/"), authority);
    bool is_host = path == SIZE_MAX || path + 1 == asked.n;
    return str_eq(asked, told) ||
           (is_host && str_eq(without_last_slash(asked), without_last_slash(told)));
}

bool grant_resource_metadata_read(str_t body, str_t resource, buf_t *issuer, err_t *err)
{
    const json_limits_t limits = {.string_bytes = 16 * 1024, .values = VALUES_MAX};
    err_t why = ERR_INIT;
    json_t *object = json_read(body, &limits, &why);
    str_t server = json_view(json_array_get(json_object_get(object, "authorization_servers"), 0));
    bool ok = false;
    if (!json_is_object(object)) {
        ok = err_set(err, ERR_metadata_unavailable,
                     "the resource answered something that is not its metadata");
    } else if (!is_same_resource(resource, json_member(object, "resource"))) {
        ok = err_set(err, ERR_metadata_unusable,
                     "the metadata at the resource's address is another resource's");
    } else if (!server.n || !is_address(server)) {
        ok = err_set(err, ERR_metadata_unusable, "the resource names no authorization server");
    } else {
        buf_str(issuer, server);
        ok = buf_ok(issuer) || err_set(err, ERR_metadata_unusable,
                                       "the name of the authorization server is too long");
    }
    json_decref(object);
    return ok;
}

grant_metadata_t *grant_metadata_ref(grant_metadata_t *m)
{
    m->references++;
    return m;
}

void grant_metadata_unref(grant_metadata_t *m)
{
    if (m && --m->references == 0) {
        arena_free(m->arena);
    }
}

str_t grant_metadata_endpoint(const grant_metadata_t *m, endpoint_t endpoint, bool has_certificate)
{
    str_t alias = m->tls_endpoints[endpoint];
    return has_certificate && alias.p ? alias : m->endpoints[endpoint];
}
