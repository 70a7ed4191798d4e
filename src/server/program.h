/*
** A statement's program as EXPLAIN lists it: the instructions that whoever reads bytecode here
** knows, with their operands. That it is the program which runs shows by the plan, which is an
** operand of VFilter.
*/
#ifndef WOW_PROGRAM_H
#define WOW_PROGRAM_H

#include <stdbool.h>

#include "base/sqlite.h"

enum wow_opcode {
  WOW_OP_OTHER,
  WOW_OP_NOOP,
  WOW_OP_FILTER,       /* VFilter of this plan */
  WOW_OP_OTHER_FILTER, /* VFilter of another plan of the relation */
  WOW_OP_LOOP,         /* another table is read */
  WOW_OP_VIRTUAL_COLUMN,
  WOW_OP_VIRTUAL_NEXT,
  WOW_OP_COLUMN,
  WOW_OP_ROWID,
  WOW_OP_IS_NULL,
  WOW_OP_COMPARE,
  WOW_OP_COMPARE_LOWER, /* Lt, Ge: what a lower bound is looked at with */
  WOW_OP_COMPARE_UPPER, /* Gt, Le */
  WOW_OP_JUMP,
  WOW_OP_AGGREGATE, /* AggStep */
  WOW_OP_COLLATION, /* CollSeq */
  WOW_OP_BEGIN_SUB_QUERY,
  WOW_OP_COROUTINE, /* InitCoroutine */
  WOW_OP_INTEGER,
  WOW_OP_ROW_SET, /* keeps rowids, or looks for the one in register p3 */
  WOW_OP_SEEK,    /* looks for the values in registers p3, p3 + 1, ... */
  WOW_OP_MAKE_RECORD,
  WOW_OP_SORTER_OPEN,
  WOW_OP_SORTER_INSERT,
  WOW_OP_SORTER_SORT,
  WOW_OP_SORTER_DATA,
  WOW_OP_OPEN_PSEUDO,
  WOW_OP_NEXT, /* of a loop: Next, Prev, SorterNext */
  WOW_OP_GOTO,
  WOW_OP_GOSUB,
  WOW_OP_IF,
  WOW_OP_IF_POSITIVE,
  WOW_OP_MOVE,
  WOW_OP_COPY,          /* Copy, SCopy */
  WOW_OP_REAL_AFFINITY, /* makes an integer a real */
  WOW_OP_NULL_ROW,
  WOW_OP_RETURN,
  WOW_OP_INIT
};

struct wow_instruction {
  enum wow_opcode code;
  const char *name; /* of those with a star above: that */
  const char *p4;   /* "" where it has none */
  int p1, p2, p3, p5;
  bool begins; /* the first of a program: the statement's, or a trigger's */
};

/* All of a statement's programs, or one of them: then the texts are those of the whole. */
struct wow_program {
  struct wow_instruction *ops;
  int n;
  char **texts;
  int n_texts;
};

/* Lists the programs of a statement (all zero before). SQLITE_OK, SQLITE_NOMEM, or another code: it
** cannot be listed. To be reset in any case. */
int wow_program_list(struct wow_program *program, sqlite3 *db, const char *sql,
                     const char *plan_text);
void wow_program_reset(struct wow_program *program);

/* The text of a running statement that may run a plan; NULL: it cannot. Some pragmas act when they
** are prepared, so none is prepared again. */
const char *wow_program_running_text(sqlite3_stmt *stmt);

/* The program that begins at an instruction; it is not to be reset. */
struct wow_program wow_program_part(const struct wow_program *all, int from);
bool wow_program_has(const struct wow_program *program, enum wow_opcode code);
/* Does it run the plan with this cursor (-1: any)? */
bool wow_program_runs(const struct wow_program *program, int cursor);

/* Has the application not put a function of its own in the place of one of these, which are quoted,
** with commas: "'sum','avg'"? */
bool wow_program_are_builtin(sqlite3 *db, const char *quoted_names);

/* Do keys that are listed as compared by B, in whichever direction, have the collation BINARY? An
** application may have a collation of that name. */
bool wow_program_tells_binary(sqlite3 *db);

#endif
