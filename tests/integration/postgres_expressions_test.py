"""Expressions mean what they mean in PostgreSQL: thousands of them over the same rows, value by value, errors too.

Where weir means something else on purpose, the difference has a name, which host/expression/reference.cpp explains; this test
says which of them it met and how often, and fails on any other. Prints `N expressions, M values`.
"""
import collections
import decimal
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "expressions"))
import cases  # noqa: E402

SERVER = pathlib.Path(os.environ["WEIR_SOURCE_DIR"]) / "tests" / "servers" / "postgres"
JUDGE = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "expression_judge"
GENERATED = 3000
TIMEOUT = 120

# PostgreSQL's types as weir names them.
TYPES = {"smallint": "int16", "integer": "int32", "bigint": "int64", "numeric": "decimal", "real": "float32",
         "double precision": "float64", "text": "string", "boolean": "bool", "bytea": "binary", "date": "date",
         "timestamp with time zone": "timestamp", "timestamp without time zone": "local_timestamp", "interval": "interval",
         "json": "string", "unknown": "string"}
# Its errors of rows: by SQLSTATE, or the class of it.
ERRORS = {"22003": "overflow", "22008": "overflow", "22015": "overflow", "22012": "division-by-zero", "22P02": "bad-cast",
          "22007": "bad-cast", "2201B": "bad-argument", "2201E": "bad-argument", "2201F": "bad-argument", "22011": "bad-argument",
          "22023": "bad-argument", "22025": "bad-argument", "54000": "bad-argument", "0A000": "bad-argument"}

SETUP = """
SET timezone = 'UTC'; SET client_min_messages = warning;
CREATE TABLE rows_of (id integer, {columns});
COPY rows_of FROM STDIN WITH (FORMAT csv, NULL '\\N');
{rows}\\.
CREATE TABLE expressions (id integer, text text);
COPY expressions FROM STDIN WITH (FORMAT csv);
{expressions}\\.
-- A JSON array of [type, text] by row, or of errors: the whole at once, and row by row where that fails.
CREATE FUNCTION judge(expression text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    whole json; one json; state text; all_rows json[] := '{{}}';
BEGIN
    BEGIN
        EXECUTE 'SELECT json_agg(json_build_array(pg_typeof(v)::text, v::text) ORDER BY id) FROM (SELECT id, ('
            || expression || E'\\n) AS v FROM rows_of OFFSET 0) q' INTO whole;
        RETURN whole;
    EXCEPTION WHEN OTHERS THEN
        IF SQLSTATE LIKE '42%' THEN RETURN json_build_object('problem', SQLSTATE || ' ' || SQLERRM); END IF;
    END;
    FOR k IN 1 .. {count} LOOP
        BEGIN
            EXECUTE 'SELECT json_build_array(pg_typeof(v)::text, v::text) FROM (SELECT (' || expression
                || E'\\n) AS v FROM rows_of WHERE id = ' || k || ' OFFSET 0) q' INTO one;
        EXCEPTION WHEN OTHERS THEN
            one := json_build_object('error', SQLSTATE, 'message', SQLERRM);
        END;
        all_rows := all_rows || one;
    END LOOP;
    RETURN array_to_json(all_rows);
END $$;
SELECT judge(text) FROM expressions ORDER BY id;
"""


def quoted_csv(rows):
    """Texts in quotes, so that an empty one is not null; nulls without."""
    def cell(value):
        return "\\N" if value is None else '"' + str(value).replace('"', '""') + '"'
    return "".join(",".join(cell(v) for v in row) + "\n" for row in rows)


def ask_postgres(folder, expressions):
    script = SETUP.format(
        columns=", ".join(f"{name} {kind}" for name, kind, _ in cases.COLUMNS), count=len(cases.ROWS),
        rows=quoted_csv([[i + 1, *row] for i, row in enumerate(cases.ROWS)]),
        expressions=quoted_csv(list(enumerate(expressions))))
    done = subprocess.run(["psql", "-h", folder, "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"], input=script,
                          capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        sys.exit(f"psql: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask_weir(expressions):
    columns = [[name, "text" if kind == "json" else kind] for name, kind, _ in cases.COLUMNS]
    done = subprocess.run([JUDGE], input=json.dumps({"columns": columns, "rows": cases.ROWS, "expressions": expressions}),
                          capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        sys.exit(done.stderr)
    *answers, differences = [json.loads(line) for line in done.stdout.splitlines()]
    return answers, differences


def rounded(text, scale):
    with decimal.localcontext() as context:
        context.prec = 400
        return decimal.Decimal(text).quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_HALF_UP)


def is_near(a, b, tolerance=1e-12):
    a, b = float(a), float(b)
    return a == b or abs(a - b) <= tolerance * max(abs(a), abs(b)) or (a != a and b != b)


def compare_type(expression, theirs, ours):
    """None where the types agree, the name of a difference, or False."""
    name = ours.split("(")[0]
    if TYPES.get(theirs) == name:
        return None
    if theirs == "numeric" and name == "float64":
        return "float-math"
    return False


def compare_value(expression, theirs, ours, our_type):
    """None where both agree, the name of an intended difference, or False."""
    their_error = ERRORS.get(theirs.get("error"), theirs.get("error")) if isinstance(theirs, dict) else None
    our_error = ours.get("error") if isinstance(ours, dict) else None
    if their_error and our_error:
        # Of two errors in a row each side may find another one first.
        if their_error == our_error:
            return None
        return "decimal-scale" if "decimal" in ours["message"] else "lazy" if len(expression) > 40 else False
    if our_error:
        if our_error == "overflow" and (our_type.startswith("decimal") or "decimal" in ours.get("message", "")):
            return "decimal-scale"
        if our_error == "overflow" and "float64" in ours.get("message", "") and re.search(r"\b(power|exp|\^)", expression):
            return "float-math"
        return False
    if their_error:
        # It evaluates constants and sides that do not matter.
        return "lazy" if re.search(r"CASE|AND|OR|coalesce|nullif|IN \(|BETWEEN", expression) else False
    their_type, their_text = theirs
    if their_text is None or ours is None:
        return None if their_text is None and ours is None else False
    if their_text == ours:
        return None
    if our_type.startswith("decimal") and their_type == "numeric":
        scale = int(our_type.rstrip(")").split(",")[1])
        if "NaN" in their_text or "Infinity" in their_text:
            return False
        if rounded(their_text, scale) == decimal.Decimal(ours):
            return None
        scale = min(scale, len(their_text.partition(".")[2]))
        difference = abs(rounded(their_text, scale) - rounded(ours, scale))
        return "decimal-scale" if difference <= decimal.Decimal(1000).scaleb(-scale) else False
    if their_type == "numeric" and our_type == "float64":
        return None if is_near(their_text, ours) else False
    if our_type == "float32" and their_type == "real" and struct.pack("f", float(their_text)) == struct.pack("f", float(ours)):
        return "float-digits"
    if our_type.startswith("float") and re.search(r"[nm] /|\d\.\d+ /|/ [nm]\b|/ \d+\.", expression):
        return "decimal-scale" if is_near(their_text, ours, 1e-7) else False
    # A decimal on the way whose digits PostgreSQL keeps.
    if our_type == "string" and re.search(r"numeric|[nm]\b|\d\.\d|extract|round|trunc", expression):
        return "decimal-scale" if same_but_digits(their_text, ours) else False
    return False


NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?", re.I)


def same_but_digits(a, b):
    """Texts that differ in how many digits their numbers have."""
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    return all(is_near(x, y) or abs(float(x) - float(y)) < 1e-5 for x, y in zip(NUMBER.findall(a), NUMBER.findall(b)))


def compare(expression, theirs, ours, met, wrong):
    count = 0
    if "problem" in ours or isinstance(theirs, dict):
        # What PostgreSQL finds for each row that is not null, weir may find before any row.
        fails = isinstance(theirs, dict) or all(isinstance(v, dict) or v[1] is None for v in theirs)
        if fails and "problem" in ours:
            return 1
        difference = cases.DIFFERENT.get(expression)
        if difference:
            met[difference] += 1
        else:
            wrong.append((expression, "compiles", theirs if isinstance(theirs, dict) else theirs[0], ours))
        return 1
    for row, (their_value, our_value) in enumerate(zip(theirs, ours["values"])):
        count += 1
        verdict = compare_value(expression, their_value, our_value, ours["type"])
        if verdict is False:
            verdict = cases.DIFFERENT.get(expression, False)
        if verdict is False:
            wrong.append((expression, f"row {row + 1}", their_value, our_value))
            break
        if verdict:
            met[verdict] += 1
    typed = next((v for v in theirs if isinstance(v, list)), None)
    if typed:
        verdict = compare_type(expression, typed[0], ours["type"])
        if verdict is False:
            verdict = cases.DIFFERENT.get(expression, False)
        if verdict is False:
            wrong.append((expression, "type", typed[0], ours["type"]))
        elif verdict:
            met[verdict] += 1
    return count


def main():
    expressions = cases.generated(GENERATED)
    with tempfile.TemporaryDirectory(prefix="weir-postgres-") as folder:
        os.chmod(folder, 0o755)
        subprocess.run([SERVER / "start", folder, "--owner", str(os.getpid())], check=True, stdout=subprocess.DEVNULL,
                       timeout=TIMEOUT)
        try:
            theirs = ask_postgres(folder, expressions)
        finally:
            subprocess.run([SERVER / "stop", folder], check=True, timeout=TIMEOUT)
    ours, explained = ask_weir(expressions)
    assert len(theirs) == len(ours) == len(expressions), (len(theirs), len(ours), len(expressions))
    met, wrong, values = collections.Counter(), [], 0
    for expression, their_answer, our_answer in zip(expressions, theirs, ours):
        values += compare(expression, their_answer, our_answer, met, wrong)
    for expression, where, their_value, our_value in wrong[:40]:
        print(f"{expression}\n    {where}: PostgreSQL {their_value}\n    {' ' * len(where)}  weir       {our_value}")
    for name, count in met.most_common():
        print(f"intended difference {name}, {count} times: {explained[name]}")
    print(f"{len(expressions)} expressions, {values} values, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
