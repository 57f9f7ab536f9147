/* SPDX-License-Identifier: MIT */
/* Private to the connect page: what its parts share. */
#ifndef TENON_API_CONNECT_FRAME_H
#define TENON_API_CONNECT_FRAME_H

#include "api/connect/html.h"
#include "api/connect/page.h"
#include "api/connect/texts.h"

/* --- frame.c: what every page begins and ends with. Between them stands one <main>. --- */

/* first: the words before the connector's title, in the document's title and, by frame_heading, in the heading.
 * fault: the document's title begins with that. */
void frame_begin(buf_t *to, const connect_page_t *page, const char *first, bool fault);
/* Mark, heading, who asks for it. */
void frame_heading(buf_t *to, const connect_page_t *page, const char *first);
void frame_end(buf_t *to, const connect_page_t *page);

/* --- the stages, each one <main> --- */
void form_write(buf_t *to, const connect_page_t *page);   /* form.c */
void device_write(buf_t *to, const connect_page_t *page); /* device.c */
void result_write(buf_t *to, const connect_page_t *page); /* result.c: all others */

/* --- parts of the form --- */

/* guide.c. A guide that can be folded; nothing where there is none. */
void guide_write(buf_t *to, const guide_t *guide, const char *heading, bool open);
void guide_write_checklist(buf_t *to, const connect_page_t *page);

/* ways.c: the ways to sign in that are offered, each a link; one alone is only named. */
void ways_write(buf_t *to, const connect_page_t *page);

/* problem.c: why what was sent is refused. */
void problem_write_summary(buf_t *to, const connect_page_t *page);
/* What is said about a field; absent: nothing. */
str_t problem_of_field(const connect_page_t *page, str_t name);
/* That as a sentence, which calls the field by its title. */
void problem_write_of_field(buf_t *to, const field_t *field, str_t text);

/* field.c: one field with all that is said about it. */
void field_write(buf_t *to, const connect_page_t *page, const field_t *field);
/* form.c: it stands in the form, being asked of users and not fixed. */
bool field_is_asked(const connect_page_t *page, const field_t *field);

#endif
