"""The photograph with its segments on it: tinted, outlined and named."""

import numpy as np
from numpy.typing import NDArray

from segweave.draw.names import draw_names, place_names
from segweave.draw.oklab import Rgb
from segweave.draw.palette import label_colors, segment_colors
from segweave.errors import InvalidSegmentation, UsageError
from segweave.labels import Language
from segweave.segmentation import Ids, Instances, Segmentation, instances_to_panoptic

_STRIP = 1 << 16  # pixels blended at a time: what fits the processor's second cache
_LINE, _LINE_SHARE = 250, 184  # the outline's own grey, and its share of 256
_SHADOW_SHARE = 96  # of 256: how much the pixels beside the outline are darkened


def overlay(
    image: NDArray[np.uint8],
    result: Segmentation | Instances,
    *,
    opacity: float = 0.5,
    colors: NDArray[np.uint8] | None = None,
    names: bool = True,
    language: Language = "en",
) -> Rgb:
    """Tint, outline and name the segments on a photograph: (H, W, 3) uint8, a new array.

    image: (H, W, 3) uint8, of the result's size. opacity: 0 (photograph) .. 1 (flat colour). colors: (len(labels), 3)
    uint8, default `label_colors`; try `colorblind_colors(len(labels))`. Void stays as photographed. Instances that
    overlap are drawn as `instances_to_panoptic` stacks them. Several things of one label have shades of its colour.

    Raises `InvalidSegmentation` for an image of another size or type, `UsageError` for a bad opacity or colors.

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True, color=(200, 0, 0)),))
    >>> seg = Segmentation(np.ones((1, 2), np.int32), (Segment(label=0),), labels)
    >>> overlay(np.full((1, 2, 3), 100, np.uint8), seg, opacity=0.5)[0, 0].tolist()
    [150, 50, 50]
    """
    seg = flattened(result)
    image = checked_image(image, seg.size)
    opacity = checked_opacity(opacity)
    tints = segment_colors(seg, label_colors(seg.labels) if colors is None else colors)
    canvas = _blend(image, seg.ids, tints, round(opacity * 256))
    _outline(canvas, seg)
    if names:
        draw_names(canvas, place_names(seg, language=language))
    return canvas


def flattened(result: Segmentation | Instances) -> Segmentation:
    """The result as one segment a pixel."""
    return instances_to_panoptic(result) if isinstance(result, Instances) else result


def checked_image(image: NDArray[np.uint8], size: tuple[int, int]) -> Rgb:
    """`image` if it is (H, W, 3) uint8 of this size; else `InvalidSegmentation`."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.shape != (*size, 3):
        raise InvalidSegmentation(
            f"the image must be {(*size, 3)} uint8, as large as the result; found {image.dtype} {image.shape}"
        )
    return image


def checked_opacity(opacity: float) -> float:
    """`opacity` if it lies in 0..1; else `UsageError`."""
    if not 0 <= opacity <= 1:  # false for NaN too
        raise UsageError(f"opacity lies in 0 (photograph only) .. 1 (colours only); found {opacity}")
    return opacity


def _blend(image: Rgb, ids: Ids, tints: Rgb, share: int) -> Rgb:
    """(image * (256 - share) + tint * share) / 256, rounded; void as it is."""
    out = np.empty_like(image)
    table = np.zeros((len(tints) + 1, 3), np.uint16)
    table[1:] = tints.astype(np.uint16) * np.uint16(share) + np.uint16(128)
    rows = max(1, _STRIP // max(1, ids.shape[1]))
    for top in range(0, ids.shape[0], rows):
        strip = slice(top, top + rows)
        mixed = np.multiply(image[strip], np.uint16(256 - share), dtype=np.uint16)
        mixed += table.take(ids[strip], axis=0)
        mixed >>= 8
        out[strip] = mixed
        if not ids[strip].all():
            np.copyto(out[strip], image[strip], where=(ids[strip] == 0)[..., None])
    return out


def _outline(canvas: Rgb, seg: Segmentation) -> None:
    """A bright line with a dark one beside it, so that it shows on any ground; spared where it would hide a segment."""
    thick = max(1, round(min(seg.size) / 675))
    before, after = thick // 2, thick - thick // 2
    core = _near_border(seg.ids, before, after)
    band = _near_border(seg.ids, before + 1, after + (thick > 1))
    band |= core
    where = np.flatnonzero(band)
    if not len(where):
        return
    owner = seg.ids.ravel()[where]
    covered = np.bincount(owner, minlength=len(seg) + 1)
    spared = np.concatenate([[False], covered[1:] > 0.7 * seg.areas()])
    keep = ~spared[owner]
    where = where[keep]
    is_core = core.ravel()[where]
    pixels = canvas.reshape(-1, 3)
    _mix_at(pixels, where[is_core], _LINE, _LINE_SHARE)
    _mix_at(pixels, where[~is_core], 0, _SHADOW_SHARE)


def _near_border(ids: Ids, before: int, after: int) -> NDArray[np.bool_]:
    """(H, W) bool: whether the ids `before` px to the left (or above) and `after` px to the right (below) differ.

    At the image's edge the last pixel stands for those beyond."""
    reach = before + after
    near = np.zeros(ids.shape, bool)
    for view, side in ((near, ids), (near.T, ids.T)):
        if 0 < reach < side.shape[0]:
            view[before : side.shape[0] - after] |= side[:-reach] != side[reach:]
    return near


def _mix_at(pixels: Rgb, where: NDArray[np.int64], grey: int, share: int) -> None:
    mixed = pixels[where].astype(np.uint16) * np.uint16(256 - share)
    mixed += np.uint16(grey * share + 128)
    pixels[where] = mixed >> 8
