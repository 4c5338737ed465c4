r"""Paged key-value cache: blocks on demand, shared until somebody writes.

Question
    Answers grow one token at a time, to lengths that nobody knows beforehand. How is memory given out so that next to
    none lies idle, and what happens when it is gone?
Model
    .. math:: n(T) = \lceil T / B \rceil, \qquad w = \sum_{\text{last blocks}} \left( -T \bmod B \right)

    The cache is cut into blocks of :math:`B` tokens. A sequence holds a table of blocks and takes the next one when its
    last is full, so only last blocks have idle places, :math:`w` of them. Blocks count who uses them. Equal
    prompts share their equal *full* blocks, and a fork shares all; whoever writes into a block that others use copies
    it first. Who finds no free block has the sequence admitted last give way: its blocks go, and its prompt and answer
    are computed again later.
    Requests that reserve their longest possible length :math:`T_{max}` instead leave :math:`T_{max} - T` places idle.
Assumes
    Any block is as good as any other; a block is shared only if all tokens before it are equal, too, since keys and
    values depend on them.
Breaks when
    Freed blocks stay findable (a prefix cache: `prefix_hits`), sequences are swapped out instead of recomputed, or
    layers need different numbers of blocks.
Source
    Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention", SOSP 2023, sections
    4.2 to 4.5. There the provider names shared prefixes beforehand, and the latest request gives way with all of its
    sequences; equal prompts are found as vLLM's documentation has it, "Automatic Prefix Caching".
Oracle
    Blocks that vLLM's own test of its prefix cache expects (read in place); a second allocator that keeps no counts and
    finds everything anew from the sequences' contents, on drawn traffic; free and used blocks always add up.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["BlockAllocator", "cache_use_share"]


class BlockAllocator:
    """Blocks of a paged cache, and the sequences that use them.

    Parameters
    ----------
    blocks : int
        Blocks in memory. [1]
    block_size : int
        Tokens that a block takes. [1]

    Raises
    ------
    ValueError
        If there is no block, or no place in one.

    Examples
    --------
    Two requests share the two full blocks of an equal prompt; a third has no room.

    >>> allocator = BlockAllocator(blocks=5, block_size=4)
    >>> allocator.admit("a", "the prompt"), allocator.admit("b", "the prompt"), allocator.admit("c", "another")
    (True, True, False)
    >>> allocator.free_blocks, allocator.idle_places
    (1, 4)
    >>> allocator.append("a", 4)  # takes the last free block
    []
    >>> allocator.append("a", 4)  # b gives way
    ['b']
    """

    def __init__(self, blocks: int, block_size: int) -> None:
        if blocks < 1 or block_size < 1:
            raise ValueError("a cache has blocks, and a block has places")
        self._block_size = block_size
        self._free = list(range(blocks))
        self._users: dict[int, int] = {}  # block -> sequences that use it
        self._tables: dict[str, list[int]] = {}  # sequence -> its blocks, in the order of admission
        self._tokens: dict[str, int] = {}
        self._known: dict[tuple[Hashable, ...], int] = {}  # all tokens up to the end of a full block -> the block

    @property
    def free_blocks(self) -> int:
        """Blocks that nobody uses."""
        return len(self._free)

    @property
    def idle_places(self) -> int:
        """Places in used blocks that hold no token; a block that is shared counts once."""
        last = {table[-1]: -self._tokens[name] % self._block_size for name, table in self._tables.items()}
        return sum(last.values())

    def admit(self, sequence: str, prompt: Sequence[Hashable]) -> bool:
        """Take a new sequence in, with its prompt, if there is room.

        Parameters
        ----------
        sequence : str
            Its name.
        prompt : sequence
            Its tokens, one at least.

        Returns
        -------
        bool
            Whether it was taken; if not, nothing has changed.

        Raises
        ------
        ValueError
            If the name is in use, or the prompt is empty.
        """
        if sequence in self._tables or not prompt:
            raise ValueError("a new sequence has a new name and a prompt")
        size = self._block_size
        prefixes = [tuple(prompt[:end]) for end in range(size, len(prompt) + 1, size)]  # one a full block
        table = []
        for prefix in prefixes:
            if prefix not in self._known:
                break  # from here on everything differs
            table.append(self._known[prefix])
        missing = -(-len(prompt) // size) - len(table)
        if missing > len(self._free):
            return False
        table += [self._free.pop() for _ in range(missing)]
        for block in table:
            self._users[block] = self._users.get(block, 0) + 1
        self._known.update(zip(prefixes, table, strict=False))
        self._tables[sequence], self._tokens[sequence] = table, len(prompt)
        return True

    def fork(self, parent: str, child: str) -> None:
        """Let a new sequence continue another one: it shares all of its blocks.

        Parameters
        ----------
        parent : str
            Who is continued.
        child : str
            Name of the new one, which counts as admitted last.

        Raises
        ------
        ValueError
            If the parent is not there, or the child's name is in use.
        """
        if parent not in self._tables or child in self._tables:
            raise ValueError("a sequence that is there is forked into one that is not")
        self._tables[child], self._tokens[child] = list(self._tables[parent]), self._tokens[parent]
        for block in self._tables[child]:
            self._users[block] += 1

    def append(self, sequence: str, tokens: int) -> list[str]:
        """Make room for further tokens of a sequence, whoever must give way for it.

        Parameters
        ----------
        sequence : str
            Whose.
        tokens : int
            How many. [1]

        Returns
        -------
        list of str
            Who gave way: while blocks are missing, the sequence admitted last, which may be `sequence` itself.

        Raises
        ------
        ValueError
            If the sequence is not there.
        """
        if sequence not in self._tables:
            raise ValueError("only a sequence that is there grows")
        gone = []
        while sequence in self._tables:
            table, length = self._tables[sequence], self._tokens[sequence]
            copied = length % self._block_size > 0 and self._users[table[-1]] > 1  # it writes where others read
            missing = -(-(length + tokens) // self._block_size) - len(table) + copied
            if missing <= len(self._free):
                if copied:
                    self._users[table.pop()] -= 1
                added = [self._free.pop() for _ in range(missing)]
                self._users.update(dict.fromkeys(added, 1))
                table += added
                self._tokens[sequence] += tokens
                break
            gone.append(next(reversed(self._tables)))
            self.release(gone[-1])
        return gone

    def release(self, sequence: str) -> None:
        """Forget a sequence; blocks that nobody uses any more are free, and found no more.

        Parameters
        ----------
        sequence : str
            Whose blocks.

        Raises
        ------
        ValueError
            If it is not there: nobody is released twice.
        """
        if sequence not in self._tables:
            raise ValueError("only a sequence that is there is released")
        for block in self._tables.pop(sequence):
            self._users[block] -= 1
            if self._users[block] == 0:
                self._free.append(block)
        del self._tokens[sequence]
        self._known = {prefix: block for prefix, block in self._known.items() if self._users[block] > 0}


def cache_use_share(lengths: ArrayLike, block_tokens: ArrayLike) -> Array:
    """Share of the given memory that holds tokens, when each sequence holds whole blocks.

    Parameters
    ----------
    lengths : (N,) array_like of int
        Tokens of the sequences. [1]
    block_tokens : (...) array_like of int
        Tokens of a block; a block of the longest possible length is a contiguous reservation. [1]

    Returns
    -------
    (...) ndarray
        Share. [1]

    Raises
    ------
    ValueError
        If a length or a block is not positive.

    Examples
    --------
    Sequences of 10 and 20 tokens, in blocks of 16 and in reservations of 100:

    >>> cache_use_share([10, 20], [16, 100])
    array([0.625, 0.15 ])
    """
    validate.require_positive(lengths=lengths, block_tokens=block_tokens)
    held = np.asarray(lengths, dtype=float)
    size = np.asarray(block_tokens, dtype=float)[..., np.newaxis]
    return np.asarray(held.sum() / np.sum(size * np.ceil(held / size), axis=-1))
