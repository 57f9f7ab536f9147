/* SPDX-License-Identifier: MIT */
#include "api/connect/frame.h"

/* style.css, carried within the binary (embed.cmake) */
extern const char connect_style_css[];
extern const size_t connect_style_css_length;
extern const char connect_style_css_etag[];

void connect_page_write(buf_t *to, const connect_page_t *page)
{
    if (page->stage == CONNECT_FORM) {
        form_write(to, page);
    } else if (page->stage == CONNECT_WAITING) {
        device_write(to, page);
    } else {
        result_write(to, page);
    }
}

str_t connect_style(void)
{
    return str_at(connect_style_css, connect_style_css_length);
}

str_t connect_style_etag(void)
{
    return str_of(connect_style_css_etag);
}
