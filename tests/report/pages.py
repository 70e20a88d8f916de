"""Data sets to make reports of, and reports as a parser sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from PIL import Image

from scenes import SOME_LABELS, random_segmentation, street_scene
from segweave.formats import Sample, save_dataset
from segweave.labels import LabelSet
from segweave.segmentation import Instances, Segment, Segmentation, assemble

NEVER_CLOSED = {"br", "img", "line", "meta", "rect"}


def scenes(n: int, *, seed: int = 0, labels: LabelSet = SOME_LABELS) -> list[Segmentation]:
    """Scenes of 40 x 60 px without crowds and scores."""
    found = []
    for k in range(n):
        scene = random_segmentation(np.random.default_rng(seed + k), (40, 60), labels, n=9)
        found.append(assemble(scene.ids, [Segment(label=s.label) for s in scene.segments], labels))
    return found


def moved(scene: Segmentation, by: int = 3) -> Segmentation:
    """The scene `by` px further right, what leaves it comes in on the left."""
    return Segmentation(np.roll(scene.ids, by, 1), scene.segments, scene.labels)


def in_words(scene: Segmentation, labels: LabelSet) -> Segmentation:
    """The same in a label set of as many labels."""
    return Segmentation(scene.ids, scene.segments, labels)


def write(
    truths: Sequence[Segmentation | Instances],
    path: Path,
    format: str = "coco-panoptic",
    *,
    names: Sequence[str] = (),
    photographs: bool = True,
) -> Path:
    """A data set of truths, with photographs in grey; image k has the id k + 1 and the name image_k."""
    samples = []
    for k, truth in enumerate(truths):
        name = names[k] if names else f"image_{k}.png"
        photo = path.parent / "photographs" / name
        photo.parent.mkdir(parents=True, exist_ok=True)
        if photographs and not photo.exists():
            Image.new("RGB", truth.size[::-1], (120, 120, 120)).save(photo)
        where = photo if photographs else None
        samples.append(Sample(image_path=where, size=truth.size, truth=truth, image_id=k + 1, image_name=name))
    save_dataset(samples, path, format)
    return path


def street_photographs(n: int, path: Path, *, size: tuple[int, int]) -> Path:
    """Synthetic streets with photographs in noise, which compress badly."""
    samples = []
    for k in range(n):
        rng = np.random.default_rng(k)
        _, truth = street_scene(rng, size)
        photo = path.parent / "noise" / f"street_{k}.png"
        photo.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(photo)
        samples.append(Sample(image_path=photo, size=size, truth=truth, image_id=k, image_name=photo.name))
    save_dataset(samples, path, "coco-panoptic")
    return path


@dataclass
class Seen(HTMLParser):
    """What a parser finds in a page: elements with their attributes, words, and the text of each section."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    by_section: dict[str, list[str]] = field(default_factory=dict)
    open_tags: list[str] = field(default_factory=list)
    section: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        assert len(known) == len(attrs), f"an attribute twice: <{tag} {attrs}>"
        self.tags.append((tag, known))
        if tag == "section":
            self.section = known["id"]
            assert self.section not in self.by_section, f"two sections are called {self.section}"
            self.by_section[self.section] = []
        if tag not in NEVER_CLOSED:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in NEVER_CLOSED, f"<{tag}/> stays open in HTML"
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags and self.open_tags[-1] == tag, f"</{tag}> closes {self.open_tags[-3:]}"
        self.open_tags.pop()
        if tag == "section":
            self.section = ""

    def handle_data(self, data: str) -> None:
        if self.open_tags[-1:] in (["script"], ["style"]):
            return
        self.words.append(data)
        if self.section:
            self.by_section[self.section].append(data)

    @property
    def text(self) -> str:
        """All words of the page, spaces as one."""
        return " ".join(" ".join(self.words).split())

    def text_of(self, section: str) -> str:
        """The words of a section."""
        return " ".join(" ".join(self.by_section[section]).split())


def seen(page: str | Path) -> Seen:
    """The page, read; every element is closed where it was opened."""
    found = Seen()
    found.feed(page.read_text(encoding="utf-8") if isinstance(page, Path) else page)
    found.close()
    assert not found.open_tags, f"never closed: {found.open_tags}"
    return found
