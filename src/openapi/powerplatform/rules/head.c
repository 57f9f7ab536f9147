/* SPDX-License-Identifier: MIT */
/* The top of the document: info, address, what is told of the connector. */
#include "openapi/powerplatform/rules/checking.h"

enum { TITLE_MAX = 30, DESCRIPTION_MIN = 30, DESCRIPTION_MAX = 500, CATEGORIES_MAX = 2 };

/* --- texts --- */

static bool is_english(str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] > 126) {
            return false;
        }
    }
    return true;
}

static bool ends_well(str_t text)
{
    return text.n && ascii_is_alnum(text.p[text.n - 1]);
}

/* Words that are the platform's own. */
static const char *restricted_word(str_t title)
{
    static const char *const words[] = {"API",           "Connector", "Microsoft",
                                        "Power Apps",    "PowerApps", "Power Automate",
                                        "Copilot Studio"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        str_t word = str_of(words[i]);
        size_t at = str_find(title, word, 0);
        size_t end = at + word.n;
        bool whole = at != SIZE_MAX && (at == 0 || !ascii_is_alnum(title.p[at - 1])) &&
                     (end == title.n || !ascii_is_alnum(title.p[end]));
        if (whole) {
            return words[i];
        }
    }
    return NULL;
}

static void check_title(checking_t *c, const spot_t *info, str_t title)
{
    const spot_t at = spot_at(info, "title");
    const char *word = restricted_word(title);
    if (title.n > TITLE_MAX) {
        advise(c, &at, "FieldLengthExceeded", "a title has at most %d characters, this has %zu",
               TITLE_MAX, title.n);
    }
    if (!ends_well(title)) {
        advise(c, &at, "ValueMustEndWithAlphanumeric", "a title ends with a letter or a digit");
    }
    if (word) {
        advise(c, &at, "ValueContainsRestrictedWords", "a title does without `%s`", word);
    }
    if (!is_english(title)) {
        advise(c, &at, "ValueMustBeInEnglish", "a title is written in ASCII");
    }
}

static void check_description(checking_t *c, const spot_t *info, str_t description)
{
    const spot_t at = spot_at(info, "description");
    if (description.n < DESCRIPTION_MIN || description.n > DESCRIPTION_MAX) {
        advise(c, &at, "FieldLengthNotInRange",
               "a description has %d to %d characters, this has %zu", DESCRIPTION_MIN,
               DESCRIPTION_MAX, description.n);
    }
    if (str_find(description, STR("://"), 0) != SIZE_MAX) {
        advise(c, &at, "UrlNotValid", "a description holds no address: write it in `links`");
    }
    if (!is_english(description)) {
        advise(c, &at, "ValueMustBeInEnglish", "a description is written in ASCII");
    }
}

/* --- people and links --- */

static bool is_https(str_t url)
{
    return str_starts(url, STR("https://")) && url.n > strlen("https://");
}

static void check_documentation(checking_t *c)
{
    const spot_t at = spot_at(NULL, "externalDocs");
    str_t url = json_member(json_object_get(c->document, "externalDocs"), "url");
    if (url.n && !is_https(url)) {
        advise(c, &at, "UrlNotValid", "an address of documentation begins with https://");
    }
}

static void check_contact(checking_t *c, const spot_t *info, const json_t *contact)
{
    const spot_t at = spot_at(info, "contact");
    const spot_t url = spot_at(&at, "url"), email = spot_at(&at, "email");
    str_t address = json_member(contact, "email");
    if (json_member(contact, "url").n && !is_https(json_member(contact, "url"))) {
        advise(c, &url, "UrlNotValid", "an address of a contact begins with https://");
    }
    if (address.n && (str_index(address, '@') == SIZE_MAX || str_index(address, ' ') != SIZE_MAX)) {
        refuse(c, &email, "ContactEmailNotValid", "it is no mail address");
    }
}

static str_t metadata(const checking_t *c, const char *name)
{
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(c->document, "x-ms-connector-metadata"), at, one)
    {
        if (str_is(json_member(one, "propertyName"), name)) {
            return json_member(one, "propertyValue");
        }
    }
    return STR_NONE;
}

static void check_link(checking_t *c, const spot_t *at, const char *name, const char *key)
{
    const spot_t spot = spot_at(at, name);
    str_t value = metadata(c, name);
    if (!value.n) {
        advise(c, &spot, "ConnectorMetadataPropertiesMissing", "%s is not told: write `%s`", name,
               key);
    } else if (!str_is(str_of(name), "Categories") && !is_https(value)) {
        advise(c, &spot, "UrlNotValid", "%s begins with https://", name);
    }
}

static bool is_category(str_t name)
{
    static const char *const known[] = {"AI",
                                        "Business Intelligence",
                                        "Business Management",
                                        "Collaboration",
                                        "Commerce",
                                        "Communication",
                                        "Content and Files",
                                        "Data",
                                        "Finance",
                                        "Human Resources",
                                        "Internet of Things",
                                        "IT Operations",
                                        "Lifestyle and Entertainment",
                                        "Marketing",
                                        "Productivity",
                                        "Sales and CRM",
                                        "Security",
                                        "Social Media",
                                        "Website"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_is(name, known[i])) {
            return true;
        }
    }
    return false;
}

static void check_metadata(checking_t *c)
{
    const spot_t at = spot_at(NULL, "x-ms-connector-metadata");
    const spot_t categories = spot_at(&at, "Categories");
    check_link(c, &at, "Website", "links.website");
    check_link(c, &at, "Privacy policy", "links.privacy_policy");
    check_link(c, &at, "Categories", "categories");
    str_t rest = metadata(c, "Categories");
    size_t count = 0;
    while (rest.n) {
        str_t one = str_trim(str_cut(&rest, ';'));
        count += one.n > 0;
        if (one.n && !is_category(one)) {
            advise(c, &categories, "InvalidConnectorCategory",
                   "`%.*s` is none of Microsoft's categories, such as Productivity", STR_ARG(one));
        }
    }
    if (count > CATEGORIES_MAX) {
        advise(c, &categories, "TooManyConnectorCategories",
               "%zu categories: published connectors have up to %d", count, CATEGORIES_MAX);
    }
}

/* --- the address --- */

static void check_address(checking_t *c)
{
    const spot_t host = spot_at(NULL, "host"), schemes = spot_at(NULL, "schemes");
    str_t name = json_member(c->document, "host");
    bool plain = name.n > 0;
    for (size_t i = 0; i < name.n; i++) {
        plain = plain && (ascii_is_alnum(name.p[i]) || strchr(".-:_", name.p[i]));
    }
    if (!plain) {
        refuse(c, &host, "HostNameNotValid", "a host name alone stands there");
    }
    if (!holds_text(json_object_get(c->document, "schemes"), STR("https"))) {
        advise(c, &schemes, "SchemeNotSupported",
               "flows call https:// only: give the public address (--server, public_url)");
    }
}

void check_head(checking_t *c)
{
    const spot_t info = spot_at(NULL, "info");
    const json_t *told = json_object_get(c->document, "info");
    check_title(c, &info, json_member(told, "title"));
    check_description(c, &info, json_member(told, "description"));
    check_contact(c, &info, json_object_get(told, "contact"));
    check_documentation(c);
    check_metadata(c);
    check_address(c);
}
