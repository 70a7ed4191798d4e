/*
** Remembered answers, see answers.h: a hash table of questions, whose texts and rows stand in a
** spool.
**
** A row is written as  next, bytes | kind, length, text | kind, length, text ...  where `next` is
** the position of the answer's following row. Rows that are added one behind the other point to
** their successor, whose position is known beforehand; a row that is added later to an answer that
** has rows already is put in front of them.
*/
#include "scan/row_cache.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "base/spool.h"
#include "base/limits.h"

struct question {
  sqlite3_uint64 hash;
  sqlite3_int64 text; /* position of its text */
  int text_bytes;
  bool used;
  sqlite3_int64 end; /* position behind its last row, as long as the spool ends there */
  struct wow_answer answer;
};

struct wow_answers {
  struct wow_spool *spool;
  int n_values;
  struct question *questions; /* open addressing; the size is a power of two */
  size_t n_slots;
  size_t n_questions;
  char *buffer; /* the row that is being written */
  size_t room;
  int references;
};

struct row_header {
  sqlite3_int64 next;
  sqlite3_int64 bytes;
};

struct value_header {
  unsigned int kind;
  unsigned int bytes;
};

struct wow_answers *wow_answers_new(int n_values) {
  struct wow_answers *answers = sqlite3_malloc64(sizeof(*answers));
  if (answers == NULL) return NULL;
  memset(answers, 0, sizeof(*answers));
  answers->n_values = n_values;
  answers->references = 1;
  answers->spool = wow_spool_new(WOW_SPOOL_BYTES);
  if (answers->spool) return answers;
  sqlite3_free(answers);
  return NULL;
}

void wow_answers_release(struct wow_answers *answers) {
  if (answers == NULL || --answers->references > 0) return;
  wow_spool_free(answers->spool);
  sqlite3_free(answers->questions);
  sqlite3_free(answers->buffer);
  sqlite3_free(answers);
}

sqlite3_int64 wow_answers_bytes(const struct wow_answers *answers) {
  return wow_spool_bytes(answers->spool) +
         (sqlite3_int64)(answers->n_slots * sizeof(*answers->questions));
}

static sqlite3_uint64 hash_of(const char *text, int bytes) {
  sqlite3_uint64 hash = 14695981039346656037u; /* FNV-1a */
  for (int i = 0; i < bytes; i++)
    hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
  return hash ^ (hash >> 29);
}

static bool has_text(const struct wow_answers *answers, const struct question *question,
                     const char *text, int bytes) {
  char piece[256];
  if (question->text_bytes != bytes) return false;
  for (int done = 0; done < bytes;) {
    int n = bytes - done < (int)sizeof(piece) ? bytes - done : (int)sizeof(piece);
    if (wow_spool_read(answers->spool, question->text + done, piece, (size_t)n) != SQLITE_OK) {
      return false;
    }
    if (memcmp(piece, text + done, (size_t)n) != 0) return false;
    done += n;
  }
  return true;
}

/* The slot that has the question, or the free one where it belongs. */
static struct question *slot_of(const struct wow_answers *answers, const char *text, int bytes) {
  sqlite3_uint64 hash = hash_of(text, bytes);
  size_t i = (size_t)hash & (answers->n_slots - 1);
  for (;; i = (i + 1) & (answers->n_slots - 1)) {
    struct question *question = &answers->questions[i];
    if (!question->used) return question;
    if (question->hash == hash && has_text(answers, question, text, bytes)) return question;
  }
}

const struct wow_answer *wow_answers_find(const struct wow_answers *answers, const char *question,
                                          int bytes) {
  if (answers->n_slots == 0) return NULL;
  const struct question *slot = slot_of(answers, question, bytes);
  return slot->used ? &slot->answer : NULL;
}

static int grow(struct wow_answers *answers) {
  size_t old_slots = answers->n_slots;
  size_t n_slots = old_slots ? 2 * old_slots : 64;
  struct question *old = answers->questions;
  struct question *questions = sqlite3_malloc64(n_slots * sizeof(*questions));
  if (questions == NULL) return SQLITE_NOMEM;
  memset(questions, 0, n_slots * sizeof(*questions));
  for (size_t i = 0; i < old_slots; i++) {
    if (!old[i].used) continue;
    size_t to = (size_t)old[i].hash & (n_slots - 1);
    while (questions[to].used)
      to = (to + 1) & (n_slots - 1);
    questions[to] = old[i];
  }
  sqlite3_free(old);
  answers->questions = questions;
  answers->n_slots = n_slots;
  return SQLITE_OK;
}

static int write_row(struct wow_answers *answers, const struct wow_json_value *row,
                     sqlite3_int64 next) {
  struct row_header header = {next, 0};
  size_t bytes = sizeof(header) + (size_t)answers->n_values * sizeof(struct value_header);
  for (int i = 0; i < answers->n_values; i++)
    bytes += row[i].bytes;
  if (bytes > answers->room) {
    char *buffer = sqlite3_realloc64(answers->buffer, 2 * bytes);
    if (buffer == NULL) return SQLITE_NOMEM;
    answers->buffer = buffer;
    answers->room = 2 * bytes;
  }
  /* Written behind one another, the next row of this answer begins where this one ends. */
  if (next < 0) header.next = wow_spool_bytes(answers->spool) + (sqlite3_int64)bytes;
  header.bytes = (sqlite3_int64)(bytes - sizeof(header));
  char *to = answers->buffer;
  memcpy(to, &header, sizeof(header));
  to += sizeof(header);
  for (int i = 0; i < answers->n_values; i++) {
    struct value_header value = {(unsigned int)row[i].kind, (unsigned int)row[i].bytes};
    memcpy(to, &value, sizeof(value));
    to += sizeof(value);
    if (row[i].bytes) memcpy(to, row[i].text, row[i].bytes);
    to += row[i].bytes;
  }
  return wow_spool_append(answers->spool, answers->buffer, bytes);
}

int wow_answers_add(struct wow_answers *answers, const char *question, int bytes,
                    const struct wow_json_value *row) {
  int rc = SQLITE_OK;
  /* At most two thirds full. */
  if (3 * (answers->n_questions + 1) > 2 * answers->n_slots) rc = grow(answers);
  if (rc != SQLITE_OK) return rc;
  struct question *slot = slot_of(answers, question, bytes);
  if (!slot->used) {
    slot->text = wow_spool_bytes(answers->spool);
    rc = wow_spool_append(answers->spool, question, (size_t)bytes);
    if (rc != SQLITE_OK) return rc;
    slot->used = true;
    slot->hash = hash_of(question, bytes);
    slot->text_bytes = bytes;
    slot->answer.first = -1;
    answers->n_questions++;
  }
  if (row == NULL) return SQLITE_OK;
  sqlite3_int64 position = wow_spool_bytes(answers->spool);
  bool follows = slot->answer.n_rows == 0 || slot->end == position;
  rc = write_row(answers, row, follows ? -1 : slot->answer.first);
  if (rc != SQLITE_OK) return rc;
  if (slot->answer.n_rows == 0 || !follows) slot->answer.first = position;
  slot->end = follows ? wow_spool_bytes(answers->spool) : -1;
  slot->answer.n_rows++;
  return SQLITE_OK;
}

void wow_answers_complete(struct wow_answers *answers, const char *question, int bytes) {
  struct question *slot = slot_of(answers, question, bytes);
  if (slot->used) slot->answer.is_whole = true;
}

/* ---------------------------------------------------------------- reading */

void wow_answer_cursor_start(struct wow_answer_cursor *cursor, struct wow_answers *answers,
                             const struct wow_answer *answer) {
  answers->references++;
  if (cursor->answers && cursor->answers->n_values != answers->n_values) {
    sqlite3_free(cursor->values);
    cursor->values = NULL;
  }
  wow_answers_release(cursor->answers);
  cursor->answers = answers;
  cursor->next = answer->first;
  cursor->rows_left = answer->n_rows;
}

void wow_answer_cursor_reset(struct wow_answer_cursor *cursor) {
  wow_answers_release(cursor->answers);
  sqlite3_free(cursor->row);
  sqlite3_free(cursor->values);
  memset(cursor, 0, sizeof(*cursor));
}

int wow_answer_cursor_next(struct wow_answer_cursor *cursor) {
  struct row_header header;
  if (cursor->rows_left == 0) return SQLITE_DONE;
  struct wow_spool *spool = cursor->answers->spool;
  int n_values = cursor->answers->n_values;
  int rc = wow_spool_read(spool, cursor->next, &header, sizeof(header));
  if (rc != SQLITE_OK) return rc;
  if (cursor->values == NULL) {
    cursor->values = sqlite3_malloc64(sizeof(*cursor->values) * (sqlite3_uint64)(n_values + 1));
    if (cursor->values == NULL) return SQLITE_NOMEM;
  }
  if ((size_t)header.bytes > cursor->room) {
    char *row = sqlite3_realloc64(cursor->row, (sqlite3_uint64)header.bytes);
    if (row == NULL) return SQLITE_NOMEM;
    cursor->row = row;
    cursor->room = (size_t)header.bytes;
  }
  rc = wow_spool_read(spool, cursor->next + (sqlite3_int64)sizeof(header), cursor->row,
                      (size_t)header.bytes);
  const char *from = cursor->row;
  for (int i = 0; rc == SQLITE_OK && i < n_values; i++) {
    struct value_header value;
    memcpy(&value, from, sizeof(value));
    from += sizeof(value);
    cursor->values[i].kind = (enum wow_json_kind)value.kind;
    cursor->values[i].text = from;
    cursor->values[i].bytes = value.bytes;
    from += value.bytes;
  }
  cursor->next = header.next;
  cursor->rows_left--;
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}
