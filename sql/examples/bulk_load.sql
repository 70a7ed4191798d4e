-- Load a CSV file into a remote table: all of it or nothing, in one request.
--
--   sqlite3 :memory: '.load wowsql' '.read bulk_load.sql'
--
-- new_products.csv: id,sku,name,category,price. It is imported into a local table first, where SQL can check
-- and change it; what the table needs beside is said in the SELECT (an array is written as JSON).
.bail on
.import --csv new_products.csv new_products
CREATE VIRTUAL TABLE temp.products USING wowsql;

-- What could not be stored is found before anything is sent.
SELECT 'without a price: ' || count(*) FROM new_products WHERE price NOT GLOB '[0-9]*';
--> without a price: 0

BEGIN;
INSERT INTO products(id, sku, name, category, price, in_stock, tags)
SELECT id, sku, trim(name), lower(category), price, 1, '["new"]' FROM new_products;
COMMIT;

SELECT count(*), min(name), sum(price) FROM products WHERE id >= 900001;
--> 1000|Lamp 1|500500
SELECT count(*) FROM wowsql_log WHERE method = 'POST';
--> 1
