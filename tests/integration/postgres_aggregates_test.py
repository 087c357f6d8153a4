"""Aggregates mean what they mean in PostgreSQL: over groups of random rows, value by value. Prints `N expressions, M values`.

What weir means otherwise is in docs/aggregates.md: means and variances are compared to 1e-9.
"""
import decimal
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

SERVER = pathlib.Path(os.environ["WEIR_SOURCE_DIR"]) / "tests" / "servers" / "postgres"
JUDGE = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "expression_judge"
TIMEOUT = 120
ROWS, GROUPS = 900, 30

COLUMNS = [("id", "integer"), ("g", "integer"), ("i", "integer"), ("a", "smallint"), ("l", "bigint"), ("n", "numeric(12,2)"),
           ("f", "double precision"), ("r", "real"), ("s", "text"), ("b", "boolean"), ("d", "date"), ("ts", "timestamptz")]
NUMBERS = ["i", "a", "l", "n", "f", "r"]
ORDERED = [*NUMBERS, "s", "d", "ts"]


def random_rows(rng):
    """The first group is large, the last has nulls alone."""
    def some(value):
        return None if rng.random() < 0.15 else str(value)

    rows = []
    for i in range(ROWS):
        group = 0 if rng.random() < 0.3 else rng.randrange(GROUPS)
        values = [rng.randint(-20, 20), rng.randint(-300, 300), rng.choice([rng.randint(-10, 10), rng.randint(-2**62, 2**62)]),
                  decimal.Decimal(rng.randint(-10**6, 10**6)).scaleb(-2), rng.randint(-2000, 2000) / 8,
                  rng.choice(["NaN", "Infinity"]) if group == 1 and rng.random() < 0.2 else rng.randint(-50, 50) / 4,
                  rng.choice(["a", "b", "", "Zebra", "ä", "x y"]), rng.choice(["true", "false"]),
                  f"20{rng.randint(10, 29)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
                  f"2024-05-{rng.randint(10, 28)} 1{rng.randint(0, 9)}:00:00+00"]
        rows.append([str(i), str(group), *([None] * len(values) if group == GROUPS - 1 else map(some, values))])
    return rows


def expressions():
    """Pairs: in weir's words and in PostgreSQL's, where rows are in the order of id."""
    same = ["count(*)", "count(s)", "bool_and(b)", "bool_or(b)", "round(sum(n) / count(n), 2)", "sum(i) + count(DISTINCT s) * 2",
            "sum(n * 2) FILTER (WHERE b)", "count(*) FILTER (WHERE i > 0 AND NOT b)", "count(DISTINCT n) FILTER (WHERE b)",
            "CASE WHEN max(i) > 15 THEN 'high' ELSE 'low' END", "coalesce(sum(i) FILTER (WHERE i > 1000), 0)", "g + count(*)",
            "sum(CASE WHEN b THEN i ELSE -i END)", "max(i - a)", "sum(i::bigint * a)", "min(length(s))", "max(upper(s) || 'x') IS NULL"]
    pairs = [(text, text) for text in same]
    for c in NUMBERS:
        for call in ["sum({})", "avg({})", "sum(DISTINCT {})", "avg(DISTINCT {})", "stddev({})", "stddev_samp({})",
                     "stddev_pop({})", "variance({})", "var_samp({})", "var_pop({})"]:
            pairs.append((call.format(c), call.format(c)))
        if c != "r":  # PostgreSQL refuses NaN in a bucket, and interpolates between infinities in its own way
            for p in ["0.5", "0", "1", "0.95", "0.123"]:
                pairs.append((f"quantile({c}, {p})", f"percentile_cont({p}) WITHIN GROUP (ORDER BY {c})"))
            pairs.append((f"median({c})", f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {c})"))
            counts = ", ".join(f"count(*) FILTER (WHERE width_bucket({c}::float8, -10, 10, 4) = {k})" for k in range(6))
            pairs.append((f"histogram({c}, -10, 10, 4)", f"ARRAY[{counts}]"))
    for c in ORDERED:
        collate = ' COLLATE "C"' if c == "s" else ""
        in_bytes = c + collate
        there = f"FILTER (WHERE {c} IS NOT NULL)"
        pairs += [(f"min({c})", f"min({in_bytes})"), (f"max({c})", f"max({in_bytes})"), (f"count(DISTINCT {c})",) * 2,
                  (f"array_agg({c})", f"array_agg({c} ORDER BY id)"),
                  (f"first({c})", f"(array_agg({c} ORDER BY id) {there})[1]"),
                  (f"last({c})", f"(array_agg({c} ORDER BY id DESC) {there})[1]"),
                  (f"arg_max(i, {c})", f"(array_agg(i ORDER BY {in_bytes} DESC, id) FILTER (WHERE i IS NOT NULL AND {c} IS NOT NULL))[1]"),
                  (f"arg_min(s, {c})", f"(array_agg(s ORDER BY {in_bytes}, id) FILTER (WHERE s IS NOT NULL AND {c} IS NOT NULL))[1]"),
                  (f"top_n({c}, 3)", f"(SELECT array_agg(v) FROM (SELECT v FROM unnest(array_agg({c}) {there}) v"
                                     f" ORDER BY v{collate} DESC FETCH FIRST 3 ROWS WITH TIES) q)")]
    pairs.append(("string_agg(s, ', ')", "string_agg(s, ', ' ORDER BY id)"))
    pairs.append(("string_agg(DISTINCT s, '')", "(SELECT string_agg(v, '' ORDER BY k) FROM (SELECT v, min(k) k FROM"
                  " unnest(array_agg(s ORDER BY id)) WITH ORDINALITY u(v, k) GROUP BY v) q)"))
    pairs.append(("collect_set(s)", "(SELECT array_agg(v ORDER BY k) FROM (SELECT v, min(k) k FROM"
                  " unnest(array_agg(s ORDER BY id)) WITH ORDINALITY u(v, k) WHERE v IS NOT NULL GROUP BY v) q)"))
    # JSON has no NaN: as text, and lists without.
    def without_nan(ours, theirs):
        if "(r" not in ours and " r)" not in ours:
            return ours, theirs
        if "array_agg(r)" == ours or "top_n" in ours:
            return f"{ours} FILTER (WHERE abs(r) < 1000)", theirs.replace("array_agg(r)", "array_agg(r) FILTER (WHERE abs(r) < 1000)") \
                .replace("(r ORDER BY id)", "(r ORDER BY id) FILTER (WHERE abs(r) < 1000)").replace("FILTER (WHERE r IS NOT NULL)", "")
        return f"({ours})::string", f"({theirs})::text"
    return [without_nan(*pair) for pair in pairs]


def ask_postgres(folder, rows, pairs):
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
    lines = "".join("\t".join("\\N" if v is None else v for v in row) + "\n" for row in rows)
    queries = "".join(f"SELECT json_agg(v ORDER BY g) FROM (SELECT g, {theirs} AS v FROM rows_of GROUP BY g) q;\n" for _, theirs in pairs)
    script = f"SET timezone = 'UTC'; SET extra_float_digits = 1;\nCREATE TABLE rows_of ({columns});\nCOPY rows_of FROM STDIN;\n{lines}\\.\n{queries}"
    done = subprocess.run(["psql", "-h", folder, "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"], input=script,
                          capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        sys.exit(f"psql: {done.stderr}")
    # json_agg breaks its lines at elements that are arrays.
    decoder, answers, at = json.JSONDecoder(parse_float=decimal.Decimal), [], 0
    while at < len(done.stdout):
        value, at = decoder.raw_decode(done.stdout, at)
        answers.append(value)
        while at < len(done.stdout) and done.stdout[at].isspace():
            at += 1
    return answers


def ask_weir(rows, pairs):
    done = subprocess.run([JUDGE], input=json.dumps({"columns": COLUMNS, "rows": rows, "group_by": "g",
                                                     "aggregates": [ours for ours, _ in pairs]}),
                          capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return [json.loads(line, parse_float=decimal.Decimal) for line in done.stdout.splitlines()]


def number(value):
    if isinstance(value, bool) or value is None:
        return None
    try:
        return decimal.Decimal(value)
    except (decimal.InvalidOperation, TypeError, ValueError):
        return None


def is_same(theirs, ours, inexact):
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(is_same(a, b, inexact) for a, b in zip(theirs, ours))
    a, b = number(theirs), number(ours)
    if a is None or b is None:
        # Both in UTC: 2024-05-23T12:00:00 and the zone.
        return theirs == ours or str(theirs).replace(" ", "T")[:19] == str(ours).replace(" ", "T")[:19] and "T1" in str(theirs)
    if a.is_nan() or b.is_nan():
        return a.is_nan() and b.is_nan()
    if a == b:
        return True
    return inexact and math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-9)


def main():
    seed = int(os.environ.get("WEIR_TEST_SEED", "20240523"))
    rows, pairs = random_rows(random.Random(seed)), expressions()
    with tempfile.TemporaryDirectory(prefix="weir-postgres-") as folder:
        os.chmod(folder, 0o755)
        subprocess.run([SERVER / "start", folder, "--owner", str(os.getpid())], check=True, stdout=subprocess.DEVNULL,
                       timeout=TIMEOUT)
        try:
            theirs = ask_postgres(folder, rows, pairs)
        finally:
            subprocess.run([SERVER / "stop", folder], check=True, timeout=TIMEOUT)
    ours = ask_weir(rows, pairs)
    assert len(theirs) == len(ours) == len(pairs), (len(theirs), len(ours), len(pairs))
    values, wrong = 0, 0
    for (text, _), their_values, our_values in zip(pairs, theirs, ours):
        inexact = any(word in text for word in ("avg", "stddev", "var", "quantile", "median", "sum(r", "sum(f", "DISTINCT r", "DISTINCT f"))
        if not isinstance(our_values, list) or len(our_values) != len(their_values):
            print(f"{text}\n    PostgreSQL {their_values}\n    weir       {our_values}")
            wrong += 1
            continue
        for group, (a, b) in enumerate(zip(their_values, our_values)):
            values += 1
            if not is_same(a, b, inexact):
                print(f"{text}\n    group {group}: PostgreSQL {a}\n             weir       {b}")
                wrong += 1
                break
    print(f"seed {seed}: {len(pairs)} expressions, {values} values, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
