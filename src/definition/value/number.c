/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>

#include "definition/value/check_internal.h"

/* From the first one on, every double is an integer; from the second one on, no int64_t holds it.
 */
static const double TWO_TO_53 = 9007199254740992.0;
static const double TWO_TO_63 = 9223372036854775808.0;

/* Exact, though a double does not hold every int64_t. */
static int compare_integer(int64_t value, double bound)
{
    if (bound >= TWO_TO_63) {
        return -1;
    }
    if (bound < -TWO_TO_63) {
        return 1;
    }
    int64_t whole = (int64_t)bound;
    if (value != whole) {
        return value < whole ? -1 : 1;
    }
    return ((double)whole > bound) - ((double)whole < bound);
}

static int compare(const json_t *value, double bound)
{
    if (json_is_integer(value)) {
        return compare_integer(json_integer_value(value), bound);
    }
    double real = json_real_value(value);
    return (real > bound) - (real < bound);
}

static double nearest_integer(double value)
{
    return fabs(value) >= TWO_TO_53 ? value : (double)(int64_t)(value + (value < 0 ? -0.5 : 0.5));
}

/* Decimal fractions are rarely exact in binary: 0.3 is to be a multiple of 0.1. */
static bool is_multiple_of_real(double value, double step)
{
    double quotient = value / step;
    double size = fabs(quotient);
    return fabs(quotient - nearest_integer(quotient)) <= 4 * DBL_EPSILON * (size > 1 ? size : 1);
}

static bool is_multiple(const json_t *value, double step)
{
    bool whole = step >= 1 && step < TWO_TO_63 && nearest_integer(step) == step;
    if (whole && json_is_integer(value)) {
        return json_integer_value(value) % (int64_t)step == 0;
    }
    return is_multiple_of_real(json_number_value(value), step);
}

static void refuse(value_check_t *c, const value_spot_t *spot, const char *what, double bound)
{
    value_fault(c, spot, ERR_param_range, "must be %s %.15g", what, bound);
}

void value_number(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                  const json_t *value)
{
    if (schema->format == FORMAT_INT32 &&
        (compare(value, INT32_MIN) < 0 || compare(value, INT32_MAX) > 0)) {
        value_fault(c, spot, ERR_param_range, "must be an integer of 32 bits");
        return;
    }
    int least = schema->has_minimum ? compare(value, schema->minimum) : 1;
    if (least < 0 || (least == 0 && schema->exclusive_minimum)) {
        refuse(c, spot, schema->exclusive_minimum ? "more than" : "at least", schema->minimum);
    }
    int most = schema->has_maximum ? compare(value, schema->maximum) : -1;
    if (most > 0 || (most == 0 && schema->exclusive_maximum)) {
        refuse(c, spot, schema->exclusive_maximum ? "less than" : "at most", schema->maximum);
    }
    if (schema->has_multiple_of && schema->multiple_of > 0 &&
        !is_multiple(value, schema->multiple_of)) {
        refuse(c, spot, "a multiple of", schema->multiple_of);
    }
}
