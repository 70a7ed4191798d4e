-- Keep a local copy of a remote table up to date: each run fetches only what is new.
--
--   sqlite3 shop.db '.load wowsql' '.read sync.sql'
--
-- It needs a column that only grows, as ordered_at does here, or an updated_at that a trigger sets. Rows that
-- are deleted on the server stay in the copy. The first run asks for the description of the table, which
-- the file then keeps; a later run is one request, or one for each page of what is new.
CREATE VIRTUAL TABLE IF NOT EXISTS remote_orders USING wowsql(table='orders', server='main');
CREATE TABLE IF NOT EXISTS orders_copy(
  id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, total NUMERIC, ordered_at TEXT);
CREATE INDEX IF NOT EXISTS orders_copy_at ON orders_copy(ordered_at);

-- From the newest moment on, not after it: there may be more rows of that moment. They replace themselves.
INSERT OR REPLACE INTO orders_copy
SELECT id, customer_id, status, total, ordered_at FROM remote_orders
WHERE ordered_at >= (SELECT coalesce(max(ordered_at), '2024-12-30T00:00:00+00:00') FROM orders_copy);

SELECT count(*), max(ordered_at), (SELECT count(*) FROM wowsql_log) AS requests FROM orders_copy;
