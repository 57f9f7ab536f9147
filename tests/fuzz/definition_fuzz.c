/* SPDX-License-Identifier: MIT */
/* The loader over arbitrary files: whatever a file holds, it is either a connector without errors
 * or NULL with some, every diagnostic has a place inside the file, and the model of an accepted one
 * keeps its promises. */
#include <stdlib.h>

#include "definition/catalogue/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static unsigned lines_of(str_t text)
{
    unsigned lines = 1;
    for (size_t i = 0; i < text.n; i++) {
        /* YAML ends lines with CR, too, and with NEL, LS and PS. */
        lines += text.p[i] == '\n' || text.p[i] == '\r' || (unsigned char)text.p[i] >= 0x80;
    }
    return lines + 1;
}

static void check_diagnostics(const diagnostics_t *d, str_t text, bool loaded)
{
    unsigned errors = 0;
    unsigned lines = lines_of(text);
    for (unsigned i = 0; i < d->count; i++) {
        const diagnostic_t *one = &d->list[i];
        require(one->line >= 1 && one->column >= 1 && one->line <= lines);
        require(one->code != ERR_none && one->text && one->text[0]);
        require(str_is_utf8(str_of(one->text)));
        require(i == 0 || d->list[i - 1].line <= one->line);
        errors += one->level != LEVEL_W;
    }
    require(loaded == (d->errors == 0));
    require(errors <= d->errors);
}

static void check_fields(const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        require(field->name.p && field->title.p && field->schema);
        require(fields_find(fields, field->name) != NULL);
        require(!field->required || field->sure);
    }
}

static void check_connector(const connector_t *c)
{
    require(c->id.n && c->title.p && c->action_count > 0 && c->auth_count > 0);
    require(c->hosts_any || c->host_count > 0);
    check_fields(&c->parameters);
    for (size_t i = 0; i < c->auth_count; i++) {
        check_fields(&c->auths[i].parameters);
        require(c->auths[i].unauthorized.count > 0);
        require(connector_auth(c, c->auths[i].name) == &c->auths[i]);
    }
    for (size_t i = 0; i < c->action_count; i++) {
        const action_t *action = &c->actions[i];
        check_fields(&action->input);
        require(action->method.n && action->path.n && action->piece_count > 0);
        require(connector_action(c, action->name) == action);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = str_at(data, size);
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    connector_t *c = definition_load(STR("connectors/x.yaml"), text, NULL, &d);
    check_diagnostics(&d, text, c != NULL);
    if (c) {
        check_connector(c);
        connector_unref(c);
    }
    arena_free(arena);
    return 0;
}
