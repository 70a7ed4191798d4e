#!/bin/sh
# The shop of the demo with sqlite-utils: sh shop.sh ./wowsql
# The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
set -eu
extension=$1
file=$(mktemp)
trap 'rm -f "$file"' EXIT

# Each command opens the file, loads the extension and closes it again. Tables that are created in the
# file stay there: they name a server, and the environment says which it is.
sql() { sqlite-utils query "$file" --load-extension="$extension" --csv --no-headers "$@" | tr , '|'; }

sql "SELECT wowsql_import(NULL, '{\"into\":\"main\"}')" >/dev/null

sql "SELECT id, name, city FROM customers WHERE id <= :last ORDER BY id" -p last 3

printf 'customer_id,seat\n2,A1\n17,A2\n40961,B1\n' | sqlite-utils insert "$file" invited - --csv --detect-types
sql "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat"

sql "INSERT INTO products (id, sku, name, category, price, in_stock, tags)
     VALUES (900001, 'EX-1', 'Example', 'toys', 9.5, true, '[]')" >/dev/null
sql "UPDATE products SET price = price + 3 WHERE id = 900001" >/dev/null
sql "SELECT name, price FROM products WHERE id = 900001"
sql "DELETE FROM products WHERE id = 900001" >/dev/null

sql "SELECT * FROM customers('nonsense=eq.1')" 2>&1 || true

# Ctrl-C is noticed only when the statement ends; a kill is not waited for.
sqlite-utils query "$file" --load-extension="$extension" \
  "SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b" &
sleep 1
kill $! && echo stopped
