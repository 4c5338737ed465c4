"""What a rubric says, once it is read."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

TOP_LEVEL = 4
"""The highest level; the lowest is 0, no evidence."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a criterion.

    Attributes
    ----------
    name : str
        What people call it: "proficient".
    says : str
        Which evidence a work on it shows.
    """

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that reviewers look at.

    Attributes
    ----------
    id, title : str
        `C4`, and what people read.
    weight : float
        Its share of 100.
    floor : int
        The level below which the whole does not pass, whatever the total; 0 where there is none.
    sections : tuple of str
        Sections of the document that it is read in.
    claims : tuple of str
        Claims that bear on it, as patterns of ids: `mem.*`.
    borderline : tuple of float
        Extended Angoff: the level that each judge expects of a candidate who just deserves to pass.
    because : str
        Why they expect it.
    levels : tuple of Level
        Five, from 0 upwards.
    """

    id: str
    title: str
    weight: float
    floor: int
    sections: tuple[str, ...]
    claims: tuple[str, ...]
    borderline: tuple[float, ...]
    because: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """Criteria with levels 0 to 4, weights that add up to 100, and floors.

    Attributes
    ----------
    id, version, title : str
    about : str
        What it is used for, and where its weights come from.
    criteria : tuple of Criterion
    digest : str
        SHA-256 of the file: which wording a score was given under.
    """

    id: str
    version: str
    title: str
    about: str
    criteria: tuple[Criterion, ...]
    digest: str

    @property
    def cut_score(self) -> float:
        """Total from which a work passes, of 100: what a borderline candidate is expected to reach."""
        return sum(one.weight * statistics.fmean(one.borderline) for one in self.criteria) / TOP_LEVEL

    @property
    def cut_score_error(self) -> float | None:
        """Standard error of the cut score over its judges; None where fewer than two judged."""
        judges = min(len(one.borderline) for one in self.criteria)
        if judges < 2:
            return None
        cuts = [sum(one.weight * one.borderline[judge] for one in self.criteria) / TOP_LEVEL for judge in range(judges)]
        return statistics.stdev(cuts) / math.sqrt(judges)

    def criterion(self, id_: str) -> Criterion:
        """The criterion of this id.

        Parameters
        ----------
        id_ : str
            `C4`.

        Returns
        -------
        Criterion

        Raises
        ------
        KeyError
            If there is none.
        """
        return {one.id: one for one in self.criteria}[id_]
