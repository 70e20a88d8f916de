"""`LabelMap`: how the labels of one set are said in another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segweave.errors import LabelError
from segweave.labels.label_set import LabelSet
from segweave.labels.map_yaml import read_map, yaml_line
from segweave.labels.meaning import fits


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Maps every label of `source` to one label of `target`, or to void (None). Several may share a target.

    targets: one entry a source label, in source order: an index into `target`, or None for void.

    >>> from segweave.labels import Label, LabelSet
    >>> fine = LabelSet("fine", tuple(Label(name=n, is_thing=True) for n in ("car", "truck", "dog")))
    >>> coarse = LabelSet("coarse", (Label(name="vehicle", is_thing=True),))
    >>> LabelMap.from_names(fine, coarse, {"car": "vehicle", "truck": "vehicle"}).targets
    (0, 0, None)
    """

    source: LabelSet
    target: LabelSet
    targets: tuple[int | None, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(self.targets))
        if len(self.targets) != len(self.source):
            raise LabelError(
                f"a map from {self.source.name!r} needs {len(self.source)} targets; found {len(self.targets)}"
            )
        for label, target in zip(self.source, self.targets, strict=True):
            if target is not None and target not in range(len(self.target)):
                raise LabelError(
                    f"{label.name!r} maps to label {target}; {self.target.name!r} has 0..{len(self.target) - 1}"
                )
        object.__setattr__(self, "targets", tuple(None if t is None else int(t) for t in self.targets))

    @classmethod
    def same_names(cls, source: LabelSet, target: LabelSet) -> "LabelMap":
        """Map labels of equal name, upper and lower case alike; all others become void.

        Raises `LabelError` when a name fits several target labels (names that differ in case only).
        """
        named: dict[str, list[int]] = {}
        for i, label in enumerate(target):
            named.setdefault(label.name.casefold(), []).append(i)
        targets: list[int | None] = []
        for label in source:
            found = named.get(label.name.casefold(), [])
            exact = [i for i in found if target[i].name == label.name]
            found = exact or found
            if len(found) > 1:
                names = ", ".join(repr(target[i].name) for i in found)
                raise LabelError(f"{label.name!r} fits several labels of {target.name!r}: {names}")
            targets.append(found[0] if found else None)
        return cls(source, target, tuple(targets))

    @classmethod
    def by_synonyms(cls, source: LabelSet, target: LabelSet) -> "LabelMap":
        """Map labels that mean the same: by equal name, else by spelling, else by `synonyms.csv` and Mapillary paths.

        All others become void. Raises `LabelError` where several target labels fit a source label equally well.

        >>> from segweave.labels import label_set
        >>> voc, coco = label_set("voc"), label_set("coco")
        >>> target = LabelMap.by_synonyms(voc, coco).targets[voc.index("aeroplane")]
        >>> coco[target].name
        'airplane'
        """
        found = fits(source, target)
        unsure = [
            f"{label.name!r} fits {', '.join(repr(target[i].name) for i in fit.candidates)}"
            for label, fit in zip(source, found, strict=True)
            if len(fit.candidates) > 1
        ]
        if unsure:
            more = f"; and {len(unsure) - 3} more like it" if len(unsure) > 3 else ""
            raise LabelError(
                f"several labels of {target.name!r} fit one of {source.name!r}: {'; '.join(unsure[:3])}{more}; "
                "say which in a map file"
            )
        return cls(source, target, tuple(fit.candidates[0] if fit.candidates else None for fit in found))

    @classmethod
    def from_names(cls, source: LabelSet, target: LabelSet, names: Mapping[str, str | None]) -> "LabelMap":
        """Map by a table of names; a source label that is not in it becomes void. Unknown names raise `LabelError`."""
        targets: list[int | None] = [None] * len(source)
        for name, other in names.items():
            targets[source.index(name)] = None if other is None else target.index(other)
        return cls(source, target, tuple(targets))

    @classmethod
    def from_yaml(cls, source: LabelSet, target: LabelSet, path: str | Path) -> "LabelMap":
        """Read a YAML file of `source name: target name` lines (`null` for void).

        What is no pair of names, or listed twice, raises `LabelError` with file and line.
        """
        names = read_map(path)
        try:
            return cls.from_names(source, target, names)
        except LabelError as error:
            raise LabelError(f"{path}: {error}") from None

    def to_yaml(self) -> str:
        """The map as the text of a YAML file that `from_yaml` reads.

        >>> from segweave.labels import Label, LabelSet
        >>> fine = LabelSet("fine", tuple(Label(name=n, is_thing=True) for n in ("car", "dog")))
        >>> print(LabelMap(fine, fine, (0, None)).to_yaml(), end="")
        car: car
        dog: null
        """
        pairs = zip(self.source, self.targets, strict=True)
        lines = [yaml_line(label.name, None if t is None else self.target[t].name) for label, t in pairs]
        return "\n".join(lines or ["{}"]) + "\n"
