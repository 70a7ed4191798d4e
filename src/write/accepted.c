/*
** What has been accepted, see accepted.h.
*/
#include "write/accepted.h"

#include <string.h>

int wow_accepted_add(struct wow_accepted *accepted, const char *relation, enum wow_change_kind kind,
                     sqlite3_int64 rows) {
  for (int i = 0; i < accepted->n; i++) {
    struct wow_accepted_entry *entry = &accepted->list[i];
    if (entry->kind != kind || strcmp(entry->relation, relation) != 0) continue;
    entry->rows += rows;
    return SQLITE_OK;
  }
  struct wow_accepted_entry *list =
      sqlite3_realloc64(accepted->list, sizeof(*list) * ((sqlite3_uint64)accepted->n + 1));
  if (list == NULL) return SQLITE_NOMEM;
  accepted->list = list;
  struct wow_accepted_entry entry = {sqlite3_mprintf("%s", relation), kind, rows};
  if (entry.relation == NULL) return SQLITE_NOMEM;
  list[accepted->n++] = entry;
  return SQLITE_OK;
}

void wow_accepted_reset(struct wow_accepted *accepted) {
  for (int i = 0; i < accepted->n; i++)
    sqlite3_free(accepted->list[i].relation);
  sqlite3_free(accepted->list);
  memset(accepted, 0, sizeof(*accepted));
}

char *wow_accepted_text(const struct wow_accepted *accepted) {
  static const char *const words[] = {"inserted into", "changed in", "deleted from"};
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < accepted->n; i++) {
    const struct wow_accepted_entry *entry = &accepted->list[i];
    sqlite3_str_appendf(str, "%s%lld row%s %s %s", i ? ", " : "", entry->rows,
                        entry->rows == 1 ? "" : "s", words[entry->kind], entry->relation);
  }
  return sqlite3_str_finish(str);
}
