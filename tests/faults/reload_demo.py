"""The demo of `make demo-reload`: pair-match, exactly once, is changed while numbers flow through it: another sum, a plugin that is built
anew outside of this tree, and an edit that is broken. In the end the counts are compared. Exit 0: they agree.

    reload_demo.py [--seconds N]

It shows what is typed behind `$`, and what is answered. --seconds: how long numbers flow between two changes.
Environment: WEIR_BUILD_DIR, and WEIR_TEST_KAFKA, a file with the address of a broker that nobody else uses.
"""
import argparse
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

PLUGIN = pathlib.Path(__file__).resolve().parent / "demo_plugin"
BUILD = pathlib.Path(os.environ["WEIR_BUILD_DIR"])
TIMEOUT = 120
RATE, EVERY_S = 2000, 0.02  # numbers a second, and how often some are sent
WRONG = 0.02  # the share of those that are no number
LOOK = "weir tap numbered -n 2 --where \"pair LIKE '5+%'\""
TOPOLOGY = """name: pair-match
delivery: exactly_once
checkpoint: 200ms
parameters: {{ pair_sum: 12 }}
connections: {{ kafka: {{ brokers: "{brokers}", create_topics: {{ partitions: 4 }} }} }}
dead_letters: {{ kafka.sink: wrong }}
nodes:
  raw: {{ kafka.source: {{ topic: numbers, group_id: pair-match, start: earliest, format: text }} }}
  pairs:
    from: raw
    select: {{ n: value::int64 }}
    check: {{ in_range: n BETWEEN 0 AND $pair_sum }}
    pair_match: {{ value: n, sum: $pair_sum }}
  numbered: {{ from: pairs, key: left, acme.number: {{}} }}
  out: {{ from: numbered, kafka.sink: pairs }}
"""


class Numbers:
    """Sends numbers 0..10, and now and then something else, until told to end."""

    def __init__(self, brokers):
        self.sent = 0
        self.over = threading.Event()
        self.process = subprocess.Popen(["kcat", "-P", "-b", brokers, "-t", "numbers", "-X", "linger.ms=5"], stdin=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        dice = random.Random(1)
        batch = round(RATE * EVERY_S)
        while not self.over.wait(EVERY_S):
            for _ in range(batch):
                self.process.stdin.write("twelve\n" if dice.random() < WRONG else f"{dice.randrange(11)}\n")
            self.process.stdin.flush()
            self.sent += batch

    def end(self):
        self.over.set()
        self.thread.join()
        self.process.stdin.close()
        self.process.wait(TIMEOUT)


class Demo:
    def __init__(self, work, brokers):
        self.work, self.brokers = work, brokers
        self.host = None
        self.environment = {**os.environ, "PATH": f"{work / 'weir' / 'bin'}:{os.environ['PATH']}", "XDG_STATE_HOME": str(work / "state"),
                            "WEIR_STAGING_DIR": str(work / "staged")}

    def quietly(self, *words):
        done = subprocess.run([*map(str, words)], cwd=self.work, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"demo-reload: {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def type(self, line, code=0, shows=None):
        """Runs it as it would be typed. What it says is shown, or of that what matches `shows`."""
        print(f"$ {line}", flush=True)
        done = subprocess.run(["bash", "-c", line], cwd=self.work, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=TIMEOUT, check=False)
        said = [said for said in done.stdout.splitlines() if shows is None or re.search(shows, said)]
        print("".join(f"{said}\n" for said in said), end="", flush=True)
        if done.returncode != code:
            sys.exit(f"demo-reload: exit {done.returncode}, not {code}\n{done.stdout}")
        return done.stdout

    def begin(self):
        print("$ weir run pair-match.yaml --plugin-dir acme/build &", flush=True)
        (self.work / "pair-match.yaml").write_text(TOPOLOGY.format(brokers=self.brokers))
        with (self.work / "said").open("w") as said:
            self.host = subprocess.Popen(["weir", "run", "pair-match.yaml", "--plugin-dir", "acme/build"], cwd=self.work, env=self.environment, stdout=said,
                                         stderr=subprocess.STDOUT)
        self.until(lambda: self.read() > 0, "numbers are read")

    def read(self):
        done = subprocess.run(["weir", "status", "pair-match", "--format", "json"], cwd=self.work, env=self.environment, capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)
        return json.loads(done.stdout)["records"] if done.returncode == 0 else 0

    def until(self, condition, what):
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            if time.monotonic() > deadline or self.host.poll() is not None:
                sys.exit(f"demo-reload: not within {TIMEOUT} s: {what}\n{(self.work / 'said').read_text()}")
            time.sleep(0.1)  # asks again

    def committed(self, topic):
        """How many records a reader sees that reads committed ones."""
        return self.quietly("kcat", "-C", "-b", self.brokers, "-t", topic, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed", "-f", ".\n").count("\n")

    def end(self):
        if self.host and self.host.poll() is None:
            self.host.send_signal(signal.SIGTERM)
            self.host.wait(TIMEOUT)


def agree(demo, sent):
    """Compares the host's counts with those of the topics, and says both. False: something is missing, or there twice."""
    text = (demo.work / "said").read_text()
    said = {what: int(count.replace(",", "")) for what, count in re.findall(r"^  (read|pairs waiting) +([\d,]+)", text, re.MULTILINE)}
    pairs, wrong, waiting = demo.committed("pairs"), demo.committed("wrong"), said["pairs waiting"]
    print(f"\nsent {sent:,}, read {said['read']:,}; in Kafka, committed: {pairs:,} pairs, {wrong:,} dead letters; {waiting:,} wait\n"
          f"2 x {pairs:,} + {wrong:,} + {waiting:,} = {2 * pairs + wrong + waiting:,}")
    return sent == said["read"] == 2 * pairs + wrong + waiting


def play(demo, seconds):
    demo.begin()
    time.sleep(seconds)  # numbers flow
    demo.type(LOOK, shows="^{")
    demo.type("sed -i 's/pair_sum: 12/pair_sum: 10/' pair-match.yaml && weir apply pair-match.yaml")
    time.sleep(seconds)
    demo.type(LOOK, shows="^{")
    demo.type("""sed -i 's/to_string(b);/to_string(b) + "=" + std::to_string(a + b);/; s/1.0.0/1.1.0/' acme/acme.cpp && cmake --build acme/build""", shows="^$")
    demo.type("weir apply pair-match.yaml")
    time.sleep(seconds)
    demo.type(LOOK, shows="^{")
    demo.type("weir plugin generations", shows="^PLUGIN|^acme")
    demo.type("sed 's/value::int64/value::int64 + 20/' pair-match.yaml >broken.yaml && weir apply broken.yaml --trial 1s; echo exit $?")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    arguments = parser.parse_args()
    brokers = pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()
    with tempfile.TemporaryDirectory(prefix="weir-demo-") as name:
        demo = Demo(pathlib.Path(name), brokers)
        print("installing weir, and building a plugin outside of its tree ...\n", flush=True)
        demo.quietly("cmake", "--install", BUILD, "--prefix", demo.work / "weir")
        shutil.copytree(PLUGIN, demo.work / "acme")
        demo.quietly("cmake", "-S", "acme", "-B", "acme/build", f"-DCMAKE_PREFIX_PATH={demo.work / 'weir'}")
        demo.quietly("cmake", "--build", "acme/build")
        demo.quietly("weir", "topic", "create", "numbers:4", "pairs:4", "wrong:4", "--brokers", brokers)
        numbers = Numbers(brokers)
        try:
            play(demo, arguments.seconds)
            numbers.end()
            demo.until(lambda: demo.read() >= numbers.sent, "all numbers are read")
            demo.type("weir stop pair-match", shows="^$")
            demo.host.wait(TIMEOUT)
            print((demo.work / "said").read_text()[(demo.work / "said").read_text().rfind("pair-match: "):], end="")
        finally:
            numbers.end()
            demo.end()
        if not agree(demo, numbers.sent):
            sys.exit("demo-reload: the counts do not agree")
        print("They agree.")


if __name__ == "__main__":
    main()
