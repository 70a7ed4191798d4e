/* Hashing, comparing and printing of bytes (src/base/text.h). */
#include <stdlib.h>

#include "base/text.h"
#include "unit.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static void check_hashes(void) {
  /* Test vectors of the authors of FNV. */
  CHECK(wow_text_hash(WOW_TEXT_HASH_START, "", 0) == 0xcbf29ce484222325u);
  CHECK(wow_text_hash(WOW_TEXT_HASH_START, BYTES("a")) == 0xaf63dc4c8601ec8cu);
  CHECK(wow_text_hash(WOW_TEXT_HASH_START, BYTES("foobar")) == 0x85944171f73967e8u);
  /* In pieces it is the same. */
  sqlite3_uint64 hash = wow_text_hash(WOW_TEXT_HASH_START, BYTES("foo"));
  CHECK(wow_text_hash(hash, BYTES("bar")) == 0x85944171f73967e8u);
}

static void check_order(void) {
  CHECK(wow_text_compare(BYTES("a"), BYTES("b")) < 0);
  CHECK(wow_text_compare(BYTES("b"), BYTES("a")) > 0);
  CHECK(wow_text_compare(BYTES("a"), BYTES("a")) == 0);
  CHECK(wow_text_compare(BYTES("a"), BYTES("ab")) < 0);
  CHECK(wow_text_compare(BYTES("ab"), BYTES("a")) > 0);
  CHECK(wow_text_compare(BYTES(""), BYTES("")) == 0);
  CHECK(wow_text_compare(NULL, 0, BYTES("a")) < 0);
  CHECK(wow_text_compare(BYTES("\xff"), BYTES("a")) > 0);
  CHECK(wow_text_compare(BYTES("a\0b"), BYTES("a\0c")) < 0);
}

static void check_hex(void) {
  CHECK_INT(wow_text_hex_digit('0'), 0);
  CHECK_INT(wow_text_hex_digit('9'), 9);
  CHECK_INT(wow_text_hex_digit('a'), 10);
  CHECK_INT(wow_text_hex_digit('F'), 15);
  const char *others = "/:@G`g \xff";
  for (const char *p = others; *p; p++)
    CHECK_INT(wow_text_hex_digit(*p), -1);
  CHECK_INT(wow_text_hex_digit(0), -1);
}

static void check_json(const char *text, size_t bytes, const char *expected) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_text_append_json(str, text, bytes);
  char *printed = sqlite3_str_finish(str);
  CHECK_TEXT(printed ? printed : "", expected);
  sqlite3_free(printed);
}

static void check_bounded(void) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  CHECK_INT(wow_text_append_within(str, BYTES("a\0b"), 5), SQLITE_OK);
  CHECK_INT(wow_text_append_within(str, BYTES("cde"), 5), SQLITE_TOOBIG);
  CHECK_INT(sqlite3_str_length(str), 3);
  CHECK_INT(wow_text_append_within(str, BYTES("cd"), 5), SQLITE_OK);
  CHECK_INT(wow_text_append_within(str, BYTES(""), 5), SQLITE_OK);
  CHECK_INT(wow_text_append_within(str, BYTES("e"), 5), SQLITE_TOOBIG);
  CHECK_INT(wow_text_append_within(str, BYTES(""), 4), SQLITE_TOOBIG);
  char *text = sqlite3_str_finish(str);
  CHECK(text && memcmp(text, "a\0bcd", 6) == 0);
  sqlite3_free(text);
}

int main(void) {
  check_hashes();
  check_order();
  check_hex();
  check_json(BYTES(""), "\"\"");
  check_json(BYTES("a/b \x7f \xc3\xa9"), "\"a/b \x7f \xc3\xa9\"");
  check_json(BYTES("say \"x\\y\""), "\"say \\\"x\\\\y\\\"\"");
  check_json(BYTES("\b\f\n\r\t\x01\x1f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\"");
  check_json(BYTES("a\0b"), "\"a\\u0000b\"");
  check_bounded();
  return unit_end("unit_text");
}
