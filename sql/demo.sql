-- What `make demo` shows: tables of a remote shop, one of them joined with a local table.
.load ./wowsql
SELECT 'Imported ' || wowsql_import() || ' tables of the shop.';

-- A local table, in this SQLite database.
CREATE TABLE invited(customer_id INTEGER, seat TEXT);
INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1');

.mode box
-- Local rows joined with remote ones.
SELECT i.seat, c.name, c.city, c.tags ->> 0 AS first_tag
FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat;

-- The server filters, sorts and limits: only the three rows shown are transferred.
SELECT id, total, ordered_at FROM orders
WHERE status = 'paid' AND total > 6000 ORDER BY total DESC LIMIT 3;

-- Half a million rows are counted, and none is transferred.
SELECT count(*) AS lines FROM order_items WHERE quantity >= 3;

.mode list
.print
.print What the second query asked the server for:
EXPLAIN QUERY PLAN SELECT id, total, ordered_at FROM orders
WHERE status = 'paid' AND total > 6000 ORDER BY total DESC LIMIT 3;

.print
.print Every request that was sent:
SELECT method, status, rows, substr(url, instr(url, '/v1/') + 3) AS request FROM wowsql_log;
