/*
** Forms of date, time, timestamp and uuid values, see datetime.h. The ranges are PostgreSQL's
** (datatype-datetime.html); the server itself refuses what is outside of them with an error, which
** a comparison in SQL must never become.
*/
#include "types/datetime.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

#define MAX_DATE_YEAR 5874897
#define MAX_TIMESTAMP_YEAR 294276
/* The first day is 4714-11-24 BC. */
#define MAX_BC_YEAR 4714
#define FIRST_MONTH 11
#define FIRST_DAY 24

/* A text that is read from its front. Every take_ function returns false without moving on. */
struct reader {
  const char *p;
  const char *end;
};

static bool take_char(struct reader *r, char c) {
  if (r->p == r->end || *r->p != c) return false;
  r->p++;
  return true;
}

static bool take_text(struct reader *r, const char *text) {
  size_t n = strlen(text);
  if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0) return false;
  r->p += n;
  return true;
}

static bool take_number(struct reader *r, int min_digits, int max_digits, int *value) {
  int n = 0, v = 0;
  while (n < max_digits && r->p + n < r->end && r->p[n] >= '0' && r->p[n] <= '9') {
    v = v * 10 + (r->p[n++] - '0');
  }
  if (n < min_digits) return false;
  r->p += n;
  *value = v;
  return true;
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

struct date {
  int year, month, day;
};

static bool take_date(struct reader *r, struct date *d) {
  return take_number(r, 4, 7, &d->year) && take_char(r, '-') && take_number(r, 2, 2, &d->month) &&
         take_char(r, '-') && take_number(r, 2, 2, &d->day);
}

/* The end of a date or timestamp: " BC", or nothing. 1 BC is the leap year 0. */
static bool is_valid_date(struct reader *r, const struct date *d, int max_year) {
  bool bc = take_text(r, " BC");
  if (r->p != r->end || d->year < 1 || d->year > (bc ? MAX_BC_YEAR : max_year)) return false;
  if (d->month < 1 || d->month > 12 || d->day < 1) return false;
  bool is_first_year = bc && d->year == MAX_BC_YEAR;
  if (is_first_year &&
      (d->month < FIRST_MONTH || (d->month == FIRST_MONTH && d->day < FIRST_DAY))) {
    return false;
  }
  return d->day <= days_in_month(bc ? 1 - d->year + 8000 : d->year, d->month);
}

/* HH:MM[:SS[.ffffff]], to 24:00:00. More digits would be rounded by the server. */
static bool take_time(struct reader *r) {
  int hour = 0, minute = 0, second = 0, fraction = 0;
  if (!take_number(r, 2, 2, &hour) || !take_char(r, ':') || !take_number(r, 2, 2, &minute)) {
    return false;
  }
  if (take_char(r, ':')) {
    if (!take_number(r, 2, 2, &second)) return false;
    if (take_char(r, '.') && !take_number(r, 1, 6, &fraction)) return false;
  }
  if (hour == 24) return minute == 0 && second == 0 && fraction == 0;
  return hour < 24 && minute < 60 && second < 60;
}

/* Z, +HH, +HH:MM or +HH:MM:SS, or nothing (then the session's zone applies). */
static bool take_zone(struct reader *r, bool *is_zero) {
  int hour = 0, minute = 0, second = 0;
  *is_zero = *r->p == 'Z' && r->p < r->end;
  if (take_char(r, 'Z')) return true;
  if (!take_char(r, '+') && !take_char(r, '-')) return true;
  if (!take_number(r, 2, 2, &hour)) return false;
  if (take_char(r, ':') && !take_number(r, 2, 2, &minute)) return false;
  if (take_char(r, ':') && !take_number(r, 2, 2, &second)) return false;
  *is_zero = hour == 0 && minute == 0 && second == 0;
  return hour <= 15 && minute < 60 && second < 60;
}

static bool is_infinity(const char *text, int bytes) {
  return (bytes == 8 && memcmp(text, "infinity", 8) == 0) ||
         (bytes == 9 && memcmp(text, "-infinity", 9) == 0);
}

bool wow_datetime_is_date(const char *text, int bytes) {
  struct reader r = {text, text + bytes};
  struct date d;
  if (is_infinity(text, bytes)) return true;
  return take_date(&r, &d) && is_valid_date(&r, &d, MAX_DATE_YEAR);
}

bool wow_datetime_is_time(const char *text, int bytes) {
  struct reader r = {text, text + bytes};
  return take_time(&r) && r.p == r.end;
}

bool wow_datetime_is_timestamp(const char *text, int bytes, bool with_zone) {
  struct reader r = {text, text + bytes};
  struct date d;
  if (is_infinity(text, bytes)) return true;
  bool is_in_utc = !with_zone;
  if (!take_date(&r, &d)) return false;
  if (take_char(&r, 'T') || (r.end - r.p > 1 && r.p[1] != 'B' && take_char(&r, ' '))) {
    if (!take_time(&r)) return false;
    if (with_zone && !take_zone(&r, &is_in_utc)) return false;
  }
  /* A zone may move the first and the last days out of the range. */
  bool is_edge = d.year >= MAX_BC_YEAR - 1 && r.end - r.p == 3;
  if (!is_in_utc && is_edge) return false;
  return is_valid_date(&r, &d, is_in_utc ? MAX_TIMESTAMP_YEAR : MAX_TIMESTAMP_YEAR - 1);
}

/* 8-4-4-4-12 hexadecimal digits in either case, or all 32 in one. */
bool wow_datetime_is_uuid(const char *text, int bytes) {
  if (bytes != 36 && bytes != 32) return false;
  for (int i = 0; i < bytes; i++) {
    char c = text[i];
    bool dash = bytes == 36 && (i == 8 || i == 13 || i == 18 || i == 23);
    if (dash ? c != '-' : wow_text_hex_digit(c) < 0) return false;
  }
  return true;
}
