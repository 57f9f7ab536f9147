/* SPDX-License-Identifier: MIT */
/* What keeps a server from being called here (FORMAT 9). */
#include "base/buf.h"
#include "codec/url.h"
#include "import/openapi/server_url.h"

static size_t behind_authority(str_t url)
{
    str_t authority = hosts_authority(url);
    return (size_t)(authority.p - url.p) + authority.n;
}

str_t server_url_shown_in(arena_t *arena, str_t url)
{
    str_t authority = hosts_authority(url), rest = str_slice(url, behind_authority(url), url.n);
    str_t scheme = str_slice(url, 0, (size_t)(authority.p - url.p));
    while (str_index(authority, '@') != SIZE_MAX) {
        (void)str_cut(&authority, '@');
    }
    str_t path = str_cut(&rest, '?');
    path = str_cut(&path, '#');
    return arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(scheme), STR_ARG(authority), STR_ARG(path));
}

/* With something simple in place of each variable. */
static str_t filled_in(arena_t *arena, str_t url)
{
    buf_t to;
    buf_init(&to, url.n + sizeof "https");
    while (url.p) {
        buf_str(&to, str_cut(&url, '{'));
        if (url.p) {
            (void)str_cut(&url, '}');
            buf_lit(&to, to.n == 0 && str_starts(url, STR("://")) ? "https" : "1");
        }
    }
    str_t filled = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return filled;
}

/* NULL: none. What its variables may be is not looked at. */
static const char *fault_of(arena_t *arena, str_t url, err_t *err)
{
    str_t authority = hosts_authority(url);
    url_t parsed;
    bool whole = str_find(url, STR("://"), 0) != SIZE_MAX;
    return str_index(authority, '@') != SIZE_MAX ? "it has user information"
           : str_index(url, '?') != SIZE_MAX     ? "it has a query"
           : str_index(url, '#') != SIZE_MAX     ? "it has a fragment"
           : whole && !url_parse_in(arena, filled_in(arena, url), &parsed, err) ? err->text
                                                                                : NULL;
}

bool server_url_is_sound(const spec_t *s, str_t url)
{
    err_t err = ERR_INIT;
    const char *fault = fault_of(s->arena, url, &err);
    if (fault) {
        report_note(s->report, "server", "%s is left out: %s", server_url_shown_in(s->arena, url).p,
                    fault);
    }
    return fault == NULL;
}

bool server_url_has_path(str_t url)
{
    return behind_authority(url) < url.n;
}

str_t server_url_origin(str_t url)
{
    return str_find(url, STR("://"), 0) == SIZE_MAX || str_starts(url, STR("${"))
               ? STR_NONE
               : str_slice(url, 0, behind_authority(url));
}
