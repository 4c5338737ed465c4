r"""What pictures cost a conversation: three ways of fusion, as the data of a figure.

Question
    A user adds one picture after the other to a conversation. How long is it until the first word of the answer, if
    image tokens are put into the sequence, if a resampler makes few of them, and if the text looks at them across?
Model
    .. math:: t(T) = \frac{2 N T + 2 L D \, T (T + 1)}{P}, \qquad
        t_1 = t(x + n k), \quad t_2 = t(x + n r) + \frac{n F_r}{P}, \quad
        t_3 = t(x) + \frac{X (4 x D^2 + 4 n k D^2 + 4 x n k D)}{P}

    Reading :math:`T` tokens takes two operations for each of :math:`N` weights, and causal attention in :math:`L`
    layers of :math:`D` elements, at :math:`P` operations a second. :math:`n` pictures have :math:`k` tokens each, or
    :math:`r` behind a resampler that takes :math:`F_r` operations a picture; or :math:`X` cross-attention layers
    (`fusion_cost`) let the :math:`x` tokens of text look at all of them.
Assumes
    The encoder's time is the same in all three and left out; cross layers without feed-forward layers of their own.
Breaks when
    A cache already holds the conversation: then only the new picture is read.
Source
    `causal_context`, `fusion_cost` and `resampler_cost`; Li et al., BLIP-2, ICML 2023, and Alayrac et al., Flamingo,
    NeurIPS 2022, for the second and the third way.
Oracle
    Operations of `forward_flops` and `fusion_cost` added up for each point; tokens read one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["fusion_figure"]


def fusion_figure(pictures: ArrayLike, promise_s: float, model: Mapping[str, float]) -> dict[str, Any]:
    """Time to read against pictures in a conversation, a line for each way of fusion, as plain data.

    Parameters
    ----------
    pictures : (n,) array_like of int
        Numbers of pictures, rising. [1]
    promise_s : float
        Longest time that was promised. [s]
    model : mapping of str to float
        `text_tokens`, `image_tokens` of a picture, `latents`, `layers`, `hidden`, `weights` that a token passes,
        `cross_layers` [1], `resampler_flops` for a picture [flop], `flops_per_s` that are reached [flop/s].

    Returns
    -------
    dict
        `title`; `x` and `y` with `label`, `scale`, `limits`; `series`, a line for each way; `marks`, for each line the
        last point that keeps the promise; `left_out`, ways that break it with the fewest pictures already.

    Examples
    --------
    >>> model = {"text_tokens": 10, "image_tokens": 100, "latents": 4, "layers": 1, "hidden": 8, "weights": 1000}
    >>> model |= {"cross_layers": 1, "resampler_flops": 5000, "flops_per_s": 1e6}
    >>> figure = fusion_figure([1, 2, 4], 0.3, model)
    >>> [mark["x"] for mark in figure["marks"]], figure["left_out"]
    ([4.0, 4.0], ['one sequence'])
    """
    count = np.asarray(pictures, dtype=float)
    text, image = model["text_tokens"], count * model["image_tokens"]
    sequences: dict[str, Any] = {
        "one sequence": text + image,
        "resampler": text + count * model["latents"],
        "cross-attention": text,
    }
    across = 4 * model["hidden"] ** 2 * (text + image) + 4 * text * image * model["hidden"]
    extra = {
        "one sequence": np.zeros_like(count),
        "resampler": count * model["resampler_flops"],
        "cross-attention": model["cross_layers"] * across,
    }
    series, marks, left_out = [], [], []
    for way, tokens in sequences.items():
        read = 2 * model["weights"] * tokens + 2 * model["layers"] * model["hidden"] * tokens * (tokens + 1)
        time_s = (read + extra[way]) / model["flops_per_s"]
        kept = np.flatnonzero(time_s <= promise_s)
        if kept.size == 0:
            left_out.append(way)
            continue
        last = kept[-1]
        series.append({"label": way, "kind": "line", "x": count.tolist(), "y": time_s.tolist()})
        marks.append({"label": way, "x": float(count[last]), "y": float(time_s[last])})
    highest = max((max(one["y"]) for one in series), default=promise_s)
    return {
        "title": "What pictures cost a conversation",
        "x": {"label": "pictures", "scale": "linear", "limits": [float(count[0]), float(count[-1])]},
        "y": {"label": "time to read [s]", "scale": "linear", "limits": [0.0, max(highest, promise_s)]},
        "series": series,
        "marks": marks,
        "left_out": left_out,
    }
