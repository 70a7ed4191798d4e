/*
** Every ceiling, default and cost, with its unit and its reason. Ceilings are WOW_MAX_...
*/
#ifndef WOW_LIMITS_H
#define WOW_LIMITS_H

/* ---- defaults of server options */

#define WOW_DEFAULT_SERVER "main"
#define WOW_DEFAULT_DOMAIN "wowsqlconnect.com" /* where a project's slug is a subdomain */
#define WOW_TIMEOUT_S 30                       /* seconds of silence; as in the vendor's SDKs */
#define WOW_CONNECT_TIMEOUT_S 10 /* seconds; a host that is down should not feel like a hang */
#define WOW_RETRIES 3            /* with back-off this outlasts a restart of the server */

/* Names longer than PostgreSQL's (63 bytes) are not compared with misspelt ones. */
#define WOW_MAX_NEAR_BYTES 64

/* ---- pages, in rows */

/* The largest page. Pages are limited by WOW_MAX_PAGE_BYTES first; this is for narrow rows, so
** that the server need not build more than a few megabytes before it sends the first byte. */
#define WOW_MAX_PAGE_ROWS 250000
/* The first page: queries that stop early cost little, and the response to a lookup fits. */
#define WOW_FIRST_PAGE_ROWS 250
/* How many times larger each page is than the last: five requests reach full size. */
#define WOW_PAGE_GROWTH 5
/* A page that takes the server longer than this, milliseconds, is not followed by a larger one: a
** statement timeout of 8 seconds is usual, and a busy machine is to ask for the same as an idle
** one. */
#define WOW_SLOW_PAGE_MS 5000.0
/* How many times smaller a page is asked for again after the server's statement_timeout: a few
** tries lead from a first page to a single row. */
#define WOW_TIMEOUT_SHRINK 4
/* The largest page_size that a table may ask for; a bound for arithmetic, far above any use. */
#define WOW_MAX_PAGE_SIZE 100000000

/* Rows that tell whether the remaining ones are better asked for in groups; and how many rows there
** must have been then for each different value in the columns read. A column of 60 equally frequent
** values is told after a first page, one of 1,000 after three. */
#define WOW_SAMPLE_ROWS 128
#define WOW_GROUP_SEEN 4
/* How many groups are asked for first: about 2 MB. If they have fewer than WOW_GROUP_LARGE rows
** each on average, what comes after them is asked for as rows: a sorted group costs the server a
** few times as much as a row. */
#define WOW_GROUP_ROWS 25000
#define WOW_GROUP_LARGE 8

/* How many rows are stepped over between two looks at the network. */
#define WOW_ROWS_PER_PUMP 128

/* ---- bytes */

/* The text of one page. Two are held at once (one being read, one in flight), with the decoder's
** slack: well below the 32 MB that a scan may take. */
#define WOW_MAX_PAGE_BYTES (6 * 1024 * 1024)
/* Undecoded bytes after which a transfer pauses. Above WOW_MAX_PAGE_BYTES, so that a complete page
** fits and the next one can be asked for. */
#define WOW_MAX_BUFFER_BYTES (8 * 1024 * 1024)
/* One row. SQLite's own limit for a value is 1,000,000,000. */
#define WOW_MAX_ROW_BYTES (256 * 1024 * 1024)
/* How deep a JSON document in a column may nest. PostgreSQL's own parser stops somewhat earlier.
** */
#define WOW_MAX_JSON_DEPTH 10000
/* The largest integer that a JSON number, which is a double, says exactly. */
#define WOW_MAX_JSON_INTEGER 9007199254740992.0
/* Characters of a LIKE pattern that a regular expression says; what comes after them is SQLite's
** to look at. Each becomes up to ten bytes of the request. */
#define WOW_MAX_PATTERN_CHARS 200
/* Digits of a number that are read: the middle of two doubles, which decides to which of them it
** is rounded, has at most 767. */
#define WOW_MAX_DOUBLE_DIGITS 800
/* Integers up to this size have at most 15 digits, which numeric and a double both keep. */
#define WOW_MAX_SHORT_INTEGER 999999999999999LL
/* A control document: the OpenAPI descriptions of large schemas have several megabytes. */
#define WOW_MAX_DOCUMENT_BYTES (64 * 1024 * 1024)
/* The query string of one request. Gateways take request lines of 8 KB by default (nginx:
** large_client_header_buffers); PostgREST itself takes 50 KB, headers included. */
#define WOW_MAX_URL_BYTES 7000
/* What a term of the condition "after the last row" has beside its name and value: ".eq.,",
** "and()", with the parentheses encoded by a gateway. */
#define WOW_KEYSET_TERM_BYTES 12
/* The names in select=, beyond which all columns are asked for: PostgREST 12.0.2 takes 0.1 seconds
** to read 3 KB of them, and the square of that for more. */
#define WOW_MAX_SELECT_BYTES 2000
/* Columns of which it is tried whether a role may read them, to count rows by: a role that may read
** none of so many is unlikely to read others. */
#define WOW_MAX_RIGHT_PROBES 32
/* The smallest query string that is given up for: below, a refusal has other reasons. Whatever
** speaks HTTP takes as much. */
#define WOW_MIN_URL_BYTES 1000
/* One constant, percent-encoded. Longer ones are compared here. */
#define WOW_MAX_CONSTANT_BYTES 4000

/* Rows that a server may claim to have. PostgreSQL's tables end far below that. */
#define WOW_MAX_CLAIMED_ROWS 1000000000000000LL

/* A user's token: gateways take headers of 8 KB by default. */
#define WOW_MAX_TOKEN_BYTES (16 * 1024)
/* A response of the auth service: a user with their metadata, and tokens. */
#define WOW_MAX_AUTH_BYTES (1024 * 1024)

/* Each part of an error message: enough to see what is wrong. */
#define WOW_MAX_ERROR_BYTES 2000
/* The body of a response that is an error. */
#define WOW_MAX_ERROR_BODY_BYTES (1024 * 1024)
/* The body of a response that nobody reads: it should be empty. */
#define WOW_MAX_DROPPED_BYTES (1024 * 1024)
/* Rows of one response beyond those that were asked for. */
#define WOW_MAX_ROWS_UNASKED 1000000
/* Blanks between rows, one after the other. PostgREST sends two. */
#define WOW_MAX_BLANK_BYTES (1024 * 1024)
/* Shorter texts cannot be secrets, and redacting them would tear words apart. */
#define WOW_MIN_SECRET_BYTES 6
/* What is long enough to be the random part of a key, or a part of a JWT: "eyJ", and a signature or
** claims after it. Words are shorter. */
#define WOW_MIN_KEY_BYTES 12

/* ---- HTTP */

/* How long a wait may last before the user's interrupt is looked at, milliseconds: well below the
** 200 that feel immediate. */
#define WOW_POLL_MS 50
/* The first pause before a request is repeated, milliseconds; doubled each time, with jitter. */
#define WOW_BACKOFF_MS 200
/* The longest pause, milliseconds. If a server's Retry-After asks for more the request fails. */
#define WOW_MAX_BACKOFF_MS 30000
/* What curl reads at once; the most that it can. Fewer calls of the sink: PostgREST sends one
** large chunk. */
#define WOW_RECEIVE_BYTES (512 * 1024L)
/* What is kept of a Server header: a name and a version. */
#define WOW_MAX_SOFTWARE_BYTES 100
/* Relations that select= may go through, one after the other; far fewer than a URL has room for. */
#define WOW_MAX_EMBED_DEPTH 8
/* Groups within groups of a filter, which are read recursively; nobody writes as many. */
#define WOW_MAX_FILTER_DEPTH 100
/* Redirects within the same origin that a read follows. */
#define WOW_MAX_REDIRECTS 5
/* Requests that the log keeps, by default and at most. */
#define WOW_LOG_ENTRIES 1000
#define WOW_MAX_LOG_ENTRIES 1000000
/* What the log shows of the statement that a request was sent for: enough to recognise it by. */
#define WOW_MAX_OUTLINE_BYTES 500
/* The shortest time between two updates of the progress line, milliseconds. */
#define WOW_PROGRESS_MS 100
/* When it comes first: nobody looks for it sooner. */
#define WOW_PROGRESS_AFTER_MS 1000

/* ---- how fast a server is (http/pace.h) */

/* From this round trip on, in milliseconds, it is at a distance. On one machine the best of several
** is far below, however busy it is. */
#define WOW_FAR_MS 20.0
/* How many round trips tell; and how many rows and bytes a response has that tells the rate. */
#define WOW_PACE_SEEN 8
#define WOW_PACE_ROWS 1000
#define WOW_PACE_BYTES (64 * 1024)
/* How long what was seen counts, once or twice this, milliseconds: people carry their machines from
** one network to another. */
#define WOW_PACE_MS (5 * 60 * 1000.0)
/* What a row takes where that is not known, milliseconds: 50 bytes at 100 Mbit/s. */
#define WOW_ROW_MS 0.004

/* ---- lookups of joins */

/* What a request costs, in rows that travel: at a distance what is measured (http/pace.h), nearby
** this. A round trip is a few hundred rows within a building, tens of thousands over the internet;
** and gateways limit requests per minute, but not rows. */
#define WOW_ROWS_PER_REQUEST 2500
#define WOW_MAX_ROWS_PER_REQUEST 100000
/* Keys that one request asks for, about: what a URL has room for. */
#define WOW_KEYS_PER_REQUEST 1000
/* Keys of lookups that the first dry run of a statement looks for, and the first of a statement
** that may end before it has read all rows (LIMIT); each further one looks for WOW_AHEAD_GROWTH
** times as many, up to WOW_MAX_AHEAD_KEYS. */
#define WOW_AHEAD_KEYS 1000
#define WOW_AHEAD_LIMIT_KEYS 25
#define WOW_AHEAD_GROWTH 4
#define WOW_MAX_AHEAD_KEYS 100000
/* After so many dry runs without a result, one after the other, there is no further one. */
#define WOW_MAX_AHEAD_IN_VAIN 3
/* What dry runs may compute for, milliseconds, beside the time that the statement itself has
** taken; and what one that found nothing may have, so that the statement is run ahead the next
** time, too. */
#define WOW_AHEAD_MS 50
#define WOW_AHEAD_CHEAP_MS 10
/* The same where statements are run ahead whether it pays or not. */
#define WOW_AHEAD_ALWAYS_MS 10000.0
/* A statement longer than this, its values written out, is not run ahead. */
#define WOW_MAX_AHEAD_BYTES 1000000
/* How many times as many lookups as are known there will be, where nothing else is known: as many
** again; and how far the first rows of a scan are trusted where they show more. */
#define WOW_OUTLOOK 2.0
#define WOW_MAX_OUTLOOK 8.0
/* Of the lookups of a dry run, how many have keys that are new where keys do not repeat. */
#define WOW_NEARLY_ALL 0.9
/* After this many lookups the server is asked how many rows the relation has, unless it was asked
** before. */
#define WOW_LOOKUPS_BEFORE_COUNT 5
/* Rows of one lookup that are remembered; the remaining ones are asked for again. */
#define WOW_MAX_LOOKUP_ROWS 250
/* Bytes of rows that one virtual table remembers while a statement runs: up to WOW_SPOOL_BYTES in
** memory, after that in a temporary file. Beyond, every lookup is a request. */
#define WOW_MAX_ROW_CACHE_BYTES (1024LL * 1024 * 1024)
#define WOW_SPOOL_BYTES (16 * 1024 * 1024)
/* The largest relation that is fetched as a whole to answer lookups, in rows. */
#define WOW_MAX_FETCH_ROWS 2000000
/* Different rows of a relation without a key that one scan can tell apart, at 48 bytes or less. */
#define WOW_MAX_NUMBERED_ROWS 10000000
/* Rows of a table with a key that are compared with others of the same key while a statement runs:
** up to 32 MB. A key that is none shows long before. */
#define WOW_MAX_WITNESSES 1000000
/* How long the server may take to estimate a relation's rows, milliseconds: an estimate that does
** not come at once is not worth waiting for. */
#define WOW_ESTIMATE_TIMEOUT_MS 2000

/* ---- writes */

/* Unsent changes that are kept in memory; after that they go to a temporary file. And a request's
** body, which is made of them. */
#define WOW_PENDING_BYTES (8 * 1024 * 1024)
#define WOW_SEND_BYTES (8 * 1024 * 1024)
/* How much longer than its timeout a server may be silent for each row that it is to write,
** milliseconds: it says nothing until it has written all of them. PostgreSQL takes a tenth of that.
** */
#define WOW_WRITE_MS_PER_ROW 1
/* A row in an error, in bytes: enough to find it by. */
#define WOW_MAX_ROW_SHOWN 100
/* What is read back of them at once. */
#define WOW_READ_BACK_BYTES (64 * 1024)
/* How many requests back a row may be added to one, past those for tables that refer to its own: a
** transaction rarely writes to more tables in turns. */
#define WOW_MAX_PASSED_SEGMENTS 16
/* Sets of columns that a row's is compared with before it counts as new. */
#define WOW_MAX_COMPARED_SETS 32

/* ---- plans */

/* Terms of one request. Statements rarely have a handful; SQLite itself looks at the others. */
#define WOW_MAX_TERMS 32
/* Columns of an ORDER BY that are sent. */
#define WOW_MAX_ORDER 8
/* Columns of a key: what PostgreSQL's indexes take. A key with more of them is not used. */
#define WOW_MAX_KEY 32
/* Columns that a response is sorted by: an ORDER BY and then the key. */
#define WOW_MAX_SORT (WOW_MAX_ORDER + WOW_MAX_KEY)
/* SQLite honours "omit" for the first 16 constraints and arguments (where.c, a 16-bit mask). */
#define WOW_MAX_OMIT 16
/* sqlite3_vtab_in works for the first 32 constraints (a 32-bit mask). */
#define WOW_MAX_IN 32
/* SQLite tells which columns a statement uses by a mask of 64 bits, of which the last stands for
** all columns from there on. */
#define WOW_MAX_TOLD_COLUMNS 63
/* Aggregates of a relation that has too many columns for them: they take the places of columns that
** SQLite could tell apart, and is then given whether it uses them or not. */
#define WOW_MAX_FIRST_BRACKETS 31

/* ---- statements and functions */

/* Runs of statements, nested or stepped in turns, that have budgets and remembered rows of their
** own at a time; applications seldom read from more than a few. */
#define WOW_MAX_RUNS 8
/* Arguments of a table-valued function; each is a bit of idxNum. */
#define WOW_MAX_TVF_ARGS 8

/* Relations that wowsql_import names when it leaves them out: more would not be read. */
#define WOW_MAX_LEFT_OUT 20

/* How long after a change of the schema it is waited for PostgREST to have read it, and how long
** before it is asked again, milliseconds. It takes a second or so for large schemas. */
#define WOW_SCHEMA_LAG_MS 10000.0
#define WOW_SCHEMA_PAUSE_MS 200

/* A file's path within its bucket, in bytes: S3's limit. */
#define WOW_MAX_FILE_PATH_BYTES 1024
/* Files that are asked for at once in a list: about 400 KB. */
#define WOW_LIST_FILES 1000
/* How often a list of files is begun again because it changed while it was read. */
#define WOW_LIST_TRIES 3

/* ---- the planner's costs; the unit is about one row of a local table */

/* Rows of a relation about which nothing is known. */
#define WOW_DEFAULT_ROWS 100000.0
/* A row that travels: about 2 microseconds over the wire, where a local row takes a tenth of
** one. */
#define WOW_COST_ROW 20.0
/* A request of a scan. A round trip is much more expensive than this; but scans are compared with
** each other by the rows that they move. */
#define WOW_COST_REQUEST 40.0
/* A lookup by key. Not what one round trip costs: lookups are remembered, and once they have cost
** as much as fetching the whole relation they become one fetch, so that many of them are never
** expensive. And SQLite assumes a million rows for a local table that was never analysed; it
** should still look up the keys of the three that it has, rather than scan the remote one. */
#define WOW_COST_LOOKUP 1.0
/* A row of a lookup, likewise. */
#define WOW_COST_LOOKUP_ROW 1.0
/* Rows for one value of a foreign key, or of any column that is compared with another table's:
** SQLite's own guess for an index. */
#define WOW_ROWS_PER_VALUE 10.0
/* Groups for which another table would have to be looked up, instead of the other way round: more
** expensive than any other plan, so that it is chosen only if there is no other. */
#define WOW_COST_OUTSIDE 1e15
/* The part of a relation that a term leaves. */
#define WOW_SELECTIVITY_EQ 0.02
#define WOW_SELECTIVITY_IN 0.1
#define WOW_SELECTIVITY_RANGE 0.3
#define WOW_SELECTIVITY_NE 0.9

#endif
