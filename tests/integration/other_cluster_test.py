"""State and consumer groups that do not belong together: another cluster, or a group without the state, are refused with
the ways out."""
import os
import pathlib
import re
import subprocess

from weirtest import TOPOLOGIES, WEIR, check, equal, scratch, settings, weir

NUMBERS = "\n".join(str(n % 7) for n in range(200))  # none pairs: they wait as state, an entry a number


class Broker:
    """`weir broker` with the topics of pair-match, and the numbers."""
    def __enter__(self):
        self.process = subprocess.Popen([WEIR, "broker", "--topic", "raw-topic:1", "--topic", "enriched-topic:1",
                                         "--topic", "raw-events-dlq:1"], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        weir("topic", "produce", "raw-topic", "--brokers", self.address, stdin=NUMBERS)
        return self.address

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def pair_match(folder):
    """pair-match that no two of the numbers make a pair in, with a short epoch."""
    text = (TOPOLOGIES / "pair-match.yaml").read_text()
    path = pathlib.Path(folder) / "pair-match.yaml"
    path.write_text(text.replace("name: pair-match\n", "name: pair-match\ncheckpoint: 50ms\nworkers: 1\n"))
    return path


def run(topology, address, data_dir, *more, code=0, **others):
    return weir("run", topology, "--data-dir", data_dir, *more, *settings(brokers=address, pair_sum=100, **others), code=code)[1]


def waiting(data_dir):
    listed = weir("state", "ls", "pair-match", "--data-dir", data_dir)[0].splitlines()
    return int(listed[-1].split()[4].replace(",", "")) if len(listed) > 2 else 0


def refused(said, *words):
    check("error[state" in said, f"not refused for its state: {said}")
    for word in words:
        check(word in said, f"{word!r} is not said: {said}")


with scratch() as folder:
    topology = pair_match(folder)
    first, second, third = (os.path.join(folder, name) for name in ("first", "second", "third"))
    with Broker() as address:
        run(topology, address, first, "--records", 200)
        equal(waiting(first), 7, "numbers that wait")
        said = run(topology, address, second, "--for", "30s", code=6)
        refused(said, "group `my-group` is at offset 200 of raw-topic/0", "--reset", "--from-group", "--savepoint NAME",
                "--data-dir", second)
        run(topology, address, second, "--from-group", "--for", "1s")
        equal(waiting(second), 0, "numbers that wait behind the group")
        run(topology, address, third, "--reset", "--records", 200)
        equal(waiting(third), 7, "numbers that wait, from the beginning")
        run(topology, address, third, "--for", "1s")  # its own state, and the group: nothing to refuse
    with Broker() as address:
        for others in ({}, dict(raw_topic="other", enriched_topic="others", dead_letter_topic="others-dlq", group_id="other")):
            said = run(topology, address, first, "--for", "30s", code=6, **others)
            refused(said, first, "connection `kafka`", "--data-dir", "--reset")
            ids = re.search("belongs to `(.+?)`.* reaches `(.+?)`", said)
            check(ids and ids[1] != ids[2], f"the clusters are not named: {said}")
            equal(waiting(first), 7, "numbers that wait after a refusal")
        run(topology, address, first, "--reset", "--records", 200)
        run(topology, address, first, "--for", "1s")  # of this cluster now
    print("ok: refused with the ways out, and the ways lead out")
