/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "codec/json.h"
#include "definition/value/check_internal.h"

enum { BYTES_A_LOOK = 32 }; /* as many are written in the time that a look takes */

typedef struct member {
    str_t name;
    const json_t *value;
} member_t;

static int compare_members(const void *a, const void *b)
{
    return str_compare(((const member_t *)a)->name, ((const member_t *)b)->name);
}

static void write_canonical(buf_t *to, const json_t *value);

static void write_members(buf_t *to, const json_t *object)
{
    size_t count = 0;
    member_t *members = mem_array(json_object_size(object) + 1, sizeof *members);
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)(uintptr_t)object, name, length, value)
    {
        members[count++] = (member_t){str_at(name, length), value};
    }
    qsort(members, count, sizeof *members, compare_members);
    buf_char(to, '{');
    for (size_t i = 0; i < count; i++) {
        json_write_string(to, members[i].name);
        write_canonical(to, members[i].value);
    }
    buf_char(to, '}');
    free(members);
}

/* Equal values, and only those, are written alike. */
static void write_canonical(buf_t *to, const json_t *value)
{
    if (json_is_object(value)) {
        write_members(to, value);
    } else if (json_is_array(value)) {
        buf_char(to, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            write_canonical(to, json_array_get(value, i));
            buf_char(to, ',');
        }
        buf_char(to, ']');
    } else {
        json_write(to, value);
    }
}

void value_unique(value_check_t *c, const value_spot_t *spot, const json_t *array)
{
    map_t *seen = map_new();
    buf_t text;
    buf_init_wiping(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < json_array_size(array); i++) {
        buf_clear(&text);
        write_canonical(&text, json_array_get(array, i));
        if (!value_spend(c, spot, text.n / BYTES_A_LOOK)) {
            break;
        }
        if (map_get(seen, buf_view(&text))) {
            value_spot_t item = value_item(spot, i);
            value_fault(c, &item, ERR_param_value, "stands in the list already");
            break;
        }
        (void)map_set(seen, buf_view(&text), seen);
    }
    buf_fini(&text);
    map_free(seen);
}
