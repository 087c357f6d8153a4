"""What became of one record, and a source that is put to another place, on a running host: what is read again is counted once more, each result
exactly once, also through a SIGKILL."""
import collections
import json
import re
import subprocess
import time

from admin import Host
from weirtest import TIMEOUT, broker, check, equal, kcat, produce, unique, weir

KAFKA = broker()
SOURCE, OUT, LETTERS, NAME = unique("in"), unique("out"), unique("dlq"), unique("records").replace("-", "_")
TEXT = f"""
name: {NAME}
workers: 2
delivery: exactly_once
checkpoint: 100ms
connections: {{ kafka: {{ brokers: "{KAFKA}" }} }}
dead_letters: {{ kafka.sink: {LETTERS} }}
nodes:
  raw: {{ kafka.source: {{ topic: {SOURCE}, group_id: {SOURCE}, start: earliest, format: json, record: {{ kind: string, amount: float64 }} }} }}
  paid:
    from: raw
    where: kind <> 'open'
    check: {{ plausible: amount <= 100 }}
    set: {{ at: _offset }}
  counted: {{ from: paid, key: kind, fold: {{ columns: {{ count: {{ init: 0, next: count + 1 }}, last: {{ init: null::int64, next: at }} }} }} }}
  out: {{ from: counted, kafka.sink: {{ topic: {OUT}, key: kind }} }}
"""
# Old rows are late, and a change that reads them is none that fails.
WINDOWED = f"""
name: {NAME}_windowed
checkpoint: 100ms
connections: {{ kafka: {{ brokers: "{KAFKA}" }} }}
dead_letters: log
nodes:
  timed: {{ kafka.source: {{ topic: {SOURCE}, group_id: {SOURCE}-windowed, start: earliest, format: json, record: {{ kind: string }}, metadata: [timestamp] }},
           event_time: {{ column: timestamp }} }}
  sums: {{ from: timed, key: kind, window: {{ tumbling: 10ms, columns: {{ n: count() }} }} }}
  shown: {{ from: sums, console: json }}
"""
GOOD = b'{"kind":"paid","amount":7}'
FIRST = [GOOD, b'{"kind":"open","amount":7}', b'{"kind":"paid","amount":700}', b"{nothing", GOOD]


def results():
    """How often each count was written, as readers of committed records see them."""
    out = kcat("-C", "-b", KAFKA, "-t", OUT, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed")
    return collections.Counter(json.loads(line)["count"] for line in out.splitlines())


def wait_for(host, count):
    host.until(lambda: results().get(count), f"count {count}")
    equal(results(), collections.Counter(range(1, count + 1)), "each count once")


def test_why(host):
    def lines(offset, partition=0):
        return host.weir("why", f"raw@{partition}:{offset}")[0]

    def told(offset, *parts):
        text = lines(offset)
        for part in parts:
            check(part in text, f"{part!r} is not told of record {offset}:\n{text}")
        return text

    host.until(lambda: "ends before offset 5" in lines(0), "the last epoch is committed")
    good = told(0, f"position    offset 0 of {SOURCE}/0 is read, and committed ", 'payload {"kind":"paid","amount":7}\n',
                'node        raw gives a row: {"kind":"paid","amount":7,"_offset":0}', "node        counted `fold` takes it; what comes of that depends on what it keeps",
                f"letter      no dead letter of it in {LETTERS}")
    check(re.search(r"^node        paid gives a row: .*\"at\":0", good, re.M), good)
    told(1, "node        paid `where: kind <> 'open'` leaves it out: the condition is not true for it")
    told(2, "node        paid refuses it: check `plausible`: ", "; it goes to the dead letters", f"letter      a dead letter of it is at {LETTERS}/", "of node `paid`: check: ")
    told(3, "node        raw refuses it: decode", f"letter      a dead letter of it is at {LETTERS}/", "of node `raw`: decode: ")
    told(99, "is not committed: it waits to be read, behind 94 offsets, or is in the epoch that is open", f"it is not written yet: {SOURCE}/0 ends before offset 5")
    found = json.loads(host.weir("why", f"raw@{SOURCE}/0:1", "--format", "json")[0])
    equal((found["record"], [one["about"] for one in found["findings"]][:2]), (f"raw@{SOURCE}/0:1", ["position", "record"]), "as JSON")
    check(f"`raw` does not read `7`; expected: `{SOURCE}/0`" in host.weir("why", "raw@7:0", code=2)[1], "another partition")
    check("has no source `paid`; expected: `raw`" in host.weir("why", "paid@0:0", code=2)[1], "no source")
    check("names no record; expected: NODE@PARTITION:OFFSET" in host.weir("why", "raw@0", code=2)[1], "no record")
    host.weir("pause", NAME)
    produce(KAFKA, SOURCE, [GOOD], "-p", "0")
    told(5, "waits to be read: the topology is paused")
    host.weir("resume", NAME)


def test_seek(host, split_time):
    wait_for(host, 3)
    out = host.weir("seek", "raw", "--to", "0:2", "--dry-run")[0]
    equal(re.sub(r"\s+", " ", out.splitlines()[1]), f"{SOURCE}/0 6 2", "a plan")
    check("note: records of 4 offsets are read again; state stays as it is, and counts them once more" in out, out)
    equal(results(), collections.Counter([1, 2, 3]), "nothing has changed")
    out = host.weir("seek", "raw", "--to", "0:2")[0]
    check(re.search(r"^`raw` reads on there behind epoch \d+; no row was read for \d+ ms$", out, re.M), out)
    wait_for(host, 5)  # of offsets 4 and 5
    host.weir("seek", "raw", "--to", split_time)
    wait_for(host, 6)  # of offset 5 alone
    check("was committed by" not in host.weir("why", "raw@0:5")[0], "it is read again by now")
    host.weir("seek", "raw", "--to", "earliest")
    host.process.kill()
    host.process.wait(TIMEOUT)


def test_refusals(host):
    for place, part in (("yesterday", "`yesterday` is no place in a source"), ("2024-05-23T12:00:00", "is a time without its zone"),
                        ("0:999", f"{SOURCE}/0 has offsets 0 to 6, and not 999"), ("5:0", "`raw` does not read `5`")):
        said = host.weir("seek", "raw", "--to", place, code=2)[1]
        check(part in said, f"{place}: {said}")
    check("expected one place for all partitions" in host.weir("seek", "raw", "--to", "latest", "--to", "0:0", code=2)[1], "two places")
    check("has no source `out`; expected: `raw`" in host.weir("seek", "out", "--to", "latest", code=2)[1], "a sink")


def test_windows():
    with Host(WINDOWED) as host:
        def counts():
            return next(one for one in host.get(f"/v1/topologies/{NAME}_windowed")["nodes"] if one["node"] == "sums")

        host.until(lambda: counts()["rows_in"] >= 5, "what is there is read")
        produce(KAFKA, SOURCE, [b'{"kind":"paid"}'] * 50, "-p", "0")
        host.until(lambda: counts()["rows_in"] >= 55, "all are read")
        host.until(lambda: host.ask("GET", f"/v1/topologies/{NAME}_windowed/why?record=timed@0:0")[0] == 200, "an epoch that says what is read")
        host.until(lambda: "ends before offset 56" in host.weir("why", "timed@0:0")[0], "and committed")
        out = host.weir("seek", "timed", "--to", "earliest")[0]
        check("note: event time does not go back: rows that are older than a node's watermark are late there" in out and "reads on there" in out, out)
        host.until(lambda: counts()["late"] > 0, "rows that are late")


weir("topic", "create", SOURCE, "--partitions", 1, "--brokers", KAFKA)
for TOPIC in (OUT, LETTERS):
    weir("topic", "create", TOPIC, "--partitions", 1, "--brokers", KAFKA)
produce(KAFKA, SOURCE, FIRST, "-p", "0")
# Times of records are the broker's milliseconds.
after_first = time.time()
while time.time() < after_first + 0.01:
    time.sleep(0.001)  # asks again
SPLIT_TIME = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(after_first + 0.005)) + f".{int((after_first + 0.005) % 1 * 1e6):06d}Z"
with Host(TEXT, code=-9) as first:
    wait_for(first, 2)
    test_why(first)
    test_refusals(first)
    test_seek(first, SPLIT_TIME)
    again = Host(TEXT)
    again.command[again.command.index("--data-dir") + 1] = str(first.data)
    again.data = first.data
    with again:
        wait_for(again, 9)  # of offsets 0, 4 and 5
        out, _ = again.weir("seek", "raw", "--to", "latest")
        check("reads on there" in out, out)
    equal(results(), collections.Counter(range(1, 10)), "each count once")
test_windows()
print("ok")
