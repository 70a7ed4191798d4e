/*
** Runs of statements, see run.h.
**
** A statement is known by its address, and its run by this:
**
** - While a cursor that was opened in a run is open, a statement of the run goes on: SQLite closes
**   all cursors of a statement that ends. So it does not matter then whether the host resets the
**   statement's counters.
** - STMTSTATUS_RUN counts runs, but also each firing of a trigger. STMTSTATUS_VM_STEP changes only
**   between two calls of sqlite3_step, and all triggers of a statement fire in one. So a new
**   RUN with the same VM_STEP is a trigger of the same run, and with another VM_STEP a new run.
**   Only statements that write have triggers. Hosts that reset VM_STEP after each run (Tcl does)
**   are found out by that and by what they commit; what is left are their writes within BEGIN and
**   COMMIT.
** - Once all cursors of a run have been closed, only a further trigger can belong to it. Anything
**   else might be a new run whose counters the host has reset: rows that are fetched again do less
**   harm than rows that are no longer true.
**
** A new statement may have the address of one that has been finalised, but it must have been
** planned since: so at each planning the runs whose statements have ended are forgotten.
*/
#include "server/run.h"

#include <string.h>

#include "base/limits.h"

struct running {
  sqlite3_stmt *stmt;
  int n_runs;  /* SQLITE_STMTSTATUS_RUN, as last seen */
  int n_steps; /* SQLITE_STMTSTATUS_VM_STEP */
  unsigned
      version; /* of what is in the databases that statements commit to; for those that write */
};

struct run {
  sqlite3_uint64 number; /* 0: none */
  struct running *members;
  int n;
  int n_cursors;   /* that are open */
  bool was_closed; /* the last of them has been closed */
};

struct wow_runs {
  sqlite3 *db;
  sqlite3_uint64 last_number;
  struct run list[WOW_MAX_RUNS];
  sqlite3_stmt **own; /* see wow_run_add_own */
  int n_own;
};

struct wow_runs *wow_run_new(sqlite3 *db) {
  struct wow_runs *runs = sqlite3_malloc64(sizeof(*runs));
  if (runs == NULL) return NULL;
  memset(runs, 0, sizeof(*runs));
  runs->db = db;
  return runs;
}

static void forget(struct run *run) {
  sqlite3_free(run->members);
  memset(run, 0, sizeof(*run));
}

void wow_run_free(struct wow_runs *runs) {
  if (runs == NULL) return;
  for (int i = 0; i < WOW_MAX_RUNS; i++)
    forget(&runs->list[i]);
  sqlite3_free(runs->own);
  sqlite3_free(runs);
}

/* ---------------------------------------------------------------- running statements */

sqlite3_stmt *wow_run_next_busy(sqlite3 *db, sqlite3_stmt *previous) {
  sqlite3_stmt *stmt = previous;
  do {
    stmt = sqlite3_next_stmt(db, stmt);
  } while (stmt && !sqlite3_stmt_busy(stmt));
  return stmt;
}

static bool contains(const char *text, const char *word) {
  int n = (int)strlen(word);
  for (; *text; text++) {
    if (sqlite3_strnicmp(text, word, n) == 0) return true;
  }
  return false;
}

bool wow_run_says(sqlite3_stmt *stmt, const char *word) {
  const char *sql = sqlite3_sql(stmt);
  return sql && contains(sql, word);
}

bool wow_run_mentions(sqlite3 *db, const char *word) {
  sqlite3_stmt *stmt = wow_run_next_busy(db, NULL);
  for (; stmt; stmt = wow_run_next_busy(db, stmt)) {
    if (wow_run_says(stmt, word)) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- statements of our own */

int wow_run_add_own(struct wow_runs *runs, sqlite3_stmt *stmt) {
  sqlite3_uint64 bytes = sizeof(stmt) * (sqlite3_uint64)(runs->n_own + 1);
  sqlite3_stmt **own = sqlite3_realloc64(runs->own, bytes);
  if (own == NULL) return SQLITE_NOMEM;
  runs->own = own;
  own[runs->n_own++] = stmt;
  return SQLITE_OK;
}

void wow_run_drop_own(struct wow_runs *runs, const sqlite3_stmt *stmt) {
  for (int i = 0; i < runs->n_own; i++) {
    if (runs->own[i] != stmt) continue;
    runs->own[i] = runs->own[--runs->n_own];
    return;
  }
}

static bool is_own(const struct wow_runs *runs, const sqlite3_stmt *stmt) {
  for (int i = 0; i < runs->n_own; i++) {
    if (runs->own[i] == stmt) return true;
  }
  return false;
}

/* The next running statement of the application. */
static sqlite3_stmt *next_of_application(const struct wow_runs *runs, sqlite3_stmt *stmt) {
  do {
    stmt = wow_run_next_busy(runs->db, stmt);
  } while (stmt && is_own(runs, stmt));
  return stmt;
}

/* One that has handed out a row waits for the application. Those that a function of the outer one
** runs are newer, and SQLite's list begins with the newest. */
sqlite3_stmt *wow_run_statement(const struct wow_runs *runs) {
  sqlite3_stmt *outermost = NULL, *stmt = next_of_application(runs, NULL);
  for (; stmt; stmt = next_of_application(runs, stmt)) {
    if (sqlite3_data_count(stmt) == 0) outermost = stmt;
  }
  return outermost;
}

/* ---------------------------------------------------------------- runs */

/* A number that changes when a statement has committed something. */
static unsigned data_version(sqlite3 *db) {
  unsigned main = 0, temp = 0;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_DATA_VERSION, &main);
  sqlite3_file_control(db, "temp", SQLITE_FCNTL_DATA_VERSION, &temp);
  return main + temp;
}

static struct running look_at(sqlite3_stmt *stmt) {
  bool writes = !sqlite3_stmt_readonly(stmt);
  return (struct running){stmt, sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0),
                          sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0),
                          writes ? data_version(sqlite3_db_handle(stmt)) : 0};
}

/* Is the statement, as it is now, in the run of which it was a member? See above. */
static bool goes_on(const struct run *run, const struct running *member) {
  struct running now = look_at(member->stmt);
  bool is_trigger = !sqlite3_stmt_readonly(now.stmt) && now.n_runs > member->n_runs &&
                    now.n_steps == member->n_steps && now.version == member->version;
  bool is_later = now.n_runs == member->n_runs && now.n_steps >= member->n_steps;
  bool is_reset = now.n_runs < member->n_runs || now.n_steps < member->n_steps;
  if (run->n_cursors > 0) return is_trigger || is_later || is_reset;
  return is_trigger || (is_later && !run->was_closed);
}

static bool has_member(const struct run *run, sqlite3_stmt *stmt) {
  for (int i = 0; i < run->n; i++) {
    if (run->members[i].stmt == stmt && goes_on(run, &run->members[i])) return true;
  }
  return false;
}

/* A trigger that has run to its end is not the end of the statement: steps tell that. */
static bool has_ended(const struct run *run, const struct running *member, sqlite3 *db) {
  sqlite3_stmt *stmt = wow_run_next_busy(db, NULL);
  while (stmt && stmt != member->stmt)
    stmt = wow_run_next_busy(db, stmt);
  if (stmt == NULL) return true;
  return !goes_on(run, member) && look_at(stmt).n_steps != member->n_steps;
}

/* How many statements are running, and how many of them belong to `run` (NULL: none). */
static int count_running(const struct wow_runs *runs, const struct run *run, int *n_members) {
  int n = 0;
  *n_members = 0;
  sqlite3_stmt *stmt = next_of_application(runs, NULL);
  for (; stmt; stmt = next_of_application(runs, stmt)) {
    n++;
    if (run && has_member(run, stmt)) ++*n_members;
  }
  return n;
}

static bool is_over(const struct wow_runs *runs, const struct run *run) {
  for (int i = 0; i < run->n; i++) {
    if (has_ended(run, &run->members[i], runs->db)) return true;
  }
  return false;
}

bool wow_run_is_over(const struct wow_runs *runs, sqlite3_uint64 run) {
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    if (runs->list[i].number == run && run) return is_over(runs, &runs->list[i]);
  }
  return true;
}

void wow_run_forget_ended(struct wow_runs *runs) {
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct run *run = &runs->list[i];
    if (run->number && is_over(runs, run)) forget(run);
  }
}

/* Makes room for a new run: in place of one that is over, or else of the oldest. */
static struct run *make_room(struct wow_runs *runs) {
  struct run *oldest = &runs->list[0];
  wow_run_forget_ended(runs);
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    if (runs->list[i].number < oldest->number) oldest = &runs->list[i];
  }
  forget(oldest);
  return oldest;
}

static struct run *find(struct wow_runs *runs) {
  int n_members = 0, n = count_running(runs, NULL, &n_members);
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct run *run = &runs->list[i];
    if (run->number == 0 || run->n != n) continue;
    count_running(runs, run, &n_members);
    if (n_members != n) continue;
    for (int j = 0; j < n; j++)
      run->members[j] = look_at(run->members[j].stmt);
    return run;
  }
  return NULL;
}

static struct run *current(struct wow_runs *runs) {
  int n_members = 0, n = count_running(runs, NULL, &n_members);
  struct run *run = find(runs);
  if (run) return run;
  run = make_room(runs);
  run->members = sqlite3_malloc64(sizeof(*run->members) * (sqlite3_uint64)(n + 1));
  if (run->members == NULL) return NULL;
  sqlite3_stmt *stmt = next_of_application(runs, NULL);
  for (; stmt; stmt = next_of_application(runs, stmt))
    run->members[run->n++] = look_at(stmt);
  run->number = ++runs->last_number;
  return run;
}

sqlite3_uint64 wow_run_current(struct wow_runs *runs) {
  struct run *run = current(runs);
  return run ? run->number : 0;
}

bool wow_run_has_cursor(struct wow_runs *runs) {
  const struct run *run = find(runs);
  return run && run->n_cursors > 0;
}

sqlite3_uint64 wow_run_open_cursor(struct wow_runs *runs) {
  struct run *run = current(runs);
  if (run == NULL) return 0;
  run->n_cursors++;
  run->was_closed = false;
  return run->number;
}

void wow_run_close_cursor(struct wow_runs *runs, sqlite3_uint64 number) {
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct run *run = &runs->list[i];
    if (number == 0 || run->number != number || run->n_cursors == 0) continue;
    if (--run->n_cursors == 0) run->was_closed = true;
  }
}
