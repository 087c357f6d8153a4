"""Topologies that are changed while they run, exactly once, on a real broker: random edits of parameters, of nodes and of a plugin's
build, which brings its state to another version; some of them wrong, some failing in their trial, some of whose plugins end the
process; and hosts killed in between. Each key's running count comes out once for each record, and every refused edit with its reason.

    reload_test.py [--edits N]

A host runs under a supervisor. A build that ends the process lies in the plugin folder yet when the host is begun again.
Environment: WEIR_TEST_SEED draws other edits.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

from oracle import TIMEOUT, check, scratch, unique

from weirtest import WEIR, broker, equal, kcat  # behind oracle, which knows where it is

KEYS = 20
EVERY_S = 0.02  # a batch of records
TRIAL = "1s"  # of what is to fail for a record: one has come by then
MOST_DEATHS = 4  # under one supervisor, whose pauses grow
BUILT = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "faults" / "rebuilt"

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
  again: {{ from: {before}, key: n, rebuilt.count: {{}} }}
  out_again: {{ from: again, set: {{ version: $version }}, kafka.sink: {{ topic: {out}-again, key: n }} }}
"""


def text_of(version, workers=2, checkpoint=100, extra="", before="raw"):
    return TEXT.format(name=name, workers=workers, checkpoint=checkpoint, version=version, brokers=KAFKA, source=source_topic, extra=extra,
                       before=before, out=out_topic)


def good(version):
    extra, before = draw.choice([("", "raw"), ("  passed: { from: raw, union: {} }\n", "passed"),
                                 ("  checked: { from: raw, where: n >= 0 }\n", "checked")])
    return text_of(version, draw.randint(1, 3), draw.choice([100, 150, 250]), extra, before)


class Builds:
    """The plugin folder, and what is in it."""

    def __init__(self, folder):
        self.folder = folder
        self.version = 1  # of the last one that is sound
        self.applied = 1  # the state is of this version, or behind it
        self.made = 0
        folder.mkdir()
        self.put("1")

    def put(self, name, whole=True):
        """A build that was not there before: what stands behind the code makes it another."""
        self.made += 1
        content = (BUILT / f"rebuilt_{name}.so").read_bytes()
        made = self.folder / "made"
        made.write_bytes(content + b"build %d" % self.made if whole else content[:len(content) // 2])
        made.rename(self.folder / "rebuilt.so")

    def put_sound(self, version):
        self.version = version
        self.put(str(version))


class Edit:
    """A changed file, a changed build, or both."""

    def __init__(self, what, text, code, said, words=()):
        self.what, self.text, self.code, self.said, self.words = what, text, code, said, words


def good(version, builds):
    extra, before = draw.choice([("", "raw"), ("  passed: { from: raw, union: {} }\n", "passed"),
                                 ("  checked: { from: raw, where: n >= 0 }\n", "checked")])
    what = "applied"
    if draw.random() < 0.3:
        is_next = builds.version < 3 and draw.random() < 0.5
        what = "migrated" if is_next else "rebuilt"
        builds.put_sound(builds.version + is_next)
    return Edit(what, text_of(version, draw.randint(1, 3), draw.choice([100, 150, 250]), extra, before), 0, "applied behind epoch")


def wrong(version, builds):
    kind = draw.choice(["unknown column", "row", "loss", "key", "half a file", "failing", "deadly", "foreign", "older"])
    if kind == "unknown column":
        return Edit("refused", text_of(version, extra="  bad: { from: raw, set: { m: nn + 1 } }\n", before="bad"), 2, "there is no column `nn`")
    if kind == "row":
        return Edit("rolled_back", text_of(version, extra="  bad: { from: raw, where: 1 / (n - n) > 0 }\n", before="bad"), 5, "rolled back: ", ("--trial", TRIAL))
    if kind == "loss":
        return Edit("refused", text_of(version).replace("  counted: ", "  renamed: ").replace("from: counted", "from: renamed"), 11, "would lose its state")
    if kind == "key":
        return Edit("refused", text_of(version).replace("key: n, fold", "key: { n: n, m: n + 1 }, fold"), 11, "would lose its state, which lies under its key")
    if kind == "half a file":
        builds.put(str(builds.version), whole=False)
        return Edit("refused", text_of(version), 3, "rebuilt.so")
    if kind == "failing":
        builds.put("failing")
        return Edit("rolled_back", text_of(version), 5, "this build is broken on purpose", ("--trial", TRIAL))
    if kind == "deadly":
        builds.put("deadly")
        return Edit("died", text_of(version), 5, "the host died while it was on trial", ("--trial", TRIAL))
    if kind == "older" and builds.applied > 1:
        builds.put(str(builds.applied - 1))
        return Edit("rolled_back", text_of(version), 5, "use the newer one that wrote it")
    builds.put("foreign")
    return Edit("rolled_back", text_of(version), 5, "Give the state a way to read version")


class Host:
    """A supervisor and the host that it begins, again and again."""

    def __init__(self, path, folder):
        self.said = []
        self.deaths = 0
        self.process = subprocess.Popen([WEIR, "run", path, "--data-dir", folder / "data", "--plugin-dir", folder / "plugins", "--supervise"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stdout))
        self.reader.start()

    def child(self):
        """The host's process, or none between two."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            return int(children.read_text().split()[0])
        except (OSError, IndexError):
            return None

    def kill_child(self):
        child = self.child()
        self.deaths += 1
        if child:
            os.kill(child, signal.SIGKILL)

    def kill(self):
        """Both: the host is killed with its supervisor, and holds on to what is written to until it is gone."""
        self.process.kill()
        self.end()

    def end(self):
        self.process.wait(TIMEOUT)
        self.reader.join()  # the host has the other end of the pipe, too


def command(*words):
    return subprocess.run([WEIR, *map(str, words)], capture_output=True, text=True, timeout=TIMEOUT)


def wait_until_running(folder):
    """Until rows flow."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        done = command("status", name, "--data-dir", folder / "data", "--format", "json")
        if done.returncode == 0 and json.loads(done.stdout)["records"] > 0:
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


class Storm:
    """Edits, one after the other, of a topology that runs."""

    def __init__(self, folder):
        self.folder = folder
        self.running, self.edited = folder / "running.yaml", folder / "edited.yaml"
        self.running.write_text(text_of(0))
        self.builds = Builds(folder / "plugins")
        self.counts = collections.Counter()
        self.host = Host(self.running, folder)

    def begin_again(self):
        self.host.kill()
        self.host = Host(self.running, self.folder)

    def edit(self, number):
        wait_until_running(self.folder)
        edit = (wrong if draw.random() < 0.4 else good)(number, self.builds)
        self.edited.write_text(edit.text)
        if edit.code == 0 and draw.random() < 0.2:
            self.kill_in(edit)
        else:
            self.apply(edit, number)
        if self.host.deaths >= MOST_DEATHS:
            self.begin_again()

    def kill_in(self, edit):
        """The next start has the one graph or the other: that which is noted, or the one of the file that it is given."""
        change = subprocess.Popen([WEIR, "apply", self.edited, "--data-dir", self.folder / "data"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        time.sleep(draw.random())  # the moment of the kill
        self.counts["kills"] += 1
        if draw.random() < 0.5:
            self.host.kill_child()
            change.wait(TIMEOUT)
            return
        self.host.kill()
        change.wait(TIMEOUT)
        if draw.random() < 0.5:
            self.running.write_text(edit.text)
        self.host = Host(self.running, self.folder)

    def apply(self, edit, number):
        done = command("apply", self.edited, "--data-dir", self.folder / "data", *edit.words)
        check(done.returncode == edit.code and edit.said in done.stdout + done.stderr,
              f"edit {number} ({edit.what}): exit {done.returncode}, not {edit.code}; no {edit.said!r} in\n{done.stdout}{done.stderr}\n"
              f"{''.join(self.host.said)[-3000:]}\n{edit.text}")
        self.counts[edit.what] += 1
        if edit.code == 0:
            self.running.write_text(edit.text)
            self.builds.applied = self.builds.version
            return
        self.host.deaths += edit.what == "died"
        self.builds.put_sound(self.builds.version)

    def judge(self, sent):
        """Each key's counts are there, each once, by both operators."""
        for topic, column in ((out_topic, "version"), (f"{out_topic}-again", "build")):
            rows = collections.defaultdict(list)
            found = committed(topic)
            for row in found:
                rows[row["n"]].append(row["count"])
            for n, count in sent.items():
                equal(sorted(rows[n]), list(range(1, count + 1)), f"the counts of {n} in {topic}")
            equal(len(found), sum(sent.values()), f"records in {topic}")
            seen = len({row[column] for row in found})
            check(seen > 1 or self.counts["applied" if column == "version" else "migrated"] == 0, f"no change was seen in {topic}")


def drain(storm, sent):
    """To the end of what was sent."""
    total = sum(sent.values())

    def lacks():
        return any(len(committed(topic)) < total for topic in (out_topic, f"{out_topic}-again"))
    equal(command("stop", name, "--drain", "--data-dir", storm.folder / "data").returncode in (0, 4), True, "stop")
    deadline = time.monotonic() + TIMEOUT
    while lacks() and time.monotonic() < deadline and storm.host.process.poll() is None:
        time.sleep(0.2)  # asks again
    storm.host.end()
    equal(storm.host.process.returncode, 0, "exit code\n" + "".join(storm.host.said)[-3000:])
    if not lacks():
        return
    storm.host = Host(storm.running, storm.folder)  # what was not read when it was told to stop
    while lacks():
        check(time.monotonic() < deadline, "records are missing")
        time.sleep(0.2)  # asks again
    storm.host.process.send_signal(signal.SIGTERM)
    storm.host.end()


def main():
    topics = [f"{topic}:4" for topic in (source_topic, out_topic, f"{out_topic}-again")]
    check(command("topic", "create", *topics, "--brokers", KAFKA).returncode == 0, "topics")
    temporary = scratch()
    folder = pathlib.Path(temporary.name)
    os.environ["WEIR_STAGING_DIR"] = str(folder / "staged")
    began = time.monotonic()
    sender = Sender()
    storm = Storm(folder)
    try:
        for number in range(1, arguments.edits + 1):
            storm.edit(number)
        wait_until_running(folder)
        sender.end()
        drain(storm, sender.counts)
        storm.judge(sender.counts)
        summary = dict(storm.counts, seed=seed, edits=arguments.edits, records=sum(sender.counts.values()), seconds=round(time.monotonic() - began))
        if arguments.summary:
            arguments.summary.write_text(json.dumps(summary))
        print(f"ok: {summary}")
    finally:
        sender.end()
        if storm.host.process.poll() is None:
            storm.host.kill()


main()
