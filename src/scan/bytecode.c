/*
** Reading bytecode, see bytecode.h. EXPLAIN of a statement's own text lists its program again;
** that it is the same shows by the plan, which is an operand of VFilter. A statement whose program
** has scans of the same relation, but none with this plan, was planned under other circumstances:
** then nothing is known.
**
** The instructions looked for, with their operands: VFilter (cursor, , first register), whose
** values begin two registers on; VColumn and Column (cursor, column, register); Rowid (cursor,
** register); IsNull (register). GROUP BY is a Compare followed by a Jump that goes to the same
** place for less and for greater (p1 and p3); where it does not, sorted rows are merged. A value
** of an IN list that is looped over is read into a register of VFilter's, and tested for NULL at
** once; joined columns and sub-queries are not tested.
*/
#include "scan/bytecode.h"

#include <stdlib.h>
#include <string.h>

#include "server/run.h"

enum kind {
  OP_OTHER,
  OP_FILTER,       /* VFilter of this plan */
  OP_OTHER_FILTER, /* VFilter of another plan of the relation */
  OP_LOOP,         /* another table is read */
  OP_VIRTUAL_COLUMN,
  OP_COLUMN,
  OP_ROWID,
  OP_IS_NULL,
  OP_COMPARE,
  OP_JUMP,
  OP_COUNT,
  OP_SUB_QUERY,
  OP_INTEGER,
  OP_ROW_SET, /* keeps rowids, or looks for the one in register p3 */
  OP_SEEK     /* looks for the values in registers p3, p3 + 1, ... */
};

/* The most instructions between a VFilter and the first of those that load its values. */
#define MAX_BETWEEN 100

struct op {
  enum kind kind;
  int p1, p2, p3;
  int n;       /* registers of OP_SEEK */
  bool begins; /* the first of a program: the statement's, or a trigger's */
};

struct program {
  struct op *ops;
  int n;
};

static bool begins_with(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

/* The part of a plan's text that names the relation. */
static size_t relation_bytes(const char *plan_text) {
  const char *select = strstr(plan_text, "?select=");
  return select ? (size_t)(select - plan_text) : strlen(plan_text);
}

static enum kind kind_of(const char *opcode, const char *p4, const char *plan_text) {
  static const struct {
    const char *opcode;
    enum kind kind;
  } names[] = {
      {"VColumn", OP_VIRTUAL_COLUMN}, {"Column", OP_COLUMN},           {"Rowid", OP_ROWID},
      {"IsNull", OP_IS_NULL},         {"Compare", OP_COMPARE},         {"Jump", OP_JUMP},
      {"BeginSubrtn", OP_SUB_QUERY},  {"InitCoroutine", OP_SUB_QUERY}, {"OpenRead", OP_LOOP},
      {"Integer", OP_INTEGER},        {"RowSetTest", OP_ROW_SET},
  };
  static const char *const seeks[] = {"Seek",      "Found",      "NotFound",
                                      "NotExists", "NoConflict", "Idx"};
  if (strcmp(opcode, "VFilter") == 0) {
    if (strcmp(p4, plan_text) == 0) return OP_FILTER;
    bool same = strncmp(p4, plan_text, relation_bytes(plan_text)) == 0;
    return same ? OP_OTHER_FILTER : OP_LOOP;
  }
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (strcmp(opcode, names[i].opcode) == 0) return names[i].kind;
  }
  if (begins_with(opcode, "AggStep") && strcmp(p4, "count(0)") == 0) return OP_COUNT;
  for (size_t i = 0; i < sizeof(seeks) / sizeof(seeks[0]); i++) {
    if (begins_with(opcode, seeks[i])) return OP_SEEK;
  }
  return OP_OTHER;
}

/* Lists the program of a statement. SQLITE_OK, SQLITE_NOMEM, or another code: it cannot be listed.
 */
static int program_load(struct program *program, sqlite3 *db, const char *sql,
                        const char *plan_text) {
  sqlite3_stmt *stmt = NULL;
  char *explain = sqlite3_mprintf("EXPLAIN %s", sql);
  if (explain == NULL) return SQLITE_NOMEM;
  int rc = sqlite3_prepare_v2(db, explain, -1, &stmt, NULL);
  sqlite3_free(explain);
  if (rc == SQLITE_OK && sqlite3_column_count(stmt) < 6) rc = SQLITE_ERROR;
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *opcode = (const char *)sqlite3_column_text(stmt, 1);
    const char *p4 = (const char *)sqlite3_column_text(stmt, 5);
    if ((program->n & (program->n + 1)) == 0) { /* room for twice as many, and one */
      sqlite3_uint64 room = 2 * (sqlite3_uint64)program->n + 2;
      struct op *ops = sqlite3_realloc64(program->ops, room * sizeof(*ops));
      if (ops == NULL) rc = SQLITE_NOMEM;
      if (ops == NULL) break;
      program->ops = ops;
    }
    struct op *op = &program->ops[program->n++];
    op->kind = kind_of(opcode ? opcode : "", p4 ? p4 : "", plan_text);
    op->p1 = sqlite3_column_int(stmt, 2);
    op->p2 = sqlite3_column_int(stmt, 3);
    op->p3 = sqlite3_column_int(stmt, 4);
    op->n = p4 && atoi(p4) > 1 ? atoi(p4) : 1;
    op->begins = sqlite3_column_int(stmt, 0) == 0;
    rc = SQLITE_OK;
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool runs_plan(const struct program *program, int cursor) {
  for (int i = 0; i < program->n; i++) {
    const struct op *op = &program->ops[i];
    if (op->kind == OP_FILTER && (cursor < 0 || op->p1 == cursor)) return true;
  }
  return false;
}

static bool has_kind(const struct program *program, enum kind kind) {
  for (int i = 0; i < program->n; i++) {
    if (program->ops[i].kind == kind) return true;
  }
  return false;
}

/* Is the value that the i-th instruction reads only tested for NULL? An index or a list is looked
** into by a value that was tested so, too. */
static bool is_null_test(const struct program *program, int i) {
  int r = program->ops[i].p3;
  if (i + 1 == program->n) return false;
  const struct op *next = &program->ops[i + 1];
  if (next->kind != OP_IS_NULL || next->p1 != r) return false;
  for (int j = 0; j < program->n; j++) {
    const struct op *op = &program->ops[j];
    if (op->kind == OP_SEEK && op->p3 <= r && r < op->p3 + op->n) return false;
  }
  return true;
}

/* Is the i-th instruction of this kind, and the one before it of that? */
static bool follows(const struct program *program, int i, enum kind kind, enum kind before) {
  return i > 0 && program->ops[i].kind == kind && program->ops[i - 1].kind == before;
}

/* Does the i-th instruction, a VFilter, take values that are read from a list? The number of its
** values is loaded right before it. */
static bool is_looped(const struct program *program, int i) {
  int first = program->ops[i].p3 + 2, n = 0;
  for (int j = i - 1; j >= 0 && j >= i - MAX_BETWEEN; j--) {
    const struct op *op = &program->ops[j];
    if (op->kind == OP_FILTER || op->kind == OP_OTHER_FILTER) break;
    if (op->kind == OP_INTEGER && op->p2 == first - 1 && n == 0) n = op->p1;
    bool is_value = op->kind == OP_IS_NULL && op->p1 >= first && op->p1 < first + n;
    if (!is_value || j == 0) continue;
    const struct op *before = &program->ops[j - 1];
    if (before->kind == OP_COLUMN && before->p3 == op->p1) return true;
    if (before->kind == OP_ROWID && before->p2 == op->p1) return true;
  }
  return false;
}

/* Adds what one program reads, that runs the plan. */
static void add(struct wow_usage *usage, const struct program *program) {
  bool is_alone = !has_kind(program, OP_SUB_QUERY) && !has_kind(program, OP_LOOP) &&
                  !has_kind(program, OP_OTHER_FILTER);
  usage->is_known = true;
  usage->counts = usage->counts || (is_alone && has_kind(program, OP_COUNT));
  for (int i = 0; i < program->n; i++) {
    const struct op *op = &program->ops[i];
    if (follows(program, i, OP_JUMP, OP_COMPARE)) {
      bool is_merge = op->p1 != op->p3;
      usage->merges = usage->merges || is_merge;
      usage->groups = usage->groups || !is_merge;
    }
    if (op->kind == OP_FILTER) usage->loops = usage->loops || is_looped(program, i);
    if (op->kind != OP_VIRTUAL_COLUMN && op->kind != OP_ROWID) continue;
    if (!runs_plan(program, op->p1)) continue;
    int column = op->p2 - usage->first_column;
    if (op->kind == OP_ROWID) {
      bool is_or = i + 1 < program->n && program->ops[i + 1].kind == OP_ROW_SET &&
                   program->ops[i + 1].p3 == op->p2;
      usage->rowid = true;
      usage->shows_rowid = usage->shows_rowid || !is_or;
    } else if (column >= 0 && column < usage->n_columns) {
      usage->columns[column].n_reads++;
      usage->columns[column].n_null_tests += is_null_test(program, i);
    }
  }
}

/* Adds what a statement's programs read. False: it was planned under other circumstances. */
static bool add_all(struct wow_usage *usage, const struct program *all) {
  bool runs = false;
  for (int i = 0, n; i < all->n; i += n) {
    for (n = 1; i + n < all->n && !all->ops[i + n].begins;)
      n++;
    struct program program = {all->ops + i, n};
    if (!runs_plan(&program, -1)) continue;
    add(usage, &program);
    runs = true;
  }
  return runs || !has_kind(all, OP_OTHER_FILTER);
}

/* The text of a running statement that may run the plan; NULL: it cannot. Some pragmas act when
** they are prepared, so none is prepared again. */
static const char *running_text(sqlite3_stmt *stmt) {
  const char *sql = sqlite3_sql(stmt);
  if (sql == NULL || sqlite3_stmt_isexplain(stmt)) return NULL;
  sql += strspn(sql, " \t\r\n;");
  return sqlite3_strnicmp(sql, "PRAGMA", 6) == 0 ? NULL : sql;
}

int wow_bytecode_read(struct wow_usage *usage, const struct wow_target *target,
                      const char *plan_text) {
  sqlite3 *db = target->conn->db;
  int rc = SQLITE_OK, n_columns = target->relation->n_columns;
  bool is_clear = true;
  memset(usage, 0, sizeof(*usage));
  usage->first_column = wow_brackets_declared(target->brackets, target->relation, 0);
  sqlite3_uint64 bytes = sizeof(*usage->columns) * ((sqlite3_uint64)n_columns + 1);
  usage->columns = sqlite3_malloc64(bytes);
  if (usage->columns == NULL) return SQLITE_NOMEM;
  memset(usage->columns, 0, bytes);
  usage->n_columns = n_columns;
  for (sqlite3_stmt *stmt = wow_run_next_busy(db, NULL); is_clear && stmt;
       stmt = wow_run_next_busy(db, stmt)) {
    struct program program = {0};
    const char *sql = running_text(stmt);
    if (sql == NULL) continue;
    rc = program_load(&program, db, sql, plan_text);
    is_clear = rc == SQLITE_OK && add_all(usage, &program);
    sqlite3_free(program.ops);
  }
  usage->is_known = usage->is_known && is_clear;
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

void wow_bytecode_reset(struct wow_usage *usage) {
  sqlite3_free(usage->columns);
  memset(usage, 0, sizeof(*usage));
}

bool wow_bytecode_reads_any(const struct wow_usage *usage) {
  bool any = usage->rowid;
  for (int i = 0; i < usage->n_columns; i++)
    any = any || usage->columns[i].n_reads > 0;
  return any;
}
