"""Windows hold what PostgreSQL says they hold: random kinds, keys, aggregates, disorder, lateness and crashes, each with
several numbers of workers, batches and interleavings (`weir test`). Prints the seed of the first case and how many there were.

WEIR_TEST_SEED: of the first case (default 1); WEIR_TEST_CASES: how many (default 300).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "windows"))
from cases import Case  # noqa: E402

SERVER = pathlib.Path(os.environ["WEIR_SOURCE_DIR"]) / "tests" / "servers" / "postgres"
WEIR = os.environ["WEIR_BIN"]
SEED, COUNT = int(os.environ.get("WEIR_TEST_SEED", "1")), int(os.environ.get("WEIR_TEST_CASES", "300"))
TIMEOUT = 240
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # nothing has to outlive a power cut


def ask_postgres(folder, cases):
    """By case: (rows of windows, late rows)."""
    script = "SET timezone = 'UTC';\n"
    for case in cases:
        for statement in case.sql():
            script += f"SELECT coalesce(jsonb_agg(j), '[]') FROM ({statement}) AS x(j);\n"
    done = subprocess.run(["psql", "-h", folder, "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"], input=script,
                          capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        sys.exit(f"psql: {done.stderr}")
    answers = [json.loads(line, parse_float=str) for line in done.stdout.splitlines()]
    return list(zip(answers[::2], answers[1::2]))


def main():
    cases = [Case(SEED + i) for i in range(COUNT)]
    with tempfile.TemporaryDirectory() as database:
        folder = subprocess.run([SERVER / "start", database, "--owner", str(os.getpid())], check=True, capture_output=True,
                                text=True, timeout=TIMEOUT).stdout.strip()
        answers = ask_postgres(folder, cases)
        subprocess.run([SERVER / "stop", database], check=True, capture_output=True, timeout=TIMEOUT)
    with tempfile.TemporaryDirectory() as where:
        where = pathlib.Path(where)
        for case, (expected, late) in zip(cases, answers):
            (where / f"case-{case.seed}.yaml").write_text(case.topology())
            (where / f"case-{case.seed}.test.yaml").write_text(case.test(expected, late))
        done = subprocess.run([WEIR, "test", "--seed", str(SEED), "--runs", "3", where], capture_output=True, text=True,
                              timeout=TIMEOUT, cwd=where, env={**os.environ, "TMPDIR": MEMORY})
    if done.returncode != 0:
        shown = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("ok ")]
        print("\n".join(shown[:200]))
        sys.exit(f"FAILED: `weir test` ended with {done.returncode}; seeds from {SEED}")
    windows, late = sum(len(a) for a, _ in answers), sum(len(b) for _, b in answers)
    print(f"ok: {COUNT} cases from seed {SEED}, {sum(len(c.rows) for c in cases)} rows, {windows} windows, {late} late rows")


if __name__ == "__main__":
    main()
