"""The broker is killed and started again under load: the run goes on, nothing is missing."""
import collections
import os
import subprocess

from weirtest import (SOURCE, TIMEOUT, TOPOLOGIES, WEIR, check, consume, equal, expected_pairs, kcat, pairs_of, scratch,
                      settings, unique, weir)

KAFKA = SOURCE / "tests" / "servers" / "kafka"
RECORDS = 60_000
QUICK_RETURN = ["--set", "broker.session.timeout.ms=2000", "--set", "broker.heartbeat.interval.ms=500"]


def server(script, *arguments):
    done = subprocess.run([KAFKA / script, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
    check(done.returncode == 0, f"{script}: {done.stderr}")
    return done.stdout.split()


def numbers_of(records):
    """The payloads that pair-match must take; the others are dead letters."""
    taken = [int(r.payload) for r in records if r.payload and r.payload.isdigit() and int(r.payload) <= 12]
    return taken, len(records) - len(taken)


with scratch() as folder:
    address = server("start", folder, "--owner", str(os.getpid()), *QUICK_RETURN)[0]
    raw, pairs, dead = unique("raw"), unique("pairs"), unique("dead")
    for topic in (raw, pairs, dead):
        weir("topic", "create", topic, "--partitions", 4, "--brokers", address)
    command = [WEIR, "run", TOPOLOGIES / "pair-match-producer.yaml", TOPOLOGIES / "pair-match.yaml",
               "--records", str(RECORDS), *settings(brokers=address, raw_topic=raw, enriched_topic=pairs,
                                                    dead_letter_topic=dead, group_id=unique("group"), rate=20000)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        kcat("-C", "-b", address, "-t", pairs, "-c", "200", "-o", "beginning")
        server("stop", folder, "--kill")
        check(run.poll() is None, "weir ended when the broker was killed")
        server("start", folder)
        output, _ = run.communicate(timeout=TIMEOUT)
        equal(run.returncode, 0, f"exit code of weir\n{output}")
        inputs = consume(address, raw)
        numbers, invalid = numbers_of(inputs)
        check(len(inputs) >= RECORDS, f"{len(inputs)} records on {raw}, {RECORDS} were produced")
        found = collections.Counter(tuple(sorted((p["left"], p["right"]))) for p in pairs_of(consume(address, pairs)))
        missing = expected_pairs(numbers, 12) - found
        if len(inputs) == RECORDS:
            equal(dict(missing), {}, "pairs that are missing")
        letters = {(d.headers["weir.partition"], d.headers["weir.offset"]) for d in consume(address, dead)}
        equal(len(letters), invalid, "dead letters")
        print(f"ok: {len(inputs)} records, {sum(found.values())} pairs, {invalid} dead letters through a kill -9 of the broker")
    finally:
        run.kill()
        run.wait()
        server("stop", folder)
