/*
** What the unit tests share: checks that count, and that say where, what was got and what was
** expected. A test program ends with `return unit_end("unit_name")`, which prints the sum as
** tests/run reads it; a program without a single check has failed.
*/
#ifndef WOW_UNIT_H
#define WOW_UNIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* After this many reports a test is broken altogether, and further failures are only counted. */
#define UNIT_REPORTS 50

struct unit {
  long passed;
  long failed;
  char about[400]; /* what the checks that follow are about; printed when one fails */
};

/* One per program: a unit test is one file. */
static struct unit unit;

/* Sets what the next checks are about, e.g. the input; formatted, cut to fit. */
static inline void unit_about(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(unit.about, sizeof(unit.about), format, args);
  va_end(args);
}

/* Prints bytes so that each can be told apart: what is not visible ASCII as \xHH. */
static inline void unit_print(const char *label, const char *text, size_t bytes) {
  printf("  %s ", label);
  if (text == NULL) {
    printf("NULL\n");
    return;
  }
  putchar('`');
  for (size_t i = 0; i < bytes && i < 1000; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= 0x20 && c < 0x7f)
      putchar(c);
    else
      printf("\\x%02x", c);
  }
  printf("`%s\n", bytes > 1000 ? "..." : "");
}

/* Counts a check. True: it failed, and the caller may print what it knows. */
static inline bool unit_fails(bool good, const char *file, int line, const char *what) {
  if (good) {
    unit.passed++;
    return false;
  }
  unit.failed++;
  if (unit.failed == UNIT_REPORTS + 1) printf("further failures are not printed\n");
  if (unit.failed > UNIT_REPORTS) return false;
  printf("FAIL %s:%d: %s\n", file, line, what);
  if (unit.about[0]) unit_print("about   ", unit.about, strlen(unit.about));
  return true;
}

static inline void unit_check_int(long long got, long long expected, const char *file, int line,
                                  const char *what) {
  if (!unit_fails(got == expected, file, line, what)) return;
  printf("  got      %lld\n  expected %lld\n", got, expected);
}

static inline void unit_check_bytes(const char *got, size_t got_bytes, const char *expected,
                                    size_t expected_bytes, const char *file, int line,
                                    const char *what) {
  bool same =
      got && expected && got_bytes == expected_bytes && memcmp(got, expected, got_bytes) == 0;
  if (!unit_fails(same || (!got && !expected), file, line, what)) return;
  unit_print("got     ", got, got_bytes);
  unit_print("expected", expected, expected_bytes);
}

static inline void unit_check_text(const char *got, const char *expected, const char *file,
                                   int line, const char *what) {
  unit_check_bytes(got, got ? strlen(got) : 0, expected, expected ? strlen(expected) : 0, file,
                   line, what);
}

#define CHECK(condition) ((void)unit_fails(!!(condition), __FILE__, __LINE__, #condition))
#define CHECK_INT(got, expected) unit_check_int(got, expected, __FILE__, __LINE__, #got)
#define CHECK_TEXT(got, expected) unit_check_text(got, expected, __FILE__, __LINE__, #got)
#define CHECK_BYTES(got, got_bytes, expected, expected_bytes)                                      \
  unit_check_bytes(got, got_bytes, expected, expected_bytes, __FILE__, __LINE__, #got)

/* Prints the sum; the result is the exit status. */
static inline int unit_end(const char *name) {
  if (unit.passed + unit.failed == 0) unit.failed++;
  printf("%s: %ld passed, %ld failed\n", name, unit.passed, unit.failed);
  return unit.failed != 0;
}

#endif
