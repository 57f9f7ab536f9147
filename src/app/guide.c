/* SPDX-License-Identifier: MIT */
#include "app/guide.h"

#include <stdio.h>

#include "app/output.h"
#include "codec/json.h"

enum { PREFIX_MAX = 16 };

static bool is_recommended(const json_t *auth)
{
    return json_is_true(json_object_get(auth, "recommended"));
}

static void print_line(str_t first, str_t text, tone_t tone, bool colour)
{
    if (text.n) {
        print_paragraph(stderr, first, text, tone, colour);
    }
}

/* --- a guide --- */

static void print_heading(const run_t *r, const char *heading)
{
    print_line(STR("\n"), str_of(heading), TONE_STRONG, r->colour);
}

static void print_lines(const run_t *r, const char *heading, const json_t *lines)
{
    if (json_array_size(lines)) {
        print_heading(r, heading);
    }
    for (size_t i = 0; i < json_array_size(lines); i++) {
        print_line(STR("  - "), json_view(json_array_get(lines, i)), TONE_PLAIN, false);
    }
}

static void print_steps(const run_t *r, const json_t *steps)
{
    if (json_array_size(steps)) {
        print_heading(r, "What to do");
    }
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        char first[PREFIX_MAX];
        int n = snprintf(first, sizeof first, " %2zu. ", i + 1);
        print_line(str_at(first, (size_t)n), json_member(step, "title"), TONE_STRONG, r->colour);
        print_line(STR("     "), json_member(step, "text"), TONE_PLAIN, false);
        print_line(STR("     "), json_member(step, "link"), TONE_PLAIN, false);
    }
}

static void print_parts(const run_t *r, const json_t *guide)
{
    print_lines(r, "What you need", json_object_get(guide, "prerequisites"));
    print_steps(r, json_object_get(guide, "steps"));
    print_lines(r, "What to check in the end", json_object_get(guide, "checklist"));
}

void guide_print(const run_t *r, const json_t *connector)
{
    print_line(STR(""), json_member(connector, "title"), TONE_STRONG, r->colour);
    print_line(STR(""), json_member(connector, "description"), TONE_PLAIN, false);
    print_parts(r, json_object_get(connector, "guide"));
}

/* --- ways to sign in --- */

static void print_caution(const run_t *r, str_t first, const json_t *auth)
{
    print_line(first, json_member(auth, "caution"), TONE_WARN, r->colour);
}

void guide_print_way(const run_t *r, const json_t *auth)
{
    const json_t *guide = json_object_get(auth, "guide");
    if (guide || json_member(auth, "caution").n) {
        print_line(STR("\n"), json_member(auth, "title"), TONE_STRONG, r->colour);
        print_caution(r, STR("Caution: "), auth);
        print_parts(r, guide);
    }
}

void guide_print_ways(const run_t *r, const json_t *auths)
{
    print_heading(r, "Ways to sign in");
    for (size_t i = 0; i < json_array_size(auths); i++) {
        const json_t *auth = json_array_get(auths, i);
        const char *mark = is_recommended(auth) ? " (recommended)" : "";
        str_t title = arena_printf(r->arena, "%.*s%s", STR_ARG(json_member(auth, "title")), mark);
        str_t first = arena_printf(r->arena, " %2zu. ", i + 1);
        print_line(first, title, TONE_STRONG, r->colour);
        print_line(STR("     "), json_member(auth, "description"), TONE_PLAIN, false);
        print_caution(r, STR("     Caution: "), auth);
    }
}

static void append_ways(json_t *to, const json_t *auths, bool recommended)
{
    for (size_t i = 0; i < json_array_size(auths); i++) {
        json_t *auth = json_array_get(auths, i);
        if (is_recommended(auth) == recommended) {
            json_array_append(to, auth);
        }
    }
}

json_t *guide_sorted_ways(const json_t *connector)
{
    const json_t *auths = json_object_get(connector, "auths");
    json_t *ways = json_array();
    append_ways(ways, auths, true);
    append_ways(ways, auths, false);
    return ways;
}
