"""Which colour for what: a label's own, a colour-blind safe one, and a shade of it for each of several things."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from segweave.draw.oklab import Floats, Rgb, from_oklab, seen_by_all, to_oklab
from segweave.errors import UsageError
from segweave.labels import Color, Label, LabelSet
from segweave.segmentation import Instances, Segmentation

# Two labels look different beside each other from about here on (OKLab units; 0.02 is just noticeable on flat fields).
_LABELS_APART = 0.06

# Okabe and Ito 2008, "Color Universal Design": black last, it is the poorest tint on a photograph.
_OKABE_ITO = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (0, 0, 0),
)

# How far a thing's shade may lie from its label's colour in OKLab: in lightness and in chroma; in hue it is
# a share of the chroma (about 9 degrees) and a little, so that greys have shades too.
_LIGHTER, _STRONGER, _TURNED, _TURNED_GREY = 0.2, 0.05, 0.16, 0.015
_SPREAD = 64  # so many shades of a colour are spread as far as can be


@lru_cache(maxsize=64)
def label_colors(labels: LabelSet) -> Rgb:
    """The set's own colours, (n, 3) uint8, read-only, one a label.

    A colour too near an earlier label's moves to the nearest one that can be told from all others (0.06 apart in
    OKLab). Labels that share the default grey, which nobody chose, get colours far from all others.

    >>> from segweave.labels import label_set
    >>> label_colors(label_set("voc"))[1].tolist()
    [128, 0, 0]
    """
    own = np.array([label.color for label in labels], np.uint8).reshape(-1, 3)
    default = np.array(Label(name="any", is_thing=False).color, np.uint8)
    is_default = (own == default).all(axis=1)
    unchosen = is_default if is_default.sum() > 1 else np.zeros(len(own), bool)
    out = own.copy()
    candidates = _lattice(17)
    lab = to_oklab(candidates)
    is_tint = (abs(lab[:, 0] - 0.64) < 0.28) & (np.hypot(lab[:, 1], lab[:, 2]) > 0.07)
    taste = np.where(is_tint, 1.0, 0.4)  # near-black, near-white and greys tint a photograph poorly
    nearest = np.full(len(candidates), np.inf)  # distance of each candidate to the nearest colour in use
    lab_own = to_oklab(own)
    waiting: list[int] = []
    used = np.zeros((0, 3))
    for k in np.flatnonzero(~unchosen).tolist():
        if len(used) and np.linalg.norm(used - lab_own[k], axis=1).min() < _LABELS_APART:
            waiting.append(k)
            continue
        used = np.vstack([used, lab_own[k]])
        nearest = np.minimum(nearest, np.linalg.norm(lab - lab_own[k], axis=1))
    for k in [*waiting, *np.flatnonzero(unchosen).tolist()]:
        far_enough = nearest >= min(_LABELS_APART, float(nearest.max()))
        moved = np.where(far_enough, np.linalg.norm(lab - lab_own[k], axis=1), np.inf)
        pick = int(np.argmax(np.minimum(nearest, 1.0) * taste)) if unchosen[k] else int(np.argmin(moved))
        out[k] = candidates[pick]
        nearest = np.minimum(nearest, np.linalg.norm(lab - lab[pick], axis=1))
    out.setflags(write=False)
    return out


@lru_cache(maxsize=64)
def colorblind_colors(n: int) -> Rgb:
    """`n` colours that stay apart for people with any kind of colour blindness: (n, 3) uint8, read-only.

    Okabe and Ito's eight first; then each time the colour farthest from all before it, by the least of its
    distances (OKLab) as seen with normal vision, protanopia, deuteranopia and tritanopia (Machado et al. 2009).
    The first k are the same for every n. Past about 20 no palette can keep colours well apart: names help then.

    >>> colorblind_colors(2).tolist()
    [[230, 159, 0], [86, 180, 233]]
    """
    if n < 0:
        raise UsageError(f"a palette has n >= 0 colours; found {n}")
    picked = [np.array(_OKABE_ITO[:n], np.uint8).reshape(-1, 3)]
    candidates = _lattice(13)
    views = seen_by_all(candidates)
    nearest = np.full(len(candidates), np.inf)
    for seen in seen_by_all(picked[0]).swapaxes(0, 1):
        nearest = np.minimum(nearest, np.linalg.norm(views - seen[:, None], axis=2).min(axis=0))
    for _ in range(n - len(picked[0])):
        pick = int(np.argmax(nearest))
        picked.append(candidates[pick : pick + 1])
        nearest = np.minimum(nearest, np.linalg.norm(views - views[:, pick, None], axis=2).min(axis=0))
    out = np.concatenate(picked)
    out.setflags(write=False)
    return out


def segment_colors(result: Segmentation | Instances, colors: NDArray[np.uint8]) -> Rgb:
    """One colour a segment, (len(result), 3) uint8, in order.

    colors: (len(labels), 3) uint8. Stuff and a thing that is alone of its label have the label's colour; several
    things of one label have distinct shades of it, the first one the colour itself, neighbours well apart.
    Colours of another shape or type raise `UsageError`.
    """
    colors = checked_colors(colors, result.labels)
    label_of = np.array([s.label for s in result.segments], np.int64)
    out = colors[label_of].reshape(-1, 3).copy()
    for label in np.flatnonzero(np.bincount(label_of, minlength=len(colors)) > 1):
        if result.labels[int(label)].is_thing:
            same = np.flatnonzero(label_of == label)
            red, green, blue = (int(c) for c in colors[label])
            out[same] = shades((red, green, blue), len(same))
    return out


def checked_colors(colors: NDArray[np.uint8], labels: LabelSet) -> Rgb:
    """`colors` if it is one uint8 colour a label; else `UsageError`."""
    colors = np.asarray(colors)
    if colors.dtype != np.uint8 or colors.shape != (len(labels), 3):
        raise UsageError(
            f"colors must be ({len(labels)}, 3) uint8, one a label of {labels.name!r};"
            f" found {colors.dtype} {colors.shape}"
        )
    return colors


def shades(color: Color, n: int) -> Rgb:
    """(n, 3) uint8: `color` and shades around it, all distinct (as long as sRGB has that many near enough).

    The first k are the same for every n."""
    return _shades(color, max(_SPREAD, 1 << (n - 1).bit_length()))[:n] if n > 1 else np.array([color], np.uint8)[:n]


@lru_cache(maxsize=512)
def _shades(color: Color, n: int) -> Rgb:
    """The first ones in farthest-point order; then, as that takes long, finer ones in leaps through their range."""
    near = _near(color, steps=7)
    lab = to_oklab(near)
    order = [int(np.flatnonzero((near == np.array(color, np.uint8)).all(axis=1))[0])]
    nearest = np.linalg.norm(lab - lab[order[0]], axis=1)
    while len(order) < min(_SPREAD, len(near)):
        order.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(lab - lab[order[-1]], axis=1))
    first = near[order]
    if n <= len(first):
        return first[:n]
    steps = 13
    while len(finer := _near(color, steps=steps)) < 2 * n and steps < 49:
        steps = 2 * steps - 1
    rest = finer[~(finer[:, None] == first).all(axis=2).any(axis=1)]
    leap = round(0.618 * len(rest))  # golden ratio: any few leaps in a row spread well
    while math.gcd(leap, len(rest)) > 1:
        leap += 1
    leaps = np.arange(n - len(first)) * leap % len(rest)
    return np.concatenate([first, rest[leaps]])


def _near(color: Color, *, steps: int) -> Rgb:
    """The colours of a small lattice around a colour that sRGB has, and the colour; sorted, each once."""
    base = to_oklab(np.array([color], np.uint8))[0]
    unit = np.linspace(-1, 1, steps)
    cube = np.stack(np.meshgrid(np.linspace(-1, 1, 2 * steps - 1), unit, unit, indexing="ij"), -1).reshape(-1, 3)
    cube = cube[np.linalg.norm(cube, axis=1) <= 1.2]
    rgb, inside = from_oklab(_around(base) + _turned(cube, base))
    return np.unique(np.concatenate([rgb[inside], np.array([color], np.uint8)]), axis=0)


def _around(base: Floats) -> Floats:
    """The middle of the shades: the colour, but not so dark or bright that half of its shades are black or white."""
    return np.array([np.clip(base[0], 0.36, 0.84), base[1], base[2]])


def _turned(offsets: Floats, base: Floats) -> Floats:
    """Offsets -1..1 (lightness, along the hue, across the hue) -> OKLab offsets."""
    chroma = float(np.hypot(base[1], base[2]))
    cosine, sine = (base[1] / chroma, base[2] / chroma) if chroma > 1e-4 else (1.0, 0.0)
    along, across = offsets[:, 1] * _STRONGER, offsets[:, 2] * (_TURNED * chroma + _TURNED_GREY)
    return np.stack([offsets[:, 0] * _LIGHTER, along * cosine - across * sine, along * sine + across * cosine], axis=1)


@lru_cache(maxsize=4)
def _lattice(steps: int) -> Rgb:
    """(steps ** 3, 3): a regular lattice over sRGB."""
    levels = np.round(np.linspace(0, 255, steps)).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
