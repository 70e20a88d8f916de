"""The panoptic linter: what is wrong, or looks wrong, with a data set of any format."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, InvalidSegmentation
from segweave.formats.dataset import Dataset, Note, Sample, Severity
from segweave.formats.findings import Checked, Finding, FindingKind, LabelCount
from segweave.segmentation import Instances, Segmentation

SLIVER = 10
"""px; a segment smaller than this is hardly ever meant."""

STRAY_SHARE = 0.05
"""A part of a thing that has less than this share of its largest part is a speck, not a part."""

GAP = 64
"""px; void enclosed by segments and smaller than this is a gap between them, not something left unlabelled."""

SAME = 0.9
"""IoU from which on two masks of one label are the same thing annotated twice."""


def check_dataset(data: Dataset, path: str | Path) -> Iterator[Checked]:
    """Check a data set: yields first what is found of it as a whole, then of each image in order.

    path: where it is, for messages about images that cannot be read; these are findings, and the next image follows.

    >>> from segweave.formats.findings import sum_of
    >>> from segweave.formats.save import as_dataset
    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> pets = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> seg = Segmentation(np.array([[1, 0, 0]]), (Segment(label=0),), pets)
    >>> data = as_dataset([Sample(image_path=None, size=(1, 3), truth=seg, image_id="a")])
    >>> found = sum_of(check_dataset(data, "cats"))
    >>> found.segments, found.void_pixels, sorted({finding.kind for finding in found.findings})
    (1, 2, ['mostly-void', 'sliver'])
    """
    yield Checked(notes=data.notes, findings=tuple(_of_notes(data.notes)))
    for place in range(len(data)):
        try:
            sample = data[place]
        except (FormatError, InvalidSegmentation) as error:
            yield Checked(findings=(_unreadable(Path(path), place, error),))
            continue
        yield check_sample(sample, Path(path))


def check_sample(sample: Sample, path: Path) -> Checked:
    """Check one image; path: of the data set, for messages."""
    truth = sample.truth
    labels: dict[str, LabelCount] = {}
    for name, area in zip(truth.label_names(), truth.areas().tolist(), strict=True):
        labels[name] = labels.get(name, LabelCount()) + LabelCount(1, area)
    void = truth.void_area() if isinstance(truth, Segmentation) else uncovered(truth)
    place = f"image {sample.image_id!r}"
    faults = [*_slivers(truth), *_stray(truth)]
    if isinstance(truth, Segmentation):
        faults += _void_faults(truth, void)
    else:
        faults += [*_repeated(truth), *_split_stuff(truth)]
    findings = [
        Finding(
            file=path,
            place=place,
            segment=segment,
            source_id=None if segment is None else truth.segments[segment].source_id,
            kind=kind,
            severity=severity,
            message=message,
        )
        for segment, kind, severity, message in faults
    ]
    return Checked(
        images=1,
        segments=len(truth),
        pixels=truth.size[0] * truth.size[1],
        void_pixels=void,
        labels=labels,
        findings=(*_of_notes(sample.notes), *findings),
        notes=sample.notes,
    )


_Fault = tuple[int | None, FindingKind, Severity, str]
"""(segment index, kind, severity, message)."""


def _of_notes(notes: Iterable[Note]) -> Iterator[Finding]:
    """What the reader repaired is wrong with the files."""
    for note in notes:
        if note.severity != "info":
            yield Finding(file=note.file, place=note.place, kind=note.kind, severity=note.severity, message=note.reason)


def _unreadable(path: Path, place: int, error: Exception) -> Finding:
    message = str(error).removeprefix(f"{path}: ")
    place_name = f"image number {place + 1}"
    return Finding(file=path, place=place_name, kind="unreadable", severity="error", message=message)


def _slivers(truth: Segmentation | Instances) -> Iterator[_Fault]:
    for k, (area, name) in enumerate(zip(truth.areas().tolist(), truth.label_names(), strict=True)):
        if area < SLIVER:
            yield k, "sliver", "warning", f"{name!r} has only {area} px"


def _stray(truth: Segmentation | Instances) -> Iterator[_Fault]:
    for k, specks in stray_parts(truth):
        sizes = sorted((int(part.inside.sum()) for part in specks), reverse=True)
        count = f"{len(sizes)} stray part{'s' * (len(sizes) > 1)} of {', '.join(map(str, sizes[:3]))}"
        more = " and fewer px" if len(sizes) > 3 else " px"
        yield k, "stray-part", "warning", f"{truth.label_names()[k]!r} has {count}{more} apart from its main part"


@dataclass(frozen=True, slots=True, eq=False)
class Speck:
    """A part of a mask. top, left: where `inside` (h, w) bool lies in the image, px."""

    top: int
    left: int
    inside: NDArray[np.bool_]

    def put_on(self, mask: NDArray[np.bool_]) -> None:
        """Set the speck's pixels in an (H, W) mask."""
        height, width = self.inside.shape
        mask[self.top : self.top + height, self.left : self.left + width] |= self.inside


def stray_parts(truth: Segmentation | Instances) -> Iterator[tuple[int, list[Speck]]]:
    """(segment index, its specks) of things that have parts far smaller than their largest; parts touch at corners."""
    from scipy.ndimage import find_objects
    from scipy.ndimage import label as components

    for k, (segment, box) in enumerate(zip(truth.segments, truth.boxes().tolist(), strict=True)):
        if segment.crowd or not truth.labels[segment.label].is_thing:
            continue
        top, left, _, _ = box
        part_ids, n = components(_window(truth, k, box), structure=np.ones((3, 3)))
        if n < 2:
            continue
        areas = np.bincount(part_ids.ravel())[1:]
        small = np.flatnonzero(areas < STRAY_SHARE * areas.max())
        if len(small):
            found = find_objects(part_ids)
            places = [(found[part], part + 1) for part in small.tolist()]
            yield k, [Speck(top + p[0].start, left + p[1].start, part_ids[p] == part) for p, part in places]


def _window(truth: Segmentation | Instances, k: int, box: list[int]) -> NDArray[np.bool_]:
    """The mask of segment `k` within its box."""
    top, left, bottom, right = box
    if isinstance(truth, Instances):
        return truth.mask(k)[top:bottom, left:right]
    inside: NDArray[np.bool_] = truth.ids[top:bottom, left:right] == k + 1
    return inside


def _void_faults(seg: Segmentation, void: int) -> Iterator[_Fault]:
    from scipy.ndimage import label as components

    pixels = seg.ids.size
    if void > pixels / 2 and len(seg):
        yield None, "mostly-void", "info", f"{void / pixels:.0%} of the image is void"
    if not 0 < void < pixels:
        return
    part_ids, n = components(seg.ids == 0)
    areas = np.bincount(part_ids.ravel(), minlength=n + 1)[1:]
    edge = np.unique(np.concatenate([part_ids[0], part_ids[-1], part_ids[:, 0], part_ids[:, -1]]))
    inner = np.ones(n + 1, bool)
    inner[edge] = False
    gaps = areas[(areas < GAP) & inner[1:]]
    if len(gaps):
        yield None, "gap", "warning", f"{len(gaps)} gaps of void between segments, {int(gaps.sum())} px in all"


def uncovered(instances: Instances) -> int:
    """Pixels under no mask."""
    import hotcoco

    pixels = instances.size[0] * instances.size[1]
    if not len(instances):
        return pixels
    return pixels - int(hotcoco.mask.area(hotcoco.mask.merge(_rles(instances))))


def repeated(instances: Instances) -> list[tuple[int, int]]:
    """(earlier, later) instances of one label whose masks are (nearly) the same; no crowds."""
    iou = _ious(instances)
    segments = instances.segments
    pairs = np.argwhere(np.triu(iou >= SAME, k=1)).tolist()
    return [(a, b) for a, b in pairs if segments[a].label == segments[b].label and not segments[b].crowd]


def _repeated(instances: Instances) -> Iterator[_Fault]:
    names = instances.label_names()
    twice = repeated(instances)
    for first, second in twice:
        yield second, "duplicate", "error", f"{names[second]!r} is the same as segment {first}"
    iou = np.triu(_ious(instances), k=1)
    for pair in twice:
        iou[pair] = 0
    for a, b in np.argwhere(iou > 0.1).tolist():
        if not (instances.segments[a].crowd or instances.segments[b].crowd):
            shared = f"shares {iou[a, b]:.0%} (IoU) of its pixels with segment {a} ({names[a]!r})"
            yield b, "overlap", "warning", f"{names[b]!r} {shared}"


def _split_stuff(instances: Instances) -> Iterator[_Fault]:
    seen: dict[int, int] = {}
    for k, segment in enumerate(instances.segments):
        if not instances.labels[segment.label].is_thing and seen.setdefault(segment.label, k) != k:
            name = instances.labels[segment.label].name
            yield (
                k,
                "stuff-split",
                "warning",
                f"{name!r} is stuff and has a mask already, segment {seen[segment.label]}",
            )


def _ious(instances: Instances) -> NDArray[np.float64]:
    import hotcoco

    if len(instances) < 2:
        return np.zeros((len(instances),) * 2)
    rles = _rles(instances)
    return np.asarray(hotcoco.mask.iou(rles, rles, [False] * len(rles)), np.float64).copy()


def _rles(instances: Instances) -> list[dict[str, object]]:
    return [{"size": list(mask.size), "counts": mask.counts} for mask in instances.masks]
