"""Random windows over random rows: as a topology and its test for weir, and as SQL for PostgreSQL.

A row enters at a moment when the watermark stands somewhere, and a window takes it while that is not behind the window's
last moment and the allowed lateness. So what each window holds is known by the row's own watermark, and SQL over all rows
says the rest. Sessions get rows that are in time alone: which rows a session holds is no matter of single rows otherwise.
"""
import datetime
import random

EPOCH = datetime.datetime(2024, 3, 28, tzinfo=datetime.timezone.utc)  # a change of Europe/Berlin's clocks is near
SECOND = 1_000_000
BEFORE_ALL = -(1 << 62)

# Aggregates as weir and as PostgreSQL write them, over the columns v (bigint), d (numeric(12,2)), s (text), b (bool).
AGGREGATES = [
    ("count()", "count(*)"),
    ("count(v)", "count(v)"),
    ("sum(v)", "sum(v)"),
    ("sum(d)", "sum(d)"),
    ("min(v)", "min(v)"),
    ("max(d)", "max(d)"),
    ("min(s)", "min(s)"),
    ("max(s)", "max(s)"),
    ("avg(d)::decimal(20,6)", "round(avg(d), 6)"),
    ("count(DISTINCT s)", "count(DISTINCT s)"),
    ("sum(DISTINCT v)", "sum(DISTINCT v)"),
    ("bool_and(b)", "bool_and(b)"),
    ("bool_or(b)", "bool_or(b)"),
    ("sum(v) FILTER (WHERE b)", "sum(v) FILTER (WHERE b)"),
    ("count() FILTER (WHERE v > 50 AND s <> 'x')", "count(*) FILTER (WHERE v > 50 AND s <> 'x')"),
    ("coalesce(sum(v * 2 + 1), 0) - count()", "coalesce(sum(v * 2 + 1), 0) - count(*)"),
    ("max(length(s))", "max(length(s))"),
    ("CASE WHEN count() > 3 THEN 'many' ELSE 'few' END", "CASE WHEN count(*) > 3 THEN 'many' ELSE 'few' END"),
]


def iso(micros):
    return (EPOCH + datetime.timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Case:
    def __init__(self, seed):
        dice = self.dice = random.Random(seed)
        self.seed = seed
        self.splits = 1 + seed % 3
        self.kind = dice.choice(["tumbling", "sliding", "cumulative", "session", "calendar"])
        self.lateness = dice.choice([0, 0, 3, 7]) * SECOND if self.kind != "session" else 0
        self.offset = dice.choice([0, 0, 1, 4]) * SECOND if self.kind in ("tumbling", "sliding", "cumulative") else 0
        self.size = dice.choice([1, 5, 7, 10, 12]) * SECOND
        self.every = self.size
        if self.kind == "sliding":
            self.every = dice.randint(1, self.size // SECOND) * SECOND
        if self.kind == "cumulative":
            self.every = self.size // dice.choice([n for n in range(1, 13) if self.size // SECOND % n == 0])
        self.unit = dice.choice(["day", "week", "month"])
        self.zone = dice.choice(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"])
        self.keys = dice.choice([["k"], ["k", "b"], ["s"]])
        self.aggregates = dice.sample(AGGREGATES, dice.randint(1, 4))
        self.rows, self.steps = self.draw(dice.randint(1, 60), (6 * 3600 if self.kind == "calendar" else 1) * SECOND)

    def draw(self, count, unit):
        """Rows as (t, k, v, d, s, b, watermark), and what happens in which order."""
        dice, now, watermark, rows, steps = self.dice, 0, BEFORE_ALL, [], []
        disorder = dice.choice([0, 2, 8]) * unit
        batch = []
        for _ in range(count):
            now += dice.choice([0, dice.randint(0, unit), dice.randint(0, 6 * unit)])
            time = now - dice.randint(0, disorder)
            if self.kind == "session":
                time = max(time, watermark + 1)
            row = (time, dice.choice("abc") if dice.random() < 0.9 else None,
                   dice.randint(-100, 100) if dice.random() < 0.9 else None,
                   f"{dice.randint(-9999, 9999) / 100:.2f}" if dice.random() < 0.9 else None,
                   dice.choice(["x", "yy", "", "Zoë"]), dice.random() < 0.5)
            rows.append((*row, watermark))
            batch.append(row)
            if dice.random() < 0.15:
                steps.append(("send", batch))
                batch = []
                if dice.random() < 0.7:
                    watermark = max(watermark, now - dice.randint(0, 3 * unit))
                    steps.append(("watermark", watermark))
                if dice.random() < 0.3:
                    steps.append(("crash_and_restore", None))
        steps.append(("send", batch))
        return rows, steps

    # weir

    def window(self):
        bounds = {
            "tumbling": f"tumbling: {self.size // SECOND}s",
            "sliding": f"sliding: {{ size: {self.size // SECOND}s, every: {self.every // SECOND}s }}",
            "cumulative": f"cumulative: {{ size: {self.size // SECOND}s, every: {self.every // SECOND}s }}",
            "session": f"session: {self.size // SECOND}s",
            "calendar": f"calendar: {{ every: {self.unit}, zone: {self.zone} }}",
        }[self.kind]
        lines = [bounds]
        if self.offset:
            lines.append(f"offset: {self.offset // SECOND}s")
        if self.lateness:
            lines.append(f"allowed_lateness: {self.lateness // SECOND}s")
        lines.append("columns:")
        lines += [f"  a{i}: \"{ours}\"" for i, (ours, _) in enumerate(self.aggregates)]
        return "".join(f"      {line}\n" for line in lines)

    def topology(self):
        return f"""name: case-{self.seed}
records:
  row: {{ t: timestamp, k: "string?", v: "int64?", d: "decimal(12,2)?", s: string, b: bool }}
nodes:
  rows:
    file.source: {{ path: rows.json, format: json, record: row }}
    event_time: {{ column: t, max_delay: 100000h }}
  windows:
    from: rows
    key: [{", ".join(self.keys)}]
    window:
{self.window()}  out: {{ from: windows, file.sink: out.json }}
  late: {{ from: windows.late, file.sink: late.json }}
dead_letters: drop
"""

    def test(self, expected, late):
        """Of what PostgreSQL says: rows as JSON objects."""
        import json
        steps = []
        for what, with_what in self.steps:
            if what == "send":
                names = ("t", "k", "v", "d", "s", "b")
                rows = [{"payload": json.dumps(dict(zip(names, (iso(row[0]), *row[1:])))), "partition": ord(row[1] or "z") % self.splits}
                        for row in with_what]  # the rows of a key come by one of them
                steps.append("send: { rows: " + json.dumps(rows) + " }")
            elif what == "watermark":
                steps.append(f"watermark: {iso(with_what)}")
            else:
                steps.append(what)
        steps.append("end_of_input")
        out = {"any_order": expected} if not self.lateness else {"contains": expected}
        steps.append("expect: " + json.dumps({"windows": out, "windows.late": {"any_order": late}}))
        return (f"topology: case-{self.seed}.yaml\ncases:\n  case {self.seed}, {self.kind}:\n    steps:\n"
                + "".join(f"      - {step}\n" for step in steps))

    # PostgreSQL

    def windows_of_rows(self):
        """SELECT of (start, finish) in microseconds by row r, joined to each row of `r`."""
        floor = "floor((r.t - {o})::numeric / {s})::bigint * {s} + {o}"
        if self.kind == "tumbling":
            start = floor.format(o=self.offset, s=self.size)
            return f"LATERAL (SELECT {start} AS start, {start} + {self.size} AS finish) w"
        if self.kind == "sliding":
            last = floor.format(o=self.offset, s=self.every)
            return (f"LATERAL (SELECT n AS start, n + {self.size} AS finish FROM generate_series({last}, r.t - {self.size} + 1, "
                    f"-{self.every}::bigint) n) w")
        if self.kind == "cumulative":
            start, step = floor.format(o=self.offset, s=self.size), floor.format(o=self.offset, s=self.every)
            return (f"LATERAL (SELECT {start} AS start, n AS finish FROM generate_series({step} + {self.every}, {start} + "
                    f"{self.size}, {self.every}::bigint) n) w")
        moment = f"(timestamptz '{EPOCH.isoformat()}' + r.t * interval '1 microsecond') AT TIME ZONE '{self.zone}'"
        begin = f"date_trunc('{self.unit}', {moment})"
        micros = "(extract(epoch FROM ({}) AT TIME ZONE '" + self.zone + f"') * 1000000)::bigint - {int(EPOCH.timestamp()) * SECOND}"
        return (f"LATERAL (SELECT {micros.format(begin)} AS start, "
                f"{micros.format(begin + f' + interval {chr(39)}1 {self.unit}{chr(39)}')} AS finish) w")

    def sql(self):
        """Two statements, a JSON object a row of each: the windows, then the late rows."""
        def literal(value):
            return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in self.rows)
        source = (f"r AS (SELECT t::bigint, k, v::bigint, d::numeric(12,2), s, b::boolean, w0::bigint AS watermark FROM (VALUES {values}) "
                  "AS q(t, k, v, d, s, b, w0))")
        columns = ", ".join(f"({theirs}) AS a{i}" for i, (_, theirs) in enumerate(self.aggregates))
        keys = ", ".join(self.keys)
        moment = f"to_char((timestamptz '{EPOCH.isoformat()}' + {{}} * interval '1 microsecond') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        result = f"{keys}, {moment.format('start')} AS window_start, {moment.format('finish')} AS window_end, {columns}"
        if self.kind == "session":
            gap = self.size
            marked = (f"m AS (SELECT *, CASE WHEN t - lag(t) OVER (PARTITION BY {keys} ORDER BY t) < {gap} THEN 0 ELSE 1 END AS fresh FROM r), "
                      f"n AS (SELECT *, sum(fresh) OVER (PARTITION BY {keys} ORDER BY t ROWS UNBOUNDED PRECEDING) AS session FROM m), "
                      f"g AS (SELECT *, min(t) OVER (PARTITION BY {keys}, session) AS start, max(t) OVER (PARTITION BY {keys}, session) + {gap} "
                      f"AS finish FROM n)")
            return (f"WITH {source}, {marked} SELECT to_jsonb(q) FROM (SELECT {result} FROM g GROUP BY {keys}, start, finish) q",
                    "SELECT NULL::jsonb WHERE false")
        taken = f"j AS (SELECT r.*, w.*, finish - 1 + {self.lateness} > watermark AS taken FROM r, {self.windows_of_rows()})"
        return (f"WITH {source}, {taken} SELECT to_jsonb(q) FROM (SELECT {result} FROM j WHERE taken GROUP BY {keys}, start, finish) q",
                f"WITH {source} SELECT to_jsonb(q) FROM (SELECT {moment.format('t')} AS t, k, v, d, s, b FROM r WHERE NOT EXISTS "
                f"(SELECT FROM {self.windows_of_rows()} WHERE finish - 1 + {self.lateness} > watermark)) q")
