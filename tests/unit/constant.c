/*
** What a comparison with a value amounts to (src/types/constant.h): whatever its type is, what is
** sent means what SQLite means, and never makes the server fail.
*/
#include <stdlib.h>

#include "sql_value.h"
#include "types/constant.h"
#include "unit.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct expectation {
  enum wow_op op;
  const char *value; /* an SQL expression */
  enum wow_verdict verdict;
  enum wow_op sent_op; /* WOW_SEND only, as is the text */
  const char *text;
};

static void check_constants(const char *name, enum wow_collation collation,
                            const struct expectation *list, size_t n) {
  struct wow_type type;
  wow_type_init(&type, name);
  if (strcmp(name, "enum") == 0) wow_type_add_label(&type, "new", 3);
  for (size_t i = 0; i < n; i++) {
    const struct expectation *e = &list[i];
    struct wow_constant constant;
    sqlite3_value *value = sql_value(e->value);
    unit_about("%s %s %s", name, wow_op_sql(e->op), e->value);
    CHECK_INT(wow_constant_init(&constant, &type, e->op, collation, value), SQLITE_OK);
    CHECK_INT(constant.verdict, e->verdict);
    CHECK_INT(constant.is_exact,
              wow_shippable_rule(&type, e->op, collation, value).ship == WOW_EXACT);
    if (e->verdict == WOW_SEND) {
      CHECK_INT(constant.op, e->sent_op);
      CHECK_BYTES(constant.text, (size_t)constant.text_bytes, e->text,
                  e->text ? strlen(e->text) : 0);
    } else {
      CHECK(constant.text == NULL);
    }
    sqlite3_free(constant.text);
    sqlite3_free(constant.upper);
    sqlite3_value_free(value);
  }
  wow_type_reset(&type);
}

#define CHECK_CONSTANTS(name, list)                                                                \
  check_constants(name, WOW_COLLATION_SERVER, list, sizeof(list) / sizeof((list)[0]))

static void test_integers(void) {
  static const struct expectation smallint[] = {
      {WOW_EQ, "5", WOW_SEND, WOW_EQ, "5"},
      {WOW_EQ, "5.0", WOW_SEND, WOW_EQ, "5"},
      {WOW_EQ, "'5'", WOW_SEND, WOW_EQ, "5"},
      {WOW_EQ, "' 5.0 '", WOW_SEND, WOW_EQ, "5"},
      {WOW_EQ, "'abc'", WOW_NEVER, WOW_EQ, NULL},
      {WOW_NE, "'abc'", WOW_ANY, WOW_EQ, NULL},
      {WOW_IS_NOT, "'abc'", WOW_ALWAYS, WOW_EQ, NULL},
      {WOW_LT, "'abc'", WOW_ANY, WOW_EQ, NULL},
      {WOW_GT, "x'61'", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "5.5", WOW_NEVER, WOW_EQ, NULL},
      {WOW_NE, "5.5", WOW_ANY, WOW_EQ, NULL},
      {WOW_LT, "5.5", WOW_SEND, WOW_LE, "5"},
      {WOW_LE, "5.5", WOW_SEND, WOW_LE, "5"},
      {WOW_GT, "5.5", WOW_SEND, WOW_GE, "6"},
      {WOW_GE, "-5.5", WOW_SEND, WOW_GE, "-5"},
      {WOW_LT, "-5.5", WOW_SEND, WOW_LE, "-6"},
      {WOW_EQ, "32767", WOW_SEND, WOW_EQ, "32767"},
      {WOW_EQ, "32768", WOW_NEVER, WOW_EQ, NULL},
      {WOW_LT, "32768", WOW_ANY, WOW_EQ, NULL},
      {WOW_GT, "32767.5", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "-32768", WOW_SEND, WOW_EQ, "-32768"},
      {WOW_GE, "-32769", WOW_ANY, WOW_EQ, NULL},
      {WOW_LT, "-32768.5", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "9e999", WOW_NEVER, WOW_EQ, NULL},
      {WOW_GT, "-9e999", WOW_ANY, WOW_EQ, NULL},
  };
  static const struct expectation bigint[] = {
      {WOW_EQ, "9007199254740993", WOW_SEND, WOW_EQ, "9007199254740993"},
      {WOW_EQ, "9223372036854775807", WOW_SEND, WOW_EQ, "9223372036854775807"},
      {WOW_EQ, "-9223372036854775807 - 1", WOW_SEND, WOW_EQ, "-9223372036854775808"},
      {WOW_LT, "9223372036854775808.0", WOW_ANY, WOW_EQ, NULL},
      {WOW_GE, "-9223372036854775808.0", WOW_SEND, WOW_GE, "-9223372036854775808"},
      {WOW_EQ, "1e30", WOW_NEVER, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("smallint", smallint);
  CHECK_CONSTANTS("bigint", bigint);
}

static void test_reals(void) {
  static const struct expectation float8[] = {
      {WOW_EQ, "0.1", WOW_SEND, WOW_EQ, "0.1"},
      {WOW_EQ, "0.1 + 0.2", WOW_SEND, WOW_EQ, "0.30000000000000004"},
      {WOW_EQ, "-0.0", WOW_SEND, WOW_EQ, "0"},
      {WOW_EQ, "1e300", WOW_SEND, WOW_EQ, "1e+300"},
      {WOW_LT, "9e999", WOW_SEND, WOW_LT, "Infinity"},
      {WOW_GT, "-9e999", WOW_SEND, WOW_GT, "-Infinity"},
      {WOW_EQ, "5", WOW_SEND, WOW_EQ, "5"},
      /* an integer that is not a double lies between two of them */
      {WOW_EQ, "9007199254740993", WOW_NEVER, WOW_EQ, NULL},
      {WOW_LT, "9007199254740993", WOW_SEND, WOW_LE, "9007199254740992"},
      {WOW_GT, "9007199254740993", WOW_SEND, WOW_GE, "9007199254740994"},
      {WOW_LE, "9223372036854775807", WOW_SEND, WOW_LE, "9.223372036854775e+18"},
      {WOW_GE, "9223372036854775807", WOW_SEND, WOW_GE, "9.223372036854776e+18"},
      /* NaN is the text 'NaN' here */
      {WOW_EQ, "'NaN'", WOW_SEND, WOW_EQ, "NaN"},
      {WOW_NE, "'NaN'", WOW_SEND, WOW_NE, "NaN"},
      {WOW_LT, "'NaN'", WOW_SEND, WOW_LT, "NaN"},
      {WOW_LE, "'NaN'", WOW_ANY, WOW_EQ, NULL},
      {WOW_GT, "'NaN'", WOW_NEVER, WOW_EQ, NULL},
      {WOW_GE, "'NaN'", WOW_SEND, WOW_EQ, "NaN"},
      {WOW_EQ, "'abc'", WOW_NEVER, WOW_EQ, NULL},
      {WOW_GT, "'Abc'", WOW_SEND, WOW_EQ, "NaN"},
      {WOW_LT, "'Abc'", WOW_SEND, WOW_LT, "NaN"},
      {WOW_LT, "'abc'", WOW_ANY, WOW_EQ, NULL},
      {WOW_GT, "'abc'", WOW_NEVER, WOW_EQ, NULL},
      {WOW_LT, "x'00'", WOW_ANY, WOW_EQ, NULL},
  };
  static const struct expectation numeric[] = {
      /* beyond 15 digits bounds are sent, and each row is compared here besides */
      {WOW_EQ, "9007199254740993", WOW_SEND, WOW_EQ, "9007199254740991"},
      {WOW_LT, "9223372036854775807", WOW_SEND, WOW_LE, "9.2233720368547779e+18"},
      /* 21 digits, though 1e20 is short */
      {WOW_GE, "1e20", WOW_SEND, WOW_GE, "9.9999999999999984e+19"},
      {WOW_EQ, "999999999999999", WOW_SEND, WOW_EQ, "999999999999999"},
      {WOW_EQ, "'0.30000000000000000001'", WOW_SEND, WOW_EQ, "0.29999999999999993"},
      {WOW_GT, "'100000000000000000.5'", WOW_SEND, WOW_GE, "99999999999999984"},
      {WOW_EQ, "'1.50'", WOW_SEND, WOW_EQ, "1.5"},
  };
  static const struct expectation float4[] = {
      {WOW_EQ, "0.1", WOW_SEND, WOW_EQ, "0.1"},   {WOW_LT, "0.1", WOW_SEND, WOW_LE, "0.1"},
      {WOW_GT, "0.1", WOW_SEND, WOW_GE, "0.1"},   {WOW_NE, "0.1", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_EQ, "1e39", WOW_UNSENT, WOW_EQ, NULL}, {WOW_EQ, "1e-39", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_EQ, "0.0", WOW_SEND, WOW_EQ, "0"},     {WOW_LE, "9e999", WOW_SEND, WOW_LE, "Infinity"},
      {WOW_EQ, "'abc'", WOW_NEVER, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("double precision", float8);
  CHECK_CONSTANTS("numeric", numeric);
  CHECK_CONSTANTS("real", float4);
}

/* The numbers that are the same to SQLite are between the bounds. */
static void test_bounds(void) {
  struct wow_type type;
  struct wow_constant constant;
  sqlite3_value *value = sql_value("0.1234567890123456789");
  unit_about("bounds");
  wow_type_init(&type, "numeric");
  CHECK_INT(wow_constant_init(&constant, &type, WOW_EQ, WOW_COLLATION_SERVER, value), SQLITE_OK);
  CHECK(constant.is_near);
  CHECK(constant.upper && strtod(constant.text, NULL) < sqlite3_value_double(value) &&
        strtod(constant.upper, NULL) > sqlite3_value_double(value));
  sqlite3_free(constant.text);
  sqlite3_free(constant.upper);
  CHECK_INT(wow_constant_init(&constant, &type, WOW_NE, WOW_COLLATION_SERVER, value), SQLITE_OK);
  CHECK(constant.is_near && constant.verdict == WOW_ANY && constant.text == NULL);
  sqlite3_value_free(value);
  wow_type_reset(&type);
}

static void test_booleans(void) {
  static const struct expectation list[] = {
      {WOW_EQ, "1", WOW_SEND, WOW_EQ, "true"},     {WOW_EQ, "0", WOW_SEND, WOW_EQ, "false"},
      {WOW_EQ, "0.5", WOW_NEVER, WOW_EQ, NULL},    {WOW_GT, "0.5", WOW_SEND, WOW_EQ, "true"},
      {WOW_LT, "1", WOW_SEND, WOW_EQ, "false"},    {WOW_LE, "1", WOW_ANY, WOW_EQ, NULL},
      {WOW_NE, "0", WOW_SEND, WOW_EQ, "true"},     {WOW_IS_NOT, "0", WOW_SEND, WOW_IS_NOT, "false"},
      {WOW_IS_NOT, "2", WOW_ALWAYS, WOW_EQ, NULL}, {WOW_EQ, "'true'", WOW_NEVER, WOW_EQ, NULL},
      {WOW_LT, "'true'", WOW_ANY, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("boolean", list);
}

static void test_blobs(void) {
  static const struct expectation list[] = {
      {WOW_EQ, "x'00FF'", WOW_SEND, WOW_EQ, "\\x00ff"}, {WOW_LT, "x''", WOW_SEND, WOW_LT, "\\x"},
      {WOW_EQ, "'abc'", WOW_NEVER, WOW_EQ, NULL},       {WOW_GT, "'abc'", WOW_ANY, WOW_EQ, NULL},
      {WOW_LT, "5", WOW_NEVER, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("bytea", list);
}

static void test_texts(void) {
  static const struct expectation text[] = {
      {WOW_EQ, "'a''b'", WOW_SEND, WOW_EQ, "a'b"},
      {WOW_EQ, "''", WOW_SEND, WOW_EQ, ""},
      {WOW_LT, "'\xc3\xa9'", WOW_SEND, WOW_LT, "\xc3\xa9"},
      /* text that the server cannot hold */
      {WOW_EQ, "CAST(x'610062' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_NE, "CAST(x'61ff' AS TEXT)", WOW_ANY, WOW_EQ, NULL},
      {WOW_EQ, "CAST(x'eda080' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "CAST(x'c0af' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "CAST(x'f0808080' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "CAST(x'f4908080' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "CAST(x'e282' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "CAST(x'f09f9880' AS TEXT)", WOW_SEND, WOW_EQ, "\xf0\x9f\x98\x80"},
      {WOW_LT, "CAST(x'61ff' AS TEXT)", WOW_COMPARE, WOW_EQ, NULL},
      {WOW_EQ, "5", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_LT, "5", WOW_COMPARE, WOW_EQ, NULL},
      {WOW_LT, "x'61'", WOW_COMPARE, WOW_EQ, NULL},
  };
  static const struct expectation bytewise[] = {
      {WOW_LT, "'a'", WOW_SEND, WOW_LT, "a"},
      {WOW_LT, "CAST(x'61ff' AS TEXT)", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_LT, "5", WOW_UNSENT, WOW_EQ, NULL},
  };
  static const struct expectation labels[] = {
      {WOW_EQ, "'new'", WOW_SEND, WOW_EQ, "new"},
      {WOW_EQ, "'old'", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_EQ, "1", WOW_UNSENT, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("text", text);
  check_constants("text", WOW_COLLATION_C, bytewise, N(bytewise));
  CHECK_CONSTANTS("enum", labels);
}

static void test_server_values(void) {
  static const struct expectation uuid[] = {
      {WOW_EQ, "'01234567-89AB-cdef-0123-456789abcdef'", WOW_SEND, WOW_EQ,
       "01234567-89ab-cdef-0123-456789abcdef"},
      {WOW_EQ, "'0123456789ABCDEF0123456789abcdef'", WOW_SEND, WOW_EQ,
       "01234567-89ab-cdef-0123-456789abcdef"},
      {WOW_EQ, "'x'", WOW_COMPARE, WOW_EQ, NULL},
      {WOW_LT, "5", WOW_COMPARE, WOW_EQ, NULL},
  };
  static const struct expectation date[] = {
      {WOW_GE, "'2024-02-29'", WOW_SEND, WOW_GE, "2024-02-29"},
      {WOW_GE, "'2023-02-29'", WOW_COMPARE, WOW_EQ, NULL},
      {WOW_EQ, "x'00'", WOW_COMPARE, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("uuid", uuid);
  CHECK_CONSTANTS("date", date);
}

static void test_nulls(void) {
  static const struct expectation text[] = {
      {WOW_EQ, "NULL", WOW_NEVER, WOW_EQ, NULL},
      {WOW_NE, "NULL", WOW_NEVER, WOW_EQ, NULL},
      {WOW_LIKE, "NULL", WOW_NEVER, WOW_EQ, NULL},
      {WOW_IS, "NULL", WOW_SEND, WOW_IS_NULL, NULL},
      {WOW_IS_NOT, "NULL", WOW_SEND, WOW_NOT_NULL, NULL},
      {WOW_IS_NULL, "NULL", WOW_SEND, WOW_IS_NULL, NULL},
      {WOW_NOT_NULL, "NULL", WOW_SEND, WOW_NOT_NULL, NULL},
  };
  /* a JSON null is NULL here, but not on the server */
  static const struct expectation jsonb[] = {
      {WOW_IS, "NULL", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_IS_NOT, "NULL", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_EQ, "NULL", WOW_NEVER, WOW_EQ, NULL},
      {WOW_EQ, "'{}'", WOW_UNSENT, WOW_EQ, NULL},
  };
  CHECK_CONSTANTS("text", text);
  CHECK_CONSTANTS("jsonb", jsonb);
}

/* Each pattern becomes one that matches at least as much. */
static void test_patterns(void) {
  static const struct expectation list[] = {
      {WOW_LIKE, "'a%_b'", WOW_SEND, WOW_REGEXP, "^[aA].*.[bB]$"},
      {WOW_LIKE, "'a\\b'", WOW_SEND, WOW_REGEXP, "^[aA]\\\\[bB]$"},
      {WOW_LIKE, "''", WOW_SEND, WOW_GLOB, ""},
      {WOW_LIKE, "5", WOW_SEND, WOW_GLOB, "5"},
      {WOW_LIKE, "x'61'", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_LIKE, "CAST(x'61ff' AS TEXT)", WOW_UNSENT, WOW_EQ, NULL},
      {WOW_GLOB, "'a*b?c'", WOW_SEND, WOW_GLOB, "a%b_c"},
      {WOW_GLOB, "'100%_\\'", WOW_SEND, WOW_GLOB, "100\\%\\_\\\\"},
      {WOW_GLOB, "'[a-c]x[^]]y[]z]'", WOW_SEND, WOW_GLOB, "_x_y_"},
      {WOW_GLOB, "'a[bc'", WOW_SEND, WOW_GLOB, "a_"},
      {WOW_GLOB, "''", WOW_SEND, WOW_GLOB, ""},
      {WOW_REGEXP, "'^a.*%'", WOW_SEND, WOW_REGEXP, "^a.*%"},
      {WOW_REGEXP, "CAST(x'61ff' AS TEXT)", WOW_NEVER, WOW_EQ, NULL},
      {WOW_MATCH, "'fat & cat'", WOW_SEND, WOW_MATCH, "fat & cat"},
  };
  CHECK_CONSTANTS("text", list);
}

int main(void) {
  sql_value_open();
  sqlite3_int64 used = sqlite3_memory_used();
  test_integers();
  test_reals();
  test_bounds();
  test_booleans();
  test_blobs();
  test_texts();
  test_server_values();
  test_nulls();
  test_patterns();
  sqlite3_db_release_memory(sql_value_db);
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  sql_value_close();
  return unit_end("unit_constant");
}
