r"""A cache of encoded images: how often is an image already there?

Question
    Users send the same screenshots and memes again and again. How large must a cache of image tokens be to spare the
    encoder a given share of its work?
Model
    .. math:: \sum_i \left( 1 - e^{-p_i t_C} \right) = C, \qquad h = \sum_i p_i \left( 1 - e^{-p_i t_C} \right)

    Image :math:`i` is asked for with probability :math:`p_i`, whatever was asked for before; the cache holds :math:`C`
    images and drops the one that was not used for the longest time. It stays for about :math:`t_C` requests: the
    *characteristic time*, at which as many images are expected to have been used as the cache holds.
Assumes
    Images of one size, independent requests, popularity that does not change.
Breaks when
    Popularity drifts, images come in conversations (then a hit is more likely than this says), or sizes differ much.
Source
    Che's approximation, as in Martina, Garetto, Leonardi, "A unified approach to the performance analysis of caching
    systems", arXiv 1307.6702, 2013, section on LRU; first in Che, Tung, Wang, 2002 (not seen).
Oracle
    LRU played request by request on drawn popularities, within 0.02; a cache of one image: exactly the sum of squares;
    equal popularity: exactly C over the number of images.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

__all__ = ["encoder_hit_share"]


def encoder_hit_share(popularity: ArrayLike, capacity: int) -> float:
    """Share of the images that an LRU cache has already.

    Parameters
    ----------
    popularity : (images,) array_like
        How often each image is asked for, in any unit. [1]
    capacity : int
        Images that the cache holds. [1]

    Returns
    -------
    float
        Share of the requests that find their image. [1]

    Raises
    ------
    ValueError
        If a popularity is not positive, or the capacity is negative.

    Examples
    --------
    A thousand images, the n-th asked for in proportion to 1 / n, room for a tenth of them:

    >>> round(encoder_hit_share(1 / np.arange(1, 1001), 100), 3)
    0.577
    """
    share = np.asarray(popularity, dtype=float)
    if not np.all(share > 0) or capacity < 0:
        raise ValueError("popularities are positive, and a capacity is not negative")
    share = share / np.sum(share)
    if capacity >= share.size:
        return 1.0
    if capacity == 0:
        return 0.0

    def too_many(log_time: float) -> float:
        return float(np.sum(-np.expm1(-share * np.exp(log_time))) - capacity)

    top = np.log(capacity / np.min(share)) + 10
    time = np.exp(optimize.brentq(too_many, -20.0, top, xtol=1e-12))
    return float(share @ -np.expm1(-share * time))
