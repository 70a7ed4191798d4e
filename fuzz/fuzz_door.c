/*
** Fuzzes the doors for headers and paths (src/http/header.h, src/http/url.h).
**
**   fuzz_door [SEED [ROUNDS]]
**
** Random texts of the characters that matter. What a door lets through must hold what it promises,
** by rules of this file's own: a header is one line, whose name is what was given; a path, decoded
** once and with its dot segments removed as servers do it, has as many segments as before, and
** curl's parser finds the very same host, path and query in the URL.
*/
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sqlite.h"
#include "base/text.h"
#include "http/header.h"
#include "http/url.h"

#define LONGEST_TEXT 24

static long passed, failed, let_through;

/* ---------------------------------------------------------------- chance */

static uint64_t chance_state;

static int below(int n) {
  /* splitmix64 */
  uint64_t z = (chance_state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (int)((z ^ (z >> 31)) % (uint64_t)n);
}

static void random_text(char *text) {
  static const char *const pieces[] = {
      ".", "..", "/", "%2e", "%2E", "%2f", "%5c", "\\", "?", "#",    "a",        "t", "%",
      ":", ";",  " ", "\r",  "\n",  "\t",  "=",   "&",  "@", "\x7f", "\xc3\xa4", "-", "%25"};
  int n = below(8);
  text[0] = 0;
  if (below(2)) strcat(text, "/");
  for (int i = 0; i < n; i++) {
    const char *piece = pieces[below((int)(sizeof(pieces) / sizeof(pieces[0])))];
    if (strlen(text) + strlen(piece) < LONGEST_TEXT) strcat(text, piece);
  }
}

static void check(bool good, const char *rule, const char *text) {
  if (good) {
    passed++;
    return;
  }
  failed++;
  printf("FAIL %s:", rule);
  for (; *text; text++)
    printf(*text > ' ' && *text < 0x7f ? " %c" : " \\x%02x", (unsigned char)*text);
  printf("\n");
}

/* ---------------------------------------------------------------- the doors */

static void try_header(const char *name, const char *value) {
  struct wow_header_list list = {0};
  struct wow_error err = {0};
  int rc = wow_header_add(&list, name, value, &err);
  check((rc == SQLITE_OK) == (list.n == 1), "added if it is good", value);
  if (rc == SQLITE_OK) {
    const char *line = list.lines[0];
    let_through++;
    check(strpbrk(line, "\r\n") == NULL, "one line", line);
    check(strcspn(line, ":;") == strlen(name) && strncmp(line, name, strlen(name)) == 0, "its name",
          line);
    check(strpbrk(name, " \t:;/@") == NULL && *name, "a token", name);
  }
  wow_header_reset(&list);
  wow_error_reset(&err);
}

static char decoded(const char **text) {
  int high = **text == '%' ? wow_text_hex_digit((*text)[1]) : -1;
  int low = high >= 0 ? wow_text_hex_digit((*text)[2]) : -1;
  char c = low >= 0 ? (char)(high * 16 + low) : **text;
  *text += low >= 0 ? 3 : 1;
  return c == '\\' ? '/' : c;
}

static bool climbs(const char *path) {
  char plain[LONGEST_TEXT + 3] = "";
  size_t n = 0;
  for (const char *end = path + strcspn(path, "?"); path < end;)
    plain[n++] = decoded(&path);
  plain[n++] = '/';
  plain[n] = 0;
  return strstr(plain, "/../") || strstr(plain, "/./");
}

static void try_path(const char *path) {
  char url[LONGEST_TEXT + 40], *host = NULL, *got = NULL, *query = NULL;
  if (!wow_url_is_path(path)) return;
  let_through++;
  check(!climbs(path), "stays where it is", path);
  snprintf(url, sizeof(url), "http://host.test:81/rest%s", path);
  CURLU *parts = curl_url();
  size_t bytes = strcspn(path, "?");
  bool is_url = curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK;
  check(is_url, "a URL", path);
  if (is_url) {
    curl_url_get(parts, CURLUPART_HOST, &host, 0);
    curl_url_get(parts, CURLUPART_PATH, &got, 0);
    curl_url_get(parts, CURLUPART_QUERY, &query, 0);
    check(host && strcmp(host, "host.test") == 0, "the host", path);
    check(got && strlen(got) == bytes + 5 && strncmp(got + 5, path, bytes) == 0, "the path", path);
    check(strcmp(query ? query : "", path[bytes] ? path + bytes + 1 : "") == 0, "the query", path);
  }
  curl_free(host);
  curl_free(got);
  curl_free(query);
  curl_url_cleanup(parts);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
  long rounds = argc > 2 ? atol(argv[2]) : 200000;
  char name[LONGEST_TEXT + 1], value[LONGEST_TEXT + 1];
  chance_state = seed;
  for (long i = 0; i < rounds; i++) {
    random_text(name);
    random_text(value);
    try_header(below(2) ? "X-Own" : name, value);
    try_path(value);
  }
  printf("fuzz_door: seed %llu, %ld let through, %ld passed, %ld failed\n",
         (unsigned long long)seed, let_through, passed, failed);
  return failed != 0 || let_through == 0;
}
