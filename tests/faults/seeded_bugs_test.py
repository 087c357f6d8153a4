"""The oracle itself, tested: the build with failpoints can have bugs on purpose (WEIR_BUG in the sources), and the
oracle must see every one of them. Each lives through a few deaths where such a bug would show; who was not seen, again.

    seeded_bugs_test.py [BUG...]
"""
import concurrent.futures
import os
import pathlib
import sys

from oracle import (PARTITIONS, Feed, Ledger, Reference, check, fault_in, loss_in, scratch, seeded_bugs, unique, weir)

ROUNDS = 4
LANES = 4
ROWS_PER_SECOND = 3000
REFUSED = 6  # the host itself found that state and cluster do not fit
# Lives that end behind an epoch, before and after what decides it.
DEATHS = ["epochs.commit.decided:kill:2", "epochs.commit.store_prepared:kill:2", "coordinator.epoch.told:kill:3",
          "epochs.commit.decider_prepared:kill:2", "worker.commit.done:kill:5"]
# Where a bug only shows elsewhere.
SPECIAL = {
    "guess-after-ambiguous-commit": ["kafka.commit.request:error:2,coordinator.epoch.told:kill:4"],
    "fold-loses-key": ["store.fold.written:kill:20"] * 2,
    "acks-not-awaited": ["epochs.commit.store_committed:kill:2"] * 3,
    "drop-batch-at-barrier": ["coordinator.epoch.told:kill:8"],
}
AT_LEAST_ONCE = {"acks-not-awaited": "linger.ms: 100"}  # with these properties; exactly_once waits in the commit, too


class Patient:
    def __init__(self, brokers, topic, folder, bug):
        self.bug, self.refusal, self.state = bug, "", "state"
        delivery = "at_least_once" if bug in AT_LEAST_ONCE else "exactly_once"
        self.ledger = Ledger(brokers, topic, folder, delivery, AT_LEAST_ONCE.get(bug, ""))

    def live(self):
        if self.bug == "forget-to-fence":
            self.state = "copy"
            self.ledger.overtake(self.bug)
            return
        for points in SPECIAL.get(self.bug, DEATHS):
            ended = self.ledger.run(points=points, bug=self.bug)
            if ended.code == REFUSED:
                self.refusal = ended.text
                return
            check(ended.points and ended.code in (-9, 4, 5), f"{self.bug}: exit {ended.code}\n{ended.text}")

    def diagnosis(self, reference):
        """What the oracle sees, or ""."""
        if not self.refusal:
            ended = self.ledger.finish(bug=self.bug, state=self.state)
            if ended.code == REFUSED:
                self.refusal = ended.text
            else:
                check(ended.code == 0, f"{self.bug}: the last start: exit {ended.code}\n{ended.text}")
        if self.refusal:
            return "the host refuses: " + self.refusal.strip().splitlines()[-1]
        see = loss_in if self.bug in AT_LEAST_ONCE else fault_in
        return see(reference, self.ledger.found())


def one_round(brokers, bugs, seed, folder):
    """What was seen of each bug."""
    topic = unique("input")
    weir("topic", "create", topic, "--partitions", PARTITIONS, "--brokers", brokers)
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        patients = list(pool.map(lambda bug: Patient(brokers, topic, folder, bug), bugs))
        feed = Feed(brokers, topic, seed, ROWS_PER_SECOND)
        try:
            list(pool.map(Patient.live, patients))
        finally:
            rows = feed.stop()
        reference = Reference(rows)
        return dict(zip(bugs, pool.map(lambda patient: patient.diagnosis(reference), patients)))


def main():
    brokers = pathlib.Path(os.environ["WEIR_TEST_KAFKA"]).read_text().strip()
    bugs = sys.argv[1:] or seeded_bugs()
    check(len(sys.argv) > 1 or len(bugs) >= 12, f"only {len(bugs)} bugs in the sources")
    unseen = list(bugs)
    for number in range(ROUNDS):
        with scratch() as folder:
            for bug, seen in one_round(brokers, unseen, number, folder).items():
                if seen:
                    print(f"{bug}: {seen}", flush=True)
                    unseen.remove(bug)
        if not unseen:
            break
    check(not unseen, f"bugs that the oracle did not see: {unseen}")
    print(f"ok: {len(bugs)} seeded bugs, all seen")


if __name__ == "__main__":
    main()
