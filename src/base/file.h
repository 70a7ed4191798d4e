/*
** Local files that are read and written as a whole. A file is written under a name of its own in
** the folder where it is to be, and takes its place only when it is complete: there is never half
** a file.
*/
#ifndef WOW_FILE_H
#define WOW_FILE_H

#include <stdio.h>

#include "base/error.h"
#include "base/sqlite.h"

/* Opens a regular file for reading: its size in *bytes. fclose *file. SQLITE_OK, or `err` says why
** it cannot be. */
int wow_file_open(const char *path, FILE **file, sqlite3_int64 *bytes, struct wow_error *err);

/* A file that is being written. */
struct wow_new_file {
  FILE *stream;
  char *target;    /* where it is to be: an existing regular file, or none */
  char *temporary; /* its name until then */
};

/* Begins a file that is to be at `path`, which must not be a folder, a device, or a link that leads
** nowhere; a link to a file stands for that file. End it with wow_file_commit or
** wow_file_abandon. */
int wow_file_create(const char *path, struct wow_new_file *file, struct wow_error *err);

/* Writes it out and puts it in its place, in that order, and each for good; or, if that fails,
** abandons it. */
int wow_file_commit(struct wow_new_file *file, struct wow_error *err);

/* Removes what was written. */
void wow_file_abandon(struct wow_new_file *file);

#endif
