"""Windows send what a reference model sends, and when: random kinds, triggers, lateness, outputs and crashes, each with several
numbers of workers, batches and interleavings (`weir test`). Rows in another order, on more partitions, or with equal slide and
size lead to the same where the semantics say so.

WEIR_TEST_SEED: of the first case (default 1); WEIR_TEST_CASES: how many (default 200).
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "windows"))
from cases import SECOND, iso  # noqa: E402
from model import FOREVER, Model  # noqa: E402

WEIR = os.environ["WEIR_BIN"]
SEED, COUNT = int(os.environ.get("WEIR_TEST_SEED", "1")), int(os.environ.get("WEIR_TEST_CASES", "200"))
TIMEOUT = 240
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # nothing has to outlive a power cut


class Case:
    def __init__(self, seed):
        dice = self.dice = random.Random(seed)
        self.seed = seed
        self.kind = dice.choice(["tumbling", "sliding", "cumulative", "session", "rows", "global"])
        timed = self.kind not in ("rows", "global")
        unit = SECOND if timed else 1
        self.every = dice.randint(1, 4) * unit
        self.size = self.every * dice.randint(1, 4) if self.kind in ("sliding", "cumulative", "rows") else self.every
        self.lateness = dice.choice([0, 2, 5]) * SECOND if timed else 0
        self.discard = self.kind != "rows" and dice.random() < 0.4
        trigger = dice.choice(["none", "rows", "when"]) if timed else "none" if self.kind == "rows" else dice.choice(["rows", "when"])
        self.early_rows = dice.randint(1, 4) if trigger == "rows" else 0
        self.limit = dice.randint(0, 90) if trigger == "when" else None
        self.model = Model(self.kind, self.size, self.every, self.lateness, self.early_rows,
                           (lambda row: row[2] is not None and row[2] > self.limit) if trigger == "when" else None, self.discard)
        self.splits = dice.randint(1, 3)  # the rows of a key come by one of them
        self.steps = self.draw(dice.randint(1, 50))

    def draw(self, count):
        dice, now, steps, batch = self.dice, 0, [], []
        for number in range(count):
            now += dice.choice([0, dice.randint(0, SECOND), dice.randint(0, 4 * SECOND)])
            row = (now - dice.randint(0, 6 * SECOND), dice.choice("abc"), dice.randint(-99, 99) if dice.random() < 0.9 else None)
            batch.append(row)
            self.model.row(row)
            if dice.random() < 0.25:
                steps.append(("send", batch))
                batch = []
                watermark = now - dice.randint(0, 5 * SECOND)
                if dice.random() < 0.8:
                    steps.append(("watermark", watermark))
                    self.model.advance(watermark)
                if dice.random() < 0.3:
                    steps.append(("crash_and_restore", None))
        steps.append(("send", batch))
        self.model.end()
        return steps

    def topology(self):
        def length(value):
            return f"{value // SECOND}s"
        bounds = {"tumbling": f"tumbling: {length(self.size)}", "session": f"session: {length(self.size)}",
                  "sliding": f"sliding: {{ size: {length(self.size)}, every: {length(self.every)} }}",
                  "cumulative": f"cumulative: {{ size: {length(self.size)}, every: {length(self.every)} }}",
                  "rows": f"rows: {self.size}\n      every_rows: {self.every}", "global": "global: true"}[self.kind]
        lines = [bounds]
        if self.lateness:
            lines.append(f"allowed_lateness: {length(self.lateness)}")
        if self.early_rows:
            lines.append(f"early: {{ rows: {self.early_rows} }}")
        if self.limit is not None:
            lines.append(f"early: {{ when: v > {self.limit} }}")
        if self.discard:
            lines.append("output: discard")
        lines.append("columns: { n: count(), total: sum(v), pane: pane }")
        body = "".join(f"      {line}\n" for line in lines)
        return f"""name: model-{self.seed}
records:
  row: {{ t: timestamp, k: string, v: "int64?" }}
nodes:
  rows:
    file.source: {{ path: rows.json, format: json, record: row }}
    event_time: {{ column: t, max_delay: 100000h }}
  windows:
    from: rows
    key: [k]
    window:
{body}  out: {{ from: windows, file.sink: out.json }}
dead_letters: drop
"""

    def test(self):
        steps = []
        for what, with_what in self.steps:
            if what == "send":
                rows = [{"payload": json.dumps({"t": iso(t), "k": k, "v": v}), "partition": ord(k) % self.splits} for t, k, v in with_what]
                steps.append("send: { rows: " + json.dumps(rows) + " }")
            else:
                steps.append(f"watermark: {iso(with_what)}" if what == "watermark" else what)
        steps.append("end_of_input")
        results = []
        for k, start, end, n, total, pane in self.model.results:
            row = {"k": k, "n": n, "total": total, "pane": pane}
            if end != FOREVER:
                row |= {"window_start": iso(start), "window_end": iso(end)}
            results.append(row)
        late = [{"t": iso(t), "k": k, "v": v} for t, k, v in self.model.late]
        steps.append("expect: " + json.dumps({"windows": {"any_order": results}, "windows.late": {"any_order": late}}))
        return (f"topology: model-{self.seed}.yaml\ncases:\n  case {self.seed}, {self.kind}:\n    steps:\n"
                + "".join(f"      - {step}\n" for step in steps))


def main():
    cases = [Case(SEED + i) for i in range(COUNT)]
    with tempfile.TemporaryDirectory() as where:
        where = pathlib.Path(where)
        for case in cases:
            (where / f"model-{case.seed}.yaml").write_text(case.topology())
            (where / f"model-{case.seed}.test.yaml").write_text(case.test())
        done = subprocess.run([WEIR, "test", "--seed", str(SEED), "--runs", "3", where], capture_output=True, text=True,
                              timeout=TIMEOUT, cwd=where, env={**os.environ, "TMPDIR": MEMORY})
    if done.returncode != 0:
        shown = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("ok ")]
        print("\n".join(shown[:200]))
        sys.exit(f"FAILED: `weir test` ended with {done.returncode}; seeds from {SEED}")
    print(f"ok: {COUNT} cases from seed {SEED}, {sum(len(c.model.results) for c in cases)} results, "
          f"{sum(len(c.model.late) for c in cases)} late rows")


if __name__ == "__main__":
    main()
