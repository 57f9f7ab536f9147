/* SPDX-License-Identifier: MIT */
#include "event/signature.h"

#include "base/secret.h"
#include "codec/base64.h"
#include "seal/hash.h"

enum { SIGNED_MAX = 64 * 1024 };
static const str_t PREFIX = STR_INIT("whsec_");

void signature_secret_make(buf_t *to)
{
    unsigned char bytes[WEBHOOK_SECRET_BYTES];
    random_bytes(bytes, sizeof bytes);
    buf_str(to, PREFIX);
    base64_write(to, str_at(bytes, sizeof bytes));
    secret_wipe(bytes, sizeof bytes);
}

static void sign(buf_t *to, str_t key, str_t id, int64_t wall_s, str_t body)
{
    unsigned char mac[HASH_BYTES_MAX];
    buf_t text;
    buf_init(&text, SIGNED_MAX);
    buf_printf(&text, "%.*s.%lld.", STR_ARG(id), (long long)wall_s);
    buf_str(&text, body);
    size_t n = hash_hmac(HASH_SHA256, key, buf_view(&text), mac);
    buf_lit(to, to->n ? " v1," : "v1,");
    base64_write(to, str_at(mac, n));
    buf_fini(&text);
}

bool signature_add(buf_t *to, str_t secret, str_t id, int64_t wall_s, str_t body)
{
    buf_t key;
    buf_init_wiping(&key, 256);
    bool ok = str_starts(secret, PREFIX) &&
              base64_read(&key, str_slice(secret, PREFIX.n, secret.n)) && key.n;
    if (ok) {
        sign(to, buf_view(&key), id, wall_s, body);
    }
    buf_fini(&key);
    return ok;
}
