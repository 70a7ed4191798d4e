/*
** Forms of date, time, timestamp and uuid values (src/types/datetime.h). A text that is accepted is
** sent, so the server must read it without an error and without losing a part of it.
*/
#include "types/datetime.h"
#include "unit.h"

struct form {
  const char *text;
  bool is_date, is_time, is_timestamp, is_timestamptz;
};

static const struct form forms[] = {
    {"2024-02-29", true, false, true, true},
    {"2023-02-29", false, false, false, false},
    {"2000-02-29", true, false, true, true},
    {"1900-02-29", false, false, false, false},
    {"2024-00-10", false, false, false, false},
    {"2024-13-10", false, false, false, false},
    {"2024-04-31", false, false, false, false},
    {"2024-01-00", false, false, false, false},
    {"0000-01-01", false, false, false, false},
    {"0001-01-01", true, false, true, true},
    {"0001-02-29 BC", true, false, true, true},
    {"0004-02-29 BC", false, false, false, false},
    {"0005-02-29 BC", true, false, true, true},
    {"4714-11-24 BC", true, false, true, false},
    {"4714-11-23 BC", false, false, false, false},
    {"4715-01-01 BC", false, false, false, false},
    {"5874897-12-31", true, false, false, false},
    {"5874898-01-01", false, false, false, false},
    {"294276-12-31", true, false, true, false},
    {"294275-12-31", true, false, true, true},
    {"294277-01-01", true, false, false, false},
    {"24-01-01", false, false, false, false},
    {"2024-1-1", false, false, false, false},
    {"01/02/2024", false, false, false, false},
    {"2024-01-01x", false, false, false, false},
    {" 2024-01-01", false, false, false, false},
    {"", false, false, false, false},
    {"today", false, false, false, false},
    {"infinity", true, false, true, true},
    {"-infinity", true, false, true, true},
    {"Infinity", false, false, false, false},
    {"12:30", false, true, false, false},
    {"12:30:59", false, true, false, false},
    {"12:30:59.123456", false, true, false, false},
    {"12:30:59.1234567", false, false, false, false},
    {"12:30:60", false, false, false, false},
    {"12:60", false, false, false, false},
    {"24:00:00", false, true, false, false},
    {"24:00:01", false, false, false, false},
    {"25:00", false, false, false, false},
    {"1:30", false, false, false, false},
    {"12:30Z", false, false, false, false},
    {"2024-01-01T10:00:00", false, false, true, true},
    {"2024-01-01 10:00:00", false, false, true, true},
    {"2024-01-01T10:00:00.5", false, false, true, true},
    {"2024-01-01T10:00", false, false, true, true},
    {"2024-01-01T10", false, false, false, false},
    {"2024-01-01T", false, false, false, false},
    {"2024-01-01  10:00", false, false, false, false},
    /* a timestamp without a zone would ignore one */
    {"2024-01-01T10:00:00Z", false, false, false, true},
    {"2024-01-01T10:00:00+00:00", false, false, false, true},
    {"2024-01-01T10:00:00-08", false, false, false, true},
    {"2024-01-01T10:00:00+05:45", false, false, false, true},
    {"2024-01-01T10:00:00+15:59:59", false, false, false, true},
    {"2024-01-01T10:00:00+16", false, false, false, false},
    {"2024-01-01T10:00:00+1", false, false, false, false},
    {"2024-01-01T10:00:00 UTC", false, false, false, false},
    {"0044-03-15T12:00:00 BC", false, false, true, true},
    {"0044-03-15T12:00:00+00 BC", false, false, false, true},
    /* a zone may move the first and the last days out of the range */
    {"294276-12-31T10:00:00", false, false, true, false},
    {"294276-12-31T10:00:00Z", false, false, false, true},
    {"294276-12-31T10:00:00+01", false, false, false, false},
    {"4714-11-24T00:00:00+01 BC", false, false, false, false},
    {"4714-11-24T00:00:00+00 BC", false, false, false, true},
};

static void test_forms(void) {
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    const struct form *form = &forms[i];
    int bytes = (int)strlen(form->text);
    unit_about("%s", form->text);
    CHECK_INT(wow_datetime_is_date(form->text, bytes), form->is_date);
    CHECK_INT(wow_datetime_is_time(form->text, bytes), form->is_time);
    CHECK_INT(wow_datetime_is_timestamp(form->text, bytes, false), form->is_timestamp);
    CHECK_INT(wow_datetime_is_timestamp(form->text, bytes, true), form->is_timestamptz);
  }
}

/* The text ends where its length says, whatever comes after it. */
static void test_lengths(void) {
  unit_about("lengths");
  CHECK(wow_datetime_is_date("2024-01-010", 10));
  CHECK(!wow_datetime_is_date("2024-01-01", 9));
  CHECK(!wow_datetime_is_date("2024-01-01\0", 11));
  CHECK(wow_datetime_is_time("12:30:599", 8));
  CHECK(wow_datetime_is_timestamp("2024-01-01T10:00Z+", 17, true));
  CHECK(wow_datetime_is_date("infinity+", 8));
}

static void test_uuids(void) {
  static const struct {
    const char *text;
    bool good;
  } uuids[] = {
      {"01234567-89ab-cdef-0123-456789abcdef", true},
      {"01234567-89AB-CDEF-0123-456789ABCDEF", true},
      {"0123456789abcdef0123456789abcdef", true},
      {"0123456789abcdef0123456789abcdeg", false},
      {"01234567-89ab-cdef-0123-456789abcdeg", false},
      {"0123456789-ab-cdef-0123-456789abcdef", false},
      {"{01234567-89ab-cdef-0123-456789abcdef}", false},
      {"01234567-89ab-cdef-0123-456789abcde", false},
      {"01234567_89ab-cdef-0123-456789abcdef", false},
      {"", false},
  };
  for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
    unit_about("%s", uuids[i].text);
    CHECK_INT(wow_datetime_is_uuid(uuids[i].text, (int)strlen(uuids[i].text)), uuids[i].good);
  }
}

int main(void) {
  test_forms();
  test_lengths();
  test_uuids();
  return unit_end("unit_datetime");
}
