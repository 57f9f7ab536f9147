/* SPDX-License-Identifier: MIT */
#include "call/next_link.h"

#include "codec/json.h"
#include "policy/policy.h"

/* --- the place --- */

str_t next_link_find(const place_t *place, const json_t *body)
{
    str_t link = json_view(place->count ? place_value(place, (json_t *)(uintptr_t)body) : NULL);
    return str_starts(link, STR("https://")) || str_starts(link, STR("http://")) ? link : STR_NONE;
}

static void set_at(const place_t *place, json_t *body, str_t to)
{
    const place_step_t *last = &place->steps[place->count - 1];
    json_t *holder =
        place_value(&(place_t){.steps = place->steps, .count = place->count - 1}, body);
    if (last->name.p) {
        json_object_setn_new(holder, last->name.p, last->name.n, json_str(to));
    } else {
        json_array_set_new(holder, last->index, json_str(to));
    }
}

/* How often the link stands in a value, as a text or a name. */
static size_t count_in(const json_t *value, str_t link)
{
    const char *name;
    size_t length;
    size_t index;
    json_t *inner;
    size_t count = str_eq(json_view(value), link);
    json_array_foreach(value, index, inner)
    {
        count += count_in(inner, link);
    }
    json_object_keylen_foreach((json_t *)(uintptr_t)value, name, length, inner)
    {
        count += str_eq(str_at(name, length), link) + count_in(inner, link);
    }
    return count;
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

/* Both spellings, everywhere, since the same address is the same page. Answers how often. */
static size_t replace_quoted(str_t text, str_t plain, str_t solidus, str_t to, buf_t *out)
{
    size_t done = 0;
    size_t count = 0;
    size_t next[] = {str_find(text, plain, 0), str_find(text, solidus, 0)};
    while (next[0] != next[1]) { /* both SIZE_MAX: none is left */
        int nearer = next[1] < next[0];
        str_t from = nearer ? solidus : plain;
        buf_str(out, str_slice(text, done, next[nearer]));
        json_write_string(out, to);
        done = next[nearer] + from.n;
        next[nearer] = str_find(text, from, done);
        count++;
    }
    buf_str(out, str_slice(text, done, text.n));
    return count;
}

void next_link_replace(str_t text, const place_t *place, json_t *body, str_t to,
                       const json_numbers_t *numbers, buf_t *out)
{
    str_t link = next_link_find(place, body);
    size_t before = out->n;
    buf_t plain;
    buf_t solidus;
    buf_init(&plain, out->ceiling);
    buf_init(&solidus, out->ceiling);
    write_quoted(link, false, &plain);
    write_quoted(link, true, &solidus);
    /* Written in any other way, or within another text, it does not stand so often. */
    if (replace_quoted(text, buf_view(&plain), buf_view(&solidus), to, out) !=
        count_in(body, link)) {
        out->n = before;
        set_at(place, body, to);
        json_write_spelt(out, body, numbers);
    }
    buf_fini(&plain);
    buf_fini(&solidus);
}
