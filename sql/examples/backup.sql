-- Back up a bucket into a folder, and see that all of it is there.
--
--   sqlite3 :memory: '.load wowsql' '.read backup.sql'
--
-- writefile is the sqlite3 shell's; it makes the folders. A file larger than memory: wowsql_download_file.
CREATE TABLE backup AS
SELECT key, size, writefile('backup/' || key, wowsql_download('documents', key)) AS written
FROM wowsql_files('documents');

SELECT count(*) || ' files, ' || sum(size) || ' bytes' FROM backup;
--> 3 files, 24 bytes
SELECT 'incomplete: ' || count(*) FROM backup WHERE written IS NOT size;
--> incomplete: 0
SELECT CAST(readfile('backup/letters/2024/b.txt') AS TEXT);
--> second

-- And back, into another bucket:
SELECT 'restored: ' || count(wowsql_upload('restored', key, readfile('backup/' || key))) FROM backup;
--> restored: 3
SELECT key FROM wowsql_files('restored') ORDER BY key;
--> a.txt
--> letters/2024/b.txt
--> letters/2024/c.bin
