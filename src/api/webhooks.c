/* SPDX-License-Identifier: MIT */
/* /v1/webhooks: an admin's. */
#include "api/handlers.h"
#include "codec/json.h"

static const body_member_t ADD_MEMBERS[] = {{"url", JSON_STRING, true},
                                            {"types", JSON_ARRAY, false},
                                            {"connections", JSON_ARRAY, false},
                                            {"title", JSON_STRING, false}};
const body_t BODY_WEBHOOK_ADD = BODY_OF(ADD_MEMBERS);

static json_t *named(const resource_t *r)
{
    return json_pack("{s:o}", "id", json_str(r->variables[0]));
}

void webhooks_list(resource_t *r)
{
    resource_admin(r, ADMIN_WEBHOOK_LIST, json_object(), 200);
}

static void on_added(resource_t *r, json_t *output)
{
    resource_answer_made(r, STR("/v1/webhooks/"), json_member(output, "id"), output);
}

void webhooks_add(resource_t *r)
{
    resource_admin_then(r, ADMIN_WEBHOOK_ADD, json_incref(r->body), on_added);
}

void webhooks_show_one(resource_t *r)
{
    resource_admin(r, ADMIN_WEBHOOK_SHOW, named(r), 200);
}

void webhooks_remove_one(resource_t *r)
{
    resource_admin(r, ADMIN_WEBHOOK_REMOVE, named(r), 204);
}

void webhooks_rotate(resource_t *r)
{
    resource_admin(r, ADMIN_WEBHOOK_ROTATE, named(r), 200);
}

void webhooks_enable_one(resource_t *r)
{
    resource_admin(r, ADMIN_WEBHOOK_ENABLE, named(r), 200);
}

void webhooks_test_one(resource_t *r)
{
    resource_admin(r, ADMIN_WEBHOOK_TEST, named(r), 200);
}
