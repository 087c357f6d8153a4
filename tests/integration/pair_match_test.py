"""pair-match.yaml on a real broker: pairs, dead letters, offsets, restart."""
import json
import os
import random

from weirtest import (TOPOLOGIES, broker, check, check_law, consume, data_dir, equal, pairs_of, produce, scratch, settings, unique,
                      weir)

KAFKA = broker()
YAML = TOPOLOGIES / "pair-match.yaml"


def names():
    return dict(raw_topic=unique("raw"), group_id=unique("group"), enriched_topic=unique("pairs"),
                dead_letter_topic=unique("dead"))


def run(topics, records):
    return weir("run", YAML, "--records", records, *data_dir(topics["group_id"]), *settings(brokers=KAFKA, **topics))


def pairs_are_those_of_the_reference():
    topics, random_numbers = names(), random.Random(12)
    numbers = [random_numbers.randint(0, 12) for _ in range(5000)]
    bad = [b"13", b"-1", b"abc", b"", b"7 8", b"99999999999999999999", b"\xff\xfe", b"1.0"]
    values = [str(n).encode() for n in numbers]
    for i, value in enumerate(bad):
        values.insert(500 * (i + 1), value)
    # kcat drops empty lines: the empty payload goes in by itself below.
    produce(KAFKA, topics["raw_topic"], [v for v in values if v])
    _, summary = run(topics, len(values) - 1)
    found, dead = pairs_of(consume(KAFKA, topics["enriched_topic"])), consume(KAFKA, topics["dead_letter_topic"])
    equal(sorted(d.payload for d in dead), sorted(b for b in bad if b), "dead letters' payloads")
    check_law(len(values) - 1, found, len(dead), numbers, 12)
    for figure in ("read", "pairs", "waiting", "dead-lettered"):
        check(figure in summary, f"the summary does not tell `{figure}`:\n{summary}")


def dead_letters_keep_payload_key_and_headers():
    topics = names()
    produce(KAFKA, topics["raw_topic"], [b"k1:77"], "-K:", "-p0", "-H", "trace=abc", "-H", "tenant=x")
    produce(KAFKA, topics["raw_topic"], [b"k2:nan"], "-K:", "-p0")
    produce(KAFKA, topics["raw_topic"], [b"k3:"], "-K:", "-p0", "-Z")  # a tombstone
    run(topics, 3)
    out_of_range, not_a_number, tombstone = sorted(consume(KAFKA, topics["dead_letter_topic"]), key=lambda d: d.key)
    equal((out_of_range.payload, out_of_range.key), (b"77", b"k1"), "payload and key")
    expected = {"trace": "abc", "tenant": "x", "weir.topology": "pair-match", "weir.node": "pairs",
                "weir.code": "check", "weir.field": "in_range", "weir.topic": topics["raw_topic"],
                "weir.partition": "0", "weir.offset": "0"}
    equal({k: v for k, v in out_of_range.headers.items() if k in expected}, expected, "headers")
    check("weir.message" in out_of_range.headers and "weir.timestamp" in out_of_range.headers, out_of_range.headers)
    equal((not_a_number.payload, not_a_number.headers["weir.node"], not_a_number.headers["weir.code"]),
          (b"nan", "pairs", "bad-cast"), "a payload that is no number")
    equal((tombstone.payload, tombstone.key, tombstone.headers["weir.node"]), (None, b"k3", "pairs"), "a tombstone")


def dead_letters_are_replayed_once():
    topics = names()
    produce(KAFKA, topics["raw_topic"], [b"k1:77"], "-K:", "-p0", "-H", "trace=abc")
    produce(KAFKA, topics["raw_topic"], [b"5", b"nan", b"7"], "-p0")
    # Its dead letters are written in transactions, whose ends take offsets, too.
    with scratch() as folder:
        path = os.path.join(folder, "exactly-once.yaml")
        with open(path, "w") as file:
            file.write(YAML.read_text().replace("name: pair-match\n", f"name: {topics['group_id']}\ndelivery: exactly_once\n"))
        weir("run", path, "--records", 4, *data_dir(topics["group_id"]), *settings(brokers=KAFKA, **topics))

        def dlq(*arguments):
            return json.loads(weir("dlq", *arguments, path, "--format", "json", *settings(brokers=KAFKA, **topics))[0])

        equal(sorted((k["code"], k["letters"]) for k in dlq("ls")), [("bad-cast", 1), ("check", 1)], "kinds of letters")
        equal(dlq("show", "--code", "check")[0]["payload"], "77", "a letter's payload")
        equal(dlq("replay", "--code", "check")["replayed"], 1, "chosen letters")
        for replayed, before in ((1, 1), (0, 2)):  # the others, and then none
            said = dlq("replay")
            equal((said["replayed"], said["replayed_before"]), (replayed, before), "letters replayed, and replayed before")
    again = consume(KAFKA, topics["raw_topic"])
    equal(sorted(r.payload for r in again), [b"5", b"7", b"77", b"77", b"nan", b"nan"], "what is in the topic now")
    equal([(r.key, r.headers) for r in again if r.payload == b"77"], [(b"k1", {"trace": "abc"})] * 2, "key and headers of the replayed")


def one_partition_is_matched_first_in_first_out():
    topics, generator, waiting, expected = names(), random.Random(5), {}, []
    numbers = [generator.randint(0, 12) for _ in range(3000)]
    for offset, n in enumerate(numbers):  # the reference: a queue for each value
        if waiting.get(12 - n):
            expected.append((12 - n, n, waiting[12 - n].pop(0), offset))
        else:
            waiting.setdefault(n, []).append(offset)
    produce(KAFKA, topics["raw_topic"], [str(n).encode() for n in numbers], "-p0")
    run(topics, len(numbers))
    found = pairs_of(consume(KAFKA, topics["enriched_topic"]))
    equal(sorted((p["left"], p["right"], p["left_offset"], p["right_offset"]) for p in found), sorted(expected),
          "pairs with their offsets")


def a_restart_goes_on_behind_the_committed_offsets():
    topics = names()
    produce(KAFKA, topics["raw_topic"], [b"5", b"7", b"99"], "-p0")
    run(topics, 3)
    produce(KAFKA, topics["raw_topic"], [b"4", b"8"], "-p0")
    run(topics, 2)
    found = pairs_of(consume(KAFKA, topics["enriched_topic"]))
    equal(sorted((p["left"], p["right"], p["left_offset"]) for p in found), [(4, 8, 3), (5, 7, 0)], "pairs of both runs")
    equal(len(consume(KAFKA, topics["dead_letter_topic"])), 1, "dead letters are not read again")


def large_and_odd_payloads_are_counted():
    topics = names()
    odd = [b"x" * 900_000, b"\x00", b"\xc3\x28", b"1" * 1000]
    produce(KAFKA, topics["raw_topic"], odd + [b"6", b"6"], "-p0")
    run(topics, len(odd) + 2)
    dead = consume(KAFKA, topics["dead_letter_topic"])
    equal(sorted(d.payload for d in dead), sorted(odd), "dead letters")
    equal(len(consume(KAFKA, topics["enriched_topic"])), 1, "pairs")


for case in (pairs_are_those_of_the_reference, dead_letters_keep_payload_key_and_headers, dead_letters_are_replayed_once,
             one_partition_is_matched_first_in_first_out, a_restart_goes_on_behind_the_committed_offsets,
             large_and_odd_payloads_are_counted):
    case()
    print("ok:", case.__name__.replace("_", " "))
