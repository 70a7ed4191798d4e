/*
** Names, values and parameters as PostgREST reads them (src/deparse.h): what is printed for each,
** and, by a small reader that follows PostgREST's rules, that the server would read back exactly
** the bytes that were meant. The reader knows: percent-escapes, `+` as a blank, `&` and `;` between
** parameters, quoted and bare names, elements of lists.
*/
#include <stdlib.h>
#include <string.h>

#include "wire/deparse.h"
#include "wire/filter.h"
#include "unit.h"

#define TEXT(literal) literal, (int)sizeof(literal) - 1

/* What a call appends, checked and freed. */
#define CHECK_PRINTED(call, expected)                                                              \
  do {                                                                                             \
    sqlite3_str *str = sqlite3_str_new(NULL);                                                      \
    call;                                                                                          \
    CHECK_INT(sqlite3_str_errcode(str), SQLITE_OK);                                                \
    char *printed = sqlite3_str_finish(str);                                                       \
    CHECK_TEXT(printed ? printed : "", expected);                                                  \
    sqlite3_free(printed);                                                                         \
  } while (0)

/* ---------------------------------------------------------------- PostgREST's side */

static int hex_digit(char c) {
  const char *digits = "0123456789abcdef0123456789ABCDEF", *found = c ? strchr(digits, c) : NULL;
  return found ? (int)(found - digits) % 16 : -1;
}

/* Takes the percent-escapes out, in place. A plus sign is a blank in a query, not in a path. Fails
** for bytes that may not stand in a request line at all. */
static size_t decode_url(char *text, size_t bytes, bool in_query) {
  size_t to = 0;
  bool is_visible = true;
  for (size_t i = 0; i < bytes; i++) {
    char c = text[i];
    if (c <= ' ' || c >= 0x7f) is_visible = false;
    if (c == '%' && i + 2 < bytes && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      c = (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
      i += 2;
    } else if (c == '+' && in_query) {
      c = ' ';
    }
    text[to++] = c;
  }
  CHECK(is_visible);
  return to;
}

/* Reads text in quotes at *p; its bytes go to `out`, whose number is the result. -1: no such. */
static long read_quoted(const char **p, const char *end, char *out) {
  const char *q = *p;
  long n = 0;
  if (q == end || *q++ != '"') return -1;
  while (q < end && *q != '"') {
    if (*q == '\\' && ++q == end) return -1;
    out[n++] = *q++;
  }
  if (q == end) return -1;
  *p = q + 1;
  return n;
}

/* An element of a list or a value inside or=(...): quoted if its closing quote is followed by a
** comma or parenthesis, else literal up to one of them. */
static long read_element(const char **p, const char *end, char *out) {
  const char *q = *p;
  long n = read_quoted(&q, end, out);
  if (n < 0 || q == end || (*q != ',' && *q != ')')) {
    for (q = *p, n = 0; q < end && *q != ',' && *q != ')'; q++)
      out[n++] = *q;
  }
  *p = q;
  return n;
}

/* A column's name, quoted or bare (of bare ones only what is the same in every version). */
static long read_name(const char **p, const char *end, char *out) {
  const char *q = *p;
  long n = 0;
  if (q < end && *q == '"') return read_quoted(p, end, out);
  while (q < end && (hex_digit(*q) >= 0 || (*q >= 'a' && *q <= 'z') || (*q >= 'A' && *q <= 'Z') ||
                     *q == '_' || *q == '$'))
    out[n++] = *q++;
  *p = q;
  return n;
}

/* ---------------------------------------------------------------- texts that are not harmless */

struct nasty {
  const char *text;
  int bytes;
};

static const struct nasty nasty[] = {
    {TEXT("")},
    {TEXT(" ")},
    {TEXT(" lead")},
    {TEXT("trail ")},
    {TEXT("plain")},
    {TEXT("a b")},
    {TEXT("a,b")},
    {TEXT("a.b")},
    {TEXT("a:b")},
    {TEXT("a::b")},
    {TEXT("a->b")},
    {TEXT("a->>b")},
    {TEXT("a(b)")},
    {TEXT("(p)")},
    {TEXT(")")},
    {TEXT("a)b")},
    {TEXT("a\"b")},
    {TEXT("\"")},
    {TEXT("\"\"")},
    {TEXT("\"q\"")},
    {TEXT("\"a\",\"b\"")},
    {TEXT("\\")},
    {TEXT("\\\\")},
    {TEXT("a\\b")},
    {TEXT("a\\\"b")},
    {TEXT("\\\"")},
    {TEXT("a\\")},
    {TEXT("%")},
    {TEXT("100%")},
    {TEXT("a%b")},
    {TEXT("a%bc")},
    {TEXT("%41")},
    {TEXT("%00")},
    {TEXT("%2C")},
    {TEXT("a+b")},
    {TEXT("+")},
    {TEXT("a*b")},
    {TEXT("a&b")},
    {TEXT("&limit=0")},
    {TEXT("a;b")},
    {TEXT("a=b")},
    {TEXT("a#b")},
    {TEXT("a?b")},
    {TEXT("a/b")},
    {TEXT("../x")},
    {TEXT("a!b")},
    {TEXT("a'b")},
    {TEXT("a`b")},
    {TEXT("a|b")},
    {TEXT("a^b")},
    {TEXT("a<b>")},
    {TEXT("a@b$c")},
    {TEXT("a[0]")},
    {TEXT("{x,y}")},
    {TEXT("{\"a\": [1, 2]}")},
    {TEXT("[2,3)")},
    {TEXT("null")},
    {TEXT("NULL")},
    {TEXT("true")},
    {TEXT("eq.5")},
    {TEXT("not.eq.5")},
    {TEXT("in.(1,2)")},
    {TEXT("is.null")},
    {TEXT("line1\nline2")},
    {TEXT("\r\n")},
    {TEXT("a\tb")},
    {TEXT("\x01\x1f\x7f")},
    {TEXT("h\xc3\xa9llo \xe2\x86\x92 \xf0\x9f\x98\x80")},
    {TEXT("\xe6\x97\xa5\xe6\x9c\xac")},
    {TEXT("2024-01-01T12:00:00+02:00")},
    {TEXT("-1.5e+10")},
    {TEXT("18446744073709551616")},
    {TEXT("~-._")},
    {TEXT("select")},
    {TEXT("columns")},
    {TEXT("order")},
    {TEXT("limit")},
    {TEXT("offset")},
    {TEXT("on_conflict")},
    {TEXT("and")},
    {TEXT("or")},
    {TEXT("not")},
    {TEXT("x.order")},
    {TEXT("1x")},
    {TEXT("_x1")},
    {TEXT("AbC")},
    {TEXT("a-b")},
    {TEXT("a$b")},
    {TEXT("\xff\xc3(")},
};

/* The sign behind %: is it what an encoder must leave alone? */
static bool is_unreserved(int c) {
  return c && (strchr("-._~", c) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z'));
}

/* ---------------------------------------------------------------- bytes and paths */

static void test_bytes(void) {
  for (int c = 0; c < 256; c++) {
    char text[3] = {'x', (char)c, 'y'}, expected[10];
    snprintf(expected, sizeof(expected), is_unreserved(c) ? "x%cy" : "x%%%02Xy", c);
    unit_about("byte %d", c);
    CHECK_PRINTED(wow_deparse_bytes(str, text, 3), expected);
    CHECK_PRINTED(wow_deparse_bytes(str, text + 1, 0), "");
    CHECK_INT(wow_deparse_bytes_length(text, 3), (long long)strlen(expected));
  }
  unit_about("whole texts");
  CHECK_PRINTED(wow_deparse_bytes(str, TEXT("")), "");
  CHECK_PRINTED(wow_deparse_bytes(str, TEXT("18")), "18");
  CHECK_PRINTED(wow_deparse_bytes(str, TEXT("a+b c;d&e=f#g%h")), "a%2Bb%20c%3Bd%26e%3Df%23g%25h");
  CHECK_PRINTED(wow_deparse_bytes(str, TEXT("\xc3\xa9\xff")), "%C3%A9%FF");
  CHECK_PRINTED(wow_deparse_bytes(str, "only the first", 4), "only");
  CHECK_PRINTED(wow_deparse_path(str, "users"), "users");
  CHECK_PRINTED(wow_deparse_path(str, "Weird Table"), "Weird%20Table");
  CHECK_PRINTED(wow_deparse_path(str, "a/b?c"), "a%2Fb%3Fc");
  CHECK_PRINTED(wow_deparse_path(str, "a+b\"%\xc3\xa9"), "a%2Bb%22%25%C3%A9");
}

static void test_bytes_are_read_back(void) {
  for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
    for (int in_query = 0; in_query < 2; in_query++) {
      sqlite3_str *str = sqlite3_str_new(NULL);
      wow_deparse_bytes(str, nasty[i].text, nasty[i].bytes);
      int length = sqlite3_str_length(str);
      char *printed = sqlite3_str_finish(str);
      unit_about("%s", nasty[i].text);
      CHECK_INT(wow_deparse_bytes_length(nasty[i].text, nasty[i].bytes), length);
      size_t read = printed ? decode_url(printed, (size_t)length, in_query) : 0;
      CHECK_BYTES(printed ? printed : "", read, nasty[i].text, (size_t)nasty[i].bytes);
      sqlite3_free(printed);
    }
  }
}

/* ---------------------------------------------------------------- names and elements */

struct printing {
  const char *text;
  const char *printed;
};

static const struct printing names[] = {
    {"id", "id"},
    {"created_at", "created_at"},
    {"AbC", "AbC"},
    {"_x1", "_x1"},
    {"", "%22%22"},
    {"1x", "%221x%22"},
    {"a b", "%22a%20b%22"},
    {" lead", "%22%20lead%22"},
    {"a.b", "%22a.b%22"},
    {"a,b", "%22a%2Cb%22"},
    {"a-b", "%22a-b%22"},
    {"a$b", "%22a%24b%22"},
    {"a->b", "%22a-%3Eb%22"},
    {"a::b", "%22a%3A%3Ab%22"},
    {"a(b)", "%22a%28b%29%22"},
    {"q\"q", "%22q%5C%22q%22"},
    {"a\\b", "%22a%5C%5Cb%22"},
    {"a'b", "%22a%27b%22"},
    {"\xc3\xbcn\xc3\xaf", "%22%C3%BCn%C3%AF%22"},
    /* as bare parameters these are not columns */
    {"select", "%22select%22"},
    {"order", "%22order%22"},
    {"limit", "%22limit%22"},
    {"offset", "%22offset%22"},
    {"columns", "%22columns%22"},
    {"on_conflict", "%22on_conflict%22"},
    {"and", "%22and%22"},
    {"or", "%22or%22"},
    {"not", "%22not%22"},
    {"x.order", "%22x.order%22"},
    {"orders", "orders"},
    {"Select", "Select"},
    {"selec", "selec"},
};

static const struct printing elements[] = {
    {"18", "18"},
    {"-1.5", "-1.5"},
    {"plain", "plain"},
    {"a.b", "a.b"},
    {"~-._", "~-._"},
    {"null", "null"},
    {"", "%22%22"},
    {" ", "%22%20%22"},
    {"trail ", "%22trail%20%22"},
    {"a,b", "%22a%2Cb%22"},
    {"a)b", "%22a%29b%22"},
    {"(p)", "%22%28p%29%22"},
    {"a\"b", "%22a%5C%22b%22"},
    {"\"q\"", "%22%5C%22q%5C%22%22"},
    {"a\\b", "%22a%5C%5Cb%22"},
    {"\\", "%22%5C%5C%22"},
    {"a\nb", "%22a%0Ab%22"},
    {"{x,y}", "%22%7Bx%2Cy%7D%22"},
    {"[2,3)", "%22%5B2%2C3%29%22"},
    {"2024-01-01T12:00:00+02:00", "%222024-01-01T12%3A00%3A00%2B02%3A00%22"},
    {"1e+06", "%221e%2B06%22"},
    {"\xc3\xa9", "%22%C3%A9%22"},
};

static void test_names_and_elements(void) {
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    unit_about("the name %s", names[i].text);
    CHECK_PRINTED(wow_deparse_name(str, names[i].text), names[i].printed);
  }
  for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
    int bytes = (int)strlen(elements[i].text);
    unit_about("the element %s", elements[i].text);
    CHECK_PRINTED(wow_deparse_element(str, elements[i].text, bytes), elements[i].printed);
    CHECK_INT(wow_deparse_element_length(elements[i].text, bytes),
              (long long)strlen(elements[i].printed));
  }
  unit_about("plain names");
  CHECK_PRINTED(wow_deparse_plain_name(str, "id"), "id");
  CHECK_PRINTED(wow_deparse_plain_name(str, "order"), "\"order\"");
  CHECK_PRINTED(wow_deparse_plain_name(str, ""), "\"\"");
  CHECK_PRINTED(wow_deparse_plain_name(str, "a b.c"), "\"a b.c\"");
  CHECK_PRINTED(wow_deparse_plain_name(str, "q\"\\\xc3\xa9"), "\"q\\\"\\\\\xc3\xa9\"");
}

/* Whatever the name is: quoted or bare, it is read back, and nothing else. */
static void test_names_are_read_back(void) {
  for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
    for (int is_plain = 0; is_plain < 2; is_plain++) {
      char out[100];
      sqlite3_str *str = sqlite3_str_new(NULL);
      if (is_plain)
        wow_deparse_plain_name(str, nasty[i].text);
      else
        wow_deparse_name(str, nasty[i].text);
      size_t length = (size_t)sqlite3_str_length(str);
      char *printed = sqlite3_str_finish(str);
      if (!is_plain) length = decode_url(printed, length, true);
      const char *p = printed;
      long n = read_name(&p, printed + length, out);
      unit_about("%s", nasty[i].text);
      CHECK(p == printed + length);
      CHECK_BYTES(out, n < 0 ? 0 : (size_t)n, nasty[i].text, (size_t)nasty[i].bytes);
      sqlite3_free(printed);
    }
  }
}

static void test_element_length(void) {
  for (int c = 0; c < 256; c++) {
    for (int bytes = 0; bytes <= 3; bytes++) {
      char text[3] = {(char)c, 'x', (char)c};
      sqlite3_str *str = sqlite3_str_new(NULL);
      wow_deparse_element(str, text, bytes);
      unit_about("byte %d, %d bytes", c, bytes);
      CHECK_INT(wow_deparse_element_length(text, bytes), sqlite3_str_length(str));
      sqlite3_free(sqlite3_str_finish(str));
    }
  }
}

/* ---------------------------------------------------------------- conditions */

/* A condition on a column of its own relation. */
static void print_term(sqlite3_str *str, const char *name, enum wow_op op, const char *text,
                       int bytes) {
  struct wow_column column = {.name = (char *)name};
  struct wow_condition term = {
      .kind = WOW_CONDITION_TERM, .column = &column, .op = op, .text = text, .bytes = bytes};
  wow_deparse_condition(str, &term);
}

/* The rows after (text, 1) in the order of the columns `name` and id. */
static void print_after(sqlite3_str *str, const char *name, const char *text, int bytes,
                        bool descending) {
  static const struct wow_column id = {.name = (char *)"id", .is_never_null = true};
  struct wow_column column = {.name = (char *)name};
  struct wow_place place = {.n = 2};
  place.values[0] = (struct wow_place_value){
      &column, descending, {text ? WOW_JSON_STRING : WOW_JSON_NULL, text, (size_t)bytes}};
  place.values[1] = (struct wow_place_value){&id, false, {WOW_JSON_NUMBER, "1", 1}};
  struct wow_condition after = {
      .kind = WOW_CONDITION_AFTER, .place = &place, .part = WOW_PART_AFTER};
  wow_deparse_condition(str, &after);
}

/* The parameters of a raw filter; NULL, or what is wrong with it. */
static const char *print_filter(sqlite3_str *str, const char *text) {
  struct wow_where where = {0};
  const char *wrong = NULL;
  CHECK(wow_filter_parse(&where, text, &wrong) == (wrong ? SQLITE_ERROR : SQLITE_OK));
  if (wrong == NULL) wow_deparse_where(str, &where);
  wow_condition_reset(&where);
  return wrong;
}

struct condition {
  enum wow_op op;
  const char *text;
  const char *filter; /* of the column a, at the top level */
  const char *inner;  /* how the constant is written inside or=(...); NULL: not checked */
};

static const struct condition conditions[] = {
    {WOW_EQ, "18", "&a=eq.18", "18"},
    {WOW_NE, "18", "&a=neq.18", NULL},
    {WOW_LT, "18", "&a=lt.18", NULL},
    {WOW_LE, "18", "&a=lte.18", NULL},
    {WOW_GT, "18", "&a=gt.18", NULL},
    {WOW_GE, "18", "&a=gte.18", NULL},
    {WOW_IS, "18", "&a=eq.18", NULL},
    {WOW_IS_NOT, "18", "&or=(a.neq.18,a.is.null)", NULL},
    {WOW_IS_NULL, NULL, "&a=is.null", NULL},
    {WOW_NOT_NULL, NULL, "&a=not.is.null", NULL},
    {WOW_LIKE, "x%", "&a=ilike.x%25", NULL},
    {WOW_GLOB, "x%", "&a=like.x%25", NULL},
    {WOW_REGEXP, "^x", "&a=match.%5Ex", NULL},
    {WOW_MATCH, "quick fox", "&a=wfts.quick%20fox", NULL},
    /* at the top level quotes would be part of the value, inside they are needed */
    {WOW_EQ, "", "&a=eq.", "%22%22"},
    {WOW_EQ, "null", "&a=eq.null", "null"},
    {WOW_EQ, "\"q\"", "&a=eq.%22q%22", "%22%5C%22q%5C%22%22"},
    {WOW_EQ, "a\\b", "&a=eq.a%5Cb", "%22a%5C%5Cb%22"},
    {WOW_EQ, "a,b)", "&a=eq.a%2Cb%29", "%22a%2Cb%29%22"},
    {WOW_EQ, "x&y=z;w+#", "&a=eq.x%26y%3Dz%3Bw%2B%23", "%22x%26y%3Dz%3Bw%2B%23%22"},
    {WOW_LIKE, "a\\%b*", "&a=ilike.a%5C%25b%2A", NULL},
    {WOW_IS_NOT, "a,b", "&or=(a.neq.%22a%2Cb%22,a.is.null)", NULL},
    {WOW_IS_NOT, "", "&or=(a.neq.%22%22,a.is.null)", NULL},
};

static void test_conditions(void) {
  for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
    const struct condition *c = &conditions[i];
    int bytes = c->text ? (int)strlen(c->text) : 0;
    unit_about("a %s %s", wow_op_sql(c->op), c->text ? c->text : "");
    CHECK_PRINTED(print_term(str, "a", c->op, c->text, bytes), c->filter);
    if (c->inner == NULL) continue;
    char *after = sqlite3_mprintf("&or=(a.gt.%s,and(a.eq.%s,id.gt.1))", c->inner, c->inner);
    CHECK_PRINTED(print_after(str, "a", c->text, bytes, false), after);
    sqlite3_free(after);
  }
  unit_about("columns that are quoted");
  CHECK_PRINTED(print_term(str, "limit", WOW_EQ, "1", 1), "&%22limit%22=eq.1");
  CHECK_PRINTED(print_term(str, "a.b", WOW_IS_NULL, NULL, 0), "&%22a.b%22=is.null");
  CHECK_PRINTED(print_term(str, "a=b", WOW_EQ, "1", 1), "&%22a%3Db%22=eq.1");
  CHECK_PRINTED(print_after(str, "or", "5", 1, true),
                "&or=(%22or%22.lt.5,%22or%22.is.null,and(%22or%22.eq.5,id.gt.1))");
  CHECK_PRINTED(print_after(str, "a", NULL, 0, false),
                "&or=(a.not.is.null,and(a.is.null,id.gt.1))");
  CHECK_PRINTED(print_after(str, "a", NULL, 0, true), "&or=(and(a.is.null,id.gt.1))");
  CHECK_PRINTED(print_term(str, "a b", WOW_IS_NOT, "1", 1),
                "&or=(%22a%20b%22.neq.1,%22a%20b%22.is.null)");
  unit_about("a value that is cut");
  CHECK_PRINTED(print_term(str, "a", WOW_EQ, "12345", 2), "&a=eq.12");
  CHECK_PRINTED(print_after(str, "a", "12)45", 2, false), "&or=(a.gt.12,and(a.eq.12,id.gt.1))");
}

/* Cuts "&name=value" as a server does, and decodes both sides. False: there is not just one
** parameter. *value points after the name in `text`. */
static bool split_parameter(char *text, size_t bytes, size_t *name_bytes, char **value,
                            size_t *value_bytes) {
  char *equals = memchr(text, '=', bytes);
  if (equals == NULL || *text != '&' || strpbrk(text + 1, "&;#")) return false;
  *value_bytes = decode_url(equals + 1, bytes - (size_t)(equals + 1 - text), true);
  *name_bytes = decode_url(text + 1, (size_t)(equals - text - 1), true);
  *value = equals + 1;
  return true;
}

/* "&name=eq.value" for a name and a value out of the list above. */
static void check_filter_is_read_back(const struct nasty *name, const struct nasty *value) {
  char out[100], *rest = NULL;
  size_t name_bytes = 0, rest_bytes = 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  print_term(str, name->text, WOW_EQ, value->text, value->bytes);
  size_t length = (size_t)sqlite3_str_length(str);
  char *printed = sqlite3_str_finish(str);
  unit_about("%s = %s is %s", name->text, value->text, printed);
  bool is_one = split_parameter(printed, length, &name_bytes, &rest, &rest_bytes);
  CHECK(is_one);
  if (is_one) {
    const char *p = printed + 1;
    long n = read_name(&p, p + name_bytes, out);
    CHECK(p == printed + 1 + name_bytes);
    CHECK_BYTES(out, n < 0 ? 0 : (size_t)n, name->text, (size_t)name->bytes);
    CHECK(rest_bytes >= 3 && memcmp(rest, "eq.", 3) == 0);
    CHECK_BYTES(rest + 3, rest_bytes - 3, value->text, (size_t)value->bytes);
  }
  sqlite3_free(printed);
}

/* "&or=(name.neq.value,name.is.null)" */
static void check_inner_is_read_back(const struct nasty *name, const struct nasty *value) {
  static const char *const words[] = {".neq.", ".is.null"};
  char out[100], *rest = NULL;
  size_t name_bytes = 0, rest_bytes = 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  print_term(str, name->text, WOW_IS_NOT, value->text, value->bytes);
  size_t length = (size_t)sqlite3_str_length(str);
  char *printed = sqlite3_str_finish(str);
  unit_about("%s IS NOT %s is %s", name->text, value->text, printed);
  bool is_one = split_parameter(printed, length, &name_bytes, &rest, &rest_bytes);
  CHECK(is_one && name_bytes == 2 && memcmp(printed + 1, "or", 2) == 0);
  const char *p = rest, *end = rest + rest_bytes;
  for (int i = 0; is_one && i < 2; i++) {
    CHECK(p < end && *p == "(,"[i]);
    p++;
    long n = read_name(&p, end, out);
    CHECK_BYTES(out, n < 0 ? 0 : (size_t)n, name->text, (size_t)name->bytes);
    size_t word = strlen(words[i]);
    CHECK((size_t)(end - p) > word && memcmp(p, words[i], word) == 0);
    p += word;
    if (i > 0) break;
    n = read_element(&p, end, out);
    CHECK_BYTES(out, (size_t)n, value->text, (size_t)value->bytes);
  }
  CHECK(is_one && p + 1 == end && *p == ')');
  sqlite3_free(printed);
}

static void test_conditions_are_read_back(void) {
  size_t n = sizeof(nasty) / sizeof(nasty[0]);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      check_filter_is_read_back(&nasty[i], &nasty[j]);
      check_inner_is_read_back(&nasty[i], &nasty[j]);
    }
  }
}

/* Lists of two, each element beside each other one: in.(a,b). The first is preceded by a
** parenthesis, behind which a server drops blanks. */
static void test_lists_are_read_back(void) {
  size_t n = sizeof(nasty) / sizeof(nasty[0]);
  for (size_t i = 0; i < n * n; i++) {
    const struct nasty *pair[] = {&nasty[i / n], &nasty[i % n]};
    char out[100];
    sqlite3_str *str = sqlite3_str_new(NULL);
    sqlite3_str_appendall(str, "(");
    wow_deparse_element(str, pair[0]->text, pair[0]->bytes);
    sqlite3_str_appendall(str, ",");
    wow_deparse_element(str, pair[1]->text, pair[1]->bytes);
    sqlite3_str_appendall(str, ")");
    size_t length = (size_t)sqlite3_str_length(str);
    char *printed = sqlite3_str_finish(str);
    unit_about("%s", printed);
    CHECK(strpbrk(printed, "&;#") == NULL);
    const char *p = printed + 1, *end = printed + decode_url(printed, length, true);
    while (p < end && (*p == ' ' || *p == '\t'))
      p++;
    for (int k = 0; k < 2; k++) {
      long bytes = read_element(&p, end, out);
      CHECK_BYTES(out, (size_t)bytes, pair[k]->text, (size_t)pair[k]->bytes);
      CHECK(p < end && *p == ",)"[k]);
      p++;
    }
    CHECK(p == end);
    sqlite3_free(printed);
  }
}

static void test_order(void) {
  unit_about("order");
  CHECK_TEXT(wow_deparse_direction(false, false), ".asc.nullsfirst");
  CHECK_TEXT(wow_deparse_direction(true, false), ".desc.nullslast");
  CHECK_TEXT(wow_deparse_direction(false, true), ".asc");
  CHECK_TEXT(wow_deparse_direction(true, true), ".desc");
  CHECK_PRINTED(wow_deparse_order(
                    str, &(struct wow_column){.name = (char *)"age", .is_never_null = false}, true),
                "age.desc.nullslast");
  CHECK_PRINTED(
      wow_deparse_order(str, &(struct wow_column){.name = (char *)"age", .is_never_null = false},
                        false),
      "age.asc.nullsfirst");
  CHECK_PRINTED(wow_deparse_order(
                    str, &(struct wow_column){.name = (char *)"id", .is_never_null = true}, false),
                "id.asc");
  CHECK_PRINTED(wow_deparse_order(
                    str, &(struct wow_column){.name = (char *)"id", .is_never_null = true}, true),
                "id.desc");
  CHECK_PRINTED(
      wow_deparse_order(str, &(struct wow_column){.name = (char *)"order", .is_never_null = true},
                        true),
      "%22order%22.desc");
  CHECK_PRINTED(
      wow_deparse_order(str, &(struct wow_column){.name = (char *)"a.b,c", .is_never_null = false},
                        true),
      "%22a.b%2Cc%22.desc.nullslast");
}

/* ---------------------------------------------------------------- what users write */

static const struct printing paths[] = {
    {"", "/"},
    {"users", "/users"},
    {"/users", "/users"},
    {"users?select=id,name&age=gte.18", "/users?select=id,name&age=gte.18"},
    {"users?or=(a.eq.1,b.not.is.null)", "/users?or=(a.eq.1,b.not.is.null)"},
    {"users?select=a:b,c!inner(*)", "/users?select=a:b,c!inner(*)"},
    {"rpc/f?x=1", "/rpc/f?x=1"},
    {"Weird Table", "/Weird%20Table"},
    /* a plus sign is meant as one */
    {"users?tz=gt.2024-01-01T00:00:00+02:00", "/users?tz=gt.2024-01-01T00:00:00%2B02:00"},
    /* escapes stay, and what is none is made one */
    {"users?s=eq.a%20b", "/users?s=eq.a%20b"},
    {"users?s=eq.%2b%2B", "/users?s=eq.%2b%2B"},
    {"users?s=eq.%26", "/users?s=eq.%26"},
    {"users?s=eq.100%", "/users?s=eq.100%25"},
    {"users?s=eq.%4", "/users?s=eq.%254"},
    {"users?s=eq.%zz", "/users?s=eq.%25zz"},
    {"users?s=eq.%%41", "/users?s=eq.%25%41"},
    {"users?s=eq.%41", "/users?s=eq.%41"},
    /* signs that would end the parameter or the query */
    {"users?s=eq.a;b", "/users?s=eq.a%3Bb"},
    {"users?s=eq.a#b", "/users?s=eq.a%23b"},
    {"users?s=eq.\"a\\b\"", "/users?s=eq.%22a%5Cb%22"},
    {"users?a=cs.{x,y}", "/users?a=cs.%7Bx,y%7D"},
    {"users?r=ov.[1,2)", "/users?r=ov.%5B1,2)"},
    {"users?j->>a=eq.x", "/users?j-%3E%3Ea=eq.x"},
    {"users?s=eq.it's", "/users?s=eq.it%27s"},
    {"users?s=eq.\xc3\xa9", "/users?s=eq.%C3%A9"},
    {"users?s=eq.a\r\nHost: x", "/users?s=eq.a%0D%0AHost:%20x"},
};

static const struct printing parameters[] = {
    {"", ""},
    {"?", ""},
    {"&", ""},
    {"age=gte.18", "&age=gte.18"},
    {"?age=gte.18", "&age=gte.18"},
    {"&age=gte.18", "&age=gte.18"},
    {"age=gte.18&", "&age=gte.18"},
    {"tags=cs.{vip}&age=gte.18", "&tags=cs.%7Bvip%7D&age=gte.18"},
    {"or=(a.eq.1,b.eq.2)", "&or=(a.eq.1,b.eq.2)"},
    {"not.and=(a.gt.1,a.lt.5)", "&not.and=(a.gt.1,a.lt.5)"},
    {"j->>k=eq.a+b", "&j-%3E%3Ek=eq.a%2Bb"},
    {"s=eq.a=b", "&s=eq.a=b"},
    {"s=eq.a%26b", "&s=eq.a%26b"},
    {"s=eq.a;limit=0", "&s=eq.a%3Blimit=0"},
    {"s=eq.a#b", "&s=eq.a%23b"},
    {"v=fts(english).fox", "&v=fts(english).fox"},
    {"s=eq.a\r\nb c", "&s=eq.a%0D%0Ab%20c"},
    /* columns whose names only look like a parameter of the scan */
    {"limits=eq.1", "&limits=eq.1"},
    {"order_id=eq.1", "&order_id=eq.1"},
    {"Limit=eq.1", "&Limit=eq.1"},
    {"\"limit\"=eq.1", "&%22limit%22=eq.1"},
};

static const char *const no_conditions[] = {
    "age", "age&x=eq.1", "x=eq.1&age", "=eq.1", "a=eq.1&&b=eq.2", "a=eq.1&=", "age;x=eq.1&y"};
static const char *const of_the_scan[] = {"select", "order",       "limit",
                                          "offset", "on_conflict", "columns"};
/* The same names to the server, which decodes them. */
static const char *const escaped_names[] = {"%73elect", "orde%72",       "l%69mit",
                                            "%6fffset", "on%5Fconflict", "c%6Flumns"};

static void check_refused(const char *text, const char *part) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  const char *wrong = print_filter(str, text);
  unit_about("%s", text);
  CHECK(wrong && strstr(wrong, part));
  sqlite3_free(sqlite3_str_finish(str));
}

static void test_user_text(void) {
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    unit_about("the path %s", paths[i].text);
    CHECK_PRINTED(wow_deparse_user_path(str, paths[i].text), paths[i].printed);
  }
  for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
    unit_about("the parameters %s", parameters[i].text);
    CHECK_PRINTED(CHECK(print_filter(str, parameters[i].text) == NULL), parameters[i].printed);
  }
  for (size_t i = 0; i < sizeof(no_conditions) / sizeof(no_conditions[0]); i++)
    check_refused(no_conditions[i], "column=operator.value");
  for (size_t i = 0; i < sizeof(of_the_scan) / sizeof(of_the_scan[0]); i++) {
    char text[100];
    snprintf(text, sizeof(text), "%s=1", of_the_scan[i]);
    check_refused(text, "made from the SQL statement");
    snprintf(text, sizeof(text), "a=eq.1&%s=", of_the_scan[i]);
    check_refused(text, "made from the SQL statement");
    snprintf(text, sizeof(text), "?%s=1&a=eq.1", of_the_scan[i]);
    check_refused(text, "made from the SQL statement");
    snprintf(text, sizeof(text), "%s=1", escaped_names[i]);
    check_refused(text, "made from the SQL statement");
  }
}

/* What a user wrote without escapes arrives as it was written. */
static void test_user_text_is_read_back(void) {
  for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
    if (memchr(nasty[i].text, '%', (size_t)nasty[i].bytes)) continue;
    bool is_parameter = strpbrk(nasty[i].text, "&") == NULL;
    for (int kind = 0; kind < 1 + is_parameter; kind++) {
      char *wrote = sqlite3_mprintf("%ss=eq.%s", kind ? "&" : "/t?", nasty[i].text);
      sqlite3_str *str = sqlite3_str_new(NULL);
      if (kind)
        print_filter(str, wrote);
      else
        wow_deparse_user_path(str, wrote);
      size_t length = (size_t)sqlite3_str_length(str);
      char *printed = sqlite3_str_finish(str);
      unit_about("%s is %s", wrote, printed);
      CHECK(strpbrk(printed, ";#+") == NULL);
      CHECK_BYTES(printed, decode_url(printed, length, true), wrote, strlen(wrote));
      sqlite3_free(printed);
      sqlite3_free(wrote);
    }
  }
}

/* ---------------------------------------------------------------- memory */

static void test_out_of_memory(void) {
  enum { BYTES = 100000 };
  char *text = malloc(BYTES + 1);
  memset(text, '"', BYTES);
  text[BYTES] = 0;
  unit_about("memory runs out");
  for (int kind = 0; kind < 5; kind++) {
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + BYTES);
    sqlite3_str *str = sqlite3_str_new(NULL);
    if (kind == 0) wow_deparse_bytes(str, text, BYTES);
    if (kind == 1) wow_deparse_element(str, text, BYTES);
    if (kind == 2) print_term(str, text, WOW_EQ, "1", 1);
    if (kind == 3) wow_deparse_user_path(str, text);
    if (kind == 4) wow_deparse_plain_name(str, text);
    CHECK_INT(sqlite3_str_errcode(str), SQLITE_NOMEM);
    sqlite3_free(sqlite3_str_finish(str));
    sqlite3_hard_heap_limit64(0);
  }
  free(text);
}

int main(void) {
  sqlite3_initialize();
  sqlite3_int64 used = sqlite3_memory_used();
  test_bytes();
  test_bytes_are_read_back();
  test_names_and_elements();
  test_names_are_read_back();
  test_element_length();
  test_conditions();
  test_conditions_are_read_back();
  test_lists_are_read_back();
  test_order();
  test_user_text();
  test_user_text_is_read_back();
  test_out_of_memory();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  return unit_end("unit_deparse");
}
