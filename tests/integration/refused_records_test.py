"""What a broker refuses in transactions, and weir cannot know before: a record goes to `errors` and the others arrive once; what no record is
at fault for ends the run and says what to do. The broker is the test's own, with an authorizer."""
import json
import os
import pathlib
import socket
import struct
import subprocess

from weirtest import SOURCE, TIMEOUT, check, equal, kcat, produce, scratch, settings, weir

KAFKA = SOURCE / "tests" / "servers" / "kafka"
AUTHORIZER = ["--set", "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
              "--set", "allow.everyone.if.no.acl.found=true"]
LIMIT = 20_000
ALLOW, DENY = 3, 2
ALL, WRITE, DESCRIBE_CONFIGS = 2, 4, 10

TOPOLOGY = """
name: refused
delivery: exactly_once
checkpoint: 100ms
workers: 2
restart: { strategy: fixed_delay, delay: 50ms, attempts: 10 }
parameters: { brokers: "", out: "" }
connections:
  kafka: { brokers: $brokers }
dead_letters: { kafka.sink: { topic: letters } }
nodes:
  read: { kafka.source: { topic: raw, format: json, record: { n: int64, text: string }, start: earliest, stop_at_end: true } }
  out: { from: read, kafka.sink: { topic: $out } }
"""


def server(script, *arguments):
    done = subprocess.run([KAFKA / script, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
    check(done.returncode == 0, f"{script}: {done.stderr}")
    return done.stdout.split()


def ask(address, key, version, body):
    host, port = address.split(":")
    request = struct.pack(">hhi", key, version, 1) + text("test") + body
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = connection.makefile("rb")
        return answer.read(struct.unpack(">i", answer.read(4))[0])


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def rule(address, topic, operation, permission):
    """CreateAcls 1, for all users."""
    body = struct.pack(">ib", 1, 2) + text(topic) + struct.pack(">b", 3) + text("User:*") + text("*") + struct.pack(">bb", operation, permission)
    answer = ask(address, 30, 1, body)
    equal(answer[8:14], struct.pack(">ih", 1, 0), "the broker's answer to the rule")


def make_topic(address, topic, partitions=1, **properties):
    """CreateTopics 2."""
    body = struct.pack(">i", 1) + text(topic) + struct.pack(">ihi", partitions, 1, 0) + struct.pack(">i", len(properties))
    for name, value in properties.items():
        body += text(name.replace("_", ".")) + text(value)
    answer = ask(address, 19, 2, body + struct.pack(">ib", 20000, 0))
    equal(answer[12 + 2 + len(topic):][:2], b"\0\0", f"the broker's answer to topic {topic}")


with scratch() as folder:
    address = server("start", os.path.join(folder, "kafka"), "--owner", str(os.getpid()), *AUTHORIZER)[0]
    try:
        path = pathlib.Path(folder) / "refused.yaml"
        path.write_text(TOPOLOGY)
        for topic, partitions in (("raw", 2), ("letters", 1), ("forbidden", 1)):
            make_topic(address, topic, partitions)
        make_topic(address, "limited", max_message_bytes=str(LIMIT))
        for topic, denied in (("limited", DESCRIBE_CONFIGS), ("forbidden", WRITE)):
            rule(address, topic, ALL, ALLOW)
            rule(address, topic, denied, DENY)
        rows = [{"n": n, "text": "x" * (30_000 if n in (17, 42) else 20)} for n in range(100)]
        for p in range(2):
            produce(address, "raw", [json.dumps(row).encode() for row in rows[p::2]], "-p", p)

        said = weir("run", path, "--data-dir", os.path.join(folder, "data"), *settings(brokers=address, out="limited"))[1]
        read = ["-C", "-b", address, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed"]
        arrived = [json.loads(line)["n"] for line in kcat(*read, "-t", "limited").splitlines()]
        for p in range(2):
            equal([n for n in arrived if n % 2 == p], [n for n in range(p, 100, 2) if n not in (17, 42)],
                  f"rows that arrived of partition {p}, each once and in order\n{said[-2000:]}")
        letters = [json.loads(line)["n"] for line in kcat(*read, "-t", "letters").splitlines()]
        equal(sorted(letters), [17, 42], "dead letters")
        check("Broker: Message size too large" in said and "xxxx" not in said, f"what is said of the refusals: {said[-2000:]}")

        said = weir("run", path, "--data-dir", os.path.join(folder, "data"), "--reset", *settings(brokers=address, out="forbidden"), code=5)[1]
        check("topic `forbidden`" in said and "let this user write the topic (ACL: Write, Describe)" in said, f"not told what to do: {said}")
        print("ok: the records that the broker refuses are dead letters, the others arrived once; a missing right ends the run")
    finally:
        server("stop", os.path.join(folder, "kafka"), "--kill")
