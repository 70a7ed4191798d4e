/*
** Scanning JSON (src/wire/json_scan.h): one value at a time, at every length of what has arrived.
** The decoder's own test goes through everything that rows may contain.
*/
#include "wire/json_scan.h"
#include "unit.h"

/* Scans `bytes` of a text that the zeros follow, as in the decoder's buffer. */
static enum wow_json_outcome scan(const char *text, size_t bytes, char *buffer, const char **p,
                                  struct wow_json_value *value, bool *escaped) {
  memcpy(buffer, text, bytes);
  memset(buffer + bytes, 0, WOW_JSON_SLACK);
  *p = buffer;
  *escaped = true;
  return wow_json_scan_value(p, buffer + bytes, value, escaped);
}

static const struct {
  const char *text; /* the value, and then a comma */
  enum wow_json_kind kind;
  const char *value;
  bool escaped;
} good[] = {
    {"null,", WOW_JSON_NULL, "", false},
    {"true,", WOW_JSON_TRUE, "", false},
    {"false,", WOW_JSON_FALSE, "", false},
    {"0,", WOW_JSON_NUMBER, "0", false},
    {"-12.50e+10,", WOW_JSON_NUMBER, "-12.50e+10", false},
    {"\"\",", WOW_JSON_STRING, "", false},
    {"\"abc\",", WOW_JSON_STRING, "abc", false},
    {"\"longer than the sixteen bytes of a load\",", WOW_JSON_STRING,
     "longer than the sixteen bytes of a load", false},
    {"\"a\\\"b\\u00e9\",", WOW_JSON_STRING, "a\\\"b\\u00e9", true},
    {"{},", WOW_JSON_NESTED, "{}", false},
    {"[1, {\"a\": [\"]\", \"\\\"\"]}],", WOW_JSON_NESTED, "[1, {\"a\": [\"]\", \"\\\"\"]}]", false},
};

static void test_values(void) {
  char buffer[200];
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    size_t length = strlen(good[i].text);
    for (size_t bytes = 1; bytes <= length; bytes++) {
      struct wow_json_value value;
      const char *p = NULL;
      bool escaped = false;
      enum wow_json_outcome outcome = scan(good[i].text, bytes, buffer, &p, &value, &escaped);
      unit_about("%d bytes of %s", (int)bytes, good[i].text);
      /* Only after a number it must be known what follows. */
      bool is_complete = bytes + (good[i].kind != WOW_JSON_NUMBER) >= length;
      CHECK_INT(outcome, is_complete ? WOW_JSON_DECODED : WOW_JSON_NEED_MORE);
      if (outcome != WOW_JSON_DECODED) continue;
      CHECK_INT(p - buffer, (long long)length - 1);
      CHECK_INT(value.kind, good[i].kind);
      CHECK_INT(escaped, good[i].escaped);
      CHECK_BYTES(value.text, value.bytes, good[i].value, strlen(good[i].value));
    }
  }
}

static const struct {
  const char *text;
  int at; /* where the trouble is */
} bad[] = {
    {"nul,", 0},       {"x,", 0},        {"01,", 1},      {"1.,", 2},          {"-,", 1},
    {"1e,", 2},        {"\"a\nb\",", 2}, {"\"\\x\",", 1}, {"\"\\u00g0\",", 1}, {"[1 2],", 3},
    {"{\"a\" 1},", 5}, {"{a:1},", 1},    {"[1,],", 3},    {"{\"a\":1,},", 7},  {"[},", 1},
};

static void test_errors(void) {
  char buffer[200];
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct wow_json_value value;
    const char *p = NULL;
    bool escaped = false;
    enum wow_json_outcome outcome =
        scan(bad[i].text, strlen(bad[i].text), buffer, &p, &value, &escaped);
    unit_about("%s", bad[i].text);
    /* What is wrong with 01 is that a digit follows the number, which is the caller's to see. */
    bool is_number = bad[i].text[0] == '0';
    CHECK_INT(outcome, is_number ? WOW_JSON_DECODED : WOW_JSON_MALFORMED);
    CHECK_INT(p - buffer, bad[i].at);
  }
}

static void test_unescape(void) {
  static const struct {
    const char *escaped, *plain;
  } texts[] = {
      {"abc", "abc"},
      {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
      {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
      {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
      /* half a pair becomes U+FFFD */
      {"\\ud83d", "\xef\xbf\xbd"},
      {"\\ud83dx", "\xef\xbf\xbdx"},
      {"\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\\ud83d\\u0041", "\xef\xbf\xbd"
                         "A"},
  };
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    char text[100];
    size_t bytes = strlen(texts[i].escaped);
    unit_about("%s", texts[i].escaped);
    memcpy(text, texts[i].escaped, bytes + 1);
    bytes = wow_json_scan_unescape(text, text, bytes);
    CHECK_BYTES(text, bytes, texts[i].plain, strlen(texts[i].plain));
  }
  char zero[10] = {0};
  unit_about("a zero byte");
  CHECK_INT((long long)wow_json_scan_unescape(zero, "a\\u0000b", 8), 3);
  CHECK(memcmp(zero, "a\0b", 3) == 0);
}

int main(void) {
  test_values();
  test_errors();
  test_unescape();
  return unit_end("unit_json_scan");
}
