/* SPDX-License-Identifier: MIT */
/* What the catalogue leaves to code of its host: said here as data where a definition can say it,
 * refused where not, and noted where a connection works without. */
#include "codec/json.h"
#include "import/nango/provider.h"

/* --- what cannot be said --- */

static const struct {
    const char *provider, *reason, *tells;
} REFUSED[] = {
    {"sentry-oauth", "code_by_webhook",
     "its code arrives by a webhook, and what leads back to a browser has no state"},
};

void refuse_quirks(provider_t *p)
{
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        if (str_is(p->id, REFUSED[i].provider)) {
            provider_fail(p, REFUSED[i].reason, "%s", REFUSED[i].tells);
        }
    }
}

/* --- what is said as data --- */

/* A merge patch (RFC 7396) to the way to sign in, and what is to be known of it; but null stays
 * where null means something. */
static const struct {
    const char *provider, *patch, *tells;
} PATCHES[] = {
    {"agiloft",
     "{\"client_auth\":\"basic_raw\",\"params\":{\"client_id\":\"${connection.client_id}\","
     "\"md5_secret\":\"${left(connection.client_secret, 20)}\"}}",
     "the client in Basic, its ID and the beginning of its secret in the body"},
    {"bullhorn",
     "{\"steps\":{\"login\":{\"method\":\"POST\",\"url\":\"https://rest.bullhornstaffing.com/"
     "rest-services/login?"
     "version=*&access_token=${response.body.access_token}\"}},\"answer\":{\"access_token\":"
     "\"${steps.login.body.BhRestToken}\",\"restUrl\":\"${steps.login.body.restUrl}\"}}",
     "the token is changed for one of a session"},
    {"clover", "{\"answer\":{\"expires_at\":\"${response.body.access_token_expiration}\"}}",
     "the end of a token as a date"},
    {"coros", "{\"refresh\":{\"answer\":{\"access_token\":\"${token.access_token}\"}}}",
     "a refresh answers no token: the present one lives on"},
    {"facebook",
     "{\"answer\":{\"refresh_token\":\"${response.body.access_token}\"},\"refresh\":{\"grant_"
     "type\":"
     "\"fb_exchange_token\",\"params\":{\"refresh_token\":null,\"fb_exchange_token\":\"${oauth."
     "refresh_token}\"}}}",
     "a token is refreshed by itself"},
    {"fanvue", "{\"client_auth\":\"basic_raw\"}", NULL},
    {"followupboss", "{\"params\":{\"state\":\"${oauth.state}\"}}",
     "the state goes back with the code"},
    {"jobber", "{\"lifetime\":\"1h\"}", "a token lives an hour"},
    {"mercury", "{\"client_auth\":\"basic\"}", NULL},
    {"microsoft-admin",
     "{\"type\":\"client_credentials\",\"authorize_url\":null,\"params\":null,\"refresh\":null,"
     "\"scopes\":"
     "[\"https://graph.microsoft.com/"
     ".default\"],\"parameters\":{\"scopes\":null},\"guide\":{\"steps\":[{\"title\":"
     "\"Consent\",\"text\":\"An admin of the tenant consents once at "
     "https://login.microsoftonline.com/TENANT/adminconsent"
     "?client_id=CLIENT.\"}]}}",
     "after an admin's consent, which is given at the service's own site, the application signs in "
     "by itself"},
    {"revolut-business",
     "{\"client_auth\":\"private_key_jwt\",\"client_assertion\":{\"alg\":\"RS256\",\"key\":"
     "\"${connection.client_secret}\",\"claims\":{\"iss\":\"${connection.redirect_host}\",\"aud\":"
     "\"https://revolut.com\"}},\"parameters\":{\"redirect_host\":{\"title\":\"Host of the "
     "redirect address\","
     "\"type\":\"string\",\"format\":\"hostname\",\"required\":true,\"ask\":\"admin\"}}}",
     "the client's secret is its private key"},
    {"sap-business-one",
     "{\"answer\":{\"_cookies\":\"${join('; ', concat('B1SESSION=', "
     "steps.step1.cookies.B1SESSION), "
     "concat('ROUTEID=', steps.step1.cookies.ROUTEID))}\"}}",
     "the cookies of the session and of its route"},
    {"shopline-oauth",
     "{\"client_auth\":\"none\",\"format\":\"json\",\"params\":{\"grant_type\":null,\"redirect_"
     "uri\":null,"
     "\"client_id\":null},\"headers\":{\"appkey\":\"${connection.client_id}\",\"timestamp\":"
     "\"${now('unix_ms')}\",\"sign\":\"${hex(hmac_sha256(connection.client_secret, "
     "concat(request.body, now('unix_ms'))))}\"},\"expect\":{\"body\":{\"code\":200}},\"answer\":{"
     "\"access_token\":\"${response.body.data.accessToken}\",\"refresh_token\":"
     "\"${response.body.data.accessToken}\",\"expires_at\":\"${response.body.data.expireTime}\"},"
     "\"refresh\":{\"params\":{\"grant_type\":null,\"refresh_token\":null,\"client_id\":null},"
     "\"headers\":{"
     "\"appkey\":\"${connection.client_id}\",\"timestamp\":\"${now('unix_ms')}\",\"sign\":"
     "\"${hex(hmac_sha256(connection.client_secret, now('unix_ms')))}\"}}}",
     "the token request is signed over its body and the time, its renewal over the time alone"},
    {"slack", "{\"expect\":{\"body\":{\"ok\":true}}}", "an answer that is no success"},
    {"stripe-app",
     "{\"client_auth\":\"none\",\"headers\":{\"Authorization\":\"Basic "
     "${base64(concat(connection.client_secret, ':'))}\"},"
     "\"lifetime\":\"1h\"}",
     "the secret as the user of Basic; a token lives an hour"},
    {"tableau", "{\"answer\":{\"expires_at\":null},\"lifetime\":\"2h\"}",
     "its lifetime is told as days, hours and minutes: two hours here"},
    {"tiktok-accounts",
     "{\"format\":\"json\",\"params\":{\"code\":null,\"auth_code\":\"${oauth.code}\"},\"expect\":{"
     "\"body\":{\"code\":0}},"
     "\"answer\":{\"access_token\":\"${response.body.data.access_token}\",\"refresh_token\":"
     "\"${response.body.data.refresh_token}\",\"expires_in\":\"${response.body.data.expires_in}\"},"
     "\"refresh\":{\"params\":{}}}",
     "the answer holds the token below data"},
};

static void merge(json_t *to, const json_t *patch, bool keeps_null)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)patch, name, value)
    {
        bool params = keeps_null || str_is(str_of(name), "params");
        json_t *present = json_object_get(to, name);
        if (json_is_null(value) && !keeps_null) {
            json_object_del(to, name);
        } else if (json_is_object(value) && json_is_object(present)) {
            merge(present, value, params);
        } else {
            json_object_set_new(to, name, json_deep_copy(value));
        }
    }
}

void apply_quirks(provider_t *p)
{
    for (size_t i = 0; i < sizeof PATCHES / sizeof *PATCHES; i++) {
        if (!str_is(p->id, PATCHES[i].provider)) {
            continue;
        }
        err_t err = ERR_INIT;
        json_t *patch = json_read(str_of(PATCHES[i].patch), NULL, &err);
        merge(p->auth, patch, false);
        merge(p->own_parameters, json_object_get(patch, "parameters"), false);
        json_object_del(p->auth, "parameters");
        json_decref(patch);
        if (PATCHES[i].tells) {
            report_note(p->report, "known_service", "%s", PATCHES[i].tells);
        }
    }
}
