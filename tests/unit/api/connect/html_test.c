/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/connect/html.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static buf_t page;

static void assert_page(const char *expected)
{
    assert_string_equal(buf_c(&page), expected);
    buf_fini(&page);
}

static const struct {
    str_t text;
    const char *html;
} TEXTS[] = {
    {STR_INIT("plain"), "plain"},
    {STR_INIT("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;"},
    {STR_INIT("<img src=x onerror=alert(1)>"), "&lt;img src=x onerror=alert(1)&gt;"},
    {STR_INIT("\"'>"), "&quot;&#39;&gt;"},
    {STR_INIT("&amp; &#60;"), "&amp;amp; &amp;#60;"},
    {STR_INIT("a\tb\nc"), "a\tb\nc"},
    {STR_INIT("a\0b\x1b[31mc\r\x7f"), "ab[31mc"},
    {STR_INIT("a\xe2\x80\xa8"
              "b\xe2\x80\xa9"
              "c"),
     "abc"}, /* U+2028, U+2029 */
    {STR_INIT("a\xe2\x80\xae"
              "b\xe2\x81\xa6"
              "c\xe2\x80\x8f"),
     "abc"},                                            /* RLO, LRI, RLM */
    {STR_INIT("\xd7\xa9\xd7\x9c"), "\xd7\xa9\xd7\x9c"}, /* Hebrew stays */
    {STR_INIT("\xf0\x9f\x94\x91"), "\xf0\x9f\x94\x91"},
    {STR_INIT("\xff<\xc0\xbc"), "\xef\xbf\xbd&lt;\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong < */
    {STR_INIT("\xe2\x80"), "\xef\xbf\xbd\xef\xbf\xbd"},
};

static void texts_are_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        buf_init(&page, 1000);
        html_text(&page, TEXTS[i].text);
        assert_page(TEXTS[i].html);
    }
}

static void attributes_are_quoted(void **state)
{
    (void)state;
    buf_init(&page, 1000);
    html_attribute(&page, "value", STR("\" onfocus=\"alert(1)"));
    html_attribute(&page, "title", STR(""));
    html_attribute(&page, "class", STR_NONE);
    html_attribute_of(&page, "id", "field-", STR("a'b"));
    assert_page(" value=\"&quot; onfocus=&quot;alert(1)\" title=\"\" id=\"field-a&#39;b\"");
}

static void elements_are_left_out_when_empty(void **state)
{
    (void)state;
    buf_init(&page, 1000);
    html_element(&page, "p", NULL, STR_NONE);
    html_element(&page, "p", NULL, STR(""));
    html_element(&page, "p", "hint", STR("<b>"));
    html_element(&page, "li", NULL, STR("x"));
    assert_page("<p class=\"hint\">&lt;b&gt;</p>\n<li>x</li>\n");
}

static const struct {
    str_t text;
    const char *html;
} SENTENCES[] = {
    {STR_INIT("the service refused it"), "The service refused it."},
    {STR_INIT(" Enter the address: "), "Enter the address:"},
    {STR_INIT("it is `a`"), "It is `a`."},
    {STR_INIT("Done!"), "Done!"},
    {STR_INIT("`a` is required"), "`a` is required."},
    {STR_INIT("<b>"), "&lt;b&gt;"},
    {STR_INIT(""), ""},
};

static void sentences_stand_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(SENTENCES); i++) {
        buf_init(&page, 1000);
        html_sentence(&page, SENTENCES[i].text);
        assert_page(SENTENCES[i].html);
    }
}

static const struct {
    str_t url;
    bool is_link;
} LINKS[] = {
    {STR_INIT("https://example.com/a?b=c#d"), true},
    {STR_INIT("http://127.0.0.1:8480/"), true},
    {STR_INIT("HTTPS://EXAMPLE.com"), true},
    {STR_INIT("javascript:alert(1)"), false},
    {STR_INIT("JaVaScRiPt:alert(1)"), false},
    {STR_INIT(" javascript:alert(1)"), false},
    {STR_INIT("java\tscript:alert(1)"), false},
    {STR_INIT("data:text/html,<script>alert(1)</script>"), false},
    {STR_INIT("vbscript:x"), false},
    {STR_INIT("file:///etc/passwd"), false},
    {STR_INIT("//example.com/"), false},
    {STR_INIT("/path"), false},
    {STR_INIT("https://user:password@example.com/"), false},
    {STR_INIT("https:example.com"), false},
    {STR_INIT("https://exa mple.com/"), false},
    {STR_INIT("https://example.com/\n"), false},
    {STR_INIT(""), false},
    {{NULL, 0}, false},
};

static void only_web_addresses_are_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(LINKS); i++) {
        if (html_is_link(LINKS[i].url) != LINKS[i].is_link) {
            fail_msg("%.*s", STR_ARG(LINKS[i].url));
        }
    }
    buf_init(&page, 1000);
    html_link_out(&page, STR("javascript:alert(1)"), STR("<a>"));
    html_link_out(&page, STR("https://example.com/?a=1&b='\""), STR("<b>"));
    assert_page("&lt;a&gt;<a href=\"https://example.com/?a=1&amp;b=&#39;&quot;\" rel=\"noopener "
                "noreferrer\" target=\"_blank\">&lt;b&gt;</a>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(attributes_are_quoted),
        cmocka_unit_test(elements_are_left_out_when_empty),
        cmocka_unit_test(sentences_stand_alone),
        cmocka_unit_test(only_web_addresses_are_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
