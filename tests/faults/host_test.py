"""A host that is killed in a change, at each step of its trial's epoch, comes back with the old graph or with the new one: as its note, its
rows and its counts say alike. Exactly once, on a real broker: each key's running count comes out once for each record.

Environment: WEIR_TEST_KAFKA, the broker's address in a file.
"""
import collections
import json
import os
import pathlib
import subprocess
import threading
import time

from oracle import HOST, TIMEOUT, check, scratch, unique

from weirtest import broker, kcat  # behind oracle, which knows where it is

KEYS = 10
KAFKA = broker()
# A step, and which graph it leads to; the second time that it is come to is the trial's.
STEPS = {
    "coordinator.restore.begin": "died",
    "coordinator.epoch.begin": "died",
    "store.prepare.built": "died",
    "epochs.commit.store_prepared": "died",
    "kafka.marker.sent": "died",
    "kafka.commit.answer": "taken",
    "store.commit.begin": "taken",
    "store.commit.written": "taken",
    "epochs.commit.store_committed": "taken",
}
TEXT = """name: {name}
workers: 1
delivery: exactly_once
checkpoint: 8s
parameters: {{ version: {version} }}
connections: {{ kafka: {{ brokers: "{brokers}" }} }}
nodes:
  raw: {{ kafka.source: {{ topic: {source}, group_id: {name}, start: earliest, format: text, record: {{ n: int64 }} }} }}
  counted: {{ from: raw, key: n, fold: {{ columns: {{ count: {{ init: 0, next: count + 1 }} }} }} }}
  out: {{ from: counted, set: {{ version: $version }}, kafka.sink: {{ topic: {out}, key: n }} }}
"""


def committed(topic):
    out = kcat("-C", "-b", KAFKA, "-t", topic, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed", "-f", "%s\n")
    return [json.loads(line) for line in out.splitlines()]


class Case:
    def __init__(self, step, folder):
        self.step = step
        self.folder = folder / step
        self.folder.mkdir()
        self.name = unique("host").replace("-", "_")
        self.source, self.out = unique("in"), unique("out")
        self.file = self.folder / "t.yaml"
        self.write(1)
        self.sent = 0
        self.fault = None

    def write(self, version):
        self.file.write_text(TEXT.format(name=self.name, brokers=KAFKA, source=self.source, out=self.out, version=version))

    def command(self, *words):
        done = subprocess.run([HOST, *map(str, words), "--data-dir", self.folder / "data"], capture_output=True, text=True, timeout=TIMEOUT)
        return done.returncode, done.stdout + done.stderr

    def begin(self, *files, point=None):
        log = (self.folder / "log").open("a")
        environment = {"WEIR_FAILPOINT": point} if point else {}
        return subprocess.Popen([HOST, "run", *map(str, files), "--quiet", "--data-dir", self.folder / "data"], stdout=log, stderr=log,
                                env={**os.environ, **environment})

    def send(self, count):
        kcat("-P", "-b", KAFKA, "-t", self.source, stdin="".join(f"{(self.sent + i) % KEYS}\n" for i in range(count)).encode())
        self.sent += count

    def until(self, condition, what):
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.step}: not within {TIMEOUT} s: {what}\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.1)  # asks again

    def details(self):
        code, text = self.command("status", self.name, "--format", "json")
        return json.loads(text) if code == 0 else {}

    def run(self):
        try:
            self.check()
        except BaseException as fault:  # told by the main thread
            self.fault = fault

    def check(self):
        self.send(100)
        host = self.begin(self.file, point=f"{self.step}:kill:2")
        try:
            self.until(lambda: self.details().get("state") == "running", "it runs")
            self.write(2)
            told = "it is being begun"
            deadline = time.monotonic() + TIMEOUT
            while "it is being begun" in told and time.monotonic() < deadline:
                code, told = self.command("apply", self.file)
            host.wait(TIMEOUT)
            assert code != 0 and host.returncode == -9, f"{self.step}: it was not come to: {code} {told}"
            host = self.begin()
            self.until(lambda: self.details().get("state") == "running" and self.details().get("epochs", 0) > 0, "it runs again")
            self.send(100)
            self.until(lambda: len(committed(self.out)) >= self.sent, "all rows")
            last = self.details().get("last_change", {})
            version = {"taken": 2, "died": 1}[last["result"]]
            rows = committed(self.out)
            assert last["result"] == STEPS[self.step], f"{self.step}: {last}"
            assert {row["version"] for row in rows[-50:]} == {version}, f"{self.step}: {version} is noted, and runs not"
            counts = collections.defaultdict(list)
            for row in rows:
                counts[row["n"]].append(row["count"])
            for n, seen in counts.items():
                assert sorted(seen) == list(range(1, self.sent // KEYS + 1)), f"{self.step}: the counts of {n}: {seen}"
            host.terminate()
            assert host.wait(TIMEOUT) == 0, "its end"
        finally:
            if host.poll() is None:
                host.kill()
                host.wait(TIMEOUT)


def main():
    temporary = scratch()
    cases = [Case(step, pathlib.Path(temporary.name)) for step in STEPS]
    topics = [f"{topic}:1" for case in cases for topic in (case.source, case.out)]
    done = subprocess.run([HOST, "topic", "create", *topics, "--brokers", KAFKA, "--connect-timeout", "60s"], capture_output=True, text=True, timeout=TIMEOUT)
    check(done.returncode == 0, "topics", done.stderr)
    began = time.monotonic()
    threads = [threading.Thread(target=case.run) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not any(case.fault for case in cases), *(f"\n{case.fault!r}" for case in cases if case.fault))
    print(f"ok: {len(cases)} steps of a change, {round(time.monotonic() - began)} s")


main()
