"""OneFormer's question "the task is ..." (Jain et al. 2023, §3.1) in CLIP's tokens, so that no tokenizer is needed."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from segweave.models.protocol import Task

TOKENS: Mapping[Task, tuple[int, ...]] = {
    "semantic": (49406, 518, 10549, 533, 29119, 1550, 49407),
    "instance": (49406, 518, 10549, 533, 34572, 49407),
    "panoptic": (49406, 518, 10549, 533, 1072, 24755, 49407),
}
LENGTH = 77  # CLIP's


def task_tokens(task: Task, length: int = LENGTH) -> NDArray[np.float32]:
    """(1, length) float32: the question, and zeros behind it."""
    tokens = np.zeros((1, length), np.float32)
    tokens[0, : len(TOKENS[task])] = TOKENS[task]
    return tokens
