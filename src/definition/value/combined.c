/* SPDX-License-Identifier: MIT */
#include "codec/json.h"
#include "definition/value/check_internal.h"

static bool fits(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                 const json_t *value)
{
    value_check_t trial = {.nesting = c->nesting};
    value_schema(&trial, spot, schema, value);
    return value_spend(c, spot, trial.work) && !trial.failed;
}

static size_t count_fitting(value_check_t *c, const value_spot_t *spot, const schema_t *const *list,
                            size_t count, const json_t *value, size_t enough)
{
    size_t fitting = 0;
    for (size_t i = 0; i < count && fitting < enough; i++) {
        fitting += fits(c, spot, list[i], value);
        if (value_is_over(c)) {
            return enough;
        }
    }
    return fitting;
}

/* The alternative that the discriminator's value names (OpenAPI 3.0, Discriminator Object). */
static const schema_t *named_alternative(const schema_t *schema, const schema_t *const *list,
                                         size_t count, const json_t *value)
{
    str_t name =
        schema->discriminator.p
            ? json_view(json_object_getn(value, schema->discriminator.p, schema->discriminator.n))
            : STR_NONE;
    for (size_t i = 0; name.p && i < count; i++) {
        if (str_eq(list[i]->ref_name, name)) {
            return list[i];
        }
    }
    return NULL;
}

static void check_alternatives(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                               const schema_t *const *list, size_t count, bool only_one,
                               const json_t *value)
{
    const schema_t *named = count == 1 ? list[0] : named_alternative(schema, list, count, value);
    if (named) {
        value_schema(c, spot, named, value);
        return;
    }
    size_t fitting = count > 0 ? count_fitting(c, spot, list, count, value, only_one ? 2 : 1) : 1;
    if (fitting == 0) {
        value_fault(c, spot, ERR_param_value, "fits none of the %zu alternatives", count);
    } else if (fitting > 1) {
        value_fault(c, spot, ERR_param_value, "fits more than one of the %zu alternatives", count);
    }
}

void value_combined(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                    const json_t *value)
{
    for (size_t i = 0; i < schema->all_of_count; i++) {
        value_schema(c, spot, schema->all_of[i], value);
    }
    check_alternatives(c, spot, schema, schema->any_of, schema->any_of_count, false, value);
    check_alternatives(c, spot, schema, schema->one_of, schema->one_of_count, true, value);
}
