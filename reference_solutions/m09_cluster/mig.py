r"""A GPU that is cut in slices: which instances fit beside each other, and where.

Question
    An A100 is divided into instances of 1, 2, 3, 4 or 7 compute slices. Does a set of them fit, and where must each be?
Model
    An instance takes neighbouring memory slices, of which there are eight, and may begin at some of them only:

    ======= ====== ================
    profile memory begins at
    ======= ====== ================
    1g      1      0, 1, 2, 3, 4, 5, 6
    2g      2      0, 2, 4
    3g      4      0, 4
    4g      4      0
    7g      8      0
    ======= ====== ================

    Of seven compute slices each takes as many as its name says.
Assumes
    An A100 with 40 or 80 GB; instances are not moved while they run.
Breaks when
    Another device has other profiles: an H100 adds one of a compute slice with two memory slices.
Source
    NVIDIA, Multi-Instance GPU User Guide, placements as `nvidia-smi mig -lgipp` prints them for an A100.
Oracle
    The guide's largest numbers of equal instances, 7, 3, 2, 1, 1; all subsets of placements, tried.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["MIG_STARTS", "mig_layout"]

MIG_MEMORY = {"1g": 1, "2g": 2, "3g": 4, "4g": 4, "7g": 8}
MIG_STARTS = {"1g": (0, 1, 2, 3, 4, 5, 6), "2g": (0, 2, 4), "3g": (0, 4), "4g": (0,), "7g": (0,)}


def mig_layout(profiles: Sequence[str], taken: Sequence[int] = ()) -> list[int] | None:
    """Where instances can be put on one GPU, all of them.

    Parameters
    ----------
    profiles : sequence of str
        Instances to place: "1g", "2g", "3g", "4g", "7g".
    taken : sequence of int
        Memory slices that are in use already, from 0 to 7.

    Returns
    -------
    list of int or None
        First memory slice of each, in the order given: of all layouts the first in lexicographic order; None if there
        is none.

    Examples
    --------
    >>> mig_layout(["3g", "4g"]), mig_layout(["3g", "3g", "1g"]), mig_layout(["2g"], taken=[0, 5])
    ([4, 0], None, [2])
    """

    def placed(left: list[str], used: set[int]) -> list[int] | None:
        if not left:
            return []
        for start in MIG_STARTS[left[0]]:
            slices = set(range(start, start + MIG_MEMORY[left[0]]))
            rest = None if slices & used or max(slices) > 7 else placed(left[1:], used | slices)
            if rest is not None:
                return [start, *rest]
        return None

    return placed(list(profiles), set(taken)) if sum(int(profile[0]) for profile in profiles) <= 7 else None
