/*
** wowsql_help: what the tables of functions say of themselves, as a table and as a text.
*/
#include <string.h>

#include "functions/functions.h"

/* One function, of either kind. */
struct described {
  const char *group;
  const char *name;
  const char *usage;
  const char *summary;
  const char *example;
};

/* Is the topic (NULL: everything) its group or its name, with or without "wowsql_"? */
static bool is_about(const struct described *f, const char *topic) {
  static const char prefix[] = "wowsql_";
  if (topic == NULL || sqlite3_stricmp(topic, f->group) == 0) return true;
  return sqlite3_stricmp(topic, f->name) == 0 ||
         sqlite3_stricmp(topic, f->name + strlen(prefix)) == 0;
}

/* Calls `each` for every function that a topic is about; how many there are. */
static int for_each(const struct wow_function_group *const *groups, const char *topic,
                    void (*each)(void *ctx, const struct described *f), void *ctx) {
  int n = 0;
  for (int i = 0; groups[i]; i++) {
    for (const struct wow_function *f = groups[i]->functions; f->name; f++) {
      struct described one = {groups[i]->name, f->name, f->usage, f->summary, f->example};
      if (f->summary && is_about(&one, topic)) each(ctx, &one), n++;
    }
    for (const struct wow_tvf *f = groups[i]->tables; f->name; f++) {
      struct described one = {groups[i]->name, f->name, f->usage, f->summary, f->example};
      if (is_about(&one, topic)) each(ctx, &one), n++;
    }
  }
  return n;
}

/* ---------------------------------------------------------------- as a table */

static void add_row(void *ctx, const struct described *f) {
  struct wow_tvf_rows *rows = ctx;
  wow_tvf_add_text(rows, f->name);
  wow_tvf_add_text(rows, f->usage);
  wow_tvf_add_text(rows, f->summary);
  wow_tvf_add_text(rows, f->group);
  wow_tvf_add_text(rows, f->example);
  wow_tvf_end_row(rows);
}

static int table_help(struct wow_tvf_call *call, struct wow_error *err) {
  (void)err;
  for_each(call->groups, wow_tvf_arg_text(call, 0), add_row, call->rows);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- as a text */

struct help_text {
  sqlite3_str *str;
  const char *group; /* whose heading was the last; NULL: none */
};

static void add_heading(struct help_text *text, const char *group) {
  if (text->group && strcmp(text->group, group) == 0) return;
  sqlite3_str_appendf(text->str, "%s%s\n", text->group ? "\n" : "", group);
  text->group = group;
}

static void add_usage(void *ctx, const struct described *f) {
  struct help_text *text = ctx;
  add_heading(text, f->group);
  sqlite3_str_appendf(text->str, "  %s\n", f->usage);
}

static void add_details(void *ctx, const struct described *f) {
  struct help_text *text = ctx;
  sqlite3_str_appendf(text->str, "%s%s\n  %s\n  %s;\n", text->group ? "\n" : "", f->usage,
                      f->summary, f->example);
  text->group = f->group;
}

static int run_help(struct wow_call *call, struct wow_error *err) {
  const char *topic = wow_functions_optional_text(call, 0);
  struct help_text text = {sqlite3_str_new(NULL), NULL};
  int n = for_each(call->groups, topic, topic ? add_details : add_usage, &text);
  if (topic == NULL) {
    sqlite3_str_appendall(text.str, "\nMore, with examples: SELECT wowsql_help('storage'), or "
                                    "wowsql_help('wowsql_upload')\n");
  }
  char *result = sqlite3_str_finish(text.str);
  if (n > 0) return wow_functions_take_result(call, result, err);
  sqlite3_free(result);
  return wow_error_hint(err, SQLITE_ERROR, NULL, "SELECT wowsql_help() shows all",
                        "there is no function and no group '%s'", topic);
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_help", 0, 1, 0, "wowsql_help([name or group])", NULL, NULL, run_help},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_help", "name TEXT, usage TEXT, summary TEXT, \"group\" TEXT, example TEXT", 5,
     "topic HIDDEN", 1, 0, 0, "wowsql_help([name or group])",
     "All functions, or those of a group, or one: as a text in SELECT, as a table in FROM.",
     "SELECT wowsql_help('storage')", table_help},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_help = {"server", functions, tables};
