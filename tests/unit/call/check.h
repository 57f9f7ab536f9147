/* SPDX-License-Identifier: MIT */
/* What the tests of bind and build share: a definition as text, a connection of it, and calls of
 * its actions. */
#ifndef TENON_TESTS_UNIT_CALL_CHECK_H
#define TENON_TESTS_UNIT_CALL_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "call/build.h"
#include "codec/json.h"
#include "connection/record.h"
#include "definition/catalogue/load.h"

/* Rows leave out what a call does not have. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
/* 2026-11-22T03:31:07.089Z, a Sunday */
#define WALL_MS INT64_C(1795318267089)

static inline json_t *read_json(const char *text)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(text), NULL, &err);
    if (!value) {
        fail_msg("%s: %s", err.text, text);
    }
    return value;
}

static inline connector_t *load_path(const char *path)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    connector_t *connector = definition_load_file(path, NULL, &d, NULL, NULL);
    for (unsigned i = 0; !connector && i < d.count; i++) {
        if (d.list[i].level != LEVEL_W) {
            print_error("%s:%u:%u: %s: %s\n", path, d.list[i].line, d.list[i].column,
                        err_code_name(d.list[i].code), d.list[i].text);
        }
    }
    arena_free(arena);
    assert_non_null(connector);
    return connector;
}

/* tests/cases/call/NAME.yaml */
static inline connector_t *load_case(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/cases/call/%s.yaml", TENON_SOURCE_DIR, name);
    return load_path(path);
}

/* values: name -> value, secrets among them. auth NULL: the first. */
static inline connection_t *connection_of(const connector_t *connector, const char *auth,
                                          const json_t *values)
{
    connection_record_t *r = connection_record_new(STR("test"));
    json_decref(r->plain);
    r->plain = json_pack("{s:s#,s:s,s:O}", "connector", connector->id.p, (int)connector->id.n,
                         "auth", auth ? auth : "", "parameters", values ? values : json_null());
    connection_t *c = connection_resolve(r, connector, NULL);
    connection_record_free(r);
    return c;
}

/* A case, a connection of it, and what a request of it is built with. */
typedef struct world {
    arena_t *arena;
    connector_t *connector;
    connection_t *connection;
    build_t build;
} world_t;

static inline world_t world_of(const char *name, const char *auth, const char *parameters)
{
    world_t w = {.arena = arena_new(0), .connector = load_case(name)};
    json_t *values = read_json(parameters);
    w.connection = connection_of(w.connector, auth, values);
    json_decref(values);
    if (w.connection->state != CONNECTION_READY) {
        fail_msg("%s", w.connection->why.text);
    }
    w.build = (build_t){.arena = w.arena, .connection = w.connection, .wall_ms = WALL_MS};
    return w;
}

static inline void world_end(world_t *w)
{
    json_decref(w->build.steps);
    if (w->build.token) {
        token_unref((token_t *)(uintptr_t)w->build.token);
    }
    connection_unref(w->connection);
    connector_unref(w->connector);
    arena_free(w->arena);
}

/* A call as it comes over the wire. */
typedef struct wire {
    const char *target; /* "POST /path?query" */
    const char *type;   /* Content-Type; NULL: none */
    const char *body;   /* NULL: none */
    size_t body_bytes;  /* 0: up to its NUL */
    const char *headers[4][2];
    const char *encoding;
} wire_t;

static inline str_t cut_target(str_t *rest, char at)
{
    size_t end = str_index(*rest, at);
    str_t before = str_slice(*rest, 0, end);
    *rest = end == SIZE_MAX ? STR_NONE : str_slice(*rest, end + 1, rest->n);
    return before;
}

/* Finds the action and binds; NULL where the input is refused. */
static inline const action_t *bind_wire(arena_t *arena, const connector_t *connector,
                                        const wire_t *wire, bound_input_t *out, err_t *err)
{
    const bind_limits_t limits = {.values = VALUE_LIMITS, .form_parts = 1000};
    message_header_t headers[COUNT(wire->headers)];
    path_value_t path_values[PATH_VARIABLES_MAX];
    call_request_t request = {.content_type = str_of(wire->type),
                              .content_encoding = str_of(wire->encoding),
                              .body = str_of(wire->body),
                              .headers = headers,
                              .path_values = path_values};
    str_t rest = str_of(wire->target);
    str_t method = cut_target(&rest, ' ');
    str_t path = cut_target(&rest, '?');
    bool known;
    request.query = rest;
    request.body.n = wire->body_bytes ? wire->body_bytes : request.body.n;
    for (size_t i = 0; i < COUNT(wire->headers) && wire->headers[i][0]; i++) {
        headers[request.header_count++] =
            (message_header_t){str_of(wire->headers[i][0]), str_of(wire->headers[i][1])};
    }
    const action_t *action = connector_match(connector, method, path, arena, path_values,
                                             &request.path_value_count, &known);
    if (!action) {
        fail_msg("no action for %s", wire->target);
    }
    return bind_input(arena, action, &request, &limits, out, err) ? action : NULL;
}

/* "!code /pointer /pointer" of an error. */
static inline void write_err(buf_t *to, const err_t *err)
{
    buf_printf(to, "!%s", err_code_name(err->code));
    for (unsigned i = 0; i < err->detail_count; i++) {
        buf_printf(to, " %s", err->details[i].pointer);
    }
}

static inline int compare_headers(const void *a, const void *b)
{
    return str_compare(((const message_header_t *)a)->name, ((const message_header_t *)b)->name);
}

/* "METHOD url|Name: value|…|body", headers in the order of their names. */
static inline void write_request(buf_t *to, const upstream_request_t *r)
{
    buf_printf(to, "%.*s %.*s", STR_ARG(r->method), STR_ARG(r->url));
    if (r->header_count) {
        qsort(r->headers, r->header_count, sizeof *r->headers, compare_headers);
    }
    for (size_t i = 0; i < r->header_count; i++) {
        buf_printf(to, "|%.*s: %.*s", STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
    }
    if (r->body.p) {
        buf_char(to, '|');
        buf_str(to, r->body);
    }
}

/* Binds, builds the action's request, and writes it, or what is wrong. */
static inline void write_call(world_t *w, const wire_t *wire, buf_t *to)
{
    bound_input_t input;
    upstream_request_t request;
    err_t err = ERR_INIT;
    w->build.action = bind_wire(w->arena, w->connector, wire, &input, &err);
    w->build.input = &input;
    if (w->build.action && build_action(&w->build, &request, &err)) {
        write_request(to, &request);
    } else {
        write_err(to, &err);
    }
    err_fini(&err);
}

#endif
