/*
** Local files, see file.h.
*/
#define _XOPEN_SOURCE 700 /* realpath */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many names are tried; each is as good as certainly free. */
#define MAX_NAMES 100

static int fail(struct wow_error *err, const char *path, const char *doing) {
  return wow_error_set(err, SQLITE_ERROR, path, "the local file cannot be %s: %s", doing,
                       strerror(errno));
}

int wow_file_open(const char *path, FILE **file, sqlite3_int64 *bytes, struct wow_error *err) {
  struct stat status = {0};
  /* A pipe is not waited for. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(err, path, "read");
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    *bytes = (sqlite3_int64)status.st_size;
    *file = fdopen(fd, "rb");
    if (*file) return SQLITE_OK;
  } else {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  }
  int rc = fail(err, path, "read");
  close(fd);
  return rc;
}

/* ---------------------------------------------------------------- writing */

/* The file that `path` stands for: itself, or where it leads. *mode: of the file that is there; 0:
** there is none. */
static int find_target(const char *path, char **target, mode_t *mode, struct wow_error *err) {
  struct stat status;
  *mode = 0;
  if (lstat(path, &status) != 0) {
    size_t bytes = strlen(path);
    if (errno == ENOENT && bytes > 0 && path[bytes - 1] == '/') errno = EISDIR;
    if (errno != ENOENT) return fail(err, path, "written");
    *target = sqlite3_mprintf("%s", path);
    return *target ? SQLITE_OK : wow_error_nomem(err);
  }
  if (S_ISLNK(status.st_mode) && stat(path, &status) != 0) {
    return wow_error_hint(err, SQLITE_ERROR, path, "remove the link first",
                          "the local file cannot be written: it is a link that leads nowhere");
  }
  if (!S_ISREG(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    return fail(err, path, "written");
  }
  /* Renaming would not ask. */
  if (access(path, W_OK) != 0) return fail(err, path, "written");
  char *real = realpath(path, NULL);
  if (real == NULL) return fail(err, path, "written");
  *mode = status.st_mode & 07777;
  *target = sqlite3_mprintf("%s", real);
  free(real);
  return *target ? SQLITE_OK : wow_error_nomem(err);
}

/* The bytes of a path up to the last slash, which is included. */
static int folder_bytes(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (int)(slash - path) + 1 : 0;
}

int wow_file_create(const char *path, struct wow_new_file *file, struct wow_error *err) {
  mode_t mode = 0;
  int fd = -1;
  memset(file, 0, sizeof(*file));
  int rc = find_target(path, &file->target, &mode, err);
  errno = EEXIST;
  for (int i = 0; rc == SQLITE_OK && fd < 0 && errno == EEXIST && i < MAX_NAMES; i++) {
    sqlite3_uint64 random = 0;
    sqlite3_randomness((int)sizeof(random), &random);
    sqlite3_free(file->temporary);
    file->temporary =
        sqlite3_mprintf("%.*s.wowsql-%016llx", folder_bytes(file->target), file->target, random);
    if (file->temporary == NULL) rc = wow_error_nomem(err);
    if (rc == SQLITE_OK) fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (rc == SQLITE_OK && fd < 0) {
    rc = fail(err, path, "written");
    sqlite3_free(file->temporary);
    file->temporary = NULL; /* it is not ours */
  }
  if (rc == SQLITE_OK && mode && fchmod(fd, mode) != 0) rc = fail(err, path, "written");
  if (rc == SQLITE_OK) file->stream = fdopen(fd, "wb");
  if (rc == SQLITE_OK && file->stream == NULL) rc = fail(err, path, "written");
  if (rc == SQLITE_OK) return rc;
  if (fd >= 0) close(fd);
  wow_file_abandon(file);
  return rc;
}

/* Makes sure that the folder's entry outlives a loss of power. Not every file system can. */
static void sync_folder(const char *path) {
  int bytes = folder_bytes(path);
  char *folder = bytes ? sqlite3_mprintf("%.*s", bytes, path) : sqlite3_mprintf(".");
  int fd = folder ? open(folder, O_RDONLY | O_CLOEXEC) : -1;
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
  sqlite3_free(folder);
}

int wow_file_commit(struct wow_new_file *file, struct wow_error *err) {
  bool written = fflush(file->stream) == 0 && fsync(fileno(file->stream)) == 0;
  int why = errno;
  bool closed = fclose(file->stream) == 0;
  file->stream = NULL;
  if (!written) errno = why;
  int rc = SQLITE_OK;
  if (!written || !closed || rename(file->temporary, file->target) != 0)
    rc = fail(err, file->target, "written");
  if (rc == SQLITE_OK) {
    sync_folder(file->target);
    sqlite3_free(file->temporary);
    file->temporary = NULL;
  }
  wow_file_abandon(file);
  return rc;
}

void wow_file_abandon(struct wow_new_file *file) {
  if (file->stream) fclose(file->stream);
  if (file->temporary) unlink(file->temporary);
  sqlite3_free(file->temporary);
  sqlite3_free(file->target);
  memset(file, 0, sizeof(*file));
}
