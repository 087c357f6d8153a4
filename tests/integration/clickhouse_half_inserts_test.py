"""clickhouse.sink on a MergeTree whose server ends in the middle of an insert: with the token noted and the rows not there, or
the other way round. Nothing is lost; and with exactly_once, or a host that goes on, nothing is there twice. Nor is a block that the server
took and of which somebody has deleted some rows since.

The server is killed while the insert's answer is held back, and one of the two is taken from its files.
"""
import json
import pathlib
import subprocess
import sys
import time

from clickhouse_servers import Server, stopped_in_the_end
from weirtest import TIMEOUT, WEIR, check, data_dir, equal, scratch

ROWS, DELETED = 1000, 10
TOPOLOGY = """
name: {name}
delivery: {delivery}
checkpoint: 100ms
workers: 1
connections:
  clickhouse: {{ url: "{url}", timeout: 60s }}
nodes:
  rows: {{ file.source: {{ path: {rows}, format: json, record: {{ id: int64, name: string, n: "float64?", at: timestamp }} }} }}
  out:
    from: rows
    clickhouse.sink:
      table: {table}
      max_age: 50ms
      create_table:
        order_by: [name, at]
        partition_by: toYYYYMM(at)
        columns: {{ name: LowCardinality(String) }}
        settings: {{ non_replicated_deduplication_window: 1000 }}
"""


class Host:
    """A run whose only insert has reached the server, and is not answered."""

    def __init__(self, folder, url, delivery, lost, is_killed):
        self.table = f"{delivery}_{lost}_{'killed' if is_killed else 'alive'}"
        self.lost, self.is_killed, self.said = lost, is_killed, folder / f"{self.table}.log"
        self.topology = folder / f"{self.table}.yaml"
        self.topology.write_text(TOPOLOGY.format(name=self.table.replace("_", "-"), delivery=delivery, url=url, table=self.table,
                                                 rows=folder / "rows.jsonl"))
        self.start()

    def start(self):
        with open(self.said, "a", encoding="utf-8") as out:
            self.process = subprocess.Popen([WEIR, "run", self.topology, *data_dir(self.table)], stdout=out, stderr=subprocess.STDOUT)

    def kill(self):
        self.process.kill()
        self.process.wait(TIMEOUT)

    def finish(self):
        check(self.process.wait(TIMEOUT) == 0, f"{self.table}: exit {self.process.returncode}\n{self.said.read_text()}")


def wait_for(what, condition):
    until = time.monotonic() + TIMEOUT
    while not condition():
        check(time.monotonic() < until, f"no {what} within {TIMEOUT} s")
        time.sleep(0.02)


def take_away(folder, table, lost):
    """What a server that ended too soon would not have: the rows of its last insert, or their token."""
    data = pathlib.Path(table)
    parts = [part for part in data.iterdir() if (part / "checksums.txt").exists()]
    logs = list((data / "deduplication_logs").iterdir())
    check(len(parts) == 1 and len(logs) == 1, f"{table}: one part and one token, not {parts}, {logs}")
    if lost == "rows":
        parts[0].rename(folder / f"taken-{data.name}")
    elif lost == "token":
        logs[0].write_text("")


def main():
    with scratch() as name, stopped_in_the_end():
        folder = pathlib.Path(name)
        server = Server("clickhouse", folder / "server")
        front = Server("clickhouse-front", folder / "front", "--to", server.url)
        front.fault(kind="hold", times=1_000_000)
        (folder / "rows.jsonl").write_text("".join(
            json.dumps({"id": i, "name": "ab"[i % 3 == 0], "n": (0.5, None)[i % 2], "at": "2026-01-02T03:04:05Z"}) + "\n" for i in range(ROWS)))
        hosts = [Host(folder, front.url, delivery, lost, is_killed)
                 for delivery, is_killed in (("exactly_once", False), ("exactly_once", True), ("at_least_once", False))
                 for lost in ("rows", "token")]
        hosts.append(Host(folder, front.url, "exactly_once", "some", False))
        try:
            for host in hosts:
                wait_for(f"insert into {host.table}", lambda: server.ask(f"EXISTS {host.table}") == "1" and
                         server.ask(f"SELECT count() FROM {host.table}") == str(ROWS))
            folders = dict(server.rows("SELECT name, data_paths[1] FROM system.tables WHERE database = 'default'"))
            server.stop("--kill")
            for host in hosts:
                take_away(folder, folders[host.table], host.lost)
                if host.is_killed:
                    host.kill()
            server.start()
            for host in hosts:
                equal(server.ask(f"SELECT count() FROM {host.table}"), "0" if host.lost == "rows" else str(ROWS), f"{host.table} after the kill")
            server.ask(f"ALTER TABLE {hosts[-1].table} DELETE WHERE id < {DELETED} SETTINGS mutations_sync = 2")
            front.fault(kind="none")
            for host in hosts:
                if host.is_killed:
                    host.start()
            for host in hosts:
                host.finish()
                first = DELETED if host.lost == "some" else 0
                equal(server.rows(f"SELECT count(), uniqExact(id), countIf(n IS NULL), sum(id) FROM {host.table}"),
                      [[ROWS - first, ROWS - first, (ROWS - first) // 2, sum(range(first, ROWS))]], f"{host.table}\n{host.said.read_text()}")
                if host.lost == "some":
                    check(f"{DELETED} of the {ROWS} rows of a block are missing and {ROWS - DELETED} are there" in host.said.read_text(), host.said.read_text())
                if host.lost == "rows":
                    check(f"{ROWS} of the {ROWS} rows of a block were missing, though" in host.said.read_text(), host.said.read_text())
        finally:
            for host in hosts:
                host.kill()
        front.stop()
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
