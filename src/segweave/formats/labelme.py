"""labelme: a JSON of shapes beside each photograph (https://github.com/wkentaro/labelme).

Reading and writing keep what segweave has no words for: keys of the file and of its shapes (flags, description, those
of other tools), points and lines, and shapes that stand for void. A segment that still has the pixels it was read with
is written with the very shapes it had. Others become polygons where a polygon gives the same pixels by labelme's rule,
else a `mask` shape, which labelme reads since version 5.3. Several polygons of one segment share a `group_id`.

labelme paints later shapes over earlier ones, so they come last to first when read, and turn round again when written.
Beside labelme's keys a shape has `crowd`, `score`, `track` and `source_id` where needed; labelme keeps them.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segweave.files import make_folder, replacing
from segweave.formats.dataset import Note, Sample
from segweave.formats.holds import Holds
from segweave.formats.json_parts import Entry
from segweave.formats.label_file import save_label_file
from segweave.formats.labelme_labels import LABELS_FILE
from segweave.formats.labelme_layers import layers
from segweave.labels import LabelSet
from segweave.segmentation import Instances

HOLDS = Holds(overlap=True, crowd="each", score="optional", track=True, source_id=True)

VERSION = "5.10.1"
"""Of labelme; its files have not changed since, and `mask` shapes are older."""


@dataclass(frozen=True, slots=True)
class LabelmeWriter:
    """Writes `NAME.json` beside each photograph, and `labels.txt` and the label table for the whole."""

    folder: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """Beside its JSON, under the same name."""
        return PurePosixPath(name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write one JSON; the notes say what of the labelme file it came from could not be put back."""
        assert isinstance(sample.truth, Instances)
        path = self.folder / f"{name}.json"
        make_folder(path.parent)
        place = f"image {sample.image_id!r}"
        shapes, others, faults = layers(sample.truth, sample.extra, f"{path}: {place}")
        head: dict[str, object] = {"version": VERSION, "flags": {}}
        head |= others
        tail: dict[str, object] = {
            "imagePath": _image_path(path, sample),
            "imageData": None,
            "imageHeight": sample.size[0],
            "imageWidth": sample.size[1],
        }
        with replacing(path) as temporary:
            temporary.write_text(_text(head, shapes, tail), encoding="ascii")
        return "", [Note(path, place, reason, kind) for reason, kind in faults]

    def finish(self, pieces: Sequence[str]) -> None:
        """Write `labels.txt` for labelme and `NAME.labels.csv` for us."""
        # labelme's own scripts want these two names first (examples/instance_segmentation/labelme2voc.py)
        names = "".join(f"{' '.join(name.split())}\n" for name in ("__ignore__", "_background_", *self.labels.names))
        with replacing(self.folder / LABELS_FILE) as temporary:
            temporary.write_bytes(names.encode("utf-8", "replace"))
        save_label_file(self.folder, self.labels, range(len(self.labels)))


def _image_path(path: Path, sample: Sample) -> str:
    """The photograph relative to the JSON, also where it was left elsewhere; its name where there is none."""
    name = PurePosixPath(sample.image_name).name
    if sample.image_path is None:
        return name
    try:
        return Path(os.path.relpath(sample.image_path, path.parent)).as_posix()
    except ValueError:  # on another drive
        return name


def _text(head: Entry, shapes: Sequence[Entry], tail: Entry) -> str:
    """JSON with a line for each shape; ASCII, because a file name may hold bytes that are no Unicode."""
    start = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    end = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in tail.items())
    lines = ",\n".join(json.dumps(shape) for shape in shapes)
    return f'{{{start}, "shapes": [\n{lines}\n], {end}}}\n'
