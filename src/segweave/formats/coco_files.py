"""Where COCO's users keep their files: which JSON is meant, and where the photographs of a JSON lie."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.json_parts import Entry, entries, name_or_number
from segweave.formats.names import inner_path
from segweave.formats.photographs import find_photograph
from segweave.formats.png import RGB, png_head

OWN_DESCRIPTION = "written by segweave"
_ABSOLUTE = re.compile(r"/|\\|[A-Za-z]:[\\/]")
_KINDS = re.compile(r"^(panoptic|instances|stuff|person_keypoints|image_info|cityscapes_panoptic|lvis_v\d+)_")
_GT_FINE = re.compile(r"(?P<scene>(?P<city>[^/]+?)_[^/]*?)_gtFine(_leftImg8bit|_panoptic)?(\.png)?$")


@dataclass(frozen=True, slots=True)
class Photographs:
    """The folders in which the photographs of one JSON file may lie, the likeliest first."""

    folders: tuple[Path, ...]

    @classmethod
    def near(cls, path: Path, images: Path | None) -> "Photographs":
        """The places near a JSON file; images: a folder to look in first.

        COCO has `annotations/instances_val2017.json` and `val2017/` or `images/val2017/` side by side, labelme
        `JPEGImages/`, FiftyOne `data/`, Cityscapes `leftImg8bit/val/`, Mapillary `val/images/` two folders up.
        """
        beside, above, stem = path.parent, path.parent.parent, path.stem
        split = _KINDS.sub("", stem).removesuffix("_trainId")
        inner = ("images", split, f"images/{split}", "JPEGImages", "data", f"leftImg8bit/{split}")
        near = [beside, *(beside / name for name in inner), *(above / name for name in inner), above]
        near += [above.parent / "images"]
        named = [images, *(images / name for name in ("images", split))] if images is not None else []
        return cls(tuple(dict.fromkeys(folder for folder in (*named, *near) if folder.is_dir())))

    def find(self, names: Iterable[str], *, but: Path | None = None) -> Path | None:
        """The first photograph with one of these names (relative, `/` between folders), as it stands or converted.

        but: a file that is no photograph, whatever it is called: an id PNG may have the photograph's name.
        """
        names = tuple(names)
        places = [folder / name for folder in self.folders for name in names]
        exact = next((place for place in places if place != but and is_file(place)), None)
        if exact is not None:
            return exact
        for folder in self.folders:
            if but is not None and folder == but.parent:
                continue
            for name in names:
                try:
                    other = find_photograph((folder,), name)
                except OSError:  # a name that the disk cannot have
                    continue
                if other is not None and other != but:
                    return other
        return None


def photograph_name(value: object, where: str) -> PurePosixPath:
    """A photograph's name out of a JSON file; of an absolute path, which means nothing here, the last part.

    >>> str(photograph_name("C:\\\\data\\\\a.jpg", "x.json")), str(photograph_name("val/a.jpg", "x.json"))
    ('a.jpg', 'val/a.jpg')
    """
    if is_absolute(value):
        value = re.split(r"[/\\]", str(value))[-1]
    return inner_path(value, where)


def is_absolute(value: object) -> bool:
    """Does a name begin at the root of a disk, of any system?"""
    return isinstance(value, str) and _ABSOLUTE.match(value) is not None


def scene_names(name: str) -> tuple[str, tuple[str, ...]]:
    """The name of an image whose JSON has Cityscapes' endings, and where its photograph may be.

    The official script turns `x_gtFine_instanceIds.png` into `x_gtFine_leftImg8bit.png`; the photograph is
    `x_leftImg8bit.png` in the folder of its city (cityscapesScripts, createPanopticImgs.py).

    >>> scene_names("ulm_000000_000019_gtFine_leftImg8bit.png")
    ('ulm_000000_000019.png', ('ulm/ulm_000000_000019_leftImg8bit.png', 'ulm_000000_000019_leftImg8bit.png'))
    >>> scene_names("a.jpg")
    ('a.jpg', ('a.jpg',))
    """
    found = _GT_FINE.search(name)
    if found is None:
        return name, (name,)
    scene, city = found["scene"], found["city"]
    return f"{scene}.png", (f"{city}/{scene}_leftImg8bit.png", f"{scene}_leftImg8bit.png")


def is_file(path: Path) -> bool:
    """`Path.is_file`, which raises for names that the disk cannot have."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_json_list(path: Path) -> bool:
    """Does a file begin like a JSON list?"""
    try:
        with open(path, "rb") as file:
            return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    except OSError:
        return False


def is_rgb_png(path: Path) -> bool:
    """Is a file an 8-bit RGB PNG, by its header?"""
    try:
        with open(path, "rb") as file:
            head = png_head(file.read(64), str(path), expected="a PNG")
    except (OSError, FormatError):
        return False
    return (head.depth, head.color) == (8, RGB)


def images_by_id(data: Entry, path: Path) -> dict[int | str, Entry]:
    """The `images` of a file by their ids, which must be unique; in order."""
    images: dict[int | str, Entry] = {}
    for i, image in enumerate(entries(data, "images", str(path))):
        number = name_or_number(image, "id", f"{path}: images[{i}]")
        if number in images:
            raise FormatError(f"{path}: images[{i}]: image id {number!r} is listed before; ids must be unique")
        images[number] = image
    return images


def absolute_names_note(images: Sequence[Entry], path: Path) -> tuple[Note, ...]:
    """A note when file names are paths of another computer."""
    absolute = [image["file_name"] for image in images if is_absolute(image.get("file_name"))]
    if not absolute:
        return ()
    reason = "file names are absolute paths; their last part is taken"
    return (Note(path, f"{len(absolute)} images", reason, "assumed"),)


def is_own(data: Entry) -> bool:
    """Was the file written by segweave?"""
    info = data.get("info")
    return isinstance(info, dict) and info.get("description") == OWN_DESCRIPTION
