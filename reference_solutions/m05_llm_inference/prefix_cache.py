r"""Prefix cache: what earlier requests leave for later ones.

Question
    Prompts begin alike: a system prompt, a conversation so far. How many of their tokens need not be read again?
Model
    .. math:: h_i = \max \{ k : b_1, \dots, b_k \text{ are cached} \}

    A prompt is a row of blocks, each named by its content and all before it. A request finds the longest run from its
    beginning, :math:`h_i` blocks; what it lacks is computed and stays. Memory holds a number of blocks; the one that
    was not used for longest goes first, and of those of one request the last.
Assumes
    Requests come one after the other, and a name stands for one content. A block that is only partly full is not
    shared.
Breaks when
    Requests overlap and hold their blocks, or replicas have caches of their own: routing then decides what is found.
Source
    Zheng et al., "SGLang: Efficient Execution of Structured Language Model Programs", NeurIPS 2024, section 3
    (RadixAttention, eviction of the least recently used leaf; there a page is one token). Names of blocks, and the last
    block first: vLLM's issue 2614, the design of its prefix cache. In Kwon et al., SOSP 2023, section 4.4, the provider
    names shared prefixes beforehand.
Oracle
    A trie of all prompts where memory is unlimited, a list searched from end to end where it is not, on drawn prompts;
    stack distances of a single block.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from reference_solutions import validate

__all__ = ["prefix_hits"]


def prefix_hits(prompts: Sequence[Sequence[Hashable]], capacity_blocks: float) -> NDArray[np.int64]:
    """Blocks that each prompt finds in the cache.

    Parameters
    ----------
    prompts : sequence of sequence
        Each prompt's blocks by name, in order; equal names have equal blocks before them. [1]
    capacity_blocks : float
        Blocks that memory holds; may be infinite. [1]

    Returns
    -------
    (N,) ndarray of int
        Blocks found from the beginning. [1]

    Raises
    ------
    ValueError
        If memory holds no block.

    Examples
    --------
    The second finds two of its three; memory for two blocks keeps those used last, the earlier block of a prompt
    before the later.

    >>> prompts = [["a", "ab", "abc"], ["a", "ab", "abd"], ["x"], ["a", "ab"]]
    >>> prefix_hits(prompts, np.inf), prefix_hits(prompts, 2)
    (array([0, 2, 0, 2]), array([0, 2, 0, 1]))
    """
    validate.require_positive(capacity_blocks=capacity_blocks)
    cached: dict[Hashable, None] = {}  # from the one that goes first to the one that goes last
    hits = np.zeros(len(prompts), dtype=np.int64)
    for number, blocks in enumerate(prompts):
        for block in blocks:
            if block not in cached:
                break
            hits[number] += 1
        for block in reversed(blocks):  # the beginning is used by most: it goes last
            cached.pop(block, None)
            cached[block] = None
        while len(cached) > capacity_blocks:
            del cached[next(iter(cached))]
    return hits
