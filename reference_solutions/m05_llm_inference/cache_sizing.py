r"""Caches of models with different attention, side by side.

Question
    Five models, one memory: what does a request take in each of them, what does its next token add, and how many fit?
Model
    .. math:: M = b_l \left( L_f \, T + L_w \min(T, w) \right), \qquad
        b_l = 2 \, h_{kv} \left( d \, b + s \right) \;\text{ or }\; (d_c + d_r) \, b

    :math:`b_l` bytes a token and layer: a key and a value for each key-value head, each with a scale of :math:`s` bytes
    if it is quantised; or one latent vector with a rotated key. Layers with a window stop growing at :math:`w` tokens.
Assumes
    As `kv_cache_bytes`, `windowed_cache_bytes` and `latent_cache_bytes`, which this puts together.
Breaks when
    Requests differ in length, or memory comes in blocks (`concurrent_requests`).
Source
    Kwon et al., SOSP 2023, section 3; DeepSeek-AI, "DeepSeek-V2", arXiv 2405.04434, 2024, table 1. Windows and scales
    are in neither.
Oracle
    The three functions named above, each on its own kind of model; what a token adds is the difference of two lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["cache_sizing"]


def cache_sizing(models: Mapping[str, Mapping[str, float]], tokens: int, budget_bytes: float) -> dict[str, list[Any]]:
    """What a request of each model holds, and how many requests fit.

    Parameters
    ----------
    models : mapping of str to mapping
        Name -> `layers`, `element_bytes` [B], and either `kv_heads`, `head_dim` or `latent_dim`, `rope_dim`; it may
        have `windowed_layers` with `window_tokens`, and `scale_bytes`, one for each key and each value. [1], [B]
    tokens : int
        Length of each request. [1]
    budget_bytes : float
        Memory for caches. [B]

    Returns
    -------
    dict of str to list
        `model`; `request_bytes` and `next_token_bytes` [B]; `requests`, whole ones. [1]

    Examples
    --------
    One of two layers has a window of ten tokens: the eleventh fills only the other.

    >>> model = {"layers": 2, "kv_heads": 1, "head_dim": 4, "element_bytes": 2, "windowed_layers": 1}
    >>> cache_sizing({"small": model | {"window_tokens": 10}}, tokens=10, budget_bytes=1000)
    {'model': ['small'], 'request_bytes': [320], 'next_token_bytes': [16], 'requests': [3]}
    """
    table: dict[str, list[Any]] = {"model": [], "request_bytes": [], "next_token_bytes": [], "requests": []}
    for name, model in models.items():
        if "latent_dim" in model:
            layer_bytes = (model["latent_dim"] + model["rope_dim"]) * model["element_bytes"]
        else:
            vector_bytes = model["head_dim"] * model["element_bytes"] + model.get("scale_bytes", 0)
            layer_bytes = 2 * model["kv_heads"] * vector_bytes
        windowed, window = model.get("windowed_layers", 0), model.get("window_tokens", tokens)
        whole = model["layers"] - windowed
        request_bytes = layer_bytes * (whole * tokens + windowed * min(tokens, window))
        table["model"].append(name)
        table["request_bytes"].append(request_bytes)
        table["next_token_bytes"].append(layer_bytes * (whole + windowed * (tokens < window)))
        table["requests"].append(int(budget_bytes // request_bytes))
    return table
