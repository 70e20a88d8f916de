"""A CSV of image attributes: one row an image, one column an attribute."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segweave.errors import FormatError
from segweave.segmentation import ImageKey

_KEY = "image"
_MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """names: of the attributes. rows: by image as the file calls it, one value an attribute."""

    path: Path
    names: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]

    def of_images(self, images: Sequence[ImageKey]) -> dict[str, tuple[str, ...]]:
        """By attribute, the value of each image: found by its id, its name, or its name without folder and suffix.

        Raises `FormatError` where an image is not in the table.
        """
        found = [self._row(image) for image in images]
        missing = [image.id for image, row in zip(images, found, strict=True) if row is None]
        if missing:
            shown = ", ".join(repr(number) for number in missing[:3])
            listed = ", ".join(repr(name) for name in list(self.rows)[:3])
            raise FormatError(
                f"{self.path}: has no row for {len(missing)} of {len(images)} images, the first: {shown}; its column"
                f" {_KEY!r} begins {listed}; expected image ids or file names"
            )
        rows = [row for row in found if row is not None]
        return {name: tuple(row[k] for row in rows) for k, name in enumerate(self.names)}

    def _row(self, image: ImageKey) -> tuple[str, ...] | None:
        path = PurePosixPath(image.name)
        names = [str(image.id), image.name, str(path.with_suffix("")) if image.name else "", path.name, path.stem]
        return next((self.rows[name] for name in names if name and name in self.rows), None)


def read_attributes(path: str | Path) -> AttributeTable:
    """Read a CSV with the column `image` and one column for each attribute; `,` or `;` between them, UTF-8.

    Raises `FormatError` for anything else: no such column, an image with two rows that differ, an attribute with more
    than 50 values (numbers are to be put into a few ranges first).
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # Excel begins the file with a mark
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8 text"
        raise FormatError(f"{path}: cannot be read: {reason}; expected a CSV with the column {_KEY!r}") from None
    first = text.split("\n", 1)[0]
    lines = list(csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ","))
    header = [name.strip() for name in lines[0]] if lines else []
    if _KEY not in header or len(header) < 2 or len(set(header)) < len(header):
        raise FormatError(f"{path}: its columns are {header}; expected {_KEY!r} and one for each attribute")
    at = header.index(_KEY)
    names = tuple(name for k, name in enumerate(header) if k != at)
    rows: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            raise FormatError(f"{path}:{number}: has {len(line)} cells; expected {len(header)}: {', '.join(header)}")
        values = tuple(cell.strip() for k, cell in enumerate(line) if k != at)
        for key in {line[at].strip(), _bare(line[at].strip())}:
            if rows.setdefault(key, values) != values:
                raise FormatError(f"{path}:{number}: image {key!r} has a row before, with other values")
    for k, name in enumerate(names):
        different = len({row[k] for row in rows.values()})
        if different > _MOST_VALUES:
            raise FormatError(
                f"{path}: the attribute {name!r} has {different} values; expected at most {_MOST_VALUES}: put numbers"
                " into a few ranges"
            )
    return AttributeTable(path, names, rows)


def _bare(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp") else name
