"""Contours and context: what may be done to extended labels afterwards. All of it is off by default, for each step
trades one mistake for another; `segweave extend evaluate --refine` measures what it does to your own data.

Every step takes and gives output labels, (H, W) int32 with -1 = void, and the primary's own labels of the same pixels.
Void of the primary stays void, and no step brings a label to an image that does not have it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from segweave.combine.parts import Place, places
from segweave.combine.rules import Labels
from segweave.errors import UsageError, did_you_mean
from segweave.segmentation import Segmentation
from segweave.segmentation.overlap import count_pairs

Photo = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """What a step may look at. primary: (H, W) int32 labels. regions: (H, W) int32, the connected parts of the
    primary's segments, 0 = void. photograph: (H, W, 3) uint8."""

    primary: Labels
    regions: NDArray[np.int32]
    photograph: Photo


Step = Callable[[Labels, Scene], Labels]


def connected_parts(seg: Segmentation) -> NDArray[np.int32]:
    """(H, W) int32: the 4-connected parts of all segments, numbered from 1; 0 = void.

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> sky = LabelSet("sky", (Label(name="sky", is_thing=False),))
    >>> connected_parts(Segmentation(np.array([[1, 0, 1]]), (Segment(label=0),), sky)).tolist()
    [[1, 0, 2]]
    """
    from scipy.ndimage import label as components

    parts = np.zeros(seg.size, np.int32)
    n = 0
    for k, (top, left, bottom, right) in enumerate(seg.boxes().tolist(), start=1):
        place = slice(top, bottom), slice(left, right)
        inside = seg.ids[place] == k
        found, number = components(inside)
        parts[place][inside] = found[inside] + n
        n += int(number)
    return parts


def snap(output: Labels, scene: Scene, *, share: float = 0.8) -> Labels:
    """Snap to the primary's segments: one that was changed to a label nearly whole is changed whole, one that was
    hardly changed to it not at all. share: what nearly whole is; hardly: 1 - share.
    """
    if not 0.5 < share <= 1:
        raise UsageError(f"share must lie in 0.5..1; found {share}")
    changed = (output != scene.primary).astype(np.int32)
    counts = _pairs(scene.regions, (output + 1) * changed)
    areas = counts.sum(axis=1)
    best = counts[:, 1:].argmax(axis=1)  # label + 1 in the table, so label here; column 0: not changed
    of_best = counts[np.arange(len(counts)), best + 1]
    whole, hardly = of_best >= share * areas, areas - of_best >= share * areas
    now = np.where(whole[scene.regions], best[scene.regions].astype(np.int32), output)
    return np.where(hardly[scene.regions], scene.primary, now)


def vote(output: Labels, scene: Scene) -> Labels:
    """One label for each of the primary's segments: that of most of its pixels, of equals the lowest."""
    counts = _pairs(scene.regions, output + 1)
    winner = counts.argmax(axis=1).astype(np.int32) - 1
    return np.where(scene.regions > 0, winner[scene.regions], output)


def guided(output: Labels, scene: Scene, *, radius: int = 8, epsilon: float = 1e-3) -> Labels:
    """Contours drawn to edges of the photograph: each label that was brought in is filtered as a mask with the
    photograph as its guide (He, Sun and Tang 2013, "Guided Image Filtering", §3), and is where it then is most.

    radius: px. epsilon: of the squared grey values 0..1; larger blurs more.
    """
    brought = np.unique(output[output != scene.primary]).tolist()
    present = [label for label in brought if label >= 0]
    if not present:
        return output
    guide = _Guide.of(scene.photograph.astype(np.float32).mean(axis=2) / 255, radius, epsilon)
    best, level = np.full(output.shape, -1, np.int32), np.zeros(output.shape, np.float32)
    for number, box in places(np.where(np.isin(output, present), output + 1, 0)):
        place = _grown(box, 2 * radius + 1)  # two means in a row: beyond it the mask has no say
        here = guide.filtered(output[place] == number - 1, place)
        more = here > level[place]
        best[place][more], level[place][more] = number - 1, here[more]
    stays = np.where(np.isin(output, present), scene.primary, output)  # what is there where no label is brought
    return np.where((level > 0.5) & (scene.primary >= 0), best, stays)


STEPS: Mapping[str, Step] = {"snap": snap, "vote": vote, "guided": guided}


def steps_named(names: Sequence[str]) -> tuple[Step, ...]:
    """Steps by name, in the order given; `UsageError` with near matches for an unknown one.

    >>> steps_named(["guided", "snap"]) == (guided, snap)
    True
    """
    unknown = next((name for name in names if name not in STEPS), None)
    if unknown is not None:
        raise UsageError(f"refining step {unknown!r} is not known; {did_you_mean(unknown, STEPS)}")
    return tuple(STEPS[name] for name in names)


def refined(output: Labels, scene: Scene, names: Sequence[str]) -> Labels:
    """The output after the named steps, one after the other."""
    for step in steps_named(names):
        output = step(output, scene)
    return output


def _pairs(regions: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    shape = int(regions.max(initial=0)) + 1, int(labels.max(initial=0)) + 2
    return count_pairs(regions, np.ascontiguousarray(labels), shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Guide:
    """What the filter of He et al. 2013, Algorithm 1, knows of the guide alone, whatever is filtered."""

    guide: Floats
    mean: Floats
    variance: Floats
    radius: int
    epsilon: float

    @classmethod
    def of(cls, guide: Floats, radius: int, epsilon: float) -> Self:
        """guide: (H, W) float32 grey values 0..1."""
        mean = _mean(guide, radius)
        return cls(guide, mean, _mean(guide * guide, radius) - mean**2, radius, epsilon)

    def filtered(self, mask: NDArray[np.bool_], place: Place) -> Floats:
        """(h, w) float32: the mask of a window of the photograph, its contours drawn to edges of the guide there."""
        guide, guide_mean, values = self.guide[place], self.mean[place], mask.astype(np.float32)
        mean = _mean(values, self.radius)
        covariance = _mean(guide * values, self.radius) - guide_mean * mean
        slope = covariance / (self.variance[place] + self.epsilon)
        return _mean(slope, self.radius) * guide + _mean(mean - slope * guide_mean, self.radius)


def _grown(box: Place, by: int) -> Place:
    rows, columns = box
    return slice(max(rows.start - by, 0), rows.stop + by), slice(max(columns.start - by, 0), columns.stop + by)


def _mean(values: Floats, radius: int) -> Floats:
    from scipy.ndimage import uniform_filter

    smooth: Floats = uniform_filter(values, 2 * radius + 1, mode="nearest")
    return smooth
