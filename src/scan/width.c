/*
** Widths of integer columns, see width.h. Assumes that a constant is read before any row is, so
** that a request for no rows (limit=0) is refused, too; and that nothing else in such a request can
** be out of range, since no row is computed.
*/
#include "scan/width.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "scan/page_request.h"
#include "server/request.h"

bool wow_width_is_refusal(const struct wow_error *err) {
  return err->http_status == 400 && err->code && strcmp(err->code, "22003") == 0;
}

static bool may_be_narrower(const struct wow_column *column) {
  return column->type.family == WOW_INT && column->type.int_bits > 16 && !column->is_width_known;
}

/* Is the list's element outside of smallint? Elements are integers in decimal. */
static bool is_large(const struct wow_list *list, int i) {
  int bytes = 0;
  const char *text = wow_condition_list_text(list, i, &bytes);
  char *copy = sqlite3_mprintf("%.*s", bytes, text);
  sqlite3_int64 value = copy ? strtoll(copy, NULL, 10) : 0;
  sqlite3_free(copy);
  return value < SHRT_MIN || value > SHRT_MAX;
}

bool wow_width_is_at_stake(const struct wow_binding *binding) {
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    const struct wow_list *list = &bound->list;
    if (bound->kind != WOW_BOUND_LIST) continue;
    if (!may_be_narrower(&binding->relation->columns[bound->term->column])) continue;
    for (int j = list->window_to; j < list->n; j++) {
      if (is_large(list, j)) return true;
    }
  }
  return false;
}

/* Does the server refuse to compare the column with this constant? */
static bool is_refused(const struct wow_target *target, int column, const char *constant) {
  struct wow_error err = {0};
  struct wow_response response = {0};
  struct wow_condition condition = {.kind = WOW_CONDITION_TERM,
                                    .column = &target->relation->columns[column],
                                    .op = WOW_EQ,
                                    .text = constant,
                                    .bytes = (int)strlen(constant)};
  struct wow_where where = {.list = &condition, .n = 1};
  struct wow_shape shape = {.target = target, .select = &column, .n_select = 1, .counting = -1};
  struct wow_page_request request = {.shape = &shape, .where = &where};
  char *path = wow_page_request_path(&request);
  if (path == NULL) return false;
  struct wow_request get = {.method = "GET",
                            .path = path,
                            .session = target->session,
                            .schema = target->schema,
                            .what = target->relation->name};
  int rc = wow_request_fetch(target->conn, target->server, &get, &response, &err);
  bool refused = rc != SQLITE_OK && wow_width_is_refusal(&err);
  if (rc == SQLITE_OK) target->relation->columns[column].is_width_known = true;
  sqlite3_free(response.body);
  sqlite3_free(path);
  wow_error_reset(&err);
  return refused;
}

bool wow_width_learn(const struct wow_target *target, const struct wow_plan *plan) {
  bool is_narrower = false;
  for (int i = 0; i < plan->n_terms; i++) {
    int index = plan->terms[i].column;
    struct wow_column *column = &target->relation->columns[index];
    if (!may_be_narrower(column)) continue;
    /* The first integers that smallint and integer do not have. */
    if (column->type.int_bits > 32 && is_refused(target, index, "2147483648")) {
      column->type.int_bits = 32;
      column->is_width_known = false;
      is_narrower = true;
    }
    if (column->type.int_bits <= 32 && is_refused(target, index, "32768")) {
      column->type.int_bits = 16;
      is_narrower = true;
    }
  }
  return is_narrower;
}
