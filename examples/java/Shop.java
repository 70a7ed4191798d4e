// The shop of the demo from Java: java -cp sqlite-jdbc.jar Shop.java ./wowsql
// The project's URL and key are in the environment: WOWSQL_PROJECT_URL, WOWSQL_API_KEY.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Timer;
import java.util.TimerTask;
import org.sqlite.SQLiteConfig;

public class Shop {
  private static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private static void printRows(ResultSet rows) throws SQLException {
    int n = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      StringBuilder line = new StringBuilder();
      for (int i = 1; i <= n; i++) line.append(i > 1 ? "|" : "").append(rows.getString(i));
      out.println(line);
    }
  }

  public static void main(String[] args) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.enableLoadExtension(true);
    try (Connection db = config.createConnection("jdbc:sqlite::memory:"); Statement sql = db.createStatement()) {
      try (PreparedStatement load = db.prepareStatement("SELECT load_extension(?)")) {
        load.setString(1, args[0]);
        load.execute();
      }
      sql.execute("SELECT wowsql_connect()");
      sql.execute("SELECT wowsql_import()");

      try (PreparedStatement customers =
          db.prepareStatement("SELECT id, name, city FROM customers WHERE id <= ? ORDER BY id")) {
        customers.setInt(1, 3);
        printRows(customers.executeQuery());
      }

      sql.execute("CREATE TABLE invited (customer_id INTEGER, seat TEXT)");
      sql.execute("INSERT INTO invited VALUES (2, 'A1'), (17, 'A2'), (40961, 'B1')");
      printRows(sql.executeQuery(
          "SELECT i.seat, c.name FROM invited AS i JOIN customers AS c ON c.id = i.customer_id ORDER BY i.seat"));

      // What a transaction writes is sent by commit(); with auto-commit, each statement is sent when it ends.
      db.setAutoCommit(false);
      sql.execute("INSERT INTO products (id, sku, name, category, price, in_stock, tags)"
          + " VALUES (900001, 'EX-1', 'Example', 'toys', 9.5, true, '[]')");
      db.commit();
      db.setAutoCommit(true);
      sql.execute("UPDATE products SET price = price + 3 WHERE id = 900001");
      printRows(sql.executeQuery("SELECT name, price FROM products WHERE id = 900001"));
      sql.execute("DELETE FROM products WHERE id = 900001");

      try {
        printRows(sql.executeQuery("SELECT * FROM customers('nonsense=eq.1')"));
      } catch (SQLException error) {
        out.println(error.getMessage());
      }

      // cancel() may be called from another thread, whatever the statement is waiting for.
      Timer timer = new Timer(true);
      timer.schedule(new TimerTask() {
        @Override
        public void run() {
          try {
            sql.cancel();
          } catch (SQLException error) {
            out.println(error.getMessage());
          }
        }
      }, 1000);
      try {
        printRows(sql.executeQuery("SELECT sum(a.quantity * b.quantity) FROM order_items AS a, order_items AS b"));
      } catch (SQLException error) {
        out.println(error.getMessage());
      }
    }
  }
}
