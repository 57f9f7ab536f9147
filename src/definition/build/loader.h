/* SPDX-License-Identifier: MIT */
/* What the files of the loader share. Those of build/ turn the YAML tree into the model and note
 * every template with what it may see; those of check/ then look at model and tree together for
 * what only references can show (level R) and for advice (level W). All of it also runs on files
 * whose structure is broken, so that one run reports everything: whatever is not there, or has
 * another shape, is passed over. Private to build/, check/ and what drives them (load.c). */
#ifndef TENON_DEFINITION_BUILD_LOADER_H
#define TENON_DEFINITION_BUILD_LOADER_H

#include "base/map.h"
#include "definition/build/node.h"
#include "definition/diagnostic.h"
#include "definition/model.h"

/* What a template sees from where it stands. */
typedef struct view {
    unsigned roots;                  /* VIEW(CONNECTION) | … */
    const auth_t *auth;              /* inside an auth; NULL: outside, where all of them count */
    const grant_definition_t *grant; /* inside an auth or `token:` */
    const action_t *action;          /* whose input it is */
    const policy_t *policy;
    const steps_t *steps; /* those of `steps.NAME` */
    size_t steps_seen;    /* how many of them ran before */
    bool secrets;         /* inside an auth or `token:` */
    bool sends;           /* steps, request or token of an action */
    const char *where;    /* "an inject" */
} view_t;
#define VIEW(root) (1u << ROOT_##root)

/* What may stand where the template stands. */
typedef enum {
    USE_TEXT,   /* text; absent: the header, parameter or item goes */
    USE_NEEDED, /* text that cannot go */
    USE_LISTS,  /* text, or a list that repeats the name */
    USE_JSON    /* any JSON */
} use_kind_t;

typedef struct use {
    const view_t *view;
    use_kind_t kind;
    spot_t at;
    const template_t *template;
    const url_template_t *url; /* the template is a URL: nothing in it can go; NULL: it is none */
    bool is_name;              /* a URL that only names somebody: it is never called */
} use_t;

/* A schema of the model and the node it came from. */
typedef struct schema_site {
    const schema_t *schema;
    const yaml_node_t *node;
    const field_t *field; /* it is a field's own; NULL: another */
} schema_site_t;

typedef struct loader {
    arena_t *arena;   /* the connector's */
    arena_t *scratch; /* of the YAML tree, and of what only the loader needs */
    diagnostics_t *d;
    connector_t *c;
    int64_t timeout_ms;      /* where the file says none */
    const yaml_node_t *root; /* a map, or NULL */
    map_t *schemas;          /* name -> schema_t * */
    map_t *actions;          /* name -> action_t * */
    map_t
        *plain_schemas; /* type and format -> schema_t *: those that say nothing else are shared */
    use_t *uses;
    size_t use_count, use_room;
    schema_site_t *sites;
    size_t site_count, site_room;
} loader_t;

/* --- diagnostics --- */
void loader_fault(loader_t *l, err_code_t code, spot_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void loader_advise(loader_t *l, err_code_t code, spot_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Nobody will read one more: suggestions need not be looked for. */
bool loader_is_full(const loader_t *l);
/* "; did you mean `x`?", or "". */
const char *loader_suggest(loader_t *l, str_t name, const str_t *names, size_t count);
const char *loader_suggest_field(loader_t *l, str_t name, const fields_t *fields);
const char *loader_suggest_action(loader_t *l, str_t name);

/* --- pieces of the model (text.c) --- */
str_t loader_str(loader_t *l, const yaml_node_t *map, const char *key);
const str_t *loader_strs(loader_t *l, const yaml_node_t *list, size_t *count);
/* In lower case; dies with the loader. */
str_t loader_lower(loader_t *l, str_t s);
/* Gives the reference to the arena. NULL is allowed. */
json_t *loader_keep(loader_t *l, json_t *value);
/* NULL for NULL. The arena owns it. */
json_t *loader_json(loader_t *l, const yaml_node_t *node);
/* The x-… members of a map as an object; NULL where there are none. */
json_t *loader_extensions(loader_t *l, const yaml_node_t *map);
/* Statuses of a list. */
const int *loader_statuses(loader_t *l, const yaml_node_t *list, size_t *count);

/* --- templates (template.c) --- */
const view_t *view_new(loader_t *l, view_t view);
/* The same with other roots. */
const view_t *view_with(loader_t *l, const view_t *view, unsigned roots, const char *where);
/* Of a member. NULL where there is none; a template that cannot be read is reported and counts as
 * empty. */
const template_t *build_template(loader_t *l, const yaml_node_t *map, const char *key,
                                 const view_t *view, use_kind_t kind);
const template_t *build_template_at(loader_t *l, str_t text, spot_t at, const view_t *view,
                                    use_kind_t kind);
const url_template_t *build_url(loader_t *l, const yaml_node_t *map, const char *key,
                                const view_t *view);
/* One that is never called: its host need not be in `hosts`. */
const url_template_t *build_url_name(loader_t *l, const yaml_node_t *map, const char *key,
                                     const view_t *view);
const template_tree_t *build_tree(loader_t *l, const yaml_node_t *map, const char *key,
                                  const view_t *view, use_kind_t kind);
/* Header maps: a name that stands twice is reported. */
named_templates_t build_headers(loader_t *l, const yaml_node_t *map, const view_t *view);
/* name -> template of any type. */
named_templates_t build_answer(loader_t *l, const yaml_node_t *map, const view_t *view);
const template_t **build_template_list(loader_t *l, const yaml_node_t *list, const view_t *view,
                                       size_t *count);

/* --- subjects --- */
const schema_t *build_schema(loader_t *l, const yaml_node_t *node, const field_t *field);
void build_schemas(loader_t *l);
/* Of the named schemas (loop.c). */
void build_cut_loops(loader_t *l);
fields_t build_fields(loader_t *l, const yaml_node_t *map);
matches_t build_matches(loader_t *l, const yaml_node_t *node);
/* of_action: `method` stays absent where it is not given. */
void build_request_of(loader_t *l, const yaml_node_t *node, const view_t *view, bool of_action,
                      request_definition_t *out);
/* view: what every step sees beside the steps before it. */
void build_steps(loader_t *l, const yaml_node_t *map, const view_t *view, steps_t *out);
const guide_t *build_guide(loader_t *l, const yaml_node_t *node);
limits_t build_limits(loader_t *l, const yaml_node_t *list);
retry_definition_t build_retry(loader_t *l, const yaml_node_t *node);
/* view: of credentials; auth or action is set in it. */
void build_grant(loader_t *l, const yaml_node_t *node, const view_t *view,
                 grant_definition_t *grant);
void build_auths(loader_t *l, const yaml_node_t *connection);
void build_actions(loader_t *l);
/* Cuts action->path into pieces; faults of its syntax are reported at `at`. */
void build_path(loader_t *l, action_t *action, spot_t at);
/* Reports policy_place at `at`. */
place_t build_place(loader_t *l, str_t text, spot_t at);
void build_policies(loader_t *l, const yaml_node_t *list);
void build_connector(loader_t *l);
/* Once everything is there: what templates use, what is sure. */
void build_uses(loader_t *l);

bool auth_type_of(str_t name, auth_type_t *type);

/* --- walks over the whole file --- */

/* A grant and where it stands. */
typedef struct grant_site {
    const yaml_node_t *node; /* its keys */
    const grant_definition_t *grant;
    const auth_t *auth;     /* NULL: it is an action's `token:` */
    const action_t *action; /* NULL: it is an auth's */
} grant_site_t;
void loader_each_grant(loader_t *l, void (*on_grant)(loader_t *l, const grant_site_t *site));
/* All fields with their nodes: parameters of the connection and of auths, inputs of actions (action
 * is set). */
void loader_each_field(loader_t *l,
                       void (*on_field)(loader_t *l, const field_t *field, const yaml_node_t *node,
                                        const action_t *action));

/* The node that a part of the model came from: map of its keys; NULL where there is none. */
const yaml_node_t *auth_node(const loader_t *l, const auth_t *auth);
const yaml_node_t *action_node(const loader_t *l, const action_t *action);
/* Where its name stands. */
spot_t action_spot(const action_t *action);
spot_t auth_spot(const auth_t *auth);

/* An array of the model; NULL where it is empty. */
#define LOADER_ARRAY(l, type, count) ((count) ? arena_array_of((l)->arena, type, (count)) : NULL)
/* Arrays of the model are const to those who run it; the loader writes them until it is done. */
#define WRITABLE(type, pointer) ((type *)(uintptr_t)(pointer))

#endif
