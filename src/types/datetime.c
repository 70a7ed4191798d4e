/*
** Forms of date, time, timestamp and uuid values, see datetime.h. The ranges are PostgreSQL's
** (datatype-datetime.html); the server itself refuses what is outside of them with an error, which
** a comparison in SQL must never become.
*/
#include "types/datetime.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define MAX_DATE_YEAR 5874897
#define MAX_TIMESTAMP_YEAR 294276
/* The first day is 4714-11-24 BC. */
#define MAX_BC_YEAR 4714
#define FIRST_MONTH 11
#define FIRST_DAY 24

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (86400 * US_PER_SECOND)

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
  bool bc;
};

static bool take_date(struct reader *r, struct date *d) {
  return take_number(r, 4, 7, &d->year) && take_char(r, '-') && take_number(r, 2, 2, &d->month) &&
         take_char(r, '-') && take_number(r, 2, 2, &d->day);
}

/* The end of a date or timestamp: " BC", or nothing. 1 BC is the leap year 0. */
static bool is_valid_date(struct reader *r, struct date *d, int max_year) {
  bool bc = d->bc = take_text(r, " BC");
  if (r->p != r->end || d->year < 1 || d->year > (bc ? MAX_BC_YEAR : max_year)) return false;
  if (d->month < 1 || d->month > 12 || d->day < 1) return false;
  bool is_first_year = bc && d->year == MAX_BC_YEAR;
  if (is_first_year &&
      (d->month < FIRST_MONTH || (d->month == FIRST_MONTH && d->day < FIRST_DAY))) {
    return false;
  }
  return d->day <= days_in_month(bc ? 1 - d->year + 8000 : d->year, d->month);
}

/* The digits of a fraction of a second, in microseconds. */
static bool take_fraction(struct reader *r, int *us) {
  const char *from = r->p;
  if (!take_number(r, 1, 6, us)) return false;
  for (int n = (int)(r->p - from); n < 6; n++)
    *us *= 10;
  return true;
}

/* HH:MM[:SS[.ffffff]], to 24:00:00. More digits would be rounded by the server. */
static bool take_time(struct reader *r, int64_t *us) {
  int hour = 0, minute = 0, second = 0, fraction = 0;
  if (!take_number(r, 2, 2, &hour) || !take_char(r, ':') || !take_number(r, 2, 2, &minute)) {
    return false;
  }
  if (take_char(r, ':')) {
    if (!take_number(r, 2, 2, &second)) return false;
    if (take_char(r, '.') && !take_fraction(r, &fraction)) return false;
  }
  *us = (hour * 3600 + minute * 60 + second) * US_PER_SECOND + fraction;
  if (hour == 24) return minute == 0 && second == 0 && fraction == 0;
  return hour < 24 && minute < 60 && second < 60;
}

/* Two digits, after a colon or right after the last two. */
static bool take_pair(struct reader *r, bool *is_there, int *value) {
  bool is_colon = take_char(r, ':');
  *is_there = is_colon || (r->p < r->end && *r->p >= '0' && *r->p <= '9');
  return !*is_there || take_number(r, 2, 2, value);
}

/* Z, UTC, +HH, +HHMM, +HH:MM or +HH:MM:SS, also after a blank; or nothing (then it is UTC, in which
** our sessions are). Blanks may end it. In seconds. */
static bool take_zone(struct reader *r, int *zone) {
  int hour = 0, minute = 0, second = 0;
  bool is_there = false, is_bc = r->end - r->p > 1 && r->p[0] == ' ' && r->p[1] == 'B';
  *zone = 0;
  if (!is_bc) take_char(r, ' ');
  if (take_char(r, 'Z') || take_text(r, "UTC")) return true;
  bool is_west = take_char(r, '-');
  if (!is_west && !take_char(r, '+')) return true;
  if (!take_number(r, 2, 2, &hour) || !take_pair(r, &is_there, &minute)) return false;
  if (is_there && !take_pair(r, &is_there, &second)) return false;
  *zone = (hour * 3600 + minute * 60 + second) * (is_west ? -1 : 1);
  return hour <= 15 && minute < 60 && second < 60;
}

/* Days since 2000-03-01, in the Gregorian calendar. */
static int64_t days_of(const struct date *d) {
  int64_t year = d->bc ? 1 - d->year : d->year;
  year = (d->month > 2 ? year : year - 1) - 2000;
  int64_t era = year >= 0 ? year / 400 : (year - 399) / 400, of_era = year - 400 * era;
  int64_t day = (153 * ((d->month + 9) % 12) + 2) / 5 + d->day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day;
}

static bool is_infinity(const char *text, int bytes) {
  return (bytes == 8 && memcmp(text, "infinity", 8) == 0) ||
         (bytes == 9 && memcmp(text, "-infinity", 9) == 0);
}

static int64_t infinity(const char *text) {
  return *text == '-' ? INT64_MIN : INT64_MAX;
}

static bool read_date(const char *text, int bytes, int64_t *out) {
  struct reader r = {text, text + bytes};
  struct date d;
  if (is_infinity(text, bytes)) {
    *out = infinity(text);
    return true;
  }
  if (!take_date(&r, &d) || !is_valid_date(&r, &d, MAX_DATE_YEAR)) return false;
  *out = days_of(&d);
  return true;
}

static bool read_time(const char *text, int bytes, int64_t *out) {
  struct reader r = {text, text + bytes};
  return take_time(&r, out) && r.p == r.end;
}

static bool read_timestamp(const char *text, int bytes, bool with_zone, int64_t *out) {
  struct reader r = {text, text + bytes};
  struct date d;
  int64_t us = 0;
  int zone = 0;
  if (is_infinity(text, bytes)) {
    *out = infinity(text);
    return true;
  }
  while (with_zone && r.end > r.p && r.end[-1] == ' ')
    r.end--;
  if (!take_date(&r, &d)) return false;
  if (take_char(&r, 'T') || (r.end - r.p > 1 && r.p[1] != 'B' && take_char(&r, ' '))) {
    if (!take_time(&r, &us)) return false;
    if (with_zone && !take_zone(&r, &zone)) return false;
  }
  /* A zone may move the first and the last days out of the range. */
  bool is_edge = d.year >= MAX_BC_YEAR - 1 && r.end - r.p == 3;
  if (zone != 0 && is_edge) return false;
  if (!is_valid_date(&r, &d, zone == 0 ? MAX_TIMESTAMP_YEAR : MAX_TIMESTAMP_YEAR - 1)) return false;
  *out = days_of(&d) * US_PER_DAY + us - zone * US_PER_SECOND;
  return true;
}

bool wow_datetime_read(enum wow_family family, const char *text, int bytes, sqlite3_int64 *out) {
  int64_t value = 0;
  bool is_good = false;
  switch (family) {
  case WOW_DATE: is_good = read_date(text, bytes, &value); break;
  case WOW_TIME: is_good = read_time(text, bytes, &value); break;
  case WOW_TIMESTAMP: is_good = read_timestamp(text, bytes, false, &value); break;
  case WOW_TIMESTAMPTZ: is_good = read_timestamp(text, bytes, true, &value); break;
  default: break;
  }
  *out = value;
  return is_good;
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

void wow_datetime_normal_uuid(const char *text, char *out) {
  int n = 0;
  for (const char *p = text; n < WOW_UUID_BYTES; p++) {
    if (*p == '-') continue;
    if (n == 8 || n == 13 || n == 18 || n == 23) out[n++] = '-';
    out[n++] = *p >= 'A' && *p <= 'F' ? (char)(*p + 'a' - 'A') : *p;
  }
}
