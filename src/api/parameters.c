/* SPDX-License-Identifier: MIT */
/* /v1/connectors/{connector}/parameters: what an admin gives once for all connections (`ask:
 * admin`), such as an OAuth application, and the redirect URI that it is registered with. */
#include "api/handlers.h"
#include "codec/json.h"

static const body_member_t SET_MEMBERS[] = {{"parameters", JSON_OBJECT, true}};
const body_t BODY_PARAMETERS_SET = BODY_OF(SET_MEMBERS);

static void on_shown(resource_t *r, json_t *output)
{
    json_t *shown = json_copy(output);
    str_t uri = manager_redirect_uri_in(worker_options(r->worker)->manager,
                                        http_request_arena(r->request), r->variables[0]);
    json_object_set_new(shown, "redirect_uri", json_str(uri));
    resource_answer(r, 200, shown);
}

void parameters_show(resource_t *r)
{
    resource_admin_then(r, ADMIN_PARAMETERS_SHOW,
                        json_pack("{s:o}", "connector", json_str(r->variables[0])), on_shown);
}

void parameters_set(resource_t *r)
{
    json_t *input = json_object();
    json_object_set_new(input, "connector", json_str(r->variables[0]));
    json_object_set(input, "parameters", json_object_get(r->body, "parameters"));
    resource_admin_then(r, ADMIN_PARAMETERS_SET, input, on_shown);
}
