/*
** PostgREST's query string (facts about its grammar are beside the rules they lead to). Knows
** nothing of HTTP and cursors.
*/
#include "wire/deparse.h"

#include <string.h>

#include "base/text.h"

static bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void append_encoded(sqlite3_str *str, char c) {
  if (is_unreserved(c))
    sqlite3_str_appendchar(str, 1, c);
  else
    sqlite3_str_appendf(str, "%%%02X", (unsigned char)c);
}

void wow_deparse_bytes(sqlite3_str *str, const char *text, int bytes) {
  int from = 0;
  for (int i = 0; i < bytes; i++) {
    if (is_unreserved(text[i])) continue;
    sqlite3_str_append(str, text + from, i - from);
    append_encoded(str, text[i]);
    from = i + 1;
  }
  sqlite3_str_append(str, text + from, bytes - from);
}

sqlite3_int64 wow_deparse_bytes_length(const char *text, int bytes) {
  sqlite3_int64 n = 0;
  for (int i = 0; i < bytes; i++)
    n += is_unreserved(text[i]) ? 1 : 3;
  return n;
}

void wow_deparse_path(sqlite3_str *str, const char *name) {
  wow_deparse_bytes(str, name, (int)strlen(name));
}

/* Quoting is always legal; a bare name keeps the request readable. As a bare parameter these words
** would mean something else, and so would a name that ends in a dot and one of them. */
static bool is_bare_name(const char *name) {
  static const char *const reserved[] = {"select", "order", "limit",       "offset", "columns",
                                         "and",    "or",    "on_conflict", "not",    NULL};
  if (*name == 0 || (*name >= '0' && *name <= '9')) return false;
  for (const char *p = name; *p; p++) {
    if (!is_alnum(*p) && *p != '_') return false;
  }
  for (int i = 0; reserved[i]; i++) {
    if (strcmp(name, reserved[i]) == 0) return false;
  }
  return true;
}

void wow_deparse_plain_name(sqlite3_str *str, const char *name) {
  if (is_bare_name(name)) {
    sqlite3_str_appendall(str, name);
    return;
  }
  sqlite3_str_appendchar(str, 1, '"');
  for (const char *p = name; *p; p++) {
    if (*p == '"' || *p == '\\') sqlite3_str_appendchar(str, 1, '\\');
    sqlite3_str_appendchar(str, 1, *p);
  }
  sqlite3_str_appendchar(str, 1, '"');
}

/* Text in PostgREST's double quotes, encoded. */
static void append_quoted(sqlite3_str *str, const char *text, int bytes) {
  sqlite3_str_appendall(str, "%22");
  for (int i = 0; i < bytes; i++) {
    if (text[i] == '"' || text[i] == '\\') sqlite3_str_appendall(str, "%5C");
    append_encoded(str, text[i]);
  }
  sqlite3_str_appendall(str, "%22");
}

void wow_deparse_name(sqlite3_str *str, const char *name) {
  if (is_bare_name(name))
    sqlite3_str_appendall(str, name);
  else
    append_quoted(str, name, (int)strlen(name));
}

void wow_deparse_column(sqlite3_str *str, const struct wow_column *column) {
  wow_deparse_name(str, wow_relation_remote_name(column));
  if (column->json_path) wow_deparse_bytes(str, column->json_path, (int)strlen(column->json_path));
}

/* A value inside parentheses. Letters, digits and a few signs need no quotes, all else gets them;
** empty text must have them in a list. */
static bool is_bare_element(const char *text, int bytes) {
  for (int i = 0; i < bytes; i++) {
    if (!is_unreserved(text[i])) return false;
  }
  return bytes > 0;
}

void wow_deparse_element(sqlite3_str *str, const char *text, int bytes) {
  if (is_bare_element(text, bytes))
    sqlite3_str_append(str, text, bytes);
  else
    append_quoted(str, text, bytes);
}

sqlite3_int64 wow_deparse_element_length(const char *text, int bytes) {
  if (is_bare_element(text, bytes)) return bytes;
  sqlite3_int64 n = 6;
  for (int i = 0; i < bytes; i++) {
    n += is_unreserved(text[i]) ? 1 : text[i] == '"' || text[i] == '\\' ? 6 : 3;
  }
  return n;
}

/* Does a percent-encoded byte begin here? */
static bool is_escape(const char *text, int bytes) {
  return bytes > 2 && text[0] == '%' && wow_text_hex_digit(text[1]) >= 0 &&
         wow_text_hex_digit(text[2]) >= 0;
}

void wow_deparse_user_text(sqlite3_str *str, const char *text, int bytes) {
  for (int i = 0; i < bytes; i++) {
    if (is_escape(text + i, bytes - i) || strchr("=(),.:*!&?/", text[i]))
      sqlite3_str_append(str, text + i, 1);
    else
      append_encoded(str, text[i]);
  }
}

void wow_deparse_inner(sqlite3_str *str, const struct wow_column *column, enum wow_op op,
                       const char *text, int bytes) {
  wow_deparse_column(str, column);
  sqlite3_str_appendf(str, ".%s", wow_op_rest(op));
  if (text == NULL) return;
  sqlite3_str_appendchar(str, 1, '.');
  wow_deparse_element(str, text, bytes);
}

/* The column as a condition at the top level names it: one that is embedded from another relation
** is `relation.column` there. */
static void append_key(sqlite3_str *str, const struct wow_column *column) {
  for (int i = 0; i < column->n_embed; i++) {
    wow_deparse_name(str, column->embed[i].target);
    sqlite3_str_appendchar(str, 1, '.');
  }
  wow_deparse_column(str, column);
}

static void append_term(sqlite3_str *str, const struct wow_condition *c) {
  if (c->op == WOW_IS_NOT && c->column->embed == NULL) {
    /* "isdistinct" would say it in one word, but older servers lack it. */
    sqlite3_str_appendall(str, "&or=(");
    wow_deparse_inner(str, c->column, WOW_NE, c->text, c->bytes);
    sqlite3_str_appendall(str, ",");
    wow_deparse_inner(str, c->column, WOW_IS_NULL, NULL, 0);
    sqlite3_str_appendall(str, ")");
    return;
  }
  if (c->upper) {
    struct wow_condition lower = *c, upper = *c;
    lower.op = WOW_GE;
    upper.op = WOW_LE;
    upper.text = c->upper;
    upper.bytes = (int)strlen(c->upper);
    lower.upper = upper.upper = NULL;
    append_term(str, &lower);
    append_term(str, &upper);
    return;
  }
  sqlite3_str_appendchar(str, 1, '&');
  append_key(str, c->column);
  sqlite3_str_appendf(str, "=%s", wow_op_rest(c->op));
  if (c->text == NULL) return;
  /* At the top level everything after the dot is the value, quotes included. */
  sqlite3_str_appendchar(str, 1, '.');
  wow_deparse_bytes(str, c->text, c->bytes);
}

static void append_list(sqlite3_str *str, const struct wow_condition *c) {
  const struct wow_list *list = c->list;
  int bytes = 0;
  if (list->window_to - list->window_from == 1) {
    /* Also because in.("") is the empty list to PostgREST. */
    struct wow_condition equal = {.kind = WOW_CONDITION_TERM, .column = c->column, .op = WOW_EQ};
    equal.text = wow_condition_list_text(list, list->window_from, &equal.bytes);
    append_term(str, &equal);
    return;
  }
  sqlite3_str_appendchar(str, 1, '&');
  append_key(str, c->column);
  sqlite3_str_appendall(str, "=in.(");
  for (int i = list->window_from; i < list->window_to; i++) {
    const char *text = wow_condition_list_text(list, i, &bytes);
    if (i > list->window_from) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_element(str, text, bytes);
  }
  sqlite3_str_appendchar(str, 1, ')');
}

static void append_tuples(sqlite3_str *str, const struct wow_tuples *tuples) {
  sqlite3_str_appendall(str, "&or=(");
  for (int i = tuples->from; i < tuples->to; i++) {
    sqlite3_str_appendall(str, i > tuples->from ? ",and(" : "and(");
    for (int j = 0; j < tuples->n; j++) {
      int bytes = 0;
      const char *text = wow_condition_list_text(tuples->members[j].list, i, &bytes);
      if (j > 0) sqlite3_str_appendchar(str, 1, ',');
      wow_deparse_inner(str, tuples->members[j].column, WOW_EQ, text, bytes);
    }
    sqlite3_str_appendchar(str, 1, ')');
  }
  sqlite3_str_appendchar(str, 1, ')');
}

/* One alternative of "after the place": equal in the columns before the i-th, and `op` in it. */
static void append_alternative(sqlite3_str *str, const struct wow_place *place, int i,
                               enum wow_op op, int *n) {
  const struct wow_place_value *at = &place->values[i];
  if ((*n)++) sqlite3_str_appendchar(str, 1, ',');
  if (i > 0) sqlite3_str_appendall(str, "and(");
  for (int j = 0; j < i; j++) {
    const struct wow_place_value *equal = &place->values[j];
    bool is_null = equal->value.kind == WOW_JSON_NULL;
    wow_deparse_inner(str, equal->column, is_null ? WOW_IS_NULL : WOW_EQ,
                      is_null ? NULL : equal->value.text, (int)equal->value.bytes);
    sqlite3_str_appendchar(str, 1, ',');
  }
  wow_deparse_inner(str, at->column, op, wow_op_has_value(op) ? at->value.text : NULL,
                    (int)at->value.bytes);
  if (i > 0) sqlite3_str_appendchar(str, 1, ')');
}

/* The rows after the place in its column `i`, equal in those before; and, in its last, those at it.
** NULL comes first in ascending and last in descending order, as everywhere in SQLite; but where
** there should be none, and the order does not say it, as everywhere in PostgreSQL: last in
** ascending order. */
static void append_alternatives(sqlite3_str *str, const struct wow_condition *after, int i,
                                int *n) {
  const struct wow_place *place = after->place;
  const struct wow_place_value *at = &place->values[i];
  bool is_never_null = wow_relation_is_not_null(at->column);
  bool nulls_last = is_never_null ? !at->descending : at->descending;
  if (at->value.kind == WOW_JSON_NULL) {
    if (!nulls_last && (after->part & WOW_PART_AFTER))
      append_alternative(str, place, i, WOW_NOT_NULL, n);
    if (i == place->n - 1 && (after->part & WOW_PART_AT))
      append_alternative(str, place, i, WOW_IS_NULL, n);
    return;
  }
  bool is_at = i == place->n - 1 && (after->part & WOW_PART_AT);
  enum wow_op less = is_at ? WOW_LE : WOW_LT, greater = is_at ? WOW_GE : WOW_GT;
  if (after->part & WOW_PART_AFTER)
    append_alternative(str, place, i, at->descending ? less : greater, n);
  else if (is_at)
    append_alternative(str, place, i, WOW_EQ, n);
  if (nulls_last && (after->part & (is_never_null ? WOW_PART_NULLS : WOW_PART_AFTER)))
    append_alternative(str, place, i, WOW_IS_NULL, n);
}

static void append_after(sqlite3_str *str, const struct wow_condition *after) {
  const struct wow_place *place = after->place;
  const struct wow_place_value *first = &place->values[0];
  int n = 0;
  bool is_one = place->n == 1 && !first->descending && first->value.kind != WOW_JSON_NULL;
  bool has_nulls = (after->part & WOW_PART_NULLS) && wow_relation_is_not_null(first->column);
  if (is_one && !has_nulls && (after->part & WOW_PART_AFTER)) {
    struct wow_condition greater = {.kind = WOW_CONDITION_TERM,
                                    .column = first->column,
                                    .op = after->part & WOW_PART_AT ? WOW_GE : WOW_GT,
                                    .text = first->value.text,
                                    .bytes = (int)first->value.bytes};
    append_term(str, &greater);
    return;
  }
  sqlite3_str_appendall(str, "&or=(");
  for (int i = 0; i < place->n; i++)
    append_alternatives(str, after, i, &n);
  if (n == 0) { /* nothing comes after NULL at the end */
    wow_deparse_inner(str, first->column, WOW_IS_NULL, NULL, 0);
    sqlite3_str_appendall(str, ")&and=(");
    wow_deparse_inner(str, first->column, WOW_NOT_NULL, NULL, 0);
  }
  sqlite3_str_appendchar(str, 1, ')');
}

void wow_deparse_condition(sqlite3_str *str, const struct wow_condition *condition) {
  switch (condition->kind) {
  case WOW_CONDITION_TERM: append_term(str, condition); break;
  case WOW_CONDITION_LIST: append_list(str, condition); break;
  case WOW_CONDITION_TUPLES: append_tuples(str, condition->tuples); break;
  case WOW_CONDITION_AFTER: append_after(str, condition); break;
  case WOW_CONDITION_PARAMETER:
    sqlite3_str_appendchar(str, 1, '&');
    wow_deparse_user_text(str, condition->name, condition->name_bytes);
    sqlite3_str_appendchar(str, 1, '=');
    wow_deparse_user_text(str, condition->text, condition->bytes);
    break;
  }
}

int wow_deparse_condition_length(const struct wow_condition *condition) {
  const struct wow_column *column = condition->column;
  bool is_plain = condition->kind == WOW_CONDITION_TERM && condition->op != WOW_IS_NOT &&
                  wow_relation_is_plain(column) && is_bare_name(column->name);
  if (is_plain) {
    size_t bytes = strlen(column->name) + strlen(wow_op_rest(condition->op)) + 2;
    if (condition->text)
      bytes += 1 + (size_t)wow_deparse_bytes_length(condition->text, condition->bytes);
    return (int)bytes;
  }
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_deparse_condition(str, condition);
  int bytes = sqlite3_str_length(str);
  sqlite3_free(sqlite3_str_finish(str));
  return bytes;
}

void wow_deparse_where(sqlite3_str *str, const struct wow_where *where) {
  for (int i = 0; i < where->n; i++)
    wow_deparse_condition(str, &where->list[i]);
}

const char *wow_deparse_direction(bool descending, bool not_null) {
  if (not_null) return descending ? ".desc" : ".asc";
  return descending ? ".desc.nullslast" : ".asc.nullsfirst";
}

void wow_deparse_order(sqlite3_str *str, const struct wow_column *column, bool descending) {
  wow_deparse_column(str, column);
  sqlite3_str_appendall(str, wow_deparse_direction(descending, wow_relation_is_not_null(column)));
}

void wow_deparse_user_path(sqlite3_str *str, const char *path) {
  if (*path != '/') sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_user_text(str, path, (int)strlen(path));
}
