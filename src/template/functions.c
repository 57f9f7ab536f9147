/* SPDX-License-Identifier: MIT */
/* The functions of FORMAT 8: one row each in the table at the end. */
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/url.h"
#include "seal/hash.h"
#include "template/template_internal.h"

/* --- functions that choose or join: their arguments may be absent, or are many --- */

static template_outcome_t own_default(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    for (size_t i = 0; i < e->argument_count; i++) {
        template_outcome_t outcome = expr_evaluate(e->arguments[i], scope, out, err);
        if (outcome == TEMPLATE_FAILED || (outcome == TEMPLATE_OK && !json_is_null(out->json))) {
            return outcome;
        }
        value_fini(out);
    }
    return TEMPLATE_ABSENT;
}

/* Moves what text holds into out, as a string. */
static template_outcome_t give_text(buf_t *text, template_outcome_t outcome, value_t *out, err_t *err)
{
    if (outcome == TEMPLATE_OK && !buf_ok(text)) {
        err_set(err, ERR_param_too_long, "a value in a template is longer than %d bytes", VALUE_BYTES_MAX);
        outcome = TEMPLATE_FAILED;
    }
    if (outcome == TEMPLATE_OK) {
        out->json = json_str(buf_view(text));
    }
    buf_fini(text);
    return outcome;
}

static template_outcome_t own_concat(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = TEMPLATE_OK;
    for (size_t i = 0; i < e->argument_count && outcome == TEMPLATE_OK; i++) {
        outcome = expr_text(e->arguments[i], scope, &text, err);
    }
    return give_text(&text, outcome, out, err);
}

/* The arguments behind the separator that are there; ABSENT where none is. */
static template_outcome_t join_present(const expr_t *e, template_scope_t *scope, str_t separator, buf_t *text,
                                       err_t *err)
{
    template_outcome_t joined = TEMPLATE_ABSENT;
    for (size_t i = 1; i < e->argument_count; i++) {
        size_t before = text->n;
        if (joined == TEMPLATE_OK) {
            buf_str(text, separator);
        }
        template_outcome_t outcome = expr_text(e->arguments[i], scope, text, err);
        if (outcome == TEMPLATE_FAILED) {
            return outcome;
        }
        if (outcome == TEMPLATE_ABSENT) {
            text->n = before;
        } else {
            joined = outcome;
        }
    }
    return joined;
}

static template_outcome_t own_join(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    buf_t separator;
    buf_t text;
    buf_init_wiping(&separator, VALUE_BYTES_MAX);
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = expr_text(e->arguments[0], scope, &separator, err);
    if (outcome == TEMPLATE_OK) {
        outcome = join_present(e, scope, buf_view(&separator), &text, err);
    }
    buf_fini(&separator);
    return give_text(&text, outcome, out, err);
}

static template_outcome_t own_json(const expr_t *e, template_scope_t *scope, value_t *out, err_t *err)
{
    buf_t text;
    value_t value = {.json = NULL};
    buf_init_wiping(&text, VALUE_BYTES_MAX);
    template_outcome_t outcome = expr_evaluate(e->arguments[0], scope, &value, err);
    if (outcome == TEMPLATE_OK) {
        json_write(&text, value.json);
    }
    value_fini(&value);
    return give_text(&text, outcome, out, err);
}

/* --- encodings --- */

static template_outcome_t text_base64(const call_t *call, buf_t *to)
{
    base64_write(to, call->texts[0]);
    return TEMPLATE_OK;
}

static template_outcome_t text_base64url(const call_t *call, buf_t *to)
{
    base64url_write(to, call->texts[0]);
    return TEMPLATE_OK;
}

static template_outcome_t text_hex(const call_t *call, buf_t *to)
{
    hex_write(to, call->texts[0]);
    return TEMPLATE_OK;
}

static template_outcome_t fail_with(const call_t *call, err_code_t code, const char *why)
{
    err_set(call->err, code, "%s(): %s", call->expr->function->name, why);
    return TEMPLATE_FAILED;
}

static template_outcome_t text_unhex(const call_t *call, buf_t *to)
{
    return hex_read(to, call->texts[0]) ? TEMPLATE_OK
                                        : fail_with(call, ERR_param_format, "the text is not hexadecimal");
}

static template_outcome_t text_url_encode(const call_t *call, buf_t *to)
{
    url_encode_query(to, call->texts[0]);
    return TEMPLATE_OK;
}

/* --- digests and signatures --- */

static template_outcome_t digest(hash_kind_t kind, const call_t *call, buf_t *to)
{
    unsigned char bytes[HASH_BYTES_MAX];
    buf_add(to, bytes, hash_bytes(kind, call->texts[0], bytes));
    return TEMPLATE_OK;
}

static template_outcome_t text_md5(const call_t *call, buf_t *to)
{
    return digest(HASH_MD5, call, to);
}

static template_outcome_t text_sha1(const call_t *call, buf_t *to)
{
    return digest(HASH_SHA1, call, to);
}

static template_outcome_t text_sha256(const call_t *call, buf_t *to)
{
    return digest(HASH_SHA256, call, to);
}

static template_outcome_t text_sha512(const call_t *call, buf_t *to)
{
    return digest(HASH_SHA512, call, to);
}

static template_outcome_t mac(hash_kind_t kind, const call_t *call, buf_t *to)
{
    unsigned char bytes[HASH_BYTES_MAX];
    buf_add(to, bytes, hash_hmac(kind, call->texts[0], call->texts[1], bytes));
    return TEMPLATE_OK;
}

static template_outcome_t text_hmac_sha1(const call_t *call, buf_t *to)
{
    return mac(HASH_SHA1, call, to);
}

static template_outcome_t text_hmac_sha256(const call_t *call, buf_t *to)
{
    return mac(HASH_SHA256, call, to);
}

static template_outcome_t text_hmac_sha512(const call_t *call, buf_t *to)
{
    return mac(HASH_SHA512, call, to);
}

/* A private JWK, or NULL where the key is PEM or raw: bytes never are a JWK, whatever they begin with. */
static json_t *read_jwk(const call_t *call)
{
    err_t unread = ERR_INIT;
    str_t key = str_trim(call->texts[1]);
    bool is_text = !call->expr->arguments[1]->is_bytes;
    return is_text && str_starts(key, STR("{")) ? json_read(key, NULL, &unread) : NULL;
}

static template_outcome_t text_sign(const call_t *call, buf_t *to)
{
    json_t *jwk = read_jwk(call);
    str_t key = jwk ? STR_NONE : call->texts[1];
    bool signed_it = sign_bytes(to, call->texts[0], key, jwk, call->texts[2], call->err);
    json_decref(jwk);
    return signed_it ? TEMPLATE_OK : TEMPLATE_FAILED;
}

static template_outcome_t text_key_fingerprint(const call_t *call, buf_t *to)
{
    return key_fingerprint(to, call->texts[0], call->err) ? TEMPLATE_OK : TEMPLATE_FAILED;
}

/* --- texts --- */

static template_outcome_t text_lower(const call_t *call, buf_t *to)
{
    for (size_t i = 0; i < call->texts[0].n; i++) {
        buf_char(to, ascii_lower(call->texts[0].p[i]));
    }
    return TEMPLATE_OK;
}

static template_outcome_t text_upper(const call_t *call, buf_t *to)
{
    for (size_t i = 0; i < call->texts[0].n; i++) {
        char c = call->texts[0].p[i];
        buf_char(to, c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c);
    }
    return TEMPLATE_OK;
}

/* The argument that is a whole number. Below the least: SIZE_MAX, which is behind the end of everything. */
static bool number(const call_t *call, size_t *out)
{
    const template_function_t *f = call->expr->function;
    int64_t value;
    if (!str_to_i64(call->texts[f->number_at], &value)) {
        return err_set(call->err, ERR_param_type, "%s(): argument %zu is not a whole number", f->name,
                       f->number_at + 1);
    }
    *out = value < f->number_least ? SIZE_MAX : (size_t)value;
    return true;
}

static template_outcome_t text_left(const call_t *call, buf_t *to)
{
    str_t text = call->texts[0];
    size_t most;
    uint32_t code_point;
    if (!number(call, &most)) {
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

static template_outcome_t text_split(const call_t *call, buf_t *to)
{
    str_t rest = call->texts[0];
    size_t index;
    if (!number(call, &index)) {
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

/* --- URLs --- */

static bool read_url(const call_t *call, arena_t *arena, url_t *url)
{
    err_t unread = ERR_INIT;
    if (url_parse_in(arena, call->texts[0], url, &unread)) {
        return true;
    }
    /* The URL may be a secret: it is not shown. */
    (void)fail_with(call, ERR_param_format, "the value is not an https:// URL");
    return false;
}

static template_outcome_t text_url_host(const call_t *call, buf_t *to)
{
    url_t url;
    arena_t *arena = arena_new(0);
    bool read = read_url(call, arena, &url);
    if (read) {
        buf_str(to, url.host);
    }
    arena_free(arena);
    return read ? TEMPLATE_OK : TEMPLATE_FAILED;
}

/* Segments are decoded, as what they go into encodes them again. */
static template_outcome_t write_segment(const call_t *call, str_t path, size_t n, buf_t *to)
{
    str_t rest = path;
    str_t segment = STR_NONE;
    for (size_t i = 0; i <= n; i++) { /* what stands before the leading `/` is the first piece */
        if (!rest.p) {
            return TEMPLATE_ABSENT;
        }
        segment = str_cut(&rest, '/');
    }
    if (segment.n == 0) {
        return TEMPLATE_ABSENT;
    }
    if (!url_decode(to, segment, false)) {
        return fail_with(call, ERR_param_format, "the path holds a broken escape");
    }
    return str_is_utf8(buf_view(to)) ? TEMPLATE_OK
                                     : fail_with(call, ERR_request_bad_encoding, "the path is not UTF-8");
}

static template_outcome_t text_url_segment(const call_t *call, buf_t *to)
{
    url_t url;
    size_t n;
    template_outcome_t outcome = TEMPLATE_FAILED;
    arena_t *arena = arena_new(0);
    if (read_url(call, arena, &url) && number(call, &n)) {
        outcome = n == SIZE_MAX ? TEMPLATE_ABSENT : write_segment(call, url.path, n, to);
    }
    arena_free(arena);
    return outcome;
}

/* --- time and chance --- */

static bool check_now(const expr_t *e, err_t *err)
{
    int64_t offset;
    const expr_t *format = e->arguments[0];
    const expr_t *by = e->argument_count > 1 ? e->arguments[1] : NULL;
    if (format->kind == EXPR_INT || (format->kind == EXPR_TEXT && !now_is_format(format->text))) {
        return err_set(err, ERR_template_function,
                       "now() knows the formats unix, unix_ms, iso, http and those of strftime but %%s, such as "
                       "'%%Y-%%m-%%d'");
    }
    if (by && (by->kind == EXPR_INT || (by->kind == EXPR_TEXT && !now_read_offset(by->text, &offset)))) {
        return err_set(err, ERR_template_function, "now() is moved by times such as '+7d' or '-30m'");
    }
    return true;
}

static template_outcome_t text_now(const call_t *call, buf_t *to)
{
    int64_t offset = 0;
    if (call->texts[1].p && !now_read_offset(call->texts[1], &offset)) {
        return fail_with(call, ERR_param_format, "the second argument is not a time such as '+7d'");
    }
    return now_is_format(call->texts[0]) && now_write(to, call->texts[0], call->scope->wall_ms + offset)
               ? TEMPLATE_OK
               : fail_with(call, ERR_param_format, "the time cannot be written in this format");
}

static template_outcome_t text_uuid(const call_t *call, buf_t *to)
{
    if (!call->scope->uuid[0]) {
        random_uuid(call->scope->uuid);
    }
    buf_lit(to, call->scope->uuid);
    return TEMPLATE_OK;
}

/* --- the table --- */

#define ARGUMENTS(from, to) .least = (from), .most = (to), .tolerates_from = TOLERATES_NONE
/* For takes_bytes: which arguments. */
enum { FIRST = 1, FIRST_TWO = 3, LAST_TWO = 6 };

static const template_function_t functions[] = {
    {.name = "default", .least = 2, .most = ARGUMENTS_ANY, .tolerates_from = 0, .own = own_default},
    {.name = "concat", ARGUMENTS(1, ARGUMENTS_ANY), .own = own_concat},
    {.name = "join", .least = 2, .most = ARGUMENTS_ANY, .tolerates_from = 1, .own = own_join},
    {.name = "base64", ARGUMENTS(1, 1), .takes_bytes = FIRST, .text = text_base64},
    {.name = "base64url", ARGUMENTS(1, 1), .takes_bytes = FIRST, .text = text_base64url},
    {.name = "hex", ARGUMENTS(1, 1), .takes_bytes = FIRST, .text = text_hex},
    {.name = "unhex", ARGUMENTS(1, 1), .gives_bytes = true, .bytes_may_be_key = true, .text = text_unhex},
    {.name = "md5", ARGUMENTS(1, 1), .takes_bytes = FIRST, .gives_bytes = true, .text = text_md5},
    {.name = "sha1", ARGUMENTS(1, 1), .takes_bytes = FIRST, .gives_bytes = true, .text = text_sha1},
    {.name = "sha256", ARGUMENTS(1, 1), .takes_bytes = FIRST, .gives_bytes = true, .text = text_sha256},
    {.name = "sha512", ARGUMENTS(1, 1), .takes_bytes = FIRST, .gives_bytes = true, .text = text_sha512},
    {.name = "hmac_sha1", ARGUMENTS(2, 2), .takes_bytes = FIRST_TWO, .gives_bytes = true, .text = text_hmac_sha1},
    {.name = "hmac_sha256", ARGUMENTS(2, 2), .takes_bytes = FIRST_TWO, .gives_bytes = true, .text = text_hmac_sha256},
    {.name = "hmac_sha512", ARGUMENTS(2, 2), .takes_bytes = FIRST_TWO, .gives_bytes = true, .text = text_hmac_sha512},
    {.name = "sign", ARGUMENTS(3, 3), .takes_bytes = LAST_TWO, .gives_bytes = true, .text = text_sign},
    {.name = "key_fingerprint", ARGUMENTS(1, 1), .text = text_key_fingerprint},
    {.name = "lower", ARGUMENTS(1, 1), .text = text_lower},
    {.name = "upper", ARGUMENTS(1, 1), .text = text_upper},
    {.name = "left", ARGUMENTS(2, 2), .number_at = 1, .text = text_left},
    {.name = "split", ARGUMENTS(3, 3), .number_at = 2, .text = text_split},
    {.name = "now", ARGUMENTS(1, 2), .check = check_now, .text = text_now},
    {.name = "uuid", ARGUMENTS(0, 0), .text = text_uuid},
    {.name = "json", ARGUMENTS(1, 1), .own = own_json},
    {.name = "url_encode", ARGUMENTS(1, 1), .text = text_url_encode},
    {.name = "url_host", ARGUMENTS(1, 1), .text = text_url_host},
    {.name = "url_segment", ARGUMENTS(2, 2), .number_at = 1, .number_least = 1, .text = text_url_segment},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

const template_function_t *template_function_at(size_t index)
{
    return index < FUNCTION_COUNT ? &functions[index] : NULL;
}

const template_function_t *template_function_find(str_t name)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (str_is(name, functions[i].name)) {
            return &functions[i];
        }
    }
    return NULL;
}

const char *template_function_name(const template_function_t *f)
{
    return f->name;
}
