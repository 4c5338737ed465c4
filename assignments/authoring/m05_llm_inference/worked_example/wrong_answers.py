"""What students really write in module 5's worked example, each with the thought behind it."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- how many users ---------------------------------------------------------------------------------------------------

LEFT, TOKENS, REQUESTS = "what is left", "in tokens", "in requests"


def budget(budget_bytes, token_bytes, request_tokens, block_tokens):
    blocks = int(budget_bytes / (token_bytes * block_tokens))
    requests = blocks // int(np.ceil(request_tokens / block_tokens))
    return {"budget_bytes": budget_bytes, "tokens": blocks * block_tokens, "requests": requests}


@mistake(
    "m05_node_budget",
    misconception="all of the memory is mine",
    loses=[LEFT, TOKENS, REQUESTS],
    hint="You planned with all of the memory. The server may use nine tenths of it; the rest is what saves it.",
)
def all_of_the_memory(
    devices, device_bytes, utilisation, working_bytes, weight_bytes, token_bytes, request_tokens, block_tokens
):
    left = devices * (device_bytes - working_bytes) - weight_bytes
    return budget(left, token_bytes, request_tokens, block_tokens)


@mistake(
    "m05_node_budget",
    misconception="activations once",
    loses=[LEFT, TOKENS, REQUESTS],
    hint="You took the working memory off once. Every device keeps its own.",
)
def activations_once(
    devices, device_bytes, utilisation, working_bytes, weight_bytes, token_bytes, request_tokens, block_tokens
):
    left = devices * utilisation * device_bytes - working_bytes - weight_bytes
    return budget(left, token_bytes, request_tokens, block_tokens)


@mistake(
    "m05_node_budget",
    misconception="every device has the whole model",
    loses=[LEFT, TOKENS, REQUESTS],
    hint="You took the weights off every device. The devices share them: each holds an eighth.",
)
def weights_everywhere(
    devices, device_bytes, utilisation, working_bytes, weight_bytes, token_bytes, request_tokens, block_tokens
):
    left = devices * (utilisation * device_bytes - working_bytes - weight_bytes)
    return {"budget_bytes": left, "tokens": 0, "requests": 0}


@mistake(
    "m05_node_budget",
    misconception="a share of what the weights leave",
    loses=[LEFT, TOKENS, REQUESTS],
    hint="You took nine tenths of what the weights leave. The share is one of the memory itself, the weights included.",
)
def share_of_the_rest(
    devices, device_bytes, utilisation, working_bytes, weight_bytes, token_bytes, request_tokens, block_tokens
):
    left = utilisation * (devices * device_bytes - weight_bytes) - devices * working_bytes
    return budget(left, token_bytes, request_tokens, block_tokens)


@mistake(
    "m05_node_budget",
    misconception="parts of blocks",
    loses=[TOKENS, REQUESTS],
    hint="Your tokens and requests have fractions. Memory comes in blocks, and nobody serves a part of a request.",
)
def parts_of_blocks(
    devices, device_bytes, utilisation, working_bytes, weight_bytes, token_bytes, request_tokens, block_tokens
):
    left = devices * (utilisation * device_bytes - working_bytes) - weight_bytes
    tokens = left / token_bytes
    return {"budget_bytes": left, "tokens": tokens, "requests": tokens / request_tokens}


# --- how fast ---------------------------------------------------------------------------------------------------------

READING, COMPUTING, MANY, OVERHEAD, NEGATIVE = (
    "reading takes longer",
    "computing takes longer",
    "many steps",
    "overhead",
    "fewer than no tokens",
)


def counted(*numbers):
    arrays = [np.asarray(number, float) for number in numbers]
    if any((array < 0).any() for array in arrays):
        raise ValueError("fewer than no tokens")
    return arrays


@mistake(
    "m05_step_time_s",
    misconception="computing and reading take turns",
    loses=[READING, COMPUTING, MANY, OVERHEAD],
    hint="You added the time of the arithmetic to that of the reading. They overlap: the longer one decides.",
)
def one_after_the_other(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    new, cached = counted(tokens, cached_tokens)
    computing = new * token_flops / peak_flops_per_s
    return computing + (weight_bytes + cached * token_bytes) / bandwidth_bytes_per_s + overhead_s


@mistake(
    "m05_step_time_s",
    misconception="every token reads the weights",
    loses=[READING, COMPUTING, MANY, OVERHEAD],
    hint="You read the weights again for each token. The batch shares one reading: that is what batching is for.",
)
def weights_for_each_token(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    new, cached = counted(tokens, cached_tokens)
    reading = (new * weight_bytes + cached * token_bytes) / bandwidth_bytes_per_s
    return np.maximum(new * token_flops / peak_flops_per_s, reading) + overhead_s


@mistake(
    "m05_step_time_s",
    misconception="caches cost capacity only",
    loses=[READING, MANY, OVERHEAD],
    hint="You read the weights and forgot the caches. Each token of a request reads all that was said before.",
)
def caches_forgotten(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    new, cached = counted(tokens, cached_tokens)
    reading = weight_bytes / bandwidth_bytes_per_s + 0 * cached
    return np.maximum(new * token_flops / peak_flops_per_s, reading) + overhead_s


@mistake(
    "m05_step_time_s",
    misconception="the overhead hides behind the reading",
    loses=[OVERHEAD],
    hint="Your overhead disappears behind the longer of the two. It overlaps with nothing, so it comes on top.",
)
def overhead_hidden(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    new, cached = counted(tokens, cached_tokens)
    reading = (weight_bytes + cached * token_bytes) / bandwidth_bytes_per_s
    return np.maximum(np.maximum(new * token_flops / peak_flops_per_s, reading), overhead_s)


@mistake(
    "m05_step_time_s",
    misconception="one step at a time",
    loses=[READING, MANY, OVERHEAD],
    hint="Python's `max` decides about one number. For arrays each step needs its own decision.",
)
def one_step_at_a_time(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    new, cached = counted(tokens, cached_tokens)
    reading = (weight_bytes + cached * token_bytes) / bandwidth_bytes_per_s
    return max(new * token_flops / peak_flops_per_s, reading) + overhead_s


@mistake(
    "m05_step_time_s",
    misconception="wrong input made plausible",
    loses=[NEGATIVE],
    hint="A negative number of tokens became a time that looks right. Say that there is no such step instead.",
)
def nothing_refused(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    new, cached = np.maximum(tokens, 0), np.maximum(cached_tokens, 0)
    reading = (weight_bytes + cached * token_bytes) / bandwidth_bytes_per_s
    return np.maximum(new * token_flops / peak_flops_per_s, reading) + overhead_s


# --- speculation ------------------------------------------------------------------------------------------------------

ONE, MANY, EXTREMES, PROBABILITY = "one draft", "many drafts", "never and always", "no probability"


def is_refused(acceptance, proposals):
    if np.min(acceptance) < 0 or np.max(acceptance) > 1 or np.min(proposals) < 0:
        raise ValueError("no such draft")


def accepted(acceptance, proposals):
    """Expected proposals in a row that are accepted, added up: the k-th counts if all up to it are."""
    alpha, gamma = np.broadcast_arrays(np.asarray(acceptance, float), proposals)
    return sum(np.where(place <= gamma, alpha**place, 0.0) for place in range(1, int(np.max(gamma)) + 1)) + 0 * alpha


@mistake(
    "m05_tokens_per_round",
    misconception="each proposal counts for itself",
    loses=[ONE, MANY, EXTREMES],
    hint="You counted every proposal that would be accepted. Behind the first refusal all are void, right or not.",
)
def each_for_itself(acceptance, proposals):
    is_refused(acceptance, proposals)
    return 1 + np.asarray(acceptance) * np.asarray(proposals)


@mistake(
    "m05_tokens_per_round",
    misconception="only the draft writes",
    loses=[ONE, MANY, EXTREMES],
    hint="A token is missing. The step that checks brings the large model's own token along, even if all are refused.",
)
def without_its_own_token(acceptance, proposals):
    is_refused(acceptance, proposals)
    return accepted(acceptance, proposals)


@mistake(
    "m05_tokens_per_round",
    misconception="all proposals or none",
    loses=[ONE, MANY, EXTREMES],
    hint="Yours keeps a round only if all of it is accepted. What stands before the first refusal is kept.",
)
def all_or_none(acceptance, proposals):
    is_refused(acceptance, proposals)
    return 1 + np.asarray(proposals) * np.asarray(acceptance, float) ** np.asarray(proposals)


@mistake(
    "m05_tokens_per_round",
    misconception="a round goes on until something is refused",
    loses=[ONE, MANY, EXTREMES],
    hint="Your rounds have no end but a refusal. After its last proposal a round is over, however good the draft is.",
)
def until_refused(acceptance, proposals):
    is_refused(acceptance, proposals)
    alpha = np.minimum(np.asarray(acceptance, float), 1 - 1e-12)
    return 1 / (1 - alpha) + 0 * np.asarray(proposals)


@mistake(
    "m05_tokens_per_round",
    misconception="a sum of powers is a fraction, always",
    loses=[EXTREMES],
    hint="With an acceptance of one you divided zero by zero. A draft that is always right writes all its proposals.",
)
def zero_by_zero(acceptance, proposals):
    is_refused(acceptance, proposals)
    alpha = np.asarray(acceptance, float)
    with np.errstate(invalid="ignore"):
        return (1 - alpha ** (np.asarray(proposals) + 1)) / (1 - alpha)


@mistake(
    "m05_tokens_per_round",
    misconception="wrong input made plausible",
    loses=[PROBABILITY],
    hint="An acceptance of 1.01 became one of 1. It is no probability: somebody has mixed something up, so say so.",
)
def clipped_probability(acceptance, proposals):
    return 1 + accepted(np.clip(acceptance, 0, 1), np.maximum(proposals, 0))
