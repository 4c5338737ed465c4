r"""Traffic of a matrix product through a small memory on the chip.

Question
    A layer multiplies tokens by weights. Neither fits into the memory on the chip. How many bytes come from DRAM?
Model
    .. math:: B = \min \left( m k a + \left\lceil \frac{m}{r} \right\rceil k n w,\;
        k n w + \left\lceil \frac{n}{c} \right\rceil m k a \right) + m n a, \qquad
        r = \left\lfloor \frac{S - k w}{k a} \right\rfloor, \quad c = \left\lfloor \frac{S - k a}{k w} \right\rfloor

    A product of :math:`m \times k` activations of :math:`a` bytes and :math:`k \times n` weights of :math:`w` bytes.
    Either a strip of :math:`r` rows stays in the :math:`S` bytes on the chip while all weights stream past it, a column
    at a time, or a strip of :math:`c` columns stays while all rows stream past. Each reads the one operand once and the
    other once a strip; the better of both is taken. Results are written once.
Assumes
    Sums are kept in registers over the whole depth; strips are as large as fit; nothing else lives on the chip.
Breaks when
    Not even a row and a column fit (then the depth must be cut, and sums go out and come back), or layers are fused, so
    that activations between them never leave the chip.
Source
    Hong, Kung, "I/O complexity: the red-blue pebble game", STOC 1981, pp. 326-333, for what a small memory costs a
    product; the two orders of loops are a textbook's.
Oracle
    Both orders played by a loop that counts what it loads; no less than each operand once, and than a product needs by
    the argument of Hong and Kung.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["tiled_product_bytes"]


def tiled_product_bytes(
    rows: ArrayLike, depth: ArrayLike, columns: ArrayLike, activation_bytes: float, weight_bytes: float,
    sram_bytes: float,
) -> Array:  # fmt: skip
    """Bytes that a product moves between DRAM and chip; the arguments broadcast.

    Parameters
    ----------
    rows, depth, columns : (...) array_like
        Sizes of the product, such as tokens, inputs, outputs. [1]
    activation_bytes, weight_bytes : float
        Of an element. [B]
    sram_bytes : float
        Memory on the chip. [B]

    Returns
    -------
    (...) ndarray
        Traffic in both directions. [B]

    Raises
    ------
    ValueError
        If a size is not positive, or a row and a column do not fit.

    Examples
    --------
    Two strips of weights, so that 100 rows of 64 elements are read twice:

    >>> float(tiled_product_bytes(100, 64, 32, 1, 1, 64 * 17))
    18048.0
    """
    validate.require_positive(rows=rows, depth=depth, columns=columns)
    validate.require_positive(activation_bytes=activation_bytes, weight_bytes=weight_bytes)
    m, k, n = (np.asarray(size, dtype=float) for size in (rows, depth, columns))
    a, w = activation_bytes, weight_bytes
    strip_rows = np.floor((sram_bytes - k * w) / (k * a))
    strip_columns = np.floor((sram_bytes - k * a) / (k * w))
    if np.any(strip_rows < 1) or np.any(strip_columns < 1):
        raise ValueError("a row of activations and a column of weights must fit into sram_bytes")
    rows_stay = m * k * a + np.ceil(m / strip_rows) * k * n * w
    columns_stay = k * n * w + np.ceil(n / strip_columns) * m * k * a
    return np.asarray(np.minimum(rows_stay, columns_stay) + m * n * a)
