/* SPDX-License-Identifier: MIT */
/* An operation: its names and texts, media types and answers. */
#include "openapi/powerplatform/rules/checking.h"

enum { ID_MAX = 80, SUMMARY_MAX = 80 };

/* --- names and texts --- */

static void check_id(checking_t *c, const spot_t *operation, str_t id)
{
    const spot_t at = spot_at(operation, "operationId");
    bool plain = true;
    for (size_t i = 0; i < id.n; i++) {
        plain = plain && ascii_is_alnum(id.p[i]);
    }
    if (!id.n) {
        refuse(c, &at, "OperationIdRequired", "an operation has a name");
    } else if (json_object_getn(c->operations, id.p, id.n)) {
        refuse(c, &at, "OperationIdNotUnique", "`%.*s` stands twice", STR_ARG(id));
    } else if (id.n > ID_MAX) {
        refuse(c, &at, "OperationIdTooLong", "a name has at most %d characters", ID_MAX);
    } else if (!plain) {
        advise(c, &at, "OperationIdSanitized",
               "`%.*s`: letters and digits alone make a name, such as GetPerson", STR_ARG(id));
    }
}

static void check_summary(checking_t *c, const spot_t *operation, str_t summary)
{
    const spot_t at = spot_at(operation, "summary");
    if (summary.n > SUMMARY_MAX) {
        advise(c, &at, "OperationSummaryTooLong",
               "a summary has at most %d characters, this has %zu", SUMMARY_MAX, summary.n);
    }
    if (summary.n && !ascii_is_alnum(summary.p[summary.n - 1]) && summary.p[summary.n - 1] != ')') {
        advise(c, &at, "ValueMustEndWithAlphanumeric",
               "a summary ends with a letter or a digit: no full stop");
    }
    if (str_index(summary, '/') != SIZE_MAX) {
        advise(c, &at, "RestrictedCharactersInSummary", "a summary has no slash");
    }
}

/* --- media types --- */

static bool is_taken(str_t type)
{
    static const char *const known[] = {"application/json", "text/plain", "multipart/form-data",
                                        "application/x-www-form-urlencoded",
                                        "application/octet-stream"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_is(type, known[i])) {
            return true;
        }
    }
    return false;
}

static void check_consumes(checking_t *c, const spot_t *operation, const json_t *value,
                           parameter_counts_t counts)
{
    const spot_t at = spot_at(operation, "consumes");
    const json_t *types = json_object_get(value, "consumes");
    types = types ? types : json_object_get(c->document, "consumes");
    size_t i;
    json_t *type;
    if (json_array_size(types) == 0) {
        refuse(c, &at, "ConsumesMissing", "a body has a media type: write `input_type`");
    }
    json_array_foreach(types, i, type)
    {
        str_t name = json_view(type);
        bool form = str_is(name, "multipart/form-data") ||
                    str_is(name, "application/x-www-form-urlencoded");
        if (!is_taken(name)) {
            advise(c, &at, "MimeTypeNotSupported",
                   "%.*s is none that the designer knows: JSON, text, a form or bytes",
                   STR_ARG(name));
        }
        if ((counts.forms && !form) ||
            (counts.files && str_is(name, "application/x-www-form-urlencoded"))) {
            refuse(c, &at, "MimeTypeNotCompatibleWithRequestContentSchemaType",
                   "%.*s does not carry these fields", STR_ARG(name));
        }
    }
}

static void check_body(checking_t *c, const spot_t *operation, const json_t *value,
                       parameter_counts_t counts, bool fetches)
{
    const spot_t at = spot_at(operation, "parameters");
    if (counts.bodies > 1 || (counts.bodies && counts.forms)) {
        refuse(c, &at, "OperationHasManyBodyParameters", "an operation has one body");
    }
    if (counts.bodies + counts.forms == 0) {
        return;
    }
    if (fetches) {
        refuse(c, &at, "BodyOrFormDataParameterInFetchOperationNotAllowed",
               "GET and HEAD have no body: make it `in: query`, or another method");
    }
    check_consumes(c, operation, value, counts);
}

/* --- answers --- */

static void check_answer(checking_t *c, const spot_t *at, const char *status, const json_t *answer,
                         size_t *schemas)
{
    const json_t *schema = json_object_get(answer, "schema");
    const spot_t spot = spot_at(at, "schema");
    if (!schema) {
        return;
    }
    (*schemas)++;
    if (str_is(str_of(status), "default")) {
        advise(c, &spot, "DefaultResponseHasSchema",
               "the default answer has no schema there: give it to a status");
    } else if (!str_is(str_of(status), "200") && !str_is(str_of(status), "201")) {
        advise(c, &spot, "SchemaDefinitionSetIncorrectly", "only 200 and 201 have a schema there");
    }
    if (*schemas == 2) {
        advise(c, &spot, "OperationHasManyResponsesWithSchema",
               "one answer has a schema; a designer shows no other");
    }
    check_schema(c, &spot, schema, SCHEMA_OF_ANSWER);
}

static void check_answers(checking_t *c, const spot_t *operation, const json_t *responses)
{
    const spot_t all = spot_at(operation, "responses");
    size_t schemas = 0;
    bool success = false;
    const char *status;
    json_t *reference;
    json_object_foreach((json_t *)(uintptr_t)responses, status, reference)
    {
        const spot_t at = spot_at(&all, status);
        const json_t *answer = resolve(c, reference);
        success = success || status[0] == '2';
        if (!answer) {
            refuse(c, &at, "ResponseReferenceNotFound", "it leads nowhere");
        } else {
            check_answer(c, &at, status, answer, &schemas);
        }
    }
    if (!success) {
        advise(c, &all, "OperationShouldHaveSuccessfulResponse", "an answer of 2xx is missing");
    }
}

/* --- the whole --- */

static void remember(checking_t *c, const json_t *operation)
{
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    if (id) {
        json_object_set(c->operations, id, (json_t *)(uintptr_t)operation);
    }
}

void check_operation(checking_t *c, const spot_t *at, const json_t *item, const json_t *operation,
                     bool fetches)
{
    const json_t *link = json_object_get(operation, "x-ms-pageable");
    str_t name = json_member(link, "nextLinkName");
    check_id(c, at, json_member(operation, "operationId"));
    check_summary(c, at, json_member(operation, "summary"));
    parameter_counts_t counts = check_parameters(c, at, json_object_get(operation, "parameters"));
    check_body(c, at, operation, counts, fetches);
    check_answers(c, at, json_object_get(operation, "responses"));
    check_trigger(c, at, item, operation);
    if (link && !str_is(name, "nextLink") && !str_is(name, "@odata.nextLink")) {
        const spot_t spot = spot_at(at, "x-ms-pageable");
        refuse(c, &spot, "InvalidNextLinkNameValue", "`nextLink` or `@odata.nextLink`");
    }
    remember(c, operation);
}
