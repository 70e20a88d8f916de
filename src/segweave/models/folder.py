"""The folder that predictions are written to: every image's files at once, the index and the table at the end.

<name>.overlay.png    the photograph with its segments, names and a legend
<name>.png            panoptic, semantic: the id map (COCO panoptic: id = R + 256 G + 65536 B, 0 = void)
panoptic.json         panoptic, semantic: COCO panoptic index of the id maps
instances.json        instance: COCO results with RLE masks; images.json has the images and categories they mean
segments.csv          one row a segment
.segweave.jsonl       the journal: one line for each finished image, so that an interrupted run can go on
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segweave.draw import colorblind_colors, figure
from segweave.errors import UsageError
from segweave.files import make_folder
from segweave.formats import (
    Source,
    save_index,
    save_results,
    save_segments,
    write_id_png,
    write_png,
)
from segweave.labels import LabelSet, Language
from segweave.models.journal import Finished, Journal, Run, finish
from segweave.models.pipeline import Prediction
from segweave.models.predict import Model
from segweave.models.protocol import Task
from segweave.segmentation import Segmentation

JOURNAL = ".segweave.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How pictures are drawn (see `draw.figure`). colorblind: colours that every kind of colour vision tells apart."""

    opacity: float = 0.5
    language: Language = "en"
    colorblind: bool = False


@dataclass(slots=True)
class PredictionFolder:
    """Writes predictions to `path`; `add` finishes one image, `close` writes the index of all finished ones.

    Everything is replaced atomically. Not for several threads at once.
    """

    path: Path
    run: Run
    labels: LabelSet
    journal: Journal
    look: Look
    finished: list[Finished] = field(default_factory=list)

    @classmethod
    def open(
        cls, path: str | Path, model: Model, task: Task, *, sources: Sequence[Source], look: Look, resume: bool
    ) -> "PredictionFolder":
        """Make the folder and start its journal; with `resume` go on with the one that is there.

        `OutputError` when the folder cannot be written to; `UsageError` when a result would replace a source, or
        when the run to resume is one of another model, task or label set.
        """
        _check_sources_survive(path, sources)
        folder = make_folder(path)
        run = Run(model=model.name, task=task, labels=model.labels.names)
        journal = Journal(folder / JOURNAL, run)
        finished = [done for done in journal.read() if (folder / overlay_name(done.name)).is_file()] if resume else []
        journal.start(finished)
        return cls(folder, run, model.labels, journal, look, finished)

    def add(self, prediction: Prediction) -> Finished:
        """Draw and write one image's files, its picture last, then its line in the journal."""
        name, result = prediction.name, prediction.result
        make_folder((self.path / name).parent)
        colors = colorblind_colors(len(result.labels)) if self.look.colorblind else None
        picture = figure(
            prediction.image,
            result,
            opacity=self.look.opacity,
            colors=colors,
            counts=self.run.task != "semantic",  # a semantic segment is all things of its label: how many is unknown
            language=self.look.language,
        )
        if isinstance(result, Segmentation):
            write_id_png(self.path / ids_name(name), result.ids)
        write_png(self.path / overlay_name(name), picture)
        done = finish(prediction, self._next_id(name))
        self.journal.append(done)
        self.finished.append(done)
        return done

    def close(self) -> None:
        """Write the index and the table of all that is finished."""
        images = [done.image for done in self.finished]
        if self.run.task == "instance":
            save_results(self.path / "instances.json", [entry for done in self.finished for entry in done.results])
            save_index(self.path / "images.json", images=images, annotations=[], labels=self.labels)
        else:
            annotations = [done.annotation for done in self.finished if done.annotation]
            save_index(self.path / "panoptic.json", images=images, annotations=annotations, labels=self.labels)
        save_segments(self.path / "segments.csv", [row for done in self.finished for row in done.rows])

    def _next_id(self, name: str) -> int:
        """COCO's custom: the number that the file's name is; for other names the next free number from 1."""
        used = {int(done.image["id"]) for done in self.finished}
        stem = Path(name).name
        if stem.isdecimal() and int(stem) not in used:
            return int(stem)
        return next(number for number in range(1, len(used) + 2) if number not in used)


def ids_name(name: str) -> str:
    """The file of an image's id map."""
    return f"{name}.png"


def overlay_name(name: str) -> str:
    """The file of an image's picture."""
    return f"{name}.overlay.png"


def _check_sources_survive(folder: str | Path, sources: Sequence[Source]) -> None:
    """`UsageError` when a result would be written over a source (a PNG, with the output folder its own)."""
    originals = {source.path.resolve(): source.path for source in sources}
    for source in sources:
        for written in (ids_name(source.name), overlay_name(source.name)):
            if (Path(folder) / written).resolve() in originals:
                raise UsageError(f"{source.path}: its results in {folder} would replace it; choose another --out")
