/* SPDX-License-Identifier: MIT */
/* The icon of a package: a PNG (ISO/IEC 15948) of two colours, its lines as they are, in stored
 * blocks of DEFLATE (RFC 1951 3.2.4). */
#include "codec/base64.h"
#include "openapi/powerplatform/package.h"

enum {
    SIDE = 160,          /* points */
    LINE = 1 + SIDE / 8, /* a filter's number, and a bit a point */
    DEFLATED = SIDE * LINE,
};

static const str_t OWN = STR_INIT("#1f4e5f");

str_t icon_color(str_t color)
{
    return color.n ? color : OWN;
}

/* --- the drawing: a tenon in its mortise --- */

static bool is_mark(unsigned x, unsigned y)
{
    bool post = x >= 36 && x < 72 && y >= 32 && y < 128 && !(x >= 56 && y >= 64 && y < 96);
    bool rail = y >= 52 && y < 108 && x >= 80 && x < 128;
    bool tongue = y >= 70 && y < 90 && x >= 62 && x < 84;
    return post || rail || tongue;
}

static void draw(unsigned char *lines)
{
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++) {
            unsigned bit = is_mark(x, y) ? 0x80U >> (x % 8) : 0;
            lines[y * LINE + 1 + x / 8] |= (unsigned char)bit;
        }
    }
}

/* --- the file --- */

static void add_u32(buf_t *to, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        buf_char(to, (char)(value >> shift & 0xff));
    }
}

static void add_chunk(buf_t *to, const char type[4], str_t data)
{
    add_u32(to, (uint32_t)data.n);
    size_t from = to->n;
    buf_add(to, type, 4);
    buf_str(to, data);
    add_u32(to, crc32_of(str_slice(buf_view(to), from, to->n)));
}

/* RFC 1950 8.2 */
static uint32_t adler32(const unsigned char *bytes, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void add_image(buf_t *to)
{
    unsigned char lines[DEFLATED] = {0};
    buf_t data;
    draw(lines);
    buf_init(&data, DEFLATED + 64);
    buf_add(&data, "\x78\x01", 2);
    buf_char(&data, 1); /* the last block, stored */
    buf_char(&data, (char)(DEFLATED & 0xff));
    buf_char(&data, (char)(DEFLATED >> 8));
    buf_char(&data, (char)(~DEFLATED & 0xff));
    buf_char(&data, (char)(~DEFLATED >> 8 & 0xff));
    buf_add(&data, lines, sizeof lines);
    add_u32(&data, adler32(lines, sizeof lines));
    add_chunk(to, "IDAT", buf_view(&data));
    buf_fini(&data);
}

static void add_palette(buf_t *to, str_t color)
{
    unsigned char palette[6] = {0, 0, 0, 0xff, 0xff, 0xff};
    for (size_t i = 0; i < 3; i++) {
        palette[i] = (unsigned char)(ascii_hex_value(color.p[1 + 2 * i]) << 4 |
                                     ascii_hex_value(color.p[2 + 2 * i]));
    }
    add_chunk(to, "PLTE", str_at(palette, sizeof palette));
}

void icon_write(buf_t *to, str_t color)
{
    static const char head[] = {0, 0, 0, (char)SIDE, 0, 0, 0, (char)SIDE, 1, 3, 0, 0, 0};
    buf_add(to, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(to, "IHDR", str_at(head, sizeof head));
    add_palette(to, icon_color(color));
    add_image(to);
    add_chunk(to, "IEND", STR(""));
}
