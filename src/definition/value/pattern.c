/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "definition/value/pattern.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "definition/value/pattern_dialect.h"

enum {
    TRANSLATED_BYTES_MAX = 4 << 20,
    /* What one match may cost. The first number bounds backtracking steps times the length of the
     * value (a step may look at all of it), the second one the simultaneous states of the matcher
     * that does not backtrack, squared, times that length. Either is spent in a few milliseconds.
     */
    BACKTRACKING_COST_MAX = 4000000,
    STATES_COST_MAX = 20000000,
    BACKTRACKING_STEPS_MAX = 20000,
    /* Most matches need fewer, and cost little. */
    QUICK_STEPS_MAX = 1000,
    STATES_MIN = 24,
    STATES_MAX = 400,
    HEAP_KIB_MAX = 2048,
};

struct pattern {
    pcre2_code *code;
};

/* A thread's room for one match at a time. */
typedef struct room {
    pcre2_match_data *data;
    pcre2_match_context *context;
} room_t;

static pthread_once_t rooms_once = PTHREAD_ONCE_INIT;
static pthread_key_t rooms;

static void room_free(void *p)
{
    room_t *room = p;
    pcre2_match_data_free(room->data);
    pcre2_match_context_free(room->context);
    free(room);
}

static void make_rooms(void)
{
    if (pthread_key_create(&rooms, room_free) != 0) {
        fatal_abort("no thread-specific data");
    }
}

static room_t *room_of_thread(void)
{
    (void)pthread_once(&rooms_once, make_rooms);
    room_t *room = pthread_getspecific(rooms);
    if (!room) {
        room = mem_new(room_t);
        *room = (room_t){pcre2_match_data_create(1, NULL), pcre2_match_context_create(NULL)};
        if (!room->data || !room->context || pthread_setspecific(rooms, room) != 0) {
            fatal_abort("out of memory");
        }
        pcre2_set_heap_limit(room->context, HEAP_KIB_MAX);
    }
    return room;
}

/* --- making --- */

static pcre2_code *compile(str_t text, uint32_t options, err_t *err)
{
    int error;
    PCRE2_SIZE at;
    options |= PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE | PCRE2_ALLOW_EMPTY_CLASS;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &error, &at, NULL);
    if (!code) {
        char why[120] = "";
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof why);
        err_set(err, ERR_pattern_invalid, "%s", why);
    }
    return code;
}

static bool is_anchored(const pcre2_code *code)
{
    uint32_t options = 0;
    (void)pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    return options & PCRE2_ANCHORED;
}

/* The match limit counts anew at each place where a match may begin, so a pattern that may begin
 * anywhere would have as many limits as the value has characters. With the way to its beginning
 * inside, there is one. */
static pcre2_code *compile_with_one_limit(str_t text, err_t *err)
{
    pcre2_code *code = compile(text, 0, err);
    if (!code || is_anchored(code)) {
        return code;
    }
    pcre2_code_free(code);
    buf_t whole;
    buf_init(&whole, text.n + 32);
    buf_lit(&whole, "(?s:.)*?(?:");
    buf_str(&whole, text);
    buf_char(&whole, ')');
    code = compile(buf_view(&whole), PCRE2_ANCHORED, err);
    buf_fini(&whole);
    return code;
}

pattern_t *pattern_new(str_t text, err_t *err)
{
    pattern_t *p = NULL;
    buf_t translated;
    buf_init(&translated, TRANSLATED_BYTES_MAX);
    if (dialect_translate(&translated, text, err)) {
        pcre2_code *code = buf_ok(&translated)
                               ? compile_with_one_limit(buf_view(&translated), err)
                               : (err_set(err, ERR_pattern_invalid, "too long"), NULL);
        if (code) {
            p = mem_new(pattern_t);
            p->code = code;
        }
    }
    buf_fini(&translated);
    return p;
}

void pattern_free(pattern_t *p)
{
    if (p) {
        pcre2_code_free(p->code);
        free(p);
    }
}

/* --- matching --- */

static uint32_t steps_for(size_t length)
{
    size_t steps = BACKTRACKING_COST_MAX / (length + 1);
    return (uint32_t)(steps < BACKTRACKING_STEPS_MAX ? steps + 1 : BACKTRACKING_STEPS_MAX);
}

static size_t states_for(size_t length)
{
    size_t states = STATES_MIN;
    while (states < STATES_MAX && states * states * (length + 1) < STATES_COST_MAX) {
        states++;
    }
    return states;
}

/* Follows all alternatives at once: linear in the value for nearly every pattern, slower than
 * backtracking where that succeeds. */
static int match_without_backtracking(const pattern_t *p, str_t value, room_t *room)
{
    enum { INTS_A_STATE = 6, INTS_BESIDE = 2 };
    int workspace[STATES_MAX * INTS_A_STATE + INTS_BESIDE];
    size_t ints = states_for(value.n) * INTS_A_STATE + INTS_BESIDE;
    return pcre2_dfa_match(p->code, (PCRE2_SPTR)value.p, value.n, 0,
                           PCRE2_DFA_SHORTEST | PCRE2_NO_UTF_CHECK, room->data, room->context,
                           workspace, ints);
}

static int match_within(const pattern_t *p, str_t value, room_t *room, uint32_t steps)
{
    pcre2_set_match_limit(room->context, steps);
    return pcre2_match(p->code, (PCRE2_SPTR)value.p, value.n, 0, 0, room->data, room->context);
}

static bool is_spent(int found)
{
    return found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_HEAPLIMIT;
}

bool pattern_matches(const pattern_t *p, str_t value, unsigned *cost)
{
    enum { QUICK_COST = 4, BYTES_A_LOOK = 64, BACKTRACKING_COST = 10000, STATES_COST = 50000 };
    room_t *room = room_of_thread();
    if (!value.p) {
        value = STR("");
    }
    uint32_t most = steps_for(value.n);
    uint32_t quick = most < QUICK_STEPS_MAX ? most : QUICK_STEPS_MAX;
    int found = match_within(p, value, room, quick);
    *cost += QUICK_COST + (unsigned)(value.n / BYTES_A_LOOK);
    if (is_spent(found) && most > quick) {
        found = match_within(p, value, room, most);
        *cost += BACKTRACKING_COST;
    }
    if (is_spent(found)) {
        found = match_without_backtracking(p, value, room);
        *cost += STATES_COST;
    }
    return found >= 0;
}
