"""A headless Chromium for tests, driven over its DevTools protocol by a pair of pipes: standard library alone.

Debian's package `chromium`. What a page writes to its console, and errors that it does not catch, are kept in `complaints`.
"""
import base64
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time

TIMEOUT = 60  # seconds for any one answer, and for any condition
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb"]


class Chromium:
    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="weir-chromium-")
        to_browser, self.writing = os.pipe()
        self.reading, from_browser = os.pipe()
        # It reads from 3 and writes to 4. A shell puts them there.
        command = ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "chromium", "chromium", *FLAGS,
                   "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"]
        self.log = open(os.path.join(self.profile, "log"), "w+")
        self.process = subprocess.Popen(command, pass_fds=(to_browser, from_browser), stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.answers = queue.Queue()
        self.complaints = []
        self.next_id = 0
        self.session = None
        threading.Thread(target=self._read, daemon=True).start()
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.send("Browser.close")
        except (OSError, AssertionError):
            self.process.kill()
        self.process.wait(timeout=TIMEOUT)
        os.close(self.writing)
        os.close(self.reading)
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read(self):
        rest = b""
        while True:
            try:
                more = os.read(self.reading, 1 << 16)
            except OSError:
                return
            if not more:
                return
            *messages, rest = (rest + more).split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message):
        if "id" in message:
            self.answers.put(message)
            return
        what, details = message["method"], message.get("params", {})
        if what == "Runtime.exceptionThrown":
            self.complaints.append(details["exceptionDetails"].get("exception", {}).get("description", str(details)))
        elif what == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning", "assert"):
            self.complaints.append(f"console.{details['type']}: {details['args']}")
        elif what == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{details['entry']['source']}: {details['entry']['text']} {details['entry'].get('url', '')}")

    def send(self, method, **params):
        self.next_id += 1
        message = {"id": self.next_id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while True:
            try:
                answer = self.answers.get(timeout=TIMEOUT)
            except queue.Empty:
                raise AssertionError(f"chromium does not answer {method}") from None
            if answer["id"] == self.next_id:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def open(self, url):
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def evaluate(self, expression):
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def until(self, expression):
        """Waits until the expression is true; its value."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            assert time.monotonic() < deadline, f"not within {TIMEOUT} s: {expression}\n{self.evaluate('document.body.innerText')}\n{self.complaints}"
            # The page's own next frame, rather than a pause of ours.
            self.evaluate("new Promise((done) => setTimeout(done, 50))")

    def resize(self, width, height, scale=1, mobile=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def prefer(self, scheme):
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
