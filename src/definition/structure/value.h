/* SPDX-License-Identifier: MIT */
/* What a node of a definition can be read as (FORMAT 2), and how messages show it. Private to
 * structure. */
#ifndef TENON_DEFINITION_STRUCTURE_VALUE_H
#define TENON_DEFINITION_STRUCTURE_VALUE_H

#include "base/buf.h"
#include "codec/yaml.h"
#include "definition/structure/rule.h"

/* A plain scalar is text as written, and beside that what JSON's spelling makes of it. Null,
 * however it is spelled, is no text; what only YAML's core schema reads specially is text alone. */
unsigned kinds_of_node(const yaml_node_t *node);
/* What YAML's core schema reads the scalar as where JSON's spelling does not; 0 else. */
unsigned kinds_of_odd_node(const yaml_node_t *node);
bool node_is_value(const yaml_node_t *node, unsigned kinds, const rule_value_t *value);

/* A value in a message: without control characters, cut where it is long. */
typedef struct shown {
    char text[100];
} shown_t;
shown_t shown_of(str_t text);

/* "a text", "true or false", "a list or a map" … */
void kinds_write(buf_t *to, unsigned kinds);
/* What the node is: "a list", "nothing", "null", or "a text". */
const char *node_kind_name(const yaml_node_t *node);

#endif
