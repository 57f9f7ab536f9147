/* SPDX-License-Identifier: MIT */
/* What a person types into or chooses from: one kind of control for each kind of field. Pure. */
#ifndef TENON_API_CONNECT_CONTROL_H
#define TENON_API_CONNECT_CONTROL_H

#include <jansson.h>

#include "base/buf.h"
#include "definition/model.h"

/* Its id is field-NAME. */
typedef struct control {
    const field_t *field;
    const schema_t *schema; /* of the field, behind its references */
    str_t value;            /* what stands in it; absent: nothing */
    bool required;
    bool has_hint;    /* an element hint-NAME describes it */
    bool has_problem; /* an element problem-NAME says what is wrong */
} control_t;

typedef enum {
    CONTROL_LABELLED, /* a <label> stands before it */
    CONTROL_BOX,      /* a <label> stands behind it */
    CONTROL_GROUP,    /* several, within a <fieldset> */
} control_shape_t;

typedef struct control_kind {
    control_shape_t shape;
    void (*write)(buf_t *to, const control_t *c);
} control_kind_t;
const control_kind_t *control_kind(const control_t *c);

/* A scalar as it is typed: the text itself, else it is written to room. NULL: absent. */
str_t control_text(const json_t *value, buf_t *room);

#endif
