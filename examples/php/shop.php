<?php
// The shop of the demo from PHP: php -d sqlite3.extension_dir=$PWD shop.php wowsql.so
// The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
$db = new SQLite3(':memory:');
$db->enableExceptions(true);
// A file name alone, in the folder that php.ini's sqlite3.extension_dir names.
$db->loadExtension($argv[1]);

$db->exec('SELECT wowsql_connect()');
$db->exec('SELECT wowsql_import()');

function print_rows(SQLite3Result $rows): void
{
    while ($row = $rows->fetchArray(SQLITE3_NUM)) {
        echo implode('|', $row), "\n";
    }
}

$customers = $db->prepare('SELECT id, name, city FROM customers WHERE id <= :last ORDER BY id');
$customers->bindValue(':last', 3);
print_rows($customers->execute());

$db->exec("CREATE TABLE invited (customer_id INTEGER, seat TEXT);
           INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1')");
print_rows($db->query(
    'SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat'
));

// What a transaction writes is sent by its COMMIT; outside of one, each statement is sent when it ends.
$db->exec('BEGIN');
$insert = $db->prepare('INSERT INTO products (id, sku, name, category, price, in_stock, tags)
                        VALUES (?, ?, ?, ?, ?, ?, ?)');
foreach ([900001, 'EX-1', 'Example', 'toys', 9.5, true, '[]'] as $i => $value) {
    $insert->bindValue($i + 1, $value);
}
$insert->execute();
$db->exec('COMMIT');
$db->exec('UPDATE products SET price = price + 3 WHERE id = 900001');
print_rows($db->query('SELECT name, price FROM products WHERE id = 900001'));
$db->exec('DELETE FROM products WHERE id = 900001');

try {
    print_rows($db->query("SELECT * FROM customers('nonsense=eq.1')"));
} catch (Exception $error) {
    echo $error->getMessage(), "\n";
}

// PHP cannot interrupt a statement, so set it a limit.
$db->exec("SELECT wowsql_connect(NULL, NULL, '{\"statement_max_rows\":1000}')");
try {
    print_rows($db->query('SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b'));
} catch (Exception $error) {
    echo $error->getMessage(), "\n";
}
