"""Where the files of a VOC data set are: its folders of PNGs and its lists of names."""

from dataclasses import dataclass, replace
from os.path import isdir
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.label_lists import read_lines
from segweave.formats.label_png import first_png, pngs_below
from segweave.formats.names import natural_key
from segweave.formats.voc import CLASSES, LISTS, OBJECTS

_PAIRS = ((CLASSES, OBJECTS), ("SegmentationClassPNG", "SegmentationObjectPNG"), ("SegmentationClassAug", OBJECTS))
"""Folders of labels and objects; the second pair is that of older versions of labelme, the third of SBD."""

_FOLDERS = frozenset(name for pair in _PAIRS for name in pair)
_FIRST_LISTS = ("trainval", "default", "train", "val")


@dataclass(frozen=True, slots=True)
class Layout:
    """root: the data set's folder. classes, objects: its two folders of PNGs.

    png: the name of the only image to read. list_file: the list of those to read. None: all of them.
    """

    root: Path
    classes: Path
    objects: Path
    png: str | None = None
    list_file: Path | None = None


def find_layout(path: Path) -> Layout:
    """The data set at a path: a VOC folder, one of its folders, the folder around it, a PNG or a list in it."""
    if not path.is_dir():
        return _of_file(path)
    found = _layouts(path)
    if len(found) != 1:
        names = ", ".join(layout.root.name for layout in found)
        told = f"holds {len(found)} VOC data sets: {names}; name one" if found else f"has no folder {CLASSES}"
        raise FormatError(f"{path}: {told}; expected a folder with {CLASSES} in it")
    return found[0]


def has_layout(path: Path) -> bool:
    """Do the names of files and folders at a path look like VOC?"""
    if not path.is_dir():
        in_folder = path.suffix.lower() == ".png" and any(p.name in _FOLDERS for p in path.absolute().parents)
        return in_folder or _root_of_list(path) is not None
    return any(first_png(layout.classes) or (layout.root / LISTS).is_dir() for layout in _layouts(path))


def _layouts(path: Path) -> list[Layout]:
    """Of the folder itself, of the one it is part of, else of those in it."""
    full = path.absolute()
    for root in (path, *([full.parent] if full.name in _FOLDERS else [])):
        layout = _layout_of(root)
        if layout is not None:
            return [layout]
    try:
        inner = sorted((child for child in path.iterdir() if child.is_dir()), key=lambda child: natural_key(child.name))
    except OSError:
        return []
    return [layout for child in inner if (layout := _layout_of(child)) is not None]


def _layout_of(root: Path) -> Layout | None:
    for classes, objects in _PAIRS:
        if isdir(root / classes):  # False, not an error, for a folder that may not be looked into
            return Layout(root, root / classes, root / objects)
    return None


def _of_file(path: Path) -> Layout:
    full = path.absolute()
    for folder in full.parents:
        for classes, objects in _PAIRS:
            if folder.name in (classes, objects) and path.suffix.lower() == ".png":
                name = full.relative_to(folder).as_posix()[: -len(".png")]
                return Layout(folder.parent, folder.parent / classes, folder.parent / objects, png=name)
    root = _root_of_list(path)
    layout = _layout_of(root) if root else None
    if layout is None:
        raise FormatError(f"{path}: is no part of a VOC data set; expected a PNG in {CLASSES} or a list in {LISTS}")
    return replace(layout, list_file=path)


def _names_in(folder: Path) -> list[str]:
    return [name[: -len(".png")] for name in pngs_below(folder)]


def _root_of_list(path: Path) -> Path | None:
    parents = path.absolute().parents
    is_list = path.suffix.lower() == ".txt" and [p.name for p in parents[:2]] == ["Segmentation", "ImageSets"]
    return parents[2] if is_list else None


def _list_files(root: Path) -> list[Path]:
    found = [file for file in (root / LISTS).glob("*.txt") if file.is_file() and file.name[0] != "."]
    rank = {name: k for k, name in enumerate(_FIRST_LISTS)}
    return sorted(found, key=lambda file: (rank.get(file.stem, len(rank)), natural_key(file.name)))


def find_names(layout: Layout) -> tuple[tuple[str, ...], list[Note]]:
    """Names of the images to read, relative, without suffix; notes on listed images and objects without label PNG."""
    if layout.png is not None:
        return (layout.png,), []
    every = _names_in(layout.classes)
    if layout.list_file is not None:
        names, notes = _listed_names(layout.list_file, set(every))
        return tuple(names), notes
    order: dict[str, None] = {}
    notes = _bare_objects(layout.objects, set(every))
    for file in _list_files(layout.root):
        names, bare = _listed_names(file, set(every))
        order |= dict.fromkeys(names)
        notes += bare
    return tuple(order | dict.fromkeys(every)), notes


def _listed_names(file: Path, known: set[str]) -> tuple[list[str], list[Note]]:
    lines = [line for line in read_lines(file) if line]
    found = [_listed(line, known) for line in lines]
    names = list(dict.fromkeys(name for name in found if name is not None))
    bare = [line for line, name in zip(lines, found, strict=True) if name is None]
    if not bare:
        return names, []
    reason = f"{len(bare)} listed images have no label PNG and are left out; the first is {bare[0][:80]!r}"
    return names, [Note(file, "", reason, "assumed")]


def _listed(line: str, known: set[str]) -> str | None:
    """The image that a line of a list means: its name, maybe in quotes (datumaro), maybe with a number behind it."""
    bare = line.strip('"').replace("\\", "/")
    return next((name for name in (bare, *bare.split()[:1]) if name in known), None)


def _bare_objects(objects: Path, every: set[str]) -> list[Note]:
    bare = [name for name in _names_in(objects) if name not in every]
    if not bare:
        return []
    reason = f"{len(bare)} object PNGs have no label PNG and are left out; the first is {bare[0]!r}"
    return [Note(objects, "", reason, "unknown-label")]
