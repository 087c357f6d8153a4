"""Files that grow and rotate, through file.source and file.sink with exactly_once; the host is killed at each failpoint of
an epoch and at random moments. Whatever a reader finds in the output is whole, and in the end it is the input: each
row once.

    files_test.py [--kills N] [--host FILE]

WEIR_TEST_SEED: of moments (default 1).
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

from oracle import HOST, TIMEOUT, check, names_in_sources, scratch

SEED = int(os.environ.get("WEIR_TEST_SEED", "1"))
FILES = 3
ROTATE = 400  # lines
POINTS = ("file.", "coordinator.epoch.", "epochs.commit.", "store.prepare.", "store.commit.", "dataflow.sink.", "worker.epoch.",
          "worker.commit.")
NOT_HERE = {"epochs.commit.decider_prepared", "epochs.commit.decided"}  # there is no transaction
TOPOLOGY = """
name: files
delivery: exactly_once
checkpoint: 50ms
workers: 2
restart: none
nodes:
  rows:
    file.source:
      path: {folder}/in/*.log
      follow: true
      poll_interval: 10ms
      rotate_wait: 300ms
      format: json
      record: {{ n: int64, file: int64 }}
  out: {{ from: rows, file.sink: {{ path: {folder}/out/rows.jsonl, max_bytes: 20KiB }} }}
"""


class Writer(threading.Thread):
    """Adds lines to files, now and then half of one, and renames a file as logrotate does."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.done = folder, threading.Event()
        self.rows, self.counts = [(i, 1) for i in range(FILES)], [1] * FILES
        for i in range(FILES):
            (folder / f"{i}.log").write_text(json.dumps({"n": 1, "file": i}) + "\n")

    def run(self):
        files = [open(self.folder / f"{i}.log", "ab", 0) for i in range(FILES)]
        while not self.done.wait(0.005):
            for i in range(FILES):
                self.counts[i] += 1
                line = json.dumps({"n": self.counts[i], "file": i}).encode() + b"\n"
                files[i].write(line[:7])
                files[i].write(line[7:])
                self.rows.append((i, self.counts[i]))
                if self.counts[i] % ROTATE == 100 * i:
                    for k in range(len(list(self.folder.glob(f"{i}.log.*"))), 0, -1):
                        os.rename(self.folder / f"{i}.log.{k}", self.folder / f"{i}.log.{k + 1}")
                    os.rename(self.folder / f"{i}.log", self.folder / f"{i}.log.1")
                    files[i].close()
                    files[i] = open(self.folder / f"{i}.log", "ab", 0)
        for file in files:
            file.close()

    def stop(self):
        self.done.set()
        self.join()


class Files:
    def __init__(self, host, folder):
        self.host, self.folder = host, folder
        for name in ("in", "out"):
            (folder / name).mkdir()
        self.topology = folder / "files.yaml"
        self.topology.write_text(TOPOLOGY.format(folder=folder))
        self.writer = Writer(folder / "in")

    def start(self, points=""):
        environment = dict(os.environ, WEIR_FAILPOINT=points, XDG_STATE_HOME=str(self.folder / "state"))
        self.said = open(self.folder / "said", "w+")
        return subprocess.Popen([self.host, "run", str(self.topology)], env=environment, stdout=self.said,
                                stderr=subprocess.STDOUT)

    def text(self):
        self.said.seek(0)
        return self.said.read()

    def killed_at(self, point, at):
        """Whether the point was reached."""
        process = self.start(f"{point}:kill:{at}")
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        check(process.returncode == -signal.SIGKILL, f"{point}: exit {process.returncode}\n{self.text()}")
        self.look()
        return True

    def begin(self):
        """The first epoch, before any file is renamed: what was renamed before nobody reads."""
        self.kill_after(0, FILES)
        self.writer.start()

    def kill_after(self, seconds, rows=0):
        """So long after the start, or after there are so many rows."""
        process = self.start()
        try:
            deadline = time.monotonic() + TIMEOUT
            while rows and len(self.look()) < rows and time.monotonic() < deadline:
                check(process.poll() is None, f"exit {process.returncode} before it was killed\n{self.text()}")
                threading.Event().wait(0.02)
            process.wait(seconds)
            check(False, f"exit {process.returncode} before it was killed\n{self.text()}")
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
        check(len(self.look()) >= rows, f"{len(self.look())} of {rows} rows arrived\n{self.text()}")

    def look(self):
        """The rows that a reader finds: never half a line, never one twice."""
        found = collections.Counter()
        for path in (self.folder / "out").glob("rows-*.jsonl"):
            text = path.read_text()
            check(text.endswith("\n"), f"{path.name} ends in the middle of a line")
            for line in text.splitlines():
                row = json.loads(line)
                found[row["file"], row["n"]] += 1
        twice = [row for row, times in found.items() if times > 1]
        check(not twice, f"rows that are there twice: {twice[:5]} and {len(twice)} in all")
        return found

    def finish(self):
        self.writer.stop()
        process = self.start()
        deadline = time.monotonic() + TIMEOUT
        try:
            while len(self.look()) < len(self.writer.rows):
                check(process.poll() is None, f"the last start: exit {process.returncode}\n{self.text()}")
                check(time.monotonic() < deadline, f"{len(self.look())} of {len(self.writer.rows)} rows arrived\n{self.text()}")
                threading.Event().wait(0.2)
            process.send_signal(signal.SIGTERM)
            check(process.wait(TIMEOUT) == 0, f"the last start: exit {process.returncode}\n{self.text()}")
        finally:
            process.kill()
            process.wait()
        check(set(self.look()) == set(self.writer.rows), "the output is not the input")
        left = [path.name for path in (self.folder / "out").iterdir() if path.name.startswith(".")]
        check(not left, f"hidden files are left: {left}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10, help="at random moments")
    parser.add_argument("--host", default=str(HOST), help="the weir to test; one without failpoints has none reached")
    options = parser.parse_args()
    dice = random.Random(SEED)
    points = [p for p in names_in_sources(("WEIR_FAILPOINT",)) if p.startswith(POINTS) and p not in NOT_HERE]
    if options.host != str(HOST):
        points = []
    dice.shuffle(points)
    with scratch() as folder:
        files = Files(options.host, pathlib.Path(folder))
        files.begin()
        unreached = [point for point in points if not files.killed_at(point, dice.randint(2, 3))]
        for kill in range(options.kills):  # within the start, or within the work
            files.kill_after(dice.uniform(0, 0.5), len(files.look()) + 1 if kill % 2 else 0)
        files.finish()
        check(not unreached, f"failpoints that no start reached: {unreached}")
        print(f"ok: killed at {len(points)} failpoints and {options.kills} random moments, seed {SEED}: "
              f"{len(files.writer.rows)} rows through rotating files, lost 0, doubled 0")


if __name__ == "__main__":
    main()
