/*
** Lookups, see lookup.h.
**
** What is looked up is the text of the request's condition, "&city=eq.Oslo&id=eq.7". Run with other
** values, some of its terms vary; the others are constant, and with them alone the server gives the
** relation that all these lookups are about. A row of it belongs to the lookup whose varying terms
** read as if they had been written with the row's own values. That holds for = and for types of
** which equal values have one text; with others every lookup is a request.
*/
#include "scan/lookup.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "wire/deparse.h"
#include "server/run.h"
#include "types/shippable.h"
#include "base/limits.h"

/* All runs of one plan. */
struct group {
  sqlite3_uint64 run; /* of the statements that these answers are for, see statement.h */
  char *plan_text;
  int n_select; /* values of a row */
  const struct wow_server *server;
  struct wow_answers *answers; /* by the whole condition */
  sqlite3_int64 n_runs;
  sqlite3_int64 n_requests; /* lookups that were sent */
  sqlite3_int64 n_rows;     /* and their rows */
  char *filters;            /* the first run's condition */
  int term_ends[WOW_PLAN_TERMS];
  bool varies[WOW_PLAN_TERMS]; /* has the term had another value in another run? */
  bool rest_varies;            /* wowsql_filter or a list has */
  struct wow_answers *whole;   /* the relation under the constant terms, by the varying ones */
  double whole_rows;           /* how many rows that has, by the server's estimate; -1: not asked */
  bool is_too_large;           /* to be fetched */
  bool hint_used;
  struct group *next;
};

struct wow_lookups {
  struct group *groups;
};

static void forget_whole(struct group *group) {
  wow_answers_release(group->whole);
  group->whole = NULL;
  group->whole_rows = -1;
}

/* Forgets the answers for statements that have ended; without `statements` all of them. */
static void forget_groups(struct wow_lookups *lookups, const struct wow_statements *statements) {
  for (struct group **link = &lookups->groups; *link;) {
    struct group *group = *link;
    if (statements && !wow_statements_is_over(statements, group->run)) {
      link = &group->next;
      continue;
    }
    *link = group->next;
    forget_whole(group);
    wow_answers_release(group->answers);
    sqlite3_free(group->plan_text);
    sqlite3_free(group->filters);
    sqlite3_free(group);
  }
}

struct wow_lookups *wow_lookups_new(void) {
  struct wow_lookups *lookups = sqlite3_malloc64(sizeof(*lookups));
  if (lookups == NULL) return NULL;
  memset(lookups, 0, sizeof(*lookups));
  return lookups;
}

void wow_lookups_free(struct wow_lookups *lookups) {
  if (lookups == NULL) return;
  forget_groups(lookups, NULL);
  sqlite3_free(lookups);
}

bool wow_lookup_is_one(const struct wow_plan *plan, const struct wow_query *query) {
  /* Rows that are compared here have no place in the condition's text. */
  if (query->n_compares > 0 || !wow_query_is_one_window(query)) return false;
  for (int i = 0; i < plan->n_terms; i++) {
    if (plan->terms[i].op == WOW_EQ || plan->terms[i].op == WOW_IS) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- the group of a plan */

/* Which terms differ from the first run's. */
static void note_variation(struct group *group, const struct wow_lookup *lookup) {
  int n = lookup->plan->n_terms, a = 0, b = 0;
  bool changed = false;
  for (int i = 0; i < n; i++) {
    int a_bytes = group->term_ends[i] - a, b_bytes = lookup->query->term_ends[i] - b;
    bool same =
        a_bytes == b_bytes && memcmp(group->filters + a, lookup->filters + b, (size_t)a_bytes) == 0;
    if (!same && !group->varies[i]) changed = group->varies[i] = true;
    a += a_bytes;
    b += b_bytes;
  }
  if (strcmp(group->filters + a, lookup->filters + b) != 0) group->rest_varies = true;
  if (changed) forget_whole(group);
}

static struct group *group_new(const struct wow_lookup *lookup, sqlite3_uint64 run) {
  struct group *group = sqlite3_malloc64(sizeof(*group));
  if (group == NULL) return NULL;
  memset(group, 0, sizeof(*group));
  group->next = lookup->lookups->groups;
  lookup->lookups->groups = group;
  group->whole_rows = -1;
  group->run = run;
  group->n_select = lookup->n_select;
  group->server = lookup->server;
  group->answers = wow_answers_new(lookup->n_select);
  group->plan_text = sqlite3_mprintf("%s", lookup->plan_text);
  group->filters = sqlite3_mprintf("%s", lookup->filters);
  memcpy(group->term_ends, lookup->query->term_ends, sizeof(group->term_ends));
  return group->answers && group->plan_text && group->filters ? group : NULL;
}

/* NULL: no memory. */
static struct group *group_of(const struct wow_lookup *lookup) {
  struct wow_lookups *lookups = lookup->lookups;
  sqlite3_uint64 run = wow_statements_run(lookup->conn->statements);
  for (struct group *group = lookups->groups; group; group = group->next) {
    bool same = group->run == run && group->server == lookup->server &&
                group->n_select == lookup->n_select && group->filters &&
                strcmp(group->plan_text, lookup->plan_text) == 0;
    if (same) return group;
  }
  forget_groups(lookups, lookup->conn->statements);
  return group_new(lookup, run);
}

/* ---------------------------------------------------------------- texts of conditions */

/* Appends those terms of a condition that vary, or those that do not. */
static void append_terms(sqlite3_str *str, const struct group *group,
                         const struct wow_lookup *lookup, bool varying) {
  int from = 0;
  for (int i = 0; i < lookup->plan->n_terms; i++) {
    int to = lookup->query->term_ends[i];
    if (group->varies[i] == varying) sqlite3_str_append(str, lookup->filters + from, to - from);
    from = to;
  }
  if (!varying) sqlite3_str_appendall(str, lookup->filters + from);
}

static void append_own_value(sqlite3_str *str, const struct wow_lookup *lookup, int term,
                             const struct wow_json_value *value) {
  const struct wow_relation *relation = lookup->query->relation;
  wow_deparse_column_filter(str, &relation->columns[lookup->plan->terms[term].column], WOW_EQ,
                            value->text, (int)value->bytes);
}

/* Adds a row of the server's to answers, under the question that it answers. */
static int add_row(struct wow_answers *answers, sqlite3_str *question,
                   const struct wow_lookup *lookup) {
  struct wow_json_value values[2000];
  for (int i = 0; i < lookup->n_select; i++)
    values[i] = *wow_rows_value(wow_pages_rows(lookup->pages), i);
  int rc = sqlite3_str_errcode(question);
  if (rc != SQLITE_OK) return rc;
  return wow_answers_add(answers, sqlite3_str_value(question), sqlite3_str_length(question),
                         values);
}

static int no_answer(struct wow_error *err, int rc) {
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, NULL, "the temporary file for rows cannot be written");
}

/* ---------------------------------------------------------------- the whole relation */

/* May lookups be answered from the relation under the constant terms? */
static bool can_fetch(const struct group *group, const struct wow_lookup *lookup) {
  bool varies = false;
  if (group->is_too_large || group->rest_varies || lookup->plan->n_order > 0) return false;
  for (int i = 0; i < lookup->plan->n_terms; i++) {
    const struct wow_plan_term *term = &lookup->plan->terms[i];
    if (!group->varies[i]) continue;
    varies = true;
    if (term->op != WOW_EQ) return false;
    if (!wow_shippable_has_one_text(&lookup->query->relation->columns[term->column].type))
      return false;
    if (lookup->slots[term->column] < 0) return false;
  }
  return varies;
}

/* Does this run say each of the varying terms to the server? One that was left to SQLite, as a
** number beside text is, could have any row. */
static bool says_all(const struct group *group, const struct wow_lookup *lookup) {
  int from = 0;
  for (int i = 0; i < lookup->plan->n_terms; i++) {
    int to = lookup->query->term_ends[i];
    if (group->varies[i] && to == from) return false;
    from = to;
  }
  return true;
}

/* Have the lookups cost as much as fetching would? */
static bool is_worth_fetching(struct group *group, const struct wow_lookup *lookup) {
  double cost = (double)group->n_requests * WOW_ROWS_PER_REQUEST + (double)group->n_rows;
  if (group->n_requests == 0) return false;
  if (lookup->rows >= 0 && lookup->rows <= cost) return true;
  if (group->whole_rows < 0 && group->n_requests >= WOW_LOOKUPS_BEFORE_COUNT) {
    sqlite3_str *str = sqlite3_str_new(NULL);
    append_terms(str, group, lookup, false);
    bool is_all = sqlite3_str_length(str) == 0 && lookup->rows >= 0;
    char *filters = sqlite3_str_finish(str);
    group->whole_rows =
        is_all ? lookup->rows
               : wow_pages_estimate(lookup->conn, lookup->server, lookup->schema,
                                    lookup->query->relation->name, filters ? filters : "");
    sqlite3_free(filters);
    /* An estimate that is not to be had is not asked for again. */
    if (group->whole_rows < 0) group->whole_rows = WOW_FETCH_ROWS;
  }
  return group->whole_rows >= 0 && group->whole_rows <= cost;
}

static int fetch_whole(struct group *group, const struct wow_lookup *lookup,
                       struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str *question = sqlite3_str_new(NULL);
  sqlite3_int64 n = 0;
  append_terms(str, group, lookup, false);
  char *filters = sqlite3_str_finish(str);
  group->whole = wow_answers_new(lookup->n_select);
  int rc = group->whole ? SQLITE_OK : wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = wow_pages_start(lookup->pages, filters ? filters : "", -1, -1, err);
  wow_pages_expect_all(lookup->pages);
  while (rc == SQLITE_OK && (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    bool has_null = false;
    sqlite3_str_reset(question);
    for (int i = 0; i < lookup->plan->n_terms; i++) {
      if (!group->varies[i]) continue;
      const struct wow_json_value *value = wow_rows_value(
          wow_pages_rows(lookup->pages), lookup->slots[lookup->plan->terms[i].column]);
      has_null = has_null || value->kind == WOW_JSON_NULL; /* nothing equals NULL */
      append_own_value(question, lookup, i, value);
    }
    rc = has_null ? SQLITE_OK : add_row(group->whole, question, lookup);
    if (rc != SQLITE_OK) no_answer(err, rc);
    if (++n > WOW_FETCH_ROWS || wow_answers_bytes(group->whole) > WOW_ANSWERS_BYTES) {
      group->is_too_large = true;
      break;
    }
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  if (rc != SQLITE_OK || group->is_too_large) forget_whole(group);
  sqlite3_free(sqlite3_str_finish(question));
  sqlite3_free(filters);
  return rc;
}

/* The answer in the whole relation: no row is an answer, too. */
static int find_in_whole(struct group *group, const struct wow_lookup *lookup,
                         struct wow_answer_cursor *cursor) {
  static const struct wow_answer none = {.first = -1, .is_whole = true};
  sqlite3_str *question = sqlite3_str_new(NULL);
  append_terms(question, group, lookup, true);
  int rc = sqlite3_str_errcode(question);
  if (rc == SQLITE_OK) {
    const struct wow_answer *answer =
        wow_answers_find(group->whole, sqlite3_str_value(question), sqlite3_str_length(question));
    wow_answer_cursor_start(cursor, group->whole, answer ? answer : &none);
  }
  sqlite3_free(sqlite3_str_finish(question));
  return rc;
}

/* ---------------------------------------------------------------- keys known beforehand */

/* The condition with another value for the term that the hint is about. */
static void hinted_question(sqlite3_str *str, const struct wow_lookup *lookup,
                            const struct wow_json_value *value) {
  int term = lookup->query->hint_term;
  int from = term ? lookup->query->term_ends[term - 1] : 0;
  int to = lookup->query->term_ends[term];
  sqlite3_str_reset(str);
  sqlite3_str_append(str, lookup->filters, from);
  append_own_value(str, lookup, term, value);
  sqlite3_str_appendall(str, lookup->filters + to);
}

/* Fetches the rows of the keys in the hint's present window. */
static int fetch_window(struct group *group, const struct wow_lookup *lookup, sqlite3_str *question,
                        struct wow_error *err) {
  struct wow_query *query = lookup->query;
  const struct wow_plan_term *term = &lookup->plan->terms[query->hint_term];
  int from = query->hint_term ? query->term_ends[query->hint_term - 1] : 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_append(str, lookup->filters, from);
  sqlite3_str_appendall(str, lookup->filters + query->term_ends[query->hint_term]);
  wow_query_append_lists(query, str);
  char *filters = sqlite3_str_finish(str);
  int rc = filters ? SQLITE_OK : wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = wow_pages_start(lookup->pages, filters, -1, -1, err);
  wow_pages_expect_all(lookup->pages);
  while (rc == SQLITE_OK && (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    hinted_question(question, lookup,
                    wow_rows_value(wow_pages_rows(lookup->pages), lookup->slots[term->column]));
    rc = add_row(group->answers, question, lookup);
    if (rc != SQLITE_OK) no_answer(err, rc);
  }
  sqlite3_free(filters);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int fetch_hinted(struct group *group, const struct wow_lookup *lookup,
                        struct wow_error *err) {
  struct wow_query *query = lookup->query;
  const struct wow_plan_term *term = &lookup->plan->terms[query->hint_term];
  group->hint_used = true;
  if (!wow_shippable_has_one_text(&query->relation->columns[term->column].type)) return SQLITE_OK;
  int rc = wow_query_bind_hint(query, lookup->plan, lookup->collation);
  if (rc != SQLITE_OK) return wow_error_nomem(err);
  sqlite3_str *question = sqlite3_str_new(NULL);
  if (query->n_lists > 0) {
    wow_query_first_window(query, lookup->other_bytes);
    do {
      rc = fetch_window(group, lookup, question, err);
    } while (rc == SQLITE_OK && wow_answers_bytes(group->answers) < WOW_ANSWERS_BYTES &&
             wow_query_next_window(query, lookup->other_bytes));
    bool is_all = rc == SQLITE_OK && wow_answers_bytes(group->answers) < WOW_ANSWERS_BYTES;
    /* Also of a key that has no row it is known now. */
    for (int i = 0; is_all && rc == SQLITE_OK && i < query->lists[0].n; i++) {
      struct wow_json_value value = {.kind = WOW_JSON_STRING};
      int bytes = 0;
      value.text = wow_query_list_element(&query->lists[0], i, &bytes);
      value.bytes = (size_t)bytes;
      hinted_question(question, lookup, &value);
      const char *text = sqlite3_str_value(question);
      rc = sqlite3_str_errcode(question);
      if (rc == SQLITE_OK) {
        rc = wow_answers_add(group->answers, text, sqlite3_str_length(question), NULL);
      }
      if (rc == SQLITE_OK) {
        wow_answers_complete(group->answers, text, sqlite3_str_length(question));
      } else {
        no_answer(err, rc);
      }
    }
  }
  sqlite3_free(sqlite3_str_finish(question));
  wow_query_forget_lists(query);
  return rc;
}

/* ---------------------------------------------------------------- one lookup */

static bool find_remembered(const struct group *group, const struct wow_lookup *lookup,
                            struct wow_answer_cursor *cursor, bool *is_whole) {
  const struct wow_answer *answer =
      wow_answers_find(group->answers, lookup->filters, (int)strlen(lookup->filters));
  if (answer == NULL) return false;
  /* Behind the rows remembered the scan goes on by skipping as many: that takes an order. */
  if (!answer->is_whole && lookup->query->relation->n_key == 0) return false;
  *is_whole = answer->is_whole;
  wow_answer_cursor_start(cursor, group->answers, answer);
  return true;
}

/* Is it time to fetch the whole, if that can be? */
static bool is_worth_fetching_now(struct group *group, const struct wow_lookup *lookup) {
  return group->whole == NULL && says_all(group, lookup) && can_fetch(group, lookup) &&
         is_worth_fetching(group, lookup);
}

int wow_lookup_find(const struct wow_lookup *lookup, enum wow_lookup_way *way,
                    struct wow_answer_cursor *cursor, bool *is_whole, struct wow_error *err) {
  struct group *group = group_of(lookup);
  if (group == NULL) return wow_error_nomem(err);
  int rc = SQLITE_OK;
  *way = WOW_LOOKUP_REMEMBERED;
  *is_whole = true;
  group->n_runs++;
  note_variation(group, lookup);
  if (find_remembered(group, lookup, cursor, is_whole)) {
    if (*is_whole) return SQLITE_OK;
    /* What lies behind the rows remembered is asked for again each time. */
    group->n_requests++;
    if (group->whole == NULL && !is_worth_fetching_now(group, lookup)) return SQLITE_OK;
  }
  if (lookup->query->hint && !group->hint_used) {
    rc = fetch_hinted(group, lookup, err);
    if (rc != SQLITE_OK || find_remembered(group, lookup, cursor, is_whole)) return rc;
  }
  if (is_worth_fetching_now(group, lookup)) rc = fetch_whole(group, lookup, err);
  if (rc != SQLITE_OK) return rc;
  bool may_fetch = says_all(group, lookup);
  *is_whole = true;
  if (may_fetch && group->whole) {
    rc = find_in_whole(group, lookup, cursor);
    return rc == SQLITE_OK ? rc : wow_error_nomem(err);
  }
  /* Of a relation without key, more rows than are remembered: each time they are asked for anew. */
  bool is_known =
      wow_answers_find(group->answers, lookup->filters, (int)strlen(lookup->filters)) != NULL;
  *way = is_known ? WOW_LOOKUP_PASS : group->n_runs == 1 ? WOW_LOOKUP_FIRST : WOW_LOOKUP_ASK;
  if (is_known) group->n_requests++;
  return SQLITE_OK;
}

int wow_lookup_ask(const struct wow_lookup *lookup, struct wow_answer_cursor *cursor,
                   bool *is_whole, struct wow_error *err) {
  struct group *group = group_of(lookup);
  if (group == NULL) return wow_error_nomem(err);
  const char *question = lookup->filters;
  int bytes = (int)strlen(question), rc = SQLITE_ROW;
  sqlite3_int64 most = WOW_LOOKUP_ROWS, n = 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_append(str, question, bytes);
  /* Not behind what LIMIT asked for: that would be one more request. */
  if (lookup->query->first_rows >= 0 && lookup->query->first_rows < most) {
    most = lookup->query->first_rows;
  }
  /* Rows of a broken off lookup, which is tried again, would be there twice. */
  *is_whole = false;
  group->n_requests++;
  if (wow_answers_bytes(group->answers) > WOW_ANSWERS_BYTES) {
    struct wow_answers *answers = wow_answers_new(lookup->n_select);
    if (answers == NULL) return wow_error_nomem(err);
    wow_answers_release(group->answers);
    group->answers = answers;
  }
  int add_rc = wow_answers_add(group->answers, question, bytes, NULL);
  while (add_rc == SQLITE_OK && n < most &&
         (rc = wow_pages_next(lookup->pages, err)) == SQLITE_ROW) {
    add_rc = add_row(group->answers, str, lookup);
    n++;
  }
  group->n_rows += n;
  sqlite3_free(sqlite3_str_finish(str));
  if (add_rc != SQLITE_OK) return no_answer(err, add_rc);
  if (rc == SQLITE_DONE) {
    wow_answers_complete(group->answers, question, bytes);
    *is_whole = true;
  } else if (rc != SQLITE_ROW) {
    return rc;
  }
  wow_answer_cursor_start(cursor, group->answers,
                          wow_answers_find(group->answers, question, bytes));
  return SQLITE_OK;
}
