r"""The bill of other media: a call that is heard, a film that is watched, an image that is made.

Question
    What do an hour of calls, a minute of film and a picture made to order cost in tokens, operations and bytes?
Model
    .. math:: n = 1500 \left\lceil \frac{s}{30} \right\rceil, \qquad N = k \left\lceil \frac{\phi s}{2} \right\rceil,
        \qquad Q = b W (1 + g), \qquad F_D = F_t + S (1 + [\text{guided}]) F_u + F_d

    .. math:: F_{AR} = 2 W (t + g) + 2 L D (t + g)(t + g + 1)

    Positions of a speech encoder that hears 30 seconds at a time; tokens of a film of which two pictures of :math:`k`
    tokens become one; operations of an image that is written token by token after :math:`t` of text, and bytes of its
    weights, which are read for the text once and for each of its :math:`g` tokens; operations of one that is refined in
    :math:`S` steps.
Assumes
    As `speech_positions`, `video_tokens`, `token_image_cost` and `diffusion_flops`, each on its own page.
Breaks when
    Theirs do: pieces that overlap, a film whose pixels are limited in all, sparse attention, distilled guidance.
Source
    Theirs: Whisper (ICML 2023), Qwen2-VL's two pictures a token, DALL-E (ICML 2021), guidance (arXiv 2207.12598).
Oracle
    The four pages, which are held against recorded models, slides and steps added up; pieces, pairs and passes counted
    one by one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["media_bill"]


def media_bill(
    call_s: float, film: Mapping[str, float], writer: Mapping[str, float], refiner: Mapping[str, float]
) -> dict[str, float]:
    """Positions, tokens, operations and bytes of four jobs.

    Parameters
    ----------
    call_s : float
        Length of a call. [s]
    film : mapping of str to float
        `duration_s` [s], `pictures_per_s` [1/s], `picture_tokens` of a picture and its partner [1].
    writer : mapping of str to float
        `text_tokens`, `image_tokens`, `weights`, `layers`, `hidden` [1], `element_bytes` [B].
    refiner : mapping of str to float
        `steps`, `guided` [1], `text_flops`, `network_flops`, `decoder_flops` [flop].

    Returns
    -------
    dict of str to float
        `call_positions`, `film_tokens` [1], `written_flops` [flop], `written_bytes` of weights [B], `refined_flops`
        [flop].

    Examples
    --------
    >>> film = {"duration_s": 5.0, "pictures_per_s": 3.0, "picture_tokens": 100}
    >>> writer = {"text_tokens": 5, "image_tokens": 11, "weights": 1000, "layers": 3, "hidden": 8, "element_bytes": 2}
    >>> refiner = {"steps": 3, "guided": True, "text_flops": 1.0, "network_flops": 5.0, "decoder_flops": 2.0}
    >>> bill = media_bill(31.0, film, writer, refiner)
    >>> [int(bill[name]) for name in ("call_positions", "film_tokens", "written_flops", "written_bytes")]
    [3000, 800, 45056, 24000]
    >>> bill["refined_flops"]
    33.0
    """
    pieces, pairs = np.ceil([call_s / 30, film["duration_s"] * film["pictures_per_s"] / 2])
    tokens = writer["text_tokens"] + writer["image_tokens"]
    passes = 1 + writer["image_tokens"]
    attention = 2 * writer["layers"] * writer["hidden"] * tokens * (tokens + 1)
    rounds = refiner["steps"] * (1 + refiner["guided"])
    return {
        "call_positions": 1500 * pieces,
        "film_tokens": film["picture_tokens"] * pairs,
        "written_flops": 2 * writer["weights"] * tokens + attention,
        "written_bytes": writer["element_bytes"] * writer["weights"] * passes,
        "refined_flops": refiner["text_flops"] + rounds * refiner["network_flops"] + refiner["decoder_flops"],
    }
