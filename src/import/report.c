/* SPDX-License-Identifier: MIT */
#include "import/report.h"

#include <stdarg.h>

#include "base/err.h"
#include "codec/json.h"

/* Where operations have their names; no name has a line break. */
static const str_t CONNECTOR = STR_INIT("\n");

static const char *const VERDICTS[] = {"hosted", "warning", "refused"};

void report_init(report_t *r, str_t source)
{
    r->told = json_object();
    r->actions = json_object();
    r->json = json_object();
    json_object_set_new(r->json, "source", json_str(source));
    json_object_set_new(r->json, "notes", json_array());
    json_object_set_new(r->json, "operations", json_object());
}

void report_fini(report_t *r)
{
    json_decref(r->told);
    json_decref(r->actions);
    json_decref(r->json);
    r->told = r->actions = r->json = NULL;
}

/* --- one operation --- */

static json_t *operations(const report_t *r)
{
    return json_object_get(r->json, "operations");
}

static json_t *operation(const report_t *r, str_t name)
{
    json_t *found = json_object_getn(operations(r), name.p ? name.p : "", name.n);
    if (!found) {
        found = json_pack("{s:s,s:[]}", "verdict", VERDICTS[VERDICT_HOSTED], "reasons");
        json_object_setn_new(operations(r), name.p ? name.p : "", name.n, found);
    }
    return found;
}

str_t report_operation_in(arena_t *arena, report_t *r, str_t name, str_t place)
{
    str_t line = name;
    while (json_object_getn(operations(r), line.p, line.n)) {
        line = arena_printf(arena, "%.*s (%.*s)", STR_ARG(line), STR_ARG(place));
    }
    operation(r, line);
    return line;
}

void report_action(report_t *r, str_t name, str_t action)
{
    json_object_set_new(operation(r, name), "action", json_str(action));
    json_object_setn_new(r->actions, action.p, action.n, json_str(name));
}

str_t report_operation_of(const report_t *r, str_t action)
{
    return json_view(json_object_getn(r->actions, action.p, action.n));
}

/* --- reasons --- */

/* False the first time. */
static bool is_told(report_t *r, str_t name, const char *reason, const char *detail)
{
    char key[600];
    snprintf(key, sizeof key, "%s\n%s", reason, detail);
    json_t *all = json_object_getn(r->told, name.p ? name.p : "", name.n);
    if (!all) {
        all = json_object();
        json_object_setn_new(r->told, name.p ? name.p : "", name.n, all);
    }
    bool told = json_object_get(all, key) != NULL;
    json_object_set_new(all, key, json_true());
    return told;
}

/* name: of an operation, or the connector. */
__attribute__((format(printf, 4, 0))) static void
add_reason(report_t *r, str_t name, const char *reason, const char *format, va_list arguments)
{
    char raw[600], clean[400];
    vsnprintf(raw, sizeof raw, format, arguments);
    err_clean_text(clean, sizeof clean, str_of(raw));
    if (!is_told(r, name, reason, clean)) {
        json_t *entry = json_object();
        json_object_set_new(entry, "reason", json_string(reason));
        json_add_text(entry, "detail", str_of(clean));
        json_array_append_new(str_eq(name, CONNECTOR)
                                  ? json_object_get(r->json, "notes")
                                  : json_object_get(operation(r, name), "reasons"),
                              entry);
    }
}

static void raise_verdict(json_t *entry, verdict_t verdict)
{
    bool refused = str_is(json_member(entry, "verdict"), VERDICTS[VERDICT_REFUSED]);
    if (!refused) {
        json_object_set_new(entry, "verdict", json_string(VERDICTS[verdict]));
    }
}

void report_warn(report_t *r, str_t name, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    raise_verdict(operation(r, name), VERDICT_WARNING);
    add_reason(r, name, reason, format, arguments);
    va_end(arguments);
}

void report_tell(report_t *r, str_t name, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_reason(r, name, reason, format, arguments);
    va_end(arguments);
}

void report_refuse(report_t *r, str_t name, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    raise_verdict(operation(r, name), VERDICT_REFUSED);
    add_reason(r, name, reason, format, arguments);
    va_end(arguments);
}

bool report_is_refused(const report_t *r, str_t name)
{
    return str_is(json_member(operation(r, name), "verdict"), VERDICTS[VERDICT_REFUSED]);
}

/* --- the connector --- */

void report_note(report_t *r, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_reason(r, CONNECTOR, reason, format, arguments);
    va_end(arguments);
}

bool report_fail(report_t *r, const char *reason, const char *format, ...)
{
    const char *name;
    json_t *entry;
    va_list arguments;
    va_start(arguments, format);
    add_reason(r, CONNECTOR, reason, format, arguments);
    va_end(arguments);
    json_object_foreach(operations(r), name, entry)
    {
        if (!str_is(json_member(entry, "verdict"), VERDICTS[VERDICT_REFUSED])) {
            report_refuse(r, str_of(name), reason, "the connector cannot be imported");
        }
    }
    if (!json_object_get(r->json, "failed")) { /* the first reason tells most */
        json_object_set_new(r->json, "failed", json_string(reason));
    }
    return false;
}

report_counts_t report_count(const report_t *r)
{
    report_counts_t counts = {0};
    const char *name;
    json_t *entry;
    json_object_foreach(operations(r), name, entry)
    {
        str_t verdict = json_member(entry, "verdict");
        counts.hosted += str_is(verdict, VERDICTS[VERDICT_HOSTED]);
        counts.warned += str_is(verdict, VERDICTS[VERDICT_WARNING]);
        counts.refused += str_is(verdict, VERDICTS[VERDICT_REFUSED]);
    }
    return counts;
}
