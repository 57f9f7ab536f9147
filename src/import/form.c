/* SPDX-License-Identifier: MIT */
#include "import/form.h"

#include "codec/json.h"

bool form_has_no_file(const json_t *input)
{
    const char *name;
    json_t *field;
    bool form = false, file = false;
    json_object_foreach((json_t *)(uintptr_t)input, name, field)
    {
        bool one = str_is(json_member(field, "in"), "form");
        form = form || one;
        file = file || (one && str_is(json_member(field, "format"), "binary"));
    }
    return form && !file;
}
