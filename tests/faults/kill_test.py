"""pair-match, exactly-once, killed with SIGKILL again and again: what a committed reader sees is exactly once.

A fixed input lies in a real broker. The host is killed at random moments and started again until all is read; then
every pair on the output topic must be one that the input allows, no input record may stand in two pairs, and as many
pairs must be there as the input has: nothing lost, nothing doubled.

WEIR_TEST_KILLS: how often it is killed (default 10). WEIR_TEST_SEED: of input and moments.
"""
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["WEIR_SOURCE_DIR"], "tests", "integration"))
from weirtest import (TIMEOUT, TOPOLOGIES, WEIR, broker, check, equal, kcat, settings, unique,  # noqa: E402
                      weir)

KAFKA = broker()
KILLS = int(os.environ.get("WEIR_TEST_KILLS", "10"))
SEED = int(os.environ.get("WEIR_TEST_SEED", "1"))
RECORDS = 250_000 * max(KILLS, 1)
PARTITIONS = 4


def fill(topic, numbers):
    """The number of each (partition, offset)."""
    there = {}
    for partition in range(PARTITIONS):
        mine = numbers[partition::PARTITIONS]
        text = "\n".join(map(str, mine)) + "\n"
        kcat("-P", "-b", KAFKA, "-t", topic, "-p", partition, "-X", "enable.idempotence=true",
             stdin=text.encode())
        there.update({(partition, offset): n for offset, n in enumerate(mine)})
    return there


def committed(topic):
    """The payloads of a topic's committed records."""
    return kcat("-C", "-b", KAFKA, "-t", topic, "-e", "-q", "-o", "beginning",
                "-X", "isolation.level=read_committed").splitlines()


def exactly_once(text):
    """The topology's text, with the promise and short epochs."""
    return text.replace("name: pair-match\n", "name: pair-match\ndelivery: exactly_once\ncheckpoint: 100ms\nworkers: 2\n")


def wait_for_progress(process, seconds):
    """Reads what the host says for so long; True if it ended meanwhile."""
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


def run_and_kill(command, moments):
    """Starts the host until it ends by itself; kills it at each moment. How often it was killed in its work."""
    kills = 0
    for number, moment in enumerate(moments):
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, text=True)
            ended = wait_for_progress(process, moment)
            if not ended:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait(TIMEOUT)
            said.seek(0)
            check(not ended or process.returncode == 0, f"start {number}: exit {process.returncode}\n{said.read()}")
        if ended:
            break
    return kills


def fault_in(there, pairs):
    """What is wrong with the pairs, or "": each must be one of the input, no record in two, and none missing."""
    used, sums = set(), collections.Counter()
    for line in pairs:
        pair = json.loads(line)
        for side in ("left", "right"):
            place = (pair[f"{side}_partition"], pair[f"{side}_offset"])
            if place in used:
                return f"doubled: {place} stands in two pairs"
            used.add(place)
            if pair[side] != there.get(place):
                return f"{pair[side]} is not the number at {place}"
        if pair["left"] + pair["right"] != 12:
            return f"no pair: {line}"
        sums[min(pair["left"], pair["right"])] += 1
    counts = collections.Counter(there.values())
    for n in range(7):
        possible = counts[6] // 2 if n == 6 else min(counts[n], counts[12 - n])
        if sums[n] != possible:
            return f"pairs of {n} and {12 - n}: lost {possible - sums[n]}"
    return ""


def judge_the_judge(there, pairs):
    """It must see each kind of fault."""
    changed = json.loads(pairs[0])
    changed["left"] += 1
    for name, broken in (("a lost pair", pairs[:-1]), ("a doubled pair", pairs + pairs[:1]),
                         ("a changed number", [json.dumps(changed), *pairs[1:]])):
        check(fault_in(there, broken), f"{name} was not seen")


def main():
    dice = random.Random(SEED)
    numbers = [dice.randint(0, 12) for _ in range(RECORDS)]
    names = dict(raw_topic=unique("raw"), group_id=unique("group"), enriched_topic=unique("pairs"),
                 dead_letter_topic=unique("dead"))
    for topic in (names["raw_topic"], names["enriched_topic"], names["dead_letter_topic"]):
        weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", KAFKA)
    there = fill(names["raw_topic"], numbers)
    with tempfile.TemporaryDirectory(prefix="weir-faults-") as folder:
        yaml = pathlib.Path(folder) / "pair-match.yaml"
        text = exactly_once((TOPOLOGIES / "pair-match.yaml").read_text())
        text = text.replace("kafka: { brokers: $brokers,",
                            f"kafka: {{ brokers: $brokers, application: {unique('app')},")
        text = text.replace("start: earliest,", "start: earliest, stop_at_end: true,")
        yaml.write_text(text)
        command = [WEIR, "run", str(yaml), "--quiet", "--data-dir", os.path.join(folder, "state"),
                   *settings(brokers=KAFKA, **names)]
        moments = [dice.uniform(0.4, 1.3) for _ in range(KILLS)]
        kills = run_and_kill(command, moments + [TIMEOUT])
    pairs = committed(names["enriched_topic"])
    equal(fault_in(there, pairs), "", f"after {kills} kills, seed {SEED}")
    judge_the_judge(there, pairs)
    print(f"ok: killed {kills} times, seed {SEED}: {RECORDS} records, {len(pairs)} pairs, lost 0, doubled 0")


if __name__ == "__main__":
    main()
