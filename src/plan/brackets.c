/*
** Bracketed aggregates, see aggregate.h. The rules are PostgreSQL's: sum and avg of numbers, min
** and max of what has an order that is the same here; of text it is the server's order, as
** everywhere.
*/
#include "plan/brackets.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "wire/deparse.h"

/* SQLite says of 63 columns which are used; of the others only whether any is. */
#define MOST_COLUMNS 63

static const char *const words[] = {
    [WOW_COUNT] = "count", [WOW_SUM] = "sum", [WOW_AVG] = "avg",
    [WOW_MIN] = "min",     [WOW_MAX] = "max", [WOW_DATE_OF] = "date",
};

static bool is_number(enum wow_family family) {
  return family == WOW_INT || family == WOW_NUMERIC || family == WOW_FLOAT8 || family == WOW_FLOAT4;
}

static bool offers(const struct wow_column *column, enum wow_aggregate_kind kind) {
  enum wow_family family = column->type.family;
  if (column->embed) return false;
  switch (kind) {
  case WOW_SUM:
  case WOW_AVG: return is_number(family);
  case WOW_MIN:
  case WOW_MAX:
    return is_number(family) || family == WOW_TEXT ||
           (family >= WOW_DATE && family <= WOW_TIMESTAMPTZ);
  case WOW_COUNT: /* a JSON null is NULL here, and is counted there */
    return family != WOW_JSONB && family != WOW_JSON;
  case WOW_DATE_OF: return family == WOW_TIMESTAMP || family == WOW_TIMESTAMPTZ;
  default: return true;
  }
}

/* The PostgreSQL type of the result, as far as its SQLite value goes. */
static int init_type(struct wow_aggregate *aggregate, const struct wow_type *of) {
  const char *name = "bigint";
  switch (aggregate->kind) {
  case WOW_SUM:
    /* Of bigint PostgreSQL's sum is numeric; here sums of integers are integers. */
    if (of->family != WOW_INT) name = of->family == WOW_NUMERIC ? "numeric" : "double precision";
    break;
  case WOW_AVG: name = "double precision"; break;
  case WOW_MIN:
  case WOW_MAX: return wow_type_copy(&aggregate->type, of);
  case WOW_DATE_OF: name = "date"; break;
  default: break;
  }
  return wow_type_init(&aggregate->type, name);
}

/* A column of the relation that is called so is itself; and of names that differ in case, which are
** one to SQLite, the first has the aggregate. */
static bool is_taken(const struct wow_aggregates *aggregates, const struct wow_relation *relation,
                     const char *name) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (sqlite3_stricmp(relation->columns[i].name, name) == 0) return true;
  }
  for (int i = 0; i < aggregates->n; i++) {
    if (sqlite3_stricmp(aggregates->list[i].name, name) == 0) return true;
  }
  return false;
}

static int add(struct wow_aggregates *aggregates, const struct wow_relation *relation,
               enum wow_aggregate_kind kind, int column) {
  sqlite3_uint64 bytes = sizeof(*aggregates->list) * (sqlite3_uint64)(aggregates->n + 1);
  struct wow_aggregate *list = sqlite3_realloc64(aggregates->list, bytes);
  if (list == NULL) return SQLITE_NOMEM;
  aggregates->list = list;
  struct wow_aggregate *aggregate = &list[aggregates->n];
  memset(aggregate, 0, sizeof(*aggregate));
  aggregate->kind = kind;
  aggregate->column = column;
  aggregate->name = kind == WOW_COUNT_ALL
                        ? sqlite3_mprintf("count(*)")
                        : sqlite3_mprintf("%s(%s)", words[kind], relation->columns[column].name);
  if (aggregate->name == NULL) return SQLITE_NOMEM;
  if (is_taken(aggregates, relation, aggregate->name)) {
    sqlite3_free(aggregate->name);
    return SQLITE_OK;
  }
  aggregates->n++;
  return init_type(aggregate, column >= 0 ? &relation->columns[column].type : NULL);
}

/* Takes the next name of a comma-separated list, without blanks around it. NULL: there is none. */
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
                    "aggregates= names '%s', which is no column of it", column);
    }
    sqlite3_free(column);
    if (err->rc) return err->rc;
  }
  return SQLITE_OK;
}

int wow_aggregates_init(struct wow_aggregates *aggregates, const struct wow_relation *relation,
                        const char *only, struct wow_error *err) {
  /* Those that are wanted most come first, for relations of which not all have room. */
  static const enum wow_aggregate_kind kinds[] = {WOW_SUM, WOW_DATE_OF, WOW_AVG,
                                                  WOW_MAX, WOW_MIN,     WOW_COUNT};
  int room = MOST_COLUMNS - relation->n_columns - 1;
  memset(aggregates, 0, sizeof(*aggregates));
  int rc = only ? check_named(relation, only, err) : SQLITE_OK;
  if (rc == SQLITE_OK && room > 0) rc = add(aggregates, relation, WOW_COUNT_ALL, -1);
  for (size_t k = 0; rc == SQLITE_OK && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
    for (int i = 0; rc == SQLITE_OK && i < relation->n_columns && aggregates->n < room; i++) {
      if (!offers(&relation->columns[i], kinds[k])) continue;
      if (only == NULL || is_named(only, relation->columns[i].name))
        rc = add(aggregates, relation, kinds[k], i);
    }
  }
  return rc == SQLITE_NOMEM ? wow_error_nomem(err) : rc;
}

void wow_aggregates_reset(struct wow_aggregates *aggregates) {
  for (int i = 0; i < aggregates->n; i++) {
    sqlite3_free(aggregates->list[i].name);
    wow_type_reset(&aggregates->list[i].type);
  }
  sqlite3_free(aggregates->list);
  memset(aggregates, 0, sizeof(*aggregates));
}

bool wow_aggregate_is_exact(const struct wow_aggregate *aggregate,
                            const struct wow_relation *relation) {
  bool adds = aggregate->kind == WOW_SUM || aggregate->kind == WOW_AVG;
  return !adds || relation->columns[aggregate->column].type.family != WOW_FLOAT4;
}

void wow_aggregate_request(sqlite3_str *str, const struct wow_aggregate *aggregate,
                           const struct wow_relation *relation) {
  if (aggregate->kind == WOW_COUNT_ALL) {
    sqlite3_str_appendall(str, "count()");
    return;
  }
  wow_deparse_name(str, relation->columns[aggregate->column].name);
  if (aggregate->kind == WOW_DATE_OF)
    sqlite3_str_appendall(str, "::date");
  else
    sqlite3_str_appendf(str, ".%s()", words[aggregate->kind]);
}

void wow_aggregate_sql(sqlite3_str *str, const struct wow_aggregate *aggregate,
                       char *const *names) {
  if (aggregate->kind == WOW_COUNT_ALL) {
    sqlite3_str_appendall(str, "count(*)");
  } else if (aggregate->kind == WOW_DATE_OF) {
    /* "2024-01-01T10:00:00+00:00", "0044-03-15T00:00:00 BC"; infinity has no T, and is its own
     * date. */
    const char *name = names[aggregate->column];
    sqlite3_str_appendf(
        str,
        "CASE WHEN instr(\"%w\", 'T') THEN substr(\"%w\", 1, instr(\"%w\", 'T') - 1)"
        " || iif(\"%w\" LIKE '%% BC', ' BC', '') ELSE \"%w\" END",
        name, name, name, name, name);
  } else {
    sqlite3_str_appendf(str, "%s(\"%w\")", words[aggregate->kind], names[aggregate->column]);
  }
}
