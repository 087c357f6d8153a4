"""Payloads of every codec through a host: records by name, in a file, with paths and formats; what fails, with its reason."""
import pathlib
import re
import signal
import subprocess

from weirtest import TIMEOUT, WEIR, check, consume, equal, produce, scratch, weir

TOPOLOGY = """
name: codecs
parameters: { brokers: embedded }
connections: { kafka: { brokers: $brokers, create_topics: { partitions: 1 } } }
dead_letters: { kafka.sink: dead }
records:
  order:
    id: int64
    city: { type: string, path: user.address.city, nullable: true }
    at: { type: timestamp, format: epoch_ms }
    tags: [string]
    more: "map<string, string>"
nodes:
  json:    { kafka.source: { topic: json, format: { json: { rest: more } }, record: order } }
  csv:     { kafka.source: { topic: csv, format: { csv: { delimiter: ";", null_text: "-" } }, record: item } }
  log:
    kafka.source:
      topic: log
      format: { text: { pattern: '(?P<level>[A-Z]+) \\[(?P<at>[^\\]]*)\\] (?P<message>.*)' } }
      record: { level: string, at: { type: timestamp, format: "%d/%b/%Y:%T %z" }, message: string }
  as_json: { from: json, kafka.sink: json-out }
  as_text: { from: json, kafka.sink: { topic: template-out, format: { template: { text: "{id}: {city}", null_text: nowhere } } } }
  as_tsv:  { from: csv, kafka.sink: { topic: tsv-out, format: { tsv: { header: true } } } }
  as_kv:   { from: log, kafka.sink: { topic: kv-out, format: { kv: { timestamps: epoch_s } } } }
"""

SENT = {
    "json": ['{"id":1,"user":{"address":{"city":"Rome"},"x":1},"at":1716467696000,"tags":["a","b"],"note":"n"}',
             '{"id":2,"at":1716467696123.5,"tags":[]}',
             '{"id":"3","at":0,"tags":[]}'],
    "csv": ['1;"a; b";2.50', "2;-;-", "3;x"],
    "log": ["WARN [23/May/2024:12:34:56 +0200] disk full", "INFO [23/May/2024:12:34:57 +0000] a,b", "what?"],
}
EXPECTED = {
    "json-out": ['{"id":1,"city":"Rome","at":"2024-05-23T12:34:56Z","tags":["a","b"],"more":{"note":"\\"n\\""}}',
                 '{"id":2,"city":null,"at":"2024-05-23T12:34:56.123500Z","tags":[],"more":{}}'],
    "template-out": ["1: Rome", "2: nowhere"],
    "tsv-out": ["id\tname\tprice\n1\ta; b\t2.50", "id\tname\tprice\n2\t\t"],
    "kv-out": ["level=WARN,at=1716460496,message=disk full"],
}
DEAD = [
    ("as_kv", "encode", "message", "INFO [23/May/2024:12:34:57 +0000] a,b", "`a,b` has the separator `,` in it"),
    ("csv", "decode", None, "3;x", "the row has 2 fields and not 3 (id, name, price)"),
    ("json", "decode", "id", '{"id":"3","at":0,"tags":[]}', '`"3"` is not an int64 (at byte 6)'),
    ("log", "decode", None, "what?", "`what?` does not match the pattern"),
]

process = subprocess.Popen([WEIR, "broker"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
try:
    found = None
    while not found:
        line = process.stdout.readline()
        check(line, "weir broker ended without an address")
        found = re.search(r"127\.0\.0\.1:\d+", line)
    address = found[0]
    scratch_folder = scratch()
    folder = pathlib.Path(scratch_folder.name)
    (folder / "schemas" / "records").mkdir(parents=True)
    (folder / "schemas" / "records" / "item.yaml").write_text('id: int64\nname: "string?"\nprice: "decimal(9,2)?"\n')
    (folder / "topologies").mkdir()
    topology = folder / "topologies" / "codecs.yaml"
    topology.write_text(TOPOLOGY)
    for topic, payloads in SENT.items():
        produce(address, topic, [payload.encode() for payload in payloads])
    weir("run", topology, "--set", f"brokers={address}", "--records", sum(map(len, SENT.values())))
    for topic, payloads in EXPECTED.items():
        # Partitions have no order among each other.
        equal(sorted(record.payload.decode() for record in consume(address, topic)), sorted(payloads), topic)
    dead = [tuple(record.headers.get(f"weir.{name}") for name in ("node", "code", "field")) +
            (record.payload.decode(), record.headers["weir.message"]) for record in consume(address, "dead")]
    equal(sorted(dead, key=str), DEAD, "dead letters")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(TIMEOUT), 0, "exit code of weir broker")
    print("ok: json, csv, tsv, kv, text with a pattern and template through a host")
finally:
    process.kill()
    process.wait()
