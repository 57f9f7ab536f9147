/* SPDX-License-Identifier: MIT */
#include "codec/json_numbers.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "codec/json_token.h"

struct json_numbers {
    map_t *spelt; /* address of a number -> where it stands in the text */
    size_t at;    /* while they are gathered: behind the latest */
    str_t text;
};

static str_t address_of(const json_t **number)
{
    return str_at(number, sizeof *number);
}

/* The next number of the text. */
static str_t next_token(json_numbers_t *n, json_number_t *kind)
{
    while (n->at < n->text.n) {
        char c = n->text.p[n->at];
        if (c == '"') {
            n->at = json_skip_string(n->text, n->at);
        } else if (ascii_is_digit(c) || c == '-') {
            size_t from = n->at;
            n->at = json_skip_number(n->text, from, kind);
            return str_slice(n->text, from, n->at);
        } else {
            n->at++;
        }
    }
    return STR_NONE;
}

/* Whether json_write would spell it alike is not asked: to find out costs more than to keep it, and
 * what is kept need not be written anew. A reference keeps the address from meaning another value
 * later. */
static void take_number(json_numbers_t *n, json_t *number)
{
    json_number_t kind = NUMBER_PLAIN;
    str_t token = next_token(n, &kind);
    const json_t *key = number;
    if (kind != NUMBER_PLAIN) {
        map_set(n->spelt, address_of(&key), (char *)(uintptr_t)token.p);
        json_incref(number);
    }
}

/* Members stand in the order of the text, so that the numbers do. Recursion ends at the depth that
 * was read. */
static void gather(json_numbers_t *n, const json_t *value)
{
    const char *name;
    size_t index;
    json_t *inner;
    if (json_is_number(value)) {
        take_number(n, (json_t *)(uintptr_t)value);
        return;
    }
    json_array_foreach(value, index, inner)
    {
        gather(n, inner);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, inner)
    {
        gather(n, inner);
    }
}

json_numbers_t *json_numbers_of(str_t text, const json_t *value)
{
    json_numbers_t *n = mem_new(json_numbers_t);
    n->spelt = map_new();
    n->text = text;
    gather(n, value);
    return n;
}

void json_numbers_free(json_numbers_t *n)
{
    str_t key;
    void *at_text;
    if (!n) {
        return;
    }
    for (size_t at = 0; map_next(n->spelt, &at, &key, &at_text);) {
        json_t *number;
        memcpy(&number, key.p, sizeof number);
        json_decref(number);
    }
    map_free(n->spelt);
    free(n);
}

str_t json_numbers_get(const json_numbers_t *n, const json_t *number)
{
    json_number_t kind;
    const char *p = n ? map_get(n->spelt, address_of(&number)) : NULL;
    if (!p) {
        return STR_NONE;
    }
    size_t at = (size_t)(p - n->text.p);
    return str_slice(n->text, at, json_skip_number(n->text, at, &kind));
}
