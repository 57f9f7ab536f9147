/* SPDX-License-Identifier: MIT */
#include "seal/file_seal.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret_peek.h"
#include "seal/hash.h"
#include "seal/keyring.h"
#include "seal/must.h"

enum { MAGIC = 8, MADE_AT = 8, LENGTH = 16, KEY = 24, MAC = 40, BLOCK = 64 * 1024 };
_Static_assert(MAC + SHA256_BYTES == FILE_SEAL_BYTES, "the trailer's members");
static const char magic[MAGIC + 1] = "TENONBK1";

/* --- numbers and bytes --- */

static void put_number(unsigned char *to, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8) {
        to[i] = (unsigned char)value;
    }
}

static uint64_t get_number(const unsigned char *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

static bool fail_errno(const char *doing, err_t *err)
{
    return err_set(err, ERR_store_failed, "the backup cannot be %s: %s", doing,
                   strerrordesc_np(errno));
}

static bool read_at(int fd, unsigned char *to, size_t n, off_t at, err_t *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, to + done, n - done, at + (off_t)done);
        if (got == 0) {
            return err_set(err, ERR_backup_damaged, "the backup is cut short");
        }
        if (got < 0 && errno != EINTR) {
            return fail_errno("read", err);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* --- the code over all of it --- */

/* A key of its own: what the master key wraps and what it vouches for have nothing in common. */
static EVP_MAC_CTX *mac_begin(const secret_t *master)
{
    unsigned char key[HASH_BYTES_MAX];
    char digest[] = "SHA256";
    const OSSL_PARAM terms[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    size_t n = hash_hmac(HASH_SHA256, secret_peek(master), STR("tenon backup"), key);
    must(context && EVP_MAC_init(context, key, n, terms), "HMAC");
    secret_wipe(key, sizeof key);
    EVP_MAC_free(hmac);
    return context;
}

static bool mac_file(EVP_MAC_CTX *context, int fd, uint64_t bytes, err_t *err)
{
    unsigned char block[BLOCK];
    bool ok = true;
    for (uint64_t at = 0; ok && at < bytes;) {
        size_t n = bytes - at < BLOCK ? (size_t)(bytes - at) : BLOCK;
        ok = read_at(fd, block, n, (off_t)at, err);
        must(!ok || EVP_MAC_update(context, block, n), "HMAC");
        at += n;
    }
    return ok;
}

/* Over the file and the trailer before the code. */
static bool mac_of(int fd, const secret_t *master, const unsigned char *trailer,
                   unsigned char mac[SHA256_BYTES], err_t *err)
{
    size_t n = 0;
    EVP_MAC_CTX *context = mac_begin(master);
    bool ok = mac_file(context, fd, get_number(trailer + LENGTH), err);
    must(!ok || (EVP_MAC_update(context, trailer, MAC) &&
                 EVP_MAC_final(context, mac, &n, SHA256_BYTES) && n == SHA256_BYTES),
         "HMAC");
    EVP_MAC_CTX_free(context);
    return ok;
}

/* --- the trailer --- */

static bool size_of(int fd, uint64_t *bytes, err_t *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return fail_errno("read", err);
    }
    if (!S_ISREG(status.st_mode)) {
        return err_set(err, ERR_backup_damaged, "this is no plain file");
    }
    *bytes = (uint64_t)status.st_size;
    return true;
}

bool file_seal_add(int fd, const secret_t *master, int64_t made_at_ms, err_t *err)
{
    unsigned char trailer[FILE_SEAL_BYTES];
    char id[17];
    uint64_t bytes = 0;
    if (!size_of(fd, &bytes, err)) {
        return false;
    }
    master_key_id(master, id);
    memcpy(trailer, magic, MAGIC);
    put_number(trailer + MADE_AT, (uint64_t)made_at_ms);
    put_number(trailer + LENGTH, bytes);
    memcpy(trailer + KEY, id, MAC - KEY);
    if (!mac_of(fd, master, trailer, trailer + MAC, err)) {
        return false;
    }
    return pwrite(fd, trailer, sizeof trailer, (off_t)bytes) == (ssize_t)sizeof trailer ||
           fail_errno("written", err);
}

static void read_trailer(const unsigned char *trailer, file_seal_t *out)
{
    *out = (file_seal_t){.bytes = get_number(trailer + LENGTH),
                         .made_at_ms = (int64_t)get_number(trailer + MADE_AT)};
    memcpy(out->master_key, trailer + KEY, MAC - KEY);
}

static bool check_mac(int fd, const secret_t *master, const unsigned char *trailer, err_t *err)
{
    unsigned char mac[SHA256_BYTES];
    return mac_of(fd, master, trailer, mac, err) &&
           (bytes_equal(str_at((const char *)mac, sizeof mac),
                        str_at((const char *)trailer + MAC, sizeof mac)) ||
            err_set(err, ERR_backup_damaged, "the backup was altered"));
}

bool file_seal_check(int fd, const secret_t *master, file_seal_t *out, err_t *err)
{
    unsigned char trailer[FILE_SEAL_BYTES];
    char id[17];
    uint64_t bytes;
    if (!size_of(fd, &bytes, err)) {
        return false;
    }
    if (bytes < sizeof trailer ||
        !read_at(fd, trailer, sizeof trailer, (off_t)(bytes - sizeof trailer), err) ||
        memcmp(trailer, magic, MAGIC) != 0 ||
        get_number(trailer + LENGTH) != bytes - sizeof trailer) {
        return err_set(err, ERR_backup_damaged, "this is no backup of Tenon's, or not all of one");
    }
    read_trailer(trailer, out);
    master_key_id(master, id);
    if (memcmp(id, out->master_key, sizeof id) != 0) {
        return err_set(err, ERR_master_key_mismatch,
                       "the backup was made under the master key %.16s, and this one is %s",
                       out->master_key, id);
    }
    return check_mac(fd, master, trailer, err);
}
