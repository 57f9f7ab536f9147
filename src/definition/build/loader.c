/* SPDX-License-Identifier: MIT */
/* How the loader reports, and what more than one check goes through. */
#include "definition/build/loader.h"

#include <stdarg.h>
#include <stdio.h>

/* --- diagnostics --- */

static void report(loader_t *l, diagnostic_level_t level, err_code_t code, spot_t at,
                   const char *format, va_list args) __attribute__((format(printf, 5, 0)));
static void report(loader_t *l, diagnostic_level_t level, err_code_t code, spot_t at,
                   const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    diagnostics_add(l->d, level, code, at.line, at.column, "%s", text);
}

void loader_fault(loader_t *l, err_code_t code, spot_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(l, LEVEL_R, code, at, format, args);
    va_end(args);
}

void loader_advise(loader_t *l, err_code_t code, spot_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(l, LEVEL_W, code, at, format, args);
    va_end(args);
}

/* --- walks --- */

void loader_each_grant(loader_t *l, void (*on_grant)(loader_t *l, const grant_site_t *site))
{
    for (size_t i = 0; i < l->c->auth_count; i++) {
        const auth_t *auth = &l->c->auths[i];
        const yaml_node_t *node = auth_node(l, auth);
        auth_type_t type;
        if (node && auth_type_of(member_text(node, "type"), &type)) {
            on_grant(l, &(grant_site_t){.node = node, .grant = &auth->grant, .auth = auth});
        }
    }
    for (size_t i = 0; i < l->c->action_count; i++) {
        const action_t *action = &l->c->actions[i];
        const yaml_node_t *node = node_map(yaml_get(action_node(l, action), "token"));
        auth_type_t type;
        if (node && action->grant && auth_type_of(member_text(node, "type"), &type)) {
            on_grant(l, &(grant_site_t){.node = node, .grant = action->grant, .action = action});
        }
    }
}

typedef void on_field_t(loader_t *l, const field_t *field, const yaml_node_t *node,
                        const action_t *action);

static void each_of(loader_t *l, const fields_t *fields, const yaml_node_t *map,
                    const action_t *action, on_field_t *on_field)
{
    for (size_t i = 0; i < fields->count && i < node_count(node_map(map)); i++) {
        if (node_map(map->pairs[i].value)) {
            on_field(l, &fields->list[i], map->pairs[i].value, action);
        }
    }
}

void loader_each_field(loader_t *l, on_field_t *on_field)
{
    const yaml_node_t *connection = yaml_get(l->root, "connection");
    each_of(l, &l->c->parameters, yaml_get(connection, "parameters"), NULL, on_field);
    for (size_t i = 0; i < l->c->auth_count; i++) {
        const auth_t *auth = &l->c->auths[i];
        each_of(l, &auth->parameters, yaml_get(auth_node(l, auth), "parameters"), NULL, on_field);
    }
    for (size_t i = 0; i < l->c->action_count; i++) {
        const action_t *action = &l->c->actions[i];
        each_of(l, &action->input, yaml_get(action_node(l, action), "input"), action, on_field);
    }
}

/* --- suggestions --- */

bool loader_is_full(const loader_t *l)
{
    return l->d->count == l->d->most;
}

const char *loader_suggest(loader_t *l, str_t name, const str_t *names, size_t count)
{
    str_t nearest = loader_is_full(l) ? STR_NONE : nearest_name(name, names, count);
    return nearest.p ? arena_printf(l->scratch, "; did you mean `%.*s`?", STR_ARG(nearest)).p : "";
}

const char *loader_suggest_field(loader_t *l, str_t name, const fields_t *fields)
{
    size_t count = loader_is_full(l) ? 0 : fields->count;
    str_t *names = arena_array_of(l->scratch, str_t, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = fields->list[i].name;
    }
    return loader_suggest(l, name, names, count);
}

const char *loader_suggest_action(loader_t *l, str_t name)
{
    size_t count = loader_is_full(l) ? 0 : l->c->action_count;
    str_t *names = arena_array_of(l->scratch, str_t, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = l->c->actions[i].name;
    }
    return loader_suggest(l, name, names, count);
}
