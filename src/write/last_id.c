/*
** Keys of stored rows, see last_id.h. Of a key of several columns it is a JSON array.
*/
#include "write/last_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/json_scan.h"

bool wow_last_id_is_made(const struct wow_relation *relation, const bool *columns) {
  for (int i = 0; i < relation->n_key; i++) {
    if (!columns[relation->key[i]]) return true;
  }
  return false;
}

static void forget(struct wow_connection *conn) {
  sqlite3_free(conn->last_id.text);
  conn->last_id.text = NULL;
}

/* Keeps a key; `text` is NULL, or becomes the connection's. */
static void keep(struct wow_connection *conn, const struct wow_relation *relation, char *text) {
  sqlite3_free(conn->last_id.text);
  conn->last_id.text = text;
  conn->last_id.is_integer = wow_relation_key_kind(relation) == WOW_KEY_ROWID;
}

/* Appends a part of the key: as it is where it is the only one. */
static void append_part(sqlite3_str *str, const struct wow_relation *relation, int i,
                        const char *text, size_t bytes) {
  const struct wow_column *column = &relation->columns[relation->key[i]];
  if (relation->n_key > 1) sqlite3_str_appendall(str, i ? "," : "[");
  if (relation->n_key == 1 || wow_type_is_number(&column->type))
    sqlite3_str_append(str, text, (int)bytes);
  else
    wow_text_append_json(str, text, bytes);
  if (relation->n_key > 1 && i == relation->n_key - 1) sqlite3_str_appendall(str, "]");
}

/* Takes percent-encoding away, in place. The new length. */
static size_t decode(char *text) {
  char *to = text;
  for (const char *p = text; *p; p++) {
    int high = *p == '%' ? wow_text_hex_digit(p[1]) : -1;
    int low = high >= 0 ? wow_text_hex_digit(p[2]) : -1;
    *to++ = low >= 0 ? (char)(high << 4 | low) : *p;
    if (low >= 0) p += 2;
  }
  *to = 0;
  return (size_t)(to - text);
}

int wow_last_id_take_location(struct wow_connection *conn, const struct wow_relation *relation,
                              const char *location) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  const char *p = strchr(location, '?');
  int rc = SQLITE_OK, n = 0;
  for (; rc == SQLITE_OK && p && n < relation->n_key; n++) {
    const char *value = strstr(++p, "=eq.");
    if (value == NULL) break;
    value += 4;
    p = strchr(value, '&');
    char *text = sqlite3_mprintf("%.*s", p ? (int)(p - value) : (int)strlen(value), value);
    if (text)
      append_part(str, relation, n, text, decode(text));
    else
      rc = SQLITE_NOMEM;
    sqlite3_free(text);
  }
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(str);
  char *text = sqlite3_str_finish(str);
  if (rc == SQLITE_OK && n == relation->n_key)
    keep(conn, relation, text);
  else
    sqlite3_free(text);
  if (rc == SQLITE_OK && conn->last_id.text && conn->last_id.is_integer)
    sqlite3_set_last_insert_rowid(conn->db, strtoll(conn->last_id.text, NULL, 10));
  return rc;
}

/* Finds the value of a member of a row that was written here. */
static bool find_member(const char *p, const char *end, const char *name,
                        struct wow_json_value *value) {
  sqlite3_str *wanted = sqlite3_str_new(NULL);
  wow_text_append_json(wanted, name, strlen(name));
  size_t bytes = (size_t)sqlite3_str_length(wanted);
  bool is_found = false, is_escaped = false;
  while (!is_found && p < end && *p != '}') {
    struct wow_json_value key;
    const char *from = ++p; /* after { or the comma */
    if (wow_json_scan_value(&p, end, &key, &is_escaped) != WOW_JSON_DECODED) break;
    is_found = (size_t)(p - from) == bytes && memcmp(from, sqlite3_str_value(wanted), bytes) == 0;
    p++; /* the colon */
    if (wow_json_scan_value(&p, end, value, &is_escaped) != WOW_JSON_DECODED) break;
  }
  sqlite3_free(sqlite3_str_finish(wanted));
  return is_found;
}

int wow_last_id_take_row(struct wow_connection *conn, const struct wow_relation *relation,
                         const char *row, size_t bytes) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  char *copy = sqlite3_malloc64(bytes + WOW_JSON_SLACK);
  int rc = copy ? SQLITE_OK : SQLITE_NOMEM;
  bool is_found = copy != NULL;
  if (copy) {
    memcpy(copy, row, bytes);
    memset(copy + bytes, 0, WOW_JSON_SLACK);
  }
  for (int i = 0; is_found && i < relation->n_key; i++) {
    struct wow_json_value value = {0};
    const struct wow_column *column = &relation->columns[relation->key[i]];
    is_found = find_member(copy, copy + bytes, wow_relation_remote_name(column), &value);
    if (!is_found) break;
    char *text = sqlite3_malloc64(value.bytes + 1);
    rc = text ? rc : SQLITE_NOMEM;
    if (text == NULL) break;
    memcpy(text, value.text, value.bytes);
    size_t length = value.kind == WOW_JSON_STRING ? wow_json_scan_unescape(text, text, value.bytes)
                                                  : value.bytes;
    append_part(str, relation, i, text, length);
    sqlite3_free(text);
  }
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(str);
  char *text = sqlite3_str_finish(str);
  forget(conn);
  if (rc == SQLITE_OK && is_found)
    keep(conn, relation, text);
  else
    sqlite3_free(text);
  sqlite3_free(copy);
  return rc;
}
