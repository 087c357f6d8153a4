"""The topologies with windows on a real broker, by event time: what comes out of the topics beside Python."""
import collections
import datetime
import itertools
import json
import random
from decimal import Decimal

from weirtest import TOPOLOGIES, broker, check, consume, data_dir, equal, produce, settings, unique, weir

KAFKA = broker()
START = 1_716_465_600  # 2024-05-23T12:00:00Z; seconds, and below all times are milliseconds
DISORDER_MS = 4000  # within max_delay


def text_of(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def disordered(records):
    """Records of (ms, ...) in an order in which none comes more than DISORDER_MS behind a later one."""
    jitter = random.Random(3)
    return sorted(records, key=lambda r: r[0] + jitter.uniform(0, DISORDER_MS))


def topic_with(lines):
    """A topic of 4 partitions with those (key, payload)."""
    topic = unique("events")
    weir("topic", "create", topic, "--partitions", "4", "--brokers", KAFKA)
    produce(KAFKA, topic, [f"{key}\t{payload}".encode() for key, payload in lines], "-K", "\t")
    return topic


def rows_of(topic):
    return [json.loads(r.payload, parse_float=Decimal) for r in consume(KAFKA, topic)]


def orders_are_counted_by_status():
    rng = random.Random(11)
    orders = [(START * 1000 + i * 200 + rng.randrange(200) // 1000 * 1000, f"customer-{rng.randrange(40):03}",
               rng.choice(["NEW", "PAID", "SHIPPED"]), rng.choice(["eu-west", "us-east"])) for i in range(4000)]
    topic = topic_with((customer, f"customer={customer},status={status},region={region},amount=1.50,ts={text_of(ms)}")
                       for ms, customer, status, region in disordered(orders))
    for group_by, column in (("status", 2), ("region", 3)):
        counts, late = unique("counts"), unique("late")
        weir("run", TOPOLOGIES / "orders-by-status.yaml", "--records", 4000, *data_dir(unique("orders")),
             *settings(brokers=KAFKA, orders_topic=topic, counts_topic=counts, late_topic=late, group_id=unique("group"), time="event",
                       group_by=group_by))
        expected = collections.Counter((order[column], order[0] // 30_000 * 30_000) for order in orders)
        lines = sorted(f"{group_by}={name},count={n},windowStart={text_of(ms)[:-5]}Z,windowEnd={text_of(ms + 30_000)[:-5]}Z"
                       for (name, ms), n in expected.items())
        equal(sorted(r.payload.decode() for r in consume(KAFKA, counts)), lines, f"counts by {group_by}")
        equal(consume(KAFKA, late), [], "late orders")


def user_events(n):
    """Events of 60 users over about 3 hours, those of a user in their order: some come too often, some spend too much."""
    rng = random.Random(5)
    times = sorted(START * 1000 + rng.randrange(3 * 3600 * 1000) for _ in range(n))
    events = []
    for number, ms in enumerate(times):
        kind = rng.choices(["view", "search", "cart", "purchase"], [50, 15, 15, 20])[0]
        product = min(rng.randrange(40), rng.randrange(40))
        amount = None if kind != "purchase" else Decimal(rng.randrange(500, 6000) * rng.choices([1, 20], [97, 3])[0]) / 100
        user = 0 if rng.random() < 0.05 else rng.randrange(60)
        events.append(dict(ms=ms, event_id=number, user_id=f"user-{user:02}", event_type=kind, page=f"/p/{product}",
                           product=f"product-{product}", category=["books", "toys", "music"][product % 3], amount=amount))
    return events


def in_order_of_users(events):
    """Disorder between users, not within one: a user's history is what came before."""
    mixed = [e for _, e in disordered([(e["ms"], e) for e in events])]
    queues = {u: iter(sorted(es, key=lambda e: e["event_id"]))
              for u, es in itertools.groupby(sorted(events, key=lambda e: e["user_id"]), key=lambda e: e["user_id"]) for es in [list(es)]}
    return [next(queues[e["user_id"]]) for e in mixed]


def topic_of(events):
    return topic_with((e["user_id"], json.dumps({**{k: v for k, v in e.items() if k != "ms"}, "amount": e["amount"] and float(e["amount"]),
                                                 "ts": text_of(e["ms"])})) for e in events)


def by_key(events, key):
    out = collections.defaultdict(list)
    for event in events:
        out[key(event)].append(event)
    return out


def half_up(value):
    return value.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def expected_revenue(purchases):
    for (category, minute), found in by_key(purchases, lambda e: (e["category"].upper(), e["ms"] // 60_000 * 60_000)).items():
        amounts = [e["amount"] for e in found]
        yield dict(window_key=category, window_start=minute, window_end=minute + 60_000, total_revenue=sum(amounts),
                   order_count=len(found), unique_users=len({e["user_id"] for e in found}),
                   avg_order_value=half_up(sum(amounts) / len(amounts)), max_order_value=max(amounts))


def expected_sessions(events):
    for user, found in by_key(events, lambda e: e["user_id"]).items():
        session = []
        for event in [*sorted(found, key=lambda e: e["ms"]), None]:
            if session and (event is None or event["ms"] >= session[-1]["ms"] + 1_800_000):
                yield dict(user_id=user, window_start=session[0]["ms"], window_end=session[-1]["ms"] + 1_800_000, events=len(session),
                           duration_s=Decimal(session[-1]["ms"] - session[0]["ms"]) / 1000, pages=len({e["page"] for e in session}),
                           converted=any(e["event_type"] == "purchase" for e in session),
                           spent=sum((e["amount"] or 0) for e in session))
                session = []
            session.append(event)


def expected_popular(events):
    """By window end: the numbers of events of the first ten."""
    counts = collections.defaultdict(collections.Counter)
    for event in events:
        if event["event_type"] != "search":
            first = event["ms"] // 60_000 * 60_000 + 60_000
            for end in range(first, first + 600_000, 60_000):
                counts[end][event["product"]] += 1
    return {end: (sorted(found.values(), reverse=True)[:10], found) for end, found in counts.items()}


def expected_alerts(purchases):
    for user, found in by_key(purchases, lambda e: e["user_id"]).items():
        for i, event in enumerate(found):
            recent = sum(event["ms"] - 300_000 <= e["ms"] <= event["ms"] for e in found[:i + 1])
            if recent > 5:
                yield user, "too-many-purchases", event["ms"]
            before = [e["amount"] for e in found[max(0, i - 19):i]]
            if len(before) >= 3 and float(event["amount"]) > 5 * float(half_up(sum(before) / len(before))):
                yield user, "unusual-amount", event["ms"]


def events_of_users_are_analysed():
    events = in_order_of_users(user_events(6000))
    topics = {f"{name}_topic": unique(name) for name in ("revenue", "sessions", "popular", "high_value", "fraud", "results", "late",
                                                         "dead_letter")}
    weir("run", TOPOLOGIES / "streaming-analytics.yaml", "--records", 6000, *data_dir(unique("analytics")),
         *settings(brokers=KAFKA, events_topic=topic_of(events), group_id=unique("group"), **topics))
    purchases = [e for e in events if e["event_type"] == "purchase"]
    found = {name.removesuffix("_topic"): rows_of(topic) for name, topic in topics.items()}
    equal(found["dead_letter"], [], "dead letters")
    equal(found["late"], [], "late events")

    last = {(row["window_key"], row["window_start"]): row for row in found["revenue"]}  # behind the early ones
    expected = {(row["window_key"], row["window_start"]): row for row in expected_revenue(purchases)}
    equal(last, expected, "revenue")
    equal(list(found["revenue"][0]), list(next(iter(expected.values()))), "the fields of revenue, in their order")

    sessions = {(row["user_id"], row["window_start"]): row for row in found["sessions"]}
    equal(sessions, {(row["user_id"], row["window_start"]): row for row in expected_sessions(events)}, "sessions")
    equal(len(found["sessions"]), len(sessions), "results of sessions")

    popular = by_key(found["popular"], lambda row: row["window_end"])
    reference = expected_popular(events)
    equal(set(popular), set(reference), "windows of popular products")
    for end, (counts, by_product) in reference.items():
        rows = sorted(popular[end], key=lambda row: row["rank"])
        equal([row["events"] for row in rows], counts, f"the ranking of {end}")
        check(all(by_product[row["product"]] == row["events"] for row in rows), "products of a ranking", end, rows)

    equal(sorted((row["user_id"], row["rule"], row["ts"]) for row in found["fraud"]), sorted(expected_alerts(purchases)), "alerts")
    check({row["rule"] for row in found["fraud"]} == {"too-many-purchases", "unusual-amount"}, "one rule finds nothing")
    equal(sorted(row["ts"] for row in found["high_value"]), sorted(e["ms"] for e in purchases if e["amount"] > 500), "high values")
    kinds = collections.Counter(row["kind"] for row in found["results"])
    fraud = collections.Counter(row["rule"] for row in found["fraud"])
    equal(kinds, collections.Counter(revenue=len(found["revenue"]), sessions=len(found["sessions"]), popular=len(found["popular"]),
                                     high_value=len(found["high_value"]), too_many=fraud["too-many-purchases"],
                                     unusual=fraud["unusual-amount"]), "kinds of results")


def time_of(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def expected_profile(events):
    """What is known of a user in the end: profile, features and counts of events, with times in milliseconds."""
    by_time = sorted(events, key=lambda e: e["ms"])
    purchases = [e["amount"] for e in events if e["amount"]]
    profile = {**{k: by_time[-1][k] for k in ("page", "product", "category")}, "last_seen": by_time[-1]["ms"]}
    features = dict(events=len(events), purchases=len(purchases), spent=sum(purchases), first_seen=by_time[0]["ms"],
                    recent_pages=[e["page"] for e in events[-10:]],
                    average_amount=half_up(sum(purchases) / len(purchases)) if purchases else None)
    return profile, features, collections.Counter(e["event_type"] for e in events)


def users_are_known_after_a_restart():
    events = in_order_of_users(user_events(3000))
    topics = {f"{name}_topic": unique(name) for name in ("profiles", "activity", "features", "dead_letter")}
    told = settings(brokers=KAFKA, events_topic=topic_of(events), group_id=unique("group"), **topics)
    state = data_dir(unique("profiles"))
    for records in (1300, 1700):
        weir("run", TOPOLOGIES / "user-profiles.yaml", "--records", records, *state, *told)
    found = {name.removesuffix("_topic"): rows_of(topic) for name, topic in topics.items()}
    equal(found["dead_letter"], [], "dead letters")
    for name in ("profiles", "activity", "features"):
        equal(len(found[name]), len(events), f"rows of {name}")
    last = {name: {row["user_id"]: row for row in found[name]} for name in ("profiles", "features")}  # a user's are in their order
    counts = by_key(found["activity"], lambda row: row["user_id"])
    for user, theirs in by_key(events, lambda e: e["user_id"]).items():
        profile, features, kinds = expected_profile(theirs)
        row = last["profiles"][user]
        equal({**{k: row[k] for k in profile}, "last_seen": time_of(row["last_seen"])}, profile, f"the profile of {user}")
        row = last["features"][user]
        equal({**{k: row[k] for k in features}, "first_seen": time_of(row["first_seen"])}, features, f"the features of {user}")
        equal({row["event_type"]: row["count"] for row in counts[user]}, dict(kinds), f"the activity of {user}")


def each_kind_of_window_is_shown():
    events = in_order_of_users(user_events(2000))
    topic = topic_of(events)
    topologies = [path for path in sorted(TOPOLOGIES.glob("windowing-showcase/*.yaml")) if not path.name.endswith(".test.yaml")]
    check(len(topologies) > 5, "there are few topologies", topologies)
    for path in topologies:
        rows, said = weir("run", path, "--records", 2000, *data_dir(unique(path.stem)), *settings(brokers=KAFKA, events_topic=topic))
        check(rows.count("\n") > 3, f"{path.name} shows little", rows, said)
        check("refused rows" not in said, f"{path.name} refuses rows", said)


for case in (orders_are_counted_by_status, events_of_users_are_analysed, users_are_known_after_a_restart, each_kind_of_window_is_shown):
    case()
    print("ok:", case.__name__.replace("_", " "), flush=True)
