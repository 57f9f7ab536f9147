/* SPDX-License-Identifier: MIT */
/* Private to the Nango importer: one provider on its way into a definition. What its templates name
 * (`connectionConfig.x`, `apiKey`) is looked up in `known`, which fields and ways to sign in fill
 * before a template is read. Belongs to one thread. */
#ifndef TENON_IMPORT_NANGO_PROVIDER_H
#define TENON_IMPORT_NANGO_PROVIDER_H

#include <jansson.h>

#include "base/arena.h"
#include "import/compose.h"
#include "import/report.h"

typedef struct provider {
    arena_t *arena;
    str_t id;
    const json_t *source; /* with what its `alias` gives */
    report_t *report;
    json_t *read;           /* names of its members that were looked at */
    json_t *known;          /* variable of Nango -> expression of ours */
    json_t *whole;          /* those whose value is a whole URL, as an object */
    json_t *fields;         /* variable of Nango -> its field, where there is one */
    json_t *parameters;     /* of the connection */
    json_t *own_parameters; /* of the way to sign in */
    json_t *auth;           /* the way to sign in, without these two */
    json_t *inject;         /* {headers, query, json} */
    str_t base_url;         /* of the connector; absent: the way to sign in has it */
    json_t *headers;        /* of the top-level request */
    json_t *hosts;          /* as an object: host -> true */
    bool hosts_any;         /* a host that only the connection tells */
    bool hosts_answered;    /* a host that only an answer tells */
    bool is_signed;         /* the way to sign in writes Authorization and X-Amz-Date */
    bool failed;
} provider_t;

/* Tells the reason, and that nothing can be written. */
void provider_fail(provider_t *p, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- its members --- */
const json_t *provider_get(const provider_t *p, const char *name);
/* A member of one of its parts, such as `proxy`; path: the part's name. */
const json_t *provider_part(const provider_t *p, const json_t *part, const char *path, const char *name);
/* A scalar as text, in the arena; absent where it is none. */
str_t scalar_text(const provider_t *p, const json_t *v);
str_t provider_text(const provider_t *p, const char *name);
/* The same where it is the address of a page; else absent, and told. */
str_t provider_page(provider_t *p, const char *name);
/* Whether a header can have that name; false: it is told. */
bool provider_header(provider_t *p, const char *name);
bool provider_flag(const provider_t *p, const char *name);
bool provider_is(const provider_t *p, const char *name, const char *value);
/* Declares what a variable of Nango is. */
void provider_know(provider_t *p, const char *variable, str_t expression);
void set_text(json_t *object, const char *name, str_t text);

/* --- template.c: ${…} of Nango in words of ours. Absent, and the provider failed, where there are
 * none. --- */

/* A template, with `||` as literal text. */
str_t translated_text(provider_t *p, str_t source);
/* The same as an expression. */
str_t translated_expression(provider_t *p, str_t source);
/* left `||` right: the left one where what it names is there. */
str_t translated_choice(provider_t *p, str_t source);
bool has_template(str_t source);
/* The first variable that is named; absent: none. */
str_t first_variable(str_t source);
/* Maps, lists and scalars, each text a template. New reference. */
json_t *translated_tree(provider_t *p, const json_t *tree);
/* The left expression where what it names is there, else the right one. */
str_t default_expression(provider_t *p, str_t left, str_t right);
/* Index behind the `${…}` that begins at `at`, or the length where it does not end. */
size_t behind_variable(str_t s, size_t at);
/* Cuts at the first `||` outside of `${…}`; right is absent where there is none. */
void cut_choice(str_t source, str_t *left, str_t *right);

/* --- date.c --- */

/* What stands behind `now`: a call of now(); absent where it cannot be said. */
str_t date_expression(provider_t *p, str_t rest);

/* --- url.c --- */

/* A URL of Nango, its hosts noted. */
str_t url_text_of(provider_t *p, str_t source);
void write_hosts(provider_t *p, json_t *out);

/* --- fields.c --- */

/* What people fill in; `credentials` belong to the way to sign in. */
void read_fields(provider_t *p);
/* A credential that the catalogue leaves to its host: admin: an admin gives it once. */
void add_credential(provider_t *p, const char *variable, const char *name, const char *title,
                    bool secret, bool admin);
void add_parameter(json_t *parameters, const char *name, json_t *field);

/* --- api.c: what every call carries --- */
void read_base_url(provider_t *p);
void read_injected(provider_t *p);
void write_retry(provider_t *p, json_t *out);
void write_verify(provider_t *p, json_t *out);

/* --- modes.c --- */
typedef struct auth_mode {
    const char *name;
    bool has_token;
    void (*build)(provider_t *p);
} auth_mode_t;
/* NULL where there is none. */
const auth_mode_t *auth_mode_find(str_t name);
extern const auth_mode_t MODE_OAUTH2, MODE_MCP, MODE_MCP_GENERIC, MODE_CLIENT_CREDENTIALS,
    MODE_TWO_STEP, MODE_BILL, MODE_JWT, MODE_APP, MODE_API_KEY, MODE_BASIC, MODE_NONE, MODE_OAUTH1,
    MODE_TBA, MODE_AWS, MODE_SIGNATURE, MODE_INSTALL_PLUGIN, MODE_CUSTOM;

/* --- token.c: what ways to sign in share --- */

/* alg, key, header, claims, lifetime out of `token`, `assertion`. New reference. */
json_t *jwt_of(provider_t *p, const json_t *token, str_t alg);
/* names of the answer that are looked at elsewhere: `token_response_metadata`. */
void read_answer_metadata(provider_t *p);
void set_lifetime(provider_t *p, int64_t ms);

/* --- quirks.c: what the catalogue leaves to code of its host --- */
void refuse_quirks(provider_t *p);
void apply_quirks(provider_t *p);

/* --- unread.c --- */
/* Every member that nothing has looked at, so that nothing is lost in silence. */
void note_unread(provider_t *p);

#endif
