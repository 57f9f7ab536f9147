/* SPDX-License-Identifier: MIT */
/* One document that keeps every rule, and a change for each rule that breaks it alone: a member is
 * set (or taken out, where the value is NULL) at a place, and the breach stands there. */
#include "openapi/powerplatform/rules/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"

#define LONG_80 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char GOOD[] =
    "{\"swagger\":\"2.0\",\"info\":{\"title\":\"Things\",\"description\":\"Finds things, and keeps "
    "them for later.\",\"version\":\"1.0.0\",\"contact\":{\"url\":\"https://a.example\",\"email\":"
    "\"a@a.example\"}},\"host\":\"a.example\",\"basePath\":\"/\",\"schemes\":[\"https\"],"
    "\"consumes\":[\"application/json\"],\"paths\":{\"/a/{id}\":{\"get\":{\"operationId\":\"Get\","
    "\"summary\":\"Get\",\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,"
    "\"type\":\"string\",\"x-ms-url-encoding\":\"single\"}],\"responses\":{\"200\":{"
    "\"description\":"
    "\"It\",\"schema\":{\"$ref\":\"#/definitions/Thing\"}}}}},\"/b\":{\"post\":{\"operationId\":"
    "\"Post\",\"summary\":\"Post\",\"parameters\":[{\"name\":\"body\",\"in\":\"body\",\"required\":"
    "true,\"schema\":{\"type\":\"object\",\"properties\":{\"url\":{\"type\":\"string\","
    "\"x-ms-notification-url\":true,\"x-ms-visibility\":\"internal\"},\"kind\":{\"type\":"
    "\"string\",\"x-ms-dynamic-values\":{\"operationId\":\"Get\",\"value-collection\":\"list\","
    "\"value-path\":\"id\",\"parameters\":{\"id\":\"1\"}}}},"
    "\"required\":[\"url\"]}}],\"responses\":{\"201\":{\"description\":\"Made\"}},"
    "\"x-ms-trigger\":\"single\"},\"x-ms-notification-content\":{\"schema\":{\"type\":\"object\"}}}"
    "},\"definitions\":{\"Thing\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}"
    ",\"up\":{\"$ref\":\"#/definitions/"
    "Thing\"},\"list\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/"
    "Thing\"}}},\"required\":[\"id\"]}},"
    "\"x-ms-connector-metadata\":[{\"propertyName\":\"Website\",\"propertyValue\":"
    "\"https://a.example\"},{\"propertyName\":\"Privacy policy\",\"propertyValue\":"
    "\"https://a.example/p\"},{\"propertyName\":\"Categories\",\"propertyValue\":"
    "\"Productivity\"}]}";

#define GET "paths|/a/{id}|get|"
#define ID GET "parameters|0|"
#define POST "paths|/b|post|"
#define BODY POST "parameters|0|schema|"
#define THING "definitions|Thing|"

static const struct row {
    const char *rule;
    bool refused;
    const char *at;    /* `|` between keys */
    const char *value; /* JSON; NULL: taken out */
} ROWS[] = {
    {"FieldLengthExceeded", false, "info|title", "\"" LONG_80 "\""},
    {"ValueMustEndWithAlphanumeric", false, "info|title", "\"Things!\""},
    {"ValueContainsRestrictedWords", false, "info|title", "\"Things Connector\""},
    {"ValueMustBeInEnglish", false, "info|title", "\"Dinge f\xc3\xbcr alle\""},
    {"FieldLengthNotInRange", false, "info|description", "\"Short.\""},
    {"UrlNotValid", false, "info|description", "\"See https://a.example for all things.\""},
    {"UrlNotValid", false, "info|contact|url", "\"http://a.example\""},
    {"ContactEmailNotValid", true, "info|contact|email", "\"nobody\""},
    {"HostNameNotValid", true, "host", "\"https://a.example/x\""},
    {"SchemeNotSupported", false, "schemes", "[\"http\"]"},
    {"ConnectorMetadataPropertiesMissing", false, "x-ms-connector-metadata|1", NULL},
    {"InvalidConnectorCategory", false, "x-ms-connector-metadata|2|propertyValue", "\"Fun\""},
    {"OperationPathMustStartWithSlash", true, "paths|c", "{}"},
    {"OperationPathMayNotContainQueryOrFragment", true, "paths|/c?d=1", "{}"},
    {"OperationPathContainsUnsupportedCharacters", true, "paths|/c/*", "{}"},
    {"OperationPathTemplateNotValid", true, "paths|/c/{d/e}", "{}"},
    {"OperationPathVariablesContainDefaults", true, "paths|/c/{d=1}", "{}"},
    {"DuplicateOperationPath", true, "paths|/A/{other}", "{}"},
    {"PathItemRefNotSupported", true, "paths|/c", "{\"$ref\":\"#/x\"}"},
    {"OperationIdRequired", true, POST "operationId", NULL},
    {"OperationIdNotUnique", true, POST "operationId", "\"Get\""},
    {"OperationIdTooLong", true, POST "operationId", "\"" LONG_80 "A\""},
    {"OperationIdSanitized", false, POST "operationId", "\"Post_it\""},
    {"OperationSummaryTooLong", false, POST "summary", "\"" LONG_80 "A\""},
    {"ValueMustEndWithAlphanumeric", false, POST "summary", "\"Post.\""},
    {"RestrictedCharactersInSummary", false, POST "summary", "\"Post/put\""},
    {"ConsumesMissing", true, POST "consumes", "[]"},
    {"MimeTypeNotSupported", false, POST "consumes", "[\"application/xml\"]"},
    {"OperationShouldHaveSuccessfulResponse", false, GET "responses",
     "{\"404\":{\"description\":\"No\"}}"},
    {"DefaultResponseHasSchema", false, POST "responses|default",
     "{\"description\":\"\",\"schema\":{\"type\":\"object\"}}"},
    {"SchemaDefinitionSetIncorrectly", false, POST "responses|400",
     "{\"description\":\"\",\"schema\":{\"type\":\"object\"}}"},
    {"OperationHasManyResponsesWithSchema", false, GET "responses|201",
     "{\"description\":\"\",\"schema\":{\"type\":\"object\"}}"},
    {"ResponseReferenceNotFound", true, GET "responses|429", "{\"$ref\":\"#/responses/No\"}"},
    {"InvalidNextLinkNameValue", true, GET "x-ms-pageable", "{\"nextLinkName\":\"next\"}"},
    {"ConnectionIdParameterNotAllowed", true, ID "name", "\"connectionId\""},
    {"ReservedParameterIsUsed", false, ID "name", "\"token\""},
    {"PathParameterMustBeRequired", true, ID "required", NULL},
    {"PathParameterMissingEncoding", false, ID "x-ms-url-encoding", NULL},
    {"NonBodyParameterSchemaNotValid", true, ID "type", "\"object\""},
    {"FileParameterMustBeInFormData", true, ID "type", "\"file\""},
    {"QueryParameterEncodingNotSupported", false, GET "parameters|1",
     "{\"name\":\"q\",\"in\":\"query\",\"type\":\"string\",\"x-ms-url-encoding\":\"double\"}"},
    {"InternalPropertyWithDefaultOptional", false, GET "parameters|1",
     "{\"name\":\"q\",\"in\":\"query\",\"type\":\"string\",\"default\":\"a\",\"x-ms-visibility\":"
     "\"internal\"}"},
    {"DuplicateParameter", true, GET "parameters|1",
     "{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"type\":\"string\",\"x-ms-url-encoding\":"
     "\"single\"}"},
    {"ParameterReferenceNotFound", true, GET "parameters|1", "{\"$ref\":\"#/parameters/No\"}"},
    {"BodyOrFormDataParameterInFetchOperationNotAllowed", true, GET "parameters|1",
     "{\"name\":\"b\",\"in\":\"body\",\"schema\":{\"type\":\"object\"}}"},
    {"OperationHasManyBodyParameters", true, POST "parameters|1",
     "{\"name\":\"b\",\"in\":\"body\",\"schema\":{\"type\":\"object\"}}"},
    {"MimeTypeNotCompatibleWithRequestContentSchemaType", true, "paths|/c",
     "{\"post\":{\"operationId\":\"C\",\"parameters\":[{\"name\":\"f\",\"in\":\"formData\","
     "\"type\":\"string\"}],\"responses\":{\"200\":{\"description\":\"\"}}}}"},
    {"InvalidFormDataParameterName", true, "paths|/c",
     "{\"post\":{\"operationId\":\"C\",\"consumes\":[\"multipart/form-data\"],\"parameters\":[{"
     "\"name\":\"f\xc3\xbc\",\"in\":\"formData\",\"type\":\"string\"}],\"responses\":{\"200\":{"
     "\"description\":\"\"}}}}"},
    {"UnrecognizedTypeFormat", false, ID "format", "\"guid\""},
    {"EnumMustContainAtLeastOneElement", true, ID "enum", "[]"},
    {"InvalidEnumValue", true, ID "enum", "[1]"},
    {"DefaultValueMustMatchType", true, ID "default", "1"},
    {"RangeNotValid", true, ID "minLength", "9"},
    {"ArrayHasNoItems", false, THING "properties|id|type", "\"array\""},
    {"RequiredPropertyArrayEmpty", true, THING "required", "[]"},
    {"RequiredPropertyDefinitionMissing", false, THING "required", "[\"id\",\"no\"]"},
    {"RequiredReadOnlyPropertyNotAllowedAsInput", false, THING "properties|id|readOnly", "true"},
    {"DiscriminatorMustBeARequiredStringProperty", false, THING "discriminator", "\"up\""},
    {"InvalidStringBinaryProperty", false, THING "properties|id|format", "\"binary\""},
    {"SchemaTypeFileNotValid", true, THING "properties|id|type", "\"file\""},
    {"AdditionalPropertyNotAllowed", true, THING "oneOf", "[]"},
    {"AdditionalPropertyNotAllowedAdjacentToRef", false, THING "properties|up|title", "\"Up\""},
    {"SchemaReferenceNotFound", true, THING "properties|up|$ref", "\"#/definitions/No\""},
    {"RequiredLoopInSchemaNotAllowed", true, THING "required", "[\"up\"]"},
    {"SchemaRefLoopNotAllowed", true, "definitions|Alias", "{\"$ref\":\"#/definitions/Thing\"}"},
    {"OperationIdNotFound", false, BODY "properties|kind|x-ms-dynamic-values|operationId",
     "\"No\""},
    {"OperationParameterNameNotFound", false,
     BODY "properties|kind|x-ms-dynamic-values|parameters|no", "1"},
    {"OperationMissingRequiredProperty", false,
     BODY "properties|kind|x-ms-dynamic-values|parameters|id", NULL},
    {"InvokedOperationShouldProduceArray", false,
     BODY "properties|kind|x-ms-dynamic-values|value-collection", NULL},
    {"InvokedOperationShouldProduceProperty", false,
     BODY "properties|kind|x-ms-dynamic-values|value-path", "\"no\""},
    {"OperationIdNotFound", false, BODY "properties|kind|x-ms-dynamic-tree",
     "{\"open\":{\"operationId\":\"No\"}}"},
    {"CollectionFormatValueNotSupported", false, GET "parameters|1",
     "{\"name\":\"q\",\"in\":\"query\",\"type\":\"array\",\"items\":{\"type\":\"string\"},"
     "\"collectionFormat\":\"multi\"}"},
    {"TooManyConnectorCategories", false, "x-ms-connector-metadata|2|propertyValue",
     "\"Productivity;Data;AI\""},
    {"UrlNotValid", false, "externalDocs", "{\"url\":\"http://a.example\"}"},
    {"WebhookOperationsMissingNotificationUrlProperty", true,
     BODY "properties|url|x-ms-notification-url", NULL},
    {"NotificationUrlNotValid", false, BODY "properties|url|x-ms-visibility", NULL},
    {"OperationMustHaveNotificationContentExtension", true, "paths|/b|x-ms-notification-content",
     NULL},
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

static json_t *document(void)
{
    err_t err = ERR_INIT;
    json_t *v = json_read(str_of(GOOD), NULL, &err);
    assert_non_null(v);
    return v;
}

static json_t *value_of(const char *text)
{
    err_t err = ERR_INIT;
    json_t *v = json_read(str_of(text), NULL, &err);
    assert_non_null(v);
    return v;
}

/* json_read takes objects and lists, and single values too. */
static void change(json_t *root, const struct row *row)
{
    str_t rest = str_of(row->at);
    json_t *owner = root;
    for (;;) {
        str_t key = str_cut(&rest, '|');
        uint64_t index = 0;
        bool list = json_is_array(owner) && str_to_u64(key, &index);
        if (!rest.p && !row->value && list) {
            json_array_remove(owner, index);
        } else if (!rest.p && !row->value) {
            json_object_deln(owner, key.p, key.n);
        } else if (!rest.p && list && index >= json_array_size(owner)) {
            json_array_append_new(owner, value_of(row->value));
        } else if (!rest.p && list) {
            json_array_set_new(owner, index, value_of(row->value));
        } else if (!rest.p) {
            json_object_setn_new(owner, key.p, key.n, value_of(row->value));
        } else {
            owner = list ? json_array_get(owner, index) : json_object_getn(owner, key.p, key.n);
            assert_non_null(owner);
            continue;
        }
        return;
    }
}

static bool holds(const json_t *breaches, const struct row *row)
{
    size_t i;
    json_t *one;
    json_array_foreach(breaches, i, one)
    {
        if (str_is(json_member(one, "rule"), row->rule) &&
            json_is_true(json_object_get(one, "refused")) == row->refused) {
            assert_true(json_member(one, "text").n > 0);
            return true;
        }
    }
    return false;
}

static void test_a_good_document_has_no_breach(void **state)
{
    (void)state;
    json_t *root = document(), *breaches = json_array();
    rules_check(root, breaches);
    assert_int_equal(json_array_size(breaches), 0);
    json_decref(breaches);
    json_decref(root);
}

static void test_each_change_breaks_its_rule(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        json_t *root = document(), *breaches = json_array();
        if (str_is(str_of(ROWS[i].rule), "RangeNotValid")) {
            const struct row more = {NULL, false, ID "maxLength", "2"};
            change(root, &more);
        }
        change(root, &ROWS[i]);
        rules_check(root, breaches);
        if (!holds(breaches, &ROWS[i])) {
            print_message("%s at %s is not told\n", ROWS[i].rule, ROWS[i].at);
            failed++;
        }
        json_decref(breaches);
        json_decref(root);
    }
    assert_int_equal(failed, 0);
}

/* Whatever stands where something else is expected. */
static void test_odd_documents_do_no_harm(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"paths\":[]}",
        "{\"paths\":{\"/a\":{\"get\":{\"parameters\":{},\"responses\":[]}}},\"info\":1}",
        "{\"paths\":{\"/a\":{\"get\":{\"parameters\":[1,{\"$ref\":1}],\"responses\":1}}}}",
        "{\"definitions\":{\"A\":{\"$ref\":\"#/definitions/A\"},\"B\":{\"properties\":[]}}}",
        "{\"definitions\":{\"A\":{\"allOf\":[{\"$ref\":\"#/definitions/A\"}]}}}",
        "{\"x-ms-connector-metadata\":{\"a\":1},\"schemes\":1,\"host\":1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *root = value_of(texts[i]), *breaches = json_array();
        rules_check(root, breaches);
        json_decref(breaches);
        json_decref(root);
    }
}

static void test_schemas_are_counted(void **state)
{
    (void)state;
    const struct row row = {"TotalSchemaCountExceedsMaxAllowed", true, NULL, NULL};
    json_t *root = document(), *breaches = json_array();
    for (int i = 0; i < 512; i++) {
        char name[16];
        snprintf(name, sizeof name, "S%d", i);
        json_object_set_new(json_object_get(root, "definitions"), name,
                            json_pack("{s:s}", "type", "string"));
    }
    rules_check(root, breaches);
    assert_true(holds(breaches, &row));
    json_decref(breaches);
    json_decref(root);
}

/* What stands beside a document: the rule that it breaks; NULL: none. */
static void test_properties(void **state)
{
    (void)state;
    static const char HEAD[] = "{\"iconBrandColor\":\"#123456\",\"connectionParameters\":{";
    static const char SETS[] = "{\"iconBrandColor\":\"#123456\",\"connectionParameterSets\":{"
                               "\"values\":[{\"parameters\":{";
    static const struct {
        const char *rule;
        bool refused;
        const char *head, *rest;
    } rows[] = {
        {NULL, false, HEAD,
         "\"a_1\":{\"type\":\"string\",\"uiDefinition\":{\"description\":\"A\"}},\"token:b\":{"
         "\"uiDefinition\":{\"description\":\"B\"}},\"token\":{\"type\":\"oauthSetting\"}}}"},
        {"connector-validate-connectionparameters", false, HEAD, "\"a\":{\"type\":\"string\"}}}"},
        {"connector-validate-connectionparameters", true, SETS,
         "\"a-b\":{\"uiDefinition\":{\"description\":\"A\"}}}}]}}"},
        {"connector-validate-brandcolor", false, "", "{}"},
        {"connector-validate-brandcolor", false, "", "{\"iconBrandColor\":\"#007EE5\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[600];
        const struct row row = {rows[i].rule, rows[i].refused, NULL, NULL};
        snprintf(text, sizeof text, "%s%s", rows[i].head, rows[i].rest);
        json_t *properties = value_of(text), *breaches = json_array();
        rules_check_properties(properties, breaches);
        assert_int_equal(json_array_size(breaches), row.rule ? 1 : 0);
        assert_true(!row.rule || holds(breaches, &row));
        json_decref(breaches);
        json_decref(properties);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_document_has_no_breach),
        cmocka_unit_test(test_each_change_breaks_its_rule),
        cmocka_unit_test(test_odd_documents_do_no_harm),
        cmocka_unit_test(test_schemas_are_counted),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
