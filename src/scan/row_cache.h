/*
** Remembered answers: the rows that belong to a question, found again by its text. A question is a
** part of a request ("&customer_id=eq.7"); that it was asked and has no rows is remembered, too.
** Does no I/O but for the spool's temporary file.
*/
#ifndef WOW_ANSWERS_H
#define WOW_ANSWERS_H

#include <stdbool.h>

#include "wire/rows.h"
#include "base/sqlite.h"

struct wow_answers;

/* For rows of `n_values` values. NULL: no memory. Freed when its last user lets go of it; cursors
** are users. NULL may be released. */
struct wow_answers *wow_answers_new(int n_values);
void wow_answers_release(struct wow_answers *answers);

/* Bytes kept in all. */
sqlite3_int64 wow_answers_bytes(const struct wow_answers *answers);

/* What is remembered of one question. */
struct wow_answer {
  sqlite3_int64 first; /* position of its first row */
  sqlite3_int64 n_rows;
  bool is_whole; /* there are no further rows */
};

/* NULL: it was not asked. Valid until the next answer is added. */
const struct wow_answer *wow_answers_find(const struct wow_answers *answers, const char *question,
                                          int bytes);

/*
** Adds rows to the answer to a question (making it, with is_whole false, if it is new; `row` NULL
** adds none). The rows of one question come back in the order in which they were added if nothing
** else was added in between, else in any. SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR (temporary
** file).
*/
int wow_answers_add(struct wow_answers *answers, const char *question, int bytes,
                    const struct wow_json_value *row);

/* Says that the answer has all its rows. */
void wow_answers_complete(struct wow_answers *answers, const char *question, int bytes);

/* Steps through an answer's rows. */
struct wow_answer_cursor {
  struct wow_answers *answers;
  sqlite3_int64 next;
  sqlite3_int64 rows_left;
  char *row; /* the current row's bytes */
  size_t room;
  struct wow_json_value *values; /* of the current row; texts point into `row` */
};

void wow_answer_cursor_start(struct wow_answer_cursor *cursor, struct wow_answers *answers,
                             const struct wow_answer *answer);
/* SQLITE_ROW, SQLITE_DONE, SQLITE_NOMEM or SQLITE_ERROR. */
int wow_answer_cursor_next(struct wow_answer_cursor *cursor);
void wow_answer_cursor_reset(struct wow_answer_cursor *cursor);

#endif
