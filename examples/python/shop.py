"""The shop of the demo from Python's own sqlite3 module: python3 shop.py ./wowsql

The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
"""
import sqlite3
import sys
import threading

db = sqlite3.connect(":memory:")
db.enable_load_extension(True)
db.load_extension(sys.argv[1])
db.enable_load_extension(False)

db.execute("SELECT wowsql_connect()")
db.execute("SELECT wowsql_import()")

for row in db.execute("SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id", (3,)):
    print(*row, sep="|")

db.execute("CREATE TABLE invited (customer_id INTEGER, seat TEXT)")
db.executemany("INSERT INTO invited VALUES (?, ?)", [(2, "A1"), (17, "A2"), (40961, "B1")])
for row in db.execute(
    "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat"
):
    print(*row, sep="|")

# Python begins a transaction before the first INSERT; what was written is sent by commit().
db.execute(
    "INSERT INTO products (id, sku, name, category, price, in_stock, tags) VALUES (?, ?, ?, ?, ?, ?, ?)",
    (900001, "EX-1", "Example", "toys", 9.5, True, "[]"),
)
db.commit()
db.execute("UPDATE products SET price = price + ? WHERE id = ?", (3, 900001))
db.commit()
print(*db.execute("SELECT name, price FROM products WHERE id = 900001").fetchone(), sep="|")
db.execute("DELETE FROM products WHERE id = 900001")
db.commit()

try:
    db.execute("SELECT * FROM customers('nonsense=eq.1')").fetchall()
except sqlite3.Error as error:
    print(error)

# interrupt() may be called from another thread, whatever the statement is waiting for.
threading.Timer(1, db.interrupt).start()
try:
    db.execute("SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b").fetchall()
except sqlite3.OperationalError as error:
    print(error)
