/* SPDX-License-Identifier: MIT */
/* The legs of a call's way, for the journal: where each ends, and what is known of it. */
#include "base/clock.h"
#include "call/call_internal.h"

enum { HOST_MAX = 100 };

/* Of a step that a call may end in, the leg that it is part of. */
static const journal_leg_kind_t LEGS[CALL_STEP_COUNT] = {
    [CALL_STEP_identify] = LEG_IDENTIFY,
    [CALL_STEP_find_connection] = LEG_IDENTIFY,
    [CALL_STEP_check_connection] = LEG_IDENTIFY,
    [CALL_STEP_check_proxy] = LEG_IDENTIFY,
    [CALL_STEP_match_action] = LEG_BIND,
    [CALL_STEP_bind_body] = LEG_BIND,
    [CALL_STEP_bind_proxied] = LEG_BIND,
    [CALL_STEP_look_for_token] = LEG_TOKEN,
    [CALL_STEP_admit] = LEG_ADMIT,
    [CALL_STEP_authorise] = LEG_AUTHORISE,
    [CALL_STEP_answer_token] = LEG_ANSWER,
    [CALL_STEP_prepare] = LEG_PREPARE,
    [CALL_STEP_send] = LEG_SEND,
};

static journal_leg_t *mark(call_t *c, journal_leg_kind_t kind, journal_leg_end_t end)
{
    return journal_add_leg(&c->way, kind, end, clock_boot_us());
}

/* Steps that are part of a leg only end none, and those that wait for somebody mark their own. */
void way_pass(call_t *c)
{
    bool ends = c->step == CALL_STEP_check_proxy || c->step == CALL_STEP_bind_proxied ||
                c->step == CALL_STEP_admit;
    if (ends) {
        mark(c, LEGS[c->step], LEG_DONE);
    } else if (c->step == CALL_STEP_look_for_token && c->token_key.p) {
        mark(c, LEG_TOKEN, c->token_hit ? LEG_CACHED : LEG_MISSING);
    }
}

void way_take_token(call_t *c, bool fresh)
{
    mark(c, LEG_AUTHORISE, fresh ? LEG_FETCHED : LEG_SHARED);
}

void way_pause(call_t *c)
{
    mark(c, LEG_PAUSE, LEG_DONE);
}

/* scheme://host[:port]/… */
static str_t host_of(str_t url)
{
    size_t from = str_find(url, STR("://"), 0);
    str_t rest = from == SIZE_MAX ? STR_NONE : str_slice(url, from + 3, url.n);
    size_t n = 0;
    while (n < rest.n && n < HOST_MAX && !strchr("/?#", rest.p[n])) {
        n++;
    }
    return str_slice(rest, 0, n);
}

void way_answer(call_t *c, const upstream_result_t *result, int status)
{
    journal_leg_kind_t kind = c->step == CALL_STEP_prepare ? LEG_PREPARE : LEG_SEND;
    journal_leg_t *leg = mark(c, kind, result->outcome == UPSTREAM_OK ? LEG_DONE : LEG_FAILED);
    leg->status = (uint16_t)status;
    leg->head_us = c->head_us ? (uint32_t)(c->head_us - c->sent_us) : 0;
    leg->host = journal_add_host(&c->way, host_of(c->sent_to));
}

/* A call that Tenon itself ends does so in the middle of a leg, or behind the service's answer. */
static void end_leg(call_t *c, bool whole, const err_t *err)
{
    journal_leg_kind_t kind = c->step < CALL_STEP_COUNT ? LEGS[c->step] : LEG_ANSWER;
    const journal_leg_t *last = c->way.leg_count ? &c->way.legs[c->way.leg_count - 1] : NULL;
    bool answered = last && last->kind == kind && (kind == LEG_SEND || kind == LEG_PREPARE);
    bool failed = err || !whole;
    mark(c, failed && !answered ? kind : LEG_ANSWER, failed && !answered ? LEG_FAILED : LEG_DONE);
}

void way_end(call_t *c, int status, bool whole, const err_t *err)
{
    journal_entry_t *e = &c->way;
    const connection_t *connection = c->connection;
    if (!c->caller) {
        return; /* whoever that was cannot push out what others did */
    }
    end_leg(c, whole, err);
    e->ended_us = clock_boot_us();
    e->upstream_us = c->upstream_us;
    e->bytes = c->bytes;
    e->status = (uint16_t)status;
    e->code = (uint16_t)(err ? err->code : ERR_none);
    e->is_broken = !whole;
    e->connection_uid = connection ? connection->uid : 0;
    memcpy(e->request_id, http_request_id(c->request).p, sizeof e->request_id);
    e->connector = journal_add_text(e, connection ? connection->connector_id : STR_NONE);
    e->connection = journal_add_text(e, connection ? connection->name : STR_NONE);
    e->action = journal_add_text(e, c->action ? c->action->name : STR_NONE);
    e->key = journal_add_text(e, str_of(c->caller->id));
    e->trace = journal_add_text(e, str_of(c->trace.trace_id));
    journal_write(c->worker->journal, e);
}

/* --- the shortest way --- */

void way_write_hot(const worker_t *w, http_request_t *request, const hot_entry_t *hot,
                   const call_outcome_t *outcome, int64_t ended_us)
{
    journal_entry_t *e = journal_next(w->journal, false, ended_us);
    if (!e) {
        return;
    }
    e->began_us = outcome->began_us;
    e->upstream_us = e->bytes = 0;
    e->connection_uid = hot->connection->uid;
    e->status = (uint16_t)outcome->status;
    e->code = (uint16_t)outcome->code;
    e->is_broken = e->is_cut = false;
    e->is_recognised = true;
    e->leg_count = 0;
    e->text_count = 0;
    memcpy(e->request_id, http_request_id(request).p, sizeof e->request_id);
    e->connector = journal_add_text(e, hot->connection->connector_id);
    e->connection = journal_add_text(e, hot->connection->name);
    e->action = journal_add_text(e, hot->action->name);
    e->key = journal_add_text(e, str_of(hot->seat->tally.key));
    e->trace = (journal_text_t){0};
}
