/* SPDX-License-Identifier: MIT */
/* Paths, and their operations. */
#include "openapi/powerplatform/rules/checking.h"

enum { OPERATIONS_MAX = 256, PATH_MAX_BYTES = 64 * 1024 };

static const char *const METHODS[] = {"get", "head", "post", "put", "patch", "delete", "options"};

/* --- a path --- */

/* Variables stand within one segment, each closed. */
static bool is_balanced(str_t path)
{
    bool open = false;
    for (size_t i = 0; i < path.n; i++) {
        bool wrong =
            (path.p[i] == '{' && open) || (path.p[i] == '}' && !open) || (path.p[i] == '/' && open);
        if (wrong) {
            return false;
        }
        open = path.p[i] == '{' || (open && path.p[i] != '}');
    }
    return !open;
}

static bool has_default(str_t path)
{
    bool open = false;
    for (size_t i = 0; i < path.n; i++) {
        open = path.p[i] == '{' || (open && path.p[i] != '}');
        if (open && path.p[i] == '=') {
            return true;
        }
    }
    return false;
}

static void check_path(checking_t *c, const spot_t *at, str_t path)
{
    if (!str_starts(path, STR("/"))) {
        refuse(c, at, "OperationPathMustStartWithSlash", "a path begins with `/`");
    }
    if (str_index(path, '?') != SIZE_MAX || str_index(path, '#') != SIZE_MAX) {
        refuse(c, at, "OperationPathMayNotContainQueryOrFragment",
               "a query stands in `request.url`, or is input");
    }
    if (str_index(path, '*') != SIZE_MAX) {
        refuse(c, at, "OperationPathContainsUnsupportedCharacters", "`*` may not stand in a path");
    }
    if (!is_balanced(path)) {
        refuse(c, at, "OperationPathTemplateNotValid", "a variable stands within one segment");
    }
    if (has_default(path)) {
        refuse(c, at, "OperationPathVariablesContainDefaults", "a variable has no default there");
    }
}

/* In lower case, its variables without names. */
static void write_shape(buf_t *to, str_t path)
{
    bool within = false;
    for (size_t i = 0; i < path.n; i++) {
        within = within && path.p[i] != '}';
        if (!within) {
            buf_char(to, ascii_lower(path.p[i]));
        }
        within = within || path.p[i] == '{';
    }
}

static void check_shape(checking_t *c, const spot_t *at, map_t *shapes, str_t path)
{
    buf_t shape;
    buf_init(&shape, PATH_MAX_BYTES);
    write_shape(&shape, path);
    const char *other = map_get(shapes, buf_view(&shape));
    if (other) {
        refuse(c, at, "DuplicateOperationPath", "%s differs in case or in names of variables only",
               other);
    } else {
        map_set(shapes, buf_view(&shape), (void *)(uintptr_t)path.p);
    }
    buf_fini(&shape);
}

/* --- all of them --- */

static void check_item(checking_t *c, const spot_t *at, const json_t *item)
{
    if (json_object_get(item, "$ref")) {
        refuse(c, at, "PathItemRefNotSupported", "a path cannot be a reference");
    }
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        const json_t *operation = json_object_get(item, METHODS[i]);
        const spot_t spot = spot_at(at, METHODS[i]);
        if (json_is_object(operation)) {
            c->count++;
            check_operation(c, &spot, item, operation, i < 2);
        }
    }
}

void check_paths(checking_t *c)
{
    const spot_t all = spot_at(NULL, "paths");
    const char *path;
    json_t *item;
    map_t *shapes = map_new();
    json_object_foreach(json_object_get(c->document, "paths"), path, item)
    {
        const spot_t at = spot_at(&all, path);
        check_path(c, &at, str_of(path));
        check_shape(c, &at, shapes, str_of(path));
        check_item(c, &at, item);
    }
    map_free(shapes);
    if (c->count > OPERATIONS_MAX) {
        advise(c, &all, "TotalOperationsCountExceedsMaxAllowed",
               "%zu operations: published connectors have up to 219; split it", c->count);
    }
}
