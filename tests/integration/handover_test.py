"""A graph that takes the place of another goes on with its connections: the consumer group sees nothing of it, and no record is
lost or doubled. What is gone from the graph leaves its group."""
import json
import os
import pathlib
import subprocess
import threading
import time

from weirtest import TIMEOUT, WEIR, broker, check, equal, kcat, produce, scratch, unique, weir

KAFKA = broker()
SOURCE, OTHER, OUT, NAME = unique("in"), unique("other"), unique("out"), unique("handover").replace("-", "_")
TEXT = f"""name: {NAME}
workers: 2
delivery: exactly_once
checkpoint: 100ms
connections: {{ kafka: {{ brokers: "{KAFKA}" }} }}
nodes:
  raw: {{ kafka.source: {{ topic: {SOURCE}, group_id: {SOURCE}, start: earliest, format: text, record: {{ n: int64 }} }} }}
  counted: {{ from: raw, key: n, fold: {{ columns: {{ count: {{ init: 0, next: NEXT }} }} }} }}
  out: {{ from: counted, kafka.sink: {{ topic: {OUT}, key: n }} }}
"""
MORE = f"""  raw2: {{ kafka.source: {{ topic: {OTHER}, group_id: {OTHER}, start: earliest, format: text, record: {{ n: int64 }} }} }}
  out2: {{ from: raw2, kafka.sink: {{ topic: {OUT}-2, key: n }} }}
"""
NEXT_OWNER = f"""name: {NAME}_next
connections: {{ kafka: {{ brokers: "{KAFKA}" }} }}
nodes:
  raw: {{ kafka.source: {{ topic: {OTHER}, group_id: {OTHER}, start: earliest, format: text, record: {{ n: int64 }} }} }}
  out: {{ from: raw, kafka.sink: {{ topic: {OUT}-2, key: n }} }}
"""


class Host:
    """A host that runs the file, and what it says."""

    def __init__(self, path, folder):
        self.said = []
        self.process = subprocess.Popen([WEIR, "run", path, "--log-level", "info", "--connect-timeout", "5s", "--data-dir", folder / "data"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stderr))
        self.reader.start()

    def grants(self, group):
        return sum(f"group `{group}` grants" in line for line in list(self.said))

    def end(self):
        self.process.terminate()
        code = self.process.wait(TIMEOUT)
        self.reader.join()
        return code


def wait_for(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        check(time.monotonic() < deadline, what)
        time.sleep(0.05)  # asks again


def committed():
    out = kcat("-C", "-b", KAFKA, "-t", OUT, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed")
    return sorted((row["n"], row["count"]) for row in map(json.loads, out.splitlines()))


with scratch() as name:
    folder = pathlib.Path(name)
    for topic in (SOURCE, OTHER, OUT, f"{OUT}-2"):
        weir("topic", "create", f"{topic}:4", "--brokers", KAFKA)
    running, edited = folder / "running.yaml", folder / "edited.yaml"
    running.write_text(TEXT.replace("NEXT", "count + 1") + MORE)
    host = Host(running, folder)
    try:
        rounds = 0

        def add():
            global rounds
            produce(KAFKA, SOURCE, [b"%d" % n for n in range(50)])
            rounds += 1
            expected = sorted((n, count) for n in range(50) for count in range(1, rounds + 1))
            wait_for(lambda: committed() == expected, f"after round {rounds} not each count once\n{''.join(host.said)[-2000:]}")

        add()
        for edit in ("1 + count", "count + 2 - 1", "count + 3 - 2"):
            edited.write_text(TEXT.replace("NEXT", edit) + MORE)
            said = weir("apply", edited, "--data-dir", folder / "data")
            check("applied behind epoch" in "".join(said), "apply", said)
            add()
        equal((host.grants(SOURCE), host.grants(OTHER)), (1, 1), f"how often the groups have granted partitions\n{''.join(host.said)}")
        # A server that is not there is looked for beside the graph that runs, which goes on.
        edited.write_text(TEXT.replace("NEXT", "count + 1").replace(KAFKA, "127.0.0.1:1") + MORE)
        refused = subprocess.run([WEIR, "apply", edited, "--data-dir", folder / "data"], capture_output=True, text=True, timeout=TIMEOUT, check=False)
        check("the change is refused: connection `kafka`: cannot reach Kafka: 127.0.0.1:1" in refused.stderr, "apply of a server that is not there",
              refused.stdout + refused.stderr)
        add()
        equal(host.grants(SOURCE), 1, "how often the group has granted partitions")
        edited.write_text(TEXT.replace("NEXT", "count + 1"))
        weir("apply", edited, "--allow-loss", "raw2", "--data-dir", folder / "data")
        add()
        equal(host.grants(SOURCE), 1, "how often the group has granted partitions")
        # Whoever joins the other's group gets all of it, since the source that is gone has left.
        next_file = folder / "next.yaml"
        next_file.write_text(NEXT_OWNER)
        owner = Host(next_file, folder / "next")
        try:
            wait_for(lambda: any(f"group `{OTHER}` grants 4 partitions" in line for line in list(owner.said)), f"the group is never free\n{''.join(owner.said)}")
        finally:
            owner.end()
        equal(host.end(), 0, f"exit code\n{''.join(host.said)}")
        print(f"ok: 4 changes, {rounds} rounds, each group joined once")
    finally:
        host.process.kill()
        host.process.wait()
