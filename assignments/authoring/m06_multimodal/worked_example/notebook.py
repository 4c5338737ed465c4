# %% [markdown]
# # Module 6 · Multimodal Foundation Models: worked example
#
# **The question.** A travel company wants an assistant to which people send what is on their screens, and photos of
# tickets and places. Four families of models are on the table, all with a language model of the same size behind them.
# What does a picture cost in each of them, in tokens, memory and time, and which family suits which kind of picture?
#
# The road is laid out: first a fourth rule for tokens, then the bill for three pictures, then what pictures cost in a
# long conversation. **You complete two of the steps and explain one:** exercises 1 and 2 are code, exercise 3 is in
# words; 11 points, and about 28 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. A fourth family
#
# The practical had three rules: tiles that fit (LLaVA-NeXT), tokens in proportion to pixels (Qwen2-VL), tiles that are
# billed (GPT-4V). InternVL has a fourth. Its encoder takes tiles of 448 pixels, and gives 256 tokens for each. The
# image is scaled onto a grid of tiles *without regard to its aspect*: it may be stretched. So the grid is chosen by
# shape:
#
# - Grids have $i$ columns and $j$ rows, with $i j$ tiles: from 1 to `most_tiles`, which is 12. Go through them in the
#   order of their tiles; among as many tiles, fewer columns first.
# - A grid is as far away as its shape, $|W / H - i / j|$. The nearest wins.
# - If a grid is **exactly as near** as the best so far, it is taken instead only if the image has *more* pixels than
#   half of the grid's, $W H > \frac{1}{2} \cdot 448^2\, i j$. So a large square image gets a grid of 3 by 3, and a
#   small one a single tile.
#
# If the grid has several tiles, the whole image is encoded once more, as one tile. That one counts, too.
#
# **Exercise 1** (4 points, 10 minutes). Write `tile_grid`. "Exactly as near" is meant of the numbers as floating point
# gives them.


# %% exercise={"id": "m06_tile_grid", "reference": "m06_multimodal.tiles:tile_grid"}
def tile_grid(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    """Grid of tiles onto which InternVL scales an image, and its tokens.

    height_px:       height of the image [px]
    width_px:        its width [px]
    tile_px:         edge of a tile [px]
    most_tiles:      most tiles of a grid [1]
    per_tile_tokens: tokens of a tile [1]

    Returns a dict of whole numbers: `rows`, `columns` of the grid; `tiles` that are encoded, the whole image included;
    `tokens`.

    Raises ValueError if a side, a tile's edge or the number of tiles is not positive.
    """
    ### SOLUTION


# %% tests={"id": "m06_tile_grid"}
screen = tile_grid(1080, 1920)
assert set(screen) == {"rows", "columns", "tiles", "tokens"}, f"these four: {sorted(screen)}"
assert (screen["rows"], screen["columns"]) == (2, 4), f"two rows of four are nearest to 16:9, and it is large: {screen}"
assert screen["tiles"] == 9 and screen["tokens"] == 2304, f"eight tiles and the whole image: 2,304 tokens, not {screen}"
assert tile_grid(300, 300)["tokens"] == 256, "a small square is one tile, and needs no second look"
try:
    tile_grid(100, 100, most_tiles=0)
except ValueError:
    pass
else:
    raise AssertionError("no tiles at all: raise ValueError")

# %% [markdown]
# ## 2. The bill
#
# Three pictures: a screenshot of 1080 $\times$ 1920 pixels (height first), a ticket photographed in portrait, 1600
# $\times$ 900, and an icon of 96 $\times$ 96. What the first three families make of them is known from the practical's
# rules. The fourth column is yours.

# %%
PICTURES = {"screenshot": (1080, 1920), "ticket": (1600, 900), "icon": (96, 96)}
tokens = pd.DataFrame(
    {
        "LLaVA-NeXT": [1948, 1968, 1176],
        "Qwen2-VL": [1222, 1222, 9],
        "GPT-4V, high": [1105, 1105, 255],
        "InternVL": [tile_grid(*size)["tokens"] for size in PICTURES.values()],
    },
    index=list(PICTURES),
)
tokens

# %% [markdown]
# Behind each stands a language model of Llama-3.1-8B's shape: 128 KiB of keys and values a token (32 layers, 8
# key-value heads of 128 elements, 2 bytes), and 7.5e9 weights that a token passes. The encoder is a ViT-L/14 of 300e6
# weights in all four, and sees four patches for each token of Qwen2-VL, and as many as 1,024 for a tile of 256 tokens
# of InternVL; what OpenAI's does is not known. Machines reach 400 Tflop/s.

# %%
PATCHES = {  # that the encoder sees
    "LLaVA-NeXT": [2880, 2880, 1728],
    "Qwen2-VL": [4888, 4888, 36],
    "InternVL": [1024 * tile_grid(*size)["tiles"] for size in PICTURES.values()],
}


def bill(family, picture):
    """Memory and time that one picture adds."""
    count, place = tokens.loc[picture, family], list(PICTURES).index(picture)
    encode_s = 2 * 300e6 * PATCHES[family][place] / 400e12 if family in PATCHES else np.nan
    read_s = 2 * 7.5e9 * count / 400e12
    return {"cache [MB]": count * 131_072 / 1e6, "encode [ms]": 1e3 * encode_s, "read [ms]": 1e3 * read_s}


pd.DataFrame({(picture, family): bill(family, picture) for picture in PICTURES for family in tokens.columns}).T.round(1)

# %% [markdown]
# **Notice.**
#
# - A screenshot costs more in InternVL than in any other: 2,304 tokens, 302 MB of cache. Eight users with one each fill
#   2.4 GB with pictures, before a word is said.
# - Reading a picture takes longer than encoding it, everywhere: the language model is 25 times the encoder's size.
# - For the icon the families differ by a factor of 130.
#
# ## 3. A conversation with pictures
#
# People do not send one picture. In a conversation all of them stay in sight. Three ways to take them in, with the same
# language model, whose first word is promised within a time:
#
# - **One sequence.** Text of $x$ tokens and $n$ pictures of $k$ tokens are read: $T = x + n k$ tokens.
# - **Resampler.** A small network makes $r$ tokens of each picture, for $F_r$ operations: $T = x + n r$, and $n F_r$.
# - **Cross-attention.** Text alone is read, $T = x$; in each of $X$ extra layers it looks at all $n k$ image tokens.
#   Such a layer takes $4 x D^2$ operations for queries and outputs, $4 n k D^2$ for keys and values, and $4 x n k D$
#   for scores and weighted sums. (Without a picture, $n = 0$, too: here it is not skipped.)
#
# Reading $T$ tokens takes $2 N T$ operations for $N$ weights, and attention in $L$ layers of $D$ elements. It is
# causal: a token attends to those before it and to itself, which are $T (T + 1) / 2$ pairs in all, and each pair takes
# $4 D$ operations in a layer. Everything runs at the same number of operations a second. The encoder is the same in all
# three and left out.
#
# **Exercise 2** (3 points, 10 minutes). Write `fusion_figure`, a figure as plain data: time to read against the number
# of pictures, a line for each way, *in the order above*. A way that breaks the promise with the fewest pictures already
# has no line and no mark: *name* it.


# %% exercise={"id": "m06_fusion_figure", "reference": "m06_multimodal.fusion_figure:fusion_figure"}
def fusion_figure(pictures, promise_s, model):
    """Time to read against pictures in a conversation, a line for each way of fusion, as plain data.

    pictures:  array of rising numbers of pictures, at least one [1]
    promise_s: longest time that was promised [s]
    model:     dict: text_tokens (x), image_tokens (k, of one picture), latents (r), layers (L), hidden (D), weights
               (N), cross_layers (X) [1]; resampler_flops (F_r, of one picture) [flop]; flops_per_s that are reached
               [flop/s]

    Returns a dict with
        title:    a text
        x, y:     dicts with `label` (of y ending in the unit, [s]), `scale` ("linear"), `limits` (first and last number
                  of pictures; 0 and at least the largest time shown, if any)
        series:   list of dicts, one for each way that has a line, with `label` ("one sequence", "resampler" or
                  "cross-attention"), `kind` ("line"), `x` (pictures) and `y` (time [s])
        marks:    for each line a dict with its `label`, and `x` and `y` of its last point at which the time is at most
                  promise_s
        left_out: list of the labels of ways that have no line
    """
    ### SOLUTION


# %% tests={"id": "m06_fusion_figure"}
tiny = {"text_tokens": 10, "image_tokens": 100, "latents": 4, "layers": 1, "hidden": 8, "weights": 1000}
tiny |= {"cross_layers": 1, "resampler_flops": 5000, "flops_per_s": 1e6}
plain = fusion_figure(np.array([1, 2, 4]), 0.3, tiny)
assert set(plain) == {"title", "x", "y", "series", "marks", "left_out"}, f"these parts: {sorted(plain)}"
assert plain["left_out"] == ["one sequence"], f"110 tokens take 0.42 s, which was not promised: {plain['left_out']}"
assert [one["label"] for one in plain["series"]] == ["resampler", "cross-attention"], "two lines are left"
assert np.allclose(plain["series"][0]["y"], [0.03636, 0.051472, 0.083232], atol=1e-6), (
    f"14 tokens and 5,000 operations take 0.03636 s: {plain['series'][0]['y']}"
)
assert [mark["x"] for mark in plain["marks"]] == [4, 4], f"both keep the promise to the end: {plain['marks']}"

# %%
MODEL = {
    "text_tokens": 400, "image_tokens": 1222, "latents": 64, "layers": 32, "hidden": 4096, "weights": 7.5e9,
    "cross_layers": 8, "resampler_flops": 60e9, "flops_per_s": 400e12,
}  # fmt: skip
PROMISE_S = 0.5
plain = fusion_figure(np.arange(0, 21), PROMISE_S, MODEL)
figure, axes = plt.subplots()
for one, colour in zip(plain["series"], (ORANGE, GREEN, BLUE), strict=False):
    axes.plot(one["x"], one["y"], color=colour, label=one["label"])
for mark in plain["marks"]:
    axes.plot(mark["x"], mark["y"], "o", color=GREY, markersize=5)
axes.axhline(PROMISE_S, color=GREY, linestyle=":")
axes.set(xlabel=plain["x"]["label"], ylabel=plain["y"]["label"], title=plain["title"], xlim=plain["x"]["limits"])
axes.legend(frameon=False)
plt.show()
cache_mb = {
    "one sequence": (400 + 20 * 1222) * 131_072 / 1e6,
    "resampler": (400 + 20 * 64) * 131_072 / 1e6,
    "cross-attention": (400 * 131_072 + 8 * 20 * 1222 * 4_096) / 1e6,  # 8 layers, 8 key-value heads of 128, 2 bytes
}
print("cache of a conversation with 20 pictures [MB]:", {way: round(size) for way, size in cache_mb.items()})

# %% [markdown]
# **Notice.** The line of one sequence bends upwards: attention over everything grows with the square. The other two are
# nearly straight, and nearly flat. What the figure does not show is what they *miss*: 64 tokens of a page with small
# print are 64 tokens.
#
# ## 4. Which family for which picture?

# %% [markdown] exercise={"id": "m06_family_choice"}
# **Exercise 3** (4 points, 8 minutes). *Advice to the travel company.* In about 200 words, with numbers from the bill
# and the figure:
#
# 1. Thousands of icons are to be checked each minute. Which family, and what does a wrong choice cost?
# 2. Tickets have small print. Someone says "more tokens, so it reads better". What do tokens of the four families say
#    about what is *seen* of a ticket of 1600 $\times$ 900 pixels, and what do they not say?
# 3. People send up to 20 pictures in a conversation, and the first word was promised within half a second. Which way of
#    fusion, and what is given up for it?
# 4. What would you measure before you decide, since neither bill nor figure has it? Name one thing of quality, and one
#    of time or memory.

# %% [markdown]
# You have followed pictures from their pixels to a promise. In the novel scenario nobody has laid out the road: a model
# that nobody has seen, a fleet, and a choice that you must defend.
