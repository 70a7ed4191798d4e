/*
** Missing rights, see rights.h.
*/
#include "scan/rights.h"

#include <string.h>

#include "server/request.h"
#include "wire/deparse.h"

/* Select lists of about so many columns may have been asked for as `*`, see page_request.c. */
#define MIN_WIDE_COLUMNS 20

static bool is_missing_right(const struct wow_error *err) {
  return err->code && strcmp(err->code, "42501") == 0;
}

static bool is_same_schema(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct wow_restricted **find(const struct wow_target *target) {
  struct wow_restricted **link = &target->session->restricted;
  for (; *link; link = &(*link)->next) {
    if (strcmp((*link)->relation->name, target->planned->name) == 0 &&
        (*link)->relation->n_columns == target->planned->n_columns &&
        is_same_schema((*link)->schema, target->schema)) {
      break;
    }
  }
  return link;
}

/* May the role read this column? */
static bool can_read(const struct wow_target *target, int column) {
  struct wow_error ignored = {0};
  struct wow_response response = {0};
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, target->planned->name);
  sqlite3_str_appendall(str, "?select=");
  wow_deparse_name(str, target->planned->columns[column].name);
  sqlite3_str_appendall(str, "&limit=0");
  char *path = sqlite3_str_finish(str);
  struct wow_request get = {.method = "GET",
                            .path = path,
                            .session = target->session,
                            .schema = target->schema,
                            .what = target->planned->name};
  bool can = path && wow_request_fetch(target->conn, target->server, &get, &response, &ignored) ==
                         SQLITE_OK;
  if (can) sqlite3_free(response.body);
  sqlite3_free(path);
  wow_error_reset(&ignored);
  return can;
}

/* A column by which rows can be counted, though nothing of them is read; 0 if there is none. */
static int readable_column(const struct wow_target *target, struct wow_restricted *restricted) {
  const struct wow_relation *relation = target->planned;
  int n = relation->n_columns < WOW_MAX_RIGHT_PROBES ? relation->n_columns : WOW_MAX_RIGHT_PROBES;
  for (int i = 0; restricted->readable < 0 && i < n; i++) {
    bool is_plain = relation->columns[i].key_position == 0 || relation->n_key > 1;
    if (is_plain && relation->columns[i].embed == NULL && can_read(target, i))
      restricted->readable = i;
  }
  return restricted->readable >= 0 ? restricted->readable : 0;
}

int wow_rights_adopt(struct wow_target *target, struct wow_plan *plan) {
  struct wow_restricted *restricted = *find(target);
  bool uses_any = false;
  if (restricted == NULL) return SQLITE_OK;
  for (int i = 0; i < target->planned->n_columns; i++) {
    bool is_used =
        wow_plan_uses(plan, target->planned, i) || (plan->has_brackets && plan->columns[i]);
    uses_any = uses_any || is_used;
    plan->columns[i] = is_used;
  }
  if (!uses_any && !plan->has_brackets) plan->columns[readable_column(target, restricted)] = true;
  target->relation = restricted->relation;
  return SQLITE_OK;
}

/* Keeps a copy of the relation without its key. */
static bool add_restricted(const struct wow_target *target) {
  struct wow_restricted *restricted = sqlite3_malloc64(sizeof(*restricted));
  if (restricted == NULL) return false;
  memset(restricted, 0, sizeof(*restricted));
  restricted->readable = -1;
  restricted->relation = wow_relation_copy(target->planned);
  restricted->schema = target->schema ? sqlite3_mprintf("%s", target->schema) : NULL;
  if (restricted->relation == NULL || (target->schema && restricted->schema == NULL)) {
    wow_relation_free(restricted->relation);
    sqlite3_free(restricted);
    return false;
  }
  for (int i = 0; i < restricted->relation->n_columns; i++)
    restricted->relation->columns[i].key_position = 0;
  restricted->relation->n_key = 0;
  restricted->next = target->session->restricted;
  target->session->restricted = restricted;
  return true;
}

/* Is a column of the key asked for that the statement does not use? */
static bool asks_for_more(const struct wow_target *target, const struct wow_plan *plan) {
  for (int i = 0; i < target->planned->n_columns; i++) {
    bool is_key = target->planned->columns[i].key_position > 0;
    if (is_key && !wow_plan_uses(plan, target->planned, i)) return true;
  }
  return false;
}

bool wow_rights_learn(const struct wow_target *target, const struct wow_plan *plan, int n_select,
                      const struct wow_error *err) {
  if (!is_missing_right(err) || plan->has_brackets) return false;
  bool may_be_all = !target->session->refuses_all && n_select >= MIN_WIDE_COLUMNS;
  if (may_be_all) target->session->refuses_all = true;
  if (target->relation->n_key == 0 || *find(target) != NULL || !asks_for_more(target, plan))
    return may_be_all;
  return add_restricted(target) || may_be_all;
}

static void forget(const struct wow_target *target) {
  struct wow_restricted **link = find(target), *restricted = *link;
  if (restricted == NULL || restricted->relation == target->relation) return;
  *link = restricted->next;
  wow_session_free_restricted(restricted);
}

void wow_rights_explain(const struct wow_target *target, const struct wow_plan *plan,
                        struct wow_error *err) {
  const struct wow_relation *relation = target->planned;
  if (!is_missing_right(err) || plan->columns == NULL) return;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0, n = 0; i < relation->n_columns; i++) {
    if (!wow_plan_uses(plan, relation, i)) continue;
    sqlite3_str_appendf(str, "%s%s", n++ ? ", " : "the statement needs SELECT on ",
                        relation->columns[i].name);
  }
  if (err->hint) sqlite3_str_appendf(str, "; %s", err->hint);
  sqlite3_free(err->hint);
  err->hint = sqlite3_str_finish(str);
  forget(target);
}

int wow_rights_fail_rowid(const struct wow_target *target, struct wow_error *err) {
  const struct wow_relation *relation = target->planned;
  const char *key = relation->columns[relation->key[0]].name;
  int rc = wow_error_hint(err, SQLITE_AUTH, relation->name,
                          "grant it to the role, or make the table with key=''",
                          "this statement needs to tell rows apart, which takes SELECT on the key "
                          "'%s'",
                          key);
  if (err->code == NULL) err->code = sqlite3_mprintf("42501");
  return rc;
}
