"""clickhouse.sink with exactly_once into a real ClickHouse that refuses some rows, with a file for these; the host is killed at
each failpoint of the sink, after every kind of answer. In the end the table has every good row once, and the file every bad
one once.

    clickhouse_faults_test.py [--kills N] [--host FILE]

WEIR_TEST_SEED: of moments (default 1).
"""
import argparse
import json
import os
import pathlib
import random
import signal
import subprocess

from oracle import HOST, check, names_in_sources, scratch

from clickhouse_servers import Server, stopped_in_the_end  # behind oracle, which knows where it is

SEED = int(os.environ.get("WEIR_TEST_SEED", "1"))
BAD = 3001  # of so many rows one is refused
TOPOLOGY = """
name: kills
delivery: exactly_once
checkpoint: 50ms
workers: 2
restart: none
connections:
  clickhouse: {{ url: "{url}", timeout: 5s }}
nodes:
  rows: {{ generate: {{ rate: 20000, columns: {{ id: {{ sequence: {{ start: 1 }} }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: kills, batch_rows: 500 }} }}
  letters: {{ from: out.errors, file.sink: {{ path: {folder}/letters.jsonl }} }}
"""


class Run:
    def __init__(self, host, folder):
        self.host, self.folder = host, folder
        self.server = Server("clickhouse", folder / "server")
        self.front = Server("clickhouse-front", folder / "front", "--to", self.server.url)
        self.server.ask(f"CREATE TABLE kills (id Int64, CONSTRAINT good CHECK id % {BAD} != 0) ENGINE = MergeTree ORDER BY id "
                        "SETTINGS non_replicated_deduplication_window = 10000")
        self.topology = folder / "kills.yaml"
        self.topology.write_text(TOPOLOGY.format(url=self.front.url, folder=folder))

    def start(self, points="", records=0):
        environment = dict(os.environ, WEIR_FAILPOINT=points, XDG_STATE_HOME=str(self.folder / "state"))
        self.said = open(self.folder / "said", "w+")
        more = ["--records", str(records)] if records else []
        return subprocess.Popen([self.host, "run", str(self.topology), *more], env=environment, stdout=self.said,
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
        return True

    def kill_after(self, seconds):
        process = self.start()
        try:
            process.wait(seconds)
            check(False, f"exit {process.returncode} before it was killed\n{self.text()}")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def finish(self):
        """How many rows the table has. A run to its end leaves nothing behind."""
        process = self.start(records=BAD)
        try:
            check(process.wait(180) == 0, f"the last start: exit {process.returncode}\n{self.text()}")
        finally:
            process.kill()
            process.wait()
        count, different, last = self.server.rows("SELECT count(), uniqExact(id), max(id) FROM kills")[0]
        letters = [json.loads(json.loads(line)["payload"])["id"] for path in self.folder.glob("letters-*.jsonl")
                   for line in path.read_text().splitlines()]
        total = max([last, *letters])
        bad = list(range(BAD, total + 1, BAD))
        check(count == different, f"{count - different} rows are there twice")
        check(count == total - len(bad), f"of {total} rows {count} are there and {len(bad)} are bad")
        check(sorted(letters) == bad, f"the refused rows are {bad}, the dead letters {sorted(letters)}")
        return total, len(bad)

    def stop(self):
        self.front.stop()
        self.server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=6, help="at random moments")
    parser.add_argument("--host", default=str(HOST), help="the weir to test; one without failpoints has none reached")
    options = parser.parse_args()
    dice = random.Random(SEED)
    points = 2 * [p for p in names_in_sources(("WEIR_FAILPOINT",)) if p.startswith("clickhouse.")]
    if options.host != str(HOST):
        points = []
    dice.shuffle(points)
    with scratch() as folder, stopped_in_the_end():
        run = Run(options.host, pathlib.Path(folder))
        run.front.fault(kind="before,after,cut_answer,503,code,late_after", share=0.2, seed=SEED)
        unreached = [point for point in points if not run.killed_at(point, dice.randint(2, 30))]
        for _ in range(options.kills):
            run.kill_after(dice.uniform(0.3, 1.5))
        rows, bad = run.finish()
        run.stop()
        check(not unreached, f"failpoints that no start reached: {unreached}")
        print(f"ok: killed at {len(points)} failpoints and {options.kills} random moments, seed {SEED}: {rows} rows, of which {bad} "
              f"were refused, lost 0, doubled 0")


if __name__ == "__main__":
    main()
