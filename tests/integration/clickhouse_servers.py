"""ClickHouse servers for tests: one of today, the oldest that there is, and one that breaks inserts when told to."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

from weirtest import SOURCE, check

SERVERS = SOURCE / "tests" / "servers"
TIMEOUT = 60


class Server:
    """One of tests/servers, in a folder of its own; it ends with this process, or with stopped_in_the_end."""

    running = []

    def __init__(self, kind, folder, *options):
        self.kind, self.folder = kind, pathlib.Path(folder)
        self.start(*options)
        self.running.append(self)

    def start(self, *options):
        done = subprocess.run([SERVERS / self.kind / "start", self.folder, *options, "--owner", str(os.getpid())],
                              capture_output=True, text=True, timeout=300)
        check(done.returncode == 0, f"{self.kind}: {done.stderr}")
        self.url = done.stdout.strip()

    def stop(self, *options):
        subprocess.run([SERVERS / self.kind / "stop", self.folder, *options], check=True, timeout=TIMEOUT)
        if self in self.running:
            self.running.remove(self)

    def ask(self, sql, path="/"):
        """The answer to a query, as text."""
        request = urllib.request.Request(self.url + path, data=sql.encode())
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return answer.read().decode().rstrip("\n")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{sql}\n{error.read().decode(errors='replace')}") from error

    def rows(self, sql):
        """Rows of a query: lists of JSON values."""
        text = self.ask(sql + " FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0,"
                              " output_format_json_quote_denormals = 1, output_format_json_quote_decimals = 1")
        return [json.loads(line) for line in text.splitlines()]

    def fault(self, **what):
        self.ask("", "/fault?" + "&".join(f"{k}={v}" for k, v in what.items()))


@contextlib.contextmanager
def stopped_in_the_end():
    """Stops what is still running, before the folders go that say what is."""
    try:
        yield
    finally:
        for server in reversed(Server.running[:]):
            server.stop()


class Encrypted:
    """TLS before a server, with a certificate of its own for `localhost`: folder/ca.pem."""

    def __init__(self, server, folder):
        self.target = server.url.removeprefix("http://").split(":")
        self.ca, key = folder / "ca.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.ca, "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except ssl.SSLError:
                continue  # a client that does not trust us
            except OSError:
                return
            server = socket.create_connection((self.target[0], int(self.target[1])))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.copy, args=(one, other), daemon=True).start()

    @staticmethod
    def copy(one, other):
        try:
            shutil.copyfileobj(one.makefile("rb", buffering=0), other.makefile("wb", buffering=0))
            other.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def stop(self):
        self.listener.close()
