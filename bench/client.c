/*
** Bare requests over one kept-alive connection: the least that a program which knows the right URLs
** needs. The responses are received and discarded; like the extension's on one machine they are
** uncompressed.
**
**   get N PATH                          ok SECONDS BYTES TOTAL
**                                       the mean of N requests. TOTAL: the server's exact count,
**                                       requested if PATH has limit=0
**   keys N MODULUS PATH                 ok SECONDS BYTES
**                                       N requests; {} in PATH is replaced by a key
**   batches N MODULUS URL_BYTES PATH    ok SECONDS BYTES REQUESTS
**                                       N keys, as many in each request as its path holds; {} in
**                                       PATH is replaced by a list of keys
**
**   each N METHOD PATH BODY             ok SECONDS BYTES
**                                       N requests that write a row each; {} in PATH and in BODY is
**                                       replaced by the numbers from 1 to N. Without a body: -
**
** Usage: client BASE_URL, with the key in WOWSQL_API_KEY
*/
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "bench.h"

static CURL *curl;
static const char *base_url;
static struct curl_slist *headers, *counting;
static size_t received;
static long long total;
static char message[CURL_ERROR_SIZE];

static size_t on_body(char *data, size_t size, size_t n, void *ctx) {
  (void)data, (void)ctx;
  received += size * n;
  return size * n;
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx) {
  (void)ctx;
  if (size * n > 14 && strncasecmp(line, "content-range:", 14) == 0) {
    char *slash = memchr(line, '/', size * n);
    total = slash ? atoll(slash + 1) : -1;
  }
  return size * n;
}

/* Sends one request. False: it failed, and `message` says why. */
static int get(const char *path, size_t path_bytes) {
  static char url[LINE_BYTES];
  long status = 0;
  snprintf(url, sizeof(url), "%s%.*s", base_url, (int)path_bytes, path);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, strstr(url, "limit=0") ? counting : headers);
  if (curl_easy_perform(curl) != CURLE_OK) return 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return 1;
  snprintf(message, sizeof(message), "status %ld of %.150s", status, path);
  return 0;
}

static int put_key(char *to, size_t room, long long i, long long modulus) {
  return snprintf(to, room, "%lld", bench_key(i, modulus));
}

/* Finds the parts of `path` before and after its "{}". */
static const char *split(const char *path, size_t *before) {
  const char *braces = strstr(path, "{}");
  *before = braces ? (size_t)(braces - path) : strlen(path);
  return braces ? braces + 2 : "";
}

static int keys(const char *path, long long n, long long modulus) {
  static char whole[LINE_BYTES];
  size_t before;
  const char *after = split(path, &before);
  for (long long i = 0; i < n; i++) {
    char key[24];
    put_key(key, sizeof(key), i, modulus);
    int bytes = snprintf(whole, sizeof(whole), "%.*s%s%s", (int)before, path, key, after);
    if (!get(whole, (size_t)bytes)) return 0;
  }
  return 1;
}

/* Copies `text`, with `number` for each "{}". */
static void fill(char *to, size_t room, const char *text, long long number) {
  size_t bytes = 0;
  for (; *text && bytes + 24 < room; text++) {
    if (text[0] == '{' && text[1] == '}') {
      bytes += (size_t)snprintf(to + bytes, room - bytes, "%lld", number);
      text++;
    } else {
      to[bytes++] = *text;
    }
  }
  to[bytes] = 0;
}

static int each(char *arguments, long long n) {
  static char whole[LINE_BYTES], body[LINE_BYTES];
  char *method = strtok(arguments, " "), *path = strtok(NULL, " "), *text = strtok(NULL, "");
  int good = text != NULL;
  if (!good) snprintf(message, sizeof(message), "each needs a method, a path and a body");
  if (good) curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  for (long long i = 1; good && i <= n; i++) {
    fill(whole, sizeof(whole), path, i);
    fill(body, sizeof(body), text, i);
    if (strcmp(text, "-") != 0) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    good = get(whole, strlen(whole));
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
  curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  return good;
}

static int batches(const char *path, long long n, long long modulus, size_t url_bytes,
                   int *requests) {
  static char whole[LINE_BYTES];
  size_t before;
  const char *after = split(path, &before);
  for (long long i = 0; i < n; (*requests)++) {
    size_t bytes = before;
    memcpy(whole, path, before);
    for (size_t first = bytes; i < n && bytes + strlen(after) + 22 < url_bytes; i++) {
      if (bytes > first) whole[bytes++] = ',';
      bytes += (size_t)put_key(whole + bytes, sizeof(whole) - bytes, i, modulus);
    }
    bytes += (size_t)snprintf(whole + bytes, sizeof(whole) - bytes, "%s", after);
    if (!get(whole, bytes)) return 0;
  }
  return 1;
}

static void obey(char *line) {
  char *p = strchr(line, ' ');
  int good = 1, requests = 0;
  size_t url_bytes = 0;
  if (p == NULL) {
    printf("error the command has no arguments: %s\n", line);
    return;
  }
  *p++ = 0;
  long long n = strtoll(p, &p, 10);
  int has_modulus = strcmp(line, "get") != 0 && strcmp(line, "each") != 0;
  long long modulus = has_modulus ? strtoll(p, &p, 10) : 0;
  if (strcmp(line, "batches") == 0) url_bytes = (size_t)strtoll(p, &p, 10);
  p += strspn(p, " ");
  received = 0;
  total = -1;
  double begun = bench_now();
  if (strcmp(line, "get") == 0) {
    for (long long i = 0; good && i < n; i++)
      good = get(p, strlen(p));
  } else if (strcmp(line, "keys") == 0) {
    good = keys(p, n, modulus);
  } else if (strcmp(line, "each") == 0) {
    good = each(p, n);
  } else {
    good = batches(p, n, modulus, url_bytes, &requests);
  }
  double seconds = bench_now() - begun;
  if (!good)
    printf("error %s\n", message);
  else if (strcmp(line, "get") == 0)
    printf("ok %.6f %zu %lld\n", seconds / (double)n, received / (size_t)n, total);
  else
    printf("ok %.6f %zu %d\n", seconds, received, requests);
}

int main(int argc, char **argv) {
  static char line[LINE_BYTES];
  char apikey[400];
  const char *key = getenv("WOWSQL_API_KEY");
  if (argc != 2 || key == NULL) return 2;
  base_url = argv[1];
  curl_global_init(CURL_GLOBAL_DEFAULT);
  curl = curl_easy_init();
  snprintf(apikey, sizeof(apikey), "apikey: %s", key);
  headers = curl_slist_append(NULL, apikey);
  headers = curl_slist_append(headers, "Content-Type: application/json");
  counting = curl_slist_append(curl_slist_append(NULL, apikey), "Prefer: count=exact");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  while (bench_read(line)) {
    obey(line);
    fflush(stdout);
  }
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  curl_slist_free_all(counting);
  return 0;
}
