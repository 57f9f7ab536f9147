/* SPDX-License-Identifier: MIT */
/* Which of several media types is taken: what FORMAT says most of. */
#include "import/openapi/call.h"

static str_t bare(str_t type)
{
    return str_trim(str_cut(&type, ';'));
}

bool media_is_json(str_t type)
{
    type = bare(type);
    return str_ends_nocase(type, STR("/json")) || str_ends_nocase(type, STR("+json"));
}

bool media_is_multipart_form(str_t type)
{
    return str_eq_nocase(bare(type), STR("multipart/form-data"));
}

bool media_is_form(str_t type)
{
    return media_is_multipart_form(type) ||
           str_eq_nocase(bare(type), STR("application/x-www-form-urlencoded"));
}

bool media_is_text(str_t type)
{
    type = bare(type);
    bool text = type.n > 5 && str_eq_nocase(str_slice(type, 0, 5), STR("text/"));
    return text || str_ends_nocase(type, STR("/xml")) || str_ends_nocase(type, STR("+xml"));
}

/* The lower the better. */
static unsigned rank(str_t type)
{
    return str_eq_nocase(bare(type), STR("application/json")) ? 0
           : media_is_json(type)                              ? 1
           : media_is_multipart_form(type)                    ? 3
           : media_is_form(type)                              ? 2
           : str_is(type, "*/*")                              ? 4
           : media_is_text(type)                              ? 6
                                                              : 5;
}

str_t media_choose(const json_t *content)
{
    str_t best = STR_NONE;
    const char *type;
    json_t *media;
    json_object_foreach((json_t *)(uintptr_t)content, type, media)
    {
        (void)media;
        if (!best.p || rank(str_of(type)) < rank(best)) {
            best = str_of(type);
        }
    }
    return best;
}

const json_t *media_schema(const json_t *content, str_t type)
{
    return json_object_get(json_object_getn(content, type.p ? type.p : "", type.n), "schema");
}
