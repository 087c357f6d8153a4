"""Ticks from a real Kafka to an embedded ClickHouse, seen in a real browser: every row that this test produced, and those that come later.

WEIR_SCREENSHOT=FILE.png keeps a picture of the page.
"""
import json
import os
import subprocess
import tempfile

from chromium import Chromium
from served import Served
from weirtest import SOURCE, TOPOLOGIES, broker, consume, equal, produce, settings, unique, weir

# The engine, which a topology that has `embedded` finds by this.
os.environ["WEIR_LIBCHDB"] = subprocess.run([SOURCE / "tests/servers/clickhouse/start", "--fetch"], capture_output=True, text=True, check=True).stdout.strip()
SYMBOLS = {"ACME": 180, "GLOBEX": 64, "HOOLI": 310}


def price(symbol, i):
    return round(SYMBOLS[symbol] * (1 + 0.05 * ((i * (1 + len(symbol))) % 17) / 17), 2)


def ticks(first, n):
    return [json.dumps({"symbol": symbol, "price": price(symbol, i), "volume": 100 * (1 + i % 3), "timestamp": f"2024-05-23T12:{i // 60:02d}:{i % 60:02d}Z"}).encode()
            for i in range(first, first + n) for symbol in SYMBOLS]


def test_rows_arrive(served, address, topic, dead_letters):
    produce(address, topic, ticks(0, 100) + [b'{"symbol":"ACME","price":-5,"volume":1,"timestamp":"2024-05-23T12:00:00Z"}', b"no JSON"])
    stats = served.until_rows("/api/stats", lambda rows: sum(row["ticks"] for row in rows) == 300)
    equal([row["symbol"] for row in stats], sorted(SYMBOLS), "the companies")
    acme = [price("ACME", i) for i in range(100)]
    equal((stats[0]["lowest"], stats[0]["highest"], stats[0]["average"], stats[0]["volume"]),
          (min(acme), max(acme), round(sum(acme) / 100, 2), sum(100 * (1 + i % 3) for i in range(100))), "what ClickHouse makes of the rows")
    latest = {row["symbol"]: row["price"] for row in served.rows("/api/latest")}
    equal(latest, {symbol: price(symbol, 99) for symbol in SYMBOLS}, "the last prices")
    history = served.rows("/api/history?symbol=HOOLI&minutes=1")
    equal([row["price"] for row in history], [price("HOOLI", i) for i in range(40, 100)], "a minute of one company")
    equal([row["symbol"] for row in served.rows("/api/recent?n=3")].count("ACME"), 1, "the last second")
    equal(served.rows("/api/history?symbol=HOOLI'%20OR%201%20=%201"), [], "a value is bound")
    served.problem("/api/history?symbol=HOOLI&minutes=soon", 400, detail="`minutes` is of type int32", parameter="^minutes$")
    served.until_rows("/api/live", lambda rows: len(rows) == 300)
    letters = consume(address, dead_letters)
    equal(sorted(record.headers["weir.code"] for record in letters), ["check", "decode"], "dead letters")


def test_page(served, address, topic):
    with Chromium() as browser:
        browser.prefer("light")
        browser.resize(1200, 900)
        browser.open(served.url + "/")
        browser.until("document.querySelectorAll('.card').length === 3")
        equal(browser.evaluate("[...document.querySelectorAll('.card .value')].map((value) => parseFloat(value.textContent))"),
              [price(symbol, 99) for symbol in sorted(SYMBOLS)], "the cards")
        browser.until("document.querySelectorAll('[data-view=history] path.line').length === 3")
        line = browser.evaluate("document.querySelector('[data-view=history] path.line').getAttribute('d')")
        equal(line.count("L"), 99, "the points of a chart but for its first")
        browser.until("document.querySelectorAll('[data-view=live] tbody tr').length === 12")
        if "WEIR_SCREENSHOT" in os.environ:
            browser.screenshot(os.environ["WEIR_SCREENSHOT"])
        produce(address, topic, ticks(100, 1))
        browser.until(f"parseFloat(document.querySelector('.card .value').textContent) === {price('ACME', 100)}")
        browser.until(f"document.querySelector('[data-view=history] path.line').getAttribute('d') !== '{line}'")
        browser.until("document.querySelector('[data-view=live] tbody').innerText.includes(':01:40')")
        equal(browser.complaints, [], "the browser's complaints")


def main():
    address, topic, dead_letters = broker(), unique("stock-ticks"), unique("stock-ticks-dlq")
    weir("topic", "create", topic, "--partitions", "4", "--brokers", address)
    with tempfile.TemporaryDirectory(prefix="weir-stocks-") as folder:
        options = settings(brokers=address, topic=topic, group_id=unique("stocks"), dead_letter_topic=dead_letters, port=0,
                           embedded_clickhouse=os.path.join(folder, "clickhouse"), delivery="exactly_once")
        with Served(TOPOLOGIES / "stock-ticks.yaml", *options, "--data-dir", os.path.join(folder, "state"), "--reset") as served:
            test_rows_arrive(served, address, topic, dead_letters)
            test_page(served, address, topic)


if __name__ == "__main__":
    main()
