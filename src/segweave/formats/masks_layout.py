"""Where a person's own masks lie, and which photograph belongs to which."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.label_png import first_png, pngs_below
from segweave.formats.masks_classes import CLASS_FILES
from segweave.formats.names import natural_key
from segweave.formats.sources import IMAGE_SUFFIXES

SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")
MASKS = ("masks", "mask", "labels", "annotations", "gt")
INSTANCES = ("instances", "instance")
_PHOTOGRAPHS = ("images", "image", "imgs", "img", "photos", "photographs", "JPEGImages")
_ENDINGS = ("_mask", "_masks", "_label", "_labels", "-mask", "-label")
_OTHERS = (
    *("SegmentationClass", "SegmentationObject", "gtFine", "gtCoarse", "panoptic", "v1.1", "v1.2", "v2.0"),
    *("objectInfo150.txt", "sceneCategories.txt", "label_colors.txt"),
)
"""What other formats with folders like ours have beside them."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A folder with masks of its own. split: its name in the data set, "" for the root.

    masks, instances: relative stem -> PNG. photographs: relative stem -> image file. near: where a class table may be.
    """

    folder: Path
    split: str
    masks: Mapping[str, Path]
    instances: Mapping[str, Path]
    photographs: Mapping[str, Path]
    near: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """The files of one image, None where there is none. stem: its name in the data set. name: with the photograph's
    suffix, where there is a photograph."""

    stem: str
    name: str
    mask: Path | None
    instances: Path | None
    photograph: Path | None


def find_units(path: Path, images: Path | None) -> list[Unit]:
    """The masks of a folder and of the splits in it, of a folder of masks alone, or of one PNG."""
    if path.is_file():
        home = next((folder for folder in list(path.parents)[:4] if folder.name in (*MASKS, *INSTANCES)), None)
        found = _unit(home.parent, images) if home is not None else _unit_beside(path.parent, images)
        return [_only(found or _bare(path.parent, images), path)]
    if path.name in (*MASKS, *INSTANCES) and _unit(path, images) is None:
        above = _unit(path.absolute().parent, images)
        if above is not None and any(p.is_relative_to(path.absolute()) for p in (*above.masks.values(), *above.near)):
            return [above]
    units = [_unit(path, images) or _unit_beside(path, images)]
    units += [_unit(path / split, images, split=split) for split in SPLITS if (path / split).is_dir()]
    there = [unit for unit in units if unit is not None]
    return there or [_bare(path, images)]


def recognised(path: Path) -> bool:
    """Are there masks that are no other format's: a folder `masks`, or folders like it with a class table?"""
    if path.is_file() and path.suffix.lower() != ".png":
        return False
    near = path if path.is_dir() else path.parent
    for folder in (near, *(near / split for split in SPLITS), *(near.absolute().parents[:2])):
        inside = folder in (near, *(near / split for split in SPLITS))
        if not folder.is_dir() or _is_foreign(folder) or not (inside or _leads_to_masks(near, folder)):
            continue
        strong = [name for name in MASKS[:2] if first_png(folder / name) is not None]
        weak = [name for name in (*MASKS[2:], *INSTANCES) if first_png(folder / name) is not None]
        around = (folder, *(folder / name for name in weak), *((near,) if inside else ()))
        listed = any((place / name).is_file() for place in around for name in CLASS_FILES)
        alone = weak in (["instances"], ["instance"]) and any((folder / name).is_dir() for name in _PHOTOGRAPHS)
        if strong or (weak and (listed or alone)) or (inside and listed and any(_masks_beside(folder))):
            return True
    return False


def items_of(units: Sequence[Unit]) -> tuple[list[Item], list[Note]]:
    """One item for each mask (each instance map where there are no masks), and notes of what is left over."""
    items: list[Item] = []
    notes: list[Note] = []
    for unit in units:
        used = set()
        for stem in sorted(unit.masks or unit.instances, key=natural_key):
            names = _names(stem)
            used |= set(names)
            shown = next((name for name in names if name in unit.photographs), stem)
            photograph = unit.photographs.get(shown)
            instances = next((unit.instances[name] for name in names if name in unit.instances), None)
            name = PurePosixPath(unit.split, shown).as_posix()
            suffix = photograph.suffix if photograph is not None else ""
            items.append(Item(name, name + suffix, unit.masks.get(stem), instances, photograph))
        bare = [name for name in unit.photographs if name not in used]
        loose = [name for name in unit.instances if unit.masks and name not in used]
        notes += _left_over(unit.folder, bare, "photographs", "have no mask; left out")
        notes += _left_over(unit.folder, loose, "instance maps", "have no mask; left out")
    return items, notes


def _left_over(folder: Path, names: Sequence[str], what: str, reason: str) -> Iterator[Note]:
    if names:
        yield Note(folder, f"{len(names)} {what}; the first is {names[0]}", reason, "assumed")


def _names(stem: str) -> tuple[str, ...]:
    """A mask's stem, and without an ending like `_mask`."""
    plain = (stem.removesuffix(ending) for ending in _ENDINGS)
    return (stem, *(name for name in plain if name not in (stem, "")))


def _unit(folder: Path, images: Path | None, *, split: str = "") -> Unit | None:
    masks = next((folder / name for name in MASKS if first_png(folder / name) is not None), None)
    instances = next((folder / name for name in INSTANCES if first_png(folder / name) is not None), None)
    if masks is None and instances is None:
        return None
    above = folder.absolute().parent if split or folder.absolute().name in SPLITS else None
    return Unit(
        folder,
        split,
        _pngs(masks),
        _pngs(instances),
        _photographs(folder, images, split, but=frozenset()),
        tuple(place for place in (folder, masks, instances, above) if place is not None),
    )


def _unit_beside(folder: Path, images: Path | None) -> Unit | None:
    """Masks that lie among the photographs: `a_mask.png`, or `a.png` beside `a.jpg`."""
    masks = {path.stem: path for path in _masks_beside(folder)}
    if not masks:
        return None
    photographs = _photographs(folder, images, "", but=frozenset(masks.values()))
    return Unit(folder, "", masks, {}, photographs, (folder,))


def _masks_beside(folder: Path) -> Iterator[Path]:
    files = [path for path in folder.iterdir() if path.name[0] != "." and path.suffix.lower() in IMAGE_SUFFIXES]
    others = {path.stem for path in files if path.suffix.lower() != ".png"}
    all_stems = {path.stem for path in files}
    for path in files:
        if path.suffix.lower() == ".png" and (path.stem in others or set(_names(path.stem)[1:]) & all_stems):
            yield path


def _bare(folder: Path, images: Path | None) -> Unit:
    """A folder of nothing but masks."""
    masks = _pngs(folder)
    if not masks:
        raise FormatError(f"{folder}: has no masks; expected PNGs in masks/ and photographs in images/")
    photographs = _photographs(images, images, "", but=frozenset()) if images is not None else {}
    return Unit(folder, "", masks, {}, photographs, (folder,))


def _only(unit: Unit, png: Path) -> Unit:
    """The same with one mask (or, where it is an instance map, with that alone)."""
    masks = {stem: path for stem, path in unit.masks.items() if _same(path, png)}
    instances = {stem: path for stem, path in unit.instances.items() if masks or _same(path, png)}
    if not masks and not instances:
        masks = {png.stem: png}
    stems = {name for stem in masks or instances for name in _names(stem)}
    kept = {stem: path for stem, path in instances.items() if stem in stems}
    photographs = {stem: path for stem, path in unit.photographs.items() if stem in stems}
    return Unit(unit.folder, unit.split, masks, kept, photographs, unit.near)


def _same(one: Path, other: Path) -> bool:
    return one.name == other.name and os.path.samefile(one, other)


def _pngs(folder: Path | None) -> dict[str, Path]:
    return {} if folder is None else {name[:-4]: folder / name for name in pngs_below(folder)}


def _photographs(folder: Path, images: Path | None, split: str, *, but: frozenset[Path]) -> dict[str, Path]:
    """Image files by relative stem: of the user's folder, of `images/` and its likes, of the folder itself."""
    named = [] if images is None else [images / split, images]
    found: dict[str, Path] = {}
    for place in (*named, *(folder / name for name in _PHOTOGRAPHS)):
        for parent, folders, files in os.walk(place):
            folders[:] = sorted(name for name in folders if name[0] != ".")
            _collect(found, place, [Path(parent, name) for name in files], but)
        if found:
            return found
    _collect(found, folder, [path for path in folder.iterdir() if path.is_file()], but)
    return found


def _collect(found: dict[str, Path], base: Path, files: Sequence[Path], but: frozenset[Path]) -> None:
    for file in sorted(files, key=lambda path: natural_key(path.name)):
        if file.suffix.lower() in IMAGE_SUFFIXES and file.name[0] != "." and file not in but:
            found.setdefault(file.relative_to(base).with_suffix("").as_posix(), file)


def _leads_to_masks(near: Path, folder: Path) -> bool:
    """Is `near` a folder of masks of `folder`, or a folder in one?"""
    inner = near.absolute().relative_to(folder)
    return bool(inner.parts) and inner.parts[0] in (*MASKS, *INSTANCES)


def _is_foreign(folder: Path) -> bool:
    """Does it hold, or lie in, the folders and files of a format that has masks like ours?"""
    places = (folder, folder.absolute().parent)
    return any((place / name).exists() for place in places for name in _OTHERS) or any(folder.glob("config*.json"))
