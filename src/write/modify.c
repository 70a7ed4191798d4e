/*
** Rows to changes, see modify.h.
*/
#include "write/modify.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "wire/body.h"
#include "server/run.h"
#include "server/session.h"
#include "wire/deparse.h"
#include "write/set_clause.h"

/* What a change is made of. */
struct draft {
  const struct wow_modification *m;
  sqlite3_str *record;
  sqlite3_str *body;
  bool *columns; /* that a row to insert has; that a row is to change, where SQLite does not say */
  struct wow_change change;
};

/* ---------------------------------------------------------------- may it be written? */

int wow_modify_check(const struct wow_write_target *target, bool is_read_only,
                     struct wow_error *err) {
  const struct wow_relation *relation = target->relation;
  if (is_read_only) {
    return wow_error_set(err, SQLITE_READONLY, relation->name,
                         "it is read-only: it was created with read_only=1");
  }
  if (relation->n_key == 0) {
    return wow_error_hint(err, SQLITE_READONLY, relation->name,
                          "CREATE VIRTUAL TABLE ... USING wowsql(..., key='a,b') names the columns "
                          "that identify a row; wowsql_insert adds rows without one",
                          "it is read-only: it has no key to tell its rows apart by");
  }
  if (!relation->writable) {
    return wow_error_set(err, SQLITE_READONLY, relation->name,
                         "it is read-only: the server does not offer to write it, as for most "
                         "views, or the key may not");
  }
  struct wow_server *server = wow_connection_server(target->conn, target->server_name, err);
  if (server == NULL) return err->rc;
  if (!server->options.read_only) return SQLITE_OK;
  return wow_error_set(err, SQLITE_READONLY, relation->name,
                       "it is read-only: server '%s' was connected with the option read_only",
                       target->server_name);
}

/* ---------------------------------------------------------------- values */

/* The value for the relation's column `i`. */
static sqlite3_value *value_of(const struct wow_modification *m, int i) {
  const struct wow_write_target *target = m->target;
  return m->argv[2 + wow_brackets_declared(target->brackets, target->relation, i)];
}

/* "id=1, name='Ann'": enough of the row to find it. NULL: no memory. */
static char *describe_row(const struct wow_modification *m) {
  const struct wow_relation *relation = m->target->relation;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < relation->n_columns; i++) {
    sqlite3_value *value = value_of(m, i);
    int kind = sqlite3_value_type(value);
    if (kind == SQLITE_NULL) continue;
    if (sqlite3_str_length(str)) sqlite3_str_appendall(str, ", ");
    if (sqlite3_str_length(str) > WOW_MAX_ROW_SHOWN) {
      sqlite3_str_appendall(str, "...");
      break;
    }
    sqlite3_str_appendf(str, "%s=", relation->columns[i].name);
    if (kind == SQLITE_BLOB)
      sqlite3_str_appendall(str, "x'...'");
    else
      sqlite3_str_appendf(str, kind == SQLITE_TEXT ? "'%.40s'" : "%.40s",
                          (const char *)sqlite3_value_text(value));
  }
  return sqlite3_str_finish(str);
}

static int fail_value(const struct wow_modification *m, int column, int rc, const char *wrong,
                      struct wow_error *err) {
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  char *row = describe_row(m);
  const struct wow_column *c = &m->target->relation->columns[column];
  wow_error_set(err, rc, m->target->relation->name,
                "column '%s' (%s) of row %lld (%s) cannot be written: %s", c->name, c->type.name,
                m->row_number, row ? row : "", wrong);
  sqlite3_free(row);
  return err->rc;
}

/* Appends "name":value as a member. */
static int append_member(const struct wow_modification *m, int column, sqlite3_value *value,
                         sqlite3_str *str, struct wow_error *err) {
  const struct wow_column *c = &m->target->relation->columns[column];
  const char *wrong = NULL;
  if (c->embed || c->json_path) {
    return fail_value(m, column, SQLITE_READONLY,
                      c->embed ? "it belongs to another table" : "it is a part of a JSON column",
                      err);
  }
  sqlite3_str_append(str, sqlite3_str_length(str) ? "," : "{", 1);
  wow_body_append_name(str, wow_relation_remote_name(c));
  int rc = wow_body_append_value(str, &c->type, value, &wrong);
  return rc == SQLITE_OK ? rc : fail_value(m, column, rc, wrong, err);
}

/* Hidden columns cannot be written. */
static int check_hidden(const struct wow_modification *m, struct wow_error *err) {
  const struct wow_write_target *target = m->target;
  const struct wow_relation *relation = target->relation;
  for (int i = 0; i <= target->brackets->n; i++) {
    sqlite3_value *value = value_of(m, WOW_FILTER_COLUMN(relation) + i);
    if (sqlite3_value_type(value) == SQLITE_NULL) continue;
    return wow_error_set(err, SQLITE_READONLY, relation->name, "'%s' cannot be written",
                         i ? target->brackets->list[i - 1].name : "wowsql_filter");
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- rows to insert */

/* The value of the key column of a table whose rowid it is: either may have been named. NULL: `err`
** is filled. */
static sqlite3_value *integer_key(const struct wow_modification *m, struct wow_error *err) {
  const struct wow_relation *relation = m->target->relation;
  sqlite3_value *rowid = m->argv[1], *key = value_of(m, relation->key[0]);
  if (sqlite3_value_type(rowid) == SQLITE_NULL) return key;
  if (sqlite3_value_type(key) == SQLITE_NULL) return rowid;
  if (sqlite3_value_int64(key) == sqlite3_value_int64(rowid)) return key;
  wow_error_set(err, SQLITE_MISMATCH, relation->name,
                "the rowid is the key '%s', but the two are given different values",
                relation->columns[relation->key[0]].name);
  return NULL;
}

/* Adds a member of the key to the change's hash of it; 0 once a member is NULL. */
static void hash_member(struct wow_change *change, const char *text, int bytes, bool is_null) {
  if (change->key == 0) return;
  change->key = is_null ? 0 : wow_text_hash(change->key, text, (size_t)bytes) | 1;
}

/* Has the value the text of JSON, as it was appended to a record, which ends with it? A type of the
** database's own may be a composite, with such a part. */
static bool is_json(const struct wow_type *type, sqlite3_str *record) {
  char end = sqlite3_str_value(record)[sqlite3_str_length(record) - 1];
  bool may_contain = type->family == WOW_USER || strcmp(type->name, "json[]") == 0;
  return type->family == WOW_JSON || (may_contain && (end == '}' || end == ']'));
}

static int append_row(struct draft *draft, sqlite3_value *key, struct wow_error *err) {
  const struct wow_modification *m = draft->m;
  const struct wow_relation *relation = m->target->relation;
  int rc = SQLITE_OK;
  draft->change.key = WOW_TEXT_HASH_START;
  for (int i = 0; rc == SQLITE_OK && i < relation->n_columns; i++) {
    bool is_key = relation->columns[i].key_position > 0;
    sqlite3_value *value = key && is_key ? key : value_of(m, i);
    bool is_null = sqlite3_value_type(value) == SQLITE_NULL;
    int from = sqlite3_str_length(draft->record);
    if (!is_null) {
      rc = append_member(m, i, value, draft->record, err);
      draft->columns[i] = true;
    }
    if (rc == SQLITE_OK && sqlite3_str_errcode(draft->record)) rc = wow_error_nomem(err);
    if (rc == SQLITE_OK && !is_null && is_json(&relation->columns[i].type, draft->record))
      draft->change.has_json = true;
    if (rc == SQLITE_OK && is_key) {
      int bytes = sqlite3_str_length(draft->record) - from;
      hash_member(&draft->change, sqlite3_str_value(draft->record) + from + 1, bytes - 1, is_null);
    }
  }
  sqlite3_str_appendall(draft->record, sqlite3_str_length(draft->record) ? "}" : "{}");
  return rc;
}

static int insert_row(struct draft *draft, sqlite3_int64 *rowid, struct wow_error *err) {
  const struct wow_modification *m = draft->m;
  const struct wow_relation *relation = m->target->relation;
  bool is_rowid = wow_relation_key_kind(relation) == WOW_KEY_ROWID;
  sqlite3_value *key = NULL;
  if (is_rowid) {
    key = integer_key(m, err);
    if (key == NULL) return err->rc;
  } else if (sqlite3_value_type(m->argv[1]) != SQLITE_NULL) {
    return wow_error_set(err, SQLITE_READONLY, relation->name,
                         "its rowid is made from its key, and cannot be written");
  }
  draft->columns = sqlite3_malloc64(sizeof(bool) * ((sqlite3_uint64)relation->n_columns + 1));
  if (draft->columns == NULL) return wow_error_nomem(err);
  memset(draft->columns, 0, sizeof(bool) * (size_t)relation->n_columns);
  int rc = append_row(draft, key, err);
  draft->change.kind = WOW_CHANGE_INSERT;
  draft->change.columns = draft->columns;
  if (m->on_conflict == SQLITE_IGNORE) draft->change.conflict = WOW_CONFLICT_IGNORE;
  if (m->on_conflict == SQLITE_REPLACE) draft->change.conflict = WOW_CONFLICT_REPLACE;
  if (rc == SQLITE_OK && is_rowid && draft->change.key) *rowid = sqlite3_value_int64(key);
  return rc;
}

/* ---------------------------------------------------------------- rows to change */

static int append_id(struct draft *draft, struct wow_error *err) {
  const struct wow_modification *m = draft->m;
  int rc = wow_keys_append(m->keys, m->target->relation, m->argv[0], draft->record, err);
  draft->change.key = wow_text_hash(WOW_TEXT_HASH_START, sqlite3_str_value(draft->record),
                                    (size_t)sqlite3_str_length(draft->record)) |
                      1;
  return rc;
}

/* Is it the value that the row's key already has? */
static bool is_same_key(sqlite3_value *id, sqlite3_value *value) {
  int kind = sqlite3_value_type(id);
  if (kind != sqlite3_value_type(value)) return false;
  if (kind == SQLITE_INTEGER) return sqlite3_value_int64(id) == sqlite3_value_int64(value);
  if (kind == SQLITE_FLOAT) return sqlite3_value_double(id) == sqlite3_value_double(value);
  return wow_text_compare(sqlite3_value_blob(id), (size_t)sqlite3_value_bytes(id),
                          sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value)) == 0;
}

/* Has SQLite given all values, and said of none that it is new? Hidden columns are never set. */
static bool is_complete(const struct wow_modification *m) {
  return !sqlite3_value_nochange(value_of(m, WOW_FILTER_COLUMN(m->target->relation)));
}

/* Finds out which columns the running UPDATE sets. */
static int read_set_clause(struct draft *draft, struct wow_error *err) {
  const struct wow_write_target *target = draft->m->target;
  int n = target->relation->n_columns;
  sqlite3 *db = target->conn->db;
  draft->columns = sqlite3_malloc64(sizeof(bool) * ((sqlite3_uint64)n + 1));
  if (draft->columns == NULL) return wow_error_nomem(err);
  sqlite3_stmt *stmt = wow_run_next_busy(db, NULL);
  for (; stmt; stmt = wow_run_next_busy(db, stmt)) {
    const char *sql = sqlite3_stmt_readonly(stmt) ? NULL : sqlite3_sql(stmt);
    if (sql && wow_set_clause_read(sql, target->name, target->columns, n, draft->columns))
      return SQLITE_OK;
  }
  return wow_error_hint(err, SQLITE_ERROR, target->relation->name,
                        "write UPDATE without FROM, or use SQLite 3.45 or newer",
                        "before 3.45 SQLite does not say which columns UPDATE ... FROM changes, "
                        "and the statement is not found");
}

/* The new value of a column; NULL: it stays as it is. */
static sqlite3_value *new_value(const struct draft *draft, int column) {
  const struct wow_modification *m = draft->m;
  const struct wow_relation *relation = m->target->relation;
  enum wow_key_kind kind = wow_relation_key_kind(relation);
  sqlite3_value *value = value_of(m, column);
  bool is_key = relation->columns[column].key_position > 0 && kind != WOW_KEY_MADE;
  if (draft->columns && !draft->columns[column]) return NULL;
  /* SET rowid = ... */
  if (is_key && kind == WOW_KEY_ROWID && sqlite3_value_nochange(value)) value = m->argv[1];
  if (sqlite3_value_nochange(value) || (is_key && is_same_key(m->argv[0], value))) return NULL;
  return value;
}

static int update_row(struct draft *draft, struct wow_error *err) {
  const struct wow_modification *m = draft->m;
  const struct wow_relation *relation = m->target->relation;
  int rc = append_id(draft, err);
  if (m->on_conflict == SQLITE_IGNORE || m->on_conflict == SQLITE_REPLACE) {
    return wow_error_set(err, SQLITE_ERROR, relation->name,
                         "UPDATE OR IGNORE and UPDATE OR REPLACE cannot be sent to the server");
  }
  if (wow_relation_key_kind(relation) == WOW_KEY_MADE && !sqlite3_value_nochange(m->argv[1]) &&
      sqlite3_value_int64(m->argv[1]) != sqlite3_value_int64(m->argv[0])) {
    return wow_error_set(err, SQLITE_READONLY, relation->name,
                         "its rowid is made from its key, and cannot be written");
  }
  if (rc == SQLITE_OK && is_complete(m)) rc = read_set_clause(draft, err);
  for (int i = 0; rc == SQLITE_OK && i < relation->n_columns; i++) {
    sqlite3_value *value = new_value(draft, i);
    if (value == NULL) continue;
    rc = append_member(m, i, value, draft->body, err);
    draft->change.changes_key = draft->change.changes_key || relation->columns[i].key_position > 0;
  }
  if (sqlite3_str_length(draft->body)) sqlite3_str_append(draft->body, "}", 1);
  draft->change.kind = WOW_CHANGE_UPDATE;
  return rc;
}

/* ---------------------------------------------------------------- changes */

static int draft_change(struct draft *draft, sqlite3_int64 *rowid, struct wow_error *err) {
  const struct wow_modification *m = draft->m;
  if (m->argc == 1) {
    draft->change.kind = WOW_CHANGE_DELETE;
    return append_id(draft, err);
  }
  int rc = check_hidden(m, err);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_value_type(m->argv[0]) == SQLITE_NULL) {
    /* An UPDATE of a row without a key looks like this, but for what it does not set. */
    sqlite3_value *filter = value_of(m, WOW_FILTER_COLUMN(m->target->relation));
    if (!sqlite3_value_nochange(filter)) return insert_row(draft, rowid, err);
    return wow_error_set(err, SQLITE_ERROR, m->target->relation->name,
                         "a row whose key is NULL cannot be changed");
  }
  return update_row(draft, err);
}

int wow_modify_row(const struct wow_modification *m, sqlite3_int64 *rowid, struct wow_error *err) {
  struct draft draft = {.m = m, .record = sqlite3_str_new(NULL), .body = sqlite3_str_new(NULL)};
  struct wow_change *change = &draft.change;
  sqlite3_int64 key = 0;
  struct wow_server *server = wow_connection_server(m->target->conn, m->target->server_name, err);
  change->target = m->target;
  change->session = server ? server->session->id : 0;
  if (m->argc > 1 && sqlite3_value_type(m->argv[0]) == SQLITE_NULL) key = *rowid;
  int rc = server ? draft_change(&draft, &key, err) : err->rc;
  if (rc == SQLITE_OK && (sqlite3_str_errcode(draft.record) || sqlite3_str_errcode(draft.body)))
    rc = wow_error_nomem(err);
  change->record = sqlite3_str_value(draft.record);
  change->record_bytes = (size_t)sqlite3_str_length(draft.record);
  change->body = sqlite3_str_value(draft.body);
  change->body_bytes = (size_t)sqlite3_str_length(draft.body);
  bool is_needed = change->kind != WOW_CHANGE_UPDATE || change->body_bytes > 0;
  if (rc == SQLITE_OK && is_needed) rc = wow_pending_add(m->pending, change, err);
  if (rc == SQLITE_OK && change->kind == WOW_CHANGE_INSERT) *rowid = key;
  sqlite3_free(sqlite3_str_finish(draft.record));
  sqlite3_free(sqlite3_str_finish(draft.body));
  sqlite3_free(draft.columns);
  return rc;
}
