-- Aggregates that the server computes: put them in square brackets. What the SDKs express as chains of
-- calls is plain SQL here. To run them on the shop of `make demo`: .read sql/examples/aggregates.sql

-- GROUP BY: .select("category", "COUNT(*) as count", "AVG(price) as avg_price").group_by("category")
SELECT category, [count(*)] AS count, [avg(price)] AS avg_price
FROM products GROUP BY category ORDER BY category;

-- By date: .select("DATE(created_at) as date", "COUNT(*) as orders", "SUM(total) as revenue")
--          .group_by("DATE(created_at)").order_by("date", "desc")
SELECT [date(ordered_at)] AS date, [count(*)] AS orders, [sum(total)] AS revenue
FROM orders WHERE ordered_at >= '2024-12-01T00:00:00+00:00' GROUP BY [date(ordered_at)] ORDER BY date DESC;

-- Several keys: .group_by("region", "category")
SELECT city, active, [sum(credit)] AS total FROM customers GROUP BY city, active ORDER BY city, active;

-- HAVING: .having("COUNT(*)", "gt", 10)
SELECT category, [count(*)] AS count FROM products
GROUP BY category HAVING [count(*)] > 10 ORDER BY count DESC, category;

-- Several conditions: .having("SUM(total)", "gt", 1000).having("COUNT(*)", "gte", 5)
SELECT [date(ordered_at)] AS date, [sum(total)] AS revenue FROM orders
WHERE ordered_at >= '2024-12-01T00:00:00+00:00' GROUP BY [date(ordered_at)]
HAVING [sum(total)] > 1000 AND [count(*)] >= 5 ORDER BY date;

-- Without GROUP BY there is one row, even if nothing matches.
SELECT [count(*)] AS orders, [sum(total)] AS revenue, [max(total)] AS largest FROM orders WHERE status = 'paid';
