/*
** Keys of stored rows, see last_id.h.
*/
#include "write/last_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/json_scan.h"

bool wow_last_id_is_made(const struct wow_relation *relation, const bool *columns) {
  return relation->n_key == 1 && !columns[relation->key[0]];
}

/* Keeps a key (NULL: there is none). Only SQLite makes values: a statement without a table does, so
** that nothing is committed when it ends, even while COMMIT is running. */
static int keep(struct wow_connection *conn, const struct wow_relation *relation,
                const char *text) {
  sqlite3_stmt *stmt = NULL;
  if (text == NULL) return wow_connection_set_last_id(conn, NULL);
  int rc = sqlite3_prepare_v2(conn->db, "SELECT ?1", -1, &stmt, NULL);
  if (rc == SQLITE_OK && wow_relation_key_kind(relation) == WOW_KEY_ROWID)
    rc = sqlite3_bind_int64(stmt, 1, strtoll(text, NULL, 10));
  else if (rc == SQLITE_OK)
    rc = sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
    rc = wow_connection_set_last_id(conn, sqlite3_column_value(stmt, 0));
  sqlite3_finalize(stmt);
  return rc == SQLITE_OK ? SQLITE_OK : SQLITE_NOMEM;
}

/* Takes percent-encoding away, in place. */
static void decode(char *text) {
  char *to = text;
  for (const char *p = text; *p; p++) {
    int high = *p == '%' ? wow_text_hex_digit(p[1]) : -1;
    int low = high >= 0 ? wow_text_hex_digit(p[2]) : -1;
    *to++ = low >= 0 ? (char)(high << 4 | low) : *p;
    if (low >= 0) p += 2;
  }
  *to = 0;
}

int wow_last_id_take_location(struct wow_connection *conn, const struct wow_relation *relation,
                              const char *location) {
  const char *value = strstr(location, "=eq.");
  if (value == NULL) return keep(conn, relation, NULL);
  char *text = sqlite3_mprintf("%.*s", (int)strcspn(value + 4, "&"), value + 4);
  if (text == NULL) return SQLITE_NOMEM;
  decode(text);
  int rc = keep(conn, relation, text);
  if (rc == SQLITE_OK && wow_relation_key_kind(relation) == WOW_KEY_ROWID)
    sqlite3_set_last_insert_rowid(conn->db, strtoll(text, NULL, 10));
  sqlite3_free(text);
  return rc;
}

/* Finds the value of a member of a row that was written here. `p` is followed by the scanner's
** slack. */
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
  const char *name = wow_relation_remote_name(&relation->columns[relation->key[0]]);
  struct wow_json_value value = {0};
  char *copy = sqlite3_malloc64(bytes + WOW_JSON_SLACK);
  if (copy == NULL) return SQLITE_NOMEM;
  memcpy(copy, row, bytes);
  memset(copy + bytes, 0, WOW_JSON_SLACK);
  bool is_found = relation->n_key == 1 && find_member(copy, copy + bytes, name, &value);
  char *text = NULL;
  if (is_found) text = sqlite3_malloc64(value.bytes + 1);
  if (text) {
    memcpy(text, value.text, value.bytes);
    bool is_string = value.kind == WOW_JSON_STRING;
    text[is_string ? wow_json_scan_unescape(text, text, value.bytes) : value.bytes] = 0;
  }
  int rc = is_found && text == NULL ? SQLITE_NOMEM : keep(conn, relation, text);
  sqlite3_free(text);
  sqlite3_free(copy);
  return rc;
}
