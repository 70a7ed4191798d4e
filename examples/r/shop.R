# The shop of the demo from R: Rscript shop.R ./wowsql
# The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
library(DBI)

db <- dbConnect(RSQLite::SQLite(), ":memory:", loadable.extensions = TRUE)
extension <- commandArgs(trailingOnly = TRUE)[1]
invisible(dbGetQuery(db, "SELECT load_extension(?)", params = list(extension)))

invisible(dbGetQuery(db, "SELECT wowsql_connect()"))
invisible(dbGetQuery(db, "SELECT wowsql_import()"))

show <- function(rows) write.table(rows, sep = "|", quote = FALSE, row.names = FALSE, col.names = FALSE)

show(dbGetQuery(db, "SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id", params = list(3)))

invisible(dbWriteTable(db, "invited", data.frame(customer_id = c(2, 17, 40961), seat = c("A1", "A2", "B1"))))
show(dbGetQuery(db, "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id
                     ORDER BY i.seat"))

# What the block writes is sent when it ends; if it fails, nothing is.
invisible(dbWithTransaction(db, dbExecute(db,
  "INSERT INTO products (id, sku, name, category, price, in_stock, tags) VALUES (?, ?, ?, ?, ?, ?, ?)",
  params = list(900001, "EX-1", "Example", "toys", 9.5, TRUE, "[]"))))
invisible(dbExecute(db, "UPDATE products SET price = price + 3 WHERE id = 900001"))
show(dbGetQuery(db, "SELECT name, price FROM products WHERE id = 900001"))
invisible(dbExecute(db, "DELETE FROM products WHERE id = 900001"))

say <- function(error) cat(conditionMessage(error), "\n", sep = "")
tryCatch(dbGetQuery(db, "SELECT * FROM customers('nonsense=eq.1')"), error = say)

# R cannot interrupt a statement, so set it a limit.
invisible(dbGetQuery(db, "SELECT wowsql_connect(NULL, NULL, '{\"statement_max_rows\":1000}')"))
tryCatch(dbGetQuery(db, "SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b"), error = say)
dbDisconnect(db)
