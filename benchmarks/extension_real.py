"""The table of `segweave extend evaluate` for recorded outputs of real networks.

python benchmarks/extension_real.py [FOLDER], by default ../shared/data/extension_real: 30 street photographs in five
configurations (its README says what is in it). Nothing is predicted: labels and probabilities are those recorded.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from segweave.combine import CooccurrenceCounts, Provenance
from segweave.combine.modes import MODES
from segweave.combine.plan import Plan, resolve
from segweave.combine.plan_file import read_plan
from segweave.combine.rules import Evidence
from segweave.labels import Label, LabelMap, LabelSet, label_set
from segweave.models.weave_score import Question, Row, Seen, Tally, rows, tallies
from segweave.segmentation import from_label_indices

TRUTH = label_set("camvid11")
VOID = len(TRUTH)


def plan_of(config: dict, names: Sequence[str], pixels: np.ndarray) -> Plan:
    """The plan of one configuration, mode odds, with its counts."""
    primary = LabelSet("recorded", tuple(Label(name=name, is_thing=False) for name in names))
    known = Provenance(primary_labels=primary.names, secondary_labels=TRUTH.names)
    counts = CooccurrenceCounts(pixels=pixels, images=(pixels.sum(axis=2) > 0).astype(int), provenance=known)
    similar = {names[i]: [TRUTH[k].name for k in found] for i, found in enumerate(config["similar"])}
    lent = {"counts": "counts.npz", "add": [TRUTH[k].name for k in config["add"]], "similar": similar}
    said = {"version": 1, "mode": "odds", "primary": {"labels": "cityscapes"}, "secondaries": [lent]}
    with tempfile.TemporaryDirectory() as folder:
        counts.save(Path(folder) / "counts.npz")
        path = Path(folder) / "plan.yaml"
        path.write_text(json.dumps(said), encoding="utf-8")  # JSON is YAML
        return resolve(read_plan(path), primary, [TRUTH])


def seen_in(sample: dict[str, np.ndarray], plan: Plan, name: str) -> Seen:
    """What was recorded of one photograph."""
    truth = sample["truth"].astype(np.int32)
    truth[truth == VOID] = -1
    labels = Evidence(labels=sample["secondary"].astype(np.int32))
    odds = plan.mode.needs == "probabilities"
    return Seen(
        truth=truth,
        primary=from_label_indices(sample[f"primary_{name}"], plan.primary_labels),
        evidence=(Evidence(probabilities=sample["probs"]) if odds else labels,),
        labels=(labels,),
    )


def table(folder: Path, name: str) -> Iterator[Row]:
    """The rows of one configuration: the primary alone, the baseline, and each mode."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    config = meta["configs"][name]
    with np.load(folder / "counts.npz") as counts:
        plan = plan_of(config, meta["city"], counts[name])
    samples = [dict(np.load(path)) for path in sorted(folder.glob("*.npz")) if path.name != "counts.npz"]
    sums: dict[str, Tally] = {}
    for mode in ("cooccurrence", "guarded", "odds"):
        tried = plan.with_rules(MODES[mode])
        question = Question(plan=tried, label_map=LabelMap(plan.labels, TRUTH, tuple(config["to_truth"])))
        found = [tallies(question, seen_in(sample, tried, name)) for sample in samples]
        sums |= {key: reduce(add, (one[key] for one in found)) for key in found[0]}
    yield from rows(question, sums)


def main(folder: Path) -> None:
    """Print every configuration, and the means."""
    every: dict[str, list[Row]] = {}
    for name in ("C1", "C2", "C3", "C4", "C5"):
        found = list(table(folder, name))
        print(f"\n{name}{'':19}primary     HARM    added      all  contour")
        for row in found:
            every.setdefault(row.name, []).append(row)
            harm = 100 * (row.harm - found[0].harm)
            numbers = (row.primary, harm / 100, row.added, row.all, row.contour)
            print(f"{row.name:18}" + "".join(f"{100 * number:9.2f}" for number in numbers))
    print(f"\n{'mean of the five':18}     HARM    worst    added  contour")
    alone = every["primary alone"]
    for key, found in every.items():
        harms = [100 * (row.harm - base.harm) for row, base in zip(found, alone, strict=True)]
        means = np.mean(harms), min(harms), *(100 * np.mean([(r.added, r.contour) for r in found], axis=0))
        print(f"{key:18}" + "".join(f"{number:9.2f}" for number in means))


if __name__ == "__main__":
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "extension_real"
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if chosen.is_dir():
        main(chosen)
    else:
        print(f"{chosen.name}: the recording is not here; name its folder")
