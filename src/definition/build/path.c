/* SPDX-License-Identifier: MIT */
/* Action paths (FORMAT 7): `/…` without `? # *`, with variables `{field}` that do not touch. */
#include "definition/build/loader.h"

enum { PIECES_MAX = 2 * PATH_VARIABLES_MAX + 1 };

typedef struct path_reader {
    loader_t *l;
    action_t *action;
    spot_t at;
    str_t rest;
    path_piece_t pieces[PIECES_MAX];
    size_t count, variables;
} path_reader_t;

static bool refuse(const path_reader_t *r, const char *why)
{
    loader_fault(r->l, ERR_path_syntax, r->at, "%s", why);
    return false;
}

static bool check_characters(const path_reader_t *r)
{
    str_t path = r->action->path;
    if (!str_starts(path, STR("/"))) {
        return refuse(r, "a path begins with `/`; a whole URL stands in request.url");
    }
    if (str_find(path, STR("${"), 0) != SIZE_MAX) {
        return refuse(r, "a path holds no `${…}`: write {field} for an input, or use request.url");
    }
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= ' ' || c == 0x7f || strchr("?#*\\", c)) {
            return refuse(r, "a path holds no `?`, `#`, `*`, `\\` or blanks: query parameters are "
                             "inputs or stand in request.query");
        }
    }
    return true;
}

static bool is_repeated(const path_reader_t *r, str_t name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->pieces[i].field && str_eq(r->pieces[i].field->name, name)) {
            return true;
        }
    }
    return false;
}

static bool take_variable(path_reader_t *r, bool touches)
{
    size_t end = str_index(r->rest, '}');
    str_t name = str_slice(r->rest, 1, end);
    if (end == SIZE_MAX || name.n == 0 || str_index(name, '{') != SIZE_MAX) {
        return refuse(r, "a variable of a path is written {field}");
    }
    if (touches) {
        return refuse(r, "two variables of a path need text between them");
    }
    if (++r->variables > PATH_VARIABLES_MAX) {
        return refuse(r, "a path has at most 32 variables");
    }
    if (is_repeated(r, name)) {
        return refuse(r, "a variable stands twice in the path");
    }
    const field_t *field = fields_find(&r->action->input, name);
    if (!field) {
        loader_fault(r->l, ERR_path_variable, r->at,
                     "no input `%.*s`: a path variable is an input of that name", STR_ARG(name));
    }
    r->pieces[r->count++] = (path_piece_t){.text = field ? STR_NONE : name, .field = field};
    r->rest = str_slice(r->rest, end + 1, r->rest.n);
    return true;
}

static bool take_literal(path_reader_t *r)
{
    size_t end = str_index(r->rest, '{');
    str_t text = str_slice(r->rest, 0, end);
    if (str_index(text, '}') != SIZE_MAX) {
        return refuse(r, "`}` without `{` in a path");
    }
    r->pieces[r->count++] = (path_piece_t){.text = text};
    r->rest = str_slice(r->rest, text.n, r->rest.n);
    return true;
}

static bool take_pieces(path_reader_t *r)
{
    bool behind_variable = false;
    while (r->rest.n > 0) {
        bool variable = r->rest.p[0] == '{';
        if (variable ? !take_variable(r, behind_variable) : !take_literal(r)) {
            return false;
        }
        behind_variable = variable;
    }
    return true;
}

void build_path(loader_t *l, action_t *action, spot_t at)
{
    path_reader_t r = {.l = l, .action = action, .at = at, .rest = action->path};
    if (!action->path.p || !check_characters(&r) || !take_pieces(&r)) {
        return;
    }
    path_piece_t *pieces = arena_array_of(l->arena, path_piece_t, r.count);
    memcpy(pieces, r.pieces, r.count * sizeof *pieces);
    action->pieces = pieces;
    action->piece_count = r.count;
}
