# %% [markdown]
# # Are you ready for module 1?
#
# The track asks for four things before it begins: how computers are built, Python and numpy, some statistics, and the
# basics of machine learning. Here are four or five short tasks about each. **Nothing is handed in and nothing is
# graded.** You see for yourself where you stand, and the last cell says what to read where a task does not work yet.
#
# Each task is one cell in which you replace `...`, and one below it that looks at your answer. Those cells know no
# answers: they try what must hold of any right one, or do the same thing slowly. Work without them first. About an
# hour is enough if all is familiar; if a task takes you longer than a quarter of an hour, leave it as it is and go on.
#
# numpy is all you need. Run the next cell first.

# %%
import numpy as np

PARTS = {"1": "Computer architecture", "2": "Python and numpy", "3": "Statistics", "4": "Machine learning"}
SYSTEMS = (
    "Dive into Systems, chapter 11: https://diveintosystems.org/antora/diveintosystems/1.0/MemHierarchy/summary.html"
)
CSE_410 = "https://courses.cs.washington.edu/courses/cse410/09sp/lectures"
PIPELINES = f"CSE 410 of the University of Washington, pipelining: {CSE_410}/cse410-10-pipelining-a.pdf"
HARDWARE = "Algorithms for Modern Hardware, RAM and caches: https://en.algorithmica.org/hpc/"
PYTHON = "The Python Tutorial, data structures: https://docs.python.org/3/tutorial/datastructures.html"
CLASSES = "The Python Tutorial, classes: https://docs.python.org/3/tutorial/classes.html"
NUMPY = "NumPy, the absolute basics for beginners: https://numpy.org/doc/stable/user/absolute_beginners.html"
BROADCASTING = "NumPy, broadcasting: https://numpy.org/doc/stable/user/basics.broadcasting.html"
STATISTICS = "Think Stats, distributions and estimation: http://www.greenteapress.com/thinkstats/thinkstats.pdf"
INFERENCE = "Computational and Inferential Thinking, estimation and the mean: https://inferentialthinking.com"
ALGEBRA = "Dive into Deep Learning, linear algebra: https://d2l.ai/chapter_preliminaries/linear-algebra.html"
ATTENTION = "The Illustrated Transformer: https://jalammar.github.io/illustrated-transformer/"
DECODING = "How To Scale Your Model, transformer inference: https://jax-ml.github.io/scaling-book/inference/"

TASKS = {
    "1.1": ("What an access costs", SYSTEMS),
    "1.2": ("Misses of a small cache", SYSTEMS),
    "1.3": ("A pipeline and its stalls", PIPELINES),
    "1.4": ("Latency and bandwidth", HARDWARE),
    "2.1": ("Sums by name", PYTHON),
    "2.2": ("Rows that add up to one", BROADCASTING),
    "2.3": ("Means of blocks", NUMPY),
    "2.4": ("A class that remembers", CLASSES),
    "3.1": ("A percentile", STATISTICS),
    "3.2": ("A mean of rates", INFERENCE),
    "3.3": ("How sure a mean is", INFERENCE),
    "3.4": ("Two failures of many", STATISTICS),
    "4.1": ("Work of a matrix product", ALGEBRA),
    "4.2": ("Softmax", ATTENTION),
    "4.3": ("Attention", ATTENTION),
    "4.4": ("Attention that looks back only", ATTENTION),
    "4.5": ("One token after the other", DECODING),
}
outcomes = {}


class Unanswered(Exception):
    """There is still `...` where an answer should be."""


def given(answer):
    """What you answered, or the news that it is not there yet."""
    if answer is ...:
        raise Unanswered
    return answer


def check(task):
    """Run the test of a task, keep what came of it, say it in a line; it never stops the notebook."""

    def run(test):
        try:
            test()
        except Unanswered:
            found = "not answered yet"
        except AssertionError as lost:
            found = f"not yet: {lost}"
        except Exception as error:
            found = f"not yet: it stops with {type(error).__name__}: {error}"
        else:
            found = "right"
        outcomes[task] = found
        print(f"{task} {TASKS[task][0]}: {found}")

    return run


# %% [markdown]
# ## Part 1. Computer architecture
#
# **1.1** A cache answers after `hit_cycles`. In a share `hit_share` of the accesses that is all; in the others
# `penalty_cycles` more go by until memory has answered. How many cycles does an access take on average?


# %%
def mean_access_cycles(hit_share, hit_cycles, penalty_cycles):
    """Mean cycles of an access."""
    return ...


# %%
@check("1.1")
def accesses_one_by_one():
    rng = np.random.default_rng(11)
    for hit_cycles, penalty_cycles in [(4, 200), (1, 12), (5, 80)]:
        hits, total = rng.random(1000) < 0.9, 0
        for hit in hits:
            total += hit_cycles
            if not hit:
                total += penalty_cycles
        mean = given(mean_access_cycles(np.mean(hits), hit_cycles, penalty_cycles))
        assert np.isclose(mean, total / 1000), "a thousand accesses, added up one by one, come to another mean"


# %% [markdown]
# **1.2** A direct-mapped cache has `lines` lines of `line_bytes` bytes and is empty at first. Line number
# `address // line_bytes` of memory can only lie in place `(address // line_bytes) % lines`, and pushes out what lies
# there. How many of these accesses miss?


# %%
def cache_misses(addresses, line_bytes, lines):
    """Number of misses of the accesses, one after the other."""
    return ...


# %%
@check("1.2")
def walks_through_a_cache():
    def misses(addresses):
        return given(cache_misses(addresses, 64, 8))  # 512 bytes

    walk = list(range(0, 512, 8))
    assert misses(walk) == 512 / 64, "a walk through 512 bytes brings each line in once"
    assert misses(walk * 3) == misses(walk), "what fits stays: the second walk misses nowhere"
    assert misses(walk[::-1]) == misses(walk), "backwards it brings in as many lines"
    assert misses([0, 512] * 10) == 20, "two lines that fight for one place push each other out every time"
    assert misses([0, 64] * 10) == 2, "two neighbours lie in two places"
    assert misses([]) == 0, "no access, no miss"


# %% [markdown]
# **1.3** A pipeline has `stages` stages, an instruction spends a cycle in each, and one enters per cycle. In
# `stall_cycles` cycles nothing could enter. After how many cycles has the last of `instructions` left the pipeline?


# %%
def pipeline_cycles(instructions, stages, stall_cycles):
    """Cycles until the last instruction has left."""
    return ...


# %%
@check("1.3")
def cycle_by_cycle():
    rng = np.random.default_rng(13)
    for instructions, stages, stall_cycles in [(1, 5, 0), (10, 5, 0), (10, 1, 0), (40, 12, 7), (100, 5, 25)]:
        entries = np.array([True] * (instructions - 1) + [False] * stall_cycles)
        rng.shuffle(entries)  # the last to enter ends the program
        inside, left, cycles = [], 0, 0
        for enters in [*entries, True, *[False] * stages]:
            inside = [age + 1 for age in inside] + ([1] if enters else [])
            left += sum(age == stages for age in inside)
            inside = [age for age in inside if age < stages]
            cycles += left < instructions
        found = given(pipeline_cycles(instructions, stages, stall_cycles))
        assert found == cycles + 1, "a pipeline that is played cycle by cycle takes another time"


# %% [markdown]
# **1.4** Memory delivers `bytes_per_s`, but each line of `line_bytes` comes only `latency_s` after it was asked for.
# How many lines must be on their way at any time, at least, so that the memory is never idle? A whole number.


# %%
def lines_in_flight(bytes_per_s, latency_s, line_bytes):
    """Fewest lines that must be on their way."""
    return ...


# %%
@check("1.4")
def enough_and_not_one_more():
    for bytes_per_s, latency_s, line_bytes in [(100e9, 100e-9, 64), (9.6e9, 80e-9, 64), (2e12, 600e-9, 128)]:
        lines = given(lines_in_flight(bytes_per_s, latency_s, line_bytes))
        assert lines == int(lines), "lines come whole"
        assert lines * line_bytes / latency_s >= bytes_per_s, "so many lines per latency do not fill the memory's time"
        assert (lines - 1) * line_bytes / latency_s < bytes_per_s, "one fewer would do, too"


# %% [markdown]
# ## Part 2. Python and numpy
#
# **2.1** `requests` is a list of pairs: who asked, and how many tokens. Give a dict with the tokens of each user, and
# leave the list as it is.


# %%
def tokens_by_user(requests):
    """Dict of user -> sum of their tokens."""
    return ...


# %%
@check("2.1")
def nothing_is_lost():
    rng = np.random.default_rng(21)
    requests = [(str(rng.choice(["user-1", "user-2", "user-3"])), int(rng.integers(1, 100))) for _ in range(50)]
    before = list(requests)
    found = given(tokens_by_user(requests))
    assert isinstance(found, dict), "a dict was asked for"
    assert set(found) == {user for user, _ in before}, "each user once, and nobody else"
    assert sum(found.values()) == sum(tokens for _, tokens in before), "tokens were lost, or counted twice"
    for user in found:
        assert tokens_by_user([pair for pair in before if pair[0] == user]) == {user: found[user]}, "users are mixed up"
    assert requests == before, "the list that was given has changed"
    assert tokens_by_user([]) == {}, "no request, no user"


# %% [markdown]
# **2.2** Divide each row of an array by its sum, so that it adds up to 1. A row runs along the *last* axis, however
# many axes there are. No loop; and leave the array as it is.


# %%
def rows_of_one(weights):
    """The array, with rows that add up to 1."""
    return ...


# %%
@check("2.2")
def any_number_of_axes():
    rng = np.random.default_rng(22)
    for shape in [(5,), (3, 5), (4, 4), (2, 3, 5)]:
        weights = rng.integers(1, 9, shape)
        before = weights.copy()
        found = given(rows_of_one(weights))
        assert np.shape(found) == shape, f"an array of shape {shape} came back as {np.shape(found)}"
        assert np.allclose(np.sum(found, axis=-1), 1), "a row does not add up to 1"
        assert np.allclose(found[..., 0] * before[..., 1], found[..., 1] * before[..., 0]), (
            "a row's shares have changed"
        )
        assert np.array_equal(weights, before), "the array that was given has changed"


# %% [markdown]
# **2.3** Cut a series into blocks of `size` values and give the mean of each. Values that fill no block at the end are
# left out. No loop.


# %%
def block_means(samples, size):
    """Mean of each full block."""
    return ...


# %%
@check("2.3")
def blocks_keep_their_places():
    rng = np.random.default_rng(23)
    for count, size in [(12, 3), (14, 3), (7, 7), (10, 1), (2, 5)]:
        samples = rng.random(count)
        found = np.asarray(given(block_means(samples, size)))
        assert found.shape == (count // size,), f"{count} values make {count // size} blocks of {size}"
        for place, mean in enumerate(found):
            block = samples[place * size : (place + 1) * size]
            assert np.isclose(mean * size, block.sum()), "a block's mean is not that of its values"


# %% [markdown]
# **2.4** A `Window` remembers the last `size` numbers that were added. `mean()` gives their mean; while fewer were
# added, the mean of those; and `nan` before the first.


# %%
class Window:
    """Mean of the last numbers."""

    def __init__(self, size): ...

    def add(self, number):
        """Add a number."""

    def mean(self):
        """Mean of the last `size` numbers."""
        return ...


# %%
@check("2.4")
def two_windows_do_not_meet():
    rng = np.random.default_rng(24)
    numbers = rng.random(20)
    short, long = Window(3), Window(8)
    assert np.isnan(given(short.mean())), "before the first number there is no mean"
    for place, number in enumerate(numbers):
        short.add(number)
        long.add(-number)
        assert np.isclose(short.mean(), np.mean(numbers[: place + 1][-3:])), "it is not the mean of the last three"
        assert np.isclose(long.mean(), -np.mean(numbers[: place + 1][-8:])), "it is not the mean of the last eight"


# %% [markdown]
# ## Part 3. Statistics
#
# **3.1** The percentile of a load test, by nearest rank: the *smallest* of the samples such that at least a `share` of
# all samples is not larger than it.


# %%
def nearest_rank(samples, share):
    """The sample at that share."""
    return ...


# %%
@check("3.1")
def the_smallest_that_is_enough():
    rng = np.random.default_rng(31)
    for count, share in [(10, 0.5), (11, 0.5), (10, 0.9), (200, 0.99), (150, 0.99), (7, 1.0), (1, 0.25)]:
        samples = rng.exponential(size=count)
        found = given(nearest_rank(samples, share))
        assert found in samples, "it is one of the samples"
        assert np.mean(samples <= found) >= share - 1e-12, "too few samples lie at or below it"
        assert np.mean(samples < found) < share - 1e-12, "a smaller sample would do, too"


# %% [markdown]
# **3.2** A machine does pieces of work of known sizes (in operations), each at a rate of its own (in operations per
# second), one after the other. What is its rate over all of them?


# %%
def overall_rate(work, rates):
    """Operations per second over all pieces."""
    return ...


# %%
@check("3.2")
def a_clock_beside_the_machine():
    rng = np.random.default_rng(32)
    for count in (1, 2, 6):
        work, rates = rng.integers(1, 100, count), rng.integers(1, 20, count)
        clock = 0.0
        for size, rate in zip(work, rates, strict=True):
            clock += size / rate
        rate = given(overall_rate(work, rates))
        assert np.isclose(rate * clock, work.sum()), "at that rate another amount of work would have been done"


# %% [markdown]
# **3.3** From many independent samples: an interval that contains the true mean in about 95 of 100 such experiments.
# Take 1.96 as the quantile.


# %%
def mean_interval(samples):
    """Lower and upper end of the interval."""
    return ...


# %%
@check("3.3")
def a_thousand_experiments():
    rng = np.random.default_rng(33)
    experiments = rng.exponential(2.0, size=(1000, 250))
    ends = np.array([given(mean_interval(samples)) for samples in experiments])
    assert ends.shape == (1000, 2), "two numbers were asked for: lower end, upper end"
    assert np.allclose(ends.mean(axis=1), experiments.mean(axis=1)), "the sample's mean is not in the middle"
    caught = np.mean((ends[:, 0] <= 2.0) & (ends[:, 1] >= 2.0))
    assert 0.92 <= caught <= 0.97, f"of 1000 experiments {caught:.0%} caught the true mean"


# %% [markdown]
# **3.4** Each of `machines` machines fails today with probability `p`, whatever the others do. How probable is it that
# *two or more* fail?


# %%
def two_or_more(p, machines):
    """Probability of two failures or more."""
    return ...


# %%
@check("3.4")
def every_possible_day():
    for p, machines in [(0.1, 2), (0.3, 5), (0.01, 8), (0.5, 1)]:
        total = 0.0
        for day in range(2**machines):  # bit after bit: which machines fail on such a day
            fails = [bool(day >> machine & 1) for machine in range(machines)]
            if sum(fails) >= 2:
                total += np.prod([p if failed else 1 - p for failed in fails])
        found = given(two_or_more(p, machines))
        assert np.isclose(found, total, atol=1e-12), "all days on which two or more fail come to another probability"


# %% [markdown]
# ## Part 4. Machine learning
#
# **4.1** A matrix of shape `(m, k)` times one of shape `(k, n)`: how many operations is that? Count each
# multiplication and each addition as one; a sum begins at 0.


# %%
def product_operations(m, k, n):
    """Multiplications and additions of a matrix product."""
    return ...


# %%
@check("4.1")
def counted_in_three_loops():
    rng = np.random.default_rng(41)
    for m, k, n in [(1, 1, 1), (2, 3, 4), (5, 1, 3), (4, 6, 2)]:
        a, b, product, counted = rng.random((m, k)), rng.random((k, n)), np.zeros((m, n)), 0
        for row in range(m):
            for column in range(n):
                for inner in range(k):
                    product[row, column] += a[row, inner] * b[inner, column]
                    counted += 2
        assert np.allclose(product, a @ b)
        assert given(product_operations(m, k, n)) == counted, "three loops count another number"


# %% [markdown]
# **4.2** Softmax along the last axis: positive weights that add up to 1, each in proportion to the exponential of its
# score. Scores may be as large as 10,000.


# %%
def softmax(scores):
    """Weights of the scores."""
    return ...


# %%
@check("4.2")
def weights_of_any_scores():
    rng = np.random.default_rng(42)
    scores = rng.normal(size=(2, 3, 5))
    with np.errstate(all="raise", under="ignore"):
        weights = np.asarray(given(softmax(scores)))
        assert weights.shape == scores.shape, "there is a weight for each score"
        assert np.allclose(weights.sum(axis=-1), 1), "weights along the last axis do not add up to 1"
        steps = np.log(weights[..., 1:]) - np.log(weights[..., :-1])
        assert np.allclose(steps, np.diff(scores)), "weights are not in proportion to the exponentials"
        try:
            assert np.allclose(softmax(scores + 1e4), weights, atol=1e-9), "only differences of scores count"
        except FloatingPointError:
            raise AssertionError("large scores are too much for it: the exponential of 10,000 is no number") from None


# %% [markdown]
# **4.3** Attention of one head: `queries` of shape `(t, d)`, `keys` `(s, d)`, `values` `(s, v)`. Scores are scaled
# products of queries and keys, as in "Attention Is All You Need".


# %%
def attention(queries, keys, values):
    """What each query gets of the values, of shape (t, v)."""
    return ...


# %%
@check("4.3")
def weights_that_can_be_seen():
    rng = np.random.default_rng(43)
    queries, keys, values = rng.normal(size=(3, 16)), rng.normal(size=(5, 16)), rng.normal(size=(5, 2))
    found = np.asarray(given(attention(queries, keys, values)))
    assert found.shape == (3, 2), f"the result has the shape {found.shape}, not (3, 2)"
    weights = np.asarray(attention(queries, keys, np.eye(5)))  # such values show the weights themselves
    assert np.allclose(weights.sum(axis=1), 1), "the weights of a query do not add up to 1"
    assert np.allclose(found, weights @ values), "values are not mixed by those weights"
    products = np.log(weights[:, 1:] / weights[:, :1])
    unscaled = (keys[1:] - keys[0]) @ queries.T
    assert np.corrcoef(products.ravel(), unscaled.T.ravel())[0, 1] > 0.999999, "products of queries and keys decide"
    assert np.isclose(np.std(unscaled) / np.std(products), np.sqrt(queries.shape[1])), "the scores are scaled otherwise"


# %% [markdown]
# **4.4** The same for a text: queries, keys and values all have `t` rows, a row a token, and a token sees itself and
# those before it, none after it.


# %%
def causal_attention(queries, keys, values):
    """What each token gets of the values up to its own, of shape (t, v)."""
    return ...


# %%
@check("4.4")
def the_future_changes_nothing():
    rng = np.random.default_rng(44)
    queries, keys, values = rng.normal(size=(3, 6, 8))
    found = np.asarray(given(causal_attention(queries, keys, values)))
    assert found.shape == (6, 8), f"the result has the shape {found.shape}, not (6, 8)"
    assert np.allclose(found[0], values[0]), "the first token sees itself only"
    for t in range(1, 6):
        sooner = causal_attention(queries[:t], keys[:t], values[:t])
        assert np.allclose(found[:t], sooner), "tokens that come later change what earlier ones get"
    mixed = causal_attention(queries, np.zeros((6, 8)), values)
    assert np.allclose(mixed[-1], values.mean(axis=0)), "keys that are all alike give all tokens the same weight"


# %% [markdown]
# **4.5** A language model is a function: `next_token(tokens)` gives the token that follows a list of tokens. Write the
# loop around it: begin with `prompt`, go on until `stop` was generated or `longest` tokens were, and give the new
# tokens, `stop` included. Leave the prompt as it is.


# %%
def generate(next_token, prompt, stop, longest):
    """The new tokens, a list."""
    return ...


# %%
@check("4.5")
def what_the_model_was_asked():
    asked = []

    def counting(tokens):
        asked.append(list(tokens))
        return tokens[-1] + 1

    prompt = [3, 1, 4]
    new = given(generate(counting, prompt, stop=8, longest=100))
    assert list(new) == list(range(5, 9)), "new tokens only, up to and with the one that stops"
    assert asked == [[3, 1, 4, *range(5, 5 + step)] for step in range(4)], "each call sees all tokens so far, once"
    assert prompt == [3, 1, 4], "the prompt that was given has changed"
    assert len(generate(counting, prompt, stop=-1, longest=5)) == 5, "it goes on for `longest` tokens, and no further"
    assert len(generate(lambda tokens: 8, [8], stop=8, longest=5)) == 1, "a new token stops it, none of the prompt"


# %% [markdown]
# ## Where you stand
#
# Run the last cell again whenever you have changed an answer and run its test.


# %%
def where_you_stand():
    """Say what is right, and what to read for the rest."""
    missing = [task for task in TASKS if outcomes.get(task) != "right"]
    for part, title in PARTS.items():
        tasks = [task for task in TASKS if task.startswith(part)]
        gaps = [task for task in tasks if task in missing]
        print(f"Part {part}. {title}: {len(tasks) - len(gaps)} of {len(tasks)}{' - brush up' if gaps else ''}")
        for reading in dict.fromkeys(TASKS[task][1] for task in gaps):
            about = ", ".join(task for task in gaps if TASKS[task][1] == reading)
            print(f"    for {about} read: {reading}")
    print()
    if missing:
        print(f"{len(TASKS) - len(missing)} of {len(TASKS)} tasks are right. Read, come back, and try the others.")
    else:
        print(f"All {len(TASKS)} tasks are right: you are ready for module 1.")


where_you_stand()
