r"""A replica whose memory runs out: admission by blocks, and preemption by recomputation.

Question
    Nobody knows how long an answer will be, so memory is given out as it grows. What happens to those who are served
    when it is gone, and how often?
Model
    .. math:: \text{admit if } n_{free} - \lceil p / B \rceil \ge w, \qquad
        t_{step} = t_0 + t_1 \, n_{tokens}

    Before each step the server looks at the head of the queue: whoever has blocks for the prompt, above a watermark
    :math:`w`, is read, and prompts are not mixed with answers. Only if nobody is admitted do all that run write a
    token. Each of them, in the order of arrival, finds a free block or has the latest arrival that is still to be
    placed give way: its blocks are free at once, it goes to the head of the queue, and what it had written counts as
    its prompt from then on, to be read again.
Assumes
    A step's time is linear in its tokens; a prompt is read whole. A padded batch may have a limited size.
Breaks when
    Prompts are read in chunks beside answers (`chunked_prompts`), prefixes are shared (`BlockAllocator`), or blocks are
    swapped out instead of recomputed.
Source
    Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention", SOSP 2023, section
    4.5; watermark and order of the tests as in Vidur's vLLM scheduler: Agrawal et al., "Vidur: A Large-Scale Simulation
    Framework for LLM Inference", MLSys 2024.
Oracle
    Vidur with its vLLM scheduler: first token, end and restarts of 238 requests to 1e-9 s, 24 restarts among them; a
    second simulator for memory without end, on drawn traces.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["paged_serving"]


@dataclass(slots=True)
class _Request:
    """A request: what is to be read before the next token, and how long it will be at its end."""

    number: int
    arrival_s: float
    prompt: int
    end: int
    held_tokens: int = 0
    held_blocks: int = 0
    restarts: int = 0
    token_times_s: list[float] = field(default_factory=list)


class _Replica:
    """Queue, running requests and free blocks."""

    def __init__(self, blocks: int, block_tokens: int, watermark: int, batch_cap: int, padded_tokens: float) -> None:
        self.free, self.block_tokens, self.watermark = blocks, block_tokens, watermark
        self.batch_cap, self.padded_tokens = batch_cap, padded_tokens
        self.queue: list[_Request] = []
        self.running: list[_Request] = []

    def admitted(self) -> list[_Request]:
        """Requests from the head of the queue whose prompts are read in the next step."""
        batch: list[_Request] = []
        while self.queue:
            head = self.queue[0]
            blocks = -(-head.prompt // self.block_tokens)
            padded = (len(batch) + 1) * max(one.prompt for one in [*batch, head])
            full = len(self.running) + len(batch) >= self.batch_cap
            if self.free - blocks < self.watermark or padded > self.padded_tokens or full:
                break
            self.free -= blocks
            head.held_blocks, head.held_tokens = blocks, head.prompt
            batch.append(self.queue.pop(0))
        return batch

    def writing(self) -> list[_Request]:
        """Running requests that write in the next step; those that find no block have given way."""
        placed = []
        left = sorted(self.running, key=lambda one: one.number)
        while left:
            one = left.pop(0)
            while self.free < 1 and one.held_blocks:
                self._restart(left.pop() if left else one)
            if not one.held_blocks:
                break
            if one.held_tokens > self.block_tokens * one.held_blocks:
                one.held_blocks += 1
                self.free -= 1
            placed.append(one)
        return placed

    def _restart(self, victim: _Request) -> None:
        self.release(victim)
        victim.prompt, victim.restarts = victim.held_tokens, victim.restarts + 1
        self.queue.insert(0, victim)

    def release(self, one: _Request) -> None:
        """Take a request's blocks back."""
        self.free += one.held_blocks
        one.held_blocks = 0
        self.running.remove(one)


def paged_serving(
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    blocks: int,
    step_s: float,
    token_s: float,
    batch_cap: int,
    padded_tokens: float = np.inf,
    block_tokens: int = 16,
    watermark_share: float = 0.01,
) -> tuple[list[list[float]], list[int]]:
    """Serve a trace from a paged cache; gives when each token was written, and how often each request began again.

    Parameters
    ----------
    arrivals_s : (N,) array_like
        When requests arrive, in order. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths, one at least. [1]
    blocks : int
        Blocks of the cache. [1]
    step_s : float
        Time of a step. [s]
    token_s : float
        Time of a token in it. [s]
    batch_cap : int
        Requests that run at most. [1]
    padded_tokens : float
        Prompts read in a step, times the longest of them, at most. [1]
    block_tokens : int
        Tokens of a block. [1]
    watermark_share : float
        Share of the blocks that an admission leaves free. [1]

    Returns
    -------
    token_times_s : list of N lists of float
        When each token of each request was written. [s]
    restarts : list of N int
        How often each gave way. [1]

    Raises
    ------
    ValueError
        If a request could never be held: its whole length must fit above the watermark, and its prompt into a step.

    Examples
    --------
    Three blocks of four tokens: when the first needs its second block, the second has to give way, and begins again.

    >>> times, restarts = paged_serving([0, 0], [4, 4], [3, 3], 3, 1.0, 0.0, 8, block_tokens=4, watermark_share=0.0)
    >>> times, restarts
    ([[1.0, 2.0, 3.0], [1.0, 4.0, 5.0]], [0, 1])
    """
    arrivals, prompts, outputs = (np.asarray(column) for column in (arrivals_s, prompt_tokens, output_tokens))
    validate.require_positive(prompt_tokens=prompts, output_tokens=outputs, batch_cap=batch_cap, step_s=step_s)
    watermark = int(watermark_share * blocks)
    if np.any(-(-(prompts + outputs) // block_tokens) > blocks - watermark) or np.any(
        prompts + outputs > padded_tokens
    ):
        raise ValueError("each request fits into memory above the watermark, and its prompt into a step")
    rows = zip(arrivals.tolist(), prompts.tolist(), outputs.tolist(), strict=True)
    requests = [
        _Request(number, arrival, prompt, prompt + output) for number, (arrival, prompt, output) in enumerate(rows)
    ]
    replica = _Replica(blocks, block_tokens, watermark, batch_cap, padded_tokens)
    coming, now_s = requests[::-1], 0.0
    while coming or replica.queue or replica.running:
        while coming and coming[-1].arrival_s <= now_s:
            replica.queue.append(coming.pop())
        batch = replica.admitted()
        tokens = sum(one.prompt for one in batch)
        replica.running += batch
        if not batch:
            batch = replica.writing()
            tokens = len(batch)
        if not batch:
            now_s = max(now_s, coming[-1].arrival_s) if coming and not replica.queue else now_s
            continue
        now_s += step_s + token_s * tokens
        for one in batch:
            one.held_tokens += 1
            one.token_times_s.append(now_s)
            if one.held_tokens == one.end:
                replica.release(one)
    return [one.token_times_s for one in requests], [one.restarts for one in requests]
