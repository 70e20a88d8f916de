"""Networks of torch, whichever library builds them: random weights that are the same every time, and one photograph
through them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segweave.errors import MissingExtra, ModelError

EXTRA = 'pip install "segweave[torch]"'

_T = TypeVar("_T")


def need_modules(library: str, *modules: str) -> None:
    """`MissingExtra`, which names the extra, unless torch and the modules can be imported."""
    for module in ("torch", *modules):
        try:
            import_module(module)
        except ImportError as error:
            raise MissingExtra(f"networks of {library} need the torch extra ({error}): {EXTRA}") from None


def with_random_weights(build: Callable[[], Any]) -> Any:
    """What `build` makes, ready to predict, with the same weights every time; torch's generator stays as it is."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build().eval().requires_grad_(False)


def run_torch(work: Callable[[Any], _T], values: NDArray[np.float32], *, threads: int) -> _T:
    """`work(tensor)` without gradients. values: (1, 3, h, w). threads: 0 = as torch is set.

    `MemoryError` when memory runs out, `ModelError` for everything else that torch refuses.
    """
    import torch

    try:
        with _threads(threads), torch.inference_mode():
            return work(torch.from_numpy(values))
    except (RuntimeError, ValueError, AssertionError) as error:
        said = " ".join(str(error).split())
        if "alloc" in said or "out of memory" in said:
            raise MemoryError(said) from None
        raise ModelError(f"the network failed on an input of {values.shape}: {said}") from None


def to_array(tensor: Any) -> NDArray[np.float32]:
    """A tensor as a contiguous float32 array."""
    return np.ascontiguousarray(tensor.float().numpy())


@contextmanager
def _threads(threads: int) -> Iterator[None]:
    """So many threads for torch inside the block; 0 = as it is."""
    import torch

    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        if threads:
            torch.set_num_threads(before)
