"""Where the files of ApolloScape's scene parsing lie: `apolloscape.py` says what is in them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from segweave.formats.label_png import first_png, png_head_of, pngs_below
from segweave.formats.names import natural_key
from segweave.formats.png import GREY, PALETTE

LABEL_ENDING, INSTANCE_ENDING = "_bin.png", "_instanceIds.png"
LABEL_FOLDER, IMAGE_FOLDER = "Label", "ColorImage"

_ANNOTATIONS = frozenset({"label", "labels", "instance", "instances"})
_IMAGES = (IMAGE_FOLDER, "Image", "Images", "images")


@dataclass(frozen=True, slots=True)
class Pair:
    """The annotation files of one image, None where there is none.

    name: relative to the data set's folder of images, without suffix. images: folders that may hold the photograph
    `name` or, in the second place, `short`, its name below the folder of photographs.
    """

    name: str
    short: str
    images: tuple[Path, ...]
    labels: Path | None
    instances: Path | None


def find_pairs(path: Path) -> list[Pair]:
    """Every image with an annotation in a folder, sorted by name; or the one that a PNG belongs to.

    `Label/` and `Instance/` may lie above the roads (`Label/road01_ins/Record001/Camera 5/`), below them, or not be
    there at all.
    """
    if path.is_file():
        ending = _ending(path)
        return [] if ending is None else _pairs([path], path.absolute().parent)
    root = path.absolute()
    return _pairs([root / name for name in pngs_below(root) if _ending(Path(name))], root)


def is_apolloscape(path: Path) -> bool:
    """Is it a PNG, or a folder with one, named and coded like ApolloScape's?"""
    if path.is_file():
        ending, head = _ending(path), png_head_of(path)
        if ending is None or head is None or (ending == LABEL_ENDING and head.color not in (GREY, PALETTE)):
            return False
        stem = path.name.removesuffix(ending)
        return _among_annotations(path) or all(
            path.with_name(stem + e).is_file() for e in (LABEL_ENDING, INSTANCE_ENDING)
        )
    found = first_png(path, LABEL_ENDING) or first_png(path, INSTANCE_ENDING.lower())
    return found is not None and found != path and is_apolloscape(found)


def _ending(path: Path) -> str | None:
    """How the name of an annotation ends. Cityscapes names its files `_gtFine_instanceIds.png`."""
    for ending in (LABEL_ENDING, INSTANCE_ENDING):
        if path.name.endswith(ending) and not re.search("_gt[A-Za-z0-9]*$", path.name.removesuffix(ending)):
            return ending
    return None


def _among_annotations(path: Path) -> bool:
    return any(part.casefold() in _ANNOTATIONS for part in path.absolute().parts[:-1])


def _pairs(pngs: Iterable[Path], root: Path) -> list[Pair]:
    found: dict[str, tuple[str, tuple[Path, ...], dict[str, Path]]] = {}
    for png in pngs:
        ending = _ending(png)
        assert ending is not None
        above, below = _split(png.absolute(), root)
        short = (below / png.name.removesuffix(ending)).as_posix()
        name = (above.relative_to(root) / short).as_posix() if above.is_relative_to(root) else short
        images = tuple(above / folder for folder in _IMAGES)
        beside = png.absolute().parent
        _, _, files = found.setdefault(name, (short, (*images, above, beside), {}))
        files[ending] = png
    return [
        Pair(name, short, images, files.get(LABEL_ENDING), files.get(INSTANCE_ENDING))
        for name, (short, images, files) in sorted(found.items(), key=lambda item: natural_key(item[0]))
    ]


def _split(png: Path, root: Path) -> tuple[Path, Path]:
    """The folder above `Label/` or `Instance/`, and the PNG's folder below it; without them its own folder and "".

    The topmost in `root` counts, because an image's own folder may be called like that too, else the nearest above.
    """
    found = [folder for folder in png.parents if folder.name.casefold() in _ANNOTATIONS]
    inside = [folder for folder in found if root in folder.parents]
    if not found:
        return png.parent, Path()
    folder = inside[-1] if inside else found[0]
    return folder.parent, png.parent.relative_to(folder)
