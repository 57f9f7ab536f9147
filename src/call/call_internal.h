/* SPDX-License-Identifier: MIT */
/* One call on its way, as the files of this folder share it. */
#ifndef TENON_CALL_CALL_INTERNAL_H
#define TENON_CALL_CALL_INTERNAL_H

#include "call/call.h"
#include "call/tally.h"
#include "call/worker_internal.h"
#include "codec/trace_context.h"

/* What a step answers: go on, wait for something (which calls call_drive later, and the step runs
 * again), or the request is answered and the call gone. */
typedef enum { STEP_NEXT, STEP_PARKED, STEP_DONE } step_outcome_t;

/* X(step): in their order, with the file they are in. */
#define CALL_STEPS(X)                                                                              \
    X(identify)         /* find.c: whose key is it? */                                             \
    X(find_connection)  /* which connection, and may the key call it? */                           \
    X(check_connection) /* is it there, and its connector? */                                      \
    X(check_proxy)      /* proxy.c: a request to /proxy: may this key, and this connection? */     \
    X(match_action)     /* find.c: which action has this method and path? */                       \
    X(bind_body)        /* the input, checked */                                                   \
    X(bind_proxied)     /* proxy.c: what of a request to /proxy goes to the service, checked */    \
    X(look_for_token)   /* admit.c: a token at hand, or a refusal that is known: refusals take no  \
                           slot */                                                                 \
    X(admit)            /* the limits */                                                           \
    X(authorise)        /* a token, if there was none at hand */                                   \
    X(answer_token)     /* answer.c: token actions end here */                                     \
    X(prepare)          /* prepare.c: the action's own preparing calls */                          \
    X(send)             /* relay.c: the request, and its answer back */

typedef enum {
#define CALL_STEP_ENUM(step) CALL_STEP_##step,
    CALL_STEPS(CALL_STEP_ENUM)
#undef CALL_STEP_ENUM
        CALL_STEP_COUNT
} call_step_t;

/* Why a request is sent again. */
typedef enum {
    REPEAT_NO,
    REPEAT_NEW_TOKEN, /* the service refused the token */
    REPEAT_NEW_NONCE, /* it wants a nonce in the proof of the token (RFC 9449 9) */
    REPEAT_FAILED     /* the service failed, and it may be asked again (retry.c) */
} repeat_t;

typedef struct call {
    worker_t *worker;
    http_request_t *request;
    arena_t *arena; /* the request's */
    call_step_t step;
    bool driving;
    unsigned changes_seen; /* of the worker, when the call came */
    trace_context_t trace; /* made when it is first asked for (call_trace) */

    /* identify, find, match */
    str_t prefix; /* "/run/", "/apim/", "/v1/try/", "/proxy/" */
    bool is_tried; /* by somebody in the console */
    str_t connector_id, connection_name, path;
    proxied_t *proxied; /* a request to /proxy; NULL: a call of an action */
    caller_key_t *caller;
    connection_t *connection;
    const action_t *action;
    path_value_t path_values[PATH_VARIABLES_MAX];
    size_t path_value_count;

    /* bind, admit, authorise */
    bound_input_t input;
    const struct link_kind *link; /* a link of Tenon's is followed (link.c); NULL: none is */
    str_t link_content;           /* what is sealed in it; absent: it was not sealed for this */
    json_t *poll_query;           /* of a poll: what goes over the query; the arena's; NULL: nothing */
    str_t token_key;
    token_t *token;
    bool token_hit;         /* it was at hand */
    token_use_t token_use;  /* the same of the first look, for those who count */
    uint64_t refused_token; /* generation of the token that the service refused; 0: none. It repeats
                               a call once */
    unsigned retries;       /* repeats after failures (retry.c) */
    int64_t retry_at_ms;    /* when the next one is due */
    char uuid[37]; /* of uuid() in the request under way: a repeat is the same request; empty: none yet */
    exchange_t *exchange;   /* the question for a token, while it is under way */
    int64_t deadline_ms;
    int64_t wait_until_ms; /* parked by `on_limit: wait`; 0: never was */
    loop_timer_t timer;    /* of a wait, or of the question for a token */
    char ratelimit[RATELIMIT_BYTES];
    size_t ratelimit_length;
    str_t policy;

    /* prepare, send, relay */
    bool entered; /* counted in worker_enter: it calls the service */
    json_t *steps; /* answers of the action's steps */
    size_t step_index;
    upstream_call_t *upstream;
    str_t sent_to;    /* its URL */
    bool nonce_given; /* it was sent again with another nonce */
    str_t base_url;      /* it was sent below this; absent: elsewhere */
    str_t sent_url;      /* where it was sent to, for locations relative to it */
    int64_t sent_us, head_us; /* clock_boot_us; the head of the answer came: 0: not yet */
    int64_t upstream_us; /* all waiting for the service's answers */
    int64_t bytes;       /* of its answer that went on to the caller */
    int status;
    http_header_t *headers; /* of the answer to relay */
    size_t header_count;
    int64_t length; /* -1: unknown */
    repeat_t repeat;  /* the answer is not passed on: the request is to be sent again */
    message_header_t *told; /* its head as it came, where templates read it; NULL: they do not */
    size_t told_count;
    bool judges_body; /* its body may tell that the token is refused, or is to be shaped */
    bool streaming;
    buf_t held;    /* what is not streamed: a small answer, or one whose body must be judged */
    err_t failure; /* there is no such caller or connection, or the answer is not passed on */

    int64_t began_us; /* clock_boot_us */
    bool counted;
    journal_entry_t way; /* as far as it went */
} call_t;

#define CALL_STEP_FUNCTION(step) step_outcome_t call_##step(call_t *c);
CALL_STEPS(CALL_STEP_FUNCTION)
#undef CALL_STEP_FUNCTION

/* What was locked deserves an attempt when the lock is over. */
static inline bool call_lock_is_over(const connection_t *c, int64_t wall_ms)
{
    return c->state == CONNECTION_REJECTED && c->until_wall_ms && wall_ms >= c->until_wall_ms;
}

/* --- call.c --- */
/* Runs steps until one parks or the call is over. */
void call_drive(call_t *c);
/* Answers with a problem and ends the call: `return call_fail(c, &err);` err stays the caller's. */
step_outcome_t call_fail(call_t *c, const err_t *err);
/* The same in one line. */
step_outcome_t call_refuse(call_t *c, err_code_t code, const char *text);
/* Gives everything back; the request is answered. */
void call_end(call_t *c);
/* An answer in any state of the request, to nobody. err: why; NULL: the caller left. */
void call_abandon(call_t *c, const err_t *err);

/* --- find.c --- */
/* A method that actions can have. */
bool call_is_method(str_t method);
/* What a caller may send at most. */
bind_limits_t call_bind_limits(const call_t *c);
/* The request's header fields, in the arena; answers how many. */
size_t call_copy_headers(call_t *c, message_header_t **out);

/* --- proxy.c --- */
/* The action that stands in for a request to /proxy; NULL: not with this method. */
const action_t *call_proxy_action(call_t *c, str_t method);

/* --- tell.c --- */
/* The trace that the call belongs to. */
const trace_context_t *call_trace(call_t *c);
/* The answer's field `traceresponse`; absent where nobody was told of the trace. */
str_t call_trace_response(call_t *c);
/* The call is over: counts it (once), and tells the log as far as that wants to know. Before the
 * answer leaves, which ends the request: whoever has got that finds the call counted. whole: the
 * caller gets all of it; err: NULL where the answer is the service's. */
void call_tell(call_t *c, int status, bool whole, const err_t *err);

/* --- count.c --- */
void call_count(call_t *c, int status, bool whole, const err_t *err);
/* The latest request to the service has ended so. */
void call_count_request(const call_t *c, const upstream_result_t *result);

/* --- way.c: the legs of the way, for the journal --- */
/* The step is over. */
void way_pass(call_t *c);
/* The token came that the call waited for. */
void way_take_token(call_t *c, bool fresh);
/* The service has answered, with this status (0: it has not), or failed. */
void way_answer(call_t *c, const upstream_result_t *result, int status);
/* The pause before a repeat is over. */
void way_pause(call_t *c);
/* The call is over: it goes into the journal. */
void way_end(call_t *c, int status, bool whole, const err_t *err);
/* The same of one that was recognised. */
void way_write_hot(const worker_t *w, http_request_t *request, const hot_entry_t *hot,
                   const call_outcome_t *outcome, int64_t ended_us);

/* --- admit.c --- */
/* Cache-Control: no-cache asks for a new token; of token actions. */
bool call_wants_fresh(const call_t *c);
/* Back to the limits, and for another token than the one that was refused. */
void call_renew_token(call_t *c);
void call_on_timer(void *context);

/* --- answer.c --- */
/* The same bytes as a call before: straight to limits and answer. False: the long way. */
bool call_answer_hot(worker_t *w, http_request_t *request, int64_t began_us);

/* --- judge.c: what answers of the service mean --- */
/* Whether the definition calls this a refusal of the credential; body NULL: not known. */
bool judge_is_unauthorized(const call_t *c, int status, const json_t *body);
/* Whether only the body can tell. */
bool judge_needs_body(const call_t *c, int status);
/* A token that the service refuses is replaced once, and the call repeated once. */
bool judge_may_renew(const call_t *c, int status, const json_t *body);
/* Sets err where the head alone keeps the answer from being passed on; closes the gate where the
 * service asks for it. */
void judge_head(call_t *c, int status, const message_header_t *headers, size_t count, err_t *err);
/* Takes note of the nonce that an answer brings; true where the request is to be sent again with it, which happens once. */
bool judge_wants_nonce(call_t *c, int status, const message_header_t *headers, size_t count);
void judge_set_unauthorized(int status, err_t *err);
/* What to say of a call that brought no answer. */
void judge_outcome(const upstream_result_t *result, err_t *err);
void judge_log_outcome(call_t *c, const upstream_result_t *result);

/* What the definition says of pauses and repeats. */
const retry_definition_t *call_retry_definition(const call_t *c);
/* How long the answer asks to wait; 0: it names no time. */
int64_t judge_stated_pause(const call_t *c, const message_header_t *headers, size_t count);

/* --- retry.c: requests that failed, once more --- */
/* Whether an answer of this status is a failure that the request is to be repeated for, behind the
 * pause that it asks for; then call_retry follows where the answer has ended. judged: what judge_head
 * made of it. */
bool retry_answer(call_t *c, bool idempotent, int status, int64_t pause_ms, const err_t *judged);
/* The same of a request that brought no whole answer. */
bool retry_outcome(call_t *c, bool idempotent, const upstream_result_t *result);
/* Parks the call until the repeat is due. */
void call_retry(call_t *c);

/* --- link.c: addresses of Tenon's with something sealed in them --- */
typedef struct link_kind {
    str_t query; /* name and `=`: all of the query before what is sealed */
    str_t purpose;
    const char *method;  /* by which it is followed */
    const char *refusal; /* what is said of one that was not sealed for this */
} link_kind_t;
extern const link_kind_t LINK_NEXT, LINK_STATE, LINK_HOOK;
/* The action whose link the call follows; NULL: it follows none. Sets c->link and c->link_content. */
const action_t *link_action(call_t *c);
/* Error: param_value. */
bool link_refuse(const call_t *c, err_t *err);
/* In the arena; absent where the content is too long to come back in an address. */
str_t link_make(call_t *c, const link_kind_t *kind, str_t content);

/* --- page.c: next pages of lists --- */
/* Puts a link of Tenon's into what is held; body is that, read. */
void page_link(call_t *c, json_t *body, const json_numbers_t *numbers);

/* --- passing.c: what of an answer's head is passed on --- */
void call_keep_head(call_t *c, int status, const message_header_t *headers, size_t count);
/* An answer of Tenon's own takes its place: of the service's head nothing stays. */
void call_replace_head(call_t *c, int status);
/* Sets a header field of the answer; what the caller may not get of a service it does not get so either. An empty
 * value takes the field away. Both stay. */
void call_set_header(call_t *c, str_t name, str_t value);
/* The answer's body is not what the service sent: what was computed of that goes. */
void call_forget_digests(call_t *c);

/* --- location.c --- */
/* Where the Location of an answer leads through Tenon: to an action of this connector, or below /proxy where the call
 * came so; of a webhook trigger in any case, so that its DELETE comes through here. In the arena; what leads elsewhere
 * stays as it is. */
str_t call_location(call_t *c, str_t location);

/* --- shape.c: answers that do not pass as they came --- */
/* Whether the action reads the bodies of its successes. */
bool shape_reads_body(const action_t *action);
/* Whether an answer of that status is one of them, and so must be held as a whole. */
bool shape_is_needed(const call_t *c, int status);
/* With the head: the headers that need no body. */
void shape_head(call_t *c, const message_header_t *headers, size_t count);
/* With the whole: what is held, and the head that is kept, become the answer. *body is what is held, read, or NULL (unread
 * tells why); it may become another. Sets c->failure where no answer can be made. */
void shape_answer(call_t *c, upstream_answer_t *answer, json_t **body, const json_numbers_t *numbers,
                  const err_t *unread);

/* --- secrets.c --- */
/* Adds the field Tenon-Secrets to the answer that is held: which bytes of it, and which of its fields, tell secrets that are
 * known here ("12-40, 51-60; x-echo", or `*` for all fields; the byte behind the dash is none of them). None: there is no such field. */
void call_mark_secrets(call_t *c);

/* --- poll.c: polling triggers --- */
/* What the state of a poll holds: the input, and what goes over the query. */
CHECKED bool poll_open(call_t *c, err_t *err);
/* The answer to a poll: 202 where there is nothing new, and the state for the next. scope sees the response. */
void poll_answer(call_t *c, value_scope_t *scope, json_t *body);

/* The request may be sent twice without harm. */
bool call_is_repeatable(const call_t *c);

/* --- prepare.c --- */
/* Sends a request to the service, and takes note of its end: at the begin of every on_done. status: of the answer; 0:
 * there is none. */
void call_ask(call_t *c, const upstream_request_t *request, const upstream_terms_t *terms,
              const upstream_sink_t *sink);
void call_answered(call_t *c, const upstream_result_t *result, int status);
/* Back to the limits, for the same request with another proof. */
void call_prove_again(call_t *c);
step_outcome_t call_refuse_over_capacity(call_t *c);
void call_begin_build(call_t *c, build_t *b);

#endif
