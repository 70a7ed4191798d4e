/*
** Requests to all services (src/server/request.h) against a server of this file's own, which
** answers with the very bytes that it received: the request line, the headers and the body can be
** compared.
*/
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "unit.h"

#define KEY "an.opaque-key"

/* ---------------------------------------------------------------- the echo server */

static size_t content_length(const char *head) {
  const char *found = strstr(head, "\r\nContent-Length: ");
  return found ? (size_t)atol(found + 18) : 0;
}

/* Reads one request and sends it back as the body. */
static void echo(int client) {
  static char buffer[4 * 1024 * 1024];
  size_t n = 0, expected = 0;
  ssize_t got;
  while ((got = read(client, buffer + n, sizeof(buffer) - 1 - n)) > 0) {
    n += (size_t)got;
    buffer[n] = 0;
    const char *end = strstr(buffer, "\r\n\r\n");
    if (end) expected = (size_t)(end - buffer) + 4 + content_length(buffer);
    if (end && n >= expected) break;
  }
  char head[200];
  int head_bytes = snprintf(head, sizeof(head),
                            "HTTP/1.1 200 OK\r\nContent-Range: 0-1/7\r\nContent-Length: %zu\r\n"
                            "Connection: close\r\n\r\n",
                            n);
  if (write(client, head, (size_t)head_bytes) < 0) return;
  for (size_t done = 0; done < n;) {
    ssize_t sent = write(client, buffer + done, n - done);
    if (sent <= 0) return;
    done += (size_t)sent;
  }
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
    signal(SIGPIPE, SIG_IGN); /* a client may hang up in the middle */
    for (;;) {
      int client = accept(listener, NULL, NULL);
      if (client < 0) _exit(1);
      echo(client);
      close(client);
    }
  }
  close(listener);
  return pid;
}

/* ---------------------------------------------------------------- checks */

static struct wow_connection *conn;
static struct wow_server *server;

/* What the server received of `request`, and what it must and must not contain. */
static void check_sent(struct wow_request request, const char *line, const char *const *with,
                       const char *without) {
  struct wow_response response;
  struct wow_error err = {0};
  unit_about("%s", line);
  request.accept = request.accept ? request.accept : "text/plain";
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_OK);
  if (err.message) printf("%s\n", err.message);
  if (response.body == NULL) return;
  CHECK_INT(response.total, 7);
  CHECK(strncmp(response.body, line, strlen(line)) == 0);
  for (int i = 0; with[i]; i++) {
    unit_about("%s: %s", line, with[i]);
    CHECK(strstr(response.body, with[i]) != NULL);
  }
  unit_about("%s: %s", line, without);
  CHECK(strstr(response.body, without) == NULL);
  sqlite3_free(response.body);
  wow_error_reset(&err);
}

static void check_services(void) {
  check_sent((struct wow_request){.method = "GET", .path = "/users", .schema = "api"},
             "GET /r/users HTTP/1.1\r\n",
             (const char *[]){"\r\nAccept: text/plain\r\n", "\r\nAccept-Profile: api\r\n",
                              "\r\napikey: " KEY "\r\n", NULL},
             "Authorization");
  check_sent((struct wow_request){.service = WOW_AUTH,
                                  .method = "POST",
                                  .path = "/login",
                                  .schema = "api",
                                  .body = {.data = "{}", .bytes = 2}},
             "POST /auth/v1/login HTTP/1.1\r\n",
             (const char *[]){"\r\nContent-Type: application/json\r\n", "\r\n\r\n{}", NULL},
             "Profile");
  struct wow_error err = {0};
  struct wow_grant grant = {.access_token = "a-token"};
  CHECK_INT(wow_session_begin(server, &grant, &err), SQLITE_OK);
  check_sent((struct wow_request){.service = WOW_STORAGE,
                                  .method = "PUT",
                                  .path = "/b/f",
                                  .content_type = "image/png",
                                  .body = {.data = "a\0b", .bytes = 3}},
             "PUT /storage/v1/b/f HTTP/1.1\r\n",
             (const char *[]){"\r\nAuthorization: Bearer a-token\r\n",
                              "\r\nContent-Type: image/png\r\n", "\r\nContent-Length: 3\r\n", NULL},
             "application/json");
  check_sent(
      (struct wow_request){.service = WOW_SCHEMA, .method = "DELETE", .path = "/t", .prefer = "x"},
      "DELETE /api/v2/t HTTP/1.1\r\n", (const char *[]){"\r\nPrefer: x\r\n", NULL}, "Content-Type");
  /* The auth service takes a user's token where it is about the user, other keys go alone. */
  check_sent((struct wow_request){.service = WOW_AUTH, .method = "GET", .path = "/x"},
             "GET /auth/v1/x HTTP/1.1\r\n", (const char *[]){"\r\napikey: " KEY "\r\n", NULL},
             "Authorization");
  check_sent(
      (struct wow_request){.service = WOW_AUTH, .method = "GET", .path = "/me", .is_by_user = true},
      "GET /auth/v1/me HTTP/1.1\r\n",
      (const char *[]){"\r\nAuthorization: Bearer a-token\r\n", NULL}, "Profile");
  check_sent((struct wow_request){.method = "GET", .path = "/", .key = "other-key"},
             "GET /r/ HTTP/1.1\r\n", (const char *[]){"\r\napikey: other-key\r\n", NULL},
             "Authorization");
  CHECK_INT(wow_session_end(server, &err), SQLITE_OK);
  check_sent((struct wow_request){.method = "GET", .path = "/users"}, "GET /r/users HTTP/1.1\r\n",
             (const char *[]){"\r\napikey: " KEY "\r\n", NULL}, "Authorization");
}

/* A body from a spool, part of which is in a file, arrives as it was appended. */
static void check_spool(void) {
  enum { PIECES = 3000, PIECE = 1000 };
  struct wow_spool *spool = wow_spool_new(100500);
  struct wow_response response;
  struct wow_error err = {0};
  char piece[PIECE];
  unit_about("spool");
  for (int i = 0; i < PIECES; i++) {
    memset(piece, i % 251, sizeof(piece));
    CHECK_INT(wow_spool_append(spool, piece, sizeof(piece)), SQLITE_OK);
  }
  struct wow_request request = {.service = WOW_STORAGE,
                                .method = "POST",
                                .path = "/big",
                                .accept = "*"
                                          "/*",
                                .body = {.spool = spool}};
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_OK);
  const char *body = response.body ? strstr(response.body, "\r\n\r\n") : NULL;
  CHECK(body != NULL);
  if (body) {
    size_t head = (size_t)(body + 4 - response.body);
    bool same = response.body_bytes == head + PIECES * PIECE;
    for (size_t i = 0; same && i < PIECES * PIECE; i++)
      same = (unsigned char)body[4 + i] == i / PIECE % 251;
    CHECK(same);
  }
  sqlite3_free(response.body);
  request.max_bytes = 1000;
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_ERROR);
  CHECK(err.message && strstr(err.message, "exceeds the size limit"));
  CHECK(response.body == NULL);
  wow_error_reset(&err);
  wow_spool_free(spool);
}

static void check_file(void) {
  struct wow_request request = {.method = "GET", .path = "/f", .file = tmpfile()};
  struct wow_response response;
  struct wow_error err = {0};
  char start[20] = {0};
  unit_about("file");
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_OK);
  CHECK(response.body == NULL);
  CHECK_INT(ftell(request.file), (long)response.body_bytes);
  rewind(request.file);
  CHECK(fread(start, 1, sizeof(start) - 1, request.file) == sizeof(start) - 1);
  CHECK_TEXT(start, "GET /r/f HTTP/1.1\r\n");
  fclose(request.file);
  request.file = fopen("/dev/full", "w");
  if (request.file == NULL) return; /* not on this system */
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_ERROR);
  CHECK(err.message && strstr(err.message, "the file cannot be written"));
  fclose(request.file);
  wow_error_reset(&err);
}

static void check_refused(void) {
  struct wow_request request = {.method = "GET", .path = "/x", .schema = "a\r\nPrefer: b"};
  struct wow_response response;
  struct wow_error err = {0};
  unit_about("header with a line break");
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_ERROR);
  CHECK(err.message && strstr(err.message, "line break"));
  wow_error_reset(&err);
  unit_about("a zero byte in JSON");
  request.schema = NULL;
  request.method = "POST";
  request.body = (struct wow_http_body){.data = "a\0b", .bytes = 3};
  CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_ERROR);
  CHECK(err.message && strstr(err.message, "zero byte"));
  wow_error_reset(&err);
}

/* What must not have effects is not sent, by whatever method; other services are not PostgREST. */
static void check_effects(void) {
  static const struct wow_request_header more[] = {{"X-More", "1"}, {NULL, NULL}};
  static const char *const methods[] = {"PATCH", "DELETE", "patch", "MERGE"};
  struct wow_response response;
  struct wow_error err = {0};
  for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
    struct wow_request request = {.method = methods[i], .path = "/t?select=id"};
    unit_about("%s", methods[i]);
    CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_ERROR);
    CHECK(err.message && strstr(err.message, "there is no filter"));
    wow_error_reset(&err);
  }
  check_sent((struct wow_request){.method = "DELETE", .path = "/t?id=eq.1", .headers = more},
             "DELETE /r/t?id=eq.1 HTTP/1.1\r\n", (const char *[]){"\r\nX-More: 1\r\n", NULL},
             "Content-Type");
  server->options.read_only = true;
  for (int service = WOW_REST; service < WOW_N_SERVICES; service++) {
    struct wow_request request = {.service = service, .method = "POST", .path = "/t"};
    if (service == WOW_AUTH) continue; /* who only reads may sign in */
    unit_about("read_only, service %d", service);
    CHECK_INT(wow_request_fetch(conn, server, &request, &response, &err), SQLITE_READONLY);
    wow_error_reset(&err);
  }
  server->options.read_only = false;
}

static void check_content_range(const char *header, sqlite3_int64 rows, sqlite3_int64 total) {
  sqlite3_int64 got_rows = 0, got_total = 0;
  unit_about("Content-Range: %s", header ? header : "(none)");
  wow_request_content_range(header, &got_rows, &got_total);
  CHECK_INT(got_rows, rows);
  CHECK_INT(got_total, total);
}

static void check_content_ranges(void) {
  check_content_range(NULL, -1, -1);
  check_content_range("0-24/3573", 25, 3573);
  check_content_range("0-24/*", 25, -1);
  check_content_range("*/0", 0, 0);
  check_content_range("*/*", 0, -1);
  check_content_range("rows/all", -1, -1);
  check_content_range("9-3/5", -1, -1);
  check_content_range("rows/5", -1, -1);
  check_content_range("/5", -1, -1);
  check_content_range("0-24/24", 25, -1);
  check_content_range("10-19/19", 10, -1);
  check_content_range("10-19/20", 10, 20);
  check_content_range("*/-5", 0, -1);
  check_content_range("0-0/99999999999999999999999", 1, -1);
}

int main(void) {
  sqlite3 *db = NULL;
  struct wow_error err = {0};
  int port = 0;
  pid_t pid = start_server(&port);
  CHECK(pid > 0);
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  CHECK_INT(wow_connection_new(db, &conn, &err), SQLITE_OK);
  char *url = sqlite3_mprintf("http://127.0.0.1:%d", port);
  struct wow_server *made = wow_server_new();
  CHECK_INT(wow_options_parse(&made->options, "{\"rest_path\":\"r/\",\"retries\":0}", &err),
            SQLITE_OK);
  CHECK_INT(wow_connection_add_server(conn, made, url, KEY, &err), SQLITE_OK);
  server = wow_connection_server(conn, NULL, &err);
  CHECK(server != NULL);
  if (pid > 0 && server) {
    check_services();
    check_spool();
    check_file();
    check_refused();
    check_effects();
  }
  check_content_ranges();
  sqlite3_free(url);
  wow_connection_release(conn);
  sqlite3_close(db);
  if (pid > 0) kill(pid, SIGTERM);
  if (pid > 0) waitpid(pid, NULL, 0);
  return unit_end("unit_request");
}
