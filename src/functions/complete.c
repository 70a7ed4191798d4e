/*
** Complete or an error, see complete.h.
**
** Assumes of the server (PostgREST): it cuts responses at db-max-rows without a sign, embedded
** arrays and groups, too; Content-Range has the count that was asked for, if no proxy strips it.
*/
#include "functions/complete.h"

#include <stdlib.h>
#include <string.h>

#include "server/connection.h"
#include "types/shippable.h"
#include "wire/deparse.h"

/* A parameter of the query string: its value's length in *bytes; NULL: it is not there. */
static const char *parameter(const char *path, const char *name, int *bytes) {
  size_t n = strlen(name);
  const char *p = strchr(path, '?');
  for (; p; p = strchr(p + 1, '&')) {
    if (strncmp(p + 1, name, n) != 0 || p[n + 1] != '=') continue;
    *bytes = (int)strcspn(p + n + 2, "&");
    return p + n + 2;
  }
  return NULL;
}

static sqlite3_int64 number_of(const char *path, const char *name, sqlite3_int64 otherwise) {
  int bytes = 0;
  const char *text = parameter(path, name, &bytes);
  return text && *text >= '0' && *text <= '9' ? strtoll(text, NULL, 10) : otherwise;
}

/* The length of an element of a list in a URL, which may have parentheses. */
static int element_bytes(const char *text, int bytes) {
  int depth = 0, i = 0;
  for (; i < bytes && (text[i] != ',' || depth > 0); i++)
    depth += (text[i] == '(') - (text[i] == ')');
  return i;
}

/* Groups are in a total order by their columns. False: one of them has no plain name. */
static bool append_group_order(sqlite3_str *str, const char *path, int n) {
  int bytes = 0, length = 0;
  const char *select = parameter(path, "select", &bytes);
  for (int i = 0; select && i < bytes; i += length + 1) {
    length = element_bytes(select + i, bytes - i);
    if (length >= 2 && memcmp(select + i + length - 2, "()", 2) == 0) continue;
    if (memchr(select + i, '(', (size_t)length) || memchr(select + i, ':', (size_t)length) ||
        memchr(select + i, '>', (size_t)length)) {
      return false;
    }
    sqlite3_str_appendf(str, "%s%.*s", n++ ? "," : "", length, select + i);
  }
  return n > 0;
}

/* Appends what makes the order total: the key, or all columns. False: it cannot be told. */
static bool append_total_order(sqlite3_str *str, const struct wow_relation *relation, int n) {
  if (relation == NULL) return false;
  for (int i = 0; i < relation->n_key; i++, n++) {
    sqlite3_str_appendall(str, n ? "," : "");
    wow_deparse_name(str, relation->columns[relation->key[i]].name);
  }
  for (int i = 0; relation->n_key == 0 && i < relation->n_columns; i++) {
    if (!wow_shippable_has_order(&relation->columns[i].type)) return false;
    sqlite3_str_appendall(str, n++ ? "," : "");
    wow_deparse_name(str, relation->columns[i].name);
  }
  return n > 0;
}

/* The path for the rows from an offset on, in a total order. NULL: there is none. */
static char *path_from(const struct wow_parts *parts, sqlite3_int64 offset, sqlite3_int64 limit) {
  static const char *const own[] = {"limit=", "offset=", "order="};
  const char *path = parts->request->path;
  int bytes = 0, head = (int)strcspn(path, "?");
  const char *order = parameter(path, "order", &bytes);
  bool has_order = order && bytes > 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendf(str, "%.*s?order=%s", head, path, parts->order ? parts->order : "");
  if (order) sqlite3_str_append(str, order, bytes);
  bool is_total = parts->order        ? true
                  : parts->is_grouped ? append_group_order(str, path, has_order)
                                      : append_total_order(str, parts->relation, has_order);
  for (const char *p = path + head; *p;) {
    int length = (int)strcspn(p + 1, "&");
    bool is_own = false;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
      is_own = is_own || strncmp(p + 1, own[i], strlen(own[i])) == 0;
    if (!is_own && length > 0) sqlite3_str_appendf(str, "&%.*s", length, p + 1);
    p += length + 1;
  }
  sqlite3_str_appendf(str, "&offset=%lld", offset);
  if (limit >= 0) sqlite3_str_appendf(str, "&limit=%lld", limit);
  char *text = sqlite3_str_finish(str);
  if (is_total) return text;
  sqlite3_free(text);
  return NULL;
}

int wow_complete_fail(struct wow_error *err, const char *what,
                      const struct wow_response *response) {
  if (response->total < 0) {
    return wow_error_hint(
        err, SQLITE_ERROR, what,
        "if the server has no db-max-rows, say so with the option max_rows: 0; or "
        "ask for the rows of a table",
        "something on the way keeps the server's count of rows to itself, so "
        "that a response of %lld rows may be cut",
        response->rows);
  }
  return wow_error_hint(err, SQLITE_ERROR, what,
                        "ask for parts, with limit and offset and an order; or have db-max-rows of "
                        "the server raised",
                        "the server cut its response: it sent %lld of %lld rows", response->rows,
                        response->total);
}

/* The relation that a path is about, by the server's description; NULL: it is not in it. */
static const struct wow_relation *relation_of(struct wow_connection *conn,
                                              struct wow_server *server, const char *name) {
  struct wow_error ignored = {0};
  const struct wow_catalog *catalog = NULL;
  const struct wow_relation *relation = NULL;
  if (wow_server_catalog(conn, server, NULL, &catalog, &ignored) == SQLITE_OK)
    relation = wow_openapi_find(catalog, name + (*name == '/'));
  wow_error_reset(&ignored);
  return relation;
}

/* Adds the elements of one array to those of another. */
static void join_arrays(sqlite3_str *all, const char *body) {
  const char *from = strchr(body, '['), *end = strrchr(body, ']');
  if (from == NULL || end == NULL) return;
  from++;
  if (sqlite3_str_length(all) > 1) sqlite3_str_appendchar(all, 1, ',');
  sqlite3_str_append(all, from, (int)(end - from));
}

/* Finalizes a statement (NULL: there was no memory for it). SQLITE_OK, or SQLITE_NOMEM if it ended
** for lack of memory: what it did not find may be there. */
static int end_statement(sqlite3_stmt *stmt, struct wow_error *err) {
  bool is_short = stmt == NULL || sqlite3_finalize(stmt) == SQLITE_NOMEM;
  return is_short ? wow_error_nomem(err) : SQLITE_OK;
}

/* How many rows a response has, where that is not said: as many as its array has elements. -1: it
** is not an array. */
static sqlite3_int64 count_elements(sqlite3 *db, const char *body) {
  static const char sql[] = "SELECT CASE json_valid(?1) WHEN 1 THEN json_array_length(?1) END";
  sqlite3_stmt *stmt = NULL;
  sqlite3_int64 n = -1;
  if (body[strspn(body, " \n\r\t")] != '[') return n;
  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK)
    sqlite3_bind_text(stmt, 1, body, -1, SQLITE_STATIC);
  bool has = stmt && sqlite3_step(stmt) == SQLITE_ROW;
  if (has && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER) n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

/* Fetches the rows from an offset on into part->body. */
static int get_part(const struct wow_parts *parts, sqlite3_int64 offset, sqlite3_int64 limit,
                    struct wow_response *part, struct wow_error *err) {
  struct wow_request get = *parts->request;
  char *path = path_from(parts, offset, limit);
  if (path == NULL) return wow_complete_fail(err, get.what, parts->first);
  get.path = path;
  get.prefer = NULL;
  int rc = wow_request_fetch(parts->conn, parts->server, &get, part, err);
  sqlite3_free(path);
  if (rc == SQLITE_OK && part->rows < 0) part->rows = count_elements(parts->conn->db, part->body);
  if (rc != SQLITE_OK || part->rows >= 0) return rc;
  sqlite3_free(part->body);
  part->body = NULL;
  return wow_complete_fail(err, get.what, parts->first);
}

/* Without a count, parts end with an empty one; a server that does not look at what it is asked
** would never send that. */
static int check_heeded(const struct wow_parts *parts, struct wow_error *err) {
  struct wow_response none = {0};
  if (parts->first->total >= 0) return SQLITE_OK;
  int rc = get_part(parts, 0, 0, &none, err);
  sqlite3_free(none.body);
  return rc == SQLITE_OK && none.rows > 0
             ? wow_complete_fail(err, parts->request->what, parts->first)
             : rc;
}

/* How many rows a response to this path should have, by the server's count or at most. */
static sqlite3_int64 rows_wanted(const char *path, const struct wow_response *response) {
  sqlite3_int64 limit = number_of(path, "limit", -1);
  sqlite3_int64 wanted = response->total - number_of(path, "offset", 0);
  if (response->total < 0) wanted = WOW_MAX_CLAIMED_ROWS;
  return limit >= 0 && limit < wanted ? limit : wanted;
}

int wow_complete_parts(const struct wow_parts *parts, struct wow_response *response,
                       struct wow_error *err) {
  sqlite3_int64 first = number_of(parts->request->path, "offset", 0), n = 0;
  sqlite3_int64 wanted = rows_wanted(parts->request->path, parts->first);
  bool is_limited = number_of(parts->request->path, "limit", -1) >= 0;
  sqlite3_str *all = sqlite3_str_new(NULL);
  int rc = check_heeded(parts, err);
  sqlite3_str_appendchar(all, 1, '[');
  while (rc == SQLITE_OK && n < wanted) {
    struct wow_response part = {0};
    rc = get_part(parts, first + n, is_limited ? wanted - n : -1, &part, err);
    if (rc != SQLITE_OK || part.rows == 0) {
      sqlite3_free(part.body);
      break;
    }
    join_arrays(all, part.body);
    sqlite3_free(part.body);
    n += part.rows;
  }
  sqlite3_str_appendchar(all, 1, ']');
  sqlite3_free(response->body);
  response->body_bytes = (size_t)sqlite3_str_length(all);
  response->body = sqlite3_str_finish(all);
  if (rc == SQLITE_OK && response->body == NULL) return wow_error_nomem(err);
  if (rc == SQLITE_OK) return rc;
  sqlite3_free(response->body);
  response->body = NULL;
  return rc;
}

/* Are there more groups than those of the first response? Of groups the server counts the rows. */
static int has_more_groups(const struct wow_parts *parts, struct wow_response *response, bool *more,
                           struct wow_error *err) {
  struct wow_response part = {0};
  sqlite3_int64 offset = number_of(parts->request->path, "offset", 0) + response->rows;
  int rc = get_part(parts, offset, 1, &part, err);
  *more = part.rows > 0;
  sqlite3_free(part.body);
  return rc;
}

bool wow_complete_is_doubtful(sqlite3 *db, const struct wow_request *request,
                              struct wow_response *response) {
  if (request->prefer == NULL) return false;
  if (response->total < 0) response->rows = count_elements(db, response->body);
  bool has_some = response->total >= 0 ? response->rows >= 0 : response->rows > 0;
  return has_some && response->rows < rows_wanted(request->path, response);
}

int wow_complete_check(sqlite3 *db, const struct wow_request *request,
                       struct wow_response *response, struct wow_error *err) {
  bool is_cut = wow_complete_is_doubtful(db, request, response);
  return is_cut ? wow_complete_fail(err, request->what, response) : SQLITE_OK;
}

/* Reads again what the server has cut. On failure there is no response any more. */
static int read_again(struct wow_connection *conn, struct wow_server *server,
                      const struct wow_request *request, struct wow_response *response,
                      struct wow_error *err) {
  struct wow_parts parts = {.conn = conn,
                            .server = server,
                            .request = request,
                            .first = response,
                            .is_grouped = strstr(request->path, "()") != NULL};
  bool more = true;
  int rc = SQLITE_OK;
  if (parts.is_grouped)
    rc = has_more_groups(&parts, response, &more, err);
  else
    parts.relation = relation_of(conn, server, request->what);
  if (rc == SQLITE_OK && !more) return rc;
  if (rc == SQLITE_OK) return wow_complete_parts(&parts, response, err);
  sqlite3_free(response->body);
  response->body = NULL;
  return rc;
}

static const char *text_of(sqlite3_stmt *stmt, int i) {
  const char *text = (const char *)sqlite3_column_text(stmt, i);
  return text ? text : "";
}

/* Has a further request, for what comes after the longest array of this name, any? */
static int has_longer_array(const struct wow_parts *parts, const char *offset, bool *has,
                            struct wow_error *err) {
  static const char sql[] = "SELECT 1 FROM json_each(?1) r, json_each(r.value) e "
                            "WHERE e.key = ?2 AND json_array_length(e.value) > 0";
  struct wow_request probe = *parts->request;
  struct wow_response response = {0};
  sqlite3_stmt *stmt = NULL;
  int name = (int)strcspn(offset, ".");
  probe.path = sqlite3_mprintf("%s&%s&%.*s.limit=1", parts->request->path, offset, name, offset);
  probe.prefer = NULL;
  if (probe.path == NULL) return wow_error_nomem(err);
  int rc = wow_request_fetch(parts->conn, parts->server, &probe, &response, err);
  sqlite3_free((char *)probe.path);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_prepare_v2(parts->conn->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
    sqlite3_bind_text(stmt, 1, response.body, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, offset, name, SQLITE_STATIC);
    *has = sqlite3_step(stmt) == SQLITE_ROW;
  }
  rc = end_statement(stmt, err);
  sqlite3_free(response.body);
  return rc;
}

/* The server cuts embedded arrays, too, and does not count them: is any of them longer than it is
** here? */
static int check_embedded(struct wow_connection *conn, struct wow_server *server,
                          const struct wow_request *request, const struct wow_response *response,
                          struct wow_error *err) {
  static const char sql[] = "SELECT e.key, max(json_array_length(e.value)) "
                            "FROM json_each(?1) r, json_each(r.value) e WHERE e.type = 'array' "
                            "AND json_type(e.value, '$[0]') = 'object' GROUP BY e.key";
  struct wow_parts parts = {.conn = conn, .server = server, .request = request};
  sqlite3_stmt *stmt = NULL;
  const char *bracket = strchr(request->path, '(');
  int rc = SQLITE_OK;
  if (bracket == NULL || bracket[1] == ')' || *response->body != '[') return SQLITE_OK;
  if (sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL) == SQLITE_OK)
    sqlite3_bind_text(stmt, 1, response->body, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK && stmt && sqlite3_step(stmt) == SQLITE_ROW) {
    bool has = false;
    sqlite3_str *offset = sqlite3_str_new(NULL);
    wow_deparse_bytes(offset, text_of(stmt, 0), sqlite3_column_bytes(stmt, 0));
    sqlite3_str_appendf(offset, ".offset=%lld", sqlite3_column_int64(stmt, 1));
    char *text = sqlite3_str_finish(offset);
    bool is_own = text == NULL || strstr(request->path, ".limit=") != NULL;
    if (!is_own) rc = has_longer_array(&parts, text, &has, err);
    sqlite3_free(text);
    if (rc != SQLITE_OK || !has) continue;
    rc = wow_error_hint(err, SQLITE_ERROR, request->what,
                        "ask for the embedded rows themselves, or for parts of them with limit and "
                        "offset",
                        "the server cut '%s' at %lld rows", text_of(stmt, 0),
                        sqlite3_column_int64(stmt, 1));
  }
  int ended = end_statement(stmt, err);
  return rc == SQLITE_OK ? ended : rc;
}

int wow_complete_rows(struct wow_connection *conn, struct wow_server *server,
                      const struct wow_request *request, struct wow_response *response,
                      struct wow_error *err) {
  int rc = SQLITE_OK;
  if (wow_complete_is_doubtful(conn->db, request, response))
    rc = read_again(conn, server, request, response, err);
  if (rc != SQLITE_OK || request->prefer == NULL) return rc;
  rc = check_embedded(conn, server, request, response, err);
  if (rc != SQLITE_OK) sqlite3_free(response->body);
  if (rc != SQLITE_OK) response->body = NULL;
  return rc;
}
