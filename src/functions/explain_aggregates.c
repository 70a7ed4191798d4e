/*
** What wowsql_explain says of aggregates. The questions are those that a scan asks
** (scan/strategy.c, scan/tally.c), in words; what depends on rows, whether sums may overflow, shows
** only there.
*/
#include "functions/explain_aggregates.h"

#include <string.h>

#include "plan/plan.h"
#include "server/aggregation.h"
#include "types/shippable.h"

#define SWITCHED_OFF "switched off (wowsql_config('aggregates', 0))"
#define NOTHING_SENT "nothing is sent (wowsql_config('ship', 0))"

/* One plan of a statement, and what is done with its rows. */
struct look {
  const struct wow_connection *conn;
  const struct wow_plan_context *context;
  const struct wow_relation *relation;
  struct wow_plan plan;
  struct wow_aggregation found;
};

static const char *name_of(const struct look *look, int column) {
  return look->relation->columns[column].name;
}

/* Reads the statement's bytecode. SQLITE_OK, or it says nothing. */
static int read_program(struct look *look, const char *sql, const char *plan_text) {
  struct wow_program all = {0}, part;
  sqlite3 *db = look->conn->db;
  int rc = wow_program_list(&all, db, sql, plan_text);
  for (int i = 0; rc == SQLITE_OK && i < all.n; i += part.n) {
    part = wow_program_part(&all, i);
    wow_aggregation_add(&look->found, &part, i > 0);
  }
  wow_aggregation_end(&look->found, db);
  wow_program_reset(&all);
  return rc;
}

static bool is_computed(const struct look *look, int column) {
  const struct wow_aggregation_column *found = &look->found.columns[column];
  return found->aggregates != 0 && !found->is_plain;
}

/* Is a column aggregated (`computed`), or read otherwise? */
static bool has_column(const struct look *look, bool computed) {
  for (int i = 0; i < look->relation->n_columns; i++) {
    if (computed ? is_computed(look, i) : look->found.columns[i].is_plain) return true;
  }
  return false;
}

/* What was met in the bytecode, and what would be computed instead. */
static char *say_obstacle(const struct look *look) {
  const struct wow_obstacle *obstacle = &look->found.obstacle;
  int column = look->found.obstacle_column;
  const char *name = obstacle->aggregate;
  if (*name == 0) return sqlite3_mprintf("%s", obstacle->text);
  unsigned bit = column >= 0 ? wow_aggregation_bit(name) : 0;
  if (bit == 0 ||
      wow_aggregation_why_not(&look->relation->columns[column], bit, look->context->collation))
    return sqlite3_mprintf("%s() of %s", name, obstacle->text);
  return sqlite3_mprintf("%s() of %s; %s(%s) alone would be computed by the server", name,
                         obstacle->text, name, name_of(look, column));
}

/* A column whose aggregates mean something else there. NULL: none. */
static char *say_column(const struct look *look) {
  for (int i = 0; i < look->relation->n_columns; i++) {
    unsigned aggregates = look->found.columns[i].aggregates;
    const char *why =
        wow_aggregation_why_not(&look->relation->columns[i], aggregates, look->context->collation);
    if (!is_computed(look, i) || why == NULL) continue;
    for (unsigned bit = WOW_AGGREGATE_MAX; bit; bit >>= 1) { /* the one that it is about */
      const struct wow_column *column = &look->relation->columns[i];
      const char *other =
          wow_aggregation_why_not(column, aggregates & bit, look->context->collation);
      if ((aggregates & bit) && other == why) aggregates = bit;
    }
    return sqlite3_mprintf("%s(%s): %s", wow_aggregation_name(aggregates), name_of(look, i), why);
  }
  return NULL;
}

/* A column that is read, but cannot be a key of the server's groups. NULL: none. */
static char *say_keys(const struct look *look) {
  int n_key = 0, n_read = 0;
  for (int i = 0; i < look->relation->n_columns; i++) {
    const struct wow_column *column = &look->relation->columns[i];
    const struct wow_aggregation_column *found = &look->found.columns[i];
    if (!found->is_plain) continue;
    n_read++;
    n_key += column->key_position > 0;
    if (found->n_keyed == 0 && !wow_plan_has_term(&look->plan, i, WOW_EQ))
      return sqlite3_mprintf("%s is read besides the keys of GROUP BY", column->name);
    if (!wow_relation_is_plain(column) || !wow_shippable_can_group(&column->type))
      return sqlite3_mprintf("the server does not group by %s as SQLite does", column->name);
  }
  if (n_read > 0 && look->relation->n_key > 0 && n_key == look->relation->n_key)
    return sqlite3_mprintf("each row is a group: the key is among the keys of GROUP BY");
  return NULL;
}

static char *say(const struct look *look) {
  char *why = NULL;
  if (!look->found.has_aggregates || look->plan.has_brackets) return NULL;
  if (!look->conn->ship) return sqlite3_mprintf(NOTHING_SENT);
  if (*look->found.obstacle.text) return say_obstacle(look);
  bool computes = has_column(look, true);
  if (!computes && !has_column(look, false)) return sqlite3_mprintf("yes"); /* a number */
  if (computes && !look->conn->aggregates) return sqlite3_mprintf("%s", SWITCHED_OFF);
  if (look->context->refuses_aggregates) return sqlite3_mprintf("the server refuses aggregates");
  if (wow_relation_has_inner(look->relation))
    return sqlite3_mprintf("an inner join with another relation would count its rows");
  if (computes) why = say_column(look);
  if (why == NULL) why = say_keys(look);
  return why ? why : sqlite3_mprintf("yes");
}

char *wow_explain_aggregates_say(struct wow_connection *conn, const char *sql,
                                 const struct wow_plan_note *note) {
  struct look look = {.conn = conn, .context = &note->context, .relation = note->context.relation};
  const struct wow_brackets *brackets = note->context.brackets;
  char *said = NULL;
  if (wow_plan_parse(&look.plan, note->plan, note->number, look.relation, brackets) == SQLITE_OK &&
      wow_aggregation_init(&look.found, look.relation->n_columns,
                           wow_brackets_declared(brackets, look.relation, 0)) == SQLITE_OK &&
      read_program(&look, sql, note->plan) == SQLITE_OK)
    said = say(&look);
  wow_aggregation_reset(&look.found);
  wow_plan_reset(&look.plan);
  return said;
}
