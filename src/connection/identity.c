/* SPDX-License-Identifier: MIT */
/* Who a connection is by its certificate (RFC 8705), from the values of its `tls`. */
#include "base/clock.h"
#include "base/log.h"
#include "connection/record.h"
#include "seal/certificate.h"
#include "seal/hash.h"

enum { PEM_MAX = 64 * 1024, WRITTEN_MAX = 4 * PEM_MAX };

static void fini_text(void *text)
{
    buf_fini(text);
}

/* A text that is wiped and dies with the connection. */
static buf_t *new_text(arena_t *arena, size_t most)
{
    buf_t *text = arena_new_of(arena, buf_t);
    buf_init_wiping(text, most);
    arena_on_free(arena, fini_text, text);
    return text;
}

typedef struct part {
    const char *name;
    const template_t *template;
    buf_t *given; /* empty: no value */
} part_t;

static bool evaluate(connection_t *c, value_scope_t *scope, part_t *part, err_t *err)
{
    part->given = new_text(c->arena, PEM_MAX);
    template_outcome_t outcome =
        part->template ? template_text(part->template, &scope->scope, part->given, err)
                       : TEMPLATE_ABSENT;
    if (outcome == TEMPLATE_ABSENT) {
        buf_clear(part->given);
    }
    return outcome != TEMPLATE_FAILED &&
           (buf_ok(part->given) ||
            err_set(err, ERR_param_value, "`tls.%s` is too long", part->name));
}

/* What is wrong with a PEM, said of its key in the definition. Always false. */
static bool refuse(const char *name, const err_t *why, err_t *err)
{
    return err_set(err, ERR_param_value, "`tls.%s`: %s", name, why->text);
}

static bool read_certificates(connection_t *c, const part_t *part, str_t *out, err_t *err)
{
    err_t why = ERR_INIT;
    buf_t *written = new_text(c->arena, WRITTEN_MAX);
    bool ok = !part->given->n || certificates_read(buf_view(part->given), written, &why);
    *out = part->given->n ? buf_view(written) : STR_NONE;
    return ok || refuse(part->name, &why, err);
}

static bool read_pair(connection_t *c, const part_t *certificate, const part_t *key,
                      upstream_identity_t *identity, err_t *err)
{
    err_t why = ERR_INIT;
    if (!certificate->given->n != !key->given->n) {
        return err_set(err, ERR_parameter_missing, "`tls` needs a certificate and its private key");
    }
    if (!certificate->given->n) {
        return c->auth->grant.client_auth != CLIENT_AUTH_TLS ||
               err_set(err, ERR_parameter_missing,
                       "the client signs in with a certificate, and there is none");
    }
    buf_t *written = new_text(c->arena, WRITTEN_MAX);
    if (!read_certificates(c, certificate, &identity->certificate, err)) {
        return false;
    }
    if (!certificate_key_read(identity->certificate, buf_view(key->given), written, &why)) {
        return refuse(key->name, &why, err);
    }
    identity->private_key = buf_view(written);
    return true;
}

static void digest(upstream_identity_t *identity)
{
    const str_t parts[] = {identity->certificate, identity->private_key, identity->ca};
    unsigned char out[HASH_BYTES_MAX];
    buf_t all;
    buf_init_wiping(&all, 4 * (size_t)WRITTEN_MAX);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_printf(&all, "%zu:", parts[i].n);
        buf_str(&all, parts[i]);
    }
    hash_bytes(HASH_SHA256, buf_view(&all), out);
    memcpy(identity->digest, out, sizeof identity->digest);
    buf_fini(&all);
}

/* A service may take it all the same; whoever looks after the host is told. */
static void note_end(connection_t *c)
{
    c->certificate_ends_at_ms = certificate_ends_at_ms(c->identity->certificate);
    if (c->certificate_ends_at_ms && c->certificate_ends_at_ms < clock_wall_ms()) {
        log_event(LOG_WARN, "connection.certificate_expired", LOG_S("connection", c->name));
    }
}

bool connection_find_identity(connection_t *c, value_scope_t *scope, err_t *err)
{
    part_t certificate = {"certificate", c->auth->tls_certificate, NULL};
    part_t key = {"private_key", c->auth->tls_private_key, NULL};
    part_t ca = {"ca", c->auth->tls_ca, NULL};
    if (!certificate.template && !key.template && !ca.template) {
        return true;
    }
    upstream_identity_t *identity = arena_new_of(c->arena, upstream_identity_t);
    if (!evaluate(c, scope, &certificate, err) || !evaluate(c, scope, &key, err) ||
        !evaluate(c, scope, &ca, err) || !read_pair(c, &certificate, &key, identity, err) ||
        !read_certificates(c, &ca, &identity->ca, err)) {
        return false;
    }
    if (identity->certificate.n || identity->ca.n) {
        digest(identity);
        c->identity = identity;
        note_end(c);
    }
    return true;
}

bool connection_has_certificate(const connection_t *c)
{
    return c->identity && c->identity->certificate.n;
}
