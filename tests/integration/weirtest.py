"""Running weir against real servers from tests: standard library and kcat only.

Environment (set by weir_add_test): WEIR_SOURCE_DIR, WEIR_BIN, WEIR_TEST_KAFKA (a file that holds host:port).
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

SOURCE = pathlib.Path(os.environ["WEIR_SOURCE_DIR"])
WEIR = os.environ["WEIR_BIN"]
TOPOLOGIES = SOURCE / "topologies"
SEPARATOR = "\x1f"  # between the fields that kcat prints
TIMEOUT = 90  # seconds for any one process

_state = tempfile.TemporaryDirectory(prefix="weir-state-")
os.environ["XDG_STATE_HOME"] = _state.name  # of every weir that a test starts


def broker():
    return pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()


def unique(name):
    """A topic or group name of this run alone: tests share the broker."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def check(condition, *what):
    if not condition:
        print("FAILED:", *what, file=sys.stderr)
        sys.exit(1)


def equal(actual, expected, what):
    check(actual == expected, f"{what}\n  expected {expected!r}\n  actual   {actual!r}")


def weir(*arguments, code=0, stdin=None):
    """Runs weir to its end; its (standard output, standard error). A busy machine's broker is given time to answer."""
    if arguments[0] == "topic" and "--connect-timeout" not in arguments:
        arguments += ("--connect-timeout", "60s")
    done = subprocess.run([WEIR, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT, input=stdin)
    check(done.returncode == code, f"weir {' '.join(map(str, arguments))}: exit {done.returncode}, not {code}\n"
          f"{done.stdout}\n{done.stderr}")
    return done.stdout, done.stderr


def settings(**values):
    """--set options."""
    return [part for name, value in values.items() for part in ("--set", f"{name}={value}")]


def data_dir(name):
    """--data-dir: state that only runs with the same name share."""
    return "--data-dir", os.path.join(_state.name, name)


def kcat(*arguments, stdin=None):
    done = subprocess.run(["kcat", *map(str, arguments)], capture_output=True, timeout=TIMEOUT, input=stdin)
    check(done.returncode == 0, f"kcat {arguments}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def produce(address, topic, values, *options):
    """One record a value (bytes without a newline), in this order."""
    kcat("-P", "-b", address, "-t", topic, *options, stdin=b"\n".join(values) + b"\n")


Record = collections.namedtuple("Record", "partition offset key payload headers")


def consume(address, topic):
    """All records of a topic, committed or not; payload and key are None where they are null."""
    form = SEPARATOR.join(["%p", "%o", "%K", "%k", "%S", "%h", "%s"]) + "\x1e"
    out = kcat("-C", "-b", address, "-t", topic, "-e", "-q", "-o", "beginning", "-f", form)
    records = []
    for line in out.split(b"\x1e")[:-1]:
        partition, offset, key_size, key, size, headers, payload = line.split(SEPARATOR.encode(), 6)
        # kcat does not escape values: a header begins where a name and `=` follow a comma.
        pairs = dict(h.split(b"=", 1) for h in re.split(rb",(?=(?:weir\.)?[a-z]+=)", headers) if h)
        records.append(Record(int(partition), int(offset), None if int(key_size) < 0 else key,
                              None if int(size) < 0 else payload,
                              {k.decode(): v.decode(errors="replace") for k, v in pairs.items()}))
    return records


def pairs_of(records):
    return [json.loads(record.payload) for record in records]


def expected_pairs(numbers, total):
    """How often each unordered pair of values must have been found: the whole reference."""
    counts = collections.Counter(numbers)
    found = collections.Counter()
    for n, times in counts.items():
        other = total - n
        if n < other:
            found[n, other] = min(times, counts[other])
        elif n == other:
            found[n, other] = times // 2
    return +found


def check_law(read, found, dead, numbers, total, exactly_once_each=True):
    """read = 2 x pairs + waiting + dead-lettered, the pairs are the reference's, no input is used twice."""
    values = collections.Counter(tuple(sorted((p["left"], p["right"]))) for p in found)
    reference = expected_pairs(numbers, total)
    waiting = len(numbers) - 2 * sum(reference.values())
    if exactly_once_each:
        equal(values, reference, "pairs by value")
        equal(read, 2 * len(found) + waiting + dead, "read = 2 x pairs + waiting + dead-lettered")
    used = [(p[f"{side}_partition"], p[f"{side}_offset"]) for p in found for side in ("left", "right")]
    if exactly_once_each:
        check(len(set(used)) == len(used), "an input offset is in two pairs")
    for pair in found:
        equal(pair["left"] + pair["right"], total, "sum of a pair")


def scratch():
    return tempfile.TemporaryDirectory(prefix="weir-test-")
