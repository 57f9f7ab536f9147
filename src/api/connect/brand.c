/* SPDX-License-Identifier: MIT */
#include "api/connect/brand.h"

#include <math.h>

#include "api/connect/html.h"
#include "base/utf8.h"

static const str_t OWN_COLOR = STR_INIT("#2f4a6d");
/* White's contrast to it equals black's: sqrt(1.05 * 0.05) - 0.05. */
static const double MIDDLE_LUMINANCE = 0.1791;

static bool is_color(str_t color)
{
    bool ok = color.n == 7 && color.p[0] == '#';
    for (size_t i = 1; ok && i < color.n; i++) {
        ok = ascii_hex_value(color.p[i]) >= 0;
    }
    return ok;
}

static str_t color_or_own(str_t color)
{
    return is_color(color) ? color : OWN_COLOR;
}

/* WCAG 2.1, relative luminance: one channel of sRGB as light. */
static double light(str_t color, size_t at)
{
    double c = (ascii_hex_value(color.p[at]) * 16 + ascii_hex_value(color.p[at + 1])) / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(str_t color)
{
    return 0.2126 * light(color, 1) + 0.7152 * light(color, 3) + 0.0722 * light(color, 5);
}

void brand_write_stripe(buf_t *to, str_t color)
{
    buf_lit(to, "<svg class=\"stripe\" viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><path d=\"M0 0h1v1H0z\"");
    html_attribute(to, "fill", color_or_own(color));
    buf_lit(to, "/></svg>\n");
}

/* The first that is a letter or digit; beyond ASCII nothing is asked. */
static str_t first_letter(str_t title)
{
    uint32_t code_point;
    for (size_t i = 0, n; i < title.n; i += n ? n : 1) {
        n = utf8_decode(title.p + i, title.n - i, &code_point);
        if (n && (n > 1 ? !utf8_is_control(code_point) : ascii_is_alnum(title.p[i]))) {
            return str_slice(title, i, i + n);
        }
    }
    return STR("");
}

void brand_write_mark(buf_t *to, str_t color, str_t title)
{
    color = color_or_own(color);
    bool dark = luminance(color) < MIDDLE_LUMINANCE;
    buf_lit(to, "<svg class=\"mark\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">"
                "<rect width=\"48\" height=\"48\" rx=\"11\"");
    html_attribute(to, "fill", color);
    buf_lit(to, "/><text x=\"24\" y=\"33\" text-anchor=\"middle\"");
    html_attribute(to, "fill", dark ? STR("#ffffff") : STR("#000000"));
    buf_char(to, '>');
    html_text(to, first_letter(title));
    buf_lit(to, "</text></svg>\n");
}
