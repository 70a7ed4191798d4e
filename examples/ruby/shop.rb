# The shop of the demo from Ruby: ruby shop.rb ./wowsql
# The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
require "sqlite3"

db = SQLite3::Database.new(":memory:")
db.enable_load_extension(true)
db.load_extension(ARGV[0])
db.enable_load_extension(false)

db.execute("SELECT wowsql_connect()")
db.execute("SELECT wowsql_import()")

db.execute("SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id", [3]) { |row| puts row.join("|") }

db.execute("CREATE TABLE invited (customer_id INTEGER, seat TEXT)")
db.execute("INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1')")
db.execute(<<~SQL) { |row| puts row.join("|") }
  SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat
SQL

# What the block writes is sent when it ends; if it raises, nothing is.
db.transaction do
  db.execute(<<~SQL, [900001, "EX-1", "Example", "toys", 9.5, 1, "[]"])
    INSERT INTO products (id, sku, name, category, price, in_stock, tags) VALUES (?, ?, ?, ?, ?, ?, ?)
  SQL
end
db.execute("UPDATE products SET price = price + ? WHERE id = ?", [3, 900001])
puts db.get_first_row("SELECT name, price FROM products WHERE id = 900001").join("|")
db.execute("DELETE FROM products WHERE id = 900001")

begin
  db.execute("SELECT * FROM customers('nonsense=eq.1')")
rescue SQLite3::Exception => error
  puts error.message
end

# No other thread of Ruby's runs while a statement waits for the server, so set it a limit.
db.execute(%q{SELECT wowsql_connect(NULL, NULL, '{"statement_max_rows":1000}')})
begin
  db.execute("SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b")
rescue SQLite3::Exception => error
  puts error.message
end
