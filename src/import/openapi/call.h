/* SPDX-License-Identifier: MIT */
/* One operation of the document on its way to an action. */
#ifndef TENON_IMPORT_OPENAPI_CALL_H
#define TENON_IMPORT_OPENAPI_CALL_H

#include "import/openapi/spec.h"

typedef struct call {
    spec_t *s;
    str_t name; /* operationId, or method and path: for the report */
    str_t ours; /* of the action */
    str_t method, path;
    const json_t *item, *from;
    json_t *action, *input;
    json_t *cookies;        /* wire name -> our input */
    const json_t *reserved; /* names of form fields, which keep theirs; NULL: none */
    json_t *auths;          /* names; NULL: it needs none */
} call_t;

/* --- input.c --- */

/* Adds a field under its name on the wire, or under another one that the request takes back. place:
 * path, query, header, form. Steals the field. */
void call_add_input(call_t *c, str_t wire, const char *place, json_t *field);
/* Whether an action takes so many inputs. False: the operation is refused, and needs no further
 * look. */
bool call_takes(call_t *c, size_t inputs);
/* A field with a scalar type: where the schema has none, it is a text. description: of what stands
 * around it, absent: none. */
json_t *call_scalar_field(call_t *c, const json_t *schema, str_t description);
/* A text in place of a value that FORMAT cannot spell at this place; how: what it looks like. */
json_t *call_text_field(call_t *c, const json_t *schema, str_t description, const char *how);

/* --- parameters.c --- */
void call_add_parameters(call_t *c);

/* --- style.c --- */

/* How a value that is no scalar stands at its place (OpenAPI 3.1, "Style Values"). */
typedef struct styled {
    str_t name;
    const char *place; /* query, header, path, form, cookie */
    const json_t *schema;
    str_t description;
    str_t style;
    bool explode, required;
    str_t collection; /* collectionFormat, of 2.0 alone; absent */
} styled_t;
void call_add_styled(call_t *c, const styled_t *v);

/* --- path.c --- */
/* Whether a path can have so many variables. False: the operation is refused, and needs no further
 * look. */
bool call_path_fits(call_t *c);
void call_add_path(call_t *c);

/* --- members.c --- */

/* array, object, a scalar's type, or absent where it may be any. */
str_t schema_kind(const spec_t *s, const json_t *schema);
bool schema_is_binary(const spec_t *s, const json_t *schema);
/* Properties and required of an object, with those of what it is made of. */
typedef struct members {
    json_t *properties, *required; /* name -> schema; name -> true */
} members_t;
void members_init(members_t *m, const spec_t *s, const json_t *schema);
void members_fini(members_t *m);

/* --- body.c, form.c, answers.c --- */
void call_add_body(call_t *c);
/* The kind of form that the body is sent as, if it is one: its Media Type Object; else NULL. */
const json_t *call_form(const call_t *c);
void call_add_form(call_t *c, const json_t *media, str_t type, bool required);
void call_add_answers(call_t *c);

/* --- media.c --- */

/* The media type of content that is taken, JSON before others; absent: none. */
str_t media_choose(const json_t *content);
const json_t *media_schema(const json_t *content, str_t type);
bool media_is_json(str_t type);
bool media_is_form(str_t type);
bool media_is_multipart_form(str_t type);
/* Texts: text/…, XML. */
bool media_is_text(str_t type);

#endif
