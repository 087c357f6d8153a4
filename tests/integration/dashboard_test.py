"""The dashboard in a real browser: rows that the test posts are seen, change when others come, and nothing complains.

WEIR_SCREENSHOT=FILE.png keeps a picture of the page.
"""
import os
import pathlib
import tempfile

from chromium import Chromium
from served import Served, free_port, post
from weirtest import check, equal

TOPOLOGY = """
name: ticks
serve: {{ port: 0 }}
views:
  latest: {{ latest: ticks, rows: 20, key: symbol }}
  history: {{ latest: ticks, rows: 500 }}
  minutes: {{ latest: minutes, rows: 500 }}
dashboard:
  title: Stock ticks
  panels:
    - cards: {{ view: latest, label: symbol, value: price, trend: true, unit: USD }}
    - line: {{ title: Price, view: history, for_each: latest.symbol, x: at, y: price }}
    - line: {{ title: All prices, view: history, x: at, y: price, by: symbol }}
    - bars: {{ title: Volume, view: latest, label: symbol, value: volume }}
    - candles: {{ title: Minutes of ACME, view: minutes, with: {{ symbol: ACME }}, x: at }}
    - table: {{ title: Recent ticks, view: history, rows: 5 }}
    - markdown: "**Prices** of <b>three</b> made-up companies, from [an address](https://example.com/)."
nodes:
  ticks: {{ http.source: {{ port: {port}, record: {{ symbol: string, price: float64, volume: int64, at: timestamp }}, answer: taken }} }}
  minutes:
    from: ticks
    select: {{ symbol: symbol, at: at, open: price - 0.5, high: price + 1, low: price - 1, close: price }}
"""
SYMBOLS = ["ACME", "INIT", "ZETA"]


def ticks(first, n):
    """Rows for each symbol, a second apart."""
    return [{"symbol": symbol, "price": round(100 + 20 * s + 5 * ((i * (s + 3)) % 7), 2), "volume": 10 * (s + 1),
             "at": f"2024-05-23T12:{i // 60:02d}:{i % 60:02d}Z"} for i in range(first, first + n) for s, symbol in enumerate(SYMBOLS)]


def of_panel(number, rest):
    return f"document.querySelectorAll('main > section')[{number}].querySelector{rest}"


def cards(browser):
    return browser.evaluate("[...document.querySelectorAll('.card')].map((c) => [c.querySelector('h3').textContent, c.querySelector('.value').textContent])")


def test_shows_what_comes(browser, port):
    browser.until("document.getElementById('status').dataset.state === 'live'")
    equal(browser.evaluate("document.title"), "Stock ticks", "the title")
    check("no rows yet" in browser.evaluate("document.body.innerText"), "an empty page says so")
    post(port, ticks(0, 60))
    browser.until("document.querySelectorAll('.card').length === 3")
    last = {row["symbol"]: row["price"] for row in ticks(59, 1)}
    browser.until(f"document.querySelector('.card .value').textContent.startsWith('{last['ACME']:g}')")
    equal(cards(browser), [[symbol, f"{last[symbol]:g} USD"] for symbol in SYMBOLS], "the cards")
    browser.until(of_panel(1, "All('figure path.line').length === 3"))
    points = browser.evaluate(of_panel(1, "('path.line').getAttribute('d').split(/[ML]/).length - 1"))
    equal(points, 60, "points of a symbol's line")
    equal(browser.evaluate(of_panel(2, "All('path.line').length")), 3, "a line for each symbol")
    equal(browser.evaluate(of_panel(3, "All('.bar').length")), 3, "bars")
    equal(browser.evaluate(of_panel(4, "All('rect').length")), 60, "candles of one symbol")
    equal(browser.evaluate(of_panel(5, "All('tbody tr').length")), 5, "rows of the table")
    equal(browser.evaluate(of_panel(5, "('tbody td').textContent")), "ZETA", "the newest row is the first")
    equal(browser.evaluate(of_panel(6, "('strong').textContent")), "Prices", "markdown")
    check("<b>three</b>" in browser.evaluate("document.body.innerText"), "markup in a text stays text")


def test_changes(browser, port):
    before = browser.evaluate(of_panel(1, "('path.line').getAttribute('d')"))
    post(port, [{"symbol": "ACME", "price": 333.25, "volume": 1, "at": "2024-05-23T12:01:00Z"}])
    browser.until("document.querySelector('.card .value').textContent.startsWith('333.25')")
    check(browser.evaluate("document.querySelector('.card .change').classList.contains('up')"), "a price that rose")
    browser.until(of_panel(1, f"('path.line').getAttribute('d') !== '{before}'"))
    equal(browser.evaluate(of_panel(1, "('path.line').getAttribute('d').split(/[ML]/).length - 1")), 61, "the new point")
    post(port, [{"symbol": "NEWS", "price": 1.5, "volume": 4, "at": "2024-05-23T12:01:01Z"}])
    browser.until(of_panel(1, "All('figure').length === 4"))
    browser.until("document.querySelectorAll('.card').length === 4")


def test_every_screen(browser):
    """Light and dark, a phone and a desk: nothing is wider than the screen, and the text can be read."""
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        browser.until(f"document.documentElement.dataset.theme === '{scheme}'")
        for width, height, mobile in ((360, 740, True), (1280, 900, False)):
            browser.resize(width, height, mobile=mobile)
            browser.until(f"document.documentElement.scrollWidth <= {width}")
        check(contrast(browser) >= 4.5, scheme, "contrast of soft text on a panel", contrast(browser))
    browser.evaluate("document.getElementById('theme').click()")
    equal(browser.evaluate("document.documentElement.dataset.theme"), "light", "the toggle")
    equal(browser.evaluate("document.querySelectorAll('svg[role=img]:not([aria-label])').length"), 0, "charts without a name")
    equal(browser.evaluate("document.documentElement.lang"), "en", "the language")


def contrast(browser):
    """As WCAG 2 has it."""
    return browser.evaluate("""(() => {
        const luminance = (color) => {
            const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const text = luminance(getComputedStyle(document.querySelector('th')).color);
        const panel = luminance(getComputedStyle(document.querySelector('th').closest('section')).backgroundColor);
        return (Math.max(text, panel) + 0.05) / (Math.min(text, panel) + 0.05);
    })()""")


def test_says_when_weir_is_gone(browser, served):
    """Its page stays, with what it had last."""
    served.stop()
    browser.until("document.getElementById('status').dataset.state === 'lost'")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="weir-dashboard-") as folder, Chromium() as browser:
        path = pathlib.Path(folder) / "ticks.yaml"
        path.write_text(TOPOLOGY.format(port=port))
        with Served(path) as served:
            browser.prefer("light")
            browser.resize(1280, 900)
            browser.open(served.url + "/")
            test_shows_what_comes(browser, port)
            test_changes(browser, port)
            test_every_screen(browser)
            equal(browser.complaints, [], "the browser's complaints")
            if "WEIR_SCREENSHOT" in os.environ:
                browser.resize(1200, 1000)
                browser.screenshot(os.environ["WEIR_SCREENSHOT"])
            test_says_when_weir_is_gone(browser, served)


if __name__ == "__main__":
    main()
