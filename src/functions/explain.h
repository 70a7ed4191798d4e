/*
** wowsql_explain: for each remote table of a statement, its request, what is not sent and why,
** whether its lookups are run ahead, and whether the server computes its aggregates.
*/
#ifndef WOW_EXPLAIN_H
#define WOW_EXPLAIN_H

#include "functions/functions.h"

/* A row for each term that was not sent. The statement is planned, never run; those that act when
** they are planned are refused. */
int wow_explain_run(struct wow_tvf_call *call, struct wow_error *err);

#endif
