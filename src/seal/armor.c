/* SPDX-License-Identifier: MIT */
#include "seal/armor.h"

#include <openssl/evp.h>

#include "base/secret.h"

static str_t without_padding(str_t text)
{
    if (text.n == 0 || text.n % 4 != 0 || text.p[text.n - 1] != '=') {
        return text;
    }
    return str_slice(text, 0, text.n - (text.p[text.n - 2] == '=' ? 2 : 1));
}

/* Both alphabets as the first of them; 0 for what is in neither: EVP_DecodeBlock itself skips
 * blanks and takes '=' for a digit. */
static unsigned char to_plain_digit(char c)
{
    if (c == '-') {
        return '+';
    }
    if (c == '_') {
        return '/';
    }
    return ascii_is_alnum(c) || c == '+' || c == '/' ? (unsigned char)c : 0;
}

/* One group of 2 to 4 digits, which make 1 to 3 bytes. */
static bool read_group(buf_t *to, str_t digits)
{
    unsigned char four[4] = {'A', 'A', 'A', 'A'};
    unsigned char three[3] = {0};
    bool ok = digits.n >= 2;
    for (size_t i = 0; i < digits.n; i++) {
        four[i] = to_plain_digit(digits.p[i]);
        ok = ok && four[i] != 0;
    }
    ok = ok && EVP_DecodeBlock(three, four, sizeof four) == sizeof three;
    size_t used = digits.n - 1;
    /* Bits that no byte takes must be zero, or one value would have many spellings. */
    for (size_t i = used; ok && i < sizeof three; i++) {
        ok = three[i] == 0;
    }
    if (ok) {
        buf_add(to, three, used);
    }
    secret_wipe(four, sizeof four);
    secret_wipe(three, sizeof three);
    return ok;
}

bool armor_read(buf_t *to, str_t text)
{
    text = without_padding(text);
    for (size_t at = 0; at < text.n; at += 4) {
        if (!read_group(to, str_slice(text, at, at + 4))) {
            return false;
        }
    }
    return buf_ok(to);
}

void armor_write(buf_t *to, str_t bytes)
{
    for (size_t at = 0; at < bytes.n; at += 3) {
        str_t group = str_slice(bytes, at, at + 3);
        unsigned char four[5];
        (void)EVP_EncodeBlock(four, (const unsigned char *)group.p, (int)group.n);
        for (size_t i = 0; i <= group.n; i++) {
            char c = (char)four[i];
            buf_char(to, (char)(c == '+' ? '-' : c == '/' ? '_' : c));
        }
        secret_wipe(four, sizeof four);
    }
}
