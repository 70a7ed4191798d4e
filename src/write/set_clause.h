/*
** Which columns an UPDATE statement sets, by its text. Before 3.45 SQLite gives a virtual table all
** values of a row that UPDATE ... FROM changes, and does not say which of them are new.
*/
#ifndef WOW_SET_CLAUSE_H
#define WOW_SET_CLAUSE_H

#include <stdbool.h>

/* Does `sql` say "UPDATE table SET ..."? Then is_set[i] says whether names[i], of which there are
** n, is set. */
bool wow_set_clause_read(const char *sql, const char *table, char *const *names, int n,
                         bool *is_set);

#endif
