-- Why is it slow? Ask what is sent, what is not and why, and what really travelled.
--
--   sqlite3 :memory: '.load wowsql' '.read slow.sql'
CREATE VIRTUAL TABLE IF NOT EXISTS temp.customers USING wowsql;

-- 1. The plan shows the request. This one has no condition: all rows will travel.
EXPLAIN QUERY PLAN SELECT count(*) FROM customers WHERE length(city) = 4;
--> QUERY PLAN
--> `--SCAN customers VIRTUAL TABLE INDEX 0:GET customers?select=city,id

-- 2. Terms that the server could not evaluate as SQLite does, and why. (A function around a column is not even
--    offered to a virtual table.)
SELECT term, reason FROM wowsql_explain('SELECT id FROM customers WHERE tags = ''["vip"]''');
--> tags = ?|the server compares values, SQLite their text form

-- 3. Say it in a way that can be sent: LIKE instead of lower(city) = 'oslo', for it ignores case, too; and
--    what is PostgREST's own goes in parentheses.
SELECT count(*) FROM customers WHERE city LIKE 'oslo';
--> 4190
SELECT count(*) FROM customers('tags=cs.{vip}') WHERE city = 'Oslo';
--> 1705

-- 4. What travelled for each table: requests, rows, bytes.
SELECT substr(url, instr(url, '/v1/') + 4, 9) AS relation, count(*) > 0, sum(rows) < 25000
FROM wowsql_log WHERE url LIKE '%/v1/customers%' GROUP BY 1;
--> customers|1|1

-- 5. Joins: EXPLAIN QUERY PLAN shows which table is looked up by key. Keys are fetched together, unless a
--    function of the application's own is in the statement; then name them: AND r.id IN (SELECT k FROM l).
-- 6. Compare: wowsql_config('ship', 0) lets SQLite do everything, wowsql_config('stats', 1) prints a line after
--    each statement.
