"""A topology that is served, running: `weir run` in the background, its address, and requests to it."""
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from weirtest import TIMEOUT, WEIR, check


class Served:
    """Used as a context: it is stopped at the end, and must end well."""

    def __init__(self, path, *options, code=0):
        self.command = [WEIR, "run", str(path), *map(str, options)]
        self.code = code
        self.stopping = False

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.said = [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.wait_for(r" at (http://\S+)/$")
        return self

    def stop(self):
        """Once: a second signal would end it without its epoch."""
        if not self.stopping:
            self.process.terminate()
        self.stopping = True
        try:
            self.process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def __exit__(self, kind, *_):
        self.stop()
        if kind is not None:
            print("weir said:\n" + "".join(filter(None, self.lines)), file=sys.stderr)
        else:
            check(self.process.returncode == self.code, f"exit {self.process.returncode}\n" + "".join(filter(None, self.lines)))

    def _read(self):
        for line in self.process.stdout:
            with self.said:
                self.lines.append(line)
                self.said.notify_all()
        with self.said:
            self.lines.append(None)
            self.said.notify_all()

    def wait_for(self, pattern):
        """The first group of the first line that fits."""
        deadline = time.monotonic() + TIMEOUT
        with self.said:
            while True:
                for line in self.lines:
                    found = line and re.search(pattern, line.rstrip("\n"))
                    if found:
                        return found[1]
                left = deadline - time.monotonic()
                check(left > 0 and None not in self.lines, f"weir does not say {pattern}:\n" + "".join(l or "(end)" for l in self.lines))
                self.said.wait(left)

    def get(self, path, headers=None, method="GET"):
        """(status, headers, body)."""
        request = urllib.request.Request(self.url + path, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read().decode()

    def rows(self, path):
        status, headers, body = self.get(path)
        check(status == 200, path, status, body)
        check(headers["Content-Type"] == "application/json", headers["Content-Type"])
        return json.loads(body)

    def problem(self, path, status, **members):
        """A refusal with this status, whose members fit these patterns."""
        actual, headers, body = self.get(path)
        check(actual == status, path, actual, body)
        check(headers["Content-Type"] == "application/problem+json", path, headers["Content-Type"])
        told = json.loads(body)
        check(told["status"] == status and told["title"], body)
        for name, pattern in members.items():
            check(re.search(pattern, str(told.get(name))), f"{path}: {name} is {told.get(name)!r}, not {pattern!r}")
        return headers

    def until_answered(self, path):
        """The rows of a query, once its server is connected."""
        deadline = time.monotonic() + TIMEOUT
        while self.get(path)[0] == 503:
            check(time.monotonic() < deadline, path, self.get(path))
        return self.rows(path)

    def until_rows(self, path, condition):
        """The rows of a query, once its table is there and they are as they should be."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            status, _, body = self.get(path)
            if status == 200 and condition(json.loads(body)):
                return json.loads(body)
            check(time.monotonic() < deadline, path, status, body)

    def until(self, path, condition, what):
        """The rows of a view, once they are as they should be."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            rows = self.rows(path)
            if condition(rows):
                return rows
            check(time.monotonic() < deadline, f"{what}: {path} has {rows}")


class Events:
    """Server-sent events of a path, one by one."""

    def __init__(self, served, path):
        self.stream = urllib.request.urlopen(served.url + path, timeout=TIMEOUT)
        check(self.stream.headers["Content-Type"] == "text/event-stream", self.stream.headers["Content-Type"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def next(self):
        """(name, data) of the next event that has data."""
        name = data = None
        for line in self.stream:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("data: "):
                data = json.loads(text[6:])
            elif not text and data is not None:
                return name, data
        check(False, "the events ended")

    def ends(self):
        """Reads to the end, which comes when the server closes the connection."""
        for _ in self.stream:
            pass
        return True


def free_port():
    """From the fixture of the servers, which gives out none twice."""
    script = os.path.join(os.environ["WEIR_SOURCE_DIR"], "tests", "servers", "free_ports")
    return int(subprocess.run([script, "1"], check=True, capture_output=True, text=True).stdout.split()[0])


def post(port, rows):
    """Rows to an http.source, one JSON a line; returns once they are taken."""
    body = "\n".join(json.dumps(row) for row in rows).encode()
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=body, headers={"Content-Type": "application/x-ndjson"})
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                check(answer.status == 200, answer.status)
                return
        except urllib.error.URLError as refused:  # it does not listen yet
            check(time.monotonic() < deadline and not isinstance(refused, urllib.error.HTTPError), refused)
