r"""Attention that never holds its scores: tile after tile of the keys.

Question
    Thousands of text tokens attend to tens of thousands of image tokens. How is that done without a table of all
    scores?
Model
    .. math:: m' = \max(m, \max_j s_j), \quad l' = l \, e^{m - m'} + \sum_j e^{s_j - m'}, \quad
        o' = o \, e^{m - m'} + \sum_j e^{s_j - m'} v_j, \qquad y = o / l

    For each query, with scores :math:`s_j = q \cdot k_j / \sqrt{d}` of the keys of one tile: the largest score so far,
    the sum of exponentials and the weighted sum of values, both as they would be if the largest score were 0. When a
    tile brings a larger one, what was summed up is scaled down. At the end one divides. :math:`m + \ln l` tells another
    device all it needs to join two partial results.
Assumes
    Nothing about tiles: any sizes, any order, and the result is the same but for rounding.
Breaks when
    Nothing has been absorbed: an average over no keys is none.
Source
    Milakov, Gimelshein, "Online normalizer calculation for softmax", arXiv 1805.02867, 2018, for the sum; Dao et al.,
    "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", NeurIPS 2022, algorithm 1, for the
    values.
Oracle
    Softmax over all scores at once, in exact order and in extended precision; tiles of every size and order; memory
    measured with tracemalloc: it does not grow with the keys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["StreamedAttention", "attention_by_definition"]


def attention_by_definition(queries: ArrayLike, keys: ArrayLike, values: ArrayLike) -> Array:
    """Attention with a table of all scores.

    Parameters
    ----------
    queries : (queries, d) array_like
        Queries of one head. [1]
    keys, values : (keys, d) array_like and (keys, e) array_like
        Keys and values. [1]

    Returns
    -------
    (queries, e) ndarray
        Weighted means of the values. [1]

    Examples
    --------
    >>> attention_by_definition([[1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]], [[2.0], [4.0]])
    array([[3.]])
    """
    scores = np.asarray(queries, dtype=float) @ np.asarray(keys, dtype=float).T / np.sqrt(np.shape(keys)[1])
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return np.asarray(weights @ np.asarray(values, dtype=float) / np.sum(weights, axis=1, keepdims=True))


class StreamedAttention:
    """Attention of some queries to keys and values that come in tiles.

    Parameters
    ----------
    queries : (queries, d) array_like
        Queries of one head. [1]

    Examples
    --------
    >>> attention = StreamedAttention([[1.0, 0.0]])
    >>> attention.absorb([[0.0, 0.0]], [[2.0]])
    >>> attention.absorb([[0.0, 1.0]], [[4.0]])
    >>> attention.output
    array([[3.]])
    """

    def __init__(self, queries: ArrayLike) -> None:
        self._queries = np.array(queries, dtype=float)
        self._largest = np.full(len(self._queries), -np.inf)
        self._sum = np.zeros(len(self._queries))
        self._weighted = np.zeros((len(self._queries), 1))

    def absorb(self, keys: ArrayLike, values: ArrayLike) -> None:
        """Take in a tile, and forget it; one without keys, or one that is refused, changes nothing.

        Parameters
        ----------
        keys : (tile, d) array_like
            Keys. [1]
        values : (tile, e) array_like
            A value for each. [1]

        Raises
        ------
        ValueError
            If there are not as many values as keys, or keys have not as many elements as queries.
        """
        tile, its_values = np.asarray(keys, dtype=float), np.asarray(values, dtype=float)
        if len(tile) != len(its_values):
            raise ValueError("a value for each key")
        if len(tile) == 0:
            return
        if tile.shape[1] != self._queries.shape[1]:
            raise ValueError("keys have as many elements as queries")
        scores = self._queries @ tile.T / np.sqrt(tile.shape[1])
        largest = np.maximum(self._largest, np.max(scores, axis=1))
        kept = np.exp(self._largest - largest)
        weights = np.exp(scores - largest[:, np.newaxis])
        self._sum = self._sum * kept + np.sum(weights, axis=1)
        self._weighted = self._weighted * kept[:, np.newaxis] + weights @ its_values
        self._largest = largest

    @property
    def output(self) -> Array:
        """Weighted means of the values so far, a row for each query. [1]

        Raises
        ------
        ValueError
            If no key has been absorbed.
        """
        if not np.all(self._sum > 0):
            raise ValueError("nothing to attend to")
        return np.asarray(self._weighted / self._sum[:, np.newaxis])

    @property
    def log_sum_exp(self) -> Array:
        """Logarithm of the sum of all exponentials of scores so far, one for each query. [1]

        Raises
        ------
        ValueError
            If no key has been absorbed.
        """
        if not np.all(self._sum > 0):
            raise ValueError("nothing to attend to")
        return np.asarray(self._largest + np.log(self._sum))
