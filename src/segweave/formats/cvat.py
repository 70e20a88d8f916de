"""CVAT: its XML for images and videos (version 1.1), and the JSON of its server.

Format: https://docs.cvat.ai/docs/manual/advanced/xml_format/. `cvat_xml.py` and `cvat_api.py` read, `cvat_writer.py`
writes.
"""

import re
from itertools import islice
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.cvat_api import open_api
from segweave.formats.cvat_writer import cvat_writer
from segweave.formats.cvat_xml import open_xml
from segweave.formats.dataset import Dataset
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.json_sketch import json_files, json_keys
from segweave.labels import LabelTable

_HEAD = 1 << 16
_MOST = 32
"""XML files of a folder that are looked at; a folder of CVAT holds one, one of VOC thousands."""

_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^<]*)*<annotations[\s>/]")
"""The first element, after a declaration, comments and what of a document type we only want to refuse by name."""
_INSIDE = re.compile(rb"<version>\s*1\.[01]\s*</version>|<image\s|<track\s|<meta>")


def open_cvat(path: Path, /, *, labels: LabelTable | None = None, images: Path | None = None) -> Dataset:
    """Open a folder with one file of CVAT (`annotations.xml`, or the only one that is one), or such a file.

    Samples are `Instances`; a group of shapes of one label is one instance, `Segment.track` is the track of a video.
    Raises `FormatError` for a file that is not well-formed, and when a sample is read that contradicts itself.
    """
    file = _only(path)
    if _is_json(file):
        return open_api(file, labels=labels, images=images)
    return open_xml(file, labels=labels, images=images)


def _only(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = _candidates(path)
    if len(found) == 1:
        return found[0]
    if not found:
        raise FormatError(f"{path}: has no file of CVAT; expected annotations.xml, with <annotations> as its root")
    names = ", ".join(file.name for file in found)
    raise FormatError(f"{path}: holds {len(found)} files of CVAT: {names}; name the one to read")


def _candidates(path: Path) -> list[Path]:
    """The XML files of CVAT in a folder, else its JSON files."""
    usual = [f for f in [path / "annotations.xml"] if f.is_file()]
    some = usual or sorted(islice((f for f in path.glob("*.xml") if f.name[0] != "."), _MOST))
    return [f for f in some if _is_xml(f)] or [f for f in islice(json_files(path), _MOST) if _is_json(f)]


def _is_xml(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return _ROOT.match(head) is not None and _INSIDE.search(head) is not None


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json" and {"shapes", "label_id", "frame"} <= json_keys(path)


def _recognise(path: Path) -> bool:
    return bool(_candidates(path)) if path.is_dir() else _is_xml(path) or _is_json(path)


FORMAT = Format(
    name="cvat",
    title="CVAT: its XML for images and videos, masks as runs",
    holds=Holds(overlap=True, crowd="each", score="optional", track=True),
    index="annotations.xml",
    recognise=_recognise,
    open=open_cvat,
    writer=cvat_writer,
)
