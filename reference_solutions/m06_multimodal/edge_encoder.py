r"""A vision encoder on a small board: time and traffic of an image, operator by operator, and its working memory.

Question
    A board has some operations a second, some bytes a second and little memory on the chip. How long does an image
    take, what does it move, and how much memory do its activations need?
Model
    .. math:: t = \sum_o \left( t_l + \max\left( \frac{2 A_o}{P}, \frac{B_o}{\beta} \right) \right)

    An operator :math:`o` of :math:`A_o` multiply-adds that moves :math:`B_o` bytes takes what the slower of arithmetic
    and memory takes, behind a launch of :math:`t_l`. A block has five: queries, keys and values (:math:`T \times D` by
    :math:`D \times 3D`), attention in one pass over tiles (:math:`2 T^2 D`, four tensors of :math:`T D`), the output's
    projection, and two feed-forward products. Patches are embedded first. Products move what `tiled_product_bytes`
    says. Activations lie in an arena (`arena_plan`): each block's input stays until its second residual sum is written.
Assumes
    Activations of one width everywhere; norms and residual sums ride along with a product; operators run one after the
    other; every byte comes from DRAM once an operator.
Breaks when
    The compiler fuses blocks, arithmetic and transfers of neighbouring operators overlap, or kernels reach other shares
    of the peak at other shapes (which the given peak must then average).
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76, as a time; the block is Dosovitskiy et al., ICLR 2021,
    section 3.1; attention in tiles: Dao et al., "FlashAttention", NeurIPS 2022.
Oracle
    Multiply-adds are `vit_macs`'s; bounds of the whole by `attainable_flops_per_s`; a table of operators added up in
    the test; the largest sum of live tensors by hand, 2 T D + T M or 5 T D.
"""

from __future__ import annotations

import numpy as np

from reference_solutions import validate
from reference_solutions.m01_microarchitecture.tensor_arena import arena_plan
from reference_solutions.m02_tools_methods.tiled_product import tiled_product_bytes

__all__ = ["encoder_arena_bytes", "encoder_pass"]

_COLOURS = 3


def encoder_pass(
    patches: float,
    patch_px: float,
    layers: float,
    hidden: float,
    mlp: float,
    flops_per_s: float,
    bandwidth_bytes_per_s: float,
    sram_bytes: float,
    activation_bytes: float = 1.0,
    weight_bytes: float = 1.0,
    launch_s: float = 0.0,
    images: float = 1.0,
) -> dict[str, float]:
    """Time and traffic of an encoder's pass over one image, or over some at once.

    Parameters
    ----------
    patches, patch_px : float
        Patches of an image [1], edge of one [px].
    layers, hidden, mlp : float
        Blocks, elements of a token, width of the feed-forward layer. [1]
    flops_per_s : float
        Operations that kernels reach, two a multiply-add. [flop/s]
    bandwidth_bytes_per_s : float
        Traffic that kernels reach. [B/s]
    sram_bytes : float
        Memory on the chip that a tile may use. [B]
    activation_bytes, weight_bytes : float
        Of an element; a weight's part of its scales included. [B]
    launch_s : float
        Of an operator. [s]
    images : float
        Images that share a pass, and with it the reading of weights. [1]

    Returns
    -------
    dict of str to float
        `time_s`; `flops`; `traffic_bytes`; `least_bytes`, were each operand moved once; `memory_share`, of the time
        that operators take which memory bounds. [s], [flop], [B], [1]

    Raises
    ------
    ValueError
        If a size or rate is not positive, or a tile does not fit.

    Examples
    --------
    ViT-B/16 on ten tera-operations and 34 GB a second, with 2 MiB on the chip:

    >>> found = encoder_pass(196, 16, 12, 768, 3072, 1e9 * 10_000, 1e9 * 34, 2**21)
    >>> round(1e3 * found["time_s"], 2), round(found["flops"] / 1e9, 1), round(found["memory_share"], 2)
    (3.62, 35.1, 0.38)
    """
    validate.require_positive(flops_per_s=flops_per_s, bandwidth_bytes_per_s=bandwidth_bytes_per_s, images=images)
    tokens, inputs = patches + 1, _COLOURS * patch_px**2
    a = activation_bytes
    # rows, depth, columns, times: all of it of one image
    products = np.array(
        [(patches, inputs, hidden, 1), (tokens, hidden, 3 * hidden, layers), (tokens, hidden, hidden, layers),
         (tokens, hidden, mlp, layers), (tokens, mlp, hidden, layers)], dtype=float,
    )  # fmt: skip
    rows, depth, columns, times = products.T
    moved = tiled_product_bytes(images * rows, depth, columns, a, weight_bytes, sram_bytes)
    least = images * rows * (depth + columns) * a + depth * columns * weight_bytes
    attention = images * 4 * tokens * hidden * a
    flops = np.append(2 * images * rows * depth * columns, 4 * images * tokens**2 * hidden)
    moved, least, times = np.append(moved, attention), np.append(least, attention), np.append(times, layers)
    computing_s, moving_s = flops / flops_per_s, moved / bandwidth_bytes_per_s
    each_s = launch_s + np.maximum(computing_s, moving_s)
    total_s = float(each_s @ times)
    return {
        "time_s": total_s,
        "flops": float(flops @ times),
        "traffic_bytes": float(moved @ times),
        "least_bytes": float(least @ times),
        "memory_share": float(each_s[moving_s > computing_s] @ times[moving_s > computing_s]) / total_s,
    }


def encoder_arena_bytes(
    patches: float, patch_px: float, hidden: float, mlp: float, activation_bytes: float = 1.0, images: float = 1.0
) -> dict[str, float]:
    """Working memory of an encoder's activations.

    Parameters
    ----------
    patches, patch_px : float
        Patches of an image [1], edge of one [px].
    hidden, mlp : float
        Elements of a token, width of the feed-forward layer. [1]
    activation_bytes : float
        Of an element. [B]
    images : float
        Images that share a pass. [1]

    Returns
    -------
    dict of str to float
        `arena_bytes` of the plan; `least_bytes`, what lives at once at most. [B]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    ViT-B/16: residual stream, its norm, and a feed-forward layer of four times the width.

    >>> encoder_arena_bytes(196, 16, 768, 3072)
    {'arena_bytes': 907776.0, 'least_bytes': 907776.0}
    """
    stream = images * (patches + 1) * hidden * activation_bytes
    inner = images * (patches + 1) * mlp * activation_bytes
    image = images * patches * _COLOURS * patch_px**2 * activation_bytes
    # operators: 0 reads the camera, 1 embeds, 2 norm, 3 queries to values, 4 attention, 5 projection and sum, 6 norm,
    # 7 up, 8 down and sum, 9 reads the block's result
    sizes = [image, stream, stream, 3 * stream, stream, stream, stream, inner, stream]
    first = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    last = [1, 5, 3, 4, 5, 8, 7, 8, 9]
    plan = arena_plan(np.ceil(sizes).astype(np.int64), first, last)
    return {"arena_bytes": float(plan["arena_bytes"]), "least_bytes": float(plan["least_bytes"])}
