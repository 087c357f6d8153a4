"""The brokers die instead: a cluster of three, one of which is killed at a time, again and again, while hosts run; they
start their topologies again as `restart` says, and are started again where they end. What a committed reader finds in
the end is exactly right (oracle.py).

    cluster_test.py [--restarts N] [--hosts N] [--seconds N] [--summary FILE]

WEIR_TEST_SEED: of the input and of who dies (default 1).
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import threading
import time

from oracle import (PARTITIONS, SOURCE, TIMEOUT, Feed, Ledger, Reference, check, fault_in, scratch, unique, weir)

KAFKA = SOURCE / "tests" / "servers" / "kafka"
SEED = int(os.environ.get("WEIR_TEST_SEED", "1"))
BROKERS = 3
ROWS_PER_SECOND = 500
QUICK_RETURN = ["--set", "broker.session.timeout.ms=2000", "--set", "broker.heartbeat.interval.ms=500"]
RETRYABLE = (4, 5)  # exits of a host that wants to be started again


def server(script, *arguments):
    environment = {**os.environ, "KAFKA_JAVA_OPTS": "-XX:TieredStopAtLevel=1"}  # they do not live long
    done = subprocess.run([KAFKA / script, *arguments], capture_output=True, text=True, timeout=2 * TIMEOUT,
                          env=environment)
    check(done.returncode == 0, f"{script}: {done.stderr}")
    return done.stdout.strip()


class Life:
    """A host that is started again until it is to stop."""

    def __init__(self, ledger):
        self.ledger, self.ending, self.starts, self.fault = ledger, threading.Event(), 0, ""
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()

    def live(self):
        while not self.ending.is_set():
            self.starts += 1
            host, said = self.ledger.start()
            while host.poll() is None and not self.ending.wait(0.2):
                pass
            if host.poll() is None:
                host.kill()
                host.wait(TIMEOUT)
            elif host.returncode not in RETRYABLE:
                self.fault = f"exit {host.returncode}\n{said.read_text(errors='replace')}"
                return

    def stop(self):
        self.ending.set()
        self.thread.join()
        check(not self.fault, f"{self.ledger.name}: {self.fault}")


def restart_brokers(folder, wanted, deadline):
    """How many were killed and came back."""
    dice = random.Random(SEED)
    for number in range(wanted):
        if time.monotonic() > deadline:
            return number
        broker, begin = str(dice.randint(1, BROKERS)), time.monotonic()
        server("stop", folder, "--kill", broker)
        threading.Event().wait(dice.uniform(0, 1))
        server("start", folder, "--only", broker)
        print(f"broker {broker} was killed, and back after {time.monotonic() - begin:.1f} s", flush=True)
    return wanted


def finish(ledger):
    """The last start; the cluster may still be moving leaders about."""
    for _ in range(10):
        ended = ledger.finish()
        if ended.code not in RETRYABLE:
            return ended
    return ended


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--restarts", type=int, default=20, help="of brokers, one at a time")
    parser.add_argument("--hosts", type=int, default=2, help="at a time")
    parser.add_argument("--seconds", type=float, default=480, help="no new restart after so long")
    parser.add_argument("--summary", help="a file for the counts, as JSON")
    options = parser.parse_args()
    begin = time.monotonic()
    with scratch() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        cluster = os.path.join(folder, "cluster")
        brokers = server("start", cluster, "--brokers", str(BROKERS), "--owner", str(os.getpid()), *QUICK_RETURN)
        try:
            topic = unique("input")
            weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", brokers)
            ledgers = [Ledger(brokers, topic, folder, restart="{ strategy: fixed_delay, delay: 200ms }")
                       for _ in range(options.hosts)]
            feed = Feed(brokers, topic, SEED, ROWS_PER_SECOND)
            lives = [Life(ledger) for ledger in ledgers]
            try:
                restarts = restart_brokers(cluster, options.restarts, begin + options.seconds)
            finally:
                for life in lives:
                    life.ending.set()
                rows = feed.stop()
            for life in lives:
                life.stop()
            reference = Reference(rows)
            for ledger, ended in zip(ledgers, pool.map(finish, ledgers)):
                check(ended.code == 0, f"{ledger.name}: the last start: exit {ended.code}\n{ended.text}")
                fault = fault_in(reference, ledger.found())
                check(not fault, f"{ledger.name}, seed {SEED}, after {restarts} restarts of brokers: {fault}")
        finally:
            server("stop", cluster, "--kill")
    check(restarts == options.restarts or options.summary, f"{restarts} of {options.restarts} restarts in time")
    summary = {"seed": SEED, "broker_restarts": restarts, "host_starts": sum(life.starts for life in lives),
               "records": len(rows), "seconds": round(time.monotonic() - begin)}
    if options.summary:
        pathlib.Path(options.summary).write_text(json.dumps(summary) + "\n")
    print(f"ok: {restarts} restarts of brokers, {summary['host_starts']} starts of hosts, seed {SEED}: {len(rows)} "
          f"records in {summary['seconds']} s, lost 0, doubled 0")


if __name__ == "__main__":
    main()
