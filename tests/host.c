/*
** An application that does to its connection what Tcl and the shell cannot: it drops and replaces
** modules, resets the counters of its statements, and closes with statements left. It reads
** commands, one in each line, and answers each with its rows (columns with | between them) and a line "end":
**
**   sql SQL         runs it
**   prepare SQL     prepares it, to be run more than once; there are up to eight such statements
**   run N           runs the N-th to its end
**   step N          makes one step
**   reset N         resets it
**   counters N      sets its counters to zero, as profilers do
**   drop            drops all modules
**   keep NAME       drops all modules but this one
**   replace NAME    puts another module in its place
**   function NAME   puts another function in its place
**   code            the extended code of the last error, and 1 if no transaction is open
**   close           sqlite3_close_v2, with the statements there are; they can still be run
**   finalize N      finalizes one
*/
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *db;
static sqlite3_stmt *statements[8];
static int n_statements;
static int last_code; /* of the last error */

static void print_row(sqlite3_stmt *stmt) {
  for (int i = 0; i < sqlite3_column_count(stmt); i++) {
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    printf("%s%s", i ? "|" : "", text ? text : "NULL");
  }
  printf("\n");
}

static void print_error(sqlite3_stmt *stmt) {
  last_code = sqlite3_extended_errcode(stmt ? sqlite3_db_handle(stmt) : db);
  printf("error: %s\n", sqlite3_errmsg(stmt ? sqlite3_db_handle(stmt) : db));
}

static void run(sqlite3_stmt *stmt) {
  int rc;
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
    print_row(stmt);
  if (rc != SQLITE_DONE) print_error(stmt);
  sqlite3_reset(stmt);
}

static void run_sql(const char *sql) {
  while (*sql) {
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, &sql) != SQLITE_OK) {
      print_error(NULL);
      return;
    }
    if (stmt) run(stmt);
    sqlite3_finalize(stmt);
  }
}

static int other_connect(sqlite3 *handle, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message) {
  (void)handle, (void)aux, (void)argc, (void)argv, (void)out;
  *message = sqlite3_mprintf("another module");
  return SQLITE_ERROR;
}

static void other_function(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_result_text(ctx, "another function", -1, SQLITE_STATIC);
}

static const sqlite3_module other_module = {.xCreate = other_connect, .xConnect = other_connect};

static void command(const char *name, const char *argument) {
  const char *keep[] = {argument, NULL};
  int n = atoi(argument);
  sqlite3_stmt *stmt = n >= 0 && n < n_statements ? statements[n] : NULL;
  if (strcmp(name, "sql") == 0) {
    run_sql(argument);
  } else if (strcmp(name, "prepare") == 0) {
    if (sqlite3_prepare_v2(db, argument, -1, &statements[n_statements++], NULL) != SQLITE_OK) {
      print_error(NULL);
    }
  } else if (strcmp(name, "run") == 0) {
    run(stmt);
  } else if (strcmp(name, "step") == 0) {
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
      print_row(stmt);
    else if (rc != SQLITE_DONE)
      print_error(stmt);
  } else if (strcmp(name, "reset") == 0) {
    sqlite3_reset(stmt);
  } else if (strcmp(name, "counters") == 0) {
    for (int op = SQLITE_STMTSTATUS_FULLSCAN_STEP; op <= SQLITE_STMTSTATUS_RUN; op++)
      sqlite3_stmt_status(stmt, op, 1);
  } else if (strcmp(name, "drop") == 0) {
    sqlite3_drop_modules(db, NULL);
  } else if (strcmp(name, "keep") == 0) {
    sqlite3_drop_modules(db, keep);
  } else if (strcmp(name, "replace") == 0) {
    if (sqlite3_create_module_v2(db, argument, &other_module, NULL, NULL)) print_error(NULL);
  } else if (strcmp(name, "function") == 0) {
    if (sqlite3_create_function(db, argument, -1, SQLITE_UTF8, NULL, other_function, NULL, NULL)) {
      print_error(NULL);
    }
  } else if (strcmp(name, "code") == 0) {
    printf("%d %d\n", last_code, sqlite3_get_autocommit(db));
  } else if (strcmp(name, "close") == 0) {
    printf("%d\n", sqlite3_close_v2(db));
    db = NULL;
  } else if (strcmp(name, "finalize") == 0) {
    sqlite3_finalize(stmt);
    statements[n] = NULL;
  }
}

int main(int argc, char **argv) {
  static char line[1000000];
  char *message = NULL;
  if (argc != 2 || sqlite3_open(":memory:", &db) != SQLITE_OK) return 2;
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  if (sqlite3_load_extension(db, argv[1], NULL, &message) != SQLITE_OK) {
    fprintf(stderr, "%s\n", message);
    return 2;
  }
  while (fgets(line, sizeof(line), stdin)) {
    line[strcspn(line, "\n")] = 0;
    char *blank = strchr(line, ' ');
    if (blank) *blank = 0;
    command(line, blank ? blank + 1 : "");
    printf("end\n");
    fflush(stdout);
  }
  for (int i = 0; i < n_statements; i++)
    sqlite3_finalize(statements[i]);
  sqlite3_close(db);
  return 0;
}
