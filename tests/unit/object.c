/*
** The door for files' names (src/functions/object.h), and the check for SERIAL PRIMARY KEY
** (src/functions/ddl_check.h). tests/storage.test and tests/schema.test show what each of them lets
** through; here they get what nobody would write.
*/
#include <stdlib.h>

#include "base/sqlite.h"
#include "base/text.h"
#include "functions/ddl_check.h"
#include "functions/object.h"
#include "http/url.h"
#include "unit.h"

#define ROUNDS 20000
#define MAX_PIECES 12

/* A text of pieces that mean something to somebody; sqlite3_free it. */
static char *random_text(const char *const *pieces, int n_pieces) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  int n = rand() % MAX_PIECES;
  for (int i = 0; i < n; i++)
    sqlite3_str_appendall(str, pieces[rand() % n_pieces]);
  char *text = sqlite3_str_finish(str);
  return text ? text : sqlite3_mprintf("");
}

/* The path that a URL has after `start`, percent-decoded; sqlite3_free it. */
static char *decoded(const char *url, const char *start) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  if (strncmp(url, start, strlen(start)) != 0) return sqlite3_str_finish(str);
  for (const char *p = url + strlen(start); *p; p++) {
    if (*p == '%') {
      int byte = wow_text_hex_digit(p[1]) * 16 + wow_text_hex_digit(p[2]);
      sqlite3_str_appendchar(str, 1, (char)byte);
      p += 2;
    } else {
      sqlite3_str_appendchar(str, 1, *p);
    }
  }
  return sqlite3_str_finish(str);
}

/* Whatever passes is a path below its bucket, and names what was said. */
static void check_paths(void) {
  static const char *const pieces[] = {
      "a",        ".", "..", "/", "\\", "%",  "%2e", "%2F",  "?",  "#",  "&",   "=",  " ",
      "\xc3\xbc", "+", "\"", "'", "\n", "\r", "%00", "\x7f", "//", "./", "../", "b.c"};
  int n_passed = 0;
  for (int i = 0; i < ROUNDS; i++) {
    char *path = random_text(pieces, (int)(sizeof(pieces) / sizeof(pieces[0])));
    unit_about("path %s", path);
    if (wow_object_path_fault(path) == NULL) {
      struct wow_object object = {.bucket = "bucket", .path = path};
      char *url = wow_object_url("/object/", &object);
      char *back = url ? decoded(url, "/object/bucket/") : NULL;
      n_passed++;
      CHECK(url && wow_url_is_path(url));
      CHECK(url && strpbrk(url, "?#&= \"'") == NULL);
      CHECK(back && strcmp(back, path) == 0);
      sqlite3_free(url);
      sqlite3_free(back);
    }
    sqlite3_free(path);
  }
  unit_about("paths that passed");
  CHECK(n_passed > ROUNDS / 20);
}

/* Whatever the text is, the check ends within it; sanitizers would tell. */
static void check_statements(void) {
  static const char *const pieces[] = {"CREATE TABLE t (",
                                       "id ",
                                       "serial ",
                                       "\"serial\" ",
                                       ", ",
                                       "PRIMARY KEY ",
                                       "(id)",
                                       ")",
                                       "'",
                                       "E'",
                                       "\\",
                                       "$$",
                                       "$a$",
                                       "/*",
                                       "*/",
                                       "--",
                                       "\n",
                                       "\"",
                                       ";",
                                       "$",
                                       "ADD COLUMN ",
                                       "e",
                                       "\xc3\xbc"};
  for (int i = 0; i < ROUNDS; i++) {
    char *sql = random_text(pieces, (int)(sizeof(pieces) / sizeof(pieces[0])));
    unit_about("statement %s", sql);
    char *column = wow_ddl_check_serial_key(sql);
    CHECK(column == NULL || (strstr(sql, column) && strstr(sql, "serial")));
    sqlite3_free(column);
    wow_ddl_check_is_serial(sql);
    sqlite3_free(sql);
  }
}

int main(void) {
  srand(1);
  check_paths();
  check_statements();
  return unit_end("unit_object");
}
