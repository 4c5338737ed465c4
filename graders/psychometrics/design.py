"""Who read what: a table of scores with gaps as a two-way design, and what can be told apart in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float64]
"""Documents in rows, reviewers in columns; NaN where somebody did not score."""
Array = npt.NDArray[np.float64]

FEWEST = 5
"""Documents below which nothing is given (specification of the track, 2.5)."""


@dataclass(frozen=True)
class Design:
    """Scores one after the other, with the document and the reviewer of each.

    Attributes
    ----------
    scores : array, shape (scores,)
    document, rater : array of int, shape (scores,)
        Numbers from 0.
    documents, raters : int
        How many there are.
    """

    scores: Array
    document: npt.NDArray[np.intp]
    rater: npt.NDArray[np.intp]
    documents: int
    raters: int

    @classmethod
    def of(cls, table: Table) -> Design:
        """The design of a table; reviewers who scored nothing are no part of it, nor are documents without a score."""
        document, rater = np.nonzero(~np.isnan(table))
        rows, document_number = np.unique(document, return_inverse=True)
        columns, rater_number = np.unique(rater, return_inverse=True)
        return cls(table[document, rater], document_number, rater_number, rows.size, columns.size)

    @cached_property
    def freedom(self) -> int:
        """Degrees of freedom of what is left when documents and reviewers are fitted."""
        return self.scores.size - self._rank("both")

    @property
    def connected(self) -> bool:
        """Whether any two reviewers can be compared, be it by way of others."""
        return self._rank("both") == self.documents + self.raters - 1

    def sum_of_squares(self, fitted: str, scores: Array) -> Array:
        """What is left when `document`, `rater`, or both are fitted.

        Parameters
        ----------
        fitted : str
            Either, or `both`.
        scores : array, shape (..., scores)
            In the order of the design's own.

        Returns
        -------
        array, shape (...)
        """
        basis = self._bases[fitted]
        left: Array = (scores**2).sum(axis=-1) - ((scores @ basis) ** 2).sum(axis=-1)
        return left

    def gained(self, effect: str) -> int:
        """Degrees of freedom of one effect, fitted after the other."""
        return self._rank("both") - self._rank(_OTHER[effect])

    def coefficient(self, effect: str) -> float:
        """How often the variance of an effect stands in what fitting it last is expected to explain."""
        kind = self._indicator(effect)
        return float((kind**2).sum() - ((self._bases[_OTHER[effect]].T @ kind) ** 2).sum())

    @cached_property
    def effects(self) -> tuple[Array, Array]:
        """Reviewers' effects, in least squares and of sum 0, and their covariance for scores of variance 1."""
        matrix = np.hstack([self._indicator("document"), self._indicator("rater")])
        inverse = np.linalg.pinv(matrix)
        centre = np.eye(self.raters) - 1 / self.raters
        ours = centre @ inverse[self.documents :]
        return ours @ self.scores, ours @ ours.T

    def _rank(self, fitted: str) -> int:
        return int(self._bases[fitted].shape[1])

    @cached_property
    def _bases(self) -> dict[str, Array]:
        """An orthonormal basis of what each fit can reach."""
        kinds = {name: self._indicator(name) for name in _OTHER}
        kinds["both"] = np.hstack([kinds["document"], kinds["rater"]])
        return {name: _basis(matrix) for name, matrix in kinds.items()}

    def _indicator(self, effect: str) -> Array:
        numbers, many = (self.document, self.documents) if effect == "document" else (self.rater, self.raters)
        return np.equal.outer(numbers, np.arange(many)).astype(float)


_OTHER = {"document": "rater", "rater": "document"}


def paired(table: Table) -> int:
    """How many documents two reviewers scored at least.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.

    Returns
    -------
    int
    """
    return int((np.sum(~np.isnan(table), axis=1) >= 2).sum())


def why_not(table: Table) -> str:
    """Why documents and reviewers cannot be told apart in a table; empty if they can.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.

    Returns
    -------
    str
        A phrase that says what it would take.
    """
    scored = paired(table)
    if scored < FEWEST:
        return f"{scored} documents that two reviewers scored are too few, it takes {FEWEST}"
    design = Design.of(table)
    if not design.connected:
        return "some reviewers share no document with the rest, not even by way of a third: mix the panels"
    if design.freedom < 1:
        return "no two reviewers share more than one document: let some sit together again"
    return "all scores are the same" if np.ptp(design.scores) == 0 else ""


def _basis(matrix: Array) -> Array:
    left, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    basis: Array = left[:, sizes > 1e-9 * sizes[0]]
    return basis
