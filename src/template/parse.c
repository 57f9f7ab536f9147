/* SPDX-License-Identifier: MIT */
#include "template/template_internal.h"

/* Between two expressions stands at most one piece of text; one row more is the expression too
 * many. */
enum { PARTS_MAX = 2 * TEMPLATE_EXPRESSIONS_MAX + 2 };

/* From `${` to behind `}`. */
static const expr_t *parse_braces(parser_t *p)
{
    p->at += 2;
    const expr_t *e = parse_expr(p);
    if (!e) {
        return NULL;
    }
    parse_skip_blanks(p);
    return parse_take(p, '}') ? e : parse_fail(p, "`}` is expected");
}

/* Text up to the next `${`, with `$${` undone, into the room that all texts of the template share.
 */
static str_t take_text(parser_t *p, char *room)
{
    size_t n = 0;
    while (p->at < p->text.n && !parse_comes(p, STR("${"))) {
        bool escaped = parse_comes(p, STR("$${"));
        if (escaped) {
            room[n++] = '$';
            p->at += 2;
        }
        room[n++] = p->text.p[p->at++];
    }
    return str_at(room, n);
}

/* Bytes may stand alone where they are a key; anywhere else they are wrapped. */
static bool check_bytes(parser_t *p, const template_part_t *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const expr_t *e = parts[i].expr;
        if (e && e->is_bytes && !(count == 1 && e->function->bytes_may_be_key)) {
            return parse_refuse_bytes(p, e);
        }
    }
    return true;
}

static bool parse_parts(parser_t *p, template_part_t *parts, size_t *count)
{
    char *room = arena_alloc(p->arena, p->text.n);
    unsigned expressions = 0;
    while (p->at < p->text.n) {
        template_part_t *part = &parts[*count];
        *part = (template_part_t){.expr = NULL};
        if (!parse_comes(p, STR("${"))) {
            part->text = take_text(p, room);
            room += part->text.n;
        } else if (++expressions > TEMPLATE_EXPRESSIONS_MAX) {
            return parse_fail(p, "more than %d `${…}` stand in one text", TEMPLATE_EXPRESSIONS_MAX);
        } else if (!(part->expr = parse_braces(p))) {
            return false;
        }
        (*count)++;
    }
    return check_bytes(p, parts, *count);
}

const template_t *template_parse_in(arena_t *arena, str_t text, unsigned line, unsigned column,
                                    err_t *err)
{
    text = arena_str(arena, text); /* names in references point into it */
    parser_t p = {.arena = arena, .text = text, .line = line, .column = column, .err = err};
    template_part_t parts[PARTS_MAX];
    size_t count = 0;
    bool has_template = str_find(text, STR("${"), 0) != SIZE_MAX;
    if (has_template && text.n > TEMPLATE_BYTES_MAX) {
        err_set_at(err, ERR_template_syntax, line, column,
                   "a text with `${…}` has at most %d bytes", TEMPLATE_BYTES_MAX);
        return NULL;
    }
    if (!parse_parts(&p, parts, &count)) {
        return NULL;
    }
    template_t *t = arena_new_of(arena, template_t);
    template_part_t *kept = arena_array_of(arena, template_part_t, count);
    memcpy(kept, parts, count * sizeof *kept);
    *t = (template_t){.source = text,
                      .parts = kept,
                      .count = count,
                      .line = line,
                      .column = column};
    return t;
}

bool template_is_constant(const template_t *t)
{
    return t->count == 0 || (t->count == 1 && !t->parts[0].expr);
}

str_t template_constant(const template_t *t)
{
    return t->count ? t->parts[0].text : STR("");
}
