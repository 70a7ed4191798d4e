/*
** Spreading groups, see spread.h. What SQLite does with the rows (func.c): sum and total add 64-bit
** integers, and fail at an overflow, or reals; avg divides by the number of values. Until 3.42
** total and avg add everything as reals, in which integers are exact up to 2^53; later versions add
** integers as such.
**
** Each column has one of these forms, of `n` values:
**
**   the sum, 0, 0, ...                     where there are no extremes to be seen
**   the least, the greatest, values that   where there are: they lie between the two, and their sum
**   make up the rest of the sum            is that of the group
**
** and then NULL. Where the number of values does not show, there are no more of them than needed:
** an average alone is one value, if it is a group of SQLite's.
*/
#include "scan/spread.h"

#include <math.h>
#include <string.h>

#include "types/value.h"
#include "wire/deparse.h"

#define SUMS WOW_AGGREGATE_SUMS
#define EXTREMES WOW_AGGREGATE_EXTREMES

/* The greatest number up to which each integer is a double. */
#define MAX_EXACT ((sqlite3_int64)1 << 53)
#define MAX_INT64 ((sqlite3_int64)(((sqlite3_uint64)1 << 63) - 1))

/* The digits by which a real tells numbers apart. */
#define MAX_DIGITS 15

/* From this version on SQLite adds integers as such for avg and total, and keeps what is rounded
** off a sum of reals (Kahan and Babuska). */
#define IS_CAREFUL 3043000

enum member { N_VALUES, SUM, LEAST, GREATEST };
static const char *const words[] = {"count", "sum", "min", "max"};

struct spread_column {
  int column;
  const struct wow_type *type;
  unsigned aggregates;
  bool is_full;                    /* it has as many values as the group */
  int members[WOW_SPREAD_MEMBERS]; /* places among the computed members; -1: not asked for */
  /* Of the current group: */
  sqlite3_int64 n;       /* values */
  sqlite3_int64 n_given; /* those that SQLite sees */
  const struct wow_json_value *texts[WOW_SPREAD_MEMBERS];
  bool is_integer;
  struct wow_number sum;
  struct wow_number least, greatest;
  sqlite3_int64 share, n_larger; /* what is left of an integer sum: so much each, or 1 more */
  struct wow_number value;       /* of the current row, of a number */
  double so_far, rounded_off;    /* the sum of reals up to it, as SQLite has it */
};

struct wow_spread {
  struct spread_column *columns;
  int n_columns;
  bool needs_rows;
  sqlite3_int64 at;        /* the current row of the group */
  sqlite3_int64 magnitude; /* no sum of integers so far can be further from 0 than this */
};

/* ---------------------------------------------------------------- making */

/* Is the sum a real, whatever it is of? SQLite adds numeric values as it does reals. */
static bool is_sum_real(const struct spread_column *c) {
  return c->type->family == WOW_NUMERIC && !(c->aggregates & WOW_AGGREGATE_SUM);
}

static bool needs_member(const struct spread_column *c, enum member member) {
  bool sums = (c->aggregates & SUMS) != 0;
  bool is_dated = !wow_type_is_numeric_here(c->type) && c->type->family != WOW_TEXT;
  switch (member) {
  case N_VALUES: return c->is_full || (c->aggregates & WOW_AGGREGATE_AVG);
  case SUM: return sums;
  case LEAST:
  case GREATEST:
    /* Both of them, to see that sums do not overflow, and that texts of dates have their order; and
    ** because the values between them make up the sum. */
    if (sums && !is_sum_real(c)) return true;
    if ((sums || is_dated) && (c->aggregates & EXTREMES)) return true;
    return c->aggregates & (member == LEAST ? WOW_AGGREGATE_MIN : WOW_AGGREGATE_MAX);
  }
  return false;
}

static int add_members(struct spread_column *c, const struct wow_relation *relation,
                       struct wow_computed *computed, int *n_computed) {
  for (int i = 0; i < WOW_SPREAD_MEMBERS; i++) {
    char base[32];
    c->members[i] = -1;
    if (!needs_member(c, (enum member)i)) continue;
    sqlite3_str *str = sqlite3_str_new(NULL);
    wow_deparse_name(str, relation->columns[c->column].name);
    if (c->type->family == WOW_BOOL && i != N_VALUES) sqlite3_str_appendall(str, "::int");
    sqlite3_str_appendf(str, ".%s()", words[i]);
    sqlite3_snprintf(sizeof(base), base, "wowsql_%d", *n_computed);
    c->members[i] = *n_computed;
    struct wow_computed *added = &computed[(*n_computed)++];
    added->request = sqlite3_str_finish(str);
    added->name = wow_page_request_alias(relation, base);
    if (added->request == NULL || added->name == NULL) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* Must SQLite see as many values as there are? */
static bool is_full(unsigned aggregates, bool may_merge) {
  bool averages = (aggregates & WOW_AGGREGATE_AVG) != 0;
  if (aggregates & WOW_AGGREGATE_COUNT) return true;
  if (averages && (may_merge || aggregates != WOW_AGGREGATE_AVG)) return true;
  return (aggregates & SUMS) && (aggregates & EXTREMES);
}

/* Adds a column, whose aggregates can be had. */
static int add_column(struct wow_spread *spread, const struct wow_spread_wanted *wanted, int i,
                      struct wow_computed *computed, int *n_computed) {
  unsigned aggregates = wanted->aggregation->columns[i].aggregates;
  struct spread_column *c = &spread->columns[spread->n_columns++];
  *c = (struct spread_column){.column = i,
                              .type = &wanted->relation->columns[i].type,
                              .aggregates = aggregates,
                              .is_full = is_full(aggregates, wanted->may_merge)};
  return add_members(c, wanted->relation, computed, n_computed);
}

int wow_spread_new(const struct wow_spread_wanted *wanted, struct wow_computed *computed,
                   int *n_computed, struct wow_spread **out) {
  const struct wow_aggregation *aggregation = wanted->aggregation;
  int n = wanted->relation->n_columns;
  struct wow_spread *spread = sqlite3_malloc64(sizeof(*spread));
  *out = NULL;
  if (spread == NULL) return SQLITE_NOMEM;
  *spread = (struct wow_spread){.needs_rows = aggregation->needs_rows};
  spread->columns = sqlite3_malloc64(sizeof(*spread->columns) * ((sqlite3_uint64)n + 1));
  int rc = spread->columns ? SQLITE_OK : SQLITE_NOMEM;
  bool can = true;
  for (int i = 0; rc == SQLITE_OK && can && i < n; i++) {
    if (!wow_aggregation_has(aggregation, i)) continue;
    can = wow_aggregation_why_not(&wanted->relation->columns[i], aggregation->columns[i].aggregates,
                                  wanted->collation) == NULL;
    if (can) rc = add_column(spread, wanted, i, computed, n_computed);
  }
  if (rc == SQLITE_OK && can && spread->n_columns > 0)
    *out = spread;
  else
    wow_spread_free(spread);
  return rc;
}

void wow_spread_free(struct wow_spread *spread) {
  if (spread) sqlite3_free(spread->columns);
  sqlite3_free(spread);
}

void wow_spread_start(struct wow_spread *spread) {
  spread->magnitude = 0;
}

/* ---------------------------------------------------------------- a group */

/* The digits before the decimal point, and after it. *has_fraction: not all of those are 0. */
static void count_digits(const struct wow_json_value *json, int *n_whole, int *scale,
                         bool *has_fraction) {
  bool is_after = false;
  *n_whole = *scale = 0;
  *has_fraction = false;
  for (size_t i = 0; i < json->bytes; i++) {
    char c = json->text[i];
    is_after = is_after || c == '.';
    if (c < '0' || c > '9') continue;
    *(is_after ? scale : n_whole) += 1;
    *has_fraction = *has_fraction || (is_after && c != '0');
  }
}

/* Is one of the numeric values certainly a real here? They are integers where they are whole (see
** wow_value_number), or where their fraction is beyond the digits of a real. The sum has the
** fractional digits of all. */
static bool has_real(const struct spread_column *c) {
  int n_least, n_greatest, n_sum, scale, ignored;
  bool has_fraction, is_fraction;
  if (!c->least.is_integer || !c->greatest.is_integer) return true;
  count_digits(c->texts[LEAST], &n_least, &ignored, &is_fraction);
  count_digits(c->texts[GREATEST], &n_greatest, &ignored, &is_fraction);
  count_digits(c->texts[SUM], &n_sum, &scale, &has_fraction);
  int n_whole = n_least > n_greatest ? n_least : n_greatest;
  return has_fraction && n_whole + scale <= MAX_DIGITS;
}

/* Reads the members that are numbers. What they are together shows whether all values are integers
** here; `10.00` does not say that all of which it is the sum are. */
static bool read_numbers(struct spread_column *c) {
  static const struct wow_type exact = {.family = WOW_NUMERIC};
  struct wow_number *numbers[] = {NULL, &c->sum, &c->least, &c->greatest};
  c->is_integer = !is_sum_real(c);
  for (int i = SUM; i <= GREATEST; i++) {
    const struct wow_json_value *json = c->texts[i];
    sqlite3_int64 ignored;
    if (json == NULL) continue;
    if (json->kind != WOW_JSON_NUMBER || memchr(json->text, 'e', json->bytes)) return false;
    if (!wow_value_number(&exact, json, numbers[i])) return false;
    if (!numbers[i]->is_integer && !isfinite(numbers[i]->r)) return false;
    c->is_integer = c->is_integer && wow_value_int64(json, &ignored);
  }
  if (c->is_integer || is_sum_real(c)) return true;
  return c->type->family == WOW_NUMERIC && has_real(c);
}

static sqlite3_int64 distance(sqlite3_int64 i) {
  if (i == -MAX_INT64 - 1) return MAX_INT64;
  return i < 0 ? -i : i;
}

/* Can no sum of integers, in whichever order they are added, overflow or be rounded? */
static bool add_magnitude(struct wow_spread *spread, const struct spread_column *c,
                          sqlite3_int64 n) {
  bool as_reals = (c->aggregates & (WOW_AGGREGATE_TOTAL | WOW_AGGREGATE_AVG)) &&
                  sqlite3_libversion_number() < IS_CAREFUL;
  sqlite3_int64 least = distance(c->least.i), greatest = distance(c->greatest.i);
  sqlite3_int64 each = least > greatest ? least : greatest;
  sqlite3_int64 room = (as_reals ? MAX_EXACT : MAX_INT64) - spread->magnitude;
  if (each > 0 && n > room / each) return false;
  spread->magnitude += n * each;
  return true;
}

/* What the values besides the least and the greatest are. False: the members contradict each other.
** add_magnitude() has seen that no product of here overflows. */
static bool share_rest(struct spread_column *c) {
  sqlite3_int64 n = c->n - 2;
  if (n < 0) return c->sum.i == c->least.i && c->sum.i == c->greatest.i;
  if (c->sum.i < c->least.i * (n + 1) + c->greatest.i) return false;
  if (c->sum.i > c->greatest.i * (n + 1) + c->least.i) return false;
  if (n == 0) return true;
  sqlite3_int64 rest = c->sum.i - c->least.i - c->greatest.i;
  c->share = rest / n;
  c->n_larger = rest % n;
  if (c->n_larger < 0) {
    c->share--;
    c->n_larger += n;
  }
  return true;
}

/* A date or a moment between the years 1 and 9999, or a time, as the server writes them: among
** those texts have the order of values. */
static bool is_ordinary(const struct wow_json_value *json) {
  bool is_digits = json->kind == WOW_JSON_STRING && json->bytes >= 8;
  for (size_t i = 0; is_digits && i < 2; i++)
    is_digits = json->text[i] >= '0' && json->text[i] <= '9';
  bool has_year = is_digits && json->text[2] != ':';
  if (has_year) is_digits = json->bytes >= 10 && json->text[4] == '-';
  return is_digits && json->text[json->bytes - 1] != 'C'; /* 0044-03-15 BC */
}

static bool is_null(const struct wow_json_value *json) {
  return json == NULL || json->kind == WOW_JSON_NULL;
}

/* Reads a column's members of the group of `n` rows. False: it cannot be spread. */
static bool take_column(struct wow_spread *spread, struct spread_column *c, sqlite3_int64 n) {
  bool has_values = false;
  for (int i = SUM; i <= GREATEST; i++)
    has_values = has_values || !is_null(c->texts[i]);
  c->n = has_values;
  c->share = c->n_larger = 0;
  c->so_far = c->rounded_off = 0;
  if (c->texts[N_VALUES] && !wow_value_int64(c->texts[N_VALUES], &c->n)) return false;
  if (c->n < 0 || c->n > n) return false;
  if (c->n == 0) return true;
  for (int i = SUM; i <= GREATEST; i++) {
    if (c->texts[i] && is_null(c->texts[i])) return false;
  }
  bool sums = (c->aggregates & SUMS) != 0;
  if (!sums) {
    bool is_text = c->type->family == WOW_TEXT || wow_type_is_numeric_here(c->type);
    bool both = c->texts[LEAST] && c->texts[GREATEST];
    return is_text || !both || (is_ordinary(c->texts[LEAST]) && is_ordinary(c->texts[GREATEST]));
  }
  if (!read_numbers(c)) return false;
  if (!c->is_integer) return true;
  if (!add_magnitude(spread, c, n)) return false;
  return !(c->is_full && (c->aggregates & EXTREMES)) || share_rest(c);
}

/* How many values SQLite is given, of a group of `n` rows. */
static sqlite3_int64 n_given(const struct spread_column *c, sqlite3_int64 n) {
  if (c->is_full || c->n == 0) return c->n;
  return (c->aggregates & EXTREMES) == EXTREMES && n > 1 ? 2 : 1;
}

static double real_of(const struct wow_number *number) {
  return number->is_integer ? (double)number->i : number->r;
}

/* One of the values between the extremes: each takes its part of what is left of the sum. */
static struct wow_number value_between(const struct spread_column *c, sqlite3_int64 at) {
  if (c->is_integer)
    return (struct wow_number){.is_integer = true, .i = c->share + (at - 2 < c->n_larger)};
  double rest = real_of(&c->sum) - (c->so_far + c->rounded_off);
  double value = rest / (double)(c->n - at);
  /* As a real, a large integer may be greater than itself. */
  if (value <= real_of(&c->least)) return c->least;
  if (value >= real_of(&c->greatest)) return c->greatest;
  return (struct wow_number){.r = value};
}

/* The value of the current row, of a column whose sum is seen. */
static struct wow_number value_of(const struct spread_column *c, sqlite3_int64 at) {
  if (!c->is_full && (c->aggregates & WOW_AGGREGATE_AVG))
    return (struct wow_number){.r = real_of(&c->sum) / (double)c->n};
  if (c->aggregates & EXTREMES)
    return at == 0 ? c->least : at == 1 ? c->greatest : value_between(c, at);
  if (at > 0) return (struct wow_number){.is_integer = true};
  /* 30.00 is a real if not all of which it is the sum are whole. */
  return c->is_integer ? c->sum : (struct wow_number){.r = real_of(&c->sum)};
}

static void step(struct spread_column *c, sqlite3_int64 at) {
  if (at >= c->n_given || (c->aggregates & SUMS) == 0) return;
  c->value = value_of(c, at);
  double value = real_of(&c->value), before = c->so_far;
  c->so_far += value;
  if (sqlite3_libversion_number() < IS_CAREFUL) return;
  c->rounded_off +=
      fabs(before) > fabs(value) ? (before - c->so_far) + value : (value - c->so_far) + before;
}

bool wow_spread_take(struct wow_spread *spread, const struct wow_rows *rows, int first,
                     sqlite3_int64 n, sqlite3_int64 *n_rows) {
  spread->at = 0;
  *n_rows = spread->needs_rows ? n : 1;
  for (int i = 0; i < spread->n_columns; i++) {
    struct spread_column *c = &spread->columns[i];
    for (int k = 0; k < WOW_SPREAD_MEMBERS; k++)
      c->texts[k] = c->members[k] >= 0 ? wow_rows_value(rows, first + c->members[k]) : NULL;
    if (!take_column(spread, c, n)) return false;
    c->n_given = n_given(c, n);
    if (c->n_given > *n_rows) *n_rows = c->n_given;
    step(c, 0);
  }
  return true;
}

void wow_spread_next(struct wow_spread *spread) {
  spread->at++;
  for (int i = 0; i < spread->n_columns; i++)
    step(&spread->columns[i], spread->at);
}

/* ---------------------------------------------------------------- values */

static const struct spread_column *find(const struct wow_spread *spread, int column) {
  for (int i = 0; i < spread->n_columns; i++) {
    if (spread->columns[i].column == column) return &spread->columns[i];
  }
  return NULL;
}

bool wow_spread_has(const struct wow_spread *spread, int column) {
  return find(spread, column) != NULL;
}

/* A value of a column of which only extremes and the number of values are seen. */
static const struct wow_json_value *extreme_of(const struct spread_column *c, sqlite3_int64 at) {
  bool is_greatest =
      (c->aggregates & WOW_AGGREGATE_MAX) && (at == 1 || !(c->aggregates & WOW_AGGREGATE_MIN));
  return c->texts[is_greatest ? GREATEST : LEAST];
}

void wow_spread_result(const struct wow_spread *spread, int column, sqlite3_context *ctx) {
  const struct spread_column *c = find(spread, column);
  if (spread->at >= c->n_given) {
    sqlite3_result_null(ctx);
  } else if (c->aggregates & SUMS) {
    if (c->value.is_integer)
      sqlite3_result_int64(ctx, c->value.i);
    else
      sqlite3_result_double(ctx, c->value.r);
  } else if (c->aggregates & EXTREMES) {
    wow_value_result(ctx, c->type, extreme_of(c, spread->at));
  } else {
    sqlite3_result_int(ctx, 1);
  }
}
