/* SPDX-License-Identifier: MIT */
/* Media types of requests: `input_type` of the action. */
#include "import/form.h"
#include "import/powerplatform/operation.h"

static bool is_json(str_t type)
{
    str_t media = str_trim(str_cut(&type, ';'));
    return str_ends_nocase(media, STR("/json")) || str_ends_nocase(media, STR("+json"));
}

static const json_t *types_of(const operation_t *o)
{
    const json_t *types = json_object_get(o->from, "consumes");
    return json_array_size(types) ? types : json_object_get(o->s->swagger, "consumes");
}

static bool consumes(const operation_t *o, const char *type)
{
    size_t at;
    json_t *one;
    json_array_foreach(types_of(o), at, one)
    {
        if (str_eq_nocase(json_view(one), str_of(type))) {
            return true;
        }
    }
    return false;
}

/* Of a whole body: JSON wherever it may be JSON. */
static void add_type(operation_t *o)
{
    const json_t *types = types_of(o);
    str_t first = json_view(json_array_get(types, 0)), chosen = STR_NONE;
    size_t at;
    json_t *type;
    json_array_foreach(types, at, type)
    {
        if (is_json(json_view(type)) && !chosen.n) {
            chosen = json_view(type);
        }
    }
    bool binary = str_is(json_member(o->body, "format"), "binary");
    bool form = str_find(first, STR("form"), 0) != SIZE_MAX;
    if (form && !chosen.n && !str_is(json_member(o->body, "type"), "string")) {
        report_warn(o->s->report, o->name, "media_type",
                    "%.*s of a body with a schema: it is sent as JSON", STR_ARG(first));
        return;
    }
    if (binary) {
        chosen = chosen.n && json_array_size(types) == 1 ? STR("application/octet-stream")
                 : is_json(first)                        ? STR("application/octet-stream")
                                                         : first;
    }
    chosen = chosen.n ? chosen : first;
    if (chosen.n && !str_is(chosen, "application/json")) {
        json_object_set_new(o->action, "input_type", json_str(chosen));
    }
}

/* A form without a file goes in parts where the service wants it so. */
static void add_form_type(operation_t *o)
{
    if (form_has_no_file(json_object_get(o->action, "input")) &&
        consumes(o, "multipart/form-data")) {
        json_object_set_new(o->action, "input_type", json_string("multipart/form-data"));
    }
}

void media_import(operation_t *o)
{
    if (o->body) {
        add_type(o);
    } else {
        add_form_type(o);
    }
}
