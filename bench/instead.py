# What people write by hand today: fetch, parse, insert. Usage: instead.py URL, with the key in
# WOWSQL_API_KEY. Prints the seconds from connecting to the commit, and the number of rows.
import http.client
import json
import os
import sqlite3
import sys
import time
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
begun = time.monotonic()
connection = http.client.HTTPConnection(url.hostname, url.port)
connection.request("GET", f"{url.path}?{url.query}", headers={"apikey": os.environ["WOWSQL_API_KEY"]})
rows = json.loads(connection.getresponse().read())
db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE copy(id INTEGER PRIMARY KEY, grp INTEGER, amount NUMERIC, name TEXT, made_at TEXT, active BOOLEAN)")
db.executemany("INSERT INTO copy VALUES (:id, :grp, :amount, :name, :made_at, :active)", rows)
db.commit()
print(time.monotonic() - begun, db.execute("SELECT count(*) FROM copy").fetchone()[0])
