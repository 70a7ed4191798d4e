'use strict';
// Where the extension is, and how to load it into a database of better-sqlite3 or node:sqlite.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

/** The path of the extension for this platform, for load_extension() and its like. Throws if there is none. */
function getLoadablePath() {
  const name = process.platform === 'darwin' ? 'wowsql.dylib' : 'wowsql.so';
  const path = join(__dirname, 'lib', `${process.platform}-${process.arch}`, name);
  if (!existsSync(path)) {
    throw new Error(`wowsql was not compiled for ${process.platform}-${process.arch}: see make npm in its source`);
  }
  return path;
}

/** Loads the extension into `db`, a database of better-sqlite3 or (with allowExtension) of node:sqlite. */
function load(db) {
  db.loadExtension(getLoadablePath());
}

module.exports = { getLoadablePath, load };
