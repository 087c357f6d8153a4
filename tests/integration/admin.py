"""A host that runs, and its admin API: `weir run` with a data directory of its own, and HTTP over the host's Unix socket."""
import contextlib
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

from weirtest import TIMEOUT, WEIR, check


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def until(condition, what, process, said):
    """The first true value of the condition, while the process lives; `said`: the lines that it has written."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < deadline, f"not within {TIMEOUT} s: {what}", "".join(said))
        check(process.poll() is None, f"weir ended before {what}", "".join(said))
        time.sleep(0.02)  # asks again


class Host:
    """Used as a context: it is stopped at the end, and must end with `code`."""

    def __init__(self, text, *options, code=0, name="topology.yaml"):
        self.folder = tempfile.TemporaryDirectory(prefix="weir-admin-")
        self.path = pathlib.Path(self.folder.name) / name
        self.path.write_text(text)
        self.data = pathlib.Path(self.folder.name) / "data"
        self.command = [WEIR, "run", str(self.path), "--data-dir", str(self.data), *map(str, options)]
        self.code = code
        self.said = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True)
        self.reader.start()
        self.socket = self.data / "control" / f"{self.process.pid}.sock"
        self.until(lambda: self.socket.exists(), "its socket")
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(TIMEOUT)
        if self.process.poll() is None:
            self.process.kill()
        self.reader.join()
        if kind is None:
            check(self.process.returncode == self.code, f"weir run ended with {self.process.returncode}", self.text())
        else:
            print("weir said:\n" + self.text())
        self.folder.cleanup()

    def text(self):
        return "".join(self.said)

    def until(self, condition, what):
        return until(condition, what, self.process, self.said)

    def ask(self, method, path, body=None, headers=None):
        """(status, type, body as text)."""
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.ask("GET", path)
        check(status == 200, path, status, body)
        return json.loads(body)

    def post(self, path, body=None):
        status, _, text = self.ask("POST", path, body or {})
        check(status == 200, path, status, text)
        return json.loads(text)

    def problem(self, method, path, status, *parts, body=None):
        """A refusal with that status, whose detail has these parts."""
        actual, kind, text = self.ask(method, path, body)
        check((actual, kind) == (status, "application/problem+json"), path, actual, kind, text)
        told = json.loads(text)
        check(told["status"] == status and told["title"], text)
        for part in parts:
            check(part in told["detail"], f"{path}: {part!r} is not in {told['detail']!r}")

    def weir(self, *words, code=0):
        """A command for this host; its (standard output, standard error)."""
        done = subprocess.run([WEIR, *map(str, words), "--data-dir", str(self.data)], capture_output=True, text=True, timeout=TIMEOUT)
        check(done.returncode == code, f"weir {' '.join(map(str, words))}: exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}", self.text())
        return done.stdout, done.stderr

    @contextlib.contextmanager
    def follow(self, path):
        """Server-sent events, as an iterator of (name, data as text)."""
        connection = UnixConnection(self.socket)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            check(answer.headers["Content-Type"] == "text/event-stream", path, answer.status, answer.headers["Content-Type"])
            yield self._events(answer)
        finally:
            connection.close()

    @staticmethod
    def _events(answer):
        name = data = None
        for line in answer:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("data: "):
                data = text[6:]
            elif not text and data is not None:
                yield name, data
                data = None
