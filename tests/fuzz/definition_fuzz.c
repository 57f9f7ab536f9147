/* SPDX-License-Identifier: MIT */
/* The loader over arbitrary files: whatever a file holds, it is either a connector without errors
 * or NULL with some, every diagnostic has a place inside the file and can be shown on a terminal,
 * and the model of an accepted one keeps its promises. Its documents are whole: they are read back
 * as they were, and every reference leads somewhere. */
#include "codec/json.h"
#include "definition/catalogue/load.h"
#include "fuzz.h"
#include "openapi/openapi.h"

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
        REQUIRE(one->line >= 1 && one->column >= 1 && one->line <= lines);
        REQUIRE(one->code != ERR_none && one->text && one->text[0]);
        REQUIRE(str_is_utf8(str_of(one->text)));
        REQUIRE(i == 0 || d->list[i - 1].line <= one->line);
        errors += one->level != LEVEL_W;
    }
    REQUIRE(loaded == (d->errors == 0));
    REQUIRE(errors <= d->errors);
}

/* What a person and what a program is shown of them. */
static void check_shown(const diagnostics_t *d, str_t text)
{
    buf_t shown;
    buf_init(&shown, (size_t)DIAGNOSTICS_MAX * 4096 + 1024);
    diagnostics_write_text(&shown, d, STR("connectors/x\x1b[1m\n.yaml"), text, false);
    REQUIRE(buf_ok(&shown) && str_is_utf8(buf_view(&shown)));
    for (size_t i = 0; i < shown.n; i++) {
        unsigned char c = (unsigned char)shown.p[i];
        REQUIRE(c == '\n' || c == '\t' || (c >= ' ' && c != 0x7F));
    }
    json_t *list = diagnostics_to_json(d, STR("connectors/x.yaml"));
    REQUIRE(json_array_size(list) == d->count);
    json_decref(list);
    buf_fini(&shown);
}

static void check_fields(const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        REQUIRE(field->name.p && field->title.p && field->schema);
        REQUIRE(fields_find(fields, field->name) != NULL);
        REQUIRE(!field->required || field->sure);
    }
}

static void check_connector(const connector_t *c)
{
    REQUIRE(c->id.n && c->title.p && c->action_count > 0 && c->auth_count > 0);
    REQUIRE(c->hosts_any || c->host_count > 0);
    check_fields(&c->parameters);
    for (size_t i = 0; i < c->auth_count; i++) {
        check_fields(&c->auths[i].parameters);
        REQUIRE(c->auths[i].unauthorized.count > 0);
        REQUIRE(connector_auth(c, c->auths[i].name) == &c->auths[i]);
    }
    for (size_t i = 0; i < c->action_count; i++) {
        const action_t *action = &c->actions[i];
        check_fields(&action->input);
        REQUIRE(action->method.n && action->path.n && action->piece_count > 0);
        REQUIRE(connector_action(c, action->name) == action);
    }
}

/* --- documents --- */

static const json_t *follow(const json_t *document, str_t reference)
{
    REQUIRE(str_eq(str_cut(&reference, '/'), STR("#")));
    while (reference.p && document) {
        str_t name = str_cut(&reference, '/');
        document = json_object_getn(document, name.p, name.n);
    }
    return document;
}

/* What the file says is copied as it is. */
static bool is_of_the_file(str_t key)
{
    static const char *const values[] = {"default", "enum", "const", "example", "examples"};
    bool own = str_starts(key, STR("x-"));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        own = own || str_is(key, values[i]);
    }
    return own;
}

static void check_references(const json_t *document, const json_t *value)
{
    const char *key;
    size_t i;
    json_t *child;
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        if (strcmp(key, "$ref") == 0 && json_is_string(child)) {
            REQUIRE(follow(document, json_view(child)) != NULL);
        } else if (!is_of_the_file(str_of(key))) {
            check_references(document, child);
        }
    }
    json_array_foreach(value, i, child)
    {
        check_references(document, child);
    }
}

static void check_document(const connector_t *c, const openapi_options_t *options)
{
    enum { TEXT_MAX = 1 << 28, DEPTH_MAX = 1000 };
    err_t err = ERR_INIT;
    buf_t text;
    json_t *document = openapi_document(c, options, &err);
    REQUIRE(document != NULL);
    check_references(document, document);
    buf_init(&text, TEXT_MAX);
    openapi_write(&text, document, OPENAPI_YAML);
    buf_clear(&text);
    openapi_write(&text, document, OPENAPI_JSON);
    json_t *back = json_read(buf_view(&text), &(json_limits_t){.depth = DEPTH_MAX}, &err);
    REQUIRE(json_equal(back, document));
    json_decref(back);
    json_decref(document);
    buf_fini(&text);
}

static void check_documents(const connector_t *c)
{
    for (size_t i = 0; openapi_version_at(i); i++) {
        openapi_options_t options = {.flavour = openapi_flavour_of(str_of(openapi_version_at(i))),
                                     .connection = i % 2 ? STR("-") : STR("*"),
                                     .server = STR("https://tenon.example.com")};
        check_document(c, &options);
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
    check_shown(&d, text);
    if (c) {
        check_connector(c);
        check_documents(c);
        connector_unref(c);
    }
    arena_free(arena);
    return 0;
}
