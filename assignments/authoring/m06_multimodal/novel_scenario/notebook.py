# %% [markdown]
# # Module 6 · Multimodal Foundation Models: novel scenario
#
# A model that sees was trained in three versions: its image tokens *joined* to the text, *resampled* to a few, or
# looked at *across*. They are of unequal quality on the test set of the people who will use it. There is a fleet of
# machines, a mix of images, and a promise about the first token.
#
# **You decide which version is served and who gets how many machines, and you defend it.** That is 10 points and about
# 26 minutes:
#
# 1. the plan (6 points, 16 minutes),
# 2. the defence, in words (4 points, 10 minutes).
#
# **Your model is not your neighbour's.** Its size, its users, its images, its fleet and its promise derive from your
# student id. All are made up; the method is not, and your practical is open beside you: copy from it what you need.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.2), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your model
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
print(
    f"It serves {scenario['service']}: {scenario['requests_per_s']:g} requests/s, "
    f"{100 * scenario['image_share']:.0f} % with an image; {100 * scenario['hit_share']:.0f} % of these are cached.\n"
    f"A prompt has {scenario['text_tokens']} tokens of text, an answer {scenario['answer_tokens']}, which holds a slot "
    f"for {scenario['write_s']:g} s on average.\n"
    f"{scenario['machines']} machines at {scenario['flops_per_s'] / 1e12:g} Tflop/s, with "
    f"{scenario['cache_bytes'] / 1e9:g} GB each for caches. Stages may be busy for {100 * scenario['busiest']:g} %."
    f"\nPromised: {scenario['promise_ms']} ms to the first token, on average, with a new image."
)
pd.DataFrame(scenario["images"]).set_index("kind")

# %%
names = {
    "token_px": "edge of a token [px]",
    "encode_ms_per_1000_tokens": "to encode 1,000 tokens [ms]",
    "weights": "weights that a token passes",
    "hidden": "elements of a token",
    "bytes_per_token": "cache of a token [B]",
    "latents": "tokens behind the resampler",
    "cross_layers": "cross-attention layers",
    "cross_bytes_per_token": "cache of an image token, across [B]",
}
print("quality:", ", ".join(f"{fusion} {points:g}" for fusion, points in scenario["quality"].items()))
pd.Series(scenario["model"]).rename(names).map("{:,.0f}".format).to_frame("the model")

# %% [markdown]
# **How it works.**
#
# - **Tokens.** Each side of an image is cut into pieces of `token_px` pixels, *the last one filled up*: so many rows
#   and columns of tokens. There are no other limits. A request has one image or none; `percent` says how many of the
#   images are of a kind, of those that are cached and of the others alike.
# - **Encode.** An image takes time in proportion to its tokens on one machine, whatever the version. A cached one takes
#   none.
# - **Prefill.** Each token that is read takes two operations for each weight (attention over the context is left out).
#   `joined` reads the text and all of the image's tokens, `resampled` the text and `latents` tokens. (What the
#   resampler computes is small, and counted with the encoder.) `cross` reads the text only; but with an image its
#   cross-attention layers add their operations, of matrix products as in the practical's exercise 7 for a batch of 1:
#   queries and outputs of the prompt's text, keys and values of all image tokens, scores and weighted sums. (Heads do
#   not change them.) Without an image they are skipped.
# - **Decode.** A request's cache holds `bytes_per_token` for each token that was read and each of the answer; across it
#   also holds `cross_bytes_per_token` for each image token. Take the *mean* request, over those with an image, cached
#   or not, and those without. A decode machine has as many whole slots as fit into its memory for caches.
# - **Queues.** Three stages as in the practical's exercise 9, with random arrivals (an `arrival_scv` of 1) and the
#   waits of Allen and Cunneen, which are given below. Encoding: new images only, of the two kinds. Prefill: all
#   requests, with each kind of image or none. Decode: its slots are kept so free that waiting for one is left out; but
#   its utilisation counts.

# %%


def allen_cunneen_mean_wait_s(arrival_per_s, mean_service_s, servers, arrival_scv, service_scv):
    """Mean wait for a pool of servers [s]; `_scv`: variance over the square of the mean, of arrivals and services."""
    load = arrival_per_s * mean_service_s
    if load >= servers:
        return math.inf
    below = sum(load**n / math.factorial(n) for n in range(servers))
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    return full / (below + full) * mean_service_s / (servers - load) * (arrival_scv + service_scv) / 2


# %% [markdown]
# ## 1. The plan
#
# A plan is a version and a split of *all* machines among encode, prefill and decode, at least one for each. It is
# allowed if no stage's utilisation is more than `busiest`. Its **time to first token** is the mean of requests with a
# new image: wait for an encoder, encode, wait for a prefill server, read; means over the kinds of images, by their
# `percent`.
#
# A version's best split is the one with the *least* such time. Of the versions whose best split keeps the promise,
# serve the one of **highest quality**, with its best split. At least one keeps it. (A plan within a thousandth of the
# promise, or of the least time, counts as well.)
#
# **Exercise 1** (6 points, 16 minutes). Fill in `vlm_plan`, a dict:
#
# | key | |
# |---|---|
# | `tokens` | a dict: tokens of each kind of image behind the encoder |
# | `slots` | a dict: for `joined`, `resampled` and `cross`, slots of one decode machine |
# | `least_ttft_s` | a dict: for each version, the time to first token of its best split [s]; infinite (`np.inf`) |
# | | where no split is allowed |
# | `fusion` | the version that is served |
# | `machines` | a list: its machines for encode, prefill, decode |
# | `utilisation` | a list: utilisation of the three stages in your plan |
# | `ttft_s` | the time to first token of your plan [s] |

# %% exercise={"id": "m06_vlm_plan", "reference": "m06_multimodal.vlm_plan:vlm_plan"}
# vlm_plan = {"tokens": {...}, "slots": {"joined": ..., ...}, "least_ttft_s": {...}, "fusion": ..., ...}
### SOLUTION

# %% tests={"id": "m06_vlm_plan"}
keys = {"tokens", "slots", "least_ttft_s", "fusion", "machines", "utilisation", "ttft_s"}
versions = {"joined", "resampled", "cross"}
assert set(vlm_plan) == keys, f"these seven keys: {sorted(vlm_plan)}"
assert set(vlm_plan["tokens"]) == {image["kind"] for image in scenario["images"]}, "each kind of image"
assert set(vlm_plan["slots"]) == set(vlm_plan["least_ttft_s"]) == versions, "each version"
assert vlm_plan["slots"]["joined"] <= vlm_plan["slots"]["resampled"], "fewer tokens, more slots"
assert vlm_plan["fusion"] in versions, f"one of {sorted(versions)}"
assert len(vlm_plan["machines"]) == 3 and sum(vlm_plan["machines"]) == scenario["machines"], (
    "all machines, three stages"
)
assert min(vlm_plan["machines"]) >= 1, "each stage has a machine"
assert max(vlm_plan["utilisation"]) <= scenario["busiest"] + 1e-9, "no stage is busier than allowed"
assert 0 < vlm_plan["ttft_s"] <= 1.001 * scenario["promise_ms"] / 1e3, "the promise is kept"

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
for version, least_s in vlm_plan["least_ttft_s"].items():
    kept = least_s <= scenario["promise_ms"] / 1e3
    colour = GREY if not kept else BLUE if version == vlm_plan["fusion"] else GREEN
    at = 1e3 * np.minimum(least_s, 2.0), scenario["quality"][version]
    left.plot(*at, "o", color=colour, markersize=9)
    left.annotate(version, at, xytext=(8, -3), textcoords="offset points")
left.axvline(scenario["promise_ms"], color=GREY, linestyle=":")
left.margins(0.25)
left.set(xlabel="least time to first token [ms]; 2,000 stands for none", ylabel="quality", title="What is on offer")
stages = ["encode", "prefill", "decode"]
right.bar(stages, [100 * busy for busy in vlm_plan["utilisation"]], color=[ORANGE, BLUE, GREEN])
right.axhline(100 * scenario["busiest"], color=GREY, linestyle=":")
right.set(ylabel="busy [%]", title=f"Your plan: {vlm_plan['machines']}")
plt.show()

# %% [markdown] exercise={"id": "m06_vlm_defence"}
# ## 2. The defence
#
# **Exercise 2** (4 points, 10 minutes). Defend the plan before those who pay for it, in about 200 words and with your
# numbers:
#
# 1. State the plan, and derive its time to first token: the parts that it consists of, and the tokens behind them.
# 2. Why this version and not the others? Give for each of the two others its quality, its least time, and what rules it
#    out or makes it worse.
# 3. Which stage is the bottleneck of your plan, and up to how many requests a second does the fleet hold? (The stage
#    that reaches 100 % first.)
# 4. What makes the plan wrong? Name one change of the traffic, with a number, at which another stage or another version
#    would be right, and say how you would notice.

# %% [markdown]
# You have taken a model that nobody has seen from its pixels to its promise. The numbers were made up; the questions
# are those of every model that sees.
