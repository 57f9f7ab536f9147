/* SPDX-License-Identifier: MIT */
#include "api/connect/frame.h"

#include "api/connect/brand.h"

static str_t color_of(const connect_page_t *page)
{
    return page->connector ? page->connector->brand_color : STR_NONE;
}

/* --- the beginning --- */

static void write_title(buf_t *to, const connect_page_t *page, const char *first, bool fault)
{
    buf_lit(to, "<title>");
    if (fault) {
        buf_lit(to, TEXT_ERROR " ");
    }
    buf_lit(to, first);
    if (page->connector) {
        buf_char(to, ' ');
        html_text(to, page->connector->title);
    }
    buf_lit(to, "</title>\n");
}

void frame_begin(buf_t *to, const connect_page_t *page, const char *first, bool fault)
{
    buf_lit(to, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n"
                "<meta name=\"robots\" content=\"noindex\">\n");
    /* A reload without a script. It takes the place away from who reads by ear, so only where it is
     * asked for (WCAG 2.2.1). */
    if (page->stage == CONNECT_WAITING && page->refresh_s) {
        buf_printf(to, "<meta http-equiv=\"refresh\" content=\"%u\">\n", page->refresh_s);
    }
    write_title(to, page, first, fault);
    buf_lit(to, "<link rel=\"stylesheet\"");
    html_attribute(to, "href", page->style_url);
    buf_lit(to, ">\n</head>\n<body>\n");
    brand_write_stripe(to, color_of(page));
}

void frame_heading(buf_t *to, const connect_page_t *page, const char *first)
{
    const connector_t *connector = page->connector;
    buf_lit(to, "<header>\n");
    brand_write_mark(to, color_of(page), connector->title);
    buf_printf(to, "<h1>%s <bdi>", first);
    html_text(to, connector->title);
    buf_lit(to, "</bdi></h1>\n");
    if (page->requester.n) {
        buf_lit(to, "<p class=\"requester\">" TEXT_REQUESTED_BY " <bdi>");
        html_text(to, page->requester);
        buf_lit(to, "</bdi></p>\n");
    }
    html_element(to, "p", "lead", connector->description);
    buf_lit(to, "</header>\n");
}

/* --- the end --- */

static void write_link(buf_t *to, str_t url, str_t text)
{
    if (html_is_link(url)) {
        buf_lit(to, "<li>");
        html_link_out(to, url, text);
        buf_lit(to, "</li>\n");
    }
}

void frame_end(buf_t *to, const connect_page_t *page)
{
    const connector_t *connector = page->connector;
    buf_lit(to, "<footer>\n");
    if (page->stage == CONNECT_FORM) {
        buf_lit(to, "<p>" TEXT_SEALED "</p>\n");
    }
    if (connector && (connector->link_documentation.n || connector->link_website.n ||
                      connector->link_privacy_policy.n)) {
        buf_lit(to, "<ul>\n");
        write_link(to, connector->link_documentation, STR(TEXT_DOCUMENTATION));
        write_link(to, connector->link_privacy_policy, STR(TEXT_PRIVACY));
        write_link(to, connector->link_website,
                   connector->publisher_name.n ? connector->publisher_name : STR(TEXT_WEBSITE));
        buf_lit(to, "</ul>\n");
    }
    buf_lit(to, "</footer>\n</body>\n</html>\n");
}
