/*
** Aggregates, see aggregation.h. A loop has one of two forms:
**
**   VFilter; body; VNext                              no GROUP BY, or rows come in its order
**   VFilter; VColumn..., MakeRecord, SorterInsert; VNext; SorterSort; SorterData; body; SorterNext
**
** where the body of the second reads the fields of the sorter's records by a pseudo-cursor. A body
** consists of
**
**   VColumn or Column (cursor, column, register)      for an aggregate: right before its
**   RealAffinity; CollSeq; AggStep (, register, accumulator)
**   Compare; Jump; Move, Gosub, IfPos                 a group begins: the last one is put out
**   If (flag, to); VColumn or Column; Integer         what else is read, of one row of the group
*/
#include "server/aggregation.h"

#include <stdlib.h>
#include <string.h>

/* A loop over the rows of one cursor. */
struct loop {
  struct wow_aggregation *found;
  const struct wow_program *program;
  int cursor;
  int filter, next; /* the instructions VFilter and VNext */
  int from, to;     /* the body */
  int pseudo;       /* the cursor that the body reads from; -1: `cursor` itself */
  int record;       /* the instruction MakeRecord, whose fields `pseudo` has */
  int n_sorted;     /* fields that the sorter sorts by */
};

static const struct {
  const char *name;
  enum wow_aggregate bit;
} aggregates[] = {
    {"count", WOW_AGGREGATE_COUNT}, {"sum", WOW_AGGREGATE_SUM}, {"total", WOW_AGGREGATE_TOTAL},
    {"avg", WOW_AGGREGATE_AVG},     {"min", WOW_AGGREGATE_MIN}, {"max", WOW_AGGREGATE_MAX},
};
#define N_AGGREGATES (sizeof(aggregates) / sizeof(aggregates[0]))
#define BUILTINS "'count','sum','total','avg','min','max'"
#define OTHER_FORM "SQLite goes through the rows in a way that is not known here"

unsigned wow_aggregation_bit(const char *name) {
  for (size_t i = 0; i < N_AGGREGATES; i++) {
    if (strcmp(name, aggregates[i].name) == 0) return aggregates[i].bit;
  }
  return 0;
}

const char *wow_aggregation_name(unsigned wanted) {
  size_t i = 0;
  while (i + 1 < N_AGGREGATES && !(wanted & aggregates[i].bit))
    i++;
  return aggregates[i].name;
}

/* The bit of an AggStep's function, "sum(1)"; 0: it is not one of one value that is known. */
static unsigned bit_of(const char *p4) {
  char name[8];
  size_t n = strcspn(p4, "(");
  if (n >= sizeof(name) || strcmp(p4 + n, "(1)") != 0) return 0;
  memcpy(name, p4, n);
  name[n] = 0;
  return wow_aggregation_bit(name);
}

static const struct wow_instruction *op_at(const struct loop *loop, int i) {
  return &loop->program->ops[i];
}

static bool fail(const struct loop *loop, const char *obstacle) {
  wow_obstacle_say(&loop->found->obstacle, obstacle);
  return false;
}

/* ---------------------------------------------------------------- columns */

/* The column that the i-th instruction, a VColumn of the table, reads; -1: it is a hidden one. */
static int table_column(const struct loop *loop, int i) {
  int column = op_at(loop, i)->p2 - loop->found->first_column;
  return column >= 0 && column < loop->found->n_columns ? column : -1;
}

static bool reads_table(const struct loop *loop, int i) {
  const struct wow_instruction *op = op_at(loop, i);
  return op->code == WOW_OP_VIRTUAL_COLUMN && op->p1 == loop->cursor;
}

/* The column that is a field of the sorter's records; -1: it is something else. */
static int field_column(const struct loop *loop, int field) {
  const struct wow_instruction *record = op_at(loop, loop->record);
  if (field < 0 || field >= record->p2) return -1;
  for (int i = loop->record - 1; i > loop->filter; i--) {
    if (op_at(loop, i)->p3 == record->p1 + field) return table_column(loop, i);
  }
  return -1;
}

/* The column that the i-th instruction reads; -1: it is not an instruction that reads one. */
static int column_read(const struct loop *loop, int i) {
  const struct wow_instruction *op = op_at(loop, i);
  if (loop->pseudo < 0) return reads_table(loop, i) ? table_column(loop, i) : -1;
  bool is_field = op->code == WOW_OP_COLUMN && op->p1 == loop->pseudo;
  return is_field ? field_column(loop, op->p2) : -1;
}

/* The column that is in a register when the i-th instruction of the body comes; -1: none. */
static int column_in(const struct loop *loop, int i, int r) {
  int n = loop->to - loop->from;
  for (int back = 1; back <= n; back++) {
    int at = loop->from + (i - loop->from - back + n) % n;
    int column = column_read(loop, at);
    const struct wow_instruction *op = op_at(loop, at);
    if (op->code == WOW_OP_INTEGER && op->p2 == r) return -1;
    if (column >= 0 && op->p3 == r) return column;
  }
  return -1;
}

static bool is_about_groups(enum wow_opcode code) {
  return code == WOW_OP_COMPARE || code == WOW_OP_JUMP || code == WOW_OP_GOSUB ||
         code == WOW_OP_IF_POSITIVE;
}

/* The only column that is read for the AggStep which the i-th instruction computes an argument of;
** -1: there are several, or none. */
static int only_argument(const struct loop *loop, int i, int next) {
  int from = i, found = -1;
  while (from > loop->filter + 1 && op_at(loop, from - 1)->code != WOW_OP_AGGREGATE &&
         !is_about_groups(op_at(loop, from - 1)->code))
    from--;
  for (int at = from; at < next && op_at(loop, at)->code != WOW_OP_AGGREGATE; at++) {
    int column = column_read(loop, at);
    if (column >= 0 && found >= 0 && column != found) return -1;
    if (column >= 0) found = column;
  }
  return found;
}

/* The i-th instruction, of the loop that ends at `next`, is not understood. */
static bool fail_at(const struct loop *loop, int i, int next) {
  struct wow_aggregation *found = loop->found;
  if (*found->obstacle.text) return false;
  wow_obstacle_describe(&found->obstacle, loop->program, i, next);
  if (*found->obstacle.aggregate) found->obstacle_column = only_argument(loop, i, next);
  return false;
}

/* Registers are read by the i-th instruction of the body, not for an aggregate of one column. */
static void use(const struct loop *loop, int i, int r, int n) {
  for (int k = 0; k < n; k++) {
    int column = column_in(loop, i, r + k);
    if (column >= 0) loop->found->columns[column].is_plain = true;
  }
}

/* ---------------------------------------------------------------- the body */

/* An AggStep of which the server computes nothing. */
static void read_arguments(const struct loop *loop, int i) {
  const struct wow_instruction *op = op_at(loop, i);
  char text[WOW_OBSTACLE_BYTES];
  use(loop, i, op->p2, op->p5);
  if (op->p5 == 0 || column_in(loop, i, op->p2) < 0) return;
  sqlite3_snprintf(sizeof(text), text, "%.*s() %s", (int)strcspn(op->p4, "("), op->p4,
                   bit_of(op->p4) ? "with a collation" : "is not one of the server's");
  fail(loop, text);
}

/* Of CollSeq: a name and an encoding. */
static bool is_binary_name(const char *p4) {
  static const char *const names[] = {"BINARY-8", "BINARY-16LE", "BINARY-16BE"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (strcmp(p4, names[i]) == 0) return true;
  }
  return false;
}

/* The AggStep whose only argument the i-th instruction reads; -1: there is none. */
static int aggregate_of(const struct loop *loop, int i, unsigned *bit) {
  int r = op_at(loop, i)->p3;
  int at = i + 1;
  bool is_known = true;
  if (at < loop->to && op_at(loop, at)->code == WOW_OP_REAL_AFFINITY) at++;
  if (at < loop->to && op_at(loop, at)->code == WOW_OP_COLLATION)
    is_known = is_binary_name(op_at(loop, at++)->p4);
  if (at >= loop->to || !is_known) return -1;
  const struct wow_instruction *op = op_at(loop, at);
  if (op->code != WOW_OP_AGGREGATE || op->p2 != r) return -1;
  *bit = bit_of(op->p4);
  return *bit ? at : -1;
}

/* The i-th instruction reads a column. Steps to the last one that is about that. */
static bool read_column(const struct loop *loop, int *i) {
  int column = column_read(loop, *i);
  unsigned bit = 0;
  if (column < 0) return fail(loop, "a column of another table is read");
  struct wow_aggregation_column *found = &loop->found->columns[column];
  int aggregate = aggregate_of(loop, *i, &bit);
  if (aggregate < 0) {
    found->is_plain = true;
    return true;
  }
  found->aggregates |= bit;
  *i = aggregate;
  return true;
}

/* Are all columns compared byte by byte, or as numbers? "k(2,B,-N.NOCASE)", where B is BINARY. */
static bool is_binary(const char *p4) {
  for (const char *at = strchr(p4, ','); at; at = strchr(at, ',')) {
    at++;
    if (*at == '-') at++;
    if (strncmp(at, "N.", 2) == 0) at += 2;
    if (*at != 'B' || (at[1] != ',' && at[1] != ')')) return false;
  }
  return true;
}

/* A Compare: is it of a group's keys, with those of the row before? */
static bool read_keys(const struct loop *loop, int i) {
  const struct wow_instruction *op = op_at(loop, i), *jump = op_at(loop, i + 1);
  if (jump->code != WOW_OP_JUMP || jump->p1 != jump->p3) return fail(loop, OTHER_FORM);
  if (loop->pseudo >= 0 && op->p3 != loop->n_sorted) return fail(loop, "DISTINCT");
  if (!is_binary(op->p4)) loop->found->may_merge = true;
  use(loop, i, op->p1, op->p3);
  for (int k = 0; k < op->p3; k++) {
    int column = column_in(loop, i, op->p2 + k);
    if (column < 0) return fail(loop, "GROUP BY an expression");
    loop->found->columns[column].is_plain = true;
    loop->found->columns[column].n_keyed++;
  }
  return true;
}

static bool is_in_body(const struct loop *loop, int at) {
  return at >= loop->from && at <= loop->to;
}

static bool has_aggregate(const struct loop *loop, int from, int to) {
  for (int i = from; i < to; i++) {
    if (op_at(loop, i)->code == WOW_OP_AGGREGATE) return true;
  }
  return false;
}

/* Looks at the instructions of the body. False: one is not understood. */
static bool read_body(const struct loop *loop) {
  int group_end = -1; /* where what is done as a group begins ends */
  bool good = true;
  for (int i = loop->from; good && i < loop->to; i++) {
    const struct wow_instruction *op = op_at(loop, i);
    bool is_group_start = i < group_end;
    switch (op->code) {
    case WOW_OP_NOOP:
    case WOW_OP_INTEGER:
    case WOW_OP_REAL_AFFINITY:
    case WOW_OP_COLLATION: break;
    case WOW_OP_COPY: use(loop, i, op->p1, op->p3 + 1); break;
    case WOW_OP_VIRTUAL_COLUMN:
    case WOW_OP_COLUMN: good = read_column(loop, &i); break;
    case WOW_OP_AGGREGATE:
      loop->found->needs_rows = true;
      read_arguments(loop, i);
      break;
    case WOW_OP_COMPARE: good = read_keys(loop, i); break;
    case WOW_OP_JUMP:
      good = i > loop->from && op_at(loop, i - 1)->code == WOW_OP_COMPARE && op->p1 == i + 1 &&
             op->p2 > i && is_in_body(loop, op->p2);
      group_end = op->p2;
      break;
    case WOW_OP_MOVE:
      good = is_group_start;
      use(loop, i, op->p1, op->p3);
      break;
    case WOW_OP_GOSUB:
    case WOW_OP_IF_POSITIVE: good = is_group_start && !is_in_body(loop, op->p2); break;
    case WOW_OP_IF:
      good = op->p2 > i && is_in_body(loop, op->p2) && !has_aggregate(loop, i, op->p2);
      use(loop, i, op->p1, 1);
      break;
    default: good = false;
    }
    if (!good) return fail_at(loop, i, loop->to);
  }
  return good;
}

/* ---------------------------------------------------------------- the loop */

/* Is the i-th instruction run once for each row of something else? */
static bool repeats(const struct wow_program *program, int i) {
  int end = program->ops[0].code == WOW_OP_INIT ? program->ops[0].p2 : program->n;
  for (int at = i + 1; at < end && at < program->n; at++) {
    const struct wow_instruction *op = &program->ops[at];
    bool goes_back =
        op->code == WOW_OP_NEXT || op->code == WOW_OP_VIRTUAL_NEXT || op->code == WOW_OP_GOTO;
    if (goes_back && op->p2 <= i) return true;
  }
  return false;
}

/* The next instruction of a kind with this first operand; -1: there is none. */
static int find(const struct wow_program *program, int from, enum wow_opcode code, int p1) {
  for (int i = from; i < program->n; i++) {
    if (program->ops[i].code == code && program->ops[i].p1 == p1) return i;
  }
  return -1;
}

/* How many columns are compared, "k(2,B,-NOCASE)"; 0: that is not known. */
static int n_keys(const char *p4) {
  return strncmp(p4, "k(", 2) == 0 ? atoi(p4 + 2) : 0;
}

/* The loop only fills a sorter: finds the body, which reads from that. */
static bool find_sorted(struct loop *loop) {
  const struct wow_program *program = loop->program;
  int last = loop->next - 1;
  const struct wow_instruction *insert = op_at(loop, last), *record = op_at(loop, last - 1);
  loop->record = last - 1;
  if (record->code != WOW_OP_MAKE_RECORD || insert->p2 != record->p3)
    return fail_at(loop, loop->record, loop->next);
  for (int i = loop->filter + 1; i < loop->record; i++) {
    enum wow_opcode code = op_at(loop, i)->code;
    bool is_column = reads_table(loop, i) && table_column(loop, i) >= 0;
    bool is_harmless = code == WOW_OP_NOOP || code == WOW_OP_REAL_AFFINITY;
    if (!is_column && !is_harmless) return fail_at(loop, i, loop->next);
  }
  int open = find(program, 0, WOW_OP_SORTER_OPEN, insert->p1);
  int sort = find(program, loop->next, WOW_OP_SORTER_SORT, insert->p1);
  int data = sort < 0 ? -1 : sort + 1;
  int next = find(program, loop->next, WOW_OP_NEXT, insert->p1);
  if (open < 0 || data < 0 || next < data || op_at(loop, data)->code != WOW_OP_SORTER_DATA ||
      op_at(loop, data)->p1 != insert->p1 || op_at(loop, next)->p2 != data) {
    return fail(loop, OTHER_FORM);
  }
  loop->pseudo = op_at(loop, data)->p3;
  loop->from = data + 1;
  loop->to = next;
  loop->n_sorted = n_keys(op_at(loop, open)->p4);
  for (int field = 0; field < loop->n_sorted; field++) {
    int column = field_column(loop, field);
    if (column < 0) return fail(loop, "GROUP BY an expression");
    loop->found->columns[column].is_plain = true;
  }
  return true;
}

/* What is read elsewhere in the program is read for something else. */
static void read_elsewhere(const struct loop *loop) {
  for (int i = 0; i < loop->program->n; i++) {
    const struct wow_instruction *op = op_at(loop, i);
    bool is_in_loop = i > loop->filter && i < loop->next;
    bool is_column = reads_table(loop, i) && !is_in_loop;
    bool is_field = loop->pseudo >= 0 && op->code == WOW_OP_COLUMN && op->p1 == loop->pseudo &&
                    !is_in_body(loop, i);
    int column = is_column ? table_column(loop, i) : is_field ? field_column(loop, op->p2) : -1;
    if (column >= 0) loop->found->columns[column].is_plain = true;
  }
}

static bool read_loop(struct loop *loop) {
  loop->next = find(loop->program, loop->filter, WOW_OP_VIRTUAL_NEXT, loop->cursor);
  if (loop->next <= loop->filter + 1 || op_at(loop, loop->next)->p2 != loop->filter + 1)
    return fail(loop, OTHER_FORM);
  loop->from = loop->filter + 1;
  loop->to = loop->next;
  loop->pseudo = -1;
  bool is_sorted = op_at(loop, loop->next - 1)->code == WOW_OP_SORTER_INSERT;
  if (is_sorted && !find_sorted(loop)) return false;
  read_elsewhere(loop);
  return read_body(loop);
}

/* Are there aggregates of the loop's rows, or of rows that are kept or handed on? */
static bool aggregates_rows(const struct loop *loop) {
  const struct wow_program *program = loop->program;
  int next = find(program, loop->filter, WOW_OP_VIRTUAL_NEXT, loop->cursor);
  if (next < 0) return false;
  if (has_aggregate(loop, loop->filter, next)) return true;
  bool keeps = false;
  for (int i = loop->filter; i < next; i++) {
    enum wow_opcode code = op_at(loop, i)->code;
    keeps = keeps || code == WOW_OP_SORTER_INSERT || code == WOW_OP_GOSUB ||
            strcmp(op_at(loop, i)->name, "Yield") == 0;
  }
  return keeps && has_aggregate(loop, 0, program->n);
}

int wow_aggregation_init(struct wow_aggregation *aggregation, int n_columns, int first_column) {
  sqlite3_uint64 bytes = sizeof(*aggregation->columns) * ((sqlite3_uint64)n_columns + 1);
  *aggregation = (struct wow_aggregation){.is_known = true,
                                          .n_columns = n_columns,
                                          .first_column = first_column,
                                          .obstacle_column = -1};
  aggregation->columns = sqlite3_malloc64(bytes);
  if (aggregation->columns == NULL) return SQLITE_NOMEM;
  memset(aggregation->columns, 0, bytes);
  return SQLITE_OK;
}

void wow_aggregation_reset(struct wow_aggregation *aggregation) {
  sqlite3_free(aggregation->columns);
  memset(aggregation, 0, sizeof(*aggregation));
}

void wow_aggregation_add(struct wow_aggregation *aggregation, const struct wow_program *program,
                         bool is_trigger) {
  for (int i = 0; aggregation->is_known && i < program->n; i++) {
    const struct wow_instruction *op = &program->ops[i];
    struct loop loop = {.found = aggregation, .program = program, .cursor = op->p1, .filter = i};
    if (op->code != WOW_OP_FILTER) continue;
    aggregation->has_aggregates = aggregation->has_aggregates || aggregates_rows(&loop);
    /* The rows of a lookup are remembered, also for a trigger's next row; groups are not. */
    bool is_repeated = is_trigger || repeats(program, i);
    if (is_repeated) fail(&loop, "the table is read once for each row of another");
    aggregation->is_known = !is_repeated && read_loop(&loop);
    aggregation->n_loops++;
  }
}

void wow_aggregation_end(struct wow_aggregation *aggregation, sqlite3 *db) {
  bool any = false;
  for (int i = 0; aggregation->is_known && i < aggregation->n_columns; i++) {
    const struct wow_aggregation_column *column = &aggregation->columns[i];
    any = any || wow_aggregation_has(aggregation, i);
    /* Loops that group by different columns. */
    if (column->n_keyed != 0 && column->n_keyed != aggregation->n_loops) {
      aggregation->is_known = false;
      wow_obstacle_say(&aggregation->obstacle, "the rows are grouped by different columns");
    }
  }
  aggregation->is_known = aggregation->is_known && any;
  if (!aggregation->is_known) return;
  const char *why = NULL;
  if (!wow_program_are_builtin(db, BUILTINS))
    why = "the application has replaced an aggregate function";
  else if (!wow_program_tells_binary(db))
    why = "the application has a collation whose name SQLite lists as it does BINARY";
  if (why) wow_obstacle_say(&aggregation->obstacle, why);
  aggregation->is_known = why == NULL;
}

/* ---------------------------------------------------------------- what the server computes */

/* Why least and greatest are not the same on both sides; NULL: they are. */
static const char *why_no_extremes(const struct wow_type *type, enum wow_collation collation) {
  switch (type->family) {
  case WOW_INT:
  case WOW_NUMERIC:
  case WOW_BOOL:
  case WOW_FLOAT8:
  case WOW_FLOAT4:
  case WOW_DATE:
  case WOW_TIME:
  case WOW_TIMESTAMP:
  case WOW_TIMESTAMPTZ: return NULL;
  case WOW_TEXT:
    return collation == WOW_COLLATION_C ? NULL : "the server has its own order of texts";
  default: return "the server has another order of such values";
  }
}

const char *wow_aggregation_why_not(const struct wow_column *column, unsigned aggregates,
                                    enum wow_collation collation) {
  const struct wow_type *type = &column->type;
  bool is_exact =
      type->family == WOW_INT || type->family == WOW_NUMERIC || type->family == WOW_BOOL;
  const char *extremes =
      aggregates & WOW_AGGREGATE_EXTREMES ? why_no_extremes(type, collation) : NULL;
  if (!wow_relation_is_plain(column)) return "it is a part of another column or relation";
  if ((aggregates & WOW_AGGREGATE_SUMS) && !is_exact)
    return "only sums of integers, numeric values and booleans are the same on both sides";
  if (extremes) return extremes;
  if (wow_type_is_json(type)) return "a JSON null is NULL here, and a value there";
  return type->family == WOW_USER ? "its type is not known" : NULL;
}
