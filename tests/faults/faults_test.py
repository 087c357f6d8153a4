"""Single faults, each with what must come of it: an answer that is lost, a host that stands still, a disk that fails.

    faults_test.py [CASE...]
"""
import concurrent.futures
import os
import pathlib
import resource
import signal
import subprocess
import sys
import threading
import time

from oracle import PARTITIONS, TIMEOUT, Feed, Ledger, Reference, check, fault_in, scratch, unique, weir

ROWS_PER_SECOND = 2000
STAND_STILL = 14  # seconds; a broker looks for old transactions every 10
COMES_BACK = 15  # seconds; a second where nothing else runs. The group misses a member after 45


def lost_answer_of_a_commit(ledger):
    """The broker is asked, has the marker, and the same host goes on: with new producers for all of its sinks."""
    ended = ledger.run(points="kafka.commit.answer:error:2,kafka.commit.answer:error:4,coordinator.epoch.told:kill:7")
    check(ended.points[-1:] == ["coordinator.epoch.told"], f"exit {ended.code}\n{ended.text}")


def lost_request_of_a_commit(ledger):
    """The same where the broker never heard of it: the epoch is aborted, and a restart begins it again."""
    ended = ledger.run(points="kafka.commit.request:error:2,coordinator.epoch.told:kill:7")
    check(ended.code == 5 and "was not committed; its transaction was aborted" in ended.text,
          f"exit {ended.code}\n{ended.text}")


def restart_within_the_host(ledger):
    """The same again, and the host itself begins the epoch anew; then it dies."""
    ended = ledger.run(points="kafka.commit.request:error:2,kafka.marker.send:error:4,coordinator.epoch.told:kill:7")
    check(ended.points[-1:] == ["coordinator.epoch.told"], f"exit {ended.code}\n{ended.text}")


def overtaken_host(ledger):
    """It stood still before a commit, and another one has gone on meanwhile: it is fenced, and says so."""
    first, second = ledger.overtake()
    check(second.code == -9, f"the second host: exit {second.code}\n{second.text}")
    check(first.code == 5 and "was taken over: another host runs this topology" in first.text,
          f"the first host: exit {first.code}\n{first.text}")
    return "copy"


def host_that_stands_still(ledger):
    """For longer than its session and its transaction may last, without another one: it tells an old transaction from a
    taken one, and a restart goes on. It stops before a commit and in its work."""
    for point, codes in (("epochs.commit.decider_prepared", (5,)), ("coordinator.epoch.told", (5, -9))):
        host, said = ledger.start(points=f"{point}:stop:3,coordinator.epoch.told:kill:30")
        _, status = os.waitpid(host.pid, os.WUNTRACED)
        check(os.WIFSTOPPED(status), f"it did not stop\n{said.read_text(errors='replace')}")
        threading.Event().wait(STAND_STILL)
        host.send_signal(signal.SIGCONT)
        try:
            host.wait(TIMEOUT)
        finally:
            host.kill()
        text = said.read_text(errors="replace")
        check(host.returncode in codes and "was taken over" not in text, f"{point}: exit {host.returncode}\n{text}")


def member_that_was_killed(ledger):
    """Its partitions come back with its next start, long before the group would miss it."""
    ended = ledger.run(points="coordinator.epoch.told:kill:5")
    check(ended.points[-1:] == ["coordinator.epoch.told"], f"exit {ended.code}\n{ended.text}")
    begin = time.monotonic()
    ended = ledger.run(points="kafka.source.emit:kill:1")
    seconds = time.monotonic() - begin
    check(ended.points == ["kafka.source.emit"], f"exit {ended.code}\n{ended.text}")
    check(seconds < COMES_BACK, f"its first record came after {seconds:.1f} s")
    print(f"the first record of a host that was killed came {seconds:.1f} s after its next start", flush=True)


def partitions_that_another_has(ledger):
    """While another member of the group reads some of the partitions, and commits offsets that are ahead, epochs keep
    where this host was in them."""
    host, said = ledger.start(points="coordinator.epoch.told:stop:8")
    _, status = os.waitpid(host.pid, os.WUNTRACED)
    check(os.WIFSTOPPED(status), f"it did not stop\n{said.read_text(errors='replace')}")
    host.send_signal(signal.SIGTERM)
    host.send_signal(signal.SIGCONT)
    check(host.wait(TIMEOUT) == 0, f"exit {host.returncode}\n{said.read_text(errors='replace')}")
    with open(ledger.folder / "other.log", "w", encoding="utf-8") as log:
        other = subprocess.Popen(["kcat", "-G", ledger.group, "-b", ledger.brokers, "-u", "-X", "heartbeat.interval.ms=200",
                                  "-X", "auto.offset.reset=earliest", ledger.input], stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            for _ in range(ROWS_PER_SECOND):
                check(other.stdout.readline(), "the other member has ended")
            drain = threading.Thread(target=other.stdout.read)
            drain.start()
            ended = ledger.run(points="coordinator.epoch.told:kill:8")
            check(ended.code == -9, f"exit {ended.code}\n{ended.text}")
        finally:
            other.send_signal(signal.SIGINT)
            other.wait(TIMEOUT)
    drain.join()


def disk_without_room(ledger):
    """At a write before the decision, and at the one behind it."""
    for at in (5, 6):
        ended = ledger.run(points=f"store.write.no_space:error:{at}")
        check(ended.code == 6 and "No space left on device; make room, then start again" in ended.text,
              f"exit {ended.code}\n{ended.text}")


def disk_with_errors(ledger):
    for at in (5, 6):
        ended = ledger.run(points=f"store.write.io_error:error:{at}")
        check(ended.code == 6 and "Input/output error; check the folder, its rights and its disk" in ended.text,
              f"exit {ended.code}\n{ended.text}")


def limit_files():
    """A real failure of write: files end at 200 kB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def disk_that_ends(ledger):
    ended = ledger.run(preexec_fn=limit_files)
    check(ended.code == 6 and "File too large; check the folder, its rights and its disk" in ended.text,
          f"exit {ended.code}\n{ended.text}")


CASES = [lost_answer_of_a_commit, lost_request_of_a_commit, restart_within_the_host, overtaken_host,
         host_that_stands_still, member_that_was_killed, partitions_that_another_has, disk_without_room, disk_with_errors, disk_that_ends]
# The shortest session that a broker takes; a member of the group, so that there is one.
OPTIONS = {restart_within_the_host: dict(restart="{ strategy: fixed_delay, delay: 100ms }"),
           host_that_stands_still: dict(properties="transaction.timeout.ms: 2000, session.timeout.ms: 6000", member=True),
           member_that_was_killed: dict(member=True), partitions_that_another_has: dict(member=True)}


def main():
    brokers = pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()
    cases = [case for case in CASES if not sys.argv[1:] or case.__name__ in sys.argv[1:]]
    topic = unique("input")
    weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", brokers)
    with scratch() as folder, concurrent.futures.ThreadPoolExecutor(4) as pool:
        ledgers = [Ledger(brokers, topic, folder, **OPTIONS.get(case, {})) for case in cases]
        feed = Feed(brokers, topic, 1, ROWS_PER_SECOND)
        try:
            states = list(pool.map(lambda case, ledger: case(ledger) or "state", cases, ledgers))
        finally:
            reference = Reference(feed.stop())
        for case, ledger, state in zip(cases, ledgers, states):
            ended = ledger.finish(state=state)
            check(ended.code == 0, f"{case.__name__}: the last start: exit {ended.code}\n{ended.text}")
            fault = fault_in(reference, ledger.found())
            check(not fault, f"{case.__name__}: {fault}")
            print(f"ok: {case.__name__}", flush=True)


if __name__ == "__main__":
    main()
