"""What weir says when the broker, or the topic, is not there."""
import os
import subprocess

from weirtest import SOURCE, TIMEOUT, TOPOLOGIES, broker, check, produce, scratch, settings, unique, weir

YAML = TOPOLOGIES / "pair-match.yaml"


def free_port():
    out = subprocess.run([SOURCE / "tests/servers/free_ports", "1"], capture_output=True, text=True, check=True).stdout
    return out.split()[0]


def an_unreachable_broker_is_named():
    address = f"127.0.0.1:{free_port()}"
    _, text = weir("run", YAML, "--connect-timeout", "2s", *settings(brokers=address), code=4)
    check(address in text, f"the message does not name {address}:\n{text}")


def a_broker_that_advertises_a_foreign_name_is_named():
    with scratch() as folder:
        start = [SOURCE / "tests/servers/kafka/start", folder, "--owner", str(os.getpid()), "--advertise", "nowhere.invalid"]
        address = subprocess.run(start, capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout.split()[0]
        try:
            _, text = weir("run", YAML, "--connect-timeout", "3s", *settings(brokers=address), code=4)
            check("nowhere.invalid" in text and "advertised.listeners" in text, f"the message does not tell what to do:\n{text}")
        finally:
            subprocess.run([SOURCE / "tests/servers/kafka/stop", folder], timeout=TIMEOUT, check=True)


def a_missing_topic_is_named_with_the_nearest_one():
    topic = unique("numbers-in")
    produce(broker(), topic, [b"1"])
    with scratch() as folder:
        path = os.path.join(folder, "missing.yaml")
        with open(path, "w") as f:
            f.write(f"""name: missing
connections: {{ kafka: {{ brokers: "{broker()}" }} }}
nodes:
  raw: {{ kafka.source: {{ topic: {topic}x, group_id: {unique("g")}, format: text, record: {{ n: int64 }} }} }}
  out: {{ from: raw, console: {{}} }}
""")
        done = subprocess.run([os.environ["WEIR_BIN"], "run", path], capture_output=True, text=True, timeout=TIMEOUT)
        check(done.returncode != 0, "a missing topic was accepted")
        check(f"{topic}x" in done.stderr and f"`{topic}`" in done.stderr, f"topic or nearest is missing:\n{done.stderr}")


def a_missing_topic_is_not_produced_to():
    topic = unique("numbers-out")
    produce(broker(), topic, [b"1"])
    _, text = weir("topic", "produce", f"{topic}x", "--brokers", broker(), stdin="1\n", code=2)
    check(f"topic `{topic}x` is not there; did you mean `{topic}`?\n   see: weir topic create {topic}x\n" in text, f"it says:\n{text}")


def lint_looks_at_the_broker_where_it_is_asked_to():
    topic = unique("lines")
    weir("topic", "create", topic, "--brokers", broker())
    with scratch() as folder:
        path = os.path.join(folder, "deep.yaml")
        for name, code in ((topic, 0), (f"{topic}x", 2)):
            with open(path, "w") as f:
                f.write(f"""connections: {{ kafka: "{broker()}" }}
nodes:
  raw: {{ generate: {{ columns: {{ n: {{ sequence: {{}} }} }} }} }}
  out: {{ from: raw, kafka.sink: {name} }}
""")
            text, _ = weir("lint", path, "--deep", code=code)
            check((code == 0) == text.endswith(": ok\n"), f"lint --deep says:\n{text}")
        check("error[outside-missing]" in text and f"nearest: `{topic}`" in text, f"lint --deep says:\n{text}")


def topics_are_created_listed_written_and_read():
    topic, address = unique("made"), broker()
    weir("topic", "create", topic, "--partitions", 3, "--brokers", address)
    listed, _ = weir("topic", "ls", "--brokers", address, "--format", "json")
    check(topic in listed, f"topic ls does not show {topic}:\n{listed}")
    _, text = weir("topic", "create", topic, "--brokers", address, code=2)
    check(topic in text and "exists" in text, f"creating it twice says:\n{text}")
    weir("topic", "produce", topic, "--brokers", address, stdin="one\ntwo\n")
    tailed, _ = weir("topic", "tail", topic, "--from", "start", "-n", 2, "--brokers", address)
    check("one" in tailed and "two" in tailed, f"topic tail shows:\n{tailed}")


for case in (an_unreachable_broker_is_named, a_broker_that_advertises_a_foreign_name_is_named,
             a_missing_topic_is_named_with_the_nearest_one, a_missing_topic_is_not_produced_to,
             lint_looks_at_the_broker_where_it_is_asked_to, topics_are_created_listed_written_and_read):
    case()
    print("ok:", case.__name__.replace("_", " "))
