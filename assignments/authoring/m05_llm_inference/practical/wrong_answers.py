"""What students really write in module 5's practical notebook, each with the thought behind it."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- metrics of requests ----------------------------------------------------------------------------------------------

TTFT, TPOT, GAP, END, SHORT, CLOCKS = (
    "time to first token",
    "time per output token",
    "longest gap",
    "tokens and end",
    "short and cancelled answers",
    "broken clocks",
)
NAN = float("nan")


def right_row(sent, times):
    waits_s = np.diff([sent, *times])
    if min(waits_s, default=0) < 0:
        raise ValueError("a broken clock")
    gaps_s = waits_s[1:]
    row = {"ttft_s": waits_s[0] if len(times) else NAN, "e2e_s": sum(waits_s) if len(times) else NAN}
    pauses = {"tpot_s": sum(gaps_s) / len(gaps_s), "longest_gap_s": max(gaps_s)} if len(gaps_s) else {}
    return {"tokens": len(times), "tpot_s": NAN, "longest_gap_s": NAN} | row | pauses


def metrics_with(sent_s, token_times_s, **changed):
    """The right table, but for some columns: functions of (sent, times) for requests that have tokens."""
    rows = []
    for sent, times in zip(sent_s, token_times_s, strict=True):
        own = {name: change(sent, times) for name, change in changed.items()} if len(times) else {}
        rows.append(right_row(sent, times) | own)
    return {name: [row[name] for row in rows] for name in rows[0]}


@mistake(
    "m05_request_metrics",
    misconception="n tokens, n gaps",
    loses=[TPOT, SHORT],
    hint="You divided by the number of tokens. Three tokens have two gaps between them.",
)
def as_many_gaps_as_tokens(sent_s, token_times_s):
    return metrics_with(sent_s, token_times_s, tpot_s=lambda sent, times: (times[-1] - times[0]) / len(times))


@mistake(
    "m05_request_metrics",
    misconception="the first wait is a gap",
    loses=[TPOT, GAP, SHORT],
    hint="Your gaps begin at sending, so they hold the queue and the prompt. TTFT has these already.",
)
def first_wait_is_a_gap(sent_s, token_times_s):
    return metrics_with(
        sent_s,
        token_times_s,
        tpot_s=lambda sent, times: (times[-1] - sent) / len(times),
        longest_gap_s=lambda sent, times: max(np.diff([sent, *times])),
    )


@mistake(
    "m05_request_metrics",
    misconception="no gap is a gap of zero",
    loses=[SHORT],
    hint="A single token has no gap. Zero would be the best TPOT of all, and would pull every mean down.",
)
def no_gap_is_zero(sent_s, token_times_s):
    table = metrics_with(sent_s, token_times_s)
    return {name: np.nan_to_num(column) for name, column in table.items()}


@mistake(
    "m05_request_metrics",
    misconception="the end counts from the first token",
    loses=[END, SHORT],
    hint="Your E2E begins with the first token. The user began to wait when the request was sent.",
)
def end_from_first_token(sent_s, token_times_s):
    return metrics_with(sent_s, token_times_s, e2e_s=lambda sent, times: times[-1] - times[0])


@mistake(
    "m05_request_metrics",
    misconception="a time of day for a waiting time",
    loses=[TTFT, SHORT],
    hint="That is when the first token came, by the clock on the wall. How long did the user wait for it?",
)
def time_of_day(sent_s, token_times_s):
    return metrics_with(sent_s, token_times_s, ttft_s=lambda sent, times: times[0])


@mistake(
    "m05_request_metrics",
    misconception="the mean without its outliers",
    loses=[TPOT],
    hint="You gave the median gap. It hides the very pause that makes the answer late: TPOT is the mean.",
)
def median_gap(sent_s, token_times_s):
    return metrics_with(
        sent_s, token_times_s, tpot_s=lambda sent, times: np.median(np.diff(times)) if len(times) > 1 else NAN
    )


@mistake(
    "m05_request_metrics",
    misconception="broken clocks are put in order",
    loses=[CLOCKS],
    hint="Sorting makes a plausible answer out of a broken clock. Say that something is wrong with it.",
)
def sorted_silently(sent_s, token_times_s):
    times_s = [np.sort(np.maximum(times, sent)) for sent, times in zip(sent_s, token_times_s, strict=True)]
    return metrics_with(sent_s, times_s)


# --- operations of a pass ---------------------------------------------------------------------------------------------

LAYERS, SHARED_HEADS, CONTEXT, WORDS, OWN_SIZE = (
    "matrices of the layers",
    "shared heads",
    "context",
    "words",
    "heads of their own size",
)


def pass_flops(shape, tokens, context, logits, **changed):
    """The right number, but for some terms."""
    layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary = shape
    terms = {
        "projections": 2 * hidden * heads * head_dim + 2 * hidden * kv_heads * head_dim,
        "feed_forward": 3 * hidden * intermediate,
        "products": 2 * heads * head_dim,
        "words": np.asarray(logits) * vocabulary * hidden,
        "each": 2,
    } | changed
    in_layers = np.asarray(tokens) * (terms["projections"] + terms["feed_forward"])
    return terms["each"] * (layers * (in_layers + np.asarray(context) * terms["products"]) + terms["words"])


@mistake(
    "m05_forward_flops",
    misconception="a multiply-add is one operation",
    loses=[LAYERS, SHARED_HEADS, CONTEXT, WORDS, OWN_SIZE],
    hint="You counted multiply-adds. Data sheets count the multiplication and the addition: two operations.",
)
def multiply_adds(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, context, logits, each=1)


@mistake(
    "m05_forward_flops",
    misconception="as many keys as queries",
    loses=[SHARED_HEADS, CONTEXT, OWN_SIZE],
    hint="Your projections make a key and a value for each query head. Where heads share them, fewer are made.",
)
def a_key_for_each_query(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, context, logits, projections=4 * hidden * heads * head_dim)


@mistake(
    "m05_forward_flops",
    misconception="shared keys are compared once",
    loses=[CONTEXT, OWN_SIZE],
    hint="You counted one comparison for each key. Query heads share a key, and each of them has a query of its own.",
)
def compared_once(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, context, logits, products=2 * kv_heads * head_dim)


@mistake(
    "m05_forward_flops",
    misconception="two operations for each weight, and that is all",
    loses=[CONTEXT, OWN_SIZE],
    hint="You counted the weights only. Queries meet the keys of all that was said, and these are no weights.",
)
def weights_only(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, np.zeros_like(context), logits)


@mistake(
    "m05_forward_flops",
    misconception="scores without the weighted sum",
    loses=[CONTEXT, OWN_SIZE],
    hint="Half of attention is missing. Each query meets all keys, and then the values are added up, weighted.",
)
def scores_only(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, context, logits, products=heads * head_dim)


@mistake(
    "m05_forward_flops",
    misconception="a feed-forward part of two matrices",
    loses=[LAYERS, SHARED_HEADS, CONTEXT, WORDS, OWN_SIZE],
    hint="Your feed-forward part goes up and down. In these models a third matrix, the gate, stands beside the first.",
)
def without_a_gate(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, context, logits, feed_forward=2 * hidden * intermediate)


@mistake(
    "m05_forward_flops",
    misconception="every token is asked for the next one",
    loses=[LAYERS, SHARED_HEADS, CONTEXT, WORDS, OWN_SIZE],
    hint="You computed words for every token of a prompt. Only its last one is asked what comes next.",
)
def words_for_all(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary
    return pass_flops(shape, tokens, context, tokens)


@mistake(
    "m05_forward_flops",
    misconception="heads divide hidden among them",
    loses=[OWN_SIZE],
    hint="Your heads are as wide as `hidden` together. In some models they are wider: heads times head_dim counts.",
)
def heads_divide_hidden(layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits):
    shape = layers, hidden, heads, kv_heads, hidden / heads, intermediate, vocabulary
    return pass_flops(shape, tokens, context, logits)


# --- the cache of a request -------------------------------------------------------------------------------------------

ONE, SHARED, MANY, IMPOSSIBLE = (
    "one token",
    "shared heads and small elements",
    "many sequences",
    "impossible models and lengths",
)


def refuse(layers, kv_heads, head_dim, element_bytes, tokens):
    if min(layers, kv_heads, head_dim, element_bytes) <= 0 or np.min(tokens) < 0:
        raise ValueError("no such model")


@mistake(
    "m05_kv_cache_bytes",
    misconception="keys only",
    loses=[ONE, SHARED, MANY],
    hint="Half of the cache is missing. Attention weighs *values* by their keys' scores: a token leaves both behind.",
)
def keys_only(layers, kv_heads, head_dim, element_bytes, tokens):
    refuse(layers, kv_heads, head_dim, element_bytes, tokens)
    return layers * kv_heads * head_dim * element_bytes * np.asarray(tokens)


@mistake(
    "m05_kv_cache_bytes",
    misconception="every element has two bytes",
    loses=[SHARED, MANY],
    hint="You counted two bytes for each element. In FP8 it is one, with scales a little more.",
)
def always_two_bytes(layers, kv_heads, head_dim, element_bytes, tokens):
    refuse(layers, kv_heads, head_dim, element_bytes, tokens)
    return 2 * layers * kv_heads * head_dim * 2 * np.asarray(tokens)


@mistake(
    "m05_kv_cache_bytes",
    misconception="one cache for all layers",
    loses=[ONE, SHARED, MANY],
    hint="That is one layer's cache. Each layer has keys and values of its own.",
)
def one_layer(layers, kv_heads, head_dim, element_bytes, tokens):
    refuse(layers, kv_heads, head_dim, element_bytes, tokens)
    return 2 * kv_heads * head_dim * element_bytes * np.asarray(tokens)


@mistake(
    "m05_kv_cache_bytes",
    misconception="the sum over the sequences",
    loses=[MANY],
    hint="You returned one sum for all sequences; each of them holds its own.",
)
def summed(layers, kv_heads, head_dim, element_bytes, tokens):
    refuse(layers, kv_heads, head_dim, element_bytes, tokens)
    return 2 * layers * kv_heads * head_dim * element_bytes * np.sum(tokens)


@mistake(
    "m05_kv_cache_bytes",
    misconception="wrong input made plausible",
    loses=[IMPOSSIBLE],
    hint="A negative length became an empty cache. Say that there is no such request instead.",
)
def clipped(layers, kv_heads, head_dim, element_bytes, tokens):
    return 2 * abs(layers * kv_heads * head_dim * element_bytes) * np.maximum(tokens, 0)


# --- five kinds of attention ------------------------------------------------------------------------------------------

PLAIN, LATENT, SCALES, WINDOWS, NEXT, WHOLE = (
    "shared heads",
    "latent vectors",
    "scales",
    "windows",
    "the next token",
    "whole requests",
)


def table_of(models, tokens, budget_bytes, held, added=None, fitting=None):
    """A table by a function that says what a model holds at a length."""
    request_bytes = [held(model, tokens) for model in models.values()]
    added = added or (lambda model: held(model, tokens + 1) - held(model, tokens))
    fitting = fitting or (lambda one: int(budget_bytes / one))
    return {
        "model": list(models),
        "request_bytes": request_bytes,
        "next_token_bytes": [added(model) for model in models.values()],
        "requests": [fitting(one) for one in request_bytes],
    }


def token_bytes(model):
    """Of one layer."""
    if "latent_dim" in model:
        return (model["latent_dim"] + model["rope_dim"]) * model["element_bytes"]
    return 2 * model["kv_heads"] * (model["head_dim"] * model["element_bytes"] + model.get("scale_bytes", 0))


def in_windows(model, tokens):
    """Tokens that all layers hold together."""
    return sum(
        min(tokens, model["window_tokens"]) if layer < model.get("windowed_layers", 0) else tokens
        for layer in range(model["layers"])
    )


def right_cache(model, tokens):
    return token_bytes(model) * in_windows(model, tokens)


@mistake(
    "m05_cache_sizing",
    misconception="keys without values",
    loses=[PLAIN, SCALES, WINDOWS, NEXT, WHOLE],
    hint="Half of it is missing: a head has a key *and* a value for each token. Only latent attention keeps one.",
)
def keys_without_values(models, tokens, budget_bytes):
    def held(model, length):
        return right_cache(model, length) / (1 if "latent_dim" in model else 2)

    return table_of(models, tokens, budget_bytes, held)


@mistake(
    "m05_cache_sizing",
    misconception="a latent key and a latent value",
    loses=[LATENT],
    hint="You counted the latent vector twice. Keys and values are both made from the one that is kept.",
)
def latent_twice(models, tokens, budget_bytes):
    def held(model, length):
        return right_cache(model, length) * (2 if "latent_dim" in model else 1)

    return table_of(models, tokens, budget_bytes, held)


@mistake(
    "m05_cache_sizing",
    misconception="positions cost nothing",
    loses=[LATENT],
    hint="The compressed vector knows no position: the small key beside it, `rope_dim` elements, is kept as well.",
)
def without_rope(models, tokens, budget_bytes):
    bare = {name: model | ({"rope_dim": 0} if "rope_dim" in model else {}) for name, model in models.items()}
    return table_of(bare, tokens, budget_bytes, right_cache)


@mistake(
    "m05_cache_sizing",
    misconception="one scale for a whole token",
    loses=[SCALES],
    hint="You added one scale for each token and layer. Every key and every value vector of every head has its own.",
)
def scale_of_a_token(models, tokens, budget_bytes):
    def held(model, length):
        bare = {key: value for key, value in model.items() if key != "scale_bytes"}
        return right_cache(bare, length) + model.get("scale_bytes", 0) * in_windows(model, length)

    return table_of(models, tokens, budget_bytes, held)


@mistake(
    "m05_cache_sizing",
    misconception="FP8 is half, and that is all",
    loses=[SCALES],
    hint="Eight bits alone mean little: a vector in FP8 has a scale, and it takes memory, too.",
)
def scales_forgotten(models, tokens, budget_bytes):
    bare = {name: model | {"scale_bytes": 0} for name, model in models.items()}
    return table_of(bare, tokens, budget_bytes, right_cache)


@mistake(
    "m05_cache_sizing",
    misconception="every layer sees everything",
    loses=[WINDOWS, NEXT],
    hint="Layers with a window drop what lies before it. Yours keep all tokens.",
)
def windows_ignored(models, tokens, budget_bytes):
    bare = {name: model | {"windowed_layers": 0} for name, model in models.items()}
    return table_of(bare, tokens, budget_bytes, right_cache)


@mistake(
    "m05_cache_sizing",
    misconception="a window for every layer",
    loses=[WINDOWS, NEXT],
    hint="Only `windowed_layers` of the layers have a window. The others keep the whole text.",
)
def window_in_every_layer(models, tokens, budget_bytes):
    bare = {
        name: model | ({"windowed_layers": model["layers"]} if "window_tokens" in model else {})
        for name, model in models.items()
    }
    return table_of(bare, tokens, budget_bytes, right_cache)


@mistake(
    "m05_cache_sizing",
    misconception="the average is what the next one costs",
    loses=[NEXT],
    hint="You divided the cache by its tokens. A layer whose window is full drops one token for each that it takes in.",
)
def average_token(models, tokens, budget_bytes):
    return table_of(models, tokens, budget_bytes, right_cache, lambda model: right_cache(model, tokens) / tokens)


@mistake(
    "m05_cache_sizing",
    misconception="most of a request is a request",
    loses=[WHOLE],
    hint="You rounded. Nine tenths of a request's memory serve nobody.",
)
def rounded_requests(models, tokens, budget_bytes):
    return table_of(models, tokens, budget_bytes, right_cache, fitting=lambda one: round(budget_bytes / one))


# --- the paged cache --------------------------------------------------------------------------------------------------

DEMAND, EQUAL, DRAWN, COPY, FULL, BACK, GONE, NAMES, ROOM, LOST = (
    "blocks on demand",
    "equal prompts",
    "drawn prompts",
    "copy on write",
    "full blocks",
    "giving back",
    "memory is gone",
    "names that make no sense",
    "memory without room",
    "no block is lost",
)


class Pages:
    """A right allocator: blocks are small dicts, shared by being the same object."""

    def __init__(self, blocks, block_size):
        self.refuse_unless(blocks >= 1 and block_size >= 1)
        self.blocks, self.size, self.rows, self.leaked = blocks, block_size, {}, 0

    def refuse_unless(self, sound):
        if not sound:
            raise ValueError("that makes no sense")

    def used(self):
        return list({id(block): block for row in self.rows.values() for block in row}.values())

    @property
    def free_blocks(self):
        return self.blocks - len(self.used()) - self.leaked

    @property
    def idle_places(self):
        return sum(self.size - block["held"] for block in self.used())

    def start_of(self, prompt, end):
        """What a full block is found by."""
        return tuple(prompt[:end])

    def found(self, prompt):
        known = {block["start"]: block for block in self.used() if block["start"]}
        row = []
        for end in range(self.size, len(prompt) + 1, self.size):
            if self.start_of(prompt, end) not in known:
                break
            row.append(known[self.start_of(prompt, end)])
        return row

    def cut(self, prompt, start):
        """New blocks for what was not found."""
        row = []
        for at in range(start, len(prompt), self.size):
            held = min(self.size, len(prompt) - at)
            row.append({"held": held, "start": self.start_of(prompt, at + held) if held == self.size else ()})
        return row

    def admit(self, sequence, prompt):
        self.refuse_unless(sequence not in self.rows and len(prompt))
        found = self.found(prompt)
        new = self.cut(prompt, self.size * len(found))
        if len(new) > self.free_blocks:
            return self.turned_away(new)
        self.rows[sequence] = found + new
        return True

    def turned_away(self, new):
        return False

    def fork(self, parent, child):
        self.refuse_unless(parent in self.rows and child not in self.rows)
        self.rows[child] = list(self.rows[parent])

    def must_copy(self, sequence):
        last = self.rows[sequence][-1]
        return last["held"] < self.size and self.is_shared(sequence)

    def is_shared(self, sequence):
        last = self.rows[sequence][-1]
        return any(last is block for name, row in self.rows.items() if name != sequence for block in row)

    def victim(self):
        return list(self.rows)[-1]

    def append(self, sequence, tokens):
        self.refuse_unless(sequence in self.rows)
        gone = []
        while sequence in self.rows:
            row, copies = self.rows[sequence], self.must_copy(sequence)
            room = self.size - row[-1]["held"]
            more = -(-max(tokens - room, 0) // self.size)
            if more + copies <= self.free_blocks:
                if copies:
                    row[-1] = {"held": row[-1]["held"], "start": ()}
                row[-1]["held"] += min(room, tokens)
                rest = tokens - room
                row += [{"held": min(self.size, rest - at * self.size), "start": ()} for at in range(more)]
                break
            gone.append(self.victim())
            self.release(gone[-1])
        return gone

    def release(self, sequence):
        self.refuse_unless(sequence in self.rows)
        del self.rows[sequence]


@mistake(
    "m05_block_allocator",
    misconception="an exact fit needs one block more",
    loses=[DEMAND, EQUAL, DRAWN, FULL, BACK, GONE],
    hint="A prompt of 32 tokens fills two blocks of 16, and no third is needed before the next token comes.",
)
class OneMoreBlock(Pages):
    def cut(self, prompt, start):
        row = super().cut(prompt, start)
        return row if len(prompt) % self.size else [*row, {"held": 0, "start": ()}]


@mistake(
    "m05_block_allocator",
    misconception="equal blocks are equal wherever they stand",
    loses=[EQUAL, DRAWN],
    hint="You share blocks whose tokens are equal. Keys and values also depend on all tokens before them.",
)
class SharedByContent(Pages):
    def start_of(self, prompt, end):
        return tuple(prompt[max(end - self.size, 0) : end])


@mistake(
    "m05_block_allocator",
    misconception="nothing is shared between prompts",
    loses=[EQUAL, DRAWN, BACK, GONE],
    hint="Two prompts that begin alike hold two copies of what is equal. Full blocks with equal beginnings are shared.",
)
class NothingShared(Pages):
    def found(self, prompt):
        return []


@mistake(
    "m05_block_allocator",
    misconception="a fork copies everything",
    loses=[COPY, FULL, LOST],
    hint="Your fork takes blocks at once. It shares all of its parent's, and copies one when somebody writes.",
)
class ForkCopies(Pages):
    def fork(self, parent, child):
        super().fork(parent, child)
        self.rows[child] = [dict(block, start=()) for block in self.rows[child]]


@mistake(
    "m05_block_allocator",
    misconception="writes where others read",
    loses=[COPY],
    hint="Two sequences wrote different tokens into one block: each has destroyed the other's. Copy it first.",
)
class WritesIntoShared(Pages):
    def must_copy(self, sequence):
        return False


@mistake(
    "m05_block_allocator",
    misconception="whatever is shared is copied",
    loses=[FULL],
    hint="You copied a block that is full. Nobody writes into it any more, so it can stay shared.",
)
class CopiesFullBlocks(Pages):
    def must_copy(self, sequence):
        return self.is_shared(sequence)


@mistake(
    "m05_block_allocator",
    misconception="whoever leaves takes the blocks along",
    loses=[BACK, GONE],
    hint="A block came free that somebody else still reads. It is free when its *last* user is gone.",
)
class FreesShared(Pages):
    gone = ()

    @property
    def free_blocks(self):
        return self.blocks - sum(all(block is not other for other in self.gone) for block in self.used())

    def release(self, sequence):
        self.refuse_unless(sequence in self.rows)
        self.gone = (*self.gone, *self.rows.pop(sequence))


@mistake(
    "m05_block_allocator",
    misconception="a refusal that costs blocks",
    loses=[GONE, LOST],
    hint="A sequence was turned away, and the blocks that it had begun to take are missing ever since.",
)
class LeaksWhenFull(Pages):
    def turned_away(self, new):
        self.leaked = self.blocks - len(self.used())
        return False


@mistake(
    "m05_block_allocator",
    misconception="first in, first out",
    loses=[GONE],
    hint="You let the sequence go that was admitted first. It has waited longest and has most to compute again.",
)
class OldestGivesWay(Pages):
    def victim(self):
        return next(iter(self.rows))


@mistake(
    "m05_block_allocator",
    misconception="any wish is granted",
    loses=[NAMES, ROOM],
    hint="Twice the same name, a prompt without tokens, a cache without blocks: say that this makes no sense.",
)
class RefusesNothing(Pages):
    def refuse_unless(self, sound):
        pass

    def append(self, sequence, tokens):
        return super().append(sequence, tokens) if sequence in self.rows else []

    def fork(self, parent, child):
        self.rows[child] = list(self.rows.get(parent, []))

    def release(self, sequence):
        self.rows.pop(sequence, None)


# --- a figure: the size of a block ------------------------------------------------------------------------------------

BLOCKS, RESERVED, LARGEST, TOO_LONG, AXES = "in blocks", "reserved", "the largest block", "too long", "axes"


def shares_of(held, sizes):
    return [sum(held) / sum(size * -(-one // size) for one in held) for size in sizes]


def block_figure(lengths, sizes, longest, aim, **changed):
    """A sound figure, or one with a part of its own."""
    held = [int(one) for one in lengths if one <= longest]
    shares = shares_of(held, sizes)
    parts = {"shares": shares, "reserved": sum(held) / longest / len(held), "scale": "log"}
    parts |= {"left_out": [int(one) for one in lengths if one > longest]} | changed
    reached = [(size, share) for size, share in zip(sizes, shares, strict=True) if share >= aim]
    mark = parts.get("mark", reached[-1:])
    level = [parts["reserved"]] * 2
    return {
        "title": "Blocks",
        "x": {"label": "block [tokens]", "scale": parts["scale"], "limits": [sizes[0], sizes[-1]]},
        "y": {"label": "share [1]", "scale": "linear", "limits": [0, 1]},
        "series": [
            {"label": "in blocks", "kind": "line", "x": list(sizes), "y": parts["shares"]},
            {"label": "reserved", "kind": "line", "x": [sizes[0], sizes[-1]], "y": level},
        ],
        "marks": [{"label": "largest block", "x": size, "y": share} for size, share in mark],
        "left_out": parts["left_out"],
    }


@mistake(
    "m05_block_size_figure",
    misconception="a mean of shares",
    loses=[BLOCKS, TOO_LONG],
    hint="You averaged each request's own share. A short request wastes as many tokens as a long one, but far more of "
    "*its* memory: add up what is held and what is given first.",
)
def mean_of_shares(lengths, block_tokens, longest_tokens, aim_share):
    held = np.array([one for one in lengths if one <= longest_tokens])
    shares = [float(np.mean(held / (size * np.ceil(held / size)))) for size in block_tokens]
    return block_figure(lengths, block_tokens, longest_tokens, aim_share, shares=shares)


@mistake(
    "m05_block_size_figure",
    misconception="half a block is always idle",
    loses=[BLOCKS, TOO_LONG],
    hint="Half a block a request is the average over all lengths. These requests are known: count their blocks.",
)
def half_a_block(lengths, block_tokens, longest_tokens, aim_share):
    held = np.array([one for one in lengths if one <= longest_tokens])
    shares = [float(held.sum() / np.sum(held + (size - 1) / 2)) for size in block_tokens]
    return block_figure(lengths, block_tokens, longest_tokens, aim_share, shares=shares)


@mistake(
    "m05_block_size_figure",
    misconception="who reserves knows the longest request",
    loses=[RESERVED, TOO_LONG],
    hint="You reserved as much as the longest of these requests has. The server must reserve before it knows any.",
)
def reserved_for_the_longest(lengths, block_tokens, longest_tokens, aim_share):
    held = [one for one in lengths if one <= longest_tokens]
    reserved = float(np.mean(held) / max(held))
    return block_figure(lengths, block_tokens, longest_tokens, aim_share, reserved=reserved)


@mistake(
    "m05_block_size_figure",
    misconception="the smallest block is best",
    loses=[LARGEST],
    hint="You marked the smallest size. It always wastes least; what is looked for is the largest that is good enough.",
)
def smallest_block(lengths, block_tokens, longest_tokens, aim_share):
    shares = shares_of([int(one) for one in lengths if one <= longest_tokens], block_tokens)
    reached = [(size, share) for size, share in zip(block_tokens, shares, strict=True) if share >= aim_share]
    return block_figure(lengths, block_tokens, longest_tokens, aim_share, mark=reached[:1])


@mistake(
    "m05_block_size_figure",
    misconception="nearest to the aim",
    loses=[LARGEST],
    hint="Your mark is nearest to the aim, and may lie below it: an aim is to be reached.",
)
def nearest_to_the_aim(lengths, block_tokens, longest_tokens, aim_share):
    shares = shares_of([int(one) for one in lengths if one <= longest_tokens], block_tokens)
    nearest = min(zip(block_tokens, shares, strict=True), key=lambda pair: abs(pair[1] - aim_share))
    return block_figure(lengths, block_tokens, longest_tokens, aim_share, mark=[nearest])


@mistake(
    "m05_block_size_figure",
    misconception="a request that does not fit still counts",
    loses=[TOO_LONG],
    hint="A request longer than the reservation is in your shares. It was never served, so it holds nothing.",
)
def too_long_counts(lengths, block_tokens, longest_tokens, aim_share):
    figure = block_figure(lengths, block_tokens, max(*lengths, longest_tokens), aim_share)
    figure["series"][1]["y"] = [float(np.mean(lengths) / longest_tokens)] * 2
    figure["left_out"] = [int(one) for one in lengths if one > longest_tokens]
    return figure


@mistake(
    "m05_block_size_figure",
    misconception="sizes on an even axis",
    loses=[AXES],
    hint="Sizes double from one to the next. On a linear axis all small ones lie on top of each other.",
)
def linear_sizes(lengths, block_tokens, longest_tokens, aim_share):
    return block_figure(lengths, block_tokens, longest_tokens, aim_share, scale="linear")


# --- a prefix cache ---------------------------------------------------------------------------------------------------

ENDLESS, OLDEST, BEGINNING, CONVERSATIONS = (
    "memory without end",
    "longest not used",
    "the beginning stays",
    "conversations",
)


def run_from_the_beginning(blocks, cached):
    found = 0
    while found < len(blocks) and blocks[found] in cached:
        found += 1
    return found


def used_last_to_first(blocks):
    return blocks[::-1]


def cache_with(prompts, capacity_blocks, found=run_from_the_beginning, order=used_last_to_first, is_renewed=True):
    """Hits in a cache kept as a list, from the block that goes first to the one that goes last."""
    cached, hits = [], []
    for blocks in prompts:
        hits.append(found(blocks, cached))
        for block in order(blocks):
            if block not in cached:
                cached.append(block)
            elif is_renewed:
                cached.remove(block)
                cached.append(block)
        cached = cached[len(cached) - capacity_blocks :] if len(cached) > capacity_blocks else cached
    return hits


@mistake(
    "m05_prefix_hits",
    misconception="first in, first out",
    loses=[OLDEST, CONVERSATIONS],
    hint="You let the block go that came first, even if it was used a moment ago. A hit is a use, too.",
)
def oldest_goes(prompts, capacity_blocks):
    return cache_with(prompts, capacity_blocks, is_renewed=False)


@mistake(
    "m05_prefix_hits",
    misconception="the beginning was used first, so it goes first",
    loses=[BEGINNING, CONVERSATIONS],
    hint="You let the beginning of a prompt go before its end. Without the beginning nobody ever finds the end.",
)
def beginning_goes(prompts, capacity_blocks):
    return cache_with(prompts, capacity_blocks, order=list)


@mistake(
    "m05_prefix_hits",
    misconception="the whole prompt or nothing",
    loses=[ENDLESS, BEGINNING, CONVERSATIONS],
    hint="Yours finds a prompt only if all of it is there. Two prompts that begin alike share what is equal.",
)
def all_or_nothing(prompts, capacity_blocks):
    def found(blocks, cached):
        return len(blocks) if all(block in cached for block in blocks) else 0

    return cache_with(prompts, capacity_blocks, found=found)


@mistake(
    "m05_prefix_hits",
    misconception="the cache is the prompt before",
    loses=[ENDLESS, OLDEST, BEGINNING, CONVERSATIONS],
    hint="You compared each prompt with the one before it. The cache also holds what others left earlier.",
)
def the_one_before(prompts, capacity_blocks):
    pairs = zip([[], *prompts], prompts, strict=False)
    return [run_from_the_beginning(blocks, before[: int(min(capacity_blocks, 10**6))]) for before, blocks in pairs]


@mistake(
    "m05_prefix_hits",
    misconception="memory holds so many prompts",
    loses=[BEGINNING, CONVERSATIONS],
    hint="You counted prompts. Memory holds blocks, and a long prompt has more of them.",
)
def as_many_prompts(prompts, capacity_blocks):
    kept, hits = [], []
    for blocks in prompts:
        hits.append(max((run_from_the_beginning(blocks, one) for one in kept), default=0))
        kept = [one for one in kept if one != blocks] + [blocks]
        kept = kept[1:] if len(kept) > capacity_blocks else kept
    return hits


@mistake(
    "m05_prefix_hits",
    misconception="memory has no end",
    loses=[OLDEST, BEGINNING, CONVERSATIONS],
    hint="Nothing ever leaves your cache. Memory holds `capacity_blocks`: count them after each request.",
)
def nothing_goes(prompts, capacity_blocks):
    return cache_with(prompts, float("inf"))


# --- static batching --------------------------------------------------------------------------------------------------

FIRST, RETURN, BATCHES, ORDER = (
    "first tokens of a batch",
    "return of a batch",
    "one batch after the other",
    "out of order",
)


def read_together(prompts, step_s, token_s):
    return step_s + token_s * sum(prompts)


def written_together(answers, step_s, token_s):
    """From the first token to the return."""
    return (max(answers) - 1) * (step_s + token_s * len(answers))


def in_batches(arrivals_s, prompts, answers, slots, step_s, token_s, reading=read_together, writing=written_together):
    """Batches of right members, by rules for the time of reading and of writing."""
    queue, now_s = list(zip(arrivals_s, prompts, answers, strict=True)), 0.0
    first_s, returned_s = [], []
    while queue:
        now_s = max(now_s, queue[0][0])
        batch = [one for one in queue[:slots] if one[0] <= now_s]
        queue = queue[len(batch) :]
        first = now_s + reading([one[1] for one in batch], step_s, token_s)
        now_s = first + writing([one[2] for one in batch], step_s, token_s)
        first_s += [first] * len(batch)
        returned_s += [now_s] * len(batch)
    return first_s, returned_s


def refuse_disorder(arrivals_s):
    if list(arrivals_s) != sorted(arrivals_s):
        raise ValueError("not in the order of arrival")


@mistake(
    "m05_static_batching",
    misconception="whoever is done goes home",
    loses=[RETURN, BATCHES],
    hint="You returned each answer with its last token. Continuous batching does that: here all are returned "
    "when the longest is written.",
)
def returned_when_done(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    refuse_disorder(arrivals_s)
    first_s, returned_s = in_batches(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s)
    own_s = []
    for first, returned, answer in zip(first_s, returned_s, output_tokens, strict=True):
        longest = max(one for one, at in zip(output_tokens, returned_s, strict=True) if at == returned)
        share = (answer - 1) / (longest - 1) if longest > 1 else 0.0
        own_s.append(first + share * (returned - first))
    return first_s, own_s


@mistake(
    "m05_static_batching",
    misconception="the first token takes a step of its own",
    loses=[RETURN, BATCHES],
    hint="You have a step too many. The step that reads the prompts writes the first tokens: n - 1 are left.",
)
def one_step_more(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    refuse_disorder(arrivals_s)

    def writing(answers, step_s, token_s):
        return max(answers) * (step_s + token_s * len(answers))

    return in_batches(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s, writing=writing)


@mistake(
    "m05_static_batching",
    misconception="whoever is done costs nothing",
    loses=[RETURN, BATCHES],
    hint="Your steps grow shorter as answers end. In a batch that stays together, those that are done are padded.",
)
def padding_is_free(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    refuse_disorder(arrivals_s)

    def writing(answers, step_s, token_s):
        return (max(answers) - 1) * step_s + token_s * sum(answer - 1 for answer in answers)

    return in_batches(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s, writing=writing)


@mistake(
    "m05_static_batching",
    misconception="a step for each prompt",
    loses=[FIRST, RETURN, BATCHES],
    hint="You read each prompt in a step of its own, weights and all. One step reads those of the whole batch.",
)
def a_step_for_each_prompt(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    refuse_disorder(arrivals_s)

    def reading(prompts, step_s, token_s):
        return len(prompts) * step_s + token_s * sum(prompts)

    return in_batches(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s, reading=reading)


@mistake(
    "m05_static_batching",
    misconception="a batch is full before it begins",
    loses=[BATCHES],
    hint="Your server stands idle until as many have come as it has slots. It begins with those who wait, or with the "
    "next one.",
)
def waits_until_full(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    refuse_disorder(arrivals_s)
    held_s = [arrivals_s[min(at - at % slots + slots, len(arrivals_s)) - 1] for at in range(len(arrivals_s))]
    return in_batches(held_s, prompt_tokens, output_tokens, slots, step_s, token_s)


@mistake(
    "m05_static_batching",
    misconception="one batch for all",
    loses=[BATCHES],
    hint="You let in whoever waits, however many. A batch has `slots` places; the others come with the next.",
)
def no_end_of_slots(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    refuse_disorder(arrivals_s)
    return in_batches(arrivals_s, prompt_tokens, output_tokens, len(arrivals_s), step_s, token_s)


@mistake(
    "m05_static_batching",
    misconception="disorder is put in order",
    loses=[ORDER],
    hint="You sorted the arrivals, and each now has a neighbour's prompt and answer. Refuse a log out of order.",
)
def sorted_arrivals(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    return in_batches(sorted(arrivals_s), prompt_tokens, output_tokens, slots, step_s, token_s)


# --- a policy of continuous batching ----------------------------------------------------------------------------------

CODE, BURSTS, PATIENCE = (
    "goodput of code completion",
    "goodput in bursts, on another replica",
    "nobody waits for ever",
)


def filled(requests, left, free_slots):
    """Tokens for requests in this order, as far as budget and slots go."""
    read = {}
    for request in requests:
        if left > 0 and (request["is_started"] or free_slots > 0):
            free_slots -= not request["is_started"]
            read[request["id"]] = min(left, request["prompt_left"])
            left -= read[request["id"]]
    return read


def room(decoding, service):
    return max(int((service["tpot_limit_s"] - service["step_s"]) / service["token_s"]) - decoding, 1)


def is_late(request, left, service):
    return request["waited_s"] + request["prompt_left"] / left * service["tpot_limit_s"] > service["ttft_limit_s"]


@mistake(
    "m05_next_prompts",
    misconception="first come, first served",
    loses=[CODE, BURSTS],
    hint="Whole prompts in the order of arrival: each long one stalls all who are writing, and TPOT is a promise, too.",
)
def whole_in_order(waiting, decoding, free_slots, service):
    return {one["id"]: one["prompt_left"] for one in waiting[:free_slots]}


@mistake(
    "m05_next_prompts",
    misconception="chunks are enough",
    loses=[CODE, BURSTS],
    hint="Your chunks keep TPOT. But one long prompt at the head of the queue makes everybody behind it late.",
)
def chunks_in_order(waiting, decoding, free_slots, service):
    return filled(waiting, room(decoding, service), free_slots)


@mistake(
    "m05_next_prompts",
    misconception="one prompt a step",
    loses=[CODE, BURSTS],
    hint="You read one prompt a step, the shortest. When it is short, the step has time for others; when it is long, "
    "everybody who is writing waits for it.",
)
def one_prompt_a_step(waiting, decoding, free_slots, service):
    return filled(sorted(waiting, key=lambda one: one["prompt_left"])[:1], 10**6, free_slots)


@mistake(
    "m05_next_prompts",
    misconception="a chunk of 512, as others have it",
    loses=[CODE, BURSTS],
    hint="A fixed chunk fits some other machine. How many tokens may a step of *this* one have within the limit?",
)
def fixed_chunk(waiting, decoding, free_slots, service):
    return filled(waiting, max(512 - decoding, 1), free_slots)


@mistake(
    "m05_next_prompts",
    misconception="the shortest first, for ever",
    loses=[PATIENCE],
    hint="As long as short prompts come, a long one waits. Goodput does not mind, its user does.",
)
def shortest_for_ever(waiting, decoding, free_slots, service):
    return filled(sorted(waiting, key=lambda one: one["prompt_left"]), room(decoding, service), free_slots)


@mistake(
    "m05_next_prompts",
    misconception="too late is not at all",
    loses=[PATIENCE],
    hint="You never read a request again that is too late for its limit. It counts no more, and still wants an answer.",
)
def late_ones_dropped(waiting, decoding, free_slots, service):
    left = room(decoding, service)
    return filled([one for one in waiting if not is_late(one, left, service)], left, free_slots)


@mistake(
    "m05_next_prompts",
    misconception="the notebook's replica is every replica",
    loses=[BURSTS],
    hint="Your figures are those of the replica in the notebook. `service` says what this one can do.",
)
def notebooks_replica(waiting, decoding, free_slots, service):
    known = {"step_s": 0.012, "token_s": 60e-6, "ttft_limit_s": 1.0, "tpot_limit_s": 0.03}
    left = room(decoding, known)
    order = sorted(waiting, key=lambda one: (one["waited_s"] <= 10.0, is_late(one, left, known)))
    return filled(order, left, free_slots)


# --- a figure: time to first token against throughput -----------------------------------------------------------------

ALL, FRONT, MARK, UNDRAWN, FRONT_AXES = "all settings", "the front", "the marked one", "what cannot be drawn", "axes"


def front_of(rows):
    """Rows (name, wait, rate) that no other beats, by comparing every pair."""
    kept = [row for row in rows if not any(o[1] <= row[1] and o[2] >= row[2] and o[1:] != row[1:] for o in rows)]
    return sorted(kept, key=lambda row: row[1])


def front_figure(runs, limit_s, **changed):
    """A sound figure, or one with a part of its own."""
    rows = list(zip(list(runs["setting"]), map(float, runs["ttft_s"]), map(float, runs["tokens_per_s"]), strict=True))
    drawn = [row for row in rows if row[1] > 0 and row[2] > 0]
    front = front_of(drawn)
    parts = {"front": front, "marked": [row for row in front if row[1] <= limit_s][-1:], "scale": "log"}
    parts |= {"left_out": [row[0] for row in rows if row not in drawn]} | changed
    waits_s, rates = [row[1] for row in drawn], [row[2] for row in drawn]
    return {
        "title": "Settings",
        "x": {"label": "wait [s]", "scale": parts["scale"], "limits": [min(waits_s) / 2, 2 * max(waits_s)]},
        "y": {"label": "rate [1/s]", "scale": "linear", "limits": [0, 1.1 * max(rates)]},
        "series": [
            {"label": "settings", "kind": "points", "x": waits_s, "y": rates},
            {
                "label": "front",
                "kind": "line",
                "x": [row[1] for row in parts["front"]],
                "y": [row[2] for row in parts["front"]],
            },
        ],
        "marks": [{"label": name, "x": wait_s, "y": rate} for name, wait_s, rate in parts["marked"]],
        "left_out": parts["left_out"],
    }


def drawable(runs):
    rows = zip(list(runs["setting"]), map(float, runs["ttft_s"]), map(float, runs["tokens_per_s"]), strict=True)
    return [row for row in rows if row[1] > 0 and row[2] > 0]


@mistake(
    "m05_tradeoff_figure",
    misconception="a line through everything",
    loses=[FRONT],
    hint="Your line goes through all settings. Leave out whatever another one beats in both respects.",
)
def line_through_all(runs, ttft_limit_s):
    return front_figure(runs, ttft_limit_s, front=sorted(drawable(runs), key=lambda row: row[1]))


@mistake(
    "m05_tradeoff_figure",
    misconception="the front of those who wait longest",
    loses=[FRONT],
    hint="Your front is upside down: it holds the settings that are late *and* slow.",
)
def front_upside_down(runs, ttft_limit_s):
    mirrored = front_of([(name, -wait_s, -rate) for name, wait_s, rate in drawable(runs)])
    return front_figure(runs, ttft_limit_s, front=[(name, -wait_s, -rate) for name, wait_s, rate in mirrored][::-1])


@mistake(
    "m05_tradeoff_figure",
    misconception="the fastest of all",
    loses=[MARK],
    hint="You marked the highest rate of all. Does it keep the limit?",
)
def fastest_of_all(runs, ttft_limit_s):
    return front_figure(runs, ttft_limit_s, marked=[max(drawable(runs), key=lambda row: row[2])])


@mistake(
    "m05_tradeoff_figure",
    misconception="the shortest wait",
    loses=[MARK],
    hint="You marked the shortest wait. The limit is a promise, not an aim: within it, more tokens are better.",
)
def shortest_wait(runs, ttft_limit_s):
    return front_figure(runs, ttft_limit_s, marked=[min(drawable(runs), key=lambda row: row[1])])


@mistake(
    "m05_tradeoff_figure",
    misconception="what has no place is not there",
    loses=[UNDRAWN],
    hint="Settings vanished from your figure without a word. Name those that cannot be drawn.",
)
def dropped_silently(runs, ttft_limit_s):
    return front_figure(runs, ttft_limit_s, left_out=[])


@mistake(
    "m05_tradeoff_figure",
    misconception="waits on an even axis",
    loses=[FRONT_AXES],
    hint="Waits differ by factors. On a linear axis the short ones, which matter most, lie on top of each other.",
)
def linear_waits(runs, ttft_limit_s):
    return front_figure(runs, ttft_limit_s, scale="linear")


@mistake(
    "m05_tradeoff_figure",
    misconception="only the best are drawn",
    loses=[ALL, FRONT_AXES],
    hint="You drew the settings of the front alone. Show what was tried as well, and what it would have cost.",
)
def only_the_best(runs, ttft_limit_s):
    figure = front_figure(runs, ttft_limit_s)
    points, line = figure["series"]
    points |= {"x": line["x"], "y": line["y"]}
    return figure


# --- prefill and decode apart -----------------------------------------------------------------------------------------

READING, WRITING, SEEN, LIMITS = "prefill instances", "decode instances", "what users see", "limits that nobody keeps"


def mean_ttft_s(rate_per_s, prefill_s, waits=0.5):
    load = rate_per_s * prefill_s
    return prefill_s + waits * load * prefill_s / (1 - load) if load < 1 else float("inf")


def enough(rate_per_s, holds):
    """The first number of instances that does."""
    instances = 1
    while not holds(rate_per_s / instances):
        instances += 1
    return instances


def apart(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s, **changed):
    """The right table, but for some columns: functions of a rate, and of the prefill instances as well for `ttft_s`."""
    if ttft_limit_s <= prefill_s:
        raise ValueError("nobody keeps this limit")
    rules = {
        "prefill": lambda rate: enough(rate, lambda each: mean_ttft_s(each, prefill_s) <= ttft_limit_s),
        "decode": lambda rate: int(-(-rate // decode_rate_per_s)),
        "ttft_s": lambda rate, instances: mean_ttft_s(rate / instances, prefill_s),
    } | changed
    rates = [float(rate) for rate in rates_per_s]
    prefill = [rules["prefill"](rate) for rate in rates]
    decode = [rules["decode"](rate) for rate in rates]
    seen_s = [rules["ttft_s"](rate, instances) for rate, instances in zip(rates, prefill, strict=True)]
    return {"prefill": prefill, "decode": decode, "ttft_s": seen_s}


@mistake(
    "m05_instances_apart",
    misconception="a load below one is enough",
    loses=[READING, SEEN],
    hint="Your prefill instances just get done with all prompts. Near a load of one the queue grows without end, and "
    "the limit is missed long before.",
)
def just_not_overloaded(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    return apart(
        rates_per_s,
        prefill_s,
        decode_rate_per_s,
        ttft_limit_s,
        prefill=lambda rate: int(rate * prefill_s) + 1,
    )


@mistake(
    "m05_instances_apart",
    misconception="n instances are one that is n times as fast",
    loses=[READING, SEEN],
    hint="You divided the time of a prompt by the number of instances. Each still reads its own prompt in full; it "
    "only gets fewer of them.",
)
def one_fast_instance(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    def fastest(rate):
        instances = 1
        while mean_ttft_s(rate, prefill_s / instances) > ttft_limit_s:
            instances += 1
        return instances

    return apart(
        rates_per_s,
        prefill_s,
        decode_rate_per_s,
        ttft_limit_s,
        prefill=fastest,
        ttft_s=lambda rate, instances: mean_ttft_s(rate, prefill_s / instances),
    )


@mistake(
    "m05_instances_apart",
    misconception="the limit is on the wait",
    loses=[READING, SEEN],
    hint="You let the wait alone be as long as the limit. The first token comes when the prompt is read, too.",
)
def limit_on_the_wait(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    def reading(rate):
        return enough(rate, lambda each: mean_ttft_s(each, prefill_s) <= ttft_limit_s + prefill_s)

    return apart(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s, prefill=reading)


@mistake(
    "m05_instances_apart",
    misconception="any queue waits like M/M/1",
    loses=[READING, SEEN],
    hint="You left out the 2: that is a queue whose service times are drawn as well. Equal prompts wait half as long.",
)
def drawn_service(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    def reading(rate):
        return enough(rate, lambda each: mean_ttft_s(each, prefill_s, waits=1.0) <= ttft_limit_s)

    return apart(
        rates_per_s,
        prefill_s,
        decode_rate_per_s,
        ttft_limit_s,
        prefill=reading,
        ttft_s=lambda rate, instances: mean_ttft_s(rate / instances, prefill_s, waits=1.0),
    )


@mistake(
    "m05_instances_apart",
    misconception="a part of an instance is an instance",
    loses=[WRITING],
    hint="You rounded the decode instances. What is left over after whole ones must be written, too.",
)
def rounded_instances(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    return apart(
        rates_per_s,
        prefill_s,
        decode_rate_per_s,
        ttft_limit_s,
        decode=lambda rate: max(round(rate / decode_rate_per_s), 1),
    )


@mistake(
    "m05_instances_apart",
    misconception="what is allowed is what users see",
    loses=[SEEN],
    hint="You gave back the limit. Instances are whole, so users see less than it: how busy is each one?",
)
def limit_is_seen(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    return apart(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s, ttft_s=lambda _rate, _instances: ttft_limit_s)


@mistake(
    "m05_instances_apart",
    misconception="enough machines keep any limit",
    loses=[LIMITS],
    hint="The limit is shorter than the reading of a prompt. However many instances there are, say that none keeps it.",
)
def any_limit(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    return apart(rates_per_s, prefill_s, decode_rate_per_s, max(ttft_limit_s, 1.001 * prefill_s))
