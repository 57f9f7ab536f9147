/* SPDX-License-Identifier: MIT */
/* What a plain scalar would be to readers of JSON and of YAML's core schema. */
#include "codec/yaml.h"

static size_t digits_at(str_t s, size_t at)
{
    size_t i = at;
    while (i < s.n && ascii_is_digit(s.p[i])) {
        i++;
    }
    return i - at;
}

static bool is_char_at(str_t s, size_t at, const char *set)
{
    return at < s.n && s.p[at] != '\0' && strchr(set, s.p[at]);
}

static bool is_any_of(str_t s, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (str_is(s, words[i])) {
            return true;
        }
    }
    return false;
}

/* RFC 8259 6. */
static yaml_scalar_is_t json_number(str_t s)
{
    size_t at = is_char_at(s, 0, "-") ? 1 : 0;
    size_t digits = digits_at(s, at);
    if (digits == 0 || (digits > 1 && s.p[at] == '0')) {
        return YAML_IS_TEXT;
    }
    at += digits;
    if (at == s.n) {
        return YAML_IS_INT;
    }
    if (is_char_at(s, at, ".")) {
        digits = digits_at(s, at + 1);
        at += 1 + digits;
        if (digits == 0) {
            return YAML_IS_TEXT;
        }
    }
    if (is_char_at(s, at, "eE")) {
        at += is_char_at(s, at + 1, "+-") ? 2 : 1;
        digits = digits_at(s, at);
        at += digits;
        if (digits == 0) {
            return YAML_IS_TEXT;
        }
    }
    return at == s.n ? YAML_IS_NUMBER : YAML_IS_TEXT;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? of 10.3.2; decimal integers
 * are within. */
static bool is_core_float(str_t s)
{
    size_t at = is_char_at(s, 0, "+-") ? 1 : 0;
    size_t whole = digits_at(s, at);
    at += whole;
    if (is_char_at(s, at, ".")) {
        size_t fraction = digits_at(s, at + 1);
        whole += fraction;
        at += 1 + fraction;
    }
    if (whole == 0) {
        return false;
    }
    if (is_char_at(s, at, "eE")) {
        at += is_char_at(s, at + 1, "+-") ? 2 : 1;
        size_t digits = digits_at(s, at);
        at += digits;
        return digits > 0 && at == s.n;
    }
    return at == s.n;
}

static bool is_core_radix(str_t s)
{
    bool octal = str_starts(s, STR("0o"));
    if (s.n < 3 || !(octal || str_starts(s, STR("0x")))) {
        return false;
    }
    for (size_t i = 2; i < s.n; i++) {
        int digit = ascii_hex_value(s.p[i]);
        if (digit < 0 || (octal && digit > 7)) {
            return false;
        }
    }
    return true;
}

static bool is_core_word(str_t s)
{
    static const char *const words[] = {"~",     "Null", "NULL", "True", "TRUE", "False",
                                        "FALSE", ".nan", ".NaN", ".NAN", NULL};
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    str_t unsigned_part = is_char_at(s, 0, "+-") ? str_slice(s, 1, s.n) : s;
    return is_any_of(s, words) || is_any_of(unsigned_part, infinities);
}

yaml_scalar_is_t yaml_scalar_is(const yaml_node_t *scalar)
{
    static const char *const bools[] = {"true", "false", NULL};
    str_t s = scalar->text;
    if (!scalar->plain) {
        return YAML_IS_TEXT;
    }
    if (s.n == 0) {
        return YAML_IS_NOTHING;
    }
    if (str_is(s, "null")) {
        return YAML_IS_NULL;
    }
    if (is_any_of(s, bools)) {
        return YAML_IS_BOOL;
    }
    yaml_scalar_is_t number = json_number(s);
    if (number != YAML_IS_TEXT) {
        return number;
    }
    return is_core_float(s) || is_core_radix(s) || is_core_word(s) ? YAML_IS_ODD : YAML_IS_TEXT;
}
