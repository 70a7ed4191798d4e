/*
** Loads the extension as an SQLite of another version would: tests/advice.test. Usage: old_sqlite
** LIBRARY NUMBER VERSION. Prints the result of its entry point, and its message.
*/
#include <dlfcn.h>
#include <sqlite3ext.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*entry_point)(sqlite3 *, char **, const sqlite3_api_routines *);

static const sqlite3_api_routines *routines;
static int number;
static const char *version;

static int take_routines(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  (void)db, (void)message;
  routines = api;
  return 0;
}

static int libversion_number(void) { return number; }
static const char *libversion(void) { return version; }

/* What sqlite3.h declares, but sqlite3ext.h hides behind the routines. */
#undef sqlite3_auto_extension
#undef sqlite3_open
extern int sqlite3_auto_extension(void (*)(void));
extern int sqlite3_open(const char *, sqlite3 **);

int main(int argc, char **argv) {
  sqlite3 *db = NULL;
  char *message = NULL;
  if (argc != 4) return 2;
  number = atoi(argv[2]);
  version = argv[3];
  sqlite3_auto_extension((void (*)(void))take_routines);
  sqlite3_open(":memory:", &db);
  void *library = dlopen(argv[1], RTLD_NOW);
  entry_point entry = library ? (entry_point)dlsym(library, "sqlite3_wowsql_init") : NULL;
  if (entry == NULL || routines == NULL) return 2;
  sqlite3_api_routines old = *routines;
  old.libversion_number = libversion_number;
  old.libversion = libversion;
  int rc = entry(db, &message, &old);
  printf("%d %s\n", rc, message ? message : "");
  return 0;
}
