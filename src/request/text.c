/* SPDX-License-Identifier: MIT */
#include "request/text.h"

#include "base/utf8.h"
#include "codec/json.h"

void value_write_text(const json_t *value, buf_t *to)
{
    if (json_is_string(value)) {
        buf_str(to, json_view(value));
    } else {
        json_write(to, value);
    }
}

field_pointer_t field_pointer(str_t name)
{
    field_pointer_t pointer = {"/"};
    size_t at = 1;
    for (size_t i = 0; i < name.n && at + 3 < sizeof pointer.text; i++) {
        char c = name.p[i];
        bool escape = c == '~' || c == '/';
        pointer.text[at++] = escape ? '~' : c;
        if (escape) {
            pointer.text[at++] = c == '~' ? '0' : '1';
        }
    }
    pointer.text[utf8_whole(pointer.text, at)] = '\0';
    return pointer;
}
