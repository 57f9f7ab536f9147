/* SPDX-License-Identifier: MIT */
/* Times of Nango (`now`, `now:YYYY-MM-DD`, `now+7:days:X`; formats of day.js) as calls of now(). */
#include "base/buf.h"
#include "import/nango/provider.h"

enum { FORMAT_MAX = 256 };

static const struct {
    str_t token;
    const char *conversion;
} CONVERSIONS[] = {
    {STR_INIT("YYYY"), "%Y"},  {STR_INIT("YY"), "%y"},    {STR_INIT("MMMM"), "%B"},
    {STR_INIT("MMM"), "%b"},   {STR_INIT("MM"), "%m"},    {STR_INIT("DD"), "%d"},
    {STR_INIT("dddd"), "%A"},  {STR_INIT("ddd"), "%a"},   {STR_INIT("HH"), "%H"},
    {STR_INIT("hh"), "%I"},    {STR_INIT("mm"), "%M"},    {STR_INIT("ss"), "%S"},
    {STR_INIT("ZZ"), "+0000"}, {STR_INIT("Z"), "+00:00"}, {STR_INIT("A"), "%p"},
};

/* The token that stands at `at`; NULL: none. *length: its own. */
static const char *conversion_at(str_t format, size_t at, size_t *length)
{
    str_t rest = str_slice(format, at, format.n);
    for (size_t i = 0; i < sizeof CONVERSIONS / sizeof *CONVERSIONS; i++) {
        if (str_starts(rest, CONVERSIONS[i].token)) {
            *length = CONVERSIONS[i].token.n;
            return CONVERSIONS[i].conversion;
        }
    }
    return NULL;
}

/* Letters that are no token would be one to day.js; only T and those in [] are text. */
static bool convert(buf_t *to, str_t format)
{
    for (size_t at = 0; at < format.n;) {
        size_t length = 1;
        const char *conversion = conversion_at(format, at, &length);
        size_t end = format.p[at] == '[' ? str_find(format, STR("]"), at) : SIZE_MAX;
        if (end != SIZE_MAX) {
            buf_str(to, str_slice(format, at + 1, end));
            length = end + 1 - at;
        } else if (conversion) {
            buf_lit(to, conversion);
        } else if (ascii_is_alnum(format.p[at]) && format.p[at] != 'T') {
            return false;
        } else {
            buf_lit(to, format.p[at] == '%' ? "%" : "");
            buf_char(to, format.p[at]);
        }
        at += length;
    }
    return true;
}

static str_t format_of(provider_t *p, str_t format)
{
    if (format.n == 0 || str_is(format, "X") || str_is(format, "x")) {
        return str_of(format.n == 0 ? "iso" : format.p[0] == 'X' ? "unix" : "unix_ms");
    }
    buf_t to;
    buf_init(&to, FORMAT_MAX);
    str_t text = convert(&to, format) ? arena_str(p->arena, buf_view(&to)) : STR_NONE;
    buf_fini(&to);
    return text;
}

/* "+7:days" as "+7d". */
static str_t offset_of(provider_t *p, str_t count, str_t unit)
{
    uint64_t digits;
    char letter = str_starts(unit, STR("day"))      ? 'd'
                  : str_starts(unit, STR("hour"))   ? 'h'
                  : str_starts(unit, STR("minute")) ? 'm'
                  : str_starts(unit, STR("second")) ? 's'
                                                    : 0;
    bool good = letter && count.n > 1 && str_to_u64(str_slice(count, 1, count.n), &digits);
    return good ? arena_printf(p->arena, "%.*s%c", STR_ARG(count), letter) : STR_NONE;
}

str_t date_expression(provider_t *p, str_t rest)
{
    bool moved = rest.n && (rest.p[0] == '+' || rest.p[0] == '-');
    str_t offset = STR_NONE;
    if (moved) {
        str_t count = str_cut(&rest, ':');
        str_t unit = str_cut(&rest, ':');
        offset = offset_of(p, count, unit);
    } else {
        rest = str_slice(rest, rest.n > 0, rest.n);
    }
    str_t format = format_of(p, rest);
    if (!format.p || (moved && !offset.p)) {
        return STR_NONE;
    }
    return moved ? arena_printf(p->arena, "now(%.*s, '%.*s')", STR_ARG(compose_quoted_in(p->arena, format)),
                                STR_ARG(offset))
                 : arena_printf(p->arena, "now(%.*s)", STR_ARG(compose_quoted_in(p->arena, format)));
}
