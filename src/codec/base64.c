/* SPDX-License-Identifier: MIT */
#include "codec/base64.h"

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL_SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Up to three bytes as four digits; answers how many of them say anything. */
static size_t encode_group(char digits[4], const char *alphabet, const unsigned char *p, size_t n)
{
    uint32_t group = (uint32_t)p[0] << 16;
    group |= n > 1 ? (uint32_t)p[1] << 8 : 0;
    group |= n > 2 ? (uint32_t)p[2] : 0;
    for (unsigned i = 0; i < 4; i++) {
        digits[i] = alphabet[group >> (18 - 6 * i) & 0x3f];
    }
    return n >= 3 ? 4 : n + 1;
}

static void write_with(buf_t *to, str_t bytes, const char *alphabet, bool pad)
{
    for (size_t at = 0; at < bytes.n; at += 3) {
        char digits[4];
        const unsigned char *p = (const unsigned char *)bytes.p + at;
        size_t said = encode_group(digits, alphabet, p, bytes.n - at);
        buf_add(to, digits, said);
        if (pad && said < 4) {
            buf_add(to, "==", 4 - said);
        }
    }
}

void base64_write(buf_t *to, str_t bytes)
{
    write_with(to, bytes, STANDARD, true);
}

void base64url_write(buf_t *to, str_t bytes)
{
    write_with(to, bytes, URL_SAFE, false);
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

/* Padding, where it is written, completes a group of four. */
static bool cut_padding(str_t *text)
{
    size_t n = text->n;
    while (n > 0 && text->n - n < 2 && text->p[n - 1] == '=') {
        n--;
    }
    bool whole = n == text->n || text->n % 4 == 0;
    text->n = n;
    return whole && n % 4 != 1;
}

bool base64_read(buf_t *to, str_t text)
{
    uint32_t bits = 0;
    unsigned held = 0;
    if (!cut_padding(&text)) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        int value = digit_value(text.p[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            buf_char(to, (char)(bits >> held & 0xff));
        }
    }
    /* Left-over bits that are set would give one value several spellings (RFC 4648 3.5). */
    return (bits & ((1U << held) - 1)) == 0;
}

void hex_write(buf_t *to, str_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char byte = (unsigned char)bytes.p[i];
        buf_add(to, (char[]){digits[byte >> 4], digits[byte & 0xf]}, 2);
    }
}

bool hex_read(buf_t *to, str_t text)
{
    if (text.n % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < text.n; i += 2) {
        int high = ascii_hex_value(text.p[i]);
        int low = ascii_hex_value(text.p[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        buf_char(to, (char)(high << 4 | low));
    }
    return true;
}

void base62_write(char *to, size_t digits, uint64_t value)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = digits; i-- > 0;) {
        to[i] = alphabet[value % 62];
        value /= 62;
    }
}

/* Four bits a step: the table is small enough to be read in the source. */
uint32_t crc32_of(str_t bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= (unsigned char)bytes.p[i];
        crc = crc >> 4 ^ table[crc & 0xf];
        crc = crc >> 4 ^ table[crc & 0xf];
    }
    return ~crc;
}
