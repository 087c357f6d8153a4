"""A topic that is deleted under a running host ends it, and one that is made anew under its name is not gone on with."""
import os
import pathlib
import socket
import struct
import subprocess

from weirtest import TIMEOUT, WEIR, broker, check, equal, produce, scratch, settings, unique, weir

TOPOLOGY = """
name: gone
checkpoint: 100ms
restart: { strategy: fixed_delay, delay: 100ms, attempts: 3 }
parameters: { brokers: "", raw: "" }
connections:
  kafka: { brokers: $brokers }
dead_letters: log
nodes:
  read: { kafka.source: { topic: $raw, format: json, record: { n: int64 }, start: earliest } }
  counted: { from: read, key: n, fold: { columns: { times: { init: 0, next: times + 1 } } } }
  out: { from: counted, console: json }
"""


def delete(address, topic):
    """By the protocol (DeleteTopics 1): no tool at hand does it."""

    def text(value):
        return struct.pack(">h", len(value)) + value.encode()

    host, port = address.split(":")
    request = struct.pack(">hhi", 20, 1, 1) + text("test") + struct.pack(">i", 1) + text(topic) + struct.pack(">i", 20000)
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = connection.makefile("rb")
        size = struct.unpack(">i", answer.read(4))[0]
        equal(answer.read(size)[-2:], b"\0\0", "the broker's answer to the deletion")


with scratch() as folder:
    address, topic = broker(), unique("gone")
    path = pathlib.Path(folder) / "gone.yaml"
    path.write_text(TOPOLOGY)
    arguments = [path, "--data-dir", os.path.join(folder, "data"), *settings(brokers=address, raw=topic)]
    weir("topic", "create", topic, "--partitions", 1, "--brokers", address)
    produce(address, topic, [b'{"n":%d}' % n for n in range(5)])
    host = subprocess.Popen([WEIR, "run", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(5):
            check(host.stdout.readline(), "the host reads what is there")
        delete(address, topic)
        said = host.communicate(timeout=TIMEOUT)[1]
    finally:
        host.kill()
        host.wait()
    check(host.returncode not in (0, -9), f"the host went on: {said}")
    check(f"topic `{topic}` is gone: it was deleted while it was read" in said and f"topic `{topic}` is not there" in said, f"it is not told: {said}")
    weir("topic", "create", topic, "--partitions", 1, "--brokers", address)
    produce(address, topic, [b'{"n":%d}' % n for n in range(100, 120)])
    said = weir("run", *arguments, "--for", "30s", code=6)[1]
    check("another record lies there now: the topic was deleted and made anew" in said, f"not refused: {said}")
    rows = weir("run", *arguments, "--reset", "--records", 20)[0].splitlines()
    equal(len(rows), 20, "rows of the new topic, begun anew")
    print("ok: told of, refused, and begun anew")
