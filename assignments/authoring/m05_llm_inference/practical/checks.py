"""What must hold of the answers of module 5's practical notebook."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Outcome,
    Property,
    Raises,
    Scenario,
    call,
    column,
    marks,
    sampled,
    series,
)
from reference_solutions.m05_llm_inference.block_allocator import BlockAllocator
from reference_solutions.m05_llm_inference.cache_sizing import cache_sizing
from reference_solutions.m05_llm_inference.continuous_batching import static_batching
from reference_solutions.m05_llm_inference.disaggregation import instances_apart
from reference_solutions.m05_llm_inference.forward_flops import forward_flops
from reference_solutions.m05_llm_inference.kv_cache import kv_cache_bytes
from reference_solutions.m05_llm_inference.prefix_cache import prefix_hits
from reference_solutions.m05_llm_inference.request_metrics import goodput_per_s, request_metrics
from reference_solutions.m05_llm_inference.serving import simulate_serving
from reference_solutions.m05_llm_inference.serving_figures import block_size_figure, tradeoff_figure

# --- metrics of requests ----------------------------------------------------------------------------------------------


def answers_of_some_length(rng):
    """Requests with three tokens at least; one gap is much longer than the others, and the first wait longer still."""
    sent_s = rng.uniform(0, 50, size=4)
    times_s = []
    for sent in sent_s:
        gaps_s = rng.uniform(0.01, 0.05, size=int(rng.integers(2, 12)))
        gaps_s[rng.integers(gaps_s.size)] += rng.uniform(0.2, 0.5)
        times_s.append((sent + rng.uniform(0.8, 3) + np.concatenate([[0], np.cumsum(gaps_s)])).tolist())
    return call(sent_s.tolist(), times_s)


SHORT = [
    call([0.0, 3.0, 4.0], [[], [3.5], [4.25, 4.5]]),
    call([1.0], [[]]),
    call([2.0, 2.0], [[2.0], [2.5, 2.5, 2.5]]),  # a token at once, and three in one packet
]
LONG = [sampled(answers_of_some_length, count=4)]


METRICS = Exercise(
    "m05_request_metrics",
    reference=request_metrics,
    checks=[
        Equal(
            "time to first token",
            weight=1,
            cases=LONG,
            part=column("ttft_s"),
            message="How long the first token took, counted from sending.",
        ),
        Equal(
            "time per output token",
            weight=1.5,
            cases=LONG,
            part=column("tpot_s"),
            message="The mean of the gaps between tokens that follow each other.",
        ),
        Equal(
            "longest gap",
            weight=1,
            cases=LONG,
            part=column("longest_gap_s"),
            message="The longest time between two tokens that follow each other.",
        ),
        Equal(
            "tokens and end",
            weight=1,
            cases=LONG,
            part=column("tokens", "e2e_s"),
            message="How many tokens came, and when the last one did, counted from sending.",
        ),
        Equal(
            "short and cancelled answers",
            weight=1,
            cases=SHORT,
            message="Requests with one token, with none, and with several at the same time.",
        ),
        Raises(
            ValueError,
            "broken clocks",
            weight=0.5,
            cases=[call([0.0, 5.0], [[1.0], [6.0, 5.5]]), call([3.0], [[2.0, 4.0]])],
            message="Tokens out of order, or before their request, are refused.",
        ),
    ],
)

# --- operations of a pass ---------------------------------------------------------------------------------------------


def any_shape(rng, group=1, vector=0):
    """Sizes of a model: query heads that share a key-value head, and what a head has beyond its share of `hidden`."""
    kv_heads, head_dim = int(rng.choice([2, 4, 8])), int(rng.choice([64, 96, 128]))
    heads = kv_heads * group
    hidden = heads * head_dim - vector
    intermediate = hidden * int(rng.integers(2, 5)) + 64 * int(rng.integers(1, 9))
    layers, vocabulary = int(rng.integers(12, 80)), int(rng.integers(20_000, 200_000))
    return layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary


def through_the_layers(rng):
    return call(*any_shape(rng), int(rng.integers(1, 4000)), 0, 0)


def with_shared_heads(rng):
    return call(*any_shape(rng, group=int(rng.choice([4, 8]))), int(rng.integers(1, 4000)), 0, 0)


def with_context(rng):
    """A chunk of a prompt, after others."""
    tokens, past = int(rng.integers(2, 900)), int(rng.integers(0, 20_000))
    context = tokens * past + tokens * (tokens + 1) / 2
    return call(*any_shape(rng, group=int(rng.choice([4, 8]))), tokens, context, 0)


def with_words(rng):
    """A batch of prompts, read together; each has one next token."""
    return call(*any_shape(rng), int(rng.integers(500, 4000)), 0, int(rng.integers(1, 40)))


def with_heads_of_their_own_size(rng):
    shape = any_shape(rng, group=2, vector=64 * int(rng.integers(1, 3)))
    return call(*shape, rng.integers(1, 900, size=3), rng.integers(900, 90_000, size=3), 1)


FLOPS = Exercise(
    "m05_forward_flops",
    reference=forward_flops,
    checks=[
        Equal(
            "matrices of the layers",
            weight=1,
            cases=[sampled(through_the_layers, count=3)],
            message="Every token passes four projections and three matrices of the feed-forward part in each layer.",
        ),
        Equal(
            "shared heads",
            weight=0.75,
            cases=[sampled(with_shared_heads, count=3)],
            message="Models whose query heads share key-value heads have smaller matrices for keys and values.",
        ),
        Equal(
            "context",
            weight=1,
            cases=[sampled(with_context, count=3)],
            message="Products of queries with keys, and of their weights with values, for all that is attended to.",
        ),
        Equal(
            "words",
            weight=0.5,
            cases=[sampled(with_words, count=2)],
            message="The vocabulary is met only where the next token is asked for.",
        ),
        Equal(
            "heads of their own size",
            weight=0.75,
            cases=[sampled(with_heads_of_their_own_size, count=2)],
            message="Models in which heads times head_dim is more than hidden; several passes at once.",
        ),
    ],
)

# --- the cache of a request -------------------------------------------------------------------------------------------


def any_model(rng):
    """A shape, and several sequences."""
    layers, kv_heads = int(rng.integers(12, 120)), int(rng.choice([1, 2, 4, 8, 16, 32]))
    head_dim, element_bytes = int(rng.choice([64, 80, 96, 128, 256])), int(rng.choice([1, 2, 4]))
    return call(layers, kv_heads, head_dim, element_bytes, rng.integers(1, 30_000, size=5))


KV_CACHE = Exercise(
    "m05_kv_cache_bytes",
    reference=kv_cache_bytes,
    checks=[
        Equal(
            "one token",
            weight=1,
            cases=[call(layers=40, kv_heads=40, head_dim=128, element_bytes=2, tokens=1), call(96, 96, 128, 2, 1)],
            message="A single token of a model with one key-value head for each query head.",
        ),
        Equal(
            "shared heads and small elements",
            weight=1,
            cases=[call(80, 8, 128, 2, 4096), call(18, 1, 256, 1, 8192), call(80, 8, 128, 1 + 4 / 128, 100)],
            message="Models whose query heads share key-value heads; caches in FP8, with scales and without.",
        ),
        Equal(
            "many sequences",
            weight=1,
            cases=[sampled(any_model, count=5), call(32, 8, 128, 2, [0, 1, 17])],
            message="Lengths given as an array: one size for each sequence.",
        ),
        Raises(
            ValueError,
            "impossible models and lengths",
            weight=1,
            cases=[
                call(0, 8, 128, 2, 1),
                call(80, -8, 128, 2, 1),
                call(80, 8, 128, 0, 1),
                call(80, 8, 128, 2, [5, -1]),
            ],
            message="Counts and sizes that no model has, and negative lengths, are refused.",
        ),
    ],
)

# --- five kinds of attention ------------------------------------------------------------------------------------------


def plain_model(rng):
    return {
        "layers": int(rng.integers(12, 120)),
        "kv_heads": int(rng.choice([1, 4, 8, 32])),
        "head_dim": int(rng.choice([64, 128, 256])),
        "element_bytes": int(rng.choice([1, 2])),
    }


def latent_model(rng):
    return {
        "layers": int(rng.integers(20, 80)),
        "latent_dim": int(rng.choice([256, 384, 512])),
        "rope_dim": int(rng.choice([32, 64])),
        "element_bytes": int(rng.choice([1, 2])),
    }


def windowed_model(rng, window_tokens):
    layers = int(rng.integers(20, 80))
    return plain_model(rng) | {
        "layers": layers,
        "windowed_layers": int(rng.integers(layers // 3, layers - 5)),
        "window_tokens": window_tokens,
    }


def plain_models(rng):
    return call({f"plain {number}": plain_model(rng) for number in range(2)}, int(rng.integers(100, 9000)), 5e10)


def latent_models(rng):
    return call({f"latent {number}": latent_model(rng) for number in range(2)}, int(rng.integers(100, 9000)), 5e10)


def quantised_models(rng):
    scaled = plain_model(rng) | {"kv_heads": int(rng.choice([4, 8])), "element_bytes": 1, "scale_bytes": 4}
    return call({"plain": plain_model(rng), "scaled": scaled}, int(rng.integers(100, 9000)), 5e10)


def windowed_models(rng):
    """A request longer than one model's window, and shorter than the other's."""
    tokens = int(rng.integers(2000, 6000))
    models = {"long window": windowed_model(rng, 8192), "short window": windowed_model(rng, 1024)}
    return call(models, tokens, 5e10)


AT_THE_WINDOW = call({"full": windowed_model(np.random.default_rng(1), 1024)}, 1024, 5e10)


def nearly_one_more(rng):
    """A budget in which a whole number of requests and most of another one fit."""
    model, tokens = plain_model(rng), int(rng.integers(100, 5000))
    request_bytes = float(
        kv_cache_bytes(model["layers"], model["kv_heads"], model["head_dim"], model["element_bytes"], tokens)
    )
    return call({"plain": model}, tokens, request_bytes * (int(rng.integers(1, 40)) + rng.uniform(0.6, 0.95)))


TOO_SMALL = call({"plain": {"layers": 80, "kv_heads": 8, "head_dim": 128, "element_bytes": 2}}, 100_000, 1e10)


SIZING = Exercise(
    "m05_cache_sizing",
    reference=cache_sizing,
    checks=[
        Equal(
            "shared heads",
            weight=0.75,
            cases=[sampled(plain_models, count=3)],
            part=column("request_bytes", by="model"),
            message="Multi-head, grouped-query and multi-query attention.",
        ),
        Equal(
            "latent vectors",
            weight=1,
            cases=[sampled(latent_models, count=3)],
            part=column("request_bytes", by="model"),
            message="One compressed vector for all heads, keys and values together, and the key that has the position.",
        ),
        Equal(
            "scales",
            weight=1,
            cases=[sampled(quantised_models, count=3)],
            part=column("request_bytes", by="model"),
            message="Caches in FP8, with a scale for each vector of a head.",
        ),
        Equal(
            "windows",
            weight=1.25,
            cases=[sampled(windowed_models, count=3)],
            part=column("request_bytes", by="model"),
            message="Models in which some layers have a window, and requests shorter and longer than it.",
        ),
        Equal(
            "the next token",
            weight=1.25,
            cases=[sampled(windowed_models, count=3), sampled(plain_models, count=1), AT_THE_WINDOW],
            part=column("next_token_bytes", by="model"),
            message="What one more token adds, inside of the windows and beyond them.",
        ),
        Equal(
            "whole requests",
            weight=0.75,
            cases=[sampled(nearly_one_more, count=3), TOO_SMALL],
            part=column("requests", by="model"),
            message="How many requests fit, all of each.",
        ),
    ],
)

# --- the paged cache --------------------------------------------------------------------------------------------------


def books(expect, allocator, free, idle):
    expect(allocator.free_blocks).equals(free)
    expect(allocator.idle_places).equals(idle)


def blocks_on_demand(student, expect):
    allocator = student.BlockAllocator(blocks=10, block_size=16)
    books(expect, allocator, 10, 0)
    expect(allocator.admit("a", list(range(32)))).equals(True)
    books(expect, allocator, 8, 0)  # an exact fit
    expect(allocator.append("a", 1)).equals([])
    books(expect, allocator, 7, 15)
    expect(allocator.append("a", 15)).equals([])
    books(expect, allocator, 7, 0)
    expect(allocator.append("a", 40)).equals([])
    books(expect, allocator, 4, 8)
    expect(allocator.admit("b", [7, 7, 7])).equals(True)
    books(expect, allocator, 3, 8 + 13)


def equal_prompts(student, expect):
    allocator = student.BlockAllocator(blocks=20, block_size=4)
    allocator.admit("a", "0123456789")
    books(expect, allocator, 17, 2)
    allocator.admit("same", "0123456789")  # two full blocks are shared; the third is not full
    books(expect, allocator, 16, 4)
    allocator.admit("starts later", "45678888")  # its first block is like a second one: what stands before is not
    books(expect, allocator, 14, 4)
    allocator.admit("begins alike", "0123xxxx")
    books(expect, allocator, 13, 4)
    allocator.admit("contains", "0123xxxx45")  # shares with the one before it
    books(expect, allocator, 12, 6)
    allocator.admit("short", "012")
    books(expect, allocator, 11, 7)
    allocator.admit("seven", "7777777")
    allocator.admit("seven again", "7777777")  # three of four places are not a full block
    books(expect, allocator, 8, 9)


def drawn_prompts(student, expect, rng):
    size = int(rng.integers(2, 5))
    one, other = "ab" * size, "ba" * size
    prompts = [one[:size] + other[:size], other[:size] * 2, one[:size]]
    prompts += ["".join(rng.choice([one[:size], other[:size], "c"], size=4).tolist()) for _ in range(4)]
    allocator = student.BlockAllocator(blocks=40, block_size=size)
    for number, prompt in enumerate(prompts):
        expect(allocator.admit(f"s{number}", prompt)).equals(True)
        expect(allocator.free_blocks).agrees()
        expect(allocator.idle_places).agrees()


def copy_on_write(student, expect):
    allocator = student.BlockAllocator(blocks=8, block_size=16)
    allocator.admit("parent", list(range(20)))
    allocator.fork("parent", "child")
    books(expect, allocator, 6, 12)
    expect(allocator.append("child", 1)).equals([])
    books(expect, allocator, 5, 12 + 11)
    expect(allocator.append("parent", 1)).equals([])  # alone in its block again
    books(expect, allocator, 5, 11 + 11)
    allocator.fork("child", "grandchild")
    expect(allocator.append("grandchild", 16)).equals([])  # a copy, and a block of its own
    books(expect, allocator, 3, 11 + 11 + 11)
    for name in ("parent", "child", "grandchild"):
        allocator.release(name)
    books(expect, allocator, 8, 0)


def full_blocks_are_not_written(student, expect):
    allocator = student.BlockAllocator(blocks=8, block_size=4)
    allocator.admit("parent", "01234567")
    allocator.fork("parent", "child")
    books(expect, allocator, 6, 0)
    expect(allocator.append("child", 1)).equals([])
    books(expect, allocator, 5, 3)


def giving_back(student, expect):
    allocator = student.BlockAllocator(blocks=8, block_size=4)
    allocator.admit("a", "01234567")
    allocator.admit("b", "0123456789")
    expect(allocator.free_blocks).equals(5)
    allocator.release("a")
    books(expect, allocator, 5, 2)  # b reads on
    allocator.admit("c", "01234567")  # and can still be joined
    books(expect, allocator, 5, 2)
    allocator.release("b")
    allocator.release("c")
    books(expect, allocator, 8, 0)
    allocator.admit("d", "01234567")  # nothing is left to be found
    books(expect, allocator, 6, 0)


def memory_is_gone(student, expect):
    allocator = student.BlockAllocator(blocks=5, block_size=4)
    allocator.admit("old", "0123")
    allocator.admit("young", "4567")
    expect(allocator.admit("large", "0123abcdefghijklm")).equals(False)  # four new blocks, and three are free
    expect(allocator.free_blocks).equals(3)
    expect(allocator.admit("fits", "0123abcdefghijkl")).equals(True)
    books(expect, allocator, 0, 0)
    expect(allocator.append("old", 4)).equals(["fits"])
    books(expect, allocator, 2, 0)
    expect(allocator.append("young", 12)).equals(["young"])  # admitted last of those that are there
    expect(allocator.append("old", 14)).equals(["old"])
    books(expect, allocator, 5, 0)


def names_that_make_no_sense(student, expect):
    allocator = student.BlockAllocator(blocks=8, block_size=4)
    allocator.admit("a", "01234")
    expect(allocator.admit("a", "5")).raises(ValueError)
    expect(allocator.admit("b", "")).raises(ValueError)
    expect(allocator.fork("a", "a")).raises(ValueError)
    expect(allocator.fork("b", "c")).raises(ValueError)
    expect(allocator.append("b", 1)).raises(ValueError)
    expect(allocator.release("b")).raises(ValueError)
    expect(allocator.free_blocks).equals(6)


def traffic(student, rng):
    """A busy hour; at its end everybody leaves."""
    blocks, size = 12, int(rng.integers(2, 5))
    allocator = student.BlockAllocator(blocks, size)
    yield not allocator.admit("too large", "x" * (blocks * size + 1)), allocator.free_blocks == blocks
    there = ["first", "second", "third"]
    yield allocator.admit("first", "y" * (7 * size - 1)), allocator.free_blocks == blocks - 7
    for name in there[1:]:
        allocator.fork("first", name)
        yield allocator.free_blocks == blocks - 7, allocator.idle_places == 1
    for number in range(14):
        what = rng.integers(4) if there else 0
        if what == 0 and allocator.admit(f"s{number}", "ab" * int(rng.integers(1, 6))):
            there.append(f"s{number}")
        elif what == 1:
            allocator.fork(there[0], f"s{number}")
            there.append(f"s{number}")
        elif what > 1:
            gone = allocator.append(there[int(rng.integers(len(there)))], int(rng.integers(1, 5)))
            there = [name for name in there if name not in gone]
        yield 0 <= allocator.free_blocks <= blocks, 0 <= allocator.idle_places <= len(there) * size
    for name in there:
        allocator.release(name)
    yield allocator.free_blocks == blocks, allocator.idle_places == 0


ALLOCATOR = Exercise(
    "m05_block_allocator",
    reference=BlockAllocator,
    checks=[
        Scenario(
            "blocks on demand", weight=1.5, play=blocks_on_demand, message="Blocks are taken when they are needed."
        ),
        Scenario(
            "equal prompts",
            weight=1.5,
            play=equal_prompts,
            message="Full blocks are shared, if all tokens up to their end are equal.",
        ),
        Scenario(
            "drawn prompts", weight=0.5, play=drawn_prompts, message="Prompts that begin alike, or contain alike."
        ),
        Scenario(
            "copy on write",
            weight=1.5,
            play=copy_on_write,
            message="A fork takes nothing; whoever writes into a shared block copies it, and only then.",
        ),
        Scenario(
            "full blocks",
            weight=0.5,
            play=full_blocks_are_not_written,
            message="A fork of a sequence whose last block is full.",
        ),
        Scenario(
            "giving back",
            weight=1,
            play=giving_back,
            message="A block is free when its last user is gone, and is found no more.",
        ),
        Scenario(
            "memory is gone",
            weight=1.5,
            play=memory_is_gone,
            message="Who is not admitted, and who gives way.",
        ),
        Scenario(
            "names that make no sense",
            weight=0.25,
            play=names_that_make_no_sense,
            message="Who is there is not admitted again, who is not there is not touched, and a prompt has tokens.",
        ),
        Raises(
            ValueError,
            "memory without room",
            weight=0.25,
            cases=[call(0, 16), call(8, 0), call(-1, 4)],
            message="A cache has blocks, and a block has places.",
        ),
        Conserved(
            "no block is lost",
            weight=0.5,
            script=traffic,
            invariant=all,
            message="Whatever happens, blocks are free or used, and all are free when everybody has left.",
        ),
    ],
)

# --- a figure: the size of a block ------------------------------------------------------------------------------------

SIZES = [1, 4, 16, 64, 256, 1024]


def some_lengths(rng):
    return call(rng.integers(200, 2048, size=30), SIZES, 2048, float(rng.uniform(0.8, 0.97)))


def few_lengths(rng):
    """Very unlike lengths, where a mean of shares is not the share of the sum."""
    lengths = np.concatenate([rng.integers(1, 30, size=6), rng.integers(3000, 8000, size=3)])
    return call(lengths.tolist(), [8, 32, 128, 512], 8192, 0.9)


TOO_LONG = [call([100, 5000, 2048, 2049, 300], SIZES, 2048, 0.9), call([10, 60, 101], [2, 8, 32], 100, 0.5)]
NO_AIM = call([10, 3, 5], [16, 64], 100, 0.99)
SAMPLED_LENGTHS = [sampled(some_lengths, count=2), sampled(few_lengths, count=2)]


def block_axes(pairs):
    for case, figure in pairs:
        sizes = case.args[1]
        across, up = figure["x"], figure["y"]
        if across["scale"] != "log" or not np.allclose(across["limits"], [sizes[0], sizes[-1]]):
            return False
        if up["scale"] != "linear" or not np.allclose(up["limits"], [0, 1]) or not (across["label"] and up["label"]):
            return False
    return True


BLOCK_FIGURE = Exercise(
    "m05_block_size_figure",
    reference=block_size_figure,
    checks=[
        Equal(
            "in blocks",
            weight=1.5,
            cases=SAMPLED_LENGTHS,
            part=lambda figure: np.asarray(next(one for one in figure["series"] if one["label"] == "in blocks")["y"]),
            message="What is held over what is given, for each size.",
        ),
        Equal(
            "reserved",
            weight=1,
            cases=SAMPLED_LENGTHS,
            part=series("line", "reserved"),
            message="The share of memory in use when each request reserves the longest possible.",
        ),
        Equal(
            "the largest block",
            weight=1,
            cases=[sampled(some_lengths, count=4), NO_AIM],
            part=marks,
            message="The largest size that still reaches the aim, if one does.",
        ),
        Equal(
            "too long",
            weight=1,
            cases=TOO_LONG,
            part=lambda figure: {
                "left out": sorted(figure["left_out"]),
                "shares": {one["label"]: np.unique(np.round(one["y"], 9)) for one in figure["series"]},
            },
            message="Requests that no reservation holds are named, and count nowhere else.",
        ),
        Property(
            "axes",
            weight=0.5,
            cases=SAMPLED_LENGTHS,
            holds=block_axes,
            message="Sizes on a logarithmic axis from the smallest to the largest, shares on a linear one from 0 to 1.",
        ),
    ],
)

# --- a prefix cache ---------------------------------------------------------------------------------------------------


def as_blocks(*texts):
    """Prompts whose blocks are letters, each named by all up to its end."""
    return [[text[: end + 1] for end in range(len(text))] for text in texts]


def taking_turns(rng, requests=24):
    """Conversations behind one system prompt; each turn has all that was said, and a little more."""
    said = ["sys" + letter for letter in "abcd"]
    asked = []
    for who in rng.integers(4, size=requests).tolist():
        said[who] += "".join(rng.choice(list("xyz"), size=int(rng.integers(1, 3))).tolist())
        asked.append(said[who])
    return as_blocks(*asked)


def without_end(rng):
    return call(taking_turns(rng), np.inf)


def in_little_memory(rng):
    return call(taking_turns(rng), int(rng.integers(18, 26)))


PREFIXES = Exercise(
    "m05_prefix_hits",
    reference=prefix_hits,
    checks=[
        Equal(
            "memory without end",
            weight=1,
            cases=[sampled(without_end, count=2), call(as_blocks("abc", "abd", "xbc", "ab", "abdx"), np.inf)],
            message="Whatever came before, however long ago, is found from the beginning as far as it is equal.",
        ),
        Equal(
            "longest not used",
            weight=1,
            cases=[
                call(as_blocks("a", "b", "a", "c", "a", "b"), 2),
                call(as_blocks("a", "b", "c", "a", "d", "b", "a"), 3),
            ],
            message="Prompts of one block: whoever was not used for longest goes.",
        ),
        Equal(
            "the beginning stays",
            weight=1,
            cases=[call(as_blocks("abcd", "x", "abcd"), 4), call(as_blocks("abcdef", "ab", "xy", "abcdef"), 5)],
            message="Of blocks that were used together the last goes first; a prompt may be longer than memory.",
        ),
        Equal(
            "conversations",
            weight=1,
            cases=[sampled(in_little_memory, count=3)],
            message="Conversations that take turns behind one system prompt, in little memory.",
        ),
    ],
)

# --- static batching --------------------------------------------------------------------------------------------------


def one_batch(rng):
    """All wait at the beginning, and fit; answers differ."""
    requests = int(rng.integers(3, 7))
    prompts, answers = rng.integers(20, 900, requests), 2 + rng.permutation(60)[:requests]
    return call([0.0] * requests, prompts, answers, requests + 2, float(rng.uniform(0.01, 0.03)), 1e-4)


def several_batches(rng):
    """Some find the server idle, most do not, and at times more wait than there are slots."""
    arrivals_s = np.cumsum(rng.exponential(0.15, 24)) + np.repeat([0.0, 30.0], 12)
    prompts, answers = rng.integers(20, 900, 24), rng.integers(1, 80, 24)
    return call(arrivals_s.tolist(), prompts.tolist(), answers.tolist(), 3, 0.02, 1e-4)


STATIC = Exercise(
    "m05_static_batching",
    reference=static_batching,
    checks=[
        Equal(
            "first tokens of a batch",
            weight=1,
            cases=[sampled(one_batch, count=3)],
            part=lambda both: np.asarray(both[0]),
            message="One step reads the prompts of the whole batch.",
        ),
        Equal(
            "return of a batch",
            weight=1,
            cases=[sampled(one_batch, count=3)],
            part=lambda both: np.asarray(both[1]),
            message="All are returned with the last token of the longest answer, and cost until then.",
        ),
        Equal(
            "one batch after the other",
            weight=1.5,
            cases=[sampled(several_batches, count=3), call([0.0, 5.0, 5.5], [10, 20, 30], [4, 1, 2], 2, 0.5, 0.01)],
            part=lambda both: np.asarray([both[0], both[1]]),
            message="A batch begins with what waits when the one before is returned, or with the next that comes.",
        ),
        Raises(
            ValueError,
            "out of order",
            weight=0.5,
            cases=[call([1.0, 0.5], [10, 10], [2, 2], 2, 0.1, 0.001), call([0, 2, 1], [1, 1, 1], [1, 1, 1], 1, 1, 0)],
            message="Requests that are not in the order of arrival are refused.",
        ),
    ],
)

# --- a policy of continuous batching ----------------------------------------------------------------------------------

FITTED = {"conversation": ((6.68, 0.94), (5.26, 0.92)), "code": ((6.98, 1.36), (2.78, 0.86))}
"""Mean and deviation of the logarithm of prompts and answers: Azure LLM inference trace 2023, 2,500 requests each."""

REPLICA = {"step_s": 0.012, "token_s": 60e-6, "ttft_limit_s": 1.0, "tpot_limit_s": 0.03, "patience_s": 10.0}
OTHER = {"step_s": 0.025, "token_s": 100e-6, "ttft_limit_s": 2.5, "tpot_limit_s": 0.04, "patience_s": 12.0}


def drawn_trace(rng, kinds, requests, rate_per_s, burst=1.0):
    """Arrivals, prompts and answers; with a burst, ten come `burst` times as fast, and then ten more slowly."""
    gaps_s = rng.exponential(1 / rate_per_s, requests)
    gaps_s *= np.where(np.arange(requests) // 10 % 2 == 0, 1 / burst, 2 - 1 / burst)
    rows = [FITTED[kinds[number % len(kinds)]] for number in range(requests)]
    prompts = np.array([rng.lognormal(*prompt) for prompt, _ in rows])
    answers = np.array([rng.lognormal(*answer) for _, answer in rows])
    return np.cumsum(gaps_s), np.clip(prompts, 8, 7500).astype(int), np.clip(answers, 1, 300).astype(int)


def served(policy, trace, service):
    """Table of metrics of a trace that a policy serves on 32 slots, and what is needed to judge it."""
    arrivals_s = trace[0]
    times_s = simulate_serving(
        lambda *asked: policy(*asked, service), *trace, slots=32, step_s=service["step_s"], token_s=service["token_s"]
    )
    return request_metrics(arrivals_s, times_s), service, arrivals_s[-1]


CODE = drawn_trace(np.random.default_rng(51), ["code"], 90, rate_per_s=5.5)
BURSTS = drawn_trace(np.random.default_rng(52), ["code", "code", "conversation"], 70, rate_per_s=3.0, burst=3.0)
LONG_AND_SHORT = (
    np.sort(np.concatenate([[0.2, 0.3], np.arange(240) * 0.085])),
    np.array([7500 if number in (2, 3) else 900 for number in range(242)]),
    np.full(242, 6),
)
"""Two long prompts at the beginning, then a stream of shorter ones that fills the replica for twenty seconds."""


def code_traffic(policy):
    return served(policy, CODE, REPLICA)


def bursts_elsewhere(policy):
    return served(policy, BURSTS, OTHER)


def long_among_short(policy):
    return served(policy, LONG_AND_SHORT, REPLICA)


def goodput(outcome):
    table, service, window_s = outcome
    limits = service["ttft_limit_s"], service["tpot_limit_s"]
    return goodput_per_s(table["ttft_s"], table["tpot_s"], *limits, window_s)


def longest_wait_s(outcome):
    """Whoever is never served waits for ever."""
    return float(np.max(np.nan_to_num(outcome[0]["ttft_s"], nan=np.inf)))


def first_come_first_served(waiting, decoding, free_slots, service):
    return {one["id"]: one["prompt_left"] for one in waiting[:free_slots]}


def is_a_wish(decision):
    """A dict of whole numbers: the simulator converts keys and values."""
    return isinstance(decision, dict) and all(
        isinstance(tokens, int | np.integer) and not isinstance(tokens, bool) for tokens in decision.values()
    )


POLICY = Exercise(
    "m05_next_prompts",
    checks=[
        Outcome(
            "goodput of code completion",
            weight=3,
            simulate=code_traffic,
            measure=goodput,
            at_least=1.25,
            times=first_come_first_served,
            accepts=is_a_wish,
            message="A quarter more requests within both limits than by the plain policy: long prompts, short answers.",
        ),
        Outcome(
            "goodput in bursts, on another replica",
            weight=3,
            simulate=bursts_elsewhere,
            measure=goodput,
            at_least=1.25,
            times=first_come_first_served,
            accepts=is_a_wish,
            message="The same on a slower replica with other limits, when chat and code come in bursts.",
        ),
        Outcome(
            "nobody waits for ever",
            weight=3,
            simulate=long_among_short,
            measure=longest_wait_s,
            at_most=14.0,
            accepts=is_a_wish,
            message="Two long prompts before a stream of short ones: who has lost patience comes first.",
        ),
    ],
)

# --- a figure: time to first token against throughput -----------------------------------------------------------------


def settings(rng):
    """Settings around a front: some on it, some behind."""
    rows = int(rng.integers(7, 12))
    waits_s = 10 ** rng.uniform(-1.3, 0.8, size=rows)
    rates = 400 + 300 * np.log10(waits_s) + rng.uniform(0, 260, size=rows)
    names = [f"setting {number}" for number in rng.choice(90, size=rows, replace=False)]
    table = {"setting": names, "ttft_s": waits_s.tolist(), "tokens_per_s": rates.tolist()}
    table["setting"] += ["behind all", "slow and late"]
    table["ttft_s"] += [float(waits_s.max() * 1.5), float(np.sort(waits_s)[-2])]
    table["tokens_per_s"] += [5.0, float(rates.min() / 2)]
    return call(pd.DataFrame(table), float(np.sort(waits_s)[rows // 2] * 1.01))


def ties(rng):
    """Two equal in one of the two: only the better one is on the front."""
    wait_s, rate = float(rng.uniform(0.1, 0.4)), float(rng.uniform(100, 400))
    return call(
        {
            "setting": ["a", "b", "c", "d"],
            "ttft_s": [wait_s, wait_s, 2 * wait_s, 3 * wait_s],
            "tokens_per_s": [rate, 1.5 * rate, 1.5 * rate, 2 * rate],
        },
        10.0,
    )


UNDRAWN = [
    call(
        {
            "setting": ["nobody", "good", "at once", "silent"],
            "ttft_s": [np.nan, 0.3, 0.0, 0.4],
            "tokens_per_s": [10.0, 50.0, 60.0, 0.0],
        },
        1.0,
    ),
    call({"setting": ["one", "none"], "ttft_s": [0.5, np.nan], "tokens_per_s": [20.0, np.nan]}, 1.0),
]
TOO_LATE = call({"setting": ["a", "b"], "ttft_s": [2.0, 3.0], "tokens_per_s": [10.0, 20.0]}, 1.0)
SETTINGS = [sampled(settings, count=3)]


def front_axes(pairs):
    for _, figure in pairs:
        across, up = figure["x"], figure["y"]
        points = next(one for one in figure["series"] if one["kind"] == "points")
        waits_s, rates = np.asarray(points["x"], float), np.asarray(points["y"], float)
        if across["scale"] != "log" or not np.allclose(across["limits"], [waits_s.min() / 2, 2 * waits_s.max()]):
            return False
        if up["scale"] != "linear" or not np.allclose(up["limits"], [0, 1.1 * rates.max()]):
            return False
        if not (across["label"] and up["label"]):
            return False
    return True


TRADEOFF_FIGURE = Exercise(
    "m05_tradeoff_figure",
    reference=tradeoff_figure,
    checks=[
        Equal(
            "all settings",
            weight=0.5,
            cases=SETTINGS,
            part=series("points"),
            message="A point for each setting, at its wait and its rate.",
        ),
        Equal(
            "the front",
            weight=1.75,
            cases=[*SETTINGS, sampled(ties, count=2)],
            part=lambda figure: np.column_stack(
                [np.asarray(next(o for o in figure["series"] if o["label"] == "front")[name], float) for name in "xy"]
            ),
            message="Those that no other setting beats, from the shortest wait to the longest, each once.",
        ),
        Equal(
            "the marked one",
            weight=1.25,
            cases=[*SETTINGS, TOO_LATE],
            part=marks,
            message="The setting with the highest rate that keeps the limit, if one does.",
        ),
        Equal(
            "what cannot be drawn",
            weight=1,
            cases=UNDRAWN,
            part=lambda figure: {
                "left out": sorted(figure["left_out"]),
                "drawn": [len(one["x"]) for one in figure["series"]],
            },
            message="Settings with which nobody was served, or nothing came.",
        ),
        Property(
            "axes",
            weight=0.5,
            cases=[*SETTINGS, *UNDRAWN],
            holds=front_axes,
            message="Waits on a logarithmic axis with room on both sides, rates on a linear one from zero.",
        ),
    ],
)

# --- prefill and decode apart -----------------------------------------------------------------------------------------


def a_service(rng):
    """Rates that need a few instances of both kinds, and a limit of some times what a prompt takes."""
    prefill_s = float(rng.uniform(0.05, 0.4))
    rates_per_s = np.sort(rng.uniform(1.2, 25.0, size=8)) / prefill_s
    return call(
        rates_per_s, prefill_s, float(rng.uniform(0.3, 2.0) / prefill_s), float(rng.uniform(1.3, 4) * prefill_s)
    )


SERVICES = [sampled(a_service, count=3)]

APART = Exercise(
    "m05_instances_apart",
    reference=instances_apart,
    checks=[
        Equal(
            "prefill instances",
            weight=1.5,
            cases=SERVICES,
            part=column("prefill"),
            message="The fewest whose queues keep the mean time to first token within the limit.",
        ),
        Equal(
            "decode instances",
            weight=1,
            cases=SERVICES,
            part=column("decode"),
            message="The fewest that write all answers.",
        ),
        Equal(
            "what users see",
            weight=1,
            cases=SERVICES,
            part=column("ttft_s"),
            message="The mean time to first token with as many prefill instances as there are.",
        ),
        Raises(
            ValueError,
            "limits that nobody keeps",
            weight=0.5,
            cases=[call([1.0, 2.0], 0.5, 4.0, 0.4), call([3.0], 0.25, 4.0, 0.25)],
            message="A limit that is no longer than the reading of a prompt is refused.",
        ),
    ],
)
