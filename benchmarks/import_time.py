"""How long a fresh process takes to import segweave and to print the help; best and median of 9."""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import segweave": [sys.executable, "-c", "import segweave"],
    "segweave --help": [sys.executable, "-m", "segweave", "--help"],
}
times: dict[str, list[float]] = {name: [] for name in COMMANDS}
for _ in range(10):  # in turn; the first round fills the disk's cache and is not counted
    for name, command in COMMANDS.items():
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times[name].append(time.perf_counter() - start)
for name, found in times.items():
    print(f"{name:20}{min(found[1:]):7.3f} s best{statistics.median(found[1:]):8.3f} s median")
