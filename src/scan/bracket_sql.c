/*
** Aggregates from rows, see bracket_sql.h.
*/
#include "scan/bracket_sql.h"

#include "server/run.h"
#include "types/shippable.h"

/* ---------------------------------------------------------------- WHERE */

/* A value's text; NULL: it is not one. (Asked for the text of a blob, SQLite would make it one.) */
static const char *text_of(sqlite3_value *value) {
  bool is_text = sqlite3_value_type(value) == SQLITE_TEXT;
  return is_text ? (const char *)sqlite3_value_text(value) : NULL;
}

/* Does a LIKE term on the same column say all that this range term says? Then SQLite has made it,
** for comparison byte by byte, and will make it again. */
static bool is_implied(const struct wow_plan *plan, int term, sqlite3_value *const *argv) {
  const struct wow_plan_term *t = &plan->terms[term];
  if (t->op != WOW_GE && t->op != WOW_LT) return false;
  const char *bound = text_of(argv[term]);
  for (int i = 0; bound && i < plan->n_terms; i++) {
    if (plan->terms[i].op != WOW_LIKE || plan->terms[i].column != t->column) continue;
    const char *pattern = text_of(argv[i]);
    if (pattern && wow_shippable_like_implies(pattern, t->op == WOW_GE, bound,
                                              sqlite3_value_bytes(argv[term]))) {
      return true;
    }
  }
  return false;
}

static bool has_value(const struct wow_plan *plan, int term, sqlite3_value *const *argv) {
  return wow_op_has_value(plan->terms[term].op) && !is_implied(plan, term, argv);
}

/* Appends a term: "city" = ?3. Lists are taken apart; `n_values` counts the parameters so far. */
static int append_term(const struct wow_bracket_sql *sql, sqlite3_str *str, int term,
                       sqlite3_value *const *argv, int *n_values) {
  const struct wow_plan *plan = sql->plan;
  const struct wow_plan_term *t = &plan->terms[term];
  sqlite3_value *element = NULL;
  if (is_implied(plan, term, argv)) return SQLITE_OK;
  sqlite3_str_appendf(str, " AND \"%w\" %s", sql->target->columns[t->column], wow_op_sql(t->op));
  if (!has_value(plan, term, argv)) return SQLITE_OK;
  if (t->op != WOW_IN) {
    sqlite3_str_appendf(str, " ?%d", ++*n_values);
    return SQLITE_OK;
  }
  sqlite3_str_appendall(str, " (");
  int n = 0, rc = sqlite3_vtab_in_first(argv[term], &element);
  for (; rc == SQLITE_OK && element; rc = sqlite3_vtab_in_next(argv[term], &element))
    sqlite3_str_appendf(str, "%s?%d", n++ ? "," : "", ++*n_values);
  sqlite3_str_appendall(str, ")");
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A number beside text: SQLite compares it as text or as a number, which depends on where it comes
** from, and it does not say that. */
static bool is_ambiguous(const struct wow_bracket_sql *sql, int term, sqlite3_value *value) {
  const struct wow_plan *plan = sql->plan;
  if (term >= plan->n_terms || !wow_op_is_comparison(plan->terms[term].op)) return false;
  const struct wow_type *type = &sql->target->relation->columns[plan->terms[term].column].type;
  bool is_text = !wow_type_is_number(type) && type->family != WOW_BOOL && type->family != WOW_BYTEA;
  int kind = sqlite3_value_type(value);
  return is_text && (kind == SQLITE_INTEGER || kind == SQLITE_FLOAT);
}

/* SQLITE_MISMATCH: a value is ambiguous. */
static int bind_value(const struct wow_bracket_sql *sql, int parameter, int term,
                      sqlite3_value *value) {
  if (is_ambiguous(sql, term, value)) return SQLITE_MISMATCH;
  return sqlite3_bind_value(sql->stmt, parameter, value);
}

static int bind_values(const struct wow_bracket_sql *sql, int argc, sqlite3_value **argv) {
  int n = 0, rc = SQLITE_OK;
  const struct wow_plan *plan = sql->plan;
  for (int i = 0; rc == SQLITE_OK && i < argc; i++) {
    sqlite3_value *element = NULL;
    bool is_term = i < plan->n_terms; /* else wowsql_filter = ? */
    if (is_term && !has_value(plan, i, argv)) continue;
    if (!is_term || plan->terms[i].op != WOW_IN) {
      rc = bind_value(sql, ++n, i, argv[i]);
      continue;
    }
    rc = sqlite3_vtab_in_first(argv[i], &element);
    while (rc == SQLITE_OK && element) {
      rc = bind_value(sql, ++n, i, element);
      if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(argv[i], &element);
    }
    if (rc == SQLITE_DONE) rc = SQLITE_OK;
  }
  return rc;
}

/* ---------------------------------------------------------------- the statement */

/* The keys and the aggregates, or only what is grouped by. The number of them. */
static int append_results(const struct wow_bracket_sql *sql, sqlite3_str *str, bool only_keys) {
  const struct wow_target *target = sql->target;
  int n = 0;
  for (int i = 0; i < sql->n_keys; i++)
    sqlite3_str_appendf(str, "%s\"%w\"", n++ ? ", " : "", target->columns[sql->keys[i]]);
  for (int i = 0; i < sql->n_chosen; i++) {
    const struct wow_bracket *bracket = &target->brackets->list[sql->chosen[i]];
    if (only_keys && bracket->kind != WOW_DATE_OF) continue;
    if (n++) sqlite3_str_appendall(str, ", ");
    wow_brackets_append_sql(str, bracket, target->columns);
  }
  return n;
}

static char *statement(const struct wow_bracket_sql *sql, sqlite3_value **argv, int *rc) {
  const struct wow_target *target = sql->target;
  const struct wow_plan *plan = sql->plan;
  int n_values = 0;
  sqlite3_str *str = sqlite3_str_new(NULL), *keys = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "SELECT ");
  append_results(sql, str, false);
  sqlite3_str_appendf(str, " FROM %s WHERE 1", target->table);
  *rc = SQLITE_OK;
  for (int i = 0; *rc == SQLITE_OK && i < plan->n_terms; i++)
    *rc = append_term(sql, str, i, argv, &n_values);
  if (plan->has_filter) {
    sqlite3_str_appendf(str, " AND \"%w\" = ?%d", target->columns[target->relation->n_columns],
                        ++n_values);
  }
  if (append_results(sql, keys, true)) {
    sqlite3_str_appendf(str, " GROUP BY %s", sqlite3_str_value(keys));
  }
  sqlite3_free(sqlite3_str_finish(keys));
  return sqlite3_str_finish(str);
}

/* The statement's error is that of the virtual table that it reads, which has told it already. */
static int failed(const struct wow_bracket_sql *sql, int rc, struct wow_error *err) {
  struct wow_connection *conn = sql->target->conn;
  const char *message = sqlite3_errmsg(conn->db);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  if (sqlite3_strnicmp(message, "wowsql: ", 8) == 0 && conn->last_error.rc) {
    wow_error_move(err, &conn->last_error);
    return err->rc;
  }
  return wow_error_set(err, rc == SQLITE_INTERRUPT ? rc : SQLITE_ERROR, sql->target->relation->name,
                       "its aggregates cannot be computed from rows: %s", message);
}

int wow_bracket_sql_start(struct wow_bracket_sql *sql, int argc, sqlite3_value **argv,
                          struct wow_error *err) {
  struct wow_connection *conn = sql->target->conn;
  int rc = SQLITE_OK;
  char *text = statement(sql, argv, &rc);
  if (text == NULL) return wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(conn->db, text, -1, &sql->stmt, NULL);
  sqlite3_free(text);
  if (rc == SQLITE_OK) rc = wow_run_add_own(conn->runs, sql->stmt);
  if (rc == SQLITE_OK) rc = bind_values(sql, argc, argv);
  if (rc == SQLITE_OK) return SQLITE_OK;
  if (rc == SQLITE_MISMATCH) {
    return wow_error_hint(err, SQLITE_ERROR, sql->target->relation->name,
                          "say which is meant: compare with CAST(... AS TEXT)",
                          "text is compared with a number, as text or as a number");
  }
  return failed(sql, rc, err);
}

void wow_bracket_sql_end(struct wow_bracket_sql *sql) {
  wow_run_drop_own(sql->target->conn->runs, sql->stmt);
  sqlite3_finalize(sql->stmt);
  sql->stmt = NULL;
}

int wow_bracket_sql_next(struct wow_bracket_sql *sql, struct wow_error *err) {
  int rc = sqlite3_step(sql->stmt);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc : failed(sql, rc, err);
}
