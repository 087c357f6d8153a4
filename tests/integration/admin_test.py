"""What a running host answers: health, metrics as Prometheus's own parser reads them, pauses, stops, rows, logs, and why."""
import json
import pathlib
import re
import subprocess
import time

from prometheus_client.parser import text_string_to_metric_families

from admin import Host
from served import free_port, post
from weirtest import TIMEOUT, WEIR, check, equal, scratch

NUMBERS = """
name: numbers
workers: 2
checkpoint: 50ms
dead_letters: drop
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 4000 } }
  kept: { from: numbers, set: { k: n % 10 }, check: { "small \\"k\\"": k < 8 } }
  counts: { from: kept, key: k, fold: { columns: { count: { init: 0, next: count + 1 } } } }
  shown: { from: counts, where: count % 1000 = 0, console: json }
"""
READINGS = """
name: readings
checkpoint: 50ms
checkpoint_timeout: 100ms
nodes:
  readings: {{ http.source: {{ port: {port}, record: {{ sensor: string, at: timestamp, n: int64 }} }} }}
  windows:
    from: {{ readings }}
    key: sensor
    window: {{ tumbling: 10s, time: event }}
  shown: {{ from: windows, console: json }}
"""


def metrics_of(host):
    """{name: {labels: value}} as Prometheus's parser has it, and the types."""
    status, kind, text = host.ask("GET", "/metrics")
    equal((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "the type of metrics")
    values, types = {}, {}
    for family in text_string_to_metric_families(text):
        check(family.name not in types, f"{family.name} stands there twice", text)
        check(family.documentation, f"{family.name} says what it is", text)
        types[family.name] = family.type
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            check(labels not in values.setdefault(sample.name, {}), f"{sample.name} {labels} stands there twice")
            values[sample.name][labels] = sample.value
    return values, types


def value(values, name, **labels):
    found = values.get(name, {}).get(tuple(sorted(labels.items())))
    check(found is not None, f"{name} {labels} is not there", sorted(values))
    return found


def test_health(host):
    equal(host.get("/live"), {"status": "live"}, "alive")
    host.until(lambda: host.ask("GET", "/ready")[0] == 200, "ready")
    equal(host.get("/ready"), {"status": "ready", "topologies": [{"topology": "numbers", "ready": True}]}, "ready")
    equal(host.ask("HEAD", "/live")[0], 200, "the head alone")
    host.problem("POST", "/live", 405, "/live takes GET, and not POST")
    host.problem("GET", "/nothing", 404, "`/nothing` is not there")
    host.problem("GET", "/v1/topologies/number", 404, "no topology `number` runs here; `numbers` do")
    host.problem("GET", "/v1/topologies/numbers/paus", 404, "a topology has `plan`, `apply`")


def test_metrics(host):
    host.until(lambda: host.get("/v1/topologies/numbers")["epochs"] > 3 and host.get("/v1/topologies/numbers")["records"] > 4000, "epochs")
    values, types = metrics_of(host)
    of = {"topology": "numbers"}
    equal(value(values, "weir_topology_ready", **of), 1, "ready")
    equal(value(values, "weir_topology_workers", **of), 2, "workers")
    equal((types["weir_epoch_duration_seconds"], types["weir_node_rows_in"], types["weir_node_queued_batches"]), ("histogram", "counter", "gauge"), "types")
    read, refused = value(values, "weir_node_rows_out_total", node="numbers", **of), value(values, "weir_node_errors_total", node="kept", code="check", **of)
    check(read > 4000 and abs(refused / read - 0.2) < 0.05, "a fifth is refused", read, refused)
    check(value(values, "weir_node_rows_in_total", node="kept", **of) > 0, "rows before a node's clauses")
    for name in ("weir_node_bytes_in_total", "weir_node_bytes_out_total", "weir_node_batches_in_total", "weir_node_state_bytes"):
        check(value(values, name, node="counts", **of) > 0, name)
    check(value(values, "weir_epoch_duration_seconds_count", **of) == value(values, "weir_epochs_total", **of) > 3, "epochs")
    check(0 <= value(values, "weir_epoch_age_seconds", **of) < 60, "the age of the last epoch")
    check(value(values, "process_resident_memory_bytes") > 1 << 20 and value(values, "process_open_fds") > 5, "the process")
    check(abs(time.time() - value(values, "process_start_time_seconds")) < 600, "when the process began")
    equal(value(values, "weir_reloads_total", result="taken", **of), 0, "changes")
    # Time within a node's calls comes in steps of a few milliseconds.
    host.until(lambda: sum(metrics_of(host)[0]["weir_node_busy_seconds_total"].values()) > 0, "busy time")
    later, _ = metrics_of(host)
    for name, samples in values.items():
        if name.endswith("_total") or name.endswith("_count"):
            for labels, before in samples.items():
                check(later[name][labels] >= before, f"{name} {labels} went back")


def test_pause(host):
    out, _ = host.weir("pause", "numbers")
    equal(out, "numbers is paused: its sources are not polled until `weir resume`, its epochs go on\n", "a pause")
    check(re.search(r"^numbers +paused ", host.weir("status")[0], re.M), host.weir("status")[0])

    def records():
        return host.get("/v1/topologies/numbers")["records"]

    def stands_still():
        before = host.get("/v1/topologies/numbers")
        host.until(lambda: host.get("/v1/topologies/numbers")["epochs"] > before["epochs"] + 2, "epochs while it is paused")
        return records() == before["records"]

    host.until(stands_still, "no records while it is paused")
    equal(value(metrics_of(host)[0], "weir_topology_paused", topology="numbers"), 1, "paused")
    equal(host.get("/ready")["status"], "ready", "a paused topology is ready")
    check("`numbers` is paused: its sources are not polled. `weir resume numbers`" in host.weir("why")[0], host.weir("why")[0])
    # A change while it is paused: the new graph is paused, too.
    host.path.write_text(NUMBERS.replace("% 1000", "% 500"))
    host.weir("apply", host.path)
    check(stands_still(), "the new graph is paused, too")
    equal(host.weir("resume", "numbers")[0], "numbers goes on\n", "the end of a pause")
    before = records()
    host.until(lambda: records() > before, "records behind the pause")
    values, _ = metrics_of(host)
    equal((value(values, "weir_reloads_total", topology="numbers", result="taken"), value(values, "weir_reload_pause_seconds_count", topology="numbers")),
          (1, 1), "the change is counted")
    host.problem("GET", "/v1/topologies/numbers/pause", 405, "takes POST, and not GET")


def test_tap(host):
    with host.follow("/v1/topologies/numbers/tap?node=kept&n=5") as events:
        rows = list(events)
    equal([name for name, _ in rows], ["row"] * 5 + ["end"], "events of a tap")
    for _, row in rows[:-1]:
        row = json.loads(row)
        check(list(row) == ["k"] and 0 <= row["k"] < 8, "what its readers want of a row", row)
    end = json.loads(rows[-1][1])
    check(end["shown"] == 5 and end["seen"] >= 5 and not end["run_ended"], end)
    out, told = host.weir("tap", "kept", "--where", "k = 3", "-n", 3)
    equal([json.loads(line)["k"] for line in out.splitlines()], [3, 3, 3], "rows that fit")
    check(re.search(r"^3 rows shown of [\d,]+ that came by", told), told)
    out, _ = host.weir("tap", "kept.errors", "-n", 2)
    equal([json.loads(line)["code"] for line in out.splitlines()], ["check"] * 2, "rows that were refused")
    told = host.weir("tap", "kep", "-n", 1, code=2)[1]
    check(told.startswith("weir tap: there is no node `kep`"), told)
    check("there is no node `kep`" in told and "nearest: `kept`" in told, told)
    told = host.weir("tap", "kept.late", "-n", 1, code=2)[1]
    check("there is no port `late`; expected: `out` or `errors`" in told or "there is no port `late`" in told, told)
    told = host.weir("tap", "kept", "--where", "kk = 1", code=2)[1]
    check("there is no column `kk`" in told and "^~" in told, told)
    told = host.weir("tap", "shown", code=2)[1]
    check("`shown` is a sink, and gives no rows: look at what it reads, or at `shown.errors`" in told, told)
    host.problem("GET", "/v1/topologies/numbers/tap?node=kept&n=0", 400, "at least 1")
    host.problem("GET", "/v1/topologies/numbers/tap?node=kept&m=0", 400, "there is no parameter `m`")


def test_a_tap_ends_with_its_run(host):
    """Who looks at a graph that is changed is told so, and looks again."""
    with host.follow("/v1/topologies/numbers/tap?node=counts") as events:
        equal(next(events)[0], "row", "a row of the first graph")
        host.path.write_text(NUMBERS.replace("% 1000", "% 700"))
        host.weir("apply", host.path)
        last = [data for name, data in events if name == "end"]
    equal([json.loads(data)["run_ended"] for data in last], [True], "the end of its run")
    host.weir("tap", "counts", "-n", 1)


def test_top_and_status(host):
    out, _ = host.weir("top", "-n", 2, "--interval", "300ms")
    tables = out.split("\n\n")
    equal(len(tables), 2, "two tables")
    check(re.search(r"^numbers: running, [\d,]+ records, [\d,]+ epochs, 0 restarts$", tables[1], re.M), tables[1])
    found = re.search(r"^numbers +generate +0 +([\d,.]+) +\d+ % +\d+ % ", tables[1], re.M)
    check(found and float(found[1].replace(",", "")) > 0, "a rate", tables[1])
    check(re.search(r"^kept .* [1-9][\d,.]* +[1-9][\d,]* +0$", tables[1], re.M), "errors a second, and all", tables[1])
    equal(host.weir("top", "other", code=4)[1].split(":")[0], "weir", "another topology")
    details = host.get("/v1/topologies/numbers")
    kept = next(node for node in details["nodes"] if node["node"] == "kept")
    check(kept["errors_by_code"]["check"] == kept["errors"] > 0, kept)


def test_why(host):
    findings = host.get("/v1/topologies/numbers/why")["findings"]
    check(any(one["about"] == "epoch" and not one["holds"] and "nothing holds its epochs" in one["text"] for one in findings), findings)
    out, _ = host.weir("why", "numbers")
    check(out.startswith("epoch      nothing holds its epochs: the last one was committed "), out)


def test_running_host():
    with Host(NUMBERS) as host:
        test_health(host)
        test_metrics(host)
        test_pause(host)
        test_tap(host)
        test_a_tap_ends_with_its_run(host)
        test_top_and_status(host)
        test_why(host)
        host.weir("stop", "numbers")
        host.process.wait(TIMEOUT)


def test_stop_with_a_savepoint():
    with Host(NUMBERS) as host:
        host.until(lambda: host.get("/v1/topologies/numbers")["epochs"] > 1, "an epoch")
        host.problem("POST", "/v1/topologies/numbers/stop", 400, "`../x` is no name of a savepoint", body={"savepoint": "../x"})
        host.problem("POST", "/v1/topologies/numbers/stop", 400, "expected: an object", body={"drain": 1})
        out, _ = host.weir("stop", "numbers", "--savepoint=before-upgrade")
        epoch = re.fullmatch(r"numbers has ended; savepoint before-upgrade: epoch (\d+)\n", out)
        check(epoch, out)
        host.process.wait(TIMEOUT)
        shown = json.loads(host.weir("savepoint", "show", "numbers", "before-upgrade", "--format", "json")[0])
        equal(shown["epoch"], int(epoch[1]), "the savepoint is of the last epoch")
        position = int(shown["positions"][0]["position"].split("@")[0])
        host.reader.join()
        check(re.search(rf"^  read +{position:,} ", host.text(), re.M), "all that was read is in it", position, host.text())
    with Host(NUMBERS) as host:
        host.until(lambda: host.get("/v1/topologies/numbers")["epochs"] > 0, "an epoch")
        out, _ = host.weir("stop", "numbers", "--drain", "--savepoint")
        check(re.fullmatch(r"numbers has ended, as at the end of its input; savepoint [\d-]+: epoch \d+\n", out), out)
        host.process.wait(TIMEOUT)
        equal(len(json.loads(host.weir("savepoint", "ls", "numbers", "--format", "json")[0])), 1, "a savepoint of a drained end")


def test_readiness_waits_for_its_sources():
    """A source that has nothing to read yet, and an epoch that does not come."""
    with scratch() as folder:
        text = f"""
name: lines
nodes:
  lines: {{ file.source: {{ path: {folder}/*.txt, follow: true, format: text }} }}
  shown: {{ from: lines, console: json }}
"""
        with Host(text) as host:
            host.problem("GET", "/ready", 503, "topology `lines`: source `lines` has nothing to read: no partition, file or other split was assigned to it")
            equal(value(metrics_of(host)[0], "weir_topology_ready", topology="lines"), 0, "not ready")
            (pathlib.Path(folder) / "a.txt").write_text("x\n")
            host.until(lambda: host.ask("GET", "/ready")[0] == 200, "ready")


def test_logs():
    text = """
name: talking
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 20 } }
  told: { from: numbers, log: { message: seen } }
  bad: { from: numbers, where: 1 / (n % 7) >= 0, console: json }
dead_letters: log
"""
    with Host(text) as host:
        with host.follow("/v1/logs?follow=true&node=told") as events:
            lines = [json.loads(next(events)[1]) for _ in range(3)]
        check(all(line["node"] == "told" and line["topology"] == "talking" and line["level"] == "info" for line in lines), lines)
        host.until(lambda: any("division" in line["text"] for line in host.get("/v1/logs")), "a dead letter in the log")
        out, _ = host.weir("logs", "told", "--last", 2)
        equal(len(out.splitlines()), 2, "two lines")
        check(re.match(r"^\d{4}-\d\d-\d\dT\S+Z info: talking/told: ", out), out)
        following = subprocess.Popen([WEIR, "logs", "-f", "told", "--data-dir", str(host.data)], stdout=subprocess.PIPE, text=True)
        check("talking/told: " in following.stdout.readline(), "a line that comes")
        host.weir("stop", "talking")
        equal(following.wait(TIMEOUT), 0, "it ends with the host")
        following.stdout.close()
        host.process.wait(TIMEOUT)


def main():
    test_running_host()
    test_stop_with_a_savepoint()
    test_readiness_waits_for_its_sources()
    test_logs()


if __name__ == "__main__":
    main()
