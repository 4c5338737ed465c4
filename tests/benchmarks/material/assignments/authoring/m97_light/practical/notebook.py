# %% [markdown]
# # A light notebook
#
# Eight small functions of numpy and pandas, without figures.

# %%
import numpy as np
import pandas as pd

# %%
rng = np.random.default_rng(1)
latencies_s = rng.lognormal(-4, 0.5, 2000)
power = pd.DataFrame({"node": list("abab"), "power_w": [100.0, 80.0, 120.0, 90.0]})
power

# %% [markdown]
# ## 1. Amdahl's speed-up
#
# **Exercise 1** (2 points, 5 minutes). Speed-up of a program of which `fraction` runs `factor` times faster.


# %% exercise={"id": "m97_amdahl_speedup", "reference": "m97_light.figures:amdahl_speedup"}
def amdahl_speedup(fraction, factor):
    """Speed-up of a program of which `fraction` runs `factor` times faster."""
    ### SOLUTION


# %% tests={"id": "m97_amdahl_speedup"}
assert abs(amdahl_speedup(0.5, 2) - 4 / 3) < 1e-12
assert np.shape(amdahl_speedup([0.1, 0.9], 10)) == (2,)

# %%
amdahl_speedup(np.linspace(0, 1, 11), 8)

# %% [markdown]
# ## 2. Mean of rates
#
# **Exercise 2** (2 points, 5 minutes). Mean of rates over equal amounts of work; ValueError if there is none.


# %% exercise={"id": "m97_harmonic_mean", "reference": "m97_light.figures:harmonic_mean"}
def harmonic_mean(rates):
    """Mean of rates over equal amounts of work; ValueError if there is none."""
    ### SOLUTION


# %% tests={"id": "m97_harmonic_mean"}
assert abs(harmonic_mean([40, 60]) - 48) < 1e-9

# %%
print(harmonic_mean(rng.uniform(1, 9, 100)))

# %% [markdown]
# ## 3. Percentile
#
# **Exercise 3** (2 points, 5 minutes). Smallest latency that at least `percent` percent of requests do not exceed [s].


# %% exercise={"id": "m97_nearest_rank_percentile_s", "reference": "m97_light.figures:nearest_rank_percentile_s"}
def nearest_rank_percentile_s(latencies_s, percent):
    """Smallest latency that at least `percent` percent of the requests do not exceed [s]."""
    ### SOLUTION


# %% tests={"id": "m97_nearest_rank_percentile_s"}
assert nearest_rank_percentile_s([3.0, 1.0, 2.0], 50) == 2.0

# %%
nearest_rank_percentile_s(latencies_s, 99)

# %% [markdown]
# ## 4. Moving mean
#
# **Exercise 4** (2 points, 5 minutes). Means of `window` neighbours.


# %% exercise={"id": "m97_moving_mean", "reference": "m97_light.figures:moving_mean"}
def moving_mean(values, window):
    """Means of `window` neighbours."""
    ### SOLUTION


# %% tests={"id": "m97_moving_mean"}
assert np.allclose(moving_mean([1.0, 2.0, 3.0], 2), [1.5, 2.5])

# %%
print(moving_mean(latencies_s[:100], 10).max())

# %% [markdown]
# ## 5. Lines touched
#
# **Exercise 5** (2 points, 5 minutes). Number of distinct cache lines touched up to each access.


# %% exercise={"id": "m97_lines_touched", "reference": "m97_light.figures:lines_touched"}
def lines_touched(addresses, line_bytes):
    """Number of distinct cache lines touched up to each access."""
    ### SOLUTION


# %% tests={"id": "m97_lines_touched"}
assert list(lines_touched([0, 8, 64, 0], 64)) == [1, 1, 2, 2]

# %%
pd.Series(lines_touched(rng.integers(0, 4096, 500), 64)).describe()

# %% [markdown]
# ## 6. Busy share
#
# **Exercise 6** (2 points, 5 minutes). Share of the horizon in which at least one of the intervals runs.


# %% exercise={"id": "m97_busy_share", "reference": "m97_light.figures:busy_share"}
def busy_share(start_s, end_s, horizon_s):
    """Share of the horizon in which at least one of the intervals runs."""
    ### SOLUTION


# %% tests={"id": "m97_busy_share"}
assert abs(busy_share([0.0, 1.0], [2.0, 3.0], 6.0) - 0.5) < 1e-12

# %%
print(round(busy_share(rng.uniform(0, 9, 50), rng.uniform(9, 10, 50), 10.0), 3))

# %% [markdown]
# ## 7. Mean power by node
#
# **Exercise 7** (2 points, 5 minutes). Table of the mean `power_w` of each `node`, by node.


# %% exercise={"id": "m97_mean_by_node", "reference": "m97_light.figures:mean_by_node"}
def mean_by_node(table):
    """Table of the mean `power_w` of each `node`, by node."""
    ### SOLUTION


# %% tests={"id": "m97_mean_by_node"}
assert list(mean_by_node(power)["node"]) == ["a", "b"]

# %%
pd.DataFrame(mean_by_node(power))

# %% [markdown]
# ## 8. Empirical distribution
#
# **Exercise 8** (2 points, 5 minutes). Table of the sorted `value`s and the `share` of values that do not exceed each.


# %% exercise={"id": "m97_empirical_cdf", "reference": "m97_light.figures:empirical_cdf"}
def empirical_cdf(values):
    """Table of the sorted `value`s and the `share` of values that do not exceed each."""
    ### SOLUTION


# %% tests={"id": "m97_empirical_cdf"}
assert list(empirical_cdf([2.0, 1.0])["share"]) == [0.5, 1.0]

# %%
pd.DataFrame(empirical_cdf(latencies_s[:50])).tail()

# %% [markdown]
# That was all.
