/* SPDX-License-Identifier: MIT */
/* /v1/connectors: the catalogue, as this loop sees it. Files that are not in service in their
 * present form are shown to admins only. */
#include "api/connector_view.h"
#include "api/handlers.h"
#include "codec/json.h"

/* --- list --- */

static json_t *show_page(const snapshot_t *snapshot, const page_t *page)
{
    json_t *list = json_array();
    json_t *shown = json_object();
    json_object_set_new(shown, "connectors", list);
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const connector_t *c = snapshot_at(snapshot, i);
        if (page->after.p && str_compare(c->id, page->after) <= 0) {
            continue;
        }
        if (json_array_size(list) == page->limit) {
            const json_t *last = json_array_get(list, page->limit - 1);
            json_object_set(shown, "next", json_object_get(last, "id"));
            break;
        }
        json_array_append_new(list, connector_view_short(c));
    }
    return shown;
}

void connectors_list(resource_t *r)
{
    page_t page;
    err_t err = ERR_INIT;
    if (!resource_page(r, NULL, &page, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
        return;
    }
    const snapshot_t *snapshot = worker_snapshot(r->worker);
    json_t *shown = show_page(snapshot, &page);
    if (r->caller->is_admin) {
        json_object_set_new(shown, "faults", faults_view(snapshot));
    }
    resource_answer(r, 200, shown);
}

/* --- one --- */

static const catalogue_fault_t *find_fault(const snapshot_t *snapshot, str_t id)
{
    for (size_t i = 0; i < snapshot_fault_count(snapshot); i++) {
        const catalogue_fault_t *fault = snapshot_fault_at(snapshot, i);
        if (str_eq(fault->id, id)) {
            return fault;
        }
    }
    return NULL;
}

void connectors_show(resource_t *r)
{
    str_t id = r->variables[0];
    const snapshot_t *snapshot = worker_snapshot(r->worker);
    const connector_t *c = snapshot_connector(snapshot, id);
    const catalogue_fault_t *fault = r->caller->is_admin ? find_fault(snapshot, id) : NULL;
    if (!c && !fault) {
        resource_refuse(r, ERR_not_found, "there is no connector `%.*s`", STR_ARG(id));
        return;
    }
    json_t *shown = c ? connector_view(c, worker_options(r->worker)->public_url)
                      : json_pack("{s:o}", "id", json_str(id));
    if (fault) {
        json_object_set_new(shown, "fault", fault_view(fault));
    }
    resource_answer(r, 200, shown);
}
