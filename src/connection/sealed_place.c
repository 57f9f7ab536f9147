/* SPDX-License-Identifier: MIT */
#include "connection/sealed_place.h"

/* What the sealed bytes of a kind are called, where that is not the kind's own name. */
static const struct {
    const char *kind, *field;
} FIELDS[] = {
    {"connection", "secrets"},
    {"parameters", "values"},
    {"meta", "secret"},
};

static str_t field_of(str_t kind)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (str_is(kind, FIELDS[i].kind)) {
            return str_of(FIELDS[i].field);
        }
    }
    return kind;
}

seal_place_t sealed_place(const store_record_t *record)
{
    return (seal_place_t){.type = record->kind,
                          .id = record->id,
                          .field = field_of(record->kind),
                          .generation = record->generation};
}

bool sealed_by_data_key(const store_record_t *record)
{
    return record->sealed.n && !str_is(record->kind, "keyring") &&
           !str_is(record->kind, "handover");
}
