"""Which photographs and texts make up a YOLO-seg data set: split folders, image lists, or `images/` and `labels/`."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.names import natural_key
from segweave.formats.photographs import find_photograph
from segweave.formats.sources import IMAGE_SUFFIXES
from segweave.formats.yolo_seg_writer import text_place

SPLITS = ("train", "val", "valid", "test")
NAME_LISTS = ("classes.txt", "labels.txt", "names.txt")
_SHAPE = re.compile(rb"\s*\d+(\.0*)?((\s+[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?){4,})\s*(\n|$)")
_LOOKED_AT = 20  # texts, before a folder is given up


@dataclass(frozen=True, slots=True)
class Item:
    """One image. name: relative to the images' common folder. text: None where nothing is in the image."""

    photograph: Path
    name: str
    text: Path | None


def looks_like_shapes(path: Path) -> bool | None:
    """Does a text begin with a line `number x y x y ...`? None for an empty one."""
    try:
        with open(path, "rb") as file:
            start = file.read(1 << 16)
    except OSError:
        return False
    if not start.strip():
        return None
    line = start.lstrip().partition(b"\n")[0]
    return _SHAPE.match(line[:2000].rpartition(b" ")[0] if len(line) > 2000 else line) is not None


def text_folders(root: Path) -> list[Path]:
    """The folders called `labels`, or like it (`labels_yolo`), in `root` and in its splits."""
    found = []
    for folder in (root, *(root / split for split in SPLITS)):
        inner = sorted(entry for entry in folder.glob("labels*") if entry.is_dir())
        exact = [entry for entry in inner if entry.name == "labels"]
        found += exact or inner
    return found


def has_shapes(folder: Path) -> bool:
    """Are the first texts in `folder` lines of a class number and coordinates?"""
    texts = (file for file in files_in(folder, (".txt",), sort=False) if file.name not in NAME_LISTS)
    return any(looks_like_shapes(file) for file, _ in zip(texts, range(_LOOKED_AT), strict=False))


def files_in(folder: Path, suffixes: tuple[str, ...], *, sort: bool = True) -> Iterator[Path]:
    """Files at any depth with one of these suffixes, hidden ones left out; `2.jpg` before `10.jpg`."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=natural_key)
        found = (name for name in names if name[0] != "." and os.path.splitext(name)[1].lower() in suffixes)
        yield from (Path(parent, name) for name in (sorted(found, key=natural_key) if sort else found))


def within(root: Path, name: str) -> Path | None:
    """What a path out of a data set names inside `root`, None where nothing is there.

    Such paths come from other machines and from other places of the file, so `..`, drives and leading folders that are
    not there are left out; nothing outside `root` is ever looked at.
    """
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "//", "..", ".")]
    parts = [part for part in parts if not part.endswith(":")]
    if not parts:
        return root
    for start in range(max(0, len(parts) - 12), len(parts)):
        candidate = root.joinpath(*parts[start:])
        if os.path.exists(candidate):  # False for names no disk can have
            return candidate
    return None


def listed_items(data: Mapping[str, object], yaml_path: Path) -> tuple[list[Item], list[Note]]:
    """What `train`, `val` and `test` of a data file name: folders, lists of images, or several of them."""
    base = yaml_path.parent
    inner = data.get("path")
    root = (within(base, inner) if isinstance(inner, str) else None) or base
    notes: list[Note] = []
    photographs: list[Path] = []
    folders: list[Path] = []
    for split in ("train", "val", "test"):
        value = data.get(split)
        for entry in value if isinstance(value, list) else [value]:
            if not isinstance(entry, str) or not entry.strip():
                continue
            place = within(root, entry.strip()) or within(base, entry.strip())
            if place is None:
                notes.append(Note(yaml_path, f"{split}: {entry[:100]}", "is not there; left out", "image-missing"))
            elif place.is_dir():
                photographs += files_in(place, IMAGE_SUFFIXES)
                folders.append(place)
            else:
                found, missing = _of_list(place, root)
                photographs += found
                notes += missing
    if not folders and not photographs:
        return plain_items(base)
    return _items(photographs, folders, root, notes)


def plain_items(root: Path) -> tuple[list[Item], list[Note]]:
    """Without a usable data file: `images/` in the folder or in its splits, else the photographs in the folder."""
    folders = [folder / "images" for folder in (root, *(root / split for split in SPLITS))]
    folders = [folder for folder in folders if folder.is_dir()] or [root]
    photographs = [file for folder in folders for file in files_in(folder, IMAGE_SUFFIXES)]
    return _items(photographs, folders, root, [])


def items_with_photographs_in(images: Path, root: Path) -> tuple[list[Item], list[Note]]:
    """Photographs that lie elsewhere, with the texts of the same relative name, or of the same name alone."""
    texts: dict[str, Path | None] = {}
    for folder in text_folders(root) or [root]:
        for text in _texts(folder):
            inner = text.relative_to(folder).with_suffix("").as_posix()
            texts[inner] = text
            if "/" in inner:
                texts[text.stem] = None if text.stem in texts else text
    items, used = [], set()
    for photograph in files_in(images, IMAGE_SUFFIXES):
        name = photograph.relative_to(images)
        fitting = texts.get(name.with_suffix("").as_posix()) or texts.get(photograph.stem)
        items.append(Item(photograph, name.as_posix(), fitting))
        used.add(fitting)
    alone = [file for file in dict.fromkeys(texts.values()) if file is not None and file not in used]
    return items, _without_photograph(alone, root)


def item_of_text(text: Path, images: Path | None) -> Item:
    """The image of one text; `FormatError` where its photograph is not found, because the size is that of it."""
    folders = [images] if images is not None else []
    inner = Path(text.stem)
    names = [text.stem]
    for above in list(text.parents)[:5]:
        if above.name.startswith("labels"):
            folders.append(above.parent / "images")
            names.insert(0, inner.as_posix())
            break
        inner = Path(above.name, inner)
    found = next((p for name in names if (p := find_photograph((*folders, text.parent), name + ".jpg"))), None)
    if found is None:
        raise FormatError(
            f"{text}: its photograph is not found, and YOLO sizes are relative to it; expected it in images/ beside"
            " labels/, or name its folder with --images (images=)"
        )
    return Item(found, found.name, text)


def _of_list(path: Path, root: Path) -> tuple[list[Path], list[Note]]:
    """The photographs that a text file lists, one a line, and a note of those that are not there."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read as a list of images in UTF-8: {error}") from None
    lines = [line for line in lines if line]
    found = [within(path.parent, line) or within(root, line) for line in lines]
    there = [p for p in found if p is not None and p.is_file() and p.suffix.lower() in IMAGE_SUFFIXES]
    gone = [line for line, p in zip(lines, found, strict=True) if p is None or not p.is_file()]
    if not gone:
        return there, []
    place = f"{len(gone)} of {len(lines)} images; the first is {gone[0][:100]}"
    return there, [Note(path, place, "listed, but not there; left out", "image-missing")]


def _items(
    photographs: Iterable[Path], folders: list[Path], root: Path, notes: list[Note]
) -> tuple[list[Item], list[Note]]:
    unique = list(dict.fromkeys(photographs))
    base = Path(os.path.commonpath(folders or [p.parent for p in unique] or [root]))
    items = []
    for photograph in unique:
        inner = photograph.relative_to(base)
        name = PurePosixPath(*(part for part in inner.parts[:-1] if part != "images"), photograph.name)
        items.append(Item(photograph, name.as_posix(), _text_of(photograph, root)))
    used = {item.text for item in items}
    searched = dict.fromkeys(_text_folder(folder, root) for folder in folders)
    alone = [text for folder in searched for text in _texts(folder) if text not in used]
    return items, [*notes, *_without_photograph(alone, root)]


def _text_of(photograph: Path, root: Path) -> Path | None:
    place = _text_folder(photograph.parent, root) / f"{photograph.stem}.txt"
    if place.is_file():
        return place
    beside = photograph.with_suffix(".txt")
    return beside if beside.is_file() else None


def _text_folder(folder: Path, root: Path) -> Path:
    """Where the texts of the photographs in `folder` lie."""
    inner = PurePosixPath(folder.relative_to(root).as_posix())
    place = root / text_place(inner / "x.jpg").parent
    if place.is_dir() or "images" not in inner.parts:
        return place
    last = len(inner.parts) - 1 - inner.parts[::-1].index("images")
    others = sorted(entry for entry in root.joinpath(*inner.parts[:last]).glob("labels*") if entry.is_dir())
    return root / text_place(inner / "x.jpg", folder=others[0].name).parent if others else place


def _texts(folder: Path) -> list[Path]:
    return [file for file in files_in(folder, (".txt",)) if file.name not in NAME_LISTS]


def _without_photograph(texts: list[Path], root: Path) -> list[Note]:
    if not texts:
        return []
    place = f"{len(texts)} texts; the first is {texts[0].relative_to(root).as_posix()}"
    return [Note(root, place, "have no photograph, whose size they need; left out", "image-missing")]
