# %% [markdown]
# # Module 10 · Validation & Measurement: practical
#
# The simulator says 2.1 instructions per cycle, the counters say 1.6, and the service serves what neither predicts. A
# colleague has measured a speed-up of 3 %, once. A dashboard shows a utilisation of 60 % and users who wait. Every
# number in the ten other modules came from somewhere; this notebook builds the tools with which an architect decides
# whether to believe it:
#
# 1. **Runs:** is it *one* steady thing that was measured?
# 2. **Intervals:** how sure are a mean, a ratio, a resampled statistic, a percentile?
# 3. **Instruments:** what do they add, and what do they hide?
# 4. **Layers:** where does the time go, seen from the kernel?
# 5. **Models:** does a simulator put designs into the right order, whom do you doubt when numbers differ, and how far
#    may a model be trusted beyond what it was fitted to?
#
# There are ten exercises, 43 points, and about an hour and a half of work. Write your answer where it says `YOUR CODE
# HERE`; add cells of your own wherever you like to try things out. The cell below each answer holds tests that you can
# see. **When they pass, and Validate passes, that is the beginning:** the hidden checks try other runs, other machines,
# and the cases at the edge that the text names.
#
# Units stand in the names: `_s` is seconds, `_us` microseconds, `_w` watts, `_j` joules.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import special

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. Is it one steady thing that was measured?
#
# Statistics of repeated runs begin with a belief: that they are draws from one distribution, none of them remembering
# the one before. Machines warm up, clocks throttle, neighbours arrive. So look first, with three screens that need no
# normal distribution.
#
# **Outliers** (Iglewicz and Hoaglin). With the median $\tilde x$ and the median of the distances from it, $\mathrm{MAD}
# = \mathrm{median}\,|x_i - \tilde x|$, a run is an outlier if
#
# $$ \left| \frac{0.6745\,(x_i - \tilde x)}{\mathrm{MAD}} \right| > 3.5. $$
#
# Both medians stay where they are even when a third of the runs is wild. If MAD is 0, more than half of the runs are
# equal; then every run that differs from the median is an outlier.
#
# **Drift** (Mann and Kendall). $S$ counts the pairs in which the later run is larger, less those in which it is
# smaller. Without drift its mean is 0, and with groups of $t_g$ equal values its variance and the test are
#
# $$ \operatorname{Var} S = \frac{n(n-1)(2n+5) - \sum_g t_g (t_g - 1)(2 t_g + 5)}{18}, \qquad
#    Z = \frac{S - \operatorname{sgn} S}{\sqrt{\operatorname{Var} S}}, $$
#
# and about $p = 2\,\Phi(-|Z|)$ is the probability of such a drift or more, in either direction, by chance. ($\Phi$ is
# `special.ndtr`.)
#
# **Memory.** The correlation of neighbours, and what $n$ runs are worth if each remembers only the one before:
#
# $$ r_1 = \frac{\sum_{i=1}^{n-1} (x_i - \bar x)(x_{i+1} - \bar x)}{\sum_{i=1}^{n} (x_i - \bar x)^2}, \qquad
#    n_{\mathrm{eff}} = \min\!\left(n,\; n\,\frac{1 - r_1}{1 + r_1}\right). $$
#
# **What the model leaves out.** Two modes, such as a fast and a slow socket, are neither outliers nor drift. Nothing
# replaces a plot of the runs in their order.
#
# **Exercise 1** (4 points, 8 minutes). Write `run_screen`. If all runs are equal, there is no drift ($Z = 0$, $p = 1$)
# and no memory ($r_1 = 0$).


# %% exercise={"id": "m10_run_screen", "reference": "m10_validation.run_screen:run_screen"}
def run_screen(times_s):
    """Outliers, drift and memory of runs in their order.

    times_s: times of the runs, in the order in which they were made [s]

    Returns a dict with `outliers` (list of their places, from 0, in order), `drift_z`, `drift_p`, `lag1` and
    `effective_runs` [1].

    Raises ValueError if there are fewer than four runs.
    """
    ### SOLUTION


# %% tests={"id": "m10_run_screen"}
screened = run_screen([1.00, 1.02, 0.99, 1.01, 1.00, 9.00])
assert set(screened) == {"outliers", "drift_z", "drift_p", "lag1", "effective_runs"}, f"these five: {sorted(screened)}"
assert list(screened["outliers"]) == [5], f"the last run is an outlier, and the only one: {screened['outliers']}"
assert np.isclose(screened["drift_z"], 3 / np.sqrt(492 / 18)), f"S is 4, and two runs are equal: {screened['drift_z']}"
assert np.isclose(run_screen([1.0, 2.0, 4.0, 3.0, 5.0])["lag1"], 0.1), "neighbours of 1, 2, 4, 3, 5 correlate by 0.1"
try:
    run_screen([1.0, 2.0, 3.0])
except ValueError:
    pass
else:
    raise AssertionError("three runs cannot be screened: raise ValueError")

# %% [markdown]
# Four machines, forty runs of the same program on each. Their means differ by a few per cent. Should anybody care?


# %%
def forty_runs(kind):
    """Run times on a machine with one habit."""
    rng = np.random.default_rng(10)
    noise = rng.normal(0, 0.02, size=40)
    if kind == "warms up":
        return 1 + noise + 0.12 * np.exp(-np.arange(40) / 8)
    if kind == "a neighbour":
        return 1 + noise + 0.25 * (rng.random(40) < 0.08)
    if kind == "remembers":
        slow = np.zeros(40)
        for run in range(1, 40):
            slow[run] = 0.8 * slow[run - 1] + noise[run]
        return 1 + slow
    return 1 + noise


rows, (figure, panels) = {}, plt.subplots(1, 4, figsize=(11, 2.8), sharey=True)
for kind, panel in zip(("steady", "warms up", "a neighbour", "remembers"), panels, strict=True):
    runs = forty_runs(kind)
    rows[kind] = run_screen(runs) | {"mean [s]": np.mean(runs)}
    panel.plot(runs, "o", markersize=3, color=BLUE)
    panel.plot(rows[kind]["outliers"], runs[rows[kind]["outliers"]], "o", markersize=6, color=RED, mfc="none")
    panel.set(title=kind, xlabel="run")
panels[0].set_ylabel("time [s]")
plt.show()
pd.DataFrame(rows).T[["mean [s]", "outliers", "drift_p", "lag1", "effective_runs"]]

# %% [markdown]
# **Notice.** Each habit is caught by another screen, and each screen sees something of the others: whoever warms up
# remembers, too. Forty runs of the last machine are worth a handful, and its mean is the least certain of the four,
# although no single run looks odd. What has failed a screen is not to be *deleted*. It is to be explained.

# %% [markdown]
# ## 2. How sure is it?
#
# ### Means, their difference, their ratio
#
# Runs before a change, runs after it. Three questions that are not the same:
#
# - *How long does each take?* Student's interval of a mean: $\bar x \pm t_{n-1}\, \sqrt{v}$, where $v = s^2/n$ is the
#   variance of the mean.
# - *How much faster is it?* Welch's interval of a difference, with variances that need not be equal:
#   $\bar x_1 - \bar x_2 \pm t_\nu \sqrt{v_1 + v_2}$, with
#
# $$ \nu = \frac{(v_1 + v_2)^2}{v_1^2/(n_1 - 1) + v_2^2/(n_2 - 1)}. $$
#
# - *How many times faster?* Fieller's interval of a ratio: all ratios $\rho$ for which $\bar x_1 - \rho\,\bar x_2$
#   cannot be told from 0, $(\bar x_1 - \rho\,\bar x_2)^2 \le t_\nu^2\,(v_1 + \rho^2 v_2)$. Take Welch's $\nu$ here,
#   too. The inequality is quadratic in $\rho$. If the second mean itself cannot be told from 0, $\bar x_2^2 \le t_\nu^2
#   v_2$, there is no limit on either side.
#
# $t_\nu$ is the quantile $(1 + \gamma)/2$ of Student's distribution for the confidence $\gamma$: `special.stdtrit(nu,
# (1 + gamma) / 2)`.
#
# **What the model leaves out.** Runs that remember (section 1), and everything that was the same in all of them: one
# machine, one build, one morning.
#
# **Exercise 2** (5 points, 9 minutes). Write `interval_table`. Samples need not be equally large. If one sample does
# not vary, its interval has no width; if neither does, there is nothing to say about the difference, and you refuse.


# %% exercise={"id": "m10_interval_table", "reference": "m10_validation.mean_intervals:interval_table"}
def interval_table(before_s, after_s, confidence=0.95):
    """Means, difference and ratio of two samples of run times, with intervals.

    before_s:   run times before a change [s]
    after_s:    run times after it [s]
    confidence: of each interval, between 0 and 1 [1]

    Returns a table, data frame or dict of columns, with the columns quantity, estimate, low and high, and four rows in
    this order: "before" and "after", the means [s]; "difference", before less after [s]; "ratio", before over after
    [1]. Limits of a ratio that has none are minus infinity and infinity.

    Raises ValueError if a sample has fewer than two runs, if neither sample varies, or if the confidence does not lie
    between 0 and 1.
    """
    ### SOLUTION


# %% tests={"id": "m10_interval_table"}
intervals = pd.DataFrame(interval_table([10.1, 9.9, 10.0, 10.2], [8.0, 8.1, 7.9])).set_index("quantity")
assert list(intervals.index) == ["before", "after", "difference", "ratio"], f"four rows: {list(intervals.index)}"
assert np.allclose(intervals["estimate"], [10.05, 8.0, 2.05, 1.25625]), f"estimates: {intervals['estimate'].tolist()}"
assert np.isclose(intervals.loc["after", "low"], 7.7516, atol=5e-5), "three runs of 8.0, 8.1, 7.9: from 7.7516 s"
assert np.isclose(intervals.loc["difference", "low"], 1.8268, atol=5e-5), "the difference is at least 1.8268 s"
assert np.isclose(intervals.loc["ratio", "low"], 1.2254, atol=5e-5), "and the ratio at least 1.2254"

# %% [markdown]
# Four pairs of samples. The change brings 5 % in all of them.

# %%
rng, rows = np.random.default_rng(4), {}
for runs, noise in ((5, 0.02), (5, 0.08), (20, 0.08), (80, 0.08)):
    before, after = 1.05 * (1 + rng.normal(0, noise, runs)), 1 + rng.normal(0, noise, runs)
    found = pd.DataFrame(interval_table(before, after)).set_index("quantity")
    rows[f"{runs} runs, {noise:.0%} noise"] = {
        "before [s]": "{low:.3f} to {high:.3f}".format(**found.loc["before"]),
        "after [s]": "{low:.3f} to {high:.3f}".format(**found.loc["after"]),
        "difference [s]": "{low:.3f} to {high:.3f}".format(**found.loc["difference"]),
        "speed-up": "{low:.3f} to {high:.3f}".format(**found.loc["ratio"]),
    }
pd.DataFrame(rows).T

# %% [markdown]
# **Notice.** Where the intervals of the two means overlap, the difference may still be certain: two means seldom err
# towards each other at the same time. Do not compare intervals; make the interval of what you want to know. Four times
# the runs make it half as wide, and a quarter of the noise does the same for nothing.

# %% [markdown]
# ### What has no formula
#
# Instructions per cycle of a whole run are the instructions of all its intervals, over the cycles of all: a ratio of
# *sums*, $\hat\theta = \sum x / \sum y$. Its interval is in no table. The **bootstrap** asks the data: draw $n$ pairs
# from the $n$ pairs, with repetition, compute $\theta^*$, and do it $B$ times. The quantiles $\beta = (1 \mp \gamma)/2$
# of all $\theta^*$ are the *percentile interval*. It is too short and off its place where the statistic is skewed.
# Efron's **BCa** mends both: it takes the quantiles
#
# $$ p_\beta = \Phi\left(z_0 + \frac{z_0 + z_\beta}{1 - a (z_0 + z_\beta)}\right), \quad z_\beta = \Phi^{-1}(\beta), $$
#
# - where $\Phi(z_0)$ is the share of the $\theta^*$ below $\hat\theta$, those equal to it counted half (the *bias*),
# - and the *acceleration* comes from the statistic without each pair in turn, $\theta_{(i)}$, and their mean
#   $\bar\theta$:
#
# $$ a = \frac{\sum_i (\bar\theta - \theta_{(i)})^3}{6\,\bigl[\sum_i (\bar\theta - \theta_{(i)})^2\bigr]^{3/2}}. $$
#
# **What the model leaves out.** Intervals that resemble their neighbours (then whole blocks must be drawn), and samples
# of fewer than about ten, which do not know their own tails.
#
# **Exercise 3** (5 points, 9 minutes). Write `bca_interval`. The resamples are *given*, as places of pairs, so that
# your answer is not a matter of luck. Take quantiles as `np.quantile` does (linear between neighbours); `special.ndtri`
# is $\Phi^{-1}$.


# %% exercise={"id": "m10_bca_interval", "reference": "m10_validation.bootstrap:bca_interval"}
def bca_interval(numerator, denominator, resamples, confidence=0.95):
    """Ratio of two sums, with its percentile and its BCa interval.

    numerator:   one number for each interval of a run, such as its instructions
    denominator: its partner, such as the cycles
    resamples:   table of places (from 0), a row for each resample, as long as there are pairs [1]
    confidence:  of the intervals, between 0 and 1 [1]

    Returns a dict with `estimate`, `percentile_low`, `percentile_high`, and `low`, `high` by BCa.

    Raises ValueError if there are fewer than two pairs, numerator and denominator are not equally long, rows of
    `resamples` are not as long as they are, or all resamples lie on one side of the estimate (and none equals it).
    """
    ### SOLUTION


# %% tests={"id": "m10_bca_interval"}
places = np.array([[0, 1, 2], [0, 0, 1], [2, 2, 1], [0, 2, 2], [1, 1, 1], [0, 1, 0], [2, 2, 2], [1, 2, 0]])
small = bca_interval([4.0, 6.0, 9.0], [2.0, 4.0, 3.0], places, confidence=0.5)
assert set(small) == {"estimate", "percentile_low", "percentile_high", "low", "high"}, f"these five: {sorted(small)}"
assert np.isclose(small["estimate"], 19 / 9), f"19 over 9, not {small['estimate']}: sums first, then the ratio"
assert np.isclose(small["percentile_low"], 1.75), f"a quarter lies below 1.75: {small['percentile_low']}"
assert np.isclose(small["percentile_high"], 2.4875), f"a quarter lies above 2.4875: {small['percentile_high']}"
assert np.isclose(small["high"], 2.48835, atol=5e-6), f"BCa moves the upper limit a little: {small['high']}"

# %% [markdown]
# One run of fifteen intervals, with skewed instructions and cycles: all its resamples, and both intervals.

# %%
rng = np.random.default_rng(16)
cycles = rng.uniform(0.5, 1.5, 15)
counted, shared = cycles * rng.lognormal(0, 1, 15), rng.integers(15, size=(2000, 15))
found = bca_interval(counted, cycles, shared)
figure, axes = plt.subplots(figsize=(8.5, 3.2))
axes.hist(counted[shared].sum(axis=1) / cycles[shared].sum(axis=1), bins=60, color=BLUE, alpha=0.35)
for height, colour, name in ((75, ORANGE, "percentile_"), (90, GREEN, "")):
    ends = found[name + "low"], found[name + "high"]
    axes.plot(ends, [height] * 2, color=colour, linewidth=4, label="percentile" if name else "BCa")
axes.axvline(found["estimate"], color=GREY, linewidth=1)
axes.set(xlabel="instructions per cycle", ylabel="resamples", title="2,000 resamples of fifteen intervals")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** BCa moves both limits to where the tail is. Does it help? For means of fifteen points from a lognormal
# distribution, intervals that promise 95 % hold the truth in 84 of 100 cases by percentiles, and in 86 by BCa: better,
# and not good. No method makes a large sample of a small one. And the *mean of the ratios* would have been something
# else altogether: it weighs a short interval as much as a long one.

# %% [markdown]
# ### A promise about a percentile
#
# "99 % of the requests take less than 100 ms." A load test can end in *three* ways: the promise is **kept**, it is
# **broken**, or the test was too short to tell. In module 8 you found two of the sorted latencies between which a true
# percentile lies. The function below does that again. It leaves half of the rest on either side; but who asks whether a
# limit is kept needs a limit on *one* side, and may leave all of $\alpha = 1 - \gamma$ there.


# %%
def quantile_interval_s(measured_s, share, confidence):
    """Two-sided interval of a true quantile, as in module 8: a dict with low and high [s]; 0, infinity for none.

    measured_s: latencies, in any order [s]
    share:      which quantile: of the requests, between 0 and 1 [1]
    confidence: between 0 and 1; half of the rest is left on either side [1]
    """
    sorted_s = np.sort(np.asarray(measured_s, dtype=float))
    if sorted_s.size == 0:
        raise ValueError("no latencies")
    up_to = special.bdtr(np.arange(sorted_s.size), sorted_s.size, share)  # P(K <= k) of k = 0, 1, ...
    lower, upper = np.sum(up_to <= (1 - confidence) / 2), np.sum(up_to < (1 + confidence) / 2)
    padded = np.concatenate([[0.0], sorted_s, [np.inf]])
    return {"low": float(padded[lower]), "high": float(padded[upper + 1])}


# %% [markdown]
# The promise is *kept* if the upper limit does not exceed it, *broken* if the lower limit does, and *open* otherwise.
# And some tests cannot end well, whatever they measure: even the largest of $n$ latencies is an upper limit only if it
# would be rare for all $n$ to fall below the true percentile, $q^n \le \alpha$.
#
# **What the model leaves out.** Requests that are slow together, and limits that were chosen after the test.
#
# **Exercise 4** (3 points, 6 minutes). Write `quantile_verdict`.


# %% exercise={"id": "m10_quantile_verdict", "reference": "m10_validation.quantile_verdict:quantile_verdict"}
def quantile_verdict(latency_s, quantile, limit_s, confidence=0.95):
    """Whether a limit on a percentile is kept, and how many requests it takes to say so.

    latency_s:  measured latencies, in any order [s]
    quantile:   share of the requests that must keep the limit, between 0 and 1 [1]
    limit_s:    what has been promised [s]
    confidence: of each one-sided limit, more than 0.5, less than 1 [1]

    Returns a dict with `lower_s` and `upper_s`, the one-sided limits (0 and infinity where there is none) [s],
    `verdict` ("kept", "broken" or "open"), and `requests_needed`, the fewest requests with which a test has an upper
    limit, however many there are in this one [1].

    Raises ValueError if there is no latency, the quantile does not lie between 0 and 1, or the confidence not between
    0.5 and 1.
    """
    ### SOLUTION


# %% tests={"id": "m10_quantile_verdict"}
three_hundred = quantile_verdict(np.arange(300, 0, -1) / 1000, 0.99, limit_s=0.3)
assert set(three_hundred) == {"lower_s", "upper_s", "verdict", "requests_needed"}, f"four keys: {sorted(three_hundred)}"
assert three_hundred["requests_needed"] == 299, f"299 requests, not {three_hundred['requests_needed']}"
assert three_hundred["upper_s"] == 0.3 and three_hundred["verdict"] == "kept", f"300 are just enough: {three_hundred}"
assert quantile_verdict(np.arange(300, 0, -1) / 1000, 0.99, limit_s=0.2999)["verdict"] == "open", "so near is open"
try:
    quantile_verdict([0.1, 0.2], 0.99, 0.1, confidence=0.5)
except ValueError:
    pass
else:
    raise AssertionError("an even chance is no confidence: raise ValueError")

# %%
rng, lengths = np.random.default_rng(3), np.unique(np.geomspace(60, 6000, 30).astype(int))
figure, axes = plt.subplots()
names = ["broken", "open", "kept"]
for truth, colour, marker in ((0.080, GREEN, "o"), (0.097, ORANGE, "s"), (0.125, RED, "^")):
    verdicts = [
        names.index(quantile_verdict(truth * np.exp(rng.normal(0, 0.5, n) - 1.1632), 0.99, 0.1)["verdict"])
        for n in lengths
    ]
    shift = {GREEN: 0.08, ORANGE: 0.0, RED: -0.08}[colour]
    axes.semilogx(lengths, np.array(verdicts) + shift, marker, color=colour, label=f"true p99: {1e3 * truth:g} ms")
axes.set(yticks=[0, 1, 2], yticklabels=names, xlabel="requests in the test", title="p99 below 100 ms?")
axes.legend(frameon=False, loc="center left", bbox_to_anchor=(0, 0.28))
plt.show()

# %% [markdown]
# **Notice.** A service that keeps its promise by a fifth needs some hundreds of requests to prove it, one that keeps it
# by 3 % needs thousands. The middle line is honest: *open* is a result. A report that knows only "passed" and "failed"
# has made one of them up.

# %% [markdown]
# ## 3. What do instruments add, and what do they hide?
#
# ### From readings to a result
#
# The energy of a request above idle is
#
# $$ E = \frac{(P - P_0)\,t}{n}, $$
#
# from the power under load, the power when idle, a time, and a count that is exact. Each reading $x_i$ has a standard
# uncertainty $u_i$. The law of propagation (the *GUM*, JCGM 100:2008, 5.1 and 5.2) carries them into the result:
#
# $$ u_c^2 = \sum_i c_i^2 u_i^2 + 2 \sum_{i<j} c_i c_j u_i u_j\, r_{ij}, \quad c_i = \frac{\partial E}{\partial x_i}. $$
#
# Both powers come from *one* meter. What it reads too high, it reads too high both times: their errors have a
# correlation $r$. The result is quoted with an expanded uncertainty $U = 2 u_c$.
#
# **What the model leaves out.** It is linear. Where the uncertainties are as large as the difference, draw instead.
#
# **Exercise 5** (4 points, 8 minutes). Write `net_energy`. Work the sensitivities out yourself.


# %% exercise={"id": "m10_net_energy", "reference": "m10_validation.propagation:net_energy"}
def net_energy(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    """Energy of a request above idle, with its uncertainty, and what that is made of.

    busy_w:      mean power under load [W]
    idle_w:      mean power when idle [W]
    time_s:      duration of the load [s]
    requests:    requests served in that time, counted exactly [1]
    u_busy_w:    standard uncertainty of the power under load [W]
    u_idle_w:    standard uncertainty of the power when idle [W]
    u_time_s:    standard uncertainty of the duration [s]
    correlation: of the errors of the two powers, from -1 to 1, both included [1]

    Returns a dict with `energy_j`, `standard_j` (the combined standard uncertainty), `expanded_j` [J], and `parts`: a
    dict with the shares of "busy", "idle", "time" and "covariance" (the term with r) in the variance; they add up to
    1, and the last may be negative.

    Raises ValueError if busy is not more than idle, time or requests are not positive, an uncertainty is negative, all
    three are zero, or the correlation is none.
    """
    ### SOLUTION


# %% tests={"id": "m10_net_energy"}
energy = net_energy(300.0, 100.0, 60.0, 1000, u_busy_w=4.0, u_idle_w=3.0, u_time_s=0.0)
assert set(energy) == {"energy_j", "standard_j", "expanded_j", "parts"}, f"these four: {sorted(energy)}"
assert np.isclose(energy["energy_j"], 12.0), f"200 W for 60 s, over 1,000 requests: 12 J, not {energy['energy_j']}"
assert np.isclose(energy["standard_j"], 0.3), f"4 W and 3 W make 5 W: 0.3 J, not {energy['standard_j']}"
assert set(energy["parts"]) == {"busy", "idle", "time", "covariance"}, f"four parts: {sorted(energy['parts'])}"
assert np.isclose(energy["parts"]["busy"], 0.64), f"64 % of the variance is busy's: {energy['parts']}"
try:
    net_energy(100.0, 100.0, 60.0, 1000, 4.0, 3.0, 0.1)
except ValueError:
    pass
else:
    raise AssertionError("nothing above idle: raise ValueError")

# %%
idle, figure_and_axes = np.linspace(10, 280, 60), plt.subplots()
figure, axes = figure_and_axes
for correlation, colour in ((0.0, RED), (0.5, ORANGE), (0.9, GREEN), (1.0, BLUE)):
    relative = []
    for power in idle:  # a meter that is sure to 1 % of what it reads
        found = net_energy(300.0, power, 60.0, 1000, 3.0, 0.01 * power, 0.06, correlation)
        relative.append(100 * found["expanded_j"] / found["energy_j"])
    axes.semilogy(idle, relative, color=colour, label=f"r = {correlation:g}")
axes.set(xlabel="idle power [W], of 300 W busy", ylabel="expanded uncertainty [%]", title="A meter of one per cent")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** A meter of 1 % makes an energy of 2 %, or of 40 %: a small difference of two large numbers keeps their
# errors and loses their size. Correlation, an enemy elsewhere, is a friend here. So measure both powers with the *same*
# meter, on the same range, on the same day.

# %% [markdown]
# ### A counter that is shared, and its own cost
#
# More events than counters: they take turns (module 2), and the kernel scales what it saw. What is that *worth*?
# Let a run have $M$ turns of equal length. In $m$ of them the event was on a counter, with counts $c_1, \dots, c_m$.
# If these turns are like a random choice among all,
#
# $$ \hat N = M\,\bar c, \qquad u^2(\hat N) = M^2\,\frac{s_c^2}{m}\left(1 - \frac{m}{M}\right), $$
#
# with the sample variance $s_c^2$ (divided by $m - 1$). The last factor is easily forgotten: turns that were counted
# are no guess, and with $m = M$ nothing is uncertain.
#
# And measuring is work. Each of $p$ starts and stops inside the program counts events of its own. Measure *nothing* $k$
# times, a stop right after a start: this gives counts $e$ with a mean and a variance. Then
#
# $$ N = M\,\bar c - p\,\bar e, \qquad u^2 = u^2(\hat N) + p^2\,\frac{s_e^2}{k}. $$
#
# **What the model leaves out.** Phases that keep step with the rotation. And *skid*: an interrupt lands some
# instructions after its cause, which moves counts to the neighbour, and no subtraction brings them back.
#
# **Exercise 6** (4 points, 8 minutes). Write the class `NetCounter`. Turns and calibrations may come in any order.


# %% exercise={"id": "m10_net_counter", "reference": "m10_validation.net_counter:NetCounter"}
class NetCounter:
    """An event that shares its counter with others, and is charged for measuring."""

    def __init__(self, probes):
        """Start without turns and without calibrations.

        probes: how often the measurement is started and stopped within the program; may be 0 [1]

        Raises ValueError if that is negative.
        """
        ### SOLUTION

    def turn(self, count=None):
        """Let a turn pass.

        count: events counted in it; None while another group was on the counter [1]
        """
        ### SOLUTION

    def calibrate(self, count):
        """Take a measurement of nothing into account.

        count: events between a start and the stop right after it [1]
        """
        ### SOLUTION

    @property
    def scaled(self):
        """Events in all turns so far, counted and not; NaN before a turn was counted [1]."""
        ### SOLUTION

    @property
    def net(self):
        """The same without what the probes cost; NaN before a turn was counted and a calibration made [1]."""
        ### SOLUTION

    @property
    def uncertainty(self):
        """Standard uncertainty of `net`; NaN before two turns were counted and two calibrations made [1]."""
        ### SOLUTION


# %% tests={"id": "m10_net_counter"}
counter = NetCounter(probes=10)
for count in (1000, None, 1200, None):
    counter.turn(count)
assert counter.scaled == 4400, f"1,100 in each of four turns: {counter.scaled}"
assert np.isnan(counter.net), "without a calibration nobody knows what the probes cost"
for count in (18, 22):
    counter.calibrate(count)
assert counter.net == 4200, f"ten probes cost 200 events: {counter.net}"
assert np.isclose(counter.uncertainty, np.sqrt(16 * 20_000 / 2 * 0.5 + 100 * 8 / 2)), f"{counter.uncertainty}"

# %% [markdown]
# A program of two phases, 400 turns long; misses happen mostly in the second. What would one have reported who had the
# event on the counter for a part of the turns only? Each bar below is the same run, counted in other turns.

# %%
rng, figure_and_axes = np.random.default_rng(2), plt.subplots()
figure, axes = figure_and_axes
per_turn = np.where(np.arange(400) < 300, rng.poisson(80, 400), rng.poisson(900, 400))
for place, (share, colour) in enumerate(((0.05, RED), (0.2, ORANGE), (0.5, GREEN), (1.0, BLUE))):
    for again in range(8):
        chosen = set(rng.choice(400, size=int(400 * share), replace=False).tolist())
        counter = NetCounter(probes=0)
        for number, count in enumerate(per_turn.tolist()):
            counter.turn(count if number in chosen else None)
        counter.calibrate(0)
        counter.calibrate(0)
        axes.errorbar(
            place + 0.08 * again, counter.net / 1e3, 2 * counter.uncertainty / 1e3, fmt="o", markersize=3, color=colour
        )
axes.axhline(per_turn.sum() / 1e3, color=GREY, linewidth=1)
axes.set(xticks=[0.33, 1.33, 2.33, 3.33], xticklabels=["5 %", "20 %", "50 %", "100 %"])
axes.set(xlabel="turns that were counted", ylabel="misses [thousands]", title="Scaled counts, two uncertainties wide")
plt.show()

# %% [markdown]
# **Notice.** perf prints the share of the time behind a scaled count, and no uncertainty. With 5 % of the turns this
# count is good to about a half. Two events of which one was on the counter in the first phase and the other in the
# second make a ratio that no program ever had: put what you divide into one group.

# %% [markdown]
# ## 4. Where does the time go, seen from the kernel?
#
# A server's dashboards show all that the *USE method* asks for: of every resource its **u**tilisation, its
# **s**aturation (work that waits) and its **e**rrors (Gregg, *Systems Performance*).

# %%
pd.DataFrame(
    [
        ["processors", "58 %", "run queue: not shown", "none"],
        ["disk", "31 %", "queue of 0.2 on average", "none"],
        ["network", "22 %", "no drops", "3 retransmissions/s"],
    ],
    columns=["resource", "utilisation", "saturation", "errors"],
)

# %% [markdown]
# Nothing is busy, and one request in twenty takes 100 ms. Averages over a minute hide a queue that lives for
# milliseconds. So somebody let the kernel count, for 60 seconds on 32 processors: how long did threads wait for a lock,
# for a processor (*run queue latency*), for packets, for the disk? With eBPF this costs little, since only counts leave
# the kernel, in buckets of powers of two. The text has the format of *bpftrace*; it was written for this exercise.

# %%
traced = Path("data/request_layers.txt").read_text()
print(traced)

# %% [markdown]
# **How to read it.**
#
# - A line that begins with `@` names a map: everything between `@` and the last colon, keys included
#   (`disk_us[nvme0n1]`). If something stands behind that colon, the map is no histogram, and does not concern us; nor
#   does any other line that is not a bucket.
# - A line that begins with a bracket is a bucket of the histogram above it: its edges, how many events fell into it,
#   and a bar that only draws. `[8, 16)` holds 8 µs up to less than 16; `[1]` one microsecond, below 2; `K`, `M` and
#   `G` are powers of 1024. Linear histograms (`lhist`) have open ends: `(..., 10)` holds all below 10, down to 0
#   here; `[500, ...)` all from 500 on, without end.
# - Empty buckets count for nothing.
#
# **What it can tell.** The quantile $q$ of $n$ events is the event of rank $\lceil qn \rceil$, and lies in the first
# bucket with so many events up to it: between its edges $l$ and $h$. A point between them is a guess; the usual one
# goes on evenly: with $N$ events in the buckets before, and $n_b$ in this one, $l + (h - l)(\lceil qn \rceil - N)/n_b$
# (in an open bucket, $l$). The total time lies between the sum of all lower and the sum of all upper edges. A layer is
# the **bottleneck** beyond doubt only if its *least* total time is more than the *most* of each other layer.
#
# **What the model leaves out.** Nesting: a thread that waits for a lock may wait because the lock's owner waits for a
# processor.
#
# **Exercise 7** (5 points, 10 minutes). Write `latency_layers`. A rank that is whole but for rounding is whole: 0.07 of
# 100 events is the 7th. A histogram alone is the bottleneck.


# %% exercise={"id": "m10_latency_layers", "reference": "m10_validation.latency_layers:latency_layers"}
def latency_layers(text, quantile=0.99):
    """Percentiles and total times of layers from bpftrace's histograms, and the bottleneck, if it is beyond doubt.

    text:     what bpftrace printed: histograms of microseconds, among other lines
    quantile: share of the events, more than 0, at most 1 [1]

    Returns a dict with
        layers:     a dict; for each histogram, by its name, a dict with `events` [1], `low_us` and `high_us` (edges of
                    the bucket that holds the quantile; infinite for no end), `estimate_us` [us], `least_s` and `most_s`
                    (bounds of the total time, infinite for no end) [s]
        bottleneck: the name of the layer that is the bottleneck beyond doubt, or "undecided"

    Raises ValueError if there is no bucket with events in the text, or the quantile is no such share.
    """
    ### SOLUTION


# %% tests={"id": "m10_latency_layers"}
two_maps = (
    "Attaching 2 probes...\n\n@disk_us[sda]:\n[512, 1K)   1 |@|\n[1K, 2K)   3 |@@@|\n\n@a_us:\n[1]   20 |@|\n@n: 7\n"
)
answer = latency_layers(two_maps, quantile=0.5)
assert set(answer) == {"layers", "bottleneck"}, f"these two: {sorted(answer)}"
assert set(answer["layers"]) == {"disk_us[sda]", "a_us"}, f"two histograms: {sorted(answer['layers'])}"
disk = answer["layers"]["disk_us[sda]"]
assert disk["events"] == 4 and disk["low_us"] == 1024 and disk["high_us"] == 2048, f"the second of four: {disk}"
assert np.isclose(disk["estimate_us"], 1024 * 4 / 3), f"a third of the way into its bucket: {disk['estimate_us']}"
assert np.isclose(disk["least_s"], 3584e-6) and np.isclose(disk["most_s"], 7168e-6), (
    f"512 + 3 x 1024 us or more: {disk}"
)
assert answer["bottleneck"] == "disk_us[sda]", "the disk took at least 3.6 ms, the other at most 0.04 ms"

# %%
server = latency_layers(traced)
print("bottleneck:", server["bottleneck"])
medians = latency_layers(traced, 0.5)["layers"]
table = pd.DataFrame(server["layers"]).T
table.insert(1, "median, at most [us]", [medians[name]["high_us"] for name in table.index])
table.round(2)

# %% [markdown]
# **Notice.** Half of the waits for a processor are shorter than 8 µs, which is excellent, and yet threads waited at
# least 47 seconds in the minute: some three in a hundred waited for a *timeslice of somebody else*, 16 to 128 ms. A
# mean utilisation of 58 % and a group of containers that has spent its share of a period go well together. Buckets of
# powers of two name a layer only if it leads by a factor of two; here it leads by three.

# %% [markdown]
# ## 5. When is a model good enough?
#
# ### Does it know which is faster?
#
# A simulator that is a fifth too slow on everything may still choose the right design. So ask three questions, not
# one. Are predictions and measurements on a *line* (Pearson's $r$)? In the same *order* (Spearman's $\rho_s$, which is
# Pearson's $r$ of the ranks, equal values sharing the mean of their ranks; Kendall's $\tau_b$)? And are **speed-ups**
# right, whatever the common factor? With $\operatorname{sgn}$ for the sign of a difference, over all pairs of points
#
# $$ \tau_b = \frac{\sum_{i<j} \operatorname{sgn}(x_i - x_j)\operatorname{sgn}(y_i - y_j)}
#    {\sqrt{\sum_{i<j}\operatorname{sgn}^2(x_i - x_j)\;\sum_{i<j}\operatorname{sgn}^2(y_i - y_j)}}, \qquad
#    e = \max_{i, j}\;\frac{x_i / x_j}{y_i / y_j} - 1. $$
#
# **What the model leaves out.** The size of the errors. A correlation of 0.99 is no validation: two points far apart
# make it, whatever the others do.
#
# **Exercise 8** (4 points, 8 minutes). Write `rank_fidelity`. Where all predictions are equal, or all measurements,
# there is neither line nor order: these three are NaN. (The speed-up error is not.)


# %% exercise={"id": "m10_rank_fidelity", "reference": "m10_validation.rank_fidelity:rank_fidelity"}
def rank_fidelity(predicted, measured):
    """Correlations of predictions with measurements, and the error of the worst predicted speed-up.

    predicted, measured: what the model says and what was measured, in one unit, all positive

    Returns a dict with `pearson`, `spearman`, `kendall` (tau-b), and `speedup_error`, that of the worst pair [1].

    Raises ValueError if there are fewer than two points, they do not pair up, or a value is not positive.
    """
    ### SOLUTION


# %% tests={"id": "m10_rank_fidelity"}
order = rank_fidelity([1.0, 3.0, 2.0], [1.0, 2.0, 3.0])
assert set(order) == {"pearson", "spearman", "kendall", "speedup_error"}, f"these four: {sorted(order)}"
assert np.isclose(order["spearman"], 0.5), f"two of three change places: 0.5, not {order['spearman']}"
assert np.isclose(order["kendall"], 1 / 3), f"two pairs are right, one is wrong: 1/3, not {order['kendall']}"
assert np.isclose(order["speedup_error"], 1.25), f"1.5 times predicted, 2/3 measured: {order['speedup_error']}"
assert np.isnan(rank_fidelity([2.0, 2.0], [1.0, 3.0])["pearson"]), "what never changes lies on no line: NaN"

# %%
rng = np.random.default_rng(12)
times = rng.uniform(1, 4, 14)
simulators = {
    "a fifth too slow": 1.2 * times,
    "noise of 10 %": times * rng.normal(1, 0.1, 14),
    "one far point": np.r_[2.5 + rng.normal(0, 0.4, 13), 40.0],
}
rows = {}
for name, predicted in simulators.items():
    truth = np.r_[times[:13], 40.0] if name == "one far point" else times
    rows[name] = rank_fidelity(predicted, truth) | {"MAPE": np.mean(np.abs(predicted / truth - 1))}
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# **Notice.** The first simulator errs by a fifth everywhere, and there is not a single wrong decision in it. The second
# errs by 6 % on the mean, and by 30 % in its worst speed-up. The last has a Pearson correlation near 1, and cannot tell
# thirteen of its fourteen points apart. Report order *and* error.

# %% [markdown]
# ### Whom do you doubt?
#
# Three sides must tell one story: the simulator, the machine's counters, and the application's own numbers. To compare
# them, bring all into one unit. Instructions per cycle, times cycles per second, times cores, over the instructions
# that a request takes, are requests per second. Each side has a relative standard uncertainty, and two sides **agree**
# if they differ by no more than $k\sqrt{u_1^2 + u_2^2}$, $u_i$ being absolute.
#
# | pairs that agree | who is to be doubted |
# |---|---|
# | all three | `"none"` |
# | exactly one | the side that is not in it: `"simulator"`, `"counters"` or `"application"` |
# | two, or none | `"undecided"`: the one in the middle agrees with both of its neighbours, or everybody is alone |
#
# **What the model leaves out.** Two sides can be wrong together. Simulator and counters share the clock and the
# instructions per request: a mistake there makes the honest third look guilty.
#
# **Exercise 9** (4 points, 8 minutes). Write `triangle_check`.


# %% exercise={"id": "m10_triangle_check", "reference": "m10_validation.triangle:triangle_check"}
def triangle_check(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    """Throughput by simulator, counters and application, which of them agree, and whom to doubt.

    simulated_ipc:            instructions per cycle of one core, by simulator [1]
    counted_ipc:              instructions per cycle of one core, by counters [1]
    clock_hz:                 clock of a core [Hz]
    cores:                    cores that serve requests [1]
    instructions_per_request: instructions that a request takes [1]
    served_per_s:             requests per second of the whole application, all cores together [1/s]
    relative_u:               list of three relative standard uncertainties of the throughput: by simulator, by
                              counters, by application [1]
    k:                        coverage factor of the comparison [1]

    Returns a dict with `per_s` (list of three throughputs: simulator, counters, application) [1/s], `agree` (list of
    three truth values: simulator and counters, counters and application, simulator and application), and `suspect`.

    Raises ValueError if a quantity or k is not positive, or an uncertainty is negative.
    """
    ### SOLUTION


# %% tests={"id": "m10_triangle_check"}
sides = triangle_check(2.2, 1.5, 2e9, 4, 6e6, 1990.0, relative_u=[0.05, 0.01, 0.01])
assert set(sides) == {"per_s", "agree", "suspect"}, f"these three: {sorted(sides)}"
assert np.allclose(sides["per_s"], [8800 / 3, 2000, 1990]), f"2,933, 2,000 and 1,990 requests/s: {sides['per_s']}"
assert [bool(each) for each in sides["agree"]] == [False, True, False], f"counters and application: {sides['agree']}"
assert sides["suspect"] == "simulator", f"the simulator stands alone, not: {sides['suspect']}"

# %% [markdown]
# Five mornings with one planted fault each.

# %%
mornings = {
    "all is well": {},
    "the simulator's caches are too large": {"simulated_ipc": 1.98},
    "two counters in different groups": {"counted_ipc": 1.21},
    "the load generator is slow": {"served_per_s": 6300.0},
    "instructions of a request: an old build": {"instructions_per_request": 5.1e6},
}
good = {"simulated_ipc": 1.62, "counted_ipc": 1.6, "clock_hz": 2.5e9, "cores": 8, "instructions_per_request": 4e6}
rows = {}
for what, fault in mornings.items():
    found = triangle_check(**(good | {"served_per_s": 7900.0, "relative_u": [0.03, 0.01, 0.01]} | fault))
    rows[what] = [*np.round(found["per_s"]), found["suspect"]]
pd.DataFrame(rows, index=["simulator [1/s]", "counters [1/s]", "application [1/s]", "suspect"]).T

# %% [markdown]
# **Notice.** Four verdicts are right. The last is not: the application is honest, and outvoted by two that share a
# mistake. A triangle finds *that* something is wrong; before you say what, look for what two sides have in common.

# %% [markdown]
# ### How far may it be trusted?
#
# A model that was fitted to nine workloads explains nine workloads. The question is the tenth. Take the simplest model
# with two rates: $W$ operations and $Q$ bytes take
#
# $$ \hat t = \alpha\,W + \beta\,Q, $$
#
# with seconds per operation and per byte fitted so that the sum of the squared *relative* errors,
# $\sum_j (\hat t_j / t_j - 1)^2$, is least. Leave each workload out in turn, fit to all others, predict it:
#
# - Is its arithmetic intensity $W/Q$ within that of the others, smallest and largest included? If not, the prediction
#   is an extrapolation, and the verdict is `"outside"`, however small the error.
# - Otherwise compare the error $E = \hat t / t - 1$ with the **validation uncertainty** $u_{\mathrm{val}} =
#   \sqrt{u_{\mathrm{measured}}^2 + u_{\mathrm{input}}^2}$ (ASME V&V 20-2009): up to $2\,u_{\mathrm{val}}$ it is
#   `"noise"`, beyond that it is the `"model"`.
#
# **What the model leaves out.** One number is a coarse domain. And `"noise"` is not `"right"`: whoever measures badly
# enough validates every model.
#
# **Exercise 10** (5 points, 10 minutes). Write `left_out_table`. `np.linalg.lstsq` solves least squares.


# %% exercise={"id": "m10_left_out_table", "reference": "m10_validation.left_out:left_out_table"}
def left_out_table(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    """Each workload predicted by a model that was fitted to all others.

    flops:         floating-point operations of each workload [FLOP]
    traffic_bytes: bytes that each moves from and to memory [B]
    measured_s:    its measured time [s]
    u_measured:    relative standard uncertainty of that time, one for each workload [1]
    u_input:       relative standard uncertainty of a prediction by what goes into it, one for all [1]

    Returns a table, data frame or dict of columns, with the columns predicted_s [s], error (of the prediction,
    relative to the measured time) [1], u_val [1] and verdict ("outside", "noise" or "model"), one row for each
    workload, in their order.

    Raises ValueError if there are fewer than four workloads, a list is shorter than another, an operation count, a
    byte count or a time is not positive, or an uncertainty is negative.
    """
    ### SOLUTION


# %% tests={"id": "m10_left_out_table"}
# A second for ten operations, a second for each byte; the third workload takes a quarter longer than that.
toy = pd.DataFrame(left_out_table([10, 40, 20, 20, 30], [1, 1, 1, 2, 1], [2.0, 5.0, 3.75, 4.0, 4.0], [0.01] * 5))
assert set(toy.columns) == {"predicted_s", "error", "u_val", "verdict"}, f"four columns: {list(toy.columns)}"
assert np.isclose(toy["predicted_s"][2], 3.0), f"the others predict 3 s for the third: {toy['predicted_s'][2]}"
assert np.isclose(toy["error"][2], -0.2), f"it took 3.75 s: the prediction is a fifth too low, {toy['error'][2]}"
assert toy["verdict"][2] == "model", f"a fifth is no noise of a per cent: {toy['verdict'][2]}"
assert toy["verdict"][1] == "outside", f"no other has 40 operations a byte: {toy['verdict'][1]}"

# %% [markdown]
# Ten kernels on a machine whose compute and memory do *not* take turns: they overlap, and the longer one counts.

# %%
rng = np.random.default_rng(20)
intensity, moved = np.geomspace(1, 60, 10), rng.uniform(1e9, 4e9, 10)
overlapped_s = np.maximum(intensity * moved / 8e12, moved / 1.2e12) * (1 + rng.normal(0, 0.01, 10))
outcome = pd.DataFrame(left_out_table(intensity * moved, moved, overlapped_s, np.full(10, 0.01), u_input=0.02))
colours = {"outside": GREY, "noise": GREEN, "model": RED}
figure, axes = plt.subplots()
for verdict, group in outcome.groupby("verdict"):
    axes.plot(intensity[group.index], 100 * group["error"], "o", color=colours[verdict], label=verdict)
axes.fill_between([0.8, 80], -100 * 2 * outcome["u_val"][0], 100 * 2 * outcome["u_val"][0], color=GREEN, alpha=0.15)
axes.set(xscale="log", xlim=(0.8, 80), xlabel="arithmetic intensity [FLOP/B]", ylabel="error [%]")
axes.set_title("Each kernel, predicted from the nine others")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** The errors have a *pattern*: too slow in the middle, where one of the two hides behind the other, too fast
# at the ends. A mean error would have called this model unbiased. Residuals against the regime name the fault; the next
# model takes a maximum where this one takes a sum (the roofline of module 2).
#
# You can now say whether a number is steady, how sure it is, what the instrument did to it, how far a model reaches. In
# the worked example a simulator stands before you with twelve kernels, in the novel scenario a vendor.
