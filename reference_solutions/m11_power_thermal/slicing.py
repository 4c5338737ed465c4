r"""Floorplans of blocks that differ: cut a rectangle in two, again and again.

Question
    Blocks of different sizes, each of which may be turned. Which arrangement is small, and which of the small ones is
    cool?
Model
    .. math:: (w, h)_{a\,b\,\mathtt{*}} = (w_a + w_b,\; \max(h_a, h_b)), \qquad
        (w, h)_{a\,b\,\mathtt{+}} = (\max(w_a, w_b),\; h_a + h_b)

    A slicing floorplan is a postfix expression: `a b *` puts b to the right of a, `a b +` above it. Each block has its
    shapes, turned or not; a pair has all their combinations, of which only those count that no other beats in both
    width and height. So the best turn of every block follows without trying all of them at once (Stockmeyer). Between
    expressions one searches: swap two neighbouring blocks, turn a chain of cuts around, or swap a block with a cut
    beside it; take what is better, and what is worse by :math:`\Delta` with the probability :math:`e^{-\Delta / T}`,
    while :math:`T` falls (annealing). No cut follows its like, so that each plan has one name.
Assumes
    Blocks are rectangles of known sides; the price can be told from a placement.
Breaks when
    The best plan is no slicing one (a pinwheel of five), or the price has plateaus: annealing promises nothing.
Source
    Stockmeyer's algorithm as textbooks of layout describe it (a description of 1983's algorithm was seen, the article
    not); Wong, Liu 1986 for normalised Polish expressions and the three moves, as public course material names them;
    temperature as an aim: see `floorplan_file`.
Oracle
    Every turn of every block, laid out one by one; every expression of four blocks; no two blocks overlap; temperatures
    of the thermal network for the price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["annealed_floorplan", "slicing_floorplan"]

Place = tuple[float, float, float, float]
"""Width, height, left edge, lower edge. [m]"""
CUTS = ("*", "+")


class _Shape(NamedTuple):
    width: float
    height: float
    parts: tuple[_Shape, ...]


def slicing_floorplan(expression: Sequence[str], blocks: Mapping[str, tuple[float, float]]) -> dict[str, Place]:
    """Placement of an expression with the turns of blocks that make its area least.

    Parameters
    ----------
    expression : sequence of str
        Postfix: names of blocks, `*` beside, `+` above.
    blocks : mapping of str to (float, float)
        Width and height of each block. [m]

    Returns
    -------
    dict of str to tuple of float
        Width, height, left edge and lower edge of each block, in the order of the expression. Of equal areas the
        narrowest. [m]

    Raises
    ------
    ValueError
        If a side is not positive, or the expression is none of these blocks, each of them once.

    Examples
    --------
    Two blocks beside each other, and a long one above, which is turned:

    >>> blocks = {"core": (2.0, 3.0), "cache": (4.0, 3.0), "bus": (1.0, 6.0)}
    >>> slicing_floorplan(["core", "cache", "*", "bus", "+"], blocks)["bus"]
    (6.0, 1.0, 0.0, 3.0)
    """
    named = [word for word in expression if word not in CUTS]
    if sorted(named) != sorted(blocks) or any(min(sides) <= 0 for sides in blocks.values()):
        raise ValueError("an expression names each block once, and sides are positive")
    stack: list[list[_Shape]] = []
    for word in expression:
        if word in CUTS:
            if len(stack) < 2:
                raise ValueError(f"the cut {word!r} has nothing to cut")
            second, first = stack.pop(), stack.pop()
            stack.append(_unbeaten([_joined(word, a, b) for a in first for b in second]))
        else:
            width, height = blocks[word]
            stack.append(_unbeaten([_Shape(width, height, ()), _Shape(height, width, ())]))
    if len(stack) != 1:
        raise ValueError("the expression ends before all is one")
    whole = min(stack[0], key=lambda shape: (shape.width * shape.height, shape.width))
    return dict(zip(named, _laid_out(expression, whole), strict=True))


def _joined(cut: str, a: _Shape, b: _Shape) -> _Shape:
    if cut == "*":
        return _Shape(a.width + b.width, max(a.height, b.height), (a, b))
    return _Shape(max(a.width, b.width), a.height + b.height, (a, b))


def _unbeaten(shapes: list[_Shape]) -> list[_Shape]:
    """Those that no other beats or equals in both, from the narrowest on."""
    kept: list[_Shape] = []
    for shape in sorted(shapes, key=lambda one: one[:2]):
        if not kept or shape.height < kept[-1].height:
            kept.append(shape)
    return kept


def _laid_out(expression: Sequence[str], whole: _Shape) -> list[Place]:
    """Places of the blocks, in the order of the expression."""
    words = list(expression)

    def walk(shape: _Shape, left: float, low: float) -> list[Place]:
        word = words.pop()
        if not shape.parts:
            return [(shape.width, shape.height, left, low)]
        a, b = shape.parts
        beside = word == "*"
        behind = walk(b, left + a.width * beside, low + a.height * (not beside))  # postfix: the second part ends last
        return walk(a, left, low) + behind

    return walk(whole, 0.0, 0.0)


def annealed_floorplan(
    blocks: Mapping[str, tuple[float, float]],
    price: Callable[[dict[str, Place]], float],
    *,
    steps: int = 2000,
    seed: int = 0,
) -> dict[str, Place]:
    """Cheapest placement that a search over expressions meets.

    Parameters
    ----------
    blocks : mapping of str to (float, float)
        Width and height of each block. [m]
    price : callable
        Takes a placement as `slicing_floorplan` gives it, and says what it costs; positive.
    steps : int
        Moves that are tried. [1]
    seed : int
        Of the moves.

    Returns
    -------
    dict of str to tuple of float
        Width, height, left edge and lower edge of each block. [m]

    Raises
    ------
    ValueError
        If there is no block, or a side is not positive.

    Examples
    --------
    >>> blocks = {"a": (1.0, 2.0), "b": (2.0, 2.0), "c": (1.0, 4.0), "d": (4.0, 4.0)}
    >>> def area_m2(places):
    ...     right = max(left + width for width, _, left, _ in places.values())
    ...     return right * max(low + height for _, height, _, low in places.values())
    >>> area_m2(annealed_floorplan(blocks, area_m2, steps=400))
    28.0
    """
    if not blocks:
        raise ValueError("there is no block")
    draw, names = np.random.default_rng(seed), list(blocks)
    here = [names[0], *[word for name in names[1:] for word in (name, "*")]]
    best = slicing_floorplan(here, blocks)
    cost = least = price(best)
    for step in range(steps if len(names) > 1 else 0):
        warmth = 0.1 * least * (1 - step / steps) ** 2
        moved = _moved(here, draw)
        places = slicing_floorplan(moved, blocks)
        asked = price(places)
        if asked <= cost or draw.random() < np.exp(-(asked - cost) / warmth):
            here, cost = moved, asked
        if asked < least:
            best, least = places, asked
    return best


def _moved(expression: list[str], draw: np.random.Generator) -> list[str]:
    """A neighbour: blocks swapped, a chain of cuts turned around, or a block and a cut swapped."""
    while True:
        words, kind = list(expression), draw.integers(3)
        operands = [place for place, word in enumerate(words) if word not in CUTS]
        if kind == 0:
            at = int(draw.integers(len(operands) - 1))
            one, two = operands[at : at + 2]
            words[one], words[two] = words[two], words[one]
            return words
        begin = int(draw.integers(1, len(words)))
        if kind == 1 and words[begin] in CUTS and words[begin - 1] not in CUTS:
            while begin < len(words) and words[begin] in CUTS:
                words[begin] = "+" if words[begin] == "*" else "*"
                begin += 1
            return words
        if kind == 2 and (words[begin] in CUTS) != (words[begin - 1] in CUTS):
            words[begin - 1], words[begin] = words[begin], words[begin - 1]
            if _is_normal(words):
                return words


def _is_normal(words: Sequence[str]) -> bool:
    """Whether it is an expression in which no cut follows its like."""
    open_parts = 0
    for place, word in enumerate(words):
        open_parts += -1 if word in CUTS else 1
        if open_parts < 1 or (place and word in CUTS and word == words[place - 1]):
            return False
    return open_parts == 1
