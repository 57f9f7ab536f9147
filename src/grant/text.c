/* SPDX-License-Identifier: MIT */
#include "grant/text.h"

#include "codec/json.h"
#include "definition/slots.h"

static void wipe_buf(void *b)
{
    buf_fini(b);
}

buf_t *grant_buf_in(arena_t *arena, size_t ceiling)
{
    buf_t *b = arena_new_of(arena, buf_t);
    buf_init_wiping(b, ceiling);
    arena_on_free(arena, wipe_buf, b);
    return b;
}

/* What came of a template; absent where it has no value. */
static bool take(template_outcome_t outcome, const buf_t *text, str_t *out, err_t *err)
{
    *out = outcome == TEMPLATE_OK ? buf_view(text) : STR_NONE;
    return outcome == TEMPLATE_ABSENT ||
           (outcome == TEMPLATE_OK &&
            (buf_ok(text) ||
             err_set(err, ERR_param_too_long, "a value of the token request is too long")));
}

bool grant_text(grant_build_t *build, const template_t *t, str_t *out, err_t *err)
{
    *out = STR_NONE;
    if (!t) {
        return true;
    }
    buf_t *b = grant_buf_in(build->arena, GRANT_TEXT_MAX);
    return take(template_text(t, build->scope, b, err), b, out, err);
}

/* --- what is missing, and whose it is --- */

static void note_input(void *context, const expr_t *ref, bool sure)
{
    bool *of_input = context;
    (void)sure;
    *of_input = *of_input || ref->root == ROOT_INPUT;
}

bool grant_comes_with_call(const template_t *t)
{
    bool of_input = false;
    if (t) {
        template_visit(t, note_input, &of_input);
    }
    return of_input;
}

bool grant_report_missing(const template_t *t, const char *name, err_t *err)
{
    return err_set(err, grant_comes_with_call(t) ? ERR_param_missing : ERR_parameter_missing,
                   "the token request needs `%s`", name);
}

/* --- credentials, URLs, scopes --- */

bool grant_slot_text(grant_build_t *build, credential_slot_t slot, str_t *out, err_t *err)
{
    const template_t *t = build->definition->slots[slot];
    if (build->client && (slot == SLOT_CLIENT_ID || slot == SLOT_CLIENT_SECRET)) {
        *out = slot == SLOT_CLIENT_ID ? build->client->id : build->client->secret;
        return true;
    }
    bool needed = slots_have(slots_needed(build->definition), slot);
    return grant_text(build, t, out, err) &&
           (out->p || !needed || grant_report_missing(t, credential_slot_name(slot), err));
}

bool grant_url(grant_build_t *build, const url_template_t *t, str_t *out, err_t *err)
{
    *out = STR_NONE;
    if (!t) {
        return true;
    }
    buf_t *url = grant_buf_in(build->arena, GRANT_TEXT_MAX);
    return take(url_template_text(t, build->scope, build->base_url, url, err), url, out, err);
}

bool grant_scope_text(grant_build_t *build, str_t *out, err_t *err)
{
    const grant_definition_t *d = build->definition;
    buf_t *joined = grant_buf_in(build->arena, GRANT_TEXT_MAX);
    for (size_t i = 0; i < d->scope_count; i++) {
        str_t scope;
        if (!grant_text(build, d->scopes[i], &scope, err)) {
            return false;
        }
        if (scope.n) {
            if (joined->n) {
                buf_str(joined, d->scope_separator);
            }
            buf_str(joined, scope);
        }
    }
    *out = buf_view(joined);
    return buf_ok(joined) || err_set(err, ERR_param_too_long, "the scopes are too long");
}

/* --- what `oauth` means --- */

static void put_if_given(json_t *values, const char *name, bool known, str_t text)
{
    if (known && text.n && !json_object_get(values, name)) {
        json_object_set_new(values, name, json_str(text));
    }
}

json_t *grant_oauth_values(const grant_definition_t *definition, template_scope_t *scope,
                           const json_t *more)
{
    arena_t *arena = arena_new(0);
    grant_build_t build = {.arena = arena, .definition = definition, .scope = scope};
    json_t *values = more ? json_copy((json_t *)(uintptr_t)more) : json_object();
    str_t text;
    err_t ignored = ERR_INIT;
    bool known = grant_text(&build, definition->slots[SLOT_CLIENT_ID], &text, &ignored);
    put_if_given(values, "client_id", known, text);
    known = grant_scope_text(&build, &text, &ignored);
    put_if_given(values, "scope", known, text);
    arena_free(arena);
    return values;
}
