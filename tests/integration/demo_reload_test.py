"""`make demo-reload` as README.md shows it, in a short form: each change is what it is said to be, and the counts agree."""
import re
import subprocess

from weirtest import SOURCE, check, equal

done = subprocess.run([SOURCE / "scripts" / "demo-reload", "--seconds", "0.5"], capture_output=True, text=True, timeout=280, check=False)
said = done.stdout
check(done.returncode == 0, f"exit {done.returncode}", said, done.stderr)
steps = [r"pair_sum: 12 -> 10|sum: 12 -> 10", r"applied behind epoch \d+; no row was read for \d+ ms", r'\{"pair":"\d+\+\d+","number":\d+\}',
         r"another build of the plugin acme", r"applied behind epoch \d+", r'\{"pair":"5\+5=10","number":\d+\}', r"acme +1\.1\.0 .* used +pair-match\.numbered",
         r"rolled back: ", r"exit 5\n", r"sent ([\d,]+), read \1;", r"They agree\.\n"]
at = 0
for step in steps:
    found = re.compile(step).search(said, at)
    check(found, f"{step} is not there behind", said[:at], "but", said[at:])
    at = found.end()
numbers = [int(number) for number in re.findall(r'"number":(\d+)', said)]
equal(numbers, sorted(set(numbers)), "numbers of one key, over all changes")
equal(len(numbers), 6, "numbers that were shown")
print("ok: the demo ends as it is shown")
