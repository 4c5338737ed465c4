"""What must hold of the answers of module 10's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Property, Raises, call, in_view, labelled, marks, sampled, scales, series
from reference_solutions.m10_validation.agreement_figure import agreement_figure
from reference_solutions.m10_validation.error_metrics import model_errors

# --- errors -----------------------------------------------------------------------------------------------------------


def keys(*names):
    return lambda found: [found[name] for name in names]


def any_model(rng):
    """From microseconds to milliseconds, some too fast and some too slow."""
    measured = 10 ** rng.uniform(0, 4, size=int(rng.integers(5, 12)))
    return call(measured * rng.uniform(0.5, 1.8, size=measured.size), measured)


MODELS = [call([8.0, 15.0, 33.0], [10.0, 20.0, 30.0]), sampled(any_model, count=4)]

ERRORS = Exercise(
    "m10_model_errors",
    reference=model_errors,
    checks=[
        Equal(
            "relative errors",
            weight=0.75,
            cases=MODELS,
            part=keys("mape", "mpe", "worst"),
            message="Errors relative to each measurement: their size, their bias, and the worst.",
        ),
        Equal(
            "symmetric and weighted",
            weight=0.75,
            cases=MODELS,
            part=keys("smape", "wape"),
            message="Errors relative to both sides, and to the sum of all.",
        ),
        Equal(
            "squares",
            weight=0.75,
            cases=MODELS,
            part=keys("rmse", "r2"),
            message="What squares make of the errors.",
        ),
        Equal(
            "ratio",
            weight=0.375,
            cases=MODELS,
            part=lambda found: found["ratio"],
            message="The mean of ratios, for which half and double are alike.",
        ),
        Equal(
            "no spread",
            weight=0.125,
            cases=[call([1.0, 2.0], [3.0, 3.0]), call([0.2, 0.1, 0.3], [0.1, 0.1, 0.1])],
            message="Measurements that are all equal.",
        ),
        Raises(
            ValueError,
            "nothing to compare",
            weight=0.25,
            cases=[
                call([1.0], [1.0]),
                call([1.0, 2.0], [1.0]),
                call([1.0, 2.0], [1.0, 0.0]),
                call([-1.0, 2.0], [1, 2]),
            ],
            message="A single point, points without a partner, and values that are not positive.",
        ),
    ],
)

# --- the figure -------------------------------------------------------------------------------------------------------


def twelve(rng, **others):
    measured = 10 ** rng.uniform(0, 4, size=12)
    simulated = measured * rng.lognormal(rng.uniform(-0.3, 0.3), rng.uniform(0.1, 0.4), size=12)
    return call([f"kernel {letter}" for letter in "abcdefghijkl"], simulated, measured, **others)


def any_simulator(rng):
    return twelve(rng)


def bolder(rng):
    return twelve(rng, confidence=float(rng.choice([0.5, 0.8, 0.99])))


def one_odd(rng):
    """One kernel far beyond all others, one way or the other."""
    names, simulated, measured = twelve(rng).args
    simulated = measured * rng.lognormal(0, 0.05, size=12)
    place = int(rng.integers(12))
    simulated[place] = measured[place] * float(rng.choice([0.4, 2.5]))
    return call(names, simulated, measured)


def unfinished(rng):
    """Kernels without a time, on either side."""
    names, simulated, measured = twelve(rng).args
    lost = rng.choice(12, size=4, replace=False)
    simulated[lost[0]] = np.nan
    simulated[lost[1]] = 0.0
    measured[lost[2]] = np.nan
    measured[lost[3]] = 0.0
    return call(names, simulated, measured)


def lines(*labels):
    """Heights of level lines, whatever the axes are."""

    def part(figure):
        found = {one["label"]: one["y"] for one in figure["series"] if one["kind"] == "line"}
        return [[float(min(found[label])), float(max(found[label]))] for label in labels]

    return part


TENS = [10.0, 10.0, 20.0, 20.0, 30.0, 30.0]
SIMULATORS = sampled(any_simulator, count=3)
AGREE = ("bias", "lower limit", "upper limit")
OUTER = ("lower limit, at least", "upper limit, at most")

FIGURE = Exercise(
    "m10_agreement_figure",
    reference=agreement_figure,
    checks=[
        Equal(
            "kernels",
            weight=0.75,
            cases=SIMULATORS,
            part=series("points", "kernels"),
            message="Where each kernel lies.",
        ),
        Equal(
            "limits of agreement",
            weight=1.25,
            cases=SIMULATORS,
            part=lines(*AGREE),
            message="The mean ratio and the limits around it.",
        ),
        Equal(
            "limits of the limits",
            weight=0.75,
            cases=[SIMULATORS, sampled(bolder, count=2)],
            part=lines(*OUTER),
            message="How far the limits may reach, with the confidence that is asked for.",
        ),
        Equal(
            "odd kernels",
            weight=0.5,
            cases=[sampled(one_odd, count=4), call(list("abcdef"), [9.0, 11.0, 18.0, 22.0, 27.0, 33.0], TENS)],
            part=marks,
            message="Kernels beyond the limits, above and below.",
        ),
        Equal(
            "kernels without a time",
            weight=0.375,
            cases=sampled(unfinished, count=3),
            part=lambda figure: [sorted(figure["left_out"]), lines(*AGREE, *OUTER)(figure)],
            message="Kernels that cannot be drawn are named, and move no line.",
        ),
        Equal("axes", weight=0.125, cases=SIMULATORS, part=scales, message="Both axes are logarithmic."),
        Property(
            "in view",
            weight=0.125,
            cases=[SIMULATORS, sampled(unfinished, count=1)],
            holds=lambda pairs: labelled()(pairs) and in_view()(pairs),
            message="Everything has a label, and nothing lies outside of the axes.",
        ),
        Raises(
            ValueError,
            "too few kernels",
            weight=0.125,
            cases=[call(["a", "b"], [1.0, 2.0], [1.0, 3.0]), call(["a", "b", "c"], [1.0, 0.0, 2.0], [1.0, 2.0, 3.0])],
            message="Two kernels, or two that can be drawn.",
        ),
    ],
)
