r"""Checkpoints: store the warm state once, and simulate windows in any order, on any number of machines.

Question
    Functional warming takes most of the time of a sampled simulation. When is it worth storing the state before each
    window instead?
Model
    .. math:: t_{\text{warming}} = \frac{N - n u}{f} + \frac{n u}{d}, \qquad
        t_{\text{checkpoints}} = \left\lceil \frac{n}{w} \right\rceil \left( \frac{s}{b} + \frac{u}{d} \right), \qquad
        t_{\text{library}} = \frac{N}{f} + \frac{n s}{b}

    :math:`n` windows of :math:`u` instructions (their detailed warming among them), a program of :math:`N`; rates
    :math:`f` of functional warming and :math:`d` in detail. A checkpoint of :math:`s` bytes is read at :math:`b` bytes
    a second, and windows no longer need each other, so :math:`w` workers share them. The library has to be made once,
    and again whenever what it stores changes: the program, its input, or the largest cache it has to serve. It pays
    after :math:`t_{\text{library}} / (t_{\text{warming}} - t_{\text{checkpoints}})` studies.
Assumes
    Windows cost alike; workers do not slow each other down; the design under study changes nothing that is stored.
Breaks when
    A study changes what was stored (a new predictor's tables, a larger cache than the library holds): its state is
    cold, and no checkpoint says so.
Source
    Wenisch, Wunderlich, Falsafi, Hoe, "TurboSMARTS: accurate microarchitecture simulation sampling in minutes",
    SIGMETRICS 2005 (abstract read: 3 % error with 99.7 % confidence in 91 s for a benchmark, with a library of 12 GB).
    The equations are our own.
Oracle
    Windows dealt out to workers one by one; times of `sampling_speedup`; studies counted until the library is paid.
"""

from __future__ import annotations

import numpy as np

from reference_solutions import validate

__all__ = ["checkpoint_table"]


def checkpoint_table(
    *,
    instructions: float,
    windows: int,
    window: float,
    functional_per_s: float,
    detailed_per_s: float,
    checkpoint_bytes: float,
    bytes_per_s: float,
    workers: int = 1,
) -> dict[str, float]:
    """Times and sizes of a study with functional warming, and of one with checkpoints.

    Parameters
    ----------
    instructions : float
        Of the whole program. [1]
    windows : int
        Windows of the sample. [1]
    window : float
        Instructions of a window that are simulated in detail, its warming among them. [1]
    functional_per_s, detailed_per_s : float
        Instructions a second, of functional warming and in detail. [1/s]
    checkpoint_bytes : float
        Size of a checkpoint. [B]
    bytes_per_s : float
        Rate at which one is read and written. [B/s]
    workers : int
        Machines that share windows. [1]

    Returns
    -------
    dict of str to float
        `warming_s`, `checkpoints_s` and `library_s`, to make it once [s]; `library_bytes` [B]; `studies`, after which
        the library is paid, a whole number, or infinite if it never is. [1]

    Raises
    ------
    ValueError
        If a number is not positive, or windows make up more than the program.

    Examples
    --------
    Ten thousand windows of 3,000 instructions, of a program of 10^9:

    >>> found = checkpoint_table(instructions=1e9, windows=10_000, window=3000, functional_per_s=1e6,
    ...     detailed_per_s=1e5, checkpoint_bytes=100e3, bytes_per_s=100e6, workers=10)
    >>> {name: round(value, 1) for name, value in found.items()}
    {'warming_s': 1270.0, 'checkpoints_s': 31.0, 'library_s': 1010.0, 'library_bytes': 1000000000.0, 'studies': 1.0}
    """
    validate.require_positive(
        instructions=instructions,
        windows=windows,
        window=window,
        functional_per_s=functional_per_s,
        detailed_per_s=detailed_per_s,
        checkpoint_bytes=checkpoint_bytes,
        bytes_per_s=bytes_per_s,
        workers=workers,
    )
    if windows * window > instructions:
        raise ValueError("windows make up more than the program")
    detailed_s, read_s = window / detailed_per_s, checkpoint_bytes / bytes_per_s
    warming_s = (instructions - windows * window) / functional_per_s + windows * detailed_s
    checkpoints_s = float(np.ceil(windows / workers)) * (read_s + detailed_s)
    library_s = instructions / functional_per_s + windows * read_s
    saved_s = warming_s - checkpoints_s
    return {
        "warming_s": warming_s,
        "checkpoints_s": checkpoints_s,
        "library_s": library_s,
        "library_bytes": windows * checkpoint_bytes,
        "studies": float(np.ceil(library_s / saved_s)) if saved_s > 0 else float("inf"),
    }
