/*
** The row decoder alone, and cJSON_Parse of the same bytes; in seconds of CPU.
**
**   decode ours FILE    "SECONDS ROWS BYTES"
**   decode cjson FILE   "SECONDS AGAIN FREEING ROWS"
**
** The file is in memory before the clock runs. The decoder is fed 64 KB at a time, as from a
** network, and the length of every value is added up. cJSON gets the text at once, twice: the first
** time its memory comes from the system, AGAIN from the process. Each has a process of its own,
** because the next large malloc after freeing a tree pays for tidying up millions of pieces.
*/
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "bench.h"
#include "wire/rows.h"

#define PIECE_BYTES 65536
#define MEMBERS 6

static const char *const names[MEMBERS] = {"grp", "amount", "name", "made_at", "active", "id"};

static char *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  *bytes = (size_t)ftell(file);
  rewind(file);
  char *text = malloc(*bytes + 1);
  if (text && fread(text, 1, *bytes, file) != *bytes) {
    free(text);
    text = NULL;
  }
  if (text) text[*bytes] = 0;
  fclose(file);
  return text;
}

/* The number of rows; -1: it failed. */
static long decode(const char *text, size_t bytes, size_t *value_bytes) {
  struct wow_error err = {0};
  struct wow_rows *rows = wow_rows_new(names, MEMBERS, 1 << 20);
  long n = 0;
  int rc = SQLITE_OK;
  for (size_t at = 0; rows && rc == SQLITE_OK; at += PIECE_BYTES) {
    if (at < bytes)
      rc = wow_rows_feed(rows, text + at, bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES);
    else
      wow_rows_end(rows);
    while (rc == SQLITE_OK && (rc = wow_rows_next(rows, &err)) == SQLITE_ROW) {
      for (int i = 0; i < MEMBERS; i++)
        *value_bytes += wow_rows_value(rows, i)->bytes;
      n++;
      rc = SQLITE_OK;
    }
  }
  wow_rows_free(rows);
  wow_error_reset(&err);
  return rc == SQLITE_DONE ? n : -1;
}

static int measure_ours(const char *text, size_t bytes) {
  size_t value_bytes = 0;
  double begun = bench_cpu();
  long n = decode(text, bytes, &value_bytes);
  double seconds = bench_cpu() - begun;
  if (n < 0 || value_bytes == 0) return 1;
  printf("%.6f %ld %zu\n", seconds, n, bytes);
  return 0;
}

static int measure_cjson(const char *text, size_t bytes) {
  double seconds[2], freeing = 0;
  int n = 0;
  for (int i = 0; i < 2; i++) {
    double begun = bench_cpu();
    cJSON *tree = cJSON_ParseWithLength(text, bytes);
    double parsed = bench_cpu();
    n = cJSON_GetArraySize(tree);
    seconds[i] = parsed - begun;
    parsed = bench_cpu();
    cJSON_Delete(tree);
    freeing = bench_cpu() - parsed;
  }
  printf("%.6f %.6f %.6f %d\n", seconds[0], seconds[1], freeing, n);
  return n == 0;
}

int main(int argc, char **argv) {
  size_t bytes = 0;
  char *text = argc == 3 ? read_file(argv[2], &bytes) : NULL;
  if (text == NULL) return 2;
  int rc = strcmp(argv[1], "ours") == 0 ? measure_ours(text, bytes) : measure_cjson(text, bytes);
  free(text);
  return rc;
}
