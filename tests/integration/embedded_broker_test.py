"""`weir broker`: other clients and another weir use the embedded broker of a long-lived process."""
import re
import signal
import subprocess

from weirtest import TIMEOUT, TOPOLOGIES, WEIR, check, check_law, consume, equal, pairs_of, produce, settings, weir

process = subprocess.Popen([WEIR, "broker"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
try:
    found = None
    while not found:
        line = process.stdout.readline()
        check(line, "weir broker ended without an address")
        found = re.search(r"127\.0\.0\.1:\d+", line)
    address = found[0]
    numbers = [n % 13 for n in range(1000)]
    produce(address, "raw-topic", [str(n).encode() for n in numbers] + [b"x"])
    weir("run", TOPOLOGIES / "pair-match.yaml", "--records", 1001, *settings(brokers=address))
    pairs, dead = pairs_of(consume(address, "enriched-topic")), consume(address, "raw-events-dlq")
    check_law(1001, pairs, len(dead), numbers, 12)
    listed, _ = weir("topic", "ls", "--brokers", address)
    for topic in ("raw-topic", "enriched-topic", "raw-events-dlq"):
        check(topic in listed, f"topic ls does not show {topic}:\n{listed}")
    weir("topic", "produce", "more", "--brokers", address, stdin="one\ntwo\n")
    tailed, _ = weir("topic", "tail", "more", "--from", "start", "-n", 2, "--brokers", address)
    check("one" in tailed and "two" in tailed, f"topic tail shows:\n{tailed}")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(TIMEOUT), 0, "exit code of weir broker")
    print("ok: kcat and weir share the embedded broker of another process")
finally:
    process.kill()
    process.wait()
