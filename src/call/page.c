/* SPDX-License-Identifier: MIT */
/* Pages of a list (FORMAT 7, next_link): the next page's address, which a service tells in its
 * answer, goes to the caller as one of Tenon's with the service's sealed in it. What comes back is
 * called with the connection's credentials, under the host rule. */
#include "call/call_internal.h"
#include "call/next_link.h"

enum { OWN_LINK_MAX = 16 * 1024 };

void page_link(call_t *c, json_t *body, const json_numbers_t *numbers)
{
    const place_t *place = c->action->next_link;
    str_t link = next_link_find(place, body);
    str_t own = link.n ? link_make(c, &LINK_NEXT, link) : STR_NONE;
    if (!own.n) {
        return;
    }
    buf_t text;
    buf_init(&text, c->held.n * 2 + OWN_LINK_MAX);
    next_link_replace(buf_view(&c->held), place, body, own, numbers, &text);
    if (buf_ok(&text)) {
        buf_fini(&c->held);
        c->held = text;
    } else {
        buf_fini(&text);
    }
}
