/* SPDX-License-Identifier: MIT */
#include "definition/response.h"

#include "codec/cookie.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/xml.h"

/* Reading an answer takes its loop's time, whatever its bytes are. */
enum { FORM_PARTS_MAX = 200, DEPTH_MAX = 64, VALUES_MAX = 500000 };

body_reading_t answer_reading(const upstream_answer_t *answer)
{
    str_t type = message_header_get(answer->headers, answer->header_count, "content-type");
    if (media_type_is(type, "text/html") || media_type_is(type, "application/xhtml+xml")) {
        return READ_HTML;
    }
    if (media_type_is(type, "application/xml") || media_type_is(type, "text/xml")) {
        return READ_XML;
    }
    if (media_type_is(type, "application/x-www-form-urlencoded")) {
        return READ_FORM;
    }
    return media_type_is_json(type) ? READ_JSON : READ_UNKNOWN;
}

static json_t *form_body(str_t text, err_t *err)
{
    arena_t *arena = arena_new(0);
    form_t form;
    json_t *object = NULL;
    if (form_read_urlencoded_in(arena, text, FORM_PARTS_MAX, &form, err)) {
        object = json_object();
        for (size_t i = 0; i < form.count; i++) {
            json_object_setn_new(object, form.parts[i].name.p, form.parts[i].name.n,
                                 json_str(form.parts[i].value));
        }
    }
    arena_free(arena);
    return object;
}

json_t *answer_body(const upstream_answer_t *answer, err_t *err)
{
    return answer_body_spelt(answer, NULL, err);
}

json_t *answer_body_spelt(const upstream_answer_t *answer, json_numbers_t **numbers, err_t *err)
{
    const json_limits_t limits = {.depth = DEPTH_MAX, .values = VALUES_MAX};
    if (numbers) {
        *numbers = NULL;
    }
    switch (answer_reading(answer)) {
    case READ_XML:
        return xml_read(answer->body, err);
    case READ_FORM:
        return form_body(answer->body, err);
    case READ_JSON:
    case READ_HTML:
    case READ_UNKNOWN:
        break;
    }
    return json_read_spelt(answer->body, &limits, numbers, err);
}

/* The last word on a cookie counts. */
static void add_cookie(json_t *cookies, str_t field, int64_t wall_ms)
{
    cookie_t cookie;
    if (!cookie_read(field, wall_ms, &cookie)) {
        return;
    }
    if (cookie.expired) {
        json_object_deln(cookies, cookie.name.p, cookie.name.n);
    } else {
        json_object_setn_new(cookies, cookie.name.p, cookie.name.n, json_str(cookie.value));
    }
}

json_t *answer_values(const upstream_answer_t *answer, json_t *body, int64_t wall_ms)
{
    json_t *headers = json_object(), *cookies = json_object(), *values = json_object();
    for (size_t i = 0; i < answer->header_count; i++) {
        const message_header_t *h = &answer->headers[i];
        char name[256];
        size_t n = h->name.n < sizeof name ? h->name.n : sizeof name;
        for (size_t k = 0; k < n; k++) {
            name[k] = ascii_lower(h->name.p[k]);
        }
        json_object_setn_new(headers, name, n, json_str(h->value));
        if (str_eq_nocase(h->name, STR("set-cookie"))) {
            add_cookie(cookies, h->value, wall_ms);
        }
    }
    if (body) {
        json_object_set_new(values, "body", body);
    }
    json_object_set_new(values, "text", json_str(answer->body));
    json_object_set_new(values, "status", json_integer(answer->status));
    json_object_set_new(values, "headers", headers);
    json_object_set_new(values, "cookies", cookies);
    return values;
}

/* body matches if it has these members with these values (FORMAT 5). */
static bool has_members(const json_t *wanted, const json_t *body)
{
    if (!json_is_object(wanted)) {
        return json_equal(wanted, body);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)wanted, name, value)
    {
        const json_t *found = json_object_get(body, name);
        if (!found || !has_members(value, found)) {
            return false;
        }
    }
    return true;
}

static bool match_answer(const match_t *match, int status, const json_t *body)
{
    bool status_fits = match->status_count == 0;
    for (size_t i = 0; i < match->status_count; i++) {
        status_fits = status_fits || match->statuses[i] == status;
    }
    return status_fits && (!match->body || (body && has_members(match->body, body)));
}

bool matches_answer(const matches_t *matches, int status, const json_t *body)
{
    if (matches->count == 0) {
        return status >= 200 && status < 300;
    }
    for (size_t i = 0; i < matches->count; i++) {
        if (match_answer(&matches->list[i], status, body)) {
            return true;
        }
    }
    return false;
}
