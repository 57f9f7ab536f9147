/* SPDX-License-Identifier: MIT */
/* The list of proxies that are believed. */
#include <stdlib.h>

#include "base/mem.h"
#include "http/forwarded.h"

struct http_proxies {
    address_range_t *list;
    size_t count;
};

http_proxies_t *http_proxies_new(str_t list, err_t *err)
{
    http_proxies_t *p = mem_new(http_proxies_t);
    for (str_t rest = list; rest.p;) {
        address_range_t range;
        str_t text = str_trim(str_cut(&rest, ','));
        if (text.n == 0) {
            continue;
        }
        if (!address_range_parse(text, &range)) {
            err_set(err, ERR_configuration,
                    "trusted proxy \"%.*s\": expected an address, or ADDRESS/BITS with no bit set "
                    "behind them",
                    STR_ARG(text));
            http_proxies_free(p);
            return NULL;
        }
        p->list = mem_resize(p->list, (p->count + 1) * sizeof *p->list);
        p->list[p->count++] = range;
    }
    return p;
}

void http_proxies_free(http_proxies_t *p)
{
    if (p) {
        free(p->list);
        free(p);
    }
}

bool http_proxies_trust(const http_proxies_t *p, const address_t *address)
{
    for (size_t i = 0; i < p->count; i++) {
        if (address_in(address, &p->list[i])) {
            return true;
        }
    }
    return false;
}
