/* SPDX-License-Identifier: MIT */
/* Liveness and readiness. What stands in the detail is for the operator only. */
#include "api/connector_view.h"
#include "api/handlers.h"

void health_live(resource_t *r)
{
    resource_answer(r, 200, json_pack("{s:s}", "status", "ok"));
}

static bool is_ready(const resource_t *r)
{
    return manager_is_ready(worker_options(r->worker)->manager);
}

static json_t *show_definitions(const snapshot_t *snapshot)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "in_service", json_integer((json_int_t)snapshot_count(snapshot)));
    json_object_set_new(shown, "faults", faults_view(snapshot));
    return shown;
}

/* The host starts only where the master key opens the key ring, so that is known to be well. */
static void answer_detail(resource_t *r, bool ready)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "status", json_string(ready ? "ok" : "unavailable"));
    json_object_set_new(shown, "version", json_string(TENON_VERSION));
    json_object_set_new(shown, "store", json_string(ready ? "ok" : "failed"));
    json_object_set_new(shown, "master_key", json_string("ok"));
    json_object_set_new(shown, "definitions", show_definitions(worker_snapshot(r->worker)));
    const http_header_t code = {STR("tenon-error"), str_of(err_code_name(ERR_store_unavailable))};
    resource_answer_with(r, ready ? 200 : 503, shown, ready ? NULL : &code);
}

static void answer_plain(resource_t *r, bool ready)
{
    if (ready) {
        resource_answer(r, 200, json_pack("{s:s}", "status", "ok"));
    } else {
        resource_refuse(r, ERR_store_unavailable, "the store cannot be written");
    }
}

static void on_caller(void *context, caller_key_t *caller, const err_t *err)
{
    resource_t *r = context;
    r->caller = caller;
    if (!caller) {
        resource_fail(r, err);
    } else if (caller_key_has(caller, KEY_RIGHT_METRICS)) {
        answer_detail(r, is_ready(r));
    } else {
        answer_plain(r, is_ready(r));
    }
}

void health_ready(resource_t *r)
{
    if (r->view->local || r->view->authorization.p || r->view->api_key.p) {
        worker_identify(r->worker, r->request, on_caller, r);
    } else {
        answer_plain(r, is_ready(r));
    }
}
