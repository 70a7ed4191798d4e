/*
** The tokens of a statement of SQLite's, for those who look for a few words in it. What the
** statement means, SQLite says.
*/
#ifndef WOW_SQL_TOKEN_H
#define WOW_SQL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

/* A word, something in quotes, or one other character. Before the first: {sql, 0, 0}. */
struct wow_sql_token {
  const char *text; /* not terminated */
  size_t bytes;
  int depth; /* of parentheses around it */
};

/* Steps to the next token. False: there is none. */
bool wow_sql_token_next(struct wow_sql_token *token);
/* Is it this word, in any case, without quotes? */
bool wow_sql_token_is(const struct wow_sql_token *token, const char *word);

/*
** The statement as it may be shown: without its literals, for which it has "?", and comments, which
** may be secret; after `max_bytes` (below 1,000,000) or the token before, " ..." stands for what is
** left. Free with sqlite3_free; NULL: no memory, or there is no token.
*/
char *wow_sql_token_outline(const char *sql, int max_bytes);

#endif
