r"""Random projection: a hundred thousand dimensions in fifteen.

Question
    Programs have more basic blocks than a clustering can bear. How many numbers for each interval are enough to tell
    alike from unlike?
Model
    .. math:: x_i = v_i M, \qquad M_{bj} \sim U(-1, 1), \qquad
        E\,\lVert x_i - x_{i'} \rVert^2 = \frac{d}{3}\,\lVert v_i - v_{i'} \rVert^2

    A matrix of independent, uniform entries maps each vector to :math:`d` dimensions. It keeps squared distances on
    average, but for the common factor :math:`d/3`, which no clustering notices; the relative scatter around that
    average shrinks like :math:`1/\sqrt{d}`. Who has no more dimensions than :math:`d` is left alone.
Assumes
    Only distances matter.
Breaks when
    Phases differ in rare blocks only: distances that were tiny drown in the scatter.
Source
    Sherwood et al., ASPLOS X, 2002; Hamerly, Perelman, Lau, Calder, "SimPoint 3.0: Faster and More Flexible Program
    Phase Analysis", J. Instruction-Level Parallelism 7, 2005, pp. 1-28: 15 dimensions.
Oracle
    SimPoint 3.2's projected vectors with its own recorded matrix; the mean squared distance over many matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["projected_vectors"]


def projected_vectors(vectors: ArrayLike, dimensions: int = 15, seed: int | np.random.Generator = 0) -> Array:
    """Vectors in fewer dimensions.

    Parameters
    ----------
    vectors : (intervals, blocks) array_like
        A row for each interval. [1]
    dimensions : int
        Dimensions to keep. [1]
    seed : int or Generator
        From which the matrix is drawn, row by row.

    Returns
    -------
    (intervals, dimensions) ndarray
        The vectors as they are, if they have no more dimensions. [1]

    Raises
    ------
    ValueError
        If no dimension is kept.

    Examples
    --------
    >>> projected_vectors(np.eye(20), dimensions=3).shape, projected_vectors(np.eye(3)).tolist()[0]
    ((20, 3), [1.0, 0.0, 0.0])
    """
    if dimensions < 1:
        raise ValueError("a projection keeps a dimension")
    vectors = np.asarray(vectors, dtype=float)
    blocks = vectors.shape[1]
    if blocks <= dimensions:
        return vectors
    matrix = np.random.default_rng(seed).uniform(-1, 1, size=(blocks, dimensions))
    return np.asarray(vectors @ matrix)
