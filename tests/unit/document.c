/*
** Control documents (src/base/document.h): what is not JSON is told from what there was no memory
** for, and a document that lacks a member for that reason is not printed.
*/
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "base/document.h"
#include "base/sqlite.h"
#include "unit.h"

static int allowed; /* allocations; -1: all */

static void *few_malloc(size_t bytes) {
  if (allowed == 0) {
    errno = ENOMEM;
    return NULL;
  }
  if (allowed > 0) allowed--;
  return malloc(bytes);
}

static void test_parse(void) {
  static const char json[] = "{\"a\":[1,\"two\",null],\"b\":{\"c\":true}}";
  struct wow_error err = {0};
  int n = 0;
  for (bool done = false; !done; n++) {
    allowed = n;
    cJSON *document = wow_document_parse(json, strlen(json), &err);
    done = document != NULL;
    CHECK_INT(err.rc, done ? SQLITE_OK : SQLITE_NOMEM);
    cJSON_Delete(document);
    wow_error_reset(&err);
  }
  CHECK(n > 5);
  allowed = -1;
  CHECK(wow_document_parse("{\"a\":", 5, &err) == NULL);
  CHECK_INT(err.rc, SQLITE_OK);
  CHECK(wow_document_parse("", 0, &err) == NULL);
  CHECK_INT(err.rc, SQLITE_OK);
}

static void test_add(void) {
  bool done = false;
  for (int n = 0; !done; n++) {
    allowed = n;
    cJSON *document = cJSON_CreateObject(), *inner = cJSON_CreateObject();
    wow_document_add_text(inner, "text", "t");
    wow_document_add(document, "inner", inner);
    wow_document_add_number(document, "number", 5);
    wow_document_add_bool(document, "flag", true);
    char *text = cJSON_PrintUnformatted(document);
    done = text != NULL;
    if (done) CHECK_TEXT(text, "{\"inner\":{\"text\":\"t\"},\"number\":5,\"flag\":true}");
    cJSON_free(text);
    cJSON_Delete(document);
  }
  CHECK(done);
  allowed = -1;
}

static void test_error(void) {
  struct wow_error err = {0};
  wow_error_nomem(&err);
  char *text = wow_error_text(&err);
  CHECK_TEXT(text, "wowsql: out of memory");
  sqlite3_free(text);
  err.may_be_done = true;
  text = wow_error_text(&err);
  CHECK(text && strstr(text, "out of memory [hint: the server may have carried the request out"));
  sqlite3_free(text);
  text = wow_error_json(&err);
  CHECK(text && strstr(text, "\"hint\":\"the server may have carried"));
  sqlite3_free(text);
  wow_error_reset(&err);
}

int main(void) {
  static cJSON_Hooks hooks = {few_malloc, free};
  allowed = -1;
  cJSON_InitHooks(&hooks);
  test_parse();
  test_add();
  test_error();
  return unit_end("unit_document");
}
