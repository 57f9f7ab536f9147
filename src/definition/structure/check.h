/* SPDX-License-Identifier: MIT */
/* One pass of the compiled schema over a tree: what its parts share. structure.c walks lists and
 * maps, scalar.c looks at scalars, combine.c at rules within rules, report.c words the faults.
 * Private to the four. */
#ifndef TENON_DEFINITION_STRUCTURE_CHECK_H
#define TENON_DEFINITION_STRUCTURE_CHECK_H

#include "definition/diagnostic.h"
#include "definition/structure/value.h"

/* Where d is NULL the pass only asks whether the tree fits (if, not, anyOf): it ends at the first
 * fault unless all are to be counted. */
typedef struct check {
    diagnostics_t *d;
    bool counting;
    size_t faults;
    match_room_t *room;
} check_t;

/* A node and the key it stands under: a list's item and a key that is checked itself are their own,
 * the root has none. */
typedef struct spot {
    const yaml_node_t *node;
    const yaml_node_t *key;
} spot_t;

static inline bool check_is_over(const check_t *c)
{
    return c->faults && !c->d && !c->counting;
}
static inline err_code_t rule_code(const rule_t *rule, err_code_t otherwise)
{
    return rule->code != ERR_none ? rule->code : otherwise;
}

void structure_check_node(check_t *c, const rule_t *rule, spot_t at);
/* Says it where the node has none of the kinds that `type` allows; false then. */
bool structure_check_type(check_t *c, const rule_t *rule, unsigned kinds, spot_t at);
/* Where text is allowed a scalar is text, whatever else it could be read as. */
void structure_check_scalar(check_t *c, const rule_t *rule, unsigned kinds, spot_t at);
/* allOf, anyOf, oneOf, not, if. */
void structure_check_combined(check_t *c, const rule_t *rule, spot_t at);

/* at: NULL is the root, 1:1. */
void structure_report(check_t *c, err_code_t code, const yaml_node_t *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* x-message; of a missing key at the map's own key. */
void structure_report_message(check_t *c, const rule_t *rule, spot_t at);
/* "'x' is not …", or "'x' VERB 'WHAT'" where the schema has no words of its own. */
void structure_report_value(check_t *c, const rule_t *rule, spot_t at, const char *verb,
                            str_t what);
void structure_report_enum(check_t *c, const rule_t *rule, spot_t at);
void structure_report_type(check_t *c, const rule_t *rule, unsigned kinds, spot_t at);
void structure_report_ambiguous(check_t *c, const yaml_node_t *node, const char *advice);
/* With the nearest name that the rule knows. */
void structure_report_unknown(check_t *c, const rule_t *rule, const yaml_node_t *key);

#endif
