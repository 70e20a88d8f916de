"""The memory a call takes at most beyond what is there before it, as the system counts it: torch's too."""

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def peak_megabytes(call: Callable[[], object]) -> float | None:
    """Megabytes of 10^6 bytes; None where the system does not say (it is Linux that does)."""
    if not STATUS.is_file() or not CLEAR.is_file():
        return None
    call()  # compiles, loads libraries
    ctypes.CDLL(None).malloc_trim(0)  # memory freed before must not hide what the call takes
    CLEAR.write_text("5")  # proc(5): resets the peak
    before = _kilobytes("VmRSS")
    call()
    return (_kilobytes("VmHWM") - before) * 1024 / 1e6


def _kilobytes(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])
