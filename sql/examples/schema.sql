-- Tables made and changed on the server, as the Python SDK's page has it ("Schema DDL"), each statement
-- followed by what it prints. It needs the service key:
--   SELECT wowsql_connect(url, 'wowsql_service_...');
--   .read sql/examples/schema.sql

-- schema.create_table("items", [...], primary_key="id")
SELECT wowsql_create_table('items', '[
  {"name": "id", "type": "UUID", "auto_increment": true},
  {"name": "title", "type": "TEXT"},
  {"name": "price", "type": "NUMERIC"},
  {"name": "created_at", "type": "TIMESTAMPTZ", "default": "NOW()"}
]', 'id') ->> 'success';
--> 1

-- It can be used on the next line.
CREATE VIRTUAL TABLE temp.items USING wowsql;
SELECT count(*) FROM items;
--> 0
DROP TABLE items;

-- schema.execute("...")
SELECT wowsql_execute('
  ALTER TABLE items ADD COLUMN description TEXT;
  CREATE INDEX idx_items_title ON items (title);
') ->> 'success';
--> 1

-- The same in single calls.
SELECT wowsql_add_column('items', 'qty', 'integer', '{"default": 1, "nullable": false}') ->> 'success';
--> 1
SELECT wowsql_rename_column('items', 'qty', 'quantity') ->> 'success';
--> 1
SELECT wowsql_modify_column('items', 'quantity', '{"type": "bigint", "nullable": true}') ->> 'success';
--> 1
SELECT wowsql_create_index('items', '["price", "quantity"]', '{"name": "idx_items_price"}') ->> 'success';
--> 1
SELECT wowsql_drop_column('items', 'quantity') ->> 'success';
--> 1

-- What there is now.
SELECT name, kind, key FROM wowsql_tables WHERE name = 'items';
--> items|table|id
SELECT name, type, not_null, key, default_value FROM wowsql_columns('items');
--> id|uuid|1|1|gen_random_uuid()
--> title|text|0||
--> price|numeric|0||
--> created_at|timestamp with time zone|0||now()
--> description|text|0||

-- A local copy.
SELECT wowsql_ddl('items');
--> CREATE TABLE "items" (
-->   "id" TEXT NOT NULL PRIMARY KEY,
-->   "title" text,
-->   "price" numeric,
-->   "created_at" TEXT,
-->   "description" text
--> )
SELECT wowsql_copy('items', 'local_items');
--> 0
DROP TABLE local_items;

SELECT wowsql_drop_table('items') ->> 'success';
--> 1
