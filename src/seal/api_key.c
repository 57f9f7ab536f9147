/* SPDX-License-Identifier: MIT */
#include "seal/api_key.h"

#include "base/secret.h"

#define PREFIX "tnk_"
enum {
    ID_AT = sizeof PREFIX - 1,
    GAP_AT = ID_AT + API_KEY_ID,
    SECRET_AT = GAP_AT + 1,
    SECRET = 43, /* base62 digits: 256 bits */
    SUM_AT = SECRET_AT + SECRET,
    SUM = 6,
};
_Static_assert(SUM_AT + SUM == API_KEY_LENGTH, "the parts make the key");

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void draw(char *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        unsigned char byte;
        random_bytes(&byte, 1);
        /* 248 is the last multiple of 62: above it the first digits would be likelier. */
        if (byte < 248) {
            to[done++] = base62[byte % 62];
        }
        secret_wipe(&byte, 1);
    }
}

/* CRC-32 (ISO 3309), half a byte at a time. */
static uint32_t crc32_of(const char *p, size_t n)
{
    static const uint32_t halves[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        sum ^= (unsigned char)p[i];
        sum = (sum >> 4) ^ halves[sum & 15];
        sum = (sum >> 4) ^ halves[sum & 15];
    }
    return ~sum;
}

static void write_sum(char to[SUM], const char *text)
{
    uint32_t sum = crc32_of(text, SUM_AT);
    for (size_t i = SUM; i-- > 0; sum /= 62) {
        to[i] = base62[sum % 62];
    }
}

static void digest_of(str_t text, unsigned char out[SHA256_BYTES])
{
    unsigned char digest[HASH_BYTES_MAX];
    (void)hash_bytes(HASH_SHA256, text, digest);
    memcpy(out, digest, SHA256_BYTES);
}

void api_key_make(api_key_t *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->text, PREFIX, ID_AT);
    draw(out->text + ID_AT, API_KEY_ID);
    out->text[GAP_AT] = '_';
    draw(out->text + SECRET_AT, SECRET);
    write_sum(out->text + SUM_AT, out->text);
    memcpy(out->id, out->text + ID_AT, API_KEY_ID);
    digest_of(str_at(out->text, API_KEY_LENGTH), out->digest);
}

static bool has_shape(str_t text)
{
    if (text.n != API_KEY_LENGTH || !str_starts(text, STR(PREFIX)) || text.p[GAP_AT] != '_') {
        return false;
    }
    for (size_t i = ID_AT; i < text.n; i++) {
        if (i != GAP_AT && !ascii_is_alnum(text.p[i])) {
            return false;
        }
    }
    return true;
}

bool api_key_read(str_t text, api_key_t *out)
{
    memset(out, 0, sizeof *out);
    char sum[SUM];
    if (!has_shape(text)) {
        return false;
    }
    write_sum(sum, text.p);
    if (memcmp(sum, text.p + SUM_AT, SUM) != 0) {
        return false;
    }
    memcpy(out->id, text.p + ID_AT, API_KEY_ID);
    digest_of(text, out->digest);
    return true;
}
