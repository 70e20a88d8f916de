"""Small files of CVAT for its tests."""

from pathlib import Path

from segweave.formats import Dataset, Sample, open_dataset

LABELS = """<meta><task><labels>
<label><name>car</name><color>#0a141e</color><attributes></attributes></label>
<label><name>road</name></label>
</labels></task></meta>"""


def write_xml(folder: Path, body: str, *, meta: str = LABELS) -> Path:
    """`annotations.xml` with this inside `<annotations>`."""
    path = folder / "annotations.xml"
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n{meta}\n{body}</annotations>\n'
    )
    path.write_text(text, encoding="utf-8")
    return path


def image(shapes: str, *, name: str = "a.png", number: int = 0, size: tuple[int, int] = (10, 12)) -> str:
    """An `<image>`; size: (height, width)."""
    return f'<image id="{number}" name="{name}" width="{size[1]}" height="{size[0]}">\n{shapes}\n</image>\n'


def box(sides: str, more: str = "", *, label: str = "car") -> str:
    """A `<box>`; sides: left, top, right, bottom."""
    xtl, ytl, xbr, ybr = sides.split()
    return f'<box label="{label}" xtl="{xtl}" ytl="{ytl}" xbr="{xbr}" ybr="{ybr}" {more}></box>'


def only_sample(folder: Path, shapes: str) -> Sample:
    """What is read of one image with these shapes, 10 x 12 px."""
    (sample,) = open_dataset(write_xml(folder, image(shapes)))
    return sample


def noted(source: Dataset | Sample) -> list[tuple[str, str]]:
    """(kind, place) of the notes, but those that every one of these files has."""
    return [(note.kind, note.place) for note in source.notes if note.kind not in ("assumed", "image-missing")]
