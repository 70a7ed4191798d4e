/*
** Bracketed aggregates, see brackets.h. The rules are PostgreSQL's: sum and avg of numbers, min and
** max of what has an order that is the same here; of text it is the server's order, as everywhere.
*/
#include "plan/brackets.h"

#include <string.h>

#include "wire/deparse.h"

static const char *const words[] = {
    [WOW_COUNT] = "count", [WOW_SUM] = "sum", [WOW_AVG] = "avg",
    [WOW_MIN] = "min",     [WOW_MAX] = "max", [WOW_DATE_OF] = "date",
};

static bool offers(const struct wow_column *column, enum wow_bracket_kind kind) {
  const struct wow_type *type = &column->type;
  if (column->embed || !wow_relation_can_name(column)) return false;
  switch (kind) {
  case WOW_SUM:
  case WOW_AVG: return wow_type_is_number(type);
  case WOW_MIN:
  case WOW_MAX:
    return wow_type_is_number(type) || type->family == WOW_TEXT || wow_type_has_date(type) ||
           type->family == WOW_TIME;
  case WOW_COUNT: /* a JSON null is NULL here, and is counted there */
    return !wow_type_is_json(type);
  case WOW_DATE_OF: return wow_type_has_date(type) && type->family != WOW_DATE;
  default: return true;
  }
}

/* The PostgreSQL type of the result, as far as its SQLite value goes. */
static int init_type(struct wow_bracket *bracket, const struct wow_type *of) {
  const char *name = "bigint";
  switch (bracket->kind) {
  case WOW_SUM:
    /* Of bigint PostgreSQL's sum is numeric; here sums of integers are integers. */
    if (of->family != WOW_INT) name = of->family == WOW_NUMERIC ? "numeric" : "double precision";
    break;
  case WOW_AVG: name = "double precision"; break;
  case WOW_MIN:
  case WOW_MAX: return wow_type_copy(&bracket->type, of);
  case WOW_DATE_OF: name = "date"; break;
  default: break;
  }
  return wow_type_init(&bracket->type, name);
}

/* A column of the relation may have this very name; and of two names that differ in case, which
** SQLite takes for the same, the first has the aggregate. */
static bool is_taken(const struct wow_brackets *brackets, const struct wow_relation *relation,
                     const char *name) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (sqlite3_stricmp(relation->columns[i].name, name) == 0) return true;
  }
  for (int i = 0; i < brackets->n; i++) {
    if (sqlite3_stricmp(brackets->list[i].name, name) == 0) return true;
  }
  return false;
}

static int add(struct wow_brackets *brackets, const struct wow_relation *relation,
               enum wow_bracket_kind kind, int column) {
  sqlite3_uint64 bytes = sizeof(*brackets->list) * (sqlite3_uint64)(brackets->n + 1);
  struct wow_bracket *list = sqlite3_realloc64(brackets->list, bytes);
  if (list == NULL) return SQLITE_NOMEM;
  brackets->list = list;
  struct wow_bracket *bracket = &list[brackets->n];
  memset(bracket, 0, sizeof(*bracket));
  bracket->kind = kind;
  bracket->column = column;
  bracket->name = kind == WOW_COUNT_ALL
                      ? sqlite3_mprintf("count(*)")
                      : sqlite3_mprintf("%s(%s)", words[kind], relation->columns[column].name);
  if (bracket->name == NULL) return SQLITE_NOMEM;
  if (is_taken(brackets, relation, bracket->name)) {
    sqlite3_free(bracket->name);
    return SQLITE_OK;
  }
  brackets->n++;
  return init_type(bracket, column >= 0 ? &relation->columns[column].type : NULL);
}

/* Takes the next name of a comma-separated list, without blanks around it. NULL: the end. */
static const char *next_name(const char **list, size_t *bytes) {
  const char *from = *list + strspn(*list, " ,");
  if (*from == 0) return NULL;
  *list = from + strcspn(from, ",");
  *bytes = (size_t)(*list - from);
  while (*bytes > 0 && from[*bytes - 1] == ' ')
    --*bytes;
  return from;
}

/* Is the column among those that the list names? */
static bool is_named(const char *list, const char *column) {
  size_t bytes = 0;
  const char *name;
  while ((name = next_name(&list, &bytes)) != NULL) {
    if (strlen(column) == bytes && memcmp(name, column, bytes) == 0) return true;
  }
  return false;
}

static int check_named(const struct wow_relation *relation, const char *list,
                       struct wow_error *err) {
  size_t bytes = 0;
  const char *name;
  while ((name = next_name(&list, &bytes)) != NULL) {
    char *column = sqlite3_mprintf("%.*s", (int)bytes, name);
    if (column == NULL) return wow_error_nomem(err);
    if (wow_relation_column(relation, column) < 0) {
      wow_error_set(err, SQLITE_ERROR, relation->name,
                    "aggregates= names '%s', which is not a column of it", column);
    }
    sqlite3_free(column);
    if (err->rc) return err->rc;
  }
  return SQLITE_OK;
}

/* The most useful first: a wide relation has room for some only. */
static const enum wow_bracket_kind kinds[] = {WOW_SUM, WOW_DATE_OF, WOW_AVG,
                                              WOW_MAX, WOW_MIN,     WOW_COUNT};
#define N_KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

/* Is this an aggregate to offer, of the columns that `only` names? */
static bool is_wanted(const struct wow_column *column, enum wow_bracket_kind kind,
                      const char *only) {
  return offers(column, kind) && (only == NULL || is_named(only, column->name));
}

/* How many aggregates there is room for; and where they are declared. */
static int room_of(struct wow_brackets *brackets, const struct wow_relation *relation,
                   const char *only) {
  int room = WOW_MAX_TOLD_COLUMNS - relation->n_columns - 1, n_wanted = 1;
  for (int i = 0; only && i < relation->n_columns; i++) {
    for (int k = 0; k < N_KINDS; k++)
      n_wanted += is_wanted(&relation->columns[i], kinds[k], only);
  }
  brackets->come_first = room < n_wanted;
  if (!brackets->come_first) return room;
  return n_wanted < WOW_MAX_FIRST_BRACKETS ? n_wanted : WOW_MAX_FIRST_BRACKETS;
}

int wow_brackets_init(struct wow_brackets *brackets, const struct wow_relation *relation,
                      const char *only, struct wow_error *err) {
  memset(brackets, 0, sizeof(*brackets));
  int rc = only ? check_named(relation, only, err) : SQLITE_OK;
  int room = room_of(brackets, relation, only);
  if (rc == SQLITE_OK) rc = add(brackets, relation, WOW_COUNT_ALL, -1);
  for (int k = 0; rc == SQLITE_OK && k < N_KINDS; k++) {
    for (int i = 0; rc == SQLITE_OK && i < relation->n_columns && brackets->n < room; i++) {
      if (is_wanted(&relation->columns[i], kinds[k], only))
        rc = add(brackets, relation, kinds[k], i);
    }
  }
  return rc == SQLITE_NOMEM ? wow_error_nomem(err) : rc;
}

int wow_brackets_declared(const struct wow_brackets *brackets, const struct wow_relation *relation,
                          int column) {
  if (!brackets->come_first || column < 0) return column;
  bool is_hidden = column >= relation->n_columns;
  return is_hidden ? column - relation->n_columns : column + 1 + brackets->n;
}

int wow_brackets_own(const struct wow_brackets *brackets, const struct wow_relation *relation,
                     int declared) {
  if (!brackets->come_first || declared < 0) return declared;
  bool is_hidden = declared <= brackets->n;
  return is_hidden ? declared + relation->n_columns : declared - 1 - brackets->n;
}

void wow_brackets_reset(struct wow_brackets *brackets) {
  for (int i = 0; i < brackets->n; i++) {
    sqlite3_free(brackets->list[i].name);
    wow_type_reset(&brackets->list[i].type);
  }
  sqlite3_free(brackets->list);
  memset(brackets, 0, sizeof(*brackets));
}

bool wow_brackets_is_exact(const struct wow_bracket *bracket, const struct wow_relation *relation) {
  bool adds = bracket->kind == WOW_SUM || bracket->kind == WOW_AVG;
  return !adds || relation->columns[bracket->column].type.family != WOW_FLOAT4;
}

void wow_brackets_append_request(sqlite3_str *str, const struct wow_bracket *bracket,
                                 const struct wow_relation *relation) {
  if (bracket->kind == WOW_COUNT_ALL) {
    sqlite3_str_appendall(str, "count()");
    return;
  }
  wow_deparse_name(str, relation->columns[bracket->column].name);
  if (bracket->kind == WOW_DATE_OF)
    sqlite3_str_appendall(str, "::date");
  else
    sqlite3_str_appendf(str, ".%s()", words[bracket->kind]);
}

void wow_brackets_append_sql(sqlite3_str *str, const struct wow_bracket *bracket,
                             char *const *names) {
  if (bracket->kind == WOW_COUNT_ALL) {
    sqlite3_str_appendall(str, "count(*)");
  } else if (bracket->kind == WOW_DATE_OF) {
    /* "2024-01-01T10:00:00+00:00", "0044-03-15T00:00:00 BC"; infinity has no T, and is its own
     * date. */
    const char *name = names[bracket->column];
    sqlite3_str_appendf(
        str,
        "CASE WHEN instr(\"%w\", 'T') THEN substr(\"%w\", 1, instr(\"%w\", 'T') - 1)"
        " || iif(\"%w\" LIKE '%% BC', ' BC', '') ELSE \"%w\" END",
        name, name, name, name, name);
  } else {
    sqlite3_str_appendf(str, "%s(\"%w\")", words[bracket->kind], names[bracket->column]);
  }
}
