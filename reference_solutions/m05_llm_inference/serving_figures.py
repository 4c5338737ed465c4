r"""Two figures of serving, as data: memory against block size, throughput against waiting.

Question
    How large may a block be? And which settings of a server are worth discussing at all?
Model
    .. math:: u(B) = \frac{\sum_i T_i}{\sum_i B \lceil T_i / B \rceil}, \qquad
        \text{front} = \{ r : \nexists\, r' \text{ no later and no slower, and better in one} \}

    A figure is a plain object: a title, two axes with label, scale and limits, series of lines and points, marks, and
    what could not be shown. Memory in use falls with the size of the block; a reservation of the longest possible
    request is a block of that size. Of the settings of a server those count that no other beats in both time to first
    token and tokens a second: the Pareto front.
Assumes
    Whoever draws it takes the object as it is.
Breaks when
    A value cannot be drawn: a request longer than the reservation, a run in which nobody was served. It is named in
    `left_out`.
Source
    Kwon et al., SOSP 2023, sections 3.1 (reserved memory) and 7.2 (the size of a block, there against latency); Agrawal
    et al., OSDI 2024, section 5.2 (there the rate that is served, against the limit on the 99th percentile of gaps
    between tokens); the form of the object is ours.
Oracle
    Shares of `cache_use_share`, blocks counted one by one; fronts found by comparing every pair of runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["block_size_figure", "tradeoff_figure"]


def block_size_figure(
    lengths: ArrayLike, block_tokens: Sequence[int], longest_tokens: int, aim_share: float
) -> dict[str, Any]:
    """Share of the cache's memory that holds tokens, by the size of a block.

    Parameters
    ----------
    lengths : (N,) array_like of int
        Tokens of the requests. [1]
    block_tokens : sequence of int
        Sizes of a block, rising. [1]
    longest_tokens : int
        What a request without blocks reserves. [1]
    aim_share : float
        Share that is to be reached. [1]

    Returns
    -------
    dict
        Lines `in blocks` and `reserved`; a mark `largest block` at the largest size that reaches the aim, if one does;
        `left_out`: lengths that no reservation holds, which count in no series.

    Examples
    --------
    >>> figure = block_size_figure([10, 20, 120], [4, 16, 64], longest_tokens=100, aim_share=0.6)
    >>> [(one["label"], one["y"]) for one in figure["series"]]
    [('in blocks', [0.9375, 0.625, 0.234375]), ('reserved', [0.15, 0.15])]
    >>> figure["marks"], figure["left_out"]
    ([{'label': 'largest block', 'x': 16, 'y': 0.625}], [120])
    """
    tokens = np.asarray(lengths)
    held = tokens[tokens <= longest_tokens]
    shares = [float(held.sum() / np.sum(size * np.ceil(held / size))) for size in block_tokens]
    reserved = float(held.mean() / longest_tokens)
    ends = [block_tokens[0], block_tokens[-1]]
    reached = [(size, share) for size, share in zip(block_tokens, shares, strict=True) if share >= aim_share]
    return {
        "title": "Memory that holds tokens",
        "x": {"label": "size of a block [tokens]", "scale": "log", "limits": ends},
        "y": {"label": "share of the cache [1]", "scale": "linear", "limits": [0, 1]},
        "series": [
            {"label": "in blocks", "kind": "line", "x": list(block_tokens), "y": shares},
            {"label": "reserved", "kind": "line", "x": ends, "y": [reserved, reserved]},
        ],
        "marks": [{"label": "largest block", "x": size, "y": share} for size, share in reached[-1:]],
        "left_out": tokens[tokens > longest_tokens].tolist(),
    }


def tradeoff_figure(runs: Mapping[str, Sequence[Any]], ttft_limit_s: float) -> dict[str, Any]:
    """Throughput of a server's settings against what their users wait, and the settings that no other beats.

    Parameters
    ----------
    runs : mapping of str to sequence
        Columns with a row a setting: `setting` (its name), `ttft_s` [s] and `tokens_per_s`. [1/s]
    ttft_limit_s : float
        What was promised. [s]

    Returns
    -------
    dict
        Points `settings`, of all that have both numbers; a line `front` through those that no other beats, from the
        shortest wait to the longest; a mark with the name of the fastest that keeps the limit, if one does; `left_out`:
        names of the others.

    Examples
    --------
    >>> runs = {"setting": ["a", "b", "c", "d"], "ttft_s": [0.1, 0.2, 0.3, float("nan")],
    ...     "tokens_per_s": [50.0, 40.0, 90.0, 10.0]}
    >>> figure = tradeoff_figure(runs, ttft_limit_s=0.25)
    >>> figure["series"][1]["x"], figure["marks"], figure["left_out"]
    ([0.1, 0.3], [{'label': 'a', 'x': 0.1, 'y': 50.0}], ['d'])
    """
    columns = zip(runs["setting"], runs["ttft_s"], runs["tokens_per_s"], strict=True)
    rows = [(name, float(wait_s), float(rate)) for name, wait_s, rate in columns]
    drawn = sorted((row for row in rows if row[1] > 0 and row[2] > 0), key=lambda row: (row[1], -row[2]))
    front: list[tuple[str, float, float]] = []
    for row in drawn:  # from the shortest wait: whoever waits longer must be faster
        if not front or row[2] > front[-1][2]:
            front.append(row)
    kept = [row for row in front if row[1] <= ttft_limit_s]
    waits_s = [row[1] for row in drawn]
    return {
        "title": "What waiting buys",
        "x": {"label": "time to first token [s]", "scale": "log", "limits": [min(waits_s) / 2, 2 * max(waits_s)]},
        "y": {"label": "tokens [1/s]", "scale": "linear", "limits": [0, 1.1 * max(row[2] for row in drawn)]},
        "series": [
            {"label": "settings", "kind": "points", "x": waits_s, "y": [row[2] for row in drawn]},
            {"label": "front", "kind": "line", "x": [row[1] for row in front], "y": [row[2] for row in front]},
        ],
        "marks": [{"label": name, "x": wait_s, "y": rate} for name, wait_s, rate in kept[-1:]],
        "left_out": [name for name, wait_s, rate in rows if not (wait_s > 0 and rate > 0)],
    }
