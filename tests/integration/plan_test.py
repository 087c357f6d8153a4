"""What `weir plan` foretells of state, and that `weir apply` does just that: columns and windows that are others, a key of another type."""
from admin import Host
from weirtest import check, equal

FOLD = "fold: {{ columns: {{ {} }} }}"
WINDOW = "window: {{ tumbling: {}, columns: {{ n: count() }} }}"
COUNT, OTHER = "c: { init: 0, next: c + 1 }", "d: { init: 0, next: d + 1 }"


def text(folder, does, key="int64"):
    """Event time stands still within a day, so that no window ends."""
    return f"""
name: planned
workers: 2
checkpoint: 50ms
nodes:
  raw:
    generate: {{ columns: {{ k: {{ range: [0, 9] }}, ts: {{ timestamp: {{ start: "2026-01-01T00:00:00Z", step: 1ms }} }} }}, rate: 1000 }}
    event_time: {{ column: ts }}
  typed: {{ from: raw, select: {{ k: k::{key}, ts: ts }} }}
  kept: {{ from: typed, key: k, {does} }}
  out: {{ from: kept, file.sink: {{ path: "{folder}/out", format: json }} }}
"""


class Planned(Host):
    """A host whose `kept` does that, and has state."""

    def __init__(self, does):
        super().__init__("")
        self.path.write_text(text(self.folder.name, does))

    def __enter__(self):
        super().__enter__()
        self.until(lambda: self.stats()["epochs"] > 1 and self.node()["rows_in"] > 100, "state that is committed")
        return self

    def stats(self):
        return self.get("/v1/topologies/planned")

    def node(self):
        return next(one for one in self.stats()["nodes"] if one["node"] == "kept")

    def plans(self, does, *parts, code, key="int64"):
        self.path.write_text(text(self.folder.name, does, key))
        out = self.weir("plan", self.path, code=code)[0]
        for part in parts:
            check(part in out, f"{part!r} is not in the plan:\n{out}")

    def gives_up(self):
        """The change that was planned last: first as it is, then with what is lost given up."""
        check("--allow-loss kept gives it up" in self.weir("apply", self.path, code=11)[1], "it is not refused")
        epochs = self.stats()["epochs"]
        out = self.weir("apply", self.path, "--allow-loss", "kept")[0]
        check("applied behind epoch" in out, out)
        self.until(lambda: self.stats()["epochs"] > epochs + 1, "epochs behind the change")
        equal(self.stats()["state"], "running", "behind the change")


def test_columns():
    with Planned(FOLD.format(COUNT)) as host:
        host.plans(FOLD.format(OTHER), "the state has `c`, which `columns` has not any more", "loses what its state has and it has no more: --allow-loss kept", code=11)
        host.plans(FOLD.format("c: { init: \"''::string\", next: \"c || 'x'\" }"), "column `c` is int", code=11)
        host.plans(FOLD.format(COUNT + ", " + OTHER), "~ kept", code=10)
        host.plans(FOLD.format(OTHER), code=11)
        host.gives_up()


def test_windows():
    with Planned(WINDOW.format("1d")) as host:
        host.plans(WINDOW.format("2d"), "the windows in the state are of another kind or size, or have other aggregates",
                   "loses its state, which cannot be read any more: --allow-loss kept", code=11)
        host.gives_up()


def test_key():
    for does in (WINDOW.format("1d"), FOLD.format(COUNT)):
        with Planned(does) as host:
            host.plans(does, "key: (integer) -> (text)", "loses its state, which lies under its key, and that is of another type now: --allow-loss kept", code=11, key="string")
            host.gives_up()


test_columns()
test_windows()
test_key()
print("ok")
