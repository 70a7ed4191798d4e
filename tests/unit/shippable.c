/*
** The table of shippability (src/types/shippable.h), as README.md prints it (--markdown), and what
** must be true of it; and the other questions of what the server may do.
*/
#include "sql_value.h"
#include "types/shippable.h"
#include "unit.h"

static const char *const type_names[] = {
    "bigint",       "numeric",     "double precision",
    "real",         "boolean",     "bytea",
    "uuid",         "date",        "time",
    "timestamp",    "timestamptz", "text",
    "character(n)", "citext",      "enum",
    "jsonb",        "json",        "text[]",
    "tsvector",     "interval",
};

static const struct {
  const char *title;
  enum wow_op op;
} columns[] = {
    {"`=` `IN` `IS`", WOW_EQ},  {"`<>` `IS NOT`", WOW_NE},       {"`<` `<=` `>` `>=`", WOW_LT},
    {"`IS NULL`", WOW_IS_NULL}, {"`IS NOT NULL`", WOW_NOT_NULL}, {"`LIKE` `GLOB`", WOW_LIKE},
    {"`REGEXP`", WOW_REGEXP},   {"`MATCH`", WOW_MATCH},
};
#define N(array) (sizeof(array) / sizeof((array)[0]))

static void make_type(struct wow_type *type, const char *name) {
  wow_type_init(type, name);
  if (strcmp(name, "enum") == 0) wow_type_add_label(type, "a", 1);
}

static struct wow_rule rule_for(const struct wow_type *type, enum wow_op op,
                                enum wow_collation collation, const char *expression) {
  sqlite3_value *value = sql_value(expression);
  struct wow_rule rule = wow_shippable_rule(type, op, collation, value);
  sqlite3_value_free(value);
  return rule;
}

static struct wow_rule rule(const struct wow_type *type, enum wow_op op) {
  /* What a text column does with text: of a value not known yet less may be said. */
  if (type->family == WOW_TEXT) return rule_for(type, op, WOW_COLLATION_SERVER, "'a'");
  return wow_shippable_rule(type, op, WOW_COLLATION_SERVER, NULL);
}

/* The reasons listed below the table, each with its number. */
static const char *notes[64];
static int n_notes;

static int note(const char *reason) {
  int i = 0;
  while (i < n_notes && strcmp(notes[i], reason) != 0)
    i++;
  if (i == n_notes) notes[n_notes++] = reason;
  return i + 1;
}

static void print_cell(enum wow_ship ship, const char *reason) {
  static const char *const words[] = {
      [WOW_LOCAL] = "no", [WOW_SUPERSET] = "about", [WOW_EXACT] = "yes"};
  printf(" %s", words[ship]);
  if (reason) printf(" <sup>%d</sup>", note(reason));
  printf(" |");
}

static void print_markdown(void) {
  printf("| type |");
  for (size_t c = 0; c < N(columns); c++)
    printf(" %s |", columns[c].title);
  printf(" `ORDER BY` |\n|---|");
  for (size_t c = 0; c <= N(columns); c++)
    printf("---|");
  printf("\n");
  for (size_t t = 0; t < N(type_names); t++) {
    struct wow_type type;
    make_type(&type, type_names[t]);
    printf("| %s |", strcmp(type_names[t], "interval") == 0
                         ? "others (interval, timetz, inet, ranges, composites, ...)"
                         : type_names[t]);
    for (size_t c = 0; c < N(columns); c++) {
      struct wow_rule r = rule(&type, columns[c].op);
      print_cell(r.ship, r.reason);
    }
    const char *order = wow_shippable_order_reason(&type, WOW_COLLATION_SERVER);
    print_cell(order ? WOW_LOCAL : WOW_EXACT, order);
    printf("\n");
    wow_type_reset(&type);
  }
  printf("\n");
  for (int i = 0; i < n_notes; i++)
    printf("%d. %s\n", i + 1, notes[i]);
}

/* For all types: exact has no reason, everything else has one. */
static void test_reasons(void) {
  for (size_t t = 0; t < N(type_names); t++) {
    struct wow_type type;
    make_type(&type, type_names[t]);
    for (int op = 0; op < WOW_N_OPS; op++) {
      struct wow_rule r = rule(&type, (enum wow_op)op);
      unit_about("%s %s", type_names[t], wow_op_sql((enum wow_op)op));
      CHECK_INT(r.ship == WOW_EXACT, r.reason == NULL);
    }
    wow_type_reset(&type);
  }
}

/* Types whose values SQLite compares by their text form must not be compared on the server. */
static void test_forms(void) {
  static const char *const names[] = {"jsonb",         "json",      "text[]", "interval", "timetz",
                                      "inet",          "int4range", "bit",    "tsvector", "int8[]",
                                      "public.status", "xml",       "money",  "tsquery"};
  for (size_t t = 0; t < N(names); t++) {
    struct wow_type type;
    make_type(&type, names[t]);
    unit_about("%s", names[t]);
    for (int op = 0; op < WOW_N_OPS; op++) {
      if (wow_op_is_comparison((enum wow_op)op))
        CHECK_INT(rule(&type, (enum wow_op)op).ship, WOW_LOCAL);
    }
    CHECK(wow_shippable_order_reason(&type, WOW_COLLATION_SERVER) != NULL);
    CHECK(!wow_shippable_can_continue(&type));
    CHECK(!wow_shippable_can_group(&type));
    CHECK(!wow_shippable_has_one_text(&type));
    wow_type_reset(&type);
  }
}

/* What is known of the value narrows the rule. */
static void test_values(void) {
  static const struct {
    const char *type;
    enum wow_op op;
    enum wow_collation collation;
    const char *value; /* NULL: not known */
    enum wow_ship ship;
  } rules[] = {
      {"text", WOW_EQ, WOW_COLLATION_SERVER, NULL, WOW_SUPERSET},
      {"text", WOW_EQ, WOW_COLLATION_SERVER, "'a'", WOW_EXACT},
      {"text", WOW_EQ, WOW_COLLATION_SERVER, "5", WOW_LOCAL},
      {"text", WOW_EQ, WOW_COLLATION_SERVER, "x'61'", WOW_LOCAL},
      {"text", WOW_EQ, WOW_COLLATION_SERVER, "NULL", WOW_EXACT},
      {"text", WOW_EQ, WOW_COLLATION_BINARY, "'a'", WOW_EXACT},
      {"text", WOW_LT, WOW_COLLATION_SERVER, NULL, WOW_EXACT},
      {"text", WOW_LT, WOW_COLLATION_SERVER, "5", WOW_LOCAL},
      {"text", WOW_LT, WOW_COLLATION_C, NULL, WOW_SUPERSET},
      {"text", WOW_LT, WOW_COLLATION_C, "'a'", WOW_EXACT},
      {"text", WOW_LT, WOW_COLLATION_BINARY, NULL, WOW_LOCAL},
      {"text", WOW_LT, WOW_COLLATION_BINARY, "'a'", WOW_LOCAL},
      {"text", WOW_LIKE, WOW_COLLATION_SERVER, "'a%'", WOW_SUPERSET},
      {"text", WOW_REGEXP, WOW_COLLATION_SERVER, "'a'", WOW_EXACT},
      {"uuid", WOW_EQ, WOW_COLLATION_SERVER, NULL, WOW_EXACT},
      {"uuid", WOW_EQ, WOW_COLLATION_SERVER, "'01234567-89ab-cdef-0123-456789abcdef'", WOW_EXACT},
      {"uuid", WOW_EQ, WOW_COLLATION_SERVER, "'x'", WOW_LOCAL},
      {"date", WOW_GT, WOW_COLLATION_SERVER, "'2024-02-30'", WOW_LOCAL},
      {"date", WOW_GT, WOW_COLLATION_SERVER, "'2024-02-29'", WOW_EXACT},
      {"date", WOW_GT, WOW_COLLATION_SERVER, "20240229", WOW_LOCAL},
      {"time", WOW_GT, WOW_COLLATION_SERVER, "'10:00'", WOW_EXACT},
      {"timestamp", WOW_GT, WOW_COLLATION_SERVER, "'2024-02-29T10:00Z'", WOW_LOCAL},
      {"timestamptz", WOW_GT, WOW_COLLATION_SERVER, "'2024-02-29T10:00Z'", WOW_EXACT},
      {"enum", WOW_EQ, WOW_COLLATION_SERVER, NULL, WOW_SUPERSET},
      {"enum", WOW_EQ, WOW_COLLATION_SERVER, "'a'", WOW_EXACT},
      {"enum", WOW_EQ, WOW_COLLATION_SERVER, "'b'", WOW_LOCAL},
      {"enum", WOW_EQ, WOW_COLLATION_SERVER, "1", WOW_LOCAL},
      {"enum", WOW_LT, WOW_COLLATION_SERVER, "'a'", WOW_LOCAL},
      {"character(3)", WOW_EQ, WOW_COLLATION_SERVER, "'a'", WOW_SUPERSET},
      {"character(3)", WOW_EQ, WOW_COLLATION_SERVER, "1", WOW_LOCAL},
      {"character(3)", WOW_NE, WOW_COLLATION_SERVER, "'a'", WOW_LOCAL},
      {"citext", WOW_EQ, WOW_COLLATION_SERVER, "'a'", WOW_SUPERSET},
      {"citext", WOW_EQ, WOW_COLLATION_SERVER, "1", WOW_LOCAL},
      {"bigint", WOW_EQ, WOW_COLLATION_BINARY, "'abc'", WOW_EXACT},
      {"real", WOW_EQ, WOW_COLLATION_SERVER, "1.5", WOW_SUPERSET},
  };
  for (size_t i = 0; i < N(rules); i++) {
    struct wow_type type;
    const char *value = rules[i].value;
    make_type(&type, rules[i].type);
    unit_about("%s %s %s (collation %d)", rules[i].type, wow_op_sql(rules[i].op),
               value ? value : "?", rules[i].collation);
    struct wow_rule r = value ? rule_for(&type, rules[i].op, rules[i].collation, value)
                              : wow_shippable_rule(&type, rules[i].op, rules[i].collation, NULL);
    CHECK_INT(r.ship, rules[i].ship);
    CHECK_INT(r.ship == WOW_EXACT, r.reason == NULL);
    wow_type_reset(&type);
  }
}

/* collation=binary keeps the order of text here; only of text. */
static void test_order(void) {
  struct wow_type text, number, json;
  unit_about("order");
  make_type(&text, "text");
  make_type(&number, "bigint");
  make_type(&json, "json");
  CHECK(wow_shippable_order_reason(&text, WOW_COLLATION_BINARY) != NULL);
  CHECK(wow_shippable_order_reason(&text, WOW_COLLATION_C) == NULL);
  CHECK(wow_shippable_order_reason(&text, WOW_COLLATION_SERVER) == NULL);
  CHECK(wow_shippable_order_reason(&number, WOW_COLLATION_BINARY) == NULL);
  CHECK(wow_shippable_has_order(&text) && !wow_shippable_has_order(&json));
  CHECK(wow_shippable_is_ordered_there(&text, WOW_LT, WOW_COLLATION_SERVER));
  CHECK(!wow_shippable_is_ordered_there(&text, WOW_LT, WOW_COLLATION_C));
  CHECK(!wow_shippable_is_ordered_there(&text, WOW_EQ, WOW_COLLATION_SERVER));
  CHECK(!wow_shippable_is_ordered_there(&number, WOW_LT, WOW_COLLATION_SERVER));
  wow_type_reset(&text);
  wow_type_reset(&number);
  wow_type_reset(&json);
}

static void test_server_values(void) {
  struct wow_type type;
  make_type(&type, "timestamp");
  unit_about("server values");
  CHECK(wow_shippable_is_server_value(&type, "2024-02-29T10:00", 16));
  CHECK(!wow_shippable_is_server_value(&type, "2024-02-29T10:00Z", 17));
  wow_type_reset(&type);
}

static void test_implied_ranges(void) {
  unit_about("LIKE 'aBc%%'");
  CHECK(wow_shippable_like_implies("aBc%", true, "ABC", 3));
  CHECK(wow_shippable_like_implies("aBc%", false, "abd", 3));
  CHECK(!wow_shippable_like_implies("aBc%", true, "abc", 3));
  CHECK(!wow_shippable_like_implies("aBc%", false, "abc", 3));
  CHECK(!wow_shippable_like_implies("aBc%", true, "AB", 2));
  CHECK(wow_shippable_like_implies("a_c", true, "A", 1));
  CHECK(!wow_shippable_like_implies("%a", true, "", 0));
}

int main(int argc, char **argv) {
  sql_value_open();
  if (argc > 1 && strcmp(argv[1], "--markdown") == 0) {
    print_markdown();
  } else {
    test_reasons();
    test_forms();
    test_values();
    test_order();
    test_server_values();
    test_implied_ranges();
  }
  sql_value_close();
  return argc > 1 ? 0 : unit_end("unit_shippable");
}
