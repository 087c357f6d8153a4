"""A start that is refused ends nobody: of two hosts on one cluster the first goes on, exactly once, without a failure."""
import json
import os
import pathlib
import subprocess
import threading

from weirtest import TIMEOUT, WEIR, broker, check, equal, kcat, produce, scratch, settings, unique, weir

TOPOLOGY = """
name: %(name)s
delivery: exactly_once
checkpoint: 100ms
workers: 1
parameters: { brokers: "", raw: "", out: "", more: "" }
connections:
  kafka: { brokers: $brokers, create_topics: { partitions: 1 } }
dead_letters: log
nodes:
  read: { kafka.source: { topic: $raw, format: json, record: { n: int64 }, start: earliest } }
  counted:
    from: read
    key: [n]
    fold: { columns: { times: { init: 0, next: times + 1 } } }
  out: { from: counted, kafka.sink: { topic: $out } }
"""


class Host:
    """A host that runs, with all that it says."""
    def __init__(self, *arguments):
        self.process = subprocess.Popen([WEIR, "run", *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stderr))
        self.reader.start()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=TIMEOUT)
        self.reader.join()
        return code, "".join(self.said)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()


def committed(address, topic, count):
    """The first `count` rows that a reader of committed records sees."""
    out = kcat("-C", "-b", address, "-t", topic, "-o", "beginning", "-c", count, "-q", "-X", "isolation.level=read_committed")
    return [json.loads(line) for line in out.splitlines()]


with scratch() as folder:
    address, name = broker(), unique("second")
    topics = dict(brokers=address, raw=unique("raw"), out=unique("out"))
    weir("topic", "create", topics["raw"], "--partitions", 1, "--brokers", address)
    weir("topic", "create", topics["out"], "--partitions", 1, "--brokers", address)
    path = pathlib.Path(folder) / "second.yaml"
    path.write_text(TOPOLOGY % dict(name=name))
    first = Host(path, "--data-dir", os.path.join(folder, "first"), *settings(**topics))
    try:
        produce(address, topics["raw"], [b'{"n":1}', b'{"n":2}'])
        equal(committed(address, topics["out"], 2), [{"n": 1, "times": 1}, {"n": 2, "times": 1}], "what the first host wrote")
        for data_dir, why in ((os.path.join(folder, "other"), "ends with no epoch"), (os.path.join(folder, "first"), "in use")):
            said = weir("run", path, "--data-dir", data_dir, "--for", "30s", *settings(**topics), code=6)[1]
            check(why in said, f"not refused with {why!r}: {said}")
            produce(address, topics["raw"], [b'{"n":1}'])
        rows = committed(address, topics["out"], 4)
        equal(rows[2:], [{"n": 1, "times": 2}, {"n": 1, "times": 3}], "what the first host wrote behind the refusals")
        code, said = first.stop()
        equal(code, 0, f"exit code of the first host\n{said}")
        check("restart" not in said and "error" not in said, f"the first host did not go on in peace: {said}")
        # One that may start takes over from whoever has the topology's transactions.
        zombie = Host(path, "--data-dir", os.path.join(folder, "first"), *settings(**topics))
        try:
            produce(address, topics["raw"], [b'{"n":2}'])
            equal(committed(address, topics["out"], 5)[4], {"n": 2, "times": 2}, "what the zombie wrote")
            weir("run", path, "--data-dir", os.path.join(folder, "third"), "--reset", "--records", 1, *settings(**topics))
            code = zombie.process.wait(timeout=TIMEOUT)
            zombie.reader.join()
            check(code != 0 and "was taken over" in "".join(zombie.said), f"the zombie ended with {code}: {''.join(zombie.said)}")
        finally:
            zombie.kill()
        print("ok: the second host was refused, the first went on; one that may start took over")
    finally:
        first.kill()
