/*
** What the server has accepted of a transaction, for errors: it cannot be taken back.
*/
#ifndef WOW_ACCEPTED_H
#define WOW_ACCEPTED_H

#include "base/sqlite.h"
#include "write/pending.h"

struct wow_accepted {
  struct wow_accepted_entry {
    char *relation;
    enum wow_change_kind kind;
    sqlite3_int64 rows;
  } * list;
  int n;
};

/* Adds rows. SQLITE_OK or SQLITE_NOMEM. */
int wow_accepted_add(struct wow_accepted *accepted, const char *relation, enum wow_change_kind kind,
                     sqlite3_int64 rows);
void wow_accepted_reset(struct wow_accepted *accepted);

/* "3 rows inserted into users, 1 row deleted from orders"; sqlite3_free it; NULL: nothing, or no
** memory. */
char *wow_accepted_text(const struct wow_accepted *accepted);

#endif
