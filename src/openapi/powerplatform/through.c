/* SPDX-License-Identifier: MIT */
/* The package that leads through Tenon: each of its connections holds one key of Tenon's. */
#include "openapi/powerplatform/package.h"

#include "codec/json.h"

static json_t *key_parameter(void)
{
    const char *text = "A key of Tenon (tnk_...) that is bound to the connection.";
    return json_pack("{s:s,s:{s:s,s:s,s:s,s:{s:s,s:b,s:i}}}", "type", "securestring",
                     "uiDefinition", "displayName", "Tenon key", "description", text, "tooltip",
                     text, "constraints", "required", "true", "clearText", 0, "tabIndex", 1);
}

/* Whether a connection may be shared can be said of a set of parameters only. */
static json_t *sets_of(const connector_t *c)
{
    return json_pack("{s:{s:s,s:s},s:[{s:s,s:{s:s,s:s},s:{s:o},s:{s:b}}]}", "uiDefinition",
                     "displayName", "Authentication type", "description",
                     "How this connection reaches Tenon.", "values", "name", "key", "uiDefinition",
                     "displayName", "Tenon key", "description", "A key that Tenon's admin gives.",
                     "parameters", "api_key", key_parameter(), "metadata", "allowSharing",
                     (int)c->shareable);
}

bool package_through(const connector_t *c, const powerplatform_options_t *options,
                     powerplatform_package_t *out, err_t *err)
{
    const openapi_options_t of_document = {.flavour = openapi_flavour_of(STR("2.0")),
                                           .connection = options->connection,
                                           .server = options->server};
    out->definition = openapi_document(c, &of_document, err);
    json_object_set_new(out->properties, "connectionParameters",
                        json_pack("{s:o}", "api_key", key_parameter()));
    json_object_set_new(out->properties, "connectionParameterSets", sets_of(c));
    json_object_set_new(out->properties, "policyTemplateInstances", json_array());
    return out->definition != NULL;
}
