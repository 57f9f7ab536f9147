/* SPDX-License-Identifier: MIT */
#include "call/next_link.h"

#include "codec/json.h"

/* --- the place --- */

static json_t *member_at(const place_step_t *step, json_t *value)
{
    if (step->name.p) {
        return json_object_getn(value, step->name.p, step->name.n);
    }
    return json_array_get(value, step->index);
}

/* What holds the last step of a place; NULL where something on the way is not there. */
static json_t *holder_of(const place_t *place, json_t *body)
{
    for (size_t i = 0; body && i + 1 < place->count; i++) {
        body = member_at(&place->steps[i], body);
    }
    return place->count ? body : NULL;
}

str_t next_link_find(const place_t *place, const json_t *body)
{
    json_t *holder = holder_of(place, (json_t *)(uintptr_t)body);
    str_t link = json_view(holder ? member_at(&place->steps[place->count - 1], holder) : NULL);
    return str_starts(link, STR("https://")) || str_starts(link, STR("http://")) ? link : STR_NONE;
}

static void set_at(const place_t *place, json_t *body, str_t to)
{
    const place_step_t *last = &place->steps[place->count - 1];
    json_t *holder = holder_of(place, body);
    if (last->name.p) {
        json_object_setn_new(holder, last->name.p, last->name.n, json_str(to));
    } else {
        json_array_set_new(holder, last->index, json_str(to));
    }
}

/* --- the text --- */

/* As a JSON string; solidus: with each `/` escaped, as some write it. */
static void write_quoted(str_t link, bool solidus, buf_t *to)
{
    buf_t plain;
    buf_init(&plain, to->ceiling);
    json_write_string(&plain, link);
    for (size_t i = 0; i < plain.n; i++) {
        if (solidus && plain.p[i] == '/') {
            buf_char(to, '\\');
        }
        buf_char(to, plain.p[i]);
    }
    buf_fini(&plain);
}

/* Everywhere, since the same address is the same page. False where it is not there so. */
static bool replace_quoted(str_t text, str_t from, str_t to, buf_t *out)
{
    size_t done = 0;
    for (size_t at; (at = str_find(text, from, done)) != SIZE_MAX; done = at + from.n) {
        buf_str(out, str_slice(text, done, at));
        json_write_string(out, to);
    }
    if (done) {
        buf_str(out, str_slice(text, done, text.n));
    }
    return done > 0;
}

void next_link_replace(str_t text, const place_t *place, json_t *body, str_t to, buf_t *out)
{
    str_t link = next_link_find(place, body);
    bool replaced = false;
    for (int solidus = 0; !replaced && solidus < 2; solidus++) {
        buf_t from;
        buf_init(&from, out->ceiling);
        write_quoted(link, solidus, &from);
        replaced = replace_quoted(text, buf_view(&from), to, out);
        buf_fini(&from);
    }
    if (!replaced) {
        set_at(place, body, to);
        json_write(out, body);
    }
}
