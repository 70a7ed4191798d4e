/** The path of the extension for this platform. Throws if there is none. */
export function getLoadablePath(): string;
/** Loads the extension into a database of better-sqlite3 or (with allowExtension) of node:sqlite. */
export function load(db: { loadExtension(path: string): unknown }): void;
