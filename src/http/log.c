/*
** The request log, see http_log.h. What is secret never gets into it: headers are not logged at
** all, and URLs are cleaned here.
*/
#include "http/log.h"

#include <string.h>

#include "base/limits.h"

static void entry_reset(struct wow_http_log_entry *entry) {
  sqlite3_free(entry->server);
  sqlite3_free(entry->method);
  sqlite3_free(entry->url);
  sqlite3_free(entry->error);
  memset(entry, 0, sizeof(*entry));
}

int wow_http_log_init(struct wow_http_log *log, int size) {
  memset(log, 0, sizeof(*log));
  log->entries = sqlite3_malloc64(sizeof(*log->entries) * ((sqlite3_uint64)size + 1));
  if (log->entries == NULL) return SQLITE_NOMEM;
  memset(log->entries, 0, sizeof(*log->entries) * ((size_t)size + 1));
  log->size = size;
  return SQLITE_OK;
}

void wow_http_log_reset(struct wow_http_log *log) {
  for (int i = 0; i < log->size; i++)
    entry_reset(&log->entries[i]);
  sqlite3_free(log->entries);
  memset(log, 0, sizeof(*log));
}

void wow_http_log_add(struct wow_http_log *log, struct wow_http_log_entry *entry) {
  entry->seq = ++log->seq;
  if (log->size == 0) {
    entry_reset(entry);
    return;
  }
  struct wow_http_log_entry *place = &log->entries[(log->first + log->count) % log->size];
  if (log->count == log->size)
    log->first = (log->first + 1) % log->size;
  else
    log->count++;
  entry_reset(place);
  *place = *entry;
}

static bool is_secret_name(const char *name, size_t bytes) {
  static const char *const names[] = {
      "apikey", "api_key", "key", "token",     "access_token", "refresh_token", "password",
      "secret", "code",    "jwt", "signature", "sig",          "otp",           NULL};
  for (int i = 0; names[i]; i++) {
    if (strlen(names[i]) == bytes && sqlite3_strnicmp(names[i], name, (int)bytes) == 0) return true;
  }
  return false;
}

char *wow_http_log_url(const char *url) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  size_t authority = strcspn(host, "/?#");
  const char *at = memchr(host, '@', authority);
  sqlite3_str_append(str, url, (int)(host - url));
  if (at) host = at + 1;
  size_t path = strcspn(host, "?");
  sqlite3_str_append(str, host, (int)path);
  for (const char *p = host + path; *p;) {
    sqlite3_str_append(str, p++, 1); /* '?' or '&' */
    size_t bytes = strcspn(p, "&"), name = strcspn(p, "=&");
    if (name < bytes && is_secret_name(p, name))
      sqlite3_str_appendf(str, "%.*s=***", (int)name, p);
    else
      sqlite3_str_append(str, p, (int)bytes);
    p += bytes;
  }
  return sqlite3_str_finish(str);
}
