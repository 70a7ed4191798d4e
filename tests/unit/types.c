/*
** The table of shippability, as README.md prints it (--markdown), and what must be true of it.
*/
#include <stdio.h>
#include <string.h>

#include "types/shippable.h"

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

static int passed, failed;

static void check(int ok, const char *what, const char *type) {
  passed += ok != 0;
  failed += ok == 0;
  if (!ok) printf("unit_types: %s: %s\n", type, what);
}

static void make_type(struct wow_type *type, const char *name) {
  wow_type_init(type, name);
  if (strcmp(name, "enum") == 0) wow_type_add_label(type, "a", 1);
}

static struct wow_rule rule(const struct wow_type *type, enum wow_op op) {
  /* What a text column does with text: of a value not known yet less may be said. */
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  struct wow_rule rule;
  const char *sql = type->family == WOW_TEXT ? "SELECT 'a'" : "SELECT NULL";
  sqlite3_open(":memory:", &db);
  sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  sqlite3_step(stmt);
  rule = wow_shippable_rule(type, op, WOW_COLLATION_SERVER,
                            type->family == WOW_TEXT ? sqlite3_column_value(stmt, 0) : NULL);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return rule;
}

/* The reasons that stand below the table, each with its number. */
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

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--markdown") == 0) {
    print_markdown();
    return 0;
  }
  for (size_t t = 0; t < N(type_names); t++) {
    struct wow_type type;
    make_type(&type, type_names[t]);
    for (int op = 0; op < WOW_N_OPS; op++) {
      struct wow_rule r = rule(&type, op);
      check((r.ship == WOW_EXACT) == (r.reason == NULL), "exact has no reason, the rest has one",
            type_names[t]);
    }
    /* A type whose values are compared by their text form must not be compared there. */
    if (type.family >= WOW_JSONB && type.family != WOW_TSVECTOR) {
      check(rule(&type, WOW_EQ).ship == WOW_LOCAL, "= stays here", type_names[t]);
      check(rule(&type, WOW_LT).ship == WOW_LOCAL, "< stays here", type_names[t]);
      check(wow_shippable_order_reason(&type, WOW_COLLATION_SERVER) != NULL, "ORDER BY stays here",
            type_names[t]);
    }
    wow_type_reset(&type);
  }
  /* collation=binary keeps ranges and order of text here. */
  struct wow_type text;
  make_type(&text, "text");
  check(wow_shippable_rule(&text, WOW_LT, WOW_COLLATION_BINARY, NULL).ship == WOW_LOCAL, "range",
        "text");
  check(wow_shippable_order_reason(&text, WOW_COLLATION_BINARY) != NULL, "order", "text");
  check(wow_shippable_order_reason(&text, WOW_COLLATION_C) == NULL, "order", "text");
  wow_type_reset(&text);
  printf("unit_types: %d passed, %d failed\n", passed, failed);
  return failed > 0;
}
