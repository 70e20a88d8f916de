"""Which images of two data sets are the same."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segweave.errors import FormatError
from segweave.formats.dataset import Dataset, ImageName

By = Literal["id", "name", "file name", "number"]

# What data sets and tools add to a photograph's name for other files of the same image.
_ENDINGS = (
    "_leftImg8bit",
    "_gtFine_labelTrainIds",
    "_gtFine_labelIds",
    "_gtFine_instanceIds",
    "_gtFine",
    "_pred",
    "_L",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """places: (in the truth, in the prediction) of each pair, in the truth's order. by: what is equal."""

    places: tuple[tuple[int, int], ...]
    truth_only: tuple[ImageName, ...]
    prediction_only: tuple[ImageName, ...]
    by: By


def pair_images(truth: Dataset, prediction: Dataset, *, truth_path: Path, prediction_path: Path) -> Pairing:
    """Pair the images of two data sets without reading any.

    Images are the same when they have the same id (7 and "7" are one), else the same name without suffix and without
    the endings of data sets (`_leftImg8bit`, `_gtFine_labelIds`, ...), else the same last part of that name, else the
    same number as name (139 and 000000000139). The rule that pairs most images counts, the first of equals; equal ids
    do not count where the name of either image is that of another image on the other side. Raises `FormatError` where
    a side is empty, has an id twice, or where no image pairs.
    """
    names = truth.names(), prediction.names()
    for side, path in zip(names, (truth_path, prediction_path), strict=True):
        _check_ids(side, path)
    best = max((_paired(names, by) for by in _RULES), key=lambda pairing: len(pairing.places))
    if not best.places:
        shown = [", ".join(repr(name.id) for name in side[:3]) for side in names]
        raise FormatError(
            f"{prediction_path}: none of its images is one of {truth_path}: its ids begin {shown[1]}, the truth's"
            f" {shown[0]}; expected the same ids, or the same file names without suffix"
        )
    return best


def missing_message(pairing: Pairing, *, truth_path: Path, prediction_path: Path) -> str:
    """One line that says which images only one side has, "" where there are none."""
    said: list[str] = []
    if pairing.truth_only:
        said.append(_only(pairing.truth_only, truth_path, prediction_path))
    if pairing.prediction_only:
        said.append(_only(pairing.prediction_only, prediction_path, truth_path))
    return "; ".join(said)


def _only(names: Sequence[ImageName], here: Path, there: Path) -> str:
    first = f"image {names[0].id!r}" + (f" ({names[0].stem})" if names[0].stem not in ("", names[0].id) else "")
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{first}{more} of {here} {verb} missing in {there}"


def _check_ids(names: Sequence[ImageName], path: Path) -> None:
    if not names:
        raise FormatError(f"{path}: has no images; expected at least one")
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        if first.setdefault(str(name.id), place) != place:
            before = first[str(name.id)]
            raise FormatError(f"{path}: images {before} and {place} (from 0) have the same id {name.id!r}")


def _paired(names: tuple[Sequence[ImageName], Sequence[ImageName]], by: By) -> Pairing:
    keys = [[_RULES[by](name) for name in side] for side in names]
    here, there = (_single(side) for side in keys)
    places = [(i, there[key]) for key, i in here.items() if key in there]
    if by == "id":
        places = _not_by_chance(names, places)
    paired = {i for i, _ in places}, {k for _, k in places}
    alone = [
        tuple(name for k, name in enumerate(side) if k not in found) for side, found in zip(names, paired, strict=True)
    ]
    return Pairing(places=tuple(places), truth_only=alone[0], prediction_only=alone[1], by=by)


def _single(keys: Sequence[str]) -> dict[str, int]:
    """The place of each key that only one image has."""
    counts = Counter(keys)
    return {key: place for place, key in enumerate(keys) if key and counts[key] == 1}


def _not_by_chance(
    names: tuple[Sequence[ImageName], Sequence[ImageName]], places: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The pairs of equal ids whose names do not belong to other images: numbers given out from 1 fit by chance."""
    keys = [[_number(name) if name.stem else "" for name in side] for side in names]
    here, there = (_single(side) for side in keys)

    def elsewhere(i: int, k: int) -> bool:
        return there.get(keys[0][i], k) != k or here.get(keys[1][k], i) != i

    return [(i, k) for i, k in places if not elsewhere(i, k)]


def _id(name: ImageName) -> str:
    return str(name.id)


def _name(name: ImageName) -> str:
    stem = name.stem or (name.id if isinstance(name.id, str) else "")
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    return stem


def _last(name: ImageName) -> str:
    return _name(name).rpartition("/")[2]


def _number(name: ImageName) -> str:
    last = _last(name) or str(name.id)
    return last.lstrip("0") or "0" if last.isdecimal() else last


_RULES: dict[By, Callable[[ImageName], str]] = {"id": _id, "name": _name, "file name": _last, "number": _number}
