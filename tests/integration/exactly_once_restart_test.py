"""The broker is away for longer than a transaction may take: the host begins again by itself, and what a committed reader
sees is exactly once."""
import collections
import json
import os
import pathlib
import subprocess
import threading

from weirtest import (SOURCE, TIMEOUT, TOPOLOGIES, WEIR, check, equal, kcat, scratch, settings, unique, weir)

KAFKA = SOURCE / "tests" / "servers" / "kafka"
RECORDS = 2_000_000
PARTITIONS = 2
QUICK_RETURN = ["--set", "broker.session.timeout.ms=2000", "--set", "broker.heartbeat.interval.ms=500"]


def server(script, *arguments):
    done = subprocess.run([KAFKA / script, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
    check(done.returncode == 0, f"{script}: {done.stderr}")
    return done.stdout.split()


def possible_pairs(numbers):
    counts = collections.Counter(numbers)
    return {n: counts[6] // 2 if n == 6 else min(counts[n], counts[12 - n]) for n in range(7)}


def topology(folder):
    text = (TOPOLOGIES / "pair-match.yaml").read_text()
    text = text.replace("name: pair-match\n", "name: pair-match\ndelivery: exactly_once\ncheckpoint: 100ms\n"
                        "restart: { strategy: fixed_delay, delay: 500ms }\n")
    text = text.replace("kafka: { brokers: $brokers,",
                        "kafka: { brokers: $brokers, properties: { transaction.timeout.ms: 3000 },")
    text = text.replace("start: earliest,", "start: earliest, stop_at_end: true,")
    path = pathlib.Path(folder) / "pair-match.yaml"
    path.write_text(text)
    return path


class Host:
    """The host with what it says; wait_for(text) reads until it has said it."""
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        errors="backslashreplace")
        self.said = []

    def wait_for(self, text):
        killer = threading.Timer(TIMEOUT, self.process.kill)
        killer.start()
        for line in self.process.stderr:
            self.said.append(line)
            if text in line:
                break
        else:
            check(False, f"it never said {text!r}, but\n{''.join(self.said)}")
        killer.cancel()

    def end(self):
        rest = self.process.communicate(timeout=TIMEOUT)[1]
        self.said.append(rest)
        return self.process.returncode


def judge(raw, lines):
    """Each record in one pair at most, and as many pairs as there can be."""
    used, sums = set(), collections.Counter()
    for line in lines:
        pair = json.loads(line)
        for side in ("left", "right"):
            place = (pair[f"{side}_partition"], pair[f"{side}_offset"])
            check(place not in used, f"doubled: {place}")
            used.add(place)
        sums[min(pair["left"], pair["right"])] += 1
    equal({n: sums[n] for n in range(7)}, possible_pairs(raw), "pairs by their lesser number")


with scratch() as folder:
    address = server("start", os.path.join(folder, "kafka"), "--owner", str(os.getpid()), *QUICK_RETURN)[0]
    names = dict(raw_topic=unique("raw"), enriched_topic=unique("pairs"), dead_letter_topic=unique("dead"),
                 group_id=unique("group"))
    for topic in list(names.values())[:3]:
        weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", address)
    numbers = [n % 13 for n in range(RECORDS)]
    kcat("-P", "-b", address, "-t", names["raw_topic"], stdin="\n".join(map(str, numbers)).encode())
    host = Host([WEIR, "run", str(topology(folder)), "--log-level", "warning", "--connect-timeout", "5s",
                 "--data-dir", os.path.join(folder, "state"), *settings(brokers=address, **names)])
    try:
        kcat("-C", "-b", address, "-t", names["enriched_topic"], "-c", "10", "-o", "beginning")
        server("stop", os.path.join(folder, "kafka"), "--kill")
        host.wait_for("; restart 1 in ")
        server("start", os.path.join(folder, "kafka"))
        code = host.end()
        said = "".join(host.said)
        equal(code, 0, f"exit code of weir\n{said}")
        check(" restart" in said.split("done after")[1].splitlines()[0], f"the summary counts no restart\n{said}")
        committed = kcat("-C", "-b", address, "-t", names["enriched_topic"], "-e", "-q", "-o", "beginning",
                         "-X", "isolation.level=read_committed").splitlines()
        judge(numbers, committed)
        print(f"ok: {RECORDS} records, {len(committed)} pairs, lost 0, doubled 0, through a broker that was gone")
    finally:
        host.process.kill()
        host.process.wait()
        server("stop", os.path.join(folder, "kafka"))
