"""Writing "CVAT for images 1.1": `annotations.xml`, the photographs in `images/`.

Every segment becomes a `<mask>`, which is exact, with a `z_order` of its own. CVAT has no field for crowds, scores and
tracks of single images: they are attributes that each label declares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segweave.files import replacing
from segweave.formats.cvat_regions import mask_runs
from segweave.formats.dataset import Note, Sample
from segweave.formats.label_file import save_label_file
from segweave.formats.xml_parts import escaped
from segweave.labels import LabelSet
from segweave.segmentation import Instances, Rle, Segment

# (name, input type, default, values) as CVAT declares an attribute; an empty text stands for "none".
_DECLARED = (("crowd", "checkbox", "false", "false"), ("score", "text", "", ""), ("track", "text", "", ""))


@dataclass(frozen=True, slots=True)
class CvatWriter:
    """Writes the XML file `path`; photographs go to `images/` beside it. label_texts: names as XML has them."""

    path: Path
    labels: LabelSet
    label_texts: tuple[str, ...]

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `images/`."""
        return PurePosixPath("images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Returns the text of the `<image>` without its number, which is its place in the file."""
        truth = sample.truth
        assert isinstance(truth, Instances)
        shown = escaped(sample.image_name, f"{self.path}: image {sample.image_id!r}")
        lines = [f' name="{shown}" width="{truth.size[1]}" height="{truth.size[0]}">']
        pairs = zip(truth.masks, truth.segments, strict=True)
        for z, (rle, segment) in enumerate(reversed(list(pairs))):  # the first instance lies on top
            lines += self._mask(rle, segment, z)
        return "\n".join([*lines, "  </image>"]), ()

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the XML file, and the labels with what CVAT has no place for."""
        save_label_file(self.path.parent, self.labels, range(1, len(self.labels) + 1))
        with replacing(self.path) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
            file.writelines(f"{line}\n" for line in self._meta(len(pieces)))
            file.writelines(f'  <image id="{number}"{piece}\n' for number, piece in enumerate(pieces))
            file.write("</annotations>\n")

    def _mask(self, rle: Rle, segment: Segment, z: int) -> Iterator[str]:
        top, left, bottom, right = rle.box()
        runs = ", ".join(map(str, mask_runs(rle.mask()[top:bottom, left:right])))
        said = {"crowd": "true" if segment.crowd else None, "score": segment.score, "track": segment.track}
        box = f'left="{left}" top="{top}" width="{right - left}" height="{bottom - top}"'
        label = self.label_texts[segment.label]
        yield f'    <mask label="{label}" source="manual" occluded="0" rle="{runs}" {box} z_order="{z}">'
        for key, value in said.items():
            if value is not None:
                yield f'      <attribute name="{key}">{value}</attribute>'
        yield "    </mask>"

    def _meta(self, images: int) -> Iterator[str]:
        name = escaped(self.labels.name, f"{self.path}: label set")
        yield "  <meta>"
        yield "    <task>"
        yield f"      <name>{name}</name>"
        yield f"      <size>{images}</size>"
        yield "      <mode>annotation</mode>"
        yield "      <overlap>0</overlap>"
        yield "      <start_frame>0</start_frame>"
        yield f"      <stop_frame>{max(images - 1, 0)}</stop_frame>"
        yield "      <frame_filter></frame_filter>"
        yield "      <labels>"
        for text, label in zip(self.label_texts, self.labels, strict=True):
            yield "        <label>"
            yield f"          <name>{text}</name>"
            yield "          <color>#{:02x}{:02x}{:02x}</color>".format(*label.color)
            yield "          <type>any</type>"
            yield "          <attributes>"
            yield from _declarations()
            yield "          </attributes>"
            yield "        </label>"
        yield "      </labels>"
        yield "    </task>"
        yield "  </meta>"


def cvat_writer(path: Path, labels: LabelSet) -> CvatWriter:
    """Begin a data set whose XML file is `path`; `FormatError` for a label name that XML cannot hold."""
    texts = tuple(escaped(name, f"{path}: label") for name in labels.names)
    return CvatWriter(path, labels, texts)


def _declarations() -> Iterator[str]:
    for name, kind, default, values in _DECLARED:
        yield "            <attribute>"
        yield f"              <name>{name}</name>"
        yield "              <mutable>False</mutable>"
        yield f"              <input_type>{kind}</input_type>"
        yield f"              <default_value>{default}</default_value>"
        yield f"              <values>{values}</values>"
        yield "            </attribute>"
