/* SPDX-License-Identifier: MIT */
/* Responses of an operation (OpenAPI 3.1, 4.8.16) as `responses` of an action, and what else tells
 * of its answers: next links, triggers. */
#include "import/names.h"
#include "import/openapi/call.h"

/* --- which status --- */

static bool is_range(str_t key)
{
    return key.n == 3 && key.p[0] >= '1' && key.p[0] <= '5' &&
           str_eq_nocase(str_slice(key, 1, 3), STR("XX"));
}

/* 2XX is 200, where nothing else is said of that; other ranges are the default. NULL: taken. */
static const char *settled_status(const call_t *c, str_t key, const json_t *to)
{
    const json_t *all = json_object_get(c->from, "responses");
    const char *one = key.p[0] == '2' ? "200" : "default";
    return json_object_get(all, one) || json_object_get(to, one) ? NULL : one;
}

/* --- one answer --- */

static json_t *headers_of(call_t *c, const json_t *response)
{
    json_t *headers = json_object();
    const char *name;
    json_t *reference;
    json_object_foreach(json_object_get(response, "headers"), name, reference)
    {
        const json_t *header = bundle_follow(c->s->bundle, reference);
        const json_t *content = json_object_get(header, "content");
        const json_t *schema = content ? NULL : json_object_get(header, "schema");
        if (!header || str_eq_nocase(str_of(name), STR("content-type"))) {
            continue;
        }
        json_t *to = schema ? schema_take(&c->s->schemas, schema, c->name)
                            : json_pack("{s:s}", "type", "string");
        if (!json_object_get(to, "description")) {
            json_add_text(to, "description", json_member(header, "description"));
        }
        json_object_set_new(headers, name, to);
    }
    return headers;
}

static json_t *schema_of(call_t *c, const json_t *content)
{
    str_t type = media_choose(content);
    const json_t *schema = media_schema(content, type);
    bool binary = schema_is_binary(c->s, schema) ||
                  (!schema && type.n && !media_is_json(type) && !media_is_text(type));
    return binary ? json_pack("{s:s,s:s}", "type", "string", "format", "binary")
           : schema && !media_is_json(type) && str_index(type, '*') == SIZE_MAX
               ? json_pack("{s:s}", "type", "string")
           : json_object_size(schema) ? schema_take(&c->s->schemas, schema, c->name)
                                      : NULL;
}

static json_t *answer_of(call_t *c, const json_t *response)
{
    json_t *answer = json_object();
    str_t description = str_trim(json_member(response, "description"));
    json_t *schema = schema_of(c, json_object_get(response, "content"));
    json_object_set_new(answer, "description",
                        json_str(description.n ? description : STR("The answer.")));
    if (schema) {
        json_object_set_new(answer, "schema", schema);
    }
    json_add_filled(answer, "headers", headers_of(c, response));
    return answer;
}

static void tell_links(call_t *c, const json_t *response)
{
    const char *name;
    json_t *link;
    json_object_foreach(json_object_get(response, "links"), name, link)
    {
        (void)link;
        report_tell(c->s->report, c->name, "link", "the link %s is left out", name);
    }
}

static void add_answer(call_t *c, const char *key, const json_t *reference, json_t *to)
{
    const json_t *response = bundle_follow(c->s->bundle, reference);
    str_t text = str_of(key);
    const char *status = name_is_status(text) ? key
                         : is_range(text)     ? settled_status(c, text, to)
                                              : NULL;
    if (strncmp(key, "x-", 2) == 0) {
        return;
    }
    if (!response) {
        report_warn(c->s->report, c->name, "reference", "the response %s leads nowhere", key);
    } else if (!status) {
        report_tell(c->s->report, c->name, "response", "%s is left out: another one stands for it",
                    key);
    } else {
        json_object_set_new(to, status, answer_of(c, response));
        tell_links(c, response);
    }
}

/* --- media type --- */

/* Of the successes; JSON where one of them is. */
static str_t type_of(const call_t *c)
{
    str_t found = STR_NONE;
    const char *status;
    json_t *reference;
    json_object_foreach(json_object_get(c->from, "responses"), status, reference)
    {
        const json_t *response = bundle_follow(c->s->bundle, reference);
        str_t type = media_choose(json_object_get(response, "content"));
        bool success = status[0] == '2' && type.n;
        found = success && (!found.n || media_is_json(type)) ? type : found;
    }
    return found;
}

static bool answers_bytes(const call_t *c)
{
    const char *status;
    json_t *answer;
    json_object_foreach(json_object_get(c->action, "responses"), status, answer)
    {
        const json_t *schema = json_object_get(answer, "schema");
        if (status[0] == '2' && str_is(json_member(schema, "format"), "binary")) {
            return true;
        }
    }
    return false;
}

static void add_type(call_t *c)
{
    str_t type = type_of(c);
    bool open = str_index(type, '*') != SIZE_MAX;
    if (answers_bytes(c) && (media_is_json(type) || open || !type.n)) {
        json_object_set_new(c->action, "output_type", json_string("application/octet-stream"));
    } else if (type.n && !open && !str_is(type, "application/json")) {
        json_object_set_new(c->action, "output_type", json_str(type));
    }
}

/* --- triggers, pages, callbacks --- */

static void add_trigger(call_t *c)
{
    const json_t *content = json_object_get(c->item, "x-ms-notification-content");
    const json_t *schema = json_object_get(content, "schema");
    if (!json_object_get(c->from, "x-ms-trigger")) {
        return;
    }
    if (!json_is_object(schema)) {
        report_warn(c->s->report, c->name, "trigger",
                    "nothing tells what it is sent: hosted as an action");
        return;
    }
    json_t *trigger = json_pack("{s:s}", "type", "webhook");
    json_object_set_new(trigger, "content", schema_take(&c->s->schemas, schema, c->name));
    json_add_text(trigger, "description", json_member(content, "description"));
    json_object_set_new(c->action, "trigger", trigger);
}

static void add_next_link(call_t *c)
{
    str_t name = json_member(json_object_get(c->from, "x-ms-pageable"), "nextLinkName");
    if (name.n && str_index(name, '\'') == SIZE_MAX) {
        json_object_set_new(c->action, "next_link", json_sprintf("body['%.*s']", STR_ARG(name)));
    }
}

static void tell_callbacks(call_t *c)
{
    const char *name;
    json_t *callback;
    json_object_foreach(json_object_get(c->from, "callbacks"), name, callback)
    {
        (void)callback;
        report_warn(c->s->report, c->name, "callback",
                    "the callback %s is left out: the service calls its address without Tenon",
                    name);
    }
}

void call_add_answers(call_t *c)
{
    json_t *to = json_object();
    const char *status;
    json_t *reference;
    json_object_foreach(json_object_get(c->from, "responses"), status, reference)
    {
        add_answer(c, status, reference, to);
    }
    json_add_filled(c->action, "responses", to);
    add_type(c);
    add_trigger(c);
    add_next_link(c);
    tell_callbacks(c);
}
