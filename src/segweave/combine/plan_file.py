"""The YAML file of an extension plan: which models are woven, by which rule, and which labels mean the same.

    version: 1
    name: street plus signs
    reviewed: true                      # a person has looked through `add` and `similar`
    mode: odds                          # cooccurrence, guarded, odds or override
    parameters: {ratio: 4, p_min: 0.2}  # of the mode; may be left out
    smallest_part: 0.0001               # of the photograph: smaller parts of added labels go; else 0
    refine: [guided]                    # steps of `refine`, one after the other; may be left out
    primary: {model: street, labels: camvid11}
    secondaries:
    - model: ade.onnx
      labels: ade20k                    # may be left out where the model or the counts say it
      counts: counts.npz                # of `segweave extend learn`; for cooccurrence and guarded
      crop: [0, 0, 1, 1]                # top, left, bottom, right in shares: what the model is shown
      add: [signboard, street lamp]
      same_as: {signboard: banner}      # is the label that an earlier secondary added
      similar:
        Road: [road, {label: path, why: co-occurrence 0.41}]

Paths are relative to the file.
"""

from dataclasses import dataclass
from pathlib import Path

from segweave.combine.grids import WHOLE, Crop
from segweave.combine.yaml_nodes import Entry, read_yaml
from segweave.errors import UsageError, did_you_mean

Number = float | int | bool | str

MODES = ("cooccurrence", "guarded", "odds", "override")
_KEYS = ("version", "name", "reviewed", "mode", "parameters", "smallest_part", "refine", "primary", "secondaries")
_SECONDARY = ("model", "labels", "counts", "crop", "add", "same_as", "similar")


@dataclass(frozen=True, slots=True)
class Named:
    """A label as a file names it. place: file and line, for messages. why: what speaks for it, "" where nobody said."""

    name: str
    place: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEntry:
    """A model as a plan names it. labels: a label set that ships or a CSV, None where the model says it."""

    model: str | None
    labels: str | None
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryEntry(SideEntry):
    """A secondary as a plan names it. similar: (primary label, secondary labels) pairs."""

    counts: Path | None = None
    crop: Crop = WHOLE
    add: tuple[Named, ...] = ()
    same_as: tuple[tuple[Named, Named], ...] = ()
    similar: tuple[tuple[Named, tuple[Named, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """What a plan says, in names; `plan.resolve` finds the labels. parameters: of the mode, as written. smallest_part:
    share of the photograph below which a connected part of an added label is dropped."""

    path: Path
    name: str
    mode: str
    primary: SideEntry
    secondaries: tuple[SecondaryEntry, ...]
    reviewed: bool = False
    parameters: tuple[tuple[str, Number], ...] = ()
    smallest_part: float = 0.0
    refine: tuple[str, ...] = ()


def read_plan(path: str | Path) -> PlanFile:
    """Read a plan. `FormatError` names file and line of what is wrong, `UsageError` an unknown mode."""
    path = Path(path)
    root = read_yaml(path, "an extension plan")
    entries = root.entries(_KEYS, needed=("version", "mode", "primary", "secondaries"))
    if entries["version"].whole() != 1:
        raise entries["version"].error("expected version: 1")
    mode = entries["mode"].text()
    if mode not in MODES:
        raise UsageError(f"{entries['mode'].place}: mode {mode!r} is not known; {did_you_mean(mode, MODES)}")
    secondaries = tuple(_secondary(entry, path) for entry in entries["secondaries"].items())
    if not secondaries:
        raise entries["secondaries"].error("expected at least one secondary")
    return PlanFile(
        path=path,
        name=entries["name"].text() if "name" in entries else path.stem,
        mode=mode,
        primary=_side(entries["primary"], path),
        secondaries=secondaries,
        reviewed=entries["reviewed"].flag() if "reviewed" in entries else False,
        parameters=_parameters(entries["parameters"]) if "parameters" in entries else (),
        smallest_part=_share(entries["smallest_part"]) if "smallest_part" in entries else 0.0,
        refine=tuple(item.text() for item in entries["refine"].items()) if "refine" in entries else (),
    )


def _side(entry: Entry, path: Path) -> SideEntry:
    found = entry.entries(("model", "labels"), needed=())
    model, labels = _model(found.get("model"), path), _labels(found.get("labels"), path)
    if model is None and labels is None:
        raise entry.error("expected `model:` or `labels:`, so that its labels are known")
    return SideEntry(model=model, labels=labels, place=entry.place)


def _secondary(entry: Entry, path: Path) -> SecondaryEntry:
    found = entry.entries(_SECONDARY, needed=("add",))
    counts = found["counts"].text() if "counts" in found else None
    same_as = found["same_as"].pairs() if "same_as" in found else ()
    similar = found["similar"].pairs() if "similar" in found else ()
    return SecondaryEntry(
        model=_model(found.get("model"), path),
        labels=_labels(found.get("labels"), path),
        place=entry.place,
        counts=None if counts is None else path.parent / counts,
        crop=_crop(found["crop"]) if "crop" in found else WHOLE,
        add=tuple(_named(item) for item in found["add"].items()),
        same_as=tuple((Named(key.text(), key.place), _named(other)) for key, other in same_as),
        similar=tuple((Named(key.text(), key.place), _list(others)) for key, others in similar),
    )


def _list(entry: Entry) -> tuple[Named, ...]:
    return tuple(_named(item) for item in entry.items())


def _named(entry: Entry) -> Named:
    """A label: its name, or `{label: NAME, why: REASON}`."""
    if not entry.is_mapping:
        return Named(entry.text(), entry.place)
    found = entry.entries(("label", "why"), needed=("label",))
    return Named(found["label"].text(), entry.place, found["why"].text() if "why" in found else "")


def _model(entry: Entry | None, path: Path) -> str | None:
    """A name of the zoo or a hub stays as it is; a file or a saved network beside the plan becomes its path."""
    if entry is None:
        return None
    name = entry.text()
    beside = path.parent / name
    return str(beside) if beside.is_file() or (beside / "config.json").is_file() else name


def _labels(entry: Entry | None, path: Path) -> str | None:
    if entry is None:
        return None
    name = entry.text()
    return str(path.parent / name) if name.endswith(".csv") else name


def _crop(entry: Entry) -> Crop:
    shares = [item.number() for item in entry.items()]
    if len(shares) != 4 or not (0 <= shares[0] < shares[2] <= 1 and 0 <= shares[1] < shares[3] <= 1):
        raise entry.error(f"expected top, left, bottom, right in shares 0..1 of the photograph; found {shares}")
    return shares[0], shares[1], shares[2], shares[3]


def _share(entry: Entry) -> float:
    share = entry.number()
    if not 0 <= share < 1:
        raise entry.error(f"expected a share of the photograph, 0 or more and below 1; found {share:g}")
    return share


def _parameters(entry: Entry) -> tuple[tuple[str, Number], ...]:
    found: dict[str, Number] = {}
    for key, value in entry.pairs():
        if key.text() in found:
            raise key.error(f"{key.text()!r} stands here a second time")
        found[key.text()] = value.scalar()
    return tuple(found.items())
