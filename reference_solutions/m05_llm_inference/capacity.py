r"""Capacity planning: how many replicas a stream of requests needs.

Question
    So many requests a second, of such lengths, with such limits: how many replicas, and which resource asks for them?
Model
    .. math:: n_{time} = \lambda \left( p \, t_1 + o \left( t_1 + \frac{t_0}{b} \right) \right), \qquad
        n_{memory} = \frac{\lambda W}{s}, \qquad
        n = \left\lceil \frac{\max(n_{time}, n_{memory})}{1 - h} \right\rceil + k

    A replica's steps take :math:`t_0 + t_1` a token. In steps of :math:`b` requests, a token of an answer carries its
    share of :math:`t_0`, a token of a prompt rides along: the time that all requests of a second take is the number of
    replicas that do nothing else. By Little's law :math:`\lambda W` requests are there at once, each for :math:`W`
    seconds, and a replica's memory holds :math:`s`. A part :math:`h` is kept free for bursts; :math:`k` replicas may
    fail.
Assumes
    A steady rate and known means; requests spread evenly over replicas; batches as large as planned, when it matters.
Breaks when
    The rate changes within the time that a new replica takes to start, arrivals come in bursts longer than the headroom
    carries, or limits are on tails: the mean that fits says nothing about p99, which a simulation must answer.
Source
    Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9(3), 1961, pp. 383-387; the rest follows
    from the time of a step (`simulate_serving`).
Oracle
    `continuous_batching` at the planned rate stays near its waiting time without load, and at 1.2 times what it can
    serve it falls ever further behind; smallest number of replicas found by trying one after the other.
"""

from __future__ import annotations

import numpy as np

from reference_solutions import validate

__all__ = ["replicas_needed"]


def replicas_needed(
    rate_per_s: float,
    prompt_tokens: float,
    output_tokens: float,
    step_s: float,
    token_s: float,
    batch: int,
    slots: int,
    headroom: float = 0.0,
    spares: int = 0,
) -> dict[str, float | int | str]:
    """Replicas for a stream of requests, and what asks for them.

    Parameters
    ----------
    rate_per_s : float
        Requests a second, all replicas together. [1/s]
    prompt_tokens, output_tokens : float
        Means of a request. [1]
    step_s, token_s : float
        Time of a step, and of a token in it. [s]
    batch : int
        Requests that write in a step, when a replica is busy. [1]
    slots : int
        Requests that a replica's memory holds. [1]
    headroom : float
        Share of the capacity that is kept free, at least 0 and less than 1. [1]
    spares : int
        Replicas that may fail at once. [1]

    Returns
    -------
    dict
        `prefill`, `decode`: replicas that would do nothing else, fractions of one as well; `memory`: replicas whose
        slots are in use; `binding`: `time` or `memory`, whichever asks for more; `replicas`: whole ones to run. [1]

    Raises
    ------
    ValueError
        If a figure is not positive, the headroom is no share below one, or the batch exceeds the slots.

    Examples
    --------
    >>> plan = replicas_needed(10, 1000, 100, step_s=0.02, token_s=1e-4, batch=20, slots=40, headroom=0.2, spares=1)
    >>> {name: round(value, 3) if isinstance(value, float) else value for name, value in plan.items()}
    {'prefill': 1.0, 'decode': 1.1, 'memory': 0.575, 'binding': 'time', 'replicas': 4}
    """
    validate.require_positive(
        rate_per_s=rate_per_s,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        step_s=step_s,
        token_s=token_s,
        batch=batch,
    )
    if not (0 <= headroom < 1 and batch <= slots and spares >= 0):
        raise ValueError("the headroom is a share below one, and a batch fits into the slots")
    prefill = rate_per_s * prompt_tokens * token_s
    decode = rate_per_s * output_tokens * (token_s + step_s / batch)
    residence_s = prompt_tokens * token_s + output_tokens * (step_s + token_s * batch)
    memory = rate_per_s * residence_s / slots
    needed = max(prefill + decode, memory) / (1 - headroom)
    return {
        "prefill": float(prefill),
        "decode": float(decode),
        "memory": float(memory),
        "binding": "time" if prefill + decode >= memory else "memory",
        "replicas": int(np.ceil(round(needed, 9))) + spares,  # a whole number that arithmetic lifted is whole
    }
