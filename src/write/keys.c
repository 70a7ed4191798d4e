/*
** Keys of rows, see keys.h.
*/
#include "write/keys.h"

#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/number_map.h"
#include "base/spool.h"
#include "types/shippable.h"
#include "wire/body.h"
#include "wire/deparse.h"

struct wow_keys {
  struct wow_number_map places; /* by rowid: where its text is in the spool, plus one */
  struct wow_spool *texts;      /* each after its length */
};

struct wow_keys *wow_keys_new(void) {
  struct wow_keys *keys = sqlite3_malloc64(sizeof(*keys));
  if (keys) memset(keys, 0, sizeof(*keys));
  return keys;
}

void wow_keys_forget(struct wow_keys *keys) {
  wow_number_map_reset(&keys->places);
  wow_spool_free(keys->texts);
  keys->texts = NULL;
}

void wow_keys_free(struct wow_keys *keys) {
  if (keys) wow_keys_forget(keys);
  sqlite3_free(keys);
}

/* Can the server find a row by a value of the column? */
static int check_column(const struct wow_relation *relation, const struct wow_column *column,
                        struct wow_error *err) {
  if (wow_shippable_can_continue(&column->type)) return SQLITE_OK;
  return wow_error_set(err, SQLITE_READONLY, relation->name,
                       "rows cannot be changed or deleted: the server does not find them by their "
                       "key '%s', which is of type %s",
                       column->name, column->type.name);
}

/* Appends "column = value" as a part of the name of a row. */
static void append_part(sqlite3_str *str, const struct wow_relation *relation, int i,
                        const struct wow_json_value *value) {
  const struct wow_column *column = &relation->columns[relation->key[i]];
  const char *text = value->text;
  size_t bytes = value->bytes;
  if (value->kind == WOW_JSON_TRUE) text = "true", bytes = 4;
  if (value->kind == WOW_JSON_FALSE) text = "false", bytes = 5;
  if (relation->n_key == 1) {
    wow_deparse_element(str, text, (int)bytes);
    return;
  }
  sqlite3_str_appendall(str, i == 0 ? "and(" : ",");
  if (value->kind == WOW_JSON_NULL)
    wow_deparse_inner(str, column, WOW_IS_NULL, NULL, 0);
  else
    wow_deparse_inner(str, column, WOW_EQ, text, (int)bytes);
  if (i == relation->n_key - 1) sqlite3_str_appendchar(str, 1, ')');
}

/* Keeps a row's name. */
static int keep(struct wow_keys *keys, sqlite3_int64 rowid, const char *text, int bytes) {
  uint32_t length = (uint32_t)bytes;
  if (keys->texts == NULL) keys->texts = wow_spool_new(WOW_PENDING_BYTES);
  if (keys->texts == NULL) return SQLITE_NOMEM;
  sqlite3_int64 place = wow_spool_bytes(keys->texts);
  int rc = wow_spool_append(keys->texts, &length, sizeof(length));
  if (rc == SQLITE_OK) rc = wow_spool_append(keys->texts, text, (size_t)bytes);
  if (rc != SQLITE_OK) return rc;
  /* A rowid of 0 is possible: to the map it would be an empty place. */
  sqlite3_uint64 *at = wow_number_map_at(&keys->places, (sqlite3_uint64)rowid + 1);
  if (at == NULL) return SQLITE_NOMEM;
  *at = (sqlite3_uint64)place + 1;
  return SQLITE_OK;
}

int wow_keys_remember(struct wow_keys *keys, const struct wow_relation *relation,
                      sqlite3_int64 rowid, const struct wow_json_value *const *values,
                      struct wow_error *err) {
  if (wow_number_map_find(&keys->places, (sqlite3_uint64)rowid + 1)) return SQLITE_OK;
  sqlite3_str *str = sqlite3_str_new(NULL);
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < relation->n_key; i++)
    append_part(str, relation, i, values[i]);
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(str);
  if (rc == SQLITE_OK) rc = keep(keys, rowid, sqlite3_str_value(str), sqlite3_str_length(str));
  sqlite3_free(sqlite3_str_finish(str));
  if (rc == SQLITE_OK) return SQLITE_OK;
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, relation->name,
                       "the temporary file of keys cannot be written");
}

/* Appends the name that was kept for a rowid. */
static int append_kept(struct wow_keys *keys, const struct wow_relation *relation,
                       sqlite3_int64 rowid, sqlite3_str *str, struct wow_error *err) {
  uint32_t length = 0;
  const sqlite3_uint64 *at = wow_number_map_find(&keys->places, (sqlite3_uint64)rowid + 1);
  if (at == NULL) {
    return wow_error_set(err, SQLITE_ERROR, relation->name,
                         "the row to change was not read by this statement");
  }
  sqlite3_int64 place = (sqlite3_int64)*at - 1;
  int rc = wow_spool_read(keys->texts, place, &length, sizeof(length));
  char *text = sqlite3_malloc64((sqlite3_uint64)length + 1);
  if (text == NULL) return wow_error_nomem(err);
  if (rc == SQLITE_OK)
    rc = wow_spool_read(keys->texts, place + (sqlite3_int64)sizeof(length), text, length);
  if (rc == SQLITE_OK)
    sqlite3_str_append(str, text, (int)length);
  else
    wow_error_set(err, rc, relation->name, "the temporary file of keys cannot be read");
  sqlite3_free(text);
  return rc;
}

int wow_keys_append(struct wow_keys *keys, const struct wow_relation *relation, sqlite3_value *id,
                    sqlite3_str *str, struct wow_error *err) {
  const char *wrong = NULL;
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < relation->n_key; i++)
    rc = check_column(relation, &relation->columns[relation->key[i]], err);
  if (rc != SQLITE_OK) return rc;
  if (wow_relation_key_kind(relation) == WOW_KEY_MADE)
    return append_kept(keys, relation, sqlite3_value_int64(id), str, err);
  sqlite3_str *constant = sqlite3_str_new(NULL);
  const struct wow_column *column = &relation->columns[relation->key[0]];
  rc = sqlite3_value_type(id) == SQLITE_NULL
           ? SQLITE_MISMATCH
           : wow_body_append_constant(constant, &column->type, id, &wrong);
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(constant);
  if (rc == SQLITE_OK)
    wow_deparse_element(str, sqlite3_str_value(constant), sqlite3_str_length(constant));
  sqlite3_free(sqlite3_str_finish(constant));
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  if (rc == SQLITE_OK) return SQLITE_OK;
  return wow_error_set(err, rc, relation->name, "the key of the row to change cannot be sent: %s",
                       wrong ? wrong : "it is NULL");
}
