"""What is kept of a topology, as `weir state` shows it; columns that would be lost; and savepoints that a running host makes of damaged
files."""
import json
import os
import pathlib
import subprocess
import time

from weirtest import TIMEOUT, WEIR, check, equal, scratch, weir

KEYS, ROWS = 100, 1000
TOPOLOGY = """
name: kept
checkpoint: 20ms
workers: 2
nodes:
  rows: { generate: { columns: { n: { sequence: {} } }, rate: 2000, %(end)s } }
  keyed: { from: rows, set: { k: n %% %(keys)d } }
  counted: { from: keyed, key: k, fold: { columns: { %(column)s: { init: 0, next: %(column)s + 1 } } } }
  last: { from: keyed, key: k, latest: { columns: [n] } }
  out: { from: [counted, last], console: json }
"""


def topology(folder, column="times", end=f"count: {ROWS}"):
    path = pathlib.Path(folder) / "kept.yaml"
    path.write_text(TOPOLOGY % dict(keys=KEYS, column=column, end=end))
    return path


def entries(data):
    listed = json.loads(weir("state", "ls", "kept", "--format", "json", *data)[0])["states"]
    return {(one["node"], one["kind"]): one["entries"] for one in listed}


def scanned(node, data):
    """Values by key, of the keyed state."""
    found = json.loads(weir("state", "scan", "kept", node, "--limit", 1000, "--format", "json", *data)[0])
    return {one["key"]: json.loads(one["value"]) for one in found if one["kind"] == "keyed"}


def shows_what_is_kept(folder, data):
    weir("run", topology(folder), *data)
    equal(entries(data), {(node, kind): n for node in ("counted", "last") for kind, n in (("broadcast", 1), ("keyed", KEYS))},
          "entries, each once however often it was written")
    equal(scanned("counted", data), {str(k): {"times": ROWS // KEYS} for k in range(KEYS)}, "rows of fold by their columns")
    last = scanned("last", data)
    equal({k: row["values"] for k, row in last.items()}, {str(k): {"n": ROWS - KEYS + k} for k in range(KEYS)}, "rows of latest")
    shown = weir("state", "get", "kept", "counted", "7", *data)[0]
    check('{"times":10}' in shown, f"a key's row is not shown by its columns: {shown}")


def loses_no_column_in_silence(folder, data):
    renamed = topology(folder, "calls")
    said = weir("run", renamed, *data, code=6)[1]
    check("node `counted`" in said and "the state has `times`" in said and "--allow-loss counted" in said, f"not refused: {said}")
    equal(scanned("counted", data)["7"], {"times": ROWS // KEYS}, "the state behind the refusal")
    weir("run", renamed, "--allow-loss", "counted", *data)
    weir("run", renamed, *data)  # what was given up is not asked for again


def saves_nothing_damaged(folder, data):
    """A host that runs makes savepoints, too; a table of its state is damaged under it."""
    state = pathlib.Path(data[1]) / "kept" / "db"
    weir("savepoint", "create", "kept", "good", *data)  # which leaves a table
    tables = sorted(state.glob("*.sst"))
    check(tables, "no table of the state is there")
    host = subprocess.Popen([WEIR, "run", str(topology(folder, "calls", "for: 60s")), *data], stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + TIMEOUT
        while True:
            listed = subprocess.run([WEIR, "status", "kept", *data], capture_output=True, text=True)
            if listed.returncode == 0:
                break
            check(time.monotonic() < deadline and host.poll() is None, f"the host does not answer: {listed.stderr}")
        whole = tables[0].read_bytes()
        tables[0].unlink()  # the good savepoint has the same file
        tables[0].write_bytes(whole[:len(whole) // 4] + bytes([whole[len(whole) // 4] ^ 0x10]) + whole[len(whole) // 4 + 1:])
        said = weir("stop", "kept", "--savepoint=bad", *data, code=6)[1]
        check("corrupt" in said and tables[0].name in said, f"the damage is not told: {said}")
        host.communicate(timeout=TIMEOUT)
        names = [one["name"] for one in json.loads(weir("savepoint", "ls", "kept", "--format", "json", *data)[0])]
        equal(names, ["good"], "savepoints")
    finally:
        host.kill()
        host.wait()


with scratch() as folder:
    data = "--data-dir", os.path.join(folder, "data")
    shows_what_is_kept(folder, data)
    loses_no_column_in_silence(folder, data)
    saves_nothing_damaged(folder, data)
    print("ok: entries counted, rows shown by their columns, no column lost in silence, nothing damaged saved")
