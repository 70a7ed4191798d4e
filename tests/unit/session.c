/*
** Memory of passwords and tokens (src/server/session.h, src/base/secret.h): an allocator of this
** file's own looks at every block that is freed while users sign in and out, against a server that
** gives everybody the same tokens.
*/
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sqlite.h"
#include "unit.h"

int sqlite3_wowsql_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

/* In every secret, and in nothing else. */
#define MARK "S3cr3tMark"

/* ---------------------------------------------------------------- the allocator */

static sqlite3_mem_methods before;
static int n_left; /* freed blocks with a secret in them */
static bool is_watching;

static void look(void *block) {
  int bytes = block ? before.xSize(block) : 0;
  const char *p = block;
  if (!is_watching) return;
  for (int i = 0; i + (int)strlen(MARK) <= bytes; i++) {
    if (memcmp(p + i, MARK, strlen(MARK)) != 0) continue;
    n_left++;
    return;
  }
}

static void watched_free(void *block) {
  look(block);
  before.xFree(block);
}

/* What other allocators have left in the block is not ours to clear. */
static void *watched_malloc(int bytes) {
  void *block = before.xMalloc(bytes);
  if (block) memset(block, 0, (size_t)before.xSize(block));
  return block;
}

/* Moves always, so that what is left behind is seen. */
static void *watched_realloc(void *block, int bytes) {
  int old = block ? before.xSize(block) : 0;
  void *moved = watched_malloc(bytes);
  if (moved == NULL) return NULL;
  if (block) memcpy(moved, block, (size_t)(old < bytes ? old : bytes));
  watched_free(block);
  return moved;
}

static void watch_allocations(void) {
  sqlite3_mem_methods methods;
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &before);
  methods = before;
  methods.xMalloc = watched_malloc;
  methods.xFree = watched_free;
  methods.xRealloc = watched_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

/* ---------------------------------------------------------------- the server */

/* Reads a request; refuses rows to tokens that were not renewed, and else gives tokens. */
static void serve(int client) {
  static char request[65536], response[65536];
  size_t n = 0;
  ssize_t got;
  while (n < sizeof(request) - 1 &&
         (got = read(client, request + n, sizeof(request) - 1 - n)) > 0) {
    n += (size_t)got;
    request[n] = 0;
    const char *end = strstr(request, "\r\n\r\n"),
               *length = strstr(request, "\r\nContent-Length: ");
    size_t body = length ? (size_t)atol(length + 18) : 0;
    if (end && n >= (size_t)(end + 4 - request) + body) break;
  }
  bool is_refresh = strstr(request, "/refresh-token") != NULL;
  bool is_rows = strstr(request, "/rest/v1/") != NULL;
  bool is_old = is_rows && !strstr(request, "renewed");
  bool is_wrong = strstr(request, "wrong") != NULL;
  char body[1000];
  snprintf(body, sizeof(body),
           is_wrong  ? "{\"message\":\"wrong: " MARK "Password\"}"
           : is_old  ? "{\"code\":\"PGRST303\",\"message\":\"JWT expired\"}"
           : is_rows ? "[]"
                     : "{\"access_token\":\"%s." MARK "Access\",\"refresh_token\":\"" MARK
                       "Refresh\","
                       "\"user\":{\"id\":\"1\"}}",
           is_refresh ? "renewed" : "first");
  snprintf(response, sizeof(response),
           "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
           "Connection: close\r\n\r\n%s",
           is_old || is_wrong ? "401 Unauthorized" : "200 OK", strlen(body), body);
  if (write(client, response, strlen(response)) < 0) return;
}

/* Serves in a process of its own, which is the caller's to kill. */
static pid_t start_server(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t bytes = sizeof(address);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, bytes) || listen(listener, 8) ||
      getsockname(listener, (struct sockaddr *)&address, &bytes)) {
    return -1;
  }
  *port = ntohs(address.sin_port);
  pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
      int client = accept(listener, NULL, NULL);
      if (client < 0) _exit(1);
      serve(client);
      close(client);
    }
  }
  close(listener);
  return pid;
}

/* ---------------------------------------------------------------- the checks */

/* Runs SQL whose parameters are this text, which SQLite does not copy; nothing of a secret is left
** in freed memory, and it fails or not as it should. */
static void check(sqlite3 *db, const char *sql, const char *text, bool is_good) {
  sqlite3_stmt *stmt = NULL;
  unit_about("%s", sql);
  CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++)
    sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
  n_left = 0;
  is_watching = true;
  CHECK_INT(sqlite3_step(stmt) == SQLITE_ROW, is_good);
  sqlite3_finalize(stmt);
  is_watching = false;
  CHECK_INT(n_left, 0);
}

int main(void) {
  sqlite3 *db = NULL;
  char *message = NULL;
  int port = 0;
  pid_t pid = start_server(&port);
  CHECK(pid > 0);
  watch_allocations();
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  int rc = sqlite3_wowsql_init(db, &message, NULL);
  CHECK(rc == SQLITE_OK || rc == SQLITE_OK_LOAD_PERMANENTLY);
  char *connect = sqlite3_mprintf(
      "SELECT wowsql_connect('http://127.0.0.1:%d', 'a-key', '{\"retries\":0}')", port);
  check(db, connect, NULL, true);
  sqlite3_free(connect);

  static const char password[] = MARK "Password";
  check(db, "SELECT wowsql_sign_up('a@b.c', ?)", password, true);
  check(db, "SELECT wowsql_sign_in('a@b.c', ?)", password, true);
  check(db, "SELECT wowsql_sign_in('wrong@b.c', ?)", password, false);
  check(db, "SELECT wowsql_session(1)", NULL, true);
  check(db, "SELECT wowsql_user()", NULL, true);
  check(db, "SELECT wowsql_change_password(?, ?)", password, true);
  check(db, "SELECT wowsql_verify_otp('a@b.c', ?, 'password_reset', ?)", password, true);
  check(db, "SELECT wowsql_set_session(?, ?)", MARK "Token", true);
  /* The token is refused, renewed, and the request repeated. */
  check(db, "SELECT wowsql_get('t')", NULL, true);
  check(db, "SELECT wowsql_refresh_session()", NULL, true);
  check(db, "SELECT wowsql_refresh_session(?)", MARK "Token", true);
  check(db, "SELECT wowsql_sign_out()", NULL, true);
  check(db, "SELECT wowsql_sign_in('a@b.c', ?)", password, true);
  n_left = 0;
  is_watching = true;
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  unit_about("close");
  CHECK_INT(n_left, 0);
  is_watching = false;
  if (pid > 0) kill(pid, SIGTERM);
  if (pid > 0) waitpid(pid, NULL, 0);
  return unit_end("unit_session");
}
