/* SPDX-License-Identifier: MIT */
/* Characters of documents and names of elements, as both halves of codec/xml.h see them. Private to
 * codec. */
#ifndef TENON_CODEC_XML_NAME_H
#define TENON_CODEC_XML_NAME_H

#include "base/str.h"

/* Where in UTF-8 the first character stands that XML 1.0 2.2 does not allow, however it is escaped;
 * s.n: nowhere. */
static inline size_t xml_bad_character(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
        /* U+FFFE and U+FFFF */
        bool none = c == 0xEF && s.n - i > 2 && (unsigned char)s.p[i + 1] == 0xBF &&
                    (unsigned char)s.p[i + 2] >= 0xBE;
        if (control || none) {
            return i;
        }
    }
    return s.n;
}

/* Bytes of the name that s begins with (XML 1.0 2.3, with every character beyond ASCII allowed); 0:
 * none. */
static inline size_t xml_name_length(str_t s)
{
    size_t n = 0;
    for (; n < s.n; n++) {
        char c = s.p[n];
        bool start = (unsigned char)c >= 0x80 || c == '_' || c == ':' ||
                     (ascii_is_alnum(c) && !ascii_is_digit(c));
        if (!start && (n == 0 || !(c == '-' || c == '.' || ascii_is_digit(c)))) {
            break;
        }
    }
    return n;
}

static inline bool xml_is_name(str_t s)
{
    return s.n > 0 && xml_name_length(s) == s.n && xml_bad_character(s) == s.n;
}

#endif
