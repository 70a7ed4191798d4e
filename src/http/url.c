/*
** Parts of URLs, see url.h.
*/
#include "http/url.h"

#include <curl/curl.h>
#include <string.h>

#include "base/sqlite.h"

/* The host and port of a URL, as far as errors name it. NULL: no memory. */
char *host_of(const char *url) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  return sqlite3_mprintf("%.*s", (int)strcspn(host, "/?#"), host);
}

/* Does `location` stay with the scheme, host and port of `url`? *target is the whole new URL. */
bool is_same_origin(const char *url, const char *location, char **target) {
  CURLU *from = curl_url(), *to = curl_url();
  char *scheme[2] = {0}, *host[2] = {0}, *port[2] = {0}, *whole = NULL;
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
         curl_url_get(to, CURLUPART_URL, &whole, 0) == CURLUE_OK;
  *target = same ? sqlite3_mprintf("%s", whole) : NULL;
  for (int i = 0; i < 2; i++) {
    curl_free(scheme[i]);
    curl_free(host[i]);
    curl_free(port[i]);
  }
  curl_free(whole);
  curl_url_cleanup(from);
  curl_url_cleanup(to);
  return *target != NULL;
}

/* Is the server on this machine? There compressing costs more than it saves. */
bool is_loopback(const char *url) {
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
