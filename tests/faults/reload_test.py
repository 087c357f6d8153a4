"""Topologies that are changed while they run, exactly once, on a real broker: random edits, some of them wrong, some failing
in their trial, hosts killed in between. Each key's running count comes out once for each record, and every refused edit with
its reason.

    reload_test.py [--edits N]

Environment: WEIR_TEST_SEED draws other edits.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import threading
import time

from oracle import TIMEOUT, check, scratch, unique

from weirtest import WEIR, broker, equal, kcat  # behind oracle, which knows where it is

KEYS = 20
EVERY_S = 0.02  # a batch of records

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--edits", type=int, default=40)
parser.add_argument("--summary", type=pathlib.Path)
arguments = parser.parse_args()
KAFKA = broker()
seed = int(os.environ.get("WEIR_TEST_SEED", "1"))
draw = random.Random(seed)
source_topic, out_topic, name = unique("in"), unique("out"), unique("reload").replace("-", "_")

TEXT = """name: {name}
workers: {workers}
delivery: exactly_once
checkpoint: {checkpoint}ms
parameters: {{ version: {version} }}
connections: {{ kafka: {{ brokers: "{brokers}" }} }}
nodes:
  raw: {{ kafka.source: {{ topic: {source}, group_id: {name}, start: earliest, format: text, record: {{ n: int64 }} }} }}
{extra}  counted: {{ from: {before}, key: n, fold: {{ columns: {{ count: {{ init: 0, next: count + 1 }} }} }} }}
  out: {{ from: counted, set: {{ version: $version }}, kafka.sink: {{ topic: {out}, key: n }} }}
"""


def text_of(version, workers=2, checkpoint=100, extra="", before="raw"):
    return TEXT.format(name=name, workers=workers, checkpoint=checkpoint, version=version, brokers=KAFKA, source=source_topic, extra=extra,
                       before=before, out=out_topic)


def good(version):
    extra, before = draw.choice([("", "raw"), ("  passed: { from: raw, union: {} }\n", "passed"),
                                 ("  checked: { from: raw, where: n >= 0 }\n", "checked")])
    return text_of(version, draw.randint(1, 3), draw.choice([100, 150, 250]), extra, before)


# What is wrong with an edit: (its text, the exit code of apply, what it says).
def wrong(version):
    return draw.choice([
        (text_of(version, extra="  bad: { from: raw, set: { m: nn + 1 } }\n", before="bad"), 2, "there is no column `nn`"),
        (text_of(version, extra="  bad: { from: raw, where: 1 / (n - n) > 0 }\n", before="bad"), 5, "rolled back: "),
        (text_of(version).replace("  counted: ", "  renamed: ").replace("from: counted", "from: renamed"), 11, "would lose its state"),
        (text_of(version).replace("key: n, fold", "key: { n: n, m: n + 1 }, fold"), 11, "would lose its state, which lies under its key"),
    ])


class Host:
    def __init__(self, path, folder):
        self.said = []
        self.process = subprocess.Popen([WEIR, "run", path, "--data-dir", folder / "data"], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stdout))
        self.reader.start()

    def kill(self):
        self.process.kill()
        self.end()

    def end(self):
        self.process.wait(TIMEOUT)
        self.reader.join()


def command(*words):
    return subprocess.run([WEIR, *map(str, words)], capture_output=True, text=True, timeout=TIMEOUT)


def wait_until_running(folder):
    deadline = time.monotonic() + TIMEOUT
    while True:
        done = command("status", name, "--data-dir", folder / "data", "--format", "json")
        if done.returncode == 0 and json.loads(done.stdout)["epochs"] > 0:
            return
        check(time.monotonic() < deadline, f"it does not run: {done.stdout}{done.stderr}")
        time.sleep(0.1)  # asks again


class Sender:
    """Sends numbers until told to end; how many of each."""
    def __init__(self):
        self.counts = collections.Counter()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        draw_numbers = random.Random(seed + 1)
        process = subprocess.Popen(["kcat", "-P", "-b", KAFKA, "-t", source_topic, "-X", "linger.ms=5"], stdin=subprocess.PIPE, text=True)
        while not self.over.wait(EVERY_S):
            numbers = [draw_numbers.randrange(KEYS) for _ in range(20)]
            self.counts.update(numbers)
            process.stdin.write("".join(f"{n}\n" for n in numbers))
            process.stdin.flush()
        process.stdin.close()
        check(process.wait(TIMEOUT) == 0, "kcat failed")

    def end(self):
        self.over.set()
        self.thread.join()


def committed(topic):
    out = kcat("-C", "-b", KAFKA, "-t", topic, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed", "-f", "%s\n")
    return [json.loads(line) for line in out.splitlines()]


def main():
    check(command("topic", "create", f"{source_topic}:4", f"{out_topic}:4", "--brokers", KAFKA).returncode == 0, "topics")
    temporary = scratch()
    folder = pathlib.Path(temporary.name)
    running = folder / "running.yaml"
    edited = folder / "edited.yaml"
    running.write_text(text_of(0))
    sender = Sender()
    host = Host(running, folder)
    counts = collections.Counter()
    began = time.monotonic()
    try:
        for edit in range(1, arguments.edits + 1):
            wait_until_running(folder)
            is_wrong = draw.random() < 0.4
            text, code, said = wrong(edit) if is_wrong else (good(edit), 0, "applied behind epoch")
            edited.write_text(text)
            if not is_wrong and draw.random() < 0.2:  # killed in it: the next start has the one or the other
                change = subprocess.Popen([WEIR, "apply", edited, "--data-dir", folder / "data"], stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
                time.sleep(draw.random())
                host.kill()
                change.wait(TIMEOUT)
                counts["kills"] += 1
                if draw.random() < 0.5:
                    running.write_text(text)
                host = Host(running, folder)
                continue
            done = command("apply", edited, "--data-dir", folder / "data")
            check(done.returncode == code and said in done.stdout + done.stderr,
                  f"edit {edit}: exit {done.returncode}, not {code}; no {said!r} in\n{done.stdout}{done.stderr}\n{''.join(host.said)[-3000:]}\n{text}")
            counts["applied" if code == 0 else "refused"] += 1
            if code == 0:
                running.write_text(text)
            if code == 5:
                counts["rolled back"] += 1
        wait_until_running(folder)
        sender.end()
        equal(command("stop", name, "--drain", "--data-dir", folder / "data").returncode in (0, 4), True, "stop")
        deadline = time.monotonic() + TIMEOUT
        while sum(1 for _ in committed(out_topic)) < sum(sender.counts.values()) and time.monotonic() < deadline and host.process.poll() is None:
            time.sleep(0.2)  # asks again
        host.end()
        equal(host.process.returncode, 0, "exit code\n" + "".join(host.said)[-3000:])
        if host.process.returncode == 0 and len(committed(out_topic)) < sum(sender.counts.values()):
            host = Host(running, folder)  # what was not read when it was told to stop
            while len(committed(out_topic)) < sum(sender.counts.values()):
                check(time.monotonic() < deadline, "records are missing")
                time.sleep(0.2)  # asks again
            host.process.send_signal(signal.SIGTERM)
            host.end()
        rows = collections.defaultdict(list)
        for row in committed(out_topic):
            rows[row["n"]].append(row["count"])
        for n, count in sender.counts.items():
            equal(sorted(rows[n]), list(range(1, count + 1)), f"the counts of {n}")
        versions = {row["version"] for row in committed(out_topic)}
        check(counts["applied"] == 0 or len(versions) > 1, "no change was seen in the output")
        summary = dict(counts, seed=seed, edits=arguments.edits, records=sum(sender.counts.values()), seconds=round(time.monotonic() - began))
        if arguments.summary:
            arguments.summary.write_text(json.dumps(summary))
        print(f"ok: {summary}")
    finally:
        sender.end()
        if host.process.poll() is None:
            host.kill()


main()
