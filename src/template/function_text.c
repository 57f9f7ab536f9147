/* SPDX-License-Identifier: MIT */
/* Texts, the time, and chance. */
#include "base/utf8.h"
#include "seal/hash.h"
#include "template/functions.h"

template_outcome_t text_lower(const call_t *call, buf_t *to)
{
    for (size_t i = 0; i < call->texts[0].n; i++) {
        buf_char(to, ascii_lower(call->texts[0].p[i]));
    }
    return TEMPLATE_OK;
}

template_outcome_t text_upper(const call_t *call, buf_t *to)
{
    for (size_t i = 0; i < call->texts[0].n; i++) {
        char c = call->texts[0].p[i];
        buf_char(to, c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c);
    }
    return TEMPLATE_OK;
}

template_outcome_t text_left(const call_t *call, buf_t *to)
{
    str_t text = call->texts[0];
    size_t most;
    uint32_t code_point;
    if (!call_number(call, &most)) {
        return TEMPLATE_FAILED;
    }
    if (most == SIZE_MAX) {
        return TEMPLATE_ABSENT;
    }
    size_t at = 0;
    for (size_t taken = 0; taken < most && at < text.n; taken++) {
        size_t length = utf8_decode(text.p + at, text.n - at, &code_point);
        at += length ? length : 1;
    }
    buf_add(to, text.p, at);
    return TEMPLATE_OK;
}

/* Cuts the piece before the next separator off; an absent rest is the end. */
static str_t cut(str_t *rest, str_t separator)
{
    str_t whole = *rest;
    size_t at = separator.n ? str_find(whole, separator, 0) : SIZE_MAX;
    if (at == SIZE_MAX) {
        *rest = STR_NONE;
        return whole;
    }
    *rest = str_slice(whole, at + separator.n, whole.n);
    return str_slice(whole, 0, at);
}

template_outcome_t text_split(const call_t *call, buf_t *to)
{
    str_t rest = call->texts[0];
    size_t index;
    if (!call_number(call, &index)) {
        return TEMPLATE_FAILED;
    }
    while (rest.p) {
        str_t piece = cut(&rest, call->texts[1]);
        if (index-- == 0) {
            buf_str(to, piece);
            return TEMPLATE_OK;
        }
    }
    return TEMPLATE_ABSENT;
}

bool check_now(const expr_t *e, err_t *err)
{
    int64_t offset;
    const expr_t *format = e->arguments[0];
    const expr_t *by = e->argument_count > 1 ? e->arguments[1] : NULL;
    if (format->kind == EXPR_INT || (format->kind == EXPR_TEXT && !now_is_format(format->text))) {
        return err_set(err, ERR_template_function,
                       "now() knows the formats unix, unix_ms, iso, http and those of strftime but "
                       "%%s, such as "
                       "'%%Y-%%m-%%d'");
    }
    if (by &&
        (by->kind == EXPR_INT || (by->kind == EXPR_TEXT && !now_read_offset(by->text, &offset)))) {
        return err_set(err, ERR_template_function,
                       "now() is moved by times such as '+7d' or '-30m'");
    }
    return true;
}

template_outcome_t text_now(const call_t *call, buf_t *to)
{
    int64_t offset = 0;
    if (call->texts[1].p && !now_read_offset(call->texts[1], &offset)) {
        return function_fail(call, ERR_param_format, "the second argument is not a time such as '+7d'");
    }
    return now_is_format(call->texts[0]) &&
                   now_write(to, call->texts[0], call->scope->wall_ms + offset)
               ? TEMPLATE_OK
               : function_fail(call, ERR_param_format, "the time cannot be written in this format");
}

template_outcome_t text_uuid(const call_t *call, buf_t *to)
{
    if (!call->scope->uuid[0]) {
        random_uuid(call->scope->uuid);
    }
    buf_lit(to, call->scope->uuid);
    return TEMPLATE_OK;
}
