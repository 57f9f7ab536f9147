/* SPDX-License-Identifier: MIT */
#include "import/names.h"

#include "base/buf.h"
#include "import/compose.h"

enum { ID_MAX = 64, SCHEMA_MAX = 200 };

static bool is_letter(char c)
{
    return ascii_is_alnum(c) && !ascii_is_digit(c);
}

str_t name_id_in(arena_t *arena, str_t name)
{
    buf_t id;
    buf_init(&id, ID_MAX);
    for (size_t i = 0; i < name.n && id.n < ID_MAX; i++) {
        if (ascii_is_alnum(name.p[i])) {
            buf_char(&id, ascii_lower(name.p[i]));
        } else if (id.n && id.p[id.n - 1] != '-') {
            buf_char(&id, '-');
        }
    }
    str_t text = buf_view(&id);
    while (str_ends(text, STR("-"))) {
        text.n--;
    }
    text = arena_str(arena, text.n ? text : STR("connector"));
    buf_fini(&id);
    return text;
}

str_t name_id_free_in(arena_t *arena, str_t id, json_t *ids)
{
    str_t free = id;
    for (unsigned n = 2; json_object_getn(ids, free.p, free.n); n++) {
        free = arena_printf(arena, "%.*s-%u", (int)(id.n < 60 ? id.n : 60), id.p, n);
    }
    json_object_setn_new(ids, free.p, free.n, json_true());
    return free;
}

static str_t cleaned_in(arena_t *arena, str_t name, const char *also, size_t max)
{
    buf_t to;
    buf_init(&to, max);
    for (size_t i = 0; i < name.n && to.n < max; i++) {
        bool good = ascii_is_alnum(name.p[i]) || (name.p[i] && strchr(also, name.p[i]));
        buf_char(&to, good ? name.p[i] : '_');
    }
    str_t text = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return text;
}

str_t name_plain_in(arena_t *arena, str_t name, size_t max)
{
    str_t clean = cleaned_in(arena, name, "_", max);
    bool begins = clean.n && is_letter(clean.p[0]);
    return begins ? clean
                  : arena_printf(arena, "x%.*s", (int)(clean.n < max ? clean.n : max - 1),
                                 clean.n ? clean.p : "");
}

str_t name_schema_in(arena_t *arena, str_t name)
{
    str_t clean = cleaned_in(arena, name, "._-", SCHEMA_MAX);
    return clean.n ? clean : STR("schema");
}

/* The number behind `NAME_`, without leading zeros; 0: it is another name. */
static size_t number_behind(str_t key, str_t name)
{
    uint64_t number = 0;
    str_t digits = str_slice(key, name.n + 1 < key.n ? name.n + 1 : key.n, key.n);
    bool ours = digits.n && key.p[name.n] == '_' && digits.p[0] != '0' &&
                str_eq_nocase(str_slice(key, 0, name.n), name) && str_to_u64(digits, &number);
    return ours && number < SIZE_MAX ? (size_t)number : 0;
}

/* The first from 2 on of which taken has no NAME_number: one pass, however many there are. */
static size_t free_number(arena_t *arena, str_t name, const json_t *taken)
{
    size_t room = json_object_size(taken) + 3, number = 2;
    bool *used = arena_array_of(arena, bool, room);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)taken, key, value)
    {
        (void)value;
        size_t n = number_behind(str_of(key), name);
        if (n < room) {
            used[n] = true;
        }
    }
    while (used[number]) {
        number++;
    }
    return number;
}

static bool is_taken(str_t name, const json_t *taken)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)taken, key, value)
    {
        (void)value;
        if (str_eq_nocase(name, str_of(key))) {
            return true;
        }
    }
    return false;
}

/* What a number goes behind. */
static str_t numbered(str_t name)
{
    return str_slice(name, 0, name.n < 75 ? name.n : 75);
}

str_t name_free_in(arena_t *arena, str_t name, const json_t *taken)
{
    if (!is_taken(name, taken)) {
        return name;
    }
    str_t base = numbered(name);
    return arena_printf(arena, "%.*s_%zu", STR_ARG(base), free_number(arena, base, taken));
}

str_t name_lower_in(arena_t *arena, str_t text)
{
    str_t copy = arena_str(arena, text);
    for (size_t i = 0; i < copy.n; i++) {
        ((char *)(uintptr_t)copy.p)[i] = ascii_lower(copy.p[i]);
    }
    return copy;
}

static bool is_given(arena_t *arena, str_t name, const json_t *given)
{
    return json_object_get(given, name_lower_in(arena, name).p) != NULL;
}

/* given: names in lower case; and behind a blank, which no name has, the next number of each. */
str_t name_give_in(arena_t *arena, str_t name, json_t *given)
{
    str_t free = name, base = numbered(name);
    const char *count = arena_printf(arena, " %s", name_lower_in(arena, base).p).p;
    json_int_t number = json_integer_value(json_object_get(given, count));
    for (number = number ? number : 2; is_given(arena, free, given); number++) {
        free = arena_printf(arena, "%.*s_%lld", STR_ARG(base), (long long)number);
    }
    if (free.p != name.p) {
        json_object_set_new(given, count, json_integer(number));
    }
    json_object_set_new(given, name_lower_in(arena, free).p, json_true());
    return free;
}

str_t name_of_input_in(arena_t *arena, str_t name)
{
    bool plain = name.n && is_letter(name.p[0]);
    for (size_t i = 0; plain && i < name.n; i++) {
        plain = ascii_is_alnum(name.p[i]) || name.p[i] == '_';
    }
    return plain ? arena_printf(arena, "input.%.*s", STR_ARG(name))
                 : arena_printf(arena, "input[%s]", compose_quoted_in(arena, name).p);
}

bool name_is_cookie(str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= ' ' || c >= 0x7F || strchr("=;,\"", c)) {
            return false;
        }
    }
    return name.n > 0;
}

bool name_is_reserved_header(str_t name)
{
    static const char *const names[] = {"Authorization", "X-API-Key",  "Host",
                                        "Cookie",        "Connection", "TE",
                                        "Keep-Alive",    "Upgrade",    "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_eq_nocase(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

bool name_is_status(str_t name)
{
    uint64_t status = 0;
    return str_is(name, "default") ||
           (name.n == 3 && str_to_u64(name, &status) && status >= 100 && status < 600);
}

str_t name_version_in(arena_t *arena, str_t text)
{
    uint64_t parts[3] = {1, 0, 0};
    str_t rest = text;
    while (rest.n && !ascii_is_digit(rest.p[0])) {
        rest = str_slice(rest, 1, rest.n);
    }
    for (size_t i = 0; i < 3 && rest.n; i++) {
        str_t part = str_cut(&rest, '.');
        size_t digits = 0;
        while (digits < part.n && ascii_is_digit(part.p[digits])) {
            digits++;
        }
        uint64_t number = 0;
        if (str_to_u64(str_slice(part, 0, digits), &number)) {
            parts[i] = number;
        }
    }
    return arena_printf(arena, "%llu.%llu.%llu", (unsigned long long)parts[0],
                        (unsigned long long)parts[1], (unsigned long long)parts[2]);
}
