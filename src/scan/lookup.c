/*
** Lookups, see lookup.h.
**
** What is looked up is known by its key, the text of the request's conditions, "&city=eq.Oslo&
** id=eq.7". Run with other values, some of its terms vary; the others are constant, and with them
** alone the server gives the relation that all these lookups are about. A row of it belongs to the
** lookup whose varying terms read as if they had been written with the row's own values. That holds
** for = and for types of which equal values have one text; with others every lookup is a request.
*/
#include "scan/lookup.h"

#include "scan/ahead.h"
#include "scan/lookup_batch.h"
#include "scan/lookup_set.h"
#include "scan/lookup_whole.h"

bool wow_lookup_is_one(const struct wow_binding *binding) {
  /* Rows that are compared here cannot be told by a request's conditions. */
  if (binding->n_compared > 0 || !wow_bind_is_one_window(binding)) return false;
  for (int i = 0; i < binding->n_terms; i++) {
    enum wow_op op = binding->terms[i].term->op;
    if (op == WOW_EQ || op == WOW_IS) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- one lookup */

/* What is remembered of a key. After the rows remembered the scan goes on by skipping as many: that
** takes an order. */
static bool find_remembered(const struct wow_lookup_set *set, const struct wow_lookup *lookup,
                            sqlite3_str *key, struct wow_lookup_result *result) {
  const struct wow_row_cache_entry *entry =
      wow_row_cache_find(set->cache, wow_lookup_set_key_text(key), sqlite3_str_length(key));
  if (entry == NULL) return false;
  if (!entry->is_complete && lookup->target->relation->n_key == 0) return false;
  result->way = WOW_LOOKUP_REMEMBERED;
  result->is_complete = entry->is_complete;
  wow_row_cache_cursor_start(result->cursor, set->cache, entry);
  return true;
}

/* In a dry run, only what is remembered is there, and what is not is noted. */
static int find_dry(struct wow_lookup_set *set, const struct wow_lookup *lookup, sqlite3_str *key,
                    struct wow_lookup_result *result, struct wow_error *err) {
  int rc = SQLITE_OK;
  set->n_dry++;
  if (!find_remembered(set, lookup, key, result)) {
    bool has_whole = set->whole && wow_lookup_whole_has(set, lookup);
    result->way = has_whole ? WOW_LOOKUP_REMEMBERED : WOW_LOOKUP_NOTHING;
    rc = has_whole ? wow_lookup_whole_find(set, lookup, result->cursor, err)
                   : wow_ahead_note(set, lookup, err);
  }
  result->is_complete = true;
  return rc == SQLITE_OK ? wow_ahead_check(&lookup->target->conn->dry_run, err) : rc;
}

/* Fetches keys that are known beforehand together, up to this lookup's, if it is among them. */
static int fetch_coming(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                        sqlite3_str *key, struct wow_error *err) {
  int rc = SQLITE_OK, bytes = sqlite3_str_length(key);
  bool found = false;
  if (lookup->binding->hint >= 0 && !set->hint_used)
    rc = wow_lookup_batch_note_hint(set, lookup, err);
  else if (!wow_lookup_batch_knows(set, key) || wow_lookup_batch_is_rest(set))
    rc = wow_ahead_run(set, lookup, err);
  while (rc == SQLITE_OK && !found && wow_lookup_batch_has(set, lookup) &&
         !wow_lookup_whole_is_due(set, lookup)) {
    rc = wow_lookup_batch_fetch(set, lookup, err);
    found = wow_row_cache_find(set->cache, wow_lookup_set_key_text(key), bytes) != NULL;
  }
  return rc;
}

static int find(struct wow_lookup_set *set, const struct wow_lookup *lookup, sqlite3_str *key,
                struct wow_lookup_result *result, struct wow_error *err) {
  if (find_remembered(set, lookup, key, result)) {
    if (result->is_complete) return SQLITE_OK;
    /* What comes after the rows remembered is asked for again. */
    set->n_requests++;
    if (set->whole == NULL && !wow_lookup_whole_is_due(set, lookup)) return SQLITE_OK;
  }
  int rc = set->whole ? SQLITE_OK : fetch_coming(set, lookup, key, err);
  if (rc != SQLITE_OK) return rc;
  if (find_remembered(set, lookup, key, result) && result->is_complete) return SQLITE_OK;
  if (wow_lookup_whole_is_due(set, lookup)) rc = wow_lookup_whole_fetch(set, lookup, err);
  if (rc != SQLITE_OK) return rc;
  result->is_complete = true;
  if (set->whole && wow_lookup_whole_has(set, lookup)) {
    result->way = WOW_LOOKUP_REMEMBERED;
    return wow_lookup_whole_find(set, lookup, result->cursor, err);
  }
  /* Of a relation without a key, more rows than are remembered at first, or at all. */
  const struct wow_row_cache_entry *entry =
      wow_row_cache_find(set->cache, wow_lookup_set_key_text(key), sqlite3_str_length(key));
  bool is_too_large =
      entry && (entry->n_rows > WOW_MAX_LOOKUP_ROWS || wow_lookup_set_is_full(set->cache));
  result->way = is_too_large       ? WOW_LOOKUP_PASS
                : set->n_uses == 1 ? WOW_LOOKUP_FIRST
                                   : WOW_LOOKUP_ASK;
  if (is_too_large) set->n_requests++;
  return SQLITE_OK;
}

int wow_lookup_find(const struct wow_lookup *lookup, struct wow_lookup_result *result,
                    struct wow_error *err) {
  struct wow_lookup_set *set = wow_lookup_set_of(lookup);
  if (set == NULL) return wow_error_nomem(err);
  sqlite3_str *key = wow_lookup_set_key(lookup);
  if (key == NULL) return wow_error_nomem(err);
  int rc = SQLITE_OK;
  if (lookup->target->conn->dry_run.is_on) {
    rc = find_dry(set, lookup, key, result, err);
  } else {
    set->n_uses++;
    rc = wow_lookup_set_note_variation(set, lookup);
    rc = rc == SQLITE_OK ? find(set, lookup, key, result, err) : wow_error_nomem(err);
  }
  wow_lookup_set_free_key(key);
  return rc;
}

/* Makes room where the cache has grown too large. SQLITE_OK or SQLITE_NOMEM. */
static int renew_cache(struct wow_lookup_set *set) {
  if (!wow_lookup_set_is_full(set->cache)) return SQLITE_OK;
  struct wow_row_cache *cache = wow_row_cache_new(set->n_members);
  if (cache == NULL) return SQLITE_NOMEM;
  wow_row_cache_release(set->cache);
  set->cache = cache;
  return SQLITE_OK;
}

static int ask(struct wow_lookup_set *set, const struct wow_lookup *lookup, sqlite3_str *key,
               struct wow_lookup_result *result, struct wow_error *err) {
  const char *text = wow_lookup_set_key_text(key);
  int bytes = sqlite3_str_length(key);
  sqlite3_int64 most = WOW_MAX_LOOKUP_ROWS, n = 0, limit = lookup->binding->first_rows;
  /* What is asked for a second time is remembered as a whole. */
  if (wow_row_cache_restart(set->cache, text, bytes)) most = WOW_MAX_FETCH_ROWS;
  /* Not past what LIMIT asked for: that would be one more request. */
  if (limit >= 0 && limit < most) most = limit;
  int rc = wow_row_cache_add(set->cache, text, bytes, NULL, err), step = SQLITE_ROW;
  while (rc == SQLITE_OK && n < most &&
         (n < WOW_MAX_LOOKUP_ROWS || !wow_lookup_set_is_full(set->cache)) &&
         (step = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    rc = wow_lookup_set_add_row(set->cache, key, lookup, err);
    n++;
  }
  set->n_rows += n;
  if (rc != SQLITE_OK) return rc;
  if (step == SQLITE_DONE) {
    wow_row_cache_complete(set->cache, text, bytes);
    result->is_complete = true;
  } else if (step != SQLITE_ROW) {
    return step;
  }
  wow_row_cache_cursor_start(result->cursor, set->cache,
                             wow_row_cache_find(set->cache, text, bytes));
  return SQLITE_OK;
}

int wow_lookup_ask(const struct wow_lookup *lookup, struct wow_lookup_result *result,
                   struct wow_error *err) {
  struct wow_lookup_set *set = wow_lookup_set_of(lookup);
  sqlite3_str *key = set ? wow_lookup_set_key(lookup) : NULL;
  result->is_complete = false;
  if (key == NULL || renew_cache(set) != SQLITE_OK) {
    wow_lookup_set_free_key(key);
    return wow_error_nomem(err);
  }
  set->n_requests++;
  set->n_keys++;
  int rc = ask(set, lookup, key, result, err);
  wow_lookup_set_free_key(key);
  return rc;
}

/* Adds the rows that come after those remembered. *is_all: there are no more of them. */
static int add_remaining(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                         sqlite3_str *key, bool *is_all, struct wow_error *err) {
  const struct wow_row_cache_entry *entry =
      wow_row_cache_find(set->cache, wow_lookup_set_key_text(key), sqlite3_str_length(key));
  sqlite3_int64 n_known = entry ? entry->n_rows : 0;
  int rc = SQLITE_OK, step = SQLITE_ROW;
  for (sqlite3_int64 n = 0; rc == SQLITE_OK; n++) {
    if (n >= n_known && (n >= WOW_MAX_FETCH_ROWS || wow_lookup_set_is_full(set->cache))) break;
    step = wow_pages_next(lookup->pages, err);
    if (step != SQLITE_ROW) break;
    if (n >= n_known) rc = wow_lookup_set_add_row(set->cache, key, lookup, err);
  }
  *is_all = step == SQLITE_DONE;
  return rc != SQLITE_OK || step == SQLITE_ROW || step == SQLITE_DONE ? rc : step;
}

int wow_lookup_go_on(const struct wow_lookup *lookup, sqlite3_int64 n_read,
                     struct wow_lookup_result *result, struct wow_error *err) {
  struct wow_lookup_set *set = wow_lookup_set_of(lookup);
  sqlite3_str *key = set ? wow_lookup_set_key(lookup) : NULL;
  result->is_complete = false;
  if (key == NULL) return wow_error_nomem(err);
  int rc = add_remaining(set, lookup, key, &result->is_complete, err),
      bytes = sqlite3_str_length(key);
  if (rc == SQLITE_OK && result->is_complete)
    wow_row_cache_complete(set->cache, wow_lookup_set_key_text(key), bytes);
  const struct wow_row_cache_entry *entry =
      wow_row_cache_find(set->cache, wow_lookup_set_key_text(key), bytes);
  if (rc == SQLITE_OK && entry) wow_row_cache_cursor_start(result->cursor, set->cache, entry);
  for (; rc == SQLITE_OK && n_read > 0; n_read--) {
    int step = wow_row_cache_cursor_next(result->cursor, err);
    if (step == SQLITE_DONE) break;
    if (step != SQLITE_ROW) rc = step;
  }
  wow_lookup_set_free_key(key);
  return rc;
}
