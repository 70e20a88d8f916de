"""Where the bitmasks of BDD100K and their photographs lie: `bdd100k.py` says what is in them."""

from dataclasses import dataclass
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.bdd100k_bitmask import is_bitmask
from segweave.formats.label_png import first_png, png_head_of, pngs_below
from segweave.formats.names import natural_key
from segweave.formats.png import RGBA

FOLDER = "bitmasks"


@dataclass(frozen=True, slots=True)
class Bitmasks:
    """root: the folder called `bitmasks`, or the one with the PNGs; pngs: relative to it, `/` between, sorted."""

    root: Path
    pngs: tuple[str, ...]


def find_bitmasks(path: Path) -> Bitmasks:
    """The bitmasks of a data set, of a folder in it, of a plain folder, or one file; `FormatError` without any."""
    path = path.absolute()
    if path.is_file():
        root = next((folder for folder in path.parents if folder.name == FOLDER), path.parent)
        return Bitmasks(root, (path.relative_to(root).as_posix(),))
    roots = _roots(path)
    if len(roots) > 1:
        names = ", ".join(str(root.relative_to(path)) for root in roots)
        raise FormatError(f"{path}: holds several folders of bitmasks: {names}; name the one to read")
    if roots and roots[0] in (path, *path.parents):
        below = path.relative_to(roots[0])
        found = Bitmasks(roots[0], tuple((below / name).as_posix() for name in pngs_below(path)))
    elif roots:
        found = Bitmasks(roots[0], tuple(pngs_below(roots[0])))
    else:
        found = Bitmasks(path, tuple(sorted((png.name for png in _rgba_pngs(path)), key=natural_key)))
    if not found.pngs:
        raise FormatError(f"{path}: has no bitmasks; expected RGBA PNGs in a folder called {FOLDER!r}")
    return found


def is_bdd100k(path: Path) -> bool:
    """Is it a bitmask, or a folder with some? The first is looked at."""
    path = path.absolute()
    if path.is_file():
        return path.suffix.lower() == ".png" and is_bitmask(path, empty=FOLDER in path.parts[:-1])
    roots = _roots(path)
    if roots:
        below = path if roots[0] in path.parents else roots[0]
        first = first_png(below)
        return first is not None and is_bitmask(first, empty=True)
    first = next(iter(sorted(_rgba_pngs(path))), None)
    return first is not None and is_bitmask(first, empty=False)


def image_folders(root: Path) -> list[Path]:
    """Where the photographs of `labels/ins_seg/bitmasks/` are: `images/10k/` and such beside `labels/`, or beside."""
    above = root.parents[:3] if root.name == FOLDER else (root, *root.parents[:2])
    kinds = ("", "10k", "seg_track_20", "100k")
    return [*(folder / "images" / kind for folder in above for kind in kinds), root.parent, root]


def _roots(path: Path) -> list[Path]:
    inside = [folder for folder in (path, *path.parents) if folder.name == FOLDER]
    if inside:
        return inside[:1]
    try:
        if (path / FOLDER).is_dir():
            return [path / FOLDER]
        found = [*path.glob(f"*/{FOLDER}"), *path.glob(f"*/*/{FOLDER}")]
    except OSError:
        return []
    return sorted(folder for folder in found if folder.is_dir())


def _rgba_pngs(folder: Path) -> list[Path]:
    """The 8-bit RGBA PNGs right in a folder."""
    heads = ((png, png_head_of(png)) for png in folder.glob("*.png") if not png.name.startswith("."))
    return [png for png, head in heads if head is not None and (head.depth, head.color) == (8, RGBA)]
