/* SPDX-License-Identifier: MIT */
#include "metrics/exposition.h"

enum { FAMILY_BYTES_MAX = 128 * 1024 * 1024 };

const metric_family_t METRICS[METRIC_COUNT] = {
#define METRIC_ROW(id, name, type, labels, help) {name, help, METRIC_##type, labels},
    METRIC_FAMILIES(METRIC_ROW)
#undef METRIC_ROW
};

static const char *const TYPES[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
    [METRIC_SUMMARY] = "summary",
};

void exposition_init(exposition_t *e)
{
    for (metric_t m = 0; m < METRIC_COUNT; m++) {
        buf_init(&e->samples[m], FAMILY_BYTES_MAX);
    }
}

void exposition_fini(exposition_t *e)
{
    for (metric_t m = 0; m < METRIC_COUNT; m++) {
        buf_fini(&e->samples[m]);
    }
}

/* --- samples --- */

/* In label values backslash, quote and line feed are escaped, and nothing else. */
static void add_escaped(buf_t *b, str_t s)
{
    for (size_t at = 0; at < s.n; at++) {
        size_t plain = at;
        while (at < s.n && s.p[at] != '\\' && s.p[at] != '"' && s.p[at] != '\n') {
            at++;
        }
        buf_str(b, str_slice(s, plain, at));
        if (at < s.n) {
            buf_char(b, '\\');
            buf_char(b, s.p[at] == '\n' ? 'n' : s.p[at]);
        }
    }
}

static void add_label(buf_t *b, char before, str_t name, str_t value)
{
    buf_char(b, before);
    buf_str(b, name);
    buf_lit(b, "=\"");
    add_escaped(b, value);
    buf_char(b, '"');
}

/* name, suffix and labels; le absent: no bucket. */
static void begin_sample(buf_t *b, const metric_family_t *f, const char *suffix,
                         const str_t *labels, str_t le)
{
    char before = '{';
    buf_lit(b, f->name);
    buf_lit(b, suffix);
    str_t names = f->labels[0] ? str_of(f->labels) : STR_NONE;
    while (names.p) {
        add_label(b, before, str_cut(&names, ','), *labels++);
        before = ',';
    }
    if (le.p) {
        add_label(b, before, STR("le"), le);
        before = ',';
    }
    buf_lit(b, before == ',' ? "} " : " ");
}

static void end_number(buf_t *b, double value)
{
    buf_printf(b, "%.15g\n", value);
}

static void end_count(buf_t *b, uint64_t value)
{
    buf_i64(b, (int64_t)value); /* nothing counts so far that this would not hold it */
    buf_char(b, '\n');
}

void exposition_count(exposition_t *e, metric_t m, const str_t *labels, uint64_t value)
{
    begin_sample(&e->samples[m], &METRICS[m], "", labels, STR_NONE);
    end_count(&e->samples[m], value);
}

void exposition_gauge(exposition_t *e, metric_t m, const str_t *labels, double value)
{
    begin_sample(&e->samples[m], &METRICS[m], "", labels, STR_NONE);
    end_number(&e->samples[m], value);
}

/* _sum and _count of a histogram or summary. */
static void add_totals(exposition_t *e, metric_t m, const str_t *labels, uint64_t count, double sum)
{
    buf_t *b = &e->samples[m];
    begin_sample(b, &METRICS[m], "_sum", labels, STR_NONE);
    end_number(b, sum);
    begin_sample(b, &METRICS[m], "_count", labels, STR_NONE);
    end_count(b, count);
}

static const str_t BOUNDS[HISTOGRAM_BUCKETS] = {
#define BOUND_TEXT(us, seconds) STR_INIT(seconds),
    HISTOGRAM_BOUNDS(BOUND_TEXT)
#undef BOUND_TEXT
        STR_INIT("+Inf"),
};

void exposition_histogram(exposition_t *e, metric_t m, const str_t *labels, const histogram_t *h)
{
    uint64_t so_far = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        so_far += counter_read(&h->buckets[i]);
        begin_sample(&e->samples[m], &METRICS[m], "_bucket", labels, BOUNDS[i]);
        end_count(&e->samples[m], so_far);
    }
    add_totals(e, m, labels, so_far, (double)counter_read(&h->sum_us) / 1e6);
}

void exposition_summary(exposition_t *e, metric_t m, uint64_t count, double sum)
{
    add_totals(e, m, NULL, count, sum);
}

/* --- the page --- */

bool exposition_write(const exposition_t *e, buf_t *to)
{
    bool ok = true;
    for (metric_t m = 0; m < METRIC_COUNT; m++) {
        const metric_family_t *f = &METRICS[m];
        buf_printf(to, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, TYPES[f->type]);
        buf_str(to, buf_view(&e->samples[m]));
        ok = ok && buf_ok(&e->samples[m]);
    }
    return ok && buf_ok(to);
}
