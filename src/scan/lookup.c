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

#include <string.h>

#include "scan/count.h"
#include "server/run.h"
#include "types/shippable.h"
#include "wire/deparse.h"

/* A term as the first run had it. */
struct first_term {
  enum wow_bound_kind kind;
  enum wow_op op;
  char *text;
  int bytes;
};

/* All runs of one plan. */
struct lookup_set {
  sqlite3_uint64 run; /* of the statements that these rows are for, see run.h */
  char *plan_text;
  int n_members;
  sqlite3_uint64 session;      /* whose rows they are, see session.h */
  struct wow_row_cache *cache; /* by all conditions */
  sqlite3_int64 n_uses;
  sqlite3_int64 n_requests; /* lookups that were sent */
  sqlite3_int64 n_rows;     /* and their rows */
  struct first_term first_terms[WOW_MAX_TERMS];
  int n_terms;
  char *first_others;          /* the first run's lists and parameters as text; NULL: none */
  bool varies[WOW_MAX_TERMS];  /* has the term had another value in another run? */
  bool others_vary;            /* a list or a parameter has */
  struct wow_row_cache *whole; /* the relation under the constant terms, by the varying ones */
  double whole_rows;           /* how many rows that has, by the server's estimate; -1: not asked */
  bool is_too_large;           /* to be fetched */
  bool hint_used;
  struct lookup_set *next;
};

struct wow_lookups {
  struct lookup_set *sets;
};

static void forget_whole(struct lookup_set *set) {
  wow_row_cache_release(set->whole);
  set->whole = NULL;
  set->whole_rows = -1;
}

static void set_free(struct lookup_set *set) {
  forget_whole(set);
  wow_row_cache_release(set->cache);
  for (int i = 0; i < set->n_terms; i++)
    sqlite3_free(set->first_terms[i].text);
  sqlite3_free(set->first_others);
  sqlite3_free(set->plan_text);
  sqlite3_free(set);
}

/* Forgets the rows for statements that have ended; without `runs` all of them. */
static void forget_sets(struct wow_lookups *lookups, const struct wow_runs *runs) {
  for (struct lookup_set **link = &lookups->sets; *link;) {
    struct lookup_set *set = *link;
    if (runs && !wow_run_is_over(runs, set->run)) {
      link = &set->next;
      continue;
    }
    *link = set->next;
    set_free(set);
  }
}

struct wow_lookups *wow_lookup_new_memory(void) {
  struct wow_lookups *lookups = sqlite3_malloc64(sizeof(*lookups));
  if (lookups == NULL) return NULL;
  memset(lookups, 0, sizeof(*lookups));
  return lookups;
}

void wow_lookup_free_memory(struct wow_lookups *lookups) {
  if (lookups == NULL) return;
  forget_sets(lookups, NULL);
  sqlite3_free(lookups);
}

bool wow_lookup_is_one(const struct wow_binding *binding) {
  /* Rows that are compared here cannot be told by a request's conditions. */
  if (binding->n_compared > 0 || !wow_bind_is_one_window(binding)) return false;
  for (int i = 0; i < binding->n_terms; i++) {
    enum wow_op op = binding->terms[i].term->op;
    if (op == WOW_EQ || op == WOW_IS) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- keys */

static bool is_sent(const struct wow_lookup *lookup, int term) {
  return lookup->binding->terms[term].kind == WOW_BOUND_SENT;
}

static void append_own(sqlite3_str *str, const struct wow_lookup *lookup, int term) {
  if (is_sent(lookup, term)) wow_deparse_condition(str, &lookup->binding->terms[term].condition);
}

/* The term as if it had been written with this value of its column. */
static void append_with(sqlite3_str *str, const struct wow_lookup *lookup, int term,
                        const struct wow_json_value *value) {
  const struct wow_relation *relation = lookup->target->relation;
  struct wow_condition condition = {
      .kind = WOW_CONDITION_TERM,
      .column = &relation->columns[lookup->binding->terms[term].term->column],
      .op = WOW_EQ,
      .text = value->text,
      .bytes = (int)value->bytes,
  };
  wow_deparse_condition(str, &condition);
}

static bool has_others(const struct wow_binding *binding) {
  bool has = binding->parameters.n > 0;
  for (int i = 0; i < binding->n_terms; i++)
    has = has || binding->terms[i].kind == WOW_BOUND_LIST;
  return has;
}

/* The lists and parameters. SQLITE_OK or SQLITE_NOMEM. */
static int append_others(sqlite3_str *str, const struct wow_lookup *lookup) {
  struct wow_where others = {0};
  if (!has_others(lookup->binding)) return SQLITE_OK;
  int rc = wow_bind_add_others(lookup->binding, &others);
  wow_deparse_where(str, &others);
  wow_condition_reset(&others);
  return rc == SQLITE_OK ? sqlite3_str_errcode(str) : rc;
}

/* The key of this lookup; with `value`, as if `term` had been written with it. NULL: no memory. */
static sqlite3_str *make_key(const struct wow_lookup *lookup, int term,
                             const struct wow_json_value *value) {
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (value && i == term)
      append_with(key, lookup, i, value);
    else
      append_own(key, lookup, i);
  }
  if (append_others(key, lookup) == SQLITE_OK && sqlite3_str_errcode(key) == SQLITE_OK) return key;
  sqlite3_free(sqlite3_str_finish(key));
  return NULL;
}

static void free_key(sqlite3_str *key) {
  if (key) sqlite3_free(sqlite3_str_finish(key));
}

/* An empty sqlite3_str has no text. */
static const char *key_text(sqlite3_str *key) {
  return sqlite3_str_length(key) ? sqlite3_str_value(key) : "";
}

/* ---------------------------------------------------------------- the set of a plan */

static bool is_same_term(const struct first_term *first, const struct wow_bound_term *bound) {
  if (first->kind != bound->kind) return false;
  if (bound->kind != WOW_BOUND_SENT) return true;
  const struct wow_condition *condition = &bound->condition;
  return first->op == condition->op && first->bytes == condition->bytes &&
         (first->text == NULL) == (condition->text == NULL) &&
         (first->bytes == 0 || memcmp(first->text, condition->text, (size_t)first->bytes) == 0);
}

/* Keeps the first run's lists and parameters, or notes that this run has others. */
static int note_others(struct lookup_set *set, const struct wow_lookup *lookup) {
  if (set->first_others == NULL && !has_others(lookup->binding)) return SQLITE_OK;
  sqlite3_str *str = sqlite3_str_new(NULL);
  int rc = append_others(str, lookup);
  bool is_same = set->first_others && strcmp(set->first_others, key_text(str)) == 0;
  if (rc == SQLITE_OK && set->n_uses > 1 && !is_same) set->others_vary = true;
  if (rc == SQLITE_OK && set->n_uses == 1) {
    set->first_others = sqlite3_mprintf("%s", key_text(str));
    if (set->first_others == NULL) rc = SQLITE_NOMEM;
  }
  free_key(str);
  return rc;
}

/* Notes which terms differ from the first run's. SQLITE_OK or SQLITE_NOMEM. */
static int note_variation(struct lookup_set *set, const struct wow_lookup *lookup) {
  bool changed = false;
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    bool is_same = is_same_term(&set->first_terms[i], &lookup->binding->terms[i]);
    if (!is_same && !set->varies[i]) changed = set->varies[i] = true;
  }
  if (changed) forget_whole(set);
  return note_others(set, lookup);
}

static int keep_first_terms(struct lookup_set *set, const struct wow_binding *binding) {
  set->n_terms = binding->n_terms;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    struct first_term *first = &set->first_terms[i];
    first->kind = bound->kind;
    if (bound->kind != WOW_BOUND_SENT) continue;
    first->op = bound->condition.op;
    first->bytes = bound->condition.bytes;
    if (bound->condition.text == NULL) continue;
    first->text = sqlite3_malloc64((sqlite3_uint64)first->bytes + 1);
    if (first->text == NULL) return SQLITE_NOMEM;
    memcpy(first->text, bound->condition.text, (size_t)first->bytes);
  }
  return SQLITE_OK;
}

static struct lookup_set *set_new(const struct wow_lookup *lookup, sqlite3_uint64 run) {
  struct lookup_set *set = sqlite3_malloc64(sizeof(*set));
  if (set == NULL) return NULL;
  memset(set, 0, sizeof(*set));
  set->whole_rows = -1;
  set->run = run;
  set->n_members = lookup->n_members;
  set->session = lookup->target->session->id;
  set->cache = wow_row_cache_new(lookup->n_members);
  set->plan_text = sqlite3_mprintf("%s", lookup->binding->plan->text);
  if (set->cache && set->plan_text && keep_first_terms(set, lookup->binding) == SQLITE_OK) {
    set->next = lookup->target->lookups->sets;
    lookup->target->lookups->sets = set;
    return set;
  }
  set_free(set);
  return NULL;
}

/* NULL: no memory. */
static struct lookup_set *set_of(const struct wow_lookup *lookup) {
  struct wow_lookups *lookups = lookup->target->lookups;
  struct wow_runs *runs = lookup->target->conn->runs;
  sqlite3_uint64 run = wow_run_current(runs);
  for (struct lookup_set *set = lookups->sets; set; set = set->next) {
    bool is_same = set->run == run && set->session == lookup->target->session->id &&
                   set->n_members == lookup->n_members &&
                   strcmp(set->plan_text, lookup->binding->plan->text) == 0;
    if (is_same) return set;
  }
  forget_sets(lookups, runs);
  return set_new(lookup, run);
}

/* ---------------------------------------------------------------- rows */

/* Adds the current row of the pages to a cache, under a key. */
static int add_row(struct wow_row_cache *cache, sqlite3_str *key, const struct wow_lookup *lookup,
                   struct wow_error *err) {
  sqlite3_uint64 bytes = sizeof(struct wow_json_value) * ((sqlite3_uint64)lookup->n_members + 1);
  struct wow_json_value *values = sqlite3_malloc64(bytes);
  if (values == NULL || sqlite3_str_errcode(key) != SQLITE_OK) {
    sqlite3_free(values);
    return wow_error_nomem(err);
  }
  for (int i = 0; i < lookup->n_members; i++)
    values[i] = *wow_rows_value(wow_pages_rows(lookup->pages), i);
  int rc = wow_row_cache_add(cache, key_text(key), sqlite3_str_length(key), values, err);
  sqlite3_free(values);
  return rc;
}

/* Starts a scan of which all rows will be read. */
static int start_all(struct wow_pages *pages, const struct wow_where *where,
                     struct wow_error *err) {
  int rc = wow_pages_start(pages, where, -1, -1, err);
  if (rc == SQLITE_OK) wow_pages_expect_all(pages);
  return rc;
}

static bool is_full(const struct wow_row_cache *cache) {
  return wow_row_cache_bytes(cache) > WOW_MAX_ROW_CACHE_BYTES;
}

/* ---------------------------------------------------------------- the whole relation */

/* May lookups be answered from the relation under the constant terms? */
static bool can_fetch(const struct lookup_set *set, const struct wow_lookup *lookup) {
  const struct wow_binding *binding = lookup->binding;
  bool varies = false;
  if (set->is_too_large || set->others_vary || binding->plan->n_order > 0) return false;
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

/* Does this run say each of the varying terms to the server? One that was left to SQLite, as a
** number beside text is, could have any row. */
static bool says_all(const struct lookup_set *set, const struct wow_lookup *lookup) {
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (set->varies[i] && !is_sent(lookup, i)) return false;
  }
  return true;
}

/* The conditions that do not vary. SQLITE_OK or SQLITE_NOMEM. */
static int add_constant(const struct lookup_set *set, const struct wow_lookup *lookup,
                        struct wow_where *where) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < lookup->binding->n_terms; i++) {
    if (!set->varies[i] && is_sent(lookup, i))
      rc = wow_condition_add(where, &lookup->binding->terms[i].condition);
  }
  return rc == SQLITE_OK ? wow_bind_add_others(lookup->binding, where) : rc;
}

/* How many rows the relation has under the constant terms; WOW_MAX_FETCH_ROWS if that cannot be
 *told, so
 ** that it is not asked again. */
static double estimate_whole(const struct lookup_set *set, const struct wow_lookup *lookup) {
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

/* Have the lookups cost as much as fetching would? */
static bool is_worth_fetching(struct lookup_set *set, const struct wow_lookup *lookup) {
  double cost = (double)set->n_requests * WOW_ROWS_PER_REQUEST + (double)set->n_rows;
  double known = *lookup->target->n_rows;
  if (set->n_requests == 0) return false;
  if (known >= 0 && known <= cost) return true;
  if (set->whole_rows < 0 && set->n_requests >= WOW_LOOKUPS_BEFORE_COUNT)
    set->whole_rows = estimate_whole(set, lookup);
  return set->whole_rows >= 0 && set->whole_rows <= cost;
}

/* Adds the current row to the whole, under the varying terms with its own values. */
static int add_to_whole(struct lookup_set *set, const struct wow_lookup *lookup, sqlite3_str *key,
                        struct wow_error *err) {
  const struct wow_rows *rows = wow_pages_rows(lookup->pages);
  sqlite3_str_reset(key);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (!set->varies[i]) continue;
    int member = lookup->members[lookup->binding->terms[i].term->column];
    const struct wow_json_value *value = wow_rows_value(rows, member);
    if (value->kind == WOW_JSON_NULL) return SQLITE_OK; /* nothing equals NULL */
    append_with(key, lookup, i, value);
  }
  return add_row(set->whole, key, lookup, err);
}

static int fetch_whole(struct lookup_set *set, const struct wow_lookup *lookup,
                       struct wow_error *err) {
  struct wow_where where = {0};
  sqlite3_str *key = sqlite3_str_new(NULL);
  sqlite3_int64 n = 0;
  set->whole = wow_row_cache_new(lookup->n_members);
  int rc = set->whole ? add_constant(set, lookup, &where) : SQLITE_NOMEM;
  if (rc != SQLITE_OK) wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = start_all(lookup->pages, &where, err);
  while (rc == SQLITE_OK && (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    rc = add_to_whole(set, lookup, key, err);
    if (++n > WOW_MAX_FETCH_ROWS || is_full(set->whole)) {
      set->is_too_large = true;
      break;
    }
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  if (rc != SQLITE_OK || set->is_too_large) forget_whole(set);
  free_key(key);
  wow_condition_reset(&where);
  return rc;
}

/* The lookup's rows in the whole relation: that there are none is an answer, too. */
static int find_in_whole(struct lookup_set *set, const struct wow_lookup *lookup,
                         struct wow_row_cache_cursor *cursor, struct wow_error *err) {
  static const struct wow_row_cache_entry none = {.first = -1, .is_complete = true};
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (set->varies[i]) append_own(key, lookup, i);
  }
  int rc = sqlite3_str_errcode(key);
  if (rc == SQLITE_OK) {
    const struct wow_row_cache_entry *entry =
        wow_row_cache_find(set->whole, key_text(key), sqlite3_str_length(key));
    wow_row_cache_cursor_start(cursor, set->whole, entry ? entry : &none);
  }
  free_key(key);
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

/* ---------------------------------------------------------------- keys known beforehand */

/* The conditions with the hint's window in place of the term that it is about. */
static int add_hinted(const struct wow_lookup *lookup, int hinted, struct wow_where *where) {
  const struct wow_binding *binding = lookup->binding;
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < binding->n_terms; i++) {
    if (i != hinted && is_sent(lookup, i))
      rc = wow_condition_add(where, &binding->terms[i].condition);
  }
  if (rc == SQLITE_OK) rc = wow_bind_add_others(binding, where);
  return rc == SQLITE_OK ? wow_condition_add(where, &binding->terms[binding->hint].condition) : rc;
}

/* Fetches the rows of the keys in the hint's present window. */
static int fetch_window(struct lookup_set *set, const struct wow_lookup *lookup, int hinted,
                        struct wow_error *err) {
  int member = lookup->members[lookup->binding->terms[hinted].term->column];
  struct wow_where where = {0};
  int rc = add_hinted(lookup, hinted, &where);
  if (rc != SQLITE_OK) wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = start_all(lookup->pages, &where, err);
  wow_pages_expect_few(lookup->pages);
  while (rc == SQLITE_OK && (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    sqlite3_str *key =
        make_key(lookup, hinted, wow_rows_value(wow_pages_rows(lookup->pages), member));
    rc = key ? add_row(set->cache, key, lookup, err) : wow_error_nomem(err);
    free_key(key);
  }
  wow_condition_reset(&where);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Of a key that has no row it is now known, too. */
static int complete_keys(struct lookup_set *set, const struct wow_lookup *lookup, int hinted,
                         struct wow_error *err) {
  const struct wow_list *list = &lookup->binding->terms[lookup->binding->hint].list;
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < list->n; i++) {
    struct wow_json_value value = {.kind = WOW_JSON_STRING};
    int bytes = 0;
    value.text = wow_condition_list_text(list, i, &bytes);
    value.bytes = (size_t)bytes;
    sqlite3_str *key = make_key(lookup, hinted, &value);
    if (key == NULL) return wow_error_nomem(err);
    rc = wow_row_cache_add(set->cache, key_text(key), sqlite3_str_length(key), NULL, err);
    if (rc == SQLITE_OK) wow_row_cache_complete(set->cache, key_text(key), sqlite3_str_length(key));
    free_key(key);
  }
  return rc;
}

static int fetch_hinted(struct lookup_set *set, const struct wow_lookup *lookup,
                        struct wow_error *err) {
  struct wow_binding *binding = lookup->binding;
  int hinted = wow_bind_hinted_term(binding), rc = SQLITE_OK;
  int column = binding->terms[hinted].term->column;
  set->hint_used = true;
  if (!wow_shippable_has_one_text(&lookup->target->relation->columns[column].type))
    return SQLITE_OK;
  if (wow_bind_hint(binding) != SQLITE_OK) return wow_error_nomem(err);
  if (binding->terms[binding->hint].list.n == 0) return SQLITE_OK;
  wow_bind_first_hint_window(binding, lookup->other_bytes);
  do {
    rc = fetch_window(set, lookup, hinted, err);
  } while (rc == SQLITE_OK && !is_full(set->cache) &&
           wow_bind_next_hint_window(binding, lookup->other_bytes));
  return rc == SQLITE_OK && !is_full(set->cache) ? complete_keys(set, lookup, hinted, err) : rc;
}

/* ---------------------------------------------------------------- one lookup */

/* What is remembered of a key. After the rows remembered the scan goes on by skipping as many: that
** takes an order. */
static bool find_remembered(const struct lookup_set *set, const struct wow_lookup *lookup,
                            sqlite3_str *key, struct wow_lookup_result *result) {
  const struct wow_row_cache_entry *entry =
      wow_row_cache_find(set->cache, key_text(key), sqlite3_str_length(key));
  if (entry == NULL) return false;
  if (!entry->is_complete && lookup->target->relation->n_key == 0) return false;
  result->way = WOW_LOOKUP_REMEMBERED;
  result->is_complete = entry->is_complete;
  wow_row_cache_cursor_start(result->cursor, set->cache, entry);
  return true;
}

/* Is it time to fetch the whole, if that can be? */
static bool is_worth_fetching_now(struct lookup_set *set, const struct wow_lookup *lookup) {
  return set->whole == NULL && says_all(set, lookup) && can_fetch(set, lookup) &&
         is_worth_fetching(set, lookup);
}

static int find(struct lookup_set *set, const struct wow_lookup *lookup, sqlite3_str *key,
                struct wow_lookup_result *result, struct wow_error *err) {
  int rc = SQLITE_OK;
  if (find_remembered(set, lookup, key, result)) {
    if (result->is_complete) return SQLITE_OK;
    /* What comes after the rows remembered is asked for again each time. */
    set->n_requests++;
    if (set->whole == NULL && !is_worth_fetching_now(set, lookup)) return SQLITE_OK;
  }
  /* The rows of several keys that arrive in turns are not remembered in the response's order. */
  if (lookup->binding->hint >= 0 && !set->hint_used && lookup->binding->plan->n_order == 0) {
    rc = fetch_hinted(set, lookup, err);
    if (rc != SQLITE_OK || find_remembered(set, lookup, key, result)) return rc;
  }
  if (is_worth_fetching_now(set, lookup)) rc = fetch_whole(set, lookup, err);
  if (rc != SQLITE_OK) return rc;
  result->is_complete = true;
  if (set->whole && says_all(set, lookup)) {
    result->way = WOW_LOOKUP_REMEMBERED;
    return find_in_whole(set, lookup, result->cursor, err);
  }
  /* Of a relation without a key, more rows than are remembered: they are asked for each time. */
  bool is_known = wow_row_cache_find(set->cache, key_text(key), sqlite3_str_length(key)) != NULL;
  result->way = is_known ? WOW_LOOKUP_PASS : set->n_uses == 1 ? WOW_LOOKUP_FIRST : WOW_LOOKUP_ASK;
  if (is_known) set->n_requests++;
  return SQLITE_OK;
}

int wow_lookup_find(const struct wow_lookup *lookup, struct wow_lookup_result *result,
                    struct wow_error *err) {
  struct lookup_set *set = set_of(lookup);
  if (set == NULL) return wow_error_nomem(err);
  sqlite3_str *key = make_key(lookup, 0, NULL);
  set->n_uses++;
  int rc = key ? note_variation(set, lookup) : SQLITE_NOMEM;
  rc = rc == SQLITE_OK ? find(set, lookup, key, result, err) : wow_error_nomem(err);
  free_key(key);
  return rc;
}

/* Makes room where the cache has grown too large. SQLITE_OK or SQLITE_NOMEM. */
static int renew_cache(struct lookup_set *set) {
  if (!is_full(set->cache)) return SQLITE_OK;
  struct wow_row_cache *cache = wow_row_cache_new(set->n_members);
  if (cache == NULL) return SQLITE_NOMEM;
  wow_row_cache_release(set->cache);
  set->cache = cache;
  return SQLITE_OK;
}

static int ask(struct lookup_set *set, const struct wow_lookup *lookup, sqlite3_str *key,
               struct wow_lookup_result *result, struct wow_error *err) {
  const char *text = key_text(key);
  int bytes = sqlite3_str_length(key);
  sqlite3_int64 most = WOW_MAX_LOOKUP_ROWS, n = 0, limit = lookup->binding->first_rows;
  /* Not past what LIMIT asked for: that would be one more request. */
  if (limit >= 0 && limit < most) most = limit;
  /* Rows of a lookup that broke off, which is tried again, would be there twice. */
  int rc = wow_row_cache_add(set->cache, text, bytes, NULL, err), step = SQLITE_ROW;
  while (rc == SQLITE_OK && n < most && (step = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    rc = add_row(set->cache, key, lookup, err);
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
  struct lookup_set *set = set_of(lookup);
  sqlite3_str *key = set ? make_key(lookup, 0, NULL) : NULL;
  result->is_complete = false;
  if (key == NULL || renew_cache(set) != SQLITE_OK) {
    free_key(key);
    return wow_error_nomem(err);
  }
  set->n_requests++;
  int rc = ask(set, lookup, key, result, err);
  free_key(key);
  return rc;
}
