/* SPDX-License-Identifier: MIT */
#include "openapi/flavour.h"

/* RFC 9457 and Tenon's own members (DESIGN 4). */
static json_t *problem_schema(void)
{
    json_t *errors =
        json_pack("{s:s,s:{s:s,s:{s:{s:s},s:{s:s}}}}", "type", "array", "items", "type", "object",
                  "properties", "pointer", "type", "string", "detail", "type", "string");
    json_t *upstream = json_pack("{s:s,s:{s:{s:s},s:{s:s},s:{s:s}}}", "type", "object",
                                 "properties", "status", "type", "integer", "error", "type",
                                 "string", "error_description", "type", "string");
    json_t *properties =
        json_pack("{s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s,s:s}}", "type", "type", "string",
                  "title", "type", "string", "status", "type", "integer", "detail", "type",
                  "string", "instance", "type", "string", "code", "type", "string", "description",
                  "What happened, in one stable word.");
    static const char *const places[] = {"connector", "connection", "action"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        json_object_set_new(properties, places[i], json_pack("{s:s}", "type", "string"));
    }
    json_object_set_new(properties, "errors", errors);
    json_object_set_new(properties, "upstream", upstream);
    return json_pack("{s:s,s:s,s:[s,s,s,s],s:o}", "description", "An error (RFC 9457).", "type",
                     "object", "required", "type", "title", "status", "code", "properties",
                     properties);
}

static json_t *security_schemes(void)
{
    return json_pack("{s:o,s:{s:s,s:s,s:s}}", "api_key", key_scheme(), "bearer", "type", "http",
                     "scheme", "bearer", "description", "The same key as a bearer token.");
}

static json_t *components(document_t *d)
{
    json_t *to = json_object();
    json_t *schemas = named_schemas_write(d);
    json_object_setn_new(schemas, d->problem.p, d->problem.n, problem_schema());
    json_object_set_new(to, "schemas", schemas);
    json_object_set_new(to, "responses", v3_shared_answers(d));
    if (d->variable.n) {
        json_object_set_new(to, "parameters",
                            json_pack("{s:o}", d->variable.p, chosen_variable(d)));
    }
    json_object_set_new(to, "securitySchemes", security_schemes());
    return to;
}

json_t *v3_frame(document_t *d)
{
    str_t home = d->variable.n ? STR_NONE : d->home; /* it stands in the paths */
    json_t *to =
        json_pack("{s:s,s:o}", "openapi", d->flavour->version, "info", info_write(d->connector));
    info_add_documentation(to, d->connector);
    json_object_set_new(
        to, "servers",
        json_pack("[{s:o}]", "url",
                  json_sprintf("%.*s://%.*s%.*s%.*s", STR_ARG(d->scheme), STR_ARG(d->authority),
                               STR_ARG(d->base), STR_ARG(home))));
    json_object_set_new(to, "security", json_pack("[{s:[]},{s:[]}]", "api_key", "bearer"));
    json_object_set_new(to, "paths", d->paths);
    json_object_set_new(to, "components", components(d));
    return to;
}
