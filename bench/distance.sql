-- Relations that are joined: 1,000,000 users, and 200,000 orders, each by one of 3,000 users from another
-- 3,000. Every value is a function of the row's number.
CREATE TABLE public.bench_users (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  city text NOT NULL,
  age integer NOT NULL
);
INSERT INTO public.bench_users
SELECT i, 'user ' || substr(md5(i::text), 1, 11), 'city ' || (hashint8extended(i, 1) & 2147483647) % 900,
       18 + (hashint8extended(i, 2) & 2147483647) % 60
FROM generate_series(1, 1000000) AS i;
CREATE TABLE public.bench_orders (
  id bigint PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES public.bench_users,
  seller_id bigint NOT NULL REFERENCES public.bench_users,
  total integer NOT NULL,
  day date NOT NULL,
  batch integer NOT NULL
);
INSERT INTO public.bench_orders
SELECT i, (hashint8extended(i, 1) & 2147483647) % 3000 + 1, (hashint8extended(i, 2) & 2147483647) % 3000 + 500001,
       (hashint8extended(i, 3) & 2147483647) % 100000, date '2020-01-01' + (hashint8extended(i, 4) & 2047)::integer,
       (hashint8extended(i, 5) & 2147483647) % 100
FROM generate_series(1, 200000) AS i;
CREATE INDEX ON public.bench_orders (user_id);
CREATE INDEX ON public.bench_orders (batch);
VACUUM ANALYZE public.bench_users, public.bench_orders;
NOTIFY pgrst, 'reload schema';
