/* SPDX-License-Identifier: MIT */
/* A connector around what a target is for, as the loader makes it of a definition. */
#ifndef TENON_TESTS_FUZZ_CONNECTOR_H
#define TENON_TESTS_FUZZ_CONNECTOR_H

#include "definition/catalogue/load.h"
#include "fuzz.h"

/* more: top-level lines; its one action `A` has these members, as YAML. NULL where the loader
 * refuses it. */
static inline connector_t *fuzz_connector(const char *more, str_t members)
{
    diagnostics_t found;
    buf_t text;
    arena_t *arena = arena_new(0);
    buf_init(&text, 1 << 20);
    buf_printf(&text,
               "tenon: 1\nid: x\ntitle: X\ndescription: D\nversion: 1.0.0\nhosts: [a.example]\n"
               "base_url: https://a.example\n%sactions: {A: {summary: A, ",
               more);
    buf_str(&text, members);
    buf_lit(&text, "}}\n");
    diagnostics_init(&found, arena);
    connector_t *c =
        buf_ok(&text) ? definition_load(STR("x.yaml"), buf_view(&text), NULL, &found) : NULL;
    arena_free(arena);
    buf_fini(&text);
    return c;
}

#endif
