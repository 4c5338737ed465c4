r"""How many reviewers it takes: what scores vary by, and how dependable the mean of more or fewer reviewers would be.

Question
    A panel of so many reviewers scored these documents. How far would another panel, or a larger one, decide alike?
Model
    .. math:: X_{pr} = \mu + \nu_p + \nu_r + \nu_{pr,e}, \qquad
              \Phi(k) = \frac{\sigma_p^2}{\sigma_p^2 + (\sigma_r^2 + \sigma_{pr,e}^2) / k}, \qquad
              E\rho^2(k) = \frac{\sigma_p^2}{\sigma_p^2 + \sigma_{pr,e}^2 / k}

    with variances of documents, of reviewers' severity, and of what is left. :math:`\Phi` is about a total against a
    cut, where severity counts; :math:`E\rho^2` is about the order of the documents. At a cut :math:`\lambda` it is
    :math:`\Phi(\lambda) = (\sigma_p^2 + (\mu - \lambda)^2) / (\sigma_p^2 + (\mu - \lambda)^2 + \sigma_\Delta^2)`: far
    from the cut even a rough score decides. Panels are drawn, so most tables have gaps: the components are found by
    fitting constants (Henderson's method 3), which without gaps is the ordinary analysis of variance.
Assumes
    Reviewers are a sample of those who might sit, documents of those that might come; who reads what has nothing to do
    with the levels. Intervals come from tables drawn anew, normally, with the components that were found and with the
    same gaps; ends below 0 are 0.
Breaks when
    All that a reviewer read was read by the same others, but for whom nobody connects them with the rest: then
    severity cannot be told from the documents, and nothing is given. Three reviewers say little about how much
    reviewers differ: the intervals are wide, and truly so.
Source
    Brennan, *Generalizability Theory* (2001), chapter 2; its synthetic data set no. 1 is a test. Cronbach, Gleser,
    Nanda and Rajaratnam, *The Dependability of Behavioral Measurements* (1972). The index at a cut is of Brennan and
    Kane, "An Index of Dependability for Mastery Tests", Journal of Educational Measurement 14(3), 1977, pp. 277-289.
    Fitting constants: Henderson, "Estimation of Variance and Covariance Components", Biometrics 9(2), 1953; Searle,
    Casella and McCulloch, *Variance Components* (1992). Intervals: Efron and Tibshirani, *An Introduction to the
    Bootstrap* (1993), the parametric bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graders.psychometrics.design import Design, Table, paired, why_not
from graders.psychometrics.estimate import SHARE, Estimate, not_estimable

_DRAWS = 1000
_SEED = 20_260_102
"""Any fixed number: the same scores give the same interval."""
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Components:
    """What the variance of scores is made of; unbiased, so that one may come out below zero.

    Attributes
    ----------
    document, rater, rest : array, shape (...)
        Of documents, of reviewers' severity, of what is left. [square of the scores' unit]
    mean : array, shape (...)
        Of all scores.
    mean_error : array, shape (...)
        Variance of that mean.
    """

    document: Array
    rater: Array
    rest: Array
    mean: Array
    mean_error: Array


@dataclass(frozen=True, slots=True)
class Projection:
    """How dependable the mean of so many reviewers would be.

    Attributes
    ----------
    raters : int
    absolute, relative : Estimate
        Phi, of a total against a cut; E rho^2, of the order of the documents. [1]
    """

    raters: int
    absolute: Estimate
    relative: Estimate


def components(table: Table) -> Components:
    """Variance components of documents by reviewers.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.

    Returns
    -------
    Components
        Of shape ().
    """
    design = Design.of(table)
    return _fitted(design, design.scores)


def d_study(table: Table, most: int = 6) -> tuple[Projection, ...]:
    """What panels of 1 to so many reviewers would be worth.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.
    most : int
        Reviewers.

    Returns
    -------
    tuple of Projection
    """
    sizes = range(1, most + 1)
    found = _estimated(table, [_at(kind, size) for size in sizes for kind in (_absolute, _relative)])
    return tuple(Projection(size, *found[2 * size - 2 : 2 * size]) for size in sizes)


def at_cut(table: Table, cut: float, raters: int) -> Estimate:
    """How dependable the decision at a cut is.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.
    cut : float
        In their unit.
    raters : int
        Whose mean is held against it.

    Returns
    -------
    Estimate
        Phi(lambda). [1]
    """

    def index(found: Components) -> Array:
        distance = np.maximum((found.mean - cut) ** 2 - found.mean_error, 0)  # unbiased, but for the zero
        return _ratio(np.maximum(found.document, 0) + distance, (np.maximum(found.rater, 0) + found.rest) / raters)

    return _estimated(table, [index])[0]


def _absolute(found: Components, raters: int) -> Array:
    return _ratio(found.document, (np.maximum(found.rater, 0) + found.rest) / raters)


def _relative(found: Components, raters: int) -> Array:
    return _ratio(found.document, found.rest / raters)


def _at(kind: Callable[[Components, int], Array], size: int) -> Callable[[Components], Array]:
    return lambda found: kind(found, size)


def _ratio(signal: Array, noise: Array) -> Array:
    signal = np.maximum(signal, 0)
    return signal / (signal + noise)


def _estimated(table: Table, indices: list[Callable[[Components], Array]]) -> list[Estimate]:
    why = why_not(table)
    n = paired(table)
    if why:
        return [not_estimable(n, why) for _ in indices]
    design = Design.of(table)
    found = _fitted(design, design.scores)
    if found.rest <= 1e-12 * np.var(design.scores):
        told = "nothing is left to chance: reviewers never differ but by their severity"
        return [not_estimable(n, told) for _ in indices]
    drawn = _fitted(design, _drawn(design, found))
    return [_with_interval(index(found), index(drawn), n) for index in indices]


def _with_interval(value: Array, drawn: Array, n: int) -> Estimate:
    low, high = np.quantile(drawn, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Estimate(float(value), float(low), float(high), n)


def _drawn(design: Design, found: Components) -> Array:
    """Tables with the components that were found: as many as it takes, each with the same gaps."""
    draw = np.random.default_rng(_SEED)
    document, rater, rest = (np.sqrt(max(float(one), 0.0)) for one in (found.document, found.rater, found.rest))
    documents = draw.normal(scale=document, size=(_DRAWS, design.documents))
    raters = draw.normal(scale=rater, size=(_DRAWS, design.raters))
    noise = draw.normal(scale=rest, size=(_DRAWS, design.scores.size))
    return found.mean + documents[:, design.document] + raters[:, design.rater] + noise


def _fitted(design: Design, scores: Array) -> Components:
    """Reductions in the sum of squares, set equal to what they are expected to be."""
    rest = design.sum_of_squares("both", scores) / design.freedom
    found = {}
    for effect, other in (("document", "rater"), ("rater", "document")):
        gained = design.sum_of_squares(other, scores) - design.sum_of_squares("both", scores)
        found[effect] = (gained - design.gained(effect) * rest) / design.coefficient(effect)
    shares = [np.bincount(one) / scores.shape[-1] for one in (design.document, design.rater)]
    error = sum((share**2).sum() * np.maximum(found[name], 0) for share, name in zip(shares, found, strict=True))
    return Components(**found, rest=rest, mean=scores.mean(axis=-1), mean_error=error + rest / scores.shape[-1])
