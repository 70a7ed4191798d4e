"""The tables of a WowSQL project, or of any PostgREST server, as tables of SQLite.

    import sqlite3
    import wowsql

    db = sqlite3.connect(":memory:")
    wowsql.load(db)
"""
import os
import sys

__all__ = ["load", "loadable_path"]


def loadable_path():
    """The path of the extension without its ending, for load_extension() and its like."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "wowsql")


def load(db):
    """Loads the extension into a connection of sqlite3 or apsw, and leaves extension loading off."""
    if not hasattr(db, "enable_load_extension") and not hasattr(db, "enableloadextension"):
        raise RuntimeError(f"{sys.executable} was built without extension loading for sqlite3: use apsw")
    enable = getattr(db, "enable_load_extension", None) or db.enableloadextension
    load_extension = getattr(db, "load_extension", None) or db.loadextension
    enable(True)
    try:
        load_extension(loadable_path())
    finally:
        enable(False)
