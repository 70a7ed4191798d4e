/*
** Servers and their registry. Owns URLs, keys, options and what was learned of a server; builds
** requests with the right headers and leaves sending them to http.c.
**
** A key is sent only to the origin that it was given for: every URL is made here out of the
** server's project_url, and http.c follows no redirect to another origin.
*/
#include "server/server.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "server/run.h"
#include "base/limits.h"

/* ---------------------------------------------------------------- options */

enum option_kind { OPTION_TEXT, OPTION_BOOL, OPTION_INT, OPTION_INT64, OPTION_COLLATION };

/* The options there are. `min` bounds numbers from below. */
static const struct option {
  const char *name;
  enum option_kind kind;
  size_t offset;
  int min;
  const char *takes;
} options[] = {
#define FIELD(f) offsetof(struct wow_server, f)
    {"name", OPTION_TEXT, FIELD(name), 0, "a text"},
    {"base_domain", OPTION_TEXT, FIELD(base_domain), 0, "a text"},
    {"secure", OPTION_BOOL, FIELD(secure), 0, "true or false"},
    {"timeout", OPTION_INT, FIELD(timeout_s), 1, "a whole number of seconds, 1 or more"},
    {"connect_timeout", OPTION_INT, FIELD(connect_timeout_s), 1,
     "a whole number of seconds, 1 or more"},
    {"verify_ssl", OPTION_BOOL, FIELD(verify_ssl), 0, "true or false"},
    {"ca_file", OPTION_TEXT, FIELD(ca_file), 0, "the name of a file"},
    {"rest_path", OPTION_TEXT, FIELD(rest_path), 0, "a text"},
    {"auth_path", OPTION_TEXT, FIELD(auth_path), 0, "a text"},
    {"storage_path", OPTION_TEXT, FIELD(storage_path), 0, "a text"},
    {"schema_path", OPTION_TEXT, FIELD(schema_path), 0, "a text"},
    {"schema", OPTION_TEXT, FIELD(schema), 0, "a text"},
    {"page_size", OPTION_INT, FIELD(page_size), 1, "a whole number of rows, 1 or more"},
    {"max_rows", OPTION_INT, FIELD(max_rows), 0,
     "a whole number of rows; 0 says that the server has no limit"},
    {"statement_max_rows", OPTION_INT64, FIELD(statement_max_rows), 0, "a whole number"},
    {"statement_max_bytes", OPTION_INT64, FIELD(statement_max_bytes), 0, "a whole number"},
    {"statement_max_requests", OPTION_INT64, FIELD(statement_max_requests), 0, "a whole number"},
    {"retries", OPTION_INT, FIELD(retries), 0, "a whole number"},
    {"read_only", OPTION_BOOL, FIELD(read_only), 0, "true or false"},
    {"collation", OPTION_COLLATION, FIELD(collation), 0, "'server', 'C' or 'binary'"},
    {NULL, OPTION_TEXT, 0, 0, NULL},
#undef FIELD
};

static int set_text(char **field, const char *text) {
  char *copy = sqlite3_mprintf("%s", text);
  if (copy == NULL) return SQLITE_NOMEM;
  sqlite3_free(*field);
  *field = copy;
  return SQLITE_OK;
}

static int set_collation(enum wow_collation *field, const struct wow_option_value *value) {
  static const char *const names[] = {"server", "C", "binary", NULL};
  for (int i = 0; value->kind == WOW_VALUE_TEXT && names[i]; i++) {
    if (sqlite3_stricmp(names[i], value->text) != 0) continue;
    *field = (enum wow_collation)i;
    return SQLITE_OK;
  }
  return SQLITE_MISMATCH;
}

static int set_field(struct wow_server *server, const struct option *option,
                     const struct wow_option_value *value) {
  char *field = (char *)server + option->offset;
  bool is_whole = value->kind == WOW_VALUE_NUMBER && value->number >= option->min &&
                  value->number <= 9007199254740992.0 &&
                  value->number == (double)(sqlite3_int64)value->number;
  switch (option->kind) {
  case OPTION_TEXT:
    if (value->kind != WOW_VALUE_TEXT) return SQLITE_MISMATCH;
    return set_text((char **)field, value->text);
  case OPTION_BOOL:
    if (value->kind != WOW_VALUE_BOOL) return SQLITE_MISMATCH;
    *(bool *)field = value->number != 0;
    return SQLITE_OK;
  case OPTION_INT:
    if (!is_whole || value->number > 2147483647) return SQLITE_MISMATCH;
    *(int *)field = (int)value->number;
    return SQLITE_OK;
  case OPTION_INT64:
    if (!is_whole) return SQLITE_MISMATCH;
    *(sqlite3_int64 *)field = (sqlite3_int64)value->number;
    return SQLITE_OK;
  default: return set_collation((enum wow_collation *)field, value);
  }
}

int wow_server_set_option(struct wow_server *server, const char *name,
                          const struct wow_option_value *value, struct wow_error *err) {
  const struct option *option = options;
  while (option->name && strcmp(option->name, name) != 0)
    option++;
  if (option->name == NULL) {
    sqlite3_str *known = sqlite3_str_new(NULL);
    for (const struct option *o = options; o->name; o++)
      sqlite3_str_appendf(known, "%s, ", o->name);
    char *text = sqlite3_str_finish(known);
    int rc = wow_error_set(err, SQLITE_ERROR, NULL, "unknown option '%s'; there are: %sheaders",
                           name, text ? text : "");
    sqlite3_free(text);
    return rc;
  }
  int rc = set_field(server, option, value);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  if (rc != SQLITE_OK) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "option '%s' takes %s", name, option->takes);
  }
  return SQLITE_OK;
}

/* A header's name and value must not be able to begin another header. */
static bool is_header_text(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
  }
  return true;
}

int wow_server_add_header(struct wow_server *server, const char *name, const char *value,
                          struct wow_error *err) {
  if (*name == 0 || strchr(name, ':') || !is_header_text(name) || !is_header_text(value)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "option 'headers': '%s' cannot be sent as a header", name);
  }
  sqlite3_uint64 bytes = sizeof(char *) * (sqlite3_uint64)(server->n_headers + 1);
  char **headers = sqlite3_realloc64(server->headers, bytes);
  if (headers == NULL) return wow_error_nomem(err);
  server->headers = headers;
  headers[server->n_headers] = sqlite3_mprintf("%s: %s", name, value);
  if (headers[server->n_headers] == NULL) return wow_error_nomem(err);
  server->n_headers++;
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- servers */

struct wow_server *wow_server_new(void) {
  struct wow_server *server = sqlite3_malloc64(sizeof(*server));
  if (server == NULL) return NULL;
  memset(server, 0, sizeof(*server));
  server->references = 1;
  server->secure = true;
  server->verify_ssl = true;
  server->timeout_s = WOW_TIMEOUT_S;
  server->connect_timeout_s = WOW_CONNECT_TIMEOUT_S;
  server->page_size = WOW_PAGE_ROWS;
  server->max_rows = -1;
  server->retries = WOW_RETRIES;
  int rc = set_text(&server->name, WOW_DEFAULT_SERVER);
  if (rc == SQLITE_OK) rc = set_text(&server->base_domain, "wowsqlconnect.com");
  if (rc == SQLITE_OK) rc = set_text(&server->rest_path, "/rest/v1");
  if (rc == SQLITE_OK) rc = set_text(&server->auth_path, "/auth/v1");
  if (rc == SQLITE_OK) rc = set_text(&server->storage_path, "/storage/v1");
  if (rc == SQLITE_OK) rc = set_text(&server->schema_path, "/api/v2");
  if (rc == SQLITE_OK) return server;
  wow_server_release(server);
  return NULL;
}

struct wow_server *wow_server_retain(struct wow_server *server) {
  server->references++;
  return server;
}

void wow_server_release(struct wow_server *server) {
  if (server == NULL || --server->references > 0) return;
  char *texts[] = {server->name,      server->project_url,  server->api_key,
                   server->ca_file,   server->base_domain,  server->rest_path,
                   server->auth_path, server->storage_path, server->schema_path,
                   server->schema};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    sqlite3_free(texts[i]);
  for (int i = 0; i < server->n_headers; i++)
    sqlite3_free(server->headers[i]);
  sqlite3_free(server->headers);
  wow_server_refresh(server);
  sqlite3_free(server);
}

/* Is `text` a host with an optional port, and a path where `allow_path`? Everything else could
** smuggle something into the URL. */
static bool is_url_text(const char *text, bool allow_path) {
  if (*text == 0 || *text == '/') return false;
  for (const char *p = text; *p; p++) {
    bool word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
    if (!word && !strchr("-._~:[]%", *p) && !(allow_path && *p == '/')) return false;
  }
  return true;
}

static bool has_prefix(const char *text, const char *prefix) {
  return sqlite3_strnicmp(text, prefix, (int)strlen(prefix)) == 0;
}

/* Makes server->project_url from a slug, a domain or a URL. */
static int resolve_url(struct wow_server *server, const char *project, struct wow_error *err) {
  const char *scheme = server->secure ? "https" : "http";
  char *url = NULL;
  const char *rest = project;
  if (has_prefix(project, "http://"))
    rest = project + 7;
  else if (has_prefix(project, "https://"))
    rest = project + 8;
  bool is_url = rest != project;
  if (strchr(rest, '@')) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, "give the key as the second argument",
                          "a project URL has no user and password in it");
  }
  if (!is_url_text(rest, is_url)) {
    return wow_error_hint(err, SQLITE_ERROR, NULL,
                          "give a project's name (myproject), a domain, or an http(s) URL",
                          "'%.100s' is no project URL", project);
  }
  /* A name without a dot or a port is a project's slug, except localhost. */
  bool is_slug = !is_url && !strpbrk(rest, ".:") && sqlite3_stricmp(rest, "localhost") != 0;
  if (is_url)
    url = sqlite3_mprintf("%s", project);
  else if (is_slug)
    url = sqlite3_mprintf("%s://%s.%s", scheme, rest, server->base_domain);
  else
    url = sqlite3_mprintf("%s://%s", scheme, rest);
  if (url == NULL) return wow_error_nomem(err);
  size_t n = strlen(url);
  while (n > 0 && url[n - 1] == '/')
    url[--n] = 0;
  /* People also paste the URL of the REST service itself. */
  size_t path = strlen(server->rest_path);
  if (path > 1 && n > path && strcmp(url + n - path, server->rest_path) == 0) url[n - path] = 0;
  server->project_url = url;
  return SQLITE_OK;
}

/* Paths begin with a slash and end without one: "rest/v1/" is "/rest/v1", "/" is "". */
static int normalise_path(char **path) {
  const char *p = *path;
  while (*p == '/')
    p++;
  size_t n = strlen(p);
  while (n > 0 && p[n - 1] == '/')
    n--;
  char *normal = n ? sqlite3_mprintf("/%.*s", (int)n, p) : sqlite3_mprintf("");
  if (normal == NULL) return SQLITE_NOMEM;
  sqlite3_free(*path);
  *path = normal;
  return SQLITE_OK;
}

static void registry_remove(struct wow_connection *conn, const char *name) {
  for (struct wow_server **link = &conn->servers; *link; link = &(*link)->next) {
    if (strcmp((*link)->name, name) != 0) continue;
    struct wow_server *server = *link;
    *link = server->next;
    wow_server_release(server);
    return;
  }
}

static void registry_add(struct wow_connection *conn, struct wow_server *server) {
  registry_remove(conn, server->name);
  struct wow_server **link = &conn->servers;
  while (*link)
    link = &(*link)->next;
  *link = server;
}

int wow_server_register(struct wow_connection *conn, struct wow_server *server,
                        const char *project_url, const char *api_key, struct wow_error *err) {
  char **paths[] = {&server->rest_path, &server->auth_path, &server->storage_path,
                    &server->schema_path};
  int rc = SQLITE_OK;
  if (project_url == NULL) project_url = getenv("WOWSQL_PROJECT_URL");
  if (project_url == NULL || *project_url == 0) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL,
                        "SELECT wowsql_connect('myproject', 'wowsql_anon_...'), or set "
                        "WOWSQL_PROJECT_URL and WOWSQL_API_KEY in the environment",
                        "no project URL is given");
    goto done;
  }
  if (api_key == NULL) api_key = getenv("WOWSQL_API_KEY");
  if (api_key && !is_header_text(api_key)) {
    rc = wow_error_set(err, SQLITE_ERROR, NULL,
                       "the API key has a line break or another control "
                       "character in it");
    goto done;
  }
  if (*server->name == 0) {
    rc = wow_error_set(err, SQLITE_ERROR, NULL, "option 'name' must not be empty");
    goto done;
  }
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    if (normalise_path(paths[i]) != SQLITE_OK) rc = wow_error_nomem(err);
  }
  if (rc == SQLITE_OK) rc = resolve_url(server, project_url, err);
  if (rc == SQLITE_OK && api_key && *api_key && set_text(&server->api_key, api_key) != SQLITE_OK) {
    rc = wow_error_nomem(err);
  }
  if (rc != SQLITE_OK) goto done;
  server->http.connect_timeout_ms = server->connect_timeout_s * 1000L;
  server->http.silence_timeout_ms = server->timeout_s * 1000L;
  server->http.retries = server->retries;
  server->http.verify_ssl = server->verify_ssl;
  server->http.ca_file = server->ca_file;
  registry_add(conn, server);
  server = NULL;
done:
  wow_server_release(server);
  return rc;
}

static struct wow_server *registry_find(struct wow_connection *conn, const char *name) {
  for (struct wow_server *server = conn->servers; server; server = server->next) {
    if (strcmp(server->name, name) == 0) return server;
  }
  return NULL;
}

struct wow_server *wow_server_find(struct wow_connection *conn, const char *name,
                                   struct wow_error *err) {
  if (name == NULL) name = conn->current ? conn->current : WOW_DEFAULT_SERVER;
  struct wow_server *server = registry_find(conn, name);
  if (server) return server;
  const char *url = getenv("WOWSQL_PROJECT_URL");
  if (strcmp(name, WOW_DEFAULT_SERVER) == 0 && url && *url) {
    server = wow_server_new();
    if (server == NULL) {
      wow_error_nomem(err);
      return NULL;
    }
    if (wow_server_register(conn, server, NULL, NULL, err) != SQLITE_OK) return NULL;
    return registry_find(conn, name);
  }
  bool is_default = strcmp(name, WOW_DEFAULT_SERVER) == 0;
  wow_error_hint(err, SQLITE_ERROR, NULL,
                 is_default ? "SELECT wowsql_connect('myproject', 'wowsql_anon_...'), or set "
                              "WOWSQL_PROJECT_URL and WOWSQL_API_KEY in the environment"
                            : "SELECT wowsql_connect(url, key, json_object('name', ...)); "
                              "SELECT * FROM wowsql_servers lists those there are",
                 "there is no server '%s'", name);
  return NULL;
}

enum wow_collation wow_server_collation(struct wow_connection *conn, const char *name) {
  struct wow_server *server = registry_find(conn, name);
  return server ? server->collation : WOW_COLLATION_SERVER;
}

int wow_server_disconnect(struct wow_connection *conn, const char *name, struct wow_error *err) {
  if (name == NULL) name = conn->current ? conn->current : WOW_DEFAULT_SERVER;
  if (registry_find(conn, name) == NULL) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, "SELECT * FROM wowsql_servers",
                          "there is no server '%s'", name);
  }
  registry_remove(conn, name);
  if (conn->current && strcmp(conn->current, name) == 0) {
    sqlite3_free(conn->current);
    conn->current = NULL;
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the connection */

int wow_connection_new(sqlite3 *db, struct wow_connection **out, struct wow_error *err) {
  struct wow_connection *conn = sqlite3_malloc64(sizeof(*conn));
  if (conn == NULL) return wow_error_nomem(err);
  memset(conn, 0, sizeof(*conn));
  conn->db = db;
  conn->ship = true;
  conn->statements = wow_statements_new(db);
  int rc = conn->statements ? wow_http_new(db, &conn->http, err) : wow_error_nomem(err);
  if (rc == SQLITE_OK) {
    *out = conn;
    return rc;
  }
  wow_statements_free(conn->statements);
  sqlite3_free(conn);
  return rc;
}

void wow_connection_free(struct wow_connection *conn) {
  if (conn == NULL) return;
  while (conn->servers)
    registry_remove(conn, conn->servers->name);
  wow_http_free(conn->http);
  wow_statements_free(conn->statements);
  wow_error_reset(&conn->last_error);
  sqlite3_free(conn->current);
  sqlite3_free(conn);
}

/* ---------------------------------------------------------------- requests */

/* A JWT has three parts with dots between them. */
static bool is_jwt(const char *key) {
  const char *first = strchr(key, '.');
  const char *second = first ? strchr(first + 1, '.') : NULL;
  return second && strchr(second + 1, '.') == NULL;
}

#define MAX_OWN_HEADERS 8

static int over_budget(const struct wow_server *server, const char *option, sqlite3_int64 most,
                       const char *unit, struct wow_error *err) {
  char *hint =
      sqlite3_mprintf("option %s of server '%s' allows no more; 0 lifts it", option, server->name);
  int rc = wow_error_hint(err, SQLITE_ERROR, NULL, hint ? hint : option,
                          "the statement was stopped at its budget of %lld %s", most, unit);
  sqlite3_free(hint);
  return rc;
}

struct wow_spent *wow_server_spent(struct wow_connection *conn, struct wow_server *server) {
  sqlite3_uint64 run = wow_statements_run(conn->statements);
  struct wow_spent *oldest = &server->spent[0];
  for (int i = 0; i < WOW_RUNS; i++) {
    struct wow_spent *spent = &server->spent[i];
    if (spent->run == run) return spent;
    if (wow_statements_is_over(conn->statements, spent->run)) spent->run = 0;
    if (spent->run < oldest->run) oldest = spent;
  }
  memset(oldest, 0, sizeof(*oldest));
  oldest->run = run;
  return oldest;
}

int wow_server_check_budget(const struct wow_server *server, const struct wow_spent *spent,
                            struct wow_error *err) {
  if (server->statement_max_rows > 0 && spent->rows > server->statement_max_rows) {
    return over_budget(server, "statement_max_rows", server->statement_max_rows, "rows", err);
  }
  if (server->statement_max_bytes > 0 && spent->bytes > server->statement_max_bytes) {
    return over_budget(server, "statement_max_bytes", server->statement_max_bytes, "bytes", err);
  }
  return SQLITE_OK;
}

static int spend_request(struct wow_connection *conn, struct wow_server *server,
                         struct wow_spent *spent, struct wow_error *err) {
  if (spent == NULL) spent = wow_server_spent(conn, server);
  if (server->statement_max_requests > 0 && spent->requests >= server->statement_max_requests) {
    return over_budget(server, "statement_max_requests", server->statement_max_requests, "requests",
                       err);
  }
  spent->requests++;
  return SQLITE_OK;
}

int wow_server_open(struct wow_connection *conn, struct wow_server *server,
                    const struct wow_server_request *request, struct wow_http_sink sink,
                    struct wow_transfer **out, struct wow_error *err) {
  char *own[MAX_OWN_HEADERS];
  int n = 0, rc = spend_request(conn, server, request->spent, err);
  if (rc != SQLITE_OK) return rc;
  rc = SQLITE_NOMEM;
  bool is_read = strcmp(request->method, "GET") == 0;
  const char *schema = request->schema ? request->schema : server->schema;
  char *url = sqlite3_mprintf("%s%s%s", server->project_url, server->rest_path, request->path);
  sqlite3_uint64 slots = (sqlite3_uint64)(MAX_OWN_HEADERS + server->n_headers);
  const char **headers = sqlite3_malloc64(slots * sizeof(*headers));
  own[n++] = sqlite3_mprintf("Accept: application/json");
  if (server->api_key) own[n++] = sqlite3_mprintf("apikey: %s", server->api_key);
  /* A bare PostgREST, and Supabase, take a JWT as the bearer; an opaque key is none. */
  if (server->api_key && is_jwt(server->api_key)) {
    own[n++] = sqlite3_mprintf("Authorization: Bearer %s", server->api_key);
  }
  if (schema) {
    own[n++] = sqlite3_mprintf("%s-Profile: %s", is_read ? "Accept" : "Content", schema);
  }
  if (request->prefer) own[n++] = sqlite3_mprintf("Prefer: %s", request->prefer);
  if (request->body) own[n++] = sqlite3_mprintf("Content-Type: application/json");
  if (url == NULL || headers == NULL) goto done;
  for (int i = 0; i < n; i++) {
    if (own[i] == NULL) goto done;
    headers[i] = own[i];
  }
  for (int i = 0; i < server->n_headers; i++)
    headers[n + i] = server->headers[i];
  struct wow_http_request http = {
      .server = server->name,
      .what = request->what,
      .method = request->method,
      .url = url,
      .headers = headers,
      .n_headers = n + server->n_headers,
      .body = request->body,
      .body_bytes = request->body ? strlen(request->body) : 0,
      .repeatable = is_read,
      .options = request->options ? request->options : &server->http,
      .sink = sink,
  };
  rc = wow_http_open(conn->http, &http, out, err);
done:
  if (rc == SQLITE_NOMEM) wow_error_nomem(err);
  for (int i = 0; i < n; i++)
    sqlite3_free(own[i]);
  sqlite3_free(headers);
  sqlite3_free(url);
  return rc;
}

/* A count in a header; -1: there is none. At most WOW_MOST_ROWS, which no relation reaches. */
static sqlite3_int64 header_count(const char *text) {
  sqlite3_int64 n = 0;
  if (*text < '0' || *text > '9') return -1;
  for (; *text >= '0' && *text <= '9'; text++) {
    n = n * 10 + (*text - '0');
    if (n > WOW_MOST_ROWS) n = WOW_MOST_ROWS;
  }
  return n;
}

void wow_server_content_range(const char *header, sqlite3_int64 *rows, sqlite3_int64 *total) {
  *rows = -1;
  *total = -1;
  if (header == NULL) return;
  const char *slash = strchr(header, '/');
  const char *dash = strchr(header, '-');
  if (header[0] == '*') *rows = 0;
  if (dash && slash && dash < slash) {
    sqlite3_int64 first = header_count(header), last = header_count(dash + 1);
    if (first >= 0 && last >= first) *rows = last - first + 1;
  }
  if (slash) *total = header_count(slash + 1);
  if (*total >= WOW_MOST_ROWS) *total = -1;
}

static int collect(void *ctx, const char *data, size_t bytes) {
  sqlite3_str *body = ctx;
  if (bytes > WOW_DOCUMENT_BYTES || sqlite3_str_length(body) > WOW_DOCUMENT_BYTES - (int)bytes) {
    return SQLITE_TOOBIG;
  }
  sqlite3_str_append(body, data, (int)bytes);
  return sqlite3_str_errcode(body);
}

int wow_server_fetch(struct wow_connection *conn, struct wow_server *server,
                     const struct wow_server_request *request, struct wow_server_answer *out,
                     struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  struct wow_http_sink sink = {collect, str};
  struct wow_transfer *transfer = NULL;
  sqlite3_int64 rows = -1;
  memset(out, 0, sizeof(*out));
  out->total = -1;
  int rc = wow_server_open(conn, server, request, sink, &transfer, err);
  if (rc == SQLITE_OK) rc = wow_http_finish(transfer, err);
  if (rc == SQLITE_OK) {
    wow_server_content_range(wow_http_answer(transfer)->content_range, &rows, &out->total);
  }
  wow_http_close(transfer);
  out->body_bytes = (size_t)sqlite3_str_length(str);
  out->body = sqlite3_str_finish(str);
  if (rc == SQLITE_OK && out->body == NULL) out->body = sqlite3_mprintf("");
  if (rc == SQLITE_OK && out->body == NULL) rc = wow_error_nomem(err);
  /* A zero byte is no part of any JSON, and would end the text early. */
  if (rc == SQLITE_OK && strlen(out->body) != out->body_bytes) {
    rc = wow_error_set(err, SQLITE_ERROR, request->what, "the answer has a zero byte in it");
  }
  if (rc == SQLITE_OK) return SQLITE_OK;
  sqlite3_free(out->body);
  out->body = NULL;
  return rc;
}

static bool is_same_schema(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int wow_server_catalog(struct wow_connection *conn, struct wow_server *server, const char *schema,
                       const struct wow_catalog **out, struct wow_error *err) {
  struct wow_server_answer answer;
  struct wow_catalog *catalog = NULL;
  for (catalog = server->catalogs; catalog; catalog = catalog->next) {
    if (!is_same_schema(catalog->schema, schema)) continue;
    *out = catalog;
    return SQLITE_OK;
  }
  struct wow_server_request request = {.method = "GET", .path = "/", .schema = schema};
  int rc = wow_server_fetch(conn, server, &request, &answer, err);
  if (rc != SQLITE_OK && err->http_status == 404) {
    sqlite3_free(err->hint);
    err->hint = sqlite3_mprintf(
        "the server does not describe its tables (openapi-mode=disabled), or it is no PostgREST: "
        "check the project URL and the option rest_path, or give the columns yourself: "
        "CREATE VIRTUAL TABLE t USING wowsql(columns='id bigint primary key, name text')");
  }
  if (rc != SQLITE_OK) return rc;
  rc = wow_catalog_parse(answer.body, answer.body_bytes, &catalog, err);
  sqlite3_free(answer.body);
  if (rc != SQLITE_OK) return rc;
  if (schema) catalog->schema = sqlite3_mprintf("%s", schema);
  if (schema && catalog->schema == NULL) {
    wow_catalog_free(catalog);
    return wow_error_nomem(err);
  }
  catalog->next = server->catalogs;
  server->catalogs = catalog;
  *out = catalog;
  return SQLITE_OK;
}

void wow_server_refresh(struct wow_server *server) {
  while (server->catalogs) {
    struct wow_catalog *next = server->catalogs->next;
    wow_catalog_free(server->catalogs);
    server->catalogs = next;
  }
}
