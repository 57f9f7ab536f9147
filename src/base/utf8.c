/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

/* RFC 3629 3; C0, C1 and F5 upwards can only start overlong or too large forms. */
static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0U) == 0x80;
}

size_t utf8_decode(const char *p, size_t n, uint32_t *code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = n ? sequence_length((unsigned char)p[0]) : 0;
    if (length == 0 || length > n) {
        return 0;
    }
    uint32_t value = (unsigned char)p[0];
    if (length > 1) {
        value &= 0x7fU >> length;
    }
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(p[i])) {
            return 0;
        }
        value = (value << 6) | ((unsigned char)p[i] & 0x3fU);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *code_point = value;
    return length;
}

size_t utf8_whole(const char *p, size_t n)
{
    size_t lead = n;
    for (unsigned back = 0; back < 3 && lead > 0 && is_continuation(p[lead - 1]); back++) {
        lead--;
    }
    if (lead == 0) {
        return n;
    }
    lead--;
    return sequence_length((unsigned char)p[lead]) > n - lead ? lead : n;
}

bool utf8_is_control(uint32_t code_point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},  {0x200e, 0x200f},
                  {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}
