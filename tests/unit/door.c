/*
** The doors for headers and paths (src/http/header.h, src/http/url.h), and secrets in texts
** (src/base/secret.h). fuzz/fuzz_door.c feeds them with chance.
*/
#include <stdlib.h>

#include "base/sqlite.h"
#include "base/text.h"
#include "http/header.h"
#include "http/url.h"
#include "unit.h"

static void check_names(void) {
  static const char *const good[] = {"X-Own", "apikey", "a", "!#$%&'*+-.^_`|~09"};
  static const char *const bad[] = {"", "X Own", "X:Own", "X\r", "X\nY", "X;", "\xc3\x84", "a/b"};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    unit_about("name %s", good[i]);
    CHECK(wow_header_is_name(good[i]));
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    unit_about("name %s", bad[i]);
    CHECK(!wow_header_is_name(bad[i]));
  }
}

static void check_headers(void) {
  struct wow_header_list list = {0};
  struct wow_error err = {0};
  unit_about("headers");
  CHECK_INT(wow_header_add(&list, "X-Own", "1", &err), SQLITE_OK);
  CHECK_INT(wow_header_add(&list, "X-Empty", "", &err), SQLITE_OK);
  CHECK_INT(wow_header_add(&list, "X-Text", "\xc3\xa4 \xe2\x80\xa8", &err), SQLITE_OK);
  CHECK_INT(list.n, 3);
  CHECK_TEXT(list.lines[0], "X-Own: 1");
  CHECK_TEXT(list.lines[1], "X-Empty;");
  for (int c = 1; c < 0x80; c++) {
    char value[] = {'a', (char)c, 'b', 0};
    bool is_control = c < 0x20 || c == 0x7f;
    unit_about("value with byte %d", c);
    CHECK_INT(wow_header_add(&list, "X", value, &err), is_control ? SQLITE_ERROR : SQLITE_OK);
    wow_error_reset(&err);
  }
  wow_header_reset(&list);
}

static void check_paths(void) {
  static const char *const good[] = {"/",
                                     "/t",
                                     "/t?a=eq.1&b=in.(1,2)",
                                     "/rpc/f",
                                     "/t?a=../..",
                                     "/%2e%2e%2e",
                                     "/a..",
                                     "/..a",
                                     "/.a/b.",
                                     "/%252e%252e",
                                     "/t%2Fu",
                                     "/%C3%A4?x=%",
                                     "/t?select=%22a%22",
                                     "/t//u?or=(a.eq.%5C)"};
  static const char *const bad[] = {
      "",       "t",         "//host/t", "/..",      "/.",        "/../t",   "/t/..",
      "/t/../", "/./t",      "/%2e%2e",  "/.%2E/t",  "/%2E",      "/..%2ft", "/t%2F..",
      "/..?a",  "/t%5c..",   "/a b",     "/a#b",     "/t?a=#",    "/t\r\n",  "/t?\n",
      "/\x7f",  "/\xc3\xa4", "/a\\..",   "/%2f../t", "/t/%2e?x=1"};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    unit_about("path %s", good[i]);
    CHECK(wow_url_is_path(good[i]));
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    unit_about("path %s", bad[i]);
    CHECK(!wow_url_is_path(bad[i]));
  }
}

static void check_hosts(void) {
  static const char *const good[] = {"a",       "a.b",    "a:1",          "127.0.0.1:65535",
                                     "[::1]:3", "a_b.c~", "[fe80::1%25e]"};
  static const char *const bad[] = {"",   "a/b", "a@b",  "a:",    "a:b", "a:123456", ":1",  "a b",
                                    "[a", "a#b", "[a]b", "a:1:2", "a?b", "[",        "a:1/"};
  static const char *const loopback[] = {"http://localhost",      "http://LOCALHOST:1/x",
                                         "http://127.0.0.1:8000", "http://127.255.1.2",
                                         "http://[::1]:80",       "http://[::ffff:127.0.0.1]",
                                         "http://127.1/"};
  static const char *const remote[] = {"http://localhost.example.test",
                                       "http://127.0.0.1.test",
                                       "http://128.0.0.1",
                                       "http://[::2]",
                                       "http://localhosts",
                                       "http://xlocalhost"};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    unit_about("host %s", good[i]);
    CHECK(wow_url_is_authority(good[i]));
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    unit_about("host %s", bad[i]);
    CHECK(!wow_url_is_authority(bad[i]));
  }
  for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
    unit_about("URL %s", loopback[i]);
    CHECK(wow_url_is_loopback(loopback[i]));
  }
  for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
    unit_about("URL %s", remote[i]);
    CHECK(!wow_url_is_loopback(remote[i]));
  }
}

/* What remains of a text after the secrets of one header have been taken out. */
static void check_secret(const char *name, const char *value, const char *text,
                         const char *expected) {
  struct wow_header_list list = {0};
  struct wow_secrets secrets = {0};
  struct wow_error err = {0};
  char *copy = sqlite3_mprintf("%s", text);
  unit_about("%s: %s", name, value);
  CHECK_INT(wow_header_add(&list, name, value, &err), SQLITE_OK);
  wow_header_secrets(&list, &secrets);
  CHECK_INT(secrets.rc, SQLITE_OK);
  wow_secret_redact(&secrets, copy);
  CHECK_TEXT(copy, expected);
  sqlite3_free(copy);
  wow_secret_reset(&secrets);
  wow_header_reset(&list);
  wow_error_reset(&err);
}

static void check_target(const char *url, const char *expected) {
  CHECK_TEXT(wow_url_target(url), expected);
}

static void check_targets(void) {
  unsetenv("all_proxy");
  unsetenv("ALL_PROXY");
  unsetenv("http_proxy");
  check_target("http://host.test/t?id=eq.1", "/t?id=eq.1");
  check_target("https://host.test:81/a/b", "/a/b");
  check_target("http://host.test", NULL);
  check_target("http://host.test?a=/b", NULL);
  check_target("http://host.test/t?a#b", NULL);
  setenv("http_proxy", "http://proxy.test", 1);
  check_target("http://host.test/t", NULL);
  check_target("https://host.test/t", "/t");
  check_target("http://127.0.0.1/t", "/t");
  unsetenv("http_proxy");
}

static void check_secrets(void) {
  check_secret("apikey", "secret-1", "secret-1, secret-1!", "***, ***!");
  check_secret("apikey", "short", "short", "short");
  check_secret("apikey", "se\"cr/et", "se\\\"cr/et se\\\"cr\\/et se%22cr%2Fet", "*** *** ***");
  check_secret("Accept", "application/json", "application/json", "application/json");
  check_secret("Authorization", "Bearer token-1", "Bearer token-1 and token-1", "*** and ***");
  check_secret("Authorization", "Basic dXNlcjpwYXNzd29yZA==",
               "user:password password dXNlcjpwYXNzd29yZA==", "*** *** ***");
  check_secret("Authorization", "Token token=\"abcdef\"", "abcdef", "***");
  check_secret("Cookie", "a=cookie-1; b=cookie-2", "cookie-2 cookie-1", "*** ***");
  check_secret("Authorization", "Bearer eyJh.eyJi.signature", "eyJi signature", "eyJi ***");
  check_secret("apikey", "aXaXaX", "aXaXaXaXaX.aXaXaXbaXaXaX", "***.***b***");
  check_secret("Cookie", "a=cookie-1; b=cookie-12", "cookie-12 cookie-1", "*** ***");
  /* Whoever's they are. */
  check_secret("Accept", "x", "no wowsql_anon_0123456789ab, 'wowsql_service_0123456789abc'!",
               "no ***, '***'!");
  check_secret("Accept", "x", "sb_secret_0123456789ab sb_publishable_0123456789ab", "*** ***");
  check_secret("Accept", "x", "wowsql_anon_notes wowsql_service_... my_wowsql_anon_",
               "wowsql_anon_notes wowsql_service_... my_wowsql_anon_");
  check_secret("Accept", "x", "eyJhbGciOiJI.eyJyb2xlIjoi.Qm9n-_XNTaWdu.", "***.");
  check_secret("Accept", "x", "eyJhbGciOiJI.eyJyb2xlIjoi. eyJhbGciOiJI.eyJyb2.Qm9nXXNTaWdu eyJ",
               "eyJhbGciOiJI.eyJyb2xlIjoi. eyJhbGciOiJI.eyJyb2.Qm9nXXNTaWdu eyJ");
}

int main(void) {
  check_names();
  check_headers();
  check_paths();
  check_hosts();
  check_targets();
  check_secrets();
  return unit_end("unit_door");
}
