/*
** Sets of lookups, see lookup_set.h.
*/
#include "scan/lookup_set.h"

#include <string.h>

#include "server/run.h"
#include "wire/deparse.h"

struct wow_lookups {
  struct wow_lookup_set *sets;
};

void wow_lookup_set_forget_whole(struct wow_lookup_set *set) {
  wow_row_cache_release(set->whole);
  set->whole = NULL;
  set->whole_rows = -1;
}

void wow_lookup_set_forget_coming(struct wow_lookup_set *set) {
  struct wow_coming *coming = &set->coming;
  for (int i = 0; i < WOW_MAX_TERMS; i++)
    wow_condition_list_reset(&coming->texts[i]);
  wow_row_cache_release(coming->noted);
  memset(coming, 0, sizeof(*coming));
  set->hint_used = false;
}

static void set_free(struct wow_lookup_set *set) {
  wow_lookup_set_forget_whole(set);
  wow_row_cache_release(set->cache);
  for (int i = 0; i < set->n_terms; i++)
    sqlite3_free(set->first_terms[i].text);
  wow_lookup_set_forget_coming(set);
  sqlite3_free(set->first_others);
  sqlite3_free(set->plan_text);
  sqlite3_free(set);
}

/* Forgets the rows for statements that have ended; without `runs` all of them. */
static void forget_sets(struct wow_lookups *lookups, const struct wow_runs *runs) {
  for (struct wow_lookup_set **link = &lookups->sets; *link;) {
    struct wow_lookup_set *set = *link;
    if (runs && !wow_run_is_over(runs, set->run)) {
      link = &set->next;
      continue;
    }
    *link = set->next;
    set_free(set);
  }
}

struct wow_lookups *wow_lookup_set_new_memory(void) {
  struct wow_lookups *lookups = sqlite3_malloc64(sizeof(*lookups));
  if (lookups == NULL) return NULL;
  memset(lookups, 0, sizeof(*lookups));
  return lookups;
}

void wow_lookup_set_free_memory(struct wow_lookups *lookups) {
  if (lookups == NULL) return;
  forget_sets(lookups, NULL);
  sqlite3_free(lookups);
}

/* ---------------------------------------------------------------- keys */

bool wow_lookup_set_is_sent(const struct wow_lookup *lookup, int term) {
  return lookup->binding->terms[term].kind == WOW_BOUND_SENT;
}

void wow_lookup_set_append_own(sqlite3_str *str, const struct wow_lookup *lookup, int term) {
  if (wow_lookup_set_is_sent(lookup, term))
    wow_deparse_condition(str, &lookup->binding->terms[term].condition);
}

void wow_lookup_set_append_text(sqlite3_str *str, const struct wow_lookup *lookup, int term,
                                const char *text, int bytes) {
  struct wow_condition condition = {
      .kind = WOW_CONDITION_TERM,
      .column = &lookup->target->relation->columns[lookup->binding->terms[term].term->column],
      .op = WOW_EQ,
      .text = text,
      .bytes = bytes,
  };
  wow_deparse_condition(str, &condition);
}

void wow_lookup_set_append_of_row(sqlite3_str *str, const struct wow_lookup *lookup, int term) {
  int member = lookup->members[lookup->binding->terms[term].term->column];
  const struct wow_json_value *value = wow_rows_value(wow_pages_rows(lookup->pages), member);
  wow_lookup_set_append_text(str, lookup, term, value->text, (int)value->bytes);
}

static bool has_others(const struct wow_binding *binding) {
  bool has = binding->parameters.n > 0;
  for (int i = 0; i < binding->n_terms; i++)
    has = has || binding->terms[i].kind == WOW_BOUND_LIST;
  return has;
}

int wow_lookup_set_append_others(sqlite3_str *str, const struct wow_lookup *lookup) {
  struct wow_where others = {0};
  if (!has_others(lookup->binding)) return SQLITE_OK;
  int rc = wow_bind_add_others(lookup->binding, &others);
  wow_deparse_where(str, &others);
  wow_condition_reset(&others);
  return rc == SQLITE_OK ? sqlite3_str_errcode(str) : rc;
}

sqlite3_str *wow_lookup_set_key(const struct wow_lookup *lookup) {
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < lookup->binding->n_terms; i++)
    wow_lookup_set_append_own(key, lookup, i);
  if (wow_lookup_set_append_others(key, lookup) == SQLITE_OK &&
      sqlite3_str_errcode(key) == SQLITE_OK) {
    return key;
  }
  wow_lookup_set_free_key(key);
  return NULL;
}

void wow_lookup_set_free_key(sqlite3_str *key) {
  if (key) sqlite3_free(sqlite3_str_finish(key));
}

/* An empty sqlite3_str has no text. */
const char *wow_lookup_set_key_text(sqlite3_str *key) {
  return sqlite3_str_length(key) ? sqlite3_str_value(key) : "";
}

/* ---------------------------------------------------------------- the set of a plan */

static bool is_same_term(const struct wow_first_term *first, const struct wow_bound_term *bound) {
  if (first->kind != bound->kind) return false;
  if (bound->kind != WOW_BOUND_SENT) return true;
  const struct wow_condition *condition = &bound->condition;
  return first->op == condition->op && first->bytes == condition->bytes &&
         (first->text == NULL) == (condition->text == NULL) &&
         (first->bytes == 0 || memcmp(first->text, condition->text, (size_t)first->bytes) == 0);
}

/* Keeps the first run's lists and parameters, or notes that this run has others. */
static int note_others(struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  if (set->first_others == NULL && !has_others(lookup->binding)) return SQLITE_OK;
  sqlite3_str *str = sqlite3_str_new(NULL);
  int rc = wow_lookup_set_append_others(str, lookup);
  bool is_same = set->first_others && strcmp(set->first_others, wow_lookup_set_key_text(str)) == 0;
  if (rc == SQLITE_OK && set->n_uses > 1 && !is_same) set->others_vary = true;
  if (rc == SQLITE_OK && set->n_uses == 1) {
    set->first_others = sqlite3_mprintf("%s", wow_lookup_set_key_text(str));
    if (set->first_others == NULL) rc = SQLITE_NOMEM;
  }
  wow_lookup_set_free_key(str);
  return rc;
}

int wow_lookup_set_note_variation(struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  bool changed = false;
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    bool is_same = is_same_term(&set->first_terms[i], &lookup->binding->terms[i]);
    if (!is_same && !set->varies[i]) changed = set->varies[i] = true;
  }
  if (changed) wow_lookup_set_forget_whole(set);
  return note_others(set, lookup);
}

static int keep_first_terms(struct wow_lookup_set *set, const struct wow_binding *binding) {
  set->n_terms = binding->n_terms;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    struct wow_first_term *first = &set->first_terms[i];
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

static struct wow_lookup_set *set_new(const struct wow_lookup *lookup, sqlite3_uint64 run) {
  struct wow_lookup_set *set = sqlite3_malloc64(sizeof(*set));
  if (set == NULL) return NULL;
  memset(set, 0, sizeof(*set));
  set->whole_rows = -1;
  set->outlook = WOW_OUTLOOK;
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

static struct wow_lookup_set *find(const struct wow_lookup *lookup) {
  sqlite3_uint64 run = wow_run_current(lookup->target->conn->runs);
  for (struct wow_lookup_set *set = lookup->target->lookups->sets; set; set = set->next) {
    bool is_same = set->run == run && set->session == lookup->target->session->id &&
                   set->n_members == lookup->n_members &&
                   strcmp(set->plan_text, lookup->binding->plan->text) == 0;
    if (is_same) return set;
  }
  return NULL;
}

struct wow_lookup_set *wow_lookup_set_of(const struct wow_lookup *lookup) {
  struct wow_lookup_set *set = find(lookup);
  if (set) return set;
  struct wow_runs *runs = lookup->target->conn->runs;
  forget_sets(lookup->target->lookups, runs);
  return set_new(lookup, wow_run_current(runs));
}

/* ---------------------------------------------------------------- rows */

int wow_lookup_set_add_row(struct wow_row_cache *cache, sqlite3_str *key,
                           const struct wow_lookup *lookup, struct wow_error *err) {
  sqlite3_uint64 bytes = sizeof(struct wow_json_value) * ((sqlite3_uint64)lookup->n_members + 1);
  struct wow_json_value *values = sqlite3_malloc64(bytes);
  if (values == NULL || sqlite3_str_errcode(key) != SQLITE_OK) {
    sqlite3_free(values);
    return wow_error_nomem(err);
  }
  for (int i = 0; i < lookup->n_members; i++)
    values[i] = *wow_rows_value(wow_pages_rows(lookup->pages), i);
  int rc =
      wow_row_cache_add(cache, wow_lookup_set_key_text(key), sqlite3_str_length(key), values, err);
  sqlite3_free(values);
  return rc;
}

bool wow_lookup_set_is_full(const struct wow_row_cache *cache) {
  return wow_row_cache_bytes(cache) > WOW_MAX_ROW_CACHE_BYTES;
}
