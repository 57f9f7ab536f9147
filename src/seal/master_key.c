/* SPDX-License-Identifier: MIT */
#include "seal/keyring.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret_peek.h"
#include "seal/armor.h"
#include "seal/hash.h"
#include "seal/private_file.h"

#define FORMS "64 hexadecimal digits or the base64 of 32 bytes (openssl rand -hex 32)"
enum { HEX_DIGITS = 2 * MASTER_KEY_BYTES, FILE_BYTES_MAX = 256 };

/* --- From text --- */

static bool read_hex(str_t text, unsigned char key[MASTER_KEY_BYTES])
{
    char digits[HEX_DIGITS + 1];
    size_t n = 0;
    bool ok = text.n == HEX_DIGITS;
    for (size_t i = 0; ok && i < text.n; i++) {
        ok = ascii_hex_value(text.p[i]) >= 0; /* OpenSSL would take colons, too */
    }
    if (ok) {
        memcpy(digits, text.p, HEX_DIGITS);
        digits[HEX_DIGITS] = '\0';
        ok =
            OPENSSL_hexstr2buf_ex(key, MASTER_KEY_BYTES, &n, digits, '\0') && n == MASTER_KEY_BYTES;
        secret_wipe(digits, sizeof digits);
    }
    return ok;
}

static bool read_base64(str_t text, unsigned char key[MASTER_KEY_BYTES])
{
    buf_t bytes;
    buf_init_wiping(&bytes, MASTER_KEY_BYTES);
    bool ok = armor_read(&bytes, text) && bytes.n == MASTER_KEY_BYTES;
    if (ok) {
        memcpy(key, bytes.p, MASTER_KEY_BYTES);
    }
    buf_fini(&bytes);
    return ok;
}

secret_t *master_key_read(str_t text)
{
    unsigned char key[MASTER_KEY_BYTES];
    text = str_trim(text);
    secret_t *secret = NULL;
    if (read_hex(text, key) || read_base64(text, key)) {
        secret = secret_new(str_at(key, sizeof key));
    }
    secret_wipe(key, sizeof key);
    return secret;
}

void master_key_id(const secret_t *master, char to[17])
{
    unsigned char digest[HASH_BYTES_MAX];
    hash_hmac(HASH_SHA256, secret_peek(master), STR("tenon master key id"), digest);
    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(to + 2 * i, 3, "%02x", digest[i]);
    }
}

static secret_t *key_of_file_bytes(str_t bytes)
{
    if (bytes.n == MASTER_KEY_BYTES + 1 && bytes.p[MASTER_KEY_BYTES] == '\n') {
        bytes.n--;
    }
    return bytes.n == MASTER_KEY_BYTES ? secret_new(bytes) : master_key_read(bytes);
}

/* --- From a file --- */

static secret_t *load_file(const char *path, bool *missing, err_t *err)
{
    buf_t bytes;
    buf_init_wiping(&bytes, FILE_BYTES_MAX);
    secret_t *secret = NULL;
    if (private_file_read(path, &bytes, missing, err) &&
        !(secret = key_of_file_bytes(buf_view(&bytes)))) {
        (void)err_set(err, ERR_master_key_invalid,
                      "%s holds no master key: expected 32 bytes, " FORMS, path);
    }
    buf_fini(&bytes);
    return secret;
}

/* --- Made at first start --- */

secret_t *master_key_draw(void)
{
    unsigned char key[MASTER_KEY_BYTES];
    random_bytes(key, sizeof key);
    secret_t *secret = secret_new(str_at((const char *)key, sizeof key));
    secret_wipe(key, sizeof key);
    return secret;
}

void master_key_write(const secret_t *key, buf_t *to)
{
    static const char digits[] = "0123456789abcdef";
    str_t bytes = secret_peek(key);
    for (size_t i = 0; i < bytes.n; i++) {
        buf_char(to, digits[(unsigned char)bytes.p[i] >> 4]);
        buf_char(to, digits[bytes.p[i] & 0x0F]);
    }
}

static bool make_file(const char *folder, err_t *err)
{
    buf_t text;
    secret_t *key = master_key_draw();
    buf_init_wiping(&text, FILE_BYTES_MAX);
    master_key_write(key, &text);
    buf_char(&text, '\n');
    bool ok = private_file_make(folder, MASTER_KEY_FILE, buf_view(&text), err);
    buf_fini(&text);
    secret_unref(key);
    return ok;
}

static secret_t *load_or_make(const char *folder, bool may_make, err_t *err)
{
    char path[PATH_MAX];
    bool missing = false;
    int n = snprintf(path, sizeof path, "%s/" MASTER_KEY_FILE, folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        (void)err_set(err, ERR_configuration, "the data folder's path is too long");
        return NULL;
    }
    secret_t *secret = load_file(path, &missing, err);
    if (!missing) {
        return secret;
    }
    if (!may_make) {
        (void)err_set(
            err, ERR_configuration,
            "%s is missing, but the folder holds a store: put back the key that it was made with",
            path);
        return NULL;
    }
    return make_file(folder, err) ? load_file(path, NULL, err) : NULL;
}

/* --- Whichever was given --- */

static secret_t *load_value(str_t value, err_t *err)
{
    secret_t *secret = master_key_read(value);
    if (!secret) {
        (void)err_set(err, ERR_master_key_invalid,
                      "TENON_MASTER_KEY is no master key: expected " FORMS);
    }
    return secret;
}

secret_t *master_key_load(str_t value, str_t file, str_t data_folder, bool may_make, err_t *err)
{
    if (value.p) {
        return load_value(value, err);
    }
    char *path = str_dup(file.p ? file : data_folder);
    secret_t *secret = file.p ? load_file(path, NULL, err) : load_or_make(path, may_make, err);
    free(path);
    return secret;
}
