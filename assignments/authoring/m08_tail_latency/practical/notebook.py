# %% [markdown]
# # Module 8 · Tail Latency & Scale-Out: practical
#
# The mean latency of your service is 12 ms, and its users call it slow. Both can be true. A page asks a hundred
# backends, and is as fast as the slowest of them; a server that is busy 90 % of the time makes requests wait ten times
# as long as the work takes; and the copy or the retry that should have helped is one more request. This notebook builds
# the tools with which an architect keeps a promise about the *slow* requests:
#
# 1. **Percentiles:** what is a measured p99 worth?
# 2. **Fan-out:** how does rare slowness become common?
# 3. **Queues:** how long do requests wait, simulated and by formula, and how many servers are enough?
# 4. **Copies:** when does a hedged request pay?
# 5. **Retries:** how does a client stop making it worse?
# 6. **Budgets:** who may take how much of the 100 ms?
#
# There are eleven exercises, 45 points, and about an hour and a half of work. Write your answer where it says `YOUR
# CODE HERE`; add cells of your own wherever you like to try things out. The cell below each answer holds tests that you
# can see. **When they pass, and Validate passes, that is the beginning:** the hidden checks try other traces, other
# pools, other days, and the cases at the edge that the text names.
#
# Units stand in the names: `_s` is seconds, `_per_s` a rate.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import special

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. What is a measured percentile worth?
#
# Sort the $n$ latencies of a load test. The smallest one that at least a share $q$ of the requests does not exceed is
# the measured quantile: rank $\lceil qn \rceil$ (*nearest rank*). It is one request's latency. Another run gives
# another one. How far away?
#
# There is an answer that needs no assumption about the distribution. Call the true quantile $x_q$. Each request falls
# below it with probability $q$, so the number $K$ of requests below it is **binomial** with $n$ and $q$, whatever the
# latencies are like. And $x_q$ lies above the $r$-th of the sorted latencies exactly if at least $r$ requests fell
# below it. So two of the sorted latencies enclose it, with a probability that you can compute:
#
# - the lower limit is the *largest* rank $r$ with $P(K < r) \le \alpha/2$,
# - the upper limit is the *smallest* rank $s$ with $P(K \ge s) \le \alpha/2$,
#
# where $1 - \alpha$ is the confidence. If there is no such rank, so few requests set no limit on that side: 0 below,
# infinity above.
#
# **What the model leaves out.** It takes requests as independent. Behind a queue, slow requests come in clumps, and
# 10,000 of them are worth a few hundred. It also believes the load test: a tester that waits for each answer before it
# sends the next request measures a stall *once*, however many requests were due meanwhile (*coordinated omission*).
#
# **Exercise 1** (4 points, 8 minutes). Write `quantile_interval_s`. The function `special.bdtr(k, n, q)` gives $P(K \le
# k)$; `k` may be an array. In floating point $0.07 \cdot 100$ is a little more than 7: see to it that such a rank is
# still 7.


# %% exercise={"id": "m08_quantile_interval_s", "reference": "m08_tail_latency.quantiles:quantile_interval_s"}
def quantile_interval_s(latency_s, quantile, confidence=0.95):
    """Percentile of measured latencies, and an interval for the true one.

    latency_s:  measured latencies, in any order [s]
    quantile:   share of the requests, between 0 and 1: 0.99 for the 99th percentile [1]
    confidence: probability, at least, that the interval holds the true quantile; half of the rest on either side [1]

    Returns a dict with `estimate`, `low` and `high` [s]; `low` is 0 and `high` infinite where there is no limit.

    Raises ValueError if there is no latency, or quantile or confidence do not lie between 0 and 1.
    """
    ### SOLUTION


# %% tests={"id": "m08_quantile_interval_s"}
thousand = quantile_interval_s(np.arange(1000, 0, -1) / 1000, 0.9)
assert set(thousand) == {"estimate", "low", "high"}, f"these three: {sorted(thousand)}"
assert thousand["estimate"] == 0.9, f"900 of 1,000 latencies do not exceed 0.9 s, which is not {thousand['estimate']}"
assert thousand["low"] < 0.9 < thousand["high"], f"the interval encloses the estimate: {thousand}"
hundred = quantile_interval_s(np.arange(1, 101) / 1000, 0.99)
assert hundred["high"] == np.inf, "a hundred requests set no upper limit on a 99th percentile"
try:
    quantile_interval_s([], 0.99)
except ValueError:
    pass
else:
    raise AssertionError("no latencies, no percentile: raise ValueError")

# %% [markdown]
# How many requests does a percentile want? The true distribution below is known, so the intervals can be drawn around
# the truth: latencies whose logarithm is normal, with a median of 10 ms.

# %%
counts = np.unique(np.geomspace(30, 30_000, 40).astype(int))
figure, axes = plt.subplots()
for quantile, colour in ((0.5, GREEN), (0.95, BLUE), (0.99, ORANGE), (0.999, RED)):
    rng = np.random.default_rng(8)
    found = [quantile_interval_s(0.010 * rng.lognormal(0, 1, size=count), quantile) for count in counts]
    low = np.array([interval["low"] for interval in found])
    high = np.array([interval["high"] for interval in found])
    truth = 0.010 * np.exp(special.ndtri(quantile))
    known = np.isfinite(high) & (low > 0)
    axes.fill_between(counts[known], 1e3 * low[known], 1e3 * high[known], color=colour, alpha=0.35, linewidth=0)
    axes.plot([30, 30_000], [1e3 * truth] * 2, color=colour, linewidth=1)
    axes.text(33_000, 1e3 * truth, f"p{100 * quantile:g}", color=colour, va="center")
axes.set(
    xscale="log",
    yscale="log",
    xlim=(28, 60_000),
    xlabel="requests in the test",
    ylabel="latency [ms]",
    title="95 % intervals",
)
plt.show()

# %% [markdown]
# **Notice.**
#
# - An interval for the 99.9th percentile begins at about 3,700 requests: earlier there is *no* upper limit. What a
#   dashboard prints there is the largest latency that it happened to see.
# - Ten times the requests make the interval about three times narrower, at every percentile. Tails start wide.

# %% [markdown]
# ### Percentiles of many machines
#
# Fifty machines serve the same requests, and each reports its own p99. What is the p99 of *all* requests? Nobody can
# tell: percentiles are no sums, and their mean is the percentile of nothing. What adds up are **counts**. So let each
# machine report how many requests ended in each bin of a histogram, with the same edges $e_0 < e_1 < \dots$ everywhere;
# bin $b$ holds what took longer than $e_b$, and no longer than $e_{b+1}$. With $n_{ib}$ requests of machine $i$ in it,
#
# $$ n_b = \sum_i n_{ib}, \qquad n = \sum_b n_b, \qquad
#    x_q = e_{b+1} \text{ for the first } b \text{ with } n_0 + \dots + n_b \ge \lceil qn \rceil, $$
#
# the *upper* edge: what a service promises must not look better than it is.
#
# **What the model leaves out.** Where in its bin a request lies. If each edge is a tenth above the one before, the
# percentile is too high by a tenth at most: 74 numbers lead from a millisecond to a second.
#
# **Exercise 2** (4 points, 8 minutes). Write `merged_quantile_s`. Machines may have had very different numbers of
# requests, or none. As above, a rank that is whole but for rounding is whole.


# %% exercise={"id": "m08_merged_quantile_s", "reference": "m08_tail_latency.merging:merged_quantile_s"}
def merged_quantile_s(counts, edges_s, quantile):
    """Percentile of the requests of many machines, from their histograms [s].

    counts:   table of requests, one row for each machine, one column for each bin [1]
    edges_s:  rising edges of the bins, one more than there are bins [s]
    quantile: share of the requests, more than 0, at most 1 [1]

    Returns the upper edge of the bin that holds the percentile [s].

    Raises ValueError if no machine had a request, if there are not as many bins as the edges enclose, or if the
    quantile is no such share.
    """
    ### SOLUTION


# %% tests={"id": "m08_merged_quantile_s"}
# Nine machines answer within 10 ms, the tenth takes up to a second; a hundred requests each.
ten_machines = [[100, 0]] * 9 + [[0, 100]]
p95_s = merged_quantile_s(ten_machines, [0.0, 0.01, 1.0], 0.95)
assert np.isclose(p95_s, 1.0), f"a tenth of all requests is slow, so the p95 is a slow one: 1 s, not {p95_s} s"
p90_s = merged_quantile_s(ten_machines, [0.0, 0.01, 1.0], 0.9)
assert np.isclose(p90_s, 0.01), f"nine tenths take 10 ms at most, which is not {p90_s} s"
try:
    merged_quantile_s([[0, 0], [0, 0]], [0.0, 0.01, 1.0], 0.9)
except ValueError:
    pass
else:
    raise AssertionError("no requests, no percentile: raise ValueError")

# %% [markdown]
# Fifty machines again. On some of them everything takes ten times as long.


# %%
def fleet_counts(slow_machines, edges_s, machines=50, requests=200):
    """Histograms of machines, of which the first ones are ten times as slow."""
    rng = np.random.default_rng(50)
    latency_s = 0.010 * rng.lognormal(0, 0.5, size=(machines, requests))
    latency_s[:slow_machines] *= 10
    return np.array([np.histogram(one, edges_s)[0] for one in latency_s])


tenth_by_tenth_s = 0.001 * 1.1 ** np.arange(80)
rows = []
for slow_machines in (0, 1, 2, 5, 10, 25):
    fleet = fleet_counts(slow_machines, tenth_by_tenth_s)
    of_each = [merged_quantile_s([machine], tenth_by_tenth_s, 0.99) for machine in fleet]
    of_all = merged_quantile_s(fleet, tenth_by_tenth_s, 0.99)
    rows.append([slow_machines, 1e3 * np.mean(of_each), 1e3 * of_all])
pd.DataFrame(rows, columns=["slow machines", "mean of the p99s [ms]", "p99 of all [ms]"]).round(0)

# %% [markdown]
# **Notice.**
#
# - One machine in fifty has two per cent of the requests: more than the p99 leaves out. The p99 of all requests more
#   than trebles, and the mean of the fifty p99s rises by less than a quarter. Whoever watches the mean sleeps through.
# - The more machines are slow, the nearer the two come. The mean errs most when there is something to find.

# %% [markdown]
# ## 2. How does rare slowness become common?
#
# A request is sent to $N$ leaves and waits for all of them. Each leaf is slow with probability $p$. How often is the
# request slow? With independent leaves this is one line, and its result is the reason for this module (Dean and
# Barroso, "The Tail at Scale", CACM 56(2), 2013).
#
# Real leaves are not independent: one switch, one hot key, one deployment makes many of them slow at a time. A simple
# model of that: behind the latency of leaf $i$ stands a normal variable
#
# $$ X_i = \sqrt{r}\,Z + \sqrt{1 - r}\,Y_i $$
#
# with a load $Z$ that is common to all leaves, and a part $Y_i$ of its own, all of them standard normal and
# independent. Then any two leaves have correlation $r$, and a leaf is slow when its $X_i$ is among the largest $p$.
# For a *given* $Z = z$ the leaves are independent again. What is left is to average over $z$.
#
# **What the model leaves out.** Leaves that differ, and causes that strike some groups and not others.
#
# **Exercise 3** (4 points, 8 minutes). Write `any_slow_probability`. `special.ndtr` is the distribution function $\Phi$
# of a standard normal variable, `special.ndtri` its inverse. A sum over a fine grid of $z$ from -9 to 9 is a good
# integral here. The hidden checks allow an error of a thousandth.


# %% exercise={"id": "m08_any_slow_probability", "reference": "m08_tail_latency.fan_out:any_slow_probability"}
def any_slow_probability(slow_probability, fan_out, correlation=0.0):
    """Share of the requests that wait for at least one slow leaf [1]; the first two arguments may be arrays.

    slow_probability: probability that a leaf is slow, between 0 and 1, both included [1]
    fan_out:          leaves that a request waits for [1]
    correlation:      of the normal variables behind any two leaves, from 0 to less than 1; one number for all [1]

    Raises ValueError for a probability that is none, a request without a leaf, or a correlation below 0 or not below 1.
    """
    ### SOLUTION


# %% tests={"id": "m08_any_slow_probability"}
hundred_leaves = any_slow_probability(0.01, 100)
assert np.isclose(hundred_leaves, 0.634, atol=5e-4), f"63.4 % of the requests, not {100 * hundred_leaves:.1f} %"
assert np.shape(any_slow_probability([[0.01], [0.001]], [1, 10, 100])) == (2, 3), "probabilities against fan-outs"
assert np.isclose(any_slow_probability(0.01, 1, correlation=0.5), 0.01, rtol=1e-3), "a single leaf depends on nobody"
assert 0.05 < any_slow_probability(0.01, 100, correlation=0.5) < 0.5, "leaves that are slow together are seldom slow"
try:
    any_slow_probability(0.01, 0)
except ValueError:
    pass
else:
    raise AssertionError("a request has a leaf: raise ValueError")

# %%
leaves = np.unique(np.geomspace(1, 2000, 60).astype(int))
figure, axes = plt.subplots()
for correlation, colour in ((0.0, BLUE), (0.1, GREEN), (0.3, ORANGE), (0.6, RED)):
    for slow, style in ((0.01, "-"), (0.0001, "--")):
        share = any_slow_probability(slow, leaves, correlation)
        axes.semilogx(leaves, 100 * share, style, color=colour, label=f"r = {correlation:g}" if slow == 0.01 else None)
axes.set(
    xlabel="leaves that a request waits for",
    ylabel="requests that are slow [%]",
    title="A leaf is slow once in 100 times (lines), once in 10,000 (dashed)",
)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.**
#
# - With 100 independent leaves "1 % of the leaves" is "63 % of the requests". To have only 1 % of the requests slow, a
#   leaf may be slow once in 10,000 times: the promise of the whole is a far harder promise of the parts.
# - Correlation *helps* this number, and is no reason for joy: when the requests are slow, all their leaves are slow,
#   and neither a copy nor the 95 fastest answers help. Measure which of the two you have before you buy a remedy.

# %% [markdown]
# ## 3. How long do requests wait?
#
# Latency is service and *waiting*. Waiting begins long before a server is "full": a queue forms whenever two requests
# come close together, and only idle time dissolves it.
#
# The general rule is short. Requests arrive at known times, each needs a known service time, and there are $c$ equal
# servers behind one queue, first come first served. A request takes the server that is free first. If none is free on
# its arrival, it waits until one is.
#
# **Exercise 4** (5 points, 10 minutes). Write `queue_waits_s`, a simulation of exactly this. Arrivals do not fall, but
# may coincide; then they are served in the order given. The trace may be empty.


# %% exercise={"id": "m08_queue_waits_s", "reference": "m08_tail_latency.queue_simulation:queue_waits_s_by_definition"}
def queue_waits_s(arrival_s, service_s, servers):
    """Wait of each request, from its arrival until its service begins [s].

    arrival_s: times of arrival, in order [s]
    service_s: service time of each request [s]
    servers:   number of servers [1]

    Raises ValueError if arrivals are out of order, there are not as many service times as arrivals, one of them is
    negative, or there is no server.
    """
    ### SOLUTION


# %% tests={"id": "m08_queue_waits_s"}
# Two servers, a request every second, each needs 3 s: the third has to wait for the first to finish.
waits = queue_waits_s([0, 1, 2, 3, 4], [3, 3, 3, 3, 3], servers=2)
assert np.allclose(waits, [0, 0, 1, 1, 2]), f"0, 0, 1, 1 and 2 s, not {waits}"
assert np.allclose(queue_waits_s([0, 10], [3, 3], servers=1), 0), "who finds the server idle does not wait"
assert len(queue_waits_s([], [], servers=3)) == 0, "no request, no wait"
try:
    queue_waits_s([0, 1], [1, 1], servers=0)
except ValueError:
    pass
else:
    raise AssertionError("without a server nobody is served: raise ValueError")

# %% [markdown]
# Put it to work: one server, requests at random, and three kinds of service times with the same mean of 1 s. *scv* is
# the squared coefficient of variation, the variance over the square of the mean: 0 where all are equal, 1 for
# exponential times, 4 where few requests are very long.


# %%
def random_trace(rng, utilisation, requests, scv):
    """Requests at random for one server; Gamma distributed service times of mean 1 s."""
    service_s = np.ones(requests) if scv == 0 else rng.gamma(1 / scv, scv, size=requests)
    return np.cumsum(rng.exponential(1 / utilisation, size=requests)), service_s


utilisations = np.array([0.3, 0.5, 0.6, 0.7, 0.8, 0.9])
fine = np.linspace(0.05, 0.93, 100)
figure, axes = plt.subplots()
for scv, colour in ((0, GREEN), (1, BLUE), (4, RED)):
    rng = np.random.default_rng(5)
    simulated = [queue_waits_s(*random_trace(rng, rho, 12_000, scv), servers=1)[500:].mean() for rho in utilisations]
    axes.plot(utilisations, simulated, "o", color=colour, markersize=5)
    axes.plot(fine, fine / (1 - fine) * (1 + scv) / 2, color=colour, linewidth=1, label=f"scv = {scv}")
axes.set(ylim=(0, 25), xlabel="utilisation", ylabel="mean wait, in service times", title="One server: waits explode")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** Points are your simulation, lines the formula of Pollaczek and Khinchine,
#
# $$ W_q = \frac{\rho}{1 - \rho}\cdot\frac{1 + c_s^2}{2}\,E[S], $$
#
# which is exact for arrivals at random. A wait is a product: what utilisation does, times what variability does.
# Halving the variability is worth as much as a good deal of hardware. And the points at 0.9 scatter: near saturation a
# queue remembers so long that 12,000 requests are few.

# %% [markdown]
# ### A pool of servers, by formula
#
# A simulation answers one question at a time, and an architect has a table of them. For a pool of $c$ servers there is
# a short calculation that is exact if arrivals and services are random (M/M/c), and good to about a quarter otherwise.
#
# 1. The **offered load** $a = \lambda/\mu$ is how many servers would be busy if there were enough; $\rho = a/c$.
# 2. **Erlang B**, the share that would be lost if nobody could wait. For no server it is 1, and each further server
#    makes it $B_k = a B_{k-1} / (k + a B_{k-1})$.
# 3. **Erlang C**, the share that *waits*: $C = B_c / (1 - \rho\,(1 - B_c))$.
# 4. Those who wait, wait for an exponential time of mean $v / (c\mu - \lambda)$, where $v = (c_a^2 + c_s^2)/2$ takes
#    the variability of arrivals and services into account (Allen and Cunneen; $v = 1$ for M/M/c).
#
# From this follow the mean wait of *all* requests, and the wait that a share $q$ of all requests does not exceed. If
# fewer than $1 - q$ of them wait at all, that is 0.
#
# **Exercise 5** (5 points, 10 minutes). Write `staffing_table`: one row for each size of the pool, in the order given.
# A pool that cannot keep up has no steady state: there everybody waits (probability 1), for ever (infinite waits); its
# utilisation is what it would have to be, $a/c \ge 1$. Pools may be large: 500! is no number that fits into a float.


# %% exercise={"id": "m08_staffing_table", "reference": "m08_tail_latency.staffing:staffing_table"}
def staffing_table(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    """Utilisation and waits for several sizes of a pool.

    arrival_per_s: rate of arrivals [1/s]
    service_per_s: rate at which one busy server finishes requests [1/s]
    servers:       list of sizes of the pool, in any order [1]
    arrival_scv:   squared coefficient of variation of the times between arrivals [1]
    service_scv:   squared coefficient of variation of the service times [1]
    quantile:      share of the requests, between 0 and 1 [1]

    Returns a table, data frame or dict of arrays, with the columns servers, utilisation, wait_probability [1],
    mean_wait_s, and wait_quantile_s [s], one row for each size of the pool, in their order.

    Raises ValueError for a rate that is not positive, and for a pool without a server.
    """
    ### SOLUTION


# %% tests={"id": "m08_staffing_table"}
table = pd.DataFrame(staffing_table(8.0, 1.0, servers=[10, 8]))
columns = ["servers", "utilisation", "wait_probability", "mean_wait_s", "wait_quantile_s"]
assert set(table.columns) == set(columns), f"these columns: {columns}, not {list(table.columns)}"
assert np.isclose(table["wait_probability"].iloc[0], 0.4092, atol=5e-5), (
    f"with ten servers and a load of 8, 40.92 % of the requests wait, not {table['wait_probability'].iloc[0]:.2%}"
)
assert np.isclose(table["wait_quantile_s"].iloc[0], 1.8558, atol=5e-5), (
    f"and 99 % of them no longer than 1.8558 s, not {table['wait_quantile_s'].iloc[0]:.4f} s"
)
assert table["mean_wait_s"].iloc[1] == np.inf, "eight servers cannot keep up with a load of 8"

# %%
pools = np.array([1, 2, 4, 8, 16, 32, 64, 128])
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for utilisation, colour in ((0.5, GREEN), (0.8, BLUE), (0.95, RED)):
    rows = [pd.DataFrame(staffing_table(pool * utilisation, 1.0, [pool])) for pool in pools]
    by_pool = pd.concat(rows)
    left.loglog(pools, by_pool["mean_wait_s"], "o-", color=colour, markersize=4, label=f"{utilisation:.0%} busy")
left.set(ylim=(1e-5, 40), xlabel="servers in the pool", ylabel="mean wait, in service times", title="Pooling")
left.legend(frameon=False)
by_servers = pd.DataFrame(staffing_table(100.0, 10.0, np.arange(11, 25)))
right.plot(by_servers["servers"], 1e3 * by_servers["wait_quantile_s"], "o-", color=ORANGE, markersize=4, label="p99")
right.plot(by_servers["servers"], 1e3 * by_servers["mean_wait_s"], "o-", color=GREY, markersize=4, label="mean")
right.set(xlabel="servers, each 10 requests/s", ylabel="wait [ms]", title="100 requests/s")
right.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.**
#
# - At 80 % utilisation a pool of 32 waits less than a hundredth of what one server does. That is why one queue for many
#   servers beats many servers with a queue each, and why cutting a pool into shards has a price.
# - At 95 % even a large pool waits. Right: from 11 to 13 servers the p99 falls to a quarter, from 20 on nothing is left
#   to gain. The knee is where the money is.
# - The mean tells little of this: at 13 servers it is a twelfth of the p99.

# %% [markdown]
# ### A queue for each server
#
# Often one queue for all cannot be had: each server has its own, and a balancer must choose. Chosen at random, each is
# an M/M/1. What if the balancer looks at $d$ queues drawn at random, and takes the shortest of them?
#
# Let $s_i$ be the share of servers that have *at least* $i$ requests, the one in service among them; so $s_0 = 1$. With
# many servers, a request finds at least $i$ at *all* $d$ with probability $s_i^d$; only then does it go where there
# are $i$ or more. In a steady state as many requests join such servers as are finished by servers with at least
# $i + 1$. With the utilisation $\rho$ of a server:
#
# $$ s_{i+1} = \rho\, s_i^{\,d}, \qquad i = 0, 1, 2, \dots $$
#
# The mean number of requests at a server is the sum of $s_1, s_2, \dots$ (a server with three requests is counted on
# three levels), and **Little's law** makes a time of it: number over rate of arrivals.
#
# **What the model leaves out.** Few servers, services that are not exponential, and above all *stale* lengths: if all
# balancers see the same old numbers, they all join the queue that was short a moment ago.
#
# **Exercise 6** (4 points, 8 minutes). Write `choices_table`: one row for each number of looks, in the order given. A
# sum goes as far as its terms matter: with one look at a load of 97 % that is far.


# %% exercise={"id": "m08_choices_table", "reference": "m08_tail_latency.power_of_d:choices_table"}
def choices_table(utilisation, service_s, choices):
    """Queues and responses for several numbers of looks.

    utilisation: share of the time that a server is busy, more than 0, less than 1 [1]
    service_s:   mean service time [s]
    choices:     list of numbers of queues that each request looks at, in any order [1]

    Returns a table, data frame or dict of arrays, with the columns choices, mean_requests (at a server, the one in
    service among them) [1], mean_response_s [s], and long_queue_share (of the servers, those with five requests or
    more) [1], one row for each number of looks, in their order.

    Raises ValueError for a utilisation that is not between 0 and 1, a service time that is not positive, and a request
    that looks at no queue.
    """
    ### SOLUTION


# %% tests={"id": "m08_choices_table"}
looks = pd.DataFrame(choices_table(0.9, 0.010, [2, 1]))
columns = ["choices", "mean_requests", "mean_response_s", "long_queue_share"]
assert set(looks.columns) == set(columns), f"these columns: {columns}, not {list(looks.columns)}"
assert np.isclose(looks["mean_requests"].iloc[0], 2.3527, atol=5e-5), (
    f"at 90 %, with two looks, a server has 2.3527 requests, not {looks['mean_requests'].iloc[0]:.4f}"
)
assert np.isclose(looks["mean_response_s"].iloc[1], 0.1), "with one look it is an M/M/1: ten service times at 90 %"
try:
    choices_table(1.0, 0.010, [2])
except ValueError:
    pass
else:
    raise AssertionError("at a utilisation of 1 queues grow for ever: raise ValueError")

# %%
by_load = [pd.DataFrame(choices_table(load, 1.0, [1, 2, 3, 5])).assign(load=load) for load in (0.5, 0.8, 0.9, 0.97)]
pd.concat(by_load).pivot(index="load", columns="choices", values="mean_response_s").round(2)

# %% [markdown]
# **Notice.**
#
# - The table is in service times. At 90 % the second look cuts 10 to 2.6, the third only to 2.0: the second changes the
#   *law*, from a tail that falls geometrically to one that falls doubly exponentially (Mitzenmacher, "The Power of Two
#   Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001).
# - At 90 % and one look 59 % of the servers have five requests or more. With two looks it is one server in 26.

# %% [markdown]
# ## 4. When does a copy pay?
#
# A *hedged request* sends a second copy to another replica if the first has not answered after a delay $\Delta$, and
# takes whichever answers first. If a request alone takes longer than $t$ with probability $\bar F(t)$, then with an
# independent copy it does so, for $t \ge \Delta$, with probability $\bar F(t)\,\bar F(t - \Delta)$: small times small.
# Google's BigTable once cut its 99.9th percentile from 1,800 to 74 ms this way, with 2 % more requests (Dean and
# Barroso, 2013).
#
# But a copy is a request. A share $\bar F(\Delta)$ of the requests sends one; copies make the servers busier; busier
# servers make more requests late. The load settles where
#
# $$ \lambda' = \lambda\,\bigl(1 + \bar F_{\lambda'}(\Delta)\bigr) $$
#
# **or nowhere at all**: from some load on each copy breeds another, and the service drowns in its own remedy. Below is
# a day of a fleet, stretch by stretch. In each, a replica is a queue with exponential service at a certain load; 3 % of
# the requests meet a pause (garbage collection, a background job) and take about 40 times as long. Nobody cancels a
# copy. A *policy* is asked before each stretch when copies are to be sent in it.


# %%
def late_share(t, spare, pauses=0.03, pause=40.0):
    """Share of single requests that take longer than t mean service times, if a rate `spare` of 1 is left over."""
    return (1 - pauses) * np.exp(-spare * t) + pauses * np.exp(-t / pause)


def settled(load, delay):
    """Copies per request and the spare rate, once the load has settled; times in mean service times."""
    copies, spare = 0.0, 1 - load
    for _ in range(300 if np.isfinite(delay) else 0):
        copies = late_share(delay, spare)
        spare = max(1 - load * (1 + copies), 0.002)  # no fixed point: the queue grows to the end of the stretch
    return copies, spare


def day_with_copies(policy, loads, service_s):
    """A day by a policy: one row a stretch, from the second on; in the first nobody sends copies."""
    rows, seen, busy = [], np.array([]), 0.0
    for number, (load, takes_s) in enumerate(zip(loads, np.broadcast_to(service_s, len(loads)), strict=True)):
        delay = float(policy(seen, busy)) / takes_s if number else np.inf
        copies, spare = settled(load, delay)
        t = np.concatenate([[0.0], np.geomspace(1e-3, 40 / min(spare, 1 / 40), 3000)])
        alone = late_share(t, spare)
        hedged = alone * np.where(t >= delay, late_share(np.maximum(t - delay, 0), spare), 1)
        order = [((number + 1) * 79 + 101 * place) % 200 for place in range(200)]
        seen = np.interp(-(np.array(order) + 0.5) / 200, -alone, t) * takes_s  # what first copies took
        busy = min(load * (1 + copies), 1.0)
        p99, never = (np.interp(-0.01, -share, t) for share in (hedged, late_share(t, 1 - load)))
        rows.append([load, 1e3 * p99 * takes_s, 1e3 * never * takes_s, copies, busy])
    return pd.DataFrame(rows[1:], columns=["load", "p99_ms", "never_p99_ms", "copies", "utilisation"])


# %% [markdown]
# **Exercise 7** (5 points, 10 minutes). Write the policy `hedge_delay_s`. It knows what a client can know: what first
# copies took in the last stretch (200 of them, in no order), and which share of that time the servers were busy, copies
# included. It answers with a delay in seconds: 0 is "always at once", infinity is "never". The hidden checks follow it
# through days that you have not seen:
#
# - *quiet hours*, with loads from 15 to 55 %: the p99 is to be at most half of what it is without copies, on average;
# - *releases*, after which the same requests take eight times as long, or a fifth: the same is asked;
# - *few copies*: in quiet hours at most 15 % of the requests send one;
# - *rush hour*, up to 95 % load: the p99 is never to be more than a tenth above what it is without copies.
#
# From one stretch to the next a load moves by a tenth of what the servers can do, at most. A release comes between two
# stretches: you learn of it from the first latencies after it, and the stretch in between counts.


# %% exercise={"id": "m08_hedge_delay_s", "reference": "m08_tail_latency.hedged_day:hedge_delay_s"}
def hedge_delay_s(latency_s, utilisation):
    """When to send a copy in the next stretch of time [s]; infinite for never.

    latency_s:   array, what first copies took in the last stretch [s]
    utilisation: share of the last stretch in which the servers were busy, copies included [1]
    """
    ### SOLUTION


# %% tests={"id": "m08_hedge_delay_s"}
quiet = day_with_copies(hedge_delay_s, [0.2, 0.3, 0.4, 0.5, 0.4, 0.3], service_s=0.002)
assert (quiet["p99_ms"] < quiet["never_p99_ms"] / 2).all(), f"copies should halve the p99 in quiet hours:\n{quiet}"
crowded = day_with_copies(hedge_delay_s, [0.5, 0.6, 0.7, 0.8, 0.9, 0.9], service_s=0.002)
assert (crowded["p99_ms"] < 1.1 * crowded["never_p99_ms"]).all(), f"copies drown the servers:\n{crowded}"

# %%
hours = np.arange(24)
loads = 0.55 - 0.38 * np.cos((hours - 3) / 24 * 2 * np.pi)


def always_p95(latency_s, utilisation):
    return np.quantile(latency_s, 0.95)


figure, (upper, lower) = plt.subplots(2, 1, figsize=(8.5, 6), sharex=True, layout="constrained")
for policy, colour, label in ((always_p95, RED, "always after the p95"), (hedge_delay_s, BLUE, "your policy")):
    day = day_with_copies(policy, loads, service_s=0.002)
    upper.semilogy(hours[1:], day["p99_ms"], "o-", color=colour, markersize=4, label=label)
    lower.plot(hours[1:], 100 * day["utilisation"], "o-", color=colour, markersize=4)
upper.semilogy(hours[1:], day["never_p99_ms"], color=GREY, label="no copies")
lower.plot(hours[1:], 100 * loads[1:], color=GREY)
upper.set(ylabel="p99 [ms]", title="A day")
upper.legend(frameon=False)
lower.set(xlabel="hour", ylabel="servers are busy [%]")
plt.show()

# %% [markdown]
# **Notice.**
#
# - Waiting for the 95th percentile costs 5 % more requests, *if the load stays*. Around 70 % it does not stay: the red
#   line leaves the grey one, and with it the service. The same remedy, a few hours later, is the outage.
# - A delay that aims at the p99 comes too late for the p99. To move a quantile, the copy has to be there well before
#   it.
# - A fixed delay in milliseconds is right until the next release.

# %% [markdown]
# ### Tied requests
#
# A copy that is *cancelled* costs less. Send $d$ copies at once, to servers drawn at random, and let each know of the
# others: whichever server **begins** first cancels the rest (a *tied* request; Dean and Barroso, 2013). Then nothing is
# done twice, the load stays, and the request runs where there was least work, although nobody had to know where.
# With many servers, random arrivals and exponential service at rate $\mu$, the share of the requests that take longer
# than $t$ at a utilisation $\rho$ is
#
# $$ P(T > t) = \frac{1}{\rho}\left[\rho + \left(\rho^{1-d} - \rho\right) e^{(d-1)\mu t}\right]^{-1/(d-1)}
#    \quad (d \ge 2), $$
#
# and with a single copy $e^{-(1-\rho)\mu t}$ as in any M/M/1 (Hellemans and Van Houdt, 2018, have the law of the least
# loaded of $d$ servers, from which it follows).
#
# **What the model leaves out.** The way of the cancellation. If two servers become free within it, both begin and both
# work: the network has to be much faster than a service.
#
# **Exercise 8** (3 points, 6 minutes). A promise is about a percentile. Solve the equation for $t$, and write
# `tied_quantile_s`.


# %% exercise={"id": "m08_tied_quantile_s", "reference": "m08_tail_latency.tied_requests:tied_quantile_s"}
def tied_quantile_s(utilisation, service_per_s, quantile, copies=2):
    """Response time that a share of the tied requests does not exceed [s]; utilisation and quantile may be arrays.

    utilisation:   share of the time that servers are busy, between 0 and 1 [1]
    service_per_s: rate at which a busy server finishes requests [1/s]
    quantile:      share of the requests, between 0 and 1 [1]
    copies:        copies of each request, one number for all; 1 is a plain request [1]

    Raises ValueError if a utilisation or a quantile does not lie between 0 and 1, or a rate or the number of copies is
    not positive.
    """
    ### SOLUTION


# %% tests={"id": "m08_tied_quantile_s"}
plain_s, tied_s = (tied_quantile_s(0.8, 100.0, 0.99, copies) for copies in (1, 2))
assert np.isclose(plain_s, 0.23026, atol=5e-6), f"a plain request at 80 %: 230.26 ms, not {1e3 * plain_s:.2f} ms"
assert np.isclose(tied_s, 0.05620, atol=5e-6), f"two tied copies: 56.20 ms, not {1e3 * tied_s:.2f} ms"
assert np.shape(tied_quantile_s([[0.5], [0.9]], 100.0, [0.5, 0.9, 0.99])) == (2, 3), "loads against quantiles"
try:
    tied_quantile_s(0.8, 100.0, 99)
except ValueError:
    pass
else:
    raise AssertionError("a quantile of 99 is no share: raise ValueError")

# %%
busy = np.linspace(0.05, 0.95, 60)
figure, axes = plt.subplots()
for copies, colour in ((1, GREY), (2, BLUE), (3, GREEN)):
    axes.semilogy(busy, tied_quantile_s(busy, 1.0, 0.99, copies), color=colour, label=f"copies: {copies}")
axes.set(xlabel="utilisation", ylabel="p99, in service times", title="Tied requests")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** At a load of 80 % the p99 falls from 23 mean service times to 5.6, and unlike hedging this goes on paying
# when servers are busy: there the choice matters most. At low loads there is hardly a queue to avoid, and the p99 is
# that of a service, 4.6 times its mean. Against a slow *service* (a pause, after it has begun) a tie does nothing.

# %% [markdown]
# ## 5. How does a client stop making it worse?
#
# A retry is a copy that is sent when something has failed. With a failure in ten and three retries a request makes
# 1.111 attempts, and nearly always succeeds. When *everything* fails, it makes 4; three layers that retry three times
# each make 64. And attempts are load: a service can get stuck in a state in which timeouts cause retries and retries
# cause timeouts, long after whatever pushed it there has gone (Bronson et al., "Metastable Failures in Distributed
# Systems", HotOS 2021).
#
# A client cannot see the servers' load. It sees its own results. The rule of gRPC's *retry throttling* makes something
# of them: a bucket of tokens, full in the beginning.
#
# - A failed attempt takes one token, but never below 0. A successful one brings `token_ratio` tokens, but never above
#   `max_tokens`. First attempts and retries count alike.
# - A failed attempt may be retried only while there is **more than half** of `max_tokens`.
#
# **What the model leaves out.** It takes every failure for overload, and a client with little traffic learns slowly.
#
# **Exercise 9** (4 points, 8 minutes). Write the class `RetryThrottle`.


# %% exercise={"id": "m08_retry_throttle", "reference": "m08_tail_latency.retry_throttle:RetryThrottle"}
class RetryThrottle:
    """A bucket of tokens that decides whether a failed attempt may be retried."""

    def __init__(self, max_tokens, token_ratio):
        """Start with a full bucket.

        max_tokens:  size of the bucket [1]
        token_ratio: tokens that a success brings [1]

        Raises ValueError if one of them is not positive.
        """
        ### SOLUTION

    @property
    def tokens(self):
        """Tokens that are there now [1]."""
        ### SOLUTION

    def record(self, succeeded):
        """Count the outcome of an attempt, the first or a retry.

        succeeded: whether it succeeded
        """
        ### SOLUTION

    def may_retry(self):
        """Whether an attempt that failed may be made again now."""
        ### SOLUTION


# %% tests={"id": "m08_retry_throttle"}
throttle = RetryThrottle(max_tokens=4, token_ratio=0.5)
assert throttle.tokens == 4, f"the bucket is full in the beginning, and holds {throttle.tokens}"
throttle.record(succeeded=False)
assert throttle.tokens == 3, f"a failure takes one token: {throttle.tokens}"
assert throttle.may_retry(), "3 of 4 is more than half"
throttle.record(succeeded=True)
assert throttle.tokens == 3.5, f"a success brings half a token here: {throttle.tokens}"
try:
    RetryThrottle(max_tokens=0, token_ratio=0.1)
except ValueError:
    pass
else:
    raise AssertionError("an empty bucket decides nothing: raise ValueError")

# %% [markdown]
# Now the storm. A service can do 1,000 attempts per second. With a load of $x < 1$ of that, a share $e^{-10 (1 - x)}$
# of the attempts runs into a timeout; beyond it the service is so late that only 300 per second are still in time.
# Clients send 700 requests per second, and retry up to three times. For ten seconds somebody doubles the traffic.


# %%
def storm(throttled, seconds=90, requests_per_s=700.0, capacity_per_s=1000.0):
    """Successes in each second, as a share of the capacity; one bucket stands for all clients."""
    throttle, served, retries = RetryThrottle(100, 0.1), [], 0.0
    for second in range(seconds):
        load = (requests_per_s * (2 if 20 <= second < 30 else 1) + retries) / capacity_per_s
        failed = min(1.0, np.exp(-10 * (1 - load))) if load < 1 else 1 - 0.3 / load
        for outcome in range(100):  # a sample of this second's attempts
            throttle.record(succeeded=(outcome * 0.618) % 1 >= failed)
        served.append(load * (1 - failed))
        allowed = throttle.may_retry() or not throttled
        retries = sum((0.9 * failed) ** again for again in (1, 2, 3)) * requests_per_s if allowed else 0.0
    return np.array(served)


figure, axes = plt.subplots()
axes.axvspan(20, 30, color=GREY, alpha=0.2, linewidth=0)
for throttled, colour, label in ((False, RED, "three retries"), (True, BLUE, "three retries, throttled")):
    axes.plot(100 * storm(throttled), color=colour, label=label)
axes.set(
    xlabel="time [s]",
    ylabel="successes, in % of the capacity",
    title="Double traffic for ten seconds (grey), and what stays",
    ylim=(0, 100),
)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** Both lines meet the same push. Without a throttle the service never comes back, although the traffic is
# what it was before: retries alone keep it overloaded. The throttle gives up a few retries that would have succeeded,
# and gets the service back. Note also what it is *not*: backoff.
# Waiting longer spreads the same number of retries over more time, which helps against a blip and not against a state.

# %% [markdown]
# ### Admission control
#
# The server has a remedy of its own: refuse at the door what could only be late. How much room may it give, and how
# much must it refuse?
#
# One server with $K$ places, the one in service among them: whoever finds all taken is refused at once (M/M/1/K). With
# $a = \lambda / \mu$ the shares of the time with $n$ requests are
#
# $$ p_n = \frac{a^n}{1 + a + \dots + a^K}, \quad n = 0, \dots, K, $$
#
# at *any* load: the queue has an end, so there is a steady state even for $a \ge 1$. Arrivals at random find what is
# there on average, so $p_K$ is the share that is refused; and Little's law, $W = L / \lambda'$, holds for those who
# come in: $\lambda' = \lambda (1 - p_K)$, with $L = \sum_n n\,p_n$.
#
# **What the model leaves out.** The refused do not come again here (exercise 9 is about those who do), and nobody gives
# up while waiting.
#
# **Exercise 10** (3 points, 6 minutes). A server can do 100 requests per second, and is offered 120. Those who are
# admitted are promised an answer within 50 ms, on average. Refuse no more than you must: set `door` to the *largest*
# number of places that keeps the promise, and what comes of it.

# %%
arrival_per_s, service_per_s, promise_s = 120.0, 100.0, 0.050

# %% exercise={"id": "m08_door", "reference": "m08_tail_latency.bounded_queue:door"}
# door = {"places": ..., "refused": ..., "mean_response_s": ...}
# places:          most requests in the system at a time that keep the promise, the one in service among them [1]
# refused:         share of the arrivals that is refused with so many places [1]
# mean_response_s: mean time from admission to answer of those who are admitted [s]
### SOLUTION

# %% tests={"id": "m08_door"}
assert set(door) == {"places", "refused", "mean_response_s"}, f"these three: {sorted(door)}"
assert door["places"] == int(door["places"]) and door["places"] >= 1, f"places are whole: {door['places']}"
assert 1 - service_per_s / arrival_per_s < door["refused"] < 1, "what is more than the server can do must be refused"
assert 1 / service_per_s <= door["mean_response_s"] <= promise_s, f"the promise is kept: {door['mean_response_s']} s"

# %% [markdown]
# The same door on other days: what the server does with so many places, and what it would do with a hundred.


# %%
def behind_the_door(load, places):
    """Share refused [%], and mean response of those admitted [ms], at a server that takes 10 ms on average."""
    shares = load ** np.arange(places + 1) / np.sum(load ** np.arange(places + 1))
    return [100 * shares[-1], 10 * np.arange(places + 1) @ shares / (load * (1 - shares[-1]))]


rows = [[load, *behind_the_door(load, door["places"]), *behind_the_door(load, 100)] for load in (0.7, 0.9, 1.2, 2.0)]
columns = ["load", "refused [%]", "response [ms]", "refused, 100 places [%]", "response, 100 places [ms]"]
pd.DataFrame(rows, columns=columns).round(1)

# %% [markdown]
# **Notice.**
#
# - A sixth of the offered 120 % is more than anybody could serve. The door refuses little more than that, and what it
#   admits is in time. With a hundred places nearly as many are refused, and those admitted wait for about a second.
# - At 70 % the door is hardly noticed. It costs nothing on quiet days, and bounds what a bad one can do: no response is
#   much longer than a queue of that length.

# %% [markdown]
# ## 6. Who may take how much of the 100 ms?
#
# A request calls several services, one after the other: service $i$ is called $v_i$ times. The promise is about the
# whole: a share $q$ of the requests is done within $T$. Each service must get a promise of its own, as its team cannot
# see the others. Two steps lead there.
#
# **The misses.** Quantiles do not add: the sum of five p99s is not the p99 of the sum. What does add, always, are
# probabilities of missing (Boole's inequality): if every *call* misses its budget $t_i$ with probability $m$ at most, a
# request misses with $m \sum_j v_j$ at most. So share the allowed $1 - q$ out evenly, call by call.
#
# **The times.** Let each service be one queue with exponential service (M/M/1) at rate $\mu_i$; it gets $v_i \lambda$
# calls per second, and its response time is exponential, with rate $\mu_i - v_i \lambda$. A tight budget needs a high
# $\mu_i$, and one call per second of $\mu_i$ costs $p_i$. Choose the $t_i$, with $\sum_i v_i t_i = T$, so that all
# together is *cheapest*. (Write down which $\mu_i$ a budget $t_i$ needs, then what moving a millisecond from one
# service to another would save. At the optimum it saves nothing.)
#
# **What the model leaves out.** Service rates come in whole servers, and Boole's bound is cautious: independent calls
# seldom miss together.
#
# **Exercise 11** (4 points, 8 minutes). Write `latency_budgets`.


# %% exercise={"id": "m08_latency_budgets", "reference": "m08_tail_latency.slo_budget:latency_budgets"}
def latency_budgets(budget_s, quantile, arrival_per_s, visits, price):
    """Cheapest division of a latency budget among services that are called one after the other.

    budget_s:      time that a request may take [s]
    quantile:      share of the requests that must keep it, between 0 and 1 [1]
    arrival_per_s: rate of requests [1/s]
    visits:        calls that a request makes to each service [1]
    price:         what one call per second of service rate costs at each service, in any currency [currency s]

    Returns a dict of arrays, one entry for each service: `call_s`, the time that one call may take [s], and
    `service_per_s`, the rate at which the service must be able to work [1/s].

    Raises ValueError if the quantile does not lie between 0 and 1, or anything else is not positive.
    """
    ### SOLUTION


# %% tests={"id": "m08_latency_budgets"}
# Two services, each called once; the second is four times as dear.
divided = latency_budgets(0.09, 0.99, 100.0, visits=[1, 1], price=[1.0, 4.0])
assert set(divided) == {"call_s", "service_per_s"}, f"these two: {sorted(divided)}"
assert np.isclose(np.sum(divided["call_s"]), 0.09), f"the budget is spent whole: {divided['call_s']}"
assert divided["call_s"][1] > divided["call_s"][0], "time is the remedy where speed is dear"
assert np.isclose(divided["service_per_s"][0], 276.61, atol=0.01), (
    f"the first must work at 276.61 calls/s, not {divided['service_per_s'][0]:.2f}"
)

# %%
services = ["gateway", "features", "search", "ranking", "model"]
visits, price = np.array([1, 2, 1, 1, 1]), np.array([0.2, 0.5, 2.0, 4.0, 20.0])  # made up, per call/s and month
plan = latency_budgets(0.1, 0.99, 200.0, visits, price)
equal_s = np.full(5, 0.1 / visits.sum())
equal_rate_per_s = visits * 200.0 - np.log(0.01 / visits.sum()) / equal_s
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), sharey=True, layout="constrained")
left.barh(services, 1e3 * visits * equal_s, height=0.35, align="edge", color=GREY, label="equal")
left.barh(services, 1e3 * visits * plan["call_s"], height=-0.35, align="edge", color=BLUE, label="cheapest")
right.barh(services, price * equal_rate_per_s, height=0.35, align="edge", color=GREY)
right.barh(services, price * plan["service_per_s"], height=-0.35, align="edge", color=BLUE)
left.set(xlabel="part of the 100 ms [ms]", title="Time")
right.set(xlabel="cost", title=f"Cost: {price @ equal_rate_per_s:,.0f} and {price @ plan['service_per_s']:,.0f}")
left.legend(frameon=False)
left.invert_yaxis()
plt.show()

# %% [markdown]
# **Notice.**
#
# - The dear model gets nearly half of the time, the cheap gateway a twentieth, and nobody an equal share. Prices go in
#   by their *square root*: a service a hundred times as dear gets ten times the time.
# - Equal budgets look fair, and cost 42 % more for the same promise.
# - Six calls at one per cent *together* are 0.17 % each. "Every team promises its p99" would have promised the request
#   a p94.
#
# You can now say what a tail is worth, where it comes from, and what each remedy costs. In the worked example these
# tools meet one service with a hundred leaves; in the novel scenario, a pipeline of your own.
