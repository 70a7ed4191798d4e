-- A table with row-level security: anon sees public profiles; a signed-in user also sees their own.
CREATE TABLE public.profiles (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  display_name text NOT NULL,
  is_public boolean NOT NULL DEFAULT true,
  bio text
);
COMMENT ON TABLE public.profiles IS 'What users tell of themselves';
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY profiles_public ON public.profiles FOR SELECT USING (is_public);
CREATE POLICY profiles_own ON public.profiles FOR ALL TO authenticated
  USING (user_id::text = current_setting('request.jwt.claims', true)::json ->> 'sub');

INSERT INTO public.profiles
SELECT md5('profile' || i)::uuid, md5('user' || i)::uuid, 'User ' || i, i % 4 <> 0,
       CASE WHEN i % 3 = 0 THEN NULL ELSE 'Writes about topic ' || i END
FROM generate_series(1, 20) AS i;
