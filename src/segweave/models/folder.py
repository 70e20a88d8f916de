"""The folder that predictions are written to: every image's files at once, the index and the table at the end.

<name>.overlay.png    the photograph with its segments, names and a legend
<name>.confidence.png how sure the model is, where that was asked: 0..255 for the probability 0..1 of the best label
<name>.entropy.png    the same as the entropy of all labels: 0..255 for 0..log(n) nats of n labels
<name>.png            panoptic, semantic: the id map (COCO panoptic: id = R + 256 G + 65536 B, 0 = void)
panoptic.json         panoptic, semantic: COCO panoptic index of the id maps
instances.json        instance: COCO results with RLE masks; images.json has the images and categories they mean
segments.csv          one row a segment
.segweave.jsonl       the journal: one line for each finished image, so that an interrupted run can go on
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.draw import colorblind_colors, figure
from segweave.draw.reduced import picture_step
from segweave.errors import UsageError
from segweave.files import make_folder
from segweave.formats import (
    Source,
    save_index,
    save_results,
    save_segments,
    write_grey,
    write_id_png,
    write_png,
)
from segweave.labels import LabelSet, Language
from segweave.models.identity import model_id
from segweave.models.journal import Finished, Journal, Run, finish
from segweave.models.manner import Manner
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
    used: set[int] = field(default_factory=set)  # the images' ids
    free: int = 1  # no smaller one is

    @classmethod
    def open(
        cls,
        path: str | Path,
        model: Model,
        task: Task,
        *,
        sources: Sequence[Source],
        look: Look,
        resume: bool,
        manner: Manner | None = None,
    ) -> "PredictionFolder":
        """Make the folder and start its journal; with `resume` go on with the one that is there.

        `OutputError` when the folder cannot be written to; `UsageError` when a result would replace a source, or
        when the run to resume is one of another model, task, label set or manner.
        """
        how = manner or Manner()
        _check_sources_survive(path, sources, confidence=how.confidence)
        folder = make_folder(path)
        run = Run(model=model_id(model), task=task, labels=model.labels.names, manner=how.words())
        journal = Journal(folder / JOURNAL, run)
        finished = _still_there(journal.read(), folder, sources) if resume else []
        journal.start(finished)
        used = {int(done.image["id"]) for done in finished}
        return cls(folder, run, model.labels, journal, look, finished, used)

    def add(self, prediction: Prediction) -> Finished:
        """Draw and write one image's files, its picture last, then its line in the journal."""
        name, result = prediction.name, prediction.result
        make_folder((self.path / name).parent)
        if isinstance(result, Segmentation):
            write_id_png(self.path / ids_name(name), result.ids)
        if prediction.confidence is not None:
            write_grey(self.path / confidence_name(name), prediction.confidence.probability)
            write_grey(self.path / entropy_name(name), prediction.confidence.entropy)
        write_png(self.path / overlay_name(name), self._picture(prediction))
        done = finish(prediction, self._next_id(name))
        if (step := picture_step(result.size)) > 1:
            done = replace(done, notes=(*done.notes, f"is large; every {step} x {step} px are one in its picture"))
        self.journal.append(done)
        self.finished.append(done)
        self.used.add(int(done.image["id"]))
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

    def _picture(self, prediction: Prediction) -> NDArray[np.uint8]:
        return figure(
            prediction.image,
            prediction.result,
            opacity=self.look.opacity,
            colors=colorblind_colors(len(self.labels)) if self.look.colorblind else None,
            counts=self.run.task != "semantic",  # a semantic segment is all things of its label: how many is unknown
            language=self.look.language,
        )

    def _next_id(self, name: str) -> int:
        """COCO's custom: the number that the file's name is; for other names the next free number from 1."""
        stem = Path(name).name
        if stem.isdecimal() and int(stem) not in self.used:
            return int(stem)
        while self.free in self.used:
            self.free += 1
        return self.free


def ids_name(name: str) -> str:
    """The file of an image's id map."""
    return f"{name}.png"


def overlay_name(name: str) -> str:
    """The file of an image's picture."""
    return f"{name}.overlay.png"


def confidence_name(name: str) -> str:
    """The file of how sure the model is of its label at each pixel."""
    return f"{name}.confidence.png"


def entropy_name(name: str) -> str:
    """The file of how uncertain the model is at each pixel."""
    return f"{name}.entropy.png"


def _still_there(finished: Sequence[Finished], folder: Path, sources: Sequence[Source]) -> list[Finished]:
    """Those whose picture has not gone, and whose name is not another source's by now."""
    paths = {source.name: source.path.absolute() for source in sources}
    return [
        done
        for done in finished
        if (folder / overlay_name(done.name)).is_file()
        and paths.get(done.name, Path(done.source).absolute()) == Path(done.source).absolute()
    ]


def _check_sources_survive(folder: str | Path, sources: Sequence[Source], *, confidence: bool) -> None:
    """`UsageError` when a result would be written over a source (a PNG, with the output folder its own)."""
    originals = {source.path.resolve(): source.path for source in sources}
    names = (ids_name, overlay_name, *((confidence_name, entropy_name) if confidence else ()))
    for source in sources:
        for written in (name(source.name) for name in names):
            if (Path(folder) / written).resolve() in originals:
                raise UsageError(f"{source.path}: its results in {folder} would replace it; choose another --out")
