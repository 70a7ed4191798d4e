"""Makes a wheel: python3 build.py VERSION LIBRARY FOLDER

A wheel is a zip archive with three files of metadata. The extension is a library that any Python loads, so the
wheel is of this platform, but of every Python 3.
"""
import base64
import hashlib
import os
import sys
import sysconfig
import zipfile

version, library, folder = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
tag = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")
info = f"wowsql-{version}.dist-info"


def contents(path):
    with open(path, "rb") as file:
        return file.read()


files = {
    "wowsql/__init__.py": contents(os.path.join(here, "wowsql", "__init__.py")),
    "wowsql/" + os.path.basename(library): contents(library),
    f"{info}/METADATA": f"""Metadata-Version: 2.1
Name: wowsql
Version: {version}
Summary: The tables of a WowSQL project, or of any PostgREST server, as tables of SQLite
License: MIT
Requires-Python: >=3.8
""".encode(),
    f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: wowsql\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
}
record = ""
for name, data in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record += f"{name},sha256={digest},{len(data)}\n"
files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()

os.makedirs(folder, exist_ok=True)
path = os.path.join(folder, f"wowsql-{version}-{tag}.whl")
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
    for name, data in files.items():
        # A fixed time, so that the same files make the same wheel.
        entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        wheel.writestr(entry, data, zipfile.ZIP_DEFLATED)
print(path)
