/* SPDX-License-Identifier: MIT */
/* YAML text into a tree with places: the strict subset that definitions are written in (FORMAT 1), read with
 * libyaml's event parser. Knows nothing of definitions. Pure; everything lives in the caller's arena. */
#ifndef TENON_CODEC_YAML_H
#define TENON_CODEC_YAML_H

#include "base/arena.h"
#include "base/err.h"

typedef enum { YAML_SCALAR, YAML_LIST, YAML_MAP } yaml_kind_t;

typedef struct yaml_node yaml_node_t;
typedef struct yaml_pair {
    const yaml_node_t *key; /* always a scalar */
    const yaml_node_t *value;
} yaml_pair_t;

struct yaml_node {
    yaml_kind_t kind;
    bool plain;    /* of a scalar: neither quoted nor a block scalar */
    unsigned line; /* of its first character, from 1 */
    unsigned column; /* code points, from 1 */
    str_t text;    /* of a scalar: as written (plain) or unescaped; {"", 0} for nothing */
    size_t count;
    union {
        const yaml_node_t **items; /* of a list */
        yaml_pair_t *pairs;        /* of a map, in the order of the file, keys unique */
    };
};

/* Called for every fault, in the order of the file. */
typedef void yaml_on_fault_t(void *context, err_code_t code, unsigned line, unsigned column,
                             const char *text);

enum { YAML_DEPTH_MAX = 64, YAML_BYTES_MAX = 1 << 20 };

/* Answers the root, or NULL where the reading ended early; the tree is whole only where no fault was reported.
 * After 100 faults the reading ends.
 * A fault that leaves the structure readable (anchor, alias, tag, duplicate key, control character) does not
 * end the reading; a syntax error, bad encoding, a directive, a complex key, a second document and depth do.
 * Codes: definition_{parse_error,bad_encoding,control_char,alias_forbidden,alias_unknown,tag_forbidden,
 * multi_document,too_deep,complex_key,duplicate_key,empty,too_large}. bytes_max: the file's ceiling. */
const yaml_node_t *yaml_read_in(arena_t *arena, str_t text, size_t bytes_max, yaml_on_fault_t *on_fault,
                                void *context);

/* The same of a file that is no definition: anchors, aliases and merge keys (`<<`) are followed. An aliased node stands in
 * the tree more than once; aliases that stand for more than YAML_SHARED_MAX values together are definition_alias_forbidden,
 * so that what walks the whole tree ends. */
enum { YAML_SHARED_MAX = 100000 };
const yaml_node_t *yaml_read_shared_in(arena_t *arena, str_t text, size_t bytes_max,
                                       yaml_on_fault_t *on_fault, void *context);

/* The value of a key, or NULL. */
const yaml_node_t *yaml_get(const yaml_node_t *map, const char *key);
/* The pair of a key, or NULL. */
const yaml_pair_t *yaml_pair(const yaml_node_t *map, const char *key);

/* What a plain scalar is in JSON's spelling and in YAML's core schema (YAML 1.2.2, 10.2 and 10.3). */
typedef enum {
    YAML_IS_TEXT,
    YAML_IS_NULL,    /* null */
    YAML_IS_BOOL,    /* true, false */
    YAML_IS_INT,     /* JSON integer */
    YAML_IS_NUMBER,  /* JSON number with fraction or exponent */
    YAML_IS_NOTHING, /* `key:` */
    YAML_IS_ODD      /* YAML's core schema reads it specially, JSON does not spell it so: ~ True 012 +1 0x1F .5 */
} yaml_scalar_is_t;
/* Of a scalar node; quoted ones are always text. */
yaml_scalar_is_t yaml_scalar_is(const yaml_node_t *scalar);

#endif
