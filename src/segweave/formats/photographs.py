"""The photograph that belongs to a truth: where it is, and whether the two fit."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segweave.errors import FormatError, ImageError
from segweave.formats.dataset import Extra, Note, Sample
from segweave.formats.images import image_head
from segweave.formats.sources import IMAGE_SUFFIXES
from segweave.segmentation import Instances, Rle, Segmentation, assemble

_UNTURNED = (
    "was drawn on the photograph as it is stored, before its EXIF orientation was applied; turned like the photograph"
)


def image_stem(name: str) -> str:
    """The name of an image without its suffix; what no image has as a suffix stays.

    >>> image_stem("val/a.b.JPG"), image_stem("frame.0012"), image_stem("a/.jpg")
    ('val/a.b', 'frame.0012', 'a/.jpg')
    """
    stem, _, suffix = name.rpartition(".")
    return stem if f".{suffix.lower()}" in IMAGE_SUFFIXES and stem and stem[-1] != "/" else name


def find_photograph(folders: Iterable[Path], name: str) -> Path | None:
    """The first image file in `folders` called `name` (relative, `/` between folders), or `name` with any image suffix.

    A name with a suffix that is not there is looked for with other suffixes too: data sets are often converted.
    """
    stem = image_stem(name)
    names = [n for n in dict.fromkeys([name, *(stem + suffix for suffix in IMAGE_SUFFIXES)]) if _has_suffix(n)]
    for folder in folders:
        for candidate in names:
            # `os.path` asks in a third of the time that `Path` takes, and says no to names that the disk cannot have
            if os.path.isfile(os.path.join(folder, candidate)):
                return folder / candidate
    return None


def _has_suffix(name: str) -> bool:
    return os.path.splitext(name)[1] not in ("", ".")


def make_sample(
    truth: Segmentation | Instances,
    *,
    file: Path,
    image_path: Path | None,
    image_id: int | str,
    image_name: str,
    notes: Iterable[Note] = (),
    extra: Extra | None = None,
) -> Sample:
    """The sample of one image, with photograph and truth of one size; every reader ends here.

    file: the annotation file, for messages. A truth that fits the photograph only before its EXIF orientation is
    applied is turned like the photograph. Notes: no photograph, one that cannot be read, a turned truth. Raises
    `FormatError` when photograph and truth differ in size.
    """
    notes = list(notes)
    place = f"image {image_id!r}"
    if image_path is None:
        notes.append(Note(file, place, "its photograph is not there", "image-missing"))
    else:
        try:
            size, turn = image_head(image_path)
        except ImageError as error:
            notes.append(Note(file, place, f"its photograph cannot be read: {error}", "image-missing"))
        else:
            truth, turned = _fitted(truth, size, turn, f"{file}: {place}: {image_path}")
            if turned:
                notes.append(Note(file, place, _UNTURNED, "image-turned"))
    return Sample(
        image_path=image_path,
        size=truth.size,
        truth=truth,
        image_id=image_id,
        image_name=image_name,
        notes=tuple(notes),
        extra=extra,
    )


def _fitted(
    truth: Segmentation | Instances, size: tuple[int, int], turn: Image.Transpose | None, where: str
) -> tuple[Segmentation | Instances, bool]:
    if truth.size == size:
        return truth, False
    if turn is not None and truth.size == size[::-1]:
        return turned_truth(truth, turn), True
    raise FormatError(
        f"{where}: the photograph has {size} pixels (height, width), the annotation {truth.size}; they must be equal"
    )


def turned_truth(truth: Segmentation | Instances, turn: Image.Transpose) -> Segmentation | Instances:
    """The truth turned or mirrored as Pillow's `transpose` does with the photograph."""
    if isinstance(truth, Segmentation):
        return assemble(_turned(truth.ids, turn), truth.segments, truth.labels)
    masks = [Rle.from_mask(_turned(mask.mask(), turn)) for mask in truth.masks]
    size = _turned(np.zeros(truth.size, bool), turn).shape
    return Instances((size[0], size[1]), tuple(masks), truth.segments, truth.labels)


def _turned(pixels: NDArray[np.generic], turn: Image.Transpose) -> NDArray[np.generic]:
    match turn:
        case Image.Transpose.FLIP_LEFT_RIGHT:
            return pixels[:, ::-1]
        case Image.Transpose.FLIP_TOP_BOTTOM:
            return pixels[::-1]
        case Image.Transpose.TRANSPOSE:
            return pixels.T
        case Image.Transpose.TRANSVERSE:
            return pixels[::-1, ::-1].T
    quarters = {Image.Transpose.ROTATE_90: 1, Image.Transpose.ROTATE_180: 2, Image.Transpose.ROTATE_270: 3}
    return np.rot90(pixels, quarters[turn])
