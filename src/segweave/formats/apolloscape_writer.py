"""Writing ApolloScape: `apolloscape.py` says what the format is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path, PurePosixPath

import numpy as np

from segweave.errors import FormatError
from segweave.files import make_folder
from segweave.formats.apolloscape_layout import IMAGE_FOLDER, INSTANCE_ENDING, LABEL_ENDING, LABEL_FOLDER
from segweave.formats.dataset import Note, Sample
from segweave.formats.id_png import write_id_png
from segweave.formats.index_png import write_index_png
from segweave.formats.label_file import save_label_file, shipped_table
from segweave.labels import LabelSet, VoidRow
from segweave.segmentation import Segmentation

FIRST_CODE = 1000
"""Values below are label ids; label * 1000 + n is never below."""

GROUP = 128
"""Added to a thing's label id for a crowd of it."""

VOID = 255


@dataclass(frozen=True, slots=True)
class ApolloscapeWriter:
    """Writes `ColorImage/` and `Label/`, and the label file at the end. ids: of each label in the PNGs."""

    folder: Path
    labels: LabelSet
    ids: tuple[int, ...]
    voids: tuple[VoidRow, ...]

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `ColorImage/`, under its own name."""
        return PurePosixPath(IMAGE_FOLDER, name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write the label PNG and the instance PNG."""
        assert isinstance(sample.truth, Segmentation)
        label_png, instance_png = (
            self.folder / LABEL_FOLDER / f"{name}{ending}" for ending in (LABEL_ENDING, INSTANCE_ENDING)
        )
        make_folder(label_png.parent)
        numbers, codes = self._codes(sample.truth, f"{instance_png}: image {sample.image_id!r}")
        write_index_png(label_png, np.array(numbers, np.int32).take(sample.truth.ids))
        pixels = np.array(codes, np.int32).take(sample.truth.ids)
        write = write_index_png if max(codes) < 65535 else write_id_png
        write(instance_png, pixels)
        return "", ()

    def _codes(self, seg: Segmentation, where: str) -> tuple[list[int], list[int]]:
        """Label id and instance code of void and of each segment. A single crowd of a label needs no number."""
        crowds = Counter(segment.label for segment in seg.segments if segment.crowd)
        used: Counter[int] = Counter()
        numbers, codes = [VOID], [VOID]
        for segment in seg.segments:
            number = self.ids[segment.label] + (GROUP if segment.crowd else 0)
            alone = crowds[segment.label] == 1 if segment.crowd else not self.labels[segment.label].is_thing
            numbers.append(number)
            codes.append(number if alone else number * FIRST_CODE + used[number])
            used[number] += not alone
            if used[number] > FIRST_CODE:
                name = self.labels[segment.label].name
                raise FormatError(f"{where}: has more than {FIRST_CODE} {name!r}; ApolloScape numbers 0..999 a label")
        return numbers, codes

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the label file, for the official labels too: it tells our data sets from others."""
        save_label_file(self.folder, self.labels, self.ids, voids=self.voids)


def apolloscape_writer(path: Path, labels: LabelSet) -> ApolloscapeWriter:
    """Official ids for the label set of ApolloScape, `own_ids` for any other."""
    table = shipped_table(labels)
    if table is not None and labels.name == "apolloscape":
        return ApolloscapeWriter(path, labels, table.source_ids, table.voids)
    return ApolloscapeWriter(path, labels, own_ids(labels, str(path)), (VoidRow("unlabeled", VOID, (0, 0, 0)),))


def own_ids(labels: LabelSet, where: str) -> tuple[int, ...]:
    """An id for each label, so that neither it nor, for a thing, id + 128 is 0, 255 or the id of another label.

    Things get 1..126, 257..382, ...; stuff gets the smallest ids that are left. Up to 254 ids, crowds counted too, a
    label PNG has 8 bits, else 16. Raises `FormatError` when ids reach 1000, where label * 1000 + n begins.

    >>> from segweave.labels import Label
    >>> names = {"sky": False, "car": True, "road": False}
    >>> own_ids(LabelSet("own", tuple(Label(name=n, is_thing=t) for n, t in names.items())), "")
    (2, 1, 3)
    """
    things = [256 * (k // 126) + 1 + k % 126 for k in range(len(labels.things))]
    taken = {0, VOID, *things, *(number + GROUP for number in things)}
    stuff = list(islice((number for number in count(1) if number not in taken), len(labels.stuff)))
    largest = max([*(number + GROUP for number in things), *stuff], default=0)
    if largest >= FIRST_CODE:
        raise FormatError(
            f"{where}: label set {labels.name!r} has {len(things)} things and {len(stuff)} stuff labels;"
            f" with crowds they need ids up to {largest}, ApolloScape holds 1..{FIRST_CODE - 1}"
        )
    ids = dict(zip((*labels.things, *labels.stuff), (*things, *stuff), strict=True))
    return tuple(ids[k] for k in range(len(labels)))
