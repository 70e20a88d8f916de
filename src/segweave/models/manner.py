"""How a model is shown its images in a run: whole or in tiles, once or in several views, one by one or many at once."""

from dataclasses import dataclass, replace

from segweave.errors import UsageError
from segweave.models.augmented import augmented
from segweave.models.predict import Model
from segweave.models.protocol import ProbabilityModel, SegmentationModel, Task
from segweave.models.remembering import remembering
from segweave.models.tiles import Watch, tiled

ONCE = (1.0,)
"""The scales of a model that looks as it always does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """tile, overlap: px, see `tiled`; None: whole images, an eighth of the tile. flip, scales: see `augmented`; within
    each tile. batch: images that the model gets at once, or tiles. confidence: maps of how sure it is are asked too.
    """

    tile: int | None = None
    overlap: int | None = None
    flip: bool = False
    scales: tuple[float, ...] = ONCE
    batch: int = 1
    confidence: bool = False

    def __post_init__(self) -> None:
        if self.overlap is not None and self.tile is None:
            raise UsageError("an overlap is one of tiles; say how large they are (--tile)")
        if self.batch < 1:
            raise UsageError(f"a batch has at least one image; found {self.batch}")

    @property
    def images_at_once(self) -> int:
        """How many images are sent to the model together; of a tiled one each image is a batch of tiles."""
        return 1 if self.tile else self.batch

    def words(self) -> tuple[str, ...]:
        """What makes the results other than the model's plain ones, and which files there are."""
        overlap = () if self.overlap is None else (f"overlap {self.overlap}",)
        return (
            *((f"tile {self.tile}", *overlap) if self.tile else ()),
            *(("flip",) if self.flip else ()),
            *((f"scales {' '.join(f'{scale:g}' for scale in self.scales)}",) if self.scales != ONCE else ()),
            *(("confidence",) if self.confidence else ()),
        )

    def applied(self, model: Model, task: Task, *, watch: Watch | None = None) -> Model:
        """The model that sees its images so. watch: told how many tiles of an image are done.

        `UsageError` where the model or the task does not allow it.
        """
        network = self._with_views(model, task)
        if self.tile is not None:
            network = tiled(network, tile=self.tile, overlap=self.overlap, batch=self.batch, watch=watch)
        if self.confidence and not isinstance(network, ProbabilityModel):
            raise UsageError(f"{model.name!r} gives no probabilities, so that it cannot say how sure it is")
        return replace(model, network=network)

    def _with_views(self, model: Model, task: Task) -> SegmentationModel:
        if not self.flip and self.scales == ONCE:
            return remembering(model.network) if self.confidence else model.network
        if not isinstance(model.network, ProbabilityModel):
            raise UsageError(f"flips and scales average probabilities, and {model.name!r} gives none")
        if task != "semantic":
            raise UsageError(
                f"flips and scales average label probabilities, which tell no things apart; found task {task!r}, use"
                " semantic"
            )
        return augmented(model.network, flip=self.flip, scales=self.scales)
