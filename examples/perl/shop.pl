#!/usr/bin/perl
# The shop of the demo from Perl: perl shop.pl ./wowsql
# The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
use strict;
use warnings;
use DBI;

binmode STDOUT, ':encoding(UTF-8)';
# RaiseError, because some errors are only known when rows are fetched or a transaction commits.
my $db = DBI->connect('dbi:SQLite:dbname=:memory:', '', '',
  { RaiseError => 1, PrintError => 0, sqlite_unicode => 1 });
$db->sqlite_enable_load_extension(1);
$db->sqlite_load_extension($ARGV[0]);
$db->sqlite_enable_load_extension(0);

$db->do('SELECT wowsql_connect()');
$db->do('SELECT wowsql_import()');

# Bound values are text unless bound with a type; a column of the server's gives them its own.
my $customers = $db->prepare('SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id');
$customers->execute(3);
while (my @row = $customers->fetchrow_array) { print join('|', @row), "\n" }

$db->do('CREATE TABLE invited (customer_id INTEGER, seat TEXT)');
$db->do(q{INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1')});
my $seats = $db->selectall_arrayref(
  'SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat');
print join('|', @$_), "\n" for @$seats;

# What a transaction writes is sent by commit; with AutoCommit, each statement is sent when it ends.
$db->begin_work;
$db->do('INSERT INTO products (id, sku, name, category, price, in_stock, tags) VALUES (?, ?, ?, ?, ?, ?, ?)',
  undef, 900001, 'EX-1', 'Example', 'toys', 9.5, 1, '[]');
$db->commit;
$db->do('UPDATE products SET price = price + 3 WHERE id = ?', undef, 900001);
print join('|', $db->selectrow_array('SELECT name, price FROM products WHERE id = 900001')), "\n";
$db->do('DELETE FROM products WHERE id = 900001');

eval { $db->selectall_arrayref(q{SELECT * FROM customers('nonsense=eq.1')}) };
print $db->errstr, "\n";

# Perl's signal handlers run after the statement only, so set it a limit.
$db->do(q{SELECT wowsql_connect(NULL, NULL, '{"statement_max_rows":1000}')});
eval { $db->selectall_arrayref('SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b') };
print $db->errstr, "\n";
