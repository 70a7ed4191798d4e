/*
** Runs SQL with the extension loaded, and times it: from sqlite3_prepare_v2 to the last row, in a
** running process and on an open connection.
**
**   exec SQL            ok                       several statements, not timed
**   value SQL           ok VALUE                 not timed
**   run SECONDS SQL     ok SECONDS CPU ROWS REQUESTS RECEIVED VALUE
**                       one statement to its end; fails with "timeout" after SECONDS. CPU: CPU
**                       seconds of this process. REQUESTS, RECEIVED: requests sent and rows
**                       received by the extension. VALUE: the first column of the first row
**   first N SQL         ok SECONDS               to the first row; the mean of N runs
**   keys N MODULUS SQL  ok SECONDS               a prepared statement, run once for each of N keys
**   memory in KB        ok KB                    the most memory that this process has had
**
** Usage: sql EXTENSION
*/
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

static sqlite3 *db;
static volatile sig_atomic_t is_late;

static void on_alarm(int signal) {
  (void)signal;
  is_late = 1;
  sqlite3_interrupt(db);
  alarm(1); /* again, in case it came before the statement ran */
}

static void say_error(void) {
  printf("error %s\n", is_late ? "timeout" : sqlite3_errmsg(db));
}

static sqlite3_int64 integer_of(const char *sql, sqlite3_int64 parameter) {
  sqlite3_stmt *stmt = NULL;
  sqlite3_int64 value = 0;
  sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  sqlite3_bind_int64(stmt, 1, parameter);
  if (sqlite3_step(stmt) == SQLITE_ROW) value = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return value;
}

static sqlite3_int64 last_request(void) {
  return integer_of("SELECT coalesce(max(seq), 0) FROM wowsql_log", 0);
}

static void keep_value(sqlite3_stmt *stmt, char *value, size_t bytes) {
  const unsigned char *text = sqlite3_column_text(stmt, 0);
  snprintf(value, bytes, "%s", text ? (const char *)text : "NULL");
}

static void run(const char *sql, int timeout_s) {
  sqlite3_stmt *stmt = NULL;
  char value[400] = "";
  sqlite3_int64 rows = 0, seq = last_request();
  double cpu = bench_cpu(), begun = bench_now();
  is_late = 0;
  alarm((unsigned)timeout_s);
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    if (rows++ == 0) keep_value(stmt, value, sizeof(value));
  }
  if (rc == SQLITE_OK) rc = sqlite3_finalize(stmt);
  double seconds = bench_now() - begun;
  alarm(0);
  cpu = bench_cpu() - cpu;
  if (rc != SQLITE_OK) {
    say_error();
    return;
  }
  printf("ok %.6f %.6f %lld %lld %lld %s\n", seconds, cpu, rows, last_request() - seq,
         integer_of("SELECT total(rows) FROM wowsql_log WHERE seq > ?1", seq), value);
}

static void first(const char *sql, int n) {
  double seconds = 0;
  for (int i = 0; i < n; i++) {
    sqlite3_stmt *stmt = NULL;
    double begun = bench_now();
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    seconds += bench_now() - begun;
    sqlite3_finalize(stmt);
    if (rc != SQLITE_ROW) {
      say_error();
      return;
    }
  }
  printf("ok %.6f\n", seconds / n);
}

static void keys(const char *sql, long long n, long long modulus) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  double begun = bench_now();
  long long i = 0;
  for (; rc == SQLITE_OK && i < n; i++) {
    sqlite3_bind_int64(stmt, 1, bench_key(i, modulus));
    if (sqlite3_step(stmt) != SQLITE_ROW) break;
    sqlite3_column_text(stmt, 0);
    rc = sqlite3_reset(stmt);
  }
  double seconds = bench_now() - begun;
  if (sqlite3_finalize(stmt) != SQLITE_OK || rc != SQLITE_OK)
    say_error();
  else if (i < n)
    printf("error no row for key %lld\n", bench_key(i, modulus));
  else
    printf("ok %.6f\n", seconds);
}

static void value_of(const char *sql) {
  sqlite3_stmt *stmt = NULL;
  char value[4000] = "";
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) keep_value(stmt, value, sizeof(value));
  if (sqlite3_finalize(stmt) != SQLITE_OK || rc != SQLITE_OK)
    say_error();
  else
    printf("ok %s\n", value);
}

static void memory(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  usage.ru_maxrss /= 1024;
#endif
  printf("ok %ld\n", usage.ru_maxrss);
}

static void obey(char *line) {
  char *rest = strchr(line, ' ');
  if (rest == NULL) {
    printf("error the command has no arguments: %s\n", line);
    return;
  }
  *rest++ = 0;
  is_late = 0;
  if (strcmp(line, "exec") == 0) {
    if (sqlite3_exec(db, rest, NULL, NULL, NULL) == SQLITE_OK)
      printf("ok\n");
    else
      say_error();
  } else if (strcmp(line, "value") == 0) {
    value_of(rest);
  } else if (strcmp(line, "memory") == 0) {
    memory();
  } else {
    long long n = strtoll(rest, &rest, 10);
    long long modulus = strcmp(line, "keys") == 0 ? strtoll(rest, &rest, 10) : 0;
    if (strcmp(line, "run") == 0)
      run(rest, (int)n);
    else if (strcmp(line, "first") == 0)
      first(rest, (int)n);
    else if (strcmp(line, "keys") == 0)
      keys(rest, n, modulus);
    else
      printf("error unknown command %s\n", line);
  }
}

int main(int argc, char **argv) {
  static char line[LINE_BYTES];
  char *message = NULL;
  if (argc != 2 || sqlite3_open(":memory:", &db) != SQLITE_OK) return 2;
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  if (sqlite3_load_extension(db, argv[1], "sqlite3_wowsql_init", &message) != SQLITE_OK) {
    fprintf(stderr, "bench: %s\n", message);
    return 1;
  }
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  while (bench_read(line)) {
    obey(line);
    fflush(stdout);
  }
  sqlite3_close(db);
  return 0;
}
