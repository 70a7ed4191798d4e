/*
** What WowSQL does not take of DDL, told before it is sent. Reads PostgreSQL's SQL no further than
** that needs: no parser.
*/
#ifndef WOW_DDL_CHECK_H
#define WOW_DDL_CHECK_H

/* The column that a statement makes a SERIAL PRIMARY KEY, in whatever spelling: sqlite3_free it.
** NULL: there is none, or no memory. */
char *wow_ddl_check_serial_key(const char *sql);

/* Is it SERIAL, or another name of a type that is a sequence? In any case, with blanks around. */
int wow_ddl_check_is_serial(const char *type);

#endif
