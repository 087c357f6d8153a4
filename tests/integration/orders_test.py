"""The topologies about orders on a real broker: what the seeder writes, and what the others make of it, beside Python."""
import collections
import json
import pathlib
import re
from decimal import Decimal

from weirtest import TOPOLOGIES, broker, check, consume, data_dir, equal, produce, scratch, settings, unique, weir

KAFKA = broker()
BAD = [b"hello", b"customer=customer-001,status=PAID,region=eu-west,amount=a lot,ts=2024-05-23T12:34:56Z"]
STATUS = ["NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"]


TAGGED = """
name: tagged
parameters: { brokers: "", topic: "" }
connections: { kafka: { brokers: $brokers, create_topics: { partitions: 1 } } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: 3 } }
  words:   { generate: { columns: { id: { constant: 7 }, word: { constant: a } }, count: 2 } }
  out:     { from: [numbers, words], tag: kind, kafka.sink: { topic: $topic, key: kind } }
"""


def run(name, records, **values):
    said = weir("run", TOPOLOGIES / f"{name}.yaml", "--records", records, *data_dir(unique(name)), *settings(brokers=KAFKA, **values))
    return "".join(said)


def seed(count, **values):
    """Orders on a topic of their own, as the seeder writes them: (topic, payloads)."""
    topic = unique("orders")
    run("orders-seeder", count, orders_topic=topic, rate=100000, **values)
    records = consume(KAFKA, topic)
    equal(len(records), count, "orders that were written")
    partitions = collections.defaultdict(set)
    for record in records:
        partitions[record.key].add(record.partition)
    check(all(len(found) == 1 for found in partitions.values()), "orders of a customer lie in several partitions")
    check(len({record.partition for record in records}) > 1, "all orders lie in one partition")
    return topic, [record.payload.decode() for record in records]


def parsed(payload):
    return dict(pair.split("=", 1) for pair in payload.split(","))


def orders_go_to_a_topic_by_their_amount():
    topic, payloads = seed(3000)
    check(all(re.fullmatch(r"customer=customer-\d{3},status=[A-Z]+,region=[a-z]+-[a-z]+,amount=\d+\.\d\d,ts=[-0-9T:]+Z", p)
              for p in payloads), payloads[:5])
    produce(KAFKA, topic, BAD)
    topics = dict(high_topic=unique("high"), review_topic=unique("review"), dead_letter_topic=unique("dead"))
    run("high-value-transactions", 3002, orders_topic=topic, group_id=unique("group"), **topics)
    expected = {"high": [], "review": []}
    for order in map(parsed, payloads):
        amount = Decimal(order["amount"])
        if amount >= 200 and order["status"] != "CANCELLED":
            expected["review" if amount >= 280 else "high"].append(order)
    check(all(len(orders) > 50 for orders in expected.values()), "the seeder writes too few orders of a high amount")
    for name, orders in expected.items():
        found = [json.loads(r.payload, parse_float=Decimal) for r in consume(KAFKA, topics[f"{name}_topic"])]
        found = [{**order, "amount": f"{order['amount']:.2f}"} for order in found]
        equal(sorted(map(sorted, (o.items() for o in found))), sorted(map(sorted, (o.items() for o in orders))), name)
    equal(sorted(r.payload for r in consume(KAFKA, topics["dead_letter_topic"])), sorted(BAD), "dead letters")


def violations_go_to_a_topic_with_their_rule():
    topic, payloads = seed(2000, seed=7)
    wrong = {
        "has_customer": b"status=PAID,region=eu-west,amount=1.00,ts=2024-05-23T12:34:56Z",
        "has_region": b"customer=customer-001,status=PAID,region=,amount=1.00,ts=2024-05-23T12:34:56Z",
        "plausible_amount": b"customer=customer-001,status=PAID,region=eu-west,amount=10000.01,ts=2024-05-23T12:34:56Z",
        "not_in_the_future": b"customer=customer-001,status=PAID,region=eu-west,amount=1.00,ts=2999-05-23T12:34:56Z",
    }
    produce(KAFKA, topic, [*wrong.values(), BAD[1]])
    topics = dict(valid_topic=unique("valid"), violations_topic=unique("violations"), dead_letter_topic=unique("dead"))
    said = run("data-quality", 2005, orders_topic=topic, group_id=unique("group"), **topics)
    expected = [(rule, payload) for rule, payload in wrong.items()]
    valid = 0
    for payload in payloads:
        order = parsed(payload)
        rule = "known_status" if order["status"] not in STATUS else "plausible_amount" if Decimal(order["amount"]) <= 0 else None
        valid += rule is None
        if rule:
            expected.append((rule, payload.encode()))
    found = consume(KAFKA, topics["violations_topic"])
    equal(sorted((r.headers["weir.field"], r.payload) for r in found), sorted(expected), "violations")
    equal({r.headers["weir.code"] for r in found}, {"check"}, "code")
    check(len([rule for rule, _ in expected if rule == "known_status"]) > 3, "the seeder writes no order of an unknown status")
    equal(len(consume(KAFKA, topics["valid_topic"])), valid, "valid orders")
    equal([r.payload for r in consume(KAFKA, topics["dead_letter_topic"])], [BAD[1]], "dead letters")
    for rule in (*wrong, "known_status"):
        check(f"check.{rule}" in said, f"the summary does not count {rule}: {said}")


def objects_become_lines():
    topic, payloads = seed(500, format="json")
    csv = unique("csv")
    run("json-to-csv", 500, json_topic=topic, group_id=unique("group"), csv_topic=csv, dead_letter_topic=unique("dead"))
    orders = [json.loads(payload, parse_float=Decimal) for payload in payloads]
    equal(sorted(r.payload.decode() for r in consume(KAFKA, csv)),
          sorted(";".join([o["ts"], o["customer"], o["region"], o["status"], f"{o['amount']:.2f}"]) for o in orders), "lines")


def rows_of_unlike_nodes_are_tagged():
    topic = unique("tagged")
    with scratch() as folder:
        path = pathlib.Path(folder) / "tagged.yaml"
        path.write_text(TAGGED)
        weir("run", path, *data_dir(topic), *settings(brokers=KAFKA, topic=topic))
    found = sorted((r.key, r.payload) for r in consume(KAFKA, topic))
    equal(found, [(b"numbers", b'{"n":%d,"kind":"numbers"}' % n) for n in range(3)] +
          2 * [(b"words", b'{"id":7,"word":"a","kind":"words"}')], "rows of both")


for case in (orders_go_to_a_topic_by_their_amount, violations_go_to_a_topic_with_their_rule, objects_become_lines,
             rows_of_unlike_nodes_are_tagged):
    case()
    print("ok:", case.__name__.replace("_", " "), flush=True)
