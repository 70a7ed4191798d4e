/*
** Fetching lookups together, see lookup_batch.h.
*/
#include "scan/lookup_batch.h"

#include <string.h>

#include "scan/lookup_whole.h"
#include "scan/page.h"
#include "scan/width.h"
#include "types/shippable.h"
#include "wire/deparse.h"

/* A lookup with another text in one of its terms. */
struct other {
  int term; /* -1: none, it is the lookup itself */
  const char *text;
  int bytes;
};

static sqlite3_str *key_with(const struct wow_lookup *lookup, const struct other *other) {
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (i == other->term)
      wow_lookup_set_append_text(key, lookup, i, other->text, other->bytes);
    else
      wow_lookup_set_append_own(key, lookup, i);
  }
  if (wow_lookup_set_append_others(key, lookup) == SQLITE_OK &&
      sqlite3_str_errcode(key) == SQLITE_OK) {
    return key;
  }
  wow_lookup_set_free_key(key);
  return NULL;
}

/* ---------------------------------------------------------------- noting */

/* Does it have the form of the set's first lookup, so that texts tell the two apart? */
static bool has_form(const struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  for (int i = 0; i < set->n_terms; i++) {
    const struct wow_bound_term *bound = &lookup->binding->terms[i];
    if (bound->kind != set->first_terms[i].kind) return false;
    if (bound->kind != WOW_BOUND_SENT) continue;
    if (bound->condition.op != set->first_terms[i].op || bound->condition.upper) return false;
  }
  return true;
}

static int add_texts(struct wow_coming *coming, const struct wow_lookup *lookup,
                     const struct other *other) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < lookup->binding->n_terms; i++) {
    const struct wow_condition *own = &lookup->binding->terms[i].condition;
    if (!wow_lookup_set_is_sent(lookup, i)) continue;
    if (i == other->term)
      rc = wow_condition_list_add(&coming->texts[i], other->text, other->bytes);
    else
      rc = wow_condition_list_add(&coming->texts[i], own->text ? own->text : "",
                                  own->text ? own->bytes : 0);
  }
  coming->n += rc == SQLITE_OK;
  return rc;
}

static bool has_key(const struct wow_row_cache *cache, sqlite3_str *key) {
  return cache &&
         wow_row_cache_find(cache, wow_lookup_set_key_text(key), sqlite3_str_length(key)) != NULL;
}

bool wow_lookup_batch_knows(const struct wow_lookup_set *set, sqlite3_str *key) {
  return has_key(set->coming.noted, key);
}

static int note(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                const struct other *other, struct wow_error *err) {
  struct wow_coming *coming = &set->coming;
  int rc = SQLITE_OK;
  if (coming->is_off || !has_form(set, lookup)) return SQLITE_OK;
  if (coming->noted == NULL) coming->noted = wow_row_cache_new(0);
  sqlite3_str *key = coming->noted ? key_with(lookup, other) : NULL;
  if (key == NULL) return wow_error_nomem(err);
  if (!has_key(coming->noted, key) && !has_key(set->cache, key)) {
    rc = wow_row_cache_add(coming->noted, wow_lookup_set_key_text(key), sqlite3_str_length(key),
                           NULL, err);
    if (rc == SQLITE_OK && add_texts(coming, lookup, other) != SQLITE_OK) rc = wow_error_nomem(err);
  }
  wow_lookup_set_free_key(key);
  return rc;
}

int wow_lookup_batch_note(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                          struct wow_error *err) {
  struct other none = {-1, NULL, 0};
  return note(set, lookup, &none, err);
}

int wow_lookup_batch_note_hint(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                               struct wow_error *err) {
  struct wow_binding *binding = lookup->binding;
  const struct wow_list *list = &binding->terms[binding->hint].list;
  struct other other = {wow_bind_hinted_term(binding), NULL, 0};
  int rc = SQLITE_OK;
  set->hint_used = true;
  set->outlook = 1;
  if (wow_bind_hint(binding) != SQLITE_OK) return wow_error_nomem(err);
  for (int i = 0; rc == SQLITE_OK && i < list->n; i++) {
    other.text = wow_condition_list_text(list, i, &other.bytes);
    rc = note(set, lookup, &other, err);
  }
  return rc;
}

/* ---------------------------------------------------------------- fetching */

/* The lookups of one request: those noted from coming.n_fetched up to `to`. */
struct batch {
  bool varies[WOW_MAX_TERMS]; /* which terms differ among them, or from the present lookup */
  int n_varying;
  int last_varying; /* the last of these terms */
  int to;
};

static bool is_text_of(const struct wow_condition *condition, const struct wow_list *texts, int i) {
  int bytes = 0;
  const char *text = wow_condition_list_text(texts, i, &bytes);
  int own = condition->text ? condition->bytes : 0;
  return bytes == own && (bytes == 0 || memcmp(text, condition->text, (size_t)bytes) == 0);
}

/* Equal values of the column have one text, so that a row tells to which lookup it belongs. */
static bool can_vary(const struct wow_lookup *lookup, int term) {
  const struct wow_plan_term *planned = lookup->binding->terms[term].term;
  const struct wow_column *column = &lookup->target->relation->columns[planned->column];
  return planned->op == WOW_EQ && lookup->members[planned->column] >= 0 &&
         wow_shippable_has_one_text(&column->type);
}

/* Which terms vary among those to come. False: they cannot be fetched together. */
static bool find_varying(const struct wow_lookup_set *set, const struct wow_lookup *lookup,
                         struct batch *batch) {
  const struct wow_coming *coming = &set->coming;
  for (int i = 0; i < set->n_terms; i++) {
    const struct wow_bound_term *bound = &lookup->binding->terms[i];
    if (bound->kind != WOW_BOUND_SENT) continue;
    for (int j = coming->n_fetched; j < coming->n && !batch->varies[i]; j++)
      batch->varies[i] = !is_text_of(&bound->condition, &coming->texts[i], j);
    if (!batch->varies[i]) continue;
    if (!can_vary(lookup, i)) return false;
    batch->last_varying = i;
    batch->n_varying++;
  }
  /* An embedded relation's column cannot be named within or=(). */
  for (int i = 0; i < set->n_terms && batch->n_varying > 1; i++) {
    int column = lookup->binding->terms[i].term->column;
    if (batch->varies[i] && lookup->target->relation->columns[column].embed) return false;
  }
  return true;
}

bool wow_lookup_batch_has(const struct wow_lookup_set *set, const struct wow_lookup *lookup) {
  const struct wow_coming *coming = &set->coming;
  return !coming->is_off && coming->n_fetched < coming->n && has_form(set, lookup) &&
         !wow_lookup_set_is_full(set->cache);
}

bool wow_lookup_batch_is_rest(const struct wow_lookup_set *set) {
  int n = set->coming.n - set->coming.n_fetched;
  return set->ahead_goes_on && n > 0 && n < WOW_KEYS_PER_REQUEST / 2;
}

/* The bytes that a lookup takes of a request. */
static sqlite3_int64 length_of(const struct wow_lookup_set *set, const struct wow_lookup *lookup,
                               const struct batch *batch, int i) {
  sqlite3_int64 length = 1;
  for (int j = 0; j < set->n_terms; j++) {
    int bytes = 0;
    if (!batch->varies[j]) continue;
    const char *text = wow_condition_list_text(&set->coming.texts[j], i, &bytes);
    length += wow_deparse_element_length(text, bytes);
    if (batch->n_varying == 1) continue;
    int column = lookup->binding->terms[j].term->column;
    length += 3 * (sqlite3_int64)strlen(lookup->target->relation->columns[column].name) + 8;
  }
  return length;
}

/* Takes as many as there is room for, one at least. */
static void fill(const struct wow_lookup_set *set, const struct wow_lookup *lookup,
                 struct batch *batch) {
  sqlite3_int64 room = wow_bind_room(lookup->binding, lookup->other_bytes);
  int from = set->coming.n_fetched;
  for (batch->to = from; batch->to < set->coming.n; batch->to++) {
    room -= length_of(set, lookup, batch, batch->to);
    if (room < 0 && batch->to > from) break;
  }
}

/* The condition that stands for the varying terms. */
static int add_varying(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                       const struct batch *batch, struct wow_tuples *tuples,
                       struct wow_where *where) {
  const struct wow_relation *relation = lookup->target->relation;
  struct wow_condition condition = {.kind = WOW_CONDITION_TUPLES, .tuples = tuples};
  tuples->from = set->coming.n_fetched;
  tuples->to = batch->to;
  for (int i = 0; i < set->n_terms; i++) {
    if (!batch->varies[i]) continue;
    struct wow_list *list = &set->coming.texts[i];
    list->window_from = tuples->from;
    list->window_to = tuples->to;
    const struct wow_column *column = &relation->columns[lookup->binding->terms[i].term->column];
    tuples->members[tuples->n++] = (struct wow_tuple_member){column, list};
  }
  if (tuples->n == 1) {
    condition.kind = WOW_CONDITION_LIST;
    condition.column = tuples->members[0].column;
    condition.list = tuples->members[0].list;
  }
  return tuples->n > 0 ? wow_condition_add(where, &condition) : SQLITE_OK;
}

static int make_where(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                      const struct batch *batch, struct wow_tuples *tuples,
                      struct wow_where *where) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < set->n_terms; i++) {
    if (!batch->varies[i] && wow_lookup_set_is_sent(lookup, i))
      rc = wow_condition_add(where, &lookup->binding->terms[i].condition);
  }
  if (rc == SQLITE_OK) rc = wow_bind_add_others(lookup->binding, where);
  return rc == SQLITE_OK ? add_varying(set, lookup, batch, tuples, where) : rc;
}

/* The key of a noted lookup; -1: of the one that the current row belongs to. */
static sqlite3_str *key_of(const struct wow_lookup_set *set, const struct wow_lookup *lookup,
                           const struct batch *batch, int noted) {
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < set->n_terms; i++) {
    int bytes = 0;
    if (!batch->varies[i]) {
      wow_lookup_set_append_own(key, lookup, i);
    } else if (noted < 0) {
      wow_lookup_set_append_of_row(key, lookup, i);
    } else {
      const char *text = wow_condition_list_text(&set->coming.texts[i], noted, &bytes);
      wow_lookup_set_append_text(key, lookup, i, text, bytes);
    }
  }
  if (wow_lookup_set_append_others(key, lookup) == SQLITE_OK &&
      sqlite3_str_errcode(key) == SQLITE_OK) {
    return key;
  }
  wow_lookup_set_free_key(key);
  return NULL;
}

/* Begins the entries of the batch's keys from nothing: some may have rows, of lookups or of a batch
** that failed. Afterwards, with `is_complete`, says that they have all their rows, or none. */
static int mark(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                const struct batch *batch, bool is_complete, struct wow_error *err) {
  int rc = SQLITE_OK;
  for (int i = set->coming.n_fetched; rc == SQLITE_OK && i < batch->to; i++) {
    sqlite3_str *key = key_of(set, lookup, batch, i);
    if (key == NULL) return wow_error_nomem(err);
    const char *text = wow_lookup_set_key_text(key);
    int bytes = sqlite3_str_length(key);
    if (is_complete)
      rc = wow_row_cache_add(set->cache, text, bytes, NULL, err);
    else
      wow_row_cache_restart(set->cache, text, bytes);
    if (rc == SQLITE_OK && is_complete) wow_row_cache_complete(set->cache, text, bytes);
    wow_lookup_set_free_key(key);
  }
  return rc;
}

static int read_rows(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                     const struct batch *batch, sqlite3_int64 *n, struct wow_error *err) {
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    sqlite3_str *key = key_of(set, lookup, batch, -1);
    rc = key ? wow_lookup_set_add_row(set->cache, key, lookup, err) : wow_error_nomem(err);
    wow_lookup_set_free_key(key);
    ++*n;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Did the server refuse, for a reason that lookups one by one may not have? Those that can be done
** something about, whoever asks, are not among them. */
static bool is_refused(const struct wow_error *err) {
  return err->rc != SQLITE_OK && err->http_status >= 400 && !wow_page_is_too_long(err) &&
         !wow_width_is_refusal(err);
}

int wow_lookup_batch_fetch(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                           struct wow_error *err) {
  struct batch batch = {0};
  struct wow_tuples tuples = {0};
  struct wow_where where = {0};
  sqlite3_int64 n = 0;
  if (!find_varying(set, lookup, &batch)) {
    set->coming.is_off = true;
    return SQLITE_OK;
  }
  fill(set, lookup, &batch);
  int rc = make_where(set, lookup, &batch, &tuples, &where),
      keys = batch.to - set->coming.n_fetched;
  if (rc != SQLITE_OK) wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = wow_lookup_whole_start(lookup->pages, &where, err);
  wow_pages_expect_few(lookup->pages);
  if (rc == SQLITE_OK) rc = mark(set, lookup, &batch, false, err);
  if (rc == SQLITE_OK) rc = read_rows(set, lookup, &batch, &n, err);
  if (rc == SQLITE_OK) rc = mark(set, lookup, &batch, true, err);
  wow_condition_reset(&where);
  set->n_requests++;
  set->n_keys += keys;
  set->n_rows += n;
  if (is_refused(err)) {
    wow_error_reset(err);
    set->coming.is_off = true;
    return SQLITE_OK;
  }
  /* What was noted are values for a wider column. */
  if (wow_width_is_refusal(err)) wow_lookup_set_forget_coming(set);
  if (rc != SQLITE_OK) return rc;
  set->coming.n_fetched = batch.to;
  /* SQLite wants few rows of each, and there are many. */
  if (lookup->binding->first_rows >= 0 && n > (sqlite3_int64)keys * WOW_MAX_LOOKUP_ROWS)
    set->coming.is_off = true;
  return SQLITE_OK;
}
