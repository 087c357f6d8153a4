"""Hosts as a place for topologies: added, changed, stopped and taken away while others run; brought back by a host that begins
behind one that ended or died, as they were last; and begun again by a supervisor."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from admin import UnixConnection, until
from served import free_port
from weirtest import TIMEOUT, WEIR, check, equal

os.environ["WEIR_HOSTS_TEST"] = "nothing that is in a file"
PLUGINS = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "integration_plugins"
DEADLY_BUILD = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "deadly_build" / "deadly_row.so"
COUNTED = """
name: {name}
workers: 1
checkpoint: 50ms
dead_letters: drop
parameters: {{ version: 1, password: {{ type: string, secret: true, default: "${{env:WEIR_HOSTS_TEST}}" }} }}
nodes:
  numbers: {{ generate: {{ columns: {{ n: {{ range: [0, 9] }} }}, rate: 500 }} }}
  counts: {{ from: numbers, key: n, fold: {{ columns: {{ count: {{ init: 0, next: count + 1 }} }} }} }}
  shown: {{ from: counts, where: length($password) > 0, set: {{ version: $version, topology: "'{name}'" }}, {sink} }}
"""


def text_of(name, sink="console: json"):
    return COUNTED.format(name=name, sink=sink)


class Place:
    """A data directory with topology files, and the host that runs there."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="weir-hosts-")
        self.folder = pathlib.Path(self.temporary.name)
        self.data = self.folder / "data"
        self.process = None
        self.said = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIMEOUT)
        if kind is not None:
            print("weir said:\n" + "".join(line for line in self.said if not line.startswith("{")))
        self.temporary.cleanup()

    def write(self, name, text=None):
        path = self.folder / f"{name}.yaml"
        path.write_text(text or text_of(name))
        return path

    def begin(self, *words, is_awaited=True, plugins=PLUGINS):
        self.said = []
        command = [WEIR, "run", *map(str, words), "--data-dir", str(self.data), "--plugin-dir", str(plugins)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=lambda said=self.said, process=self.process: said.extend(process.stdout), daemon=True)
        self.reader.start()
        if is_awaited:
            self.until(self.sockets, "its socket")

    def end(self, sent=signal.SIGTERM, code=0):
        self.process.send_signal(sent)
        self.process.wait(TIMEOUT)
        self.reader.join()
        equal(self.process.returncode, code, "exit code\n" + "".join(self.said))

    def sockets(self):
        """Those whose process is there."""
        return [path for path in (self.data / "control").glob("*.sock") if pathlib.Path(f"/proc/{path.stem}").exists()]

    def child(self):
        return int(self.until(self.sockets, "the host's socket")[0].stem)

    def until(self, condition, what):
        return until(condition, what, self.process, self.said)

    def ask(self, method, path, body=None):
        """(status, answer); nothing where the host is away."""
        sockets = self.sockets()
        if not sockets:
            return 0, {}
        connection = UnixConnection(sockets[0])
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, ValueError):
            return 0, {}
        finally:
            connection.close()

    def command(self, *words, code=0):
        done = subprocess.run([WEIR, *map(str, words), "--data-dir", str(self.data)], capture_output=True, text=True, timeout=TIMEOUT)
        check(code in (None, done.returncode), f"weir {' '.join(map(str, words))}: exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}", "".join(self.said))
        return done.stdout + done.stderr

    def states(self):
        status, all_of_them = self.ask("GET", "/v1/topologies")
        return {one["name"]: one["state"] for one in all_of_them} if status == 200 else {}

    def of(self, name):
        return self.ask("GET", f"/v1/topologies/{name}")[1]

    def until_running(self, *names):
        self.until(lambda: all(self.of(name).get("epochs", 0) > 0 for name in names), f"{names} run")

    def rows(self, topology):
        rows = [json.loads(line) for line in list(self.said) if line.startswith("{")]
        return [row for row in rows if row["topology"] == topology]

    def notes(self):
        return "".join(path.read_text() for path in (self.data / ".running").glob("*.json"))


def goes_on(place, *names):
    """Each of them gives rows and commits epochs from now on, and was begun once."""
    before = {name: place.of(name) for name in names}

    def has_gone_on(name):
        now = place.of(name)
        check(now["records"] >= before[name]["records"] and now["restarts"] == 0, f"{name} was begun anew", before[name], now)
        return now["records"] > before[name]["records"] and now["epochs"] > before[name]["epochs"] + 1

    place.until(lambda: all(has_gone_on(name) for name in names), f"{names} go on")


def check_counts(rows, what, is_over=False):
    """Each key's counts follow each other: nothing was lost; behind a death the last ones come again, and nothing else."""
    last = {}
    for row in rows:
        before = last.get(row["n"], 0)
        check(row["count"] == before + 1 or (is_over and row["count"] <= before), f"{what}: {row} behind {before}")
        last[row["n"]] = row["count"]


def test_coming_and_going():
    with Place() as place:
        place.begin()
        check("topologies" in place.ask("GET", "/ready")[1], "a host that stays is ready without any")
        one, two, three = (place.write(name) for name in ("one", "two", "three"))
        typo = place.command("apply", two, code=4)
        check("no topology runs in" in typo and "to add `two` to the host there: --add" in typo, typo)
        for file in (one, two, three):
            check("+ topology" in place.command("apply", file, "--add"), file)
        place.until_running("one", "two", "three")
        typo = place.command("apply", place.write("thre"), code=4)
        check("expected: `one`, `two` or `three`; nearest: `three`; to add `thre` to the host there: --add" in typo, typo)

        check("applied behind epoch" in place.command("set", "three", "version=2"), "changed")
        goes_on(place, "one", "two")
        place.until(lambda: place.rows("three")[-1]["version"] == 2, "the new version")
        told = place.command("tap", "one", "--topology", "one", code=2)
        check("`one` is the topology itself: name one of its nodes, `" in told, told)
        place.command("stop", "three")
        place.until(lambda: place.states()["three"] == "stopped", "it is stopped")
        goes_on(place, "one", "two")
        check("three is stopped" in place.command("status", "three"), "known")
        paused = place.command("pause", "three", code=4)
        check("`three` is stopped" in paused, f"not there to be paused: {paused}")
        stopped = place.rows("three")
        place.command("apply", three)  # no --add: the host knows it; and what it was set to stays
        place.until(lambda: len(place.rows("three")) > len(stopped), "it runs again")
        goes_on(place, "one", "two")
        check(all(row["version"] == 2 for row in place.rows("three")[len(stopped):]), "what it was set to")
        check_counts(place.rows("three"), "three, over a change, a stop and a start")

        for _ in range(5):  # behind its end it is begun again, however soon that is asked for
            place.ask("POST", "/v1/topologies/three/stop")
            place.command("apply", three)
            place.until_running("three")
        for body, told in (({"sets": []}, "a change has no `sets`"), ({"trial_us": -5}, "`trial_us`"), ({"trial_us": 1e30}, "`trial_us`")):
            status, refused = place.ask("POST", "/v1/topologies/three", body)
            check(status == 400 and told in refused["detail"], body, status, refused)

        # One that cannot begin, one that fails: the others see nothing of either.
        status, told = place.ask("POST", "/v1/topologies/four", {"file": str(three)})
        check(status == 422 and "has a topology `three`, and `four` is asked for" in told["detail"], status, told)
        wrong = place.command("apply", place.write("four", text_of("four").replace("from: numbers", "from: nmbers")), "--add", code=2)
        check("nmbers" in wrong, wrong)
        failing = text_of("four").replace("dead_letters: drop\n", "").replace("where: ", "where: 1 / (n - n) = 1 AND ")
        place.command("apply", place.write("four", failing), "--add")
        place.until(lambda: place.states().get("four") == "failed", "it fails")
        check("division" in place.of("four")["why"], place.of("four"))
        status, ready = place.ask("GET", "/ready")
        check(status == 503 and "topology `four`: it has failed" in ready["detail"], ready)
        place.command("stop", "four")
        equal((place.states()["four"], place.ask("GET", "/ready")[0]), ("stopped", 200), "who has failed and is stopped is no fault any more")
        place.command("apply", place.write("four"))
        goes_on(place, "one", "two", "three", "four")
        logs = place.command("logs")
        for part in ("info: one: added, as", "info: three: ", "applied behind epoch", "error: four: error[fatal]", "info: three: stopped"):
            check(part in logs, part, logs)

        check("two is removed" in place.command("remove", "two"), "removed")
        equal(set(place.states()), {"one", "three", "four"}, "what is there")
        status, told = place.ask("DELETE", "/v1/topologies/two")
        check(status == 404 and "there is no topology `two`" in told["detail"], status, told)
        goes_on(place, "one", "three", "four")
        place.command("stop", "one")
        place.until(lambda: place.states()["one"] == "stopped", "stopped")
        place.end()

        # The next host has the same, stopped ones stopped; files that changed meanwhile are what they were.
        three.write_text("name: three\nnodes: wrong")
        place.begin("--stay")
        place.until_running("three", "four")
        equal(place.states(), {"one": "stopped", "three": "running", "four": "running"}, "what came back")
        place.until(lambda: place.rows("three"), "rows")
        equal({row["version"] for row in place.rows("three")}, {2}, "as it was set")
        first = min(row["count"] for row in place.rows("three"))
        check(first > max(row["count"] for row in stopped), f"its state: {first}")
        place.process.kill()
        place.process.wait(TIMEOUT)
        place.begin()
        place.until_running("three", "four")
        place.end()


def test_plain_run():
    """Files alone are run as ever: what else is noted is left alone, and what ended by itself is forgotten."""
    with Place() as place:
        one, two = place.write("one"), place.write("two")
        place.begin(one)
        place.until_running("one")
        place.command("apply", two, "--add")
        place.end()
        place.begin(one)
        place.until_running("one")
        equal(place.states(), {"one": "running"}, "what the command line names")
        place.command("stop", "one", "--drain")
        equal(place.process.wait(TIMEOUT), 0, "it ends with its topology")
        place.begin()
        place.until_running("two")
        equal(place.states(), {"one": "stopped", "two": "running"}, "without files: what is noted")
        place.end()
        place.begin(two, "--for", "300ms", is_awaited=False)
        equal(place.process.wait(TIMEOUT), 0, "at the end of its time")
        check('"two"' not in place.notes(), "what has ended is noted no more")


def test_another_takes_the_place():
    """Who removes and who adds at the same time may be refused, and neither takes away what the other began."""
    with Place() as place:
        one, two = place.write("one"), place.write("two")
        place.begin(one, "--stay")
        place.until_running("one")
        answers = []

        def ask_again(method, path, body=None):
            for _ in range(15):
                answers.append((method, *place.ask(method, path, body)))

        askers = [threading.Thread(target=ask_again, args=words) for words in
                  (("POST", "/v1/topologies/two", {"file": str(two)}), ("DELETE", "/v1/topologies/two"), ("DELETE", "/v1/topologies/two"))]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        check({status for _, status, _ in answers} <= {200, 201, 404, 409, 422}, answers)
        check(any(method == "DELETE" and status == 200 for method, status, _ in answers), answers)
        goes_on(place, "one")
        place.command("apply", two, *(() if "two" in place.states() else ("--add",)), code=None)
        place.until_running("two")
        place.end()


def test_views_of_what_ended():
    """A topology that ended and is begun again has its port again."""
    with Place() as place:
        one = place.write("one")
        served = place.write("served", text_of("served") + f"serve: {{ port: {free_port()} }}\nviews: {{ last: {{ latest: numbers, rows: 3 }} }}\n")
        place.begin(one, served)
        place.until_running("one", "served")
        place.command("stop", "served")
        place.until(lambda: place.states()["served"] == "stopped", "it is stopped")
        place.command("apply", served)
        place.until_running("served")
        goes_on(place, "one")
        place.end()


def test_secrets():
    with Place() as place:
        secret = "pass" + "word-4711"
        one = place.write("one")
        place.begin(one, "--set", f"password={secret}", "--set", "version=3")
        place.until_running("one")
        check(secret not in place.notes() and '"version=3"' in place.notes(), place.notes())
        place.process.kill()
        place.process.wait(TIMEOUT)
        place.begin()
        failed = place.until(lambda: place.states().get("one") == "failed" and place.of("one"), "it cannot begin")
        check("parameter `password` is secret" in failed["why"] and "--set password=" in failed["why"], failed)
        place.end()
        place.begin("--set", f"password={secret}")
        place.until_running("one")
        place.until(lambda: place.rows("one"), "rows")
        equal(place.rows("one")[0]["version"], 3, "what is no secret is noted")
        place.command("stop", "one")
        place.until(lambda: place.states()["one"] == "stopped", "stopped")
        check("goes on behind epoch" in place.command("apply", one), "the host was given it")
        place.until_running("one")
        # A file with a secret in it is not copied: it has to be what it was.
        two = place.write("two", text_of("two").replace("${env:WEIR_HOSTS_TEST}", secret))
        place.command("apply", two, "--add")
        check(secret not in place.notes() and str(two) in place.notes(), place.notes())
        place.end()
        place.begin("--set", f"password={secret}")
        place.until_running("one", "two")
        place.end()
        two.write_text(two.read_text() + "\n")
        place.begin("--set", f"password={secret}")
        failed = place.until(lambda: place.states().get("two") == "failed" and place.of("two"), "it cannot begin")
        check("it is another than the one that ran. It has a secret in it" in failed["why"], failed)
        place.end()
        place.begin("--set", "pasword=x", is_awaited=False)
        equal(place.process.wait(TIMEOUT), 2, "a value that nobody takes")


def test_server_away():
    """What cannot begin yet is begun again and again; a change of it is another way out."""
    with Place() as place:
        address = f"127.0.0.1:{free_port()}"
        kafka = f'name: away\nconnections: {{ kafka: {{ brokers: "{address}" }} }}\nnodes:\n' \
                "  numbers: { generate: { columns: { n: { range: [0, 9] } }, rate: 100 } }\n  out: { from: numbers, kafka.sink: nowhere }\n"
        place.begin("--connect-timeout", "300ms")
        away = place.command("apply", place.write("away", kafka), "--add", code=4)
        check("unreachable" in away, away)
        equal(place.states(), {}, "it was not added")
        place.command("apply", place.write("away"), "--add")
        place.end()
        note = place.data / ".running" / "away.json"
        noted = json.loads(note.read_text())
        noted["graph"]["texts"] = {path: kafka for path in noted["graph"]["texts"]}
        note.write_text(json.dumps(noted))
        place.begin("--connect-timeout", "300ms")
        waiting = place.until(lambda: place.of("away").get("why") and place.of("away"), "it waits")
        check(waiting["state"] == "starting" and "unreachable" in waiting["why"], waiting)
        check(place.ask("GET", "/ready")[0] == 503, "not ready")
        place.command("apply", place.write("away"))
        place.until_running("away")
        place.end()


def is_gone(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_supervision():
    with Place() as place:
        place.begin(place.write("one"), place.write("two"), "--supervise")
        place.until_running("one", "two")
        place.command("set", "one", "version=2")
        place.command("apply", place.write("three"), "--add")
        place.until_running("three")
        first = place.child()
        os.kill(first, signal.SIGKILL)
        place.until(lambda: place.sockets() and place.child() != first, "another process")
        place.until_running("one", "two", "three")
        place.until(lambda: place.rows("one") and place.rows("one")[-1]["version"] == 2, "the changed graph")
        for name in ("one", "two", "three"):
            check_counts(place.rows(name), name, is_over=True)
        check("the host was ended by signal 9 (SIGKILL), and is begun again" in place.command("logs"), "the log")

        # A change that takes the process down in its trial.
        for at, told in (("row", "the host died while it was on trial: signal 9 (SIGKILL)"), ("epoch", "the host died while it was on trial"),
                         ("create", "the host died before it was on trial")):
            deadly = place.write("deadly", text_of("one", f"deadly.sink: {{ at: {at} }}"))
            refused = place.command("apply", deadly, code=5)
            check(told in refused and "begun again as it was" in refused, refused)
            place.until_running("one", "two", "three")
        place.until(lambda: place.rows("one")[-1]["version"] == 2, "the graph before")
        check("was not taken: the host died while it was on trial" in place.command("status", "one"), "status")
        check_counts(place.rows("one"), "one", is_over=True)
        check_counts(place.rows("two"), "two", is_over=True)

        # A service's stop reaches both processes; it is one stop.
        os.kill(place.child(), signal.SIGTERM)
        place.end()

        place.begin("--supervise")
        place.until_running("one", "two", "three")
        child = place.child()
        place.process.kill()
        place.process.wait(TIMEOUT)
        deadline = time.monotonic() + TIMEOUT
        while not is_gone(child):
            check(time.monotonic() < deadline, "the host outlives its supervisor")
            time.sleep(0.02)  # asks again

        place.begin(place.write("four", "name: four\nnodes: none\n"), "--supervise", is_awaited=False)
        equal(place.process.wait(TIMEOUT), 2, "the exit code of the host")


def test_deadly_build():
    """A build that ends the process lies in the plugin folder yet when the host is begun again."""
    with Place() as place:
        plugins, staged = place.folder / "plugins", place.folder / "staged"
        plugins.mkdir()
        os.environ["WEIR_STAGING_DIR"] = str(staged)

        def put(build, behind=b""):
            (plugins / "made").write_bytes(build.read_bytes() + behind)
            (plugins / "made").rename(plugins / "deadly.so")

        def used():
            generations = place.ask("GET", "/v1/plugins")[1].get("generations", [])
            return [one["hash"] for one in generations if one["plugin"] == "deadly" and one["state"] == "used"]

        put(PLUGINS / "deadly.so")
        file = place.write("one", text_of("one", "deadly.sink: {}"))
        place.begin(file, "--supervise", plugins=plugins)
        place.until_running("one")
        first = place.until(used, "its build")
        put(DEADLY_BUILD)
        refused = place.command("apply", file, "--trial", "1s", code=5)
        check("the host died while it was on trial: signal 9 (SIGKILL)" in refused and "begun again as it was" in refused, refused)
        place.until_running("one")
        equal(place.until(used, "its build"), first, "the build behind a death in a trial")
        told = place.command("logs")
        check("plugin `deadly` 1.0.0 (as it ran before) takes the place of 1.0.0" in told, told)
        place.end()

        # So has the next host, as long as nothing was changed since.
        place.begin("--supervise", plugins=plugins)
        place.until_running("one")
        equal(place.until(used, "its build"), first, "the build of the next host")
        put(PLUGINS / "deadly.so", b"anew")
        place.command("apply", file)
        second = place.until(used, "its build")
        check(second != first, "a change takes the build that is there")

        # Where the copy is gone what is there has to do.
        put(PLUGINS / "deadly.so", b"once more")
        for copy in staged.iterdir():
            copy.unlink()
        child = place.child()
        os.kill(child, signal.SIGKILL)
        place.until(lambda: place.sockets() and place.child() != child, "another process")
        place.until_running("one")
        check(place.until(used, "its build") not in (first, second), "the build that is there")
        told = place.command("logs")
        check("plugin deadly: the build that ran before, " in told and "is not there any more" in told, told)
        place.end()
    del os.environ["WEIR_STAGING_DIR"]


def main():
    test_coming_and_going()
    test_plain_run()
    test_secrets()
    test_server_away()
    test_supervision()
    test_deadly_build()


if __name__ == "__main__":
    main()
