/* SPDX-License-Identifier: MIT */
#include "api/connect/frame.h"
#include "codec/json.h"
#include "definition/scope.h"

static const str_t PREFIX = STR_INIT("/parameters/");

/* The field that a fault is about, where it stands in the form. */
static const field_t *field_of(const connect_page_t *page, const err_detail_t *detail)
{
    str_t pointer = str_of(detail->pointer);
    if (!str_starts(pointer, PREFIX)) {
        return NULL;
    }
    const field_t *field =
        connection_field(page->connector, page->auth, str_slice(pointer, PREFIX.n, pointer.n));
    return field && field_is_asked(page, field) ? field : NULL;
}

str_t problem_of_field(const connect_page_t *page, str_t name)
{
    for (unsigned i = 0; page->fault && i < page->fault->detail_count; i++) {
        const err_detail_t *detail = &page->fault->details[i];
        const field_t *field = field_of(page, detail);
        if (field && str_eq(field->name, name)) {
            return str_of(detail->text);
        }
    }
    return STR_NONE;
}

/* What follows the field's name, where a fault begins with it; absent: it does not. Programs know
 * names, people titles. */
static str_t behind_name(const field_t *field, str_t text)
{
    size_t n = field->name.n + 2;
    bool named = text.n > n && text.p[0] == '`' && text.p[n - 1] == '`' &&
                 str_eq(str_slice(text, 1, n - 1), field->name);
    return named ? str_slice(text, n, text.n) : STR_NONE;
}

void problem_write_of_field(buf_t *to, const field_t *field, str_t text)
{
    str_t rest = behind_name(field, text);
    if (rest.p) {
        html_text(to, field->title);
        html_text(to, rest);
        buf_lit(to, ".");
    } else {
        html_sentence(to, text);
    }
}

static void write_detail(buf_t *to, const connect_page_t *page, const err_detail_t *detail)
{
    const field_t *field = field_of(page, detail);
    str_t text = str_of(detail->text);
    buf_lit(to, "<li>");
    if (field) {
        buf_lit(to, "<a");
        html_attribute_of(to, "href", "#field-", field->name);
        buf_char(to, '>');
        if (!behind_name(field, text).p) {
            html_text(to, field->title);
            buf_lit(to, ": ");
        }
        problem_write_of_field(to, field, text);
        buf_lit(to, "</a></li>\n");
    } else {
        html_sentence(to, text);
        buf_lit(to, "</li>\n");
    }
}

/* What the connector knows about such an answer of its service. */
static void write_explanation(buf_t *to, const connect_page_t *page)
{
    char status[12];
    snprintf(status, sizeof status, "%d", page->fault->upstream_status);
    str_t text = json_member(page->connector->explain, status);
    if (text.n) {
        buf_lit(to, "<p>" TEXT_EXPLAIN ": ");
        html_text(to, text);
        buf_lit(to, "</p>\n");
    }
}

static void write_whole(buf_t *to, const connect_page_t *page)
{
    const err_t *fault = page->fault;
    buf_lit(to, "<p>");
    html_sentence(to, str_of(fault->text));
    buf_lit(to, "</p>\n");
    if (fault->upstream_error[0] || fault->upstream_description[0]) {
        buf_lit(to, "<p>" TEXT_SERVICE_SAYS ": <q>");
        html_text(to, str_of(fault->upstream_error));
        buf_lit(to, fault->upstream_error[0] && fault->upstream_description[0] ? " – " : "");
        html_text(to, str_of(fault->upstream_description));
        buf_lit(to, "</q></p>\n");
    }
    write_explanation(to, page);
}

/* Focus goes there at once: whoever does not see the page hears what is wrong with it. */
void problem_write_summary(buf_t *to, const connect_page_t *page)
{
    const err_t *fault = page->fault;
    if (!fault || !err_is_set(fault)) {
        return;
    }
    buf_lit(to, "<div class=\"problem\" role=\"alert\" tabindex=\"-1\" autofocus>\n"
                "<h2>" TEXT_PROBLEM "</h2>\n");
    if (fault->detail_count) {
        buf_lit(to, "<ul>\n");
        for (unsigned i = 0; i < fault->detail_count; i++) {
            write_detail(to, page, &fault->details[i]);
        }
        buf_lit(to, "</ul>\n");
    } else {
        write_whole(to, page);
    }
    buf_lit(to, "</div>\n");
}
