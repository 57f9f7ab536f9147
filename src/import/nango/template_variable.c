/* SPDX-License-Identifier: MIT */
/* What stands within `${…}` of Nango: a variable, a function, a date. */
#include "import/nango/template.h"

#include "codec/json.h"

/* --- functions --- */

/* %s: the arguments, the last first where two are taken. */
static const struct {
    const char *name;
    bool takes_key; /* (text, key) */
    const char *before, *behind;
} FUNCTIONS[] = {
    {"base64", false, "base64(", ")"},
    {"sha256Hex", false, "hex(sha256(", "))"},
    {"sha256Base64", false, "base64(sha256(", "))"},
    {"hmacSha1Hex", true, "hex(hmac_sha1(", "))"},
    {"ed25519Sign", true, "base64(sign('EdDSA', ", "))"},
    {"fingerprint", false, "concat('SHA256:', key_fingerprint(", ", 'base64'))"},
};

/* The last comma outside of `${…}`; SIZE_MAX: none. */
static size_t last_comma(str_t s)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '$' && i + 1 < s.n && s.p[i + 1] == '{') {
            i = behind_variable(s, i) - 1;
        } else if (s.p[i] == ',') {
            found = i;
        }
    }
    return found;
}

static str_t call_with_key(provider_t *p, size_t row, str_t arguments, unsigned depth)
{
    size_t comma = last_comma(arguments);
    if (comma == SIZE_MAX) {
        return STR_NONE;
    }
    str_t text = nested_expression(p, str_slice(arguments, 0, comma), depth);
    str_t key = nested_expression(p, str_trim(str_slice(arguments, comma + 1, arguments.n)), depth);
    return text.p && key.p ? arena_printf(p->arena, "%s%.*s, %.*s%s", FUNCTIONS[row].before,
                                          STR_ARG(key), STR_ARG(text), FUNCTIONS[row].behind)
                           : STR_NONE;
}

static str_t call_expression(provider_t *p, str_t name, str_t arguments, unsigned depth)
{
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        if (!str_is(name, FUNCTIONS[i].name)) {
            continue;
        }
        if (FUNCTIONS[i].takes_key) {
            return call_with_key(p, i, arguments, depth);
        }
        str_t text = nested_expression(p, arguments, depth);
        return text.p ? arena_printf(p->arena, "%s%.*s%s", FUNCTIONS[i].before, STR_ARG(text),
                                     FUNCTIONS[i].behind)
                      : STR_NONE;
    }
    return STR_NONE;
}

/* --- variables --- */

str_t variable_expression(provider_t *p, str_t name, unsigned depth)
{
    size_t open = str_index(name, '(');
    const json_t *known = json_object_getn(p->known, name.p, name.n);
    if (known) {
        return arena_str(p->arena, json_view(known));
    }
    if (open != SIZE_MAX && str_ends(name, STR(")"))) {
        return call_expression(p, str_slice(name, 0, open), str_slice(name, open + 1, name.n - 1),
                               depth);
    }
    if (str_starts(name, STR("now"))) {
        return date_expression(p, str_slice(name, 3, name.n));
    }
    return STR_NONE;
}
