-- The rows of the benchmarks. Every value is a function of the row's number.
CREATE TABLE public.bench_rows (
  id bigint PRIMARY KEY,
  grp integer NOT NULL,
  amount numeric(12,2) NOT NULL,
  name text NOT NULL,
  made_at timestamptz NOT NULL,
  active boolean NOT NULL
);
INSERT INTO public.bench_rows
SELECT i,
       (hashint8extended(i, 1) & 2147483647) % 20,
       (hashint8extended(i, 2) & 2147483647) % 100000000 / 100.0,
       'customer ' || substr(md5(i::text), 1, 11),
       timestamptz '2020-01-01 00:00:00+00' + (hashint8extended(i, 3) & 2147483647) % 157680000 * interval '1 second',
       (hashint8extended(i, 4) & 7) < 5
FROM generate_series(1, 1000000) AS i;
VACUUM ANALYZE public.bench_rows;
NOTIFY pgrst, 'reload schema';
