"""Class extension on real predictions for 30 street photographs: what each mode costs the primary's labels, and gains.

Five configurations, in each of which the primary does not know some labels and the secondary lends them. HARM: the mean
IoU of primary labels (those that no added label means) over all pixels whose truth is one of them, against the primary
alone. Added: the mean IoU of the labels that added labels mean. Pixels of all photographs are pooled.
"""

import json
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from segweave.combine import (
    CooccurrenceCounts,
    apply_odds,
    apply_table,
    cooccurrence_rule,
    extension_table,
    guarded_table,
    override_table,
)

ROOT = Path(__file__).resolve().parents[2]
N_TRUTH = 11
Sample = dict[str, np.ndarray]


@dataclass(frozen=True)
class Scores:
    """In points, by configuration."""

    harm: np.ndarray
    added: np.ndarray


def ious(confusion: np.ndarray, labels: list[int]) -> float:
    """100 times the mean IoU of the labels that occur; confusion: (truth, prediction) pixels."""
    shared = confusion[labels, labels]
    union = confusion[labels].sum(axis=1) + confusion[:, labels].sum(axis=0) - shared
    return 100 * float((shared[union > 0] / union[union > 0]).mean())


def rules(name: str, config: dict, pixels: np.ndarray) -> dict[str, Callable[[Sample], np.ndarray]]:
    """Each mode as a function from a sample to output labels."""
    counts = CooccurrenceCounts(pixels=pixels, images=(pixels.sum(axis=2) > 0).astype(np.int64))
    asked = {"similar": config["similar"], "add": config["add"]}
    tables = {
        "primary": override_table(19, N_TRUTH, add=()),
        "hard": extension_table(cooccurrence_rule(counts), **asked),
        "override": override_table(19, N_TRUTH, add=config["add"]),
        "guarded": guarded_table(counts, **asked),
    }
    by_table = {
        mode: lambda sample, table=table: apply_table(table, sample[f"primary_{name}"], sample["secondary"])
        for mode, table in tables.items()
    }
    return {**by_table, "odds": lambda sample: apply_odds(sample[f"primary_{name}"], sample["probs"], **asked)}


def scored(config: dict, rule: Callable[[Sample], np.ndarray], samples: list[Sample]) -> tuple[float, float]:
    """Mean IoU of primary labels where the truth is one; mean IoU of added labels."""
    means = np.array(config["to_truth"])
    confusion = np.zeros((N_TRUTH + 1, N_TRUTH), np.int64)
    for sample in samples:
        np.add.at(confusion, (sample["truth"], means[rule(sample)]), 1)
    added = sorted(set(means[19:].tolist()))
    primary = [label for label in range(N_TRUTH) if label not in added]
    on_primary = np.zeros_like(confusion)
    on_primary[primary] = confusion[primary]
    return ious(on_primary, primary), ious(confusion[:N_TRUTH], added)


@pytest.fixture(scope="module")
def measured(shared: Path) -> dict[str, Scores]:
    """Scores by mode."""
    folder = shared / "data" / "extension_real"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/extension_real, which is not here")
    configs = json.loads((folder / "meta.json").read_text())["configs"]
    samples = [dict(np.load(path)) for path in sorted(folder.glob("*_*.npz"))]
    assert len(samples) == 30 and len(configs) == 5
    found: dict[str, list[tuple[float, float]]] = {}
    with np.load(folder / "counts.npz") as counts:
        for name, config in configs.items():
            for mode, rule in rules(name, config, counts[name]).items():
                found.setdefault(mode, []).append(scored(config, rule, samples))
    alone = np.array(found["primary"])[:, 0]
    return {mode: Scores(np.array(pairs)[:, 0] - alone, np.array(pairs)[:, 1]) for mode, pairs in found.items()}


@pytest.mark.parametrize(
    ("mode", "harm", "worst", "added"),
    [
        ("primary", 0.0, 0.0, 0.0),
        ("hard", -3.012, -9.247, 25.763),
        ("override", -1.092, -2.521, 30.985),
        ("guarded", -0.549, -1.130, 17.675),
        ("odds", -0.127, -0.563, 27.094),
    ],
)
def test_the_scores_of_a_mode_are_what_they_were(
    measured: dict[str, Scores], mode: str, harm: float, worst: float, added: float
):
    """Mean and worst of the five configurations."""
    scores = measured[mode]
    assert scores.harm.mean() == pytest.approx(harm, abs=0.01)
    assert scores.harm.min() == pytest.approx(worst, abs=0.01)
    assert scores.added.mean() == pytest.approx(added, abs=0.01)


def test_careful_modes_cost_less(measured: dict[str, Scores]):
    costs = [-measured[mode].harm.mean() for mode in ("odds", "guarded", "override", "hard")]
    assert costs == sorted(costs)
    assert (measured["odds"].harm > -1.0).all()
    assert (measured["guarded"].harm > -1.2).all()  # -1.13 where five labels are added at once


def test_odds_gain_more_than_the_rules_that_read_counts(measured: dict[str, Scores]):
    """Overriding gains most, and costs eight times as much as odds."""
    gains = [measured[mode].added.mean() for mode in ("guarded", "hard", "odds", "override")]
    assert gains == sorted(gains)
    assert measured["override"].harm.mean() < 8 * measured["odds"].harm.mean()


def test_the_table_of_extend_evaluate_says_the_same(shared: Path, measured: dict[str, Scores], monkeypatch):
    """The rows that the command prints, computed here from the recording, against the plain sums above."""
    folder = shared / "data" / "extension_real"
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    table = runpy.run_path(str(ROOT / "benchmarks" / "extension_real.py"))["table"]
    for k, config in ((0, "C1"), (3, "C4")):
        alone, *rows = table(folder, config)
        assert [row.name for row in rows] == ["override", "cooccurrence", "guarded", "odds"]
        for row, mode in zip(rows, ("override", "hard", "guarded", "odds"), strict=True):
            assert 100 * (row.harm - alone.harm) == pytest.approx(measured[mode].harm[k], abs=1e-9)
            assert 100 * row.added == pytest.approx(measured[mode].added[k], abs=1e-9)
