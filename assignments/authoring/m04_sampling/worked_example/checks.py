"""What must hold of the answers of module 4's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Raises, call, sampled
from reference_solutions.m04_sampling.reconstruction import whole_program


def any_points(rng):
    """Points of a program whose phases differ much."""
    points = int(rng.integers(3, 8))
    apki = rng.uniform(50, 400, size=points)
    return call(
        rng.dirichlet(np.full(points, 2.0)),
        rng.uniform(0.2, 4.0, size=points),
        apki * rng.uniform(0, 0.5, size=points),
        apki,
        float(rng.integers(10**8, 10**12)),
        float(rng.uniform(1e9, 4e9)),
    )


ANY = sampled(any_points, count=4)
TWO = ([0.25, 0.75], [0.5, 2.0], [20.0, 0.0], [200.0, 100.0], 3e9, 2e9)


def two_points(place, value):
    """Two points, and one thing about them that is wrong."""
    return call(*TWO[:place], value, *TWO[place + 1 :])


WHOLE = Exercise(
    "m04_whole_program",
    reference=whole_program,
    checks=[
        Equal(
            "cycles and instructions",
            weight=1,
            cases=[call(*TWO), ANY],
            part=lambda found: [found["cpi"], found["ipc"]],
            message="CPI and IPC of programs whose phases differ much.",
        ),
        Equal("misses", weight=0.5, cases=[call(*TWO), ANY], part=lambda found: found["mpki"], message="The MPKI."),
        Equal(
            "misses to accesses",
            weight=0.75,
            cases=[call(*TWO), ANY],
            part=lambda found: found["miss_ratio"],
            message="The miss ratio, where phases have different numbers of accesses.",
        ),
        Equal(
            "time",
            weight=0.5,
            cases=[call(*TWO), ANY],
            part=lambda found: found["time_s"],
            message="The time of the whole program at this clock.",
        ),
        Raises(
            ValueError,
            "no such program",
            weight=0.25,
            cases=[
                two_points(0, [0.25, 0.7]),
                two_points(0, [1.25, -0.25]),
                two_points(1, [0.5, 0.0]),
                two_points(4, 0),
                two_points(5, -1e9),
            ],
            message="Weights that are none, and rates, instructions and clocks that are not positive.",
        ),
    ],
)
