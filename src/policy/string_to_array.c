/* SPDX-License-Identifier: MIT */
/* string_to_array: the pieces of a text. People end such lists with a separator, and put a blank
 * behind each: pieces are trimmed, and empty ones are none. */
#include "codec/json.h"
#include "policy/policy_internal.h"

static json_t *piece_of(const policy_t *policy, str_t piece)
{
    json_t *text = json_str(piece);
    if (!policy->as.p) {
        return text;
    }
    json_t *object = json_object();
    (void)json_object_setn_new_nocheck(object, policy->as.p, policy->as.n, text);
    return object;
}

/* Ends early where the pieces are more than there is room for. */
static json_t *pieces_of(const policy_run_t *run, const policy_t *policy, str_t text)
{
    json_t *list = json_array();
    size_t most = run->room / RESULT_VALUE_BYTES;
    str_t separator = policy->separator;
    for (size_t done = 0; done <= text.n && json_array_size(list) <= most;) {
        size_t at = separator.n ? str_find(text, separator, done) : SIZE_MAX;
        at = at == SIZE_MAX ? text.n : at;
        str_t piece = str_trim(str_slice(text, done, at));
        if (piece.n) {
            (void)json_array_append_new(list, piece_of(policy, piece));
        }
        done = at + (separator.n ? separator.n : 1);
    }
    return list;
}

static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    str_t text = json_view(found->value);
    if (!text.p) {
        return true;
    }
    json_t *pieces = pieces_of(run, policy, text);
    json_t *bounded = result_copy(run, pieces);
    json_decref(pieces);
    return result_put(run, policy, found, bounded);
}

const policy_type_t policy_string_to_array = {.apply = apply};
