"""The four modes of class extension, ready to be applied: what one secondary makes of a primary's labels."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from segweave.combine.checks import Table
from segweave.combine.cooccurrence import CooccurrenceCounts, Unseen, cooccurrence_rule
from segweave.combine.extension import Foreign, apply_table, extension_table, guarded_table, override_table
from segweave.combine.odds import apply_odds, promote_odds

Labels = NDArray[np.int32]
"""(H, W) int32: label indices, -1 = void."""

Needs = Literal["labels", "probabilities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What one secondary lends. similar, add: as in `extension`. n: how many labels it has."""

    similar: tuple[frozenset[int], ...]
    add: tuple[int, ...]
    n: int
    counts: CooccurrenceCounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a secondary sees of (its crop of) a photograph: labels (h, w), -1 = void, or probabilities (h, w, n).

    scores: (n,) 0..1, how sure it is of each of its labels in this photograph, NaN where it does not say.
    """

    labels: Labels | None = None
    probabilities: NDArray[Any] | None = None
    scores: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CooccurrenceMode:
    """The published rule: the truth most often seen with a pair of labels."""

    name: ClassVar[str] = "cooccurrence"
    needs: ClassVar[Needs] = "labels"
    learns: ClassVar[bool] = True
    unseen: Unseen = "primary"
    min_pixels: int = 1
    foreign: Foreign = "keep"

    def table(self, lent: Lent) -> Table:
        """(m, n) output labels; lent.counts must be there."""
        assert lent.counts is not None
        rule = cooccurrence_rule(lent.counts, unseen=self.unseen, min_pixels=self.min_pixels)
        return extension_table(rule, similar=lent.similar, add=lent.add, foreign=self.foreign)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedMode:
    """The published rule where the statistics are sure enough."""

    name: ClassVar[str] = "guarded"
    needs: ClassVar[Needs] = "labels"
    learns: ClassVar[bool] = True
    tau: float = 0.7
    alpha: float = 1e4
    beta: float = 1e3
    unseen: Unseen = "primary"
    min_pixels: int = 1

    def table(self, lent: Lent) -> Table:
        """(m, n) output labels; lent.counts must be there."""
        assert lent.counts is not None
        return guarded_table(
            lent.counts,
            similar=lent.similar,
            add=lent.add,
            tau=self.tau,
            alpha=self.alpha,
            beta=self.beta,
            unseen=self.unseen,
            min_pixels=self.min_pixels,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideMode:
    """The secondary wins where it says an added label: the baseline."""

    name: ClassVar[str] = "override"
    needs: ClassVar[Needs] = "labels"
    learns: ClassVar[bool] = False

    def table(self, lent: Lent) -> Table:
        """(m, n) output labels."""
        return override_table(len(lent.similar), lent.n, add=lent.add)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """When a pixel goes to another primary label: at `p_min` or more, and more than `ratio` times what is kept."""

    ratio: float = 16.0
    p_min: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsMode:
    """An added label wins where its probability is much larger than that of what is there. promotion: None = never."""

    name: ClassVar[str] = "odds"
    needs: ClassVar[Needs] = "probabilities"
    learns: ClassVar[bool] = False
    ratio: float = 4.0
    p_min: float = 0.2
    promotion: Promotion | None = None


Mode = CooccurrenceMode | GuardedMode | OddsMode | OverrideMode


@dataclass(frozen=True, slots=True, eq=False)
class TableRule:
    """A table ready to be looked up."""

    lookup: Table

    def output(self, primary: Labels, evidence: Evidence) -> Labels:
        """(H, W) int32: 0..m-1 primary labels, m + t the t-th added label of this secondary, -1 void."""
        assert evidence.labels is not None
        return apply_table(self.lookup, primary, evidence.labels, void=-1).astype(np.int32, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class OddsRule:
    """The odds rule of one secondary."""

    mode: OddsMode
    lent: Lent

    def output(self, primary: Labels, evidence: Evidence) -> Labels:
        """(H, W) int32: 0..m-1 primary labels, m + t the t-th added label of this secondary, -1 void."""
        maps, mode, lent = evidence.probabilities, self.mode, self.lent
        assert maps is not None
        added = apply_odds(
            primary, maps, similar=lent.similar, add=lent.add, ratio=mode.ratio, p_min=mode.p_min, void=-1
        )
        if mode.promotion is None:
            return added.astype(np.int32, copy=False)
        surer = mode.promotion
        promoted = promote_odds(
            primary, maps, similar=lent.similar, add=lent.add, ratio=surer.ratio, p_min=surer.p_min, void=-1
        )
        return np.where(added == primary, promoted, added).astype(np.int32, copy=False)


Rule = TableRule | OddsRule


def ready(mode: Mode, lent: Lent) -> Rule:
    """The rule of a mode for one secondary; tables are derived from the counts in milliseconds."""
    return OddsRule(mode, lent) if isinstance(mode, OddsMode) else TableRule(mode.table(lent))
