"""What students really write in module 10's worked example."""

from __future__ import annotations

import numpy as np
from scipy import special

from graders.checks import mistake

# --- errors -----------------------------------------------------------------------------------------------------------

RELATIVE, SYMMETRIC, SQUARES, RATIO = "relative errors", "symmetric and weighted", "squares", "ratio"
NO_SPREAD, NOTHING = "no spread", "nothing to compare"


def asked_to_compare(predicted, measured):
    p, m = np.asarray(predicted, dtype=float), np.asarray(measured, dtype=float)
    if p.shape != m.shape or p.size < 2 or not (np.all(p > 0) and np.all(m > 0)):
        raise ValueError("nothing to compare")
    return p, m


def summaries(p, m, **others):
    """The right summaries, but for what is given."""
    errors = p - m
    spread = np.sum((m - m.mean()) ** 2)
    return {
        "mape": float(np.mean(np.abs(errors) / m)),
        "smape": float(np.mean(2 * np.abs(errors) / (p + m))),
        "wape": float(np.sum(np.abs(errors)) / np.sum(m)),
        "mpe": float(np.mean(errors / m)),
        "worst": float(np.max(np.abs(errors) / m)),
        "r2": float(1 - np.sum(errors**2) / spread) if np.ptp(m) else np.nan,
        "ratio": float(np.exp(np.mean(np.log(p / m)))),
        "rmse": float(np.sqrt(np.mean(errors**2))),
    } | others


@mistake(
    "m10_model_errors",
    misconception="relative to the prediction",
    loses=[RELATIVE, NO_SPREAD],
    hint="You divided by the prediction. The measurement is what errors are relative to.",
)
def relative_to_the_prediction(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    errors = (p - m) / p
    return summaries(p, m, mape=np.mean(np.abs(errors)), mpe=np.mean(errors), worst=np.max(np.abs(errors)))


@mistake(
    "m10_model_errors",
    misconception="bias without signs",
    loses=[RELATIVE, NO_SPREAD],
    hint="Your bias has lost its sign: errors to both sides cancel in it.",
)
def bias_without_signs(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, mpe=abs(float(np.mean((p - m) / m))))


@mistake(
    "m10_model_errors",
    misconception="measured less predicted",
    loses=[RELATIVE, NO_SPREAD],
    hint="Your bias has the other sign. Too slow a prediction is a positive error.",
)
def measured_less_predicted(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, mpe=float(np.mean((m - p) / m)))


@mistake(
    "m10_model_errors",
    misconception="the mean of the ratios",
    loses=[RATIO, NO_SPREAD],
    hint="You took the arithmetic mean of the ratios. Half and double would make 1.25: take the geometric one.",
)
def the_mean_of_the_ratios(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, ratio=float(np.mean(p / m)))


@mistake(
    "m10_model_errors",
    misconception="the ratio of the sums",
    loses=[RATIO, NO_SPREAD],
    hint="You divided the sums. That is the ratio of the longest kernels.",
)
def the_ratio_of_the_sums(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, ratio=float(np.sum(p) / np.sum(m)))


@mistake(
    "m10_model_errors",
    misconception="R2 is the squared correlation",
    loses=[SQUARES],
    hint="You squared the correlation. A model that is twice too slow would be perfect.",
)
def squared_correlation(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, r2=float(np.corrcoef(p, m)[0, 1] ** 2) if np.ptp(m) else np.nan)


@mistake(
    "m10_model_errors",
    misconception="half of the symmetric error",
    loses=[SYMMETRIC, NO_SPREAD],
    hint="Your symmetric error divides by the sum of both. It is relative to their mean, twice as much.",
)
def half_of_the_symmetric(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, smape=float(np.mean(np.abs(p - m) / (p + m))))


@mistake(
    "m10_model_errors",
    misconception="weighted by nothing",
    loses=[SYMMETRIC],
    hint="Your weighted error is the plain mean. Divide sum by sum, so that long kernels weigh more.",
)
def weighted_by_nothing(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, wape=float(np.mean(np.abs(p - m) / m)))


@mistake(
    "m10_model_errors",
    misconception="no root",
    loses=[SQUARES, NO_SPREAD],
    hint="Yours is the mean square. Its unit is that of times squared.",
)
def no_root(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    return summaries(p, m, rmse=float(np.mean((p - m) ** 2)))


@mistake(
    "m10_model_errors",
    misconception="nothing to explain is explained",
    loses=[NO_SPREAD],
    hint="Measurements that do not vary have no R2: say so with NaN.",
)
def nothing_to_explain(predicted, measured):
    p, m = asked_to_compare(predicted, measured)
    found = summaries(p, m)
    return found | {"r2": 0.0 if np.isnan(found["r2"]) else found["r2"]}


@mistake(
    "m10_model_errors",
    misconception="anything can be compared",
    loses=[NOTHING],
    hint="A single point, or a measurement of zero, gives numbers here. Refuse them.",
)
def anything_can_be_compared(predicted, measured):
    try:
        return summaries(*asked_to_compare(predicted, measured))
    except ValueError:
        return dict.fromkeys(("mape", "smape", "wape", "mpe", "worst", "r2", "ratio", "rmse"), 0.0)


# --- the figure -------------------------------------------------------------------------------------------------------

KERNELS, LIMITS, OUTER, ODD = "kernels", "limits of agreement", "limits of the limits", "odd kernels"
LOST, AXES, VIEW, TOO_FEW = "kernels without a time", "axes", "in view", "too few kernels"


def normal_lines(ratio, confidence, ddof=1, within=1.96, root=3.0, quantile=None):
    """The right five heights, but for what is given."""
    d, n = np.log(ratio), ratio.size
    bias, spread = d.mean(), d.std(ddof=ddof)
    t = quantile(n) if quantile else special.stdtrit(n - 1, (1 + confidence) / 2)
    outer = within + t * np.sqrt(root / n)
    steps = {"bias": 0.0, "lower limit": -within, "upper limit": within}
    steps |= {"lower limit, at least": -outer, "upper limit, at most": outer}
    return {label: float(np.exp(bias + step * spread)) for label, step in steps.items()}


def drawn(kernels, simulated, measured, confidence, lines=normal_lines, ratios=None, sizes=None, odd=None, **others):
    """The right picture, but for what is given."""
    s, m = np.asarray(simulated, dtype=float), np.asarray(measured, dtype=float)
    seen = (s > 0) & (m > 0)
    if seen.sum() < 3:
        raise ValueError("too few kernels")
    s, m, names = s[seen], m[seen], np.array(kernels)[seen].tolist()
    ratio, size = ratios(s, m) if ratios else s / m, sizes(s, m) if sizes else np.sqrt(s * m)
    heights = lines(ratio, confidence)
    low, high = heights["lower limit"], heights["upper limit"]
    beyond = odd(ratio, heights) if odd else (ratio < low) | (ratio > high)
    ends = [float(size.min() / 1.5), float(size.max() * 1.5)]
    reach = [*ratio, *heights.values()]
    return {
        "title": "Simulator and machine",
        "x": {"label": "size [us]", "scale": "log", "limits": ends},
        "y": {"label": "ratio [1]", "scale": "log", "limits": [max(min(reach), 1e-9) / 1.1, max(reach) * 1.1]},
        "series": [
            {"label": "kernels", "kind": "points", "x": size.tolist(), "y": ratio.tolist()},
            *({"label": label, "kind": "line", "x": ends, "y": [height] * 2} for label, height in heights.items()),
        ],
        "marks": [
            {"label": name, "x": float(x), "y": float(y)}
            for name, x, y, far in zip(names, size, ratio, beyond, strict=True)
            if far
        ],
        "left_out": np.array(kernels)[~seen].tolist(),
    } | others


@mistake(
    "m10_agreement_figure",
    misconception="measured over simulated",
    loses=[KERNELS, LIMITS, OUTER, ODD, LOST],
    hint="Your ratios are upside down: simulated over measured.",
)
def upside_down(kernels, simulated_us, measured_us, confidence=0.95):
    return drawn(kernels, simulated_us, measured_us, confidence, ratios=lambda s, m: m / s)


@mistake(
    "m10_agreement_figure",
    misconception="ratios are not logarithms",
    loses=[LIMITS, OUTER, LOST],
    hint="Your limits lie evenly around the mean ratio. Half and double are equally far from 1: take logarithms first.",
)
def plain_ratios(kernels, simulated_us, measured_us, confidence=0.95):
    def evenly(ratio, confidence):
        d, n = ratio, ratio.size
        outer = 1.96 + special.stdtrit(n - 1, (1 + confidence) / 2) * np.sqrt(3 / n)
        steps = {"bias": 0.0, "lower limit": -1.96, "upper limit": 1.96}
        steps |= {"lower limit, at least": -outer, "upper limit, at most": outer}
        return {label: max(1e-6, float(d.mean() + step * d.std(ddof=1))) for label, step in steps.items()}

    return drawn(kernels, simulated_us, measured_us, confidence, lines=evenly)


@mistake(
    "m10_agreement_figure",
    misconception="the interval of the mean",
    loses=[LIMITS, OUTER, ODD, LOST],
    hint="Your limits are those of the *mean* ratio. They say nothing about where the next kernel lies.",
)
def interval_of_the_mean(kernels, simulated_us, measured_us, confidence=0.95):
    def of_mean(ratio, confidence):
        return normal_lines(ratio, confidence, within=1.96 / np.sqrt(ratio.size))

    return drawn(kernels, simulated_us, measured_us, confidence, lines=of_mean)


@mistake(
    "m10_agreement_figure",
    misconception="divided by n",
    loses=[LIMITS, OUTER, LOST],
    hint="Your deviation divides by n. The mean was taken from the same kernels: divide by n - 1.",
)
def divided_by_n(kernels, simulated_us, measured_us, confidence=0.95):
    def population(ratio, confidence):
        return normal_lines(ratio, confidence, ddof=0)

    return drawn(kernels, simulated_us, measured_us, confidence, lines=population)


@mistake(
    "m10_agreement_figure",
    misconception="limits as sure as the mean",
    loses=[OUTER, LOST],
    hint="You gave the limits the variance of the mean. A limit depends on the deviation, too: three times as much.",
)
def as_sure_as_the_mean(kernels, simulated_us, measured_us, confidence=0.95):
    def sure(ratio, confidence):
        return normal_lines(ratio, confidence, root=1.0)

    return drawn(kernels, simulated_us, measured_us, confidence, lines=sure)


@mistake(
    "m10_agreement_figure",
    misconception="a normal quantile",
    loses=[OUTER, LOST],
    hint="You took a normal quantile for the outer lines. With so few kernels it is Student's t.",
)
def a_normal_quantile(kernels, simulated_us, measured_us, confidence=0.95):
    def normal(ratio, confidence):
        return normal_lines(ratio, confidence, quantile=lambda n: special.ndtri((1 + confidence) / 2))

    return drawn(kernels, simulated_us, measured_us, confidence, lines=normal)


@mistake(
    "m10_agreement_figure",
    misconception="always 95 percent",
    loses=[OUTER],
    hint="Your outer lines do not depend on the confidence.",
)
def always_95_percent(kernels, simulated_us, measured_us, confidence=0.95):
    return drawn(kernels, simulated_us, measured_us, 0.95)


@mistake(
    "m10_agreement_figure",
    misconception="the machine is the truth",
    loses=[KERNELS, ODD],
    hint="You drew ratios against the measured time. An error of the measurement is then in both.",
)
def measured_is_the_size(kernels, simulated_us, measured_us, confidence=0.95):
    return drawn(kernels, simulated_us, measured_us, confidence, sizes=lambda s, m: m)


@mistake(
    "m10_agreement_figure",
    misconception="the middle of both",
    loses=[KERNELS, ODD],
    hint="Your size is the arithmetic mean. On an axis of ratios the middle of 10 and 1,000 is 100.",
)
def arithmetic_size(kernels, simulated_us, measured_us, confidence=0.95):
    return drawn(kernels, simulated_us, measured_us, confidence, sizes=lambda s, m: (s + m) / 2)


@mistake(
    "m10_agreement_figure",
    misconception="only slow ones are odd",
    loses=[ODD],
    hint="You marked kernels above the upper limit only. One far below the lower limit is as odd.",
)
def only_above(kernels, simulated_us, measured_us, confidence=0.95):
    return drawn(
        kernels, simulated_us, measured_us, confidence, odd=lambda ratio, heights: ratio > heights["upper limit"]
    )


@mistake(
    "m10_agreement_figure",
    misconception="what is lost is not missed",
    loses=[LOST],
    hint="Kernels without a time have left no trace in your picture. Name them.",
)
def not_missed(kernels, simulated_us, measured_us, confidence=0.95):
    return drawn(kernels, simulated_us, measured_us, confidence, left_out=[])


@mistake(
    "m10_agreement_figure",
    misconception="plain axes",
    loses=[AXES],
    hint="Kernels from microseconds to milliseconds on a linear axis lie on top of each other.",
)
def plain_axes(kernels, simulated_us, measured_us, confidence=0.95):
    plain = drawn(kernels, simulated_us, measured_us, confidence)
    return plain | {axis: plain[axis] | {"scale": "linear"} for axis in "xy"}


@mistake(
    "m10_agreement_figure",
    misconception="cut off",
    loses=[VIEW],
    hint="A part of what you draw lies outside of your axes.",
)
def cut_off(kernels, simulated_us, measured_us, confidence=0.95):
    plain = drawn(kernels, simulated_us, measured_us, confidence)
    return plain | {"y": plain["y"] | {"limits": [0.98, 1.02]}}


@mistake(
    "m10_agreement_figure",
    misconception="two kernels are enough",
    loses=[TOO_FEW],
    hint="Two kernels make a picture here. They have no spread that means anything.",
)
def two_are_enough(kernels, simulated_us, measured_us, confidence=0.95):
    try:
        return drawn(kernels, simulated_us, measured_us, confidence)
    except ValueError:
        empty = {"label": "nothing [1]", "scale": "log", "limits": [0.1, 10.0]}
        return {"title": "", "x": empty, "y": empty, "series": [], "marks": [], "left_out": list(kernels)}
