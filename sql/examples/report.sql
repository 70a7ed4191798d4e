-- A report over a CSV file and remote tables, as markdown.
--
--   sqlite3 :memory: '.load wowsql' '.read report.sql' > report.md
--
-- targets.csv says what each category was to bring: category,target.
.import --csv targets.csv targets
CREATE VIRTUAL TABLE temp.products USING wowsql;
.print # Products against targets
.print
.mode markdown
SELECT t.category, t.target, count(p.id) AS products, printf('%.2f', max(p.price)) AS dearest,
       iif(count(p.id) >= t.target, 'met', 'missed') AS result
FROM targets AS t LEFT JOIN products AS p ON p.category = t.category AND p.in_stock = 1
GROUP BY t.category ORDER BY t.category;
--> # Products against targets
-->
--> | category | target | products | dearest | result |
--> |----------|--------|----------|---------|--------|
--> | boats    | 1      | 0        | 0.00    | missed |
--> | garden   | 500    | 506      | 501.13  | met    |
--> | toys     | 600    | 519      | 501.93  | missed |
