/*
** What is done while memory runs out, for oom.c, over the tables that oom.test makes: oom_item (id, name,
** kind, price, 40 rows) and oom_sale (id, item, n, 300 rows), empty oom_new (id, name), and oom_user,
** who has signed up.
*/
#ifndef OOM_SCENARIOS_H
#define OOM_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

static const char connect_sql[] = "SELECT wowsql_connect('$URL', '$KEY', "
                                  "'{\"max_rows\":0,\"retries\":0,\"timeout\":10}') IS NULL";

struct scenario {
  const char *name;
  const char *setup;     /* with memory */
  const char *sql;       /* memory runs out in these statements */
  const char *effect;    /* a query that shows what they did on the server; NULL: nothing */
  const char *undo;      /* takes that back */
  const char *undo_here; /* takes back what they did in their own database */
  bool loads;            /* memory also runs out while the extension is loaded */
};

#define TABLES                                                                                     \
  "CREATE VIRTUAL TABLE temp.item USING wowsql(table='oom_item', columns='id bigint primary key, " \
  "name text, kind text, price numeric, at timestamptz');"                                         \
  "CREATE VIRTUAL TABLE temp.sale USING wowsql(table='oom_sale', columns='id bigint primary key, " \
  "item bigint, n integer', page_size=100);"                                                       \
  "CREATE VIRTUAL TABLE temp.new USING wowsql(table='oom_new', columns='id bigint primary key, "   \
  "name text');"                                                                                   \
  "CREATE TABLE local(item, label);"                                                               \
  "INSERT INTO local VALUES (1, 'a'), (2, 'b'), (39, 'c'), (77, 'd');"

#define SHOW_NEW "SELECT * FROM wowsql_rows('oom_new?select=id,name&order=id')"
#define CLEAR_NEW "SELECT wowsql_delete('oom_new', 'id=gt.0') IS NULL"

static const struct scenario scenarios[] = {
    {.name = "connect",
     .sql = "SELECT wowsql_connect('$URL', '$KEY', '{\"name\":\"main\",\"headers\":{\"X-A\":\"b\"},"
            "\"max_rows\":0,\"retries\":0}') ->> 'name'; SELECT name FROM wowsql_servers;"
            "SELECT wowsql_use('main'); SELECT wowsql_disconnect('main');",
     .loads = true},
    {.name = "import",
     .sql = "SELECT wowsql_import('main', '{\"like\":\"oom_%\",\"prefix\":\"x_\"}');"
            "SELECT name, sql FROM temp.sqlite_schema WHERE name LIKE 'x\\_%' ESCAPE '\\' AND sql "
            "LIKE '%USING%' ORDER BY 1"},
    {.name = "create",
     .sql = "CREATE VIRTUAL TABLE oom_item USING wowsql; SELECT * FROM oom_item WHERE id < 3;"
            "DROP TABLE oom_item",
     .undo_here = "DROP TABLE IF EXISTS oom_item"},
    {.name = "scan",
     .setup = TABLES,
     .sql = "SELECT id, item, n FROM sale ORDER BY id;"
            "SELECT * FROM item WHERE kind IN ('k1', 'k2') AND name LIKE 'name 1%' AND at > "
            "'2020-01-01' ORDER BY price DESC, id LIMIT 5;"
            "SELECT name FROM item WHERE id = 7 OR name = 'name 9'"},
    {.name = "join",
     .setup = TABLES,
     .sql =
         "SELECT label, name, (SELECT max(n) FROM sale WHERE item = i.id) FROM local JOIN item i "
         "ON i.id = local.item ORDER BY 1"},
    {.name = "ahead",
     .setup = TABLES,
     .sql = "SELECT s.id, i.name FROM sale s LEFT JOIN item i ON i.id = s.item WHERE s.n = 3 "
            "ORDER BY s.id"},
    {.name = "aggregate",
     .setup = TABLES,
     .sql =
         "SELECT kind, count(*), sum(price) FROM item GROUP BY kind ORDER BY 1;"
         "SELECT count(*) FROM sale WHERE n > 2; SELECT item, count(*), sum(n) FROM sale GROUP BY "
         "item ORDER BY 1"},
    {.name = "brackets",
     .setup = TABLES,
     .sql =
         "SELECT kind, [count(*)], [max(price)] FROM item WHERE id > 3 GROUP BY kind ORDER BY 1"},
    {.name = "explain",
     .setup = TABLES,
     .sql =
         "SELECT count(*) FROM wowsql_explain('SELECT name FROM item WHERE id = 3 AND length(name) "
         "> 1'); SELECT count(*) FROM wowsql_explain('SELECT kind, sum(price + 1) FROM item GROUP "
         "BY "
         "kind'); SELECT count(*) > 20 FROM wowsql_help"},
    {.name = "insert",
     .setup = TABLES,
     .sql = "INSERT INTO new VALUES (1, 'one'), (2, 'two')",
     .effect = SHOW_NEW,
     .undo = CLEAR_NEW},
    {.name = "commit",
     .setup = TABLES,
     .sql = "BEGIN; INSERT INTO new VALUES (1, 'one'), (2, 'two'); SAVEPOINT a; INSERT INTO new "
            "VALUES (3, 'three'); ROLLBACK TO a; INSERT INTO new VALUES (4, 'four'); COMMIT",
     .effect = SHOW_NEW,
     .undo = CLEAR_NEW},
    {.name = "update",
     .setup = TABLES,
     .sql = "UPDATE item SET name = 'changed' WHERE id IN (3, 4)",
     .effect = "SELECT * FROM wowsql_rows('oom_item?id=in.(3,4)&select=id,name&order=id')",
     .undo = "SELECT wowsql_update('oom_item', 'id=in.(3,4)', '{\"name\":\"as before\"}')"},
    {.name = "delete",
     .setup = TABLES,
     .sql = "DELETE FROM item WHERE id = 1001",
     .effect = "SELECT * FROM wowsql_rows('oom_item?id=gt.1000&select=id,name&order=id')",
     .undo = "SELECT wowsql_upsert('oom_item', '[{\"id\":1001,\"name\":\"x\"}]')"},
    {.name = "functions",
     .sql = "SELECT wowsql_insert('oom_new', '[{\"id\":8,\"name\":\"eight\"}]');",
     .effect = SHOW_NEW,
     .undo = CLEAR_NEW},
    {.name = "get",
     .sql = "SELECT wowsql_get('oom_item?id=eq.7&select=name');"
            "SELECT name FROM (SELECT value ->> 'name' AS name FROM "
            "wowsql_rows('oom_item?id=lt.4&order=id'))"},
    {.name = "sign-in",
     .sql = "SELECT wowsql_sign_in('oom_user@example.com', 'SecurePassword123') ->> '$.user.email';"
            "SELECT wowsql_session() ->> '$.user.email'; SELECT wowsql_sign_out() IS NULL",
     .undo_here = "SELECT wowsql_sign_out()"},
    {.name = "upload",
     .sql = "SELECT wowsql_upload('oom', 'a/b c.txt', x'68656c6c6f', 'text/plain') ->> 'size'",
     .effect = "SELECT key FROM wowsql_files('oom') ORDER BY 1",
     .undo = "SELECT wowsql_delete_file('oom', 'a/b c.txt')"},
    {.name = "download",
     .sql = "SELECT CAST(wowsql_download('oom', 'kept.txt') AS TEXT); SELECT key FROM "
            "wowsql_files('oom') ORDER BY 1; SELECT name FROM wowsql_buckets WHERE name = 'oom'"},
    {0}};

#endif
