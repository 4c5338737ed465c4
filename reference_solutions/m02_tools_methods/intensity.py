r"""Operational intensity of a matrix product, from its shape alone.

Question
    How many operations does C = A B do per byte that it cannot avoid moving?
Model
    .. math:: I = \frac{2 m n k}{b\,(m k + k n + m n)}

    A is m by k, B is k by n; each product costs a multiplication and an addition; each matrix of :math:`b`-byte
    elements crosses the memory interface once.
Assumes
    The caches hold whatever is used again: every element is read or written exactly once.
Breaks when
    The tiles do not fit and operands are read again, C is also read (accumulation), or the traffic of another level
    is meant.
Source
    By counting; the lower bound on traffic is the compulsory one of Williams, Waterman, Patterson, CACM 52(4), 2009.
Oracle
    Closed forms: n/3 flop/B for square matrices of 2-byte elements, and the limit 2/b for a matrix times a vector.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["gemm_flops_per_byte"]


def gemm_flops_per_byte(m: ArrayLike, n: ArrayLike, k: ArrayLike, element_bytes: ArrayLike = 2) -> Array:
    """Operations per byte of a product of an m by k and a k by n matrix; the arguments broadcast.

    Parameters
    ----------
    m, n, k : (...) array_like
        Shape of the product. [1]
    element_bytes : (...) array_like
        Bytes of one element: 2 in BF16. [B]

    Returns
    -------
    (...) ndarray
        Operational intensity. [flop/B]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    Three square matrices of BF16, 3,000 by 3,000:

    >>> float(gemm_flops_per_byte(3000, 3000, 3000))
    1000.0
    """
    validate.require_positive(m=m, n=n, k=k, element_bytes=element_bytes)
    rows, columns, inner = (np.asarray(size, dtype=float) for size in (m, n, k))
    elements = rows * inner + inner * columns + rows * columns
    return np.asarray(2 * rows * columns * inner / (np.asarray(element_bytes) * elements))
