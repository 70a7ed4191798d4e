/*
** Every ceiling, default and cost, with its unit and its reason.
*/
#ifndef WOW_LIMITS_H
#define WOW_LIMITS_H

/* ---- defaults of server options */

#define WOW_DEFAULT_SERVER "main"
#define WOW_DEFAULT_DOMAIN "wowsqlconnect.com" /* where a project's slug is a subdomain */
#define WOW_TIMEOUT_S 30                       /* seconds of silence; what the vendor's SDKs use */
#define WOW_CONNECT_TIMEOUT_S 10 /* seconds; a host that is down should not feel like a hang */
#define WOW_RETRIES 3            /* with back-off this outlasts a restart of the server */

/* ---- pages, in rows */

/* A page's top size. Pages are bounded by WOW_PAGE_BYTES first; this bounds narrow rows, so that
** the server need not build more than a few megabytes before its first byte. */
#define WOW_PAGE_ROWS 250000
/* The first page: queries that stop early cost little, and a lookup's answer fits. */
#define WOW_FIRST_PAGE_ROWS 250
/* Each page is so many times larger than the last: five requests reach full size. */
#define WOW_PAGE_GROWTH 5

/* So many of the first rows are looked at, and if they have no more than so many different values
** in the columns read, the rest is asked for in groups. A column of 40 equally frequent values
** shows 38 of them in 128 rows, one of 1,000 shows 120; and where half of the rows have values of
** their own, at least 50 do. */
#define WOW_SAMPLE_ROWS 128
#define WOW_SAMPLE_VALUES 40
/* So many groups are asked for first: some 2 MB. If they have fewer rows than so many each, what
** lies behind them comes as rows: a sorted group costs the server a few times what a row does. */
#define WOW_GROUP_ROWS 25000
#define WOW_GROUP_LARGE 8

/* The largest page_size of a table. Not a promise, only a bound for what is multiplied with it. */
#define WOW_MAX_PAGE_SIZE 100000000

/* ---- bytes */

/* Text of one page. Two are held at once (one read, one in flight), with the decoder's slack: well
** below the 32 MB that a scan may take. */
#define WOW_PAGE_BYTES (6 * 1024 * 1024)
/* Undecoded bytes after which a transfer pauses. Above WOW_PAGE_BYTES, so that a page fits whole
** and the one behind it can be asked for. */
#define WOW_BUFFER_BYTES (8 * 1024 * 1024)
/* One row. SQLite's own ceiling for a value is 1,000,000,000. */
#define WOW_ROW_BYTES (256 * 1024 * 1024)
/* How deep a JSON document in a column may nest. PostgreSQL's own parser stops somewhat earlier. */
#define WOW_JSON_DEPTH 10000
/* A control document: OpenAPI descriptions of large schemas have several megabytes. */
#define WOW_MAX_DOCUMENT_BYTES (64 * 1024 * 1024)
/* The query string of one request. Gateways take request lines of 8 KB by default (nginx:
** large_client_header_buffers); PostgREST itself takes 50 KB, headers included. */
#define WOW_URL_BYTES 7000
/* One constant, percent-encoded. A longer one is compared here. */
#define WOW_CONSTANT_BYTES 4000

/* Rows that a server may claim to have. PostgreSQL's tables end far below. */
#define WOW_MAX_CLAIMED_ROWS 1000000000000000LL

/* Each part of an error message. Enough to see what is wrong; a page is not. */
#define WOW_ERROR_BYTES 2000
/* The body of an answer that is an error. */
#define WOW_MAX_ERROR_BODY_BYTES (1024 * 1024)

/* ---- HTTP */

/* How long a wait may last before the user's interrupt is looked at, milliseconds: well below the
** 200 that feel immediate. */
#define WOW_POLL_MS 50
/* The first pause before a request is repeated, milliseconds; doubled each time, with jitter. */
#define WOW_BACKOFF_MS 200
/* The longest pause, whatever a server's Retry-After asks for, milliseconds. */
#define WOW_MAX_BACKOFF_MS 30000
/* What curl reads at once; its largest. Fewer calls of the sink: PostgREST sends one large chunk.
 */
#define WOW_RECEIVE_BYTES (512 * 1024L)
/* The shortest time between two lines of progress, milliseconds. */
#define WOW_PROGRESS_MS 100
/* Redirects within the same origin that a read follows. */
#define WOW_MAX_REDIRECTS 5
/* Requests that the log keeps. */
#define WOW_LOG_ENTRIES 1000
/* Idle curl handles that are kept for the next request: a scan has two requests under way. */
#define WOW_MAX_IDLE_HANDLES 4

/* ---- lookups of joins */

/* What a request costs, in rows that travel. A round trip within a house is a few hundred rows, one
** over the internet tens of thousands; and gateways allow so many requests a minute, but any number
** of rows. */
#define WOW_ROWS_PER_REQUEST 2500
/* After so many lookups the server is asked how many rows the relation has, unless it was before.
 */
#define WOW_LOOKUPS_BEFORE_COUNT 5
/* Rows of one lookup's answer that are remembered; the rest is asked for again. */
#define WOW_LOOKUP_ROWS 250
/* Bytes of answers that one virtual table remembers while a statement runs: first in memory, behind
** WOW_SPOOL_BYTES in a temporary file. Beyond, lookups are requests. */
#define WOW_ANSWERS_BYTES (1024LL * 1024 * 1024)
#define WOW_SPOOL_BYTES (16 * 1024 * 1024)
/* The largest relation that is fetched whole to answer lookups. */
#define WOW_FETCH_ROWS 2000000
/* How long the server may take to estimate a relation's rows, milliseconds: an estimate that is not
** there at once is not worth waiting for. */
#define WOW_ESTIMATE_TIMEOUT_MS 2000

/* ---- functions */

/* Arguments of a table-valued function: one bit of idxNum each. */
#define WOW_MAX_TVF_ARGS 8

/* ---- statements */

/* So many statements, nested or stepped by turns, have budgets and remembered answers of their own
** at a time; applications seldom read from more than a few. */
#define WOW_MAX_RUNS 8

/* ---- the planner's costs; the unit is about one row of a local table */

/* Rows of a relation of which nothing is known. */
#define WOW_DEFAULT_ROWS 100000.0
/* A row that travels: some 2 microseconds over the wire, where a local row takes a tenth of one. */
#define WOW_COST_ROW 20.0
/* A request of a scan. A round trip is dearer than this by far; but scans are compared with each
** other by the rows that they move. */
#define WOW_COST_REQUEST 40.0
/* A lookup by key. Not what one round trip costs: lookups are remembered, and when they have cost
** as much as fetching the whole they become one fetch, so that many of them are never dear. And
** SQLite takes a local table that was never analysed for a million rows; it should still look up
** the keys of the three that it has, rather than scan the remote one. */
#define WOW_COST_LOOKUP 1.0
/* A row of a lookup, likewise. */
#define WOW_COST_LOOKUP_ROW 1.0
/* Rows that a value of a foreign key, or of any column that is compared with another table's, has:
** SQLite's own guess for an index. */
#define WOW_ROWS_PER_VALUE 10.0
/* Groups that another table would have to be looked up for, instead of the other way round: no
** other plan is as dear, so it is only taken where there is no other. */
#define WOW_COST_OUTSIDE 1e15
/* What part of a relation the terms leave. */
#define WOW_SELECTIVITY_EQ 0.02
#define WOW_SELECTIVITY_IN 0.1
#define WOW_SELECTIVITY_RANGE 0.3
#define WOW_SELECTIVITY_NE 0.9

#endif
