/* SPDX-License-Identifier: MIT */
/* Pages of a list (FORMAT 7, next_link): the next page's address, which a service tells in its
 * answer, goes to the caller as one of Tenon's with the service's sealed in it. What comes back is
 * called with the connection's credentials, under the host rule. */
#include "call/call_internal.h"
#include "call/next_link.h"
#include "seal/envelope.h"

static const str_t QUERY = STR_INIT("tenon_next=");
enum { LINK_MAX = 8 * 1024, SEALED_MAX = 16 * 1024 };

static envelope_for_t use_of(const call_t *c)
{
    str_t place = arena_printf(c->arena, "%.*s\n%.*s\n%.*s", STR_ARG(c->connection->connector_id),
                               STR_ARG(c->connection->name), STR_ARG(c->action->name));
    return (envelope_for_t){.secret = manager_call_token_secret(c->worker->options.manager),
                            .purpose = STR("next_link"),
                            .place = place};
}

/* --- a page that is asked for --- */

bool page_is_asked(const call_t *c)
{
    return c->action->next_link && str_starts(http_request_view(c->request)->query, QUERY);
}

bool page_open(call_t *c, err_t *err)
{
    str_t query = http_request_view(c->request)->query;
    envelope_for_t use = use_of(c);
    buf_t url;
    buf_init(&url, LINK_MAX);
    bool opened = envelope_open(&use, str_slice(query, QUERY.n, query.n), &url);
    c->page_url = opened ? arena_str(c->arena, buf_view(&url)) : STR_NONE;
    buf_fini(&url);
    return opened || err_add_detail(err, ERR_param_value, "/tenon_next",
                                    "this is no next page of this action and connection");
}

/* --- the link to the next --- */

bool page_is_linked(const call_t *c, int status)
{
    return c->action->next_link && status >= 200 && status < 300 &&
           str_is(c->action->method, "GET");
}

/* The address that the caller used, for the page that the link names. */
static str_t own_link(call_t *c, str_t link)
{
    envelope_for_t use = use_of(c);
    buf_t sealed;
    buf_init(&sealed, SEALED_MAX);
    envelope_seal(&use, link, &sealed);
    str_t own = arena_printf(c->arena, "%.*s%.*s?%.*s%.*s", STR_ARG(c->worker->options.public_url),
                             STR_ARG(http_request_view(c->request)->path), STR_ARG(QUERY),
                             STR_ARG(buf_view(&sealed)));
    buf_fini(&sealed);
    return own;
}

void page_link(call_t *c, json_t *body)
{
    const place_t *place = c->action->next_link;
    str_t link = next_link_find(place, body);
    if (!link.n || link.n > LINK_MAX) { /* a longer one could not be sent back */
        return;
    }
    buf_t text;
    str_t own = own_link(c, link);
    buf_init(&text, c->held.n * 2 + SEALED_MAX);
    next_link_replace(buf_view(&c->held), place, body, own, &text);
    if (buf_ok(&text)) {
        buf_fini(&c->held);
        c->held = text;
    } else {
        buf_fini(&text);
    }
}
