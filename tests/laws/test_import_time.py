"""`import segweave` and `segweave --help` are quick, because nothing heavy is loaded before it is needed."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache

from laws.tree import ROOT

HEAVY = ("torch", "onnxruntime", "matplotlib", "numba", "scipy", "transformers", "gradio", "ray", "av")
HELP = "import sys; sys.argv = ['segweave', '--help']; from segweave.apps.cli.main import main; main()"


def python(code: str) -> str:
    """Standard output of a fresh interpreter that can import segweave."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def import_seconds(module: str) -> float:
    """How long a fresh interpreter takes to import a module."""
    return float(python(f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"))


def help_seconds() -> float:
    """How long `segweave --help` takes, the start of the interpreter included."""
    start = time.perf_counter()
    assert "predict" in python(HELP)
    return time.perf_counter() - start


def best_of_5(measure: Callable[[], float], limit: float) -> float:
    """The shortest of at most five measurements; stops at the first one within the limit."""
    best = float("inf")
    for _ in range(5):
        best = min(best, measure())
        if best < limit:
            break
    return best


@cache
def slack() -> float:
    """How much slower than an idle core this machine is now: numpy alone takes about 0.1 s there."""
    return max(1.0, best_of_5(lambda: import_seconds("numpy"), 0.1) / 0.1)


def test_importing_segweave_loads_nothing_heavy() -> None:
    loaded = python("import segweave; print(*sys.modules)").split()
    assert "segweave" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_segweave_takes_less_than_0_3_seconds() -> None:
    limit = 0.3 * slack()
    assert best_of_5(lambda: import_seconds("segweave"), limit) < limit


def test_help_loads_nothing_heavy() -> None:
    watch = "import atexit; atexit.register(lambda: print('LOADED', *sys.modules))\n"
    loaded = python(watch + HELP).partition("LOADED")[2].split()
    assert "segweave.apps.cli.main" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_help_takes_less_than_half_a_second() -> None:
    limit = 0.5 * slack()
    assert best_of_5(help_seconds, limit) < limit
