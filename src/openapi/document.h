/* SPDX-License-Identifier: MIT */
/* Private to openapi: a document in the making, and what the files of this folder share to fill it. Each writes
 * one part, the same for all flavours, and leaves to the flavour (flavour.h) what versions say differently. JSON
 * that is answered is a new reference, JSON that is given in `to` is added to. */
#ifndef TENON_OPENAPI_DOCUMENT_H
#define TENON_OPENAPI_DOCUMENT_H

#include "base/map.h"
#include "codec/json.h"
#include "openapi/openapi.h"

typedef struct document {
    const connector_t *connector;
    const openapi_flavour_t *flavour;
    arena_t *arena; /* of everything but JSON */
    /* Of the server: "https", "tenon.example.com:8443", "/behind/a/path" or "". */
    str_t scheme, authority, base;
    str_t home; /* where the calls go: "/run/ukg-pro-wfm/acme"; with `*` "/run/ukg-pro-wfm" */
    /* Where the caller chooses the connection (chosen.c): the variable in every path and the operation that lists what
     * may stand there; else absent. */
    str_t variable, lister;
    str_t problem; /* name of the schema of Tenon's own errors */
    const json_t *left_out; /* names of actions that the document does not say, as members; NULL: none */
    unsigned alternatives_within; /* how many are being lowered around this one (v2_alternatives.c) */
    json_t *paths;
    map_t *distances; /* of named schemas to the address for notifications (notification.c) */
} document_t;

/* --- the whole (document.c) --- */

/* Takes the address apart. Error: definition_bad_url. */
bool document_set_server(document_t *d, str_t server, err_t *err);
/* From the address and where the calls go on. */
json_t *document_write(document_t *d);

/* --- schemas (schema.c, named_schemas.c) --- */

json_t *schema_write(document_t *d, const schema_t *schema);
/* With what it refers to written into it. */
json_t *schema_write_whole(document_t *d, const schema_t *schema);
/* Sets a list of schemas, unless it is empty. */
void schema_add_several(document_t *d, json_t *to, const char *name, const schema_t *const *list, size_t count);
/* A field's schema: with its title and choices. */
json_t *field_schema(document_t *d, const field_t *field);
json_t *field_schema_whole(document_t *d, const field_t *field);
/* Without what a parameter of 3.x says itself: description, deprecated and x- keys. */
json_t *field_schema_of_parameter(document_t *d, const field_t *field);
/* The object whose members are those of the action's fields that go to such a place. */
json_t *fields_schema(document_t *d, const action_t *action, field_in_t in);
json_t *named_schema_refer(const document_t *d, str_t name);
/* The schemas that the paths lead to, in the order of the file. */
json_t *named_schemas_write(document_t *d);

/* --- x- keys (extensions.c) --- */

void extensions_add(const document_t *d, json_t *to, const json_t *extensions);
/* The value of a schema's own x- key, else of those that it refers to; NULL: none. */
const json_t *schema_extension(const schema_t *schema, const char *name);

/* --- paths and operations (paths.c, operation.c, chosen.c) --- */

void paths_add(document_t *d);
/* names: of the variables in the document, in the order of the action's pieces (NULL: their own). chosen: the path holds
 * the variable of the connection. */
json_t *operation_write(document_t *d, const action_t *action, const str_t *names, bool chosen);
/* The name of the link to the next page, where Microsoft's designers follow it: they know two names,
 * at the top of an answer. Else absent. */
str_t designers_link(const action_t *action);

/* Sets variable and lister. */
void chosen_name(document_t *d);
/* The shared parameter, and the operation, which goes to the paths. */
json_t *chosen_variable(document_t *d);
void chosen_add_lister(document_t *d);

/* --- answers (answers.c, token_schema.c) --- */

typedef struct answer {
    int status; /* 0: default */
    str_t description;
    const schema_t *schema; /* NULL: none */
    bool is_token;          /* the members of a token answer */
    bool has_body;          /* of any shape where there is no schema */
    json_t *headers;        /* name -> {description, type, format} */
} answer_t;
typedef struct answers {
    answer_t *list; /* in the arena; one success at least */
    size_t count;
} answers_t;
answers_t answers_of(document_t *d, const action_t *action);
void answers_fini(answers_t *answers);
/* "200", "default". */
typedef struct answer_key {
    char text[8];
} answer_key_t;
answer_key_t answer_key(const answer_t *answer);
/* What a 429 says, and its fields in the form of an answer's. */
#define THROTTLED_TEXT "A limit is reached, or the service asked for a pause. Try again after Retry-After."
json_t *throttle_headers(void);
json_t *token_schema(const connector_t *c, const action_t *action);

/* --- webhook triggers (notification.c) --- */

/* Before the others. */
void notification_measure(document_t *d);
/* Whether a value of the schema holds the member that takes the address. */
bool schema_takes_notification(const document_t *d, const schema_t *schema);
/* The property of the schema, and the field of the body, that is that member or leads to it; NULL: none. */
const schema_property_t *notification_property(const document_t *d, const schema_t *schema);
const field_t *notification_field(const document_t *d, const action_t *action);
/* JSON Pointer of that member in the action's body; absent: none. */
str_t notification_pointer(const document_t *d, const action_t *action);

/* --- small parts (info.c, parts.c) --- */

/* title, description, version, contact. */
json_t *info_write(const connector_t *c);
/* externalDocs, where the connector has documentation. */
void info_add_documentation(json_t *to, const connector_t *c);
/* How Tenon's key comes as a header: the same in all versions. */
json_t *key_scheme(void);
/* The media types that the action's body may have: the list that a Content-Type field of its own gives, or the one that
 * its fields need. */
json_t *body_media_types(const action_t *action);
/* An integer where it is one. */
json_t *json_of_number(double value);
/* wanted, or wanted with the first number behind it that makes it free. In the arena. */
str_t unique_name_in(arena_t *arena, const char *wanted, bool (*is_taken)(const void *context, str_t name),
                     const void *context);

#endif
