/*
** Checks of select=, see select_check.h.
*/
#include "scan/select_check.h"

#include <string.h>

#include "base/text.h"
#include "scan/page_request.h"
#include "server/request.h"
#include "wire/deparse.h"

/* Sends a request; takes `path` (NULL: no memory). *body: what came, sqlite3_free it; NULL: not
** wanted. */
static int fetch(const struct wow_target *target, char *path, char **body, struct wow_error *err) {
  struct wow_response response = {0};
  if (path == NULL) return wow_error_nomem(err);
  struct wow_request get = {.method = "GET",
                            .path = path,
                            .session = target->session,
                            .schema = target->schema,
                            .what = target->relation->name};
  int rc = wow_request_fetch(target->conn, target->server, &get, &response, err);
  sqlite3_free(path);
  if (body)
    *body = response.body;
  else
    sqlite3_free(response.body);
  return rc;
}

int wow_select_check_way(const struct wow_target *target, const char *relation, const char *way,
                         bool *is_known, struct wow_error *err) {
  struct wow_error refused = {0};
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, relation);
  sqlite3_str_appendall(str, "?select=");
  wow_deparse_user_text(str, way, (int)strlen(way));
  sqlite3_str_appendall(str, "()&limit=0");
  int rc = fetch(target, sqlite3_str_finish(str), NULL, &refused);
  *is_known = rc == SQLITE_OK;
  /* A way that the server does not know (300, 400) is an answer. */
  if (refused.http_status >= 300 && refused.http_status <= 400) rc = SQLITE_OK;
  if (rc != SQLITE_OK) wow_error_copy(err, &refused);
  wow_error_reset(&refused);
  return rc;
}

/* ---------------------------------------------------------------- one row each */

/* Is the column's `n`-th step a new one, not that of an earlier column? */
static bool is_first(const struct wow_relation *relation, int column, int n) {
  for (int i = 0; i < column; i++) {
    if (wow_relation_is_same_embed(&relation->columns[i], &relation->columns[column], n + 1))
      return false;
  }
  return true;
}

/* "customers!customer_id(wowsql_column:name::text,country(...))" for the steps that the first `n`
** steps of the column `at` lead to. Values are cast, so that no list is among them. */
static void append_steps(sqlite3_str *str, const struct wow_relation *relation, int at, int n) {
  bool has_value = n == 0;
  int count = 0;
  for (int i = at; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    if (n > 0 && !wow_relation_is_same_embed(column, &relation->columns[at], n)) continue;
    if (column->n_embed == n) {
      if (has_value) continue;
      has_value = true;
      sqlite3_str_appendall(str, count++ ? ",wowsql_column:" : "wowsql_column:");
      wow_deparse_name(str, wow_relation_remote_name(column));
      sqlite3_str_appendall(str, "::text");
      continue;
    }
    if (!is_first(relation, i, n)) continue;
    if (count++) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_name(str, column->embed[n].target);
    if (column->embed[n].hint) {
      sqlite3_str_appendchar(str, 1, '!');
      wow_deparse_name(str, column->embed[n].hint);
    }
    sqlite3_str_appendchar(str, 1, '(');
    append_steps(str, relation, i, n + 1);
    sqlite3_str_appendchar(str, 1, ')');
  }
}

/* Has the response a list as this member? */
static int has_list(const char *json, const char *name, bool *has) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_text_append_json(str, name, strlen(name));
  sqlite3_str_appendall(str, ":[");
  char *member = sqlite3_str_finish(str);
  *has = member && strstr(json, member);
  sqlite3_free(member);
  return member ? SQLITE_OK : SQLITE_NOMEM;
}

static int check_lists(const struct wow_relation *relation, const char *json,
                       struct wow_error *err) {
  for (int i = 0; i < relation->n_columns; i++) {
    for (int n = 0; n < relation->columns[i].n_embed; n++) {
      const char *name = relation->columns[i].embed[n].target;
      bool has = false;
      if (has_list(json, name, &has) != SQLITE_OK) return wow_error_nomem(err);
      if (!has) continue;
      return wow_error_hint(err, SQLITE_ERROR, relation->name,
                            "make a virtual table of it, and join the two",
                            "'%s' has a list of rows for each row, which is not a column", name);
    }
  }
  return SQLITE_OK;
}

static int check_one_row(const struct wow_target *target, struct wow_error *err) {
  const struct wow_relation *relation = target->relation;
  char *body = NULL;
  int n = 0;
  for (int i = 0; i < relation->n_columns; i++)
    n += relation->columns[i].n_embed;
  if (n == 0) return SQLITE_OK;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, relation->name);
  sqlite3_str_appendall(str, "?select=");
  append_steps(str, relation, 0, 0);
  sqlite3_str_appendall(str, "&limit=1");
  int rc = fetch(target, sqlite3_str_finish(str), &body, err);
  if (rc == SQLITE_OK && body) rc = check_lists(relation, body, err);
  sqlite3_free(body);
  return rc;
}

int wow_select_check(const struct wow_target *target, struct wow_error *err) {
  static const struct wow_where everything = {0};
  const struct wow_relation *relation = target->relation;
  bool is_plain = true;
  int *select = sqlite3_malloc64(sizeof(*select) * ((sqlite3_uint64)relation->n_columns + 1));
  if (select == NULL) return wow_error_nomem(err);
  for (int i = 0; i < relation->n_columns; i++) {
    select[i] = i;
    is_plain = is_plain && wow_relation_is_plain(&relation->columns[i]);
  }
  struct wow_shape shape = {
      .target = target, .select = select, .n_select = relation->n_columns, .counting = -1};
  struct wow_page_request request = {.shape = &shape, .where = &everything};
  int rc = SQLITE_OK;
  if (!is_plain) rc = fetch(target, wow_page_request_path(&request), NULL, err);
  if (rc == SQLITE_OK) rc = check_one_row(target, err);
  sqlite3_free(select);
  return rc;
}
