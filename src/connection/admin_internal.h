/* SPDX-License-Identifier: MIT */
/* What the verbs share: those that write connections (admin_write.c), and those that list
 * (admin_page.c). */
#ifndef TENON_CONNECTION_ADMIN_INTERNAL_H
#define TENON_CONNECTION_ADMIN_INTERNAL_H

#include "connection/manager_internal.h"

/* --- the audit trail (admin_trail.c) --- */
typedef struct admin_line {
    str_t object;
    json_t *details; /* stolen; NULL: what the verb's input tells */
    err_code_t refused;
} admin_line_t;
/* Fills one change with the call's line; texts live in the arena. */
void admin_line(admin_call_t *call, arena_t *arena, const admin_line_t *line, store_change_t *change);

/* A record on its way into the store. */
typedef struct writing {
    admin_call_t *call;
    connection_record_t *record;
    connection_t *candidate; /* as it will be; NULL where that was not asked */
    bool is_new;
    bool forgets;            /* tokens, pauses and refusals of before do not count any more */
    bool keeps_sign_in;      /* but what a person signed in for does */
    bool awaits_person;      /* nobody has signed in to it yet */
    revocation_t *revocation; /* of the tokens that it forgets; NULL: they are let go */
    landing_t landing; /* of a sign-in that tried the candidate; ok: its token is kept. Members are
                          a reference */
} writing_t;
writing_t *writing_new(admin_call_t *call, connection_record_t *record);
void writing_free(writing_t *w);
/* Writes it with its audit line, tells everyone, answers the call with the connection, frees. */
void writing_store(writing_t *w);
/* Answers the call with err, frees. */
void writing_fail(writing_t *w, const err_t *err);

/* As the API shows it. New reference. */
json_t *admin_show_entry(entry_t *e);

const connector_t *admin_find_connector(manager_t *m, str_t id, err_t *err);
const auth_t *admin_find_auth(const connector_t *connector, str_t name, err_t *err);
/* Sorts given values into readable and sealed ones; null takes a value away. What no field declares
 * any more goes. */
void admin_apply_parameters(connection_record_t *r, const connector_t *connector,
                            const auth_t *auth, const json_t *given);
/* The connection that a record makes, under what it was filled in for: given values (may be NULL)
 * are declared and the user's to give, all values are right, and so are the hosts it would call,
 * which the record then holds. */
connection_t *admin_candidate(manager_t *m, connection_record_t *r, const connector_t *connector,
                              const auth_t *auth, const json_t *given, err_t *err);
/* Another one than any before of that name. */
uint64_t admin_new_credential_generation(void);

/* --- when they were used last (admin_used.c); 0: never. Asked for before a page: behind its `after` --- */
void admin_ask_connections_used(admin_call_t *call, void (*then)(admin_call_t *call));
void admin_ask_keys_used(admin_call_t *call, void (*then)(admin_call_t *call));
/* Of the key whose `id` the call names. */
void admin_ask_key_used(admin_call_t *call, void (*then)(admin_call_t *call));
int64_t admin_connection_used_at(const admin_call_t *call, str_t name);
int64_t admin_key_used_at(const admin_call_t *call, str_t id);

void admin_source_key(str_t name, char key[80]);
/* Of a connection that is to be made. */
CHECKED bool admin_check_name(const json_t *input, err_t *err);

/* --- connections that wait for a person (admin_person.c) --- */
/* What it would take to sign in again is not in the store. */
bool admin_needs_person(const connection_t *c);
/* A refusal that says that nobody has signed in yet; NULL is none. */
bool admin_is_unsigned(const json_t *refusal);
/* The refusal of before does not count any more. That nobody has signed in does. */
void admin_drop_refusal(writing_t *w);
/* What a person signed in for is the same under the new values. */
bool admin_keeps_sign_in(const connection_t *before, const connection_t *after);
/* In the record, before it is written. */
void admin_await_person(writing_t *w);

/* --- what is wanted of a connect session (admin_session_check.c) --- */
/* The names of the ways that are offered: as asked for, else all. A new reference. */
json_t *session_offered_auths(const connector_t *connector, const json_t *asked, err_t *err);
CHECKED bool session_check(const admin_call_t *call, const connector_t *connector, const json_t *auths,
                           err_t *err);

/* --- a page of the records of a kind: `limit` and `after` of the call's input --- */
void admin_page_ask(admin_call_t *call, str_t kind, store_on_done_t *on_listed);
/* How many of the records belong to the page; where more follow, sets output's `next`. */
size_t admin_page_end(const admin_call_t *call, const store_result_t *result, json_t *output);

#endif
