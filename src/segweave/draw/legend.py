"""What the colours mean: a row a label with its count and share of the image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.draw.oklab import Rgb
from segweave.draw.overlay import flattened
from segweave.draw.palette import checked_colors, label_colors, shades
from segweave.draw.text import draw_plain, extent, ink_top, letters, shortened
from segweave.errors import LabelError, UsageError, did_you_mean
from segweave.labels import Color, Language
from segweave.segmentation import Instances, Segment, Segmentation

PAPER, _INK, _FAINT = 255, (28, 28, 34), (96, 96, 104)
_VOID_NAMES = {"en": "void", "ja": "ラベルなし", "ko": "라벨 없음"}
_VOID_SWATCH: Color = (236, 236, 236)
_TIMES = "\u00d7"  # multiplication sign
_LONGEST_NAME = 15  # em; longer names are cut with an ellipsis
_SHADES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One row of a legend.

    label: index into the label set; None for void, and for the row that sums up those without room. count: things
    of the label, None where nothing is counted. crowd: whether a crowd is among them. share: of the image's pixels,
    0..1; share_text: as shown.
    """

    label: int | None
    name: str
    count: int | None
    crowd: bool
    share: float
    share_text: str

    @property
    def count_text(self) -> str:
        """The count as shown; a plus says that a crowd is among the things."""
        return "" if self.count is None else f"{_TIMES} {self.count}{'+' if self.crowd else ''}"


@dataclass(frozen=True, slots=True)
class LegendGrid:
    """How a legend is laid out: rows a column (lines), columns, and in px: em, row pitch, the parts of a column."""

    em: int
    lines: int
    columns: int
    pitch: int
    swatch: int
    name: int
    count: int
    share: int

    @property
    def column(self) -> int:
        """Width of a column with the gap that follows it, px."""
        return self.swatch + self.name + self.count + self.share + 2 * self.em

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) px with the margin around it."""
        return self.lines * self.pitch + self.em, self.columns * self.column


def legend_rows(
    result: Segmentation | Instances, *, counts: bool = True, language: Language = "en"
) -> tuple[LegendRow, ...]:
    """A row a label present, by area from large to small, then void if there is any.

    Shares are of visible pixels, so they sum to 1; as shown they are rounded to 0.1 % such that they sum to 100 %.
    Hidden instances still count. counts: False for a semantic result, where one segment is all cats there are.

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> seg = Segmentation(np.array([[1, 2, 2, 0]]), (Segment(label=0), Segment(label=0)), labels)
    >>> [(row.name, row.count, row.share_text) for row in legend_rows(seg)]
    [('cat', 2, '75.0 %'), ('void', None, '25.0 %')]
    """
    return rows_of(flattened(result), result.segments, counts=counts, language=language)


def rows_of(
    seg: Segmentation, counted: tuple[Segment, ...], *, counts: bool, language: Language
) -> tuple[LegendRow, ...]:
    """`legend_rows` where the flattened result is at hand. counted: all segments, hidden ones too."""
    if language not in _VOID_NAMES:
        raise LabelError(f"unknown language {language!r}; {did_you_mean(language, _VOID_NAMES)}")
    areas = np.zeros(len(seg.labels) + 1, np.int64)
    np.add.at(areas, [s.label for s in seg.segments], seg.areas())
    areas[-1] = seg.void_area()
    present = {s.label for s in counted}
    order: list[int] = sorted(present, key=lambda label: (-areas[label], label))
    order += [len(seg.labels)] if areas[-1] else []
    shares = areas[order] / max(1, int(areas.sum()))
    rows = []
    for k, share, text in zip(order, shares.tolist(), _percent(shares), strict=True):
        if k == len(seg.labels):
            rows.append(LegendRow(None, _VOID_NAMES[language], None, False, share, text))
            continue
        same = [s for s in counted if s.label == k]
        count = len(same) if counts and seg.labels[k].is_thing else None
        crowd = any(s.crowd for s in same)
        rows.append(LegendRow(k, seg.labels[k].display_name(language), count, crowd, share, text))
    return tuple(rows)


def legend(
    result: Segmentation | Instances,
    size: tuple[int, int],
    *,
    em: int = 14,
    colors: NDArray[np.uint8] | None = None,
    counts: bool = True,
    language: Language = "en",
) -> Rgb:
    """A legend on white, (height, width, 3) uint8: swatch, name, count of things, share of the area.

    size: (height, width) px of the picture. em: letter size, px. Rows fill columns from the top; rows that do not
    fit are summed up in the last one, and what is wider than the picture is cut off. A swatch shows the first shades
    where there are several things. Raises `UsageError` for a size or colors that cannot be.
    """
    if min(size) < 0 or em < 1:
        raise UsageError(f"a legend needs a size >= 0 and an em >= 1; found {size} and {em}")
    colors = checked_colors(label_colors(result.labels) if colors is None else colors, result.labels)
    rows = legend_rows(result, counts=counts, language=language)
    lines = max(1, (size[0] - em) // pitch_of(em))
    columns = max(1, size[1] // lay_out(rows, em=em, lines=lines).column)
    rows = capped(rows, lines * columns)
    canvas = np.full((*size, 3), PAPER, np.uint8)
    draw_rows(canvas, rows, lay_out(rows, em=em, lines=lines), colors=colors)
    return canvas


def draw_rows(canvas: Rgb, rows: tuple[LegendRow, ...], grid: LegendGrid, *, colors: Rgb) -> None:
    """Draw rows on a canvas where `grid` has them, from its top left corner; cut off where it ends."""
    for k, row in enumerate(rows):
        column, line = divmod(k, grid.lines)
        place = (grid.em // 2 + line * grid.pitch, grid.em + column * grid.column)
        _draw_texts(canvas, place, row, grid)
        _draw_swatch(canvas, place, grid, _tints(row, colors))


def lay_out(rows: tuple[LegendRow, ...], *, em: int, lines: int) -> LegendGrid:
    """Sizes that these rows need with letters of `em` px, at most `lines` rows a column."""

    def widest(texts: list[str]) -> int:
        return max((extent(text, em, 0)[1] for text in texts if text), default=0)

    gap = round(0.8 * em)
    name = min(widest([row.name for row in rows]), _LONGEST_NAME * em)
    count = widest([row.count_text for row in rows])
    share = widest([row.share_text for row in rows])
    columns = max(1, -(-len(rows) // lines))
    lines = -(-len(rows) // columns)
    return LegendGrid(em, lines, columns, pitch_of(em), 2 * em, name, count + gap if count else 0, share + gap)


def pitch_of(em: int) -> int:
    """Px from one row of a legend to the next."""
    return round(1.6 * em)


def capped(rows: tuple[LegendRow, ...], limit: int) -> tuple[LegendRow, ...]:
    """The first rows, the last of them a sum of all that have no room."""
    if len(rows) <= limit:
        return rows
    rest = rows[limit - 1 :]
    share = sum(row.share for row in rest)
    return (*rows[: limit - 1], LegendRow(None, f"+ {len(rest)}", None, False, share, f"{100 * share:.1f} %"))


def _percent(shares: NDArray[np.float64]) -> list[str]:
    """Shares as text, rounded to tenths of a percent so that they sum to 100 % (largest remainders go up)."""
    tenths = shares * 1000
    floors = np.floor(tenths).astype(np.int64)
    missing = round(float(tenths.sum())) - int(floors.sum())
    floors[np.argsort(-(tenths - floors), kind="stable")[:missing]] += 1
    return [
        "< 0.1 %" if share > 0 and not tenth else f"{tenth / 10:.1f} %"
        for tenth, share in zip(floors.tolist(), shares.tolist(), strict=True)
    ]


def _tints(row: LegendRow, colors: Rgb) -> list[Color]:
    if row.label is None:
        return [_VOID_SWATCH]
    red, green, blue = (int(c) for c in colors[row.label])
    n = min(row.count or 1, _SHADES_SHOWN)
    return [(int(r), int(g), int(b)) for r, g, b in shades((red, green, blue), n)]


def _draw_swatch(canvas: Rgb, place: tuple[int, int], grid: LegendGrid, tints: list[Color]) -> None:
    top, left = place
    height, width = grid.em, round(1.4 * grid.em)
    top += (grid.pitch - height) // 2
    canvas[top : top + height, left : left + width] = _FAINT
    edges = np.linspace(left + 1, left + width - 1, len(tints) + 1).round().astype(int)
    for tint, start, stop in zip(tints, edges[:-1], edges[1:], strict=True):
        canvas[top + 1 : top + height - 1, start:stop] = tint


def _draw_texts(canvas: Rgb, place: tuple[int, int], row: LegendRow, grid: LegendGrid) -> None:
    top, left = place
    left += grid.swatch
    right = left + grid.name + grid.count
    name = shortened(row.name, grid.em, grid.name + grid.count)
    _write(canvas, (top, left), name, grid, _INK)
    if row.count_text:
        _write(canvas, (top, right - extent(row.count_text, grid.em, 0)[1]), row.count_text, grid, _FAINT)
    right += grid.share
    _write(canvas, (top, right - extent(row.share_text, grid.em, 0)[1]), row.share_text, grid, _INK)


def _write(canvas: Rgb, place: tuple[int, int], text: str, grid: LegendGrid, color: Color) -> None:
    top, left = place
    baseline_shift = ink_top(text, grid.em) - ink_top("H", grid.em)
    cap = extent("H", grid.em, 0)[0]
    draw_plain(canvas, (top + (grid.pitch - cap) // 2 + baseline_shift, left), letters(text, grid.em, 0), color=color)
