/* SPDX-License-Identifier: MIT */
/* Names of elements and attributes, as both halves of codec/xml.h see them. Private to codec. */
#ifndef TENON_CODEC_XML_NAME_H
#define TENON_CODEC_XML_NAME_H

#include "base/str.h"

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
    return s.n > 0 && xml_name_length(s) == s.n;
}

#endif
