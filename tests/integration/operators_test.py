"""The operators that need no server, through a host on real files: what they read, what they write, what a second start
adds, and what they refuse."""
import json
import pathlib
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request

from weirtest import TIMEOUT, WEIR, check, data_dir, equal, scratch, weir

ORDERS = """
name: orders
workers: 2
dead_letters: { file.sink: %(folder)s/dead.jsonl }
nodes:
  lines:
    file.source:
      path: "%(folder)s/in/*.csv"
      format: { csv: { header: true } }
      record: { id: int64, country: string, items: string }
  again:   { file.source: { path: "%(folder)s/more.jsonl", format: json, record: { id: int64, country: string, items: string } } }
  all:     { from: [lines, again], union: {} }
  once:    { from: all, key: [id], dedup: 1h }
  sane:    { from: once, assert: { not_null: [id], in_range: { id: { min: 0 } } } }
  logged:  { from: sane, log: { level: info, limit_per_second: 1 } }
  paced:   { from: logged, throttle: 100000 }
  named:
    from: paced
    lookup_table:
      path: "%(folder)s/countries.csv"
      record: { code: string, name: string }
      key: code
      column: country
      missing: error
      prefix: country_
  half:    { from: named, sample: { share: 0.5 } }
  out:     { from: named, file.sink: "%(folder)s/out/all.jsonl" }
  some:    { from: half, file.sink: { path: "%(folder)s/out/half.csv", format: { csv: { header: true } } } }
"""

EXACT = """
name: exact
delivery: exactly_once
checkpoint: 50ms
nodes:
  tags: { file.source: { path: %(folder)s/tags.jsonl, format: json, record: { id: int64, tags: [string] } } }
  each: { from: tags, unnest: { column: tags, as: tag, position: at } }
  out:  { from: each, file.sink: %(folder)s/exact/tags.jsonl }
"""

POSTED = """
name: posted
checkpoint: 50ms
nodes:
  events: { http.source: { port: 0, path: /events, record: { n: int64 } } }
  out:    { from: events, file.sink: %(folder)s/events.jsonl }
"""


ROUTED = """
name: routed
workers: 2
dead_letters: drop
nodes:
  numbers: { generate: { columns: { n: { sequence: { start: 0 } } }, count: 6000, splits: 3 } }
  sorted:
    from: numbers
    where: n >= 10
    route: { to: { small: n < 100, seven: 700 / (n - 777) IS NOT NULL AND n %% 7 = 0, odd: n %% 2 = 1 }, match: %(match)s }
  halves:  { from: sorted.default, select: { half: n / 2 } }
  seven:   { from: sorted.seven, file.sink: %(folder)s/%(match)s/seven.jsonl }
  others:  { from: [sorted.small, halves, sorted.odd], tag: kind, file.sink: %(folder)s/%(match)s/others.jsonl }
"""


def lines(path):
    return path.read_text().splitlines()


def operators_on_files(folder):
    (folder / "in").mkdir()
    for part in range(3):
        rows = [f"{n},{'de' if n % 2 else 'it'},x" for n in range(part, 300, 3)]
        (folder / "in" / f"{part}.csv").write_text("id,country,items\n" + "\n".join(rows) + "\n")
    (folder / "more.jsonl").write_text("".join(json.dumps({"id": n, "country": c, "items": "y"}) + "\n"
                                               for n, c in [(1000, "de"), (1001, "xx"), (1000, "de")]) + "not json\n")
    (folder / "countries.csv").write_text("code,name\nde,Germany\nit,Italy\n")
    topology = folder / "orders.yaml"
    topology.write_text(ORDERS % {"folder": folder})
    weir("run", topology, *data_dir("orders"))
    out = [json.loads(line) for line in lines(folder / "out" / "all.jsonl")]
    equal(sorted(row["id"] for row in out), [*range(300), 1000], "ids")
    equal({(row["country"], row["country_name"]) for row in out}, {("de", "Germany"), ("it", "Italy")}, "countries")
    dead = sorted((row["node"], row["code"], row["payload"]) for row in map(json.loads, lines(folder / "dead.jsonl")))
    equal([row[:2] for row in dead], [("again", "decode"), ("named", "missing")], "dead letters")
    equal(dead[0][2], "not json", "payload of a dead letter")
    some = lines(folder / "out" / "half.csv")
    equal(some[0], "id,country,items,country_name", "header")
    check(100 < len(some) - 1 < 200 and len(set(some)) == len(some), f"half of the rows: {len(some) - 1}")
    weir("run", topology, *data_dir("orders"))  # its state knows what was read
    equal(len(lines(folder / "out" / "all.jsonl")), 301, "rows after a second start")


def exactly_once(folder):
    (folder / "tags.jsonl").write_text('{"id":1,"tags":["a","b"]}\n{"id":2,"tags":[]}\n')
    topology = folder / "exact.yaml"
    topology.write_text(EXACT % {"folder": folder})
    weir("run", topology, *data_dir("exact"))
    with open(folder / "tags.jsonl", "a") as file:
        file.write('{"id":3,"tags":["c"]}\n')
    weir("run", topology, *data_dir("exact"))
    files = sorted((folder / "exact").iterdir())
    check(all(re.fullmatch(r"tags-\d{8}T\d{6}\.\d{3}Z-\d-\d\.jsonl", file.name) for file in files), f"{files}")
    rows = [json.loads(line) for file in files for line in lines(file)]
    equal(rows, [{"id": 1, "tag": "a", "at": 1}, {"id": 1, "tag": "b", "at": 2}, {"id": 3, "tag": "c", "at": 1}], "rows")
    posted = folder / "refused.yaml"
    posted.write_text("delivery: exactly_once\n" + POSTED % {"folder": folder})
    said = "".join(weir("lint", posted, code=2))
    check("`http.source` cannot be read again after a crash, which `exactly_once` needs" in said, said)


def rows_to_several_nodes(folder):
    """Each row at the ports whose conditions are true, and sinks of unlike inputs, against the same in Python."""
    for match in ("first", "all"):
        topology = folder / f"routed-{match}.yaml"
        topology.write_text(ROUTED % {"folder": folder, "match": match})
        said = "".join(weir("run", topology, *data_dir(f"routed-{match}")))
        rows = [n for n in range(10, 6000)]
        expected = {"seven": [], "small": [], "odd": [], "halves": []}
        for n in rows:
            ports = [port for port, holds in [("small", n < 100), ("seven", n % 7 == 0), ("odd", n % 2 == 1)] if holds]
            if n == 777:
                continue  # fails
            for port in (ports[:1] if match == "first" else ports) or ["halves"]:
                expected[port].append(n // 2 if port == "halves" else n)
        equal(sorted(json.loads(line)["n"] for line in lines(folder / match / "seven.jsonl")), expected["seven"], f"{match}: seven")
        others = [json.loads(line) for line in lines(folder / match / "others.jsonl")]
        for port, tag, column in [("small", "sorted.small", "n"), ("odd", "sorted.odd", "n"), ("halves", "halves", "half")]:
            equal(sorted(row[column] for row in others if row["kind"] == tag), expected[port], f"{match}: {tag}")
        check(all(len(row) == 2 for row in others), "columns of another input")
        check(f"unrouted {len(expected['halves']):,}" in re.sub(" +", " ", said), f"unrouted: {said}")


def post(port, body, content_type="application/x-ndjson"):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/events", body.encode(), {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def records_that_are_posted(folder):
    topology = folder / "posted.yaml"
    topology.write_text(POSTED % {"folder": folder})
    process = subprocess.Popen([WEIR, "run", topology, *data_dir("posted")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    try:
        found = None
        while not found:
            said.append(process.stdout.readline())
            check(said[-1], f"weir ended: {said}")
            found = re.search(r"listens on http://127\.0\.0\.1:(\d+)/events", said[-1])
        threading.Thread(target=process.stdout.read, daemon=True).start()
        port = int(found[1])
        equal(post(port, '{"n":1}\n{"n":2}\n'), (200, {"taken": True}), "answer")
        equal(lines(folder / "events.jsonl"), ['{"n":1}', '{"n":2}'], "what is written once the answer is there")
        status, answer = post(port, '{"n":3}\n{"n":"x"}\n')
        equal((status, answer["records"][0]["record"]), (400, 2), "answer to a body with a bad record")
        equal(post(port, '{"n":\n4}', "application/json")[0], 200, "one record of several lines")
        process.send_signal(signal.SIGTERM)
        equal(process.wait(TIMEOUT), 0, "exit code")
        equal(lines(folder / "events.jsonl"), ['{"n":1}', '{"n":2}', '{"n":4}'], "all that was written")
    finally:
        process.kill()
        process.wait()


with scratch() as scratch_folder:
    for case in (operators_on_files, exactly_once, rows_to_several_nodes, records_that_are_posted):
        case(pathlib.Path(scratch_folder))
        print(f"ok: {case.__name__}", flush=True)
