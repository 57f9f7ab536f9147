/* SPDX-License-Identifier: MIT */
/* mutualTLS: a certificate of the client (OpenAPI 3.1). */
#include "import/compose.h"
#include "import/openapi/scheme.h"

static void build(scheme_t *c)
{
    json_t *auth = scheme_add_way(c, "none", NULL);
    str_t certificate = arena_printf(c->s->arena, "%s_certificate", c->ours.p);
    str_t key = arena_printf(c->s->arena, "%s_private_key", c->ours.p);
    json_object_set_new(scheme_add_parameter(auth, certificate, "Certificate (PEM)", false),
                        "format", json_string("pem"));
    json_object_set_new(scheme_add_parameter(auth, key, "Private key (PEM)", true), "format",
                        json_string("pem"));
    json_object_set_new(auth, "tls",
                        json_pack("{s:o,s:o}", "certificate",
                                  json_str(compose_parameter_in(c->s->arena, certificate)),
                                  "private_key", json_str(compose_parameter_in(c->s->arena, key))));
}

const scheme_type_t SCHEME_MUTUAL_TLS = {"mutualTLS", build};
