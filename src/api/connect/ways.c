/* SPDX-License-Identifier: MIT */
/* Links, not radio buttons: each way has fields of its own, and a page without script can only show
 * them by being asked again. */
#include "api/connect/frame.h"
#include "codec/json.h"
#include "codec/url.h"

static bool is_offered(const connect_page_t *page, const auth_t *auth)
{
    const json_t *name;
    size_t i;
    json_array_foreach(page->auths, i, name)
    {
        if (str_eq(json_view(name), auth->name)) {
            return true;
        }
    }
    return !page->auths;
}

static size_t count_offered(const connect_page_t *page)
{
    size_t count = 0;
    for (size_t i = 0; i < page->connector->auth_count; i++) {
        count += is_offered(page, &page->connector->auths[i]);
    }
    return count;
}

static void write_about(buf_t *to, const auth_t *auth)
{
    html_element(to, "p", NULL, auth->description);
    if (auth->caution.n) {
        buf_lit(to, "<p class=\"caution\"><strong>" TEXT_CAUTION "</strong> ");
        html_text(to, auth->caution);
        buf_lit(to, "</p>\n");
    }
}

static void write_link(buf_t *to, const connect_page_t *page, const auth_t *auth)
{
    buf_lit(to, "<a href=\"");
    html_text(to, page->action);
    buf_lit(to, "?" CONNECT_FIELD_AUTH "=");
    url_encode_query(to, auth->name);
    buf_printf(to, "#form\"%s>", auth == page->auth ? " aria-current=\"true\"" : "");
    html_text(to, auth->title);
    buf_lit(to, "</a>");
}

static void write_way(buf_t *to, const connect_page_t *page, const auth_t *auth)
{
    buf_printf(to, "<li%s>\n<p class=\"way\">", auth == page->auth ? " class=\"chosen\"" : "");
    write_link(to, page, auth);
    if (auth->recommended) {
        buf_lit(to, " <span class=\"badge\">" TEXT_RECOMMENDED "</span>");
    }
    buf_lit(to, "</p>\n");
    write_about(to, auth);
    buf_lit(to, "</li>\n");
}

static void write_those(buf_t *to, const connect_page_t *page, bool recommended)
{
    for (size_t i = 0; i < page->connector->auth_count; i++) {
        const auth_t *auth = &page->connector->auths[i];
        if (auth->recommended == recommended && is_offered(page, auth)) {
            write_way(to, page, auth);
        }
    }
}

void ways_write(buf_t *to, const connect_page_t *page)
{
    if (count_offered(page) > 1) {
        buf_lit(to, "<nav class=\"ways\" aria-labelledby=\"ways\">\n<h2 id=\"ways\">" TEXT_WAYS
                    "</h2>\n<ul>\n");
        write_those(to, page, true);
        write_those(to, page, false);
        buf_lit(to, "</ul>\n</nav>\n");
    } else if (!page->connector->auth_implied) {
        html_element(to, "h2", NULL, page->auth->title);
        write_about(to, page->auth);
    }
}
