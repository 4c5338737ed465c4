r"""A matrix times a vector whose weights are kept in fewer bits.

Question
    Decoding reads every weight once for each token. How much time does it save to keep them in 8 or 4 bits?
Model
    .. math:: T = \max\!\left(\frac{n}{B} \left(\frac{b}{8} + \frac{s}{8 g}\right),\; \frac{n}{U}\right)

    :math:`n` weights of :math:`b` bits; each group of :math:`g` weights shares a scale of :math:`s` bits. All of it
    crosses the memory interface at :math:`B` bytes a second, while the cores unpack and use :math:`U` weights a second.
Assumes
    Moving and unpacking overlap completely; the vectors are small beside the matrix, which is read from memory once.
Breaks when
    The weights fit into a cache, many vectors share one reading of the matrix (then arithmetic counts), groups carry
    zero points or scales of scales as well, or the bandwidth reached falls with the size of what is read.
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009 (the bound); Dettmers, Pagnoni, Holtzman, Zettlemoyer, "QLoRA:
    Efficient Finetuning of Quantized LLMs", NeurIPS 2023, section 3 (what a scale adds to each weight of its group).
Oracle
    The paper's figure: scales of 32 bits in groups of 64 add half a bit to a weight; a time that is halved with the
    bits where nothing else limits; closed forms for the two limits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["quantised_gemv_time_s"]


def quantised_gemv_time_s(
    weights: ArrayLike,
    weight_bits: ArrayLike,
    group_weights: ArrayLike,
    bandwidth_bytes_per_s: ArrayLike,
    unpacked_weights_per_s: ArrayLike,
    scale_bits: ArrayLike = 16,
) -> Array:
    """Seconds that multiplying quantised weights with a vector takes at least; the arguments broadcast.

    Parameters
    ----------
    weights : (...) array_like
        Weights that are read, all matrices together. [1]
    weight_bits : (...) array_like
        Bits of one weight. [bit]
    group_weights : (...) array_like
        Weights that share a scale; infinite where there are no scales. [1]
    bandwidth_bytes_per_s : (...) array_like
        Bandwidth of the memory that the weights come from. [B/s]
    unpacked_weights_per_s : (...) array_like
        Weights that the cores unpack, multiply and add in a second if they need not wait. [1/s]
    scale_bits : (...) array_like
        Bits of one scale. [bit]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If an argument is not positive.

    Examples
    --------
    A million weights at 1 GB/s, in groups of 32, by cores that unpack at first without effort, then slowly:

    >>> quantised_gemv_time_s(1e6, [16, 8, 4], 32, 1e9, np.inf)
    array([0.0020625, 0.0010625, 0.0005625])
    >>> quantised_gemv_time_s(1e6, [16, 8, 4], 32, 1e9, 1e9)
    array([0.0020625, 0.0010625, 0.001    ])
    """
    validate.require_positive(
        weights=weights,
        weight_bits=weight_bits,
        group_weights=group_weights,
        bandwidth_bytes_per_s=bandwidth_bytes_per_s,
        unpacked_weights_per_s=unpacked_weights_per_s,
        scale_bits=scale_bits,
    )
    count = np.asarray(weights, dtype=float)
    bits = np.asarray(weight_bits) + np.asarray(scale_bits) / np.asarray(group_weights, dtype=float)
    moving_s = count * bits / 8 / np.asarray(bandwidth_bytes_per_s)
    unpacking_s = count / np.asarray(unpacked_weights_per_s)
    return np.asarray(np.maximum(moving_s, unpacking_s))
