/* SPDX-License-Identifier: MIT */
#include "definition/value/pattern_dialect.h"

#include "base/utf8.h"
#include "definition/value/pattern_escape.h"

/* What `(?` and `(*` may open, the longest spelling first. why NULL: the group is accepted. */
static const struct {
    const char *opening;
    const char *why;
} groups[] = {
    {"(?:", NULL},
    {"(?=", "look-ahead `(?=` is not supported"},
    {"(?!", "look-ahead `(?!` is not supported"},
    {"(?<=", "look-behind `(?<=` is not supported"},
    {"(?<!", "look-behind `(?<!` is not supported"},
    {"(?<", NULL},
    {"(?>", "the atomic group `(?>` is not ECMA-262"},
    {"(?|", "the branch reset `(?|` is not ECMA-262"},
    {"(?#", "the comment `(?#` is not ECMA-262"},
    {"(?(", "the condition `(?(` is not ECMA-262"},
    {"(?P", "`(?P` is not ECMA-262; a name is written `(?<name>`"},
    {"(?&", "the recursion `(?&` is not ECMA-262"},
    {"(?R", "the recursion `(?R` is not ECMA-262"},
    {"(?", "inline flags such as `(?i)` are not supported"},
    {"(*", "a verb `(*` is not ECMA-262"},
};

static bool skip_group_name(reader_t *r)
{
    size_t from = r->at;
    while (ascii_is_alnum(reader_peek(r, 0)) || reader_peek(r, 0) == '_' ||
           reader_peek(r, 0) == '$') {
        r->at++;
    }
    if (r->at == from || ascii_is_digit(r->text.p[from]) || reader_peek(r, 0) != '>') {
        return reader_refuse(r, from, "a group's name must be letters and digits before `>`");
    }
    r->at++;
    return true;
}

static bool open_group(reader_t *r)
{
    str_t rest = str_slice(r->text, r->at, r->text.n);
    r->depth++;
    r->repeatable = false;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        str_t opening = str_of(groups[i].opening);
        if (!str_starts(rest, opening)) {
            continue;
        }
        if (groups[i].why) {
            return reader_refuse(r, r->at, groups[i].why);
        }
        r->at += opening.n;
        buf_lit(r->to, "(?:");
        return str_is(opening, "(?:") || skip_group_name(r);
    }
    r->at++;
    buf_lit(r->to, "(?:");
    return true;
}

static bool close_group(reader_t *r)
{
    if (r->depth == 0) {
        return reader_refuse(r, r->at, "`)` without `(`");
    }
    r->depth--;
    r->at++;
    r->repeatable = true;
    buf_char(r->to, ')');
    return true;
}

/* Length of `{n}`, `{n,}` or `{n,m}` at the reader's place; 0: the brace is a character. */
static size_t counted_length(const reader_t *r)
{
    size_t i = 1;
    size_t digits = 0;
    for (; ascii_is_digit(reader_peek(r, i)); i++) {
        digits++;
    }
    if (digits > 0 && reader_peek(r, i) == ',') {
        for (i++; ascii_is_digit(reader_peek(r, i)); i++) {
        }
    }
    return digits > 0 && reader_peek(r, i) == '}' ? i + 1 : 0;
}

static bool quantifier(reader_t *r, size_t length)
{
    if (!r->repeatable) {
        bool possessive = r->quantified && reader_peek(r, 0) == '+';
        return reader_refuse(r, r->at,
                             possessive ? "a possessive quantifier is not ECMA-262"
                                        : "a quantifier without anything to repeat");
    }
    length += reader_peek(r, length) == '?'; /* lazy */
    buf_str(r->to, str_slice(r->text, r->at, r->at + length));
    r->at += length;
    r->repeatable = false;
    r->quantified = true;
    return true;
}

/* --- [classes] --- */

/* `[:alpha:]`: to ECMA-262 a class of six characters, which nobody means. */
static bool is_posix_class(const reader_t *r)
{
    if (reader_peek(r, 0) != '[' || reader_peek(r, 1) != ':') {
        return false;
    }
    size_t i = 2;
    while (ascii_is_alnum(reader_peek(r, i)) || reader_peek(r, i) == '^') {
        i++;
    }
    return reader_peek(r, i) == ':' && reader_peek(r, i + 1) == ']';
}

static bool refuse_posix_class(reader_t *r)
{
    return reader_refuse(r, r->at, "a POSIX class such as `[:alpha:]` is not ECMA-262");
}

static bool class_atom(reader_t *r, atom_t *atom)
{
    if (is_posix_class(r)) {
        return refuse_posix_class(r);
    }
    if (reader_peek(r, 0) != '\\') {
        return reader_character(r, atom);
    }
    size_t from = r->at;
    if (!reader_escape(r, true, atom)) {
        return false;
    }
    return atom->kind != ATOM_ASSERTION || reader_refuse(r, from, "`\\B` in a class");
}

static void write_atom(buf_t *to, const atom_t *atom)
{
    if (atom->kind == ATOM_CHARACTER) {
        buf_printf(to, "\\x{%x}", (unsigned)atom->code_point);
    } else {
        buf_str(to, atom->text);
    }
}

/* One character, set or range. Beside a set the hyphen is a character (ECMA-262 B.1.2). */
static bool class_item(reader_t *r)
{
    atom_t first = {.kind = ATOM_CHARACTER};
    atom_t last = first;
    size_t from = r->at;
    if (!class_atom(r, &first)) {
        return false;
    }
    write_atom(r->to, &first);
    if (reader_peek(r, 0) != '-' || reader_peek(r, 1) == ']' || r->at + 1 >= r->text.n) {
        return true;
    }
    r->at++;
    if (!class_atom(r, &last)) {
        return false;
    }
    bool range = first.kind == ATOM_CHARACTER && last.kind == ATOM_CHARACTER;
    if (range && first.code_point > last.code_point) {
        return reader_refuse(r, from, "a range whose ends are the wrong way round");
    }
    buf_lit(r->to, range ? "-" : "\\-");
    write_atom(r->to, &last);
    return true;
}

static bool class(reader_t *r)
{
    if (is_posix_class(r)) {
        return refuse_posix_class(r);
    }
    size_t from = r->at++;
    buf_char(r->to, '[');
    if (reader_peek(r, 0) == '^') {
        buf_char(r->to, '^');
        r->at++;
    }
    while (r->at < r->text.n && r->text.p[r->at] != ']') {
        if (!class_item(r)) {
            return false;
        }
    }
    if (r->at >= r->text.n) {
        return reader_refuse(r, from, "`[` without `]`");
    }
    r->at++;
    r->repeatable = true;
    buf_char(r->to, ']');
    return true;
}

/* --- the whole --- */

static bool atom_outside(reader_t *r)
{
    atom_t atom = {.kind = ATOM_CHARACTER};
    bool read =
        reader_peek(r, 0) == '\\' ? reader_escape(r, false, &atom) : reader_character(r, &atom);
    if (!read) {
        return false;
    }
    if (atom.kind == ATOM_CHARACTER && atom.code_point < 0x80 &&
        ascii_is_alnum((char)atom.code_point)) {
        buf_char(r->to, (char)atom.code_point);
    } else {
        write_atom(r->to, &atom);
    }
    r->repeatable = atom.kind != ATOM_ASSERTION;
    return true;
}

/* What is copied or rewritten without a look at what follows. */
static bool plain(reader_t *r, const char *as, bool repeatable)
{
    r->at++;
    r->repeatable = repeatable;
    buf_lit(r->to, as);
    return true;
}

static bool term(reader_t *r)
{
    size_t counted;
    switch (reader_peek(r, 0)) {
    case '(':
        return open_group(r);
    case ')':
        return close_group(r);
    case '[':
        return class(r);
    case '*':
    case '+':
    case '?':
        return quantifier(r, 1);
    case '{':
        counted = counted_length(r);
        return counted ? quantifier(r, counted) : atom_outside(r);
    case '.':
        /* All but ECMA-262's LineTerminator, which is more than PCRE2's newline. */
        return plain(r, "[^\\n\\r\\x{2028}\\x{2029}]", true);
    case '^':
        return plain(r, "^", false);
    case '$':
        return plain(r, "$", false);
    case '|':
        return plain(r, "|", false);
    default:
        return atom_outside(r);
    }
}

bool dialect_translate(buf_t *to, str_t text, err_t *err)
{
    reader_t r = {.text = text, .to = to, .err = err};
    if (!str_is_utf8(text)) {
        return err_set(err, ERR_pattern_invalid, "the pattern is not UTF-8");
    }
    while (r.at < text.n) {
        bool behind = r.quantified;
        if (!term(&r)) {
            return false;
        }
        /* Only what stands right behind a quantifier can be meant as its possessive sign. */
        r.quantified = r.quantified && !behind;
    }
    return r.depth == 0 || reader_refuse(&r, text.n, "`(` without `)`");
}
