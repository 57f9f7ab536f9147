/* SPDX-License-Identifier: MIT */
/* /v1/connectors/{connector}/parameters: what an admin gives once for all connections (`ask:
 * admin`). */
#include "api/handlers.h"
#include "codec/json.h"

static const body_member_t SET_MEMBERS[] = {{"parameters", JSON_OBJECT, true}};
const body_t BODY_PARAMETERS_SET = BODY_OF(SET_MEMBERS);

void parameters_show(resource_t *r)
{
    resource_admin(r, ADMIN_PARAMETERS_SHOW,
                   json_pack("{s:o}", "connector", json_str(r->variables[0])), 200);
}

void parameters_set(resource_t *r)
{
    json_t *input = json_object();
    json_object_set_new(input, "connector", json_str(r->variables[0]));
    json_object_set(input, "parameters", json_object_get(r->body, "parameters"));
    resource_admin(r, ADMIN_PARAMETERS_SET, input, 200);
}
