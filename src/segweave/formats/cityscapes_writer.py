"""Writing Cityscapes: `cityscapes.py` says what the format is."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypedDict

import numpy as np

from segweave.errors import FormatError
from segweave.files import make_folder, replacing
from segweave.formats.cityscapes_layout import PHOTOGRAPH_ENDING, safe_folder
from segweave.formats.cityscapes_panoptic import (
    PNG_ENDING,
    PanopticFile,
    panoptic_categories,
    panoptic_entry,
    png_key,
)
from segweave.formats.cityscapes_polygons import polygon_file
from segweave.formats.cityscapes_reader import SHIPPED, UNLABELED
from segweave.formats.coco_panoptic import AnnotationEntry, ImageEntry
from segweave.formats.dataset import Note, Sample
from segweave.formats.id_png import LARGEST_ID, write_id_png
from segweave.formats.index_png import write_index_png
from segweave.formats.label_file import save_label_file, shipped_table
from segweave.formats.png import encode_indices
from segweave.labels import LabelSet, VoidRow
from segweave.segmentation import Segmentation

_SPLITS = frozenset({"train", "val", "test", "train_extra", "demoVideo"})
_MOST_THINGS = 1000
_LARGEST_16_BIT = 64  # label * 1000 + 999 fits 16 bits up to it


class _Piece(TypedDict):
    """What `finish` must know of an image."""

    place: list[str]
    image: ImageEntry
    annotation: AnnotationEntry


@dataclass(frozen=True, slots=True)
class CityscapesWriter:
    """Writes labelIds, instanceIds (where ids fit 16 bits), polygons and the panoptic files into `gtFine/`."""

    folder: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `leftImg8bit/`, always a PNG."""
        folder, base = _place(name)
        return PurePosixPath("leftImg8bit", folder, f"{base}{PHOTOGRAPH_ENDING}.png")

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write all files of one image; `FormatError` when it has more things than Cityscapes can count."""
        seg = sample.truth
        assert isinstance(seg, Segmentation)
        numbers = self._numbers()
        codes = _codes(seg, numbers, f"{self.folder}: image {sample.image_id!r}")
        folder, base = _place(name)
        files = make_folder(self.folder / "gtFine" / folder)
        by_label = np.array([UNLABELED, *(numbers[segment.label] for segment in seg.segments)], np.int32)
        by_code = np.array([UNLABELED, *codes], np.int32)
        write_index_png(files / f"{base}_gtFine_labelIds.png", by_label.take(seg.ids))
        if max(numbers, default=0) <= _LARGEST_16_BIT:
            content = encode_indices(by_code.astype(np.uint16).take(seg.ids), palette=None)  # 16 bits in every image
            with replacing(files / f"{base}_gtFine_instanceIds.png") as temporary:
                temporary.write_bytes(content)
        with replacing(files / f"{base}_gtFine_polygons.json") as temporary:
            temporary.write_text(json.dumps(polygon_file(seg)) + "\n", encoding="ascii")
        split, key = png_key(folder, base)
        png = self.folder / "gtFine" / f"cityscapes_panoptic_{split}" / f"{key}{PNG_ENDING}"
        make_folder(png.parent)
        write_id_png(png, by_code.take(seg.ids))
        height, width = seg.size
        photograph = f"{key}_gtFine{PHOTOGRAPH_ENDING}.png"  # sic, as in the official files
        image = ImageEntry(id=key, file_name=photograph, height=height, width=width)
        piece = _Piece(
            place=[split, f"{folder}/{base}"],
            image=image,
            annotation=panoptic_entry(key, seg, codes=codes, numbers=numbers),
        )
        return json.dumps(piece), ()

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the panoptic JSON of each split, and the label file of labels that are not Cityscapes' own."""
        said: list[_Piece] = [json.loads(piece) for piece in pieces]
        places = Counter(piece["place"][1].casefold() for piece in said)
        twice = [place for place, n in places.items() if n > 1]
        if twice:
            raise FormatError(f"{self.folder}: several images are to be {twice[0]!r}; give them other names")
        gt_fine = make_folder(self.folder / "gtFine")
        categories = panoptic_categories(self.labels, self._numbers())
        for split in sorted({piece["place"][0] for piece in said}):
            mine = [piece for piece in said if piece["place"][0] == split]
            content = PanopticFile(
                images=[piece["image"] for piece in mine],
                annotations=[piece["annotation"] for piece in mine],
                categories=categories,
            )
            with replacing(gt_fine / f"cityscapes_panoptic_{split}.json") as temporary:
                temporary.write_text(json.dumps(content) + "\n", encoding="ascii")
        if not self._official():
            void = VoidRow("unlabeled", UNLABELED, (0, 0, 0))
            save_label_file(self.folder, self.labels, self._numbers(), voids=[void])

    def _official(self) -> bool:
        return self.labels.name == SHIPPED and shipped_table(self.labels) is not None

    def _numbers(self) -> tuple[int, ...]:
        """The id of each label: Cityscapes' own, else 1..n."""
        table = shipped_table(self.labels) if self._official() else None
        return table.source_ids if table else tuple(range(1, len(self.labels) + 1))


def _place(name: str) -> tuple[str, str]:
    """The folder below gtFine ("val/frankfurt") and the base of an image.

    A split and a city are taken where `name` has folders; without, the split is "train", and the city what the base
    begins with, as the official names do.

    >>> _place("val/ulm/ulm_000000_000019"), _place("photo_7"), _place("val/7_leftImg8bit")
    (('val/ulm', 'ulm_000000_000019'), ('train/photo', 'photo_7'), ('val/city', '7'))
    """
    *folders, base = name.split("/")
    base = base.removesuffix(PHOTOGRAPH_ENDING) or base
    folders = [safe_folder(part) for part in folders]
    if len(folders) < 2:
        split = folders.pop() if folders and folders[0] in _SPLITS else "train"
        first = base.partition("_")[0] if "_" in base else "city"
        folders = [split, *(folders or [safe_folder(first or "city")])]
    return "/".join(folders), base


def _codes(seg: Segmentation, numbers: Sequence[int], where: str) -> list[int]:
    """The id of each segment: label * 1000 + n of a thing, that of the label for stuff and crowds.

    Beyond 999 labels these would meet; then every segment has an n."""
    alone = max(numbers, default=0) < 1000
    seen: Counter[int] = Counter()
    codes: list[int] = []
    for segment in seg.segments:
        number = numbers[segment.label]
        if alone and (segment.crowd or not seg.labels[segment.label].is_thing):
            codes.append(number)
            continue
        if seen[number] == _MOST_THINGS:
            name = seg.labels[segment.label].name
            raise FormatError(
                f"{where}: has more than {_MOST_THINGS} {name!r}; Cityscapes ids are label * 1000 + 0..999"
            )
        codes.append(number * 1000 + seen[number])
        seen[number] += 1
    if codes and max(codes) > LARGEST_ID:
        raise FormatError(
            f"{where}: has label id {max(codes) // 1000}; Cityscapes ids hold {LARGEST_ID // 1000} labels"
        )
    return codes
