"""The demo of `make demo-chaos`: the host is killed every two seconds, and a ledger counts what a committed reader
sees.

    chaos.py [--seconds N] [--every N]

While it runs, the ledger looks at each result as it comes: numbers of one key must go up by one, and no record of the
input may be in two pairs. In the end everything is compared with the reference (oracle.py). Exit 0: lost 0, doubled 0.
WEIR_TEST_SEED: of the input and of the moments.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

from oracle import DIVISOR, PARTITIONS, TIMEOUT, Feed, Ledger, Reference, check, fault_in, scratch, unique, weir

SEED = int(os.environ.get("WEIR_TEST_SEED", str(random.SystemRandom().randrange(1_000_000))))
ROWS_PER_SECOND = 5000
HEADER = "seconds  killed      input    counted      pairs     visits    lost  doubled"


class Watch:
    """A committed reader of one topic, which looks at each result as it comes."""

    def __init__(self, brokers, topic, look):
        self.seen = self.lost = self.doubled = 0
        self.look = look
        self.reader = subprocess.Popen(
            ["kcat", "-C", "-u", "-q", "-b", brokers, "-t", topic, "-o", "beginning", "-X",
             "isolation.level=read_committed"], stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.reader.stdout:
            lost, doubled = self.look(json.loads(line))
            self.seen, self.lost, self.doubled = self.seen + 1, self.lost + lost, self.doubled + doubled

    def stop(self):
        self.reader.terminate()
        self.reader.wait(TIMEOUT)
        self.thread.join()


def numbers_in_order(column):
    """Looks at rows whose number goes up by one for each key, from 1; or begins at 1 again, with a visit."""
    last = collections.Counter()

    def look(row):
        number, before = row[column], last[row["n"]]
        last[row["n"]] = number
        if number == 1 and column == "visit":
            return 0, 0
        return max(0, number - before - 1), int(number <= before)
    return look


def pairs_of_new_records():
    used = set()

    def look(row):
        places = {(row[f"{side}_partition"], row[f"{side}_offset"]) for side in ("left", "right")}
        doubled = len(places & used)
        used.update(places)
        return 0, doubled
    return look


class Board:
    """The ledger as the terminal shows it: one line that changes, or without a terminal a line every two seconds."""

    def __init__(self, feed, watches):
        self.feed, self.watches, self.begin, self.kills, self.shown = feed, watches, time.monotonic(), 0, -10.0
        self.live = sys.stdout.isatty()
        print(HEADER, flush=True)

    def show(self, last=False):
        now = time.monotonic() - self.begin
        if not self.live and not last and now - self.shown < 2:
            return
        self.shown = now
        counts, pairs, visits = self.watches
        lost, doubled = (sum(getattr(watch, what) for watch in self.watches) for what in ("lost", "doubled"))
        line = (f"{now:7.0f}  {self.kills:6}  {len(self.feed.rows):9,}  {counts.seen:9,}  {pairs.seen:9,}  "
                f"{visits.seen:9,}  {lost:6}  {doubled:7}")
        print(line, end="\r" if self.live and not last else "\n", flush=True)


def live(ledger, board, seconds, every):
    """Kills the host again and again; starts it at once."""
    dice = random.Random(SEED)
    while time.monotonic() - board.begin < seconds:
        host, said = ledger.start()
        until = time.monotonic() + every + dice.uniform(-0.3, 0.3)
        while time.monotonic() < until:
            try:
                host.wait(0.1)
            except subprocess.TimeoutExpired:
                board.show()
                continue
            check(False, f"the host ended by itself, with exit {host.returncode}\n{said.read_text(errors='replace')}")
        host.kill()
        host.wait(TIMEOUT)
        board.kills += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=26, help="how long it is killed")
    parser.add_argument("--every", type=float, default=2, help="seconds of a life")
    options = parser.parse_args()
    brokers = pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()
    topic = unique("input")
    weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", brokers)
    with scratch() as folder:
        ledger = Ledger(brokers, topic, folder)
        print(f"Apache Kafka at {brokers}, {ROWS_PER_SECOND:,} records a second, seed {SEED}. weir, exactly-once on 2 "
              "workers with\nepochs of 100 ms, is killed with SIGKILL every "
              f"{options.every:g} seconds. It drops multiples of {DIVISOR},\ncounts each number, counts visits, and "
              "finds pairs.\n")
        ended = ledger.finish()  # a new cluster takes seconds for its first transaction
        check(ended.code == 0, f"the first start: exit {ended.code}\n{ended.text}")
        feed = Feed(brokers, topic, SEED, ROWS_PER_SECOND)
        watches = [Watch(brokers, f"{ledger.name}-counts", numbers_in_order("count")),
                   Watch(brokers, f"{ledger.name}-pairs", pairs_of_new_records()),
                   Watch(brokers, f"{ledger.name}-visits", numbers_in_order("visit"))]
        try:
            board = Board(feed, watches)
            live(ledger, board, options.seconds, options.every)
        finally:
            rows = feed.stop()
            ended = ledger.finish()
            found = ledger.found()
            board.show(last=True)
            for watch in watches:
                watch.stop()
        check(ended.code == 0, f"the last start: exit {ended.code}\n{ended.text}")
        reference = Reference(rows)
        fault = fault_in(reference, found)
        check(not fault, f"compared with the reference: {fault}")
        results = sum(len(numbers) for keys in found.values() for numbers in keys.values())
        print(f"\nKilled {board.kills} times. All {results:,} results of {len(rows):,} records are what they must be, "
              "each once, in order:\nlost 0, doubled 0.")


if __name__ == "__main__":
    main()
