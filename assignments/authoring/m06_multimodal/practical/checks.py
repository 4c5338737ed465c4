"""What must hold of the answers of module 6's practical."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import Conserved, Equal, Exercise, Outcome, Raises, Scenario, call, column, sampled, value
from reference_solutions.m06_multimodal.anyres import anyres_tokens
from reference_solutions.m06_multimodal.contrastive import contrastive_loss
from reference_solutions.m06_multimodal.cross_attention import fusion_cost
from reference_solutions.m06_multimodal.dynamic_resolution import dynamic_tokens
from reference_solutions.m06_multimodal.encoder_batching import encoder_batch, encoder_time_s
from reference_solutions.m06_multimodal.encoder_queue import camera_day, encode_all, encoder_day
from reference_solutions.m06_multimodal.media_bill import media_bill
from reference_solutions.m06_multimodal.operator_census import operator_census
from reference_solutions.m06_multimodal.serving_pipeline import stage_table
from reference_solutions.m06_multimodal.streamed_attention import StreamedAttention
from reference_solutions.m06_multimodal.tiles import tile_tokens
from reference_solutions.m06_multimodal.vision_transformer import vit_cost


def of(*names):
    """Entries of a dict."""
    return lambda found: [found[name] for name in names]


# --- a vision transformer ---------------------------------------------------------------------------------------------


def tower(rng, classes, extra_tokens):
    patch = int(rng.choice([8, 14, 16, 32]))
    rows, columns = (int(one) for one in rng.choice(np.arange(5, 30), 2, replace=False))
    hidden = int(64 * rng.integers(3, 20))
    return call(
        rows * patch,
        columns * patch,
        patch,
        layers=int(rng.integers(2, 40)),
        hidden=hidden,
        mlp=int(hidden * rng.integers(2, 6) + 8 * rng.integers(0, 9)),
        classes=classes,
        extra_tokens=extra_tokens,
    )


def classifier(rng):
    return tower(rng, int(rng.integers(10, 2000)), int(rng.integers(2, 6)))


def encoder(rng):
    return tower(rng, 0, 0)


def class_token(rng):
    one = tower(rng, 0, 1)
    return call(*one.args, **{name: one.kwargs[name] for name in ("layers", "hidden", "mlp")})


TOWERS = [sampled(classifier, count=3), sampled(encoder, count=2), sampled(class_token, count=1)]

VIT = Exercise(
    "m06_vit_cost",
    reference=vit_cost,
    checks=[
        Equal(
            "tokens", weight=0.5, cases=TOWERS, part=of("tokens"), message="Images that are not square, extra tokens."
        ),
        Equal("parameters", weight=1.5, cases=TOWERS, part=of("parameters"), message="Every number that is learned."),
        Equal("multiply-adds", weight=1.5, cases=TOWERS, part=of("macs"), message="Every matrix product, once."),
        Raises(
            ValueError,
            "no such transformer",
            weight=0.5,
            cases=[
                call(224, 225, 16, 2, 64, 128),
                call(100, 224, 16, 2, 64, 128),
                call(0, 224, 16, 2, 64, 128),
                call(224, 224, 16, 0, 64, 128),
                call(224, 224, 16, 2, 64, 128, -1),
                call(224, 224, 16, 2, 64, 128, 10, -1),
            ],
            message="Patches that do not cover the image, sizes that are not positive, counts below 0.",
        ),
    ],
)

# --- the operators of a block -----------------------------------------------------------------------------------------


def block(rng, batch, new_tokens, past, **others):
    heads = int(rng.integers(2, 12))
    hidden = heads * int(rng.choice([16, 32, 64]))
    return call(batch, new_tokens, new_tokens + past, hidden, heads, int(hidden * rng.integers(2, 5) + 3), **others)


def reading(rng):
    return block(rng, 1, int(rng.integers(5, 400)), 0)


def writing(rng):
    return block(rng, 1, 1, int(rng.integers(50, 900)), element_bytes=int(rng.choice([1, 4])))


def many(rng):
    return block(rng, int(rng.integers(2, 40)), int(rng.integers(1, 9)), int(rng.integers(5, 300)))


ALONE = [sampled(reading, count=2), sampled(writing, count=2)]
TOGETHER = sampled(many, count=3)

CENSUS = Exercise(
    "m06_operator_census",
    reference=operator_census,
    checks=[
        Equal(
            "operations",
            weight=1.5,
            cases=[*ALONE, TOGETHER],
            part=column("flops", by="operator"),
            message="Operations of each operator: tokens that are read, written, and in a batch.",
        ),
        Equal(
            "bytes of one sequence",
            weight=1.25,
            cases=ALONE,
            part=column("bytes", by="operator"),
            message="What each operator reads and writes for a single sequence.",
        ),
        Equal(
            "bytes of a batch",
            weight=1.25,
            cases=TOGETHER,
            part=column("bytes", by="operator"),
            message="The same for several sequences: what do they share, and what not?",
        ),
        Equal(
            "intensity",
            weight=0.5,
            cases=[*ALONE, TOGETHER],
            part=column("flops_per_byte", by="operator"),
            message="Operations for each byte.",
        ),
        Raises(
            ValueError,
            "no such block",
            weight=0.5,
            cases=[
                call(1, 2, 5, 7, 3, 10),
                call(0, 2, 5, 6, 3, 10),
                call(1, 0, 5, 6, 3, 10),
                call(1, 2, 0, 6, 3, 10),
                call(1, 2, 5, 6, 3, 10, element_bytes=0),
            ],
            message="Heads that cannot share the elements, numbers that are not positive.",
        ),
    ],
)

# --- the contrastive loss ---------------------------------------------------------------------------------------------


def pairs(rng, noise, **scale):
    images = rng.normal(size=(int(rng.integers(4, 12)), int(rng.integers(3, 8)))) * rng.uniform(0.3, 3)
    texts = images + noise * rng.normal(size=images.shape)
    return call(images, texts * rng.uniform(0.5, 4, size=(len(images), 1)), **scale)


def learned(rng):
    return pairs(rng, 1.0, log_scale=float(rng.uniform(0.5, 2.5)))


def held(rng):
    return pairs(rng, 2.0, log_scale=float(rng.uniform(5, 6)), largest_scale=float(rng.uniform(5, 20)))


def held_by_default(rng):
    return pairs(rng, 0.8, log_scale=float(rng.uniform(5.5, 6.5)))


def loud(rng):
    return pairs(rng, 3.0, log_scale=float(rng.uniform(8, 9)), largest_scale=1e6)


TIED = [
    call([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [2.0, 0.0], [1.0, 1.0]], 1.0),
    call([[3.0, 4.0]], [[-1.0, 2.0]], 1.0),
    call([[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], 1.0),
]
LEARNED = sampled(learned, count=3)

CONTRASTIVE = Exercise(
    "m06_contrastive_loss",
    reference=contrastive_loss,
    checks=[
        Equal(
            "both questions",
            weight=1,
            cases=LEARNED,
            part=of("images", "texts"),
            message="Which text belongs to an image, and which image to a text.",
        ),
        Equal("the loss", weight=0.5, cases=LEARNED, part=of("loss"), message="What is minimised."),
        Equal(
            "a scale that is held",
            weight=0.5,
            cases=[sampled(held, count=2), sampled(held_by_default, count=1)],
            part=of("loss"),
            rtol=1e-7,
            message="A scale that has been learned larger than it may be.",
        ),
        Equal(
            "a large scale",
            weight=1,
            cases=sampled(loud, count=3),
            part=of("images", "texts"),
            rtol=1e-7,
            message="Logits of thousands.",
        ),
        Equal(
            "accuracy",
            weight=0.5,
            cases=[*TIED, LEARNED],
            part=of("accuracy"),
            message="The share of images that find their own text; ties, and a single pair.",
        ),
        Raises(
            ValueError,
            "no such pairs",
            weight=0.5,
            cases=[
                call(np.ones((3, 2)), np.ones((2, 2)), 1.0),
                call(np.ones((3, 2)), np.ones((3, 4)), 1.0),
                call(np.zeros((0, 2)), np.zeros((0, 2)), 1.0),
                call([[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], 1.0),
                call([[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], 1.0),
            ],
            message="Another number of texts, other lengths, no pair, a vector of length 0.",
        ),
    ],
)

# --- tiles that fit ---------------------------------------------------------------------------------------------------


def photo(rng):
    """Large images, of any aspect."""
    return call(int(rng.integers(700, 3000)), int(rng.integers(700, 3000)))


def small_image(rng):
    return call(int(rng.integers(40, 330)), int(rng.integers(40, 330)))


def strip(rng):
    low, high = int(rng.integers(60, 200)), int(rng.integers(900, 2000))
    return call(low, high) if rng.random() < 0.5 else call(high, low)


def other_encoder(rng):
    tile, patch = ((224, 8), (384, 16), (448, 14))[rng.integers(3)]
    shapes = [(1, 2), (3, 2), (2, 2), (1, 4), (4, 1), (2, 1), (3, 1)]
    chosen = [shapes[place] for place in rng.permutation(len(shapes))[:5]]
    canvases = [(rows * tile, columns * tile) for rows, columns in chosen]
    return call(int(rng.integers(1800, 3500)), int(rng.integers(1800, 3500)), canvases, tile, patch)


def ordered(rng):
    """Two canvases on which a square image fits equally well."""
    side = int(rng.integers(50, 300))
    return call(side, side, [(336, 672), (672, 336)] if rng.random() < 0.5 else [(672, 336), (336, 672)])


IMAGES = [
    call(1080, 1920),
    call(480, 640),
    call(640, 480),
    call(300, 640),
    call(640, 300),
    call(960, 740),
    call(1400, 400),
    call(400, 1400),
    sampled(photo, count=4),
    sampled(small_image, count=3),
    sampled(strip, count=4),
]

ANYRES = Exercise(
    "m06_anyres_tokens",
    reference=anyres_tokens,
    checks=[
        Equal(
            "the canvas",
            weight=1.5,
            cases=IMAGES,
            part=of("canvas_px"),
            message="Photos, small images, and strips: on which canvas are they scaled?",
        ),
        Equal(
            "the first of equals",
            weight=0.5,
            cases=[call(336, 336), sampled(ordered, count=2)],
            part=of("canvas_px"),
            message="Canvases on which as much counts, and as much is left over.",
        ),
        Equal("patches", weight=1.25, cases=IMAGES, part=of("grid"), message="Rows and columns that are left."),
        Equal("tokens", weight=0.75, cases=IMAGES, part=of("tokens"), message="What reaches the language model."),
        Equal(
            "another encoder",
            weight=0.5,
            cases=sampled(other_encoder, count=8),
            message="Other canvases, tiles and patches.",
        ),
        Raises(
            ValueError,
            "no such image",
            weight=0.5,
            cases=[call(0, 10), call(10, -5), call(10, 10, []), call(10, 10, tile_px=0)],
            message="Sides that are not positive, no canvas.",
        ),
    ],
)

# --- tokens in proportion to pixels -----------------------------------------------------------------------------------


def within(rng):
    """No side in the middle between two multiples."""
    sides = rng.integers(80, 950, 2)
    return call(*(int(side) + (side % 28 == 14) for side in sides))


def sides_off(rng, low, high, tokens):
    """Sides that no limit of so many tokens scales to whole multiples exactly: there floats might fall either way."""
    height, width = (int(one) for one in rng.integers(low, high, 2))
    while math.isqrt(tokens * height * width) ** 2 == tokens * height * width:
        height += 1
    return height, width


def too_large(rng):
    return call(*sides_off(rng, 1100, 4000, 1280))


def too_small(rng):
    return call(*sides_off(rng, 3, 40, 4))


def halves(rng):
    """Sides that lie in the middle between two multiples, some of them after an even one."""
    even, odd = (int(one) for one in rng.integers(2, 12, 2))
    return call(28 * 2 * even + 14, 28 * (2 * odd + 1) + 14)


def another_most(rng):
    factor = int(rng.choice([16, 32, 40]))
    tokens = int(rng.integers(200, 400))
    return call(*sides_off(rng, 900, 2000, tokens), factor, factor**2 * 100, factor**2 * tokens)


def another_least(rng):
    factor = int(rng.choice([16, 32, 40]))
    return call(*sides_off(rng, 25, 110, 101), factor, factor**2 * 101, factor**2 * 400)


OTHER_LIMITS = [call(50, 9000, 28, 784, 31360), sampled(another_most, count=4), sampled(another_least, count=4)]

DYNAMIC = Exercise(
    "m06_dynamic_tokens",
    reference=dynamic_tokens,
    checks=[
        Equal(
            "within the limits",
            weight=1,
            cases=sampled(within, count=5),
            message="Images that are scaled a little only.",
        ),
        Equal("halves", weight=0.5, cases=sampled(halves, count=3), message="Sides between two multiples."),
        Equal("too large", weight=1, cases=sampled(too_large, count=6), message="Photos with too many pixels."),
        Equal("too small", weight=0.5, cases=sampled(too_small, count=6), message="Icons with too few pixels."),
        Equal("other limits", weight=0.5, cases=OTHER_LIMITS, message="Another model's limits."),
        Raises(
            ValueError,
            "no such image",
            weight=0.5,
            cases=[call(0, 10), call(10, -5), call(10, 10, 0), call(3, 601), call(2010, 10)],
            message="Sides that are not positive, and images that are lines.",
        ),
    ],
)

# --- what is billed ---------------------------------------------------------------------------------------------------


def one_step(rng):
    """Large, and nearly square: the short side decides."""
    low = int(rng.integers(800, 1900))
    high = int(low * rng.uniform(1.05, 2.2))
    return call(low, high + (3 * high % (2 * low) == 0))  # no whole number of tiles


def long_image(rng):
    """Long: the square decides, and the short side is below 768 after that."""
    low = int(rng.integers(400, 900))
    sides = low, int(low * rng.uniform(3.2, 7))
    return call(*sides) if rng.random() < 0.5 else call(*sides[::-1])


def below_the_limits(rng):
    return call(int(rng.integers(20, 500)), int(rng.integers(520, 1500)))


def other_prices(rng):
    one = one_step(rng)
    return call(*one.args, "high", int(rng.integers(60, 80)), int(rng.integers(130, 160)))


TILES = Exercise(
    "m06_tile_tokens",
    reference=tile_tokens,
    checks=[
        Equal("large images", weight=0.75, cases=sampled(one_step, count=4), message="Their short side decides."),
        Equal("long images", weight=0.5, cases=sampled(long_image, count=4), message="Their long side decides."),
        Equal("small images", weight=0.5, cases=sampled(below_the_limits, count=4), message="Nothing is scaled up."),
        Equal(
            "whole tiles",
            weight=0.25,
            cases=[
                call(512, 512),
                call(1536, 2048),
                call(825, 1100),
                call(1725, 2300),
                call(3072, 1024),
                call(513, 300),
            ],
            message="Sides that are a whole number of tiles after scaling.",
        ),
        Equal(
            "low detail, other prices",
            weight=0.5,
            cases=[
                call(100, 100, "low"),
                call(5000, 4000, detail="low", base_tokens=70),
                sampled(other_prices, count=2),
            ],
            message="What does not depend on the size, and what other models bill.",
        ),
        Raises(
            ValueError,
            "no such image",
            weight=0.5,
            cases=[call(0, 10), call(10, -5), call(10, 10, detail="auto"), call(10, 0, detail="low")],
            message="Sides that are not positive, a detail that is neither low nor high.",
        ),
    ],
)

# --- fusion -----------------------------------------------------------------------------------------------------------


def fused(rng):
    heads = int(rng.integers(2, 17))
    return call(
        int(rng.integers(5, 800)),
        int(rng.integers(900, 3000)),
        heads * int(rng.choice([32, 64, 128])),
        heads,
        batch=int(rng.integers(2, 9)),
        element_bytes=int(rng.choice([1, 4])),
    )


FUSED = sampled(fused, count=4)


def both(*names):
    return lambda found: [found[way][name] for way in ("cross", "joined") for name in names]


FUSION = Exercise(
    "m06_fusion_cost",
    reference=fusion_cost,
    checks=[
        Equal(
            "operations of cross-attention",
            weight=1,
            cases=FUSED,
            part=lambda found: found["cross"]["flops"],
            message="Who asks, and who answers?",
        ),
        Equal(
            "operations in one sequence",
            weight=0.75,
            cases=FUSED,
            part=lambda found: found["joined"]["flops"],
            message="All tokens together.",
        ),
        Equal(
            "tables of scores", weight=0.75, cases=FUSED, part=both("score_bytes"), message="A naive kernel's memory."
        ),
        Equal(
            "two numbers", weight=0.5, cases=FUSED, part=both("streamed_bytes"), message="A streaming kernel's memory."
        ),
        Equal("keys and values", weight=0.5, cases=FUSED, part=both("cached_bytes"), message="What is cached."),
        Equal("no image", weight=0.25, cases=[call(30, 0, 64, 4), call(7, 0, 32, 2, 3)], message="Text only."),
        Raises(
            ValueError,
            "no such layer",
            weight=0.25,
            cases=[call(0, 5, 8, 2), call(5, -1, 8, 2), call(5, 5, 0, 2), call(5, 5, 8, 0), call(5, 5, 8, 2, 0)],
            message="Numbers of tokens, elements, heads or sequences that there cannot be.",
        ),
    ],
)

# --- attention without a table of scores ------------------------------------------------------------------------------


def one_tile(student, expect, rng):
    for queries, elements, keys in ((3, 5, 7), (1, 2, 4)):
        attention = student.StreamedAttention(rng.normal(size=(queries, elements)))
        attention.absorb(rng.normal(size=(keys, elements)) * 2, rng.normal(size=(keys, 2)))
        expect(attention.output).agrees(rtol=1e-7)


def many_tiles(student, expect, rng):
    attention = student.StreamedAttention(rng.normal(size=(4, 6)) * 2)
    for size in rng.integers(1, 6, 5):
        attention.absorb(rng.normal(size=(int(size), 6)), rng.normal(size=(int(size), 3)))
        expect(attention.output).agrees(rtol=1e-7)
    expect(attention.output).agrees(rtol=1e-7)


def sums_so_far(student, expect, rng):
    attention = student.StreamedAttention(rng.normal(size=(3, 4)) * 2)
    for size in rng.integers(1, 5, 3):
        attention.absorb(rng.normal(size=(int(size), 4)), rng.normal(size=(int(size), 2)))
        expect(attention.log_sum_exp).agrees(rtol=1e-7)


def loud_scores(student, expect, rng):
    sign = 1 if rng.random() < 0.5 else -1
    attention = student.StreamedAttention([[2500.0, 0.0], [-1500.0, 0.0]])
    for step in (1.0, 1.001, 1.6, 2.2):
        keys = np.array([[sign * step, 1.0], [sign * (step + 0.0005), 2.0]])
        attention.absorb(keys, rng.normal(size=(2, 3)))
        expect(attention.output).agrees(rtol=1e-6)
        expect(attention.log_sum_exp).agrees(rtol=1e-9)


def nothing_yet(student, expect):
    attention = student.StreamedAttention([[1.0, 2.0]])
    expect(attention.output).raises(ValueError)
    attention.absorb(np.zeros((0, 2)), np.zeros((0, 2)))
    expect(attention.log_sum_exp).raises(ValueError)
    attention.absorb([[0.5, 0.5]], [[3.0, 4.0]])
    attention.absorb(np.zeros((0, 2)), np.zeros((0, 2)))
    expect(attention.output).equals([[3.0, 4.0]], rtol=1e-9)
    expect(attention.absorb([[1.0, 2.0, 3.0]], [[1.0, 2.0]])).raises(ValueError)
    expect(attention.absorb([[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]])).raises(ValueError)
    expect(attention.output).equals([[3.0, 4.0]], rtol=1e-9)


def random_tiles(student, rng):
    """Values are 1 and another number: their means stay between the least and the largest."""
    attention = student.StreamedAttention(rng.normal(size=(2, 3)) * 3)
    for _ in range(6):
        keys = rng.normal(size=(int(rng.integers(1, 5)), 3))
        attention.absorb(keys, np.column_stack([np.ones(len(keys)), rng.uniform(2, 3, len(keys))]))
        yield attention.output


STREAMED = Exercise(
    "m06_streamed_attention",
    reference=StreamedAttention,
    checks=[
        Scenario("one tile", weight=0.75, play=one_tile, message="All keys at once."),
        Scenario("many tiles", weight=1.5, play=many_tiles, message="The output after each of several tiles."),
        Scenario("sums so far", weight=0.75, play=sums_so_far, message="The logarithm of the sum of exponentials."),
        Scenario("loud scores", weight=1, play=loud_scores, message="Scores of thousands, and of minus thousands."),
        Scenario(
            "nothing yet", weight=0.5, play=nothing_yet, message="Empty tiles, no tile, and tiles that do not fit."
        ),
        Conserved(
            "means of values",
            weight=0.5,
            script=random_tiles,
            invariant=lambda output: np.allclose(output[:, 0], 1) and np.all((output[:, 1] >= 2) & (output[:, 1] <= 3)),
            message="Weights add up to 1: a mean lies between the least value and the largest.",
        ),
    ],
)

# --- encode, prefill, decode ------------------------------------------------------------------------------------------


def chatbot(rng, **others):
    """Every stage is busy for a part of its time."""
    rate, share, hits = float(rng.uniform(2, 20)), float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.1, 0.6))
    text, image = float(rng.integers(100, 900)), float(rng.integers(300, 3000))
    servers = [int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(20, 90))]
    busy = rng.uniform(0.5, 0.9, 3)
    plain = {
        "requests_per_s": rate,
        "image_share": share,
        "hit_share": hits,
        "encode_s": float(busy[0] * servers[0] / (rate * share * (1 - hits))),
        "text_tokens": text,
        "image_tokens": image,
        "read_tokens_per_s": float(rate * (text + share * image) / (busy[1] * servers[1])),
        "write_s": float(busy[2] * servers[2] / rate),
        "servers": servers,
    }
    return call(**(plain | others))


def overloaded(rng):
    one = chatbot(rng).kwargs
    return call(**(one | {"requests_per_s": one["requests_per_s"] * 2.2}))


CHATBOTS = sampled(chatbot, count=4)
EDGES = [
    call(3.0, 0.0, 0.3, 0.2, 400, 1000, 4000.0, 2.0, [1, 1, 8]),
    call(3.0, 0.5, 1.0, 0.2, 400, 1000, 4000.0, 2.0, [2, 1, 8]),
    call(3.0, 1.0, 0.0, 0.2, 400, 0, 4000.0, 2.0, [1, 2, 9]),
]


def waits_of(*stages):
    def part(table):
        names, waits = list(np.asarray(table["stage"])), np.asarray(table["mean_wait_s"], dtype=float)
        return [float(waits[names.index(stage)]) for stage in stages]

    return part


STAGES = Exercise(
    "m06_stage_table",
    reference=stage_table,
    checks=[
        Equal(
            "jobs and loads",
            weight=1.25,
            cases=CHATBOTS,
            part=column("stage", "jobs_per_s", "utilisation"),
            message="Who reaches each stage, and how busy that makes it.",
        ),
        Equal(
            "waits of equal jobs",
            weight=1,
            cases=CHATBOTS,
            part=waits_of("encode"),
            message="Waits where each job takes the same time.",
        ),
        Equal(
            "waits of mixed jobs",
            weight=1,
            cases=CHATBOTS,
            part=waits_of("prefill"),
            message="Waits where short prompts are mixed with long ones.",
        ),
        Equal(
            "waits for slots",
            weight=0.5,
            cases=CHATBOTS,
            part=waits_of("decode"),
            message="Waits with many servers and exponential times.",
        ),
        Equal(
            "the bottleneck",
            weight=0.5,
            cases=CHATBOTS,
            part=column("most_requests_per_s"),
            message="Requests to the whole at which each stage is always busy.",
        ),
        Equal(
            "nobody, and too many",
            weight=0.5,
            cases=[*EDGES, sampled(overloaded, count=2)],
            part=column("utilisation", "mean_wait_s", "most_requests_per_s"),
            message="Stages that nobody reaches, prompts that are all alike, and stages that cannot keep up.",
        ),
        Raises(
            ValueError,
            "no such chatbot",
            weight=0.25,
            cases=[
                call(0.0, 0.5, 0.2, 0.2, 500, 1500, 8000.0, 5.0, [1, 1, 20]),
                call(4.0, -0.1, 0.2, 0.2, 500, 1500, 8000.0, 5.0, [1, 1, 20]),
                call(4.0, 0.5, 1.2, 0.2, 500, 1500, 8000.0, 5.0, [1, 1, 20]),
                call(4.0, 0.5, 0.2, 0.2, 500, -1, 8000.0, 5.0, [1, 1, 20]),
                call(4.0, 0.5, 0.2, 0.2, 500, 1500, 8000.0, 5.0, [1, 0, 20]),
            ],
            message="No requests, shares that are none, an image of less than nothing, a stage without a server.",
        ),
    ],
)

# --- the largest batch in time ----------------------------------------------------------------------------------------


def board(rng, bandwidth=(6e10, 2e11)):
    return {
        "frame_flops": float(rng.uniform(1e10, 6e10)),
        "frame_bytes": float(rng.uniform(2e7, 9e7)),
        "weight_bytes": float(rng.uniform(1e8, 4e8)),
        "launch_s": float(rng.uniform(5e-4, 2e-3)),
        "peak_flops_per_s": float(rng.uniform(1e13, 4e13)),
        "bandwidth_bytes_per_s": float(rng.uniform(*bandwidth)),
        "best_share": float(rng.uniform(0.3, 0.6)),
        "half_batch": float(rng.uniform(1, 6)),
    }


def capacity_per_s(encoder, batch):
    return batch / float(encoder_time_s(batch, encoder))


def waits_for_others(rng):
    """The deadline decides: few frames, that are long in coming."""
    encoder = board(rng)
    rate = float(rng.uniform(0.3, 0.6)) * capacity_per_s(encoder, 4)
    batch = int(rng.integers(3, 12))
    deadline_s = (batch - 1 + rng.uniform(0.2, 0.8)) / rate + float(encoder_time_s(batch, encoder))
    return call(rate, deadline_s, encoder)


def fits(rng):
    """Memory's size decides: the argument, or 64 frames."""
    encoder = board(rng)
    rate = 0.9 * capacity_per_s(encoder, 5)
    most = {"largest": int(rng.integers(5, 20))} if rng.random() < 0.5 else {}
    return call(rate, 90 / rate, encoder, **most)


def default_size(rng):
    encoder = board(rng)
    return call(0.5 * capacity_per_s(encoder, 5), 900 / capacity_per_s(encoder, 5), encoder)


def moved(rng):
    """Memory's speed decides."""
    encoder = board(rng, bandwidth=(3e9, 6e9))
    rate = float(rng.uniform(0.4, 0.6)) * capacity_per_s(encoder, 4)
    return call(rate, float(encoder_time_s(4, encoder)) + float(rng.uniform(3.2, 5.8)) / rate, encoder)


def one_alone(rng):
    """No time to wait for another; or no room for it, and none may be dropped."""
    encoder = board(rng)
    rate = 0.4 * capacity_per_s(encoder, 1)
    if rng.random() < 0.5:
        return call(rate, float(encoder_time_s(1, encoder)) * 1.05, encoder)
    return call(rate, 9 / rate, encoder, 1, 1)


def too_many_frames(rng):
    """Only a part can be kept; small batches cannot keep up even then."""
    encoder = board(rng)
    rate = float(rng.uniform(1.3, 5.5)) * capacity_per_s(encoder, 24)
    return call(rate, float(encoder_time_s(16, encoder)) + float(rng.uniform(0.08, 0.2)), encoder)


def just_too_slow(rng):
    """A deadline that holds for a batch that would never keep up."""
    encoder = board(rng)
    rate = 1.2 * capacity_per_s(encoder, 6)
    return call(rate, float(encoder_time_s(6, encoder)) + 6.5 / rate, encoder, drop=int(rng.integers(2, 6)))


def hopeless(rng):
    encoder = board(rng)
    return call(50.0, 0.7 * float(encoder_time_s(1, encoder)), encoder, drop=int(rng.integers(2, 6)))


def never_enough(rng):
    """A ninth could be kept, an eighth could not."""
    encoder = board(rng)
    return call(8.5 * capacity_per_s(encoder, 64), 5.0, encoder)


KEPT = [
    sampled(waits_for_others, count=4),
    sampled(fits, count=2),
    sampled(default_size, count=1),
    sampled(moved, count=2),
    sampled(one_alone, count=2),
]
DROPPED = [sampled(too_many_frames, count=4), sampled(just_too_slow, count=2)]

BATCH = Exercise(
    "m06_encoder_batch",
    reference=encoder_batch,
    checks=[
        Equal(
            "the batch",
            weight=1.25,
            cases=KEPT,
            part=of("keep_every", "batch"),
            message="Where no frame must be dropped: the largest batch that is in time and fits.",
        ),
        Equal(
            "how late, how busy",
            weight=0.75,
            cases=KEPT,
            part=of("latency_s", "utilisation"),
            message="What comes of the best batch.",
        ),
        Equal(
            "frames dropped",
            weight=1.25,
            cases=DROPPED,
            message="More frames than can be encoded: as few dropped as possible, and the best batch of the others.",
        ),
        Equal(
            "no way",
            weight=0.5,
            cases=[sampled(hopeless, count=2), sampled(never_enough, count=1)],
            message="Deadlines that nothing keeps, and more frames than dropping mends.",
        ),
        Raises(
            ValueError,
            "no such camera",
            weight=0.25,
            cases=[
                call(0.0, 0.1, board(np.random.default_rng(1))),
                call(10.0, -0.1, board(np.random.default_rng(1))),
                call(10.0, 0.1, board(np.random.default_rng(1)), 0),
                call(10.0, 0.1, board(np.random.default_rng(1)), 8, 0),
            ],
            message="Rates and deadlines that are not positive, no frame in a batch, nothing kept.",
        ),
    ],
)

# --- a policy for an encoder ------------------------------------------------------------------------------------------

BATCH_S = [
    float(one)
    for one in encoder_time_s(
        np.arange(1, 17),
        {
            "frame_flops": 35e9,
            "frame_bytes": 50e6,
            "weight_bytes": 180e6,
            "launch_s": 2e-3,
            "peak_flops_per_s": 40e12,
            "bandwidth_bytes_per_s": 200e9,
            "best_share": 0.5,
            "half_batch": 4.0,
        },
    )
]
CALM = camera_day([100.0, 150.0, 120.0, 180.0], 1.5, seed=61)
BURSTS = camera_day([180.0, 250.0, 220.0], 2.0, seed=62, burst=12)
RUSH = camera_day([400.0, 650.0, 550.0], 1.5, seed=63)


def calm_day(policy):
    return encoder_day(policy, CALM, 0.1, BATCH_S)


def day_of_bursts(policy):
    return encoder_day(policy, BURSTS, 0.1, BATCH_S)


def rush_day(policy):
    return encoder_day(policy, RUSH, 0.1, BATCH_S)


def in_time(day):
    return day["in_time"]


def not_late(day):
    """Share of what is encoded that is in time."""
    return day["in_time"] / max(day["in_time"] + day["late"], 1e-9)


def is_a_decision(decision):
    dropped, encoded = decision
    return all(float(one) == int(one) and int(one) >= 0 for one in (dropped, encoded))


POLICY = Exercise(
    "m06_next_batch",
    checks=[
        Outcome(
            "calm hours",
            weight=1,
            simulate=calm_day,
            measure=in_time,
            at_least=0.985,
            times=encode_all,
            accepts=is_a_decision,
            message="Frames in time on a day with room for all, against encoding whatever waits.",
        ),
        Outcome(
            "bursts",
            weight=1,
            simulate=day_of_bursts,
            measure=in_time,
            at_least=1.02,
            times=encode_all,
            accepts=is_a_decision,
            message="Frames in time when they come by the dozen, against encoding whatever waits.",
        ),
        Outcome(
            "overload",
            weight=2,
            simulate=rush_day,
            measure=in_time,
            at_least=2.6,
            times=encode_all,
            accepts=is_a_decision,
            message="Frames in time when half as many again come as can be encoded, against encoding whatever waits.",
        ),
        Outcome(
            "nothing for nobody",
            weight=1,
            simulate=rush_day,
            measure=not_late,
            at_least=0.98,
            accepts=is_a_decision,
            message="Frames in time, of all that are encoded on a day with too many of them.",
        ),
    ],
)

# --- other media ------------------------------------------------------------------------------------------------------

MEDIA = {
    "call_s": 122.0,
    "film": {"duration_s": 23.5, "pictures_per_s": 2.0, "picture_tokens": 704},
    "writer": {
        "text_tokens": 256,
        "image_tokens": 1024,
        "weights": 12e9,
        "layers": 64,
        "hidden": 3968,
        "element_bytes": 2,
    },
    "refiner": {
        "steps": 50,
        "guided": True,
        "text_flops": 2.7e10,
        "network_flops": 8.4e11,
        "decoder_flops": 2.54e12,
    },
}
"""What the notebook's cells before the exercise define."""

BILL = Exercise(
    "m06_media_bill",
    reference=media_bill,
    given=MEDIA,
    checks=[
        Equal("the call", weight=0.5, cases=[value()], part=of("call_positions"), message="Pieces of 30 seconds."),
        Equal("the film", weight=0.5, cases=[value()], part=of("film_tokens"), message="Pairs of pictures."),
        Equal(
            "operations of what is written",
            weight=0.75,
            cases=[value()],
            part=of("written_flops"),
            rtol=1e-6,
            message="Weights and attention of every token.",
        ),
        Equal(
            "bytes of what is written",
            weight=0.5,
            cases=[value()],
            part=of("written_bytes"),
            rtol=1e-6,
            message="Weights, pass by pass.",
        ),
        Equal(
            "what is refined",
            weight=0.75,
            cases=[value()],
            part=of("refined_flops"),
            rtol=1e-6,
            message="Steps, and what comes before and after them.",
        ),
    ],
)
