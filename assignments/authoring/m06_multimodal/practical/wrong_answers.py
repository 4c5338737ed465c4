"""What students really write in module 6's practical."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import mistake

# --- a vision transformer ---------------------------------------------------------------------------------------------

TOKENS, PARAMETERS, MACS, NO_TRANSFORMER = "tokens", "parameters", "multiply-adds", "no such transformer"


def asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens):
    if min(height_px, width_px, patch_px, layers, hidden, mlp) <= 0 or min(classes, extra_tokens) < 0:
        raise ValueError("sizes")
    if height_px % patch_px or width_px % patch_px:
        raise ValueError("patches")


def counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens, *, patches=None):
    """The right counts, part by part, for a number of patches of our choice."""
    n = patches if patches is not None else (height_px // patch_px) * (width_px // patch_px)
    t, pixels = n + extra_tokens, 3 * patch_px**2
    return {
        "tokens": t,
        "patch": pixels * hidden + hidden,
        "extra": extra_tokens * hidden,
        "positions": t * hidden,
        "biases": layers * (4 * hidden + mlp + hidden),
        "matrices": layers * (4 * hidden**2 + 2 * hidden * mlp),
        "norms": layers * 4 * hidden + 2 * hidden,
        "head": (hidden + 1) * classes,
        "embed": n * pixels * hidden,
        "projections": layers * 4 * t * hidden**2,
        "products": layers * 2 * t**2 * hidden,
        "mlps": layers * 2 * t * hidden * mlp,
        "logits": hidden * classes,
    }


LEARNED = ("patch", "extra", "positions", "biases", "matrices", "norms", "head")
COMPUTED = ("embed", "projections", "products", "mlps", "logits")


def summed(parts, learned=LEARNED, computed=COMPUTED):
    return {
        "tokens": parts["tokens"],
        "parameters": sum(parts[name] for name in learned),
        "macs": sum(parts[name] for name in computed),
    }


@mistake(
    "m06_vit_cost",
    misconception="operations for multiply-adds",
    loses=[MACS],
    hint="Yours are twice too many: a multiply-add is one here, as in most tables that say GFLOPS.",
)
def operations_for_multiply_adds(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    found = summed(counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens))
    return found | {"macs": 2 * found["macs"]}


@mistake(
    "m06_vit_cost",
    misconception="images are square",
    loses=[TOKENS, PARAMETERS, MACS],
    hint="You squared the patches of one side. Images have two sides.",
)
def images_are_square(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    patches = (height_px // patch_px) ** 2
    return summed(counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens, patches=patches))


@mistake(
    "m06_vit_cost",
    misconception="there is always one class token",
    loses=[TOKENS, PARAMETERS, MACS],
    hint="Your number of tokens is always one more than the patches. How many extra tokens were given?",
)
def always_one_class_token(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    return summed(counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, 1))


@mistake(
    "m06_vit_cost",
    misconception="matrices only are parameters",
    loses=[PARAMETERS],
    hint="Biases are learned too, in every block. Yours has none there.",
)
def matrices_only(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    parts = counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    return summed(parts, learned=[name for name in LEARNED if name != "biases"])


@mistake(
    "m06_vit_cost",
    misconception="norms have nothing to learn",
    loses=[PARAMETERS],
    hint="A norm has a scale and a shift for each element, and there are two in a block and one at the end.",
)
def norms_have_nothing_to_learn(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    parts = counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    return summed(parts, learned=[name for name in LEARNED if name != "norms"])


@mistake(
    "m06_vit_cost",
    misconception="positions of patches only",
    loses=[PARAMETERS],
    hint="You gave positions to the patches only. The extra tokens have one each as well.",
)
def positions_of_patches_only(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    parts = counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    return summed(parts | {"positions": parts["positions"] - extra_tokens * hidden})


@mistake(
    "m06_vit_cost",
    misconception="attention is its projections",
    loses=[MACS],
    hint="You counted the products with weights. Queries with keys, and weights with values, are products too.",
)
def attention_is_its_projections(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    parts = counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    return summed(parts, computed=[name for name in COMPUTED if name != "products"])


@mistake(
    "m06_vit_cost",
    misconception="logits of every token",
    loses=[MACS],
    hint="Your head looks at every token. It makes logits of one vector.",
)
def logits_of_every_token(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    asked_for_a_transformer(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    parts = counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens)
    return summed(parts | {"logits": parts["logits"] * parts["tokens"]})


@mistake(
    "m06_vit_cost",
    misconception="what is left over is cut off",
    loses=[NO_TRANSFORMER],
    hint="Patches that do not cover the image, or a transformer without a block, give a number here. Refuse them.",
)
def left_over_is_cut_off(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    return summed(counted(height_px, width_px, patch_px, layers, hidden, mlp, classes, extra_tokens))


# --- the operators of a block -----------------------------------------------------------------------------------------

OPERATIONS, ALONE, TOGETHER = "operations", "bytes of one sequence", "bytes of a batch"
INTENSITY, NO_BLOCK = "intensity", "no such block"


def asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes):
    if min(batch, new_tokens, context, hidden, heads, mlp, element_bytes) <= 0 or hidden % heads:
        raise ValueError("no such block")


def shapes_of(batch, new_tokens, context, hidden, heads, mlp):
    tokens, head = batch * new_tokens, hidden / heads
    return {
        "qkv": (1, tokens, hidden, 3 * hidden),
        "scores": (batch * heads, new_tokens, head, context),
        "values": (batch * heads, new_tokens, context, head),
        "output": (1, tokens, hidden, hidden),
        "up": (1, tokens, hidden, mlp),
        "down": (1, tokens, mlp, hidden),
    }


def rows_of(shapes, element_bytes, *, moved=None, flops=None):
    moved = moved or (lambda times, m, k, n: times * (m * k + k * n + m * n))
    flops = flops or (lambda times, m, k, n: 2 * times * m * k * n)
    operations = [flops(*shape) for shape in shapes.values()]
    memory = [element_bytes * moved(*shape) for shape in shapes.values()]
    intensity = [one / other for one, other in zip(operations, memory, strict=True)]
    return {"operator": list(shapes), "flops": operations, "bytes": memory, "flops_per_byte": intensity}


@mistake(
    "m06_operator_census",
    misconception="multiply-adds for operations",
    loses=[OPERATIONS, INTENSITY],
    hint="A multiply-add is two operations here, a product and a sum. Yours are half as many.",
)
def multiply_adds_for_operations(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    shapes = shapes_of(batch, new_tokens, context, hidden, heads, mlp)
    return rows_of(shapes, element_bytes, flops=lambda times, m, k, n: times * m * k * n)


@mistake(
    "m06_operator_census",
    misconception="new tokens look at new tokens",
    loses=[OPERATIONS, ALONE, TOGETHER, INTENSITY],
    hint="Your tokens attend to the new ones only. When a model writes, there is one new token and a long past.",
)
def new_tokens_look_at_new_tokens(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    return rows_of(shapes_of(batch, new_tokens, new_tokens, hidden, heads, mlp), element_bytes)


@mistake(
    "m06_operator_census",
    misconception="a batch shares its keys",
    loses=[TOGETHER, INTENSITY],
    hint="You read keys and values once for the whole batch. Each sequence has its own.",
)
def a_batch_shares_its_keys(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    shapes = shapes_of(batch, new_tokens, context, hidden, heads, mlp)
    head = hidden / heads
    shapes["scores"] = (heads, batch * new_tokens, head, context)
    shapes["values"] = (heads, batch * new_tokens, context, head)
    return rows_of(shapes, element_bytes)


@mistake(
    "m06_operator_census",
    misconception="weights are read for each sequence",
    loses=[TOGETHER, INTENSITY],
    hint="You read the weights once for each sequence. That a batch shares them is what a batch is for.",
)
def weights_for_each_sequence(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    shapes = shapes_of(1, new_tokens, context, hidden, heads, mlp)
    return rows_of({name: (batch * times, *rest) for name, (times, *rest) in shapes.items()}, element_bytes)


@mistake(
    "m06_operator_census",
    misconception="results stay where they are",
    loses=[ALONE, TOGETHER, INTENSITY],
    hint="You read both factors and do not write the result. For `scores` the result is most of it.",
)
def results_stay(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    shapes = shapes_of(batch, new_tokens, context, hidden, heads, mlp)
    return rows_of(shapes, element_bytes, moved=lambda times, m, k, n: times * (m * k + k * n))


@mistake(
    "m06_operator_census",
    misconception="a head is as wide as a token",
    loses=[OPERATIONS, ALONE, TOGETHER, INTENSITY],
    hint="Each of your heads compares whole tokens. The heads share the elements of a token among them.",
)
def a_head_is_as_wide_as_a_token(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    shapes = shapes_of(batch, new_tokens, context, hidden, heads, mlp)
    shapes["scores"] = (batch * heads, new_tokens, hidden, context)
    shapes["values"] = (batch * heads, new_tokens, context, hidden)
    return rows_of(shapes, element_bytes)


@mistake(
    "m06_operator_census",
    misconception="one head for all",
    loses=[ALONE, TOGETHER, INTENSITY],
    hint="With one wide head operations are the same, but each head writes a table of scores of its own.",
)
def one_head_for_all(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    return rows_of(shapes_of(batch, new_tokens, context, hidden, 1, mlp), element_bytes)


@mistake(
    "m06_operator_census",
    misconception="bytes for each operation",
    loses=[INTENSITY],
    hint="Yours is bytes for an operation. Intensity is operations for a byte.",
)
def bytes_for_each_operation(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    asked_for_a_block(batch, new_tokens, context, hidden, heads, mlp, element_bytes)
    rows = rows_of(shapes_of(batch, new_tokens, context, hidden, heads, mlp), element_bytes)
    return rows | {"flops_per_byte": [1 / one for one in rows["flops_per_byte"]]}


@mistake(
    "m06_operator_census",
    misconception="any block will do",
    loses=[NO_BLOCK],
    hint="Three heads that share seven elements, or no tokens, give numbers here. There is no such block.",
)
def any_block_will_do(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    with np.errstate(all="ignore"):
        shapes = shapes_of(batch, new_tokens, context, hidden, heads, mlp)
        return rows_of({name: np.array(shape, float) for name, shape in shapes.items()}, np.float64(element_bytes))


# --- the contrastive loss ---------------------------------------------------------------------------------------------

QUESTIONS, LOSS, HELD, LOUD = "both questions", "the loss", "a scale that is held", "a large scale"
ACCURACY, NO_PAIRS = "accuracy", "no such pairs"


def asked_for_pairs(image_vectors, text_vectors):
    images, texts = np.asarray(image_vectors, dtype=float), np.asarray(text_vectors, dtype=float)
    if images.ndim != 2 or images.shape != texts.shape or len(images) == 0:
        raise ValueError("no such pairs")
    if min(np.linalg.norm(images, axis=1).min(), np.linalg.norm(texts, axis=1).min()) == 0:
        raise ValueError("no direction")
    return images, texts


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def answered(logits, *, stable=True, ties=False, loss=None, swapped=False):
    """Both cross entropies of a table of logits, and what is made of them."""
    with np.errstate(all="ignore"):
        if stable:
            sums = [
                np.max(z, axis=1) + np.log(np.sum(np.exp(z - np.max(z, axis=1)[:, None]), axis=1))
                for z in (logits, logits.T)
            ]
        else:
            sums = [np.log(np.sum(np.exp(z), axis=1)) for z in (logits, logits.T)]
        images, texts = (float(np.mean(one - np.diag(logits))) for one in sums)
    others = np.where(np.eye(len(logits), dtype=bool), -np.inf, logits).max(axis=1)
    right = np.diag(logits) >= others if ties else np.diag(logits) > others
    found = {"images": images, "texts": texts, "loss": (images + texts) / 2, "accuracy": float(np.mean(right))}
    if swapped:
        found |= {"images": texts, "texts": images}
    return found | ({"loss": loss(images, texts)} if loss else {})


def scale_of(log_scale, largest_scale):
    return math.exp(min(log_scale, math.log(largest_scale)))


@mistake(
    "m06_contrastive_loss",
    misconception="vectors as they come",
    loses=[QUESTIONS, LOSS, HELD, LOUD],
    hint="You multiplied vectors of any length. Scale them to length 1 first: a cosine knows directions only.",
)
def vectors_as_they_come(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    right = answered(unit(images) @ unit(texts).T)["accuracy"]
    return answered(scale_of(log_scale, largest_scale) * images @ texts.T) | {"accuracy": right}


@mistake(
    "m06_contrastive_loss",
    misconception="rows for columns",
    loses=[QUESTIONS, LOUD],
    hint="You took rows for columns: which text belongs to an image is asked along the image's row.",
)
def rows_for_columns(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    return answered(scale_of(log_scale, largest_scale) * unit(images) @ unit(texts).T, swapped=True)


@mistake(
    "m06_contrastive_loss",
    misconception="one question is enough",
    loses=[LOSS, HELD],
    hint="Your loss is that of the images alone. The texts ask as well, and both count alike.",
)
def one_question_is_enough(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    logits = scale_of(log_scale, largest_scale) * unit(images) @ unit(texts).T
    return answered(logits, loss=lambda of_images, _of_texts: of_images)


@mistake(
    "m06_contrastive_loss",
    misconception="a sum of both",
    loses=[LOSS, HELD],
    hint="Your loss is twice too large: the mean of both questions, not their sum.",
)
def a_sum_of_both(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    logits = scale_of(log_scale, largest_scale) * unit(images) @ unit(texts).T
    return answered(logits, loss=lambda of_images, of_texts: of_images + of_texts)


@mistake(
    "m06_contrastive_loss",
    misconception="the logarithm is the scale",
    loses=[QUESTIONS, LOSS, HELD, LOUD],
    hint="You multiplied by the logarithm of the scale. The scale is its exponential.",
)
def the_logarithm_is_the_scale(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    return answered(min(log_scale, largest_scale) * unit(images) @ unit(texts).T)


@mistake(
    "m06_contrastive_loss",
    misconception="a scale that is free",
    loses=[HELD],
    hint="Your scale grows as large as it was learned. There is a largest one that is not exceeded.",
)
def a_scale_that_is_free(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    return answered(math.exp(log_scale) * unit(images) @ unit(texts).T)


@mistake(
    "m06_contrastive_loss",
    misconception="exponentials have no end",
    loses=[LOUD],
    hint="The exponential of a thousand is infinite in floating point. Take the largest logit out of the sum first.",
)
def exponentials_have_no_end(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    return answered(scale_of(log_scale, largest_scale) * unit(images) @ unit(texts).T, stable=False)


@mistake(
    "m06_contrastive_loss",
    misconception="a tie is an answer",
    loses=[ACCURACY],
    hint="Where another text has the same logit, nobody can tell which it is. You count that as found.",
)
def a_tie_is_an_answer(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = asked_for_pairs(image_vectors, text_vectors)
    return answered(scale_of(log_scale, largest_scale) * unit(images) @ unit(texts).T, ties=True)


@mistake(
    "m06_contrastive_loss",
    misconception="any vectors are pairs",
    loses=[NO_PAIRS],
    hint="Three images and two texts, or a vector of length 0, give a number here. Those are no pairs.",
)
def any_vectors_are_pairs(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    images, texts = np.atleast_2d(np.asarray(image_vectors, float)), np.atleast_2d(np.asarray(text_vectors, float))
    count, width = min(len(images), len(texts)), min(images.shape[1], texts.shape[1])
    if count == 0:
        return {"images": 0.0, "texts": 0.0, "loss": 0.0, "accuracy": 1.0}
    images, texts = images[:count, :width], texts[:count, :width]
    lengths = [np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-300) for one in (images, texts)]
    return answered(scale_of(log_scale, largest_scale) * (images / lengths[0]) @ (texts / lengths[1]).T)


# --- tiles that fit ---------------------------------------------------------------------------------------------------

CANVAS, FIRST, PATCHES, LLM_TOKENS = "the canvas", "the first of equals", "patches", "tokens"
OTHER_ENCODER, NO_IMAGE = "another encoder", "no such image"
PINPOINTS = ((336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008))


def asked_for_tiles(height_px, width_px, canvases_px, tile_px, patch_px):
    if min(height_px, width_px, tile_px, patch_px) <= 0 or len(canvases_px) == 0:
        raise ValueError("no such image")


def chosen(height_px, width_px, canvases_px, *, rank=None, last=False, cap=True):
    """The canvas of highest rank, by what counts and what is left over."""
    rank = rank or (lambda counts, over: (counts, -over))
    best = None
    for high, wide in canvases_px:
        scale = min(wide / width_px, high / height_px)
        counts = int(width_px * scale) * int(height_px * scale)
        counts = min(counts, height_px * width_px) if cap else counts
        value = rank(counts, high * wide - counts)
        if best is None or value > best[0] or (last and value == best[0]):
            best = value, (high, wide)
    return best[1]


def left(height_px, width_px, canvas, tile_px, patch_px, *, cut=None):
    """Rows and columns of patches that are left on a canvas."""
    cut = cut or (lambda there, covered: there - 2 * ((there - covered) // 2))
    rows, columns = (side // tile_px * (tile_px // patch_px) for side in canvas)
    if width_px / height_px > columns / rows:
        return cut(rows, int(round(height_px * (columns / width_px), 7))), columns
    return rows, cut(columns, int(round(width_px * (rows / height_px), 7)))


def image_of(canvas, grid, tile_px, patch_px, *, tokens=None):
    rows, columns = grid
    tokens = tokens or (lambda r, c, tile: r * c + r + tile)
    return {
        "canvas_px": list(canvas),
        "grid": [rows, columns],
        "tokens": tokens(rows, columns, (tile_px // patch_px) ** 2),
    }


def cut_to(height_px, width_px, canvases_px, tile_px, patch_px, *, tokens=None, cut=None, **choice):
    asked_for_tiles(height_px, width_px, canvases_px, tile_px, patch_px)
    canvas = chosen(height_px, width_px, canvases_px, **choice)
    grid = left(height_px, width_px, canvas, tile_px, patch_px, cut=cut)
    return image_of(canvas, grid, tile_px, patch_px, tokens=tokens)


@mistake(
    "m06_anyres_tokens",
    misconception="the canvas of the same area",
    loses=[CANVAS, PATCHES, LLM_TOKENS, OTHER_ENCODER],
    hint="You took the canvas with least left over. First come the pixels that count; what is left over breaks ties.",
)
def the_least_left_over(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, rank=lambda counts, over: (-over, counts))


@mistake(
    "m06_anyres_tokens",
    misconception="scaling up adds detail",
    loses=[CANVAS, FIRST, PATCHES, LLM_TOKENS],
    hint="A small image does not gain pixels by being scaled up: no more than its own count.",
)
def scaling_up_adds_detail(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, cap=False)


@mistake(
    "m06_anyres_tokens",
    misconception="the last of equals",
    loses=[CANVAS, FIRST, PATCHES, LLM_TOKENS],
    hint="Where two canvases are equally good, you took the later one. The first in the list wins.",
)
def the_last_of_equals(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, last=True)


@mistake(
    "m06_anyres_tokens",
    misconception="the whole canvas is read",
    loses=[PATCHES, LLM_TOKENS, OTHER_ENCODER],
    hint="You count every patch of the canvas. What the image does not cover is cut off again.",
)
def the_whole_canvas_is_read(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, cut=lambda there, _covered: there)


@mistake(
    "m06_anyres_tokens",
    misconception="only what is covered is left",
    loses=[PATCHES, LLM_TOKENS, OTHER_ENCODER],
    hint="You kept what is covered exactly. As many patches go on either side, so that sometimes one stays too many.",
)
def only_what_is_covered(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, cut=lambda _there, covered: covered)


@mistake(
    "m06_anyres_tokens",
    misconception="rows without an end",
    loses=[LLM_TOKENS, OTHER_ENCODER],
    hint="Each row of patches is closed by a token of its own. You left them out.",
)
def rows_without_an_end(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, tokens=lambda r, c, tile: r * c + tile)


@mistake(
    "m06_anyres_tokens",
    misconception="an end for each column",
    loses=[LLM_TOKENS, OTHER_ENCODER],
    hint="You closed columns. It is the rows that are closed by a token.",
)
def an_end_for_each_column(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, tokens=lambda r, c, tile: r * c + c + tile)


@mistake(
    "m06_anyres_tokens",
    misconception="the tiles are the image",
    loses=[LLM_TOKENS, OTHER_ENCODER],
    hint="The whole image comes along once more, squeezed into one tile. Yours is missing.",
)
def the_tiles_are_the_image(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px, tokens=lambda r, c, _tile: r * c + r)


@mistake(
    "m06_anyres_tokens",
    misconception="any image has tokens",
    loses=[NO_IMAGE],
    hint="An image without pixels, or no canvas, is not refused here.",
)
def any_image_has_tokens(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    if min(height_px, width_px, tile_px) <= 0 or len(canvases_px) == 0:
        return {"canvas_px": [0, 0], "grid": [0, 0], "tokens": 0}
    return cut_to(height_px, width_px, canvases_px, tile_px, patch_px)


# --- tokens in proportion to pixels -----------------------------------------------------------------------------------

WITHIN, HALVES, LARGE, SMALL, OTHER_LIMITS = "within the limits", "halves", "too large", "too small", "other limits"


def asked_for_pixels(height_px, width_px, factor_px):
    if min(height_px, width_px, factor_px) <= 0 or max(height_px, width_px) > 200 * min(height_px, width_px):
        raise ValueError("no such image")


def scaled(
    height_px, width_px, factor_px, least_px, most_px, *, near=np.round, down=np.floor, up=np.ceil, root=0.5, of=None
):
    """With roundings of our choice."""
    sides = np.array([height_px, width_px], dtype=float)
    multiples = near(sides / factor_px)
    pixels = np.prod(multiples) * factor_px**2
    base = multiples * factor_px if of == "rounded" else sides
    if pixels > most_px:
        multiples = np.maximum(1, down(base / (np.prod(base) / most_px) ** root / factor_px))
    elif pixels < least_px:
        multiples = up(sides * (least_px / np.prod(sides)) ** root / factor_px)
    return as_image(multiples, factor_px)


def as_image(multiples, factor_px, tokens=1):
    rows, columns = (int(one) for one in multiples)
    return {"height_px": rows * factor_px, "width_px": columns * factor_px, "tokens": tokens * rows * columns}


@mistake(
    "m06_dynamic_tokens",
    misconception="a half goes up",
    loses=[HALVES],
    hint="You rounded every half up. Here it goes to the even number, as Python's round does.",
)
def a_half_goes_up(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    return scaled(height_px, width_px, factor_px, least_px, most_px, near=lambda x: np.floor(x + 0.5))


@mistake(
    "m06_dynamic_tokens",
    misconception="sides only grow",
    loses=[WITHIN, HALVES],
    hint="You rounded sides up. They go to the nearest multiple, smaller or larger.",
)
def sides_only_grow(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    near = np.round(np.array([height_px, width_px]) / factor_px)
    if least_px <= np.prod(near) * factor_px**2 <= most_px:
        return as_image(np.ceil(np.array([height_px, width_px]) / factor_px), factor_px)
    return scaled(height_px, width_px, factor_px, least_px, most_px)


@mistake(
    "m06_dynamic_tokens",
    misconception="no limits",
    loses=[LARGE, SMALL, OTHER_LIMITS],
    hint="A photo of twelve million pixels keeps all of them in yours, and an icon nearly none. There are limits.",
)
def no_limits(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    return scaled(height_px, width_px, factor_px, -1, np.inf)


@mistake(
    "m06_dynamic_tokens",
    misconception="areas shrink like sides",
    loses=[LARGE, SMALL, OTHER_LIMITS],
    hint="You divided the sides by the ratio of areas. Both sides shrink, so each by its root.",
)
def areas_shrink_like_sides(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    return scaled(height_px, width_px, factor_px, least_px, most_px, root=1.0)


@mistake(
    "m06_dynamic_tokens",
    misconception="nearest beyond the limit",
    loses=[LARGE, OTHER_LIMITS],
    hint="A large image was rounded to the nearest multiple again, and may be too large again. Round down there.",
)
def nearest_beyond_the_limit(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    return scaled(height_px, width_px, factor_px, least_px, most_px, down=np.round)


@mistake(
    "m06_dynamic_tokens",
    misconception="nearest below the limit",
    loses=[SMALL, OTHER_LIMITS],
    hint="A small image was rounded to the nearest multiple, and may be too small again. Round up there.",
)
def nearest_below_the_limit(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    return scaled(height_px, width_px, factor_px, least_px, most_px, up=lambda x: np.maximum(1, np.round(x)))


@mistake(
    "m06_dynamic_tokens",
    misconception="a token for each patch",
    loses=[WITHIN, HALVES, LARGE, SMALL, OTHER_LIMITS],
    hint="Yours has four times as many tokens: 2 x 2 patches are merged into one.",
)
def a_token_for_each_patch(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    found = scaled(height_px, width_px, factor_px, least_px, most_px)
    return found | {"tokens": 4 * found["tokens"]}


@mistake(
    "m06_dynamic_tokens",
    misconception="twenty-eight everywhere",
    loses=[OTHER_LIMITS],
    hint="You wrote 28 into the code. Which argument did you not use?",
)
def twenty_eight_everywhere(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    asked_for_pixels(height_px, width_px, factor_px)
    return scaled(height_px, width_px, 28, least_px, most_px)


@mistake(
    "m06_dynamic_tokens",
    misconception="any line is an image",
    loses=[NO_IMAGE],
    hint="An image of 3 x 601 pixels, or of none, gives tokens here.",
)
def any_line_is_an_image(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    sides = max(height_px, 1), max(width_px, 1)
    return scaled(*sides, max(factor_px, 1), least_px, most_px)


# --- what is billed ---------------------------------------------------------------------------------------------------

LARGE_IMAGES, LONG_IMAGES, SMALL_IMAGES = "large images", "long images", "small images"
WHOLE, PRICES = "whole tiles", "low detail, other prices"


def asked_for_detail(height_px, width_px, detail):
    if min(height_px, width_px) <= 0 or detail not in ("low", "high"):
        raise ValueError("no such image")


def billed(height_px, width_px, detail, base, per_tile, *, scale=None, tiles=None):
    if detail == "low":
        return base
    steps = scale or (lambda low, high: min(1.0, 2048 / high, 768 / low))
    s = steps(min(height_px, width_px), max(height_px, width_px))
    tiles = tiles or (lambda h, w: math.ceil(h / 512 - 1e-9) * math.ceil(w / 512 - 1e-9))
    return base + per_tile * tiles(height_px * s, width_px * s)


@mistake(
    "m06_tile_tokens",
    misconception="small images are scaled up",
    loses=[SMALL_IMAGES, LONG_IMAGES, WHOLE],
    hint="You scaled a short side of less than 768 pixels up. Nothing is scaled up here.",
)
def small_images_are_scaled_up(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(height_px, width_px, detail, base_tokens, per_tile_tokens, scale=lambda low, _high: 768 / low)


@mistake(
    "m06_tile_tokens",
    misconception="only the square",
    loses=[LARGE_IMAGES, PRICES, WHOLE],
    hint="You scaled into the square of 2,048 pixels and stopped. The short side is then scaled to 768.",
)
def only_the_square(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(
        height_px, width_px, detail, base_tokens, per_tile_tokens, scale=lambda _low, high: min(1.0, 2048 / high)
    )


@mistake(
    "m06_tile_tokens",
    misconception="only the short side",
    loses=[LONG_IMAGES, WHOLE],
    hint="You looked at the short side only. A long image must fit into a square of 2,048 pixels first.",
)
def only_the_short_side(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(
        height_px, width_px, detail, base_tokens, per_tile_tokens, scale=lambda low, _high: min(1.0, 768 / low)
    )


@mistake(
    "m06_tile_tokens",
    misconception="as it is",
    loses=[LARGE_IMAGES, LONG_IMAGES, PRICES, WHOLE],
    hint="You covered the image as it is, in its full size. It is scaled down twice before.",
)
def as_it_is(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(height_px, width_px, detail, base_tokens, per_tile_tokens, scale=lambda _low, _high: 1.0)


@mistake(
    "m06_tile_tokens",
    misconception="tiles by area",
    loses=[LARGE_IMAGES, LONG_IMAGES, SMALL_IMAGES, PRICES, WHOLE],
    hint="You divided the area by a tile's. Tiles are not cut: each side is covered by whole ones.",
)
def tiles_by_area(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(
        height_px, width_px, detail, base_tokens, per_tile_tokens, tiles=lambda h, w: math.ceil(h * w / 512**2 - 1e-9)
    )


@mistake(
    "m06_tile_tokens",
    misconception="one tile more than fits",
    loses=[LONG_IMAGES, WHOLE],
    hint="A side of exactly 1,024 pixels is two tiles. You always take one more than fit.",
)
def one_tile_more(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(
        height_px,
        width_px,
        detail,
        base_tokens,
        per_tile_tokens,
        tiles=lambda h, w: (int(h / 512 + 1e-9) + 1) * (int(w / 512 + 1e-9) + 1),
    )


@mistake(
    "m06_tile_tokens",
    misconception="always in high detail, at one price",
    loses=[PRICES],
    hint="Low detail costs the base tokens only, and other models have other prices: use all arguments.",
)
def always_in_high_detail(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    asked_for_detail(height_px, width_px, detail)
    return billed(height_px, width_px, "high", 85, 170)


@mistake(
    "m06_tile_tokens",
    misconception="what is not low is high",
    loses=[NO_IMAGE],
    hint="A detail of 'auto', or an image without pixels, is billed here. Refuse it.",
)
def what_is_not_low_is_high(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    sides = max(abs(height_px), 1), max(abs(width_px), 1)
    return billed(*sides, detail, base_tokens, per_tile_tokens)


# --- fusion -----------------------------------------------------------------------------------------------------------

CROSS, JOINED, TABLES, NUMBERS = (
    "operations of cross-attention",
    "operations in one sequence",
    "tables of scores",
    "two numbers",
)
CACHED, TEXT_ONLY, NO_LAYER = "keys and values", "no image", "no such layer"


def asked_for_a_layer(text_tokens, image_tokens, hidden, heads, batch, element_bytes):
    if min(text_tokens, hidden, heads, batch, element_bytes) <= 0 or image_tokens < 0:
        raise ValueError("no such layer")


def layer(q, k, hidden, heads, batch, element_bytes, **changed):
    right = {
        "flops": batch * (4 * q * hidden**2 + 4 * k * hidden**2 + 4 * q * k * hidden),
        "score_bytes": batch * heads * q * k * element_bytes,
        "streamed_bytes": batch * heads * q * 8,
        "cached_bytes": batch * 2 * k * hidden * element_bytes,
    }
    return right | changed


def fused(text_tokens, image_tokens, hidden, heads, batch, element_bytes, change=None):
    """Both ways; `change` gives other entries for queries and keys."""
    asked_for_a_layer(text_tokens, image_tokens, hidden, heads, batch, element_bytes)
    change = change or (lambda _q, _k: {})
    t = text_tokens + image_tokens
    return {
        name: layer(q, k, hidden, heads, batch, element_bytes, **change(q, k))
        for name, q, k in (("cross", text_tokens, image_tokens), ("joined", t, t))
    }


@mistake(
    "m06_fusion_cost",
    misconception="multiply-adds",
    loses=[CROSS, JOINED, TEXT_ONLY],
    hint="Your operations are half as many as there are: a multiply-add is two.",
)
def multiply_adds(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    return fused(
        text_tokens, image_tokens, hidden, heads, batch, element_bytes,
        lambda q, k: {"flops": batch * (2 * (q + k) * hidden**2 + 2 * q * k * hidden)},
    )  # fmt: skip


@mistake(
    "m06_fusion_cost",
    misconception="everybody is projected four times",
    loses=[CROSS, TEXT_ONLY],
    hint="In cross-attention text has queries and outputs only, the image keys and values. You projected all four.",
)
def projected_four_times(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    found = fused(text_tokens, image_tokens, hidden, heads, batch, element_bytes)
    t = text_tokens + image_tokens
    found["cross"]["flops"] = batch * (8 * t * hidden**2 + 4 * text_tokens * image_tokens * hidden)
    return found


@mistake(
    "m06_fusion_cost",
    misconception="text asks in one sequence, too",
    loses=[JOINED, TABLES, NUMBERS],
    hint="In one sequence image tokens ask as well: every token is compared with every other.",
)
def text_asks_in_one_sequence(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    asked_for_a_layer(text_tokens, image_tokens, hidden, heads, batch, element_bytes)
    t = text_tokens + image_tokens
    return {
        "cross": layer(text_tokens, image_tokens, hidden, heads, batch, element_bytes),
        "joined": layer(text_tokens, t, hidden, heads, batch, element_bytes),
    }


@mistake(
    "m06_fusion_cost",
    misconception="one head writes for all",
    loses=[TABLES, TEXT_ONLY],
    hint="You have one table of scores. Each head has its own.",
)
def one_head_writes_for_all(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    return fused(
        text_tokens, image_tokens, hidden, heads, batch, element_bytes,
        lambda q, k: {"score_bytes": batch * q * k * element_bytes},
    )  # fmt: skip


@mistake(
    "m06_fusion_cost",
    misconception="two numbers as small as the others",
    loses=[NUMBERS, TEXT_ONLY],
    hint="The two numbers that are kept while streaming have 4 bytes each, however small the elements are.",
)
def two_small_numbers(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    return fused(
        text_tokens, image_tokens, hidden, heads, batch, element_bytes,
        lambda q, _k: {"streamed_bytes": batch * heads * q * 2 * element_bytes},
    )  # fmt: skip


@mistake(
    "m06_fusion_cost",
    misconception="a key without a value",
    loses=[CACHED, TEXT_ONLY],
    hint="Half of the cache is missing: a key *and* a value for each token.",
)
def a_key_without_a_value(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    return fused(
        text_tokens, image_tokens, hidden, heads, batch, element_bytes,
        lambda _q, k: {"cached_bytes": batch * k * hidden * element_bytes},
    )  # fmt: skip


@mistake(
    "m06_fusion_cost",
    misconception="any layer",
    loses=[NO_LAYER],
    hint="Less than no image, or no head, gives a cost here. There is no such layer.",
)
def any_layer(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    t = text_tokens + image_tokens
    return {
        "cross": layer(text_tokens, image_tokens, hidden, heads, batch, element_bytes),
        "joined": layer(t, t, hidden, heads, batch, element_bytes),
    }


# --- attention without a table of scores ------------------------------------------------------------------------------

ONE_TILE, MANY_TILES, SUMS, LOUD_SCORES = "one tile", "many tiles", "sums so far", "loud scores"
NOTHING, MEANS = "nothing yet", "means of values"


class Streamed:
    """The right one, in parts that mistakes replace."""

    scaled = True
    refuses = True

    def __init__(self, queries):
        self.queries = np.array(queries, dtype=float)
        self.top = np.full(len(self.queries), -np.inf)
        self.sum = np.zeros(len(self.queries))
        self.mean = None

    def absorb(self, keys, values):
        k, v = np.asarray(keys, dtype=float), np.asarray(values, dtype=float)
        if self.refuses and (len(k) != len(v) or (len(k) and k.shape[1] != self.queries.shape[1])):
            raise ValueError("no such tile")
        if len(k):
            width = min(k.shape[1], self.queries.shape[1])
            scores = self.queries[:, :width] @ k[: len(v), :width].T
            with np.errstate(all="ignore"):
                self.take(scores / np.sqrt(k.shape[1]) if self.scaled else scores, v[: len(k)])

    def take(self, scores, v):
        top = np.maximum(self.top, scores.max(axis=1))
        kept, weights = np.exp(self.top - top), np.exp(scores - top[:, None])
        self.mean = weights @ v if self.mean is None else self.mean * kept[:, None] + weights @ v
        self.sum = self.sum * kept + weights.sum(axis=1)
        self.top = top

    @property
    def output(self):
        if self.mean is None:
            raise ValueError("nothing")
        with np.errstate(all="ignore"):
            return self.mean / self.sum[:, None]

    @property
    def log_sum_exp(self):
        if self.mean is None:
            raise ValueError("nothing")
        with np.errstate(all="ignore"):
            return self.top + np.log(self.sum)


@mistake(
    "m06_streamed_attention",
    misconception="the last tile's softmax",
    loses=[MANY_TILES, SUMS, LOUD_SCORES],
    hint="Your output is that of the last tile. What came before must not be forgotten.",
)
class TheLastTilesSoftmax(Streamed):
    def take(self, scores, v):
        self.top = scores.max(axis=1)
        weights = np.exp(scores - self.top[:, None])
        self.mean, self.sum = weights @ v, weights.sum(axis=1)


@mistake(
    "m06_streamed_attention",
    misconception="the mean of the tiles' means",
    loses=[MANY_TILES, LOUD_SCORES],
    hint="You averaged the tiles' outputs. A tile with large scores weighs more than one with small ones.",
)
class TheMeanOfMeans(Streamed):
    def __init__(self, queries):
        super().__init__(queries)
        self.outputs = []

    def take(self, scores, v):
        super().take(scores, v)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.outputs.append(weights @ v / weights.sum(axis=1, keepdims=True))

    @property
    def output(self):
        if not self.outputs:
            raise ValueError("nothing")
        return np.mean(self.outputs, axis=0)


@mistake(
    "m06_streamed_attention",
    misconception="exponentials without an end",
    loses=[LOUD_SCORES],
    hint="The exponential of a score of thousands is infinite, or 0. Keep the largest score, and count from there.",
)
class ExponentialsWithoutAnEnd(Streamed):
    def take(self, scores, v):
        weights = np.exp(scores)
        self.mean = weights @ v if self.mean is None else self.mean + weights @ v
        self.sum, self.top = self.sum + weights.sum(axis=1), np.zeros(len(scores))


@mistake(
    "m06_streamed_attention",
    misconception="the sum is scaled, the values are not",
    loses=[MANY_TILES, LOUD_SCORES, MEANS],
    hint="A larger score scales down the sum in yours, and not the values summed up so far. Both were counted from it.",
)
class TheValuesAreNotScaled(Streamed):
    def take(self, scores, v):
        before = self.mean
        super().take(scores, v)
        if before is not None:
            self.mean = before + np.exp(scores - self.top[:, None]) @ v


@mistake(
    "m06_streamed_attention",
    misconception="the first tile's largest score",
    loses=[LOUD_SCORES],
    hint="You count from the largest score of the first tile. A later one may be larger by thousands.",
)
class TheFirstTilesLargest(Streamed):
    def take(self, scores, v):
        if self.mean is None:
            self.top = scores.max(axis=1)
        weights = np.exp(scores - self.top[:, None])
        self.mean = weights @ v if self.mean is None else self.mean + weights @ v
        self.sum = self.sum + weights.sum(axis=1)


@mistake(
    "m06_streamed_attention",
    misconception="scores without the root",
    loses=[ONE_TILE, MANY_TILES, SUMS, LOUD_SCORES],
    hint="Scores are divided by the root of the number of elements. Yours are too large.",
)
class ScoresWithoutTheRoot(Streamed):
    scaled = False


@mistake(
    "m06_streamed_attention",
    misconception="a sum from the largest score",
    loses=[SUMS, LOUD_SCORES],
    hint="Your sum counts from the largest score, and its logarithm lacks that score.",
)
class ASumFromTheLargest(Streamed):
    @property
    def log_sum_exp(self):
        if self.mean is None:
            raise ValueError("nothing")
        return np.log(self.sum)


@mistake(
    "m06_streamed_attention",
    misconception="any tile fits",
    loses=[NOTHING],
    hint="Two values for one key, or a key of another length, are taken in without a word.",
)
class AnyTileFits(Streamed):
    refuses = False


# --- encode, prefill, decode ------------------------------------------------------------------------------------------

LOADS, EQUAL_JOBS, MIXED_JOBS, SLOTS = "jobs and loads", "waits of equal jobs", "waits of mixed jobs", "waits for slots"
BOTTLENECK, EDGES, NO_CHATBOT = "the bottleneck", "nobody, and too many", "no such chatbot"


def asked_for_a_chatbot(rate, share, hits, encode_s, text, image, read, write_s, servers):
    if min(rate, encode_s, text, read, write_s) <= 0 or image < 0 or min(servers) < 1:
        raise ValueError("no such chatbot")
    if not (0 <= share <= 1 and 0 <= hits <= 1):
        raise ValueError("no share")


def erlang(servers, load):
    """Share that waits."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def stages(rate, share, hits, encode_s, text, image, read, write_s, servers, **changed):
    """The right table, with other visits, services, variabilities or probabilities of waiting."""
    mean = text + share * image
    visits = changed.get("visits", (share * (1 - hits), 1.0, 1.0))
    service = changed.get("service", (encode_s, mean / read, write_s))
    scv = changed.get("scv", (0.0, share * (1 - share) * (image / mean) ** 2, 1.0))
    wait = changed.get("wait", erlang)
    rows = {"stage": ["encode", "prefill", "decode"]}
    rows["jobs_per_s"] = [rate * one for one in visits]
    rows["utilisation"] = [rate * v * t / c for v, t, c in zip(visits, service, servers, strict=True)]
    rows["mean_wait_s"] = [
        wait(c, busy * c) * t / (c * (1 - busy)) * (1 + variable) / 2 if busy < 1 else math.inf
        for c, t, busy, variable in zip(servers, service, rows["utilisation"], scv, strict=True)
    ]
    rows["most_requests_per_s"] = [
        c / (v * t) if v else math.inf for v, t, c in zip(visits, service, servers, strict=True)
    ]
    return rows


@mistake(
    "m06_stage_table",
    misconception="the cache holds nothing",
    loses=[LOADS, EQUAL_JOBS, BOTTLENECK, EDGES],
    hint="Every image reaches your encoder, those too that the cache has already.",
)
def the_cache_holds_nothing(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    return stages(*given, servers, visits=(image_share, 1.0, 1.0))


@mistake(
    "m06_stage_table",
    misconception="a cached image needs no prefill",
    loses=[LOADS, MIXED_JOBS, BOTTLENECK, EDGES],
    hint="A cached image spares the encoder. Its tokens must still be read: you left them out of the prompt.",
)
def a_cached_image_needs_no_prefill(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    new = image_share * (1 - hit_share)
    mean = text_tokens + new * image_tokens
    scv = (0.0, new * (1 - new) * (image_tokens / mean) ** 2, 1.0)
    return stages(*given, servers, service=(encode_s, mean / read_tokens_per_s, write_s), scv=scv)


@mistake(
    "m06_stage_table",
    misconception="every prompt has an image",
    loses=[LOADS, MIXED_JOBS, BOTTLENECK, EDGES],
    hint="You read the image's tokens in every prompt. Only a share of the requests has one.",
)
def every_prompt_has_an_image(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    read_s = (text_tokens + image_tokens) / read_tokens_per_s
    return stages(*given, servers, service=(encode_s, read_s, write_s), scv=(0.0, 0.0, 1.0))


@mistake(
    "m06_stage_table",
    misconception="all times are exponential",
    loses=[EQUAL_JOBS, MIXED_JOBS, EDGES],
    hint="You took every stage as exponential. Equal jobs wait half as long, and a mix of two has its own variance.",
)
def all_times_are_exponential(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    return stages(*given, servers, scv=(1.0, 1.0, 1.0))


@mistake(
    "m06_stage_table",
    misconception="a mean prompt for all",
    loses=[MIXED_JOBS, EDGES],
    hint="You let every prompt have the mean length. Short behind long is what makes them wait.",
)
def a_mean_prompt_for_all(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    return stages(*given, servers, scv=(0.0, 0.0, 1.0))


@mistake(
    "m06_stage_table",
    misconception="many servers are one fast one",
    loses=[EQUAL_JOBS, MIXED_JOBS, SLOTS, EDGES],
    hint="You took c servers for one that is c times as fast. With many, a job seldom finds all of them busy.",
)
def many_servers_are_one_fast_one(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    return stages(*given, servers, wait=lambda count, load: load / count)


@mistake(
    "m06_stage_table",
    misconception="jobs for requests",
    loses=[BOTTLENECK, EDGES],
    hint="Yours is how many *jobs* the encoder can do. Not every request is one: how many may come to the whole?",
)
def jobs_for_requests(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    rows = stages(*given, servers)
    rows["most_requests_per_s"][0] = servers[0] / encode_s
    return rows


@mistake(
    "m06_stage_table",
    misconception="a queue that is negative",
    loses=[EDGES],
    hint="A stage that cannot keep up has a wait below zero in yours. There is no steady state: it is infinite.",
)
def a_queue_that_is_negative(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    asked_for_a_chatbot(*given, servers)
    rows = stages(*given, servers)
    rows["mean_wait_s"] = [-1.0 if wait == math.inf else wait for wait in rows["mean_wait_s"]]
    return rows


@mistake(
    "m06_stage_table",
    misconception="any chatbot",
    loses=[NO_CHATBOT],
    hint="A share of 1.2, or a stage without a server, is not refused here.",
)
def any_chatbot(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    given = (requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s)
    if min(*given, *servers) < 0 or requests_per_s == 0 or min(servers) == 0 or max(image_share, hit_share) > 1:
        return {
            name: [0.0] * 3 for name in ("stage", "jobs_per_s", "utilisation", "mean_wait_s", "most_requests_per_s")
        }
    return stages(*given, servers)


# --- the largest batch in time ----------------------------------------------------------------------------------------

THE_BATCH, LATE_BUSY, DROPPED, NO_WAY = "the batch", "how late, how busy", "frames dropped", "no way"
NO_CAMERA = "no such camera"


def asked_for_frames(frames_per_s, deadline_s, largest, drop):
    if frames_per_s <= 0 or deadline_s <= 0 or min(largest, drop) < 1:
        raise ValueError("no such camera")


def takes_s(batch, encoder):
    share = encoder["best_share"] * batch / (batch + encoder["half_batch"])
    computing_s = batch * encoder["frame_flops"] / (encoder["peak_flops_per_s"] * share)
    moving_s = (encoder["weight_bytes"] + batch * encoder["frame_bytes"]) / encoder["bandwidth_bytes_per_s"]
    return encoder["launch_s"] + max(computing_s, moving_s)


def batch_of(frames_per_s, deadline_s, encoder, largest, drop, *, late=None, keeps_up=None, best=None):
    """With a latency, a rule for keeping up, or a choice of our own."""
    late = late or (lambda batch, apart_s: (batch - 1) * apart_s + takes_s(batch, encoder))
    keeps_up = keeps_up or (lambda batch, apart_s: takes_s(batch, encoder) <= batch * apart_s)
    for keep_every in range(1, drop + 1):
        apart_s = keep_every / frames_per_s
        kept = [b for b in range(1, largest + 1) if late(b, apart_s) <= deadline_s and keeps_up(b, apart_s)]
        if kept:
            batch = (best or max)(kept)
            busy = takes_s(batch, encoder) / (batch * apart_s)
            return {"keep_every": keep_every, "batch": batch, "latency_s": late(batch, apart_s), "utilisation": busy}
    return {"keep_every": 0, "batch": 0, "latency_s": math.inf, "utilisation": 0.0}


@mistake(
    "m06_encoder_batch",
    misconception="batches are there at once",
    loses=[THE_BATCH, LATE_BUSY, DROPPED],
    hint="You looked at the encoder's time only. The first frame of a batch also waits until the last has come.",
)
def batches_are_there_at_once(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    return batch_of(
        frames_per_s, deadline_s, encoder, largest, drop, late=lambda batch, _apart_s: takes_s(batch, encoder)
    )


@mistake(
    "m06_encoder_batch",
    misconception="the first waits for all",
    loses=[THE_BATCH, LATE_BUSY, DROPPED],
    hint="A frame waits for the others of its batch, which are one less. You let it wait for itself.",
)
def the_first_waits_for_all(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    return batch_of(
        frames_per_s,
        deadline_s,
        encoder,
        largest,
        drop,
        late=lambda batch, apart_s: batch * apart_s + takes_s(batch, encoder),
    )


@mistake(
    "m06_encoder_batch",
    misconception="in time is enough",
    loses=[DROPPED, NO_WAY],
    hint="Your batch is in time once. It takes longer than the next one needs to fill, so the queue grows without end.",
)
def in_time_is_enough(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    return batch_of(frames_per_s, deadline_s, encoder, largest, drop, keeps_up=lambda _batch, _apart_s: True)


@mistake(
    "m06_encoder_batch",
    misconception="the smallest that keeps up",
    loses=[THE_BATCH, LATE_BUSY, DROPPED],
    hint="You took the smallest batch that does. A frame costs the least in the largest one.",
)
def the_smallest_that_keeps_up(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    return batch_of(frames_per_s, deadline_s, encoder, largest, drop, best=min)


@mistake(
    "m06_encoder_batch",
    misconception="no frame is ever dropped",
    loses=[DROPPED],
    hint="Where not all frames can be encoded, you give up. Every second one, or every third, may well be kept.",
)
def no_frame_is_ever_dropped(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    return batch_of(frames_per_s, deadline_s, encoder, largest, 1)


@mistake(
    "m06_encoder_batch",
    misconception="busy for all frames",
    loses=[DROPPED],
    hint="Your utilisation counts the frames that were dropped. The encoder never sees them.",
)
def busy_for_all_frames(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    found = batch_of(frames_per_s, deadline_s, encoder, largest, drop)
    return found | {"utilisation": found["utilisation"] * max(found["keep_every"], 1)}


@mistake(
    "m06_encoder_batch",
    misconception="always some batch",
    loses=[NO_WAY],
    hint="Where nothing keeps the deadline, you answer with a batch of one all the same. Say that there is no way.",
)
def always_some_batch(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    asked_for_frames(frames_per_s, deadline_s, largest, drop)
    found = batch_of(frames_per_s, deadline_s, encoder, largest, drop)
    if found["batch"]:
        return found
    return {"keep_every": drop, "batch": 1, "latency_s": takes_s(1, encoder), "utilisation": 1.0}


@mistake(
    "m06_encoder_batch",
    misconception="any camera",
    loses=[NO_CAMERA],
    hint="No frames a second, or a deadline before the frame came, give an answer here. Refuse them.",
)
def any_camera(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    if frames_per_s <= 0 or deadline_s <= 0 or min(largest, drop) < 1:
        return {"keep_every": 0, "batch": 0, "latency_s": math.inf, "utilisation": 0.0}
    return batch_of(frames_per_s, deadline_s, encoder, largest, drop)


# --- a policy for an encoder ------------------------------------------------------------------------------------------

CALM, BURSTS, OVERLOAD, NOBODY = "calm hours", "bursts", "overload", "nothing for nobody"


@mistake(
    "m06_next_batch",
    misconception="whatever waits",
    loses=[BURSTS, OVERLOAD, NOBODY],
    hint="You encode whatever waits, in time or not. Under overload everything is late then.",
)
def whatever_waits(slack_s, batch_s):
    return 0, min(len(slack_s), len(batch_s))


@mistake(
    "m06_next_batch",
    misconception="one after the other",
    loses=[CALM, BURSTS, OVERLOAD, NOBODY],
    hint="You encode frames one by one. A launch for each, and a machine that is mostly idle inside.",
)
def one_after_the_other(slack_s, batch_s):
    return 0, 1


@mistake(
    "m06_next_batch",
    misconception="wait for eight",
    loses=[CALM, BURSTS, OVERLOAD, NOBODY],
    hint="You wait until eight frames are there, however little time the first has left.",
)
def wait_for_eight(slack_s, batch_s):
    return (0, 8) if len(slack_s) >= 8 else (0, 0)


@mistake(
    "m06_next_batch",
    misconception="drop what is late by now",
    loses=[BURSTS, OVERLOAD, NOBODY],
    hint="You drop what is late already, and encode what will be late when its batch is done.",
)
def drop_what_is_late_by_now(slack_s, batch_s):
    late = sum(one < 0 for one in slack_s)
    return late, min(len(slack_s) - late, len(batch_s))


@mistake(
    "m06_next_batch",
    misconception="the oldest decides",
    loses=[OVERLOAD],
    hint="The oldest frame that just makes it decides how small your batch is, and all behind it become late.",
)
def the_oldest_decides(slack_s, batch_s):
    late = sum(one < batch_s[0] for one in slack_s)
    rest = slack_s[late:]
    in_time = sum(one <= rest[0] for one in batch_s) if rest else 0
    return late, min(in_time, len(rest))


@mistake(
    "m06_next_batch",
    misconception="the newest first",
    loses=[BURSTS],
    hint="You drop everything but the newest frames. In a burst all of them could have been in time, in two batches.",
)
def the_newest_first(slack_s, batch_s):
    waiting = len(slack_s)
    for batch in range(min(waiting, len(batch_s)), 0, -1):
        if batch_s[batch - 1] <= slack_s[waiting - batch]:
            return waiting - batch, batch
    return waiting, 0


# --- other media ------------------------------------------------------------------------------------------------------

CALL, FILM = "the call", "the film"
WRITTEN, READ, REFINED = "operations of what is written", "bytes of what is written", "what is refined"


def billed_for(call_s, film, writer, refiner, **other):
    """The right bill, with other entries."""
    t, g, w = writer["text_tokens"], writer["image_tokens"], writer["weights"]
    contexts = sum(range(1, t + g + 1))
    right = {
        "call_positions": 1500 * math.ceil(call_s / 30),
        "film_tokens": film["picture_tokens"] * math.ceil(film["duration_s"] * film["pictures_per_s"] / 2),
        "written_flops": 2 * w * (t + g) + 4 * writer["layers"] * writer["hidden"] * contexts,
        "written_bytes": writer["element_bytes"] * w * (1 + g),
        "refined_flops": refiner["text_flops"]
        + refiner["steps"] * (1 + refiner["guided"]) * refiner["network_flops"]
        + refiner["decoder_flops"],
    }
    return right | other


@mistake(
    "m06_media_bill",
    misconception="what is left over is not heard",
    loses=[CALL],
    hint="You left out the last seconds of the call. They are filled up to a piece, and cost as much as a full one.",
)
def left_over_is_not_heard(call_s, film, writer, refiner):
    return billed_for(call_s, film, writer, refiner, call_positions=1500 * (call_s // 30))


@mistake(
    "m06_media_bill",
    misconception="frames for positions",
    loses=[CALL],
    hint="Yours are frames of the spectrum. Two of them become one position.",
)
def frames_for_positions(call_s, film, writer, refiner):
    return billed_for(call_s, film, writer, refiner, call_positions=3000 * math.ceil(call_s / 30))


@mistake(
    "m06_media_bill",
    misconception="every picture has tokens of its own",
    loses=[FILM],
    hint="You count every picture. Two that follow each other become as many tokens as one.",
)
def every_picture(call_s, film, writer, refiner):
    pictures = math.floor(film["duration_s"] * film["pictures_per_s"])
    return billed_for(call_s, film, writer, refiner, film_tokens=film["picture_tokens"] * pictures)


@mistake(
    "m06_media_bill",
    misconception="a picture alone is left out",
    loses=[FILM],
    hint="The last picture has no partner, and you left it out. It counts as a pair.",
)
def a_picture_alone(call_s, film, writer, refiner):
    pairs = math.floor(film["duration_s"] * film["pictures_per_s"] / 2)
    return billed_for(call_s, film, writer, refiner, film_tokens=film["picture_tokens"] * pairs)


@mistake(
    "m06_media_bill",
    misconception="weights only",
    loses=[WRITTEN],
    hint="You counted the weights. Each token also attends to all before it.",
)
def weights_only(call_s, film, writer, refiner):
    tokens = writer["text_tokens"] + writer["image_tokens"]
    return billed_for(call_s, film, writer, refiner, written_flops=2 * writer["weights"] * tokens)


@mistake(
    "m06_media_bill",
    misconception="weights are read once",
    loses=[READ],
    hint="You read the weights once for the whole image. They pass through the chip again for each of its tokens.",
)
def weights_are_read_once(call_s, film, writer, refiner):
    once = writer["element_bytes"] * writer["weights"]
    return billed_for(call_s, film, writer, refiner, written_bytes=once)


@mistake(
    "m06_media_bill",
    misconception="text is written, too",
    loses=[READ],
    hint="You read the weights for each token of the text. The text is read in a single pass.",
)
def text_is_written(call_s, film, writer, refiner):
    passes = writer["text_tokens"] + writer["image_tokens"]
    count = writer["element_bytes"] * writer["weights"] * passes
    return billed_for(call_s, film, writer, refiner, written_bytes=count)


@mistake(
    "m06_media_bill",
    misconception="guidance is free",
    loses=[REFINED],
    hint="With guidance each step runs the network twice. You ran it once.",
)
def guidance_is_free(call_s, film, writer, refiner):
    once = refiner["text_flops"] + refiner["steps"] * refiner["network_flops"] + refiner["decoder_flops"]
    return billed_for(call_s, film, writer, refiner, refined_flops=once)


@mistake(
    "m06_media_bill",
    misconception="everything at every step",
    loses=[REFINED],
    hint="You encode the text and decode the image at each step. Both happen once.",
)
def everything_at_every_step(call_s, film, writer, refiner):
    step = refiner["text_flops"] + 2 * refiner["network_flops"] + refiner["decoder_flops"]
    return billed_for(call_s, film, writer, refiner, refined_flops=refiner["steps"] * step)
