/* SPDX-License-Identifier: MIT */
#include "openapi/powerplatform/rules/checking.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MAX = 400, BYTES_MAX = 1 << 20, HOPS_MAX = 20 };

/* --- breaches --- */

static void add_keys(const spot_t *at, json_t *place)
{
    if (at) {
        add_keys(at->up, place);
        json_array_append_new(place, at->key ? json_str(str_of(at->key))
                                             : json_integer((json_int_t)at->index));
    }
}

static void add(checking_t *c, const spot_t *at, const char *rule, bool refused, const char *text)
{
    json_t *place = json_array();
    add_keys(at, place);
    json_array_append_new(c->breaches,
                          json_pack("{s:s,s:b,s:o,s:o}", "rule", rule, "refused", (int)refused,
                                    "place", place, "text", json_str(str_of(text))));
}

void refuse(checking_t *c, const spot_t *at, const char *rule, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(c, at, rule, true, text);
}

void advise(checking_t *c, const spot_t *at, const char *rule, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(c, at, rule, false, text);
}

/* --- what all parts need --- */

static const json_t *target(const checking_t *c, str_t reference)
{
    if (!str_starts(reference, STR("#/"))) {
        return NULL;
    }
    str_t rest = str_slice(reference, 2, reference.n);
    str_t group = str_cut(&rest, '/');
    const json_t *members = json_object_getn(c->document, group.p, group.n);
    return rest.p ? json_object_getn(members, rest.p, rest.n) : NULL;
}

const json_t *resolve(const checking_t *c, const json_t *value)
{
    for (unsigned hops = 0; value && hops < HOPS_MAX; hops++) {
        str_t reference = json_member(value, "$ref");
        if (!reference.p) {
            return value;
        }
        value = target(c, reference);
    }
    return NULL;
}

bool holds_text(const json_t *list, str_t text)
{
    size_t at;
    json_t *one;
    json_array_foreach(list, at, one)
    {
        if (json_is_string(one) && str_eq(json_view(one), text)) {
            return true;
        }
    }
    return false;
}

/* --- the whole --- */

static void check_size(checking_t *c)
{
    buf_t text;
    buf_init(&text, BYTES_MAX);
    json_write(&text, c->document);
    if (!buf_ok(&text)) {
        refuse(c, NULL, "SwaggerSizeExceedsMaxAllowed",
               "the document is larger than 1 MB: split the connector");
    }
    buf_fini(&text);
}

void rules_check(const json_t *document, json_t *breaches)
{
    checking_t c = {.document = document, .breaches = breaches, .operations = json_object()};
    check_size(&c);
    check_head(&c);
    check_paths(&c);
    check_definitions(&c);
    check_dynamics(&c);
    json_decref(c.operations);
}
