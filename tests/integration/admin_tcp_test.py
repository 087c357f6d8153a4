"""The admin API over TCP: token, Host, Origin, TLS; and a secret that no surface tells."""
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess

from admin import Host
from weirtest import TIMEOUT, WEIR, check, equal, scratch, weir

TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "planted-Secret-7261"
NUMBERS = """
name: numbers
checkpoint: 50ms
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 100 } }
  shown: { from: numbers, where: n % 1000 = 0, console: json }
"""
# The plugin of the connection repeats what it was given; a broker that is not there is named by whoever cannot reach it.
SECRETS = """
name: secrets
checkpoint: 50ms
parameters:
  password: { type: string, default: "${env:PLANTED}", secret: true }
  shown_password: { type: string, default: other-Secret-9931, secret: true }
dead_letters: log
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 200 } }
  kept: { from: numbers, check: { allowed: "$password <> $shown_password AND n >= 0" } }
  failing: { from: numbers, where: "CAST($password || n::string AS int64) > n", console: json }
  shown: { from: kept, where: n % 1000 = 0, console: json }
"""


def write_token(folder, text=TOKEN + "\n", mode=0o600):
    path = pathlib.Path(folder) / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


def certificate(folder):
    """A certificate of 127.0.0.1 and its key."""
    paths = pathlib.Path(folder) / "cert.pem", pathlib.Path(folder) / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=weir",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", paths[1], "-out", paths[0]], check=True, capture_output=True, timeout=TIMEOUT)
    return paths


def port_of(host):
    return int(host.until(lambda: re.search(r"^admin API at https?://[^:]+:(\d+)/$", host.text(), re.M), "its address")[1])


def ask(port, path="/live", method="GET", token=TOKEN, headers=None, context=None, body=None):
    """(status, headers, body)."""
    kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
    connection = kind("127.0.0.1", port, timeout=TIMEOUT, **({"context": context} if context else {}))
    try:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, body, {**sent, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_token_host_and_origin():
    with scratch() as folder, Host(NUMBERS, "--listen", "127.0.0.1:0", "--token-file", write_token(folder), "--allow-host", "weir.example") as host:
        port = port_of(host)
        equal(ask(port)[0], 200, "with the token")
        status, headers, body = ask(port, token=None)
        equal((status, headers["WWW-Authenticate"]), (401, 'Bearer realm="weir"'), "without a token")
        check("Authorization: Bearer TOKEN" in body and headers["Content-Type"] == "application/problem+json", body)
        for wrong in (TOKEN[:-1], TOKEN + "x", TOKEN[:-1] + "X", "x" * 40):
            equal(ask(port, token=wrong)[0], 401, f"token {wrong}")
        for path in ("/metrics", "/ready", "/v1/topologies", "/nothing", "/v1/logs"):
            equal(ask(port, path, token=None)[0], 401, f"{path} without a token")
        equal(ask(port, "/v1/topologies/numbers/stop", "POST", token=None)[0], 401, "a stop without a token")
        equal(ask(port, headers={"Authorization": f"Basic {TOKEN}"}, token=None)[0], 401, "another scheme")
        equal(ask(port, headers={"Host": "evil.example"})[0], 421, "another name")
        equal(ask(port, headers={"Host": "weir.example:8600"})[0], 200, "a name that it was given")
        equal(ask(port, headers={"Origin": "http://evil.example"})[0], 403, "another site")
        equal(ask(port, headers={"Origin": "null"})[0], 403, "a page of nowhere")
        equal(ask(port, headers={"Origin": f"http://127.0.0.1:{port}"})[0], 200, "its own address")
        equal(ask(port, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"})[0], 403, "another site, as browsers say it")
        equal(ask(port, "/v1/topologies/numbers/pause", "POST", body="x" * (2 << 20))[0], 413, "a body that is too large")
        equal(json.loads(ask(port, "/v1/topologies/numbers/pause", "POST")[2])["state"], "paused", "what commands can")
        equal(host.get("/v1/topologies/numbers")["state"], "paused", "the same over its socket, where no token is needed")
        check(TOKEN not in host.text() + ask(port, "/v1/logs")[2] + ask(port, token="x" * 40)[2], "the token is nowhere")


def test_tls():
    with scratch() as folder:
        cert, key = certificate(folder)
        with Host(NUMBERS, "--listen", "127.0.0.1:0", "--token-file", write_token(folder), "--tls-cert", cert, "--tls-key", key) as host:
            port = port_of(host)
            context = ssl.create_default_context(cafile=str(cert))
            equal(ask(port, context=context)[0], 200, "over TLS")
            try:
                check(ask(port)[0] != 200, "an answer in clear")
            except (http.client.HTTPException, ConnectionError):
                pass
            equal(ask(port, context=context)[0], 200, "and it goes on")


def test_what_is_refused_before_anything_starts():
    with scratch() as folder:
        topology = pathlib.Path(folder) / "t.yaml"
        topology.write_text(NUMBERS)
        token = write_token(folder)

        def refused(told, *options, code=2):
            said = weir("run", topology, "--data-dir", folder, *options, code=code)[1]
            check(told in said, told, said)

        refused("--listen needs --token-file FILE", "--listen", "127.0.0.1:0")
        refused("are of --listen HOST:PORT, which is missing", "--token-file", token)
        refused("--listen 0.0.0.0:0: others than this machine reach it", "--listen", "0.0.0.0:0", "--token-file", token)
        refused("--listen [::]:0: others than this machine reach it", "--listen", "[::]:0", "--token-file", token)
        refused("`example.org:80` is no address to listen on; expected: 127.0.0.1:8600", "--listen", "example.org:80", "--token-file", token)
        refused("--tls-cert and --tls-key belong together", "--listen", "127.0.0.1:0", "--token-file", token, "--tls-cert", token)
        refused("expected a certificate, PEM", "--listen", "127.0.0.1:0", "--token-file", token, "--tls-cert", token, "--tls-key", token)
        refused("everybody on this machine can read or write it: chmod o=", "--listen", "127.0.0.1:0", "--token-file", write_token(folder, mode=0o604))
        refused("a token of 5 bytes is easily guessed", "--listen", "127.0.0.1:0", "--token-file", write_token(folder, "short"))
        refused("cannot be read: No such file", "--listen", "127.0.0.1:0", "--token-file", pathlib.Path(folder) / "none")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refused(f"--listen: 127.0.0.1:{port} is taken", "--listen", f"127.0.0.1:{port}", "--token-file", write_token(folder), code=4)


def test_secrets_are_told_nowhere():
    os.environ["PLANTED"] = SECRET
    told = {}
    with scratch() as folder, Host(SECRETS, "--listen", "127.0.0.1:0", "--token-file", write_token(folder), "--log-level", "debug") as host:
        port = port_of(host)
        host.until(lambda: host.get("/v1/topologies/secrets")["epochs"] > 2, "epochs")
        host.until(lambda: host.get("/v1/logs"), "lines of the log")
        for path in ("/v1/topologies", "/v1/topologies/secrets", "/v1/topologies/secrets/why", "/v1/logs?last=1000", "/metrics", "/ready"):
            told[path] = host.ask("GET", path)[2]
            told["tcp " + path] = ask(port, path)[2]
        told["plan"] = host.ask("POST", "/v1/topologies/secrets/plan", {"set": [f"password={SECRET}2"]})[2]
        told["wrong plan"] = host.ask("POST", "/v1/topologies/secrets/plan", {"set": ["password=1", "pasword=" + SECRET]})[2]
        for command in (["status", "secrets"], ["top", "-n", "1", "--interval", "200ms"], ["why", "secrets"], ["logs", "--last", "1000"],
                        ["tap", "kept", "-n", "3"], ["tap", "failing.errors", "-n", "3"], ["plan", host.path, "--set", f"password={SECRET}3"]):
            done = subprocess.run([WEIR, *map(str, command), "--data-dir", str(host.data)], capture_output=True, text=True, timeout=TIMEOUT)
            told[" ".join(map(str, command[:2]))] = done.stdout + done.stderr
        for command in (["lint"], ["lint", "--format", "json"], ["explain"], ["explain", "--format", "json"], ["graph"]):
            done = subprocess.run([WEIR, *command, str(host.path)], capture_output=True, text=True, timeout=TIMEOUT)
            told[" ".join(command)] = done.stdout + done.stderr
        host.weir("stop", "secrets", "--savepoint=kept")
        host.process.wait(TIMEOUT)
        host.reader.join()
        told["run"] = host.text()
        told["savepoint"] = host.weir("savepoint", "show", "secrets", "kept")[0]
    check("kept" in told["/v1/topologies/secrets"] and "failing" in told["metrics" if "metrics" in told else "/metrics"], "the surfaces say something")
    check("bad-cast" in told["run"], "a dead letter that tells of the value that failed", told["run"][:2000])
    for surface, text in told.items():
        check(SECRET not in text, f"{surface} tells the secret", [line for line in text.splitlines() if SECRET in line][:3])
        check("other-Secret-9931" not in text, f"{surface} tells the other secret")


def main():
    test_token_host_and_origin()
    test_tls()
    test_what_is_refused_before_anything_starts()
    test_secrets_are_told_nowhere()


if __name__ == "__main__":
    main()
