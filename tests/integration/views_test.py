"""Views over HTTP: rows of nodes, live events, queries of a connection, and everything that is refused."""
import contextlib
import json
import os
import pathlib
import socket
import tempfile
import time

from served import Events, Served, free_port, post
from weirtest import check, equal, weir

PLUGINS = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "integration_plugins"
RECORD = "{ symbol: string, price: float64, n: int64, at: timestamp, amount: \"decimal(12,2)?\" }"
LATEST = """
name: ticks
parameters: {{ port: 0, limit: 3 }}
serve: $port
views:
  last: {{ latest: ticks, rows: 3 }}
  by_symbol: {{ latest: ticks, rows: 10, key: symbol }}
  cheap: {{ latest: cheap, rows: 10, key: symbol, columns: [symbol, n] }}
  refused: {{ latest: ticks.errors, rows: 10 }}
nodes:
  ticks: {{ http.source: {{ port: {port}, record: {record}, answer: taken }} }}
  cheap: {{ from: ticks, where: price < 10 }}
dead_letters: drop
"""
QUERIES = """
name: queries
parameters: { table: ticks, days: 7 }
serve: 0
connections: { fixed_table: {} }
views:
  all: SELECT ticks
  history: { sql: SELECT ticks of $symbol, args: { symbol: string } }
  arguments:
    args: { symbol: { type: string, default: "it's" }, minutes: 60, at: { type: timestamp, default: 2024-05-23T12:00:00Z }, flag: true, small: { type: int8, default: 1 } }
    sql: SELECT arguments $symbol $minutes $at $flag $small $table $days
  wrong: FAIL config
  away: FAIL retryable
  much: FAIL row
  early: { sql: FAIL argument, args: { symbol: { type: string, default: x } } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 1 } }
  shown: { from: numbers, log: {} }
"""
CHANGING = """
name: changing
serve: 0
views: {{ numbers: {{ latest: numbers, rows: 100000 }}{views} }}
nodes:{nodes}
  numbers: {{ generate: {{ columns: {{ n: {{ sequence: {{}} }} }}, rate: 50 }} }}
"""


def tick(symbol, price, n, **more):
    return {"symbol": symbol, "price": price, "n": n, "at": "2024-05-23T12:00:00.5Z", "amount": None, **more}


@contextlib.contextmanager
def topology(text):
    with tempfile.TemporaryDirectory(prefix="weir-views-") as folder:
        path = pathlib.Path(folder) / "topology.yaml"
        path.write_text(text)
        yield path


def test_rows_of_nodes():
    port = free_port()
    with topology(LATEST.format(port=port, record=RECORD)) as path, Served(path) as served:
        post(port, [tick("ACME", 12.5, 9007199254740993), tick("INIT", 1.25, 2, amount="3.10"), tick("ACME", 8.0, 3), tick("ZETA", 7.0, 4)])
        last = served.until("/api/last", lambda rows: len(rows) == 3, "the last rows")
        equal([(row["symbol"], row["n"]) for row in last], [("INIT", 2), ("ACME", 3), ("ZETA", 4)], "the last rows, the oldest first")
        body = served.get("/api/last")[2]
        check('{"symbol":"INIT","price":1.25,"n":2,"at":"2024-05-23T12:00:00.500000Z","amount":3.10}' in body, body)
        equal([row["n"] for row in served.rows("/api/by_symbol")], [3, 2, 4], "the last row of each symbol")
        equal(served.until("/api/cheap", lambda rows: len(rows) == 3, "rows of another node"), [{"symbol": "ACME", "n": 3}, {"symbol": "INIT", "n": 2}, {"symbol": "ZETA", "n": 4}], "columns that are kept")
        equal([row["n"] for row in served.rows("/api/last?limit=1")], [4], "the last one")
        equal([row["n"] for row in served.rows("/api/last?symbol=ACME")], [3], "rows of a symbol")
        equal([row["n"] for row in served.rows("/api/by_symbol?n=%2B02")], [2], "a number, however it is written")
        equal(served.rows("/api/by_symbol?symbol=AC%22ME"), [], "a text with quotes")
        index = served.rows("/api")
        equal([(view["name"], view["kind"], view["key"], view["seen"], view["skipped"]) for view in index["views"]],
              [("last", "latest", [], 4, 0), ("by_symbol", "latest", ["symbol"], 4, 0), ("cheap", "latest", ["symbol"], 3, 0),
               ("refused", "latest", [], 0, 0)], "the views")
        equal(index["views"][0]["columns"][4], {"name": "amount", "type": "decimal(12,2)", "nullable": True}, "a column")
        equal(index["followers"], {"now": 0, "most": 16, "dropped": 0}, "followers")
        test_refusals(served)
        test_followers(served, port)
        test_page(served)


def test_refusals(served):
    served.problem("/api/lats", 404, detail="there is no view `lats`; there are .*; nearest: `last`")
    served.problem("/api/last/more", 404, detail="the views are at /api")
    served.problem("/nothing", 404, detail="there is nothing at /nothing")
    served.problem("/api/last?simbol=x", 400, detail="has no argument `simbol`; it takes .*; nearest: `symbol`", parameter="^simbol$")
    served.problem("/api/last?price=1", 400, detail="no argument `price`")
    served.problem("/api/last?n=many", 400, detail="`n` is of type int64, and cannot be `many`", parameter="^n$")
    served.problem("/api/last?limit=0", 400, detail="at least 1", parameter="^limit$")
    served.problem("/api/last?limit=1&limit=2", 400, detail="given twice", parameter="^limit$")
    served.problem("/api/last?symbol=%ff", 400, detail="bytes that are not UTF-8")
    served.problem("/events", 400, detail="takes the names of views")
    served.problem("/events?view=non", 404, detail="there is no view `non`")
    equal(served.get("/api/last", method="POST")[0], 405, "a method that writes")
    for host, status in [("evil.example", 421), ("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("127.0.0.1.evil.example", 421)]:
        equal(served.get("/api/last", {"Host": host})[0], status, f"Host: {host}")
    equal(served.get("/api/last", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"})[0], 403, "a page of another site")
    headers = served.get("/api/last", {"Origin": "http://evil.example"})[1]
    check("Access-Control-Allow-Origin" not in headers, "no other site reads an answer", headers)
    equal((headers["Cache-Control"], headers["X-Content-Type-Options"]), ("no-store", "nosniff"), "headers of rows")


def test_followers(served, port):
    with Events(served, "/api/by_symbol/events") as by_symbol, Events(served, "/events?view=last&view=cheap") as several:
        equal([row["n"] for row in by_symbol.next()[1]["rows"]], [2, 3, 4], "what is there, the newest last")
        name, first = several.next()
        equal((name, first["view"], [row["n"] for row in first["rows"]]), ("rows", "last", [2, 3, 4]), "the first view")
        equal(several.next()[1]["view"], "cheap", "the second view")
        post(port, [tick("INIT", 99.0, 5)])
        equal([(row["symbol"], row["n"]) for row in by_symbol.next()[1]["rows"]], [("INIT", 5)], "the row that changed")
        equal(several.next()[1], {"view": "last", "rows": [json.loads(served.get("/api/last?limit=1")[2])[0]]}, "the new row")
        equal(served.rows("/api")["followers"]["now"], 2, "who follows")
    test_a_follower_that_does_not_read(served, port)


def test_a_follower_that_does_not_read(served, port):
    """It is dropped, and counted; nobody else waits for it."""
    address = served.url.removeprefix("http://").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((address[0], int(address[1])))
        slow.sendall(b"GET /api/last/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        deadline = time.monotonic() + 90
        n = 100
        while served.rows("/api")["followers"]["dropped"] == 0:
            post(port, [tick("X" * 100_000, 50.0, n + i) for i in range(10)])
            n += 10
            check(time.monotonic() < deadline, "a follower that does not read is not dropped")


def test_page(served):
    status, headers, body = served.get("/")
    equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"), "the page")
    check("default-src 'none'" in headers["Content-Security-Policy"], headers["Content-Security-Policy"])
    check("<script" in body and "http://" not in body and "https://" not in body, "the page loads nothing from elsewhere")
    for path in ("/app.js", "/charts.js", "/data.js", "/format.js", "/markdown.js", "/panels.js"):
        equal(served.get(path)[1]["Content-Type"], "text/javascript; charset=utf-8", path)
    equal([panel["view"] for panel in served.rows("/dashboard.json")["panels"]], ["last", "by_symbol", "cheap", "refused"],
          "without a dashboard each view is a table")


def test_queries():
    with topology(QUERIES) as path, Served(path, "--plugin-dir", PLUGINS) as served:
        rows = served.until_answered("/api/all")
        equal([row["volume"] for row in rows], [9007199254740993, 2, 3], "all rows")
        equal([row["price"] for row in served.rows("/api/history?symbol=ACME")], [12.5, 13.5], "rows of a symbol")
        equal(served.rows("/api/history?symbol=ACME' OR 1=1 --".replace(" ", "%20")), [], "a value is one value")
        equal([(row["name"], row["type"], row["text"]) for row in served.rows("/api/arguments?minutes=5")],
              [("symbol", "string", "it's"), ("minutes", "int64", "5"), ("at", "timestamp", "2024-05-23T12:00:00Z"), ("flag", "bool", "true"),
               ("small", "int8", "1"), ("table", "string", "ticks"), ("days", "int64", "7")], "arguments, typed and bound")
        served.problem("/api/history", 400, detail="needs `symbol`, of type string", parameter="^symbol$")
        served.problem("/api/arguments?small=1000", 400, detail="`small` is of type int8, and cannot be `1000`")
        served.problem("/api/arguments?at=now", 400, detail="`at` is of type timestamp")
        served.problem("/api/arguments?table=x", 400, detail="no argument `table`")
        served.problem("/api/wrong", 500, detail="view `wrong`: there is no table `tics`")
        check(served.problem("/api/away", 503, detail="10.0.0.1:9000 does not answer")["Retry-After"], "when to try again")
        served.problem("/api/much", 413, detail="more than 10000 rows")
        served.problem("/api/early", 400, detail="before 1900", parameter="^symbol$")
        served.problem("/api/all/events", 404, detail="is a query and has no live rows")
        views = {view["name"]: view for view in served.rows("/api")["views"]}
        equal(views["history"], {"name": "history", "href": "/api/history", "kind": "query", "args": [{"name": "symbol", "type": "string"}],
                                 "columns": [{"name": "symbol", "type": "string", "nullable": False}, {"name": "price", "type": "float64", "nullable": True},
                                             {"name": "volume", "type": "int64", "nullable": False}, {"name": "at", "type": "timestamp", "nullable": False}]},
              "a query")
        equal(views["wrong"]["columns"], None, "columns that its server does not tell")
        equal([panel["view"] for panel in served.rows("/dashboard.json")["panels"]], ["all", "arguments", "wrong", "away", "much", "early"],
              "without a dashboard each view that needs no argument is a table")


def test_a_topology_that_changes_while_it_runs():
    """Its views change with it, also where its nodes have other places; a view that is as it was keeps its rows."""
    with topology(CHANGING.format(views="", nodes="")) as path, Served(path, "--watch") as served:
        served.until("/api/numbers", lambda rows: len(rows) >= 3, "rows of the first graph")
        served.problem("/api/more", 404)
        with Events(served, "/api/numbers/events") as events:
            check(events.next()[1]["rows"][0]["n"] == 0, "rows from the first")
            path.write_text(CHANGING.format(views=", more: { latest: more, rows: 5 }", nodes="\n  more: { generate: { columns: { m: { sequence: { start: 1000 } } }, rate: 50 } }"))
            served.until_rows("/api/more", lambda rows: len(rows) == 5 and rows[0]["m"] >= 1000)
            check(events.ends(), "who follows is told to look again")
        rows = served.until("/api/numbers", lambda rows: rows and rows[-1]["n"] > 0, "rows of the second graph")
        check(rows[0] == {"n": 0} and all(list(row) == ["n"] for row in rows), "rows of the first graph are there still", rows[:3])
        equal([panel["view"] for panel in served.rows("/dashboard.json")["panels"]], ["numbers", "more"], "the page")


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with topology(LATEST.format(port=free_port(), record=RECORD)) as path:
            _, told = weir("run", path, "--set", f"port={port}", code=4)
            check(f"error[unreachable]: `serve`: 127.0.0.1:{port} is taken" in told, told)
            check("another `port`, or 0 for one that is free" in told, told)


def test_deep_lint_asks_for_columns():
    with topology(QUERIES + "dashboard: { panels: [{ bars: { view: all, label: symbol, value: prise } }, { bars: { view: all, label: symbol, value: at } }] }\n") as path:
        weir("lint", path, "--plugin-dir", PLUGINS)
        told, _ = weir("lint", "--deep", path, "--plugin-dir", PLUGINS, code=2)
        for expected in ("panel 1: the view `all` has no column `prise`", "nearest: `price`", "`bars.value` cannot be `at`, which is a timestamp",
                         "error[outside-mismatch]: view `wrong`: there is no table `tics`", "error[unreachable]: view `away`: 10.0.0.1:9000"):
            check(expected in told, expected, told)


def main():
    test_rows_of_nodes()
    test_queries()
    test_a_topology_that_changes_while_it_runs()
    test_a_port_that_is_taken()
    test_deep_lint_asks_for_columns()


if __name__ == "__main__":
    main()
