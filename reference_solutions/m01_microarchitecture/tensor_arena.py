r"""A tensor arena: where the tensors of a network lie in one small memory, and how much of it they need.

Question
    A network's intermediate tensors share one buffer, the arena, since not all of them live at once. How large is it?
Model
    .. math:: A_{least} = \max_t \sum_{i:\, f_i \le t \le l_i} s_i, \qquad
        o_i = \min \{ o : [o, o + s_i) \cap [o_j, o_j + s_j) = \emptyset
        \text{ for all placed } j \text{ that live with } i \}

    Tensor :math:`i` of :math:`s_i` bytes lives from the operator that writes it, :math:`f_i`, to the last one that
    reads it, :math:`l_i`, both included. No plan is smaller than what lives at once at the fullest moment. The plan
    places the largest tensor first (of equals, the one that lives first), each at the lowest aligned offset at which it
    meets none that it lives with; :math:`A = \max_i (o_i + s_i)`.
Assumes
    The order of operators is fixed and sizes are known beforehand; an operator reads and writes different memory.
Breaks when
    Operators work in place, shapes depend on data, or another order of operators would need less at once.
Source
    Pisarchyk, Lee, "Efficient Memory Management for Deep Neural Net Inference", arXiv:2001.03288, 2020 (offsets by
    size); TensorFlow Lite Micro, "Memory Management", section on the head of the arena (its planner is a greedy one).
Oracle
    Every order of small sets of tensors tried, and a memory painted byte by byte; 10 and 20 bytes that meet take 30, as
    in the tests of TensorFlow Lite Micro.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["arena_plan"]


def arena_plan(
    sizes_bytes: ArrayLike, first_operator: ArrayLike, last_operator: ArrayLike, alignment_bytes: int = 16
) -> dict[str, Any]:
    """Offsets of tensors in an arena, and how large it is.

    Parameters
    ----------
    sizes_bytes : (n,) array_like of int
        Size of each tensor. [B]
    first_operator, last_operator : (n,) array_like of int
        Numbers of the operators that write it and read it last. [1]
    alignment_bytes : int
        Offsets are multiples of it. [B]

    Returns
    -------
    dict
        `offsets_bytes`, (n,) ndarray [B]; `arena_bytes`, the plan's size; `least_bytes`, what lives at once at most.

    Raises
    ------
    ValueError
        If a tensor is read before it is written, has no size, or the alignment is not positive.

    Examples
    --------
    A chain: the first tensor is no longer needed when the third is written.

    >>> plan = arena_plan([64, 32, 48], [0, 1, 2], [1, 2, 2])
    >>> plan["offsets_bytes"].tolist(), plan["arena_bytes"], plan["least_bytes"]
    ([0, 64, 0], 96, 96)
    """
    sizes = np.asarray(sizes_bytes, dtype=np.int64)
    first, last = np.asarray(first_operator), np.asarray(last_operator)
    if sizes.size == 0 or np.any(sizes <= 0) or np.any(last < first) or alignment_bytes <= 0:
        raise ValueError("tensors have a size and are read no earlier than they are written; alignment is positive")
    offsets = np.zeros(sizes.size, dtype=np.int64)
    placed: list[int] = []
    for one in sorted(range(sizes.size), key=lambda i: (-sizes[i], first[i], i)):
        beside = [other for other in placed if first[other] <= last[one] and first[one] <= last[other]]
        taken = sorted((int(offsets[other]), int(offsets[other] + sizes[other])) for other in beside)
        offsets[one] = _lowest_gap(taken, int(sizes[one]), alignment_bytes)
        placed.append(one)
    return {
        "offsets_bytes": offsets,
        "arena_bytes": int(np.max(offsets + sizes)),
        "least_bytes": int(np.max(_live_bytes(sizes, first, last))),
    }


def _lowest_gap(taken: Iterable[tuple[int, int]], size: int, alignment: int) -> int:
    """Lowest aligned offset at which so many bytes meet none of these sorted ranges."""
    offset = 0
    for start, end in taken:
        if offset + size <= start:
            break
        offset = max(offset, -(-end // alignment) * alignment)
    return offset


def _live_bytes(sizes: NDArray[np.int64], first: NDArray[Any], last: NDArray[Any]) -> NDArray[np.int64]:
    """Bytes that live while each operator runs that writes a tensor: only there can the sum rise."""
    lives = (first[None, :] <= first[:, None]) & (first[:, None] <= last[None, :])
    return np.asarray(lives @ sizes)
