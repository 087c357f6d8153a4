"""front.py --to URL --port N: an HTTP proxy before a ClickHouse server, which breaks INSERTs when told to.

POST /fault?kind=KIND[&times=N][&after=M][&seconds=S][&code=C]   the next N INSERTs (default 1), after M that pass
POST /fault?kind=KIND,KIND...&share=0.1&seed=1                   a share of all INSERTs, each by one of the kinds, at random
POST /fault?kind=none                                            no faults from now on
GET  /fault                                                      JSON: how many INSERTs passed, and each kind's number

What reaches the server, and what the client sees:
  before        nothing; the connection is dropped
  after         the whole INSERT; the connection is dropped
  cut_body      half of the body, then both connections are dropped
  cut_answer    the whole INSERT; a head that promises more than comes
  500, 503      nothing; that status, without a text of ClickHouse's
  code          nothing; the exception `code` (default 243, the disk is full), in the body and its header
  late_before   nothing; 200, and behind it the exception 241, as when it comes after the answer began
  late_after    the whole INSERT; the same
  slow_before   the whole INSERT, `seconds` (default 30) late
  slow_after    the whole INSERT at once; the answer `seconds` late
  hold          the whole INSERT; no answer until the next /fault, which drops the connection

All other requests pass. An INSERT is a POST whose statement, in `query` or at the body's beginning, begins with that word.
"""
import argparse
import collections
import http.client
import json
import random
import re
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

INSERT = re.compile(rb"\s*INSERT\b", re.I)
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
TEXTS = {241: "Memory limit (total) exceeded: would use 1.00 GiB. (MEMORY_LIMIT_EXCEEDED)",
         243: "Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)"}
KINDS = {"before", "after", "cut_body", "cut_answer", "500", "503", "code", "late_before", "late_after", "slow_before",
         "slow_after", "hold"}
MAX_BODY = 1 << 30


class Faults:
    """What is to go wrong. Any thread."""

    def __init__(self):
        self.lock, self.done, self.changed = threading.Lock(), collections.Counter(), threading.Event()
        self.set({})

    def set(self, wanted):
        kinds = [kind for kind in wanted.get("kind", "none").split(",") if kind != "none"]
        unknown = set(kinds) - KINDS
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(sorted(KINDS))}")
        with self.lock:
            self.kinds, self.share = kinds, float(wanted.get("share", 0))
            self.times, self.after = int(wanted.get("times", 1)), int(wanted.get("after", 0))
            self.seconds, self.code = float(wanted.get("seconds", 30)), int(wanted.get("code", 243))
            self.dice = random.Random(wanted.get("seed", "1"))
            self.changed.set()  # what is held goes on
            self.changed = threading.Event()

    def next(self):
        """The fault of the INSERT that comes, or None."""
        with self.lock:
            kind = self.draw()
            self.done[kind or "passed"] += 1
            return kind

    def draw(self):
        if not self.kinds:
            return None
        if self.share:
            return self.dice.choice(self.kinds) if self.dice.random() < self.share else None
        if self.after:
            self.after -= 1
            return None
        if not self.times:
            return None
        self.times -= 1
        return self.kinds[0]


def exception_text(code):
    return f"Code: {code}. DB::Exception: {TEXTS.get(code, 'asked to fail. (A_TEST)')} (version 26.7.2.1)\n".encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    upstream, faults = None, Faults()
    stopping = threading.Event()

    def log_message(self, *args):
        pass

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def do_GET(self):
        url = urlsplit(self.path)
        try:
            body = self.body()
            if url.path == "/fault":
                return self.fault(url)
            query = parse_qs(url.query).get("query", [""])[0].encode() or body[:4096]
            kind = self.faults.next() if self.command == "POST" and INSERT.match(query) else None
            getattr(self, f"do_{kind}", self.passed)(body)
        except (OSError, http.client.HTTPException):  # the server is down, or the client has gone
            self.drop()

    do_POST = do_PUT = do_GET

    def fault(self, url):
        try:
            if self.command == "POST":
                self.faults.set({key: values[-1] for key, values in parse_qs(url.query).items()})
            self.answer(200, json.dumps(self.faults.done).encode())
        except ValueError as wrong:
            self.answer(400, f"{wrong}\n".encode())

    # -- what reaches the server

    def connect(self):
        return http.client.HTTPConnection(*self.upstream, timeout=600)

    def headers_out(self):
        return {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}

    def forward(self, body):
        """The server's answer: status, headers, body."""
        server = self.connect()
        try:
            server.request(self.command, self.path, body=body or None, headers=self.headers_out())
            answer = server.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            server.close()

    # -- what the client sees

    def answer(self, status, body=b"", headers=(), missing=0):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drop(self):
        """With a reset, not an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def passed(self, body):
        status, headers, text = self.forward(body)
        self.answer(status, text, headers)

    def do_before(self, _):
        self.drop()

    def do_after(self, body):
        self.forward(body)
        self.drop()

    def do_cut_body(self, body):
        server = self.connect()
        server.putrequest(self.command, self.path, skip_accept_encoding=True)
        for name, value in self.headers_out().items():
            server.putheader(name, value)
        server.putheader("Content-Length", str(len(body)))
        server.endheaders()
        server.send(body[:len(body) // 2])
        server.close()
        self.drop()

    def do_cut_answer(self, body):
        status, headers, text = self.forward(body)
        self.answer(status, text, headers, missing=10)
        self.wfile.flush()
        self.drop()

    def do_500(self, _):
        self.answer(500, b"asked to fail\n")

    def do_503(self, _):
        self.answer(503, b"asked to fail\n")

    def do_code(self, _):
        code = self.faults.code
        self.answer(500, exception_text(code), [("X-ClickHouse-Exception-Code", str(code))])

    def do_late_before(self, _):
        self.answer(200, exception_text(241))

    def do_late_after(self, body):
        self.forward(body)
        self.answer(200, exception_text(241))

    def do_slow_before(self, body):
        self.stopping.wait(self.faults.seconds)
        self.passed(body)

    def do_slow_after(self, body):
        status, headers, text = self.forward(body)
        self.stopping.wait(self.faults.seconds)
        self.answer(status, text, headers)


    def do_hold(self, body):
        changed = self.faults.changed
        self.forward(body)
        changed.wait()
        self.drop()


class Server(ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def handle_error(self, request, client_address):
        """A client that has gone is what this is for."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--to", required=True, metavar="URL")
    arguments.add_argument("--port", type=int, required=True)
    options = arguments.parse_args()
    url = urlsplit(options.to)
    Handler.upstream = (url.hostname, url.port)
    Server(("127.0.0.1", options.port), Handler).serve_forever(0.1)


main()
