/* SPDX-License-Identifier: MIT */
/* What libyaml says went wrong, in words for the author of a definition. */
#include <stdio.h>

#include "base/fatal.h"
#include "base/utf8.h"
#include "codec/yaml_check.h"

/* What stands at the error: one visible character, or a word for it. */
static void describe(char *to, size_t size, str_t rest)
{
    uint32_t c = 0;
    size_t length = utf8_decode(rest.p, rest.n, &c);
    if (length == 0) {
        snprintf(to, size, "the end of the file");
    } else if (c == '\n' || c == '\r') {
        snprintf(to, size, "the end of the line");
    } else if (c == '\t') {
        snprintf(to, size, "a tab");
    } else {
        snprintf(to, size, "'%.*s'", (int)length, rest.p);
    }
}

static bool is_template(str_t text, str_t rest)
{
    size_t offset = text.n - rest.n;
    return offset > 0 && text.p[offset - 1] == '$' && str_starts(rest, STR("{"));
}

/* ", while …", with the place where that began if it is elsewhere. */
static void describe_context(char *to, size_t size, const yaml_parser_t *parser)
{
    to[0] = '\0';
    if (parser->context && parser->context_mark.line != parser->problem_mark.line) {
        snprintf(to, size, ", %s that begins in line %zu", parser->context,
                 parser->context_mark.line + 1);
    } else if (parser->context) {
        snprintf(to, size, ", %s", parser->context);
    }
}

/* libyaml's words for the commonest slips speak of its insides. */
static void word_problem(char *to, size_t size, const yaml_parser_t *parser, str_t text)
{
    static const char missing[] = "did not find expected ";
    const char *problem = parser->problem ? parser->problem : "this is not YAML";
    str_t rest = yaml_rest_at(text, parser->problem_mark.index);
    bool expects = strncmp(problem, missing, sizeof missing - 1) == 0;
    char got[32];
    char context[96];
    describe(got, sizeof got, rest);
    describe_context(context, sizeof context, parser);
    if (expects && is_template(text, rest)) {
        snprintf(to, size,
                 "expected %s, but got '{' (inside {...} or [...] put a template in quotes)",
                 problem + sizeof missing - 1);
    } else if (expects) {
        snprintf(to, size, "expected %s, but got %s%s", problem + sizeof missing - 1, got, context);
    } else if (strstr(problem, "cannot start any token") && str_starts(rest, STR("\t"))) {
        snprintf(to, size, "a tab cannot indent: use blanks");
    } else if (strstr(problem, "cannot start any token")) {
        snprintf(to, size, "a plain value cannot begin with %s: put it in quotes", got);
    } else {
        snprintf(to, size, "%s at %s%s", problem, got, context);
    }
}

static void report_at(yaml_faults_t *faults, const yaml_parser_t *parser, str_t text)
{
    bool tag = (parser->context && strstr(parser->context, "a tag")) ||
               (parser->problem && strstr(parser->problem, "tag handle"));
    char words[YAML_FAULT_TEXT_BYTES];
    word_problem(words, sizeof words, parser, text);
    yaml_fault(faults, tag ? ERR_definition_tag_forbidden : ERR_definition_parse_error,
               (unsigned)parser->problem_mark.line + 1, (unsigned)parser->problem_mark.column + 1,
               "%s", words);
}

void yaml_report_syntax(yaml_faults_t *faults, const yaml_parser_t *parser, str_t text)
{
    switch (parser->error) {
    case YAML_MEMORY_ERROR:
        fatal_abort("out of memory");
    case YAML_READER_ERROR:
        yaml_fault(faults, ERR_definition_bad_encoding, 1, 1, "%s at byte %zu", parser->problem,
                   parser->problem_offset);
        break;
    case YAML_NO_ERROR:
    case YAML_SCANNER_ERROR:
    case YAML_PARSER_ERROR:
    case YAML_COMPOSER_ERROR:
    case YAML_WRITER_ERROR:
    case YAML_EMITTER_ERROR:
        report_at(faults, parser, text);
        break;
    }
}
