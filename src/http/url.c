/*
** Parts of URLs, see url.h.
*/
#include "http/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sqlite.h"
#include "base/text.h"

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

/* ---------------------------------------------------------------- the door */

static bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The byte at *text, percent-decoded, and moves on after it. */
static char take_byte(const char **text) {
  const char *p = *text;
  int high = p[0] == '%' ? wow_text_hex_digit(p[1]) : -1;
  int low = high >= 0 ? wow_text_hex_digit(p[2]) : -1;
  *text = p + (low >= 0 ? 3 : 1);
  return low >= 0 ? (char)(high * 16 + low) : p[0];
}

/* Does the path, which ends at `end`, have a segment "." or ".." once it is decoded? Some servers
** take a backslash for a slash. */
static bool has_dot_segment(const char *path, const char *end) {
  int n_dots = 0; /* of the segment so far; -1: it has other characters */
  while (path < end) {
    char c = take_byte(&path);
    if (c == '/' || c == '\\') {
      if (n_dots == 1 || n_dots == 2) return true;
      n_dots = 0;
    } else {
      n_dots = c == '.' && n_dots >= 0 ? n_dots + 1 : -1;
    }
  }
  return n_dots == 1 || n_dots == 2;
}

bool wow_url_is_path(const char *path) {
  if (path[0] != '/' || path[1] == '/') return false;
  for (const char *p = path; *p; p++) {
    if (*p <= ' ' || *p >= 0x7f || strchr("\"#<>\\", *p)) return false;
  }
  return !has_dot_segment(path, path + strcspn(path, "?"));
}

bool wow_url_is_authority(const char *text) {
  const char *p = text;
  bool in_brackets = *p == '[';
  if (in_brackets) p++;
  while (is_alnum(*p) || (*p && strchr(in_brackets ? ":.%" : "-._~", *p)))
    p++;
  if (in_brackets && *p++ != ']') return false;
  if (p == text || *text == ':') return false;
  if (*p == ':') {
    size_t digits = strspn(p + 1, "0123456789");
    if (digits == 0 || digits > 5) return false;
    p += 1 + digits;
  }
  return *p == 0;
}

/* ---------------------------------------------------------------- hosts */

static bool is_loopback_host(const char *host) {
  size_t bytes = strlen(host);
  struct in_addr v4;
  struct in6_addr v6;
  char address[INET6_ADDRSTRLEN];
  if (sqlite3_stricmp(host, "localhost") == 0) return true;
  if (inet_pton(AF_INET, host, &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  if (host[0] != '[' || bytes < 3 || bytes > sizeof(address)) return false;
  sqlite3_snprintf((int)sizeof(address), address, "%.*s", (int)bytes - 2, host + 1);
  if (inet_pton(AF_INET6, address, &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* curl makes addresses out of what else is one: 127.1, 2130706433. */
bool wow_url_is_loopback(const char *url) {
  CURLU *parts = curl_url();
  char *host = NULL;
  bool is = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
            curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK && is_loopback_host(host);
  curl_free(host);
  curl_url_cleanup(parts);
  return is;
}

/* ---------------------------------------------------------------- for the log */

/* Is this parameter's name, perhaps percent-encoded, that of a secret? */
static bool is_secret_name(const char *name, size_t bytes) {
  static const char *const names[] = {
      "apikey", "api_key", "key", "token",     "access_token", "refresh_token", "password",
      "secret", "code",    "jwt", "signature", "sig",          "otp",           NULL};
  for (int i = 0; names[i]; i++) {
    const char *p = name, *expected = names[i];
    while (*expected && p < name + bytes) {
      char c = take_byte(&p);
      if ((c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c) != *expected) break;
      expected++;
    }
    if (*expected == 0 && p == name + bytes) return true;
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

const char *wow_url_target(const char *url) {
  static const char *const proxies[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
  const char *authority = strstr(url, "://");
  const char *target = authority ? authority + 3 + strcspn(authority + 3, "/?#") : "";
  bool may_be_proxied = false;
  for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
    may_be_proxied = may_be_proxied || getenv(proxies[i]);
  if (sqlite3_strnicmp(url, "https:", 6) == 0 || wow_url_is_loopback(url)) may_be_proxied = false;
  return *target == '/' && strchr(target, '#') == NULL && !may_be_proxied ? target : NULL;
}
