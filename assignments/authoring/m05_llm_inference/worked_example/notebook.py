# %% [markdown]
# # Module 5 · LLM inference: worked example
#
# Somebody has bought a node with eight H100 and wants to serve Llama 3.1 70B on it, for conversations of 8,192 tokens.
# *How many users is that, how fast will their answers run, and what would make it better?* You will answer with a
# sheet of paper's worth of arithmetic, and find that one number decides nearly everything.
#
# The analysis is laid out for you. Some steps are missing: **you complete three of them and explain one.** That is
# 13 points and about 24 minutes. What you explain is marked by a person; each numbered part of the question has its own
# points.
#
# **The model** (its published configuration): 80 layers, 8 key-value heads of 128 elements, 70.55 billion weights in
# BF16. 69.5 billion of them are multiplied with each token; the rest is the table that is looked up at the beginning.
#
# **The machine** (NVIDIA's data sheet and H100 white paper, per device): 80 GB, 3.35 TB/s, 989.4 Tflop/s in dense BF16.
# **Three assumptions**, which a measurement should replace: kernels reach 80 % of the bandwidth and half of the peak;
# each device keeps 3 GB for activations and graphs; and a step has 4 ms of messages between devices, launches and
# bookkeeping that overlap with nothing.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

weight_bytes = 2 * 70_553_706_496
token_bytes = 2 * 80 * 8 * 128 * 2  # key and value, layers, heads, elements, BF16
token_flops = 2 * 69.5e9
request_tokens, block_tokens = 8192, 16

devices, device_bytes, utilisation, working_bytes = 8, 80e9, 0.9, 3e9
bandwidth_bytes_per_s = 8 * 3.35e12 * 0.8  # reached
peak_flops_per_s = 8 * 989.4e12 * 0.5  # reached
overhead_s = 0.004

# %% [markdown]
# ## 1. How many users?
#
# The server may use nine tenths of each device's memory; the rest stays free, because running out of memory ends
# everything. What each device keeps for activations comes out of this share, too. Weights are spread over the node
# once. The cache is given out in blocks of 16 tokens, and plan for requests that grow to their full length.
#
# **Exercise 1** (3 points, 5 minutes). Fill in `node_budget`: the bytes that are left for caches; the tokens that whole
# blocks of them hold; and the requests of `request_tokens` tokens that fit at once. Compute them from the variables
# above, and do not round anything but to whole blocks and whole requests.

# %% exercise={"id": "m05_node_budget", "reference": "m05_llm_inference.node_budget:node_budget"}
# node_budget = {"budget_bytes": ..., "tokens": ..., "requests": ...}
### SOLUTION

# %% tests={"id": "m05_node_budget"}
assert set(node_budget) == {"budget_bytes", "tokens", "requests"}, f"these three keys: {sorted(node_budget)}"
assert 1e9 < node_budget["budget_bytes"] < 640e9, "bytes, and fewer than the node has"
assert node_budget["tokens"] % 16 == 0, "whole blocks of 16 tokens"
assert node_budget["requests"] == int(node_budget["requests"]), "whole requests"
assert node_budget["requests"] <= node_budget["tokens"] / 8192, "no more requests than their tokens allow"

# %%
parts = {
    "not used": (1 - utilisation) * devices * device_bytes,
    "activations": devices * working_bytes,
    "weights": weight_bytes,
    "caches": node_budget["budget_bytes"],
}
figure, axes = plt.subplots(figsize=(8.5, 1.6))
left = 0
for (part, size), colour in zip(parts.items(), ("#D0D0D0", GREY, ORANGE, BLUE), strict=True):
    axes.barh(0, size / 1e9, left=left / 1e9, color=colour, height=0.6, label=f"{part}: {size / 1e9:.0f} GB")
    left += size
axes.set(yticks=[], xlim=(0, 640), ylim=(-0.4, 0.9), xlabel="memory of the node [GB]")
axes.legend(frameon=False, ncols=4, loc="upper center", fontsize=9)
plt.show()
print(f"{node_budget['tokens']:,.0f} tokens, {node_budget['requests']:.0f} requests of {request_tokens:,} tokens")

# %% [markdown]
# ## 2. How fast?
#
# A step of decode writes one token for each request in the batch. It does two things that overlap, if all goes well:
#
# - **it computes**: $f$ operations for each token that it processes, at what the devices reach of their peak;
# - **it reads**: all weights, *once for the whole batch*, and the cache of every request, which no other request
#   shares.
#
# The longer of the two decides, and the overhead comes on top. The same function serves for prefill: there the tokens
# are those of the prompts, and hardly anything is cached yet.
#
# **What the model leaves out.** Attention over long contexts computes as well as reads; messages grow with the batch;
# and kernels reach their share of a roof only if the matrices are large enough.
#
# **Exercise 2** (3 points, 6 minutes). Write `step_time_s`. `tokens` and `cached_tokens` may be arrays and broadcast.


# %% exercise={"id": "m05_step_time_s", "reference": "m05_llm_inference.step_times:step_time_s"}
def step_time_s(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    """Time of a step of inference [s].

    tokens:                tokens that the step processes, all requests together [1]
    cached_tokens:         tokens whose keys and values it reads, all requests together [1]
    weight_bytes:          weights [B]
    token_bytes:           keys and values of one token [B]
    token_flops:           operations for one token that is processed [flop]
    peak_flops_per_s:      operations that all devices together reach in a second [flop/s]
    bandwidth_bytes_per_s: bytes that all devices together reach in a second [B/s]
    overhead_s:            what overlaps with nothing [s]

    Raises ValueError if a number of tokens is negative.
    """
    ### SOLUTION


# %% tests={"id": "m05_step_time_s"}
small = {"weight_bytes": 40, "token_bytes": 1, "token_flops": 40, "peak_flops_per_s": 100, "bandwidth_bytes_per_s": 10}
assert np.isclose(step_time_s(1, 0, **small), 4), "one token: 0.4 s of arithmetic beside 4 s of reading weights"
assert np.isclose(step_time_s(20, 0, **small), 8), "twenty tokens: 8 s of arithmetic beside 4 s of reading weights"
assert np.isclose(step_time_s(1, 30, **small), 7), "thirty cached tokens are 30 bytes more to read"
assert np.shape(step_time_s([1, 2, 3], [10, 20, 30], **small)) == (3,), "three steps have three times"
try:
    step_time_s(-1, 0, **small)
except ValueError:
    pass
else:
    raise AssertionError("a negative number of tokens must raise ValueError")

# %% [markdown]
# Now the two curves that every capacity plan rests on: what a user sees (TPOT), and what the owner sees (tokens per
# second of the node), over the batch, for contexts of 1,024, 8,192 and 32,768 tokens. A curve ends where memory is
# full.

# %%
machine = {"peak_flops_per_s": peak_flops_per_s, "bandwidth_bytes_per_s": bandwidth_bytes_per_s}
llama = {"weight_bytes": weight_bytes, "token_bytes": token_bytes, "token_flops": token_flops}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for context, colour in ((1024, GREEN), (8192, BLUE), (32_768, ORANGE)):
    batch = np.arange(1, min(node_budget["tokens"] // context, 400) + 1)
    tpot_s = step_time_s(batch, batch * context, **llama, **machine, overhead_s=overhead_s)
    left.plot(batch, 1e3 * tpot_s, color=colour, label=f"{context:,} tokens each")
    right.plot(batch, batch / tpot_s, color=colour)
    right.plot(batch[-1], batch[-1] / tpot_s[-1], "o", color=colour, markersize=5)
left.axhline(1e3 * (weight_bytes / bandwidth_bytes_per_s + overhead_s), color=GREY, linewidth=0.8, linestyle=":")
left.text(150, 8, "weights and overhead alone", fontsize=9, color=GREY)
left.set(xlabel="batch [requests]", ylabel="TPOT [ms]", ylim=(0, None), title="What a user sees")
right.set(xlabel="batch [requests]", ylabel="tokens [1/s]", ylim=(0, None), title="What the owner sees")
left.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.**
#
# - Even one request alone waits 11 ms for a token: 6.6 ms to read 141 GB, and the overhead of a step. No scheduler, and
#   no further user who stays away, makes it shorter.
# - With short contexts the batch is nearly free: 100 users cost hardly more than one. With long ones each user adds to
#   everybody's TPOT, and throughput bends.
# - The ridge of this machine lies at 187 tokens a step (with the shares assumed). With 8,192 tokens each, memory is
#   full before that: the arithmetic units are never what decode waits for.
#
# ## 3. Three measures
#
# Three proposals for the same node, each with as many requests of 8,192 tokens as fit:

# %%
proposals = {
    "as it is": (weight_bytes, token_bytes),
    "A: cache in FP8, a scale of 4 bytes for each 128": (weight_bytes, 80 * 2 * 8 * (128 + 4)),
    "B: weights in FP8, scales neglected": (weight_bytes / 2, token_bytes),
    "C: twice the arithmetic, the same memory": (weight_bytes, token_bytes),
}
rows = []
for proposal, (weights, per_token) in proposals.items():
    room = devices * (utilisation * device_bytes - working_bytes) - weights
    batch = room // (per_token * block_tokens) // (request_tokens / block_tokens)
    peak = peak_flops_per_s * (2 if proposal.startswith("C") else 1)
    seconds = step_time_s(
        batch, batch * request_tokens, weights, per_token, token_flops, peak, bandwidth_bytes_per_s, overhead_s
    )
    prefill = step_time_s(request_tokens, 0, weights, per_token, token_flops, peak, bandwidth_bytes_per_s, overhead_s)
    rows.append([proposal, batch, 1e3 * seconds, batch / seconds, 1e3 * prefill])
columns = ["proposal", "requests", "TPOT, memory full [ms]", "tokens [1/s]", "reading a prompt of 8,192 [ms]"]
pd.DataFrame(rows, columns=columns).set_index("proposal").map("{:,.0f}".format)

# %% [markdown]
# Look at the second column before you read on. Whatever the memory is filled with, reading all of it takes the same
# time.

# %% [markdown] exercise={"id": "m05_batch_limit"}
# **Exercise 3** (4 points, 7 minutes). *What holds this node back?* In about 170 words:
#
# 1. (1.5 points) With 8,192 tokens each, throughput bends as the batch grows. Say what a step reads with a batch of 16
#    and with a full memory, in GB, and which part of it the batch shares. How many tokens per second could no batch
#    exceed, however large the memory?
# 2. (1 point) Proposal C doubles the arithmetic. What does it change for those who are writing, what for those who wait
#    for their first token, and why?
# 3. (1.5 points) Choose between A and B for this service, with numbers from the table. Then name a service for which
#    you would choose the other one, and say why.

# %% [markdown]
# ## 4. One more step: speculation
#
# If decode waits for memory, arithmetic is idle. *Speculative decoding* puts it to work: a small model proposes
# $\gamma$ tokens, and the large one checks all of them in one step, which reads the weights once. From the first to
# the last, each proposal is accepted with probability $\alpha$, whatever came of others; **the first that is not ends
# the round**, and those behind it are void. Then the large model's own token follows, which its step has brought along:
# in place of the refused one, or after the last. **How many tokens does a round write?**
#
# With $E$ tokens a round, and a draft step that takes $c$ times as long as a step of the large model,
#
# $$ S = \frac{E}{\gamma \, c + 1} $$
#
# is the speed-up of the paper (Leviathan, Kalman and Matias, ICML 2023, theorem 3.8), if checking costs no more than
# writing one token. Your `step_time_s` knows when that is so.
#
# **What the model leaves out.** Texts have easy and hard passages, so that acceptances come in runs.
#
# **Exercise 4** (3 points, 6 minutes). Write `tokens_per_round`, the expected number $E$. Both arguments may be arrays
# and broadcast. A draft that is always right is allowed, and so is one that never is.


# %% exercise={"id": "m05_tokens_per_round", "reference": "m05_llm_inference.speculative_decoding:tokens_per_round"}
def tokens_per_round(acceptance, proposals):
    """Expected tokens that a round of speculative decoding writes [1].

    acceptance: probability that a proposal is accepted, if those before it were: 0 to 1, both included [1]
    proposals:  tokens that the draft model proposes in a round; may be 0 [1]

    Raises ValueError for an acceptance that is no probability, and for proposals that are negative.
    """
    ### SOLUTION


# %% tests={"id": "m05_tokens_per_round"}
assert np.isclose(tokens_per_round(0.5, 1), 1.5), "one token for sure, and a second one every other time"
assert np.isclose(tokens_per_round(0.8, 4), 3.3616), f"3.3616 tokens, not {tokens_per_round(0.8, 4)}"
assert np.isclose(tokens_per_round(1.0, 4), 5), "four that are accepted, and the large model's own"
assert np.shape(tokens_per_round([[0.5], [0.8]], [1, 2, 4])) == (2, 3), "two drafts, three lengths of a round"
try:
    tokens_per_round(1.2, 4)
except ValueError:
    pass
else:
    raise AssertionError("1.2 is no probability: raise ValueError")

# %% [markdown]
# What is it worth on this node? A step that checks processes five tokens for each request, and the draft's four steps
# take a twentieth each.

# %%
acceptance, proposals_each, draft_share = 0.8, 4, 0.05
written = tokens_per_round(acceptance, proposals_each)
batch = np.arange(1, 301)
figure, axes = plt.subplots(figsize=(8.5, 3.8))
for context, colour in ((256, GREEN), (1024, BLUE)):
    plain_s = step_time_s(batch, batch * context, **llama, **machine, overhead_s=overhead_s)
    check_s = step_time_s(batch * (proposals_each + 1), batch * context, **llama, **machine, overhead_s=overhead_s)
    round_s = check_s + proposals_each * draft_share * plain_s
    axes.plot(batch, written * plain_s / round_s, color=colour, label=f"{context:,} tokens each")
axes.axhline(1, color=GREY, linewidth=0.8)
axes.set(xlabel="batch [requests]", ylabel="speed-up [1]", title="Four proposals, four of five accepted")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** For one user it is nearly three times faster. For a full house it is slower than doing nothing: five
# tokens are checked for each request, and the ridge is passed at a fifth of the batch. Whoever sells a speed-up should
# be asked at which batch.
#
# You have turned a data sheet and a model's configuration into users, milliseconds and tokens per second, and found
# what holds the node back. In the novel scenario the model is yours alone, three machines are on offer, and there is a
# bill.
