/* SPDX-License-Identifier: MIT */
#include "call/bind.h"

#include "call/bind_internal.h"
#include "call/field_text.h"
#include "codec/json.h"

/* --- path --- */

/* request.url replaces the path: then its templates decide what may stand where. */
static bool is_sent_in_path(const action_t *action)
{
    return !action->request || !action->request->url;
}

static void bind_path_value(binding_t *b, const path_value_t *one)
{
    err_code_t fault = is_sent_in_path(b->action)
                           ? path_value_fault(one->field->url_encoding, one->value)
                           : ERR_none;
    if (!str_is_utf8(one->value)) {
        bind_fault(b, one->field, ERR_request_bad_encoding, "the value is not UTF-8");
    } else if (fault != ERR_none) {
        bind_fault(b, one->field, fault, "%s", path_fault_text(fault));
    } else {
        bind_text(b, one->field, one->value);
    }
}

static void bind_path(binding_t *b)
{
    for (size_t i = 0; i < b->request->path_value_count; i++) {
        bind_path_value(b, &b->request->path_values[i]);
    }
}

/* --- query --- */

/* The form reader's faults, said of a query. */
static bool refuse_query(binding_t *b, err_code_t code)
{
    const char *why = code == ERR_param_limit            ? "holds too many parameters"
                      : code == ERR_request_bad_encoding ? "is not UTF-8"
                                                         : "holds a broken percent escape";
    return err_set(b->err, code, "the query of the address %s", why);
}

static bool bind_query(binding_t *b)
{
    form_t form;
    err_t unread = ERR_INIT;
    if (b->request->query.n == 0) {
        return true;
    }
    if (!form_read_urlencoded_in(b->arena, b->request->query, b->limits->form_parts, &form,
                                 &unread)) {
        return refuse_query(b, unread.code);
    }
    for (size_t i = 0; i < form.count; i++) {
        const field_t *field = fields_find(&b->action->input, form.parts[i].name);
        if (field && field->in == IN_QUERY) {
            bind_text(b, field, form.parts[i].value);
        } else {
            bind_unknown(b, form.parts[i].name);
        }
    }
    return true;
}

/* --- headers --- */

/* A client adds parameters such as charset to a media type that the definition lists without. */
static str_t header_value(const field_t *field, str_t value)
{
    bool lists_values =
        field->schema->enumeration || field->schema->constant || field->choice_count;
    if (lists_values && str_eq_nocase(field->name, STR("content-type"))) {
        return str_trim(str_cut(&value, ';'));
    }
    return value;
}

static void bind_header_value(binding_t *b, const field_t *field, str_t value)
{
    if (message_header_value_ok(value)) {
        bind_text(b, field, header_value(field, value));
    } else {
        bind_fault(b, field, ERR_param_control_char,
                   "a header carries printable ASCII, blanks and tabs only");
    }
}

static void bind_header(binding_t *b, const field_t *field)
{
    const call_request_t *r = b->request;
    bool came = false;
    for (size_t i = 0; i < r->header_count; i++) {
        if (str_eq_nocase(r->headers[i].name, field->name)) {
            bind_header_value(b, field, r->headers[i].value);
            came = true;
        }
    }
    if (!came && r->content_type.n && str_eq_nocase(field->name, STR("content-type"))) {
        bind_header_value(b, field, r->content_type);
    }
}

/* Only what is declared; all others are left where they are. */
static void bind_headers(binding_t *b)
{
    for (size_t i = 0; i < b->action->input.count; i++) {
        if (b->action->input.list[i].in == IN_HEADER) {
            bind_header(b, &b->action->input.list[i]);
        }
    }
}

/* --- files --- */

/* minLength and maxLength count bytes here. */
static void check_file(binding_t *b, const bound_file_t *file)
{
    const schema_t *schema = file->field->schema;
    if (schema->max_length >= 0 && file->bytes.n > (uint64_t)schema->max_length) {
        bind_fault(b, file->field, ERR_param_too_long, "at most %lld bytes",
                   (long long)schema->max_length);
    } else if (schema->min_length > 0 && file->bytes.n < (uint64_t)schema->min_length) {
        bind_fault(b, file->field, ERR_param_range, "at least %lld bytes",
                   (long long)schema->min_length);
    }
}

/* A whole body goes where it goes even if templates mention it, too; without request and steps none
 * does. */
static bool is_seen(const action_t *action, const field_t *field)
{
    return field->sent_by_template ||
           (field->in == IN_BODY &&
            (action->request || action->steps.count || action->response_headers.count));
}

/* Templates see a file as text where it is text. Checked already, and by other rules than texts. */
static void show_files(binding_t *b)
{
    for (size_t i = 0; i < b->out->file_count; i++) {
        const bound_file_t *file = &b->out->files[i];
        if (is_seen(b->action, file->field) && !bound_value(b, file->field) &&
            str_is_utf8(file->bytes)) {
            bind_value(b, file->field, json_str(file->bytes));
        }
    }
}

/* --- checks --- */

static void check_field(binding_t *b, const field_t *field)
{
    const json_t *value = bound_value(b, field);
    const bound_file_t *file = bound_file(b->out, field);
    if (b->faulty[field - b->action->input.list]) {
        return;
    }
    if (file) {
        check_file(b, file);
    } else if (value) {
        field_check(field, value, field_pointer(field->name).text, &b->limits->values, b->err);
    } else if (field->required) {
        bind_fault(b, field, ERR_param_missing, "this input is required");
    }
}

static void check_fields(binding_t *b)
{
    for (size_t i = 0; i < b->action->input.count; i++) {
        check_field(b, &b->action->input.list[i]);
    }
}

void bind_nothing(arena_t *arena, bound_input_t *out)
{
    *out = (bound_input_t){.values = NULL};
    binding_t b = {.arena = arena, .out = out};
    bind_values(&b, json_object());
}

static void forget_others(const action_t *action, json_t *values)
{
    const char *name;
    size_t length;
    json_t *value;
    void *next;
    json_object_keylen_foreach_safe(values, next, name, length, value)
    {
        if (!fields_find(&action->input, str_at(name, length))) {
            (void)json_object_deln(values, name, length);
        }
    }
}

bool bind_kept(arena_t *arena, const action_t *action, json_t *values, const bind_limits_t *limits,
               bound_input_t *out, err_t *err)
{
    *out = (bound_input_t){.values = NULL};
    binding_t b = {.arena = arena, .action = action, .limits = limits, .out = out, .err = err};
    b.faulty = arena_array_of(arena, bool, action->input.count);
    forget_others(action, values);
    bind_values(&b, values);
    fields_fill_defaults(&action->input, out->values);
    check_fields(&b);
    return !err_is_set(err);
}

bool bind_input(arena_t *arena, const action_t *action, const call_request_t *request,
                const bind_limits_t *limits, bound_input_t *out, err_t *err)
{
    binding_t b = {.arena = arena,
                   .action = action,
                   .request = request,
                   .limits = limits,
                   .out = out,
                   .err = err};
    *out = (bound_input_t){.values = NULL};
    b.faulty = arena_array_of(arena, bool, action->input.count);
    if (!bind_body(&b) || !bind_query(&b)) {
        return false;
    }
    bind_path(&b);
    bind_headers(&b);
    fields_fill_defaults(&action->input, out->values);
    check_fields(&b);
    show_files(&b);
    return !err_is_set(err);
}
