"""Writing YOLO-seg: `yolo_seg.py` says what the format is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from segweave.files import make_folder, replacing
from segweave.formats.dataset import Note, Sample
from segweave.formats.label_file import save_label_file
from segweave.formats.yolo_seg_rings import Corners, joined
from segweave.labels import LabelSet, label_set
from segweave.segmentation import Instances, mask_to_polygons

_READABLE = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
"""What both Ultralytics (ultralytics/data/utils.py, IMG_FORMATS) and we read; other photographs become PNG."""

_HEAD = "# written by segweave; val names the images of train: give a split of your own before you train\n"


@dataclass(frozen=True, slots=True)
class YoloSegWriter:
    """Writes `images/train/NAME.*`, `labels/train/NAME.txt` and `data.yaml` in a folder."""

    folder: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """The place of a photograph, as `Writer` asks for."""
        return PurePosixPath("images/train", name + (suffix if suffix.lower() in _READABLE else ".png"))

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """The files of one image."""
        assert isinstance(sample.truth, Instances)
        truth = sample.truth
        lines, parted, holed = [], 0, 0
        for k, segment in enumerate(truth.segments):
            top, left, bottom, right = truth.masks[k].box()
            parts = mask_to_polygons(truth.mask(k)[top:bottom, left:right])
            parted += len(parts) > 1
            holed += any(part.holes for part in parts)
            ring = joined(parts) + np.array((top, left))
            lines.append(f"{segment.label} {_written(ring, truth.size)}\n")
        path = self.folder / text_place(self.photograph(name, ".png"))
        make_folder(path.parent)
        with replacing(path) as temporary:
            temporary.write_text("".join(lines), encoding="ascii")
        return "", self._losses(sample, path, parted=parted, holed=holed)

    def _losses(self, sample: Sample, path: Path, *, parted: int, holed: int) -> tuple[Note, ...]:
        reasons = []
        if parted:
            reasons.append(f"{_segments(parted)} in several parts: joined by bridges of no width")
        if holed:
            reasons.append(f"{_segments(holed)} with holes: cut by bridges of no width; some tools fill the holes")
        if sample.image_path is None or not sample.image_path.is_relative_to(self.folder):
            reasons.append(
                "sizes are relative to the photograph, which is not in the data set; without it this cannot be read"
            )
        return tuple(Note(path, f"image {sample.image_id!r}", reason, "cannot-hold") for reason in reasons)

    def finish(self, pieces: Sequence[str]) -> None:
        """The label set and where the images are."""
        import yaml

        names = dict(enumerate(self.labels.names))
        content = {"path": ".", "train": "images/train", "val": "images/train", "nc": len(names), "names": names}
        with replacing(self.folder / "data.yaml") as temporary:
            text = _HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            temporary.write_text(text, encoding="utf-8")
        if self.labels != label_set("coco"):
            save_label_file(self.folder, self.labels, range(len(names)))


def text_place(photograph: PurePosixPath, *, folder: str = "labels") -> PurePosixPath:
    """Where the text of a photograph belongs: the last folder `images` becomes `labels` (`img2label_paths`,
    ultralytics/data/utils.py); beside it where there is none.

    >>> str(text_place(PurePosixPath("train/images/a.jpg"))), str(text_place(PurePosixPath("b.jpg")))
    ('train/labels/a.txt', 'b.txt')
    """
    *folders, name = photograph.parts
    for k in reversed(range(len(folders))):
        if folders[k] == "images":
            folders[k] = folder
            break
    return PurePosixPath(*folders, f"{name.removesuffix(photograph.suffix)}.txt")


def _written(ring: Corners, size: tuple[int, int]) -> str:
    """x y x y ..., relative to the image, to a thousandth of a pixel or better."""
    digits = max(6, len(str(max(size))) + 3)
    shares: NDArray[np.float64] = ring / size
    return " ".join(f"{number:.{digits}f}".rstrip("0").rstrip(".") for number in shares[:, ::-1].ravel().tolist())


def _segments(n: int) -> str:
    return f"{n:,} segment" if n == 1 else f"{n:,} segments"
