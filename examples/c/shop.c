/* The shop of the demo from C: cc -o shop shop.c -lsqlite3 -lpthread && ./shop ./wowsql
 * The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Prints the rows of a statement, or why it failed. */
static void print_rows(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
      printf("%s%s", i ? "|" : "", (const char *)sqlite3_column_text(stmt, i));
    }
    printf("\n");
  }
  /* Read the message before sqlite3_finalize(). */
  if (sqlite3_errcode(db) != SQLITE_DONE) printf("%s\n", sqlite3_errmsg(db));
  sqlite3_finalize(stmt);
}

/* sqlite3_interrupt() may be called from another thread, whatever the statement is waiting for. */
static void *interrupt_soon(void *db) {
  sleep(1);
  sqlite3_interrupt(db);
  return NULL;
}

static void run(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) return;
  fprintf(stderr, "%s\n", sqlite3_errmsg(db));
  exit(1);
}

int main(int argc, char **argv) {
  sqlite3 *db = NULL;
  char *error = NULL;
  if (argc < 2 || sqlite3_open(":memory:", &db) != SQLITE_OK) return 2;
  /* For sqlite3_load_extension() alone; sqlite3_enable_load_extension() would allow it to SQL, too. */
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  if (sqlite3_load_extension(db, argv[1], NULL, &error) != SQLITE_OK) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  run(db, "SELECT wowsql_connect(); SELECT wowsql_import()");

  sqlite3_stmt *stmt = NULL;
  sqlite3_prepare_v2(db, "SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id", -1, &stmt, NULL);
  sqlite3_bind_int(stmt, 1, 3);
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    printf("%lld|%s|%s\n", (long long)sqlite3_column_int64(stmt, 0), (const char *)sqlite3_column_text(stmt, 1),
           (const char *)sqlite3_column_text(stmt, 2));
  }
  sqlite3_finalize(stmt);

  run(db, "CREATE TABLE invited (customer_id INTEGER, seat TEXT);"
          "INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1')");
  print_rows(db, "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id"
                 " ORDER BY i.seat");

  /* What a transaction writes is sent by its COMMIT; outside of one, each statement is sent when it ends. */
  run(db, "BEGIN;"
          "INSERT INTO products (id, sku, name, category, price, in_stock, tags)"
          " VALUES (900001, 'EX-1', 'Example', 'toys', 9.5, true, '[]');"
          "COMMIT;"
          "UPDATE products SET price = price + 3 WHERE id = 900001");
  print_rows(db, "SELECT name, price FROM products WHERE id = 900001");
  run(db, "DELETE FROM products WHERE id = 900001");

  print_rows(db, "SELECT * FROM customers('nonsense=eq.1')");

  pthread_t thread;
  pthread_create(&thread, NULL, interrupt_soon, db);
  print_rows(db, "SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b");
  pthread_join(thread, NULL);
  sqlite3_close(db);
  return 0;
}
