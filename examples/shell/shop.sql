-- The shop of the demo in the sqlite3 shell: sqlite3 :memory: ".load ./wowsql" ".read shop.sql"
-- The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
.mode list
.output /dev/null
SELECT wowsql_connect();
SELECT wowsql_import();
.output

.parameter set ?1 3
SELECT id, name, city FROM customers WHERE id <= ?1 ORDER BY id;

CREATE TABLE invited (customer_id INTEGER, seat TEXT);
INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1');
SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat;

-- What a transaction writes is sent by its COMMIT; outside of one, each statement is sent when it ends.
BEGIN;
INSERT INTO products (id, sku, name, category, price, in_stock, tags)
  VALUES (900001, 'EX-1', 'Example', 'toys', 9.5, true, '[]');
COMMIT;
UPDATE products SET price = price + 3 WHERE id = 900001;
SELECT name, price FROM products WHERE id = 900001;
DELETE FROM products WHERE id = 900001;

SELECT * FROM customers('nonsense=eq.1');

-- Ctrl-C ends a statement, whatever it is waiting for.
SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b;
