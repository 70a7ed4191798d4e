/*
** The whole relation of lookups, see lookup_whole.h.
*/
#include "scan/lookup_whole.h"

#include "scan/count.h"
#include "types/shippable.h"

int wow_lookup_whole_start(struct wow_pages *pages, const struct wow_where *where,
                           struct wow_error *err) {
  int rc = wow_pages_start(pages, where, -1, -1, err);
  if (rc == SQLITE_OK) wow_pages_expect_all(pages);
  return rc;
}

/* May lookups be answered from the relation under the constant terms? */
static bool can_fetch(const struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  const struct wow_binding *binding = lookup->binding;
  bool varies = false;
  if (set->is_too_large || set->others_vary) return false;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_plan_term *term = binding->terms[i].term;
    if (!set->varies[i]) continue;
    varies = true;
    if (term->op != WOW_EQ || lookup->members[term->column] < 0) return false;
    if (!wow_shippable_has_one_text(&lookup->target->relation->columns[term->column].type))
      return false;
  }
  return varies;
}

bool wow_lookup_whole_has(const struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (set->varies[i] && !wow_lookup_set_is_sent(lookup, i)) return false;
  }
  return true;
}

/* The conditions that do not vary. SQLITE_OK or SQLITE_NOMEM. */
static int add_constant(const struct wow_lookup_set *set, const struct wow_lookup *lookup,
                        struct wow_where *where) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < lookup->binding->n_terms; i++) {
    if (!set->varies[i] && wow_lookup_set_is_sent(lookup, i))
      rc = wow_condition_add(where, &lookup->binding->terms[i].condition);
  }
  return rc == SQLITE_OK ? wow_bind_add_others(lookup->binding, where) : rc;
}

/* How many rows the relation has under the constant terms; WOW_MAX_FETCH_ROWS if that cannot be
** told, so that it is not asked again. */
static double estimate_whole(const struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  struct wow_where where = {0};
  struct wow_error ignored = {0}; /* an interrupt shows again at the next request */
  double known = *lookup->target->n_rows, n_rows = -1;
  if (add_constant(set, lookup, &where) == SQLITE_OK) {
    bool is_all = where.n == 0 && known >= 0;
    n_rows = is_all ? known : wow_count_estimate(lookup->target, &where, &ignored);
  }
  wow_error_reset(&ignored);
  wow_condition_reset(&where);
  return n_rows < 0 ? WOW_MAX_FETCH_ROWS : n_rows;
}

/*
** Are the lookups that are still to come going to cost as much as fetching would? In rows; a
** request is worth as many as could travel in its time. Keys that have been noted will be asked
** for. Of others nothing is known, unless a dry run has shown how far the statement is: then there
** are taken to be as many to come as there have been, so that it costs twice the best at most.
*/
static bool is_worth_fetching(struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  double request = wow_pace_rows_per_request(&lookup->target->server->learned.pace);
  double rows_per_key = set->n_keys > 0 ? (double)set->n_rows / (double)set->n_keys : 1;
  int n_coming = set->coming.n - set->coming.n_fetched;
  double spent = (double)set->n_requests * request + (double)set->n_rows;
  double coming = n_coming * (rows_per_key + request / WOW_KEYS_PER_REQUEST);
  double cost = set->outlook * (spent + coming) - spent;
  double known = *lookup->target->n_rows;
  if (lookup->target->conn->ahead == WOW_AHEAD_ALWAYS) return false;
  if (set->n_requests == 0 && n_coming == 0) return false;
  if (known >= 0 && known <= cost) return true;
  if (set->whole_rows < 0 && set->n_requests >= WOW_LOOKUPS_BEFORE_COUNT)
    set->whole_rows = estimate_whole(set, lookup);
  return set->whole_rows >= 0 && set->whole_rows <= cost;
}

/* Adds the current row to the whole, under the varying terms with its own values. */
static int add_to_whole(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                        sqlite3_str *key, struct wow_error *err) {
  const struct wow_rows *rows = wow_pages_rows(lookup->pages);
  sqlite3_str_reset(key);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (!set->varies[i]) continue;
    int member = lookup->members[lookup->binding->terms[i].term->column];
    const struct wow_json_value *value = wow_rows_value(rows, member);
    if (value->kind == WOW_JSON_NULL) return SQLITE_OK; /* nothing equals NULL */
    wow_lookup_set_append_of_row(key, lookup, i);
  }
  return wow_lookup_set_add_row(set->whole, key, lookup, err);
}

int wow_lookup_whole_fetch(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                           struct wow_error *err) {
  struct wow_where where = {0};
  sqlite3_str *key = sqlite3_str_new(NULL);
  sqlite3_int64 n = 0;
  set->whole = wow_row_cache_new(lookup->n_members);
  int rc = set->whole ? add_constant(set, lookup, &where) : SQLITE_NOMEM;
  if (rc != SQLITE_OK) wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = wow_lookup_whole_start(lookup->pages, &where, err);
  while (rc == SQLITE_OK && (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    rc = add_to_whole(set, lookup, key, err);
    if (++n > WOW_MAX_FETCH_ROWS || wow_lookup_set_is_full(set->whole)) {
      set->is_too_large = true;
      break;
    }
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  if (rc != SQLITE_OK || set->is_too_large) wow_lookup_set_forget_whole(set);
  wow_lookup_set_free_key(key);
  wow_condition_reset(&where);
  return rc;
}

int wow_lookup_whole_find(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                          struct wow_row_cache_cursor *cursor, struct wow_error *err) {
  static const struct wow_row_cache_entry none = {.first = -1, .is_complete = true};
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (set->varies[i]) wow_lookup_set_append_own(key, lookup, i);
  }
  int rc = sqlite3_str_errcode(key);
  if (rc == SQLITE_OK) {
    const struct wow_row_cache_entry *entry =
        wow_row_cache_find(set->whole, wow_lookup_set_key_text(key), sqlite3_str_length(key));
    wow_row_cache_cursor_start(cursor, set->whole, entry ? entry : &none);
  }
  wow_lookup_set_free_key(key);
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

bool wow_lookup_whole_is_due(struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  return set->whole == NULL && wow_lookup_whole_has(set, lookup) && can_fetch(set, lookup) &&
         is_worth_fetching(set, lookup);
}
