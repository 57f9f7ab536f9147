/* SPDX-License-Identifier: MIT */
#include "call/build.h"

#include "call/build_internal.h"

/* --- the host rule --- */

bool build_check_host(const build_t *b, str_t url, err_t *err)
{
    return connection_check_host(b->connection, b->egress, url, err);
}

/* --- one request --- */

void draft_begin(call_draft_t *c, build_t *b, upstream_request_t *out, err_t *err)
{
    *out = (upstream_request_t){.headers = NULL};
    *c = (call_draft_t){.b = b, .draft = {.arena = b->arena, .out = out, .err = err}};
    draft_t *d = &c->draft;
    connection_scope(b->connection, &d->values, b->wall_ms);
    memcpy(d->values.scope.uuid, b->uuid, sizeof b->uuid);
    if (b->input) { /* the request borrows texts of the input */
        d->values.input = draft_keep(d, json_incref(b->input->values));
        d->files = b->input->files;
        d->file_count = b->input->file_count;
        d->numbers = b->input->numbers;
    }
    d->body_field = b->action ? b->action->body_field : NULL;
    d->values.steps = b->steps;
    credential_begin(c);
}

/* What the connector sends with every request. */
bool draft_common(draft_t *d)
{
    const connector_t *connector = build_of(d)->connection->connector;
    return draft_headers(d, &connector->request_headers) &&
           pairs_put_tree(d, &d->query, connector->request_query);
}

static bool add_more_query(draft_t *d)
{
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)(uintptr_t)build_of(d)->more_query, name, length, value)
    {
        if (!pairs_put(d, &d->query, str_at(name, length), value)) {
            return false;
        }
    }
    return true;
}

/* A definition that has words of its own for it is left alone. */
static void add_trace(draft_t *d)
{
    const trace_context_t *trace = build_of(d)->trace;
    if (!trace || draft_has_header(d, "traceparent") || draft_has_header(d, "tracestate")) {
        return;
    }
    char *parent = arena_alloc(d->arena, TRACE_PARENT_BYTES);
    trace_write(trace, parent);
    draft_header(d, STR("traceparent"), str_of(parent));
    if (trace->state.p) {
        draft_header(d, STR("tracestate"), trace->state);
    }
}

/* Body before query before headers, so that a credential which signs sees them as they are sent; a
 * signature of the whole behind all of them. */
bool draft_end(draft_t *d, str_t accept)
{
    if (!credential_json(d) || !content_write(d) || !credential_query(d)) {
        return false;
    }
    if (!draft_has_header(d, "Accept")) {
        draft_header(d, STR("Accept"), accept);
    }
    add_trace(d);
    if (!credential_headers(d)) {
        return false;
    }
    draft_headers_end(d);
    return draft_write_url(d) && build_check_host(build_of(d), d->out->url, d->err) &&
           credential_sign(d);
}

bool build_action(build_t *b, upstream_request_t *out, err_t *err)
{
    call_draft_t c;
    draft_t *d = &c.draft;
    const action_t *action = b->action;
    const request_definition_t *request = action->request;
    draft_begin(&c, b, out, err);
    out->method = request && request->method.p ? request->method : action->method;
    return draft_action_url(d) && draft_query_fields(d) && draft_header_fields(d) &&
           content_of_fields(d) && draft_common(d) && (!request || draft_request(d, request)) &&
           add_more_query(d) && content_policies(d, &action->request_policies) &&
           draft_end(d, action->output_type.n ? action->output_type : STR("application/json"));
}

bool build_follow(build_t *b, str_t method, str_t url, upstream_request_t *out, err_t *err)
{
    call_draft_t c;
    draft_begin(&c, b, out, err);
    out->method = method;
    draft_split_url(&c.draft, url);
    return draft_common(&c.draft) && draft_end(&c.draft, STR("application/json"));
}

bool build_request(build_t *b, const request_definition_t *definition, upstream_request_t *out,
                   err_t *err)
{
    call_draft_t c;
    draft_t *d = &c.draft;
    draft_begin(&c, b, out, err);
    out->method = definition->method;
    return draft_called_url(d, definition->url) && draft_common(d) &&
           draft_request(d, definition) && draft_end(d, STR("application/json"));
}
