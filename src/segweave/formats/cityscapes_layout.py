"""Where Cityscapes keeps its files: `gtFine/<split>/<city>/<base>_gtFine_<kind>`, and photographs in `leftImg8bit/`.

https://github.com/mcordts/cityscapesScripts, "Dataset Structure". ACDC and other data sets follow it under other names
(`gt/<condition>/<split>/<city>/<base>_gt_labelIds.png`), so any depth and any folder `gt...` will do.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.json_sketch import json_keys
from segweave.formats.names import natural_key
from segweave.formats.photographs import find_photograph
from segweave.formats.png import SIGNATURE

Kind = Literal["instanceIds", "instanceTrainIds", "labelIds", "labelTrainIds", "polygons"]
"""What a file says; `color` is for people and is never decoded."""

POLYGON_KEYS = frozenset({"imgHeight", "imgWidth", "objects"})
PHOTOGRAPH_ENDING = "_leftImg8bit"
_KINDS: dict[str, Kind] = {
    kind.lower(): kind for kind in ("instanceIds", "instanceTrainIds", "labelIds", "labelTrainIds", "polygons")
}
_FILE = re.compile(r"(.+?)(?:_(gt[a-z0-9]*))?_(?:([a-z]+ids)\.png|(polygons)\.json)", re.IGNORECASE | re.DOTALL)
_TRUTH_FOLDER = re.compile(r"gt[a-z0-9]*", re.IGNORECASE)
_NO_TRUTH = re.compile(r"\..*|leftImg8bit.*|rightImg8bit.*|cityscapes_panoptic_.*", re.IGNORECASE)
_PHOTOGRAPH_FOLDERS = (
    "leftImg8bit",
    "leftImg8bit_trainvaltest/leftImg8bit",
    "leftImg8bit_trainextra/leftImg8bit",
    "rgb_anon",  # ACDC
    "images",
)
_FEW_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Truth:
    """The files of one image. root: the folder gtFine; folder: below it, `/` between; files: by kind."""

    root: Path
    folder: str
    base: str
    files: dict[Kind, Path]

    @property
    def name(self) -> str:
        """Folder and base: "val/frankfurt/frankfurt_000000_000294"."""
        return f"{self.folder}/{self.base}" if self.folder else self.base


def find_truths(path: Path) -> tuple[tuple[Truth, ...], tuple[Note, ...]]:
    """The images of a folder, in natural order, or of one file; `FormatError` where there is none.

    An image with fine and coarse files comes once, with the fine ones, and a note says how many there are.
    """
    if path.is_file():
        return (_single(path),), ()
    found: dict[tuple[str, str], dict[tuple[bool, str, Path], Truth]] = {}
    for folder, name, base, truth, kind in _files_below(path):
        root, inner = _split_folder(folder, path)
        versions = found.setdefault((inner, base), {})
        version = "coarse" in truth, truth, root
        versions.setdefault(version, Truth(root, inner, base, {})).files[kind] = Path(folder, name)
    if not found:
        raise FormatError(
            f"{path}: has no Cityscapes files; expected <base>_gtFine_instanceIds.png, _labelIds.png or _polygons.json"
        )
    best = (versions[min(versions)] for versions in found.values())
    truths = sorted(best, key=lambda truth: natural_key(truth.name))
    several = sum(len(versions) > 1 for versions in found.values())
    reason = f"{several} images have several truths (fine and coarse); the first is read, name a folder for another"
    return tuple(truths), (Note(path, "", reason, "assumed"),) if several else ()


def has_truths(path: Path) -> bool:
    """Is this a folder with files of Cityscapes' names, or such a file? Looks at no more than 20,000 files."""
    if not path.is_dir():
        if parsed := _parsed(path.name):
            beside = path.with_name(f"{parsed[0]}_bin.png")
            return not _is_apolloscape(parsed, [beside.name] if beside.is_file() else [])
        return path.suffix.lower() == ".json" and json_keys(path) >= POLYGON_KEYS
    return next(_files_below(path, most=_FEW_FILES), None) is not None


def photograph_folders(root: Path) -> tuple[Path, ...]:
    """The folders around a folder `gtFine` that may hold photographs."""
    around = [top / name for top in (root.parent, root.parent.parent, root) for name in _PHOTOGRAPH_FOLDERS]
    return tuple(folder for folder in around if folder.is_dir())


def photograph_of(truth: Truth, folders: tuple[Path, ...]) -> Path | None:
    """The photograph of an image, in the folders of its name below `folders`, or beside its truth."""
    parts = truth.folder.split("/") if truth.folder else []
    tails = ["/".join(parts[k:]) for k in range(len(parts) + 1)]
    beside = next(iter(truth.files.values())).parent
    places = [*(folder / tail for folder in folders for tail in tails), beside]
    for ending in (PHOTOGRAPH_ENDING, "_rgb_anon", ""):
        if found := find_photograph(places, f"{truth.base}{ending}.png"):
            return found
    return None


def safe_folder(part: str) -> str:
    """A folder's name that `find_truths` takes for a split or city.

    >>> safe_folder("val"), safe_folder("gtFine"), safe_folder(".old")
    ('val', '_gtFine', '_.old')
    """
    return f"_{part}" if _TRUTH_FOLDER.fullmatch(part) or _NO_TRUTH.fullmatch(part) else part


def _parsed(name: str) -> tuple[str, str, Kind] | None:
    """(base, "gtfine", kind) of a file's name, None for another kind of file."""
    match = _FILE.fullmatch(name)
    if match is None or name.startswith("._"):  # what macOS leaves beside files
        return None
    base, truth, ids, polygons = cast("tuple[str, str | None, str | None, str | None]", match.groups())
    kind = _KINDS.get((ids or polygons or "").lower())
    if kind is None or (polygons and truth is None):  # polygons.json is a common name
        return None
    return base, (truth or "").lower(), kind


def _is_apolloscape(parsed: tuple[str, str, Kind], beside: list[str]) -> bool:
    """ApolloScape has `_instanceIds.png` too, without `_gtFine` and beside `_bin.png`."""
    return not parsed[1] and f"{parsed[0]}_bin.png" in beside


def _files_below(top: Path, *, most: int | None = None) -> Iterator[tuple[str, str, str, str, Kind]]:
    """(folder, name, base, truth, kind) of each file below a folder."""
    seen: set[str] = set()
    looked = 0
    for folder, folders, names in os.walk(top, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _NO_TRUTH.fullmatch(name))
        for name in sorted(names):
            if (parsed := _parsed(name)) and not _is_apolloscape(parsed, names):
                yield folder, name, *parsed
        looked += len(names)
        if most is not None and looked > most:
            return


def _split_folder(folder: str, top: Path) -> tuple[Path, str]:
    """A folder as the folder `gtFine` and what is below that; without one `top` takes its place.

    `gtFine` may be above `top`: a split or city was named."""
    parts, start = Path(os.path.abspath(folder)).parts, max(len(Path(os.path.abspath(top)).parts) - 4, 1)
    for k in reversed(range(start, len(parts))):
        if _TRUTH_FOLDER.fullmatch(parts[k]):
            return Path(*parts[: k + 1]), "/".join(parts[k + 1 :])
    root = Path(os.path.abspath(top))
    return root, "/".join(parts[len(root.parts) :])


def _single(path: Path) -> Truth:
    root, folder = _split_folder(str(path.parent), path.parent)
    if parsed := _parsed(path.name):
        return Truth(root, folder, parsed[0], {parsed[2]: path})
    if path.suffix.lower() == ".json":
        return Truth(root, folder, path.stem, {"polygons": path})
    try:
        with open(path, "rb") as file:
            head = file.read(33)
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not head.startswith(SIGNATURE) or path.stem.lower().endswith("_color") or len(head) < 33:
        raise FormatError(f"{path}: expected a PNG of ids (not of colours) or a JSON file of polygons")
    return Truth(root, folder, path.stem, {"instanceIds" if head[24] == 16 else "labelIds": path})
