/*
** Keys of lookups, see lookup_key.h.
*/
#include "scan/lookup_key.h"

#include "wire/deparse.h"

bool wow_lookup_key_is_sent(const struct wow_lookup *lookup, int term) {
  return lookup->binding->terms[term].kind == WOW_BOUND_SENT;
}

void wow_lookup_key_append_own(sqlite3_str *str, const struct wow_lookup *lookup, int term) {
  if (wow_lookup_key_is_sent(lookup, term))
    wow_deparse_condition(str, &lookup->binding->terms[term].condition);
}

void wow_lookup_key_append_with(sqlite3_str *str, const struct wow_lookup *lookup, int term,
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

bool wow_lookup_key_has_others(const struct wow_binding *binding) {
  bool has = binding->parameters.n > 0;
  for (int i = 0; i < binding->n_terms; i++)
    has = has || binding->terms[i].kind == WOW_BOUND_LIST;
  return has;
}

int wow_lookup_key_append_others(sqlite3_str *str, const struct wow_lookup *lookup) {
  struct wow_where others = {0};
  if (!wow_lookup_key_has_others(lookup->binding)) return SQLITE_OK;
  int rc = wow_bind_add_others(lookup->binding, &others);
  wow_deparse_where(str, &others);
  wow_condition_reset(&others);
  return rc == SQLITE_OK ? sqlite3_str_errcode(str) : rc;
}

sqlite3_str *wow_lookup_key_make(const struct wow_lookup *lookup, int term,
                                 const struct wow_json_value *value) {
  sqlite3_str *key = sqlite3_str_new(NULL);
  for (int i = 0; i < lookup->binding->n_terms; i++) {
    if (value && i == term)
      wow_lookup_key_append_with(key, lookup, i, value);
    else
      wow_lookup_key_append_own(key, lookup, i);
  }
  if (wow_lookup_key_append_others(key, lookup) == SQLITE_OK &&
      sqlite3_str_errcode(key) == SQLITE_OK)
    return key;
  sqlite3_free(sqlite3_str_finish(key));
  return NULL;
}

void wow_lookup_key_free(sqlite3_str *key) {
  if (key) sqlite3_free(sqlite3_str_finish(key));
}

const char *wow_lookup_key_text(sqlite3_str *key) {
  return sqlite3_str_length(key) ? sqlite3_str_value(key) : "";
}
