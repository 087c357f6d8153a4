"""The oracle of the fault tests: a deterministic input in a real broker, a topology with filter, pair-match, a keyed
count and a keyed state with a time to live, exactly-once on 2 workers with epochs of 100 ms, and what a committed
reader must find in the end: every record of every key, once, in order.

Rows with one key, and with keys that pair, are on one partition of the input. So the results are the same however
workers and partitions interleave, and the reference is exact.
"""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["WEIR_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "integration"))
from weirtest import TIMEOUT, WEIR, check, kcat, unique, weir  # noqa: E402

HOST = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "failpoints" / "bin" / "weir"
LEDGER = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "faults"  # the plugin
PARTITIONS = 4
SUM = 401  # of a pair; keys are 0 to SUM
DIVISOR = 7  # its multiples are filtered out
TTL = 300  # rows of a partition
CHECKPOINT = "100ms"

TOPOLOGY = """
name: {name}
delivery: {delivery}
checkpoint: {checkpoint}
workers: 2
restart: {restart}
connections:
  kafka: {{ brokers: "{brokers}", application: {name}, properties: {{ {properties} }} }}
dead_letters: {{ kafka.sink: {name}-dead }}
nodes:
  raw:
    kafka.source: {{ topic: {input}, {reading}, start: earliest, format: json, record: {{ n: int64, t: int64 }} }}
  kept:   {{ from: raw, ledger.filter: {divisor} }}
  pairs:  {{ from: kept, pair_match: {{ value: n, sum: {sum}, min: 0, max: {sum} }} }}
  counts: {{ from: kept, key: [n], ledger.count: {{}} }}
  visits: {{ from: kept, key: [n], ledger.visits: {ttl} }}
  pairs_out:  {{ from: pairs, kafka.sink: {name}-pairs }}
  counts_out: {{ from: counts, kafka.sink: {{ topic: {name}-counts, key: n }} }}
  visits_out: {{ from: visits, kafka.sink: {{ topic: {name}-visits, key: n }} }}
"""


def names_in_sources(macros):
    """The literals that these macros have in host/ and plugins/, in order."""
    call = re.compile(r"\b(?:%s)\(\"([^\"]+)\"\)" % "|".join(macros))
    sources = [p for folder in ("host", "plugins") for p in (SOURCE / folder).rglob("*.cpp")]
    return sorted({name for path in sources for name in call.findall(path.read_text())})


def failpoints():
    """All but those of the plugins `file` and `clickhouse`, which tests of their own reach."""
    return [name for name in names_in_sources(("WEIR_FAILPOINT", "WEIR_FAILS")) if not name.startswith(("file.", "clickhouse."))]


def seeded_bugs():
    return names_in_sources(("WEIR_BUG",))


class Rows:
    """The input: rows of each partition, drawn from a seed."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.partitions = [[] for _ in range(PARTITIONS)]

    def draw(self):
        """The next row: its partition and its text."""
        n = self.dice.randint(0, SUM)
        partition = min(n, SUM - n) % PARTITIONS
        rows = self.partitions[partition]
        rows.append((n, len(rows)))
        return partition, '{"n":%d,"t":%d}\n' % rows[-1]

    def __len__(self):
        return sum(map(len, self.partitions))


class Feed:
    """Writes rows to a topic, in real time, until it is stopped."""

    def __init__(self, brokers, topic, seed, rows_per_second, rows=None):
        self.rows = Rows(seed) if rows is None else rows
        self.rate = rows_per_second
        self.ending = threading.Event()
        self.writers = [
            subprocess.Popen(["kcat", "-P", "-b", brokers, "-t", topic, "-p", str(p), "-E", "-X", "enable.idempotence=true",
                              "-X", "linger.ms=5"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            for p in range(PARTITIONS)]
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        begin = time.monotonic()
        while not self.ending.wait(0.02):
            texts = collections.defaultdict(list)
            while len(self.rows) < (time.monotonic() - begin) * self.rate:
                partition, text = self.rows.draw()
                texts[partition].append(text)
            for partition, lines in texts.items():
                self.writers[partition].stdin.write("".join(lines).encode())
                self.writers[partition].stdin.flush()

    def stop(self):
        """All that was written, once the broker has it."""
        self.ending.set()
        self.thread.join()
        try:
            said = [writer.communicate(timeout=TIMEOUT)[1].decode(errors="replace") for writer in self.writers]
        finally:
            for writer in self.writers:
                writer.kill()
        codes = [writer.wait() for writer in self.writers]
        check(not any(codes), f"kcat: exits {codes}\n{''.join(said)}")
        return self.rows


def fill(brokers, topic, seed, count):
    """The same at once."""
    rows, texts = Rows(seed), [[] for _ in range(PARTITIONS)]
    for _ in range(count):
        partition, text = rows.draw()
        texts[partition].append(text)
    for partition, lines in enumerate(texts):
        kcat("-P", "-b", brokers, "-t", topic, "-p", partition, "-E", "-X", "enable.idempotence=true",
             stdin="".join(lines).encode())
    return rows


class Reference:
    """What must come out, by topic and key, in order."""

    def __init__(self, rows):
        self.results = {"pairs": collections.defaultdict(list), "counts": collections.defaultdict(list),
                        "visits": collections.defaultdict(list)}
        for partition, content in enumerate(rows.partitions):
            self.waiting, self.counts, self.open = collections.defaultdict(collections.deque), collections.Counter(), {}
            for n, t in content:
                if n % DIVISOR:
                    self.take(partition, n, t)

    def take(self, partition, n, t):
        self.counts[n] += 1
        self.results["counts"][n].append(self.counts[n])
        others = self.waiting[SUM - n]
        if others:
            left = others.popleft()
            self.results["pairs"][min(n, SUM - n)].append((partition, left, t))
        else:
            self.waiting[n].append(t)
        if n in self.open and t > self.open[n][0] + TTL:
            del self.open[n]
            return
        visit = self.open.setdefault(n, [t, 0])
        visit[1] += 1
        self.results["visits"][n].append(visit[1])


def read_results(brokers, name):
    """What a committed reader finds, by topic and key."""
    found, topics = {}, ("pairs", "counts", "visits")
    readers = [subprocess.Popen(["kcat", "-C", "-b", brokers, "-t", f"{name}-{topic}", "-e", "-q", "-o", "beginning",
                                 "-X", "isolation.level=read_committed"], stdout=subprocess.PIPE) for topic in topics]
    for topic, reader in zip(topics, readers):
        by_key = found[topic] = collections.defaultdict(list)
        text, _ = reader.communicate(timeout=TIMEOUT)
        check(reader.returncode == 0, f"kcat: exit {reader.returncode}")
        for line in text.splitlines():
            row = json.loads(line)
            if topic == "pairs":
                by_key[min(row["left"], row["right"])].append(
                    (row["left_partition"], row["left_offset"], row["right_offset"]))
            else:
                by_key[row["n"]].append(row["count" if topic == "counts" else "visit"])
    return found


def fault_in(reference, found):
    """What is wrong with the results, or "": they are to be those of the reference, for each key in its order."""
    for topic, expected in reference.results.items():
        for key in sorted(set(expected) | set(found[topic])):
            want, have = expected.get(key, []), found[topic].get(key, [])
            if want == have:
                continue
            at = next((i for i, (a, b) in enumerate(zip(want, have)) if a != b), min(len(want), len(have)))
            missing = sum((collections.Counter(want) - collections.Counter(have)).values())
            surplus = sum((collections.Counter(have) - collections.Counter(want)).values())
            return (f"{topic}, key {key}: lost {missing}, doubled or made up {surplus}; result {at} of {len(want)} is "
                    f"{have[at:at + 3]}, not {want[at:at + 3]}")
    return ""


def loss_in(reference, found):
    """The same for at-least-once: what is missing; results may come again."""
    for topic in ("counts",):
        for key, want in reference.results[topic].items():
            if missing := set(want) - set(found[topic].get(key, [])):
                return f"{topic}, key {key}: lost {sorted(missing)[:5]}"
    return ""


def judge_the_judge(reference):
    """It must see each kind of fault."""
    def with_change(change):
        found = {topic: {key: list(rows) for key, rows in keys.items()} for topic, keys in reference.results.items()}
        change(found["counts"][next(key for key, rows in found["counts"].items() if len(rows) > 1)])
        return fault_in(reference, found)
    check(with_change(lambda rows: None) == "", "the judge sees a fault where there is none")
    for name, change in (("a lost row", lambda rows: rows.pop()), ("a doubled row", lambda rows: rows.append(rows[-1])),
                         ("another order", lambda rows: rows.reverse())):
        check(with_change(change), f"{name} was not seen")


Ended = collections.namedtuple("Ended", "code text points")  # points: those that were reached as armed


class Ledger:
    """One run of the topology through any number of deaths: its topics, its state, its starts."""

    def __init__(self, brokers, topic, folder, delivery="exactly_once", properties="", member=False, restart="none"):
        """`member`: it gets its partitions from the group, as by default; otherwise it reads all of them."""
        self.brokers, self.name, self.input = brokers, unique("ledger"), topic
        self.group = f"{self.name}-group"
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir()
        self.starts = 0
        for output, partitions in (("pairs", 1), ("counts", 2), ("visits", 2), ("dead", 1)):
            weir("topic", "create", f"{self.name}-{output}", "--partitions", partitions, "--brokers", brokers)
        live = f"group_id: {self.group}" + ("" if member else f", partitions: {list(range(PARTITIONS))}")
        for kind, how in (("live", live), ("final", f"group_id: {self.group}, stop_at_end: true")):
            (self.folder / f"{kind}.yaml").write_text(TOPOLOGY.format(
                name=self.name, brokers=brokers, input=topic, reading=how, divisor=DIVISOR, sum=SUM, ttl=TTL,
                checkpoint=CHECKPOINT, delivery=delivery, restart=restart, properties=properties))

    def start(self, kind="live", points="", bug="", state="state", **more):
        """A host, and where it writes what it says. `more` is Popen's."""
        self.starts += 1
        said = self.folder / f"{self.starts}.log"
        environment = {**os.environ, "WEIR_FAILPOINT": points, "WEIR_BUG": bug}
        with open(said, "w", encoding="utf-8") as output:
            # Without failpoints it is the build that users have.
            command = [HOST, "run"] if points or bug else [WEIR, "run", "--plugin-dir", LEDGER]
            host = subprocess.Popen([*command, self.folder / f"{kind}.yaml", "--quiet", "--data-dir",
                                     self.folder / state], stdout=output, stderr=subprocess.STDOUT,
                                    env=environment, **more)
        return host, said

    def run(self, kind="live", seconds=TIMEOUT, **options):
        """One life: until the host ends, or is killed after so long."""
        host, said = self.start(kind, **options)
        try:
            host.wait(seconds)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait(TIMEOUT)
        text = said.read_text(errors="replace")
        return Ended(host.returncode, text, re.findall(r"^failpoint (\S+): \w+$", text, re.MULTILINE))

    def overtake(self, bug=""):
        """A host stops before it commits, a second one goes on from its state (in `copy`), then the first wakes up. How
        each of them ended."""
        first, said = self.start(points="epochs.commit.decider_prepared:stop:3,coordinator.epoch.told:kill:5", bug=bug)
        _, status = os.waitpid(first.pid, os.WUNTRACED)
        check(os.WIFSTOPPED(status), f"{self.name}: it did not stop\n{said.read_text(errors='replace')}")
        try:
            shutil.copytree(self.folder / "state", self.folder / "copy", ignore=shutil.ignore_patterns("control"))
            second = self.run(points="coordinator.epoch.told:kill:3", bug=bug, state="copy")
            first.send_signal(signal.SIGCONT)
            first.wait(TIMEOUT)
        finally:
            first.kill()
            first.wait(TIMEOUT)
        return Ended(first.returncode, said.read_text(errors="replace"), []), second

    def finish(self, **options):
        """Reads what is left of the input; the host's last life."""
        return self.run("final", **options)

    def found(self):
        return read_results(self.brokers, self.name)


def scratch():
    return tempfile.TemporaryDirectory(prefix="weir-faults-")
