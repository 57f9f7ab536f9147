/* SPDX-License-Identifier: MIT */
/* `/` and /console/{file}: the console's page and its files, as they were built (console/assets.h).
 * They hold nothing that is secret; what the page shows it asks /v1 for. */
#include "console/assets.h"

#include "api/handlers.h"

/* Scripts and styles are files of ours alone; nothing else is loaded, framed, or sent anywhere. */
#define CSP                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "                   \
    "frame-ancestors 'none'"

/* Accept-Encoding (RFC 9110 12.5.3): gzip is named and not ruled out. */
static bool takes_gzip(const resource_t *r)
{
    str_t rest = http_request_header(r->request, "accept-encoding");
    while (rest.p) {
        str_t one = str_cut(&rest, ',');
        str_t coding = str_trim(str_cut(&one, ';'));
        str_t weight = str_trim(one);
        if (str_eq_nocase(coding, STR("gzip"))) {
            return !str_is(weight, "q=0") && !str_starts(weight, STR("q=0.0"));
        }
    }
    return false;
}

static void answer(resource_t *r, const console_asset_t *asset)
{
    bool packed = takes_gzip(r);
    str_t tag = packed ? asset->gzip_tag : asset->tag;
    bool known = resource_client_has(r, tag);
    const http_header_t headers[] = {
        {STR("etag"), tag},
        {STR("cache-control"),
         asset->is_fixed ? STR("public, max-age=31536000, immutable") : STR("no-cache")},
        {STR("vary"), STR("accept-encoding")},
        {STR("content-security-policy"), STR(CSP)},
        {STR("x-frame-options"), STR("DENY")},
        {STR("x-content-type-options"), STR("nosniff")},
        {STR("referrer-policy"), STR("no-referrer")},
        {STR("content-type"), asset->type},
        {STR("content-encoding"), STR("gzip")},
    };
    size_t count = sizeof headers / sizeof *headers - (packed ? 0 : 1);
    resource_answer_as(r, known ? 304 : 200, headers, known ? 3 : count,
                       known    ? STR("")
                       : packed ? asset->gzip
                                : asset->text);
}

void console_show(resource_t *r)
{
    answer(r, console_asset(STR("index.html")));
}

void console_file_show(resource_t *r)
{
    const console_asset_t *asset = console_asset(r->variables[0]);
    if (asset) {
        answer(r, asset);
    } else {
        resource_refuse(r, ERR_not_found, "the console has no such file");
    }
}
