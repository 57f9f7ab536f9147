/* SPDX-License-Identifier: MIT */
#include "connection/browser_secret.h"

#include "codec/base64.h"
#include "seal/hash.h"

enum { SECRET_BYTES = 32, ID_BYTES = 16 };

static void make_text(char *text, size_t bytes_n)
{
    unsigned char bytes[SECRET_BYTES];
    buf_t b;
    random_bytes(bytes, bytes_n);
    buf_init_wiping(&b, BROWSER_SECRET_ROOM);
    base64url_write(&b, str_at(bytes, bytes_n));
    memcpy(text, b.p, b.n);
    text[b.n] = '\0';
    buf_fini(&b);
}

void browser_secret_make(char text[BROWSER_SECRET_ROOM])
{
    make_text(text, SECRET_BYTES);
}

void browser_id_make(char text[BROWSER_ID_ROOM])
{
    make_text(text, ID_BYTES);
}

browser_digest_t browser_digest_of(str_t text)
{
    browser_digest_t digest;
    unsigned char bytes[HASH_BYTES_MAX];
    hash_bytes(HASH_SHA256, text, bytes);
    memcpy(digest.bytes, bytes, sizeof digest.bytes);
    return digest;
}

str_t browser_digest_view(const browser_digest_t *digest)
{
    return str_at(digest->bytes, sizeof digest->bytes);
}

bool browser_digest_fits(const browser_digest_t *digest, str_t text)
{
    const browser_digest_t other = browser_digest_of(text);
    return bytes_equal(browser_digest_view(digest), browser_digest_view(&other));
}
