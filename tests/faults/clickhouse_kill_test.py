"""Ticks flow from Kafka into ClickHouse, exactly once, while the host is killed at random moments, ClickHouse is killed and
started again, and a share of the inserts is broken on its way (tests/servers/clickhouse-front): dropped before and after it was
done, cut, answered with errors, late, or with an exception behind a 200. At the end count() and sum(cityHash64(*)) of the
table are those of a table into which the same rows were put at once, and each bad record is one dead letter.

    clickhouse_kill_test.py [--kills N] [--restarts N] [--share S] [--seconds N] [--embedded] [--summary FILE]

With --embedded it is the host's own engine (`embedded: PATH`), which is killed by itself and with its host.
WEIR_TEST_SEED: of rows, moments and faults (default 1).
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from oracle import PARTITIONS, SOURCE, TIMEOUT, WEIR, Feed, check, kcat, scratch, unique, weir

SEED = int(os.environ.get("WEIR_TEST_SEED", "1"))
SERVERS = SOURCE / "tests" / "servers"
ROWS_PER_SECOND = 2000
BAD_EVERY = 997  # rows: a record that is no tick
REQUEST_TIMEOUT = 2  # seconds, of the connection
SLOW = 3  # seconds: longer than that
LAST = 600  # seconds, at most, for all that waits: of each block the server is asked first where it was killed, and the machine may be busy
FAULTS = "before,after,cut_body,cut_answer,500,503,code,late_before,late_after,slow_before,slow_after"
RECORD = "{ id: int64, symbol: string, price: \"decimal(12,2)\", volume: uint32, note: \"string?\", at: timestamp }"
MONTHS = ("2026-01", "2026-02", "2026-03")

TOPOLOGY = """
name: {name}
delivery: exactly_once
checkpoint: 200ms
workers: 2
connections:
  kafka: {{ brokers: "{brokers}", application: {name} }}
  clickhouse: {clickhouse}
dead_letters: {{ kafka.sink: {name}-dead }}
nodes:
  raw:
    kafka.source: {{ topic: {topic}, {reading}, start: earliest, format: json, record: {record} }}
  ticks:
    from: raw
    clickhouse.sink:
      table: stocks.ticks
      create_table:
        order_by: [symbol, at]
        partition_by: toYYYYMM(at)
        columns: {{ symbol: LowCardinality(String) }}
      batch_rows: 1000
      max_age: 100ms
"""


class Ticks:
    """The input, drawn from a seed: ticks, and now and then a record that is none."""

    def __init__(self, seed):
        self.dice, self.ticks, self.drawn = random.Random(seed), [], 0

    def draw(self):
        self.drawn += 1
        if self.drawn % BAD_EVERY == 0:
            return self.drawn % PARTITIONS, f"no tick {self.drawn}\n"
        n, dice = len(self.ticks), self.dice
        tick = {"id": n, "symbol": dice.choice(("ACME", "INIT", "WEIR", "ÄÖÜ")), "price": dice.randint(1, 10**8) / 100,
                "volume": dice.randint(0, 2**32 - 1), "note": dice.choice((None, "", "a\tb", "it's \"it\"")),
                "at": f"{dice.choice(MONTHS)}-{dice.randint(1, 28):02}T12:00:00.{n % 10**6:06}Z"}
        self.ticks.append(json.dumps(tick))
        return n % PARTITIONS, self.ticks[-1] + "\n"

    def __len__(self):
        return self.drawn

    def bad(self):
        return self.drawn - len(self.ticks)


def script(name, *arguments):
    done = subprocess.run([SERVERS / name, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT)
    check(done.returncode == 0, f"{name} {arguments}: {done.stderr}")
    return done.stdout.strip()


def ask(url, sql="", data=b"", headers=None, **parameters):
    """The answer of a ClickHouse server, which must be there."""
    address = url + "/?" + urllib.parse.urlencode({"query": sql, **parameters})
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data, headers or {}), timeout=TIMEOUT) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        check(False, f"{sql}: {error.read().decode(errors='replace')}")


class Server:
    """A real server behind a front that breaks inserts."""

    def __init__(self, folder, share):
        self.folder, self.share = folder, share
        self.url = script("clickhouse/start", folder / "server", "--owner", os.getpid())
        self.front = script("clickhouse-front/start", folder / "front", "--to", self.url, "--owner", os.getpid())
        self.connection = f'{{ url: "{self.front}", timeout: {REQUEST_TIMEOUT}s }}'
        self.environment = dict(os.environ)

    def fault(self, **wanted):
        wanted = urllib.parse.urlencode(wanted)
        with urllib.request.urlopen(f"{self.front}/fault?{wanted}", b"", timeout=TIMEOUT) as answer:
            return json.load(answer)

    def trouble(self):
        self.fault(kind=FAULTS, share=self.share, seed=SEED, seconds=SLOW)

    def kill(self):
        script("clickhouse/stop", self.folder / "server", "--kill")
        script("clickhouse/start", self.folder / "server")
        return True

    def calm(self):
        """How many inserts met which fault."""
        return self.fault(kind="none")

    def open(self):
        return self.url, {}

    def stop(self):
        script("clickhouse-front/stop", self.folder / "front")
        script("clickhouse/stop", self.folder / "server", "--kill")


class Embedded:
    """The engine of the host itself."""

    def __init__(self, folder):
        self.folder = folder / "clickhouse"
        self.connection = f'{{ embedded: "{self.folder}" }}'
        self.environment = {**os.environ, "WEIR_LIBCHDB": script("clickhouse/start", "--fetch")}
        self.engine = None

    def trouble(self):
        """Nothing stands between the host and its engine."""

    def kill(self):
        """Whether there was one that runs."""
        for entry in pathlib.Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
                if command and command[0].endswith(b"/weir-clickhouse") and command[2].decode() == str(self.folder):
                    os.kill(int(entry.name), 9)
                    return True
            except OSError:
                continue
        return False

    def calm(self):
        return {}

    def open(self):
        """The engine without a host, to look at the tables."""
        program = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "libexec" / "weir" / "weir-clickhouse"
        self.engine = subprocess.Popen([program, self.environment["WEIR_LIBCHDB"], self.folder, str(os.getpid())],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.engine.stdout.readline().split()
        check(ready[:1] == ["ready"], f"the engine says {ready}")
        headers = {"X-ClickHouse-User": "weir", "X-ClickHouse-Key": (self.folder / "password").read_text()}
        return f"http://127.0.0.1:{ready[1]}", headers

    def stop(self):
        if self.engine:
            self.engine.stdin.close()
            check(self.engine.wait(TIMEOUT) == 0, f"the engine ends with {self.engine.returncode}")


class Lives:
    """One topology through many deaths."""

    def __init__(self, brokers, topic, clickhouse, folder):
        self.name, self.folder, self.clickhouse, self.starts = unique("ticks"), folder, clickhouse, 0
        weir("topic", "create", f"{self.name}-dead", "--partitions", 1, "--brokers", brokers)
        for kind, reading in (("live", f"partitions: {list(range(PARTITIONS))}"), ("final", "stop_at_end: true")):
            (folder / f"{kind}.yaml").write_text(TOPOLOGY.format(
                name=self.name, brokers=brokers, topic=topic, reading=reading, record=RECORD, clickhouse=clickhouse.connection))

    def live(self, kind, seconds):
        """The exit code, and what the host said."""
        self.starts += 1
        said = self.folder / f"{self.starts}.log"
        with open(said, "w", encoding="utf-8") as output:
            host = subprocess.Popen([WEIR, "run", self.folder / f"{kind}.yaml", "--quiet", "--data-dir", self.folder / "state"],
                                    stdout=output, stderr=subprocess.STDOUT, env=self.clickhouse.environment)
        try:
            host.wait(seconds)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait(TIMEOUT)
        return host.returncode, said.read_text(errors="replace")


class Restarts:
    """Kills ClickHouse at random moments, in a thread of its own, until it is stopped."""

    def __init__(self, clickhouse, wanted, dice):
        self.clickhouse, self.wanted, self.done, self.dice = clickhouse, wanted, 0, dice
        self.ending = threading.Event()
        self.failed = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while self.done < self.wanted and not self.ending.wait(self.dice.uniform(0.5, 4)):
                self.done += self.clickhouse.kill()
        except BaseException as failed:  # of a check: told by stop
            self.failed = failed

    def stop(self):
        self.ending.set()
        self.thread.join()
        check(self.failed is None, f"ClickHouse could not be started again: {self.failed}")
        return self.done


def judge(clickhouse, rows, brokers, name):
    """What is wrong, or ""."""
    url, headers = clickhouse.open()

    def query(sql, data=b"", **parameters):
        return ask(url, sql, data, headers, **parameters)
    query("CREATE TABLE stocks.reference AS stocks.ticks")
    for begin in range(0, len(rows.ticks), 100_000):
        query("INSERT INTO stocks.reference FORMAT JSONEachRow", "\n".join(rows.ticks[begin:begin + 100_000]).encode(),
              date_time_input_format="best_effort", deduplicate_insert="disable", async_insert="0",
              max_partitions_per_insert_block="0")

    def sums(table, where=""):
        return query(f"SELECT count(), sum(cityHash64(*)) FROM stocks.{table} {where}").split()
    expected, found = sums("reference"), sums("ticks")
    check(int(expected[0]) == len(rows.ticks), f"the reference has {expected[0]} rows, not {len(rows.ticks)}")
    check(sums("reference", "WHERE id != 7") != expected, "the judge does not see a lost row")
    if expected != found:
        lost = query("SELECT count(), min(id), max(id) FROM stocks.reference WHERE id NOT IN (SELECT id FROM stocks.ticks)").split()
        doubled = query("SELECT count(), min(id), max(id) FROM (SELECT id FROM stocks.ticks GROUP BY id HAVING count() > 1)").split()
        return f"count and sum are {found}, not {expected}; lost (count, first, last): {lost}, doubled: {doubled}"
    dead = kcat("-C", "-b", brokers, "-t", f"{name}-dead", "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed")
    dead = sorted(dead.decode().split("\n")[:-1])
    wanted = sorted(f"no tick {n}" for n in range(BAD_EVERY, rows.drawn + 1, BAD_EVERY))
    return "" if dead == wanted else f"{len(dead)} dead letters, not {len(wanted)}: {sorted(set(dead) ^ set(wanted))[:5]}"


def run(options, brokers, folder):
    clickhouse = Embedded(folder) if options.embedded else Server(folder, options.share)
    try:
        return live_and_judge(options, brokers, folder, clickhouse)
    finally:
        clickhouse.stop()


def live_and_judge(options, brokers, folder, clickhouse):
    dice = random.Random(SEED)
    topic = unique("ticks-in")
    weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", brokers)
    lives = Lives(brokers, topic, clickhouse, folder)
    begin = time.monotonic()
    feed = Feed(brokers, topic, SEED, ROWS_PER_SECOND, Ticks(SEED))
    try:
        clickhouse.trouble()
        restarts = Restarts(clickhouse, options.restarts, random.Random(SEED + 1))
        kills = 0
        try:
            while kills < options.kills and time.monotonic() - begin < options.seconds:
                code, said = lives.live("live", dice.uniform(0.5, 5))
                check(code == -9, f"{lives.name}: exit {code}, before it was killed\n{said}")
                kills += 1
        finally:
            restarted = restarts.stop()
    finally:
        rows = feed.stop()
    met = clickhouse.calm()
    code, said = lives.live("final", LAST)
    check(code == 0, f"{lives.name}, seed {SEED}: the last start: exit {code}\n{said}")
    fault = judge(clickhouse, rows, brokers, lives.name)
    check(not fault, f"{lives.name}, seed {SEED}, after {kills} kills, {restarted} restarts of ClickHouse and {met}: {fault}")
    check(kills == options.kills or options.summary, f"only {kills} of {options.kills} kills within {options.seconds:.0f} s")
    check(options.embedded or all(met.get(kind) for kind in ("after", "late_after", "cut_body")) or options.kills < 10,
          f"faults that no insert met: {met}")
    return {"seed": SEED, "kills": kills, "clickhouse_restarts": restarted, "records": len(rows), "bad": rows.bad(), "inserts": met,
            "seconds": round(time.monotonic() - begin)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=12, help="of the host")
    parser.add_argument("--restarts", type=int, default=5, help="of ClickHouse, at most")
    parser.add_argument("--share", type=float, default=0.2, help="of the inserts that are broken")
    parser.add_argument("--seconds", type=float, default=150, help="no new life after so long")
    parser.add_argument("--embedded", action="store_true")
    parser.add_argument("--summary", help="a file for the counts, as JSON")
    options = parser.parse_args()
    brokers = pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()
    with scratch() as folder:
        summary = run(options, brokers, pathlib.Path(folder))
    if options.summary:
        pathlib.Path(options.summary).write_text(json.dumps(summary) + "\n")
    print(f"ok, lost 0, doubled 0: {summary}")


if __name__ == "__main__":
    main()
