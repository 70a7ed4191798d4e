/*
** Parts of URLs, see url.h.
*/
#include "http/url.h"

#include <curl/curl.h>
#include <string.h>

#include "base/sqlite.h"

char *wow_url_host(const char *url) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  return sqlite3_mprintf("%.*s", (int)strcspn(host, "/?#"), host);
}

bool wow_url_is_same_origin(const char *url, const char *location, char **target) {
  CURLU *from = curl_url(), *to = curl_url();
  char *scheme[2] = {0}, *host[2] = {0}, *port[2] = {0}, *complete = NULL;
  bool same = from && to && curl_url_set(from, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_set(to, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_set(to, CURLUPART_URL, location, 0) == CURLUE_OK;
  CURLU *parts[2] = {from, to};
  for (int i = 0; same && i < 2; i++) {
    same = curl_url_get(parts[i], CURLUPART_SCHEME, &scheme[i], 0) == CURLUE_OK &&
           curl_url_get(parts[i], CURLUPART_HOST, &host[i], 0) == CURLUE_OK &&
           curl_url_get(parts[i], CURLUPART_PORT, &port[i], CURLU_DEFAULT_PORT) == CURLUE_OK;
  }
  same = same && sqlite3_stricmp(scheme[0], scheme[1]) == 0 &&
         sqlite3_stricmp(host[0], host[1]) == 0 && strcmp(port[0], port[1]) == 0 &&
         curl_url_get(to, CURLUPART_URL, &complete, 0) == CURLUE_OK;
  *target = same ? sqlite3_mprintf("%s", complete) : NULL;
  for (int i = 0; i < 2; i++) {
    curl_free(scheme[i]);
    curl_free(host[i]);
    curl_free(port[i]);
  }
  curl_free(complete);
  curl_url_cleanup(from);
  curl_url_cleanup(to);
  return *target != NULL;
}

bool wow_url_is_loopback(const char *url) {
  static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  size_t bytes = strcspn(host, *host == '[' ? "/?#" : ":/?#");
  for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
    size_t n = strlen(hosts[i]);
    if (bytes >= n && sqlite3_strnicmp(host, hosts[i], (int)n) == 0) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- for the log */

static bool is_secret_name(const char *name, size_t bytes) {
  static const char *const names[] = {
      "apikey", "api_key", "key", "token",     "access_token", "refresh_token", "password",
      "secret", "code",    "jwt", "signature", "sig",          "otp",           NULL};
  for (int i = 0; names[i]; i++) {
    if (strlen(names[i]) == bytes && sqlite3_strnicmp(names[i], name, (int)bytes) == 0) return true;
  }
  return false;
}

char *wow_url_clean(const char *url) {
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
