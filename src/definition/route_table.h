/* SPDX-License-Identifier: MIT */
/* Private to the routes: the tree of path segments that routes.c builds and routes_match.c walks.
 * Lives in the connector's arena. */
#ifndef TENON_DEFINITION_ROUTE_TABLE_H
#define TENON_DEFINITION_ROUTE_TABLE_H

#include "definition/routes.h"

/* Decoded literal text, or (absent) a variable. */
typedef str_t route_part_t;

/* In the order in which they are tried: a literal beats a variable. */
typedef enum { SEGMENT_LITERAL, SEGMENT_MIXED, SEGMENT_VARIABLE } segment_kind_t;
typedef struct route_segment {
    segment_kind_t kind;
    str_t literal;             /* SEGMENT_LITERAL */
    const route_part_t *parts; /* SEGMENT_MIXED: no two variables touch */
    size_t part_count;
    size_t literal_bytes;
} route_segment_t;

typedef struct route_node route_node_t;
struct route_node {
    const route_segment_t *segment; /* that leads here; NULL at the root */
    const route_node_t
        *children; /* by kind; literals sorted, mixed ones with more literal text first */
    size_t child_count, literal_count;
    const action_t *const *actions; /* whose path ends here */
    size_t action_count;
};

typedef struct route_table {
    route_node_t root;
    size_t depth; /* segments of the longest path */
    const action_t *const *by_name;
    size_t name_count;
} route_table_t;

#endif
