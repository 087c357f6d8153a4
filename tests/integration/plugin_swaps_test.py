"""A plugin is built anew, again and again, under a topology that runs: what is swapped out leaves memory and descriptors.

WEIR_SWAPS says how often (default 200; 10,000 take some ten minutes). What is taken is printed behind 100, 1,000, ... swaps.
"""
import os
import pathlib
import re
import shutil
import tempfile

from admin import Host
from weirtest import check, equal

SWAPS = int(os.environ.get("WEIR_SWAPS", "200"))
WARM_UP = min(20, SWAPS)  # swaps, after which all that is made once is there
MOST_MORE_BYTES = 24 << 20  # the allocator's, whatever the number of swaps
BUILT = pathlib.Path(os.environ["WEIR_BUILD_DIR"]) / "tests" / "swapped_plugins"
MARKS = sorted({n for n in (100, 1000, 10_000) if n < SWAPS} | {SWAPS})
TOPOLOGY = """
name: swaps
workers: 1
checkpoint: 20ms
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 200 } }
  negated: { from: numbers, acme.negate: {} }
  out: { from: negated, console: json }
"""


def build(folder, number, name="acme"):
    """The same code with another content, and so another hash; it takes the old one's place as a compiler's output does."""
    made = folder / "acme.new"
    shutil.copy(BUILT / f"{name}.so", made)
    with made.open("ab") as file:
        file.write(b"build %010d" % number)
    made.rename(folder / "acme.so")


def taken(pid):
    """(open descriptors, resident bytes, mappings) of a process."""
    process = pathlib.Path("/proc") / str(pid)
    resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return len(list((process / "fd").iterdir())), resident, len((process / "maps").read_text().splitlines())


def apply(host):
    answer = host.post("/v1/topologies/swaps/apply")
    check(answer["taken"], "a new build was not taken", answer["text"])
    check("another build of the plugin acme" in answer["text"], answer["text"])


def swap(host, folder, first, last):
    for number in range(first, last):
        build(folder, number)
        apply(host)


def states(host):
    """Of the builds that are listed, but for those that are unloaded."""
    return [one["state"] for one in host.get("/v1/plugins")["generations"] if one["plugin"] == "acme" and one["state"] != "unloaded"]


def main():
    with tempfile.TemporaryDirectory(prefix="weir-swaps-") as name:
        folder, staged = pathlib.Path(name) / "plugins", pathlib.Path(name) / "staged"
        folder.mkdir()
        os.environ["WEIR_STAGING_DIR"] = str(staged)
        build(folder, 0)
        with Host(TOPOLOGY, "--plugin-dir", folder) as host:
            host.until(lambda: '{"n":-5}' in host.text(), "rows of the first build")
            equal(states(host), ["used"], "builds in memory at first")
            swap(host, folder, 1, 2)
            equal(states(host), ["used"], "builds in memory behind a swap: that of the start is let go")
            swap(host, folder, 2, 1 + WARM_UP)
            before = taken(host.process.pid)
            print(f"behind {WARM_UP} swaps: {before[0]} descriptors, {before[1] >> 10} KiB resident, {before[2]} mappings")
            done = 0
            for mark in MARKS:
                swap(host, folder, 1 + WARM_UP + done, 1 + WARM_UP + mark)
                done = mark
                after = taken(host.process.pid)
                print(f"{mark} more: {after[0]} descriptors, {after[1] >> 10} KiB resident, {after[2]} mappings", flush=True)
            check(after[0] <= before[0] + 2, "descriptors", before, after)  # a request or two may be under way
            check(after[1] <= before[1] + MOST_MORE_BYTES, "resident memory", before, after)
            check(after[2] <= before[2] + 40, "mappings", before, after)

            told = host.get("/v1/plugins")
            ours = [one for one in told["generations"] if one["plugin"] == "acme"]
            equal([one["nodes"] for one in ours if one["state"] == "used"], [["swaps.negated"]], "who uses the last build")
            equal(told["stuck"], 0, "builds that cannot be unloaded")
            equal([one["state"] for one in ours if one["state"] != "unloaded"], ["used"], "builds in memory")
            check(told["loads"] > SWAPS + WARM_UP and told["forgotten"] >= SWAPS + WARM_UP - 20, told["loads"], told["forgotten"])
            text, _ = host.weir("plugin", "generations")
            check(re.search(r"acme +\S+ +[0-9a-f]{12} +\S+ +used +swaps\.negated\n", text), text)
            check(f"{told['loads']:,} loaded, {told['forgotten']:,} of them are gone" in text, text)
            check("cannot be unloaded" not in text, text)

            # A build that the C library does not unload is let go all the same, and counted.
            build(folder, 0, "acme_kept")
            apply(host)
            equal(states(host), ["used"], "builds in memory")
            swap(host, folder, 2 + WARM_UP + SWAPS, 3 + WARM_UP + SWAPS)
            equal(states(host), ["stuck", "used"], "builds in memory, one of them stuck")
            equal(host.get("/v1/plugins")["stuck"], 1, "builds that cannot be unloaded")
            text, _ = host.weir("plugin", "generations")
            check("; 1 cannot be unloaded: the C library keeps them until the process ends\n" in text, text)
        # Rows of all builds, each once: the sequence has no gap.
        numbers = sorted(int(n) for n in re.findall(r'^\{"n":(-?\d+)\}$', host.text(), re.MULTILINE))
        equal(-numbers[0], len(set(numbers)) - 1, "a row is missing")


main()
