/*
** Table-valued functions, see tvf.h.
*/
#include "functions/tvf.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/run.h"

/* What a module is registered with. */
struct tvf_module {
  struct wow_connection *conn;
  const struct wow_function_group *const *groups;
  const struct wow_tvf *function;
};

struct tvf_table {
  sqlite3_vtab base;
  const struct tvf_module *module;
};

struct cell {
  enum { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_JSON } kind;
  sqlite3_int64 integer;
  double real;
  char *text;
};

struct wow_tvf_rows {
  int n_columns;
  struct cell *cells;
  sqlite3_int64 n_cells;
  sqlite3_int64 room;
  int column; /* within the row that is being made */
  int rc;
};

struct tvf_cursor {
  sqlite3_vtab_cursor base;
  struct wow_tvf_rows rows;
  sqlite3_int64 row;
  sqlite3_value *args[WOW_MAX_TVF_ARGS];
  sqlite3_uint64 run;
};

/* ---------------------------------------------------------------- rows */

/* Adds a cell, whose text it takes ownership of. */
static void add_cell(struct wow_tvf_rows *rows, struct cell cell) {
  bool fits = rows->rc == SQLITE_OK && rows->column < rows->n_columns;
  if (fits && rows->n_cells == rows->room) {
    sqlite3_int64 room = rows->room ? 2 * rows->room : 64;
    struct cell *cells = sqlite3_realloc64(rows->cells, sizeof(*cells) * (sqlite3_uint64)room);
    if (cells) {
      rows->cells = cells;
      rows->room = room;
    } else {
      rows->rc = SQLITE_NOMEM;
      fits = false;
    }
  }
  if (!fits) {
    sqlite3_free(cell.text);
    return;
  }
  rows->cells[rows->n_cells++] = cell;
  rows->column++;
}

void wow_tvf_add_null(struct wow_tvf_rows *rows) {
  add_cell(rows, (struct cell){.kind = CELL_NULL});
}

void wow_tvf_add_integer(struct wow_tvf_rows *rows, sqlite3_int64 value) {
  add_cell(rows, (struct cell){.kind = CELL_INTEGER, .integer = value});
}

void wow_tvf_add_real(struct wow_tvf_rows *rows, double value) {
  add_cell(rows, (struct cell){.kind = CELL_REAL, .real = value});
}

static void add_text(struct wow_tvf_rows *rows, const char *text, bool is_json) {
  char *copy = text ? sqlite3_mprintf("%s", text) : NULL;
  struct cell cell = {.kind = is_json ? CELL_JSON : CELL_TEXT, .text = copy};
  if (text == NULL) cell.kind = CELL_NULL;
  if (text && copy == NULL) rows->rc = SQLITE_NOMEM;
  add_cell(rows, cell);
}

void wow_tvf_add_text(struct wow_tvf_rows *rows, const char *text) {
  add_text(rows, text, false);
}

void wow_tvf_add_json(struct wow_tvf_rows *rows, const char *text) {
  add_text(rows, text, true);
}

void wow_tvf_end_row(struct wow_tvf_rows *rows) {
  while (rows->rc == SQLITE_OK && rows->column < rows->n_columns)
    wow_tvf_add_null(rows);
  rows->column = 0;
}

const char *wow_tvf_arg_text(const struct wow_tvf_call *call, int index) {
  return call->args[index] ? (const char *)sqlite3_value_text(call->args[index]) : NULL;
}

static void rows_reset(struct wow_tvf_rows *rows) {
  for (sqlite3_int64 i = 0; i < rows->n_cells; i++)
    sqlite3_free(rows->cells[i].text);
  sqlite3_free(rows->cells);
  memset(rows, 0, sizeof(*rows));
}

/* ---------------------------------------------------------------- the module */

static int tvf_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                       sqlite3_vtab **out, char **message) {
  const struct tvf_module *module = aux;
  const struct wow_tvf *function = module->function;
  (void)argc;
  /* CREATE VIRTUAL TABLE cannot make one of these, but a file's schema can have it all the same,
  ** under a name by which nobody sees that a function is called. */
  if (sqlite3_stricmp(argv[0], argv[2]) != 0) {
    *message = sqlite3_mprintf("wowsql: %s is not a kind of tables: SELECT * FROM %s", argv[0],
                               function->usage);
    return SQLITE_ERROR;
  }
  if (function->flags & WOW_EFFECTS) sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  char *sql = sqlite3_mprintf("CREATE TABLE x(%s%s%s)", function->columns,
                              function->n_args ? ", " : "", function->arguments);
  int rc = sql ? sqlite3_declare_vtab(db, sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return rc;
  struct tvf_table *table = sqlite3_malloc64(sizeof(*table));
  if (table == NULL) return SQLITE_NOMEM;
  memset(table, 0, sizeof(*table));
  table->module = module;
  *out = &table->base;
  return SQLITE_OK;
}

static int tvf_disconnect(sqlite3_vtab *vtab) {
  sqlite3_free(vtab);
  return SQLITE_OK;
}

/* The columns that are looked at, as far as idxNum has room for them beside the arguments. */
#define USED_COLUMNS ((1 << (31 - WOW_MAX_TVF_ARGS)) - 1)

/* idxNum has a bit for each argument that is given, and from there on one for each column used. */
static int tvf_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  const struct wow_tvf *function = ((struct tvf_table *)vtab)->module->function;
  int given[WOW_MAX_TVF_ARGS], n_args = 0, unusable = 0;
  for (int i = 0; i < WOW_MAX_TVF_ARGS; i++)
    given[i] = -1;
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    int arg = c->iColumn - function->n_columns;
    if (arg < 0 || c->op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!c->usable)
      unusable |= 1 << arg;
    else if (given[arg] < 0)
      given[arg] = i;
  }
  info->idxNum = (int)(info->colUsed & USED_COLUMNS) << WOW_MAX_TVF_ARGS;
  for (int arg = 0; arg < function->n_args; arg++) {
    if (given[arg] < 0) continue;
    info->idxNum |= 1 << arg;
    info->aConstraintUsage[given[arg]].argvIndex = ++n_args;
    info->aConstraintUsage[given[arg]].omit = 1;
    unusable &= ~(1 << arg);
  }
  if (unusable) return SQLITE_CONSTRAINT;
  for (int arg = 0; arg < function->n_required; arg++) {
    if (given[arg] >= 0) continue;
    sqlite3_free(vtab->zErrMsg);
    vtab->zErrMsg = sqlite3_mprintf("wowsql: usage: %s", function->usage);
    return SQLITE_ERROR;
  }
  info->estimatedCost = 100;
  info->estimatedRows = 100;
  return SQLITE_OK;
}

static int tvf_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  struct tvf_cursor *cursor = sqlite3_malloc64(sizeof(*cursor));
  struct wow_connection *conn = ((struct tvf_table *)vtab)->module->conn;
  if (cursor == NULL) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof(*cursor));
  cursor->run = wow_run_open_cursor(conn->runs);
  wow_stats_begin(conn);
  *out = &cursor->base;
  return SQLITE_OK;
}

static void free_args(struct tvf_cursor *cursor) {
  for (int i = 0; i < WOW_MAX_TVF_ARGS; i++)
    sqlite3_value_free(cursor->args[i]);
  memset(cursor->args, 0, sizeof(cursor->args));
}

static int tvf_close(sqlite3_vtab_cursor *cur) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct wow_connection *conn = ((struct tvf_table *)cur->pVtab)->module->conn;
  free_args(cursor);
  rows_reset(&cursor->rows);
  wow_run_close_cursor(conn->runs, cursor->run);
  wow_stats_end(conn);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int tvf_filter(sqlite3_vtab_cursor *cur, int idx_num, const char *idx_str, int argc,
                      sqlite3_value **argv) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct tvf_table *table = (struct tvf_table *)cur->pVtab;
  const struct tvf_module *module = table->module;
  struct wow_error err = {0};
  int n = 0, rc = SQLITE_OK;
  (void)idx_str;
  free_args(cursor);
  rows_reset(&cursor->rows);
  cursor->row = 0;
  cursor->rows.n_columns = module->function->n_columns;
  for (int arg = 0; rc == SQLITE_OK && arg < module->function->n_args && n < argc; arg++) {
    if (!(idx_num & (1 << arg))) continue;
    sqlite3_value *value = argv[n++];
    if (sqlite3_value_type(value) == SQLITE_NULL) {
      if (arg < module->function->n_required) return SQLITE_OK;
      continue;
    }
    cursor->args[arg] = sqlite3_value_dup(value);
    if (cursor->args[arg] == NULL) return SQLITE_NOMEM;
    rc = wow_functions_check_text(module->function->name, value, &err);
  }
  struct wow_tvf_call call = {
      .conn = module->conn,
      .groups = module->groups,
      .args = cursor->args,
      .used = (sqlite3_uint64)(idx_num >> WOW_MAX_TVF_ARGS),
      .rows = &cursor->rows,
  };
  if (rc == SQLITE_OK) rc = module->function->run(&call, &err);
  if (rc == SQLITE_OK) return cursor->rows.rc;
  wow_connection_report(module->conn, &err, &table->base.zErrMsg);
  return rc;
}

static int tvf_next(sqlite3_vtab_cursor *cur) {
  ((struct tvf_cursor *)cur)->row++;
  return SQLITE_OK;
}

static int tvf_eof(sqlite3_vtab_cursor *cur) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct tvf_table *table = (struct tvf_table *)cur->pVtab;
  return cursor->row * table->module->function->n_columns >= cursor->rows.n_cells;
}

static int tvf_column(sqlite3_vtab_cursor *cur, sqlite3_context *ctx, int column) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct tvf_table *table = (struct tvf_table *)cur->pVtab;
  int n = table->module->function->n_columns;
  if (column >= n) {
    sqlite3_value *arg = column - n < WOW_MAX_TVF_ARGS ? cursor->args[column - n] : NULL;
    if (arg) sqlite3_result_value(ctx, arg);
    return SQLITE_OK;
  }
  const struct cell *cell = &cursor->rows.cells[cursor->row * n + column];
  switch (cell->kind) {
  case CELL_NULL: break;
  case CELL_INTEGER: sqlite3_result_int64(ctx, cell->integer); break;
  case CELL_REAL: sqlite3_result_double(ctx, cell->real); break;
  default: sqlite3_result_text(ctx, cell->text, -1, SQLITE_TRANSIENT); break;
  }
  if (cell->kind == CELL_JSON) sqlite3_result_subtype(ctx, WOW_JSON_SUBTYPE);
  return SQLITE_OK;
}

static int tvf_rowid(sqlite3_vtab_cursor *cur, sqlite3_int64 *rowid) {
  *rowid = ((struct tvf_cursor *)cur)->row + 1;
  return SQLITE_OK;
}

static const sqlite3_module tvf_module = {
    .iVersion = 0,
    .xConnect = tvf_connect,
    .xBestIndex = tvf_best_index,
    .xDisconnect = tvf_disconnect,
    .xOpen = tvf_open,
    .xClose = tvf_close,
    .xFilter = tvf_filter,
    .xNext = tvf_next,
    .xEof = tvf_eof,
    .xColumn = tvf_column,
    .xRowid = tvf_rowid,
};

static void free_module(void *ctx) {
  struct tvf_module *module = ctx;
  wow_connection_release(module->conn);
  sqlite3_free(module);
}

int wow_tvf_register(struct wow_connection *conn, const struct wow_function_group *const *groups,
                     const struct wow_tvf *function) {
  struct tvf_module *module = sqlite3_malloc64(sizeof(*module));
  if (module == NULL) return SQLITE_NOMEM;
  *module = (struct tvf_module){wow_connection_retain(conn), groups, function};
  return sqlite3_create_module_v2(conn->db, function->name, &tvf_module, module, free_module);
}
