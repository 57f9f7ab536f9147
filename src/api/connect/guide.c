/* SPDX-License-Identifier: MIT */
#include "api/connect/frame.h"

static void write_list(buf_t *to, const str_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        html_element(to, "li", NULL, list[i]);
    }
}

static void write_prerequisites(buf_t *to, const guide_t *guide)
{
    if (guide->prerequisite_count) {
        buf_lit(to, "<p class=\"part\">" TEXT_PREREQUISITES "</p>\n<ul>\n");
        write_list(to, guide->prerequisites, guide->prerequisite_count);
        buf_lit(to, "</ul>\n");
    }
}

/* The title is the link, where there is one: a bare address says less. */
static void write_step(buf_t *to, const guide_step_t *step)
{
    buf_lit(to, "<li><strong>");
    html_link_out(to, step->link, step->title);
    buf_lit(to, "</strong>");
    html_element(to, "p", NULL, step->text);
    buf_lit(to, "</li>\n");
}

static void write_steps(buf_t *to, const guide_t *guide)
{
    if (guide->step_count) {
        buf_lit(to, "<p class=\"part\">" TEXT_STEPS "</p>\n<ol>\n");
        for (size_t i = 0; i < guide->step_count; i++) {
            write_step(to, &guide->steps[i]);
        }
        buf_lit(to, "</ol>\n");
    }
}

void guide_write(buf_t *to, const guide_t *guide, const char *heading, bool open)
{
    if (guide && guide->prerequisite_count + guide->step_count) {
        buf_printf(to, "<details class=\"guide\"%s>\n<summary>%s</summary>\n", open ? " open" : "",
                   heading);
        write_prerequisites(to, guide);
        write_steps(to, guide);
        buf_lit(to, "</details>\n");
    }
}

void guide_write_checklist(buf_t *to, const connect_page_t *page)
{
    static const guide_t NONE;
    const guide_t *all = page->connector->guide ? page->connector->guide : &NONE;
    const guide_t *way = page->auth->guide ? page->auth->guide : &NONE;
    if (all->checklist_count + way->checklist_count) {
        buf_lit(to, "<div class=\"checklist\">\n<p class=\"part\">" TEXT_CHECKLIST "</p>\n<ul>\n");
        write_list(to, way->checklist, way->checklist_count);
        write_list(to, all->checklist, all->checklist_count);
        buf_lit(to, "</ul>\n</div>\n");
    }
}
