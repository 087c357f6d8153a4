"""The host is killed at random moments, and at each failpoint, and started again; what a committed reader finds in the
end is exactly what the input asks for: nothing lost, nothing doubled, in order (oracle.py).

Several hosts at a time, every second one a member of a group, live on one broker and one input that grows while they die. A failpoint is reached by a start
with it alone; those that a start without trouble does not pass, by a start behind one of the troubles in TROUBLES. So a
new failpoint is tested without being told of here, and one that is never reached fails the test.

    kill_test.py [--kills N] [--each N] [--lanes N] [--seconds N] [--summary FILE]

WEIR_TEST_SEED: of input, moments and order (default 1).
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import queue
import random
import time

from oracle import (PARTITIONS, Feed, Ledger, Reference, check, failpoints, fault_in, judge_the_judge, scratch, unique,
                    weir)

SEED = int(os.environ.get("WEIR_TEST_SEED", "1"))
ROWS_PER_SECOND = 3000
LIFE = "coordinator.epoch.told:kill:8"  # how a life ends that does not pass the point
# What a point may need to be reached: something that happens first, in the same life or in the one before.
TROUBLES = ["", "kafka.commit.answer:error:2", "kafka.marker.send:error:2", "store.prepare.refused:error:2",
            "store.write.io_error:error:2", "epochs.commit.store_prepared:kill:2", "", "epochs.commit.decided:kill:2", ""]
ROUNDS = 3  # whether a trouble leads to the point hangs on what the broker and the threads are at
EXITS = (4, 5, 6)  # of a host that meets a trouble: the outside's fault, a failure, the state's


class Lane:
    """One ledger that lives through the tasks it takes; a new one where a point lies in the first start."""

    def __init__(self, make_ledger, tasks, seed, deadline):
        self.make_ledger, self.tasks, self.dice, self.deadline = make_ledger, tasks, random.Random(seed), deadline
        self.ledgers = [make_ledger()]
        self.kills, self.reached, self.unreached = 0, collections.Counter(), []

    def work(self):
        while time.monotonic() < self.deadline:
            try:
                task = self.tasks.get_nowait()
            except queue.Empty:
                break
            if task is None:
                self.kill_at_random()
            elif not self.kill_at(task):
                self.unreached.append(task)

    def kill_at_random(self):
        ended = self.ledgers[-1].run(seconds=self.dice.uniform(0.1, 1.1))
        check(ended.code == -9, f"{self.ledgers[-1].name}: exit {ended.code}, before it was killed\n{ended.text}")
        self.kills += 1

    def kill_at(self, point):
        """Whether the point was reached."""
        for _ in range(ROUNDS):
            attempts = [(self.dice.randint(2, 4), "")] + [(1, trouble) for trouble in TROUBLES]
            if any(self.kill_once(point, at, trouble) for at, trouble in attempts):
                return True
            self.ledgers.append(self.make_ledger())
            if self.kill_once(point, 1, ""):
                return True
        return False

    def kill_once(self, point, at, trouble):
        points = ",".join(filter(None, (f"{point}:kill:{at}", trouble, LIFE)))
        ledger = self.ledgers[-1]
        ended = ledger.run(points=points)
        check(ended.points and ended.code in (-9, *EXITS),
              f"{ledger.name}: exit {ended.code} with {points}\n{ended.text}")
        self.kills += ended.code == -9
        if ended.code != -9 or point not in ended.points[-1:]:
            return False
        self.reached[point] += 1
        return True

    def judge(self, reference):
        for ledger in self.ledgers:
            ended = ledger.finish()
            check(ended.code == 0, f"{ledger.name}: the last start: exit {ended.code}\n{ended.text}")
            fault = fault_in(reference, ledger.found())
            check(not fault, f"{ledger.name}, seed {SEED}, after {self.kills} kills: {fault}")


def run(brokers, tasks, lanes, seconds, folder):
    """Lives through the tasks; the lanes and the input, judged."""
    topic = unique("input")
    weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", brokers)
    waiting = queue.Queue()
    for task in tasks:
        waiting.put(task)
    deadline = time.monotonic() + seconds
    feed = Feed(brokers, topic, SEED, ROWS_PER_SECOND)
    try:
        def maker(member):
            return lambda: Ledger(brokers, topic, folder, member=member)
        all_lanes = [Lane(maker(i % 2 == 0), waiting, f"{SEED}/{i}", deadline) for i in range(lanes)]
        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            list(pool.map(Lane.work, all_lanes))
    finally:
        rows = feed.stop()
    reference = Reference(rows)
    judge_the_judge(reference)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda lane: lane.judge(reference), all_lanes))
    return all_lanes, rows, waiting.qsize()


def check_release(points):
    """What users run has no failpoint in it, not even its name."""
    built = pathlib.Path(os.environ["WEIR_BUILD_DIR"])
    for path in (built / "bin" / "weir", *sorted((built / "lib" / "weir" / "plugins").glob("*.so"))):
        content = path.read_bytes()
        found = [point for point in points if point.encode() + b"\0" in content]
        check(not found, f"{path.name} has the failpoints {found}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=40, help="at random moments")
    parser.add_argument("--each", type=int, default=1, help="at each failpoint")
    parser.add_argument("--lanes", type=int, default=4, help="hosts at a time")
    parser.add_argument("--seconds", type=float, default=400, help="no new task after so long")
    parser.add_argument("--summary", help="a file for the counts, as JSON")
    options = parser.parse_args()
    brokers = pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()
    points = failpoints()
    check(len(points) >= 40, f"only {len(points)} failpoints in the sources")
    check_release(points)
    tasks = [None] * options.kills + points * options.each
    random.Random(SEED).shuffle(tasks)
    begin = time.monotonic()
    with scratch() as folder:
        lanes, rows, left = run(brokers, tasks, options.lanes, options.seconds, folder)
    reached = sum((lane.reached for lane in lanes), collections.Counter())
    unreached = sorted(point for lane in lanes for point in lane.unreached)
    check(not unreached, f"failpoints that no start reached: {unreached}")
    check(not left or options.summary, f"{left} of {len(tasks)} tasks were not begun within {options.seconds:.0f} s")
    kills = sum(lane.kills for lane in lanes)
    summary = {"seed": SEED, "tasks": len(tasks) - left, "kills": kills, "at_failpoints": sum(reached.values()),
               "failpoints": len(reached), "records": len(rows), "seconds": round(time.monotonic() - begin)}
    if options.summary:
        pathlib.Path(options.summary).write_text(json.dumps(summary) + "\n")
    print(f"ok: killed {kills} times, {sum(reached.values())} of them at {len(reached)} failpoints, seed {SEED}: "
          f"{len(rows)} records through {options.lanes} topologies in {summary['seconds']} s, lost 0, doubled 0")


if __name__ == "__main__":
    main()
