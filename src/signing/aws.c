/* SPDX-License-Identifier: MIT */
#include "signing/aws.h"

#include <stdlib.h>
#include <time.h>

#include "base/secret.h"
#include "codec/base64.h"
#include "codec/url.h"
#include "seal/hash.h"
#include "signing/canonical.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
enum { CANONICAL_MAX = 1024 * 1024, DATE_BYTES = 8, TIME_BYTES = 16 };

typedef struct signing {
    arena_t *arena;
    upstream_request_t *request;
    const aws_credential_t *credential;
    url_t url;
    char time[TIME_BYTES + 1]; /* 20150830T123600Z; its first eight are the date */
    str_t body_hash;
    buf_t signed_headers, canonical;
} signing_t;

static bool is_s3(const aws_credential_t *credential)
{
    return str_starts(credential->service, STR("s3"));
}

static void write_hash(buf_t *to, str_t bytes)
{
    unsigned char digest[HASH_BYTES_MAX];
    hex_write(to, str_at(digest, hash_bytes(HASH_SHA256, bytes, digest)));
}

/* --- the canonical request --- */

/* S3 takes the path as it is sent; the others encode what is encoded already once more. */
static void write_path(signing_t *s)
{
    (is_s3(s->credential) ? buf_str : url_encode_path)(&s->canonical, s->url.path);
    buf_char(&s->canonical, '\n');
}

static bool write_query(signing_t *s)
{
    canonical_t query = {.arena = s->arena};
    canonical_add_query(&query, s->url.query, false);
    bool ok = canonical_write(&query, &s->canonical);
    buf_char(&s->canonical, '\n');
    return ok;
}

typedef struct header {
    str_t name, value; /* name: lower case */
} header_t;

static int compare_headers(const void *a, const void *b)
{
    return str_compare(((const header_t *)a)->name, ((const header_t *)b)->name);
}

static str_t lower(arena_t *arena, str_t text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = ascii_lower(text.p[i]);
    }
    copy[text.n] = '\0';
    return str_at(copy, text.n);
}

/* Blanks in a row count as one, and those at the ends not at all. */
static str_t folded(arena_t *arena, str_t value)
{
    str_t from = str_trim(value);
    char *to = arena_alloc(arena, from.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < from.n; i++) {
        if (from.p[i] != ' ' || to[n - 1] != ' ') {
            to[n++] = from.p[i];
        }
    }
    to[n] = '\0';
    return str_at(to, n);
}

/* What others on the way may change or add is left out. */
static bool is_signed(str_t name)
{
    return str_is(name, "content-type") || str_starts(name, STR("x-amz-"));
}

static void write_headers(signing_t *s)
{
    const upstream_request_t *r = s->request;
    header_t *list = arena_array_of(s->arena, header_t, r->header_count + 1);
    size_t count = 0;
    list[count++] = (header_t){STR("host"), canonical_host(s->arena, &s->url)};
    for (size_t i = 0; i < r->header_count; i++) {
        str_t name = lower(s->arena, r->headers[i].name);
        if (is_signed(name)) {
            list[count++] = (header_t){name, folded(s->arena, r->headers[i].value)};
        }
    }
    qsort(list, count, sizeof *list, compare_headers);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&s->canonical, "%.*s:%.*s\n", STR_ARG(list[i].name), STR_ARG(list[i].value));
        buf_printf(&s->signed_headers, "%s%.*s", i ? ";" : "", STR_ARG(list[i].name));
    }
    buf_printf(&s->canonical, "\n%s\n", buf_c(&s->signed_headers));
}

static bool write_canonical(signing_t *s)
{
    buf_printf(&s->canonical, "%.*s\n", STR_ARG(s->request->method));
    write_path(s);
    bool ok = write_query(s);
    write_headers(s);
    buf_str(&s->canonical, s->body_hash);
    return ok && buf_ok(&s->canonical);
}

/* --- the signature --- */

static void write_scope(const signing_t *s, buf_t *to)
{
    buf_printf(to, "%.*s/%.*s/%.*s/aws4_request", DATE_BYTES, s->time,
               STR_ARG(s->credential->region), STR_ARG(s->credential->service));
}

/* Of the day, the region and the service: each the key of the next. */
static void make_key(const signing_t *s, unsigned char key[HASH_BYTES_MAX])
{
    const str_t steps[] = {str_at(s->time, DATE_BYTES), s->credential->region,
                           s->credential->service, STR("aws4_request")};
    buf_t secret;
    buf_init_wiping(&secret, CANONICAL_MAX);
    buf_lit(&secret, "AWS4");
    buf_str(&secret, s->credential->secret_access_key);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        size_t n = hash_hmac(HASH_SHA256, buf_view(&secret), steps[i], key);
        buf_clear(&secret);
        buf_add(&secret, key, n);
    }
    buf_fini(&secret);
}

static void write_signature(const signing_t *s, buf_t *to)
{
    unsigned char key[HASH_BYTES_MAX], signature[HASH_BYTES_MAX];
    buf_t text;
    buf_init(&text, CANONICAL_MAX);
    buf_printf(&text, ALGORITHM "\n%s\n", s->time);
    write_scope(s, &text);
    buf_char(&text, '\n');
    write_hash(&text, buf_view(&s->canonical));
    make_key(s, key);
    hex_write(to, str_at(signature, hash_hmac(HASH_SHA256, str_at(key, SHA256_BYTES),
                                              buf_view(&text), signature)));
    secret_wipe(key, sizeof key);
    buf_fini(&text);
}

/* --- the headers --- */

static void set_header(const signing_t *s, str_t name, str_t value)
{
    message_header_set(s->arena, s->request, name, value);
}

static void add_amz_headers(const signing_t *s)
{
    set_header(s, STR("X-Amz-Date"), arena_str(s->arena, str_of(s->time)));
    if (s->credential->session_token.n) {
        set_header(s, STR("X-Amz-Security-Token"), s->credential->session_token);
    }
    if (is_s3(s->credential)) {
        set_header(s, STR("X-Amz-Content-Sha256"), s->body_hash);
    }
}

static void add_authorization(signing_t *s)
{
    buf_t value;
    buf_init(&value, CANONICAL_MAX);
    buf_printf(&value, ALGORITHM " Credential=%.*s/", STR_ARG(s->credential->access_key_id));
    write_scope(s, &value);
    buf_printf(&value, ", SignedHeaders=%s, Signature=", buf_c(&s->signed_headers));
    write_signature(s, &value);
    set_header(s, STR("Authorization"), arena_str(s->arena, buf_view(&value)));
    buf_fini(&value);
}

static bool can_be_sent(const aws_credential_t *c, err_t *err)
{
    const str_t parts[] = {c->access_key_id, c->session_token, c->region, c->service};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!message_header_value_ok(parts[i])) {
            return err_set(err, ERR_param_control_char,
                           "the AWS credential holds characters that no header can carry");
        }
    }
    return true;
}

static void hash_body(signing_t *s)
{
    buf_t hash;
    buf_init(&hash, 2 * SHA256_BYTES + 1);
    write_hash(&hash, s->request->body);
    s->body_hash = arena_str(s->arena, buf_view(&hash));
    buf_fini(&hash);
}

static void write_time(signing_t *s, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    strftime(s->time, sizeof s->time, "%Y%m%dT%H%M%SZ", &tm);
}

bool aws_sign(arena_t *arena, upstream_request_t *request, const aws_credential_t *credential,
              int64_t wall_ms, err_t *err)
{
    signing_t s = {.arena = arena, .request = request, .credential = credential};
    if (!can_be_sent(credential, err) || !url_parse_in(arena, request->url, &s.url, err)) {
        return false;
    }
    buf_init(&s.signed_headers, CANONICAL_MAX);
    buf_init(&s.canonical, CANONICAL_MAX);
    write_time(&s, wall_ms);
    hash_body(&s);
    add_amz_headers(&s);
    bool ok = write_canonical(&s) ||
              err_set(err, ERR_param_too_long, "the request is too long to be signed");
    if (ok) {
        add_authorization(&s);
    }
    buf_fini(&s.signed_headers);
    buf_fini(&s.canonical);
    return ok;
}
