/* SPDX-License-Identifier: MIT */
/* The only ways by which a text gets into a page. Tags are written by whoever calls, as literals. Pure. */
#ifndef TENON_API_CONNECT_HTML_H
#define TENON_API_CONNECT_HTML_H

#include "base/buf.h"

/* As text: between tags, or in a quoted attribute. Markup is escaped; a reader sees the text as it is: control
 * characters but tab and line feed, and what turns the direction of a line, are left out; invalid UTF-8 is U+FFFD. */
void html_text(buf_t *to, str_t text);
/* ` name="value"`; nothing where value is absent. */
void html_attribute(buf_t *to, const char *name, str_t value);
/* The same with a name made of two parts, for ids: ` name="first second"` without the blank. */
void html_attribute_of(buf_t *to, const char *name, const char *first, str_t second);
/* `<tag class="class">text</tag>`, class NULL: without; nothing where text is empty. */
void html_element(buf_t *to, const char *tag, const char *class, str_t text);
/* A sentence of ours or of a service as it may stand alone: with a capital at its start and an end. */
void html_sentence(buf_t *to, str_t text);

/* http or https, well-formed, without user information. */
bool html_is_link(str_t url);
/* `<a href="url" rel="noopener noreferrer" target="_blank">text</a>`, where it is a link, else the text. */
void html_link_out(buf_t *to, str_t url, str_t text);

#endif
