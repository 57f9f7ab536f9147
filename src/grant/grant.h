/* SPDX-License-Identifier: MIT */
/* Grants (RFC 6749, FORMAT 5): the token request of a definition, and what its answer and those of its steps mean. One file a
 * grant, each little more than a const grant_type_t; registry.c lists them once. Pure: values come through the scope,
 * time as a parameter, nothing is sent here. */
#ifndef TENON_GRANT_GRANT_H
#define TENON_GRANT_GRANT_H

#include "definition/scope.h"
#include "grant/metadata.h"
#include "upstream/message.h"

/* The parameters of a token request in the order of the wire, before they are encoded. */
typedef struct grant_parameter {
    str_t name;
    json_t *value; /* a string, or any JSON where the format is json; owned by the arena */
    bool minted;   /* a JWT that was made here */
} grant_parameter_t;
typedef struct grant_parameters {
    grant_parameter_t *list;
    size_t count, capacity;
} grant_parameters_t;

/* A client that was registered (grant/registration.h), in the place of the definition's. */
typedef struct grant_client {
    str_t id, secret; /* secret: absent, it has none */
    client_auth_t auth;
    int64_t ends_at_ms; /* of the secret; wall time, INT64_MAX: never */
} grant_client_t;

/* One token request in the making. Everything it allocates lives in the arena. */
typedef struct grant_build {
    arena_t *arena;
    const grant_definition_t *definition;
    template_scope_t *scope;
    str_t base_url; /* for relative token URLs; without trailing `/` */
    const json_t **shown_request; /* where the scope keeps what ${request} means in headers; NULL: nowhere */
    str_t *shown_assertion; /* where the scope keeps what ${assertion} means; NULL: nowhere */
    const grant_client_t *client; /* that was registered; NULL: the definition's own */
    const grant_metadata_t *metadata; /* of the issuer, for URLs that are left out; NULL: not known */
    bool has_certificate;             /* the client shows one (RFC 8705) */
    bool only_compared; /* never sent: its JWTs are not signed, and the same for the same values, time and uuid; its issuer
                         * stands for a token URL that is left out */
    grant_parameters_t parameters;
    str_t assertion; /* made: the JWT of the definition's key `assertion`; absent: none */
    str_t url; /* made: the token URL before parameters go into its query */
} grant_build_t;

/* How a connection comes to its first token, and to another where it has nothing to refresh with. */
typedef enum {
    BEGINS_ALONE,     /* from what the connection stores, at any time: a password, a key */
    BEGINS_ONCE,      /* from what the connection stores, which is spent by that: a refresh token */
    BEGINS_BY_PERSON, /* only a person can sign in: by a code */
} grant_begin_t;

/* RFC 8693 2.2.1: token_type of what is no access token, such as an ID token. It never goes into Authorization. */
#define TOKEN_TYPE_NONE "N_A"

/* What goes from server to server before a person's browser is sent away. */
typedef struct grant_ahead {
    bool (*is_needed)(const grant_build_t *build);
    bool (*request)(grant_build_t *build, upstream_request_t *out, err_t *err);
    /* From the answer to the address for the browser. kept: an object, to which goes what is needed when they are back. */
    bool (*take)(grant_build_t *build, const upstream_answer_t *answer, json_t *kept, buf_t *to, err_t *err);
} grant_ahead_t;

/* The member of a token that requests are signed with, an object: it is never shown. No answer's member is called that. */
#define GRANT_SIGNING "#signing"

/* A grant: what it alone adds to a token request. */
typedef struct grant_type {
    auth_type_t type;
    bool (*is_for)(const grant_definition_t *definition); /* of those of its type; NULL: all */
    str_t wire_name; /* its grant_type, unless the definition overrides it */
    /* Adds the parameters that stand between grant_type and scope. NULL: none. */
    bool (*add_parameters)(grant_build_t *build, err_t *err);
    /* In the place of RFC 6749's request, and the members of its answer, of failures `error` too (new reference; NULL: it cannot
     * be read). NULL: both are RFC 6749's. */
    bool (*build)(grant_build_t *build, upstream_request_t *out, err_t *err);
    json_t *(*read_body)(const upstream_answer_t *answer);
    grant_begin_t begins;
    const grant_ahead_t *ahead; /* by person, in a browser; NULL: nothing */
    const char *brings; /* by person, in a browser: what of the way back is sent with the token request */
    bool asked_scope_before; /* in the authorization request (RFC 6749 4.1.1), not in the token request */
    bool steps_alone; /* there is no token request: the steps are the sign-in, and all names of the token are its `answer` */
    bool is_local; /* the token is made here: add_parameters adds the members of the answer, and nothing is sent */
    const char *answer_needs; /* a member that its answer must have beside access_token; NULL: none */
    const char *other_token_type; /* that its answer may have beside Bearer; NULL: none */
    bool may_refresh; /* a refresh token in the answer is kept (RFC 6749 4.4.3: not for client credentials) */
} grant_type_t;
/* How a definition signs in; NULL where it needs no token. */
const grant_type_t *grant_type_of(const grant_definition_t *definition);
/* A refresh token in its answer is kept for the connection. */
bool grant_keeps_refresh_token(const grant_definition_t *definition);
/* Its token is made here. */
bool grant_is_local(const grant_definition_t *definition);
/* The request of a definition: of its type, or of a refresh. */
const grant_type_t *grant_type_for(const grant_definition_t *definition);

/* --- several requests: the token request, where there is one, then the steps --- */
enum { GRANT_REQUESTS_MAX = 1 + 8 };
size_t grant_request_count(const grant_definition_t *definition);
/* The step that the request of that number is; NULL: it is the token request. */
const step_t *grant_step(const grant_definition_t *definition, size_t index);
/* How many of them were answered: what stands in `response` and `steps` of the scope. */
size_t grant_answered(const grant_definition_t *definition, const value_scope_t *scope);

/* Appends the URL of an endpoint, as the definition has it, else as the metadata has it. Errors: those of URLs;
 * metadata_unusable (the issuer names none), parameter_missing (a value in it, or the whole of it, is not there). */
CHECKED bool grant_endpoint_url(grant_build_t *build, endpoint_t endpoint, buf_t *to, err_t *err);
/* The URLs that it leaves out are found out, at its issuer or by what its resource says (RFC 9728). */
bool grant_discovers(const grant_definition_t *definition);
/* Appends what is asked for them: the issuer, else the resource. Errors: as above. */
CHECKED bool grant_discovery_name(grant_build_t *build, buf_t *to, err_t *err);

/* Builds the whole token request: order and replacement rules of FORMAT 5, client authentication (RFC 6749 2.3.1),
 * body format. Errors: parameter_missing, param_missing (a credential has no value), param_* (a value that cannot stand in
 * its place, or all of them are too long), credential_username_colon, key_unusable (a JWT cannot be signed),
 * not_supported. Of a grant of steps alone there is none; of a local grant nothing but the parameters is made. */
CHECKED bool grant_build_request(grant_build_t *build, upstream_request_t *out, err_t *err);

/* Whether the keys of the definition's JWTs can sign. Else *parameter is the connection's parameter that holds the key
 * (absent: none). Error: key_unusable. */
CHECKED bool grant_check_keys(grant_build_t *build, str_t *parameter, err_t *err);

/* The address to which a person's browser is sent (RFC 6749 4.1.1, RFC 7636 4.3): authorize_url with response_type,
 * client_id, redirect_uri, scope, state, code_challenge, then authorize_params (FORMAT 5: order, replacement), behind a
 * fragment where the URL has one. What the occasion brings stands in `oauth` of the scope: redirect_uri, state and, with
 * PKCE, code_challenge. Errors: as grant_build_request. */
CHECKED bool grant_authorization_url(grant_build_t *build, buf_t *to, err_t *err);
/* Whether a request goes ahead of the browser: an authorization request that is pushed (RFC 9126), since the definition or the
 * metadata names an endpoint for that, or one for temporary credentials (RFC 5849 2.1). */
bool grant_asks_ahead(const grant_build_t *build);
/* That request. Errors: as grant_build_request. */
CHECKED bool grant_ahead_request(grant_build_t *build, upstream_request_t *out, err_t *err);
/* From the answer to the address for the browser (RFC 9126 4, RFC 5849 2.2); to kept, an object, goes what is needed when they
 * are back. *err tells why there is none: authorization_incomplete with the service's words, credentials_rejected (it does not
 * know the client), token_endpoint_throttled, token_endpoint_unavailable, token_response_*. */
CHECKED bool grant_ahead_url(grant_build_t *build, const upstream_answer_t *answer, json_t *kept, buf_t *to, err_t *err);
/* RFC 7636 4.2, S256: appends base64url(SHA-256(verifier)). */
void grant_code_challenge(str_t verifier, buf_t *to);

/* RFC 8628 3.1: asks for a code that a person types in elsewhere: scope, resource, the client, then params. A form whatever
 * the definition's format. Errors: as grant_build_request. */
CHECKED bool grant_device_request(grant_build_t *build, upstream_request_t *out, err_t *err);
/* RFC 8628 3.2. Texts live in the arena. */
typedef struct grant_device_codes {
    str_t device_code;       /* a secret */
    str_t user_code;         /* printable, at most 64 bytes */
    str_t uri, uri_complete; /* http(s); the second may be absent */
    int64_t interval_ms;     /* 5 s where none is told; 1 s to 60 s */
    int64_t life_ms;         /* 10 min where none is told; at most an hour */
} grant_device_codes_t;
/* Errors: those of a token endpoint's refusal, token_response_incomplete. */
CHECKED bool grant_device_answer(const grant_definition_t *definition, value_scope_t *scope, const upstream_answer_t *answer,
                                 arena_t *arena, grant_device_codes_t *out, err_t *err);

/* RFC 7009 2.1: gives back what stands in `oauth` of the scope as token, of the kind token_type_hint. Errors: as
 * grant_build_request; metadata_unusable where nobody names an address for it. */
CHECKED bool grant_revocation_request(grant_build_t *build, upstream_request_t *out, err_t *err);
typedef enum {
    REVOCATION_DONE,
    REVOCATION_UNSUPPORTED, /* unsupported_token_type (2.2.1): of tokens of this kind, never */
    REVOCATION_LATER,       /* 503 and the like */
    REVOCATION_REFUSED
} revocation_answer_t;
/* error: the service's word for it, cleaned. */
revocation_answer_t grant_revocation_answer(const upstream_answer_t *answer, char *error, size_t size);

/* What `oauth` means in the templates of a definition (FORMAT 8): client_id and scope, beside what the occasion brings in
 * `more` (code, redirect_uri, code_verifier, device_code, refresh_token; NULL: nothing), which wins. A new reference. */
json_t *grant_oauth_values(const grant_definition_t *definition, template_scope_t *scope, const json_t *more);

/* For grant files: evaluates a slot and appends it under name. An absent value is left out, or where it is needed
 * reported: parameter_missing (of the connection), param_missing (of the call). */
CHECKED bool grant_add_slot(grant_build_t *build, const char *name, credential_slot_t slot, err_t *err);

/* The definition's scopes, joined; nothing where none has a value. */
CHECKED bool grant_add_scope(grant_build_t *build, err_t *err);
/* Makes the JWT of the definition's key `assertion`, where it has one, and shows it to the scope. A token request does so
 * by itself; whoever makes another request whose templates may read `${assertion}` does it before. */
CHECKED bool grant_mint_assertion(grant_build_t *build, err_t *err);
/* How the definition's client proves itself (client_auth), at its token endpoint or any other of its authorization
 * server: adds its parameters, or answers the header that carries the proof (else absent). A JWT is made anew each time. */
CHECKED bool grant_add_client(grant_build_t *build, str_t *authorization, err_t *err);
/* What the occasion brings to `oauth` under name, a text in the arena; absent where it brings none. */
str_t grant_occasion(grant_build_t *build, const char *name);
/* The same as a parameter. */
void grant_add_occasion(grant_build_t *build, const char *name);

/* --- the answer --- */
/* What is never exceeded; who asks for a token may want less. */
enum { TOKEN_ANSWER_BYTES_MAX = 256 * 1024, TOKEN_BYTES_MAX = 128 * 1024 };

/* What a failure means for the connection (facts: failure classes are kept apart). */
typedef enum {
    FAILURE_REJECTED, /* until someone changes the credentials */
    FAILURE_SIGN_IN,  /* of a refresh: there is nothing left to refresh with; the code says whether the token is spent
                       * (reauthorise, token_rejected_unknown) or this client may not refresh (credentials_rejected) */
    FAILURE_LOCKED,   /* until Retry-After or a reset */
    FAILURE_BACKOFF,  /* transient: again later, shared by all callers */
    FAILURE_PENDING,  /* of a device code: the person has not signed in yet (RFC 8628 3.5) */
    FAILURE_LOCAL,    /* nothing was sent: a fault of the definition or the values, told and not remembered */
} failure_class_t;

typedef struct grant_answer {
    json_t *members;       /* every member of the answer and every name of `answer` */
    json_t *refresh_token; /* that Tenon keeps: a text; NULL: none. Also of an answer whose access token cannot be used */
    int64_t lifetime_ms;   /* -1: the answer tells none and the definition neither */
    bool type_missing;     /* no token_type: taken as Bearer */
} grant_answer_t;
void grant_answer_fini(grant_answer_t *a);

/* An answer that came (any status) to the request behind those that the scope holds answers of. *values: as templates see it,
 * a new reference. False where the definition does not take it for a success: err has the code, the service's own error
 * (RFC 6749 5.2, cleaned, secrets out), and retry_after_ms; *failure tells the class. */
CHECKED bool grant_take_answer(const grant_definition_t *definition, value_scope_t *scope, const upstream_answer_t *answer,
                               json_t **values, failure_class_t *failure, err_t *err);
/* *out is to be ended whatever is answered. The token, once all answers stand in the scope. Checks its bytes (RFC 6750 2.1),
 * type (RFC 6749 7.1: compared without case) and lifetime (string, float, beyond range: clamped to 24 h). Errors as above. */
CHECKED bool grant_read_token(const grant_definition_t *definition, value_scope_t *scope, grant_answer_t *out,
                              failure_class_t *failure, err_t *err);
/* The refresh token that the answers so far bring, where no others will come; a new reference, NULL: none. answer: the one
 * that was not taken, NULL: none. */
json_t *grant_refresh_token_so_far(const grant_definition_t *definition, value_scope_t *scope,
                                   const upstream_answer_t *answer);
/* The answers were as expected, but lack what the sign-in goes on with; err tells what. Where a secret was told to the service
 * it may have been a wrong one, and it is not told again. */
void grant_judge_incomplete(const grant_definition_t *definition, const value_scope_t *scope, failure_class_t *failure,
                            err_t *err);
/* The answer is a refusal, as far as the definition tells: it brings no token that would have to be kept. */
bool grant_answer_refuses(const grant_definition_t *definition, const upstream_answer_t *answer);

/* The token of a local grant, out of its build: read like an answer. */
CHECKED bool grant_read_made(const grant_build_t *build, value_scope_t *scope, grant_answer_t *out, err_t *err);

/* Appends everything that the request says: URL, parameters and headers, each with its length and type. For requests
 * that are compared, which must be built only_compared, at one fixed time and uuid. */
void grant_write_identity(const grant_build_t *build, const upstream_request_t *request, buf_t *to);
/* SHA-256 over the same but one-time values (codes, refresh tokens, assertions that templates make): what the token is
 * for. A stored token of another fingerprint is not used. */
void grant_fingerprint(const grant_build_t *build, const upstream_request_t *request, unsigned char out[32]);
/* The same without headers and the client's own proof: what a refresh token is for, which outlives another client secret. */
void grant_family(const grant_build_t *build, const upstream_request_t *request, unsigned char out[32]);

#endif
