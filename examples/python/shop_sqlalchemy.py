"""The shop of the demo from SQLAlchemy and pandas: python3 shop_sqlalchemy.py ./wowsql

The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
"""
import sys
import threading

import pandas
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

engine = create_engine("sqlite://")


# A pool opens connections as it needs them, and each has its own servers and its own imported tables.
@event.listens_for(engine, "connect")
def prepare(dbapi_connection, _record):
    dbapi_connection.enable_load_extension(True)
    dbapi_connection.load_extension(sys.argv[1])
    dbapi_connection.enable_load_extension(False)
    dbapi_connection.execute("SELECT wowsql_connect()")
    dbapi_connection.execute("SELECT wowsql_import()")


with engine.connect() as connection:
    # The WHERE is in the statement, so the server does it; a filter on the data frame would fetch all rows.
    customers = pandas.read_sql(
        text("SELECT id, name, city FROM customers WHERE id <= :last ORDER BY id"), connection, params={"last": 3}
    )
    print(customers.to_csv(sep="|", header=False, index=False), end="")

    invited = pandas.DataFrame({"customer_id": [2, 17, 40961], "seat": ["A1", "A2", "B1"]})
    invited.to_sql("invited", connection, index=False)
    seats = pandas.read_sql(
        "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat",
        connection,
    )
    print(seats.to_csv(sep="|", header=False, index=False), end="")

with engine.begin() as connection:  # what it writes is sent when the block ends
    connection.execute(
        text(
            "INSERT INTO products (id, sku, name, category, price, in_stock, tags)"
            " VALUES (:id, :sku, :name, :category, :price, :in_stock, :tags)"
        ),
        dict(id=900001, sku="EX-1", name="Example", category="toys", price=9.5, in_stock=True, tags="[]"),
    )
with engine.begin() as connection:
    connection.execute(text("UPDATE products SET price = price + 3 WHERE id = 900001"))
with engine.begin() as connection:
    print(*connection.execute(text("SELECT name, price FROM products WHERE id = 900001")).one(), sep="|")
    connection.execute(text("DELETE FROM products WHERE id = 900001"))

with engine.connect() as connection:
    try:
        connection.execute(text("SELECT * FROM customers('nonsense=eq.1')")).all()
    except DBAPIError as error:
        print(error.orig)

    # The sqlite3 connection inside can be interrupted from another thread.
    threading.Timer(1, connection.connection.dbapi_connection.interrupt).start()
    try:
        pandas.read_sql("SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b", connection)
    except DBAPIError as error:
        print(error.orig)
