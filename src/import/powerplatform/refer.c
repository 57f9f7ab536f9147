/* SPDX-License-Identifier: MIT */
#include "import/powerplatform/source.h"
#include "import/schema.h"

enum { HOPS_MAX = 20 };

const json_t *member_nocase(const json_t *object, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (str_eq_nocase(str_of(key), str_of(name))) {
            return value;
        }
    }
    return NULL;
}

bool is_true(const json_t *v)
{
    return schema_is_true(v);
}

const json_t *refer_to(const source_t *s, str_t reference)
{
    if (!str_starts(reference, STR("#/"))) {
        return NULL;
    }
    str_t rest = str_slice(reference, 2, reference.n);
    str_t group = str_cut(&rest, '/');
    json_t *members = json_object_getn(s->swagger, group.p, group.n);
    return rest.p ? json_object_getn(members, rest.p, rest.n) : NULL;
}

const json_t *refer(const source_t *s, const json_t *value)
{
    for (unsigned hops = 0; value && hops < HOPS_MAX; hops++) {
        str_t reference = json_member(value, "$ref");
        if (!reference.p) {
            return value;
        }
        value = refer_to(s, reference);
    }
    return NULL;
}
