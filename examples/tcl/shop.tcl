# The shop of the demo from Tcl: tclsh shop.tcl ./wowsql
# The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
package require sqlite3

fconfigure stdout -encoding utf-8
sqlite3 db :memory:
db enable_load_extension 1
set extension [lindex $argv 0]
db eval {SELECT load_extension($extension)}
db enable_load_extension 0

db eval {SELECT wowsql_connect(); SELECT wowsql_import()}

set last 3
db eval {SELECT id, name, city FROM customers WHERE id <= $last ORDER BY id} { puts $id|$name|$city }

db eval {
  CREATE TABLE invited (customer_id INTEGER, seat TEXT);
  INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1');
}
db eval {SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat} {
  puts $seat|$name
}

# What the transaction writes is sent when it ends; if the script fails, nothing is.
set price 9.5
db transaction {
  db eval {INSERT INTO products (id, sku, name, category, price, in_stock, tags)
           VALUES (900001, 'EX-1', 'Example', 'toys', $price, true, '[]')}
}
db eval {UPDATE products SET price = price + 3 WHERE id = 900001}
db eval {SELECT name, price FROM products WHERE id = 900001} { puts $name|$price }
db eval {DELETE FROM products WHERE id = 900001}

if {[catch {db eval {SELECT * FROM customers('nonsense=eq.1')}} message]} { puts $message }

# Nothing else runs in this thread while a statement waits for the server, so set it a limit.
db eval {SELECT wowsql_connect(NULL, NULL, '{"statement_max_rows":1000}')}
if {[catch {db eval {SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b}} message]} {
  puts $message
}
