/*
** All runs of one plan in a statement: the rows that are remembered of them, which of the plan's
** terms vary from run to run, and the keys of lookups that are still to come.
*/
#ifndef WOW_LOOKUP_SET_H
#define WOW_LOOKUP_SET_H

#include "scan/lookup.h"

/* A term as the first run had it. */
struct wow_first_term {
  enum wow_bound_kind kind;
  enum wow_op op;
  char *text;
  int bytes;
};

/* The keys of lookups to come, in the order in which they will be asked for: for each of the plan's
** terms that is sent, one text a lookup. */
struct wow_coming {
  struct wow_list texts[WOW_MAX_TERMS];
  int n;
  int n_fetched;
  struct wow_row_cache *noted; /* those that were noted, ever */
  bool is_off;                 /* fetching them together did no good */
};

struct wow_lookup_set {
  sqlite3_uint64 run; /* of the statements that these rows are for, see run.h */
  char *plan_text;
  int n_members;
  sqlite3_uint64 session;      /* whose rows they are, see session.h */
  struct wow_row_cache *cache; /* by all conditions */
  sqlite3_int64 n_uses;
  sqlite3_int64 n_requests; /* that were sent for lookups */
  sqlite3_int64 n_keys;     /* of the lookups that they were for */
  sqlite3_int64 n_rows;     /* and their rows */
  /* How many times as many keys as were asked for, or noted, there will be in all, as far as that
  ** can be told. 1: no others. */
  double outlook;
  struct wow_first_term first_terms[WOW_MAX_TERMS];
  int n_terms;
  char *first_others;          /* the first run's lists and parameters as text; NULL: none */
  bool varies[WOW_MAX_TERMS];  /* has the term had another value in another run? */
  bool others_vary;            /* a list or a parameter has */
  struct wow_row_cache *whole; /* the relation under the constant terms, by the varying ones */
  double whole_rows;           /* how many rows that has, by the server's estimate; -1: not asked */
  bool is_too_large;           /* to be fetched */
  bool hint_used;
  struct wow_coming coming;
  int n_ahead;        /* dry runs for these lookups */
  bool ahead_goes_on; /* the last of them ended because it had found enough */
  int n_dry;          /* lookups in the last one */
  int n_in_vain;      /* how many of the last ones found nothing */
  double ahead_since; /* when the first began, milliseconds */
  double ahead_ms;    /* what they have computed for */
  double wasted_ms;   /* and those of them that saved less than that */
  struct wow_lookup_set *next;
};

/* What one virtual table remembers. */
struct wow_lookups;

struct wow_lookups *wow_lookup_set_new_memory(void); /* NULL: no memory */
void wow_lookup_set_free_memory(struct wow_lookups *lookups);

/* The set of a lookup in the present run. NULL: no memory. */
struct wow_lookup_set *wow_lookup_set_of(const struct wow_lookup *lookup);

void wow_lookup_set_forget_whole(struct wow_lookup_set *set);
void wow_lookup_set_forget_coming(struct wow_lookup_set *set);

/* Notes which terms differ from the first run's. SQLITE_OK or SQLITE_NOMEM. */
int wow_lookup_set_note_variation(struct wow_lookup_set *set, const struct wow_lookup *lookup);

/* Is the term sent, by itself? */
bool wow_lookup_set_is_sent(const struct wow_lookup *lookup, int term);

/* ---- keys: conditions as text */

/* Appends the term: its own condition; as if it had been written with this text, or with the value
** that the current row of the pages has in its column. */
void wow_lookup_set_append_own(sqlite3_str *str, const struct wow_lookup *lookup, int term);
void wow_lookup_set_append_text(sqlite3_str *str, const struct wow_lookup *lookup, int term,
                                const char *text, int bytes);
void wow_lookup_set_append_of_row(sqlite3_str *str, const struct wow_lookup *lookup, int term);

/* The lists and parameters. SQLITE_OK or SQLITE_NOMEM. */
int wow_lookup_set_append_others(sqlite3_str *str, const struct wow_lookup *lookup);

/* The key of this lookup. NULL: no memory. */
sqlite3_str *wow_lookup_set_key(const struct wow_lookup *lookup);
/* Its text; and freeing it (NULL is fine). */
const char *wow_lookup_set_key_text(sqlite3_str *key);
void wow_lookup_set_free_key(sqlite3_str *key);

/* ---- rows */

/* Adds the current row of the pages to a cache, under a key. SQLITE_OK or an error. */
int wow_lookup_set_add_row(struct wow_row_cache *cache, sqlite3_str *key,
                           const struct wow_lookup *lookup, struct wow_error *err);

/* Does the cache have as much as it may? */
bool wow_lookup_set_is_full(const struct wow_row_cache *cache);

#endif
