"""The page of an evaluation: one HTML file that needs nothing else."""

from collections.abc import Sequence

from segweave.evaluation.panoptic_quality import PanopticScore
from segweave.evaluation.significance import Interval
from segweave.report.bars import legend
from segweave.report.confusion_tables import pixel_confusions, segment_confusions
from segweave.report.data_uri import embedded
from segweave.report.error_sections import error_legend, images_table, losses_section
from segweave.report.evaluation import Evaluation
from segweave.report.evaluation_tables import groups_table, label_table, tiles
from segweave.report.html import EMPTY, Html, Section, escape, facts, folded, items, join, page, paragraph, tag
from segweave.report.measures import CONVENTIONS, TASKS, VOIDS, measures, score_name
from segweave.report.mistakes import WRONG
from segweave.report.more_tables import boundary_section, cityscapes_section, comparison_section, slices_section
from segweave.report.numbers import ends_of, plural
from segweave.report.worst_pictures import WorstPicture

_WHERE = "--photographs-in"
_MOST_LINES = 50
_FEW_LINES = 5
_FEW_IMAGES = 20


def evaluation_page(
    found: Evaluation, pictures: Sequence[WorstPicture] | None = None, *, made_by: Sequence[str] = ()
) -> str:
    """The page as text, to be written as UTF-8.

    pictures: of the worst images, in the order in which to show them; None where only counts are there. made_by: lines
    of plain text: the command, and what in which version ran it.
    """
    lines = [escape(line) for line in made_by]
    footer = paragraph(join((escape("Made by "), *_between(lines, tag("br")))), kind="note") if lines else EMPTY
    return page(f"Evaluation of {found.prediction}", _sections(found, pictures), summary=_summary(found), footer=footer)


def _sections(found: Evaluation, pictures: Sequence[WorstPicture] | None) -> list[Section]:
    sections = [Section("numbers", "Numbers", _numbers(found))]

    def add(anchor: str, title: str, body: Html | None) -> None:
        if body is not None:
            sections.append(Section(anchor, title, body))

    errors, confusion = found.errors, found.confusion
    if found.comparison is not None:
        body = comparison_section(found.comparison, found.score, images=found.images)
        add("comparison", "Compared with another prediction", body)
    add("errors", "Where PQ is lost", None if errors is None else losses_section(errors))
    add("labels", "Labels", label_table(found.score, found.intervals))
    taken = "What is taken for what"
    add("confusion", taken, None if errors is None else segment_confusions(errors.confusion, errors.labels))
    add("confusion", taken, None if confusion is None else pixel_confusions(confusion))
    add("boundary", "Contours", None if found.boundary is None else boundary_section(found.boundary))
    add("cityscapes", "Cityscapes protocol", None if found.cityscapes is None else cityscapes_section(found.cityscapes))
    add("slices", "By attribute", slices_section(found.slices) if found.slices else None)
    add("worst", "The worst images", _worst(found, pictures))
    return sections


def _summary(found: Evaluation) -> Html:
    images = plural(found.images, "image") + (f"; {len(found.skipped):,} could not be counted" if found.skipped else "")
    lines = [
        ("Task", TASKS[found.task]),
        ("Truth", found.truth),
        ("Prediction", found.prediction),
        ("Images", images),
        ("Convention", CONVENTIONS.get((found.task, found.convention), "")),
        ("Void", VOIDS[found.task]),
    ]
    return join((facts([(name, escape(said)) for name, said in lines if said]), _notes(found)))


def _notes(found: Evaluation) -> Html:
    """What a reader should know before the numbers: shown where it is short, else folded."""
    lines = [*found.notes, *(f"left out: {line}" for line in found.skipped)]
    if not lines:
        return EMPTY
    more = [f"and {len(lines) - _MOST_LINES:,} more"] if len(lines) > _MOST_LINES else []
    listed = items(escape(line) for line in (*lines[:_MOST_LINES], *more))
    title = escape(f"What to know about these numbers: {plural(len(lines), 'note')}")
    inside = folded(title, listed) if len(lines) > _FEW_LINES else join((paragraph(title), listed))
    return tag("div", inside, class_="notes", id="notes")


def _numbers(found: Evaluation) -> Html:
    parts = [tiles(found.score, found.intervals)]
    if isinstance(found.score, PanopticScore):
        parts.append(groups_table(found.score, found.intervals))
    parts.append(paragraph(escape(_about_numbers(found)), kind="note"))
    leaning = [score_name(found.score, key) for key, interval in found.intervals.items() if _leans(key, interval)]
    if leaning:
        said = (
            f"There is no interval for {', '.join(leaning)}: these are means over labels that few images have, and"
            " images drawn again lack too many of them."
        )
        parts.append(paragraph(escape(said), kind="note"))
    meanings = facts([(measure.name, escape(measure.meaning)) for measure in measures(found.score)])
    return join((*parts, folded(escape("What these numbers are"), meanings)))


def _about_numbers(found: Evaluation) -> str:
    said = "Numbers are points of 100; a dash stands for what nothing defines."
    if not found.intervals:
        return said
    if found.images < 2:
        return f"{said} One image does not say how far others would move them: there are no intervals."
    said += (
        " 95\u00a0% intervals come from drawing the images again and again at random (bootstrap). They say how far"
        " other images like these would move the numbers; frames of one video move them more than that."
    )
    return said + (f" {found.images} images give but a rough idea of them." if found.images < _FEW_IMAGES else "")


def _leans(key: str, interval: Interval) -> bool:
    """Does an interval of the main numbers not hold its number?"""
    return not key.startswith("label.") and interval.low is not None and ends_of(interval) is None


def _worst(found: Evaluation, pictures: Sequence[WorstPicture] | None) -> Html:
    table = EMPTY
    if found.errors is not None and found.errors.images:
        table = folded(escape("The worst images as a table"), images_table(found.errors))
    if pictures is None:
        said = "There are no pictures: kept counts say how good images are, and not where they lie."
        return join((paragraph(escape(said)), table))
    if not pictures:
        return join((paragraph(escape("There is no image with a mistake to show.")), table))
    what = legend([(WRONG, "wrong label")]) if found.task == "semantic" else error_legend()
    return join((_intro(pictures), what, *map(_trio, pictures), table))


def _intro(pictures: Sequence[WorstPicture]) -> Html:
    said = [escape("The images that cost most, the worst first.")]
    least = pictures[0].from_score
    if least is not None:
        sure = f" Of the detections, those with a score of {least:.2f} and more: there F1 at IoU 0.5 is best."
        said.append(escape(f"{sure} AP counts them all."))
    without = sum(not shown.has_photograph for shown in pictures)
    if without:
        said += [escape(f" {plural(without, 'photograph')} could not be found; "), tag("code", escape(_WHERE))]
        said.append(escape(" says where they are."))
    return paragraph(*said)


def _trio(shown: WorstPicture) -> Html:
    name = shown.image.name or str(shown.image.id)
    three = ((shown.truth, "truth"), (shown.prediction, "prediction"), (shown.mistakes, "mistakes"))
    figures = [embedded(pixels, alt=f"{name}: {what}", caption=escape(what.capitalize())) for pixels, what in three]
    return join((tag("h3", escape(f"{name}: {shown.caption}")), tag("div", *figures, class_="trio")))


def _between(lines: Sequence[Html], separator: Html) -> list[Html]:
    return [part for line in lines for part in (separator, line)][1:]
