/* SPDX-License-Identifier: MIT */
/* What of a provider did not become part of its definition: told key by key. */
#include "codec/json.h"
#include "import/nango/provider.h"

/* --- why, of those that are known --- */

static const struct {
    const char *key, *reason, *tells;
} KNOWN[] = {
    {"post_connection_script", "script", "what it does after a sign-in is code: not done"},
    {"credentials_verification_script", "script",
     "how credentials are tried is code: give `verify` a request"},
    {"pre_connection_deletion_script", "script",
     "what it does when a connection ends is code: not done"},
    {"webhook_routing_script", "webhooks", "webhooks of the service are not routed"},
    {"webhook_user_defined_secret", "webhooks", "webhooks of the service are not checked"},
    {"webhook_allowed_query_params", "webhooks", "webhooks of the service are not taken"},
    {"token_expiration_buffer", "expiry",
     "tokens are renewed ahead of their end as the host does for all"},
    {"authorization_url_skip_encode", "encoding", "all parts are encoded: servers read the same"},
    {"connection_configuration", "dead_key", "a list of names that nothing reads"},
    {"auth", "dead_key", "nothing reads it in the catalogue's own host either"},
    {"decode_url", "dead_key", "nothing reads it in the catalogue's own host either"},
    {"refresh_token_response_metadata", "dead_key",
     "nothing reads it in the catalogue's own host either"},
    {"proxy.paginate", "paging", "the pages of a list: give an action `next_link`"},
    {"proxy.decompress", "encoding", "answers pass as they come"},
    {"proxy.forward_headers_on_redirect", "redirects", "redirects are never followed"},
    {"proxy.connection_config", "dead_key", "a hint of the catalogue's pages"},
};

static void tell(provider_t *p, const char *key)
{
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (str_is(str_of(key), KNOWN[i].key)) {
            report_note(p->report, KNOWN[i].reason, "%s: %s", key, KNOWN[i].tells);
            return;
        }
    }
    report_note(p->report, "unread", "%s: not part of the definition", key);
}

/* --- which --- */

/* path: NULL: of the provider itself. */
static void note_members(provider_t *p, const json_t *part, const char *path)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)part, name, value)
    {
        const char *key = path ? arena_printf(p->arena, "%s.%s", path, name).p : name;
        if (!json_object_get(p->read, key)) {
            tell(p, key);
        }
    }
}

/* What a field may say: shown, checked, asked for, or an anchor of the page that `guide` links. */
static bool is_field_key(const char *name)
{
    static const char *const KEYS[] = {"type",     "title",   "description", "example",
                                       "prefix",   "suffix",  "format",      "order",
                                       "secret",   "pattern", "doc_section", "hidden",
                                       "optional", "enum",    "automated",   "default_value"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        if (str_is(str_of(name), KEYS[i])) {
            return true;
        }
    }
    return false;
}

static void note_fields(provider_t *p, const char *group)
{
    const char *name, *key;
    json_t *field, *value;
    json_object_foreach((json_t *)(uintptr_t)json_object_get(p->source, group), name, field)
    {
        json_object_foreach(field, key, value)
        {
            if (!is_field_key(key)) {
                tell(p, arena_printf(p->arena, "%s.%s.%s", group, name, key).p);
            }
        }
    }
}

void note_unread(provider_t *p)
{
    static const char *const GROUPS[] = {"connection_config", "credentials", "assertion_option"};
    const json_t *proxy = json_object_get(p->source, "proxy");
    (void)provider_get(p, "alias"); /* it is what the rest came from */
    note_members(p, p->source, NULL);
    note_members(p, proxy, "proxy");
    note_members(p, json_object_get(proxy, "retry"), "proxy.retry");
    note_members(p, json_object_get(proxy, "verification"), "proxy.verification");
    for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) {
        note_fields(p, GROUPS[i]);
    }
}
