r"""A vision transformer, counted: tokens, parameters, multiply-adds.

Question
    An image becomes tokens, and the tokens pass an encoder. How many are they, how large is it, and what does it do?
Model
    .. math:: n = \frac{H}{p} \, \frac{W}{p}, \qquad T = n + e, \qquad
        N = 3 p^2 D + D + e D + T D + L \left( 4 D^2 + 2 D M + 9 D + M \right) + 2 D + (D + 1) C

    .. math:: A = n \, 3 p^2 D + L \left( 4 T D^2 + 2 T^2 D + 2 T D M \right) + D C

    Patches of :math:`p \times p` pixels in three colours become vectors of :math:`D` elements; :math:`e` learned tokens
    (a class token, registers) join them; each of the :math:`T` gets a learned position. A block of the :math:`L` has
    four projections of :math:`D \times D`, two matrices of a feed-forward layer :math:`M` wide, their biases, and two
    norms. A last norm and a head for :math:`C` classes follow. :math:`A` counts multiply-adds; a *flop* count is twice
    as much, and many a table calls :math:`A` itself "GFLOPS".
Assumes
    Matrices only: norms, activations, softmax and biases add are not in :math:`A`. Attention sees all tokens. The head
    reads one token, or the mean of them.
Breaks when
    Positions are computed instead of learned, attention is windowed, or tokens are pooled between blocks.
    `clip_tower_parameters` and `siglip_tower_parameters` are for encoders with other ends.
Source
    Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", ICLR 2021, section
    3.1 (the architecture; counts are our own). CLIP's and SigLIP's ends: transformers 5.23, read for their shapes.
Oracle
    What torchvision publishes of its six models (`num_params` exact; `GFLOPS` 17.56 for B/16, of multiply-adds); eleven
    towers of transformers 5.23 built on torch's meta device, their operations counted by its FlopCounterMode.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["clip_tower_parameters", "siglip_tower_parameters", "vit_cost", "vit_macs"]


def vit_cost(
    height_px: int,
    width_px: int,
    patch_px: int,
    layers: int,
    hidden: int,
    mlp: int,
    classes: int = 0,
    extra_tokens: int = 1,
) -> dict[str, int]:
    """Tokens, parameters and multiply-adds of a vision transformer.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image; patches cover it exactly. [px]
    patch_px : int
        Edge of a patch. [px]
    layers, hidden, mlp : int
        Blocks, elements of a token, width of the feed-forward layer. [1]
    classes : int
        Outputs of the head; 0 for an encoder without a head. [1]
    extra_tokens : int
        Learned tokens beside the patches: the class token, registers. [1]

    Returns
    -------
    dict of str to int
        `tokens`, `parameters` and `macs` (multiply-adds for one image). [1]

    Raises
    ------
    ValueError
        If a size is not positive, a count is negative, or patches do not cover the image exactly.

    Examples
    --------
    ViT-B/16: 86,567,656 parameters, 17.56 G multiply-adds.

    >>> vit_cost(224, 224, 16, layers=12, hidden=768, mlp=3072, classes=1000)
    {'tokens': 197, 'parameters': 86567656, 'macs': 17563828224}
    """
    if min(height_px, width_px, patch_px, layers, hidden, mlp) <= 0 or classes < 0 or extra_tokens < 0:
        raise ValueError("sizes must be positive, counts must not be negative")
    if height_px % patch_px or width_px % patch_px:
        raise ValueError("patches cover the image exactly")
    patches = (height_px // patch_px) * (width_px // patch_px)
    tokens = patches + extra_tokens
    pixels = 3 * patch_px**2
    block = 4 * hidden**2 + 4 * hidden + 2 * hidden * mlp + mlp + hidden + 2 * 2 * hidden
    ends = (pixels + 1) * hidden + (extra_tokens + tokens) * hidden + 2 * hidden + (hidden + 1) * classes
    passes = 4 * tokens * hidden**2 + 2 * tokens**2 * hidden + 2 * tokens * hidden * mlp
    macs = patches * pixels * hidden + layers * passes + hidden * classes
    return {"tokens": tokens, "parameters": ends + layers * block, "macs": macs}


def vit_macs(
    patches: ArrayLike, patch_px: ArrayLike, layers: ArrayLike, hidden: ArrayLike, mlp: ArrayLike, extra_tokens: int = 1
) -> Array:
    """Multiply-adds of an encoder without a head, for images of any number of patches; the arguments broadcast.

    Parameters
    ----------
    patches : (...) array_like of int
        Patches of an image. [1]
    patch_px : (...) array_like of int
        Edge of a patch. [px]
    layers, hidden, mlp : (...) array_like of int
        Blocks, elements of a token, width of the feed-forward layer. [1]
    extra_tokens : int
        Learned tokens beside the patches. [1]

    Returns
    -------
    (...) ndarray
        Multiply-adds for one image; twice as many flop. [1]

    Raises
    ------
    ValueError
        If a count is negative.

    Examples
    --------
    The tower of CLIP ViT-L/14, of an image of 224 x 224, and of one of 336 x 336 pixels:

    >>> vit_macs([256, 576], 14, layers=24, hidden=1024, mlp=4096) / 1e9
    array([ 81.01198234, 190.9591081 ])
    """
    n, width = np.asarray(patches, dtype=float), np.asarray(hidden, dtype=float)
    if not (np.all(n >= 0) and np.all(width > 0) and np.all(np.asarray(layers) >= 0) and extra_tokens >= 0):
        raise ValueError("counts must not be negative")
    tokens = n + extra_tokens
    passes = 4 * tokens * width**2 + 2 * tokens**2 * width + 2 * tokens * width * np.asarray(mlp)
    return np.asarray(n * 3 * np.asarray(patch_px) ** 2 * width + np.asarray(layers) * passes)


def clip_tower_parameters(patches: int, patch_px: int, layers: int, hidden: int, mlp: int) -> int:
    """Parameters of CLIP's image encoder: no bias of the patches, a norm before the blocks, no projection.

    Parameters
    ----------
    patches : int
        Patches of an image. [1]
    patch_px : int
        Edge of a patch. [px]
    layers, hidden, mlp : int
        Blocks, elements of a token, width of the feed-forward layer. [1]

    Returns
    -------
    int
        Parameters. [1]

    Examples
    --------
    CLIP ViT-L/14:

    >>> clip_tower_parameters(256, 14, layers=24, hidden=1024, mlp=4096)
    303179776
    """
    block = 4 * hidden**2 + 2 * hidden * mlp + 9 * hidden + mlp
    return 3 * patch_px**2 * hidden + hidden + (patches + 1) * hidden + layers * block + 2 * 2 * hidden


def siglip_tower_parameters(patches: int, patch_px: int, layers: int, hidden: int, mlp: int) -> int:
    """Parameters of SigLIP's image encoder: no class token, and a head that attends to all patches.

    Parameters
    ----------
    patches : int
        Patches of an image. [1]
    patch_px : int
        Edge of a patch. [px]
    layers, hidden, mlp : int
        Blocks, elements of a token, width of the feed-forward layer. [1]

    Returns
    -------
    int
        Parameters. [1]

    Examples
    --------
    SigLIP B/16, 224 pixels:

    >>> siglip_tower_parameters(196, 16, layers=12, hidden=768, mlp=3072)
    92884224
    """
    feed_forward = 2 * hidden * mlp + mlp + hidden
    block = 4 * hidden**2 + 4 * hidden + feed_forward + 2 * 2 * hidden
    head = hidden + 4 * hidden**2 + 4 * hidden + 2 * hidden + feed_forward  # a query, attention, a norm, two matrices
    return (3 * patch_px**2 + 1) * hidden + patches * hidden + layers * block + 2 * hidden + head
