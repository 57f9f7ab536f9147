/* SPDX-License-Identifier: MIT */
/* Values of YAML nodes, read without complaint: what has another shape than expected is "not
 * there", as the structure check has reported it already. Pure. */
#ifndef TENON_DEFINITION_BUILD_NODE_H
#define TENON_DEFINITION_BUILD_NODE_H

#include <jansson.h>

#include "codec/yaml.h"

/* A place in the file. */
typedef struct spot {
    unsigned line, column;
} spot_t;

/* The node itself where it is a map or list, else NULL. NULL is allowed. */
const yaml_node_t *node_map(const yaml_node_t *node);
const yaml_node_t *node_list(const yaml_node_t *node);
/* Members of a map or items of a list; 0 of anything else. */
size_t node_count(const yaml_node_t *node);
/* A scalar as written; absent where it is none, or nothing. */
str_t node_text(const yaml_node_t *node);
bool node_is_null(const yaml_node_t *node);
bool node_bool(const yaml_node_t *node, bool fallback);
int64_t node_int(const yaml_node_t *node, int64_t fallback);
bool node_number(const yaml_node_t *node, double *out);
/* "60s" in milliseconds. */
int64_t node_duration_ms(const yaml_node_t *node, int64_t fallback);
/* As JSON (FORMAT 2): plain scalars in JSON's spelling are null, bool or number. New reference. */
json_t *node_json(const yaml_node_t *node);

spot_t node_spot(const yaml_node_t *node);
/* Where the key stands; of the map itself where it lacks the key. */
spot_t key_spot(const yaml_node_t *map, const char *key);

/* Member of a map, as text. */
str_t member_text(const yaml_node_t *map, const char *key);
bool member_is(const yaml_node_t *map, const char *key, const char *value);

#endif
