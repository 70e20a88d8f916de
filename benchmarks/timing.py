"""How the scripts here measure: contenders in turn, round after round, in one process; medians and ratios count."""

import statistics
import time
from collections.abc import Callable, Mapping


def race(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int = 15, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Median milliseconds of each contender; every round runs each once, so that a slow spell hits all alike.

    clock: `time.process_time` where others load the machine too; it counts all threads of the process.
    """
    for run in contenders.values():
        run()  # compiles, fills caches
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = clock()
            run()
            times[name].append((clock() - start) * 1e3)
    return {name: statistics.median(found) for name, found in times.items()}


def show(title: str, medians: Mapping[str, float], *, against: str) -> None:
    """Print a table with each contender's ratio to one of them."""
    print(f"\n{title}\n{'':34}{'ms':>10}{'times ' + against:>24}")
    for name, median in medians.items():
        print(f"{name:34}{median:10.2f}{median / medians[against]:24.2f}")
