/*
** The guard in front of PATCH and DELETE (src/wire/filter.h): what may be sent, and what PostgREST
** would take for every row, or for another filter than it looks like.
*/
#include "unit.h"
#include "wire/filter.h"

static void may_be_sent(const char *const *queries) {
  for (; *queries; queries++) {
    char path[200];
    snprintf(path, sizeof(path), "/t?%s", *queries);
    unit_about("%s", path);
    const char *wrong = wow_filter_refusal(path);
    CHECK_TEXT(wrong ? wrong : "sent", "sent");
  }
}

static void is_refused(const char *const *queries, const char *part) {
  for (; *queries; queries++) {
    char path[200];
    snprintf(path, sizeof(path), "/t%s", *queries);
    unit_about("%s", path);
    const char *wrong = wow_filter_refusal(path);
    CHECK(wrong && strstr(wrong, part));
  }
}

static void test_filters(void) {
  static const char *const queries[] = {
      "id=eq.5",
      "id=not.eq.5",
      "a_b$1=eq.",
      "id=gte.1&id=lt.9",
      "id=eq.1&select=id,name&columns=name",
      "select=id&id=eq.1",
      "i%64=e%71.5",
      "first+name=eq.x",
      "first%20name=eq.x",
      "a-b=eq.1",
      "%22a.b%22=eq.1",
      "%22a%5C%22b%22=eq.1",
      "%22order%22=eq.1",
      "%22select%22=eq.1",
      "\"gr\303\266\303\237e\"=eq.1",
      "j->a=eq.1",
      "j->>a=eq.1",
      "j-%3E%3E%22a.b%22=eq.1",
      "j->0->-1->>x=eq.1",
      "name=eq.a)b,(c",
      "name=eq.not.in.()",
      "name=eq.a%26b%3Bc",
      "name=like.*x*",
      "name=ilike(any).{a*,b*}",
      "id=eq(all).{1,2}",
      "id=eq(any).{}",
      "name=eq(all).{\"\"}",
      "name=fts.cat",
      "name=not.wfts(english).the+cat",
      "tags=cs.{a,b}",
      "tags=not.cs.{}",
      "r=adj.[1,2)",
      "id=isdistinct.5",
      "id=is.null",
      "id=not.is.null",
      "id=is.not_null",
      "id=in.(1,2,3)",
      "id=in.()",
      "id=in.(%22%22)",
      "id=not.in.(1)",
      "id=not.in.(,)",
      "name=in.(%22a,)b%22,c%22d)",
      "or=(id.eq.1,id.eq.2)",
      "and=(id.eq.1,name.like.a*)",
      "not.or=(id.eq.1,id.eq.2)",
      "not.and=(id.eq.1)",
      "or=(id.eq.1,and(name.eq.%22a)%22,not.or(id.not.eq.5,j->>a.eq.x)),+id.is.null)",
      "or=(name.eq.,id.eq.1)",
      "or=(tags.cs.{a,b},id.in.(1,2))",
      "or=(and.eq.1,not.eq.1,or.is.null)",
      "or=(id.in.(),id.eq.5)",
      "and=(id.not.in.(),id.eq.5)",
      "id=not.in.()&name=eq.x",
      NULL,
  };
  may_be_sent(queries);
}

static void test_no_filter(void) {
  static const char *const none[] = {"",
                                     "?select=id",
                                     "?columns=a",
                                     "?select=",
                                     "?select=id.eq.1",
                                     "?columns=eq.1",
                                     "?sel%65ct=id",
                                     "?select=a&columns=b",
                                     NULL};
  static const char *const incomplete[] = {
      "?",          "?id", "?limit",    "?and", "?&",         "?id&", "?=eq.1",
      "?=",         "?a",  "?id=eq.1&", "?&&",  "?id=eq.1&b", "?%3D", "?id=eq.1&&name=eq.2",
      "?id%3Deq.1", NULL};
  static const char *const limits[] = {"?limit=1",
                                       "?id=eq.1&limit=1",
                                       "?offset=1",
                                       "?id=eq.1&order=id",
                                       "?order=id",
                                       "?l%69mit=1",
                                       "?order=eq.1",
                                       "?on_conflict=eq.1",
                                       "?id=eq.1&on_conflict=eq.1",
                                       "?on_conflict=eq.1",
                                       "?id=eq.1&on_conflict=eq.1",
                                       NULL};
  static const char *const bytes[] = {"?;", "?id=eq.1;name=eq.2", "?id=eq.%00", "?i%00d=eq.1",
                                      NULL};
  is_refused(none, "there is no filter");
  is_refused(incomplete, "a name and a value");
  is_refused(limits, "newer servers ignore them");
  is_refused(bytes, "zero byte");
}

static void test_embedded(void) {
  static const char *const queries[] = {"?rel.id=eq.1",          "?id=eq.1&rel.id=eq.1",
                                        "?rel.or=(id.eq.1)",     "?rel.not.or=(id.eq.1)",
                                        "?%22a%22.%22b%22=eq.1", "?rel.limit=1",
                                        "?x.order=eq.1",         "?r%2Eid=eq.1",
                                        "?not.or.x=(id.eq.1)",   NULL};
  is_refused(queries, "embedded");
}

static void test_every_row(void) {
  static const char *const queries[] = {
      "?id=not.in.()",
      "?id=not.in.(%20)",
      "?id=not.in.(%22%22)",
      "?id=eq(all).{}",
      "?not.and=(id.not.in.(),id.in.())",
      "?id=eq(all).{%20}",
      "?id=lt(all).{{},{}}",
      "?id=not.eq(any).{}",
      "?id=not.in.()&name=not.in.()",
      "?or=(id.not.in.(),id.eq.5)",
      "?or=(id.eq.5,and(id.not.in.(),name.not.eq(any).{}))",
      "?not.and=(id.in.(),id.eq.5)",
      "?not.or=(id.in.())",
      "?and=(id.eq(all).%22{}%22)",
      "?id=not.in.()&select=id",
      NULL,
  };
  is_refused(queries, "every row");
}

static void test_unreadable(void) {
  static const char *const queries[] = {
      "?id=",
      "?id=1",
      "?id=eq",
      "?id=EQ.1",
      "?id=+eq.1",
      "?id=eq+.1",
      "?id=ne.1",
      "?id=not.not.eq.1",
      "?id::text=eq.1",
      "?a(b)=eq.1",
      "?id)=eq.1",
      "?+id=eq.1",
      "?id+=eq.1",
      "?+=eq.1",
      "?a--b=eq.1",
      "?a-=eq.1",
      "?%22%22=eq.1",
      "?%22a=eq.1",
      "?%22a%22b=eq.1",
      "?*=eq.1",
      "?j->=eq.1",
      "?j->>=eq.1",
      "?j->>a::int=eq.1",
      "?\303\266=eq.1",
      "?id=in.1",
      "?id=in.(1",
      "?id=in.(1)x",
      "?id=in.(1))",
      "?id=in+(1)",
      "?id=is.nullx",
      "?id=is.",
      "?id=is.5",
      "?id=neq(any).{1}",
      "?id=eq(some).{1}",
      "?id=eq(all).1",
      "?id=eq(all).[1:0]={}",
      "?id=eq(all).+{1}",
      "?and=(id.eq(all).%22%5C{%5C}%22)",
      "?v=fts(en.x",
      "?v=fts(en-gb).x",
      "?or=",
      "?or=()",
      "?and=()",
      "?not.and=()",
      "?or=(id.eq.1",
      "?or=(id.eq.1)x",
      "?or=(id.eq.1))",
      "?or=(id.eq.1,)",
      "?or=(,id.eq.1)",
      "?or=id.eq.1",
      "?or=(s.eq.(p))",
      "?or=(not.id.eq.1)",
      "?or=(id)",
      "?or=(id.eq)",
      "?or=(a.b.eq.1)",
      "?or=(id.is.nullx)",
      "?or=((id.eq.1))",
      "?or=(tags.cs.{a}b)",
      "?OR=(id.eq.1)",
      "?Select=id",
      "?on_conflict=id",
      "?on_conflict=eq.1&x",
      "?id=eq.1&x=y",
      NULL,
  };
  for (const char *const *query = queries; *query; query++) {
    char path[200];
    snprintf(path, sizeof(path), "/t%s", *query);
    unit_about("%s", path);
    CHECK(wow_filter_refusal(path) != NULL);
  }
}

/* Deep groups end the reading, not the process. */
static void test_depth(void) {
  enum { DEPTH = 100000 };
  static char path[DEPTH * 4 + 100];
  for (int depth = 1; depth <= DEPTH; depth *= 10) {
    char *p = path + sprintf(path, "/t?and=(");
    for (int i = 1; i < depth; i++)
      p += sprintf(p, "or(");
    p += sprintf(p, "id.eq.1");
    for (int i = 0; i < depth; i++)
      *p++ = ')';
    *p = 0;
    unit_about("depth %d", depth);
    CHECK((wow_filter_refusal(path) == NULL) == (depth <= WOW_MAX_FILTER_DEPTH));
  }
}

int main(void) {
  test_filters();
  test_no_filter();
  test_embedded();
  test_every_row();
  test_unreadable();
  test_depth();
  return unit_end("unit_filter");
}
