/*
** Raw parameters, see filter.h. In a scan, what belongs to it is refused, and a parameter whose
** name is a column's is the server's to understand. The guard understands all of them itself, by
** the grammar of PostgREST (its ApiRequest/QueryParams.hs), but without what that lets pass.
*/
#include "wire/filter.h"

#include <string.h>

#include "base/text.h"

/* ---------------------------------------------------------------- reading */

/* The bytes of a name or a value, which are decoded as they are read. */
struct reader {
  const char *next;
  const char *end;
};

#define AT_END (-1)

/* Reads a byte as the server decodes it: a plus sign is a blank, and '%' without two digits after
** it is itself. */
static int take(struct reader *r) {
  if (r->next == r->end) return AT_END;
  const char *p = r->next++;
  int high = *p == '%' && r->end - p > 2 ? wow_text_hex_digit(p[1]) : -1;
  int low = high >= 0 ? wow_text_hex_digit(p[2]) : -1;
  if (low < 0) return *p == '+' ? ' ' : (unsigned char)*p;
  r->next += 2;
  return high << 4 | low;
}

static int peek(const struct reader *r) {
  struct reader ahead = *r;
  return take(&ahead);
}

/* Reads a word if it is what comes next. */
static bool accept(struct reader *r, const char *word) {
  struct reader ahead = *r;
  while (*word && take(&ahead) == (unsigned char)*word)
    word++;
  if (*word) return false;
  *r = ahead;
  return true;
}

/* Is this the word, and nothing else? */
static bool is_word(struct reader r, const char *word) {
  return accept(&r, word) && r.next == r.end;
}

static bool is_one_of(struct reader r, const char *const *words) {
  while (*words && !is_word(r, *words))
    words++;
  return *words != NULL;
}

/* ---------------------------------------------------------------- parameters of a scan */

/* What is wrong with the parameter of `bytes` bytes at `text`; NULL: nothing. */
static const char *check(const char *text, const char *equals, size_t bytes) {
  static const char form[] = "each parameter has the form column=operator.value";
  static const char *const names[] = {"select",  "order",       "limit", "offset",
                                      "columns", "on_conflict", NULL};
  if (equals == NULL || equals == text) return form;
  if (is_one_of((struct reader){text, equals}, names)) {
    return "select, order, limit, offset, columns and on_conflict are made from the SQL "
           "statement; to write them yourself use wowsql_rows('users?select=...')";
  }
  return equals == text + bytes - 1 ? form : NULL;
}

int wow_filter_parse(struct wow_where *where, const char *text, const char **wrong) {
  if (*text == '?' || *text == '&') text++;
  while (*text) {
    size_t bytes = strcspn(text, "&");
    const char *equals = memchr(text, '=', bytes);
    *wrong = check(text, equals, bytes);
    if (*wrong) return SQLITE_ERROR;
    struct wow_condition parameter = {.kind = WOW_CONDITION_PARAMETER,
                                      .name = text,
                                      .name_bytes = (int)(equals - text),
                                      .text = equals + 1,
                                      .bytes = (int)(text + bytes - equals - 1)};
    if (wow_condition_add(where, &parameter) != SQLITE_OK) return SQLITE_NOMEM;
    text += bytes;
    if (*text == '&') text++;
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the guard: words */

static void skip_blanks(struct reader *r) {
  while (peek(r) == ' ' || peek(r) == '\t')
    take(r);
}

/* Does an element of a group or a list end here? */
static bool ends_element(const struct reader *r) {
  int c = peek(r);
  return c == ',' || c == ')';
}

/* Reads text in double quotes, in which a backslash stands before a character that is meant as
** itself. */
static bool accept_quoted(struct reader *r) {
  struct reader ahead = *r;
  if (take(&ahead) != '"') return false;
  for (int c = take(&ahead); c != '"'; c = take(&ahead)) {
    if (c == '\\') c = take(&ahead);
    if (c == AT_END) return false;
  }
  *r = ahead;
  return true;
}

/* Reads {...} without braces in it, which may have commas and parentheses. */
static bool accept_braced(struct reader *r) {
  struct reader ahead = *r;
  if (take(&ahead) != '{') return false;
  int c = take(&ahead);
  while (c != '{' && c != '}' && c != AT_END)
    c = take(&ahead);
  if (c != '}') return false;
  *r = ahead;
  return true;
}

/* PostgREST takes letters of all scripts for parts of a name. Here they need quotes: it drops what
** comes after the first character that is not one, and so would filter by another column. */
static bool is_name_char(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}

/* Reads words with a blank or a hyphen between them, or text in quotes. */
static bool accept_name(struct reader *r) {
  if (accept(r, "\"\"")) return false;
  if (accept_quoted(r)) return true;
  while (is_name_char(peek(r))) {
    while (is_name_char(peek(r)))
      take(r);
    struct reader after = *r;
    int c = take(&after);
    if ((c != ' ' && c != '-') || !is_name_char(peek(&after))) return true;
    *r = after;
  }
  return false;
}

static bool accept_column(struct reader *r) {
  if (!accept_name(r)) return false;
  while (accept(r, "->")) {
    accept(r, ">");
    accept(r, "-"); /* an index from the end */
    if (!accept_name(r)) return false;
  }
  return true;
}

/* ---------------------------------------------------------------- the guard: operations */

/* For which rows does a filter hold? */
enum truth { UNREADABLE, FOR_NONE, FOR_SOME, FOR_ALL };

static enum truth negate(enum truth truth) {
  if (truth == FOR_NONE) return FOR_ALL;
  return truth == FOR_ALL ? FOR_NONE : truth;
}

static enum truth either(enum truth a, enum truth b) {
  if (a == FOR_ALL || b == FOR_ALL) return FOR_ALL;
  return a == FOR_NONE ? b : a;
}

static enum truth both(enum truth a, enum truth b) {
  return negate(either(negate(a), negate(b)));
}

/* Reads a value, up to where it ends. */
static bool accept_value(struct reader *r, bool in_group, struct reader *value) {
  struct reader end = *r;
  if (!in_group) {
    end.next = end.end;
  } else if (!accept_quoted(&end) || !ends_element(&end)) {
    end = *r;
    if (!accept_braced(&end)) {
      while (end.next < end.end && !ends_element(&end))
        take(&end);
    }
  }
  *value = (struct reader){r->next, end.next};
  *r = end;
  return !in_group || ends_element(r);
}

static enum truth read_value(struct reader *r, bool in_group) {
  struct reader value;
  return accept_value(r, in_group, &value) ? FOR_SOME : UNREADABLE;
}

/* Reads an array that a value is compared with, after "any)." or "all).": one without elements has
** nothing in it but braces, whatever PostgreSQL makes of those. */
static enum truth read_array(struct reader *r, bool in_group, enum truth if_empty) {
  struct reader value;
  if (!accept_value(r, in_group, &value)) return UNREADABLE;
  if (in_group) accept(&value, "\"");
  if (peek(&value) != '{') return UNREADABLE;
  for (int c = take(&value); c != AT_END; c = take(&value)) {
    bool is_last_quote = c == '"' && value.next == value.end;
    if (strchr("{}, \t\r\n\\", c) == NULL && !is_last_quote) return FOR_SOME;
  }
  return if_empty;
}

/* Reads "(1,2)". PostgREST takes a list of one empty text for an empty one. */
static enum truth read_list(struct reader *r) {
  int n = 0;
  bool has_text = false;
  if (!accept(r, "(")) return UNREADABLE;
  skip_blanks(r);
  do {
    struct reader element;
    if (!accept_value(r, true, &element)) return UNREADABLE;
    has_text = element.next < element.end && !is_word(element, "\"\"");
    n++;
  } while (accept(r, ","));
  if (!accept(r, ")")) return UNREADABLE;
  return n > 1 || has_text ? FOR_SOME : FOR_NONE;
}

static enum truth read_is(struct reader *r, bool in_group) {
  static const char *const words[] = {"null", "true", "false", "unknown", "not_null", NULL};
  struct reader value;
  if (!accept_value(r, in_group, &value)) return UNREADABLE;
  return is_one_of(value, words) ? FOR_SOME : UNREADABLE;
}

/* Reads the configuration of a full-text search, "(english)", if there is one. */
static bool accept_configuration(struct reader *r) {
  if (!accept(r, "(")) return true;
  while (is_name_char(peek(r)))
    take(r);
  return accept(r, ")");
}

/* Those that may have "(any)" or "(all)" after them, those that may have a configuration, and the
** others. */
static const char *const array_operators[] = {"eq",   "gt",    "gte",   "lt",     "lte",
                                              "like", "ilike", "match", "imatch", NULL};
static const char *const searches[] = {"fts", "plfts", "phfts", "wfts", NULL};
static const char *const other_operators[] = {"neq", "in", "is",  "isdistinct", "cs",  "cd", "ov",
                                              "sl",  "sr", "nxl", "nxr",        "adj", NULL};

/* Reads what follows an operator. */
static enum truth read_operand(struct reader *r, bool in_group, struct reader operator) {
  bool takes_array = is_one_of(operator, array_operators);
  if (takes_array && accept(r, "(any).")) return read_array(r, in_group, FOR_NONE);
  if (takes_array && accept(r, "(all).")) return read_array(r, in_group, FOR_ALL);
  if (is_one_of(operator, searches) && !accept_configuration(r)) return UNREADABLE;
  if (!accept(r, ".")) return UNREADABLE;
  if (is_word(operator, "in")) return read_list(r);
  return is_word(operator, "is") ? read_is(r, in_group) : read_value(r, in_group);
}

static enum truth read_operation(struct reader *r, bool in_group) {
  bool is_negated = accept(r, "not.");
  struct reader operator= * r;
  while (is_name_char(peek(r)))
    take(r);
  operator.end = r->next;
  if (!is_one_of(operator, array_operators) && !is_one_of(operator, searches) &&
      !is_one_of(operator, other_operators)) {
    return UNREADABLE;
  }
  enum truth truth = read_operand(r, in_group, operator);
  return is_negated ? negate(truth) : truth;
}

/* ---------------------------------------------------------------- the guard: groups */

static enum truth read_group(struct reader *r, bool is_or, int depth);

static enum truth read_branch(struct reader *r, int depth) {
  struct reader start = *r;
  bool is_negated = accept(r, "not."), is_or = accept(r, "or");
  if ((is_or || accept(r, "and")) && peek(r) == '(') {
    enum truth truth = read_group(r, is_or, depth + 1);
    return is_negated ? negate(truth) : truth;
  }
  *r = start;
  return accept_column(r) && accept(r, ".") ? read_operation(r, true) : UNREADABLE;
}

/* Reads "(age.gt.5,or(...))". */
static enum truth read_group(struct reader *r, bool is_or, int depth) {
  enum truth all = is_or ? FOR_NONE : FOR_ALL;
  if (depth > WOW_MAX_FILTER_DEPTH || !accept(r, "(")) return UNREADABLE;
  do {
    skip_blanks(r);
    enum truth truth = read_branch(r, depth);
    if (truth == UNREADABLE) return truth;
    all = is_or ? either(all, truth) : both(all, truth);
    skip_blanks(r);
  } while (accept(r, ","));
  return accept(r, ")") ? all : UNREADABLE;
}

/* ---------------------------------------------------------------- the guard: parameters */

static enum truth read_filter(struct reader name, struct reader *value) {
  struct reader rest = name;
  bool is_negated = accept(&rest, "not."), is_or = is_word(rest, "or");
  if (is_or || is_word(rest, "and")) {
    enum truth truth = read_group(value, is_or, 1);
    return is_negated ? negate(truth) : truth;
  }
  bool is_column = accept_column(&name) && name.next == name.end;
  return is_column ? read_operation(value, false) : UNREADABLE;
}

/* Reads a filter, and joins what it holds for to *all. Returns what is wrong with it. */
static const char *check_filter(struct reader name, struct reader value, enum truth *all) {
  static const char *const others[] = {"limit", "offset", "order", "on_conflict", NULL};
  struct reader rest = name;
  if (is_one_of(name, others)) {
    return "limit, offset, order and on_conflict do not keep a request from changing all the rows "
           "that its filters leave: newer servers ignore them";
  }
  if (accept_name(&rest) && accept(&rest, ".") && !is_word(name, "not.or") &&
      !is_word(name, "not.and")) {
    return "a filter of an embedded table does not keep a request from changing all rows: only "
           "filters of the table itself do";
  }
  enum truth truth = read_filter(name, &value);
  if (truth == UNREADABLE || value.next != value.end) {
    return "each parameter has to be a filter, column=operator.value, or=(...) or and=(...), that "
           "can be read to its end; names with other characters than A-Z, a-z, 0-9, _ and $ are "
           "in double quotes";
  }
  *all = both(*all, truth);
  return NULL;
}

const char *wow_filter_refusal(const char *path) {
  static const char *const harmless[] = {"select", "columns", NULL};
  const char *query = path + strcspn(path, "?"), *wrong = NULL;
  enum truth all = FOR_ALL;
  bool has_filter = false;
  if (strstr(query, "%00") || strchr(query, ';')) {
    return "the server ends a value at a zero byte (%00), and a parameter at a semicolon, which is "
           "%3B in a value";
  }
  while (*query && wrong == NULL) {
    const char *text = query + 1, *end = text + strcspn(text, "&");
    const char *equals = memchr(text, '=', (size_t)(end - text));
    struct reader name = {text, equals ? equals : end};
    if (equals == NULL || equals == text) return "each parameter has to have a name and a value";
    query = end;
    if (is_one_of(name, harmless)) continue;
    wrong = check_filter(name, (struct reader){equals + 1, end}, &all);
    has_filter = true;
  }
  if (wrong || all != FOR_ALL) return wrong;
  return has_filter ? "the filter holds for every row" : "there is no filter";
}
