/* SPDX-License-Identifier: MIT */
/* What a package says beside its document: its colour, and what a connection asks for. */
#include "openapi/powerplatform/rules/checking.h"

#define PARAMETERS_RULE "connector-validate-connectionparameters"

/* --- the colour --- */

static void check_color(checking_t *c, const spot_t *properties, str_t color)
{
    const spot_t at = spot_at(properties, "iconBrandColor");
    if (!color.n) {
        advise(c, &at, "connector-validate-brandcolor",
               "a colour is not told: write `brand_color`");
    } else if (str_eq_nocase(color, STR("#ffffff")) || str_eq_nocase(color, STR("#007ee5"))) {
        advise(
            c, &at, "connector-validate-brandcolor",
            "white and #007ee5 are no colours of a connector's own: write another `brand_color`");
    }
}

/* --- what a connection asks for --- */

/* token:Name is asked before one signs in. */
static bool is_name(str_t name)
{
    str_t plain = str_starts(name, STR("token:")) ? str_slice(name, 6, name.n) : name;
    for (size_t i = 0; i < plain.n; i++) {
        if (!ascii_is_alnum(plain.p[i]) && plain.p[i] != '_') {
            return false;
        }
    }
    return plain.n > 0;
}

static void check_parameter(checking_t *c, const spot_t *at, str_t name, const json_t *parameter)
{
    if (!is_name(name)) {
        refuse(c, at, PARAMETERS_RULE, "`%.*s`: a parameter has letters, digits and `_` alone",
               STR_ARG(name));
    }
    bool asked = !str_is(json_member(parameter, "type"), "oauthSetting");
    if (asked && !json_member(json_object_get(parameter, "uiDefinition"), "description").n) {
        advise(c, at, PARAMETERS_RULE, "`%.*s` has no `description`", STR_ARG(name));
    }
}

static void check_all(checking_t *c, const spot_t *at, const json_t *parameters)
{
    const char *name;
    json_t *parameter;
    json_object_foreach((json_t *)(uintptr_t)parameters, name, parameter)
    {
        const spot_t spot = spot_at(at, name);
        check_parameter(c, &spot, str_of(name), parameter);
    }
}

static void check_sets(checking_t *c, const spot_t *properties, const json_t *sets)
{
    const spot_t all = spot_at(properties, "connectionParameterSets");
    size_t i;
    json_t *set;
    json_array_foreach(json_object_get(sets, "values"), i, set)
    {
        check_all(c, &all, json_object_get(set, "parameters"));
    }
}

void rules_check_properties(const json_t *properties, json_t *breaches)
{
    checking_t c = {.document = properties, .breaches = breaches};
    const spot_t all = spot_at(NULL, "properties"), one = spot_at(&all, "connectionParameters");
    check_color(&c, &all, json_member(properties, "iconBrandColor"));
    check_all(&c, &one, json_object_get(properties, "connectionParameters"));
    check_sets(&c, &all, json_object_get(properties, "connectionParameterSets"));
}
