"""What students really write in module 10's practical."""

from __future__ import annotations

import numpy as np
from scipy import special

from graders.checks import mistake

# --- a screen of runs -------------------------------------------------------------------------------------------------

OUTLIERS, EQUAL_RUNS, DRIFT, TIES = "outliers", "mostly equal runs", "drift", "ties"
MEMORY, ALL_EQUAL, TOO_FEW = "memory", "all equal", "too few"


def robust(x):
    return np.flatnonzero(0.6745 * np.abs(x - np.median(x)) > 3.5 * np.median(np.abs(x - np.median(x)))).tolist()


def mann_kendall(x, tied=True, step=1.0):
    n, s = x.size, np.sum(np.triu(np.sign(x - x[:, np.newaxis])))
    groups = np.unique(x, return_counts=True)[1]
    variance = n * (n - 1) * (2 * n + 5) / 18
    if tied:
        variance -= np.sum(groups * (groups - 1) * (2 * groups + 5)) / 18
    return float((s - step * np.sign(s)) / np.sqrt(variance)) if variance > 1e-9 else 0.0


def neighbours(x):
    centred = x - x.mean()
    return float(centred[:-1] @ centred[1:] / (centred @ centred)) if np.ptp(x) else 0.0


def screen(times_s, outliers=robust, z=mann_kendall, p=None, lag1=neighbours, worth=None, least=4):
    """The right screen, but for what is given."""
    x = np.asarray(times_s, dtype=float)
    if x.size < least:
        raise ValueError("too few")
    drift, r = z(x), lag1(x)
    return {
        "outliers": outliers(x),
        "drift_z": drift,
        "drift_p": float(2 * special.ndtr(-abs(drift)) if p is None else p(drift)),
        "lag1": r,
        "effective_runs": float(min(x.size, x.size * (1 - r) / (1 + r)) if worth is None else worth(x.size, r)),
    }


@mistake(
    "m10_run_screen",
    misconception="three deviations",
    loses=[OUTLIERS, EQUAL_RUNS],
    hint="You measured in standard deviations. Outliers widen the deviation, and hide behind it: take medians.",
)
def three_deviations(times_s):
    return screen(times_s, outliers=lambda x: np.flatnonzero(np.abs(x - x.mean()) > 3 * x.std(ddof=1)).tolist())


@mistake(
    "m10_run_screen",
    misconception="only slow runs are outliers",
    loses=[OUTLIERS, EQUAL_RUNS],
    hint="A run that is far too fast is as odd as a slow one. Your screen looks upwards only.",
)
def only_slow_runs(times_s):
    def above(x):
        return np.flatnonzero(0.6745 * (x - np.median(x)) > 3.5 * np.median(np.abs(x - np.median(x)))).tolist()

    return screen(times_s, outliers=above)


@mistake(
    "m10_run_screen",
    misconception="no spread, no outlier",
    loses=[EQUAL_RUNS],
    hint="Where MAD is 0 you find no outliers. More than half of the runs are equal: each other one is an outlier.",
)
def no_spread_no_outlier(times_s):
    return screen(times_s, outliers=lambda x: robust(x) if np.median(np.abs(x - np.median(x))) > 0 else [])


@mistake(
    "m10_run_screen",
    misconception="ties forgotten",
    loses=[TIES],
    hint="Equal runs make no pair larger or smaller. Your variance of S counts them as if they did.",
)
def ties_forgotten(times_s):
    return screen(times_s, z=lambda x: mann_kendall(x, tied=False))


@mistake(
    "m10_run_screen",
    misconception="no step towards zero",
    loses=[DRIFT, TIES],
    hint="S is a whole number and Z is not: S goes a step of one towards zero before it is divided.",
)
def no_step_towards_zero(times_s):
    return screen(times_s, z=lambda x: mann_kendall(x, step=0.0))


@mistake(
    "m10_run_screen",
    misconception="one side only",
    loses=[DRIFT, TIES, ALL_EQUAL],
    hint="Your p is that of a drift in one direction. Runs that become faster are no better a sign than slower ones.",
)
def one_side_only(times_s):
    return screen(times_s, p=lambda z: special.ndtr(-abs(z)))


@mistake(
    "m10_run_screen",
    misconception="neighbours by their own means",
    loses=[MEMORY],
    hint="You correlated all runs but the last with all but the first. There is one mean, and one sum of squares.",
)
def own_means(times_s):
    return screen(times_s, lag1=lambda x: float(np.corrcoef(x[:-1], x[1:])[0, 1]) if np.ptp(x) else 0.0)


@mistake(
    "m10_run_screen",
    misconception="more runs than there are",
    loses=[MEMORY],
    hint="Runs that alternate are worth more than there are of them, in your answer. Stop at n.",
)
def more_than_there_are(times_s):
    return screen(times_s, worth=lambda n, r: n * (1 - r) / (1 + r))


@mistake(
    "m10_run_screen",
    misconception="any number of runs",
    loses=[TOO_FEW],
    hint="Three runs, or none, give numbers here. They cannot show a drift.",
)
def any_number_of_runs(times_s):
    empty = {"outliers": [], "drift_z": 0.0, "drift_p": 1.0, "lag1": 0.0, "effective_runs": 0.0}
    return screen(times_s, least=1) if len(times_s) else empty


# --- means, difference, ratio -----------------------------------------------------------------------------------------

MEANS, DIFFERENCE, RATIO, NO_RATIO = "means", "difference", "ratio", "no ratio"
CONFIDENCE, NO_INTERVAL = "another confidence", "no interval"


def asked_for_intervals(before_s, after_s, confidence):
    first, second = np.asarray(before_s, dtype=float), np.asarray(after_s, dtype=float)
    if min(first.size, second.size) < 2 or not 0 < confidence < 1 or np.ptp(first) + np.ptp(second) == 0:
        raise ValueError("no interval")
    return first, second


def welch(first, second):
    v1, v2 = first.var(ddof=1) / first.size, second.var(ddof=1) / second.size
    return (v1 + v2) ** 2 / (v1**2 / (first.size - 1) + v2**2 / (second.size - 1))


def fieller(m1, m2, v1, v2, t):
    g, ratio = t**2 * v2 / m2**2, m1 / m2
    if g >= 1:
        return -np.inf, np.inf
    half = t / abs(m2) * np.sqrt((1 - g) * v1 + ratio**2 * v2)
    return (ratio - half) / (1 - g), (ratio + half) / (1 - g)


def intervals(first, second, confidence, ddof=1, quantile=None, variances=None, degrees=welch, ratio=fieller):
    """The right table, but for what is given."""
    quantile = quantile or (lambda nu: float(special.stdtrit(nu, (1 + confidence) / 2)))
    m1, m2 = first.mean(), second.mean()
    v1, v2 = first.var(ddof=ddof) / first.size, second.var(ddof=ddof) / second.size
    if variances:
        v1, v2 = variances(v1, v2)
    t = quantile(degrees(first, second))
    half1, half2 = quantile(first.size - 1) * np.sqrt(v1), quantile(second.size - 1) * np.sqrt(v2)
    half, limits = t * np.sqrt(v1 + v2), ratio(m1, m2, v1, v2, t)
    return {
        "quantity": ["before", "after", "difference", "ratio"],
        "estimate": [m1, m2, m1 - m2, m1 / m2],
        "low": [m1 - half1, m2 - half2, m1 - m2 - half, limits[0]],
        "high": [m1 + half1, m2 + half2, m1 - m2 + half, limits[1]],
    }


@mistake(
    "m10_interval_table",
    misconception="a normal quantile",
    loses=[MEANS, DIFFERENCE, RATIO, CONFIDENCE],
    hint="You took a normal quantile. With few runs the deviation is uncertain, too: that is Student's t.",
)
def a_normal_quantile(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)
    return intervals(first, second, confidence, quantile=lambda nu: float(special.ndtri((1 + confidence) / 2)))


@mistake(
    "m10_interval_table",
    misconception="the deviation of a run",
    loses=[MEANS, DIFFERENCE, RATIO, CONFIDENCE],
    hint="Yours is how far single runs scatter. A mean of n runs is surer than that, by the root of n.",
)
def deviation_of_a_run(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)

    def of_runs(v1, v2):
        return v1 * first.size, v2 * second.size

    return intervals(first, second, confidence, variances=of_runs)


@mistake(
    "m10_interval_table",
    misconception="divided by n",
    loses=[MEANS, DIFFERENCE, RATIO, CONFIDENCE],
    hint="Your variance divides by n. The mean was taken from the same runs: divide by n - 1.",
)
def divided_by_n(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)
    return intervals(first, second, confidence, ddof=0)


@mistake(
    "m10_interval_table",
    misconception="pooled degrees of freedom",
    loses=[DIFFERENCE, RATIO, CONFIDENCE],
    hint="You took n1 + n2 - 2 degrees of freedom. That is for equal variances; Welch's are fewer.",
)
def pooled_degrees(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)
    return intervals(first, second, confidence, degrees=lambda x, y: x.size + y.size - 2)


@mistake(
    "m10_interval_table",
    misconception="the ratio of the ends",
    loses=[RATIO, NO_RATIO, CONFIDENCE],
    hint="You divided the ends of the two intervals. Both means seldom err so far, and against each other.",
)
def ratio_of_the_ends(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)
    table = intervals(first, second, confidence)
    table["low"][3] = table["low"][0] / table["high"][1]
    table["high"][3] = table["high"][0] / table["low"][1]
    return table


@mistake(
    "m10_interval_table",
    misconception="evenly around the ratio",
    loses=[RATIO, NO_RATIO, CONFIDENCE],
    hint="Your limits lie evenly around the ratio. A denominator that may be small reaches further up than down.",
)
def evenly_around_the_ratio(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)

    def delta(m1, m2, v1, v2, t):
        half = abs(m1 / m2) * t * np.sqrt(v1 / m1**2 + v2 / m2**2)
        return m1 / m2 - half, m1 / m2 + half

    return intervals(first, second, confidence, ratio=delta)


@mistake(
    "m10_interval_table",
    misconception="always a ratio",
    loses=[NO_RATIO],
    hint="A second mean that may be zero bounds no ratio. Your formula goes on beyond that.",
)
def always_a_ratio(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)

    def beyond(m1, m2, v1, v2, t):
        g, ratio = t**2 * v2 / m2**2, m1 / m2
        half = t / abs(m2) * np.sqrt(max(0.0, (1 - g) * v1 + ratio**2 * v2))
        return (ratio - half) / (1 - g), (ratio + half) / (1 - g)

    return intervals(first, second, confidence, ratio=beyond)


@mistake(
    "m10_interval_table",
    misconception="always 95 percent",
    loses=[CONFIDENCE],
    hint="Your intervals are as wide for 50 % as for 99 %. Which argument did you not use?",
)
def always_95_percent(before_s, after_s, confidence=0.95):
    first, second = asked_for_intervals(before_s, after_s, confidence)
    return intervals(first, second, 0.95)


@mistake(
    "m10_interval_table",
    misconception="any sample has an interval",
    loses=[NO_INTERVAL],
    hint="A single run, no spread at all, or a confidence of 95 give a table here. Refuse what has no interval.",
)
def any_sample(before_s, after_s, confidence=0.95):
    try:
        first, second = asked_for_intervals(before_s, after_s, confidence)
    except ValueError:
        means = [np.mean(before_s), np.mean(after_s)]
        means += [means[0] - means[1], means[0] / means[1]]
        return {"quantity": ["before", "after", "difference", "ratio"], "estimate": means, "low": means, "high": means}
    return intervals(first, second, confidence)


# --- bootstrap --------------------------------------------------------------------------------------------------------

ESTIMATE, PERCENTILES, BCA, EQUAL_ONES, NOTHING = (
    "the estimate",
    "percentiles",
    "bias-corrected and accelerated",
    "equal ones",
    "nothing to resample",
)


def asked_to_resample(numerator, denominator, resamples):
    x, y, places = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float), np.asarray(resamples)
    if x.shape != y.shape or x.size < 2 or places.ndim != 2 or places.shape[1] != x.size:
        raise ValueError("nothing to resample")
    return x, y, places


def sums(x, y):
    return np.sum(x, axis=-1) / np.sum(y, axis=-1)


def bootstrap(x, y, places, confidence, statistic=sums, share=None, acceleration=None, quantiles=None):
    """The right intervals, but for what is given."""
    estimate, again = statistic(x, y), statistic(x[places], y[places])
    below = share(again, estimate) if share else np.mean(again < estimate) + np.mean(again == estimate) / 2
    if not 0 < below < 1:
        raise ValueError("nothing to resample")
    without = np.array([statistic(np.delete(x, i), np.delete(y, i)) for i in range(x.size)])
    pull = without.mean() - without
    a = acceleration(pull) if acceleration else np.sum(pull**3) / (6 * np.sum(pull**2) ** 1.5)
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    z0, z = special.ndtri(below), special.ndtri(tails)
    places_of = quantiles(z0, z, a) if quantiles else special.ndtr(z0 + (z0 + z) / (1 - a * (z0 + z)))
    plain, bca = np.quantile(again, tails), np.quantile(again, places_of)
    return {
        "estimate": float(estimate),
        "percentile_low": float(plain[0]),
        "percentile_high": float(plain[1]),
        "low": float(bca[0]),
        "high": float(bca[1]),
    }


@mistake(
    "m10_bca_interval",
    misconception="the mean of the ratios",
    loses=[ESTIMATE, PERCENTILES, BCA, CONFIDENCE],
    hint="You averaged the ratios of the intervals. A short interval then weighs as much as a long one: sums first.",
)
def the_mean_of_the_ratios(numerator, denominator, resamples, confidence=0.95):
    asked = asked_to_resample(numerator, denominator, resamples)
    return bootstrap(*asked, confidence, statistic=lambda x, y: np.mean(x / y, axis=-1))


@mistake(
    "m10_bca_interval",
    misconception="percentiles are enough",
    loses=[BCA, EQUAL_ONES, CONFIDENCE],
    hint="Your BCa limits are the percentiles. Neither the bias nor the acceleration has moved them.",
)
def percentiles_are_enough(numerator, denominator, resamples, confidence=0.95):
    asked = asked_to_resample(numerator, denominator, resamples)
    return bootstrap(*asked, confidence, quantiles=lambda z0, z, a: special.ndtr(z))


@mistake(
    "m10_bca_interval",
    misconception="bias without acceleration",
    loses=[BCA, EQUAL_ONES, CONFIDENCE],
    hint="Your limits know the bias, and not how the spread changes: the acceleration is missing.",
)
def bias_without_acceleration(numerator, denominator, resamples, confidence=0.95):
    asked = asked_to_resample(numerator, denominator, resamples)
    return bootstrap(*asked, confidence, acceleration=lambda pull: 0.0)


@mistake(
    "m10_bca_interval",
    misconception="the jackknife the other way",
    loses=[BCA, EQUAL_ONES, CONFIDENCE],
    hint="Your acceleration has the other sign: it is the mean less the statistic without a pair, cubed.",
)
def the_other_way(numerator, denominator, resamples, confidence=0.95):
    asked = asked_to_resample(numerator, denominator, resamples)
    return bootstrap(*asked, confidence, acceleration=lambda pull: -np.sum(pull**3) / (6 * np.sum(pull**2) ** 1.5))


@mistake(
    "m10_bca_interval",
    misconception="equal ones are not below",
    loses=[EQUAL_ONES],
    hint="Resamples that give the estimate itself are neither below nor above: count half of them.",
)
def equal_ones_not_below(numerator, denominator, resamples, confidence=0.95):
    asked = asked_to_resample(numerator, denominator, resamples)
    return bootstrap(*asked, confidence, share=lambda again, estimate: float(np.mean(again < estimate)))


@mistake(
    "m10_bca_interval",
    misconception="all of the rest on each side",
    loses=[PERCENTILES, BCA, EQUAL_ONES, CONFIDENCE],
    hint="You left the whole rest on each side, so both together miss twice as often as promised.",
)
def all_of_the_rest(numerator, denominator, resamples, confidence=0.95):
    asked = asked_to_resample(numerator, denominator, resamples)
    return bootstrap(*asked, 2 * confidence - 1)


@mistake(
    "m10_bca_interval",
    misconception="mirrored percentiles",
    loses=[PERCENTILES, CONFIDENCE],
    hint="You mirrored the quantiles at the estimate. That is another interval, the basic one.",
)
def mirrored_percentiles(numerator, denominator, resamples, confidence=0.95):
    found = bootstrap(*asked_to_resample(numerator, denominator, resamples), confidence)
    low, high = (2 * found["estimate"] - found[name] for name in ("percentile_high", "percentile_low"))
    return found | {"percentile_low": low, "percentile_high": high}


@mistake(
    "m10_bca_interval",
    misconception="anything can be resampled",
    loses=[NOTHING],
    hint="A single pair, resamples that do not fit, or none above the estimate give numbers here. Refuse them.",
)
def anything_can_be_resampled(numerator, denominator, resamples, confidence=0.95):
    try:
        return bootstrap(*asked_to_resample(numerator, denominator, resamples), confidence)
    except ValueError:
        return dict.fromkeys(("estimate", "percentile_low", "percentile_high", "low", "high"), 0.0)


# --- a promise about a percentile -------------------------------------------------------------------------------------

LIMITS, VERDICTS, SHORT, NEEDED, NO_VERDICT = (
    "limits",
    "verdicts",
    "too short a test",
    "requests that it takes",
    "no verdict",
)


def asked_for_a_verdict(latency_s, quantile, confidence):
    if len(latency_s) == 0 or not 0 < quantile < 1 or not 0.5 < confidence < 1:
        raise ValueError("no verdict")
    return np.sort(np.asarray(latency_s, dtype=float))


def judged(ordered, quantile, limit_s, confidence, alpha=None, needed=None, verdict=None, limits=None):
    """The right verdict, but for what is given."""
    n, tail = ordered.size, 1 - confidence if alpha is None else alpha
    up_to = special.bdtr(np.arange(n), n, quantile)
    low, high = int(np.sum(up_to <= tail)), int(np.sum(up_to < 1 - tail))
    lower, upper = float(ordered[low - 1]) if low else 0.0, float(ordered[high]) if high < n else np.inf
    if limits:
        lower, upper = limits(ordered, lower, upper)
    right = "kept" if upper <= limit_s else "broken" if lower > limit_s else "open"
    return {
        "lower_s": lower,
        "upper_s": upper,
        "verdict": verdict(ordered, right) if verdict else right,
        "requests_needed": needed(tail) if needed else int(np.ceil(np.log(tail) / np.log(quantile))),
    }


@mistake(
    "m10_quantile_verdict",
    misconception="half of the rest on one side",
    loses=[LIMITS, VERDICTS, SHORT, NEEDED, CONFIDENCE],
    hint="You left half of the rest on each side, as for an interval. A limit on one side may leave all of it there.",
)
def half_of_the_rest(latency_s, quantile, limit_s, confidence=0.95):
    ordered = asked_for_a_verdict(latency_s, quantile, confidence)
    return judged(ordered, quantile, limit_s, confidence, alpha=(1 - confidence) / 2)


@mistake(
    "m10_quantile_verdict",
    misconception="passed or failed",
    loses=[VERDICTS, SHORT],
    hint="Your verdict compares the measured percentile with the limit. It never says that the test was too short.",
)
def passed_or_failed(latency_s, quantile, limit_s, confidence=0.95):
    ordered = asked_for_a_verdict(latency_s, quantile, confidence)
    measured = ordered[int(np.ceil(quantile * ordered.size - 1e-9)) - 1]
    said = "kept" if measured <= limit_s else "broken"
    return judged(ordered, quantile, limit_s, confidence, verdict=lambda _ordered, _right: said)


@mistake(
    "m10_quantile_verdict",
    misconception="innocent until proven guilty",
    loses=[VERDICTS, SHORT],
    hint="What is not proven to be broken is kept, in your answer. It may be open.",
)
def innocent(latency_s, quantile, limit_s, confidence=0.95):
    ordered = asked_for_a_verdict(latency_s, quantile, confidence)
    said = {"open": "kept", "kept": "kept", "broken": "broken"}
    return judged(ordered, quantile, limit_s, confidence, verdict=lambda _ordered, right: said[right])


@mistake(
    "m10_quantile_verdict",
    misconception="the extremes are limits",
    loses=[SHORT],
    hint="The largest latency of a short test is no upper limit: the true percentile may lie above all that you saw.",
)
def the_extremes_are_limits(latency_s, quantile, limit_s, confidence=0.95):
    ordered = asked_for_a_verdict(latency_s, quantile, confidence)

    def extremes(values, lower, upper):
        return lower or float(values[0]), min(upper, float(values[-1]))

    return judged(ordered, quantile, limit_s, confidence, limits=extremes)


@mistake(
    "m10_quantile_verdict",
    misconception="one over the rest",
    loses=[NEEDED, CONFIDENCE],
    hint="A hundred requests have one beyond their 99th percentile on average. They may have none.",
)
def one_over_the_rest(latency_s, quantile, limit_s, confidence=0.95):
    ordered = asked_for_a_verdict(latency_s, quantile, confidence)
    return judged(ordered, quantile, limit_s, confidence, needed=lambda _tail: int(np.ceil(1 / (1 - quantile))))


@mistake(
    "m10_quantile_verdict",
    misconception="always 95 percent",
    loses=[CONFIDENCE, NEEDED],
    hint="Your limits are the same for 60 % and for 99 %. Which argument did you not use?",
)
def verdicts_of_95_percent(latency_s, quantile, limit_s, confidence=0.95):
    ordered = asked_for_a_verdict(latency_s, quantile, confidence)
    return judged(ordered, quantile, limit_s, 0.95)


@mistake(
    "m10_quantile_verdict",
    misconception="any confidence will do",
    loses=[NO_VERDICT],
    hint="A quantile of 99 or an even chance are answered with a verdict. Refuse what is no share, and no confidence.",
)
def any_confidence(latency_s, quantile, limit_s, confidence=0.95):
    try:
        ordered = asked_for_a_verdict(latency_s, quantile, confidence)
    except ValueError:
        return {"lower_s": 0.0, "upper_s": np.inf, "verdict": "open", "requests_needed": 0}
    return judged(ordered, quantile, limit_s, confidence)


# --- net energy -------------------------------------------------------------------------------------------------------

ENERGY, INDEPENDENT, ONE_METER, PARTS, NO_READINGS = (
    "energy",
    "independent readings",
    "one meter",
    "where it comes from",
    "no such readings",
)


def readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation):
    us = (u_busy_w, u_idle_w, u_time_s)
    if not (
        busy_w > idle_w and time_s > 0 and requests > 0 and -1 <= correlation <= 1 and min(us) >= 0 and max(us) > 0
    ):
        raise ValueError("no such readings")
    per = time_s / requests
    return {"busy": per * u_busy_w, "idle": per * u_idle_w, "time": (busy_w - idle_w) / requests * u_time_s}


def budget(energy, terms, covariance, k=2.0):
    """A result from its three terms and their covariance."""
    squares = {name: term**2 for name, term in terms.items()} | {"covariance": covariance}
    variance = sum(squares.values())
    u = float(np.sqrt(variance)) if variance > 0 else 0.0
    shares = {name: float(square / variance) for name, square in squares.items()}
    return {"energy_j": energy, "standard_j": u, "expanded_j": k * u, "parts": shares}


@mistake(
    "m10_net_energy",
    misconception="correlation makes it worse",
    loses=[ONE_METER, PARTS],
    hint="Your covariance has the wrong sign. Busy and idle have opposite sensitivities: common errors cancel.",
)
def correlation_makes_it_worse(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    terms = readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    return budget((busy_w - idle_w) * time_s / requests, terms, 2 * terms["busy"] * terms["idle"] * correlation)


@mistake(
    "m10_net_energy",
    misconception="correlation left out",
    loses=[ONE_METER, PARTS],
    hint="Your two powers come from two meters, whatever the correlation is.",
)
def correlation_left_out(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    terms = readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    return budget((busy_w - idle_w) * time_s / requests, terms, 0.0)


@mistake(
    "m10_net_energy",
    misconception="covariance once",
    loses=[ONE_METER, PARTS],
    hint="Your covariance stands there once. Each pair is met twice in the square of a sum.",
)
def covariance_once(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    terms = readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    return budget((busy_w - idle_w) * time_s / requests, terms, -terms["busy"] * terms["idle"] * correlation)


@mistake(
    "m10_net_energy",
    misconception="uncertainties add up",
    loses=[INDEPENDENT, ONE_METER],
    hint="You added the terms. Independent errors seldom all go one way: squares add up, and the covariance with them.",
)
def uncertainties_add_up(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    terms = readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    right = budget((busy_w - idle_w) * time_s / requests, terms, -2 * terms["busy"] * terms["idle"] * correlation)
    return right | {"standard_j": sum(terms.values()), "expanded_j": 2 * sum(terms.values())}


@mistake(
    "m10_net_energy",
    misconception="relative variances of the powers",
    loses=[INDEPENDENT, ONE_METER, PARTS],
    hint="You added relative uncertainties of the powers. That is for products; a difference adds them in watts.",
)
def relative_variances(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    energy = (busy_w - idle_w) * time_s / requests
    terms = {"busy": energy * u_busy_w / busy_w, "idle": energy * u_idle_w / idle_w, "time": energy * u_time_s / time_s}
    return budget(energy, terms, -2 * terms["busy"] * terms["idle"] * correlation)


@mistake(
    "m10_net_energy",
    misconception="the time is exact",
    loses=[INDEPENDENT, ONE_METER, PARTS],
    hint="A second more or less of the clock is energy, too. Its term is missing.",
)
def the_time_is_exact(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    terms = readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation) | {"time": 0.0}
    return budget((busy_w - idle_w) * time_s / requests, terms, -2 * terms["busy"] * terms["idle"] * correlation)


@mistake(
    "m10_net_energy",
    misconception="idle is free",
    loses=[ENERGY, INDEPENDENT, ONE_METER, PARTS],
    hint="Yours is all the energy, idle included. What a request takes *above* idle was asked for.",
)
def idle_is_free(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    terms = {"busy": time_s / requests * u_busy_w, "idle": 0.0, "time": busy_w / requests * u_time_s}
    return budget(busy_w * time_s / requests, terms, 0.0)


@mistake(
    "m10_net_energy",
    misconception="any readings will do",
    loses=[NO_READINGS],
    hint="Idle power above busy power, no time, or a correlation of 1.5 give a result here. Refuse them.",
)
def any_readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    try:
        terms = readings(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation)
    except ValueError:
        return {"energy_j": 0.0, "standard_j": 0.0, "expanded_j": 0.0, "parts": {}}
    return budget((busy_w - idle_w) * time_s / requests, terms, -2 * terms["busy"] * terms["idle"] * correlation)


# --- a shared counter -------------------------------------------------------------------------------------------------

SCALED, PROBES, UNSEEN, COST, BOTH, EARLY, SAME, NO_PROBES = (
    "scaled",
    "probes",
    "turns not seen",
    "cost not known",
    "together",
    "too early",
    "probes cost the same",
    "no such probes",
)


class Counter:
    """The right counter, in parts that a mistake replaces."""

    def __init__(self, probes):
        if probes < 0:
            raise ValueError("no such probes")
        self.probes, self.turns, self.counts, self.empty = probes, 0, [], []

    def turn(self, count=None):
        self.turns += 1
        if count is not None:
            self.counts.append(count)

    def calibrate(self, count):
        self.empty.append(count)

    @property
    def scaled(self):
        return self.turns * float(np.mean(self.counts)) if self.counts else float("nan")

    @property
    def net(self):
        return self.scaled - self.probes * float(np.mean(self.empty)) if self.empty else float("nan")

    def of_turns(self):
        share = len(self.counts) / self.turns
        return self.turns**2 * np.var(self.counts, ddof=1) / len(self.counts) * (1 - share)

    def of_probes(self):
        return self.probes**2 * np.var(self.empty, ddof=1) / len(self.empty)

    @property
    def uncertainty(self):
        if min(len(self.counts), len(self.empty)) < 2:
            return float("nan")
        return float(np.sqrt(self.of_turns() + self.of_probes()))


@mistake(
    "m10_net_counter",
    misconception="turns that were counted are uncertain, too",
    loses=[UNSEEN, COST, BOTH],
    hint="With all turns counted there is nothing to guess, and yours is still uncertain: 1 - m/M is missing.",
)
class CountedTurnsUncertain(Counter):
    def of_turns(self):
        return self.turns**2 * np.var(self.counts, ddof=1) / len(self.counts)


@mistake(
    "m10_net_counter",
    misconception="counts are not scaled",
    loses=[SCALED, UNSEEN, BOTH, EARLY],
    hint="You added what was counted. The turns without a counter had events as well.",
)
class NotScaled(Counter):
    @property
    def scaled(self):
        return float(np.sum(self.counts)) if self.counts else float("nan")

    def of_turns(self):
        share = len(self.counts) / self.turns
        return len(self.counts) * np.var(self.counts, ddof=1) * (1 - share)


@mistake(
    "m10_net_counter",
    misconception="an uncounted turn counts nothing",
    loses=[SCALED, UNSEEN, BOTH, EARLY, SAME],
    hint="You took a turn without a counter for one with no events. None is not 0.",
    mostly=0.0,
)
class NoneIsZero(Counter):
    def turn(self, count=None):
        super().turn(count or 0)


@mistake(
    "m10_net_counter",
    misconception="zero events are no count",
    loses=[EARLY],
    hint="A turn with 0 events was counted: that is a measurement, and an important one.",
)
class ZeroIsNone(Counter):
    def turn(self, count=None):
        super().turn(count or None)


@mistake(
    "m10_net_counter",
    misconception="one probe",
    loses=[PROBES, COST, BOTH, EARLY, SAME],
    hint="You subtracted the cost of one start and stop. There were more of them.",
)
class OneProbe(Counter):
    def __init__(self, probes):
        super().__init__(probes)
        self.probes = min(probes, 1)


@mistake(
    "m10_net_counter",
    misconception="probes are independent of each other",
    loses=[COST, BOTH],
    hint="All probes are charged the same mean, so its error is multiplied by their number, not by the root of it.",
)
class RootOfProbes(Counter):
    def of_probes(self):
        return self.probes * np.var(self.empty, ddof=1) / len(self.empty)


@mistake(
    "m10_net_counter",
    misconception="the deviation of one calibration",
    loses=[COST, BOTH],
    hint="You took the scatter of single calibrations. Their mean was subtracted, and k of them make it surer.",
)
class DeviationOfOne(Counter):
    def of_probes(self):
        return self.probes**2 * np.var(self.empty, ddof=1)


@mistake(
    "m10_net_counter",
    misconception="fewer probes than none",
    loses=[NO_PROBES],
    hint="A negative number of probes adds events. Refuse it.",
)
class FewerThanNone(Counter):
    def __init__(self, probes):
        super().__init__(max(probes, 0))


# --- histograms of the kernel -----------------------------------------------------------------------------------------

SHORT_WAITS, LONG_WAITS, GUESS, TOTAL, BOTTLENECK, LINEAR, NOTHING_READ = (
    "short waits",
    "long waits",
    "the guess between the edges",
    "total time",
    "the bottleneck",
    "linear, open, and other maps",
    "nothing to read",
)


def number(text, kilo=1024):
    for power, suffix in enumerate("KMG", start=1):
        if text.endswith(suffix):
            return float(text[:-1]) * kilo**power
    return float(text)


def maps_of(text, kilo=1024, single=1.0, keys=True, open_end=np.inf):
    """Buckets of each histogram, as low, high and count."""
    found, name = {}, None
    for line in text.splitlines():
        if line.startswith("@"):
            head, _, rest = line[1:].rpartition(":")
            name = (head if keys else head.partition("[")[0]) if not rest.strip() else None
        elif name is not None and line[:1] in ("[", "("):
            label, count = line.split("|")[0].rsplit(maxsplit=1)
            edges = [each.strip("[]() ") for each in label.split(",")]
            low = 0.0 if edges[0] == "..." else number(edges[0], kilo)
            high = low + single if len(edges) == 1 else open_end if edges[1] == "..." else number(edges[1], kilo)
            found.setdefault(name, []).append((low, high if high else 2 * low, int(count)))
    found = {name: [each for each in buckets if each[2]] for name, buckets in found.items()}
    return {name: buckets for name, buckets in found.items() if buckets}


def layers_of(text, quantile, guess=None, rank_of=None, past=False, times=None, leads=None, **reading):
    """The right answer, but for what is given."""
    maps, layers = maps_of(text, **reading), {}
    if not maps or not 0 < quantile <= 1:
        raise ValueError("nothing to read")
    for name, buckets in maps.items():
        lows, highs, counts = (np.array(each, dtype=float) for each in zip(*buckets, strict=True))
        up_to = np.cumsum(counts)
        rank = rank_of(quantile, up_to[-1]) if rank_of else np.ceil(quantile * up_to[-1] - 1e-9)
        place = int(np.sum(up_to <= rank if past else up_to < rank))
        place = min(place, len(counts) - 1)
        low, high = lows[place], highs[place]
        inside = (rank - up_to[place]) / counts[place] + 1
        between = low if np.isinf(high) else low + (high - low) * inside
        least, most = times(lows, highs, counts) if times else (counts @ lows / 1e6, counts @ highs / 1e6)
        layers[name] = {
            "events": int(up_to[-1]),
            "low_us": float(low),
            "high_us": float(high),
            "estimate_us": float(guess(low, high, between) if guess else between),
            "least_s": float(least),
            "most_s": float(most),
        }
    leader = [
        name
        for name, layer in layers.items()
        if all(layer["least_s"] > other["most_s"] for other in layers.values() if other is not layer)
    ]
    return {"layers": layers, "bottleneck": leads(layers) if leads else leader[0] if leader else "undecided"}


@mistake(
    "m10_latency_layers",
    misconception="K is a thousand",
    loses=[LONG_WAITS],
    hint="Your K is 1,000. These buckets are powers of two: 1K is 1,024.",
)
def k_is_a_thousand(text, quantile=0.99):
    return layers_of(text, quantile, kilo=1000)


@mistake(
    "m10_latency_layers",
    misconception="a single number has no width",
    loses=[SHORT_WAITS, GUESS, TOTAL],
    hint="[1] holds all from 1 up to less than 2 microseconds. Your bucket has no width.",
)
def no_width(text, quantile=0.99):
    return layers_of(text, quantile, single=0.0)


@mistake(
    "m10_latency_layers",
    misconception="the middle of the bucket",
    loses=[GUESS, LINEAR],
    hint="Your guess is always the middle of the bucket. The rank says how far into the bucket it lies.",
)
def the_middle(text, quantile=0.99):
    return layers_of(text, quantile, guess=lambda low, high, _between: low if np.isinf(high) else (low + high) / 2)


@mistake(
    "m10_latency_layers",
    misconception="a share of the events, not a rank",
    loses=[GUESS, LINEAR],
    hint="You went to q times n. A percentile is an event: the rank is whole, rounded up.",
)
def no_rank(text, quantile=0.99):
    return layers_of(text, quantile, rank_of=lambda q, n: np.round(q * n, 9))


@mistake(
    "m10_latency_layers",
    misconception="rounding moves a rank",
    loses=[SHORT_WAITS, GUESS],
    hint="In floats 0.07 times 100 is a little more than 7, and your rank is 8. A whole rank must stay whole.",
)
def rounding_moves_a_rank(text, quantile=0.99):
    return layers_of(text, quantile, rank_of=lambda q, n: np.ceil(q * n))


@mistake(
    "m10_latency_layers",
    misconception="more than instead of at least",
    loses=[SHORT_WAITS, LONG_WAITS, LINEAR],
    hint="A bucket up to which there are exactly as many events as the rank is enough. You went on to the next.",
)
def more_than_the_rank(text, quantile=0.99):
    return layers_of(text, quantile, past=True)


@mistake(
    "m10_latency_layers",
    misconception="the middle of all buckets",
    loses=[TOTAL, BOTTLENECK, LINEAR],
    hint="You took the middle of each bucket for all of its events, and called it both bounds. Bounds are the edges.",
)
def middles_as_bounds(text, quantile=0.99):
    def middles(lows, highs, counts):
        total = counts @ (lows + highs) / 2e6
        return total, total

    return layers_of(text, quantile, times=middles)


@mistake(
    "m10_latency_layers",
    misconception="milliseconds",
    loses=[TOTAL, LINEAR],
    hint="The buckets are microseconds, and the total is asked for in seconds: a million of them.",
)
def milliseconds(text, quantile=0.99):
    return layers_of(text, quantile, times=lambda lows, highs, counts: (counts @ lows / 1e3, counts @ highs / 1e3))


@mistake(
    "m10_latency_layers",
    misconception="the most time leads",
    loses=[BOTTLENECK],
    hint="You named the layer with the most time. Its least must exceed the most of the others, or it is undecided.",
)
def the_most_time_leads(text, quantile=0.99):
    return layers_of(text, quantile, leads=lambda layers: max(layers, key=lambda name: layers[name]["most_s"]))


@mistake(
    "m10_latency_layers",
    misconception="the most events lead",
    loses=[BOTTLENECK],
    hint="You named the layer with the most events. Many short waits are less than a few long ones.",
)
def the_most_events_lead(text, quantile=0.99):
    return layers_of(text, quantile, leads=lambda layers: max(layers, key=lambda name: layers[name]["events"]))


@mistake(
    "m10_latency_layers",
    misconception="keys are not part of a name",
    loses=[LONG_WAITS, LINEAR],
    hint="You cut the key off a map's name. Two disks would be one.",
)
def without_keys(text, quantile=0.99):
    return layers_of(text, quantile, keys=False)


@mistake(
    "m10_latency_layers",
    misconception="an open bucket ends at its edge",
    loses=[LINEAR],
    hint="Your last bucket ends somewhere. It is open: nobody knows the most.",
)
def open_ends_close(text, quantile=0.99):
    return layers_of(text, quantile, open_end=0.0)


@mistake(
    "m10_latency_layers",
    misconception="nothing is something",
    loses=[NOTHING_READ],
    hint="A text without events, or a quantile of 99, gives an answer here. Refuse what has no percentile.",
)
def nothing_is_something(text, quantile=0.99):
    try:
        return layers_of(text, quantile)
    except ValueError:
        return {"layers": {}, "bottleneck": "undecided"}


# --- order ------------------------------------------------------------------------------------------------------------

LINE, ORDER, TIED, SPEEDUPS, NO_ORDER, NOTHING_COMPARED = (
    "a line",
    "order",
    "ties",
    "speed-ups",
    "no order",
    "nothing to compare",
)


def asked_to_compare(predicted, measured):
    x, y = np.asarray(predicted, dtype=float), np.asarray(measured, dtype=float)
    if x.shape != y.shape or x.size < 2 or not (np.all(x > 0) and np.all(y > 0)):
        raise ValueError("nothing to compare")
    return x, y


def cosine(one, other):
    size = np.sqrt(np.sum(one**2) * np.sum(other**2))
    return float(np.sum(one * other) / size) if size > 1e-12 else np.nan


def correlated(x, y):
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return cosine(x - x.mean(), y - y.mean())


def signs_of(x):
    return np.sign(x[:, np.newaxis] - x)


def mid_ranks(x):
    return signs_of(x).sum(axis=1)


def first_come_ranks(x):
    ranks = np.empty(x.size)
    ranks[np.argsort(x, kind="stable")] = np.arange(x.size)
    return ranks


def fidelity(x, y, pearson=correlated, ranks=mid_ranks, kendall=None, speedup=None):
    """The right answer, but for what is given."""
    ratios = x / y
    return {
        "pearson": pearson(x, y),
        "spearman": correlated(ranks(x), ranks(y)) if np.ptp(x) and np.ptp(y) else np.nan,
        "kendall": kendall(x, y) if kendall else cosine(signs_of(x), signs_of(y)),
        "speedup_error": float(speedup(x, y) if speedup else ratios.max() / ratios.min() - 1),
    }


@mistake(
    "m10_rank_fidelity",
    misconception="the share that is explained",
    loses=[LINE],
    hint="Yours is the square of the correlation. It loses the sign, and looks modest.",
)
def the_share_that_is_explained(predicted, measured):
    return fidelity(*asked_to_compare(predicted, measured), pearson=lambda x, y: correlated(x, y) ** 2)


@mistake(
    "m10_rank_fidelity",
    misconception="ties by their place in the list",
    loses=[TIED],
    hint="Equal values got different ranks, by their place in the list. They share the mean of their ranks.",
)
def ties_by_place(predicted, measured):
    return fidelity(*asked_to_compare(predicted, measured), ranks=first_come_ranks)


@mistake(
    "m10_rank_fidelity",
    misconception="all pairs count",
    loses=[TIED, NO_ORDER],
    hint="You divided by all pairs. Pairs with equal values can be neither right nor wrong: tau-b leaves them out.",
)
def all_pairs_count(predicted, measured):
    x, y = asked_to_compare(predicted, measured)
    pairs = x.size * (x.size - 1)
    return fidelity(x, y, kendall=lambda x, y: float(np.sum(signs_of(x) * signs_of(y)) / pairs))


@mistake(
    "m10_rank_fidelity",
    misconception="the share of pairs in order",
    loses=[ORDER, TIED, NO_ORDER],
    hint="Yours is the share of pairs in the right order. From those the ones in the wrong order are taken off.",
)
def share_in_order(predicted, measured):
    x, y = asked_to_compare(predicted, measured)
    pairs = x.size * (x.size - 1)
    return fidelity(x, y, kendall=lambda x, y: float(np.sum(signs_of(x) * signs_of(y) > 0) / pairs))


@mistake(
    "m10_rank_fidelity",
    misconception="speed-ups against the first",
    loses=[SPEEDUPS, NO_ORDER],
    hint="You compared each point with the first. The worst pair may be any two.",
    mostly=0.0,
)
def against_the_first(predicted, measured):
    return fidelity(*asked_to_compare(predicted, measured), speedup=lambda x, y: np.max((x / x[0]) / (y / y[0])) - 1)


@mistake(
    "m10_rank_fidelity",
    misconception="the worst error",
    loses=[SPEEDUPS, NO_ORDER],
    hint="Yours is the largest error of a prediction. In a speed-up, what is common to both cancels.",
)
def the_worst_error(predicted, measured):
    return fidelity(*asked_to_compare(predicted, measured), speedup=lambda x, y: np.max(np.abs(x / y - 1)))


@mistake(
    "m10_rank_fidelity",
    misconception="what never changes agrees with everything",
    loses=[NO_ORDER],
    hint="Where one side never changes you give a correlation of 0. There is none: say so with NaN.",
)
def zero_for_nothing(predicted, measured):
    found = fidelity(*asked_to_compare(predicted, measured))
    return {name: 0.0 if np.isnan(value) else value for name, value in found.items()}


@mistake(
    "m10_rank_fidelity",
    misconception="anything can be compared",
    loses=[NOTHING_COMPARED],
    hint="A single point, or times below zero, give numbers here. Refuse them.",
)
def anything_can_be_compared(predicted, measured):
    try:
        return fidelity(*asked_to_compare(predicted, measured))
    except ValueError:
        return dict.fromkeys(("pearson", "spearman", "kendall", "speedup_error"), 0.0)


# --- the triangle -----------------------------------------------------------------------------------------------------

UNIT, AGREE, ODD, OUTVOTED, NO_SIDES = (
    "one unit",
    "who agrees",
    "the odd one out",
    "nobody is outvoted",
    "no such sides",
)


def sides_of(ipc, counted, clock, cores, instructions, served, u, k):
    if min(ipc, counted, clock, cores, instructions, served, k) <= 0 or min(u) < 0:
        raise ValueError("no such sides")
    per = clock * cores / instructions
    return [ipc * per, counted * per, served]


def by_vote(per_s, agree):
    if all(agree):
        return "none"
    return ["application", "simulator", "counters"][agree.index(True)] if sum(agree) == 1 else "undecided"


def compared(per_s, u, k, tolerance=None, suspect=by_vote):
    """The right comparison, but for what is given."""
    u = [share * value for share, value in zip(u, per_s, strict=True)]
    near = tolerance or (lambda i, j: k * np.hypot(u[i], u[j]))
    agree = [bool(abs(per_s[i] - per_s[j]) <= near(i, j)) for i, j in ((0, 1), (1, 2), (0, 2))]
    return {"per_s": per_s, "agree": agree, "suspect": suspect(per_s, agree)}


@mistake(
    "m10_triangle_check",
    misconception="one core",
    loses=[UNIT, AGREE, ODD, OUTVOTED],
    hint="Instructions per cycle are those of one core. The application counted what all of them served.",
    mostly=0.0,
)
def one_core(simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    per_s = sides_of(*asked)
    return compared([per_s[0] / cores, per_s[1] / cores, per_s[2]], relative_u, k)


@mistake(
    "m10_triangle_check",
    misconception="uncertainties add up",
    loses=[AGREE],
    hint="You added the uncertainties. Independent errors seldom go apart together: add their squares.",
)
def sides_add_up(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    per_s = sides_of(*asked)
    u = [share * value for share, value in zip(relative_u, per_s, strict=True)]
    return compared(per_s, relative_u, k, tolerance=lambda i, j: k * (u[i] + u[j]))


@mistake(
    "m10_triangle_check",
    misconception="the wider one covers both",
    loses=[AGREE],
    hint="You allowed k times the larger uncertainty. The other side is uncertain as well.",
)
def the_wider_one(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    per_s = sides_of(*asked)
    u = [share * value for share, value in zip(relative_u, per_s, strict=True)]
    return compared(per_s, relative_u, k, tolerance=lambda i, j: k * max(u[i], u[j]))


@mistake(
    "m10_triangle_check",
    misconception="always two uncertainties",
    loses=[AGREE],
    hint="Your comparison allows two uncertainties whatever k is.",
)
def always_two(simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    return compared(sides_of(*asked), relative_u, 2.0)


@mistake(
    "m10_triangle_check",
    misconception="relative is absolute",
    loses=[AGREE, ODD, OUTVOTED],
    hint="You compared requests per second with a share. Multiply each relative uncertainty by its value.",
    mostly=0.0,
)
def relative_is_absolute(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    per_s = sides_of(*asked)
    return compared(per_s, relative_u, k, tolerance=lambda i, j: k * np.hypot(relative_u[i], relative_u[j]))


@mistake(
    "m10_triangle_check",
    misconception="the one farthest off",
    loses=[OUTVOTED],
    hint="You always name the side that is farthest off. Where two pairs agree, or none does, nobody is outvoted.",
)
def the_farthest(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    def farthest(per_s, agree):
        away = [abs(value - np.median(per_s)) for value in per_s]
        return "none" if all(agree) else ["simulator", "counters", "application"][int(np.argmax(away))]

    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    return compared(sides_of(*asked), relative_u, k, suspect=farthest)


@mistake(
    "m10_triangle_check",
    misconception="the model is always wrong",
    loses=[ODD, OUTVOTED],
    hint="You always blame the simulator. Counters and applications can be wrong as well.",
    mostly=0.5,
)
def blame_the_simulator(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    blamed = lambda _per_s, agree: "none" if all(agree) else "simulator"  # noqa: E731
    return compared(sides_of(*asked), relative_u, k, suspect=blamed)


@mistake(
    "m10_triangle_check",
    misconception="any side will do",
    loses=[NO_SIDES],
    hint="A throughput of zero or an uncertainty below it are compared as if they were something. Refuse them.",
)
def any_side(simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0):
    asked = simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k
    try:
        return compared(sides_of(*asked), relative_u, k)
    except ValueError:
        return {"per_s": [0.0, 0.0, 0.0], "agree": [True, True, True], "suspect": "none"}


# --- left out ---------------------------------------------------------------------------------------------------------

PREDICTIONS, ERRORS, U_VAL, JUDGED, NOTHING_LEFT = (
    "predictions",
    "errors",
    "validation uncertainty",
    "verdicts",
    "nothing to leave out",
)


def asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input):
    columns = [np.asarray(each, dtype=float) for each in (flops, traffic_bytes, measured_s, u_measured)]
    if columns[0].size < 4 or len({each.shape for each in columns}) > 1:
        raise ValueError("nothing to leave out")
    if min(each.min() for each in columns[:3]) <= 0 or min(columns[3].min(), u_input) < 0:
        raise ValueError("nothing to leave out")
    return columns


def fitted(work, traffic, t, relative=True):
    features = np.stack([work, traffic], axis=1)
    target = np.ones(t.size) if relative else t
    return np.linalg.lstsq(features / t[:, np.newaxis] if relative else features, target, rcond=None)[0]


def left_out(columns, u_input, fit=fitted, seen=False, error=None, noise=None, inside=None, k=2.0):
    """The right table, but for what is given."""
    work, traffic, t, u = columns
    others = [np.arange(t.size) >= 0 if seen else np.arange(t.size) != i for i in range(t.size)]
    coefficients = [fit(work[rest], traffic[rest], t[rest]) for rest in others]
    predicted = np.array([c @ (work[i], traffic[i]) for i, c in enumerate(coefficients)])
    intensity = work / traffic
    known = inside or (lambda i, rest: intensity[rest].min() <= intensity[i] <= intensity[rest].max())
    u_val = noise(u, u_input) if noise else np.sqrt(u**2 + u_input**2)
    off = error(predicted, t) if error else predicted / t - 1
    small = np.abs(off) <= k * u_val
    verdict = [
        "outside" if not known(i, np.arange(t.size) != i) else "noise" if small[i] else "model" for i in range(t.size)
    ]
    return {"predicted_s": predicted, "error": off, "u_val": u_val, "verdict": verdict}


@mistake(
    "m10_left_out_table",
    misconception="fitted to all",
    loses=[PREDICTIONS, ERRORS, JUDGED],
    hint="Your model has seen the workload that it predicts. Leave it out of the fit.",
    mostly=0.3,
)
def fitted_to_all(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, seen=True)


@mistake(
    "m10_left_out_table",
    misconception="absolute errors",
    loses=[PREDICTIONS, ERRORS, JUDGED],
    hint="You fitted seconds. Then the long workloads decide everything: divide each equation by its measured time.",
    mostly=0.3,
)
def absolute_errors(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, fit=lambda work, traffic, t: fitted(work, traffic, t, relative=False))


@mistake(
    "m10_left_out_table",
    misconception="compute alone",
    loses=[PREDICTIONS, ERRORS, JUDGED],
    hint="Your model knows operations and no bytes. It has two rates.",
    mostly=0.0,
)
def compute_alone(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)

    def rate(work, _traffic, t):
        relative = work / t
        return np.array([relative.sum() / (relative @ relative), 0.0])

    return left_out(columns, u_input, fit=rate)


@mistake(
    "m10_left_out_table",
    misconception="errors without signs",
    loses=[ERRORS],
    hint="Your errors have no signs. Whether a model is too fast or too slow is half of the finding.",
)
def errors_without_signs(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, error=lambda predicted, t: np.abs(predicted / t - 1))


@mistake(
    "m10_left_out_table",
    misconception="uncertainties add up",
    loses=[U_VAL, JUDGED],
    hint="You added the uncertainties of measurement and inputs. They are independent: add their squares.",
    mostly=0.0,
)
def measured_and_input_add_up(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, noise=lambda u, given: u + given)


@mistake(
    "m10_left_out_table",
    misconception="measurement alone is uncertain",
    loses=[U_VAL, JUDGED],
    hint="Your validation uncertainty is that of the measurement. What goes into the prediction is uncertain, too.",
    mostly=0.0,
)
def measurement_alone(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, noise=lambda u, given: u)


@mistake(
    "m10_left_out_table",
    misconception="nothing lies outside",
    loses=[JUDGED],
    hint="Your model is never asked beyond what it was fitted to. Compare each intensity with those of the *others*.",
)
def nothing_outside(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, inside=lambda i, rest: True)


@mistake(
    "m10_left_out_table",
    misconception="one uncertainty",
    loses=[JUDGED],
    hint="You allow one uncertainty. A third of all honest predictions lies beyond that.",
    mostly=0.3,
)
def one_uncertainty(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    return left_out(columns, u_input, k=1.0)


@mistake(
    "m10_left_out_table",
    misconception="anything can be left out",
    loses=[NOTHING_LEFT],
    hint="Three workloads, or times below zero, give a table here. Refuse what cannot be fitted.",
)
def anything_can_be_left_out(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    try:
        columns = asked_to_leave_out(flops, traffic_bytes, measured_s, u_measured, u_input)
    except ValueError:
        return {"predicted_s": [], "error": [], "u_val": [], "verdict": []}
    return left_out(columns, u_input)
