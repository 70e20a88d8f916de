"""The page of an evaluation: one HTML file that needs nothing else."""

from collections.abc import Sequence

from segweave.evaluation.panoptic_quality import PanopticScore
from segweave.report.bars import legend
from segweave.report.data_uri import embedded
from segweave.report.error_sections import ERROR_COLORS, confusion_grid, confusion_section, losses_section
from segweave.report.evaluation import Evaluation
from segweave.report.evaluation_tables import groups_table, label_table, tiles
from segweave.report.html import EMPTY, Html, Section, escape, facts, items, join, page, paragraph, tag
from segweave.report.measures import CONVENTIONS, TASKS
from segweave.report.more_tables import boundary_section, cityscapes_section, comparison_section, slices_section
from segweave.report.numbers import plural
from segweave.report.worst_pictures import WorstPicture

_MOST_LINES = 50


def evaluation_page(found: Evaluation, pictures: Sequence[WorstPicture] = ()) -> str:
    """The page as text, to be written as UTF-8. pictures: of the worst images, in the order in which to show them."""
    sections = [Section("numbers", "Numbers", _numbers(found))]
    if found.comparison is not None:
        sections.append(Section("comparison", "Compared with another prediction", comparison_section(found.comparison)))
    if found.errors is not None:
        sections.append(Section("errors", "Where PQ is lost", losses_section(found.errors)))
    if pictures:
        sections.append(Section("worst", "The worst images", _worst(found, pictures)))
    sections.append(Section("labels", "Labels", label_table(found.score, found.intervals)))
    if found.errors is not None:
        sections.append(Section("confusion", "What is taken for what", confusion_section(found.errors)))
    if found.confusion is not None:
        grid = confusion_grid(found.confusion.pixels, found.confusion.labels, "pixels")
        sections.append(Section("confusion", "What is taken for what", grid))
    if found.boundary is not None:
        sections.append(Section("boundary", "Contours", boundary_section(found.boundary)))
    if found.cityscapes is not None:
        sections.append(Section("cityscapes", "Cityscapes protocol", cityscapes_section(found.cityscapes)))
    if found.slices:
        sections.append(Section("slices", "By attribute", slices_section(found.slices)))
    if found.notes or found.skipped:
        sections.append(Section("notes", "Notes", _notes(found)))
    return page(f"Evaluation of {found.prediction}", sections, summary=_summary(found))


def _summary(found: Evaluation) -> Html:
    lines = [
        ("Task", escape(TASKS[found.task])),
        ("Truth", escape(found.truth)),
        ("Prediction", escape(found.prediction)),
        (
            "Images",
            escape(plural(found.images, "image") + (f", {len(found.skipped):,} left out" if found.skipped else "")),
        ),
    ]
    if found.task != "semantic":
        lines.append(("Convention", escape(f"{found.convention}: {CONVENTIONS[found.convention]}")))
    return facts(lines)


def _numbers(found: Evaluation) -> Html:
    parts = [tiles(found.score, found.intervals)]
    if isinstance(found.score, PanopticScore):
        parts.append(groups_table(found.score, found.intervals))
    if found.intervals:
        parts.append(
            paragraph(
                escape(
                    "95 % intervals come from drawing the images again and again at random (bootstrap). They say how"
                    " far other images like these would move the numbers; frames of one video move them more than that."
                ),
                kind="note",
            )
        )
    return join(parts)


def _worst(found: Evaluation, pictures: Sequence[WorstPicture]) -> Html:
    trios = []
    for shown in pictures:
        name = shown.image.name or str(shown.image.id)
        images = ((shown.truth, "truth"), (shown.prediction, "prediction"), (shown.mistakes, "mistakes"))
        figures = [
            embedded(pixels, alt=f"{name}: {what}", caption=escape(what.capitalize())) for pixels, what in images
        ]
        trios.append(join((tag("h3", escape(f"{name}: {shown.caption}")), tag("div", *figures, class_="trio"))))
    what = legend([(color, kind) for kind, color in ERROR_COLORS.items()]) if found.task != "semantic" else EMPTY
    hint = "wrong pixels are marked" if found.task == "semantic" else "mistakes are marked by their type"
    return join((paragraph(escape(f"The images that cost most, the worst first; {hint}.")), what, *trios))


def _notes(found: Evaluation) -> Html:
    lines = [*found.notes, *(f"left out: {line}" for line in found.skipped)]
    more = [f"and {len(lines) - _MOST_LINES:,} more"] if len(lines) > _MOST_LINES else []
    return items(escape(line) for line in (*lines[:_MOST_LINES], *more))
