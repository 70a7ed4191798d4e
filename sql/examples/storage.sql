-- Files, chapter by chapter as the Python SDK's page has them ("Storage Operations"), each statement followed
-- by what it prints. To run it with the local WowSQL of `make demo`, whose key is the anon key:
--   .read sql/examples/storage.sql
-- It writes document.pdf and copy.pdf in the current folder.

-- Bucket management: storage.create_bucket(name="avatars", public=True)
SELECT wowsql_create_bucket('avatars', 1) ->> 'name';
--> avatars
SELECT wowsql_create_bucket('documents', 0, '{"file_size_limit": 1000000, "allowed_mime_types": ["application/pdf"]}') ->> 'file_size_limit';
--> 1000000

-- storage.list_buckets()
SELECT name, public, file_size_limit, allowed_mime_types FROM wowsql_buckets WHERE name IN ('avatars', 'documents');
--> avatars|1||
--> documents|0|1000000|["application/pdf"]
SELECT wowsql_update_bucket('documents', '{"file_size_limit": 2000000}') ->> 'file_size_limit';
--> 2000000

-- File operations: storage.upload_from_path("path/to/document.pdf", "uploads/document.pdf", folder="documents")
SELECT writefile('document.pdf', '%PDF-1.4 a document');
--> 19
SELECT wowsql_upload_file('documents', 'uploads/document.pdf', 'document.pdf') ->> 'file_key';
--> uploads/document.pdf

-- Content that is a value of SQL; the type of a file follows from its name.
SELECT wowsql_upload('avatars', 'photo.png', x'89504e470d0a1a0a') ->> 'mime_type';
--> image/png

-- Back again, as a BLOB or into a file.
SELECT hex(wowsql_download('avatars', 'photo.png'));
--> 89504E470D0A1A0A
SELECT wowsql_download_file('documents', 'uploads/document.pdf', 'copy.pdf');
--> 19
SELECT readfile('copy.pdf') = readfile('document.pdf');
--> 1

-- storage.get_file_url("uploads/document.pdf", expires_in=3600): works without a key until it expires
SELECT url ->> 'file_url' LIKE 'http%/object/sign/documents/uploads/document.pdf?token=%',
       unixepoch(url ->> 'expires_at') - unixepoch() BETWEEN 3590 AND 3600
FROM (SELECT wowsql_file_url('documents', 'uploads/document.pdf', 3600) AS url);
--> 1|1

-- storage.get_presigned_url("uploads/document.pdf", expires_in=3600, operation="get_object")
SELECT wowsql_presigned_url('documents', 'uploads/document.pdf', 3600, 'get_object') LIKE 'http%?token=%';
--> 1

-- Public file (no auth needed if bucket is public)
SELECT wowsql_public_url('avatars', 'photo.png') LIKE 'http%/storage/v1/object/public/avatars/photo.png';
--> 1

-- storage.list_files(prefix="uploads/"): print(f"{file.key}: {file.size_mb:.2f} MB")
SELECT printf('%s: %.2f MB', key, size_mb) FROM wowsql_files('documents', 'uploads/');
--> uploads/document.pdf: 0.00 MB

-- All files of all buckets, in one query.
SELECT b.name, count(f.key), sum(f.size) FROM wowsql_buckets b LEFT JOIN wowsql_files f ON f.bucket = b.name
WHERE b.name IN ('avatars', 'documents') GROUP BY b.name;
--> avatars|1|8
--> documents|1|19

-- quota = storage.get_quota(): print(f"Used: {quota.used_gb:.2f} GB / {quota.quota_gb:.2f} GB")
SELECT printf('Used: %.2f GB / %.2f GB', quota ->> 'used_gb', quota ->> 'quota_gb') FROM (SELECT wowsql_quota() AS quota);
--> Used: 0.00 GB / 5.00 GB

-- storage.delete_file("uploads/document.pdf")
SELECT wowsql_delete_file('documents', 'uploads/document.pdf') ->> 'success';
--> 1
SELECT sum(wowsql_delete_file('avatars', key) ->> 'success') FROM wowsql_files('avatars');
--> 1

-- storage.delete_bucket("avatars")
SELECT wowsql_delete_bucket('avatars') ->> 'success', wowsql_delete_bucket('documents') ->> 'success';
--> 1|1
