/*
** The framework of the eponymous table-valued functions: a description (functions.h) becomes a
** read-only module whose rows are made in one go when the cursor starts. Arguments are hidden
** columns, as SQLite has it: f(a, b) is f WHERE a = .. AND b = ...
*/
#include <string.h>

#include "functions/functions.h"

struct tvf_table {
  sqlite3_vtab base;
  struct wow_connection *conn;
  const struct wow_table_function *function;
};

struct wow_result {
  int n_columns;
  struct wow_cell *cells;
  sqlite3_int64 n_cells;
  sqlite3_int64 room;
  int column; /* within the row that is being made */
  int rc;
  struct wow_cell spare; /* where a cell goes that cannot be kept */
};

struct tvf_cursor {
  sqlite3_vtab_cursor base;
  struct wow_result result;
  sqlite3_int64 row;
  sqlite3_value *args[8];
};

#define MAX_ARGS ((int)(sizeof(((struct tvf_cursor *)0)->args) / sizeof(sqlite3_value *)))

/* Joins a connection and a function: what a module is registered with. */
struct tvf_module {
  struct wow_connection *conn;
  const struct wow_table_function *function;
};

/* ---------------------------------------------------------------- rows */

static struct wow_cell *new_cell(struct wow_result *result) {
  if (result->rc != SQLITE_OK || result->column == result->n_columns) return &result->spare;
  if (result->n_cells == result->room) {
    sqlite3_int64 room = result->room ? 2 * result->room : 64;
    struct wow_cell *cells =
        sqlite3_realloc64(result->cells, sizeof(*cells) * (sqlite3_uint64)room);
    if (cells == NULL) {
      result->rc = SQLITE_NOMEM;
      return &result->spare;
    }
    result->cells = cells;
    result->room = room;
  }
  struct wow_cell *cell = &result->cells[result->n_cells++];
  memset(cell, 0, sizeof(*cell));
  result->column++;
  return cell;
}

void wow_result_null(struct wow_result *result) {
  new_cell(result);
}

void wow_result_integer(struct wow_result *result, sqlite3_int64 value) {
  struct wow_cell *cell = new_cell(result);
  cell->kind = WOW_CELL_INTEGER;
  cell->integer = value;
}

void wow_result_real(struct wow_result *result, double value) {
  struct wow_cell *cell = new_cell(result);
  cell->kind = WOW_CELL_REAL;
  cell->real = value;
}

static void add_text(struct wow_result *result, const char *text, int kind) {
  char *copy = text ? sqlite3_mprintf("%s", text) : NULL;
  if (text && copy == NULL) result->rc = SQLITE_NOMEM;
  if (result->rc != SQLITE_OK || result->column == result->n_columns) {
    sqlite3_free(copy);
    return;
  }
  struct wow_cell *cell = new_cell(result);
  if (result->rc != SQLITE_OK) {
    sqlite3_free(copy);
    return;
  }
  if (copy) cell->kind = kind;
  cell->text = copy;
}

void wow_result_text(struct wow_result *result, const char *text) {
  add_text(result, text, WOW_CELL_TEXT);
}

void wow_result_json(struct wow_result *result, const char *text) {
  add_text(result, text, WOW_CELL_JSON);
}

void wow_result_row(struct wow_result *result) {
  while (result->rc == SQLITE_OK && result->column < result->n_columns)
    new_cell(result);
  result->column = 0;
}

const char *wow_tvf_text(const struct wow_table_call *call, int index) {
  return call->args[index] ? (const char *)sqlite3_value_text(call->args[index]) : NULL;
}

static void result_reset(struct wow_result *result) {
  for (sqlite3_int64 i = 0; i < result->n_cells; i++)
    sqlite3_free(result->cells[i].text);
  sqlite3_free(result->cells);
  memset(result, 0, sizeof(*result));
}

/* ---------------------------------------------------------------- the module */

static int tvf_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                       sqlite3_vtab **out, char **message) {
  const struct tvf_module *module = aux;
  const struct wow_table_function *function = module->function;
  (void)argc, (void)argv, (void)message;
  char *sql = sqlite3_mprintf("CREATE TABLE x(%s%s%s)", function->columns,
                              function->n_args ? ", " : "", function->arguments);
  int rc = sql ? sqlite3_declare_vtab(db, sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return rc;
  struct tvf_table *table = sqlite3_malloc64(sizeof(*table));
  if (table == NULL) return SQLITE_NOMEM;
  memset(table, 0, sizeof(*table));
  table->conn = module->conn;
  table->function = function;
  *out = &table->base;
  return SQLITE_OK;
}

static int tvf_disconnect(sqlite3_vtab *vtab) {
  sqlite3_free(vtab);
  return SQLITE_OK;
}

/* idxNum has a bit for each argument that is given. */
static int tvf_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  const struct wow_table_function *function = ((struct tvf_table *)vtab)->function;
  int given[8], n_args = 0, unusable = 0;
  for (int i = 0; i < MAX_ARGS; i++)
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
  info->idxNum = 0;
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
  (void)vtab;
  if (cursor == NULL) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof(*cursor));
  *out = &cursor->base;
  return SQLITE_OK;
}

static void free_args(struct tvf_cursor *cursor) {
  for (int i = 0; i < MAX_ARGS; i++)
    sqlite3_value_free(cursor->args[i]);
  memset(cursor->args, 0, sizeof(cursor->args));
}

static int tvf_close(sqlite3_vtab_cursor *cur) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  free_args(cursor);
  result_reset(&cursor->result);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int tvf_filter(sqlite3_vtab_cursor *cur, int idx_num, const char *idx_str, int argc,
                      sqlite3_value **argv) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct tvf_table *table = (struct tvf_table *)cur->pVtab;
  struct wow_error err = {0};
  int n = 0, rc = SQLITE_OK;
  (void)idx_str;
  free_args(cursor);
  result_reset(&cursor->result);
  cursor->row = 0;
  cursor->result.n_columns = table->function->n_columns;
  for (int arg = 0; arg < table->function->n_args && n < argc; arg++) {
    if (!(idx_num & (1 << arg))) continue;
    cursor->args[arg] = sqlite3_value_dup(argv[n++]);
    if (cursor->args[arg] == NULL) return SQLITE_NOMEM;
    /* A NULL argument equals nothing: no rows. */
    if (sqlite3_value_type(cursor->args[arg]) == SQLITE_NULL) return SQLITE_OK;
  }
  struct wow_table_call call = {table->conn, cursor->args, &cursor->result};
  rc = table->function->run(&call, &err);
  if (rc == SQLITE_OK) return cursor->result.rc;
  wow_connection_report(table->conn, &err, &table->base.zErrMsg);
  return rc;
}

static int tvf_next(sqlite3_vtab_cursor *cur) {
  ((struct tvf_cursor *)cur)->row++;
  return SQLITE_OK;
}

static int tvf_eof(sqlite3_vtab_cursor *cur) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct tvf_table *table = (struct tvf_table *)cur->pVtab;
  return cursor->row * table->function->n_columns >= cursor->result.n_cells;
}

static int tvf_column(sqlite3_vtab_cursor *cur, sqlite3_context *ctx, int column) {
  struct tvf_cursor *cursor = (struct tvf_cursor *)cur;
  struct tvf_table *table = (struct tvf_table *)cur->pVtab;
  int n = table->function->n_columns;
  if (column >= n) {
    sqlite3_value *arg = column - n < MAX_ARGS ? cursor->args[column - n] : NULL;
    if (arg) sqlite3_result_value(ctx, arg);
    return SQLITE_OK;
  }
  const struct wow_cell *cell = &cursor->result.cells[cursor->row * n + column];
  switch (cell->kind) {
  case WOW_CELL_NULL: break;
  case WOW_CELL_INTEGER: sqlite3_result_int64(ctx, cell->integer); break;
  case WOW_CELL_REAL: sqlite3_result_double(ctx, cell->real); break;
  default: sqlite3_result_text(ctx, cell->text, -1, SQLITE_TRANSIENT); break;
  }
  if (cell->kind == WOW_CELL_JSON) sqlite3_result_subtype(ctx, WOW_JSON_SUBTYPE);
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

int wow_tvf_register(struct wow_connection *conn, const struct wow_table_function *function) {
  struct tvf_module *module = sqlite3_malloc64(sizeof(*module));
  if (module == NULL) return SQLITE_NOMEM;
  module->conn = conn;
  module->function = function;
  return sqlite3_create_module_v2(conn->db, function->name, &tvf_module, module, sqlite3_free);
}
