/*
** Reading bytecode, see bytecode.h. A statement whose program has scans of the same relation, but
** none with this plan, was planned under other circumstances: then nothing is known.
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

#include "server/program.h"
#include "server/run.h"

/* The most instructions between a VFilter and the first of those that load its values. */
#define MAX_BETWEEN 100

/* The registers that an instruction looks for. */
static int n_sought(const struct wow_instruction *op) {
  int n = atoi(op->p4);
  return n > 1 ? n : 1;
}

static bool counts(const struct wow_program *program) {
  for (int i = 0; i < program->n; i++) {
    const struct wow_instruction *op = &program->ops[i];
    if (op->code == WOW_OP_AGGREGATE && strcmp(op->p4, "count(0)") == 0) return true;
  }
  return false;
}

/* Is the value that the i-th instruction reads only tested for NULL? An index or a list is looked
** into by a value that was tested so, too. */
static bool is_null_test(const struct wow_program *program, int i) {
  int r = program->ops[i].p3;
  if (i + 1 == program->n) return false;
  const struct wow_instruction *next = &program->ops[i + 1];
  if (next->code != WOW_OP_IS_NULL || next->p1 != r) return false;
  for (int j = 0; j < program->n; j++) {
    const struct wow_instruction *op = &program->ops[j];
    if (op->code == WOW_OP_SEEK && op->p3 <= r && r < op->p3 + n_sought(op)) return false;
  }
  return true;
}

/* Is the i-th instruction of this kind, and the one before it of that? */
static bool follows(const struct wow_program *program, int i, enum wow_opcode code,
                    enum wow_opcode before) {
  return i > 0 && program->ops[i].code == code && program->ops[i - 1].code == before;
}

/* Does the i-th instruction, a VFilter, take values that are read from a list? The number of its
** values is loaded right before it. */
static bool is_looped(const struct wow_program *program, int i) {
  int first = program->ops[i].p3 + 2, n = 0;
  for (int j = i - 1; j >= 0 && j >= i - MAX_BETWEEN; j--) {
    const struct wow_instruction *op = &program->ops[j];
    if (op->code == WOW_OP_FILTER || op->code == WOW_OP_OTHER_FILTER) break;
    if (op->code == WOW_OP_INTEGER && op->p2 == first - 1 && n == 0) n = op->p1;
    bool is_value = op->code == WOW_OP_IS_NULL && op->p1 >= first && op->p1 < first + n;
    if (!is_value || j == 0) continue;
    const struct wow_instruction *before = &program->ops[j - 1];
    if (before->code == WOW_OP_COLUMN && before->p3 == op->p1) return true;
    if (before->code == WOW_OP_ROWID && before->p2 == op->p1) return true;
  }
  return false;
}

/* Adds what one program reads, that runs the plan. */
static void add(struct wow_usage *usage, const struct wow_program *program) {
  bool is_alone = !wow_program_has(program, WOW_OP_BEGIN_SUB_QUERY) &&
                  !wow_program_has(program, WOW_OP_COROUTINE) &&
                  !wow_program_has(program, WOW_OP_LOOP) &&
                  !wow_program_has(program, WOW_OP_OTHER_FILTER);
  usage->is_known = true;
  usage->counts = usage->counts || (is_alone && counts(program));
  for (int i = 0; i < program->n; i++) {
    const struct wow_instruction *op = &program->ops[i];
    if (follows(program, i, WOW_OP_JUMP, WOW_OP_COMPARE)) {
      bool is_merge = op->p1 != op->p3;
      usage->merges = usage->merges || is_merge;
      usage->groups = usage->groups || !is_merge;
    }
    if (op->code == WOW_OP_FILTER) usage->loops = usage->loops || is_looped(program, i);
    if (op->code != WOW_OP_VIRTUAL_COLUMN && op->code != WOW_OP_ROWID) continue;
    if (!wow_program_runs(program, op->p1)) continue;
    int column = op->p2 - usage->first_column;
    if (op->code == WOW_OP_ROWID) {
      bool is_or = i + 1 < program->n && program->ops[i + 1].code == WOW_OP_ROW_SET &&
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
static bool add_all(struct wow_usage *usage, const struct wow_program *all) {
  bool runs = false;
  for (int i = 0, n; i < all->n; i += n) {
    struct wow_program program = wow_program_part(all, i);
    n = program.n;
    if (!wow_program_runs(&program, -1)) continue;
    add(usage, &program);
    wow_aggregation_add(&usage->aggregation, &program, i > 0);
    runs = true;
  }
  return runs || !wow_program_has(all, WOW_OP_OTHER_FILTER);
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
  rc = wow_aggregation_init(&usage->aggregation, n_columns, usage->first_column);
  if (rc != SQLITE_OK) return rc;
  for (sqlite3_stmt *stmt = wow_run_next_busy(db, NULL); is_clear && stmt;
       stmt = wow_run_next_busy(db, stmt)) {
    struct wow_program program = {0};
    const char *sql = wow_program_running_text(stmt);
    if (sql == NULL) continue;
    rc = wow_program_list(&program, db, sql, plan_text);
    is_clear = rc == SQLITE_OK && add_all(usage, &program);
    wow_program_reset(&program);
  }
  usage->is_known = usage->is_known && is_clear;
  usage->aggregation.is_known = usage->aggregation.is_known && usage->is_known;
  wow_aggregation_end(&usage->aggregation, db);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

void wow_bytecode_reset(struct wow_usage *usage) {
  sqlite3_free(usage->columns);
  wow_aggregation_reset(&usage->aggregation);
  memset(usage, 0, sizeof(*usage));
}

bool wow_bytecode_reads_any(const struct wow_usage *usage) {
  bool any = usage->rowid;
  for (int i = 0; i < usage->n_columns; i++)
    any = any || usage->columns[i].n_reads > 0;
  return any;
}
