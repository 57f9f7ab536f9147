/* SPDX-License-Identifier: MIT */
/* How it ended, and pages that stand where there is nothing to fill in. */
#include "api/connect/frame.h"
#include "codec/json.h"

/* --- parts --- */

static void write_mark(buf_t *to, const char *class, const char *path)
{
    buf_printf(to,
               "<svg class=\"sign %s\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">"
               "<circle cx=\"24\" cy=\"24\" r=\"24\"/><path d=\"%s\"/></svg>\n",
               class, path);
}

static void begin(buf_t *to, const connect_page_t *page, const char *title)
{
    frame_begin(to, page, title, false);
    buf_lit(to, "<main class=\"one\">\n<div class=\"card result\">\n");
}

static void end(buf_t *to, const connect_page_t *page)
{
    buf_lit(to, "</div>\n</main>\n");
    frame_end(to, page);
}

/* A service by its title, then what became of it. */
static void write_lead(buf_t *to, const connect_page_t *page, const char *rest)
{
    buf_lit(to, "<p class=\"lead\"><bdi>");
    html_text(to, page->title.n ? page->title : page->connector->title);
    buf_printf(to, "</bdi> %s</p>\n", rest);
}

static void write_said(buf_t *to, const char *heading, str_t text)
{
    if (text.n) {
        buf_printf(to, "<h2>%s</h2>\n<p>", heading);
        html_sentence(to, text);
        buf_lit(to, "</p>\n");
    }
}

static void write_button(buf_t *to, const char *class, str_t url, const char *text)
{
    buf_printf(to, "<a class=\"%s\"", class);
    html_attribute(to, "href", url);
    buf_printf(to, ">%s</a>\n", text);
}

static void write_back(buf_t *to, const connect_page_t *page, const char *class)
{
    if (html_is_link(page->return_url)) {
        write_button(to, class, page->return_url, TEXT_BACK);
    }
}

/* --- it went well --- */

static void write_done(buf_t *to, const connect_page_t *page)
{
    begin(to, page, TEXT_DONE ":");
    write_mark(to, "good", "M14 25l7 7 14-15");
    buf_lit(to, "<h1>" TEXT_DONE "</h1>\n");
    write_lead(to, page, TEXT_DONE_LEAD);
    if (html_is_link(page->return_url)) {
        buf_lit(to, "<div class=\"actions\">\n");
        write_back(to, page, "button");
        buf_lit(to, "</div>\n");
    } else {
        buf_lit(to, "<p>" TEXT_CLOSE "</p>\n");
    }
    end(to, page);
}

/* --- it did not --- */

static void write_service_words(buf_t *to, const json_t *outcome)
{
    str_t error = json_member(outcome, "error"), words = json_member(outcome, "error_description");
    json_int_t status = json_integer_value(json_object_get(outcome, "status"));
    if (!error.n && !words.n && !status) {
        return;
    }
    buf_lit(to, "<h2>" TEXT_SERVICE_SAYS "</h2>\n<p class=\"words\"><code>");
    if (status) {
        buf_i64(to, status);
        buf_lit(to, error.n || words.n ? " " : "");
    }
    html_text(to, error);
    buf_lit(to, error.n && words.n ? ": " : "");
    html_text(to, words);
    buf_lit(to, "</code></p>\n");
}

static void write_support(buf_t *to, const connect_page_t *page)
{
    str_t code = json_member(page->outcome, "code");
    buf_lit(to, "<p class=\"note\">" TEXT_CODE ": ");
    buf_lit(to, TEXT_CONNECTION " <code>");
    html_text(to, page->name);
    buf_lit(to, "</code>");
    if (code.n) {
        buf_lit(to, ", <code>");
        html_text(to, code);
        buf_lit(to, "</code>");
    }
    buf_lit(to, "</p>\n");
}

static void write_failed(buf_t *to, const connect_page_t *page)
{
    begin(to, page, TEXT_FAILED ":");
    write_mark(to, "bad", "M24 13v14M24 34v1");
    buf_lit(to, "<h1>" TEXT_FAILED "</h1>\n");
    write_lead(to, page, TEXT_FAILED_LEAD);
    write_said(to, TEXT_REASON, json_member(page->outcome, "detail"));
    write_said(to, TEXT_EXPLAIN, json_member(page->outcome, "explain"));
    write_service_words(to, page->outcome);
    buf_lit(to, "<div class=\"actions\">\n");
    if (page->again_url.n) {
        write_button(to, "button", page->again_url, TEXT_AGAIN);
    }
    write_back(to, page, "quiet");
    buf_lit(to, "</div>\n");
    write_support(to, page);
    end(to, page);
}

/* --- nothing here --- */

typedef struct farewell {
    const char *code; /* the beginning of it */
    const char *title, *lead;
    bool has_reason; /* the fault's own text says more */
} farewell_t;

static const farewell_t FAREWELLS[] = {
    {"not_found", TEXT_LINK_OVER, TEXT_LINK_OVER_LEAD, false},
    {"connect_link_used", TEXT_LINK_USED, TEXT_LINK_USED_LEAD, false},
    {"connection_removed", TEXT_REMOVED, TEXT_REMOVED_LEAD, true},
    {"callback_", TEXT_SIGN_IN_OVER, TEXT_SIGN_IN_OVER_LEAD, true},
    {"", TEXT_GONE, TEXT_GONE_LEAD, true}, /* all others */
};

static const farewell_t *farewell_of(err_code_t code)
{
    const farewell_t *f = FAREWELLS;
    while (!str_starts(str_of(err_code_name(code)), str_of(f->code))) {
        f++;
    }
    return f;
}

static void write_gone(buf_t *to, const connect_page_t *page)
{
    const farewell_t *f = farewell_of(page->fault ? page->fault->code : ERR_none);
    begin(to, page, f->title);
    write_mark(to, "over", "M24 12v13l8 5");
    buf_printf(to, "<h1>%s</h1>\n<p class=\"lead\">%s</p>\n", f->title, f->lead);
    if (f->has_reason && page->fault) {
        write_said(to, TEXT_REASON, str_of(page->fault->text));
    }
    end(to, page);
}

static void write_signed_out(buf_t *to, const connect_page_t *page)
{
    begin(to, page, TEXT_SIGNED_OUT);
    write_mark(to, "good", "M14 25l7 7 14-15");
    buf_lit(to, "<h1>" TEXT_SIGNED_OUT "</h1>\n<p class=\"lead\">" TEXT_SIGNED_OUT_LEAD
                " " TEXT_CLOSE "</p>\n");
    end(to, page);
}

void result_write(buf_t *to, const connect_page_t *page)
{
    switch (page->stage) {
    case CONNECT_FORM:
    case CONNECT_WAITING:
        break;
    case CONNECT_DONE:
        write_done(to, page);
        break;
    case CONNECT_FAILED:
        write_failed(to, page);
        break;
    case CONNECT_GONE:
        write_gone(to, page);
        break;
    case CONNECT_SIGNED_OUT:
        write_signed_out(to, page);
        break;
    }
}
