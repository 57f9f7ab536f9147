/* SPDX-License-Identifier: MIT */
#include "codec/trace_context.h"

#include <stdio.h>

enum { STATE_BYTES_MAX = 4096, STATE_MEMBERS_MAX = 32, KEY_MAX = 256, TENANT_MAX = 241 };
enum { SYSTEM_MAX = 14, VALUE_MAX = 256, FLAG_SAMPLED = 1 };

void trace_take(trace_fields_t *f, arena_t *arena, str_t name, str_t value)
{
    if (str_eq(name, STR("traceparent"))) {
        f->parent = value;
        f->parent_count++;
    } else if (str_eq(name, STR("tracestate")) && f->state.n <= STATE_BYTES_MAX) {
        f->state = f->state.p ? arena_printf(arena, "%.*s,%.*s", STR_ARG(f->state), STR_ARG(value))
                              : value;
    }
}

/* --- traceparent (3.2) --- */

static bool is_hex(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (ascii_hex_value(s.p[i]) < 0 || (s.p[i] >= 'A' && s.p[i] <= 'F')) {
            return false;
        }
    }
    return s.n > 0;
}

static bool is_zero(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '0') {
            return false;
        }
    }
    return true;
}

static bool take_hex(str_t *rest, size_t digits, str_t *out)
{
    *out = str_cut(rest, '-');
    return out->n == digits && is_hex(*out);
}

/* A later version may add parts behind those of version 00, and nothing else (3.2.4). */
static bool read_parent(str_t text, trace_context_t *out)
{
    str_t rest = str_trim(text);
    str_t version, trace_id, span_id, flags;
    if (!take_hex(&rest, 2, &version) || !take_hex(&rest, TRACE_ID_DIGITS, &trace_id) ||
        !take_hex(&rest, SPAN_ID_DIGITS, &span_id) || !take_hex(&rest, 2, &flags)) {
        return false;
    }
    if (str_is(version, "ff") || (str_is(version, "00") && rest.p) || is_zero(trace_id) ||
        is_zero(span_id)) {
        return false;
    }
    memcpy(out->trace_id, trace_id.p, trace_id.n);
    /* Flags that we do not know are not passed on (3.2.2.5.2). */
    out->flags[1] = ascii_hex_value(flags.p[1]) & FLAG_SAMPLED ? '1' : '0';
    return true;
}

/* --- tracestate (3.3) --- */

static bool is_key_part(str_t s, size_t most, bool digit_first)
{
    for (size_t i = 0; i < s.n; i++) {
        bool letter = s.p[i] >= 'a' && s.p[i] <= 'z';
        bool digit = ascii_is_digit(s.p[i]);
        bool mark = s.p[i] != '\0' && strchr("_-*/", s.p[i]);
        if (i == 0 ? !letter && !(digit && digit_first) : !letter && !digit && !mark) {
            return false;
        }
    }
    return s.n > 0 && s.n <= most;
}

/* Level 2 lets a key begin with a digit. */
static bool is_key(str_t key)
{
    str_t system = key;
    str_t tenant = str_cut(&system, '@');
    return system.p
               ? is_key_part(tenant, TENANT_MAX, true) && is_key_part(system, SYSTEM_MAX, false)
               : is_key_part(key, KEY_MAX, true);
}

static bool is_value(str_t value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < ' ' || value.p[i] > '~' || value.p[i] == ',' || value.p[i] == '=') {
            return false;
        }
    }
    return value.n > 0 && value.n <= VALUE_MAX;
}

static bool is_state(str_t state)
{
    size_t members = 0;
    while (state.p) {
        str_t value = str_trim(str_cut(&state, ','));
        if (value.n == 0) {
            continue;
        }
        str_t key = str_cut(&value, '=');
        members++;
        if (members > STATE_MEMBERS_MAX || !is_key(key) || !is_value(value)) {
            return false;
        }
    }
    return members > 0;
}

/* --- the whole --- */

static void write_hex(char *to, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    to[2 * count] = '\0';
}

void trace_make(trace_context_t *t, const trace_fields_t *f,
                const unsigned char random[TRACE_RANDOM_BYTES])
{
    *t = (trace_context_t){.flags = "00"};
    write_hex(t->span_id, random, SPAN_ID_DIGITS / 2);
    if (f->parent_count == 1 && read_parent(f->parent, t)) {
        bool passed = f->state.n <= STATE_BYTES_MAX && is_state(f->state);
        t->state = passed ? f->state : STR_NONE;
    } else {
        write_hex(t->trace_id, random + SPAN_ID_DIGITS / 2, TRACE_ID_DIGITS / 2);
    }
}

void trace_write(const trace_context_t *t, char out[TRACE_PARENT_BYTES])
{
    (void)snprintf(out, TRACE_PARENT_BYTES, "00-%s-%s-%s", t->trace_id, t->span_id, t->flags);
}
