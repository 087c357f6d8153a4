"""Runs the script that calls it again, by an interpreter that has DuckDB.

DuckDB comes from PyPI: the first run makes a virtual environment, weir/duckdb-VERSION in the user's cache folder (XDG_CACHE_HOME,
or else ~/.cache), and installs it there with pip; nothing else has to be set up but python3-venv.
"""
import os
import pathlib
import subprocess
import sys

VERSION = "2.0.0"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "weir" / f"duckdb-{VERSION}"


def with_duckdb():
    """Returns in the interpreter that has DuckDB."""
    if os.environ.get("WEIR_DUCKDB") == "1":
        return
    python = CACHE / "bin" / "python"
    if not (CACHE / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", CACHE], check=True)
        subprocess.run([CACHE / "bin" / "pip", "install", "--quiet", f"duckdb=={VERSION}"], check=True)
        (CACHE / "complete").touch()
    os.execve(python, [str(python), *sys.argv], {**os.environ, "WEIR_DUCKDB": "1"})
