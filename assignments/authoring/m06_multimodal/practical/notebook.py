# %% [markdown]
# # Module 6 · Multimodal Foundation Models: practical
#
# A user pastes a screenshot into a chat, and asks one line about it. The line has 20 tokens. The screenshot has between
# 85 and 3,000, depending on who reads it, and before it has any an encoder has spent as much arithmetic on it as a
# small language model on a page. A model that sees is three machines in a row, and each of them can be the one that is
# too slow. This notebook builds the tools that tell which:
#
# 1. **Encoders:** what is a vision transformer made of, and what does each of its operators wait for?
# 2. **Pairs:** how do images and texts end up in one space?
# 3. **Tokens:** how many is an image, to whom?
# 4. **Fusion:** how does text look at an image, and what does that keep in memory?
# 5. **Serving:** encode, prefill, decode: which stage is the bottleneck?
# 6. **Real time:** how many frames should be encoded together, and which should be dropped?
# 7. **Other media:** what do sound and film cost, and what does it cost to make an image?
#
# There are twelve exercises, 51 points, and about two hours of work. Write your answer where it says `YOUR CODE HERE`;
# add cells of your own wherever you like to try things out. The cell below each answer holds tests that you can see.
# **When they pass, and Validate passes, that is the beginning:** the hidden checks try other models, other images,
# other cameras, and the cases at the edge that the text names.
#
# Units stand in the names: `_s` is seconds, `_px` pixels, `_bytes` bytes, `_flops` operations, `_per_s` a rate. A
# multiply-add is *two* operations.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. What is an encoder made of?
#
# A vision transformer (Dosovitskiy et al., ICLR 2021) cuts an image of $H \times W$ pixels into patches of $p \times p$
# pixels in three colours. Its parts, from the image upwards:
#
# - **Patches:** one matrix, with bias, makes a vector of $D$ elements of each patch.
# - **Extra tokens:** $e$ learned vectors of $D$ elements join the sequence (a class token; registers; or none). All of
#   the $T$ tokens, extra ones included, get a learned vector of their position added.
# - **$L$ blocks.** Each has a norm, attention with four projections $D \times D$ (query, key, value, output), a second
#   norm, and two matrices $D \times M$ and $M \times D$. Every matrix has a bias; a norm has a scale and a shift, $D$
#   elements each.
# - **The end:** a last norm, and a head, with bias, that makes $C$ logits of *one* vector. An encoder without a head
#   has $C = 0$, and keeps its last norm.
#
# Count **parameters**: every number in that list. And **multiply-adds** of one image: those of all matrix products, so
# those with weights, and the two in attention (all queries with all keys, and weights with values). All heads together
# are $D$ wide, so their number does not matter. Norms, activations, softmax and the addition of biases are left out.
#
# **What the model leaves out.** Memory, and with it time. And beware of tables: torchvision publishes 17.56 "GFLOPS"
# for ViT-B/16, which are 17.56 G *multiply-adds*.
#
# **Exercise 1** (4 points, 10 minutes). Write `vit_cost`.


# %% exercise={"id": "m06_vit_cost", "reference": "m06_multimodal.vision_transformer:vit_cost"}
def vit_cost(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    """Tokens, parameters and multiply-adds of a vision transformer.

    height_px:    height of the image [px]
    width_px:     its width [px]
    patch_px:     edge of a patch [px]
    layers:       blocks [1]
    hidden:       elements of a token [1]
    mlp:          width of the feed-forward layer [1]
    classes:      outputs of the head, 0 for none [1]
    extra_tokens: learned tokens beside the patches [1]

    Returns a dict of whole numbers: `tokens` (extra ones included), `parameters`, `macs` (multiply-adds, one image).

    Raises ValueError if a size (of the image, a patch, layers, hidden, mlp) is not positive, a number of classes or
    extra tokens is negative, or the patches do not cover the image exactly.
    """
    ### SOLUTION


# %% tests={"id": "m06_vit_cost"}
b16 = vit_cost(224, 224, 16, layers=12, hidden=768, mlp=3072, classes=1000)
assert set(b16) == {"tokens", "parameters", "macs"}, f"these three: {sorted(b16)}"
assert b16["tokens"] == 197, f"14 x 14 patches and a class token: 197, not {b16['tokens']}"
assert b16["parameters"] == 86_567_656, f"ViT-B/16 has 86,567,656 parameters, not {b16['parameters']:,}"
assert round(b16["macs"] / 1e9, 2) == 17.56, f"torchvision publishes 17.56 G, not {b16['macs'] / 1e9:.2f} G"
try:
    vit_cost(224, 230, 16, layers=12, hidden=768, mlp=3072)
except ValueError:
    pass
else:
    raise AssertionError("230 pixels are no whole number of patches: raise ValueError")

# %%
sides = np.arange(224, 1345, 56)
figure, axes = plt.subplots()
for name, shape, colour in (("B/14", (12, 768, 3072), BLUE), ("L/14", (24, 1024, 4096), ORANGE)):
    costs = [vit_cost(side, side, 14, *shape) for side in sides]
    axes.plot(sides, [2e-12 * cost["macs"] for cost in costs], color=colour, label=name)
    straight = 2e-12 * costs[0]["macs"] / costs[0]["tokens"]
    axes.plot(sides, [straight * cost["tokens"] for cost in costs], "--", color=colour)
axes.set(
    xlabel="edge of the image [px]",
    ylabel="operations [Tflop]",
    title="An encoder, and in proportion to its tokens (dashed)",
)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.**
#
# - Twice the edge is four times the tokens, and more than four times the work: each token looks at all others. At 1,344
#   pixels the smaller encoder does nearly three times what its tokens alone would tell.
# - That is why models cut large images into tiles: nine tiles of 336 pixels cost nine times one, and no tile looks at
#   its neighbour.

# %% [markdown]
# ### The same block, three times
#
# CLIP reads an image, DALL-E writes one (256 text tokens are read, 1,024 image tokens written one by one: Ramesh et
# al., ICML 2021), and a model like GPT-4V reads a prompt with an image in it and writes an answer. Their computational
# graphs are chains of the same block. What differs is how many tokens pass it at a time, and how many they look at.
#
# A block's six operators, for $B$ sequences with $q$ new tokens each, which attend to $c$ tokens each. There are $h$
# heads of $d = D / h$ elements:
#
# | operator | what is multiplied | how often |
# |---|---|---|
# | `qkv` | all new tokens $\times$ a matrix $D \times 3D$ | 1 |
# | `scores` | $q \times d$ queries with $d \times c$ keys | for each sequence and head |
# | `values` | $q \times c$ weights with $c \times d$ values | for each sequence and head |
# | `output` | all new tokens $\times$ a matrix $D \times D$ | 1 |
# | `up`, `down` | all new tokens $\times$ $D \times M$, and $\times$ $M \times D$ | 1 each |
#
# A product of an $m \times k$ with a $k \times n$ matrix takes $2 m k n$ operations. Let each operator read both of its
# factors from memory once, and write its result: $b (m k + k n + m n)$ bytes. Weights are read once for all tokens of
# the batch; keys and values belong to one sequence, and each of its heads has its own.
#
# **What the model leaves out.** Norms, activations, softmax, biases, caches, and kernels that do two operators at once.
#
# **Exercise 2** (5 points, 12 minutes). Write `operator_census`: a row for each operator.


# %% exercise={"id": "m06_operator_census", "reference": "m06_multimodal.operator_census:operator_census"}
def operator_census(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    """Operations and bytes of the operators of one block.

    batch:         sequences that pass together [1]
    new_tokens:    tokens of each sequence that pass [1]
    context:       tokens that each of them attends to, itself included [1]
    hidden:        elements of a token [1]
    heads:         heads that share them [1]
    mlp:           width of the feed-forward layer [1]
    element_bytes: bytes of an element, of weights, tokens, keys, values and scores alike [B]

    Returns a table, data frame or dict of columns: operator ("qkv", "scores", "values", "output", "up", "down", in any
    order), flops [flop], bytes [B], flops_per_byte [flop/B]; of the whole batch.

    Raises ValueError if a number is not positive, or heads do not share the elements evenly.
    """
    ### SOLUTION


# %% tests={"id": "m06_operator_census"}
small = pd.DataFrame(operator_census(1, 2, 5, hidden=6, heads=3, mlp=10)).set_index("operator")
assert set(small.index) == {"qkv", "scores", "values", "output", "up", "down"}, f"six operators: {sorted(small.index)}"
assert set(small.columns) == {"flops", "bytes", "flops_per_byte"}, f"three columns: {sorted(small.columns)}"
assert small.loc["qkv", "flops"] == 2 * 2 * 6 * 18, f"2 x 6 with 6 x 18: 432, not {small.loc['qkv', 'flops']}"
assert small.loc["qkv", "bytes"] == 2 * (12 + 108 + 36), f"312 bytes, not {small.loc['qkv', 'bytes']}"
assert small.loc["scores", "flops"] == 3 * 2 * 2 * 2 * 5, f"3 heads, 2 x 2 with 2 x 5: {small.loc['scores', 'flops']}"
assert np.allclose(small["flops_per_byte"], small["flops"] / small["bytes"]), "operations over bytes"
try:
    operator_census(1, 2, 5, hidden=7, heads=3, mlp=10)
except ValueError:
    pass
else:
    raise AssertionError("three heads cannot share seven elements: raise ValueError")

# %% [markdown]
# The three models, on an accelerator with 989 Tflop/s and 3.35 TB/s (H100 SXM; its *ridge* lies at 295 flop/B). Shapes:
# CLIP ViT-L/14; DALL-E with 62 heads of 64; and for a model that sees, whose shape nobody has published, one of 8,192
# elements with an image of 1,105 tokens (the reason for that number is exercise 6).

# %%
PEAK_FLOPS_PER_S, BANDWIDTH_BYTES_PER_S = 989.4e12, 3.35e12
passes = {
    "CLIP reads 1 image": operator_census(1, 257, 257, 1024, 16, 4096),
    "CLIP reads 32": operator_census(32, 257, 257, 1024, 16, 4096),
    "DALL-E reads 256": operator_census(1, 256, 256, 3968, 62, 15872),
    "DALL-E writes token 600": operator_census(1, 1, 256 + 600, 3968, 62, 15872),
    "DALL-E writes 32 images": operator_census(32, 1, 256 + 600, 3968, 62, 15872),
    "VLM reads 1,605": operator_census(1, 1605, 1605, 8192, 64, 32768),
    "VLM writes, 32 users": operator_census(32, 1, 1700, 8192, 64, 32768),
}
intensity = pd.DataFrame(
    {name: pd.DataFrame(one).set_index("operator")["flops_per_byte"] for name, one in passes.items()}
)
figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
shown = np.log10(intensity.loc[["qkv", "scores", "values", "output", "up", "down"]])
image = axes.imshow(shown, cmap="RdBu", vmin=np.log10(295) - 2.5, vmax=np.log10(295) + 2.5, aspect="auto")
for row in range(shown.shape[0]):
    for column in range(shown.shape[1]):
        value = 10 ** shown.iloc[row, column]
        colour = "white" if value < 5 else "black"
        axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=9, color=colour)
axes.set_xticks(range(shown.shape[1]), shown.columns, rotation=20, ha="right", fontsize=9)
axes.set_yticks(range(shown.shape[0]), shown.index)
axes.set_title("Intensity [flop/B]: blue is bound by computing, red by memory")
plt.show()

# %% [markdown]
# **Notice.**
#
# - Whoever writes token by token has an intensity of one: DALL-E reads all of its 24 GB of weights once for each of a
#   picture's 1,024 tokens. A batch mends that for the four operators with weights, and does *nothing* for `scores` and
#   `values`: each picture looks at its own past.
# - With many tokens at a time (32 images, a long prompt) reading is bound by computing; one image alone is not quite.
#   `scores` and `values` are bound by memory in every column: with 64 elements a head they move tables of scores in and
#   out. Exercise 8 is about not having such tables.

# %% [markdown]
# ## 2. How do images and texts end up in one space?
#
# CLIP has two encoders, one for images and one for texts, which make a vector of each. A batch has $B$ pairs; a right
# answer for image $i$ is text $i$, and the other $B - 1$ are wrong answers. Vectors are scaled to length 1. The
# *logits* are cosines times a scale, which is learned as its logarithm $\tau$ and *held to a largest value*:
#
# $$ z_{ij} = \min(e^{\tau}, s) \; \hat x_i \cdot \hat y_j $$
#
# **Which text belongs to this image?** is a cross entropy over a row, $-\ln\bigl(e^{z_{ii}} / \sum_j e^{z_{ij}}\bigr)$,
# averaged over images. **Which image belongs to this text?** is one over a column, averaged over texts. The loss is the
# mean of both (Radford et al., ICML 2021; there $s = 100$).
#
# With a scale of 1,000 the exponentials are beyond what a float can hold, though the loss is a small number. Take the
# largest logit out of the sum first.
#
# **What the model leaves out.** What it costs: on $n$ devices each has $B / n$ pairs, and needs everybody's vectors.
# That is an all-gather of $2 B d$ elements, and a table of $B^2 / n$ logits on each.
#
# **Exercise 3** (4 points, 10 minutes). Write `contrastive_loss`. Its `accuracy` is the share of the images whose own
# text has a *larger* logit than every other text; a tie is no answer, and a single pair is right. Compare without a
# tolerance: only such vectors are tied in the checks as floating point holds exactly, before and after scaling.


# %% exercise={"id": "m06_contrastive_loss", "reference": "m06_multimodal.contrastive:contrastive_loss"}
def contrastive_loss(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    """Contrastive loss of a batch of pairs.

    image_vectors: table, a row for each image, not scaled to length 1 yet [1]
    text_vectors:  table, row i belongs to image i [1]
    log_scale:     logarithm of the scale that multiplies cosines [1]
    largest_scale: scale that is not exceeded [1]

    Returns a dict: `images` (mean cross entropy of which text belongs to an image), `texts` (of which image belongs to
    a text), `loss` (mean of both), `accuracy`.

    Raises ValueError if there is no pair, the two are not tables of one shape, or a vector has length 0.
    """
    ### SOLUTION


# %% tests={"id": "m06_contrastive_loss"}
alike = contrastive_loss(np.ones((8, 4)), np.ones((8, 4)), log_scale=3.0)
assert set(alike) == {"images", "texts", "loss", "accuracy"}, f"these four: {sorted(alike)}"
assert np.isclose(alike["loss"], np.log(8)), f"eight pairs that look alike: ln 8, not {alike['loss']}"
assert alike["accuracy"] == 0, "nobody can tell which text it is: a tie is no answer"
apart = contrastive_loss(3 * np.eye(4), np.eye(4), log_scale=np.log(1e4), largest_scale=1e9)
assert np.isclose(apart["loss"], 0) and apart["accuracy"] == 1, f"perfect pairs, a large scale: 0, not {apart['loss']}"
try:
    contrastive_loss(np.zeros((2, 3)), np.ones((2, 3)), log_scale=1.0)
except ValueError:
    pass
else:
    raise AssertionError("a vector of length 0 points nowhere: raise ValueError")

# %%
rng = np.random.default_rng(6)
scales = np.geomspace(1, 1000, 25)
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for noise, colour in ((0.5, GREEN), (1.5, BLUE), (4.0, RED)):
    images = rng.normal(size=(128, 64))
    texts = images + noise * rng.normal(size=images.shape)
    losses = [contrastive_loss(images, texts, np.log(scale), np.inf)["loss"] for scale in scales]
    right_answers = contrastive_loss(images, texts, 1.0)["accuracy"]
    left.loglog(scales, losses, color=colour, label=f"noise {noise:g}: {100 * right_answers:.0f} % right")
left.axhline(np.log(128), color=GREY, linestyle=":")
left.set(xlabel="scale", ylabel="loss", ylim=(1e-4, 100), title="128 pairs; dotted: guessing")
left.legend(frameon=False)
batches = 2 ** np.arange(10, 17)
right.loglog(batches, 2 * batches * 768 * 2 * 255 / 256 / 1e6, color=BLUE, label="vectors received")
right.loglog(batches, 2 * batches.astype(float) ** 2 / 256 / 1e6, color=ORANGE, label="logits of one direction")
right.set(xlabel="pairs in the batch", ylabel="on each of 256 devices [MB]", title="What a batch costs")
right.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.**
#
# - Each kind of pair has a scale of its own at which the loss is least; beyond, a wrong answer costs the more, the
#   surer it was. A scale that may grow without end follows the noise of one batch: CLIP holds it at 100.
# - Vectors grow with the batch, logits with its square. With CLIP's 32,768 pairs the vectors are still the larger part.

# %% [markdown]
# ## 3. How many tokens is an image?
#
# To the language model an image is a number of tokens: so much prefill, so much cache, so much money. That number
# follows from a rule in the processor, and each family has its own. You will write three. They are *exact*: a serving
# system that reserves one token too few crashes, and one that reserves a thousand too many serves half of its users.
#
# ### Tiles that fit: LLaVA-NeXT
#
# The encoder takes tiles of 336 pixels, 24 $\times$ 24 patches of 14. There is a list of *canvases*, multiples of a
# tile, and an image is scaled onto one of them, without changing its aspect. Which one?
#
# - On a canvas $H_c \times W_c$ the image is scaled by $s = \min(W_c / W,\ H_c / H)$. It then covers
#   $\lfloor W s \rfloor \lfloor H s \rfloor$ pixels; but scaling up adds no detail, so no more than its own $W H$
#   count.
# - The canvas on which **most** pixels count wins. Among equals, the one with **least** of its area left over (area
#   less pixels that count). Among these, the first in the list.
#
# The canvas has rows and columns of patches. What the image does not cover is cut off again. If the image is wider than
# the canvas ($W / H$ larger than columns over rows), there is room above and below: it covers
# $H \cdot \mathrm{columns} / W$ rows of patches, *cut off* to a whole number (a number that is whole but for rounding
# in the eighth digit behind the point is whole); half of the others, *cut off* to a whole number, go on either side.
# Otherwise the same with columns. (Of a very thin image no row, or no column, may be left. So be it.)
#
# Tokens: one for each patch that is left, one more at the end of each row, and the whole image once more, squeezed into
# one tile ($24^2$ tokens).
#
# **Exercise 4** (5 points, 12 minutes). Write `anyres_tokens`. The canvases are given as (height, width).

# %%
PINPOINTS = ((336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008))


# %% exercise={"id": "m06_anyres_tokens", "reference": "m06_multimodal.anyres:anyres_tokens"}
def anyres_tokens(height_px, width_px, canvases_px=PINPOINTS, tile_px=336, patch_px=14):
    """Canvas, patches that are left, and tokens of an image, as in LLaVA-NeXT.

    height_px:   height of the image [px]
    width_px:    its width [px]
    canvases_px: list of (height, width) of each canvas, multiples of a tile [px]
    tile_px:     edge of a tile, a multiple of a patch [px]
    patch_px:    edge of a patch [px]

    Returns a dict: `canvas_px` (height and width of the canvas [px]), `grid` (rows and columns of patches that are
    left [1]), `tokens` [1].

    Raises ValueError if a size is not positive (a canvas's, too), or there is no canvas.
    """
    ### SOLUTION


# %% tests={"id": "m06_anyres_tokens"}
wide = anyres_tokens(1080, 1920)
assert set(wide) == {"canvas_px", "grid", "tokens"}, f"these three: {sorted(wide)}"
assert tuple(wide["canvas_px"]) == (672, 672), f"the square keeps most of it: {wide['canvas_px']}"
assert tuple(wide["grid"]) == (28, 48), f"27 rows are covered; of the 21 others 10 go on either side: {wide['grid']}"
assert wide["tokens"] == 28 * 48 + 28 + 576, f"1,948 tokens, not {wide['tokens']}"
assert tuple(anyres_tokens(336, 336)["canvas_px"]) == (336, 672), (
    "scaling up adds nothing, and the first of equals wins"
)
try:
    anyres_tokens(0, 100)
except ValueError:
    pass
else:
    raise AssertionError("an image has pixels: raise ValueError")

# %% [markdown]
# ### Tokens in proportion to pixels: Qwen2-VL
#
# Here the encoder takes any size, and merges 2 $\times$ 2 patches of 14 pixels into a token. So both sides of the image
# become multiples of $f = 28$ pixels:
#
# - Round $H / f$ and $W / f$ to whole numbers. (An exact half goes to the *even* one: `round` and `np.round` do that.)
# - If that makes **more than the most** pixels allowed, $m$: take $\beta = \sqrt{H W / m}$ of the *original* sides
#   instead, and round $H / \beta / f$ and $W / \beta / f$ *down*, but not to 0 (even if that is too many pixels again).
# - If it makes **less than the fewest**, $m'$: take $\beta = \sqrt{m' / (H W)}$, and round $H \beta / f$ and
#   $W \beta / f$ *up*.
#
# Floating point will do, in any order: after a $\beta$ no check has sides that would be whole but for the last digits.
#
# **What the model leaves out.** Other releases have other limits; the library's older ones refuse images below 28 px.
#
# **Exercise 5** (4 points, 10 minutes). Write `dynamic_tokens`.


# %% exercise={"id": "m06_dynamic_tokens", "reference": "m06_multimodal.dynamic_resolution:dynamic_tokens"}
def dynamic_tokens(height_px, width_px, factor_px=28, least_px=4 * 28 * 28, most_px=1280 * 28 * 28):
    """Size to which an image is scaled, and its tokens, as in Qwen2-VL.

    height_px: height of the image [px]
    width_px:  its width [px]
    factor_px: edge of what becomes one token [px]
    least_px:  fewest pixels after scaling, more than 0 [px]
    most_px:   most pixels after scaling, not less than the fewest [px]

    Returns a dict of whole numbers: `height_px` and `width_px` after scaling [px], `tokens` [1].

    Raises ValueError if a side or the factor is not positive, or one side is more than 200 times the other.
    """
    ### SOLUTION


# %% tests={"id": "m06_dynamic_tokens"}
photo = dynamic_tokens(480, 640)
assert set(photo) == {"height_px", "width_px", "tokens"}, f"these three: {sorted(photo)}"
assert (photo["height_px"], photo["width_px"]) == (476, 644), f"17 x 23 tokens: 476 x 644 pixels, not {photo}"
assert photo["tokens"] == 391, f"391 tokens, not {photo['tokens']}"
assert dynamic_tokens(2160, 3840)["tokens"] == dynamic_tokens(1080, 1920)["tokens"] == 1222, "both are too large"
try:
    dynamic_tokens(10, 2001)
except ValueError:
    pass
else:
    raise AssertionError("one side is more than 200 times the other: raise ValueError")

# %% [markdown]
# ### What is billed: GPT-4V
#
# OpenAI's guide to vision: in *low* detail an image is 85 tokens. In *high* detail it is scaled to fit into a square of
# 2,048 pixels, then so that its short side is 768 pixels long; then it is covered with tiles of 512 pixels, and costs
# 85 tokens, and 170 for each tile. Its examples: 1024 $\times$ 1024 is 765, 2048 $\times$ 4096 is 1,105.
#
# The guide has no example of a small image. We take both steps as limits: **nothing is ever scaled up.** And sides are
# not rounded to pixels in between; a side that is 512 after scaling, but for the last digits of floating point, is
# *one* tile.
#
# **What the model leaves out.** Others of OpenAI's models have other constants, and some count patches of 32 pixels.
#
# **Exercise 6** (3 points, 7 minutes). Write `tile_tokens`.


# %% exercise={"id": "m06_tile_tokens", "reference": "m06_multimodal.tiles:tile_tokens"}
def tile_tokens(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    """Tokens of an image, by the rule of GPT-4V.

    height_px:       height of the image [px]
    width_px:        its width [px]
    detail:          "low" or "high"
    base_tokens:     tokens of every image [1]
    per_tile_tokens: tokens of a tile [1]

    Returns the tokens, a whole number [1].

    Raises ValueError if a side is not positive, whatever the detail, or the detail is neither of the two.
    """
    ### SOLUTION


# %% tests={"id": "m06_tile_tokens"}
assert tile_tokens(1024, 1024) == 765, f"the guide says 765, not {tile_tokens(1024, 1024)}"
assert tile_tokens(4096, 2048) == 1105, f"the guide says 1,105, not {tile_tokens(4096, 2048)}"
assert tile_tokens(4096, 8192, detail="low") == 85, "low detail is 85, whatever the size"
assert tile_tokens(300, 200) == 255, "a small image is one tile"
try:
    tile_tokens(100, 100, detail="auto")
except ValueError:
    pass
else:
    raise AssertionError("low or high: raise ValueError")

# %% [markdown]
# The three rules on squares of all sizes, and on pictures that people send:

# %%
sides = np.arange(28, 2401, 4)
figure, axes = plt.subplots()
for name, rule, colour in (
    ("LLaVA-NeXT", lambda side: anyres_tokens(side, side)["tokens"], ORANGE),
    ("Qwen2-VL", lambda side: dynamic_tokens(side, side)["tokens"], BLUE),
    ("GPT-4V, high", lambda side: tile_tokens(side, side), GREEN),
):
    axes.plot(sides, [rule(int(side)) for side in sides], color=colour, label=name)
axes.set(xlabel="edge of a square image [px]", ylabel="tokens", title="One image, three rules", ylim=(0, 3100))
axes.legend(frameon=False)
plt.show()
pictures = {
    "icon": (64, 64),
    "photo": (3024, 4032),
    "screen": (1080, 1920),
    "long chat": (2400, 1080),
    "banner": (90, 728),
}
pd.DataFrame(
    {
        name: [anyres_tokens(*size)["tokens"], dynamic_tokens(*size)["tokens"], tile_tokens(*size)]
        for name, size in pictures.items()
    },
    index=["LLaVA-NeXT", "Qwen2-VL", "GPT-4V, high"],
).T

# %% [markdown]
# **Notice.**
#
# - An icon of 64 pixels is 4 tokens to one model and 1,176 to another: rules with tiles cost what a tile costs. A
#   system that sends thousands of icons chooses its model by that line alone.
# - From 337 pixels on LLaVA-NeXT is at its most, and sees no more detail in a photo of 12 million pixels. Tokens say
#   what is *paid*, not what is *seen*.

# %% [markdown]
# ## 4. How does text look at an image?
#
# Two ways are common. **One sequence:** image tokens are put before the text, and the language model's own layers
# attend over all of them (LLaVA, Qwen2-VL). **Cross-attention:** extra layers in which only the text asks, and only the
# image answers (Flamingo, every few layers). In one attention layer, with $q$ text tokens, $k$ image tokens and $D$
# elements:
#
# - Cross-attention: queries and outputs are projected for the text, keys and values for the image; each text token is
#   compared with each image token.
# - One sequence: all four projections for all $q + k$ tokens, and each is compared with each. (A causal mask would
#   halve what is *needed*. Count the full square here, as a kernel without that trick computes it.)
#
# And memory, beside the tokens themselves:
#
# - A *naive* kernel writes a table of scores, for each head.
# - A *streaming* kernel keeps two numbers of **4 bytes** for each query and head instead: the largest score so far, and
#   a sum. (How, is exercise 8.)
# - Keys and values are *cached* for the next step: all tokens that are attended to, all heads together $D$ elements
#   each, twice.
#
# **What the model leaves out.** Heads that share keys and values; the feed-forward layers, which the image passes in
# one sequence and not in the other; and the cross layers' own weights.
#
# **Exercise 7** (4 points, 10 minutes). Write `fusion_cost`: for both ways, operations (two a multiply-add, matrix
# products only) and bytes. There is always text; an image may have no tokens, and what is done for the text alone is
# done then, too.


# %% exercise={"id": "m06_fusion_cost", "reference": "m06_multimodal.cross_attention:fusion_cost"}
def fusion_cost(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    """Operations and memory of one attention layer, by cross-attention and in one sequence.

    text_tokens:   tokens of a sequence's text [1]
    image_tokens:  tokens of its image [1]
    hidden:        elements of a token [1]
    heads:         heads that share them evenly [1]
    batch:         sequences [1]
    element_bytes: bytes of a score, a key's element, a value's element; not of the streaming kernel's two numbers [B]

    Returns a dict with `cross` and `joined`, each a dict of whole numbers: `flops`; `score_bytes`, of the naive
    kernel's table; `streamed_bytes`, of the streaming kernel's two numbers; `cached_bytes`, of keys and values.

    Raises ValueError if there is less than no image token, or anything else is not positive.
    """
    ### SOLUTION


# %% tests={"id": "m06_fusion_cost"}
layer = fusion_cost(64, 576, hidden=1024, heads=16)
assert set(layer) == {"cross", "joined"}, f"both ways: {sorted(layer)}"
assert set(layer["cross"]) == {"flops", "score_bytes", "streamed_bytes", "cached_bytes"}, sorted(layer["cross"])
assert layer["cross"]["flops"] == 2_835_349_504, f"2,835,349,504 operations, not {layer['cross']['flops']:,}"
assert layer["joined"]["score_bytes"] == 2 * 16 * 640**2, f"640 x 640 scores a head: {layer['joined']['score_bytes']}"
assert layer["cross"]["streamed_bytes"] == 8 * 16 * 64, f"8 bytes a query and head: {layer['cross']['streamed_bytes']}"
try:
    fusion_cost(64, -1, hidden=1024, heads=16)
except ValueError:
    pass
else:
    raise AssertionError("less than no image: raise ValueError")

# %%
tokens = np.unique(np.geomspace(64, 20_000, 30).astype(int))
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for name, colour in (("joined", ORANGE), ("cross", BLUE)):
    costs = [fusion_cost(500, int(image), 4096, 32, batch=8)[name] for image in tokens]
    left.loglog(tokens, [1e-12 * cost["flops"] for cost in costs], color=colour, label=name)
    right.loglog(tokens, [1e-9 * cost["score_bytes"] for cost in costs], color=colour, label=f"{name}, naive")
    right.loglog(
        tokens, [1e-9 * cost["streamed_bytes"] for cost in costs], "--", color=colour, label=f"{name}, streamed"
    )
right.axhline(80, color=GREY, linestyle=":")
left.set(xlabel="image tokens, with 500 of text", ylabel="operations [Tflop]", title="One layer, 8 sequences")
right.set(xlabel="image tokens", ylabel="scores [GB]", title="Dotted: all of an 80 GB device")
for axes in (left, right):
    axes.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# **Notice.** In one sequence the naive table fills a whole device at about 12,000 tokens, eight sequences, *one* layer;
# by cross-attention it is a twenty-fifth of that, and streamed it is nothing to speak of. Operations do not change at
# all: streaming is exact, and saves memory only.

# %% [markdown]
# ### Attention without a table of scores
#
# One head, some queries of $d$ elements. The scores of a query with all keys are $s_j = q \cdot k_j / \sqrt{d}$, and
# the output is the mean of the values $v_j$ with the weights $e^{s_j} / \sum_i e^{s_i}$. Keys and values come in
# **tiles**, one after the other, and each is forgotten when it has been taken in. Nobody knows the largest score in
# advance.
#
# What must be remembered for each query? Say the largest score so far is $m$. Keep $l = \sum_j e^{s_j - m}$ and
# $o = \sum_j e^{s_j - m} v_j$. A new tile may bring a larger $m'$; then what was summed up so far is too large by a
# factor that you can name. At the end, $o / l$ is the output, and $m + \ln l = \ln \sum_j e^{s_j}$ lets two devices,
# each of which has seen half of the keys, put their outputs together.
#
# (Milakov and Gimelshein, arXiv 1805.02867, for the sum; Dao et al., "FlashAttention", NeurIPS 2022, for the values and
# for what tiles do to memory traffic.)
#
# **What the model leaves out.** Why it is fast: tiles that fit into the memory on the chip.
#
# **Exercise 8** (5 points, 12 minutes). Write the class `StreamedAttention`. Scores may be thousands, larger and
# smaller than 0; a tile may be empty (tables without a row), and then changes nothing. Nor does a tile that is refused.
# The output may be asked for at any time, as often as one likes.


# %% exercise={"id": "m06_streamed_attention", "reference": "m06_multimodal.streamed_attention:StreamedAttention"}
class StreamedAttention:
    """Attention of some queries to keys and values that come in tiles."""

    def __init__(self, queries):
        """Begin, with nothing seen.

        queries: table, a row for each query [1]
        """
        ### SOLUTION

    def absorb(self, keys, values):
        """Take in a tile of keys and values.

        keys:   table, a row for each key, with as many elements as a query [1]
        values: table, a row for each key; all tiles have values of the same number of elements [1]

        Raises ValueError if there are not as many values as keys, or keys have not as many elements as queries.
        """
        ### SOLUTION

    @property
    def output(self):
        """Weighted means of the values so far, a row for each query [1].

        Raises ValueError if no key has been taken in.
        """
        ### SOLUTION

    @property
    def log_sum_exp(self):
        """Logarithm of the sum of exponentials of the scores so far, one for each query [1].

        Raises ValueError if no key has been taken in.
        """
        ### SOLUTION


# %% tests={"id": "m06_streamed_attention"}
attention = StreamedAttention([[1.0, 0.0], [0.0, 2.0]])
attention.absorb([[0.0, 0.0]], [[2.0]])
assert np.allclose(attention.output, [[2.0], [2.0]]), f"one key, its value: {attention.output}"
attention.absorb([[0.0, np.sqrt(2) * np.log(3) / 2]], [[6.0]])
assert np.allclose(attention.output, [[4.0], [5.0]]), (
    f"equal weights for the first query, 1 to 3 for the second: 4 and 5, not {attention.output}"
)
assert np.allclose(attention.log_sum_exp, np.log([2, 4])), f"ln 2 and ln 4: {attention.log_sum_exp}"
loud = StreamedAttention([[1000.0]])
loud.absorb([[3.0]], [[7.0]])
assert np.allclose(loud.output, [[7.0]]), f"a score of 3,000, and one value: 7, not {loud.output}"
try:
    StreamedAttention([[1.0, 0.0]]).absorb([[1.0, 2.0]], [[1.0], [2.0]])
except ValueError:
    pass
else:
    raise AssertionError("two values for one key: raise ValueError")

# %% [markdown]
# And in memory? `tracemalloc` sees every array that numpy makes. Here are 256 text tokens that look at more and more
# image tokens, in one piece and in tiles of 64.

# %%
import tracemalloc


def peak_megabytes(keys, tile):
    """Largest memory that attention to so many keys needs beside keys and values, which are made tile by tile."""
    rng = np.random.default_rng(8)
    queries = rng.normal(size=(256, 32))
    tracemalloc.start()
    attention = StreamedAttention(queries)
    for first in range(0, keys, tile):
        size = min(tile, keys - first)
        attention.absorb(rng.normal(size=(size, 32)), rng.normal(size=(size, 32)))
    attention.output.sum()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


counts = [256, 1024, 4096]
pd.DataFrame(
    {
        "one piece [MB]": [peak_megabytes(count, count) for count in counts],
        "tiles of 64 [MB]": [peak_megabytes(count, 64) for count in counts],
        "a table of scores [MB]": [256 * count * 8 / 1e6 for count in counts],
    },
    index=pd.Index(counts, name="keys"),
).round(2)

# %% [markdown]
# **Notice.** In one piece memory grows with the keys, by more than three tables: scores, what is taken from them, and
# their exponentials. In tiles it does not grow at all. The result is the same to the last digits but few.

# %% [markdown]
# ## 5. Which stage is the bottleneck?
#
# A chatbot gets $\lambda$ requests a second. A share $p$ of them brings an image, one each. Three stages, each with
# machines of its own (Singh et al., "Efficiently Serving Large Multimodal Models Using EPD Disaggregation", ICML 2025):
#
# - **Encode:** a cache of encoded images already has a share $h$ of the images; the others reach this stage. Each takes
#   the same time on one of $c_1$ encoders.
# - **Prefill:** every request comes here. Its prompt has $x$ tokens of text, and $y$ more if it has an image, from the
#   cache or not. One of $c_2$ servers reads it, at $r$ tokens a second.
# - **Decode:** an answer holds one of $c_3$ slots for a time that is exponential, with a known mean.
#
# For each stage: the **jobs** that reach it, the **utilisation** of its servers (what it would have to be, where that
# is 1 or more), and how long a job **waits**. Take each stage as a queue with random arrivals. With $c$ servers, a mean
# service $t$ and the utilisation $\rho$, exponential services wait $C\,t / (c (1 - \rho))$ on average, where $C$ is
# Erlang's probability that all servers are busy. Other services wait $(1 + c_s^2) / 2$ times as long (Allen and
# Cunneen), where $c_s^2$ is the variance of the service time over the square of its mean. It is 1 for exponential
# times. What is it for the encoder? What for the prefill, where short and long prompts are mixed?
#
# Erlang's $C$ comes from $B$, the share that would be lost without a queue: $B_0 = 1$,
# $B_n = a B_{n-1} / (n + a B_{n-1})$ for $n = 1, \dots, c$, with the load $a = \rho c$; then
# $C = B_c / (1 - \rho (1 - B_c))$.
#
# And the question of the section: at which number of *requests a second to the whole* is a stage always busy? The least
# of the three is what the chatbot can do.
#
# **What the model leaves out.** A busy encoder lets images through at an even pace, so the prefill behind it waits less
# than this says. Several images at a time make bursts, and it waits more.
#
# **Exercise 9** (5 points, 12 minutes). Write `stage_table`. A stage that cannot keep up (a utilisation of 1 or more)
# has an infinite wait. A stage that nobody reaches has a utilisation of 0 and no wait, and can do infinitely many
# requests.


# %% exercise={"id": "m06_stage_table", "reference": "m06_multimodal.serving_pipeline:stage_table"}
def stage_table(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    """Load and wait of each stage of a chatbot that sees.

    requests_per_s:    requests that come [1/s]
    image_share:       share of them that has an image [1]
    hit_share:         share of the images that the cache has already [1]
    encode_s:          time to encode an image, on one encoder [s]
    text_tokens:       tokens of every prompt's text [1]
    image_tokens:      tokens of an image [1]
    read_tokens_per_s: tokens that one prefill server reads [1/s]
    write_s:           mean time for which an answer holds a decode slot [s]
    servers:           three numbers: encoders, prefill servers, decode slots [1]

    Returns a table, data frame or dict of columns, with a row for each stage, in this order: stage ("encode",
    "prefill", "decode"), jobs_per_s [1/s], utilisation [1], mean_wait_s [s], most_requests_per_s (requests to the whole
    at which the stage is always busy) [1/s].

    Raises ValueError if requests_per_s, encode_s, text_tokens, read_tokens_per_s or write_s is not positive, a share
    does not lie between 0 and 1 (both are allowed), image_tokens is negative, or a stage has no server.
    """
    ### SOLUTION


# %% tests={"id": "m06_stage_table"}
chat = pd.DataFrame(stage_table(4.0, 0.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, servers=(1, 1, 32)))
assert list(chat["stage"]) == ["encode", "prefill", "decode"], f"three stages: {list(chat['stage'])}"
assert set(chat.columns) == {"stage", "jobs_per_s", "utilisation", "mean_wait_s", "most_requests_per_s"}
chat = chat.set_index("stage")
assert np.isclose(chat.loc["encode", "jobs_per_s"], 1.6), (
    "half of the requests have an image, a fifth of these is cached"
)
assert np.isclose(chat.loc["prefill", "utilisation"], 0.625), "1,250 tokens a request, four times a second, of 8,000"
assert np.isclose(chat.loc["encode", "mean_wait_s"], 0.0833333), (
    f"a server that always takes 0.25 s, busy for 40 %: a third of that, not {chat.loc['encode', 'mean_wait_s']}"
)
assert np.isclose(chat["most_requests_per_s"].min(), 6.4), f"prefill and decode: {list(chat['most_requests_per_s'])}"
try:
    stage_table(4.0, 1.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, servers=(1, 1, 32))
except ValueError:
    pass
else:
    raise AssertionError("a share of 1.5: raise ValueError")

# %% [markdown]
# A fleet of 12 accelerators for a model of 8e9 weights: an encoder takes 0.12 s for an image of 1,222 tokens, prefill
# reads 12,000 tokens a second, a decode server has 24 slots that are held for 6 s. Who gets how many?

# %%
best = []
for image_share in (0.0, 0.2, 0.5, 0.8, 1.0):
    for hits in (0.0, 0.6):
        splits = []
        for encoders in range(1, 11):
            for readers in range(1, 12 - encoders):
                writers = 12 - encoders - readers
                table = stage_table(
                    1.0, image_share, hits, 0.12, 300, 1222, 12_000.0, 6.0, (encoders, readers, 24 * writers)
                )
                splits.append((min(table["most_requests_per_s"]), encoders, readers, writers))
        best.append([image_share, hits, *max(splits)])
pd.DataFrame(best, columns=["with image", "cached", "most requests/s", "encode", "prefill", "decode"]).round(2)

# %% [markdown]
# **Notice.**
#
# - Images move machines to the encoder *and* to the prefill: 1,222 tokens are four times the text. A cache of encoded
#   images spares the encoder only. What spares the prefill is a cache of keys and values.
# - With text only the same fleet does 40 requests a second, with an image in each 24, and it is divided otherwise: a
#   fleet that is right on Monday is wrong when an app learns to send screenshots.

# %% [markdown]
# ## 6. How many frames together?
#
# Cameras send frames, and each must be encoded within a deadline. More frames in a batch make better use of the
# machine. But a batch must be waited for. An encoder is described by a dict; a batch of $B$ frames takes a launch, and
# then the longer of computing and moving. Large batches reach `best_share` of the peak, a batch of `half_batch` frames
# half of that:

# %%
EDGE = {
    "frame_flops": 35e9,  # ViT-B/16 at 224 pixels
    "frame_bytes": 50e6,
    "weight_bytes": 172e6,
    "launch_s": 1e-3,
    "peak_flops_per_s": 20e12,
    "bandwidth_bytes_per_s": 100e9,
    "best_share": 0.45,
    "half_batch": 2.0,
}  # a made-up board


def encoder_time_s(batch, encoder):
    """Time that a batch takes [s]; `batch` may be an array of numbers of frames."""
    share = encoder["best_share"] / (1 + encoder["half_batch"] / np.asarray(batch))
    compute_s = batch * encoder["frame_flops"] / encoder["peak_flops_per_s"] / share
    move_s = (batch * encoder["frame_bytes"] + encoder["weight_bytes"]) / encoder["bandwidth_bytes_per_s"]
    return encoder["launch_s"] + np.fmax(compute_s, move_s)


pd.DataFrame({"batch": [1, 2, 4, 8, 16]}).assign(
    ms=lambda table: 1e3 * encoder_time_s(table["batch"].to_numpy(), EDGE),
    frames_per_s=lambda table: 1e3 * table["batch"] / table["ms"],
).round(1)

# %% [markdown]
# Let frames come **evenly**, $\lambda$ a second, all cameras together. A batch begins when its last frame has come.
# Then
#
# - its first frame has waited for $B - 1$ others, and must still be done within the deadline, counted from when it
#   came;
# - the batch must not take longer than the *next one needs to fill*, or the queue grows without end.
#
# Both limits are inclusive (and no check lies so near to one that rounding decides). Of the batches that keep them take
# the **largest**: a frame costs least there. If there is none, frames must be dropped: keep every second one, or every
# third, ..., at even distances, and look again. Drop as few as possible.
#
# **What the model leaves out.** Frames that come at random: the next exercise.
#
# **Exercise 10** (4 points, 11 minutes). Write `encoder_batch`. `encoder_time_s` is there. If no batch does, even when
# only one of `drop` frames is kept, there is no way: `keep_every` and `batch` are 0, the latency infinite, the
# utilisation 0.


# %% exercise={"id": "m06_encoder_batch", "reference": "m06_multimodal.encoder_batching:encoder_batch"}
def encoder_batch(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    """Best batch of an encoder to which frames come evenly.

    frames_per_s: frames that come, of all cameras together [1/s]
    deadline_s:   time in which each must be encoded [s]
    encoder:      dict, as `encoder_time_s` takes it
    largest:      most frames that fit into a batch [1]
    drop:         largest `keep_every` that is allowed [1]

    Returns a dict: `keep_every` (1 if no frame is dropped, 2 if every other one is, ...) [1], `batch` [1], `latency_s`
    of the frame that waits longest [s], `utilisation`: share of the time that the encoder is busy with frames kept [1].

    Raises ValueError if a rate or a deadline is not positive, or `largest` or `drop` is less than 1.
    """
    ### SOLUTION


# %% tests={"id": "m06_encoder_batch"}
street = encoder_batch(150.0, 0.1, EDGE)
assert set(street) == {"keep_every", "batch", "latency_s", "utilisation"}, f"these four: {sorted(street)}"
assert (street["keep_every"], street["batch"]) == (1, 9), f"nine together, none dropped: {street}"
assert np.isclose(street["latency_s"], 8 / 150 + encoder_time_s(9, EDGE)), f"eight others, then the batch: {street}"
assert 0 < street["utilisation"] <= 1, f"a share of the time: {street['utilisation']}"
assert encoder_batch(150.0, 0.005, EDGE)["batch"] == 0, "not even one frame takes less than 5 ms"
try:
    encoder_batch(0.0, 0.1, EDGE)
except ValueError:
    pass
else:
    raise AssertionError("no frames: raise ValueError")

# %%
rates = np.arange(10, 400, 2)
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for deadline_s, colour in ((0.033, RED), (0.1, ORANGE), (0.3, BLUE)):
    found = [encoder_batch(float(rate), deadline_s, EDGE) for rate in rates]
    left.plot(rates, [one["batch"] for one in found], color=colour, label=f"{1e3 * deadline_s:.0f} ms")
    kept = [rate / one["keep_every"] if one["batch"] else 0 for rate, one in zip(rates, found, strict=True)]
    right.plot(rates, kept, color=colour)
left.set(xlabel="frames that come [1/s]", ylabel="best batch", title="By deadline")
right.set(xlabel="frames that come [1/s]", ylabel="frames kept [1/s]", title="What is encoded")
left.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** At few frames a second large batches take too long to fill, at many too long to encode. And dropping at
# even distances is coarse: a hair beyond what the encoder can do, half of all frames are lost.

# %% [markdown]
# ### A policy for an encoder
#
# Real frames come at random, and in bursts. Whenever the encoder is free and a frame waits, somebody must decide: how
# many of the oldest frames to **drop**, and how many of the next to **encode** together. A frame counts only if its
# batch is done by its deadline. When there is too much to do, some frames cannot be in time, and the question is which
# ones to give up, and *when*.
#
# Below is the encoder of an afternoon. It asks a policy; two are there for comparison.


# %%
BATCH_S = encoder_time_s(np.arange(1, 17), EDGE | {"peak_flops_per_s": 40e12, "half_batch": 4.0}).tolist()


def afternoon(policy, arrival_s, deadline_s=0.1):
    """Frames in time, late and dropped, in per cent, and the mean batch."""
    arrivals, now, waiting, sizes = list(arrival_s), 0.0, [], []
    counts = {"in time": 0, "late": 0, "dropped": 0}
    while arrivals or waiting:
        now = now if waiting else max(now, arrivals[0])
        while arrivals and arrivals[0] <= now:
            waiting.append(arrivals.pop(0) + deadline_s)
        drop, take = policy([due - now for due in waiting], BATCH_S)
        if drop + take == 0:  # it would rather wait for the next frame
            if not arrivals:  # none will come
                counts["dropped"] += len(waiting)
                break
            now = arrivals[0]
            continue
        counts["dropped"] += drop
        batch, waiting = waiting[drop : drop + take], waiting[drop + take :]
        if batch:
            now += BATCH_S[take - 1]
            sizes.append(take)
            counts["in time"] += sum(due >= now for due in batch)
            counts["late"] += sum(due < now for due in batch)
    return {name: 100 * count / len(arrival_s) for name, count in counts.items()} | {"batch": np.mean(sizes or [0])}


def whatever_waits(slack_s, batch_s):
    """No frame dropped, as many encoded as fit into a batch."""
    return 0, min(len(slack_s), len(batch_s))


def one_by_one(slack_s, batch_s):
    """No frame dropped, one encoded."""
    return 0, 1


def random_frames(rate, seconds=5, burst=1, seed=11):
    """Times at which frames come, `burst` of them together [s]."""
    rng = np.random.default_rng(seed)
    return np.repeat(np.sort(rng.uniform(0, seconds, rng.poisson(rate * seconds / burst))), burst)


AFTERNOONS = {
    "calm": random_frames(150),
    "bursts of 12": random_frames(200, burst=12),
    "twice too many": random_frames(700),
}
pd.DataFrame(
    {
        (day, policy.__name__): afternoon(policy, AFTERNOONS[day])
        for day in AFTERNOONS
        for policy in (whatever_waits, one_by_one)
    }
).T.round(1)

# %% [markdown]
# **Exercise 11** (5 points, 12 minutes). Write the policy `next_batch`. It sees the time that each waiting frame has
# left until its deadline, the oldest first (less than 0 if it is too late), and how long batches of 1, 2, 3, ... frames
# take; no batch may be larger than that list. There is always a frame waiting. `(0, 0)` waits until the next one comes.
# The hidden checks play three days with other frames, the same deadline of 0.1 s and an encoder of slightly other
# times, and hold them against `whatever_waits`: in calm hours at least 98.5 % as many frames in time; in bursts at
# least 2 % more; under overload, with half as many again as can be encoded, at least 2.6 times as many, and at most 2 %
# of what is encoded may be late.


# %% exercise={"id": "m06_next_batch", "reference": "m06_multimodal.encoder_queue:next_batch"}
def next_batch(slack_s, batch_s):
    """How many of the oldest frames to drop, and how many of the next to encode together.

    slack_s: list, time that each waiting frame has left until its deadline, the oldest first [s]
    batch_s: list, time that batches of 1, 2, 3, ... frames take [s]

    Returns two whole numbers: dropped, encoded.
    """
    ### SOLUTION


# %% tests={"id": "m06_next_batch"}
dropped, encoded = next_batch([0.5, 0.6], [0.01, 0.015, 0.02])
assert (dropped, encoded) == (0, 2), f"there is time enough for both, together: {(dropped, encoded)}"
dropped, encoded = next_batch([-0.1, 0.5], [0.01, 0.015])
assert dropped == 1 and encoded == 1, f"the first is too late: {(dropped, encoded)}"
dropped, encoded = next_batch([0.02] * 40, [0.01] * 8)
assert dropped + encoded <= 40 and encoded <= 8, "no more than fit into a batch"

# %%
pd.DataFrame(
    {
        (day, policy.__name__): afternoon(policy, AFTERNOONS[day])
        for day in AFTERNOONS
        for policy in (whatever_waits, one_by_one, next_batch)
    }
).T.round(1)

# %% [markdown]
# **Notice.** Under overload "no frame is dropped" means that hardly one is in time: each waits behind others that are
# late already. And to drop only what is late by now is nearly as bad: the oldest frame that *just* makes it forces a
# batch of one, when the encoder needs large ones most. Give up old frames early, and many new ones get through
# together. (Nexus, SOSP 2019, serves video on GPUs under such deadlines.)

# %% [markdown]
# ## 7. What do other media cost?
#
# **Sound.** Whisper's encoder hears pieces of 30 seconds; what is shorter is filled up with silence. A piece is 3,000
# frames of a spectrum, and two frames become one position (Radford et al., ICML 2023).
#
# **Film.** Qwen2-VL looks at some pictures a second, and makes of two that follow each other what it would make of one.
# A last picture without a partner counts as a pair.
#
# **An image, written.** DALL-E reads its text in one pass and then writes image tokens one by one. Each token, of text
# or image, passes all weights (two operations each), and attends to all before it and itself: $4 D$ operations for each
# of these, in each of $L$ layers. Each pass reads all weights from memory; the text is one pass, each image token is
# one.
#
# **An image, refined.** A diffusion model encodes the text once, runs a network for a number of steps over the whole
# (small, *latent*) image, and decodes once. With guidance each step needs the network twice: with the prompt, and
# without (Ho and Salimans, arXiv 2207.12598).
#
# **What the model leaves out.** DALL-E's attention is sparse in most layers, so its context costs less than this.
#
# **Exercise 12** (3 points, 8 minutes). Set `media_bill`.

# %%
call_s = 122.0
film = {"duration_s": 23.5, "pictures_per_s": 2.0, "picture_tokens": 704}
writer = {"text_tokens": 256, "image_tokens": 1024, "weights": 12e9, "layers": 64, "hidden": 3968, "element_bytes": 2}
refiner = {"steps": 50, "guided": True, "text_flops": 2.7e10, "network_flops": 8.4e11, "decoder_flops": 2.54e12}

# %% exercise={"id": "m06_media_bill", "reference": "m06_multimodal.media_bill:media_bill"}
# media_bill = {"call_positions": ..., "film_tokens": ..., "written_flops": ..., ...}
# call_positions: positions of the call in Whisper's encoder, of all its pieces [1]
# film_tokens:    tokens of the film, `picture_tokens` for each pair [1]
# written_flops:  operations of the image that `writer` writes, its text included [flop]
# written_bytes:  bytes of weights that are read from memory for it [B]
# refined_flops:  operations of the image that `refiner` refines [flop]
### SOLUTION

# %% tests={"id": "m06_media_bill"}
keys = {"call_positions", "film_tokens", "written_flops", "written_bytes", "refined_flops"}
assert set(media_bill) == keys, f"these five: {sorted(media_bill)}"
assert media_bill["call_positions"] % 1500 == 0, f"whole pieces: {media_bill['call_positions']}"
assert media_bill["film_tokens"] % 704 == 0, f"whole pairs: {media_bill['film_tokens']}"
assert media_bill["written_flops"] > 2 * 12e9 * 1280, "every token passes all weights, and attends to others"
assert 24e12 < media_bill["written_bytes"] < 25e12, f"24 GB, a thousand times and more: {media_bill['written_bytes']}"
assert 80e12 < media_bill["refined_flops"] < 90e12, f"about 87 Tflop: {media_bill['refined_flops']}"

# %%
read_bytes = {"written": media_bill["written_bytes"], "refined": 50 * 2 * 860e6}  # 860e6 weights of 2 bytes, each step
pd.DataFrame(
    {
        "operations [Tflop]": {way: 1e-12 * media_bill[f"{way}_flops"] for way in read_bytes},
        "weights read [GB]": {way: 1e-9 * count for way, count in read_bytes.items()},
        "intensity [flop/B]": {way: media_bill[f"{way}_flops"] / count for way, count in read_bytes.items()},
    }
).round(1)

# %% [markdown]
# **Notice.** The refined image takes nearly three times the operations of the written one, and a three-hundredth of the
# bytes: a step works on the whole image at once, so each weight that is read is used in thousands of places. The
# written one waits for memory at every token.
#
# You can now say what an image costs, from its pixels to its place in the queue. In the worked example one screenshot
# goes through four families of models; in the novel scenario a model nobody has seen before is yours to serve.
