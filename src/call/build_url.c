/* SPDX-License-Identifier: MIT */
/* The address of a request (FORMAT 7 and 9). */
#include "call/build_internal.h"
#include "call/field_text.h"
#include "codec/url.h"

/* --- the base --- */

/* Of the way to sign in, else the connector's; evaluated here only where a token or an answer
 * decides it. */
bool draft_base_url(draft_t *d, str_t *out)
{
    const connection_t *c = build_of(d)->connection;
    const url_template_t *url =
        c->auth && c->auth->base_url ? c->auth->base_url : c->connector->base_url;
    *out = c->base_url;
    if (c->base_url.p) {
        build_of(d)->base_url = *out;
        return true;
    }
    if (!url) {
        return err_set(d->err, ERR_parameter_missing, "the connector has no base_url");
    }
    d->values.token = build_of(d)->token ? build_of(d)->token->members : NULL;
    bool found = draft_url(d, url, STR_NONE, out);
    d->values.token = NULL; /* action templates do not see it */
    while (out->n && out->p[out->n - 1] == '/') {
        out->n--;
    }
    build_of(d)->base_url = *out;
    return found;
}

/* --- paths of actions --- */

static void write_segment(draft_t *d, url_encoding_t encoding, str_t value, buf_t *to)
{
    switch (encoding) {
    case URL_ENCODING_SINGLE:
        url_encode_segment(to, value);
        return;
    case URL_ENCODING_PATH:
        url_encode_path(to, value);
        return;
    case URL_ENCODING_DOUBLE:
        break;
    }
    buf_t *once = draft_buf(d);
    url_encode_segment(once, value);
    url_encode_segment(to, buf_view(once));
}

static bool write_variable(draft_t *d, const field_t *field, buf_t *to)
{
    const json_t *value = draft_input(d, field);
    str_t text;
    if (!value || json_is_null(value)) {
        return draft_fault(d, field->name, ERR_param_missing, "the path needs this input");
    }
    if (!draft_value_text(d, value, &text)) {
        return false;
    }
    err_code_t fault = path_value_fault(field->url_encoding, text);
    if (fault != ERR_none) {
        return draft_fault(d, field->name, fault, path_fault_text(fault));
    }
    write_segment(d, field->url_encoding, text, to);
    return true;
}

/* As the author wrote it, but what is not ASCII is encoded. */
static void write_literal(str_t text, buf_t *to)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < 0x80) {
            buf_char(to, text.p[i]);
        } else {
            url_encode_segment(to, str_slice(text, i, i + 1));
        }
    }
}

/* Platforms tell a polling trigger from the list behind it by a `/trigger` before the path, which
 * the service does not know. */
static str_t service_path(const action_t *action, str_t first)
{
    const str_t prefix = STR("/trigger");
    bool prefixed = action->trigger.kind == TRIGGER_POLLING && str_starts(first, STR("/trigger/"));
    return prefixed ? str_slice(first, prefix.n, first.n) : first;
}

/* Each value is fine by itself; beside a literal dot it may still spell `..`. */
static bool check_segments(draft_t *d, str_t path)
{
    while (path.p) {
        if (is_dot_segment(str_cut(&path, '/'))) {
            return err_set(d->err, ERR_param_dot_segment, "%s",
                           path_fault_text(ERR_param_dot_segment));
        }
    }
    return true;
}

static bool write_path(draft_t *d, str_t base, str_t *out)
{
    const action_t *action = build_of(d)->action;
    buf_t *url = draft_buf(d);
    buf_str(url, base);
    for (size_t i = 0; i < action->piece_count; i++) {
        const path_piece_t *piece = &action->pieces[i];
        if (!piece->field) {
            write_literal(i ? piece->text : service_path(action, piece->text), url);
        } else if (!write_variable(d, piece->field, url)) {
            return false;
        }
    }
    *out = buf_view(url);
    return draft_check_buf(d, url) && check_segments(d, str_slice(*out, base.n, out->n));
}

/* --- addresses --- */

bool draft_called_url(draft_t *d, const url_template_t *url)
{
    str_t base = STR_NONE;
    return (url->kind != URL_RELATIVE || draft_base_url(d, &base)) &&
           draft_request_url(d, url, base);
}

bool draft_action_url(draft_t *d)
{
    const action_t *action = build_of(d)->action;
    str_t base;
    if (action->request && action->request->url) {
        return draft_called_url(d, action->request->url);
    }
    return draft_base_url(d, &base) && write_path(d, base, &d->front);
}
