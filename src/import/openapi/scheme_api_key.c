/* SPDX-License-Identifier: MIT */
/* apiKey: a key in a header, in the query or in a cookie. */
#include "import/compose.h"
#include "import/names.h"
#include "import/openapi/scheme.h"

static void build(scheme_t *c)
{
    str_t name = json_member(c->from, "name"), in = json_member(c->from, "in");
    bool known = str_is(in, "header") || str_is(in, "query") || str_is(in, "cookie");
    if (!name.n || !known) {
        report_note(c->s->report, "auth", "%s: a key in %.*s cannot be said", c->name, STR_ARG(in));
        return;
    }
    if (str_is(in, "cookie") && !name_is_cookie(name)) {
        report_note(c->s->report, "auth", "%s: %.*s is no name of a cookie", c->name,
                    STR_ARG(name));
        return;
    }
    json_t *auth = scheme_add_way(c, "api_key", NULL);
    scheme_add_parameter(auth, c->ours, arena_str(c->s->arena, name).p, true);
    scheme_inject(c, auth,
                  str_is(in, "header")  ? "header"
                  : str_is(in, "query") ? "query"
                                        : "cookie",
                  name, compose_parameter_in(c->s->arena, c->ours));
}

const scheme_type_t SCHEME_API_KEY = {"apiKey", build};
