/*
** Memory that runs out: the n-th allocation fails, of SQLite's (which are also wowsql's), cJSON's and
** libcurl's, once or from then on, in each of the scenarios below.
**
**   oom [--seed N] [--seconds N] [SCENARIO...]     a sample, as many as there is time for
**   oom --all [SCENARIO...]                        every n
**   oom --at N [--lasting] SCENARIO                one n, with a stack trace in sanitized builds
**
** WOWSQL_TEST_URL and WOWSQL_TEST_SERVICE_KEY name a server on which oom.test has made the tables.
**
** What has to hold: the statements answer as they do otherwise, or fail with SQLITE_NOMEM or an error
** that says that memory ran out. What was written is there if they succeeded; if they failed it is
** not, or the error or wowsql_last_error() says that it may be (but SQLite itself may run out of memory
** for a function's result: then only wowsql_log tells). The same statements then succeed on
** the same connection. Closed, it has freed all that it had.
*/
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scenarios.h"

#define MAX_REPORTS 40

extern int sqlite3_wowsql_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

/* Sanitizers have it. */
__attribute__((weak)) void __sanitizer_print_stack_trace(void);

static long passed, failed;

/* ---------------------------------------------------------------- allocators that fail */

static struct {
  bool is_armed;
  bool is_lasting; /* all that follow fail, too */
  bool is_traced;
  bool was_curl; /* the one that failed */
  long count;
  long fail_at;
  long n_failed;
  long n_cjson; /* blocks in use */
  long n_curl;
} memory;

static sqlite3_mem_methods sqlite_methods;

static bool fails(bool is_curl) {
  if (!memory.is_armed) return false;
  long n = ++memory.count;
  if (n < memory.fail_at || (n > memory.fail_at && !memory.is_lasting)) return false;
  if (memory.n_failed++ == 0) {
    memory.was_curl = is_curl;
    if (memory.is_traced && __sanitizer_print_stack_trace) __sanitizer_print_stack_trace();
  }
  return true;
}

static void *sqlite_malloc(int bytes) {
  return fails(false) ? NULL : sqlite_methods.xMalloc(bytes);
}

static void *sqlite_realloc(void *old, int bytes) {
  return fails(false) ? NULL : sqlite_methods.xRealloc(old, bytes);
}

static void *cjson_malloc(size_t bytes) {
  void *block = fails(false) ? NULL : malloc(bytes);
  if (block == NULL) errno = ENOMEM; /* as malloc does */
  memory.n_cjson += block != NULL;
  return block;
}

static void cjson_free(void *block) {
  memory.n_cjson -= block != NULL;
  free(block);
}

static void *curl_malloc(size_t bytes) {
  void *block = fails(true) ? NULL : malloc(bytes);
  memory.n_curl += block != NULL;
  return block;
}

static void *curl_calloc(size_t n, size_t bytes) {
  void *block = fails(true) ? NULL : calloc(n, bytes);
  memory.n_curl += block != NULL;
  return block;
}

static void *curl_realloc(void *old, size_t bytes) {
  void *block = fails(true) ? NULL : realloc(old, bytes);
  memory.n_curl += block != NULL && old == NULL;
  return block;
}

static char *curl_strdup(const char *text) {
  char *copy = curl_malloc(strlen(text) + 1);
  return copy ? strcpy(copy, text) : NULL;
}

static void curl_free_block(void *block) {
  memory.n_curl -= block != NULL;
  free(block);
}

/* In this order, and before anybody uses them. */
static void take_over_memory(void) {
  static cJSON_Hooks hooks = {cjson_malloc, cjson_free};
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_methods);
  sqlite3_mem_methods methods = sqlite_methods;
  methods.xMalloc = sqlite_malloc;
  methods.xRealloc = sqlite_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  /* Otherwise small ones that SQLite makes for a statement would not be seen. */
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
  sqlite3_initialize();
  cJSON_InitHooks(&hooks);
  curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_free_block, curl_realloc, curl_strdup,
                       curl_calloc);
}

/* ---------------------------------------------------------------- running SQL */

/* Rows as text, in memory that does not fail. */
struct answer {
  char *text;
  size_t bytes;
  int rc;
  char message[600];
};

static void append(struct answer *answer, const char *text) {
  size_t bytes = strlen(text);
  answer->text = realloc(answer->text, answer->bytes + bytes + 1);
  memcpy(answer->text + answer->bytes, text, bytes + 1);
  answer->bytes += bytes;
}

static void fail_answer(struct answer *answer, sqlite3 *db, int rc) {
  answer->rc = rc;
  snprintf(answer->message, sizeof(answer->message), "%s", db ? sqlite3_errmsg(db) : "no database");
}

/* Is the text of this value missing because there was no memory for it? Then it is the caller's to
** see. */
static bool is_lost(sqlite3_stmt *stmt, int column, const char *text) {
  return text == NULL && sqlite3_column_type(stmt, column) != SQLITE_NULL;
}

static int append_row(struct answer *answer, sqlite3_stmt *stmt) {
  for (int i = 0; i < sqlite3_column_count(stmt); i++) {
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    if (is_lost(stmt, i, text)) return SQLITE_NOMEM;
    append(answer, i ? "|" : "");
    append(answer, text ? text : "NULL");
  }
  append(answer, "\n");
  return SQLITE_OK;
}

/* Runs statements up to the first that fails. */
static void run(sqlite3 *db, const char *sql, struct answer *answer) {
  while (answer->rc == SQLITE_OK && *sql) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, &sql);
    while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
      if ((rc = append_row(answer, stmt)) != SQLITE_OK) break;
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE) fail_answer(answer, db, rc);
    sqlite3_finalize(stmt);
  }
  if (answer->text == NULL) append(answer, "");
}

static void load(sqlite3 **db, struct answer *answer) {
  char *message = NULL;
  int rc = sqlite3_open(":memory:", db);
  if (*db) sqlite3_extended_result_codes(*db, 1);
  if (rc == SQLITE_OK) rc = sqlite3_wowsql_init(*db, &message, NULL);
  if (rc == SQLITE_OK_LOAD_PERMANENTLY) rc = SQLITE_OK;
  if (rc != SQLITE_OK) fail_answer(answer, *db, rc);
  if (rc != SQLITE_OK && message) snprintf(answer->message, sizeof(answer->message), "%s", message);
  sqlite3_free(message);
}

/* Text with the server's address and key in it. free() it. */
static char *filled(const char *sql) {
  static const char *const names[] = {"$URL", "$KEY"};
  const char *values[] = {getenv("WOWSQL_TEST_URL"), getenv("WOWSQL_TEST_SERVICE_KEY")};
  char *text = strdup(sql);
  for (int i = 0; i < 2; i++) {
    for (char *at; (at = strstr(text, names[i])) != NULL;) {
      char *longer = malloc(strlen(text) + strlen(values[i]) + 1);
      sprintf(longer, "%.*s%s%s", (int)(at - text), text, values[i], at + strlen(names[i]));
      free(text);
      text = longer;
    }
  }
  return text;
}

static void run_filled(sqlite3 *db, const char *sql, struct answer *answer) {
  char *text = filled(sql);
  run(db, text, answer);
  free(text);
}

static char *one_text(sqlite3 *db, const char *sql) {
  struct answer answer = {0};
  run_filled(db, sql, &answer);
  if (answer.rc != SQLITE_OK) append(&answer, answer.message);
  return answer.text;
}

/* What a connection of its own gets, with memory for all. free() it. */
static char *asked(const char *sql) {
  sqlite3 *db = NULL;
  struct answer answer = {0};
  load(&db, &answer);
  run_filled(db, connect_sql, &answer);
  free(answer.text);
  char *text = one_text(db, sql);
  sqlite3_close(db);
  return text;
}

/* ---------------------------------------------------------------- one failure */

struct trial {
  const struct scenario *scenario;
  long n; /* the allocation that fails; 0: none does */
  bool is_lasting;
  const char *expected; /* NULL: not known yet */
  const char *before;   /* what scenario->effect says without the scenario, */
  const char *after;    /* and with it */
};

static void report(const struct trial *trial, const char *rule, const char *text) {
  failed++;
  if (failed > MAX_REPORTS) return;
  printf("FAIL %s, allocation %ld%s%s: %s: %s\n", trial->scenario->name, trial->n,
         trial->is_lasting ? " and all that follow" : "", memory.was_curl ? " (curl's)" : "", rule,
         text);
  fflush(stdout);
}

static void check(const struct trial *trial, bool good, const char *rule, const char *text) {
  if (good)
    passed++;
  else
    report(trial, rule, text);
}

static bool says_memory(const struct answer *answer) {
  return (answer->rc & 0xff) == SQLITE_NOMEM || answer->rc == SQLITE_IOERR_NOMEM ||
         strstr(answer->message, "memory");
}

/* What was written is there, or it is not, or that is not known, and said. */
static void check_effect(const struct trial *trial, sqlite3 *db, const struct answer *answer) {
  char *effect = asked(trial->scenario->effect);
  char *last = one_text(db, "SELECT wowsql_last_error()");
  bool is_done = strcmp(effect, trial->after) == 0, is_undone = strcmp(effect, trial->before) == 0;
  bool is_said = strstr(answer->message, "carried") || strstr(answer->message, "already") ||
                 strstr(last, "carried") || strstr(last, "already");
  /* No function of ours has failed. */
  if (answer->rc == SQLITE_NOMEM && strcmp(last, "NULL\n") == 0) is_said = true;
  bool good = answer->rc == SQLITE_OK ? is_done : is_undone || (is_done && is_said);
  char text[1500];
  snprintf(text, sizeof(text), "%s(%d %s; %s)", effect, answer->rc, answer->message, last);
  check(trial, good, "what was written", text);
  free(effect);
  free(last);
}

static void check_answer(const struct trial *trial, const struct answer *answer) {
  if (answer->rc == SQLITE_OK) {
    check(trial, strcmp(answer->text, trial->expected) == 0, "another answer", answer->text);
  } else {
    char text[700];
    snprintf(text, sizeof(text), "%d %s", answer->rc, answer->message);
    /* SQLite's json_valid() says no where it has no memory. And curl has other errors for that. */
    bool is_known = memory.was_curl || strstr(answer->message, "response is not JSON");
    check(trial, says_memory(answer) || is_known, "another error", text);
  }
}

/* The same statements on the same connection, with memory. */
static void check_again(const struct trial *trial, sqlite3 *db) {
  struct answer answer = {0};
  if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  if (trial->scenario->undo) free(asked(trial->scenario->undo));
  if (trial->scenario->undo_here) free(one_text(db, trial->scenario->undo_here));
  run_filled(db, trial->scenario->sql, &answer);
  bool good = answer.rc == SQLITE_OK && strcmp(answer.text, trial->expected) == 0;
  check(trial, good, "again", answer.rc ? answer.message : answer.text);
  free(answer.text);
}

/* Runs the scenario. The answer's text is the caller's to free. */
static void run_trial(const struct trial *trial, struct answer *answer) {
  sqlite3 *db = NULL;
  struct answer setup = {0};
  const struct scenario *scenario = trial->scenario;
  char *sql = filled(scenario->sql);
  if (!scenario->loads) {
    load(&db, &setup);
    run_filled(db, connect_sql, &setup);
    if (scenario->setup) run_filled(db, scenario->setup, &setup);
    check(trial, setup.rc == SQLITE_OK, "before it", setup.message);
  }
  memory.was_curl = false;
  memory.n_failed = memory.count = 0;
  memory.fail_at = trial->n ? trial->n : -1;
  memory.is_lasting = trial->is_lasting && trial->n;
  memory.is_armed = true;
  if (scenario->loads) load(&db, answer);
  if (answer->rc == SQLITE_OK) run(db, sql, answer);
  memory.is_armed = false;
  if (trial->n == 0) check(trial, answer->rc == SQLITE_OK, "with memory", answer->message);
  if (trial->n) check_answer(trial, answer);
  if (trial->n && scenario->effect) check_effect(trial, db, answer);
  if (trial->n && answer->rc != SQLITE_OK && !scenario->loads) check_again(trial, db);
  check(trial, sqlite3_close(db) == SQLITE_OK, "close", "a statement is left");
  if (scenario->undo) free(asked(scenario->undo));
  free(setup.text);
  free(sql);
}

/* And nothing stays behind. */
static void run_whole_trial(const struct trial *trial, struct answer *answer) {
  sqlite3_int64 used = sqlite3_memory_used();
  long n_cjson = memory.n_cjson, n_curl = memory.n_curl;
  char text[100];
  run_trial(trial, answer);
  snprintf(text, sizeof(text), "%lld bytes of SQLite's, %ld blocks of cJSON's, %ld of curl's",
           (long long)(sqlite3_memory_used() - used), memory.n_cjson - n_cjson,
           memory.n_curl - n_curl);
  check(trial,
        sqlite3_memory_used() == used && memory.n_cjson == n_cjson && memory.n_curl == n_curl,
        "not freed", text);
}

/* ---------------------------------------------------------------- many */

struct settings {
  uint64_t seed;
  double seconds; /* for each scenario; 0: every allocation */
  long at;
  bool is_lasting;
};

static uint64_t chance(uint64_t *state) {
  /* splitmix64 */
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void try_one(struct trial *trial, long n, bool is_lasting) {
  struct answer answer = {0};
  trial->n = n;
  trial->is_lasting = is_lasting;
  run_whole_trial(trial, &answer);
  free(answer.text);
}

static long try_all(struct trial *trial, long n_allocations) {
  for (long n = 1; n <= n_allocations; n++) {
    try_one(trial, n, false);
    try_one(trial, n, true);
  }
  return 2 * n_allocations;
}

static long try_some(struct trial *trial, long n_allocations, const struct settings *settings) {
  uint64_t state = settings->seed;
  double end = now() + settings->seconds;
  long n = 0;
  for (; n < 2 || now() < end; n++) {
    long at = 1 + (long)(chance(&state) % (uint64_t)n_allocations);
    try_one(trial, at, n % 2);
  }
  return n;
}

static void run_scenario(const struct scenario *scenario, const struct settings *settings) {
  struct trial trial = {.scenario = scenario};
  struct answer first = {0}, second = {0};
  char *before = NULL, *after = NULL;
  /* The first run of a process initialises what stays. */
  run_trial(&trial, &first);
  if (scenario->effect) {
    sqlite3 *db = NULL;
    struct answer setup = {0};
    before = asked(scenario->effect);
    load(&db, &setup);
    run_filled(db, connect_sql, &setup);
    if (scenario->setup) run_filled(db, scenario->setup, &setup);
    run_filled(db, scenario->sql, &setup);
    after = asked(scenario->effect);
    sqlite3_close(db);
    free(setup.text);
    free(asked(scenario->undo));
  }
  trial.before = before;
  trial.after = after;
  run_whole_trial(&trial, &second);
  long n = memory.count, tried = 0;
  check(&trial, strcmp(first.text, second.text) == 0, "twice the same", second.text);
  trial.expected = first.text;
  if (settings->at) {
    memory.is_traced = true;
    try_one(&trial, settings->at, settings->is_lasting);
  } else {
    tried = settings->seconds > 0 ? try_some(&trial, n, settings) : try_all(&trial, n);
  }
  printf("%s: %ld allocations, %ld failures tried\n", scenario->name, n, tried);
  fflush(stdout);
  free(first.text);
  free(second.text);
  free(before);
  free(after);
}

static bool is_wanted(const struct scenario *scenario, int argc, char **argv, int from) {
  for (int i = from; i < argc; i++) {
    if (strcmp(argv[i], scenario->name) == 0) return true;
  }
  return from >= argc;
}

int main(int argc, char **argv) {
  struct settings settings = {.seed = (uint64_t)time(NULL), .seconds = 2};
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; i++) {
    if (strcmp(argv[i], "--all") == 0) settings.seconds = 0;
    if (strcmp(argv[i], "--lasting") == 0) settings.is_lasting = true;
    if (strcmp(argv[i], "--at") == 0 && i + 1 < argc) settings.at = atol(argv[++i]);
    if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) settings.seconds = atof(argv[++i]);
    if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
      settings.seed = strtoull(argv[++i], NULL, 10);
  }
  if (!getenv("WOWSQL_TEST_URL") || !getenv("WOWSQL_TEST_SERVICE_KEY")) {
    printf("oom: WOWSQL_TEST_URL or WOWSQL_TEST_SERVICE_KEY is not set\n");
    return 1;
  }
  take_over_memory();
  printf("oom: seed %llu\n", (unsigned long long)settings.seed);
  for (const struct scenario *scenario = scenarios; scenario->name; scenario++) {
    if (is_wanted(scenario, argc, argv, i)) run_scenario(scenario, &settings);
  }
  if (passed + failed == 0) failed++;
  printf("oom: %ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}
