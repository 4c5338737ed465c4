r"""A system under test: a workload of one's own behind LoadGen, in batches, and the accuracy that it must keep.

Question
    What stands between LoadGen and a workload, and what does it owe: which samples it may touch, when it may wait, and
    how often it must answer?
Model
    LoadGen loads samples into memory, then issues queries, each with an id and the index of a sample. The system may
    wait until there is a batch of :math:`b`; it answers each id exactly once, and when LoadGen flushes, all that still
    waits. The workload here: the document :math:`d` with the largest :math:`\langle v_d, x \rangle` for a vector
    :math:`x`, the first of equal ones. In accuracy mode each sample is asked for once, and the result must be at least
    a share (0.99 or 0.999) of the reference's.
Assumes
    Loading is not timed. A sample that is asked for twice is computed twice: answers must not be cached.
Breaks when
    A stream sends one query and waits for it, while the system waits for a batch: neither goes on.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026): caching of answers
    and reuse across queries forbidden, samples drawn with replacement; LoadGen 6.0.17, its interfaces
    QuerySampleLibrary and SystemUnderTest.
Oracle
    One query after the other by a plain loop; LoadGen itself, in all four scenarios and in accuracy mode.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["BatchingSystem", "accuracy_kept", "best_documents"]


def best_documents(documents: ArrayLike, vectors: ArrayLike) -> Array:
    """Find the best document for each vector: the workload.

    Parameters
    ----------
    documents : (d, n) array_like
        A vector for each document. [1]
    vectors : (k, n) array_like
        Queries. [1]

    Returns
    -------
    (k,) ndarray of int
        Place of the document with the largest inner product, the first of equal ones.

    Examples
    --------
    >>> best_documents([[1.0, 0.0], [0.0, 1.0]], [[0.2, 0.8], [0.5, 0.5]])
    array([1, 0])
    """
    return np.asarray(np.argmax(np.asarray(vectors) @ np.asarray(documents).T, axis=1))


class BatchingSystem:
    """Finds the best document for each query, in batches.

    Parameters
    ----------
    documents : (d, n) array_like
        A vector for each document. [1]
    batch_size : int
        Queries that are computed together. [1]

    Attributes
    ----------
    waiting : int
        Queries that are not answered yet. [1]
    batches : int
        Batches that were computed. [1]

    Raises
    ------
    ValueError
        If a batch has no query.

    Examples
    --------
    >>> system = BatchingSystem([[1.0, 0.0], [0.0, 1.0]], batch_size=2)
    >>> system.load([7, 8], [[0.9, 0.1], [0.2, 0.8]])
    >>> system.issue([100], [8]), system.waiting
    ([], 1)
    >>> system.issue([101, 102], [7, 8]), system.flush(), system.batches
    ([[100, 1], [101, 0]], [[102, 1]], 2)
    """

    def __init__(self, documents: ArrayLike, batch_size: int) -> None:
        if batch_size < 1:
            raise ValueError("a batch has a query")
        self._documents = np.asarray(documents, dtype=float)
        self._batch_size = int(batch_size)
        self._loaded: dict[int, Array] = {}
        self._queue: list[tuple[int, Array]] = []
        self._batches = 0

    @property
    def waiting(self) -> int:
        """Queries that are not answered yet."""
        return len(self._queue)

    @property
    def batches(self) -> int:
        """Batches that were computed."""
        return self._batches

    def load(self, indices: ArrayLike, vectors: ArrayLike) -> None:
        """Take samples into memory.

        Parameters
        ----------
        indices : (k,) array_like of int
            Their indices.
        vectors : (k, n) array_like
            A vector for each. [1]
        """
        for index, vector in zip(np.asarray(indices).tolist(), np.asarray(vectors, dtype=float), strict=True):
            self._loaded[index] = vector

    def unload(self, indices: ArrayLike) -> None:
        """Drop samples from memory.

        Parameters
        ----------
        indices : (k,) array_like of int
            Their indices; what is not there is not missed.
        """
        for index in np.asarray(indices).tolist():
            self._loaded.pop(index, None)

    def issue(self, ids: ArrayLike, indices: ArrayLike) -> list[list[int]]:
        """Take queries, and answer what makes full batches.

        Parameters
        ----------
        ids : (k,) array_like of int
            What each answer must carry.
        indices : (k,) array_like of int
            The sample of each.

        Returns
        -------
        list of list of int
            An id and a document for each query that is answered now, oldest first.

        Raises
        ------
        ValueError
            If a sample is not loaded; then none of these queries is taken.
        """
        asked = list(zip(np.asarray(ids).tolist(), np.asarray(indices).tolist(), strict=True))
        if any(index not in self._loaded for _, index in asked):
            raise ValueError("a sample that is not loaded")
        self._queue += [(number, self._loaded[index]) for number, index in asked]
        answered: list[list[int]] = []
        while len(self._queue) >= self._batch_size:
            batch, self._queue = self._queue[: self._batch_size], self._queue[self._batch_size :]
            best = best_documents(self._documents, [vector for _, vector in batch])
            answered += [[number, int(document)] for (number, _), document in zip(batch, best, strict=True)]
            self._batches += 1
        return answered

    def flush(self) -> list[list[int]]:
        """Answer all that still waits, in one batch.

        Returns
        -------
        list of list of int
            An id and a document for each, oldest first.
        """
        batch, self._queue = self._queue, []
        if not batch:
            return []
        best = best_documents(self._documents, [vector for _, vector in batch])
        self._batches += 1
        return [[number, int(document)] for (number, _), document in zip(batch, best, strict=True)]


def accuracy_kept(measured: float, reference: float, share: float = 0.99) -> bool:
    """Whether a result is accurate enough to count.

    Parameters
    ----------
    measured, reference : float
        The quality metric of the submission and of the reference; larger is better. [1]
    share : float
        How much of the reference's must be kept: 0.99, or 0.999 where a benchmark says so. [1]

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the reference is not positive.

    Examples
    --------
    >>> accuracy_kept(75.9, 76.456), accuracy_kept(75.9, 76.456, share=0.999)
    (True, False)
    """
    if not reference > 0:
        raise ValueError("the reference has a quality")
    return bool(measured >= share * reference)
