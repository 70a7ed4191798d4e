/*
** One server, see server.h.
*/
#include "server/server.h"

#include <string.h>

#include "base/limits.h"
#include "server/connection.h"
#include "server/request.h"

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
int resolve_url(struct wow_server *server, const char *project, struct wow_error *err) {
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
int normalise_path(char **path) {
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
