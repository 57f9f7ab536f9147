/* SPDX-License-Identifier: MIT */
/* The top level of a file (FORMAT 3), and what it shares with auths and actions: guides, limits,
 * retries. */
#include "definition/build/loader.h"

/* --- shared pieces --- */

const guide_t *build_guide(loader_t *l, const yaml_node_t *node)
{
    if (!node_map(node)) {
        return NULL;
    }
    const yaml_node_t *steps = node_list(yaml_get(node, "steps"));
    guide_t *guide = arena_new_of(l->arena, guide_t);
    guide_step_t *list = LOADER_ARRAY(l, guide_step_t, node_count(steps));
    guide->prerequisites =
        loader_strs(l, yaml_get(node, "prerequisites"), &guide->prerequisite_count);
    guide->checklist = loader_strs(l, yaml_get(node, "checklist"), &guide->checklist_count);
    for (size_t i = 0; i < node_count(steps); i++) {
        list[i].title = loader_str(l, steps->items[i], "title");
        list[i].text = loader_str(l, steps->items[i], "text");
        list[i].link = loader_str(l, steps->items[i], "link");
    }
    guide->steps = list;
    guide->step_count = node_count(steps);
    return guide;
}

static limit_t read_limit(loader_t *l, const yaml_node_t *node)
{
    static const char *const scopes[] = {"connection", "connector", "caller"};
    limit_t limit = {.calls = (uint32_t)node_int(yaml_get(node, "calls"), 1),
                     .per_ms = node_duration_ms(yaml_get(node, "per"), 1000),
                     .wait = member_is(node, "on_limit", "wait"),
                     .max_wait_ms = node_duration_ms(yaml_get(node, "max_wait"), 0),
                     .name = loader_str(l, node, "name")};
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        if (member_is(node, "scope", scopes[i])) {
            limit.scope = (limit_scope_t)i;
        }
    }
    if (!limit.name.p) {
        limit.name = str_of(scopes[limit.scope]);
    }
    return limit;
}

limits_t build_limits(loader_t *l, const yaml_node_t *list)
{
    size_t count = node_count(node_list(list));
    limit_t *limits = LOADER_ARRAY(l, limit_t, count);
    for (size_t i = 0; i < count; i++) {
        limits[i] = read_limit(l, list->items[i]);
    }
    return (limits_t){.list = limits, .count = count};
}

static str_t *strs(loader_t *l, const yaml_node_t *list, size_t *count)
{
    return WRITABLE(str_t, loader_strs(l, list, count));
}

retry_definition_t build_retry(loader_t *l, const yaml_node_t *node)
{
    static const int statuses[] = {502, 503, 504};
    retry_definition_t retry = {.max = (unsigned)node_int(yaml_get(node, "max"), 0),
                                .statuses = statuses,
                                .status_count = sizeof statuses / sizeof *statuses,
                                .remaining = loader_str(l, node, "remaining")};
    if (node_list(yaml_get(node, "statuses"))) {
        retry.statuses = loader_statuses(l, yaml_get(node, "statuses"), &retry.status_count);
    }
    retry.after = strs(l, yaml_get(node, "after"), &retry.after_count);
    retry.at = strs(l, yaml_get(node, "at"), &retry.at_count);
    return retry;
}

/* --- the top level --- */

static void read_contact(loader_t *l, const yaml_node_t *node, str_t *name, str_t *url,
                         str_t *email)
{
    *name = loader_str(l, node, "name");
    *url = loader_str(l, node, "url");
    *email = loader_str(l, node, "email");
}

static void read_head(loader_t *l)
{
    connector_t *c = l->c;
    const yaml_node_t *links = yaml_get(l->root, "links");
    const yaml_node_t *publisher = yaml_get(l->root, "publisher");
    const yaml_node_t *contact = yaml_get(l->root, "contact");
    c->id = loader_str(l, l->root, "id");
    c->title = loader_str(l, l->root, "title");
    c->description = loader_str(l, l->root, "description");
    c->version = loader_str(l, l->root, "version");
    c->preview = member_is(l->root, "status", "preview");
    read_contact(l, publisher, &c->publisher_name, &c->publisher_url, &c->publisher_email);
    read_contact(l, contact ? contact : publisher, &c->contact_name, &c->contact_url,
                 &c->contact_email);
    c->link_website = loader_str(l, links, "website");
    c->link_privacy_policy = loader_str(l, links, "privacy_policy");
    c->link_documentation = loader_str(l, links, "documentation");
    c->categories = loader_strs(l, yaml_get(l->root, "categories"), &c->category_count);
    c->brand_color = loader_str(l, l->root, "brand_color");
    c->extensions = loader_extensions(l, l->root);
}

/* host[:port] or *.host[:port]. */
static host_pattern_t read_host(loader_t *l, str_t text)
{
    uint64_t port = 0;
    size_t colon = str_index(text, ':');
    if (!str_to_u64(str_slice(text, colon == SIZE_MAX ? text.n : colon + 1, text.n), &port) ||
        port > UINT16_MAX) {
        port = 0;
    }
    return (host_pattern_t){.host = arena_str(l->arena, str_slice(text, 0, colon)),
                            .port = (uint16_t)port};
}

static bool is_host_text(str_t text)
{
    size_t n = 0;
    while (n < text.n && (ascii_is_alnum(text.p[n]) || strchr("*.-:", text.p[n]))) {
        n++;
    }
    return text.n > 0 && n == text.n;
}

/* One that is no host was reported as such: what the others allow would then mislead. */
static bool are_hosts(const yaml_node_t *list)
{
    for (size_t i = 0; i < node_count(list); i++) {
        if (!is_host_text(node_text(list->items[i]))) {
            return false;
        }
    }
    return true;
}

static void read_hosts(loader_t *l)
{
    const yaml_node_t *node = yaml_get(l->root, "hosts");
    const yaml_node_t *list = are_hosts(node_list(node)) ? node_list(node) : NULL;
    host_pattern_t *hosts = LOADER_ARRAY(l, host_pattern_t, node_count(list));
    for (size_t i = 0; i < node_count(list); i++) {
        hosts[l->c->host_count++] = read_host(l, node_text(list->items[i]));
    }
    l->c->hosts = hosts;
    l->c->hosts_any = str_is(node_text(node), "any");
}

static void read_running(loader_t *l)
{
    connector_t *c = l->c;
    const yaml_node_t *explain = node_map(yaml_get(l->root, "explain"));
    c->throttle = build_limits(l, yaml_get(l->root, "throttle"));
    c->retry = build_retry(l, yaml_get(l->root, "retry"));
    c->timeout_ms = node_duration_ms(yaml_get(l->root, "timeout"), l->timeout_ms);
    c->proxy = node_bool(yaml_get(l->root, "proxy"), false);
    c->required_defaults_only = str_is(node_text(yaml_get(l->root, "defaults")), "required");
    c->guide = build_guide(l, yaml_get(l->root, "guide"));
    c->explain = explain ? loader_json(l, explain) : NULL;
}

static const view_t *view_of_all(loader_t *l, const char *where)
{
    return view_new(l, (view_t){.roots = VIEW(CONNECTION), .where = where});
}

static void read_request(loader_t *l)
{
    const yaml_node_t *request = node_map(yaml_get(l->root, "request"));
    const view_t *view = view_of_all(l, "the top-level request");
    l->c->base_url = build_url(l, l->root, "base_url", view_of_all(l, "a base_url"));
    l->c->request_headers = build_headers(l, yaml_get(request, "headers"), view);
    l->c->request_query = build_tree(l, request, "query", view, USE_LISTS);
}

static void read_connection(loader_t *l)
{
    const yaml_node_t *connection = node_map(yaml_get(l->root, "connection"));
    l->c->shareable = node_bool(yaml_get(connection, "shareable"), false);
    l->c->parameters = build_fields(l, yaml_get(connection, "parameters"));
    build_auths(l, connection);
}

static void read_verify(loader_t *l)
{
    const yaml_node_t *node = yaml_get(l->root, "verify");
    if (!node_map(node)) {
        str_t name = node_text(node);
        l->c->verify_action = name.p ? map_get(l->actions, name) : NULL;
        return;
    }
    request_definition_t *request = arena_new_of(l->arena, request_definition_t);
    build_request_of(l, node, view_of_all(l, "verify"), false, request);
    l->c->verify_request = request;
}

void build_connector(loader_t *l)
{
    read_head(l);
    read_hosts(l);
    read_running(l);
    build_schemas(l);
    read_connection(l);
    read_request(l);
    build_actions(l);
    read_verify(l);
    build_policies(l, yaml_get(l->root, "policies"));
}
