/*
** The streaming decoder of rows (src/wire/rows.h). In whatever pieces an input arrives, the same
** must come out, so nearly every check is made for the whole input, for its bytes one at a time and
** for two pieces cut at every position.
**
** What is decoded is compared as text: "(#1 'x' -)(#2 '' T) done" are two rows of a number, a
** string and a null or true (false: F, nested: <...>), and the end of the array. Control characters
** and backslashes are shown as \xHH.
**
** In the tables ` stands for ", which both C and JSON would want escaped.
*/
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/rows.h"
#include "unit.h"
#include "base/limits.h"

/* Above any input here. */
#define ROW_BYTES (64 * 1024 * 1024)

/* An input for the members `names` (ended by NULL), and what is to be decoded from it. */
struct sample {
  const char *names[5];
  char json[140];
  char decoded[100];
};

/* In what pieces an input is fed. */
struct feeding {
  size_t first;  /* bytes of the first piece */
  size_t others; /* bytes of each further one */
  bool is_lazy;  /* only one step after each piece; else all rows that are there */
  bool is_ended; /* the decoder is told of the end before the first step */
};

#define WHOLE ((struct feeding){SIZE_MAX, SIZE_MAX, false, true})
#define BYTEWISE ((struct feeding){1, 1, false, false})

static int count_names(const char *const *names) {
  int n = 0;
  while (names[n])
    n++;
  return n;
}

/* ---------------------------------------------------------------- what was decoded, as text */

static void append_value(sqlite3_str *str, const struct wow_json_value *value) {
  static const char *const opening[] = {"-", "F", "T", "#", "'", "<"};
  static const char *const closing[] = {"", "", "", "", "'", ">"};
  bool has_text = value->kind >= WOW_JSON_NUMBER;
  sqlite3_str_appendall(str, opening[value->kind]);
  for (size_t i = 0; has_text && i < value->bytes; i++) {
    unsigned char c = (unsigned char)value->text[i];
    if (c < 0x20 || c == 0x7f || c == '\\')
      sqlite3_str_appendf(str, "\\x%02x", c);
    else
      sqlite3_str_appendchar(str, 1, (char)c);
  }
  sqlite3_str_appendall(str, closing[value->kind]);
}

/* The last `n` members of the current row. */
static void append_row(sqlite3_str *str, const struct wow_rows *rows, int n_names, int n) {
  sqlite3_str_appendchar(str, 1, '(');
  for (int i = n_names - n; i < n_names; i++) {
    if (i > n_names - n) sqlite3_str_appendchar(str, 1, ' ');
    append_value(str, wow_rows_value(rows, i));
  }
  sqlite3_str_appendchar(str, 1, ')');
}

static void append_verdict(sqlite3_str *str, int rc, const struct wow_error *err) {
  if (rc == SQLITE_OK) sqlite3_str_appendall(str, " more");
  if (rc == SQLITE_DONE) sqlite3_str_appendall(str, " done");
  if (rc == SQLITE_ROW || rc == SQLITE_OK || rc == SQLITE_DONE) return;
  sqlite3_str_appendf(str, " error %d: %s", rc, err->message ? err->message : "");
}

/* Steps until there is no row, at most `most` rows. */
static int step(struct wow_rows *rows, int n_names, int most, sqlite3_str *str,
                struct wow_error *err) {
  int rc = SQLITE_ROW;
  for (int i = 0; i < most && rc == SQLITE_ROW; i++) {
    rc = wow_rows_next(rows, err);
    if (rc == SQLITE_ROW) append_row(str, rows, n_names, n_names);
  }
  return rc;
}

/* Decodes an input that arrives as `feeding` says; sqlite3_free the result. */
static char *decode(struct wow_rows *rows, int n_names, const char *json, size_t bytes,
                    struct feeding feeding) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  struct wow_error err = {0}, again = {0};
  size_t fed = 0, piece = feeding.first;
  int rc = SQLITE_OK;
  while (fed < bytes && rc != SQLITE_ERROR) {
    if (piece > bytes - fed) piece = bytes - fed;
    if (wow_rows_feed(rows, json + fed, piece) != SQLITE_OK) sqlite3_str_appendall(str, "feed!");
    fed += piece;
    piece = feeding.others;
    if (fed == bytes && feeding.is_ended) wow_rows_end(rows);
    rc = step(rows, n_names, feeding.is_lazy ? 1 : INT_MAX, str, &err);
  }
  wow_rows_end(rows);
  if (rc != SQLITE_ERROR) rc = step(rows, n_names, INT_MAX, str, &err);
  append_verdict(str, rc, &err);
  /* The verdict stays. */
  if (wow_rows_next(rows, &again) != rc) sqlite3_str_appendall(str, " and then another result");
  if (rc == SQLITE_ERROR && strcmp(err.message, again.message ? again.message : "") != 0) {
    sqlite3_str_appendall(str, " and then another message");
  }
  if (rc == SQLITE_DONE && wow_rows_pending(rows)) sqlite3_str_appendall(str, " with bytes left");
  wow_error_reset(&err);
  wow_error_reset(&again);
  return sqlite3_str_finish(str);
}

/* As decode, from the start of a decoder that has been used. */
static char *decode_again(struct wow_rows *rows, int n_names, const char *json, size_t bytes,
                          struct feeding feeding) {
  wow_rows_restart(rows);
  return decode(rows, n_names, json, bytes, feeding);
}

/* As decode, with a decoder of its own. */
static char *decode_once(const char *const *names, const char *json, size_t bytes, size_t row_bytes,
                         struct feeding feeding) {
  int n_names = count_names(names);
  struct wow_rows *rows = wow_rows_new(names, n_names, row_bytes);
  char *text = decode(rows, n_names, json, bytes, feeding);
  wow_rows_free(rows);
  return text;
}

#define CHECK_DECODED(decoding, expected)                                                          \
  do {                                                                                             \
    char *decoded = decoding;                                                                      \
    CHECK_TEXT(decoded, expected);                                                                 \
    sqlite3_free(decoded);                                                                         \
  } while (0)

/* In one piece, byte by byte, and in two pieces cut everywhere. The decoder is used again and
** again, so its restart is checked, too. */
static void check_pieces(const char *const *names, const char *json, size_t bytes, size_t row_bytes,
                         const char *expected) {
  int n = count_names(names);
  struct feeding late = {SIZE_MAX, SIZE_MAX, false, false}, lazy = {1, 1, true, false};
  struct wow_rows *rows = wow_rows_new(names, n, row_bytes);
  long failed = unit.failed;
  unit_about("%.*s", (int)bytes, json);
  CHECK_DECODED(decode_once(names, json, bytes, row_bytes, WHOLE), expected);
  CHECK_DECODED(decode_once(names, json, bytes, row_bytes, BYTEWISE), expected);
  CHECK_DECODED(decode_again(rows, n, json, bytes, late), expected);
  CHECK_DECODED(decode_again(rows, n, json, bytes, lazy), expected);
  /* Not every cut of an input that has failed is worth a report. */
  for (size_t cut = 1; cut < bytes && unit.failed == failed; cut++) {
    struct feeding two = {cut, SIZE_MAX, cut % 2 == 0, cut % 3 == 0};
    unit_about("cut at %d: %.*s", (int)cut, (int)bytes, json);
    CHECK_DECODED(decode_again(rows, n, json, bytes, two), expected);
    /* Given up in the middle, and then begun again. */
    wow_rows_restart(rows);
    struct wow_error err = {0};
    wow_rows_feed(rows, json, cut);
    wow_rows_next(rows, &err);
    wow_error_reset(&err);
    CHECK_DECODED(decode_again(rows, n, json, bytes, WHOLE), expected);
  }
  wow_rows_free(rows);
}

/* ---------------------------------------------------------------- valid inputs */

#define AB                                                                                         \
  { "a", "b" }

static struct sample samples[] = {
    /* arrays and layout */
    {AB, "[]", " done"},
    {AB, " \n\t\r [ \n\t\r ] \n\t\r ", " done"},
    {{NULL}, "[{}]", "() done"},
    {{NULL}, "[{`a`:1},{`b`:[]}]", "()() done"},
    {AB, "[{}]", "(- -) done"},
    {AB, "[{},{ }, \n {\n}]", "(- -)(- -)(- -) done"},
    {AB, "[{`a`:1,`b`:`x`}, \n {`a`:2,`b`:`y`}]", "(#1 'x')(#2 'y') done"},
    {AB, "[{`a`:1,`b`:`x`},{`a`:2,`b`:`y`},{`a`:3,`b`:null}]", "(#1 'x')(#2 'y')(#3 -) done"},
    {AB, " [ { `a` : 1 , `b` : `x` } , { `b` : `y` , `a` : 2 } ] ", "(#1 'x')(#2 'y') done"},
    {AB, "\r\n[\t{\n`a`\r:\t-0.0\n,\r`b`\t:\nfalse\r}\t,\n{\r`a`\t:\nnull\r}\t]\r\n",
     "(#-0.0 F)(- -) done"},
    {AB, "[{`a`:[ 1 , 2 ] ,`b`:{ `c` : { } }}]", "(<[ 1 , 2 ]> <{ `c` : { } }>) done"},
    /* words */
    {AB, "[{`a`:null,`b`:true},{`a`:false,`b`:null}]", "(- T)(F -) done"},
    {AB, "[{`a`:`null`,`b`:`true`}]", "('null' 'true') done"},
    /* numbers stay as they are written */
    {AB, "[{`a`:9223372036854775807,`b`:-9223372036854775808}]",
     "(#9223372036854775807 #-9223372036854775808) done"},
    {AB, "[{`a`:9007199254740993,`b`:18446744073709551616}]",
     "(#9007199254740993 #18446744073709551616) done"},
    {AB, "[{`a`:0,`b`:-0}]", "(#0 #-0) done"},
    {AB, "[{`a`:0.1,`b`:1.7976931348623157e+308}]", "(#0.1 #1.7976931348623157e+308) done"},
    {AB, "[{`a`:5e-324,`b`:2.2250738585072014E-308}]", "(#5e-324 #2.2250738585072014E-308) done"},
    {AB, "[{`a`:1.2345678901234568e+17,`b`:100000000000000.5}]",
     "(#1.2345678901234568e+17 #100000000000000.5) done"},
    {AB, "[{`a`:1.50,`b`:0.00000000000000000001}]", "(#1.50 #0.00000000000000000001) done"},
    {AB, "[{`a`:1E5,`b`:1e05}]", "(#1E5 #1e05) done"},
    {AB, "[{`a`:1e400,`b`:123456789012345678901234567890123456789.000}]",
     "(#1e400 #123456789012345678901234567890123456789.000) done"},
    /* strings */
    {AB, "[{`a`:``,`b`:` `}]", "('' ' ') done"},
    {AB, "[{`a`:`[{]}`,`b`:`a,b:c`}]", "('[{]}' 'a,b:c') done"},
    {AB, "[{`a`:`\\`\\\\\\/\\b\\f\\n\\r\\t`,`b`:`x`}]",
     "('`\\x5c/\\x08\\x0c\\x0a\\x0d\\x09' 'x') done"},
    {AB, "[{`a`:`\\\\`,`b`:`\\\\\\``}]", "('\\x5c' '\\x5c`') done"},
    {AB, "[{`a`:`\\`}]`,`b`:`x\\\\`}]", "('`}]' 'x\\x5c') done"},
    {AB, "[{`a`:`x\\u0041\\u00e9y`,`b`:`\\u20AC\\uffff`}]",
     "('xA\xc3\xa9y' '\xe2\x82\xac\xef\xbf\xbf') done"},
    {AB, "[{`a`:`\\u0000`,`b`:`x\\u001fy\\u007f`}]", "('\\x00' 'x\\x1fy\\x7f') done"},
    {AB, "[{`a`:`\\u007f\\u0080\\u07ff`,`b`:`\\u0800\\ud7ff\\ue000`}]",
     "('\\x7f\xc2\x80\xdf\xbf' '\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80') done"},
    {AB, "[{`a`:`\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80`,`b`:`\x7f\xe2\x80\xa8/<>&'`}]",
     "('\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80' '\\x7f\xe2\x80\xa8/<>&'') done"},
    /* surrogates: pairs, and halves, which become U+FFFD */
    {AB, "[{`a`:`\\ud83d\\ude00`,`b`:`x\\uD800\\uDC00\\udbff\\udfffy`}]",
     "('\xf0\x9f\x98\x80' 'x\xf0\x90\x80\x80\xf4\x8f\xbf\xbfy') done"},
    {AB, "[{`a`:`\\ud83d`,`b`:`\\ude00x`}]", "('\xef\xbf\xbd' '\xef\xbf\xbdx') done"},
    {AB, "[{`a`:`\\ud83dx`,`b`:`\\ud83d\\n\\ude00`}]",
     "('\xef\xbf\xbdx' '\xef\xbf\xbd\\x0a\xef\xbf\xbd') done"},
    {AB, "[{`a`:`\\ud83d\\ud83d\\ude00`,`b`:`\\ud83d\\u0041`}]",
     "('\xef\xbf\xbd\xf0\x9f\x98\x80' '\xef\xbf\xbd"
     "A') done"},
    {AB, "[{`a`:`\\ud800`,`b`:`\\udbff\\udc00\\udbff\\ue000`}]",
     "('\xef\xbf\xbd' '\xf4\x8f\xb0\x80\xef\xbf\xbd\xee\x80\x80') done"},
    {AB, "[{`a`:`\\udfff`,`b`:`\\ud800\\udbff\\udc00\\udfff`}]",
     "('\xef\xbf\xbd' '\xef\xbf\xbd\xf4\x8f\xb0\x80\xef\xbf\xbd') done"},
    {AB, "[{`a`:`\\ude00\\ud83d`,`b`:`\\ud83d\\\\ude00`}]",
     "('\xef\xbf\xbd\xef\xbf\xbd' '\xef\xbf\xbd\\x5cude00') done"},
    /* what PostgreSQL would not send as text, but what is passed on: bytes that are not UTF-8 */
    {AB, "[{`a`:`\xff`,`b`:`\xc3(`}]", "('\xff' '\xc3(') done"},
    /* nested values are their text as written, escapes included */
    {AB, "[{`a`:{},`b`:[]}]", "(<{}> <[]>) done"},
    {AB, "[{`a`:{`a`:1,`b`:{`a`:[1,2,{`c`:null}]}},`b`:[[],[[]],[{}]]}]",
     "(<{`a`:1,`b`:{`a`:[1,2,{`c`:null}]}}> <[[],[[]],[{}]]>) done"},
    {AB, "[{`a`:[`\\u0041\\n`,`]`],`b`:{`}`:`\\`}`}}]",
     "(<[`\\x5cu0041\\x5cn`,`]`]> <{`}`:`\\x5c`}`}>) done"},
    {AB, "[{`a`:[1.50,-0,1e400,true,false,null],`b`:{`x` :\n1}}]",
     "(<[1.50,-0,1e400,true,false,null]> <{`x` :\\x0a1}>) done"},
    {AB, "[{`a`:{`x`:1,`x`:2},`b`:[ ]}]", "(<{`x`:1,`x`:2}> <[ ]>) done"},
    /* keys: another order, missing, further ones, repeated ones */
    {AB, "[{`b`:2,`a`:1},{`a`:3,`b`:4}]", "(#1 #2)(#3 #4) done"},
    {AB, "[{`b`:2},{`a`:1},{},{`b`:3}]", "(- #2)(#1 -)(- -)(- #3) done"},
    {AB, "[{`a`:`x\\n`,`b`:`y\\n`},{`b`:1},{`a`:`z`}]", "('x\\x0a' 'y\\x0a')(- #1)('z' -) done"},
    {AB, "[{`x`:0,`a`:1,`y`:`\\u0041`,`b`:2,`z`:{`a`:9}}]", "(#1 #2) done"},
    {AB, "[{`A`:1,`aa`:2,``:3,`a `:4,` a`:5}]", "(- -) done"},
    {AB, "[{`a`:1,`a`:2},{`b`:`x`,`a`:1,`b`:null}]", "(#2 -)(#1 -) done"},
    {AB, "[{`a`:`x\\n`,`a`:`y`,`b`:`u`,`b`:`\\t`}]", "('y' '\\x09') done"},
    {AB, "[{`a`:`x\\n`,`a`:[`\\n`]},{`a`:`\\n`,`a`:1}]", "(<[`\\x5cn`]> -)(#1 -) done"},
    {AB, "[{`a`:`\\n`,`a`:`\\\\n`}]", "('\\x5cn' -) done"},
    /* escaped key names */
    {AB, "[{`\\u0061`:1,`\\u0062`:2}]", "(#1 #2) done"},
    {AB, "[{`\\u0062`:2,`a`:1,`\\u0061\\u0000`:3}]", "(#1 #2) done"},
    {{"q\"q", "b\\s", "t\tb", "\x01"},
     "[{`q\\`q`:1,`b\\\\s`:2,`t\\tb`:3,`\\u0001`:4},"
     "{`\\u0001`:4,`t\\u0009b`:3,`b\\u005Cs`:2,`q\\u0022q`:1}]",
     "(#1 #2 #3 #4)(#1 #2 #3 #4) done"},
    {{"a/b", "\xc3\xa9", "", "\x7f"},
     "[{`a/b`:1,`\xc3\xa9`:2,``:3,`\x7f`:4},"
     "{`a\\/b`:1,`\\u00e9`:2,``:3,`\\u007f`:4}]",
     "(#1 #2 #3 #4)(#1 #2 #3 #4) done"},
    {{"\xf0\x9f\x98\x80", "b n", "\b\f\n\r"},
     "[{`\xf0\x9f\x98\x80`:1,`b n`:2,`\\b\\f\\n\\r`:3},{`\\ud83d\\ude00`:4}]",
     "(#1 #2 #3)(#4 - -) done"},
    /* names that are beginnings of each other */
    {{"aaa", "aa", "a", ""}, "[{``:0,`a`:1,`aa`:2,`aaa`:3}]", "(#3 #2 #1 #0) done"},
    {{"a_name_that_is_longer_than_what_comes_after_the_buffer", "a_name"},
     "[{`a_name`:2,`a_name_that_is_longer_than_what_comes_after_the_buffer`:1}]",
     "(#1 #2) done"},
    {{"a", "a:", "a\":1"}, "[{`a`:1,`a:`:2,`a\\`:1`:3}]", "(#1 #2 #3) done"},
};

static void put_quotes(char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    if (text[i] == '`') text[i] = '"';
  }
}

static void test_samples(void) {
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    const struct sample *sample = &samples[i];
    check_pieces(sample->names, sample->json, strlen(sample->json), ROW_BYTES, sample->decoded);
  }
}

/* There may be blanks between any two tokens, and nowhere do they change what is decoded. */
static void test_blanks_everywhere(void) {
  static const char *const names[] = {"a", "b", "c", NULL};
  static const char *const tokens[] = {"[", "{",    "\"a\"", ":",     "1.5", ",",        "\"b\"",
                                       ":", "null", ",",     "\"c\"", ":",   "\"x\\n\"", "}",
                                       ",", "{",    "}",     "]",     NULL};
  static const char *const blanks[] = {" ", "\n", "\t", "\r", " \r\n\t  ", "                    "};
  for (size_t b = 0; b < sizeof(blanks) / sizeof(blanks[0]); b++) {
    for (int at = -1; tokens[at + 1]; at++) {
      sqlite3_str *str = sqlite3_str_new(NULL);
      for (int i = 0; tokens[i]; i++) {
        /* -1: everywhere */
        if (i == at || at < 0) sqlite3_str_appendall(str, blanks[b]);
        sqlite3_str_appendall(str, tokens[i]);
      }
      char *json = sqlite3_str_finish(str);
      check_pieces(names, json, strlen(json), ROW_BYTES, "(#1.5 - 'x\\x0a')(- - -) done");
      sqlite3_free(json);
    }
  }
}

/* Strings of every length around the width of a vector load, with something special at every
** place. */
static void test_string_lengths(void) {
  static const char *const names[] = {"a", NULL};
  static const char *const specials[] = {"", "\\n", "\\u0041", "\\ud83d\\ude00", "\xc3\xa9"};
  static const char *const shown[] = {"", "\\x0a", "A", "\xf0\x9f\x98\x80", "\xc3\xa9"};
  char filler[80];
  memset(filler, 'x', sizeof(filler));
  for (size_t s = 0; s < sizeof(specials) / sizeof(specials[0]); s++) {
    for (int length = 0; length < 50; length++) {
      for (int at = 0; at <= length; at++) {
        char json[200], expected[200];
        snprintf(json, sizeof(json), "[{\"a\":\"%.*s%s%.*s\"}]", at, filler, specials[s],
                 length - at, filler);
        snprintf(expected, sizeof(expected), "('%.*s%s%.*s') done", at, filler, shown[s],
                 length - at, filler);
        unit_about("%s", json);
        CHECK_DECODED(decode_once(names, json, strlen(json), ROW_BYTES, WHOLE), expected);
        CHECK_DECODED(decode_once(names, json, strlen(json), ROW_BYTES, BYTEWISE), expected);
      }
    }
  }
}

/* An escaped key that does not fit into the decoder's small buffer. */
static void test_long_names(void) {
  for (int length = 240; length < 270; length++) {
    char name[300], json[700];
    memset(name, 'n', sizeof(name));
    name[length] = 0;
    const char *const names[] = {name, "b", NULL};
    snprintf(json, sizeof(json), "[{\"b\":2,\"\\u006e%s\":1},{\"%s\":3}]", name + 1, name);
    unit_about("%s", json);
    CHECK_DECODED(decode_once(names, json, strlen(json), ROW_BYTES, WHOLE), "(#1 #2)(#3 -) done");
    CHECK_DECODED(decode_once(names, json, strlen(json), ROW_BYTES, BYTEWISE),
                  "(#1 #2)(#3 -) done");
  }
}

/* ---------------------------------------------------------------- inputs that are broken */

/* The text of an input that may contain zeros. */
#define TEXT(literal) literal, sizeof(literal) - 1

struct broken {
  char json[40];
  size_t bytes;
  int position;         /* of the trouble */
  const char *expected; /* what the message says was expected there; NULL: the input ended early */
  const char *rows;     /* the rows in front of it; NULL: none */
};

#define ROWS_ARRAY "an array of rows"
#define ROW_OR_END "a row or the end of the array"
#define COMMA_OR_END "a comma or the end of the array"
#define NOTHING "nothing after the array"
#define JSON "JSON"

static struct broken broken[] = {
    /* no array of rows */
    {TEXT(""), 0, NULL, NULL},
    {TEXT(" \n"), 2, NULL, NULL},
    {TEXT("x"), 0, ROWS_ARRAY, NULL},
    {TEXT("  x"), 2, ROWS_ARRAY, NULL},
    {TEXT("null"), 0, ROWS_ARRAY, NULL},
    {TEXT("{}"), 0, ROWS_ARRAY, NULL},
    {TEXT("{`a`:1}"), 0, ROWS_ARRAY, NULL},
    {TEXT("`a`"), 0, ROWS_ARRAY, NULL},
    {TEXT("5"), 0, ROWS_ARRAY, NULL},
    {TEXT("]"), 0, ROWS_ARRAY, NULL},
    {TEXT("<html>"), 0, ROWS_ARRAY, NULL},
    {TEXT("\xef\xbb\xbf[]"), 0, ROWS_ARRAY, NULL},
    {TEXT("\0[]"), 0, ROWS_ARRAY, NULL},
    {TEXT("\f[]"), 0, ROWS_ARRAY, NULL},
    {TEXT("/**/[]"), 0, ROWS_ARRAY, NULL},
    /* the array's frame */
    {TEXT("[1]"), 1, ROW_OR_END, NULL},
    {TEXT("[null]"), 1, ROW_OR_END, NULL},
    {TEXT("[`a`]"), 1, ROW_OR_END, NULL},
    {TEXT("[[]]"), 1, ROW_OR_END, NULL},
    {TEXT("[,]"), 1, ROW_OR_END, NULL},
    {TEXT("[ ,{}]"), 2, ROW_OR_END, NULL},
    {TEXT("[}"), 1, ROW_OR_END, NULL},
    {TEXT("[\0]"), 1, ROW_OR_END, NULL},
    {TEXT("[\v]"), 1, ROW_OR_END, NULL},
    {TEXT("[\xc2\xa0]"), 1, ROW_OR_END, NULL},
    {TEXT("[{},]"), 4, "a row", "(- -)"},
    {TEXT("[{}, ]"), 5, "a row", "(- -)"},
    {TEXT("[{},,{}]"), 4, "a row", "(- -)"},
    {TEXT("[{},1]"), 4, "a row", "(- -)"},
    {TEXT("[{},null]"), 4, "a row", "(- -)"},
    {TEXT("[{},[]]"), 4, "a row", "(- -)"},
    {TEXT("[{}, \0{}]"), 5, "a row", "(- -)"},
    {TEXT("[{}{}]"), 3, COMMA_OR_END, "(- -)"},
    {TEXT("[{} {}]"), 4, COMMA_OR_END, "(- -)"},
    {TEXT("[{}}]"), 3, COMMA_OR_END, "(- -)"},
    {TEXT("[{};{}]"), 3, COMMA_OR_END, "(- -)"},
    {TEXT("[{}\0,{}]"), 3, COMMA_OR_END, "(- -)"},
    {TEXT("[{`a`:1}//\n]"), 8, COMMA_OR_END, "(#1 -)"},
    {TEXT("[]x"), 2, NOTHING, NULL},
    {TEXT("[] []"), 3, NOTHING, NULL},
    {TEXT("[],"), 2, NOTHING, NULL},
    {TEXT("[]]"), 2, NOTHING, NULL},
    {TEXT("[]\0"), 2, NOTHING, NULL},
    {TEXT("[{}]{}"), 4, NOTHING, "(- -)"},
    {TEXT("[{`a`:1}][{`a`:2}]"), 9, NOTHING, "(#1 -)"},
    /* the frame of a row */
    {TEXT("[{a:1}]"), 2, JSON, NULL},
    {TEXT("[{'a':1}]"), 2, JSON, NULL},
    {TEXT("[{1:1}]"), 2, JSON, NULL},
    {TEXT("[{null:1}]"), 2, JSON, NULL},
    {TEXT("[{:1}]"), 2, JSON, NULL},
    {TEXT("[{,}]"), 2, JSON, NULL},
    {TEXT("[{,`a`:1}]"), 2, JSON, NULL},
    {TEXT("[{]"), 2, JSON, NULL},
    {TEXT("[{{}}]"), 2, JSON, NULL},
    {TEXT("[{`a`}]"), 5, JSON, NULL},
    {TEXT("[{`a`,}]"), 5, JSON, NULL},
    {TEXT("[{`a` 1}]"), 6, JSON, NULL},
    {TEXT("[{`a`=1}]"), 5, JSON, NULL},
    {TEXT("[{`a`::1}]"), 6, JSON, NULL},
    {TEXT("[{`a`:}]"), 6, JSON, NULL},
    {TEXT("[{`a`:,`b`:1}]"), 6, JSON, NULL},
    {TEXT("[{`a`:]}]"), 6, JSON, NULL},
    {TEXT("[{`a`:1]"), 7, JSON, NULL},
    {TEXT("[{`a`:1,}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1,,`b`:2}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1 `b`:2}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1;`b`:2}]"), 7, JSON, NULL},
    {TEXT("[{`a`:1,`b`}]"), 11, JSON, NULL},
    {TEXT("[{`a`:1,2}]"), 8, JSON, NULL},
    {TEXT("[{`a`:`x``y`}]"), 9, JSON, NULL},
    {TEXT("[{`a`:/**/1}]"), 6, JSON, NULL},
    {TEXT("[{`a`:\0"
          "1}]"),
     6, JSON, NULL},
    {TEXT("[{`a`:1\0}]"), 7, JSON, NULL},
    {TEXT("[{\0}]"), 2, JSON, NULL},
    {TEXT("[{`a`:\f1}]"), 6, JSON, NULL},
    {TEXT("[{`a`:1},{`a`:}]"), 14, JSON, "(#1 -)"},
    {TEXT("[{`c`:}]"), 6, JSON, NULL},
    {TEXT("[{`c`:1,}]"), 8, JSON, NULL},
    /* words */
    {TEXT("[{`a`:nul}]"), 6, JSON, NULL},
    {TEXT("[{`a`:nulll}]"), 10, JSON, NULL},
    {TEXT("[{`a`:Null}]"), 6, JSON, NULL},
    {TEXT("[{`a`:n}]"), 6, JSON, NULL},
    {TEXT("[{`a`:tru}]"), 6, JSON, NULL},
    {TEXT("[{`a`:truE}]"), 6, JSON, NULL},
    {TEXT("[{`a`:TRUE}]"), 6, JSON, NULL},
    {TEXT("[{`a`:trues}]"), 10, JSON, NULL},
    {TEXT("[{`a`:fals}]"), 6, JSON, NULL},
    {TEXT("[{`a`:falsey}]"), 11, JSON, NULL},
    {TEXT("[{`a`:undefined}]"), 6, JSON, NULL},
    {TEXT("[{`a`:nan}]"), 6, JSON, NULL},
    {TEXT("[{`a`:NaN}]"), 6, JSON, NULL},
    {TEXT("[{`a`:Infinity}]"), 6, JSON, NULL},
    {TEXT("[{`a`:-Infinity}]"), 7, JSON, NULL},
    {TEXT("[{`a`:'x'}]"), 6, JSON, NULL},
    {TEXT("[{`a`:b}]"), 6, JSON, NULL},
    /* numbers */
    {TEXT("[{`a`:01}]"), 7, JSON, NULL},
    {TEXT("[{`a`:-01}]"), 8, JSON, NULL},
    {TEXT("[{`a`:00}]"), 7, JSON, NULL},
    {TEXT("[{`a`:-}]"), 7, JSON, NULL},
    {TEXT("[{`a`:--1}]"), 7, JSON, NULL},
    {TEXT("[{`a`:+1}]"), 6, JSON, NULL},
    {TEXT("[{`a`:.5}]"), 6, JSON, NULL},
    {TEXT("[{`a`:-.5}]"), 7, JSON, NULL},
    {TEXT("[{`a`:1.}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1.e5}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1e}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1e+}]"), 9, JSON, NULL},
    {TEXT("[{`a`:1e-x}]"), 9, JSON, NULL},
    {TEXT("[{`a`:e5}]"), 6, JSON, NULL},
    {TEXT("[{`a`:1.2.3}]"), 9, JSON, NULL},
    {TEXT("[{`a`:1e5.5}]"), 9, JSON, NULL},
    {TEXT("[{`a`:1e5e5}]"), 9, JSON, NULL},
    {TEXT("[{`a`:1-2}]"), 7, JSON, NULL},
    {TEXT("[{`a`:0x10}]"), 7, JSON, NULL},
    {TEXT("[{`a`:1_000}]"), 7, JSON, NULL},
    {TEXT("[{`a`:1,5}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1 2}]"), 8, JSON, NULL},
    {TEXT("[{`a`:1f}]"), 7, JSON, NULL},
    {TEXT("[{`a`:\xd9\xa3}]"), 6, JSON, NULL},
    /* strings */
    {TEXT("[{`a`:`x\ny`}]"), 8, JSON, NULL},
    {TEXT("[{`a`:`\ty`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`x\0y`}]"), 8, JSON, NULL},
    {TEXT("[{`a`:`x\x1f`}]"), 8, JSON, NULL},
    {TEXT("[{`a`:`0123456789abcdef\n`}]"), 23, JSON, NULL},
    {TEXT("[{`a`:`\\x41`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`x\\a`}]"), 8, JSON, NULL},
    {TEXT("[{`a`:`\\0`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\'`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\U0041`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\N`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\ `}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\\n`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\\0`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u1`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u12`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u123`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u123g`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u 123`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u+123`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\u0x41`}]"), 7, JSON, NULL},
    {TEXT("[{`a`:`\\n\\u00e`}]"), 9, JSON, NULL},
    {TEXT("[{`a`:`\\ud83d\\ude0`}]"), 13, JSON, NULL},
    {TEXT("[{`c`:`\\x`}]"), 7, JSON, NULL},
    {TEXT("[{`a\\x`:1}]"), 4, JSON, NULL},
    {TEXT("[{`a\n`:1}]"), 4, JSON, NULL},
    {TEXT("[{`\\u12`:1}]"), 3, JSON, NULL},
    {TEXT("[{`a`:`x}]"), 10, NULL, NULL},
    {TEXT("[{`a`:`x\\`}]"), 12, NULL, NULL},
    {TEXT("[{`a:1}]"), 8, NULL, NULL},
    /* nested values */
    {TEXT("[{`a`:[}]"), 7, JSON, NULL},
    {TEXT("[{`a`:[1}}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[1,]}]"), 9, JSON, NULL},
    {TEXT("[{`a`:[,1]}]"), 7, JSON, NULL},
    {TEXT("[{`a`:[,]}]"), 7, JSON, NULL},
    {TEXT("[{`a`:[1 2]}]"), 9, JSON, NULL},
    {TEXT("[{`a`:[1:2]}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[`x`:1]}]"), 10, JSON, NULL},
    {TEXT("[{`a`:[]]}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[[]}]"), 9, JSON, NULL},
    {TEXT("[{`a`:{]}]"), 7, JSON, NULL},
    {TEXT("[{`a`:{}x}]"), 8, JSON, NULL},
    {TEXT("[{`a`:{`x`}}]"), 10, JSON, NULL},
    {TEXT("[{`a`:{`x`:}}]"), 11, JSON, NULL},
    {TEXT("[{`a`:{`x` 1}}]"), 11, JSON, NULL},
    {TEXT("[{`a`:{`x`:1,}}]"), 13, JSON, NULL},
    {TEXT("[{`a`:{,}}]"), 7, JSON, NULL},
    {TEXT("[{`a`:{x:1}}]"), 7, JSON, NULL},
    {TEXT("[{`a`:{1:1}}]"), 7, JSON, NULL},
    {TEXT("[{`a`:{`x`:1 `y`:2}}]"), 13, JSON, NULL},
    {TEXT("[{`a`:{`x`:1]}]"), 12, JSON, NULL},
    {TEXT("[{`a`:[01]}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[1.]}]"), 9, JSON, NULL},
    {TEXT("[{`a`:[nul]}]"), 7, JSON, NULL},
    {TEXT("[{`a`:[truefalse]}]"), 11, JSON, NULL},
    {TEXT("[{`a`:[`\\x`]}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[`\\u12`]}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[`x\ny`]}]"), 9, JSON, NULL},
    {TEXT("[{`a`:[\0]}]"), 7, JSON, NULL},
    {TEXT("[{`a`:[1\0]}]"), 8, JSON, NULL},
    {TEXT("[{`a`:{`\\q`:1}}]"), 8, JSON, NULL},
    {TEXT("[{`a`:[{`y`:[}]}]}]"), 13, JSON, NULL},
    {TEXT("[{`c`:[1,]}]"), 9, JSON, NULL},
    {TEXT("[{`a`:{`b`:2}"), 13, NULL, NULL},
};

/* The decoded rows and the message for a broken input. */
static char *broken_text(const struct broken *input) {
  const char *rows = input->rows ? input->rows : "";
  if (input->expected == NULL) {
    return sqlite3_mprintf("%s error 1: the response ended after %d bytes, before its end", rows,
                           input->position);
  }
  return sqlite3_mprintf("%s error 1: the response is malformed at byte %d: expected %s", rows,
                         input->position, input->expected);
}

static void test_broken(void) {
  static const char *const names[] = {"a", "b", NULL};
  for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
    char *expected = broken_text(&broken[i]);
    check_pieces(names, broken[i].json, broken[i].bytes, ROW_BYTES, expected);
    sqlite3_free(expected);
  }
}

/* A broken row of which not even the end can be found: each way of feeding must end in an error,
** but the message may speak of the early end. */
static void test_broken_without_end(void) {
  static const char *const names[] = {"a", NULL};
  static const char *const inputs[] = {"[{\"a\":1},{x",
                                       "[{\"a\":1},{\"a\" \"b\":[1}",
                                       "[{\"a\":1},{\"a\":x,\"b\":{\"c\":[[1]",
                                       "[{\"a\":1},{\"a\":\"\\x}]",
                                       "[{\"a\":1},{\"a\":\"\n}]",
                                       "[{\"a\":1},<html>{{{{"};
  for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
    size_t bytes = strlen(inputs[i]);
    for (size_t cut = 1; cut <= bytes; cut++) {
      struct feeding two = {cut, cut % 2 ? 1 : SIZE_MAX, false, false};
      char *text = decode_once(names, inputs[i], bytes, ROW_BYTES, two);
      unit_about("cut at %d: %s gives %s", (int)cut, inputs[i], text);
      CHECK(strncmp(text, "(#1) error 1: the response ", 27) == 0 && strstr(text, " byte"));
      sqlite3_free(text);
    }
  }
}

/* Of each input every beginning: never taken as complete, never more rows than there are. The
** blanks in front fill the decoder's first buffer to the last byte, so that a sanitizer sees a byte
** that is read too far. */
static void test_truncated(void) {
  enum { ROOM = 16384 - 16 };
  static char padded[ROOM];
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    const struct sample *sample = &samples[i];
    size_t bytes = strlen(sample->json);
    while (bytes && strchr(" \n\r\t", sample->json[bytes - 1]))
      bytes--;
    for (size_t kept = 0; kept < bytes; kept++) {
      for (int fill = 0; fill < 2; fill++) {
        char tail[100];
        size_t blanks = fill ? ROOM - kept : 0;
        memset(padded, ' ', blanks);
        memcpy(padded + blanks, sample->json, kept);
        snprintf(tail, sizeof(tail), " error 1: the response ended after %d bytes, before its end",
                 (int)(blanks + kept));
        char *text = decode_once(sample->names, padded, blanks + kept, ROW_BYTES,
                                 kept % 2 && !fill ? BYTEWISE : WHOLE);
        unit_about("%.*s gives %s", (int)kept, sample->json, text);
        size_t rows = strlen(text) >= strlen(tail) ? strlen(text) - strlen(tail) : 0;
        CHECK_TEXT(text + rows, tail);
        CHECK(strncmp(text, sample->decoded, rows) == 0);
        sqlite3_free(text);
      }
    }
  }
}

/* ---------------------------------------------------------------- ceilings and sizes */

static void test_row_ceiling(void) {
  static const char *const names[] = {"a", NULL};
  static const char row[] = "{\"a\":\"0123456789\"}"; /* 18 bytes */
  static const char *const wide[] = {"", " ", "                         "};
  char json[200];
  for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
    /* Blanks between rows belong to no row. */
    snprintf(json, sizeof(json), "%s[%s%s%s,%s%s%s]%s", wide[i], wide[i], row, wide[i], wide[i],
             row, wide[i], wide[i]);
    check_pieces(names, json, strlen(json), strlen(row), "('0123456789')('0123456789') done");
  }
  snprintf(json, sizeof(json), "[%s,%s]", "{\"a\":1}", row);
  check_pieces(names, json, strlen(json), strlen(row) - 1,
               "(#1) error 1: a row has more than 17 bytes");
  snprintf(json, sizeof(json), "[%s,%s]", "{\"a\":1}", "{\"a\":{\"x\":[1,2,3]}}");
  check_pieces(names, json, strlen(json), 18, "(#1) error 1: a row has more than 18 bytes");
}

/* A row without end is given up once the ceiling is passed, not at the end of the input. */
static void test_endless_row(void) {
  static const char *const names[] = {"a", NULL};
  static const char *const openings[] = {"[{\"a\":\"", "[{\"a\":[", "[{\"a\":", "[{"};
  static const char fillers[] = "x[1 ";
  for (int i = 0; i < 4; i++) {
    struct wow_error err = {0};
    struct wow_rows *rows = wow_rows_new(names, 1, 1000);
    wow_rows_feed(rows, openings[i], strlen(openings[i]));
    int fed = 0, rc = SQLITE_OK;
    while (fed < 2000 && (rc = wow_rows_next(rows, &err)) == SQLITE_OK) {
      wow_rows_feed(rows, &fillers[i], 1);
      fed++;
    }
    unit_about("%s%c%c%c...", openings[i], fillers[i], fillers[i], fillers[i]);
    CHECK_INT(rc, SQLITE_ERROR);
    CHECK_TEXT(err.message, "a row has more than 1000 bytes");
    CHECK(fed <= 1001);
    wow_error_reset(&err);
    wow_rows_free(rows);
  }
}

/* A document that nests `depth` deep, objects and arrays in turn, in a row. */
static char *deep_row(int depth) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "[{\"a\":");
  for (int i = 0; i < depth; i++)
    sqlite3_str_appendall(str, i % 3 == 1 ? "{\"x\":" : "[");
  sqlite3_str_appendall(str, "1");
  for (int i = depth; i-- > 0;)
    sqlite3_str_appendall(str, i % 3 == 1 ? "}" : "]");
  sqlite3_str_appendall(str, "}]");
  return sqlite3_str_finish(str);
}

static void test_depth(void) {
  static const char *const names[] = {"a", NULL};
  for (int depth = WOW_MAX_JSON_DEPTH - 1; depth <= WOW_MAX_JSON_DEPTH + 1; depth++) {
    char *json = deep_row(depth);
    size_t bytes = strlen(json);
    int position = 6 + (depth - 1) / 3 * 7; /* of the bracket after the last group of three */
    char *expected =
        depth <= WOW_MAX_JSON_DEPTH
            ? sqlite3_mprintf("(<%.*s>) done", (int)bytes - 8, json + 6)
            : sqlite3_mprintf(" error 1: the response is malformed at byte %d: expected JSON",
                              position + (depth - 1) % 3 + ((depth - 1) % 3 == 2 ? 4 : 0));
    struct feeding feedings[] = {
        WHOLE, BYTEWISE, {10, 1000, false, false}, {bytes / 2, 7, true, true}};
    unit_about("depth %d", depth);
    for (size_t i = 0; i < sizeof(feedings) / sizeof(feedings[0]); i++)
      CHECK_DECODED(decode_once(names, json, bytes, ROW_BYTES, feedings[i]), expected);
    sqlite3_free(expected);
    sqlite3_free(json);
  }
}

/* Very deep, without an end: bounded, whatever is on the stack. */
static void test_bottomless(void) {
  static const char *const names[] = {"a", NULL};
  size_t bytes = 1000000;
  char *json = malloc(bytes + 6);
  memcpy(json, "[{\"a\":", 6);
  memset(json + 6, '[', bytes);
  unit_about("a million brackets");
  CHECK_DECODED(decode_once(names, json, bytes + 6, ROW_BYTES, WHOLE),
                " error 1: the response is malformed at byte 10006: expected JSON");
  char *text = decode_once(names, json, bytes + 6, ROW_BYTES, (struct feeding){4096, 4096, 0, 0});
  CHECK(strstr(text, " error 1: the response ") == text);
  sqlite3_free(text);
  free(json);
}

/* Many rows through a buffer that grows and is moved, in pieces of many sizes. */
static void test_many_rows(void) {
  static const char *const names[] = {"id", "s", "j", NULL};
  static const size_t pieces[] = {1, 7, 16, 17, 64, 1000, 4096, 16384, 65536, SIZE_MAX};
  enum { N = 20000 };
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < N; i++) {
    sqlite3_str_appendf(str, "%s{\"id\":%d,\"s\":\"%.*c\\n%d\",\"j\":{\"a\": [%d]}}",
                        i ? ", \n " : "[", i, i % 40, 'x', i, i);
  }
  sqlite3_str_appendall(str, "]");
  size_t bytes = (size_t)sqlite3_str_length(str);
  char *json = sqlite3_str_finish(str);
  unit_about("%d rows", N);
  char *expected = decode_once(names, json, bytes, ROW_BYTES, WHOLE);
  CHECK(strstr(expected, "(#39 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\x0a39' <{\"a\": [39]}>)"));
  CHECK(strstr(expected, "(#19999 ") && strstr(expected, "<{\"a\": [19999]}>) done"));
  for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    struct feeding feeding = {pieces[i], pieces[i], i % 2 == 1, false};
    unit_about("pieces of %d", (int)pieces[i]);
    char *decoded = decode_once(names, json, bytes, ROW_BYTES, feeding);
    CHECK(strcmp(decoded, expected) == 0);
    sqlite3_free(decoded);
  }
  sqlite3_free(expected);
  sqlite3_free(json);
}

/* A huge row in small pieces. A decoder that starts over with each piece would take hours. */
static void test_huge_row(void) {
  static const char *const names[] = {"a", "b", NULL};
  size_t bytes = 8000000, frame = strlen("[{\"a\":\"");
  char *json = malloc(bytes + 40);
  memcpy(json, "[{\"a\":\"", frame);
  for (size_t i = 0; i < bytes; i += 8)
    memcpy(json + frame + i, i % 800 ? "abcdefgh" : "\\u0041\\n", 8);
  strcpy(json + frame + bytes, "\",\"b\":[1,\"]\"]}]");
  struct wow_rows *rows = wow_rows_new(names, 2, ROW_BYTES);
  struct wow_error err = {0};
  size_t all = strlen(json);
  int rc = SQLITE_OK;
  for (size_t fed = 0; fed < all && rc == SQLITE_OK; fed += 64) {
    wow_rows_feed(rows, json + fed, all - fed < 64 ? all - fed : 64);
    rc = wow_rows_next(rows, &err);
  }
  unit_about("a row of %d bytes in pieces of 64", (int)all);
  CHECK_INT(rc, SQLITE_ROW);
  CHECK_INT((long long)wow_rows_value(rows, 0)->bytes, 8000000 - 10000 * 6);
  CHECK_BYTES(wow_rows_value(rows, 0)->text, 10, "A\nabcdefgh", 10);
  CHECK_BYTES(wow_rows_value(rows, 1)->text, wow_rows_value(rows, 1)->bytes, "[1,\"]\"]", 7);
  wow_rows_end(rows);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_DONE);
  wow_error_reset(&err);
  wow_rows_free(rows);
  free(json);
}

/* Positions count from the start of the response, also after what was dropped from the buffer. */
static void test_far_position(void) {
  static const char *const names[] = {"a", NULL};
  struct wow_rows *rows = wow_rows_new(names, 1, ROW_BYTES);
  struct wow_error err = {0};
  wow_rows_feed(rows, "[", 1);
  for (int i = 0; i < 100000; i++) {
    wow_rows_feed(rows, "{\"a\":1},", 8);
    if (wow_rows_next(rows, &err) != SQLITE_ROW) break;
  }
  wow_rows_feed(rows, "{\"a\":tru}", 9);
  unit_about("an error after 800 kB");
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_ERROR);
  CHECK_TEXT(err.message, "the response is malformed at byte 800006: expected JSON");
  wow_error_reset(&err);
  wow_rows_free(rows);
}

/* ---------------------------------------------------------------- the interface's promises */

static void test_steps(void) {
  static const char *const names[] = {"a", NULL};
  struct wow_rows *rows = wow_rows_new(names, 1, ROW_BYTES);
  struct wow_error err = {0};
  unit_about("step by step");
  CHECK_INT((long long)wow_rows_pending(rows), 0);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_OK);
  CHECK_INT(wow_rows_feed(rows, "", 0), SQLITE_OK);
  CHECK_INT(wow_rows_feed(rows, "[{\"a\":1}", 8), SQLITE_OK);
  CHECK_INT((long long)wow_rows_pending(rows), 8);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_ROW);
  CHECK_INT((long long)wow_rows_pending(rows), 0);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_OK);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_OK);
  wow_rows_feed(rows, ",{\"a\":12", 8);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_OK);
  CHECK(wow_rows_pending(rows) >= 7);
  wow_rows_feed(rows, "3}", 2);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_ROW);
  CHECK_BYTES(wow_rows_value(rows, 0)->text, wow_rows_value(rows, 0)->bytes, "123", 3);
  wow_rows_feed(rows, "]", 1);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_DONE);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_DONE);
  wow_rows_feed(rows, " \n", 2);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_DONE);
  CHECK_INT((long long)wow_rows_pending(rows), 0);
  CHECK_INT(err.rc, SQLITE_OK);
  wow_rows_restart(rows);
  wow_rows_end(rows);
  CHECK_INT(wow_rows_next(rows, &err), SQLITE_ERROR);
  CHECK_TEXT(err.message, "the response ended after 0 bytes, before its end");
  wow_error_reset(&err);
  wow_rows_free(rows);
  wow_rows_free(NULL);
}

/* ---------------------------------------------------------------- looking ahead */

struct ahead {
  const char *names[5];
  int n;
  char json[60];
  const char *values; /* NULL: it cannot be told */
};

static struct ahead ahead[] = {
    {AB, 1, "[{`a`:1,`b`:2}]", "(#2)"},
    {AB, 2, "[{`a`:1,`b`:2}]", "(#1 #2)"},
    {AB, 2, "[{`a`:1,`b`:2}, \n {`a`:3,`b`:4}]", "(#3 #4)"},
    {AB, 1, "[{`a`:1,`b`:2}, \n {`a`:3,`b`:`x\\ny`}] \n", "('x\\x0ay')"},
    {AB, 2, "[{},{`a`:`\\u00e9`,`b`:`\\ud83d\\ude00`}]", "('\xc3\xa9' '\xf0\x9f\x98\x80')"},
    {AB, 2, "[{},{`a`:null,`b`:false}]", "(- F)"},
    {AB, 2, "[{},{`a`:-1.50e+3,`b`:true}]", "(#-1.50e+3 T)"},
    {AB, 1, "[{},{`x`:{`b`:7},`b`:8}]", "(#8)"},
    {AB, 1, "[{},{`a`:`,\\`b\\`:9}]`,`b`:8}]", "(#8)"},
    {AB, 1, "[{},{`a`:1,`b`:`,\\`b\\`:9}]`}]", "(',\"b\":9}]')"},
    {AB, 1, "[{},{`b`:1,`b`:2}]", "(#2)"},
    {AB, 2, "[{},{`b`:9,`a`:1,`b`:2}]", "(#1 #2)"},
    {{"x\"", "t\t"}, 2, "[{},{`x\\``:1,`t\\t`:2}]", "(#1 #2)"},
    {{"a", "b", "c"}, 2, "[{`a`:0,`b`:1,`c`:2},{`a`:3,`b`:4,`c`:5}]", "(#4 #5)"},
    /* the members do not close the row, or not in that order */
    {AB, 2, "[{},{`b`:1,`a`:2}]", NULL},
    {AB, 1, "[{},{`b`:1,`a`:2}]", NULL},
    {AB, 1, "[{`a`:1,`b`:2},{`a`:3}]", NULL},
    {AB, 1, "[{`a`:1,`b`:2},{}]", NULL},
    {AB, 2, "[{`a`:1,`b`:2},{`b`:4}]", NULL},
    {AB, 1, "[{},{`b`:1,`c`:2}]", NULL},
    {AB, 2, "[{},{`a`:1,`c`:0,`b`:2}]", NULL},
    {AB, 2, "[{},{`a`:1,`b`:2,`b`:3}]", NULL},
    {AB, 1, "[{},{`b`:2,`\\u0062`:3}]", NULL},
    /* only a nested document looks like the end */
    {AB, 1, "[{`b`:1},{`a`:{`b`:9}}]", NULL},
    {AB, 1, "[{`b`:1},{`a`:[{`b`:9}]}]", NULL},
    {AB, 1, "[{`b`:1},{`b`:2,`a`:[{`b`:9}]}]", NULL},
    {AB, 1, "[{},{`b`:{`x`:1}}]", NULL},
    {AB, 1, "[{},{`b`:[1]}]", NULL},
    /* the response is broken */
    {AB, 1, "[{},{`b`:1}", NULL},
    {AB, 1, "[{},{`b`:1},", NULL},
    {AB, 1, "[{},{`b`:1}}", NULL},
    {AB, 1, "[{},{`b`:1]]", NULL},
    {AB, 2, "[{},{`a`:1}`b`:2}]", NULL},
    {AB, 1, "[{},{`b`:1}]]", NULL},
    {AB, 1, "[{},{`b`:1}],", NULL},
    {AB, 1, "[{},{`b`:01}]", NULL},
    {AB, 1, "[{},{`b`:tru}]", NULL},
    {AB, 1, "[{},{`b`:`x]", NULL},
    {AB, 1, "[{},{`b`:", NULL},
    {AB, 1, "[{},{`b`:`\\u12`}]", NULL},
    /* blanks where the server writes none: no need to tell, only not to be wrong */
    {AB, 1, "[{},{`b`: 1}]", NULL},
    {AB, 1, "[{},{ `b`:1}]", NULL},
    {AB, 1, "[{},{`b`:1 }]", NULL},
    {AB, 1, "[{},{`b`:1} ] ", "(#1)"},
    /* more members than there are, or none */
    {AB, 3, "[{},{`a`:1,`b`:2}]", NULL},
    {AB, 0, "[{},{`a`:1,`b`:2}]", NULL},
};

static char *peek(struct wow_rows *rows, int n) {
  struct wow_json_value values[5];
  if (!wow_rows_peek_last(rows, n, values)) return NULL;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < n; i++) {
    sqlite3_str_appendchar(str, 1, i ? ' ' : '(');
    append_value(str, &values[i]);
  }
  sqlite3_str_appendchar(str, 1, ')');
  return sqlite3_str_finish(str);
}

static void test_ahead(void) {
  for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
    struct wow_rows *rows = wow_rows_new(ahead[i].names, count_names(ahead[i].names), ROW_BYTES);
    struct wow_error err = {0};
    unit_about("last %d of %s", ahead[i].n, ahead[i].json);
    /* Stands in front of the first row, so that all of them lie ahead. */
    wow_rows_feed(rows, "[", 1);
    CHECK_INT(wow_rows_next(rows, &err), SQLITE_OK);
    wow_rows_feed(rows, ahead[i].json + 1, strlen(ahead[i].json) - 1);
    CHECK_DECODED(peek(rows, ahead[i].n), NULL); /* more may come */
    wow_rows_end(rows);
    CHECK_DECODED(peek(rows, ahead[i].n), ahead[i].values);
    CHECK_DECODED(peek(rows, ahead[i].n), ahead[i].values);
    wow_error_reset(&err);
    wow_rows_free(rows);
  }
}

/* Decodes to the end; texts[n] are the last n members of the last row, texts[0] is NULL where there
** is none. Returns whether the array ended well. */
static bool last_row(struct wow_rows *rows, int n_names, char **texts) {
  struct wow_error err = {0};
  int rc;
  while ((rc = wow_rows_next(rows, &err)) == SQLITE_ROW) {
    for (int n = 0; n <= n_names; n++) {
      sqlite3_str *str = sqlite3_str_new(NULL);
      append_row(str, rows, n_names, n);
      sqlite3_free(texts[n]);
      texts[n] = sqlite3_str_finish(str);
    }
  }
  wow_error_reset(&err);
  return rc == SQLITE_DONE;
}

/* Behind every row of every sample: what is seen ahead is the real last row, and looking does not
** disturb the current one. */
static void test_ahead_agrees(void) {
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    const struct sample *sample = &samples[i];
    int n_names = count_names(sample->names), rc;
    char *texts[6] = {0};
    struct wow_error err = {0};
    struct wow_rows *rows = wow_rows_new(sample->names, n_names, ROW_BYTES);
    unit_about("%s", sample->json);
    wow_rows_feed(rows, sample->json, strlen(sample->json));
    wow_rows_end(rows);
    CHECK(last_row(rows, n_names, texts));
    CHECK_DECODED(peek(rows, 1), NULL);
    wow_rows_restart(rows);
    CHECK_DECODED(peek(rows, 1), NULL);
    wow_rows_feed(rows, sample->json, strlen(sample->json));
    wow_rows_end(rows);
    while ((rc = wow_rows_next(rows, &err)) == SQLITE_ROW) {
      sqlite3_str *before = sqlite3_str_new(NULL), *after = sqlite3_str_new(NULL);
      append_row(before, rows, n_names, n_names);
      for (int n = 1; n <= n_names; n++) {
        char *seen = peek(rows, n);
        if (seen) CHECK_TEXT(seen, texts[n]);
        sqlite3_free(seen);
      }
      append_row(after, rows, n_names, n_names);
      CHECK_TEXT(sqlite3_str_value(after), sqlite3_str_value(before));
      sqlite3_free(sqlite3_str_finish(before));
      sqlite3_free(sqlite3_str_finish(after));
    }
    CHECK_INT(rc, SQLITE_DONE);
    for (int n = 0; n < 6; n++)
      sqlite3_free(texts[n]);
    wow_error_reset(&err);
    wow_rows_free(rows);
  }
}

/* ---------------------------------------------------------------- memory */

static sqlite3_mem_methods real_memory;
static int allocations_left; /* the allocation after which one fails; -1: none does */

static bool is_to_fail(void) {
  return allocations_left >= 0 && allocations_left-- == 0;
}

static void *faulty_malloc(int bytes) {
  return is_to_fail() ? NULL : real_memory.xMalloc(bytes);
}

static void *faulty_realloc(void *memory, int bytes) {
  return is_to_fail() ? NULL : real_memory.xRealloc(memory, bytes);
}

static void install_faulty_memory(void) {
  sqlite3_mem_methods faulty;
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
  faulty = real_memory;
  faulty.xMalloc = faulty_malloc;
  faulty.xRealloc = faulty_realloc;
  allocations_left = -1;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
  sqlite3_initialize();
}

/* Runs the input with allocation number `nth` failing. What came out as text, or NULL where memory
** was reported to be out. *was_hit: it came to that allocation. */
static char *decode_with_fault(const char *const *names, const char *json, int nth, bool *was_hit) {
  struct wow_error err = {0};
  sqlite3_str *str = sqlite3_str_new(NULL);
  int n_names = count_names(names), rc = SQLITE_NOMEM, peeked = 0;
  struct wow_json_value ignored;
  allocations_left = nth;
  struct wow_rows *rows = wow_rows_new(names, n_names, ROW_BYTES);
  if (rows) rc = wow_rows_feed(rows, json, strlen(json));
  if (rc == SQLITE_OK) {
    wow_rows_end(rows);
    while ((rc = wow_rows_next(rows, &err)) == SQLITE_ROW) {
      int left = allocations_left;
      allocations_left = -1;
      append_row(str, rows, n_names, n_names);
      allocations_left = left;
      if (peeked++ == 0) wow_rows_peek_last(rows, 1, &ignored);
    }
  }
  *was_hit = allocations_left < 0;
  allocations_left = -1;
  append_verdict(str, rc, &err);
  wow_error_reset(&err);
  wow_rows_free(rows);
  char *text = sqlite3_str_finish(str);
  if (rc != SQLITE_NOMEM) return text;
  sqlite3_free(text);
  return NULL;
}

/* Each allocation fails in turn: then that is said, or the rows are right nevertheless. */
static void test_out_of_memory(void) {
  char name[400], json[1200], wrong[1200];
  memset(name, 'n', sizeof(name) - 1);
  name[sizeof(name) - 1] = 0;
  const char *const names[] = {"a", name, NULL};
  snprintf(json, sizeof(json), "[{\"a\":\"x\\n\",\"\\u006e%s\":1},{\"a\":1,\"%s\":2}]", name + 1,
           name);
  snprintf(wrong, sizeof(wrong), "[{\"a\":\"x\\n\",\"\\u006e%s\":1},{\"a\":}]", name + 1);
  const char *const inputs[] = {json, wrong};
  for (int i = 0; i < 2; i++) {
    bool was_hit = false;
    char *expected = decode_with_fault(names, inputs[i], 1000000, &was_hit);
    CHECK(strncmp(expected, "('x\\x0a' #1)", 12) == 0 && !was_hit);
    was_hit = true;
    for (int nth = 0; was_hit && nth < 100; nth++) {
      char *text = decode_with_fault(names, inputs[i], nth, &was_hit);
      unit_about("allocation %d fails: %s", nth, i ? "a broken input" : "a valid input");
      CHECK_TEXT(text ? text : expected, expected);
      sqlite3_free(text);
    }
    CHECK(!was_hit);
    sqlite3_free(expected);
  }
}

static void put_quotes_into_tables(void) {
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    put_quotes(samples[i].json, sizeof(samples[i].json));
    put_quotes(samples[i].decoded, sizeof(samples[i].decoded));
  }
  for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
    put_quotes(broken[i].json, sizeof(broken[i].json));
  for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++)
    put_quotes(ahead[i].json, sizeof(ahead[i].json));
}

int main(void) {
  put_quotes_into_tables();
  install_faulty_memory();
  sqlite3_int64 used = sqlite3_memory_used();
  test_samples();
  test_blanks_everywhere();
  test_string_lengths();
  test_long_names();
  test_broken();
  test_broken_without_end();
  test_truncated();
  test_row_ceiling();
  test_endless_row();
  test_depth();
  test_bottomless();
  test_many_rows();
  test_huge_row();
  test_far_position();
  test_steps();
  test_ahead();
  test_ahead_agrees();
  test_out_of_memory();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  return unit_end("unit_rows");
}
