/* SPDX-License-Identifier: MIT */
#include "definition/value/pattern_escape.h"

#include "base/utf8.h"

bool reader_refuse(reader_t *r, size_t at, const char *why)
{
    size_t place = str_code_points(str_slice(r->text, 0, at)) + 1;
    return err_set(r->err, ERR_pattern_invalid, "%s (character %zu of the pattern)", why, place);
}

bool reader_character(reader_t *r, atom_t *atom)
{
    *atom = (atom_t){.kind = ATOM_CHARACTER};
    r->at += utf8_decode(r->text.p + r->at, r->text.n - r->at, &atom->code_point);
    return true;
}

/* Letters behind a backslash that stand for one character. */
static const struct {
    char letter;
    char stands_for;
} controls[] = {{'t', '\t'}, {'n', '\n'}, {'v', '\v'}, {'f', '\f'}, {'r', '\r'}};

/* Those that PCRE2 and others know, and what to write instead. */
static const struct {
    char letter;
    const char *why;
} strangers[] = {
    {'A', "`\\A` is not ECMA-262; write ^"},
    {'Z', "`\\Z` is not ECMA-262; write $"},
    {'z', "`\\z` is not ECMA-262; write $"},
    {'G', "`\\G` is not ECMA-262"},
    {'K', "`\\K` is not ECMA-262"},
    {'R', "`\\R` is not ECMA-262; write (?:\\r\\n|\\n|\\r)"},
    {'h', "`\\h` is not ECMA-262; write [ \\t]"},
    {'H', "`\\H` is not ECMA-262; write [^ \\t]"},
    {'N', "`\\N` is not ECMA-262; write ."},
    {'V', "`\\V` is not ECMA-262"},
    {'X', "`\\X` is not ECMA-262"},
    {'C', "`\\C` is not ECMA-262"},
    {'Q', "`\\Q` is not ECMA-262; escape each character"},
    {'E', "`\\E` is not ECMA-262; escape each character"},
    {'g', "`\\g`: back-references are not supported"},
    {'k', "`\\k`: back-references are not supported"},
    {'a', "`\\a` is not ECMA-262; write \\x07"},
    {'e', "`\\e` is not ECMA-262; write \\x1b"},
};

static bool character(atom_t *atom, uint32_t code_point)
{
    *atom = (atom_t){.kind = ATOM_CHARACTER, .code_point = code_point};
    return true;
}

static bool as_it_is(atom_t *atom, atom_kind_t kind, str_t text)
{
    *atom = (atom_t){.kind = kind, .text = text};
    return true;
}

/* Takes `digits` hexadecimal digits, or none. */
static bool take_hex(reader_t *r, size_t digits, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = ascii_hex_value(reader_peek(r, i));
        if (digit < 0) {
            return false;
        }
        *value = *value << 4 | (uint32_t)digit;
    }
    r->at += digits;
    return true;
}

/* `{X…}` */
static bool take_braced_hex(reader_t *r, uint32_t *value)
{
    size_t digits = 0;
    while (ascii_hex_value(reader_peek(r, 1 + digits)) >= 0) {
        digits++;
    }
    if (digits == 0 || digits > 6 || reader_peek(r, 1 + digits) != '}') {
        return false;
    }
    r->at++;
    bool taken = take_hex(r, digits, value);
    r->at++;
    return taken;
}

/* The second half of a surrogate pair, where there is one. */
static void take_low_surrogate(reader_t *r, uint32_t *value)
{
    uint32_t low;
    if (*value < 0xd800 || *value > 0xdbff || reader_peek(r, 0) != '\\' ||
        reader_peek(r, 1) != 'u') {
        return;
    }
    size_t from = r->at;
    r->at += 2;
    if (take_hex(r, 4, &low) && low >= 0xdc00 && low <= 0xdfff) {
        *value = 0x10000 + ((*value - 0xd800) << 10) + (low - 0xdc00);
    } else {
        r->at = from;
    }
}

/* Behind `\u`. */
static bool unicode_escape(reader_t *r, atom_t *atom)
{
    size_t from = r->at;
    uint32_t value;
    bool taken = reader_peek(r, 0) == '{' ? take_braced_hex(r, &value) : take_hex(r, 4, &value);
    if (!taken) {
        return reader_refuse(r, from, "`\\u` needs four hexadecimal digits or {…}");
    }
    take_low_surrogate(r, &value);
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return reader_refuse(r, from, "`\\u` names no character");
    }
    return character(atom, value);
}

static bool hex_escape(reader_t *r, atom_t *atom)
{
    uint32_t value;
    return take_hex(r, 2, &value) ? character(atom, value)
                                  : reader_refuse(r, r->at, "`\\x` needs two hexadecimal digits");
}

static bool control_escape(reader_t *r, atom_t *atom)
{
    char c = ascii_lower(reader_peek(r, 0));
    if (c < 'a' || c > 'z') {
        return reader_refuse(r, r->at, "`\\c` needs a letter");
    }
    r->at++;
    return character(atom, (uint32_t)(c - 'a' + 1));
}

/* `\p{Name}`, `\p{Name=Value}`; r stands behind the letter. */
static bool property_escape(reader_t *r, size_t from, atom_t *atom)
{
    size_t i = 1;
    while (ascii_is_alnum(reader_peek(r, i)) || reader_peek(r, i) == '_' ||
           reader_peek(r, i) == '=') {
        i++;
    }
    if (reader_peek(r, 0) != '{' || i == 1 || reader_peek(r, i) != '}') {
        return reader_refuse(r, from, "`\\p` needs the name of a property in braces");
    }
    r->at += i + 1;
    return as_it_is(atom, ATOM_SET, str_slice(r->text, from, r->at));
}

static bool digit_escape(reader_t *r, size_t from, atom_t *atom)
{
    if (r->text.p[from + 1] != '0') {
        return reader_refuse(r, from, "back-references such as `\\1` are not supported");
    }
    if (ascii_is_digit(reader_peek(r, 0))) {
        return reader_refuse(r, from, "an octal escape is not ECMA-262; write \\x..");
    }
    return character(atom, 0);
}

static bool letter_escape(reader_t *r, size_t from, char c, atom_t *atom)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (controls[i].letter == c) {
            return character(atom, (uint32_t)controls[i].stands_for);
        }
    }
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        if (strangers[i].letter == c) {
            return reader_refuse(r, from, strangers[i].why);
        }
    }
    return reader_refuse(r, from, "an escape that ECMA-262 does not have");
}

/* A letter's escape; r stands behind the letter c, from is the place of the backslash. */
static bool escaped_letter(reader_t *r, size_t from, char c, bool in_class, atom_t *atom)
{
    str_t whole = str_slice(r->text, from, r->at);
    switch (c) {
    case 'b':
        return in_class ? character(atom, '\b') : as_it_is(atom, ATOM_ASSERTION, whole);
    case 'B':
        return as_it_is(atom, ATOM_ASSERTION, whole);
    case 'x':
        return hex_escape(r, atom);
    case 'u':
        return unicode_escape(r, atom);
    case 'c':
        return control_escape(r, atom);
    case 'p':
    case 'P':
        return property_escape(r, from, atom);
    default:
        return strchr("dDwWsS", c) ? as_it_is(atom, ATOM_SET, whole)
                                   : letter_escape(r, from, c, atom);
    }
}

bool reader_escape(reader_t *r, bool in_class, atom_t *atom)
{
    size_t from = r->at++;
    if (r->at >= r->text.n) {
        return reader_refuse(r, from, "a backslash at the end");
    }
    char c = r->text.p[r->at];
    if (!ascii_is_alnum(c)) {
        return reader_character(r, atom); /* itself */
    }
    r->at++;
    return ascii_is_digit(c) ? digit_escape(r, from, atom)
                             : escaped_letter(r, from, c, in_class, atom);
}
