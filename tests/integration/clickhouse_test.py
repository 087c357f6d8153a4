"""clickhouse.sink on real servers: each type there and back, tables that do not fit, rows that are refused, servers that fail."""
import json
import pathlib
import sys

from clickhouse_servers import Encrypted, Server, stopped_in_the_end
from weirtest import check, data_dir, equal, scratch, weir


def run(folder, text, *options, code=0, name="t"):
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return "".join(weir("run", path, *data_dir(name), *options, code=code))


# Column: its type in weir, in ClickHouse, and for each row what goes in (JSON) and what the engine shows (JSON).
TYPES = {
    "i8": ("int8", "Int8", [-128, 127, 0], None),
    "i16": ("int16", "Int16", [-32768, 32767, 0], None),
    "i32": ("int32", "Int32", [-2147483648, 2147483647, 0], None),
    "i64": ("int64", "Int64", [-9223372036854775808, 9223372036854775807, 0], None),
    "u8": ("uint8", "UInt8", [0, 255, 1], None),
    "u16": ("uint16", "UInt16", [0, 65535, 1], None),
    "u32": ("uint32", "UInt32", [0, 4294967295, 1], None),
    "u64": ("uint64", "UInt64", [0, 18446744073709551615, 1], None),
    "i128": ("int64", "Int128", [-9223372036854775808, 5, 0], [-9223372036854775808, 5, 0]),
    "u256": ("uint64", "UInt256", [0, 18446744073709551615, 1], [0, 18446744073709551615, 1]),
    "f32": ("float32", "Float32", ["NaN", "-Infinity", "3.4028235e38"], ["nan", "-inf", 3.4028235e38]),
    "f64": ("float64", "Float64", ["Infinity", "-1.7976931348623157e308", "5e-324"], ["inf", -1.7976931348623157e308, 5e-324]),
    "fi": ("int32", "Float64", [-2147483648, 2147483647, 0], [-2147483648, 2147483647, 0]),
    "dec9": ("decimal(9,4)", "Decimal(9, 4)", ["-99999.9999", "99999.9999", "0.0001"], None),
    "dec18": ("decimal(12,2)", "Decimal(18, 6)", ["-9999999999.99", "0.01", "0"], None),
    "dec38": ("decimal(38,10)", "Decimal(38, 10)", ["-9999999999999999999999999999.9999999999", "1", "0"], None),
    "b": ("bool", "Bool", [True, False, True], None),
    "s": ("string", "String", ["", "äöü 😀 \"\\\n\t\u0000", "x" * 1_000_000], None),
    "fs": ("string", "FixedString(5)", ["", "abcde", "ä"], ["\0" * 5, "abcde", "ä\0\0\0"]),
    "lc": ("string", "LowCardinality(String)", ["", "AAPL", "AAPL"], None),
    "lcn": ("string?", "LowCardinality(Nullable(String))", [None, "", "x"], None),
    "lcu": ("uint16", "LowCardinality(UInt16)", [1, 65535, 1], None),
    "n": ("int64?", "Nullable(Int64)", [None, -1, None], None),
    "nf": ("float64?", "Nullable(Float64)", [None, 0.5, -0.5], None),
    "ns": ("string?", "Nullable(String)", [None, "", "a"], None),
    "nn": ("string", "Nullable(String)", ["a", "", "b"], None),
    "d": ("date", "Date", ["1970-01-01", "2149-06-06", "2024-02-29"], None),
    "d32": ("date", "Date32", ["1900-01-01", "2299-12-31", "1969-12-31"], None),
    "dt": ("timestamp", "DateTime('UTC')", ["1970-01-01T00:00:00Z", "2106-02-07T06:28:15Z", "2024-05-23T12:34:56.999999Z"],
           ["1970-01-01 00:00:00", "2106-02-07 06:28:15", "2024-05-23 12:34:56"]),
    "dtz": ("timestamp", "DateTime('Asia/Tokyo')", ["1970-01-01T00:00:00Z"] * 3, ["1970-01-01 09:00:00"] * 3),
    "t0": ("timestamp", "DateTime64(0, 'UTC')", ["1900-01-01T00:00:00Z", "2299-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.5Z"],
           ["1900-01-01 00:00:00", "2299-12-31 23:59:59", "1969-12-31 23:59:59"]),
    "t3": ("timestamp", "DateTime64(3, 'Europe/Berlin')", ["1900-01-01T00:00:00Z", "2299-12-31T22:59:59.999999Z", "2024-06-01T00:00:00.001Z"],
           ["1900-01-01 01:00:00.000", "2299-12-31 23:59:59.999", "2024-06-01 02:00:00.001"]),
    "t6": ("timestamp", "DateTime64(6, 'UTC')", ["1900-01-01T00:00:00Z", "2299-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
           ["1900-01-01 00:00:00.000000", "2299-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"]),
    "t9": ("timestamp", "DateTime64(9, 'UTC')", ["1900-01-01T00:00:00Z", "2262-04-11T23:47:16.854775Z", "1970-01-01T00:00:00.000001Z"],
           ["1900-01-01 00:00:00.000000000", "2262-04-11 23:47:16.854775000", "1970-01-01 00:00:00.000001000"]),
    "u": ("string", "UUID", ["61f0c404-5cb3-11e7-907b-a6006ad3dba0", "00000000-0000-0000-0000-000000000000",
                             "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"], None),
    "e8": ("string", "Enum8('a' = -128, 'b, \\'c' = 127)", ["a", "b, 'c", "a"], None),
    "e16": ("string?", "Nullable(Enum16('x' = 1000))", [None, "x", "x"], None),
    "ip4": ("string", "IPv4", ["0.0.0.0", "255.255.255.255", "1.2.3.4"], None),
    "ip6": ("string", "IPv6", ["::", "2001:db8::ff", "1.2.3.4"], ["::", "2001:db8::ff", "::ffff:1.2.3.4"]),
    "a": ("list<int64>", "Array(Int64)", [[], [1, -9223372036854775808], [0]], None),
    "an": ("list<string?>", "Array(Nullable(String))", [[None, "", "a"], [], [None]], None),
    "aa": ("list<list<string>>", "Array(Array(LowCardinality(String)))", [[["a", "b"], []], [], [["a"]]], None),
    "m": ("map<string, float64>", "Map(String, Float64)", [{}, {"a": 0.5, "b": -1}, {"": 0}], None),
    "ma": ("map<string, list<int32>>", "Map(LowCardinality(String), Array(Int32))", [{}, {"a": [1, 2]}, {"b": []}], None),
    "tu": ("struct<x: int8, y: string?>", "Tuple(x Int8, y Nullable(String))", [{"x": -1, "y": None}, {"x": 1, "y": "z"}, {"x": 0, "y": ""}], None),
    "tt": ("struct<p: int8, q: int8>", "Tuple(Int8, Int8)", [{"p": 1, "q": 2}] * 3, [[1, 2]] * 3),
    "js": ("string", "JSON", ['{"a":1}', '{"b":{"c":"x"}}', "{}"], [{"a": 1}, {"b": {"c": "x"}}, {}]),
}
BY_CAST = {"f32", "f64"}  # JSON has no NaN: they come as text


def there_and_back(server, front, folder, types, compression):
    """Every type with its edge values, written by weir, read back by the engine. The insert's answer is an exception: the rows are found."""
    table = f"types_{compression}"
    columns = ", ".join(f"{name} {target}" for name, (_, target, _, _) in types.items())
    server.ask(f"CREATE TABLE {table} (row UInt8, {columns}, kept String DEFAULT 'by default', twice UInt16 MATERIALIZED row * 2) "
               "ENGINE = MergeTree ORDER BY row")
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps({"row": i, **{name: values[i] for name, (_, _, values, _) in types.items()}}) + "\n" for i in range(3)))
    fields = "".join(f"    {name}: \"{'string' if name in BY_CAST else kind}\"\n" for name, (kind, _, _, _) in types.items())
    casts = "".join(f", {name}: \"{name}::{kind}\"" for name, (kind, _, _, _) in types.items() if name in BY_CAST)
    front.fault(kind="late_after", times=1)
    said = run(folder, f"""
name: types
connections:
  clickhouse: {{ url: "{front.url}" }}
records:
  row:
    row: uint8
{fields}
nodes:
  rows: {{ file.source: {{ path: {rows}, format: json, record: row }}, set: {{ row: row{casts} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: {table}, compression: {compression} }} }}
""", name=f"types-{compression}")
    check("trying again" in said and "cannot be seen" not in said and "were missing" not in said, said)
    for name, (_, _, values, shown) in types.items():
        got = [value for value, in server.rows(f"SELECT {name} FROM {table} ORDER BY row")]
        want = [v.lower() if name == "u" else v for v in (shown or values)]
        equal(got, want, f"column {name}")
    equal(server.rows(f"SELECT row, kept, twice FROM {table} ORDER BY row"), [[i, "by default", 2 * i] for i in range(3)], "defaults")


def refused_rows(server, folder, delivery):
    """A table that refuses a few rows: these alone are dead letters, with what the server says; the others are in."""
    table = f"refused_{delivery}"
    server.ask(f"CREATE TABLE {table} (id Int64, name String, CONSTRAINT odd CHECK id % 1000 != 7) ENGINE = MergeTree ORDER BY id "
               "SETTINGS non_replicated_deduplication_window = 1000")
    letters = folder / f"letters_{delivery}.jsonl"
    out = run(folder, f"""
name: refused-{delivery}
delivery: {delivery}
checkpoint: 200ms
connections:
  clickhouse: {{ url: "{server.url}" }}
nodes:
  rows: {{ generate: {{ columns: {{ id: {{ sequence: {{ start: 1 }} }}, name: {{ template: "n{{id}}" }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {table} }}
  letters: {{ from: out.errors, file.sink: {{ path: {letters} }} }}
""", "--records", "5000", name=f"refused-{delivery}")
    found = sorted((json.loads(line) for file in folder.glob(f"letters_{delivery}*.jsonl") for line in file.read_text().splitlines()),
                   key=lambda letter: json.loads(letter["payload"])["id"])
    equal([json.loads(letter["payload"]) for letter in found], [{"id": i, "name": f"n{i}"} for i in (7, 1007, 2007, 3007, 4007)], "dead letters")
    for letter in found:
        equal((letter["node"], letter["code"]), ("out", "insert"), "a dead letter")
        check(f"table `default.{table}`: Code: 469. DB::Exception: Constraint `odd`" in letter["message"], letter["message"])
    equal(server.rows(f"SELECT count(), uniqExact(id), countIf(id % 1000 = 7) FROM {table}"), [[4995, 4995, 0]], "the table")
    check("refused rows" in out, out)


def rows_that_do_not_fit(server, folder):
    """Values that a column cannot hold never reach the server."""
    server.ask("CREATE TABLE narrow (id Int64, u UUID, at DateTime('UTC'), n Int64) ENGINE = MergeTree ORDER BY id")
    rows = folder / "narrow.jsonl"
    good = "61f0c404-5cb3-11e7-907b-a6006ad3dba0"
    rows.write_text("".join(json.dumps(row) + "\n" for row in [
        {"id": 1, "u": good, "at": "2024-05-23T12:34:56Z", "n": 1}, {"id": 2, "u": "none", "at": "1960-01-01T00:00:00Z", "n": 1},
        {"id": 3, "u": good, "at": "1960-01-01T00:00:00Z", "n": 1}, {"id": 4, "u": good, "at": "2024-05-23T12:34:56Z", "n": None}]))
    letters = folder / "narrow-letters.jsonl"
    run(folder, f"""
name: narrow
connections:
  clickhouse: {{ url: "{server.url}" }}
records:
  row: {{ id: int64, u: string, at: timestamp, n: "int64?" }}
nodes:
  rows: {{ file.source: {{ path: {rows}, format: json, record: row }} }}
  out: {{ from: rows, clickhouse.sink: narrow }}
  letters: {{ from: out.errors, file.sink: {{ path: {letters} }} }}
""", name="narrow")
    found = [json.loads(line) for line in letters.read_text().splitlines()]
    equal([(letter["field"], letter["message"]) for letter in found],
          [("u", '"none" is not a UUID, such as 61f0c404-5cb3-11e7-907b-a6006ad3dba0'),
           ("at", "1960-01-01T00:00:00Z is not within 1970-01-01 to 2106-02-07T06:28:15Z, which a DateTime holds"),
           ("n", "null, and Int64 takes none")], "dead letters")
    equal(server.rows("SELECT id FROM narrow"), [[1]], "the table")


def tables_that_do_not_fit(server, folder):
    """What lint --deep says, and a run with it."""
    server.ask("CREATE DATABASE shop")
    server.ask("CREATE TABLE shop.orders (id UInt32, customer String, day Date MATERIALIZED today(), twice UInt32 ALIAS id * 2, price Decimal(10, 1)) "
               "ENGINE = MergeTree ORDER BY id")
    path = folder / "misfit.yaml"

    def lint(table, columns, delivery="at_least_once", more=""):
        path.write_text(f"""name: misfit
delivery: {delivery}
connections:
  clickhouse: {{ url: "{server.url}" }}
nodes:
  rows: {{ generate: {{ columns: {{ {columns} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: {table}{more} }} }}
""")
        return "".join(weir("lint", "--deep", path, code=2))

    said = lint("shop.orders", "id: { sequence: {} }, custmer: { constant: x }, day: { constant: x }, "
                               "twice: { constant: 1, type: uint32 }, price: { constant: 1, type: 'decimal(12,2)' }")
    for part in ["table `shop.orders`: column `id` is UInt32, and the rows have int64: not every value fits",
                 "hint: cast it before: `set: { id: id::uint32 }`, or `ALTER TABLE shop.orders MODIFY COLUMN id Int64`",
                 "table `shop.orders`: it has no column `custmer`, which the rows have (string)", "nearest: `customer`",
                 "column `day` is MATERIALIZED: the server computes it", "column `twice` is ALIAS: the server computes it",
                 "column `price` is Decimal(10, 1), and the rows have decimal(12,2): digits behind the point would be cut"]:
        check(part in said, part, said)
    equal(said.count("error[outside-mismatch]"), 5, said)
    said = "".join(weir("run", path, *data_dir("misfit"), code=2))
    check("column `id` is UInt32" in said and "2 more: `weir lint --deep` tells all" in said, said)
    said = lint("shop.order", "id: { constant: 1, type: uint32 }")
    check("table `shop.order` is not there" in said and "nearest: `orders`" in said, said)
    said = lint("shop.orders", "id: { constant: 1, type: uint32 }", "exactly_once")
    check("among its last 0 inserts alone (non_replicated_deduplication_window), and exactly_once needs 100 or more" in said, said)
    check("`ALTER TABLE shop.orders MODIFY SETTING non_replicated_deduplication_window = 10000`" in said, said)
    server.ask("CREATE TABLE shop.log (id UInt32) ENGINE = Log")
    said = lint("shop.log", "id: { constant: 1, type: uint32 }", "exactly_once")
    check("its engine is Log, which cannot tell a block that it has from a new one" in said, said)


def servers_that_fail(server, front, folder):
    """Answers dropped before and after, bodies and answers cut, exceptions behind a 200: nothing lost, and with exactly_once nothing twice."""
    for delivery in ("exactly_once", "at_least_once"):
        table = f"hurt_{delivery}"
        front.fault(kind="before,after,cut_body,cut_answer,500,503,code,late_before,late_after", share=0.4, seed=7)
        run(folder, f"""
name: hurt-{delivery}
delivery: {delivery}
checkpoint: 100ms
connections:
  clickhouse: {{ url: ["http://127.0.0.1:9", "{front.url}"], timeout: 5s }}
nodes:
  rows: {{ generate: {{ rate: 100000, columns: {{ id: {{ sequence: {{}} }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: {table}, batch_rows: 2000, max_age: 50ms,
          create_table: {{ order_by: id, settings: {{ non_replicated_deduplication_window: 1000 }} }} }} }}
""" if delivery == "at_least_once" else f"""
name: hurt-{delivery}
delivery: {delivery}
checkpoint: 100ms
connections:
  clickhouse: {{ url: "{front.url}", timeout: 5s }}
nodes:
  rows: {{ generate: {{ rate: 100000, columns: {{ id: {{ sequence: {{}} }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: {table}, batch_rows: 2000, create_table: {{ order_by: id }} }} }}
""", "--records", "100000", name=f"hurt-{delivery}")
        count, different, total = server.rows(f"SELECT count(), uniqExact(id), sum(DISTINCT id) FROM {table}")[0]
        equal((different, total), (100000, 99999 * 50000), f"{delivery}: rows")
        if delivery == "exactly_once":
            equal(count, 100000, "rows twice")
        front.fault(kind="none")


def partitions(server, folder):
    """Blocks of exactly_once lie within a partition each, also where the time zone is another."""
    run(folder, f"""
name: parts
delivery: exactly_once
checkpoint: 300ms
connections:
  clickhouse: {{ url: "{server.url}" }}
nodes:
  rows:
    generate: {{ columns: {{ id: {{ sequence: {{}} }}, kind: {{ list: [a, b, c] }} }} }}
    set: {{ at: "to_timestamp(1704067200 + id * 600)" }}
  out:
    from: rows
    clickhouse.sink:
      table: parts
      create_table: {{ order_by: id, partition_by: "(toYYYYMM(at), kind)", columns: {{ at: "DateTime('America/New_York')" }} }}
""", "--records", "20000", name="parts")
    equal(server.rows("SELECT count(), uniqExact(id) FROM parts")[0],
          [20000, 20000], "rows")
    found = server.rows("SELECT uniq(_partition_id) FROM parts")[0][0]
    equal(found, 18, "partitions")


def old_server(folder):
    """ClickHouse 18.16: plain types by the same protocol; exactly_once is refused."""
    server = Server("clickhouse-debian", folder / "old")
    server.ask("CREATE TABLE plain (id Int64, day Date DEFAULT toDate(at), at DateTime, s String, n Nullable(Float64), price Decimal(12, 2), "
               "u UUID, e Enum8('a' = 1, 'b' = 2), a Array(String)) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY id")
    text = f"""
name: old
connections:
  clickhouse: {{ url: "{server.url}" }}
nodes:
  rows: {{ generate: {{ columns: {{ id: {{ sequence: {{}} }}, at: {{ timestamp: {{ start: "2024-05-23T12:34:56Z" }} }}, s: {{ fake: word }},
           n: {{ list: [0.5, null] }}, price: {{ constant: 1.25, type: "decimal(12,2)" }}, u: {{ fake: uuid }}, e: {{ list: [a, b] }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: plain, compression: COMPRESSION }} }}
"""
    for n, compression in enumerate(("lz4", "zstd", "none"), 1):
        run(folder, text.replace("COMPRESSION", compression), "--records", "10000", name=f"old-{compression}")
        equal(server.ask("SELECT count(), sum(id), sum(price), min(day), uniq(e), countIf(n IS NULL) > 0 FROM plain"),
              f"{n * 10000}\t{n * 49995000}\t{n * 12500}.00\t2024-05-23\t2\t1", f"18.16 with {compression}")
    said = run(folder, text.replace("COMPRESSION", "lz4").replace("name: old", "name: old\ndelivery: exactly_once"), code=2, name="old-eo")
    check("ClickHouse 18.16 cannot tell a block that it has from a new one: exactly_once needs 22.2 or later" in said, said)
    server.stop()


def users(folder):
    """A password, a wrong one, and rights that are missing."""
    server = Server("clickhouse", folder / "locked", "--password", "s3cret'\\ ü")
    text = f"""
name: locked
parameters: {{ password: {{ type: string, secret: true }} }}
connections:
  clickhouse: {{ url: "{server.url}", user: app, password: $password }}
nodes:
  rows: {{ generate: {{ columns: {{ id: {{ sequence: {{}} }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: locked.t, create_table: {{ order_by: id }} }} }}
"""
    out = run(folder, text, "--set", "password=s3cret'\\ ü", "--records", "10", name="locked")
    check("s3cret" not in out, out)
    said = run(folder, text, "--set", "password=wrong", code=2, name="locked")
    check("AUTHENTICATION_FAILED" in said and "wrong" not in said.replace("password is incorrect", ""), said)
    server.stop()


def encrypted(server, folder):
    """https:// with an authority of one's own, and without it."""
    tls = Encrypted(server, folder)
    text = f"""
name: encrypted
connections:
  clickhouse: {{ url: "{tls.url}", TLS }}
nodes:
  rows: {{ generate: {{ columns: {{ id: {{ sequence: {{}} }} }} }} }}
  out: {{ from: rows, clickhouse.sink: {{ table: encrypted, create_table: {{ order_by: id }} }} }}
"""
    run(folder, text.replace("TLS", f"tls: {{ ca: {tls.ca} }}"), "--records", "5000", name="encrypted")
    equal(server.rows("SELECT count(), uniqExact(id) FROM encrypted"), [[5000, 5000]], "rows over TLS")
    said = run(folder, text.replace("TLS", "user: default"), "--connect-timeout", "1s", code=4, name="encrypted")
    check("certificate" in said, said)
    tls.stop()


def main():
    with scratch() as name, stopped_in_the_end():
        folder = pathlib.Path(name)
        server = Server("clickhouse", folder / "server", "--set", "allow_suspicious_low_cardinality_types=1")
        front = Server("clickhouse-front", folder / "front", "--to", server.url)
        for compression in ("lz4", "zstd", "none"):
            there_and_back(server, front, folder, TYPES, compression)
        rows_that_do_not_fit(server, folder)
        tables_that_do_not_fit(server, folder)
        for delivery in ("at_least_once", "exactly_once"):
            refused_rows(server, folder, delivery)
        partitions(server, folder)
        encrypted(server, folder)
        servers_that_fail(server, front, folder)
        old_server(folder)
        users(folder)
        front.stop()
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
