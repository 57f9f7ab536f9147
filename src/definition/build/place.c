/* SPDX-License-Identifier: MIT */
/* Places in bodies (FORMAT 10): body or item, .name, ['name'], [0], []. */
#include "definition/build/loader.h"

typedef struct reader {
    str_t text;
    size_t at;
} reader_t;

static bool take(reader_t *r, const char *what)
{
    str_t rest = str_slice(r->text, r->at, r->text.n);
    bool comes = str_starts(rest, str_of(what));
    r->at += comes ? strlen(what) : 0;
    return comes;
}

static size_t length_until(const reader_t *r, const char *set)
{
    size_t n = 0;
    while (r->at + n < r->text.n && !strchr(set, r->text.p[r->at + n])) {
        n++;
    }
    return n;
}

static str_t take_until(reader_t *r, const char *set)
{
    str_t taken = str_slice(r->text, r->at, r->at + length_until(r, set));
    r->at += taken.n;
    return taken;
}

/* Behind `[`. */
static bool take_bracket(reader_t *r, place_step_t *step)
{
    uint64_t index = 0;
    if (take(r, "]")) {
        step->each = true;
        return true;
    }
    if (take(r, "'")) {
        step->name = take_until(r, "'");
        return step->name.n > 0 && take(r, "']");
    }
    bool is_index = str_to_u64(take_until(r, "]"), &index) && index <= INT32_MAX;
    step->index = (size_t)index;
    return is_index && take(r, "]");
}

static bool take_step(reader_t *r, place_step_t *step)
{
    *step = (place_step_t){.index = 0};
    if (take(r, "[")) {
        return take_bracket(r, step);
    }
    if (!take(r, ".")) {
        return false;
    }
    step->name = take_until(r, ".['] ");
    return step->name.n > 0;
}

static void refuse(loader_t *l, str_t text, spot_t at)
{
    loader_fault(l, ERR_policy_place, at,
                 "`%.*s` is not a place: body or item, then .name, ['name'], [0] or [] (each "
                 "element)",
                 STR_ARG(str_slice(text, 0, 80)));
}

static void read_steps(loader_t *l, reader_t *r, spot_t at, place_t *place)
{
    place_step_t *steps = arena_array_of(l->scratch, place_step_t, r->text.n);
    while (r->at < r->text.n) {
        if (!take_step(r, &steps[place->count])) {
            refuse(l, r->text, at);
            break;
        }
        place->count++;
    }
    place_step_t *kept = arena_array_of(l->arena, place_step_t, place->count);
    memcpy(kept, steps, place->count * sizeof *kept);
    place->steps = kept;
}

place_t build_place(loader_t *l, str_t text, spot_t at)
{
    place_t place = {.text = arena_str(l->arena, text)};
    reader_t r = {.text = place.text};
    if (!text.p) {
        return place;
    }
    place.item = take(&r, "item");
    if (!place.item && !take(&r, "body")) {
        refuse(l, text, at);
        return place;
    }
    read_steps(l, &r, at, &place);
    return place;
}
