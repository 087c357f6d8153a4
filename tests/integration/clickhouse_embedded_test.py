"""`embedded: PATH`: ClickHouse without a server. Rows go in, are read and looked up by later runs; what is missing or taken is told."""
import json
import os
import pathlib
import subprocess
import threading

from weirtest import SOURCE, TIMEOUT, WEIR, check, data_dir, equal, scratch, weir

LIBRARY = subprocess.run([SOURCE / "tests/servers/clickhouse/start", "--fetch"], capture_output=True, text=True, check=True).stdout.strip()
CONNECTIONS = 'connections: {{ clickhouse: {{ embedded: "{folder}/ch" }} }}\n'
WRITE = CONNECTIONS + """
name: write
delivery: exactly_once
nodes:
  rows: {{ generate: {{ rate: {rate}, columns: {{ id: {{ sequence: {{ start: 1 }} }}, name: {{ list: [a, b] }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: shop.customers, create_table: {{ order_by: id }} }} }}
"""
READ = CONNECTIONS + """
name: read
delivery: exactly_once
nodes:
  rows:
    clickhouse.source:
      query: SELECT id, name FROM shop.customers WHERE id <= {{most:Int64}}
      arguments: {{ most: 500 }}
      record: {{ id: int64, name: string }}
      position: id
      rows: 100
  out: {{ from: rows, file.sink: {{ path: "{folder}/read.jsonl" }} }}
"""
LOOK_UP = CONNECTIONS + """
name: look-up
nodes:
  rows: {{ generate: {{ rate: 10000, columns: {{ id: {{ sequence: {{ start: 999 }} }} }} }} }}
  found: {{ from: rows, clickhouse.lookup: {{ table: shop.customers, record: {{ id: int64, name: string }}, key: id }} }}
  out: {{ from: found, file.sink: {{ path: "{folder}/found.jsonl" }} }}
"""


def write(folder, name, text, **values):
    path = folder / f"{name}.yaml"
    path.write_text(text.format(folder=folder, **values))
    return path


def run(folder, name, text, *options, code=0, **values):
    return "".join(weir("run", write(folder, name, text, **values), *data_dir(name), *options, code=code))


def rows(folder, name):
    """What a file.sink has written, in its order."""
    return [json.loads(line) for path in sorted(folder.glob(f"{name}*.jsonl")) for line in path.read_text().splitlines()]


def engines(folder):
    """Processes that run an engine in the folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if len(command) > 2 and command[0].endswith(b"/weir-clickhouse") and command[2].decode().startswith(str(folder)):
            found.append(int(entry.name))
    return found


def missing_library(folder):
    os.environ.pop("WEIR_LIBCHDB", None)
    os.environ.update(XDG_DATA_HOME=str(folder / "none"), XDG_DATA_DIRS=str(folder / "none"))
    said = run(folder, "write", WRITE, "--records", "1", rate=1000, code=2)
    check("the ClickHouse engine is not on this machine" in said and "make embedded-clickhouse" in said, said)
    os.environ["WEIR_LIBCHDB"] = LIBRARY


def looks_without_making(folder):
    said = "".join(weir("lint", "--deep", write(folder, "write", WRITE, rate=1000)))
    check("shop.customers" in said, said)
    check(not (folder / "ch").exists(), "lint made the folder")


def writes_reads_and_looks_up(folder):
    run(folder, "write", WRITE, "--records", "1000", rate=100000)
    equal(engines(folder), [], "engines behind a run")
    run(folder, "read", READ)
    read = rows(folder, "read")
    equal(sorted(row["id"] for row in read), list(range(1, 501)), "rows read")
    check(set(row["name"] for row in read) == {"a", "b"}, read[:5])
    run(folder, "look-up", LOOK_UP, "--records", "3")
    equal([row["name"] in ("a", "b") for row in rows(folder, "found")], [True, True, False], "rows looked up")


def finds_what_does_not_fit(folder):
    """What lint says of queries whose columns are others."""
    def lint(name, text, old, new):
        check(old in text, old)
        return "".join(weir("lint", "--deep", write(folder, name, text.replace(old, new)), code=2))
    said = lint("read", READ, "record: {{ id: int64, name", "record: {{ id: int64, nam")
    check("there is no column `nam` to read" in said and "`id`, `name`" in said, said)
    said = lint("look-up", LOOK_UP, "name: string }}, key", "name: \"map<string, int64>\" }}, key")
    check("the column `name` cannot be made map<string, int64>: Code: 53." in said, said)
    said = lint("look-up", LOOK_UP, "table: shop.customers", "table: shop.customer")
    check("Unknown table expression identifier" in said, said)


def refuses_a_second_host(folder):
    """The first one runs until it is told to end, and its engine with it."""
    first = subprocess.Popen([WEIR, "run", write(folder, "write", WRITE, rate=10), *data_dir("write")], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    killer = threading.Timer(TIMEOUT, first.kill)
    killer.start()
    said = ""
    for line in first.stderr:
        said += line
        if "embedded ClickHouse at http://127.0.0.1:" in line:
            break
    else:
        check(False, said)
    killer.cancel()
    equal(len(engines(folder)), 1, "engines of a running host")
    second = run(folder, "read", READ, code=2)
    check(f"of host {first.pid}" in second and "Stop that one, or name another folder" in second, second)
    first.terminate()
    equal(first.wait(TIMEOUT), 0, "exit code of the first host")
    equal(engines(folder), [], "engines behind a host that was ended")


with scratch() as scratch_folder:
    place = pathlib.Path(scratch_folder)
    missing_library(place)
    looks_without_making(place)
    writes_reads_and_looks_up(place)
    finds_what_does_not_fit(place)
    refuses_a_second_host(place)
    print("ok")
