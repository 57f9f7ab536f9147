/* SPDX-License-Identifier: MIT */
#include "import/twice.h"

#include "codec/json.h"
#include "codec/json_token.h"
#include "import/lenient.h"

/* NAMED_MAX: more of them are counted alone. */
enum { NAMED_MAX = 20 };

typedef struct walk {
    json_t *names[LENIENT_DEPTH_MAX + 1]; /* seen in each object around; NULL: a list */
    size_t depth;
    json_t *twice; /* names that stand twice */
} walk_t;

static void enter(walk_t *w, bool object)
{
    w->names[w->depth++] = object ? json_object() : NULL;
}

static void leave(walk_t *w)
{
    json_decref(w->names[--w->depth]);
}

static void see(walk_t *w, str_t token)
{
    err_t err = ERR_INIT;
    json_t *text = json_read(token, NULL, &err);
    str_t name = json_view(text);
    json_t *names = w->names[w->depth - 1];
    bool twice = json_object_getn(names, name.p, name.n) != NULL;
    json_object_setn_new(twice ? w->twice : names, name.p, name.n, json_true());
    json_decref(text);
}

static bool is_name(str_t json, size_t i)
{
    while (i < json.n && strchr(" \t\r\n", json.p[i])) {
        i++;
    }
    return i < json.n && json.p[i] == ':';
}

static void look_through(walk_t *w, str_t json)
{
    for (size_t i = 0; i < json.n;) {
        char c = json.p[i];
        size_t end = c == '"' ? json_skip_string(json, i) : i + 1;
        if (c == '{' || c == '[') {
            enter(w, c == '{');
        } else if (c == '}' || c == ']') {
            leave(w);
        } else if (c == '"' && is_name(json, end)) {
            see(w, str_slice(json, i, end));
        }
        i = end;
    }
}

void twice_tell(str_t json, const char *file, report_t *report)
{
    walk_t w = {.twice = json_object()};
    const char *name;
    json_t *value;
    size_t told = 0;
    look_through(&w, json);
    json_object_foreach(w.twice, name, value)
    {
        if (told++ < NAMED_MAX) {
            report_note(report, "repaired", "%s: `%s` stands twice in an object: the last counts",
                        file, name);
        }
    }
    if (told > NAMED_MAX) {
        report_note(report, "repaired", "%s: %zu more names stand twice", file, told - NAMED_MAX);
    }
    json_decref(w.twice);
}
