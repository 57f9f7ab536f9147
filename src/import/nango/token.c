/* SPDX-License-Identifier: MIT */
/* What ways to sign in have in common: JWTs, lifetimes, members of the answer under names of their
 * own. */
#include "codec/json.h"
#include "import/names.h"
#include "import/nango/provider.h"

enum { SECOND_MS = 1000, NAME_BYTES_MAX = 64 };
#define LIFETIME_MAX_MS (31 * INT64_C(86400000))

static str_t duration_in(arena_t *arena, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *letter;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (ms % units[i].ms) {
        i++;
    }
    return arena_printf(arena, "%lld%s", (long long)(ms / units[i].ms), units[i].letter);
}

void set_lifetime(provider_t *p, int64_t ms)
{
    if (ms > 0) {
        set_text(p->auth, "lifetime",
                 duration_in(p->arena, ms < LIFETIME_MAX_MS ? ms : LIFETIME_MAX_MS));
    }
}

/* alg and kid have keys of their own. */
static json_t *header_of(provider_t *p, const json_t *given)
{
    json_t *to = translated_tree(p, given);
    json_object_del(to, "alg");
    json_object_del(to, "kid");
    return to ? to : json_object();
}

/* One that is optional goes, and the list with it. */
json_t *jwt_of(provider_t *p, const json_t *token, str_t alg)
{
    const json_t *header = json_object_get(token, "header");
    const json_t *key = json_object_get(token, "signing_key");
    str_t said = json_member(header, "alg");
    const json_t *lifetime_ms = json_object_get(token, "expires_in_ms");
    const json_t *lifetime_s = json_object_get(token, "lifetimeInSeconds");
    json_t *to = json_object();
    set_text(to, "alg", said.p ? said : alg);
    set_text(to, "key", translated_text(p, json_view(key ? key : json_object_get(token, "key"))));
    if (json_member(header, "kid").p) {
        set_text(to, "kid", translated_text(p, json_member(header, "kid")));
    }
    json_add_filled(to, "header", header_of(p, header));
    json_add_filled(to, "claims", translated_tree(p, json_object_get(token, "payload")));
    int64_t ms =
        lifetime_ms ? json_integer_value(lifetime_ms) : json_integer_value(lifetime_s) * SECOND_MS;
    if (ms > 0) {
        set_text(to, "lifetime", duration_in(p->arena, ms));
    }
    return to;
}

/* Members of the top of the answer have their names by themselves. */
void read_answer_metadata(provider_t *p)
{
    size_t at;
    json_t *name;
    json_array_foreach(provider_get(p, "token_response_metadata"), at, name)
    {
        str_t path = json_view(name);
        if (str_index(path, '.') != SIZE_MAX) {
            str_t own = name_plain_in(p->arena, path, NAME_BYTES_MAX);
            set_text(json_child(p->auth, "answer"), own.p,
                     compose_expression_in(p->arena,
                                           compose_path_in(p->arena, STR("response.body"), path)));
        }
    }
}
