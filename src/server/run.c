/*
** Running statements, see statement.h. A statement is known by its address and by how often it was
** run. A new one may have the address of a former one, but not without having been planned since:
** so at each planning the runs whose statements have ended are forgotten.
*/
#include "server/run.h"

#include <string.h>

#include "base/limits.h"

struct running {
  sqlite3_stmt *stmt;
  int runs; /* how often it was run, this time included */
};

struct run {
  sqlite3_uint64 number; /* 0: none */
  struct running *statements;
  int n;
};

struct wow_statements {
  sqlite3 *db;
  sqlite3_uint64 last;
  struct run runs[WOW_MAX_RUNS];
  sqlite3_stmt **own; /* see wow_statements_add_own */
  int n_own;
};

struct wow_statements *wow_statements_new(sqlite3 *db) {
  struct wow_statements *statements = sqlite3_malloc64(sizeof(*statements));
  if (statements == NULL) return NULL;
  memset(statements, 0, sizeof(*statements));
  statements->db = db;
  return statements;
}

static void forget(struct run *run) {
  sqlite3_free(run->statements);
  memset(run, 0, sizeof(*run));
}

void wow_statements_free(struct wow_statements *statements) {
  if (statements == NULL) return;
  for (int i = 0; i < WOW_MAX_RUNS; i++)
    forget(&statements->runs[i]);
  sqlite3_free(statements->own);
  sqlite3_free(statements);
}

sqlite3_stmt *wow_statement_next_busy(sqlite3 *db, sqlite3_stmt *stmt) {
  do {
    stmt = sqlite3_next_stmt(db, stmt);
  } while (stmt && !sqlite3_stmt_busy(stmt));
  return stmt;
}

int wow_statements_add_own(struct wow_statements *statements, sqlite3_stmt *stmt) {
  sqlite3_uint64 bytes = sizeof(stmt) * (sqlite3_uint64)(statements->n_own + 1);
  sqlite3_stmt **own = sqlite3_realloc64(statements->own, bytes);
  if (own == NULL) return SQLITE_NOMEM;
  statements->own = own;
  own[statements->n_own++] = stmt;
  return SQLITE_OK;
}

void wow_statements_drop_own(struct wow_statements *statements, const sqlite3_stmt *stmt) {
  for (int i = 0; i < statements->n_own; i++) {
    if (statements->own[i] != stmt) continue;
    statements->own[i] = statements->own[--statements->n_own];
    return;
  }
}

static bool is_own(const struct wow_statements *statements, const sqlite3_stmt *stmt) {
  for (int i = 0; i < statements->n_own; i++) {
    if (statements->own[i] == stmt) return true;
  }
  return false;
}

/* The next one that the application runs. */
static sqlite3_stmt *next_of_others(const struct wow_statements *statements, sqlite3_stmt *stmt) {
  do {
    stmt = wow_statement_next_busy(statements->db, stmt);
  } while (stmt && is_own(statements, stmt));
  return stmt;
}

static int runs_of(sqlite3_stmt *stmt) {
  return sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
}

static bool has(const struct run *run, sqlite3_stmt *stmt) {
  for (int i = 0; i < run->n; i++) {
    if (run->statements[i].stmt == stmt && run->statements[i].runs == runs_of(stmt)) return true;
  }
  return false;
}

/* How many statements are busy, and how many of them belong to the run. */
static int count_busy(const struct wow_statements *statements, const struct run *run,
                      int *n_of_run) {
  int n = 0;
  *n_of_run = 0;
  sqlite3_stmt *stmt = next_of_others(statements, NULL);
  for (; stmt; stmt = next_of_others(statements, stmt)) {
    n++;
    *n_of_run += has(run, stmt);
  }
  return n;
}

static bool is_over(const struct wow_statements *statements, const struct run *run) {
  int n_of_run = 0;
  count_busy(statements, run, &n_of_run);
  return n_of_run < run->n;
}

bool wow_statements_is_over(const struct wow_statements *statements, sqlite3_uint64 run) {
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    if (statements->runs[i].number == run && run) return is_over(statements, &statements->runs[i]);
  }
  return true;
}

void wow_statements_planned(struct wow_statements *statements) {
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct run *run = &statements->runs[i];
    if (run->number && is_over(statements, run)) forget(run);
  }
}

/* Where a new run is written down: in place of one that is over, or else of the oldest. */
static struct run *room(struct wow_statements *statements) {
  struct run *found = &statements->runs[0];
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct run *run = &statements->runs[i];
    if (run->number && is_over(statements, run)) forget(run);
    if (run->number < found->number) found = run;
  }
  forget(found);
  return found;
}

sqlite3_uint64 wow_statements_run(struct wow_statements *statements) {
  static const struct run none = {0};
  int n_of_run = 0, n = count_busy(statements, &none, &n_of_run);
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct run *run = &statements->runs[i];
    if (run->number == 0 || run->n != n) continue;
    count_busy(statements, run, &n_of_run);
    if (n_of_run == n) return run->number;
  }
  struct run *run = room(statements);
  run->statements = sqlite3_malloc64(sizeof(*run->statements) * (sqlite3_uint64)(n + 1));
  if (run->statements == NULL) return 0;
  sqlite3_stmt *stmt = next_of_others(statements, NULL);
  for (; stmt; stmt = next_of_others(statements, stmt))
    run->statements[run->n++] = (struct running){stmt, runs_of(stmt)};
  return run->number = ++statements->last;
}

bool wow_statement_has_parameters(sqlite3 *db) {
  for (sqlite3_stmt *stmt = wow_statement_next_busy(db, NULL); stmt;
       stmt = wow_statement_next_busy(db, stmt)) {
    if (sqlite3_bind_parameter_count(stmt) > 0) return true;
  }
  return false;
}

static bool contains(const char *text, const char *word) {
  int n = (int)strlen(word);
  for (; *text; text++) {
    if (sqlite3_strnicmp(text, word, n) == 0) return true;
  }
  return false;
}

bool wow_statement_mentions(sqlite3 *db, const char *word) {
  sqlite3_stmt *stmt = wow_statement_next_busy(db, NULL);
  for (; stmt; stmt = wow_statement_next_busy(db, stmt)) {
    const char *sql = sqlite3_sql(stmt);
    if (sql && contains(sql, word)) return true;
  }
  return false;
}
