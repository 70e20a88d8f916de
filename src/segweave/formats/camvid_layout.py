"""Where the files of a CamVid data set are: folders of label maps, of photographs, and lists of both."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os.path import isdir
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.camvid import SPLITS
from segweave.formats.dataset import Note
from segweave.formats.label_lists import read_lines
from segweave.formats.label_png import first_png, pngs_below
from segweave.formats.names import natural_key

_ORIGINAL = "LabeledApproved_full"
_ENDINGS = ("_L", "_P")
"""Of label maps in the original and in the copy of fast.ai."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of label maps. photographs: where theirs may be. prefix: before the names of its images."""

    path: Path
    photographs: tuple[Path, ...]
    prefix: str
    endings: tuple[str, ...] = _ENDINGS


@dataclass(frozen=True, slots=True)
class Item:
    """One label map. name: of its image within `folder`, without suffix."""

    file: Path
    folder: Folder
    name: str

    @property
    def full_name(self) -> str:
        """The image's name in the data set, without suffix."""
        return self.folder.prefix + self.name


@dataclass(frozen=True, slots=True)
class Layout:
    """root: where the text files are. folders: those to read. file, list_file: the one to read, None for all."""

    root: Path
    folders: tuple[Folder, ...]
    file: Path | None = None
    list_file: Path | None = None


def find_layout(path: Path) -> Layout | None:
    """The data set at a path: its folder, one of label maps or photographs, a PNG or a list; None: no such."""
    if path.is_dir():
        folders = tuple(_folders(path))
        if folders:
            return Layout(path, folders)
        full = path.absolute()
        for root in full.parents[:2]:
            chosen = tuple(_within(full, _folders(root)))
            if chosen:
                return Layout(root, chosen)
        return None
    full = path.absolute()
    if full.suffix.lower() == ".txt":
        folders = tuple(_folders(full.parent))
        is_list = full.stem in {*SPLITS, *(folder.prefix.rstrip("/") for folder in folders)}
        return Layout(full.parent, folders, list_file=path) if folders and is_list else None
    for root in full.parents[:4] if full.suffix.lower() == ".png" else ():
        for folder in _folders(root):
            if full.is_relative_to(folder.path):
                return Layout(root, (folder,), file=full)
    return None


def _folders(root: Path) -> Iterator[Folder]:
    """The folders of label maps in a folder, by their names."""
    try:
        inner = sorted((child for child in root.iterdir() if child.is_dir()), key=_split_key)
    except OSError:
        return
    found = False
    for child in inner:
        for ending in ("annot", "_labels"):
            name = child.name.removesuffix(ending)
            if name and name != child.name and first_png(child, ".png" if ending == "annot" else "_l.png"):
                found = True
                yield Folder(child, (root / name,), f"{name}/", () if ending == "annot" else _ENDINGS)
        if child.name == _ORIGINAL:
            found = True
            yield Folder(child, (root / "701_StillsRaw_full", root / "images"), "")
    if not found and isdir(root / "labels") and isdir(root / "images"):
        yield Folder(root / "labels", (root / "images",), "")
    elif not found and next(root.glob("*_L.png"), None):
        yield Folder(root, (root.parent / "701_StillsRaw_full", root.parent / "images", root), "")


def _split_key(path: Path) -> tuple[int, object]:
    split = path.name.removesuffix("annot").removesuffix("_labels")
    return SPLITS.index(split) if split in SPLITS else len(SPLITS), natural_key(path.name)


def _within(path: Path, folders: Iterable[Folder]) -> Iterator[Folder]:
    """The folders of label maps that a folder is, is in, or has the photographs of."""
    for folder in folders:
        if path in (folder.path, *folder.photographs):
            yield folder
        elif path.is_relative_to(folder.path):  # labels/train
            inner = path.relative_to(folder.path)
            beside = tuple(place / inner for place in folder.photographs)
            yield Folder(path, beside, f"{folder.prefix}{inner.as_posix()}/", folder.endings)


def find_items(layout: Layout) -> tuple[list[Item], list[Note]]:
    """The label maps to read: listed ones first, in the order of their lists; notes on those not there."""
    if layout.file is not None:
        folder = layout.folders[0]
        return [_item(folder, layout.file.relative_to(folder.path).as_posix())], []
    items = [_item(folder, name) for folder in layout.folders for name in pngs_below(folder.path)]
    index = _index(items, layout.root)
    order: dict[Path, Item] = {}
    notes: list[Note] = []
    splits = {item.full_name.partition("/")[0]: None for item in items if "/" in item.full_name}
    is_whole = layout.folders == tuple(_folders(layout.root))
    lists = [layout.root / f"{split}.txt" for split in dict.fromkeys((*SPLITS, *splits))]
    for file in [layout.list_file] if layout.list_file else lists:
        if not file.is_file() or not (layout.list_file or file.stem in SPLITS or file.stem in splits):
            continue
        lines = [line for line in read_lines(file) if line]
        found = [_listed(line, index, file.stem) for line in lines]
        order |= {item.file: item for item in found if item is not None}
        bare = [line for line, item in zip(lines, found, strict=True) if item is None]
        if bare and (is_whole or file.stem in splits):  # else of a folder that the user did not ask for
            reason = f"{len(bare)} listed images have no label map and are left out; the first is {bare[0][:80]!r}"
            notes.append(Note(file, "", reason, "assumed"))
    if layout.list_file is None:
        order |= {item.file: item for item in items}
    return list(order.values()), notes


def _item(folder: Folder, file: str) -> Item:
    name = file[: -len(".png")]
    for ending in folder.endings:
        name = name.removesuffix(ending)
    return Item(folder.path / file, folder, name)


def _index(items: Iterable[Item], root: Path) -> dict[str, Item]:
    """Each label map by its path in the data set and by its image's name."""
    items = tuple(items)
    index = {item.full_name: item for item in items}
    return index | {item.file.absolute().relative_to(root.absolute()).as_posix(): item for item in items}


def _listed(line: str, index: dict[str, Item], split: str) -> Item | None:
    """The label map that a line means: "photograph annotation", or a bare name in the split that the list is called.

    Paths are absolute on somebody else's machine ("/SegNet/CamVid/..."): the tail that exists here is taken.
    """
    words = line.split()
    for start in range(len(words) - 1, -1, -1):  # a name may hold blanks
        parts = " ".join(words[start:]).strip('"').replace("\\", "/").split("/")
        for k in range(len(parts)):
            found = index.get("/".join(parts[k:]))
            if found is not None:
                return found
    name = line.strip('"')
    stems = (name, name.rpartition(".")[0])
    return next((index[key] for stem in stems for key in (f"{split}/{stem}", stem) if key in index), None)


def checked_layout(path: Path) -> Layout:
    """`find_layout`, or a `FormatError` that says what was expected."""
    layout = find_layout(path)
    if layout is None:
        raise FormatError(
            f"{path}: has no CamVid label maps; expected folders like trainannot/, {_ORIGINAL}/ or labels/ with PNGs"
        )
    return layout
