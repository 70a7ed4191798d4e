/*
** Listing programs, see program.h.
*/
#include "server/program.h"

#include <string.h>

/* The part of a plan's text that names the relation, and the byte after it: `users` is not
** `users_old`. */
static size_t relation_bytes(const char *plan_text) {
  const char *select = strstr(plan_text, "?select=");
  return (select ? (size_t)(select - plan_text) : strlen(plan_text)) + 1;
}

/* Opcodes; a star stands for any end. */
static const struct {
  const char *name;
  enum wow_opcode code;
} names[] = {
    {"VColumn", WOW_OP_VIRTUAL_COLUMN},
    {"VNext", WOW_OP_VIRTUAL_NEXT},
    {"Column", WOW_OP_COLUMN},
    {"Rowid", WOW_OP_ROWID},
    {"IsNull", WOW_OP_IS_NULL},
    {"Compare", WOW_OP_COMPARE},
    {"Lt", WOW_OP_COMPARE_LOWER},
    {"Ge", WOW_OP_COMPARE_LOWER},
    {"Gt", WOW_OP_COMPARE_UPPER},
    {"Le", WOW_OP_COMPARE_UPPER},
    {"Jump", WOW_OP_JUMP},
    {"AggStep*", WOW_OP_AGGREGATE},
    {"CollSeq", WOW_OP_COLLATION},
    {"BeginSubrtn", WOW_OP_BEGIN_SUB_QUERY},
    {"InitCoroutine", WOW_OP_COROUTINE},
    {"OpenRead", WOW_OP_LOOP},
    {"Integer", WOW_OP_INTEGER},
    {"RowSetTest", WOW_OP_ROW_SET},
    {"Seek*", WOW_OP_SEEK},
    {"Found*", WOW_OP_SEEK},
    {"NotFound*", WOW_OP_SEEK},
    {"NotExists*", WOW_OP_SEEK},
    {"NoConflict*", WOW_OP_SEEK},
    {"Idx*", WOW_OP_SEEK},
    {"MakeRecord", WOW_OP_MAKE_RECORD},
    {"SorterOpen", WOW_OP_SORTER_OPEN},
    {"SorterInsert", WOW_OP_SORTER_INSERT},
    {"SorterSort", WOW_OP_SORTER_SORT},
    {"SorterData", WOW_OP_SORTER_DATA},
    {"SorterNext", WOW_OP_NEXT},
    {"OpenPseudo", WOW_OP_OPEN_PSEUDO},
    {"Next", WOW_OP_NEXT},
    {"Prev", WOW_OP_NEXT},
    {"Goto", WOW_OP_GOTO},
    {"Gosub", WOW_OP_GOSUB},
    {"If", WOW_OP_IF},
    {"IfPos", WOW_OP_IF_POSITIVE},
    {"Move", WOW_OP_MOVE},
    {"Copy", WOW_OP_COPY},
    {"SCopy", WOW_OP_COPY},
    {"RealAffinity", WOW_OP_REAL_AFFINITY},
    {"NullRow", WOW_OP_NULL_ROW},
    {"Return", WOW_OP_RETURN},
    {"Init", WOW_OP_INIT},
    {"Noop", WOW_OP_NOOP},
    {"Explain", WOW_OP_NOOP},
    {"ReleaseReg", WOW_OP_NOOP},
};

static bool is_name(const char *name, const char *pattern) {
  size_t n = strcspn(pattern, "*");
  return strncmp(name, pattern, n) == 0 && (pattern[n] == '*' || name[n] == 0);
}

static void classify(struct wow_instruction *op, const char *name, const char *plan_text) {
  op->code = WOW_OP_OTHER;
  op->name = "";
  if (strcmp(name, "VFilter") == 0) {
    bool is_own = strcmp(op->p4, plan_text) == 0;
    bool is_same = strncmp(op->p4, plan_text, relation_bytes(plan_text)) == 0;
    op->code = is_own ? WOW_OP_FILTER : is_same ? WOW_OP_OTHER_FILTER : WOW_OP_LOOP;
    return;
  }
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (!is_name(name, names[i].name)) continue;
    op->code = names[i].code;
    op->name = names[i].name;
  }
}

/* Makes room for one more of what has the size `bytes`, if there are `n`. NULL: no memory. */
static void *grow(void *list, int n, sqlite3_uint64 bytes) {
  if ((n & (n + 1)) != 0) return list; /* room for twice as many, and one */
  return sqlite3_realloc64(list, (2 * (sqlite3_uint64)n + 2) * bytes);
}

/* Keeps a text. NULL: no memory. */
static const char *keep(struct wow_program *program, const char *text) {
  char **texts = grow(program->texts, program->n_texts, sizeof(*texts));
  if (texts == NULL) return NULL;
  program->texts = texts;
  texts[program->n_texts] = sqlite3_mprintf("%s", text);
  return texts[program->n_texts] ? texts[program->n_texts++] : NULL;
}

static int add_op(struct wow_program *program, sqlite3_stmt *listing, const char *plan_text) {
  const char *name = (const char *)sqlite3_column_text(listing, 1);
  const char *p4 = (const char *)sqlite3_column_text(listing, 5);
  struct wow_instruction *ops = grow(program->ops, program->n, sizeof(*ops));
  if (ops == NULL || name == NULL) return SQLITE_NOMEM;
  program->ops = ops;
  struct wow_instruction *op = &ops[program->n++];
  *op = (struct wow_instruction){
      .p4 = p4 && *p4 ? keep(program, p4) : "",
      .p1 = sqlite3_column_int(listing, 2),
      .p2 = sqlite3_column_int(listing, 3),
      .p3 = sqlite3_column_int(listing, 4),
      .p5 = sqlite3_column_int(listing, 6),
      .begins = sqlite3_column_int(listing, 0) == 0,
  };
  if (op->p4 == NULL) return SQLITE_NOMEM;
  classify(op, name, plan_text);
  if (op->code == WOW_OP_OTHER) op->name = keep(program, name);
  return op->name ? SQLITE_OK : SQLITE_NOMEM;
}

int wow_program_list(struct wow_program *program, sqlite3 *db, const char *sql,
                     const char *plan_text) {
  sqlite3_stmt *stmt = NULL;
  char *explain = sqlite3_mprintf("EXPLAIN %s", sql);
  if (explain == NULL) return SQLITE_NOMEM;
  int rc = sqlite3_prepare_v2(db, explain, -1, &stmt, NULL);
  sqlite3_free(explain);
  if (rc == SQLITE_OK && sqlite3_column_count(stmt) < 7) rc = SQLITE_ERROR;
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
    rc = add_op(program, stmt, plan_text);
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void wow_program_reset(struct wow_program *program) {
  for (int i = 0; i < program->n_texts; i++)
    sqlite3_free(program->texts[i]);
  sqlite3_free(program->texts);
  sqlite3_free(program->ops);
  memset(program, 0, sizeof(*program));
}

const char *wow_program_running_text(sqlite3_stmt *stmt) {
  const char *sql = sqlite3_sql(stmt);
  if (sql == NULL || sqlite3_stmt_isexplain(stmt)) return NULL;
  sql += strspn(sql, " \t\r\n;");
  return sqlite3_strnicmp(sql, "PRAGMA", 6) == 0 ? NULL : sql;
}

struct wow_program wow_program_part(const struct wow_program *all, int from) {
  int n = 1;
  while (from + n < all->n && !all->ops[from + n].begins)
    n++;
  return (struct wow_program){.ops = all->ops + from, .n = n};
}

bool wow_program_has(const struct wow_program *program, enum wow_opcode code) {
  for (int i = 0; i < program->n; i++) {
    if (program->ops[i].code == code) return true;
  }
  return false;
}

bool wow_program_runs(const struct wow_program *program, int cursor) {
  for (int i = 0; i < program->n; i++) {
    const struct wow_instruction *op = &program->ops[i];
    if (op->code == WOW_OP_FILTER && (cursor < 0 || op->p1 == cursor)) return true;
  }
  return false;
}

/* Does a query have no rows? Not, if that is not known. */
static bool is_empty(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  bool is = sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
            sqlite3_step(stmt) == SQLITE_DONE;
  sqlite3_finalize(stmt);
  return is;
}

bool wow_program_are_builtin(sqlite3 *db, const char *quoted_names) {
  char *sql = sqlite3_mprintf(
      "SELECT 1 FROM pragma_function_list WHERE NOT builtin AND name COLLATE NOCASE IN (%s)",
      quoted_names);
  bool are = is_empty(db, sql);
  sqlite3_free(sql);
  return are;
}

bool wow_program_tells_binary(sqlite3 *db) {
  return is_empty(db, "SELECT 1 FROM pragma_collation_list WHERE name COLLATE NOCASE IN "
                      "('B', '-B', 'N.B', '-N.B')");
}
