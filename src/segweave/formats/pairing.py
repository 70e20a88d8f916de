"""Which images of two data sets are the same."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
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
    count only where the names, if both sides know them, do not contradict. Raises `FormatError` where a side is empty,
    has an id twice, or where no image pairs.
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
    counts = [Counter(key for key in side if key) for side in keys]
    there = {key: place for place, key in enumerate(keys[1]) if key and counts[1][key] == 1}
    places = [(i, there[key]) for i, key in enumerate(keys[0]) if key in there and counts[0][key] == 1]
    if by == "id":
        places = [(i, k) for i, k in places if not _contradict(names[0][i], names[1][k])]
    paired = {i for i, _ in places}, {k for _, k in places}
    alone = [
        tuple(name for k, name in enumerate(side) if k not in found) for side, found in zip(names, paired, strict=True)
    ]
    return Pairing(places=tuple(places), truth_only=alone[0], prediction_only=alone[1], by=by)


def _contradict(a: ImageName, b: ImageName) -> bool:
    """Do two images of one id have names of their own? Numbers given out from 1 fit by chance."""
    return bool(a.stem and b.stem) and _last(a) != _last(b) and _number(a) != _number(b)


def _id(name: ImageName) -> str:
    return str(name.id)


def _name(name: ImageName) -> str:
    stem = name.stem or (name.id if isinstance(name.id, str) else "")
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    return stem


def _last(name: ImageName) -> str:
    return PurePosixPath(_name(name)).name


def _number(name: ImageName) -> str:
    last = _last(name) or str(name.id)
    return str(int(last)) if last.isdecimal() else last


_RULES: dict[By, Callable[[ImageName], str]] = {"id": _id, "name": _name, "file name": _last, "number": _number}
