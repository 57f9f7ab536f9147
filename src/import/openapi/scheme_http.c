/* SPDX-License-Identifier: MIT */
/* http: Basic (RFC 7617) and Bearer (RFC 6750). */
#include "import/openapi/scheme.h"

static void build_basic(scheme_t *c)
{
    json_t *auth = scheme_add_way(c, "basic", NULL);
    scheme_add_parameter(auth, STR("username"), "User name", false);
    scheme_add_parameter(auth, STR("password"), "Password", true);
}

static void build_bearer(scheme_t *c)
{
    json_t *auth = scheme_add_way(c, "api_key", NULL);
    json_t *field = scheme_add_parameter(auth, c->ours, "Bearer token", true);
    str_t format = json_member(c->from, "bearerFormat");
    if (format.n) {
        json_object_set_new(field, "description", json_sprintf("Format: %.*s", STR_ARG(format)));
    }
    scheme_inject(c, auth, "header", STR("Authorization"),
                  arena_printf(c->s->arena, "Bearer ${connection.%s}", c->ours.p));
}

static void build(scheme_t *c)
{
    str_t scheme = json_member(c->from, "scheme");
    if (str_eq_nocase(scheme, STR("basic"))) {
        build_basic(c);
    } else if (str_eq_nocase(scheme, STR("bearer"))) {
        build_bearer(c);
    } else {
        report_note(c->s->report, "auth", "%s: the scheme %.*s of HTTP cannot be said", c->name,
                    STR_ARG(scheme));
    }
}

const scheme_type_t SCHEME_HTTP = {"http", build};
