/*
** Fuzzes the decoder of rows (src/wire/rows.h), with cJSON as the oracle.
**
**   fuzz_rows [SEED [ROUNDS]]     random arrays of rows, and mutations of them
**   cc -DLIBFUZZER -fsanitize=fuzzer,...  the same checks on libFuzzer's inputs
**
** Each input is decoded at once and in random pieces, with the same result, and is parsed by cJSON,
** whose rows are compared member by member. cJSON's language is neither JSON nor just wider, so a
** third reader ("scan") says how an input leaves the common ground. With it both verdicts are
** predicted exactly:
**
** cJSON takes, and rows.c must refuse:
**   BLANK     any control character as a blank between tokens
**   CONTROL   raw control characters in a string
**   HEX       \u with four characters that are not hexadecimal digits (read as \u0000)
**   NUMBER    what strtod() reads: 01, 1., -.5
**   BOM       a byte order mark in front
**   SHAPE     anything that is not an array of objects
** rows.c takes, and cJSON refuses:
**   HALF      half a surrogate pair (rows.c makes it U+FFFD)
**   LONG      a number of more than 63 characters (some releases of cJSON; this one is asked)
**   DEEP      nesting beyond 1000 (rows.c: beyond WOW_MAX_JSON_DEPTH inside a member)
** A string ends for cJSON at \u0000. It is compared up to there; with ZERO_IN_KEY, a key that has
** one, nothing is compared.
*/
#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/rows.h"
#include "base/limits.h"

#define ROW_BYTES (16 * 1024 * 1024)
#define MAX_NAMES 6
#define LONGEST_INPUT (1024 * 1024)

static long passed, failed;

/* ---------------------------------------------------------------- chance */

static uint64_t chance_state;

static uint64_t chance(void) {
  /* splitmix64 */
  uint64_t z = (chance_state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/* 0 .. n-1 */
static int below(int n) {
  return (int)(chance() % (uint64_t)n);
}

static bool one_in(int n) {
  return below(n) == 0;
}

/* ---------------------------------------------------------------- what sets inputs apart */

enum {
  BLANK = 1 << 0,
  CONTROL = 1 << 1,
  HEX = 1 << 2,
  NUMBER = 1 << 3,
  BOM = 1 << 4,
  SHAPE = 1 << 5,
  HALF = 1 << 6,
  LONG = 1 << 7,
  DEEP = 1 << 8,
  ZERO_IN_KEY = 1 << 9,
  WRONG = 1 << 10 /* no reader takes it */
};

#define ONLY_CJSON (BLANK | CONTROL | HEX | NUMBER | BOM | SHAPE)
#define ONLY_ROWS (HALF | LONG | DEEP)

/* LONG, until this cJSON is found to take long numbers. */
static int taken_by_cjson;

struct scan {
  const unsigned char *p;
  const unsigned char *end;
  int marks;
};

static int peek_byte(const struct scan *scan) {
  return scan->p < scan->end ? *scan->p : -1;
}

static bool take(struct scan *scan, int c) {
  if (peek_byte(scan) != c) return false;
  scan->p++;
  return true;
}

static void scan_blanks(struct scan *scan) {
  while (scan->p < scan->end && *scan->p <= ' ') {
    if (!strchr(" \n\r\t", *scan->p) || *scan->p == 0) scan->marks |= BLANK;
    scan->p++;
  }
}

static int hex4(const unsigned char *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *found = p[i] ? strchr(digits, p[i]) : NULL;
    if (found == NULL) return -1;
    value = value * 16 + (int)(found - digits) % 16;
  }
  return value;
}

/* \uXXXX, and the second half of a pair. `to` is the closing quote. */
static void scan_unicode(struct scan *scan, const unsigned char *to, bool is_key) {
  int unit = to - scan->p < 6 ? -2 : hex4(scan->p + 2), low = -1;
  if (unit == -2) {
    scan->marks |= WRONG;
    scan->p = to;
    return;
  }
  if (unit < 0) scan->marks |= HEX;
  if (unit == 0 && is_key) scan->marks |= ZERO_IN_KEY;
  scan->p += 6;
  if (unit >= 0xdc00 && unit < 0xe000) scan->marks |= HALF;
  if (unit < 0xd800 || unit >= 0xdc00) return;
  if (to - scan->p >= 6 && scan->p[0] == '\\' && scan->p[1] == 'u') low = hex4(scan->p + 2);
  if (low >= 0xdc00 && low < 0xe000)
    scan->p += 6;
  else
    scan->marks |= HALF;
}

static void scan_string(struct scan *scan, bool is_key) {
  const unsigned char *to = ++scan->p;
  while (to < scan->end && *to != '"')
    to += *to == '\\' ? 2 : 1;
  if (to >= scan->end) {
    scan->marks |= WRONG;
    return;
  }
  while (scan->p < to) {
    if (*scan->p == '\\' && scan->p[1] == 'u') {
      scan_unicode(scan, to, is_key);
    } else if (*scan->p == '\\') {
      if (scan->p[1] == 0 || !strchr("\"\\/bfnrt", scan->p[1])) scan->marks |= WRONG;
      scan->p += 2;
    } else {
      if (*scan->p < 0x20) scan->marks |= CONTROL;
      if (*scan->p == 0 && is_key) scan->marks |= ZERO_IN_KEY;
      scan->p++;
    }
  }
  scan->p = to + 1;
}

static int scan_digits(struct scan *scan) {
  const unsigned char *from = scan->p;
  while (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9')
    scan->p++;
  return (int)(scan->p - from);
}

/* What strtod() reads of it; whatever else looks like a number is wrong after it. */
static void scan_number(struct scan *scan) {
  const unsigned char *from = scan->p;
  take(scan, '-');
  bool leading_zero = peek_byte(scan) == '0';
  int whole = scan_digits(scan), fraction = 0;
  if (whole == 0 || (leading_zero && whole > 1)) scan->marks |= NUMBER;
  if (take(scan, '.')) {
    fraction = scan_digits(scan);
    if (fraction == 0) scan->marks |= NUMBER;
  }
  if (whole + fraction == 0) scan->marks |= WRONG;
  if (peek_byte(scan) == 'e' || peek_byte(scan) == 'E') {
    scan->p++;
    if (!take(scan, '-')) take(scan, '+');
    if (scan_digits(scan) == 0) scan->marks |= WRONG;
  }
  if (scan->p - from > 63) scan->marks |= LONG;
}

static void scan_word(struct scan *scan, const char *word) {
  size_t bytes = strlen(word);
  bool good = (size_t)(scan->end - scan->p) >= bytes && memcmp(scan->p, word, bytes) == 0;
  if (good)
    scan->p += bytes;
  else
    scan->marks |= WRONG;
}

static void scan_value(struct scan *scan, int depth);

/* At a bracket or brace. `depth` counts the documents around it. */
static void scan_nested(struct scan *scan, int depth) {
  bool is_object = *scan->p++ == '{';
  int closing = is_object ? '}' : ']';
  if (depth >= CJSON_NESTING_LIMIT) scan->marks |= DEEP;
  if (depth >= WOW_MAX_JSON_DEPTH + 2) scan->marks |= WRONG;
  scan_blanks(scan);
  if (take(scan, closing)) return;
  do {
    scan_blanks(scan);
    if (depth == 0 && (is_object || peek_byte(scan) != '{')) scan->marks |= SHAPE;
    if (is_object) {
      if (peek_byte(scan) != '"') scan->marks |= WRONG;
      if (scan->marks & WRONG) return;
      scan_string(scan, true);
      scan_blanks(scan);
      if (!take(scan, ':')) scan->marks |= WRONG;
      scan_blanks(scan);
    }
    if (scan->marks & WRONG) return;
    scan_value(scan, depth + 1);
    scan_blanks(scan);
    if (scan->marks & WRONG) return;
  } while (take(scan, ','));
  if (!take(scan, closing)) scan->marks |= WRONG;
}

static void scan_value(struct scan *scan, int depth) {
  int c = peek_byte(scan);
  if (depth == 0 && c != '[') scan->marks |= SHAPE;
  switch (c) {
  case '{':
  case '[': scan_nested(scan, depth); break;
  case '"': scan_string(scan, false); break;
  case 'n': scan_word(scan, "null"); break;
  case 't': scan_word(scan, "true"); break;
  case 'f': scan_word(scan, "false"); break;
  default:
    if (c == '-' || (c >= '0' && c <= '9'))
      scan_number(scan);
    else
      scan->marks |= WRONG;
  }
}

/* The marks of an input. */
static int scan_input(const char *json, size_t bytes) {
  struct scan scan = {(const unsigned char *)json, (const unsigned char *)json + bytes, 0};
  if (bytes >= 5 && memcmp(json, "\xef\xbb\xbf", 3) == 0) {
    scan.marks |= BOM;
    scan.p += 3;
  }
  scan_blanks(&scan);
  scan_value(&scan, 0);
  scan_blanks(&scan);
  if (scan.p != scan.end) scan.marks |= WRONG;
  return scan.marks;
}

/* ---------------------------------------------------------------- both readers */

/* A case: an input, and the members that are wanted of its rows. */
struct fuzz_case {
  const char *json;
  size_t bytes;
  const char *names[MAX_NAMES];
  int n_names;
};

/* What came of an input: all values as text (with kinds and lengths), and the last result. */
struct decoding {
  sqlite3_str *text;
  int n_rows;
  int rc;
  char *message;
};

static void report(const struct fuzz_case *fuzz_case, const char *what, const char *detail) {
  failed++;
  if (failed > 20) return;
  printf("FAIL %s: %s\n  members", what, detail ? detail : "");
  for (int i = 0; i < fuzz_case->n_names; i++)
    printf(" '%s'", fuzz_case->names[i]);
  printf("\n  input ");
  for (size_t i = 0; i < fuzz_case->bytes && i < 4000; i++) {
    unsigned char c = (unsigned char)fuzz_case->json[i];
    if (c >= 0x20 && c < 0x7f)
      putchar(c);
    else
      printf("\\x%02x", c);
  }
  printf("\n");
  fflush(stdout);
#ifdef LIBFUZZER
  abort();
#endif
}

/* `pieces`: in random pieces; else at once. */
static struct decoding decode(const struct fuzz_case *fuzz_case, bool pieces) {
  struct decoding decoding = {sqlite3_str_new(NULL), 0, SQLITE_OK, NULL};
  struct wow_error err = {0};
  struct wow_rows *rows = wow_rows_new(fuzz_case->names, fuzz_case->n_names, ROW_BYTES);
  size_t fed = 0;
  int longest = one_in(3) ? 3 : one_in(2) ? 40 : 1000;
  for (;;) {
    size_t left = fuzz_case->bytes - fed, piece = pieces ? (size_t)below(longest) + 1 : left;
    if (piece > left) piece = left;
    wow_rows_feed(rows, fuzz_case->json + fed, piece);
    fed += piece;
    if (fed == fuzz_case->bytes) wow_rows_end(rows);
    while ((decoding.rc = wow_rows_next(rows, &err)) == SQLITE_ROW) {
      decoding.n_rows++;
      for (int i = 0; i < fuzz_case->n_names; i++) {
        const struct wow_json_value *value = wow_rows_value(rows, i);
        size_t bytes = value->kind >= WOW_JSON_NUMBER ? value->bytes : 0;
        sqlite3_str_appendf(decoding.text, "%d:%d:", value->kind, (int)bytes);
        if (bytes) sqlite3_str_append(decoding.text, value->text, (int)bytes);
      }
      sqlite3_str_appendchar(decoding.text, 1, '\n');
      if (pieces && fed < fuzz_case->bytes && one_in(3)) break;
    }
    bool is_over = decoding.rc != SQLITE_ROW && decoding.rc != SQLITE_OK;
    if (fed == fuzz_case->bytes && (is_over || decoding.rc == SQLITE_OK)) break;
    if (is_over && decoding.rc != SQLITE_DONE) break;
  }
  if (err.message) decoding.message = sqlite3_mprintf("%s", err.message);
  wow_error_reset(&err);
  wow_rows_free(rows);
  return decoding;
}

static void free_decoding(struct decoding *decoding) {
  sqlite3_free(sqlite3_str_finish(decoding->text));
  sqlite3_free(decoding->message);
}

static bool is_same_text(struct decoding *a, struct decoding *b) {
  int bytes = sqlite3_str_length(a->text);
  if (a->n_rows != b->n_rows || bytes != sqlite3_str_length(b->text)) return false;
  return bytes == 0 || memcmp(sqlite3_str_value(a->text), sqlite3_str_value(b->text), bytes) == 0;
}

/* The whole input as one document, or NULL. */
static cJSON *parse_all(const char *json, size_t bytes) {
  const char *end = NULL;
  cJSON *document = cJSON_ParseWithLengthOpts(json, bytes, &end, false);
  if (document == NULL) return NULL;
  while (end < json + bytes && (unsigned char)*end <= ' ')
    end++;
  if (end == json + bytes) return document;
  cJSON_Delete(document);
  return NULL;
}

/* A number of 80 digits. */
static void ask_cjson(void) {
  char json[83] = "[";
  memset(json + 1, '7', 80);
  json[81] = ']';
  cJSON *document = parse_all(json, 82);
  taken_by_cjson = document ? LONG : 0;
  cJSON_Delete(document);
}

/* cJSON_Compare would take the first of several members of a name for each of them, and no
** infinity for itself; printed text says it all, in order. */
static bool is_same_nested(const struct wow_json_value *value, const cJSON *expected) {
  cJSON *document = parse_all(value->text, value->bytes);
  char *got = document ? cJSON_PrintUnformatted(document) : NULL;
  char *wanted = cJSON_PrintUnformatted(expected);
  bool same = got && wanted && strcmp(got, wanted) == 0;
  cJSON_free(got);
  cJSON_free(wanted);
  cJSON_Delete(document);
  return same;
}

static bool is_same_number(const struct wow_json_value *value, double expected) {
  char *text = sqlite3_mprintf("%.*s", (int)value->bytes, value->text), *end = NULL;
  double number = strtod(text, &end);
  bool same = value->bytes > 0 && *end == 0 && memcmp(&number, &expected, sizeof(number)) == 0;
  sqlite3_free(text);
  return same;
}

/* Up to the first zero: there a string ends for cJSON. */
static bool is_same_string(const struct wow_json_value *value, const char *expected) {
  const char *zero = value->bytes ? memchr(value->text, 0, value->bytes) : NULL;
  size_t bytes = zero ? (size_t)(zero - value->text) : value->bytes;
  return strlen(expected) == bytes && memcmp(value->text, expected, bytes) == 0;
}

/* `expected` is NULL where the row has no such member. */
static bool is_same_value(const struct wow_json_value *value, const cJSON *expected) {
  switch (value->kind) {
  case WOW_JSON_NULL: return expected == NULL || cJSON_IsNull(expected);
  case WOW_JSON_FALSE: return cJSON_IsFalse(expected);
  case WOW_JSON_TRUE: return cJSON_IsTrue(expected);
  case WOW_JSON_NUMBER:
    return cJSON_IsNumber(expected) && is_same_number(value, cJSON_GetNumberValue(expected));
  case WOW_JSON_STRING:
    return cJSON_IsString(expected) && is_same_string(value, cJSON_GetStringValue(expected));
  case WOW_JSON_NESTED:
    return (cJSON_IsArray(expected) || cJSON_IsObject(expected)) && is_same_nested(value, expected);
  }
  return false;
}

/* The last member of that name: it is the one that counts. */
static const cJSON *find_member(const cJSON *row, const char *name) {
  const cJSON *member, *found = NULL;
  cJSON_ArrayForEach(member, row) {
    if (strcmp(member->string, name) == 0) found = member;
  }
  return found;
}

/* Behind each row but the last: does what is seen ahead agree with the real last row? */
static void check_ahead(const struct fuzz_case *fuzz_case, struct wow_rows *rows,
                        const cJSON *last) {
  struct wow_json_value values[MAX_NAMES];
  for (int n = 1; n <= fuzz_case->n_names; n++) {
    if (!wow_rows_peek_last(rows, n, values)) continue;
    for (int i = 0; i < n; i++) {
      const char *name = fuzz_case->names[fuzz_case->n_names - n + i];
      if (is_same_value(&values[i], find_member(last, name)))
        passed++;
      else
        report(fuzz_case, "another last row is seen ahead", name);
    }
  }
}

/* Steps through an input that both readers take. */
static void compare_rows(const struct fuzz_case *fuzz_case, const cJSON *document) {
  struct wow_error err = {0};
  struct wow_rows *rows = wow_rows_new(fuzz_case->names, fuzz_case->n_names, ROW_BYTES);
  const cJSON *row = document->child;
  const cJSON *last = row ? row->prev : NULL; /* cJSON's lists are closed to the back */
  int rc;
  wow_rows_feed(rows, fuzz_case->json, fuzz_case->bytes);
  wow_rows_end(rows);
  while ((rc = wow_rows_next(rows, &err)) == SQLITE_ROW && row) {
    if (row != last && below(4) == 0) check_ahead(fuzz_case, rows, last);
    for (int i = 0; i < fuzz_case->n_names; i++) {
      const cJSON *expected = find_member(row, fuzz_case->names[i]);
      if (is_same_value(wow_rows_value(rows, i), expected))
        passed++;
      else
        report(fuzz_case, "another value", fuzz_case->names[i]);
    }
    row = row->next;
  }
  if (rc == SQLITE_DONE && row == NULL)
    passed++;
  else
    report(fuzz_case, "another number of rows", err.message);
  wow_error_reset(&err);
  wow_rows_free(rows);
}

/* An error says where. */
static bool has_position(const char *message) {
  const char *byte = message ? strstr(message, "byte") : NULL;
  return byte && message[strcspn(message, "0123456789")];
}

static void check_case(const struct fuzz_case *fuzz_case) {
  int marks = scan_input(fuzz_case->json, fuzz_case->bytes);
  bool rows_take = !(marks & (WRONG | ONLY_CJSON)),
       cjson_takes = !(marks & ~taken_by_cjson & (WRONG | ONLY_ROWS));
  struct decoding whole = decode(fuzz_case, false), pieces = decode(fuzz_case, true);
  cJSON *document = parse_all(fuzz_case->json, fuzz_case->bytes);
  if (rows_take != (whole.rc == SQLITE_DONE))
    report(fuzz_case, rows_take ? "valid, and refused" : "not valid, and taken", whole.message);
  else if (cjson_takes != (document != NULL))
    report(fuzz_case, "cJSON does not do as this program says", NULL);
  else if (whole.rc != pieces.rc || !is_same_text(&whole, &pieces))
    report(fuzz_case, "the pieces make a difference", pieces.message);
  else if (whole.rc != SQLITE_DONE && (whole.rc != SQLITE_ERROR || !has_position(whole.message)))
    report(fuzz_case, "an error without a position", whole.message);
  else
    passed++;
  if (rows_take && document && !(marks & ZERO_IN_KEY)) compare_rows(fuzz_case, document);
  cJSON_Delete(document);
  free_decoding(&whole);
  free_decoding(&pieces);
}

/* The members that may be wanted of a row. */
static const char *const all_names[] = {"id",
                                        "a",
                                        "b",
                                        "name",
                                        "created_at",
                                        "",
                                        "a b",
                                        "q\"q",
                                        "b\\s",
                                        "t\tn",
                                        "\x01",
                                        "a/b",
                                        "\xc3\xa9t\xc3\xa9",
                                        "\xf0\x9f\x98\x80",
                                        "\x7f",
                                        "id2",
                                        "i",
                                        "a:",
                                        ",",
                                        "}",
                                        "null",
                                        "a_name_that_is_longer_than_one_load_of_a_vector_register"};

#define N_NAMES (int)(sizeof(all_names) / sizeof(all_names[0]))

#ifdef LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte seeds the pieces and says which members are wanted; the input follows it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || size > LONGEST_INPUT) return 0;
  struct fuzz_case fuzz_case = {0};
  ask_cjson();
  chance_state = data[0];
  fuzz_case.n_names = data[0] % (MAX_NAMES + 1);
  for (int i = 0; i < fuzz_case.n_names; i++)
    fuzz_case.names[i] = all_names[(data[0] / 8 + i) % N_NAMES];
  /* A copy of the exact size, so that a byte too far is seen. */
  char *json = malloc(size);
  memcpy(json, data + 1, size - 1);
  fuzz_case.json = json;
  fuzz_case.bytes = size - 1;
  check_case(&fuzz_case);
  free(json);
  return 0;
}

#else

/* ---------------------------------------------------------------- random inputs */

/* How an input is made up. */
struct style {
  bool has_blanks;  /* blanks anywhere */
  bool is_shuffled; /* members in another order, missing, further, repeated */
  bool has_escapes; /* more escapes than are needed */
  bool is_extreme;  /* now and then what only one of both readers takes */
};

static void put_blanks(sqlite3_str *str, const struct style *style) {
  while (style->has_blanks && one_in(3))
    sqlite3_str_appendchar(str, 1, " \n\r\t"[below(4)]);
}

/* A string with the bytes of `text`, each as itself or as an escape. */
static void put_text(sqlite3_str *str, const char *text, const struct style *style) {
  static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\//";
  sqlite3_str_appendchar(str, 1, '"');
  for (const char *p = text; *p; p++) {
    const char *name = memchr(named, *p, sizeof(named) - 1);
    bool is_code = name && (name - named) % 2 == 0;
    bool must = *p == '"' || *p == '\\' || (unsigned char)*p < 0x20;
    bool may = (unsigned char)*p < 0x80 && style->has_escapes && one_in(4);
    if (is_code && (must || may) && !one_in(4))
      sqlite3_str_appendf(str, "\\%c", name[1]);
    else if (must || may)
      sqlite3_str_appendf(str, one_in(2) ? "\\u%04x" : "\\u%04X", *p);
    else
      sqlite3_str_appendchar(str, 1, *p);
  }
  sqlite3_str_appendchar(str, 1, '"');
}

static void put_string(sqlite3_str *str, const struct style *style) {
  static const char *const pieces[] = {"x",
                                       "abc",
                                       "0123456789abcdef",
                                       " ",
                                       ",",
                                       "\",\"",
                                       "}",
                                       "]",
                                       "{\"a\":1}",
                                       "\\",
                                       "\"",
                                       "\n",
                                       "\t",
                                       "/",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\x7f",
                                       "\x01",
                                       "\":",
                                       "null",
                                       "\b\f\r"};
  static const char *const escapes[] = {"\\ud83d\\ude00", "\\uD834\\uDD1E", "\\u20ac", "\\u0000",
                                        "\\uffff",        "\\u00E9",        "\\/"};
  static const char *const halves[] = {"\\ud83d", "\\ude00", "\\ud83d\\ud83d\\ude00"};
  sqlite3_str *plain = sqlite3_str_new(NULL);
  int n = one_in(20) ? below(60) : below(5);
  for (int i = 0; i < n; i++)
    sqlite3_str_appendall(plain, pieces[below((int)(sizeof(pieces) / sizeof(pieces[0])))]);
  char *text = sqlite3_str_finish(plain);
  if (!style->has_escapes || one_in(2)) {
    put_text(str, text ? text : "", style);
  } else {
    sqlite3_str_appendchar(str, 1, '"');
    for (int i = 0; i < n; i++) {
      sqlite3_str_appendall(str, one_in(2) ? "word" : escapes[below(7)]);
      if (style->is_extreme && one_in(10)) sqlite3_str_appendall(str, halves[below(3)]);
    }
    sqlite3_str_appendchar(str, 1, '"');
  }
  sqlite3_free(text);
}

static void put_digits(sqlite3_str *str, int n) {
  for (int i = 0; i < n; i++)
    sqlite3_str_appendchar(str, 1, (char)('0' + below(10)));
}

static void put_number(sqlite3_str *str, const struct style *style) {
  static const char *const edges[] = {"9223372036854775807",
                                      "-9223372036854775808",
                                      "9007199254740993",
                                      "18446744073709551616",
                                      "1.7976931348623157e+308",
                                      "5e-324",
                                      "-0",
                                      "-0.0",
                                      "1e400",
                                      "0.1",
                                      "2.2250738585072014e-308"};
  if (one_in(5)) {
    sqlite3_str_appendall(str, edges[below((int)(sizeof(edges) / sizeof(edges[0])))]);
    return;
  }
  if (one_in(3)) {
    uint64_t bits = chance();
    double number;
    char text[40];
    memcpy(&number, &bits, sizeof(number));
    snprintf(text, sizeof(text), "%.17g", isfinite(number) ? number : 0.5);
    sqlite3_str_appendall(str, text);
    return;
  }
  if (one_in(2)) sqlite3_str_appendchar(str, 1, '-');
  sqlite3_str_appendchar(str, 1, (char)('1' + below(9)));
  put_digits(str, style->is_extreme && one_in(20) ? 70 : below(20));
  if (one_in(2)) {
    sqlite3_str_appendchar(str, 1, '.');
    put_digits(str, 1 + below(20));
  }
  if (one_in(3)) {
    sqlite3_str_appendchar(str, 1, "eE"[below(2)]);
    if (one_in(2)) sqlite3_str_appendchar(str, 1, "+-"[below(2)]);
    put_digits(str, 1 + below(3));
  }
}

static void put_value(sqlite3_str *str, const struct style *style, int depth);

static void put_nested(sqlite3_str *str, const struct style *style, int depth) {
  bool is_object = one_in(2);
  int n = below(4);
  sqlite3_str_appendchar(str, 1, is_object ? '{' : '[');
  put_blanks(str, style);
  for (int i = 0; i < n; i++) {
    if (i > 0) sqlite3_str_appendall(str, one_in(2) ? "," : ", ");
    put_blanks(str, style);
    if (is_object) {
      put_text(str, all_names[below(N_NAMES)], style);
      put_blanks(str, style);
      sqlite3_str_appendall(str, one_in(2) ? ":" : ": ");
    }
    put_value(str, style, depth + 1);
    put_blanks(str, style);
  }
  sqlite3_str_appendchar(str, 1, is_object ? '}' : ']');
}

/* Brackets around the limit of cJSON's depth. */
static void put_deep(sqlite3_str *str) {
  int depth = CJSON_NESTING_LIMIT - 5 + below(10);
  sqlite3_str_appendchar(str, depth, '[');
  sqlite3_str_appendchar(str, depth, ']');
}

static void put_value(sqlite3_str *str, const struct style *style, int depth) {
  static const char *const words[] = {"null", "true", "false"};
  int kind = below(depth > 4 ? 7 : 9);
  put_blanks(str, style);
  if (style->is_extreme && depth == 0 && one_in(200))
    put_deep(str);
  else if (kind < 2)
    sqlite3_str_appendall(str, words[below(3)]);
  else if (kind < 5)
    put_number(str, style);
  else if (kind < 7)
    put_string(str, style);
  else
    put_nested(str, style, depth);
}

static void put_member(sqlite3_str *str, const char *name, const struct style *style,
                       bool *is_first) {
  if (!*is_first) sqlite3_str_appendchar(str, 1, ',');
  *is_first = false;
  put_blanks(str, style);
  put_text(str, name, style);
  put_blanks(str, style);
  sqlite3_str_appendchar(str, 1, ':');
  put_value(str, style, 0);
  put_blanks(str, style);
}

static void put_row(sqlite3_str *str, const struct fuzz_case *fuzz_case,
                    const struct style *style) {
  bool is_first = true;
  sqlite3_str_appendchar(str, 1, '{');
  put_blanks(str, style);
  int turned = style->is_shuffled && fuzz_case->n_names ? below(fuzz_case->n_names) : 0;
  for (int i = 0; i < fuzz_case->n_names; i++) {
    const char *name = fuzz_case->names[(i + turned) % fuzz_case->n_names];
    if (style->is_shuffled && one_in(6)) continue;
    put_member(str, name, style, &is_first);
    if (style->is_shuffled && one_in(8)) put_member(str, name, style, &is_first);
    if (style->is_shuffled && one_in(6)) {
      put_member(str, all_names[below(N_NAMES)], style, &is_first);
    }
  }
  sqlite3_str_appendchar(str, 1, '}');
}

static char *random_input(struct fuzz_case *fuzz_case) {
  struct style style = {one_in(3), one_in(3), one_in(2), one_in(4)};
  sqlite3_str *str = sqlite3_str_new(NULL);
  int n_rows = one_in(20) ? below(100) : below(6);
  int from = below(N_NAMES);
  fuzz_case->n_names = below(MAX_NAMES + 1);
  for (int i = 0; i < fuzz_case->n_names; i++)
    fuzz_case->names[i] = all_names[(from + i) % N_NAMES];
  put_blanks(str, &style);
  sqlite3_str_appendchar(str, 1, '[');
  put_blanks(str, &style);
  for (int i = 0; i < n_rows; i++) {
    if (i > 0) sqlite3_str_appendall(str, style.has_blanks ? "," : ", \n ");
    put_blanks(str, &style);
    put_row(str, fuzz_case, &style);
    put_blanks(str, &style);
  }
  sqlite3_str_appendchar(str, 1, ']');
  put_blanks(str, &style);
  fuzz_case->bytes = (size_t)sqlite3_str_length(str);
  return sqlite3_str_finish(str);
}

/* Changes `json` (with room for 200 bytes more) in a place or a few. The new length. */
static size_t mutate(char *json, size_t bytes) {
  enum { N_STRUCTURAL = 7 };
  /* The structural ones first. */
  static const char *const inserts[] = {
      "\"",   "{",  "}",   "[",        "]",     ",",       ":",       "\\",           "\\u",
      "0",    "1",  "-",   ".",        "e",     "E5",      "+",       "null",         "nul",
      "true", " ",  "\n",  "\f",       "\\u12", "\\ud83d", "\\u0000", "\xef\xbb\xbf", "\xff",
      "{}",   "[]", ",{}", "\"a\":1,", "//",    "'",       "\\x"};
  for (int i = 1 + below(3); i > 0 && bytes > 0; i--) {
    size_t at = (size_t)below((int)bytes);
    const char *insert = inserts[below((int)(sizeof(inserts) / sizeof(inserts[0])))];
    size_t extra = strlen(insert), span = (size_t)below(8) + 1;
    /* Where the structure is, there is the trouble: [1,] and {"a":,}. */
    bool is_structural = one_in(2);
    while (is_structural && at + 1 < bytes && (json[at] == 0 || !strchr("[]{}:,\"", json[at])))
      at++;
    if (span > bytes - at) span = bytes - at;
    if (is_structural && one_in(2)) {
      insert = inserts[below(N_STRUCTURAL)];
      extra = 1;
      span = 1;
    }
    switch (below(7)) {
    case 0: json[at] = (char)below(256); break;
    case 1: json[at] ^= (char)(1 << below(8)); break;
    case 2: /* cut something out */
      memmove(json + at, json + at + span, bytes - at - span);
      bytes -= span;
      break;
    case 3: /* double something */
      memmove(json + at + span, json + at, bytes - at);
      bytes += span;
      break;
    case 4: bytes = at; break;
    default:
      memmove(json + at + extra, json + at, bytes - at);
      memcpy(json + at, insert, extra);
      bytes += extra;
    }
  }
  return bytes;
}

static void run_round(void) {
  struct fuzz_case fuzz_case = {0};
  char *json = random_input(&fuzz_case);
  fuzz_case.json = json;
  int marks = scan_input(json, fuzz_case.bytes);
  if (marks & (WRONG | ONLY_CJSON))
    report(&fuzz_case, "the program made up an input that is not valid", NULL);
  check_case(&fuzz_case);
  for (int i = 0; i < 4; i++) {
    char *mutant = malloc(fuzz_case.bytes + 200);
    struct fuzz_case mutated = fuzz_case;
    memcpy(mutant, json, fuzz_case.bytes);
    mutated.bytes = mutate(mutant, fuzz_case.bytes);
    mutated.json = mutant;
    check_case(&mutated);
    free(mutant);
  }
  sqlite3_free(json);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
  long rounds = argc > 2 ? strtol(argv[2], NULL, 0) : 20000;
  sqlite3_initialize();
  ask_cjson();
  sqlite3_int64 used = sqlite3_memory_used();
  printf("fuzz_rows: seed %llu, %ld rounds\n", (unsigned long long)seed, rounds);
  fflush(stdout);
  for (long i = 0; i < rounds; i++) {
    /* Each round can be had alone: its seed is the run's plus its number. */
    chance_state = seed + (uint64_t)i;
    long before = failed;
    run_round();
    if (failed != before && failed <= 20)
      printf("  again: fuzz_rows %llu 1\n", (unsigned long long)(seed + (uint64_t)i));
  }
  if (sqlite3_memory_used() != used) {
    failed++;
    printf("FAIL %lld bytes were not freed\n", (long long)(sqlite3_memory_used() - used));
  }
  if (passed + failed == 0) failed++;
  printf("fuzz_rows: %ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}

#endif
