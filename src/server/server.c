/*
** One server, see server.h. Owns its URL and its key.
*/
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/clock.h"
#include "http/header.h"
#include "http/url.h"
#include "server/connection.h"
#include "server/request.h"

struct wow_server *wow_server_new(void) {
  struct wow_server *server = sqlite3_malloc64(sizeof(*server));
  if (server == NULL) return NULL;
  memset(server, 0, sizeof(*server));
  server->references = 1;
  if (wow_options_init(&server->options) == SQLITE_OK) return server;
  wow_server_release(server);
  return NULL;
}

struct wow_server *wow_server_retain(struct wow_server *server) {
  server->references++;
  return server;
}

void wow_server_release(struct wow_server *server) {
  if (server == NULL || --server->references > 0) return;
  wow_options_reset(&server->options);
  wow_session_release(server->session);
  sqlite3_free(server->project_url);
  wow_secret_free(server->api_key);
  sqlite3_free(server);
}

int wow_server_url_bytes(const struct wow_server *server) {
  return server->learned.max_url_bytes ? server->learned.max_url_bytes : WOW_MAX_URL_BYTES;
}

/* ---------------------------------------------------------------- URL and key */

/* The bytes of "http://" or "https://", with which a URL begins; 0: it is not one. */
static size_t scheme_length(const char *text) {
  if (sqlite3_strnicmp(text, "http://", 7) == 0) return 7;
  return sqlite3_strnicmp(text, "https://", 8) == 0 ? 8 : 0;
}

/* A name without a dot and without a port is a project's slug, a label of a domain (RFC 1123),
** unless it is localhost. */
static bool is_slug(const char *text) {
  size_t bytes = strlen(text);
  for (const char *p = text; *p; p++) {
    bool word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
    if (!word && *p != '-') return false;
  }
  return bytes > 0 && bytes <= 63 && sqlite3_stricmp(text, "localhost") != 0;
}

/* Is it a domain or an address, with an optional port? A key in a wrong place is not: the
** well-known ones have an underscore but no dot, or they are JWTs. */
static bool is_domain(const char *text) {
  bool is_jwt = strncmp(text, "eyJ", 3) == 0 && strchr(text, '.');
  return wow_url_is_authority(text) && !is_jwt &&
         (strpbrk(text, ".:") || is_slug(text) || sqlite3_stricmp(text, "localhost") == 0);
}

/* Is it what follows "https://": a domain, perhaps with a path of the plainest characters? If there
** is no memory to tell, `err` says so. */
static bool is_url_rest(const char *text, struct wow_error *err) {
  const char *path = text + strcspn(text, "/");
  char *host = sqlite3_mprintf("%.*s", (int)(path - text), text);
  if (host == NULL) wow_error_nomem(err);
  bool is = host && wow_url_is_authority(host) && (*path == 0 || wow_url_is_path(path)) &&
            strpbrk(path, "!$&'()*+,;=?@") == NULL;
  sqlite3_free(host);
  return is;
}

/* Says what is wrong, and not what was given: it may be a key, or have one in it. */
static int fail_url(const char *project, struct wow_error *err) {
  if (strchr(project, '@')) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, "give the key as the second argument",
                          "a project URL must not contain a user or a password");
  }
  const char *mark = strstr(project, "://");
  bool is_short = mark && mark - project < 8;
  return wow_error_hint(err, SQLITE_ERROR, NULL,
                        "give a project's name (myproject), a domain, or an http(s) URL without "
                        "parameters first, and the key as the second argument",
                        "'%.*s...' is not a project URL", is_short ? (int)(mark + 3 - project) : 0,
                        project);
}

/* Makes server->project_url from a slug, a domain or a URL. */
static int resolve_url(struct wow_server *server, const char *project, struct wow_error *err) {
  const char *scheme = server->options.secure ? "https" : "http";
  size_t scheme_bytes = scheme_length(project);
  const char *rest = project + scheme_bytes;
  char *url = NULL;
  if (scheme_bytes ? !is_url_rest(rest, err) : !is_domain(rest)) return fail_url(project, err);
  if (scheme_bytes)
    url = sqlite3_mprintf("%s", project);
  else if (is_slug(rest))
    url = sqlite3_mprintf("%s://%s.%s", scheme, rest, server->options.base_domain);
  else
    url = sqlite3_mprintf("%s://%s", scheme, rest);
  if (url == NULL) return wow_error_nomem(err);
  size_t n = strlen(url);
  while (n > 0 && url[n - 1] == '/')
    url[--n] = 0;
  /* People also paste the URL of the REST service itself. */
  const char *rest_path = server->options.paths[WOW_REST];
  size_t path = strlen(rest_path);
  if (path > 1 && n > path && strcmp(url + n - path, rest_path) == 0) url[n - path] = 0;
  server->project_url = url;
  return SQLITE_OK;
}

int wow_server_resolve(struct wow_server *server, const char *project_url, const char *api_key,
                       struct wow_error *err) {
  const struct wow_options *options = &server->options;
  if (project_url == NULL) project_url = getenv("WOWSQL_PROJECT_URL");
  if (project_url == NULL || *project_url == 0) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, WOW_CONNECT_HINT, "no project URL is given");
  }
  if (api_key == NULL) api_key = getenv("WOWSQL_API_KEY");
  if (api_key && scheme_length(api_key)) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, "wowsql_connect(project_url, api_key)",
                          "the API key is a URL: are they in the wrong order?");
  }
  if (api_key && !wow_header_is_value(api_key)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "the API key contains a line break or another control character");
  }
  int rc = wow_options_finish(&server->options, err);
  if (rc == SQLITE_OK) rc = resolve_url(server, project_url, err);
  if (rc != SQLITE_OK) return rc;
  if (api_key && *api_key) {
    server->api_key = sqlite3_mprintf("%s", api_key);
    if (server->api_key == NULL) return wow_error_nomem(err);
  }
  server->learned.max_rows = options->max_rows;
  server->http = (struct wow_http_options){
      .connect_timeout_ms = options->connect_timeout_s * 1000L,
      .silence_timeout_ms = options->timeout_s * 1000L,
      .retries = options->retries,
      .verify_ssl = options->verify_ssl,
      .ca_file = options->ca_file,
  };
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- catalogs */

static bool is_same_schema(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What to do where the server does not describe its tables to this key, or to anybody. The answer's
** own hint is not kept, since it does not know of these ways. SQLITE_OK or SQLITE_NOMEM. */
static int hint_at_columns(const struct wow_server *server, struct wow_error *err) {
  const char *hint = NULL;
  if (err->hint && strcmp(err->hint, WOW_SIGN_IN_HINT) == 0) return SQLITE_OK;
  if (server->api_key == NULL && err->http_status == 401) return SQLITE_OK;
  if (err->http_status == 404 && *server->options.paths[WOW_REST]) {
    hint =
        "a PostgREST of your own has its tables at the root: wowsql_connect(url, key, "
        "'{\"rest_path\":\"/\"}'); if it does not describe them (openapi-mode=disabled), give the "
        "columns yourself: CREATE VIRTUAL TABLE t USING wowsql(columns='id bigint primary key, "
        "name text')";
  } else if (err->http_status == 404) {
    hint = "the server does not describe its tables (openapi-mode=disabled), or it is not a "
           "PostgREST: check the project URL and the option rest_path, or give the columns "
           "yourself: CREATE VIRTUAL TABLE t USING wowsql(columns='id bigint primary key, name "
           "text')";
  } else if (err->http_status == 401 || err->http_status == 403) {
    hint = server->options.catalog_key
               ? "check the option catalog_key: a secret key, if the server describes its tables "
                 "to nobody else"
               : "check the API key; a server that describes its tables to secret keys only takes "
                 "one in the option catalog_key, which is used for nothing else; or give the "
                 "columns yourself, columns='id bigint primary key, name text'; or connect with "
                 "the secret key once and SELECT wowsql_import(NULL, '{\"into\":\"main\"}'): that "
                 "file opens with any key";
  }
  if (hint == NULL) return SQLITE_OK;
  sqlite3_free(err->hint);
  err->hint = sqlite3_mprintf("%s", hint);
  return err->hint ? SQLITE_OK : SQLITE_NOMEM;
}

int wow_server_catalog(struct wow_connection *conn, struct wow_server *server, const char *schema,
                       const struct wow_catalog **out, struct wow_error *err) {
  struct wow_response response;
  struct wow_catalog *catalog = NULL;
  for (catalog = server->session->catalogs; catalog; catalog = catalog->next) {
    if (!is_same_schema(catalog->schema, schema)) continue;
    *out = catalog;
    return SQLITE_OK;
  }
  struct wow_request request = {
      .method = "GET", .path = "/", .schema = schema, .key = server->options.catalog_key};
  int rc = wow_request_fetch(conn, server, &request, &response, err);
  if (rc != SQLITE_OK && hint_at_columns(server, err) != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc != SQLITE_OK) return rc;
  rc = wow_openapi_parse(response.body, response.body_bytes, &catalog, err);
  sqlite3_free(response.body);
  if (rc != SQLITE_OK) return rc;
  if (schema) catalog->schema = sqlite3_mprintf("%s", schema);
  if (schema && catalog->schema == NULL) {
    wow_openapi_free(catalog);
    return wow_error_nomem(err);
  }
  catalog->next = server->session->catalogs;
  server->session->catalogs = catalog;
  *out = catalog;
  return SQLITE_OK;
}

void wow_server_refresh(struct wow_server *server) {
  wow_session_forget_catalogs(server->session);
}

/* ---------------------------------------------------------------- changes */

void wow_server_schema_changed(struct wow_server *server) {
  wow_server_refresh(server);
  server->learned.schema_changed_ms = wow_clock_ms();
}

double wow_server_lags_until_ms(const struct wow_server *server) {
  double changed = server->learned.schema_changed_ms;
  return changed > 0 ? changed + WOW_SCHEMA_LAG_MS : 0;
}

int wow_server_relation(struct wow_server *server, const char *schema, const char *name,
                        const struct wow_relation **out, struct wow_error *err) {
  struct wow_connection *conn = server->session->conn;
  const struct wow_catalog *catalog = NULL;
  for (;;) {
    int rc = wow_server_catalog(conn, server, schema, &catalog, err);
    *out = rc == SQLITE_OK ? wow_openapi_find(catalog, name) : NULL;
    if (rc != SQLITE_OK || *out || wow_clock_ms() > wow_server_lags_until_ms(server)) return rc;
    sqlite3_sleep(WOW_SCHEMA_PAUSE_MS);
    wow_server_refresh(server);
  }
}

int wow_server_no_table(struct wow_server *server, const char *schema, const char *name,
                        struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  const char *nearest = NULL;
  struct wow_error ignored = {0};
  if (name &&
      wow_server_catalog(server->session->conn, server, schema, &catalog, &ignored) == SQLITE_OK)
    nearest = wow_openapi_nearest(catalog, name);
  wow_error_reset(&ignored);
  char *hint =
      sqlite3_mprintf("%s%s%sSELECT name FROM wowsql_tables lists what the key may see; "
                      "after a change on the server, SELECT wowsql_refresh()",
                      nearest ? "is it " : "", nearest ? nearest : "", nearest ? "? " : "");
  if (hint == NULL) return wow_error_nomem(err);
  int rc = wow_error_hint(err, SQLITE_ERROR, name, hint, "the server '%s' has no such table",
                          server->options.name);
  sqlite3_free(hint);
  return rc;
}

/* ---------------------------------------------------------------- the version */

/* The digits and dots that `text` begins with; more may follow in parentheses. NULL: none. */
static char *version_in(const char *text) {
  if (text == NULL || *text < '0' || *text > '9') return NULL;
  return sqlite3_mprintf("%.*s", (int)strspn(text, "0123456789."), text);
}

char *wow_server_version(const struct wow_server *server) {
  static const char name[] = "postgrest/";
  const char *software = server->learned.software;
  char *version = NULL;
  if (software && sqlite3_strnicmp(software, name, (int)strlen(name)) == 0)
    version = version_in(software + strlen(name));
  for (const struct wow_catalog *c = server->session->catalogs; c && version == NULL; c = c->next)
    version = version_in(c->version);
  return version;
}
