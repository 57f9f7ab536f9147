/* SPDX-License-Identifier: MIT */
#include "http/server_internal.h"

/* RFC 9112 3.2.2: a server takes the absolute form, too, and then ignores the Host header. */
static bool cut_absolute(str_t *target, http_view_t *view)
{
    static const str_t schemes[] = {STR_INIT("http://"), STR_INIT("https://")};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = schemes[i].n;
        if (target->n > n && str_eq_nocase(str_slice(*target, 0, n), schemes[i])) {
            str_t rest = str_slice(*target, n, target->n);
            size_t end = 0;
            while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?') {
                end++;
            }
            view->authority = str_slice(rest, 0, end);
            *target = str_slice(rest, end, rest.n);
            return end > 0;
        }
    }
    return false;
}

bool http_target_split(str_t target, http_view_t *view)
{
    bool absolute = false;
    if (target.n == 0 || target.p[0] != '/') {
        absolute = cut_absolute(&target, view);
        if (!absolute && !str_eq(target, STR("*"))) {
            return false;
        }
    }
    const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
    size_t end = mark ? (size_t)(mark - target.p) : target.n;
    view->path = end == 0 ? STR("/") : str_at(target.p, end);
    view->query = mark ? str_at(mark + 1, target.n - end - 1) : STR_NONE;
    return true;
}
