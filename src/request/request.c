/* SPDX-License-Identifier: MIT */
#include "request/draft.h"

bool draft_request(draft_t *d, const request_definition_t *definition)
{
    return draft_headers(d, &definition->headers) &&
           pairs_put_tree(d, &d->query, definition->query) && content_of_request(d, definition);
}

bool request_build(arena_t *arena, const value_scope_t *scope, str_t base_url,
                   const request_definition_t *definition, upstream_request_t *out, err_t *err)
{
    *out = (upstream_request_t){.method = definition->method};
    draft_t d = {.arena = arena, .values = *scope, .out = out, .err = err};
    d.values.scope.context = &d.values;
    if (definition->url->kind == URL_RELATIVE && !base_url.p) {
        return err_set(err, ERR_parameter_missing, "the connection has no base_url yet");
    }
    if (!draft_request_url(&d, definition->url, base_url) || !draft_request(&d, definition) ||
        !content_write(&d)) {
        return false;
    }
    if (!draft_has_header(&d, "Accept")) {
        draft_header(&d, STR("Accept"), STR("application/json"));
    }
    draft_headers_end(&d);
    return draft_write_url(&d);
}
