/*
** Row identity, see identity.h.
**
** An integer key is the rowid. Any other key of a table with rowids (see wow_relation_key_kind) has
** a rowid that is made from it.
**
** Without a key a rowid is made from the values of the row, and from how many rows of the scan with
** these values were asked for theirs before. That tells rows apart where SQLite needs it, which is
** among the scans of one place in FROM (the arms of an OR, the two passes of a RIGHT JOIN): they
** fetch the same columns, so rows that look alike satisfy the same terms, and each scan has either
** all or none of them. It does not matter which of them is which.
**
** A key may not be one: of a table whose children repeat it, or because a user named the wrong
** columns. So what a row looks like is kept while the statement runs. If another one comes with its
** rowid, either it was changed in the meantime, or there are two: then the server,
** asked how many rows have that key, says so, and the statement fails.
*/
#include "scan/identity.h"

#include <string.h>

#include "base/text.h"
#include "scan/count.h"
#include "scan/source.h"
#include "server/run.h"
#include "types/shippable.h"
#include "types/value.h"

struct wow_witnesses {
  sqlite3_uint64 run;
  sqlite3_uint64 session;
  struct wow_number_map rows; /* by rowid and columns: a hash of the values */
};

struct wow_witnesses *wow_identity_new_witnesses(void) {
  struct wow_witnesses *witnesses = sqlite3_malloc64(sizeof(*witnesses));
  if (witnesses) memset(witnesses, 0, sizeof(*witnesses));
  return witnesses;
}

void wow_identity_free_witnesses(struct wow_witnesses *witnesses) {
  if (witnesses) wow_number_map_reset(&witnesses->rows);
  sqlite3_free(witnesses);
}

/* ---------------------------------------------------------------- hashes */

/* With the length of the value, so that ('a','bc') is not ('ab','c'). */
static sqlite3_uint64 mix(sqlite3_uint64 hash, const struct wow_json_value *value) {
  hash = wow_text_hash(hash, value->text, value->bytes);
  return (hash ^ value->bytes ^ ((sqlite3_uint64)value->kind << 56)) * 1099511628211u;
}

/* The finaliser of MurmurHash3: every bit of the sum reaches every bit of the result. */
static sqlite3_uint64 finish(sqlite3_uint64 hash) {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  return hash ^ (hash >> 33);
}

static sqlite3_uint64 hash_of_row(const struct wow_scan *scan) {
  sqlite3_uint64 hash = WOW_TEXT_HASH_START;
  for (int i = 0; i < scan->columns.n_select; i++)
    hash = mix(hash, wow_source_value(scan, i));
  return finish(hash);
}

static const struct wow_json_value *key_value(const struct wow_scan *scan, int i) {
  return wow_source_value(scan, scan->members[scan->target.relation->key[i]]);
}

/* Two integers of 31 and 32 bits are told apart exactly, and have the numbers from 0 on; every
** other key is a 63-bit hash with the sign set. A collision would make SQLite take two rows that
** both satisfy "a OR b" for one: among a million such rows the odds are one in ten million. */
static sqlite3_int64 made_rowid(const struct wow_scan *scan) {
  int n = scan->target.relation->n_key;
  sqlite3_int64 first = 0, second = 0;
  if (n == 2 && wow_value_int64(key_value(scan, 0), &first) &&
      wow_value_int64(key_value(scan, 1), &second) && first >= 0 && first <= 0x7fffffff &&
      second >= 0 && second <= 0xffffffff) {
    return first << 32 | second;
  }
  sqlite3_uint64 hash = WOW_TEXT_HASH_START;
  for (int i = 0; i < n; i++)
    hash = mix(hash, key_value(scan, i));
  return (sqlite3_int64)(finish(hash) | 0x8000000000000000u);
}

/* ---------------------------------------------------------------- without a key */

static int number_row(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err) {
  sqlite3_uint64 hash = hash_of_row(scan);
  if (scan->numbered.n >= WOW_MAX_NUMBERED_ROWS) {
    return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                          "name the columns that identify a row: CREATE VIRTUAL TABLE ... USING "
                          "wowsql(..., key='a,b')",
                          "this statement needs to tell apart more than %d different rows of a "
                          "relation without a key",
                          WOW_MAX_NUMBERED_ROWS);
  }
  sqlite3_uint64 *n_alike = wow_number_map_at(&scan->numbered, hash);
  if (n_alike == NULL) return wow_error_nomem(err);
  hash = finish(hash + ++*n_alike);
  *rowid = (sqlite3_int64)(hash | 0x8000000000000000u);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- with a key */

static int fail_key(const struct wow_scan *scan, struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                        "CREATE VIRTUAL TABLE ... USING wowsql(..., key='') says that it has none, "
                        "and key='a,b' names another one",
                        "several rows have the same key, so that this statement cannot tell them "
                        "apart");
}

/* Adds "the key is that of the current row". *done: it can be said in conditions. */
static int add_key(const struct wow_scan *scan, struct wow_where *where, bool *done) {
  const struct wow_relation *relation = scan->target.relation;
  int rc = SQLITE_OK;
  *done = true;
  for (int i = 0; rc == SQLITE_OK && i < relation->n_key; i++) {
    const struct wow_json_value *value = key_value(scan, i);
    struct wow_condition condition = {.kind = WOW_CONDITION_TERM,
                                      .column = &relation->columns[relation->key[i]],
                                      .op = value->kind == WOW_JSON_NULL ? WOW_IS_NULL : WOW_EQ,
                                      .text = value->text,
                                      .bytes = (int)value->bytes};
    if (value->kind == WOW_JSON_TRUE) condition.text = "true", condition.bytes = 4;
    if (value->kind == WOW_JSON_FALSE) condition.text = "false", condition.bytes = 5;
    *done = *done && value->bytes < WOW_MAX_CONSTANT_BYTES &&
            wow_shippable_can_continue(&condition.column->type);
    rc = wow_condition_add(where, &condition);
  }
  return rc;
}

/* Asks the server whether there is more than one row with the current row's key. */
static int check_repeated(const struct wow_scan *scan, struct wow_error *err) {
  const struct wow_relation *relation = scan->target.relation;
  struct wow_where where = {0};
  bool can_ask = false;
  sqlite3_int64 n_rows = 0;
  struct wow_shape shape = {.target = &scan->target,
                            .select = relation->key,
                            .n_select = relation->n_key,
                            .has_key = true,
                            .counting = -1};
  struct wow_page_request request = {.shape = &shape, .where = &where};
  int rc = add_key(scan, &where, &can_ask);
  if (rc != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK && can_ask) rc = wow_count_rows(&request, &n_rows, err);
  wow_condition_reset(&where);
  if (rc == SQLITE_OK && (!can_ask || n_rows > 1)) rc = fail_key(scan, err);
  return rc;
}

/* Was the rowid given to another row before? */
static int check_witness(struct wow_scan *scan, sqlite3_int64 rowid, struct wow_error *err) {
  struct wow_witnesses *witnesses = scan->target.witnesses;
  sqlite3_uint64 run = wow_run_current(scan->target.conn->runs);
  sqlite3_uint64 hash = hash_of_row(scan), columns = WOW_TEXT_HASH_START;
  size_t n = (size_t)scan->columns.n_select;
  sqlite3_uint64 session = scan->target.session->id;
  if (witnesses->run != run || witnesses->session != session)
    wow_number_map_reset(&witnesses->rows);
  witnesses->run = run;
  witnesses->session = session;
  columns = wow_text_hash(columns, scan->columns.select, n * sizeof(*scan->columns.select));
  columns = finish(wow_text_hash(columns, &rowid, sizeof(rowid)));
  sqlite3_uint64 *before = wow_number_map_find(&witnesses->rows, columns);
  if (before == NULL && witnesses->rows.n >= WOW_MAX_WITNESSES) return SQLITE_OK;
  if (before && *before != hash) {
    int rc = check_repeated(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
  if (before == NULL) before = wow_number_map_at(&witnesses->rows, columns);
  if (before == NULL) return wow_error_nomem(err);
  *before = hash;
  return SQLITE_OK;
}

static int rowid_of_key(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err) {
  const struct wow_relation *relation = scan->target.relation;
  const struct wow_json_value *value = key_value(scan, 0);
  if (wow_relation_key_kind(relation) != WOW_KEY_ROWID) {
    *rowid = made_rowid(scan);
  } else if (value->kind == WOW_JSON_NULL) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name,
                          "key='' says that it has none: CREATE VIRTUAL TABLE ... USING "
                          "wowsql(..., key='')",
                          "a row has no value in its key column '%s'",
                          relation->columns[relation->key[0]].name);
  } else if (!wow_value_int64(value, rowid)) {
    return wow_error_set(err, SQLITE_ERROR, relation->name, "the key '%.*s' is not an integer",
                         (int)value->bytes, value->text);
  }
  return check_witness(scan, *rowid, err);
}

int wow_identity_of_row(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err) {
  int rc = SQLITE_OK;
  if (!scan->has_rowid) {
    bool has_key = scan->target.relation->n_key > 0;
    rc = has_key ? rowid_of_key(scan, &scan->rowid, err) : number_row(scan, &scan->rowid, err);
  }
  scan->has_rowid = rc == SQLITE_OK;
  *rowid = scan->rowid;
  return rc;
}
