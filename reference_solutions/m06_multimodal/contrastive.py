r"""Two towers and one loss: how CLIP is trained, and what its batch costs.

Question
    Images and texts of a batch are embedded. How far are the pairs from finding each other, and what does it cost to
    compare all with all over many devices?
Model
    .. math:: z_{ij} = e^{\min(\tau, \ln s)} \; \frac{x_i \cdot y_j}{|x_i| |y_j|}, \qquad
        \ell = \frac{1}{2 B} \sum_i \left( \ln \sum_j e^{z_{ij} - z_{ii}} + \ln \sum_j e^{z_{ji} - z_{ii}} \right)

    Pair :math:`i` of :math:`B` has the image embedding :math:`x_i` and the text embedding :math:`y_i`; all others of
    the batch are its wrong answers. The loss is the mean of two cross entropies: which text belongs to an image (over
    rows of the logits :math:`z`), and which image to a text (over columns). The scale is learned as its logarithm
    :math:`\tau`, and held to :math:`s = 100` at most.

    .. math:: M = b \, B^2 / n, \qquad G = \frac{n - 1}{n} \; 2 \, B d b

    On :math:`n` devices, each of which has :math:`B / n` pairs and needs all embeddings of :math:`d` elements of the
    other side, :math:`M` bytes of logits a direction lie on a device, and :math:`G` bytes reach it.
Assumes
    One right answer in a row. Logarithms of sums with their largest term taken out first, so that no exponential
    overflows.
Breaks when
    A caption fits two images of the batch, or the loss is a sigmoid for each pair (SigLIP).
Source
    Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021, pp. 8748-8763
    (temperature, its clipping at 100; the loss as its numpy-like pseudocode has it, read in quotations); the bytes are
    NCCL's all-gather (`ring_all_reduce_s`) and our own counting.
Oracle
    Equal embeddings: ln B; perfect pairs and a large scale: 0; finite differences against the gradient in closed form;
    exact fractions of Python's decimal module; a ring of devices played buffer by buffer; CLIP ViT-L/14 as transformers
    5.23 builds it, 427,616,513 parameters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m06_multimodal.vision_transformer import clip_tower_parameters

__all__ = ["clip_parameters", "contrastive_exchange_bytes", "contrastive_loss"]


def contrastive_loss(
    image_vectors: ArrayLike, text_vectors: ArrayLike, log_scale: float, largest_scale: float = 100.0
) -> dict[str, float]:
    """Contrastive loss of a batch of pairs.

    Parameters
    ----------
    image_vectors, text_vectors : (pairs, elements) array_like
        Embeddings of any length; row i of one belongs to row i of the other. [1]
    log_scale : float
        Logarithm of the scale that multiplies cosines. [1]
    largest_scale : float
        Scale that is not exceeded. [1]

    Returns
    -------
    dict of str to float
        `images`: mean cross entropy of the texts that an image could have; `texts`: of the images that a text could
        have; `loss`: mean of the two; `accuracy`: share of the images whose own text has a larger logit than any other,
        without a tolerance.
        [1]

    Raises
    ------
    ValueError
        If there is no pair, the shapes differ, or a vector is 0.

    Examples
    --------
    Four pairs that all look alike: ln 4.

    >>> round(contrastive_loss(np.ones((4, 2)), np.ones((4, 2)), log_scale=2.0)["loss"], 4)
    1.3863
    """
    images, texts = np.asarray(image_vectors, dtype=float), np.asarray(text_vectors, dtype=float)
    if images.shape != texts.shape or images.ndim != 2 or len(images) == 0:
        raise ValueError("as many images as texts, each with as many elements")
    lengths = np.linalg.norm(images, axis=1), np.linalg.norm(texts, axis=1)
    if np.min(lengths) == 0:
        raise ValueError("a vector of length 0 has no direction")
    cosines = (images / lengths[0][:, None]) @ (texts / lengths[1][:, None]).T
    logits = np.exp(min(log_scale, np.log(largest_scale))) * cosines
    own, losses = np.diag(logits), []
    for axis in (1, 0):
        largest = np.max(logits, axis=axis)
        shifted = logits - np.expand_dims(largest, axis)
        losses.append(float(np.mean(largest + np.log(np.sum(np.exp(shifted), axis=axis)) - own)))
    others = np.where(np.eye(len(logits), dtype=bool), -np.inf, logits)
    accuracy = float(np.mean(own > np.max(others, axis=1)))
    return {"images": losses[0], "texts": losses[1], "loss": (losses[0] + losses[1]) / 2, "accuracy": accuracy}


def contrastive_exchange_bytes(batch: int, devices: int, dim: int, element_bytes: float) -> dict[str, float]:
    """What a device holds and receives when a batch is compared over many.

    Parameters
    ----------
    batch : int
        Pairs of all devices together. [1]
    devices : int
        Devices; each has an equal part of the pairs. [1]
    dim : int
        Elements of an embedding. [1]
    element_bytes : float
        Bytes of an element. [B]

    Returns
    -------
    dict of str to float
        `logits_bytes` of one direction on a device, its own pairs against all; `received_bytes`, the embeddings of both
        sides that others have. [B]

    Raises
    ------
    ValueError
        If a number is not positive, or the pairs cannot be shared out evenly.

    Examples
    --------
    CLIP's batch of 32,768 in halves on 256 devices, 768 elements:

    >>> contrastive_exchange_bytes(32768, 256, 768, 2)
    {'logits_bytes': 8388608.0, 'received_bytes': 100270080.0}
    """
    validate.require_positive(batch=batch, devices=devices, dim=dim, element_bytes=element_bytes)
    if batch % devices:
        raise ValueError("each device has as many pairs")
    return {
        "logits_bytes": float(element_bytes * batch * batch / devices),
        "received_bytes": float((devices - 1) / devices * 2 * batch * dim * element_bytes),
    }


def clip_parameters(
    vision: tuple[int, int, int, int, int], text: tuple[int, int, int, int, int], joint_dim: int
) -> int:
    """Parameters of both towers of CLIP, their projections, and the scale.

    Parameters
    ----------
    vision : tuple of int
        Patches, edge of a patch [px], layers, elements of a token, width of the feed-forward layer. [1]
    text : tuple of int
        Words, positions, layers, elements of a token, width of the feed-forward layer. [1]
    joint_dim : int
        Elements of the embeddings that are compared. [1]

    Returns
    -------
    int
        Parameters. [1]

    Examples
    --------
    CLIP ViT-L/14:

    >>> clip_parameters((256, 14, 24, 1024, 4096), (49408, 77, 12, 768, 3072), 768)
    427616513
    """
    words, positions, layers, hidden, mlp = text
    block = 4 * hidden**2 + 2 * hidden * mlp + 9 * hidden + mlp
    writer = (words + positions) * hidden + layers * block + 2 * hidden
    return clip_tower_parameters(*vision) + writer + (vision[3] + hidden) * joint_dim + 1
