/* SPDX-License-Identifier: MIT */
/* The code that a person signs in with elsewhere, until it is known what came of it (RFC 8628 3.3).
 */
#include "api/connect/frame.h"
#include "codec/json.h"

static json_int_t number(const connect_page_t *page, const char *name)
{
    return json_integer_value(json_object_get(page->device, name));
}

/* With the code in it, where the service has such an address. */
static void write_button(buf_t *to, const connect_page_t *page)
{
    str_t complete = json_member(page->device, "verification_uri_complete");
    str_t url = complete.n ? complete : json_member(page->device, "verification_uri");
    if (html_is_link(url)) {
        buf_lit(to, "<a class=\"button\"");
        html_attribute(to, "href", url);
        buf_lit(to, " rel=\"noopener noreferrer\" target=\"_blank\">" TEXT_DEVICE_OPEN "</a>\n");
    }
}

static void write_code(buf_t *to, const connect_page_t *page)
{
    str_t uri = json_member(page->device, "verification_uri");
    buf_lit(to, "<ol class=\"todo\">\n<li>" TEXT_DEVICE_GO " ");
    html_link_out(to, uri, uri);
    buf_lit(to, "</li>\n<li>" TEXT_DEVICE_ENTER "\n<p class=\"code\" translate=\"no\"><code>");
    html_text(to, json_member(page->device, "user_code"));
    buf_lit(to, "</code></p></li>\n</ol>\n");
}

static void write_link(buf_t *to, str_t path, const char *text)
{
    buf_lit(to, "<a");
    html_attribute(to, "href", path);
    buf_printf(to, ">%s</a>", text);
}

static void write_waiting(buf_t *to, const connect_page_t *page)
{
    json_int_t minutes = (number(page, "expires_in") + 59) / 60;
    buf_lit(to, "<p role=\"status\">" TEXT_DEVICE_WAITING "</p>\n<p>");
    write_link(to, page->action, TEXT_DEVICE_LOOK);
    buf_lit(to, "</p>\n<p class=\"note\">");
    if (page->refresh_s) {
        buf_printf(to, TEXT_DEVICE_WATCHES " ", page->refresh_s);
        write_link(to, page->action, TEXT_DEVICE_REST);
    } else {
        write_link(to, page->watch_url, TEXT_DEVICE_WATCH);
    }
    buf_lit(to, "</p>\n");
    buf_printf(to, "<p class=\"note\">" TEXT_DEVICE_LEFT "</p>\n", (long long)minutes);
}

void device_write(buf_t *to, const connect_page_t *page)
{
    frame_begin(to, page, TEXT_DEVICE ":", false);
    buf_lit(to, "<main class=\"one\">\n<div class=\"card result\">\n<h1>" TEXT_DEVICE "</h1>\n"
                "<p class=\"lead\"><bdi>");
    html_text(to, page->title.n ? page->title : page->connector->title);
    buf_lit(to, "</bdi> " TEXT_DEVICE_LEAD "</p>\n");
    write_code(to, page);
    buf_lit(to, "<div class=\"actions\">\n");
    write_button(to, page);
    if (html_is_link(page->return_url)) {
        buf_lit(to, "<a class=\"quiet\"");
        html_attribute(to, "href", page->return_url);
        buf_lit(to, ">" TEXT_CANCEL "</a>\n");
    }
    buf_lit(to, "</div>\n");
    write_waiting(to, page);
    buf_lit(to, "</div>\n</main>\n");
    frame_end(to, page);
}
