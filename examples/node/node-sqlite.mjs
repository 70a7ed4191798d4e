// The shop of the demo from Node.js 22.13 or newer: node node-sqlite.mjs ./wowsql
// The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(':memory:', { allowExtension: true });
db.loadExtension(process.argv[2]);

db.exec('SELECT wowsql_connect(); SELECT wowsql_import()');

const customers = db.prepare('SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id');
for (const row of customers.iterate(3)) console.log(Object.values(row).join('|'));

db.exec(`CREATE TABLE invited (customer_id INTEGER, seat TEXT);
         INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1')`);
const seats = db.prepare(
  'SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat');
for (const row of seats.iterate()) console.log(Object.values(row).join('|'));

// What a transaction writes is sent by its COMMIT; outside of one, each statement is sent when it ends.
db.exec('BEGIN');
db.prepare(`INSERT INTO products (id, sku, name, category, price, in_stock, tags)
            VALUES (?, ?, ?, ?, ?, ?, ?)`).run(900001, 'EX-1', 'Example', 'toys', 9.5, 1, '[]');
db.exec('COMMIT');
db.prepare('UPDATE products SET price = price + ? WHERE id = ?').run(3, 900001);
console.log(Object.values(db.prepare('SELECT name, price FROM products WHERE id = 900001').get()).join('|'));
db.exec('DELETE FROM products WHERE id = 900001');

try {
  db.prepare("SELECT * FROM customers('nonsense=eq.1')").all();
} catch (error) {
  console.log(error.message);
}

// Nothing else runs in this thread while a statement waits for the server, so set it a limit.
db.exec(`SELECT wowsql_connect(NULL, NULL, '{"statement_max_rows":1000}')`);
try {
  db.prepare('SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b').get();
} catch (error) {
  console.log(error.message);
}
