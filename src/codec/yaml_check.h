/* SPDX-License-Identifier: MIT */
/* What surrounds libyaml in codec/yaml.h: the checks of the bytes before it, the list of faults,
 * and the wording of its errors. Private to codec. */
#ifndef TENON_CODEC_YAML_CHECK_H
#define TENON_CODEC_YAML_CHECK_H

#include "codec/yaml.h"
#include "codec/yaml_lib.h"

/* A file with more faults than this is not worth reading on. */
enum { YAML_FAULTS_MAX = 100, YAML_FAULT_TEXT_BYTES = 256 };

typedef struct yaml_place {
    unsigned line;
    unsigned column;
} yaml_place_t;

typedef struct yaml_one_fault {
    err_code_t code;
    yaml_place_t at;
    char text[YAML_FAULT_TEXT_BYTES];
} yaml_one_fault_t;

typedef struct yaml_faults {
    yaml_one_fault_t *all; /* heap, until yaml_faults_tell */
    size_t count;
} yaml_faults_t;

/* Past YAML_FAULTS_MAX it is dropped. */
void yaml_fault(yaml_faults_t *faults, err_code_t code, unsigned line, unsigned column,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
bool yaml_faults_are_full(const yaml_faults_t *faults);
/* In the order of the file; frees the list. */
void yaml_faults_tell(yaml_faults_t *faults, yaml_on_fault_t *on_fault, void *context);

/* Size, encoding, directives, control characters. Answers the text to parse (without the byte order
 * mark, control characters replaced by `_` so that columns stay), absent where there is nothing to
 * go on with. */
str_t yaml_check_in(arena_t *arena, str_t text, size_t bytes_max, yaml_faults_t *faults);
/* Control characters but tab and line ends, and what turns the direction of a line. */
bool yaml_holds_control(str_t s);

/* The text from its index-th code point on. */
str_t yaml_rest_at(str_t text, size_t index);
/* Without leading blanks, line ends, comments and `...` lines; moves the place along. */
str_t yaml_skip_blank(str_t text, yaml_place_t *at);
/* Turns the error that the parser stopped with into a fault. text: what it parsed. */
void yaml_report_syntax(yaml_faults_t *faults, const yaml_parser_t *parser, str_t text);

/* --- yaml_share.c --- */

/* Counts the node's values, itself with them, off *left; false where they are more. */
bool yaml_count_off(const yaml_node_t *node, size_t *left);
/* Puts what `<<` stands for behind the map's own pairs; those that it has itself count. False where it stands for no map. */
bool yaml_merge_in(arena_t *arena, yaml_node_t *map);

#endif
