/*
** Obstacles, see obstacle.h. What an instruction belongs to shows by what comes after it: an
** AggStep, a jump to after one (FILTER), or a jump to the next row.
*/
#include "server/obstacle.h"

#include <string.h>

static bool is_one_of(const char *name, const char *const *names) {
  for (; *names; names++) {
    if (strcmp(name, *names) == 0) return true;
  }
  return false;
}

static bool compares(const struct wow_instruction *op) {
  static const char *const names[] = {"Eq", "Ne",    "Lt",     "Le",      "Gt",        "Ge",
                                      "If", "IfNot", "IsNull", "NotNull", "IfNullRow", NULL};
  return is_one_of(op->name, names);
}

static bool calls(const struct wow_instruction *op) {
  return strncmp(op->name, "Function", 8) == 0 || strcmp(op->name, "PureFunc") == 0;
}

static bool keeps_row(const struct wow_instruction *op) {
  static const char *const names[] = {"ResultRow", "MakeRecord",   "Insert",
                                      "NewRowid",  "SorterInsert", NULL};
  return is_one_of(op->name, names);
}

/* Are values taken once, as DISTINCT has it? They are kept at once where they were not found. */
static bool is_distinct(const struct wow_program *program, int i) {
  const struct wow_instruction *op = &program->ops[i];
  return op->code == WOW_OP_SEEK && strncmp(op->name, "Found", 5) == 0 && i + 1 < program->n &&
         op[1].code == WOW_OP_MAKE_RECORD;
}

/* Is the i-th instruction before a loop within this one, whose rows are aggregated? */
static bool is_joined(const struct wow_program *program, int i, int next) {
  for (int at = i + 1; at < next; at++) {
    const struct wow_instruction *op = &program->ops[at];
    bool is_end = op->code == WOW_OP_NEXT || op->code == WOW_OP_VIRTUAL_NEXT;
    for (int k = op->p2; is_end && k > i && k < at; k++) {
      if (program->ops[k].code == WOW_OP_AGGREGATE) return true;
    }
  }
  return false;
}

/* What a value is computed for, by the instructions from the i-th on. */
static const char *purpose(struct wow_obstacle *obstacle, const struct wow_program *program, int i,
                           int next) {
  bool is_sorted = next > 0 && program->ops[next - 1].code == WOW_OP_SORTER_INSERT;
  for (int at = i; at < next; at++) {
    const struct wow_instruction *op = &program->ops[at];
    if (is_distinct(program, at)) return "DISTINCT";
    if (op->code == WOW_OP_AGGREGATE) {
      sqlite3_snprintf((int)sizeof(obstacle->aggregate), obstacle->aggregate, "%.*s",
                       (int)strcspn(op->p4, "("), op->p4);
      return "an expression";
    }
    bool leaves = op->p2 > at && (compares(op) || op->code == WOW_OP_SEEK);
    if (leaves && op->p2 >= next) return "a condition that SQLite evaluates, in WHERE or FILTER";
    if (leaves && program->ops[op->p2 - 1].code == WOW_OP_AGGREGATE) return "FILTER";
    if (is_sorted && op->code == WOW_OP_MAKE_RECORD) return "GROUP BY an expression";
    if (keeps_row(op)) return "the rows themselves are read";
  }
  return "an expression";
}

void wow_obstacle_say(struct wow_obstacle *obstacle, const char *text) {
  if (*obstacle->text == 0) sqlite3_snprintf(sizeof(obstacle->text), obstacle->text, "%s", text);
}

void wow_obstacle_describe(struct wow_obstacle *obstacle, const struct wow_program *program, int i,
                           int next) {
  const struct wow_instruction *op = &program->ops[i];
  char text[WOW_OBSTACLE_BYTES];
  if (*obstacle->text) return;
  if (is_joined(program, i, next)) {
    wow_obstacle_say(obstacle, "the rows are joined with those of another table");
  } else if (op->code == WOW_OP_GOTO && op->p2 > next) {
    wow_obstacle_say(obstacle, "only the first row is read, in the order of the column");
  } else if (op->code == WOW_OP_ROWID && i + 1 < next && op[1].code == WOW_OP_ROW_SET) {
    wow_obstacle_say(obstacle, "the terms of an OR are asked for one after the other");
  } else if (op->code == WOW_OP_ROWID) {
    wow_obstacle_say(obstacle, "the rowid is read");
  } else if (strcmp(op->name, "Yield") == 0) {
    wow_obstacle_say(obstacle, "the rows of a query within the statement are read");
  } else if (keeps_row(op)) {
    wow_obstacle_say(obstacle, "the rows themselves are read");
  } else if (calls(op)) {
    const char *what = purpose(obstacle, program, i, next);
    sqlite3_snprintf(sizeof(text), text, "%s: %.*s() is called", what, (int)strcspn(op->p4, "("),
                     op->p4);
    wow_obstacle_say(obstacle, text);
  } else {
    wow_obstacle_say(obstacle, purpose(obstacle, program, i, next));
  }
}
