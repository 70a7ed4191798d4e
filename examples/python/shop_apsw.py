"""The shop of the demo from apsw: python3 shop_apsw.py ./wowsql

The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
"""
import sys
import threading

import apsw

db = apsw.Connection(":memory:")
db.enableloadextension(True)
db.loadextension(sys.argv[1])
db.enableloadextension(False)

cursor = db.cursor()
# A statement is done when its rows have been fetched.
cursor.execute("SELECT wowsql_connect(); SELECT wowsql_import()").fetchall()

for row in cursor.execute("SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id", (3,)):
    print(*row, sep="|")

cursor.execute("CREATE TABLE invited (customer_id INTEGER, seat TEXT)")
cursor.executemany("INSERT INTO invited VALUES (?, ?)", [(2, "A1"), (17, "A2"), (40961, "B1")])
for row in cursor.execute(
    "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat"
):
    print(*row, sep="|")

# What the block writes is sent when it ends; if it raises, nothing is.
with db:
    cursor.execute(
        "INSERT INTO products (id, sku, name, category, price, in_stock, tags) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (900001, "EX-1", "Example", "toys", 9.5, True, "[]"),
    )
cursor.execute("UPDATE products SET price = price + ? WHERE id = ?", (3, 900001))
print(*cursor.execute("SELECT name, price FROM products WHERE id = 900001").fetchone(), sep="|")
cursor.execute("DELETE FROM products WHERE id = 900001")

try:
    cursor.execute("SELECT * FROM customers('nonsense=eq.1')").fetchall()
except apsw.Error as error:
    print(str(error).removeprefix("SQLError: "))

# interrupt() may be called from another thread, whatever the statement is waiting for.
threading.Timer(1, db.interrupt).start()
try:
    cursor.execute("SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b").fetchall()
except apsw.InterruptError as error:
    print(error)
