/* SPDX-License-Identifier: MIT */
#include "signing/oauth1.h"

#include "codec/base64.h"
#include "seal/hash.h"
#include "signing/canonical.h"

enum { TEXT_MAX = 48 * 1024 * 1024, PARAMETERS = 8 };

typedef struct oauth_parameter {
    const char *name;
    str_t value; /* absent: not sent */
} oauth_parameter_t;

typedef struct signing {
    arena_t *arena;
    upstream_request_t *request;
    const oauth1_credential_t *credential;
    url_t url;
    oauth_parameter_t parameters[PARAMETERS];
} signing_t;

/* --- what is signed (RFC 5849 3.4.1) --- */

static bool is_form(const upstream_request_t *r)
{
    str_t type = message_header_get(r->headers, r->header_count, "Content-Type");
    str_t essence = str_trim(str_cut(&type, ';'));
    return str_eq_nocase(essence, STR("application/x-www-form-urlencoded"));
}

static bool write_parameters(const signing_t *s, buf_t *to)
{
    canonical_t all = {.arena = s->arena};
    canonical_add_query(&all, s->url.query, true);
    if (is_form(s->request)) {
        canonical_add_query(&all, s->request->body, true);
    }
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (s->parameters[i].value.p) {
            canonical_add(&all, str_of(s->parameters[i].name), s->parameters[i].value);
        }
    }
    return canonical_write(&all, to);
}

/* RFC 5849 3.4.1.2 */
static void write_base_uri(const signing_t *s, buf_t *to)
{
    buf_printf(to, "%.*s://%.*s", STR_ARG(s->url.scheme),
               STR_ARG(canonical_host(s->arena, &s->url)));
    buf_str(to, s->url.path);
}

/* False: it is too long, and what is there is no base of anything. */
static bool write_base(const signing_t *s, buf_t *to)
{
    buf_t part;
    buf_init_wiping(&part, TEXT_MAX);
    buf_str(to, s->request->method);
    buf_char(to, '&');
    write_base_uri(s, &part);
    url_encode_query(to, buf_view(&part));
    buf_char(to, '&');
    buf_clear(&part);
    bool ok = write_parameters(s, &part);
    url_encode_query(to, buf_view(&part));
    ok = ok && buf_ok(to);
    buf_fini(&part);
    return ok;
}

/* --- signatures (RFC 5849 3.4.2, 3.4.4) --- */

static bool write_key(const signing_t *s, buf_t *to)
{
    url_encode_query(to, s->credential->consumer_secret);
    buf_char(to, '&');
    url_encode_query(to, s->credential->token_secret);
    return buf_ok(to);
}

static bool write_hmac(const signing_t *s, hash_kind_t kind, buf_t *to)
{
    unsigned char mac[HASH_BYTES_MAX];
    buf_t key, base;
    buf_init_wiping(&key, TEXT_MAX);
    buf_init_wiping(&base, TEXT_MAX);
    bool ok = write_key(s, &key) && write_base(s, &base);
    base64_write(to, str_at(mac, hash_hmac(kind, buf_view(&key), buf_view(&base), mac)));
    buf_fini(&key);
    buf_fini(&base);
    return ok;
}

static bool hmac_sha1(const signing_t *s, buf_t *to)
{
    return write_hmac(s, HASH_SHA1, to);
}

static bool hmac_sha256(const signing_t *s, buf_t *to)
{
    return write_hmac(s, HASH_SHA256, to);
}

static const struct method_row {
    const char *name;
    bool (*write)(const signing_t *s, buf_t *to);
} METHODS[] = {{"HMAC-SHA1", hmac_sha1}, {"HMAC-SHA256", hmac_sha256}, {"PLAINTEXT", write_key}};

static const struct method_row *find_method(str_t name, err_t *err)
{
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (str_is(name, METHODS[i].name)) {
            return &METHODS[i];
        }
    }
    (void)err_set(err, ERR_not_supported, "this version cannot sign by `%.*s`", STR_ARG(name));
    return NULL;
}

/* --- the header (RFC 5849 3.5.1) --- */

static void write_pair(buf_t *to, const char *name, str_t value)
{
    buf_printf(to, "%s%s=\"", to->n > sizeof "OAuth" ? ", " : "", name);
    url_encode_query(to, value);
    buf_char(to, '"');
}

/* A quoted text as it is (RFC 9110 5.6.4), and not signed (RFC 5849 3.4.1.3.1). */
static void write_realm(buf_t *to, str_t realm)
{
    if (!realm.p) {
        return;
    }
    buf_lit(to, "realm=\"");
    for (size_t i = 0; i < realm.n; i++) {
        if (realm.p[i] == '"' || realm.p[i] == '\\') {
            buf_char(to, '\\');
        }
        buf_char(to, realm.p[i]);
    }
    buf_char(to, '"');
}

static bool too_long(err_t *err)
{
    return err_set(err, ERR_param_too_long, "the request is too long to be signed");
}

static bool add_authorization(const signing_t *s, str_t signature, err_t *err)
{
    buf_t value;
    buf_init_wiping(&value, TEXT_MAX);
    buf_lit(&value, "OAuth ");
    write_realm(&value, s->credential->realm);
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (s->parameters[i].value.p) {
            write_pair(&value, s->parameters[i].name, s->parameters[i].value);
        }
    }
    write_pair(&value, "oauth_signature", signature);
    bool ok = buf_ok(&value) || too_long(err);
    message_header_set(s->arena, s->request, STR("Authorization"),
                       arena_str(s->arena, buf_view(&value)));
    buf_fini(&value);
    return ok;
}

/* RFC 5849 3.1 */
static void fill_parameters(signing_t *s, int64_t wall_ms, str_t nonce)
{
    const oauth1_credential_t *c = s->credential;
    const oauth_parameter_t all[PARAMETERS] = {
        {"oauth_consumer_key", c->consumer_key},
        {"oauth_token", c->token},
        {"oauth_signature_method", c->method},
        {"oauth_timestamp", arena_printf(s->arena, "%lld", (long long)(wall_ms / 1000))},
        {"oauth_nonce", nonce},
        {"oauth_version", c->version},
        {"oauth_callback", c->callback},
        {"oauth_verifier", c->verifier},
    };
    memcpy(s->parameters, all, sizeof all);
}

bool oauth1_sign(arena_t *arena, upstream_request_t *request, const oauth1_credential_t *credential,
                 int64_t wall_ms, str_t nonce, err_t *err)
{
    signing_t s = {.arena = arena, .request = request, .credential = credential};
    if (!message_header_value_ok(credential->realm)) {
        return err_set(err, ERR_param_control_char,
                       "the realm holds characters that no header can carry");
    }
    const struct method_row *method = find_method(credential->method, err);
    if (!method || !url_parse_in(arena, request->url, &s.url, err)) {
        return false;
    }
    buf_t signature;
    buf_init_wiping(&signature, TEXT_MAX);
    fill_parameters(&s, wall_ms, nonce);
    bool ok = method->write(&s, &signature) ? add_authorization(&s, buf_view(&signature), err)
                                            : too_long(err);
    buf_fini(&signature);
    return ok;
}
