/* SPDX-License-Identifier: MIT */
#include "api/documents.h"
#include "openapi/powerplatform/powerplatform.h"

static bool write_document(const document_ask_t *ask, openapi_format_t format, buf_t *to,
                           err_t *err)
{
    json_t *document = openapi_document(ask->connector, &ask->options, err);
    if (document) {
        openapi_write(to, document, format);
        json_decref(document);
    }
    return document != NULL;
}

static bool write_json(const document_ask_t *ask, buf_t *to, err_t *err)
{
    return write_document(ask, OPENAPI_JSON, to, err);
}

static bool write_yaml(const document_ask_t *ask, buf_t *to, err_t *err)
{
    return write_document(ask, OPENAPI_YAML, to, err);
}

/* The solution, which the platform's own pages import. */
static bool write_powerplatform(const document_ask_t *ask, buf_t *to, err_t *err)
{
    powerplatform_package_t package;
    const powerplatform_options_t options = {.server = ask->options.server,
                                             .connection = ask->options.connection};
    bool ok = powerplatform_make(ask->connector, &options, &package, err) &&
              powerplatform_solution(&package, to, err);
    powerplatform_fini(&package);
    return ok;
}

const document_kind_t DOCUMENT_JSON = {"json", STR_INIT("application/json"), write_json};
const document_kind_t DOCUMENT_YAML = {"yaml", STR_INIT("application/yaml"),
                                       write_yaml}; /* RFC 9512 */
const document_kind_t DOCUMENT_POWERPLATFORM = {"powerplatform", STR_INIT("application/zip"),
                                                write_powerplatform};
