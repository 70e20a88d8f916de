"""What tests of networks share."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Networks this small only make threads of torch wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def photos(china: Path) -> list[np.ndarray]:
    """A photograph of a temple, wide and small, then narrow."""
    image = Image.open(china).convert("RGB")
    return [np.asarray(image.resize(size)) for size in ((90, 60), (26, 64))]
